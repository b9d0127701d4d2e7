package schemas

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

func TestReadJSON(t *testing.T) {
	for body, want := range map[string]any{
		`{}`:                             map[string]any{},
		` [ ] `:                          []any{},
		"\n\t{\"a\": [1, 2.50, null]}\r": map[string]any{"a": []any{json.Number("1"), json.Number("2.50"), nil}},
		`true`:                           true,
		`"a"`:                            "a",
		`null`:                           nil,
		`-0`:                             json.Number("-0"),
		`[1.0,1e0,12.00E+2,-3.0,0.5]`: []any{json.Number("1"), json.Number("1"), json.Number("1200"),
			json.Number("-3"), json.Number("0.5")},
		`1e400`:                       json.Number("1e400"),
		`1E-0000400`:                  json.Number("1E-0000400"),
		`"\u0000\ud83d\ude00\\ud800"`: "\x00😀\\ud800",
		`{"a":{"a":{"a":1}},"b":1}`: map[string]any{"a": map[string]any{"a": map[string]any{"a": json.Number("1")}},
			"b": json.Number("1")},
		`[{"a":1},{"a":1}]`:       []any{map[string]any{"a": json.Number("1")}, map[string]any{"a": json.Number("1")}},
		strings.Repeat("9", 1000): json.Number(strings.Repeat("9", 1000)),
	} {
		t.Run(shorten(body, 40), func(t *testing.T) {
			g := NewWithT(t)
			got, err := ReadJSON([]byte(body))
			g.Expect(err).NotTo(HaveOccurred())
			if want == nil {
				g.Expect(got).To(BeNil())
			} else {
				g.Expect(got).To(Equal(want))
			}
		})
	}
}

// refused lists bodies that ReadJSON refuses, with the rule and the path that it names.
var refused = []struct{ name, body, rule, path string }{
	{"nothing", "", "empty", "$"},
	{"white space", " \r\n\t", "empty", "$"},
	{"form feed", "\f", "not-json", "$"},
	{"text", "Bad gateway", "not-json", "$"},
	{"HTML", "<html></html>", "not-json", "$"},
	{"byte order mark", "\ufeff{}", "not-json", "$"},
	{"single quotes", `{'a':1}`, "not-json", "$"},
	{"cut object", `{"a":1`, "not-json", "$"},
	{"cut inside", `{"a":[1,{"b"`, "not-json", "$.a[1].b"},
	{"cut string", `{"a":"b`, "not-json", "$.a"},
	{"cut literal", `[tru`, "not-json", "$[0]"},
	{"comma before the end of an object", `{"a":1,}`, "not-json", "$"},
	{"comma before the end of an array", `[1,]`, "not-json", "$[1]"},
	{"missing comma", `[1 2]`, "not-json", "$[1]"},
	{"missing colon", `{"a" 1}`, "not-json", "$.a"},
	{"key that is not a string", `{1:2}`, "not-json", "$"},
	{"leading zero", `[01]`, "not-json", "$[1]"},
	{"NaN", `{"a":NaN}`, "not-json", "$.a"},
	{"plus sign", `[+1]`, "not-json", "$[0]"},
	{"bare point", `[1.]`, "not-json", "$[0]"},
	{"comment", `{} // done`, "trailing-data", "$"},
	{"raw control character", "[\"a\nb\"]", "not-json", "$[0]"},
	{"bad escape", `["\x41"]`, "not-json", "$[0]"},
	{"closing bracket", `]`, "not-json", "$"},
	{"wrong closing bracket", `{"a":1]`, "not-json", "$"},
	{"two values", `{}{}`, "trailing-data", "$"},
	{"two lines", "{}\n{}\n", "trailing-data", "$"},
	{"garbage behind", `{"a":1}}`, "trailing-data", "$"},
	{"zero byte behind", "{}\x00", "trailing-data", "$"},
	{"duplicate key", `{"a":1,"b":2,"a":1}`, "duplicate-key", "$.a"},
	{"duplicate key inside", `{"items":[{},{"a":{"b c":1,"b c":2}}]}`, "duplicate-key", `$.items[1].a["b c"]`},
	{"duplicate key in disguise", `{"a":1,"\u0061":2}`, "duplicate-key", "$.a"},
	{"not UTF-8", "{\"a\":\"\xff\"}", "invalid-utf8", "$"},
	{"UTF-8 of a surrogate", "[\"\xed\xa0\x80\"]", "invalid-utf8", "$"},
	{"overlong UTF-8", "[\"\xc0\xaf\"]", "invalid-utf8", "$"},
	{"UTF-16", "{\x00}\x00", "not-json", "$"},
	{"lone high surrogate", `["\ud800"]`, "lone-surrogate", "$"},
	{"lone low surrogate", `["a\uDC00"]`, "lone-surrogate", "$"},
	{"surrogates in the wrong order", `["\ude00\ud83d"]`, "lone-surrogate", "$"},
	{"two high surrogates", `["\ud83d\ud83d\ude00"]`, "lone-surrogate", "$"},
	{"lone surrogate behind a backslash", `["\\\ud800"]`, "lone-surrogate", "$"},
	{"long number", `{"a":` + strings.Repeat("9", 1001) + `}`, "number-too-long", "$.a"},
	{"large exponent", `{"a":[1e401]}`, "exponent-too-large", "$.a[0]"},
	{"small exponent", `1E-401`, "exponent-too-large", "$"},
	{"exponent beyond int64", `1e+99999999999999999999`, "exponent-too-large", "$"},
	{"deep array", strings.Repeat("[", 1001) + strings.Repeat("]", 1001), "too-deep", "$"},
	{"half a million values", "[" + strings.Repeat("1,", 500_000) + "1]", "too-many-values", "$"},
	{"deep object", strings.Repeat(`{"a":`, 1001) + "1" + strings.Repeat("}", 1001), "too-deep", "$"},
	{"large", `"` + strings.Repeat("a", maxBytes-1) + `"`, "too-large", "$"},
}

func TestReadJSONRefuses(t *testing.T) {
	for _, c := range refused {
		t.Run(c.name, func(t *testing.T) {
			g := NewWithT(t)
			_, err := ReadJSON([]byte(c.body))
			var breach *BodyError
			g.Expect(errors.As(err, &breach)).To(BeTrue(), "%v", err)
			g.Expect(breach.Rule).To(Equal(c.rule), "%v", breach)
			g.Expect(breach.Path).To(Equal(c.path), "%v", breach)
			g.Expect(len(breach.Detail)).To(And(BeNumerically(">", 10), BeNumerically("<", 300)))
			g.Expect(breach.Error()).To(ContainSubstring(breach.Rule))
		})
	}
}

func TestReadJSONTakesWhatIsJustWithinTheLimits(t *testing.T) {
	for name, body := range map[string]string{
		"depth": strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth),
		"depth, side by side": "[" + strings.Repeat(strings.Repeat("[", maxDepth-1)+strings.Repeat("]", maxDepth-1)+",",
			3) + "1]",
		"size": `"` + strings.Repeat("a", maxBytes-2) + `"`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadJSON([]byte(body))
			NewWithT(t).Expect(err).NotTo(HaveOccurred())
		})
	}
}

func TestReadJSONDoesNotStall(t *testing.T) {
	numbers := "[" + strings.Repeat("1e999999,", 50) + "1]"
	for name, body := range map[string]string{
		"fifty large exponents": numbers,
		"deep nesting":          strings.Repeat("[", 10_000),
		"deep objects":          strings.Repeat(`{"a":`, 10_000),
		"many backslashes":      `"` + strings.Repeat(`\\`, 1<<19) + `"`,
		"many numbers":          "[" + strings.Repeat("1e400,", 100_000) + "1]",
		"many keys":             `{"a":{` + strings.Repeat(`"a":1,`, 100_000) + `"a":1}}`,
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, _ = ReadJSON([]byte(body))
			NewWithT(t).Expect(time.Since(start)).To(BeNumerically("<", 5*time.Second))
		})
	}
}

func BenchmarkReadJSON(b *testing.B) {
	item := `{"id":"00000000-0000-0000-0000-000000000001","version":1700000000000,"name":"a ` +
		`tenant","contact":{"email":"a@b"},"tags":[1,2,3]}`
	body := []byte("[" + strings.Repeat(item+",", 10_000) + item + "]")
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := ReadJSON(body); err != nil {
			b.Fatal(err)
		}
	}
}

// Many that look at one body get the same document.
func TestJSONIsReadOnce(t *testing.T) {
	g := NewWithT(t)
	body := NewJSON([]byte(`{"id":1}`))
	first, err := body.Read()
	g.Expect(err).NotTo(HaveOccurred())
	again, _ := body.Read()
	first.(map[string]any)["seen"] = true
	g.Expect(again).To(HaveKey("seen"))
	g.Expect(NewJSON([]byte(`{`)).Read()).Error().To(HaveOccurred())
}
