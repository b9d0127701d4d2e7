package schemas

import (
	"encoding/json"
	"testing"

	. "github.com/onsi/gomega"
)

// documentedPart writes the documented part of a body as JSON; keys come out sorted.
func documentedPart(g *WithT, op *Operation, code int, lod, body string) string {
	document, err := ReadJSON([]byte(body))
	g.Expect(err).NotTo(HaveOccurred())
	part, known := op.Documented(code, lod, document)
	if !known {
		return "nothing"
	}
	text, err := json.Marshal(part)
	g.Expect(err).NotTo(HaveOccurred())
	return string(text)
}

func TestDocumented(t *testing.T) {
	for name, c := range map[string]struct {
		operation  string
		code       int
		lod        string
		body, want string
	}{
		"a property that is not listed": {"FetchTenant", 200, "", `{"id":"1","trace":"x"}`, `{"id":"1"}`},
		"one inside of an object": {"FetchTenant", 200, "",
			`{"contact":{"email":"a@b","score":1},"name":"n"}`, `{"contact":{"email":"a@b"},"name":"n"}`},
		"one inside of a list": {"FetchTenant", 200, "",
			`{"contacts":[{"email":"a@b","score":{"a":1}}]}`, `{"contacts":[{"email":"a@b"}]}`},
		"one of a list's items": {"Search", 200, "", `{"items":[{"id":"1","rank":3}],"took":4}`,
			`{"items":[{"id":"1"}]}`},
		"a list of ids": {"FetchTenantChildren", 200, "", `{"items":["a","b"],"etag":"x"}`,
			`{"items":["a","b"]}`},
		"null where it may stand": {"FetchTenant", 200, "", `{"deleted_at":null,"gone":null}`, `{"deleted_at":null}`},
		"null for an object":      {"FetchTenantApplicationSetting", 200, "", `{"own":null}`, `{"own":null}`},
		"an object that may be null": {"FetchTenantApplicationSetting", 200, "",
			`{"own":{"value":true,"by":"x"}}`, `{"own":{"value":true}}`},
		"what is in a free object": {"FetchTenantApplicationSetting", 200, "",
			`{"own":{"value":{"a":1}}}`, `{"own":{"value":{}}}`},
		"what is in an object of the caller's own": {"FetchClient", 200, "",
			`{"data":{"client_name":"n"},"x":1}`, `{"data":{"client_name":"n"}}`},
		"a short form": {"FetchTenantsBatch", 200, "stamps",
			`{"items":[{"id":"1","name":"n"}]}`, `{"items":[{"id":"1"}]}`},
		"the form by default": {"FetchTenantsBatch", 200, "",
			`{"items":[{"id":"1","name":"n","x":1}]}`, `{"items":[{"id":"1","name":"n"}]}`},
		"any form": {"FetchTenantsBatch", 200, AnyForm,
			`{"items":[{"id":"1","name":"n","x":1}]}`, `{"items":[{"id":"1","name":"n"}]}`},
		"both parts of allOf": {"FetchCurrentUserInfo", 200, "",
			`{"login":"l","terms_accepted":true,"x":1}`, `{"login":"l","terms_accepted":true}`},
		"an error": {"FetchTenant", 404, "",
			`{"error":{"code":1,"trace":"x","details":{"info":"i","hint":2}},"x":1}`,
			`{"error":{"code":1,"details":{"info":"i"}}}`},
		"a list where an object should be": {"FetchTenant", 200, "",
			`{"contact":[1,2],"name":{"a":1}}`, `{"contact":[],"name":{}}`},
		"a value that is not an object": {"FetchTenant", 200, "", `"x"`, `"x"`},
		"a code that is not listed":     {"FetchTenant", 409, "", `{"error":{}}`, `nothing`},
		"a code without JSON":           {"FetchTenantBrandLogo", 200, "", `{}`, `nothing`},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(documentedPart(g, contract(t).Operation(c.operation), c.code, c.lod, c.body)).To(Equal(c.want))
		})
	}
}

// The reference has neither a map nor a schema that contains itself; a published document may.
func TestDocumentedInMapsAndCircles(t *testing.T) {
	g := NewWithT(t)
	c, err := Parse([]byte(`
openapi: 3.0.3
info: {title: t, version: v}
paths:
  /a:
    get:
      operationId: A
      responses:
        '200':
          description: d
          content: {application/json: {schema: {$ref: '#/components/schemas/node'}}}
components:
  schemas:
    node:
      type: object
      properties:
        name: {type: string}
        below: {type: array, items: {$ref: '#/components/schemas/node'}}
        by_key: {type: object, additionalProperties: {$ref: '#/components/schemas/node'}}
        free: {type: object, additionalProperties: true}
        perhaps: {nullable: true, allOf: [{$ref: '#/components/schemas/node'}]}
        either:
          oneOf:
          - {type: object, properties: {left: {type: string}}}
          - {type: object, properties: {right: {type: object, properties: {deep: {type: string}}}}}
`))
	g.Expect(err).NotTo(HaveOccurred())
	body := `{"below":[{"below":[{"name":"a","x":1}],"x":1}],"by_key":{"k":{"name":"b","x":1}},` +
		`"either":{"left":"l","right":{"deep":"d","x":1},"x":1},"free":{"x":1},"name":"c","perhaps":{"name":"d","x":1}}`
	want := `{"below":[{"below":[{"name":"a"}]}],"by_key":{"k":{"name":"b"}},` +
		`"either":{"left":"l","right":{"deep":"d"}},"free":{},"name":"c","perhaps":{"name":"d"}}`
	g.Expect(documentedPart(g, c.Operation("A"), 200, "", body)).To(Equal(want))
}

// What is looked at again is not changed by being looked at.
func TestDocumentedLeavesTheDocumentAlone(t *testing.T) {
	g := NewWithT(t)
	document, err := ReadJSON([]byte(`{"items":[{"id":"1","x":1}],"x":1}`))
	g.Expect(err).NotTo(HaveOccurred())
	_, _ = contract(t).Operation("Search").Documented(200, "", document)
	text, err := json.Marshal(document)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(text)).To(Equal(`{"items":[{"id":"1","x":1}],"x":1}`))
}
