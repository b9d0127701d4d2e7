package schemas

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func FuzzReadJSON(f *testing.F) {
	for _, c := range refused {
		if len(c.body) < 1<<16 {
			f.Add([]byte(c.body))
		}
	}
	f.Add([]byte("[" + strings.Repeat("1e999999,", 50) + "1]"))
	f.Add([]byte(published))
	f.Fuzz(func(t *testing.T, body []byte) {
		value, err := ReadJSON(body)
		if err != nil {
			if json.Valid(body) && !slices.ContainsFunc(laws, func(law string) bool {
				return strings.Contains(err.Error(),
					law)
			}) {
				t.Fatalf("valid JSON is refused: %v", err)
			}
			return
		}
		// What passes is what encoding/json reads, and survives being written.
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.UseNumber()
		var theirs any
		if err := decoder.Decode(&theirs); err != nil {
			t.Fatalf("encoding/json refuses it: %v", err)
		}
		ours, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(wholeNumbers(theirs))
		if err != nil || !bytes.Equal(ours, text) {
			t.Fatalf("encoding/json reads %s, not %s (%v)", text, ours, err)
		}
		if again, err := ReadJSON(ours); err != nil {
			t.Fatalf("%s does not survive: %v, %v", ours, again, err)
		}
	})
}

// wholeNumbers writes whole numbers as ReadJSON does.
func wholeNumbers(value any) any {
	switch value := value.(type) {
	case json.Number:
		return json.Number(whole(value.String()))
	case map[string]any:
		for name := range value {
			value[name] = wholeNumbers(value[name])
		}
	case []any:
		for i := range value {
			value[i] = wholeNumbers(value[i])
		}
	}
	return value
}

// laws are the rules that are stricter than JSON's grammar.
var laws = []string{"(duplicate-key)", "(invalid-utf8)", "(lone-surrogate)", "(too-deep)", "(too-many-values)",
	"(number-too-long)", "(exponent-too-large)", "(too-large)"}

func FuzzCheckEnvelope(f *testing.F) {
	f.Add(400, []byte(published))
	for _, c := range brokenEnvelopes {
		f.Add(403, []byte(c.body))
	}
	f.Add(404, []byte(`{"error":{"code":1e400,"domain":"a","message":"b","details":{}}}`))
	f.Add(404, []byte(`{"error":{"code":-1e-400,"domain":"a","message":"b","details":{"a\u0000b":1}}}`))
	f.Fuzz(func(t *testing.T, code int, body []byte) {
		c := contract(t)
		violations := c.CheckEnvelope(code, body)
		for _, v := range violations {
			if !strings.HasPrefix(v.Path, "$") || v.Rule == "" || v.Detail == "" ||
				len([]rune(v.Found)) > excerptLength {
				t.Fatalf("%+v", v)
			}
		}
		if len(violations) > 0 {
			return
		}
		var envelope struct {
			Error *struct {
				Code, Domain, Message, Details any
			}
		}
		if err := json.Unmarshal(body, &envelope); err == nil && (envelope.Error == nil || envelope.Error.Code == nil ||
			envelope.Error.Message == nil || envelope.Error.Details == nil) {
			t.Fatalf("passed: %s", body)
		}
	})
}
