package schemas

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	. "github.com/onsi/gomega"
)

// published is the one complete error body that the documentation shows: the answer to deleting an enabled tenant.
const published = `{"error":{"code":1006,"domain":"PlatformAccountServer","message":"Tenant is still enabled",
 "details":{"info":"Tenant \"4711\" is still enabled","addition":[{"id":"4711"}]},"context":{"id":"4711"}}}`

func TestEnvelopePasses(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
	}{
		"published":               {400, published},
		"least":                   {404, `{"error":{"code":"notFound","domain":null,"message":"","details":{}}}`},
		"code is the status":      {403, `{"error":{"code":403,"domain":"a","message":"b","details":{"info":null}}}`},
		"status as a decimal":     {403, `{"error":{"code":403.0,"domain":"a","message":"b","details":{}}}`},
		"platform code":           {403, `{"error":{"code":1002,"domain":"a","message":"b","details":{}}}`},
		"number below the errors": {403, `{"error":{"code":399,"domain":"a","message":"b","details":{}}}`},
		"number above the errors": {403, `{"error":{"code":600,"domain":"a","message":"b","details":{}}}`},
		"every key": {409,
			`{"error":{"code":1,"domain":"a","message":"b","details":{"info":"c"},"context":{},"data":["d"]}}`},
		"extra keys": {409, `{"id":1,"error":{"code":1,"domain":"a","message":"b","details":{"x":[]},"x":{}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			NewWithT(t).Expect(contract(t).CheckEnvelope(c.status, []byte(c.body))).To(BeNil())
		})
	}
}

// brokenEnvelopes are bodies of a 403, with the violations that they must be charged with as 'path rule'.
var brokenEnvelopes = map[string]struct {
	body string
	want []string
}{
	"no body": {``, []string{"$ empty"}},
	"HTML":    {`<h1>Forbidden</h1>`, []string{"$ not-json"}},
	"another status as text": {`{"error":{"code":"404","domain":"a","message":"b","details":{}}}`,
		[]string{"$.error.code code-equals-status"}},
	"two bodies": {published + published, []string{"$ trailing-data"}},
	"twice the same key": {`{"error":{"code":1,"code":1,"domain":"a","message":"b","details":{}}}`,
		[]string{"$.error.code duplicate-key"}},
	"null":          {`null`, []string{"$ type"}},
	"array":         {`[` + published + `]`, []string{"$ type"}},
	"text":          {`"forbidden"`, []string{"$ type"}},
	"empty object":  {`{}`, []string{"$.error required"}},
	"error is null": {`{"error":null}`, []string{"$.error type"}},
	"error is text": {`{"error":"access_denied"}`, []string{"$.error type"}},
	"error is empty": {`{"error":{}}`, []string{"$.error.code required", "$.error.details required",
		"$.error.domain required", "$.error.message required"}},
	"short form": {`{"error":{"code":403,"message":"Forbidden"}}`, []string{"$.error.details required",
		"$.error.domain required"}},
	"code is null": {`{"error":{"code":null,"domain":"a","message":"b","details":{}}}`,
		[]string{"$.error.code type"}},
	"code is a fraction": {`{"error":{"code":1.5,"domain":"a","message":"b","details":{}}}`,
		[]string{"$.error.code type"}},
	"code is a list": {`{"error":{"code":[403],"domain":"a","message":"b","details":{}}}`,
		[]string{"$.error.code type"}},
	"code is another status": {`{"error":{"code":404,"domain":"a","message":"b","details":{}}}`,
		[]string{"$.error.code code-equals-status"}},
	"code is the lowest error": {`{"error":{"code":400,"domain":"a","message":"b","details":{}}}`,
		[]string{"$.error.code code-equals-status"}},
	"code is the highest": {`{"error":{"code":599,"domain":"a","message":"b","details":{}}}`,
		[]string{"$.error.code code-equals-status"}},
	"domain is missing": {`{"error":{"code":1,"message":"b","details":{}}}`, []string{"$.error.domain required"}},
	"domain is a number": {`{"error":{"code":1,"domain":1,"message":"b","details":{}}}`,
		[]string{"$.error.domain type"}},
	"message is null": {`{"error":{"code":1,"domain":"a","message":null,"details":{}}}`,
		[]string{"$.error.message type"}},
	"message is missing": {`{"error":{"code":1,"domain":"a","details":{}}}`, []string{"$.error.message required"}},
	"details is text": {`{"error":{"code":1,"domain":"a","message":"b","details":"c"}}`,
		[]string{"$.error.details type"}},
	"details is a list": {`{"error":{"code":1,"domain":"a","message":"b","details":[]}}`,
		[]string{"$.error.details type"}},
	"info is an object": {`{"error":{"code":1,"domain":"a","message":"b","details":{"info":{}}}}`,
		[]string{"$.error.details.info type"}},
	"context is null": {`{"error":{"code":1,"domain":"a","message":"b","details":{},"context":null}}`,
		[]string{"$.error.context type"}},
	"data holds a number": {`{"error":{"code":1,"domain":"a","message":"b","details":{},"data":["c",1]}}`,
		[]string{"$.error.data[1] type"}},
	"data is text": {`{"error":{"code":1,"domain":"a","message":"b","details":{},"data":"c"}}`,
		[]string{"$.error.data type"}},
	"several": {`{"error":{"code":404,"domain":1,"details":[]}}`, []string{"$.error.details type",
		"$.error.domain type", "$.error.message required", "$.error.code code-equals-status"}},
}

func charges(violations []Violation) []string {
	var out []string
	for _, v := range violations {
		out = append(out, v.Path+" "+v.Rule)
	}
	return out
}

func TestEnvelopeFails(t *testing.T) {
	for name, c := range brokenEnvelopes {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			got := contract(t).CheckEnvelope(403, []byte(c.body))
			g.Expect(charges(got)).To(Equal(c.want), "%v", got)
			for _, v := range got {
				g.Expect(v.Detail).NotTo(BeEmpty())
			}
		})
	}
}

func TestAViolationNamesPathRuleAndValue(t *testing.T) {
	g := NewWithT(t)
	body := `{"error":{"code":404,"domain":["x"],"message":"b","details":{}}}`
	got := contract(t).CheckEnvelope(403, []byte(body))
	g.Expect(got).To(Equal([]Violation{
		{"$.error.domain", "type", `["x"]`, "expected string or null, not array"},
		{"$.error.code", "code-equals-status", `404`, "the code is an HTTP status, but not the 403 of the response"},
	}))
	g.Expect(got[0].String()).To(Equal(`$.error.domain: expected string or null, not array (type), found ["x"]`))
	g.Expect(Violation{Path: "$.a", Rule: "required", Detail: "the property is missing"}.String()).
		To(Equal("$.a: the property is missing (required)"))
}

// The error bodies are kept as files beside the reference. They must say the same, in both directions.
func TestErrorBodiesPromiseWhatTheReferencePromises(t *testing.T) {
	c := contract(t)
	error1 := func(key, value string) string {
		object := map[string]json.RawMessage{
			"code": json.RawMessage("1"), "domain": json.RawMessage(`"a"`), "message": json.RawMessage(
				`"b"`), "details": json.RawMessage(`{}`),
		}
		if object[key] = json.RawMessage(value); value == "" {
			delete(object, key)
		}
		text, _ := json.Marshal(map[string]any{"error": object})
		return string(text)
	}
	bodies := []string{`{}`, `null`, `[]`, `1`, published, `{"error":1}`, `{"error":{}}`}
	for _, key := range []string{"code", "domain", "message", "details", "context", "data", "other"} {
		for _, value := range []string{``, `null`, `1`, `1.5`, `"a"`, `true`, `{}`, `[]`, `["a"]`, `[1]`,
			`{"info":null}`,
			`{"info":"a"}`, `{"info":1}`} {
			bodies = append(bodies, error1(key, value))
		}
	}
	var words []any
	for _, name := range []string{"tokenError", "revokeError"} {
		properties := c.compiler.components[name].(map[string]any)["properties"].(map[string]any)
		words = append(words, properties["error"].(map[string]any)["enum"].([]any)...)
	}
	for _, word := range append(words, "invalid_grant", 1, nil, true) {
		for _, description := range []any{"a", "", 1, nil} {
			text, _ := json.Marshal(map[string]any{"error": word, "error_description": description, "domain": 1})
			bodies = append(bodies, string(text))
		}
		text, _ := json.Marshal(map[string]any{"error": word})
		bodies = append(bodies, string(text))
	}
	for ref, file := range errorFiles {
		t.Run(file, func(t *testing.T) {
			g := NewWithT(t)
			document, err := c.compiler.document(map[string]any{"$ref": ref}, reading{})
			g.Expect(err).NotTo(HaveOccurred())
			theirs, err := compile(document)
			g.Expect(err).NotTo(HaveOccurred())
			ours, err := c.compiler.file(file)
			g.Expect(err).NotTo(HaveOccurred())
			passed := 0
			for _, body := range bodies {
				value, err := ReadJSON([]byte(body))
				g.Expect(err).NotTo(HaveOccurred())
				verdict := judge(theirs, value)
				g.Expect(judge(ours, value) == nil).To(Equal(verdict == nil), "%s: the reference says %v", body,
					verdict)
				if verdict == nil {
					passed++
				}
			}
			g.Expect(passed).To(BeNumerically(">", 5))
			g.Expect(len(bodies) - passed).To(BeNumerically(">", 5))
		})
	}
}

func TestResponsesOfOperationsWithAnErrorBodyOfTheirOwn(t *testing.T) {
	for _, c := range []struct {
		operation string
		code      int
		body      string
		want      []string
	}{
		{"RequestTokens", 401, `{"error":"access_denied","error_description":"a"}`, nil},
		{"RequestTokens", 401, `{"error":"access_denied","error_description":"a","domain":"Access"}`, nil},
		{"RequestTokens", 401, `{"error":"invalid_client","error_description":"a"}`, []string{"$.error enum"}},
		{"RequestTokens", 403, published, []string{"$.error enum", "$.error_description required"}},
		{"RequestTokens", 400, `{"error":"invalid_request"}`, []string{"$.error_description required"}},
		{"RevokeToken", 401, `{"error":"invalid_client","error_description":"a"}`, nil},
		{"RevokeToken", 400, `{"error":"access_denied","error_description":1}`, []string{"$.error enum",
			"$.error_description type"}},
		{"IntrospectToken", 400, published, nil},
		{"IntrospectToken", 401, `{"error":"invalid_client","error_description":"a"}`, []string{"$.error type"}},
		{"FetchTenant", 404, `{"error":{"code":403,"domain":"a","message":"b","details":{}}}`,
			[]string{"$.error.code code-equals-status"}},
	} {
		t.Run(fmt.Sprint(c.operation, " ", c.code, " ", c.want), func(t *testing.T) {
			got := contract(t).Operation(c.operation).CheckResponse(c.code, "", []byte(c.body))
			NewWithT(t).Expect(charges(got)).To(Equal(c.want), "%v", got)
		})
	}
}

func TestWhereNoJSONIsPromisedThereIsNothingToJudge(t *testing.T) {
	for _, c := range []struct {
		operation string
		code      int
		body      string
	}{
		{"FetchTenant", 418, "short and stout"},
		{"FetchTenant", 500, ""},
		{"DeleteTenant", 204, ""},
		{"DisableCustomBranding", 204, ""}, // the reference attaches a body to this 204, which HTTP does not allow
		{"RevokeToken", 200, ""},
		{"Logout", 200, "<html></html>"},
		{"FetchTenantBrandLogo", 200, "\x89PNG"},
		{"DownloadStoredReport", 200, "\x00\xff"},
	} {
		t.Run(fmt.Sprint(c.operation, " ", c.code), func(t *testing.T) {
			g := NewWithT(t)
			op := contract(t).Operation(c.operation)
			g.Expect(op.CheckResponse(c.code, "", []byte(c.body))).To(BeNil())
			g.Expect(op.Additions(c.code, "", []byte(c.body))).To(BeNil())
		})
	}
	g := NewWithT(t)
	g.Expect(charges(contract(t).Operation("FetchTenant").CheckResponse(200, "", nil))).To(Equal([]string{"$ empty"}))
}

func TestCheckDetails(t *testing.T) {
	g := NewWithT(t)
	c := contract(t)
	for _, body := range []string{` {"error":1} `, `{"error":{"details":[{"info":"x"}]}}`, `{"ok":false}`} {
		g.Expect(c.CheckDetails([]byte(body))).To(BeNil(), body)
	}
	for body, want := range map[string]string{
		`[]`: "$ type", `null`: "$ type", `"a"`: "$ type", `1`: "$ type", `["details"]`: "$ type",
		`{}`: "$ details", `{"error":null}`: "$ details",
		`{"error":{"message":" ","details":{},"data":[null]}}`: "$ details",
		``: "$ empty", `{`: "$ not-json", `{"a":1,"a":1}`: "$.a duplicate-key", `{}{}`: "$ trailing-data",
	} {
		g.Expect(charges(c.CheckDetails([]byte(body)))).To(Equal([]string{want}), body)
	}
}

const (
	someID = "7a8b9c0d-1e2f-4a3b-8c4d-5e6f7a8b9c0d"
	user   = `"id":"` + someID + `","version":1,"tenant_id":"` + someID +
		`","created_at":"2030-01-31T12:00:00","updated_at":"2030-01-31T12:00:00+00:00","deleted_at":null,
		"access_policies":[],"origin_id":null,"origin_external_id":null,"disable_after":null`
	basicUser = user + `,"personal_tenant_id":null,"login":"a","enabled":true`
	fullUser  = basicUser +
		`,"contact":{"email":""},"activated":false,"language":"en","business_types":["buyer"],"notifications":["quota"],"external_operation_status":null`
)

func users(item string) []byte {
	return []byte(`{"timestamp":"2030-01-31T12:00:00","items":[{` + item + `}]}`)
}

func TestUsersOfEachLevelOfDetail(t *testing.T) {
	op := contract(t).Operation("FetchUsersBatch")
	for _, c := range []struct {
		lod, item string
		want      []string
		additions []string
	}{
		{"stamps", user, nil, nil},
		{"basic", basicUser, nil, nil},
		{"full", fullUser, nil, nil},
		{"", fullUser, nil, nil},
		{"stamps", basicUser, nil, []string{"$.items[0].enabled", "$.items[0].login", "$.items[0].personal_tenant_id"}},
		{"full", fullUser + `,"new":1`, nil, nil}, // the full form is open in the reference, too
		{"basic", user, []string{"$.items[0].enabled required", "$.items[0].login required",
			"$.items[0].personal_tenant_id required"}, nil},
		{"", basicUser, []string{"$.items[0].activated required", "$.items[0].business_types required",
			"$.items[0].contact required", "$.items[0].language required", "$.items[0].notifications required"}, nil},
		{"full", strings.Replace(fullUser, someID, strings.ToUpper(someID), 1), []string{"$.items[0].id pattern"}, nil},
		{"full", strings.Replace(fullUser, "2030-01-31T12:00:00+00:00", "today, all day long", 1),
			[]string{"$.items[0].updated_at pattern"}, nil},
		{"full", strings.Replace(fullUser, `["buyer"]`, `["buyer","seller"]`, 1),
			[]string{"$.items[0].business_types[1] enum"}, nil},
		{"full", strings.Replace(fullUser, `"external_operation_status":null`, `"external_operation_status":"lost"`, 1),
			[]string{"$.items[0].external_operation_status enum"}, nil},
		{"full", strings.Replace(fullUser, `"deleted_at":null`, `"deleted_at":1`, 1),
			[]string{"$.items[0].deleted_at type"}, nil},
	} {
		t.Run(c.lod+" "+strings.Join(c.want, ","), func(t *testing.T) {
			g := NewWithT(t)
			got := op.CheckResponse(200, c.lod, users(c.item))
			g.Expect(charges(got)).To(Equal(c.want), "%v", got)
			g.Expect(op.Additions(200, c.lod, users(c.item))).To(Equal(c.additions))
		})
	}
}

func TestRequests(t *testing.T) {
	c := contract(t)
	for _, r := range []struct {
		operation, body string
		want            []string
	}{
		{"CreateTenant", `{"name":"a","kind":"customer","parent_id":"` + someID + `"}`, nil},
		{"CreateTenant", `{"name":"a","kind":"client","parent_id":"` + someID + `","color":1}`,
			[]string{"$.color additionalProperties", "$.kind enum"}},
		{"CreateTenant", `{"name":null,"parent_id":"4711"}`, []string{"$.kind required", "$.name type",
			"$.parent_id minLength", "$.parent_id pattern"}},
		{"CreateTenant", `{"name":"a"`, []string{"$ not-json"}},
		{"UpdateTenantApplicationSetting", `{"value":[]}`, []string{"$.value type"}},
		{"UpdateTenantApplicationSetting", `{"value":null,"lock":true}`, nil},
		{"UpdateTenantPricingSettings", `{"version":1,"currency":null}`, nil},
		{"UpdateTenantPricingSettings", `{"version":1,"currency":"SEK"}`, []string{"$.currency enum"}},
		{"FetchTenant", `anything`, nil},
		{"RequestTokens", `grant_type=password`, nil},
		{"UploadTenantBrandLogo", "\x89PNG", nil},
	} {
		t.Run(r.operation+" "+strings.Join(r.want, ","), func(t *testing.T) {
			got := c.Operation(r.operation).CheckRequest([]byte(r.body))
			NewWithT(t).Expect(charges(got)).To(Equal(r.want), "%v", got)
		})
	}
}

func TestManyViolationsAreCutShort(t *testing.T) {
	g := NewWithT(t)
	items := make([]string, 251)
	for i := range items {
		items[i] = fmt.Sprint(i)
	}
	list := func(items []string) []Violation {
		return contract(t).Operation("FetchUsersBatch").CheckResponse(200, "",
			[]byte(`{"timestamp":"2030-01-31T12:00:00","items":[`+strings.Join(items, ",")+"]}"))
	}
	got := list(items)
	g.Expect(got).To(HaveLen(maxViolations + 1))
	g.Expect(got[maxViolations]).To(Equal(Violation{Path: "$", Rule: "more",
		Detail: "151 more violations are not listed"}))
	// What is the same in every item is said once before anything is cut off: the one item that has more wrong with it
	// stands there.
	for i := range items {
		items[i] = "1"
	}
	items[250] = "null"
	g.Expect(list(items)).To(HaveExactElements(
		And(HaveField("Path", "$.items[0]"), HaveField("Found", "1")), And(HaveField("Path", "$.items[250]"),
			HaveField("Found", "null"))))
}

func TestAViolationIsReportedOnce(t *testing.T) {
	g := NewWithT(t)
	c, err := Parse(small("{allOf: [{type: object, required: [a]}, {required: [a, b]}]}"))
	g.Expect(err).NotTo(HaveOccurred())
	got := c.Operation("PutThing").CheckResponse(200, "", []byte(`{}`))
	g.Expect(charges(got)).To(Equal([]string{"$.a required", "$.b required"}))
}

func TestFoundIsShort(t *testing.T) {
	long := strings.Repeat("ä<", 1000)
	for name, value := range map[string]any{
		"text": long, "list": slices.Repeat([]any{long}, 100), "object": map[string]any{long: long, "b": long},
		"number": json.Number(strings.Repeat("1", 1000)),
		"nested": []any{[]any{[]any{map[string]any{"a": []any{long}}}}},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			got := excerpt(value)
			g.Expect([]rune(got)).To(HaveLen(excerptLength))
			g.Expect(got).To(HaveSuffix("…"))
			g.Expect(got).NotTo(ContainSubstring(`\u003c`))
		})
	}
	g := NewWithT(t)
	g.Expect(excerpt(map[string]any{"b": []any{nil, true, json.Number("1.50")}, "a": "x\n<\"é"})).To(
		Equal(`{"a":"x\n<\"é","b":[null,true,1.50]}`))
}

func TestPathIsUnambiguous(t *testing.T) {
	g := NewWithT(t)
	g.Expect(path{}.String()).To(Equal("$"))
	g.Expect(path{"a", 0, "b-c", "d.e", "0", "", `"`, "ä"}.String()).To(Equal(`$.a[0].b-c["d.e"]["0"][""]["\""]["ä"]`))
	// A position and a key that looks like one are told apart, and a key may hold whatever JSON allows.
	c, err := Parse(small("{additionalProperties: {type: array, items: {type: string}}}"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(charges(c.Operation("PutThing").CheckResponse(200, "", []byte(`{"0":[1],"a.b":[1]}`)))).
		To(Equal([]string{`$["0"][0] type`, `$["a.b"][0] type`}))
	g.Expect(charges(c.Operation("PutThing").CheckResponse(200, "", []byte(`{"a\u0000b":1}`)))).To(HaveLen(1))
}

func TestChecksRunConcurrently(t *testing.T) {
	c, err := Parse(reference)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, id := range []string{"FetchTenantsBatch", "FetchTenant", "RequestTokens", "CreateTenant"} {
				op := c.Operation(id)
				op.CheckResponse(200, "basic", []byte(`{"items":[{}]}`))
				op.CheckResponse(403, "", []byte(published))
				op.CheckRequest([]byte(`{}`))
				op.Additions(200, "", []byte(`{"items":[{}]}`))
			}
		})
	}
	wg.Wait()
}

func TestEveryCellCanBeJudged(t *testing.T) {
	c := contract(t)
	for _, op := range c.Operations() {
		for _, code := range op.Codes {
			violations := op.CheckResponse(code, "", []byte(`[]`))
			if json := slices.ContainsFunc(op.MediaTypes(code), isJSON); json != (len(violations) > 0) {
				t.Errorf("%s %d: JSON %v, but an array is charged with %v", op.ID, code, json, violations)
			}
			for _, v := range violations {
				if v.Rule != "type" || v.Path != "$" {
					t.Errorf("%s %d: %v", op.ID, code, v)
				}
			}
		}
		if violations := op.CheckRequest([]byte(`[]`)); (op.Body != nil && op.Body.MediaType == "application/json") != (len(violations) > 0) {
			t.Errorf("%s: request: %v", op.ID, violations)
		}
	}
}

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
