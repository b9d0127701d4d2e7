package schemas

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	. "github.com/onsi/gomega"
)

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
		`,"contact":{"email":""},"activated":false,"language":"en","business_types":["buyer"],` +
		`"notifications":["quota"],"external_operation_status":null`
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
	g.Expect(path{"a", 0, "b-c", "d.e", "0", "", `"`, "ä"}.String()).To(Equal(
		`$.a[0].b-c["d.e"]["0"][""]["\""]["ä"]`))
	// A position and a key that looks like one are told apart, and a key may hold whatever JSON allows.
	c, err := Parse(small("{additionalProperties: {type: array, items: {type: string}}}"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(charges(c.Operation("PutThing").CheckResponse(200, "", []byte(`{"0":[1],"a.b":[1]}`)))).
		To(Equal([]string{`$["0"][0] type`, `$["a.b"][0] type`}))
	g.Expect(charges(c.Operation("PutThing").CheckResponse(200, "", []byte(`{"a\u0000b":1}`)))).To(HaveLen(1))
}

func TestChecksAtTheSameTime(t *testing.T) {
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
		takesJSON := op.Body != nil && op.Body.MediaType == "application/json"
		if violations := op.CheckRequest([]byte(`[]`)); takesJSON != (len(violations) > 0) {
			t.Errorf("%s: request: %v", op.ID, violations)
		}
	}
}

// What one caller does with a verdict is not seen by the next one.
func TestCheckBodyIsJudgedOnce(t *testing.T) {
	g := NewWithT(t)
	op := contract(t).Operation("FetchUser")
	body := NewJSON([]byte(`{"id":1}`))
	first := op.CheckBody(200, "", body)
	g.Expect(first).NotTo(BeEmpty())
	g.Expect(op.CheckBody(200, "", body)).To(Equal(first))
	g.Expect(op.CheckBody(404, "", body)).NotTo(Equal(first), "another promise is another verdict")
	first[0] = Violation{}
	g.Expect(op.CheckBody(200, "", body)).NotTo(ContainElement(Violation{}))
}
