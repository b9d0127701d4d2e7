package drift_test

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/drift"
)

// base is a document with one of each thing that may change.
const base = `
openapi: 3.0.3
info: {title: Pets, version: '2'}
paths:
  /pets:
    get:
      operationId: FetchPets
      summary: Lists pets
      parameters:
      - {name: limit, in: query, schema: {type: integer}}
      responses:
        '200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/pets'}}}}
        '401': {description: no}
    post:
      operationId: CreatePet
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/pet'}}}}
      responses:
        '201': {description: created, content: {application/json: {schema: {$ref: '#/components/schemas/pet'}}}}
        '409': {description: there is one}
components:
  schemas:
    pets:
      type: object
      required: [items]
      properties:
        items: {type: array, items: {$ref: '#/components/schemas/pet'}}
    pet:
      type: object
      required: [name]
      properties:
        name: {type: string}
        age: {type: integer}
        kind: {type: string, enum: [cat, dog]}
`

func TestCompare(t *testing.T) {
	const pets, create = "GET /pets", "POST /pets"
	for name, c := range map[string]struct {
		old, new        string // of the text of base
		breaking, other []drift.Change
	}{
		"nothing":      {},
		"other prose":  {old: "summary: Lists pets", new: "summary: All pets, described again"},
		"other server": {old: "paths:\n", new: "servers: [{url: 'https://pets.example.com'}]\npaths:\n"},
		"the same schema, written at its place": {old: "schema: {$ref: '#/components/schemas/pets'}",
			new: "schema: {type: object, required: [items], " +
				"properties: {items: {type: array, items: {allOf: [{$ref: '#/components/schemas/pet'}]}}}}"},
		"an operation without its id": {old: "      operationId: CreatePet\n"},
		"a removed operation": {old: base[strings.Index(base, "    post:"):strings.Index(base, "components:")],
			breaking: []drift.Change{{Operation: create, Rule: "api-removed-without-deprecation"}}},
		"an added operation": {old: "components:",
			new:   "  /owners: {get: {operationId: FetchOwners, responses: {'200': {description: ok}}}}\ncomponents:",
			other: []drift.Change{{Operation: "GET /owners", Rule: "endpoint-added"}}},
		"an added code": {old: "        '401'", new: "        '403': {description: forbidden}\n        '401'",
			other: []drift.Change{{Operation: pets, Rule: "response-non-success-status-added"}}},
		"a removed code": {old: "        '409': {description: there is one}\n",
			other: []drift.Change{{Operation: create, Rule: "response-non-success-status-removed"}}},
		"another success": {old: "'201'", new: "'200'",
			breaking: []drift.Change{{Operation: create, Rule: "response-success-status-removed"}},
			other:    []drift.Change{{Operation: create, Rule: "response-success-status-added"}}},
		"a changed type": {old: "age: {type: integer}", new: "age: {type: string}",
			breaking: []drift.Change{{Operation: pets, Rule: "response-property-type-changed"}, {Operation: create,
				Rule: "request-property-type-changed"},
				{Operation: create, Rule: "response-property-type-changed"}}},
		"a new required field": {old: "required: [name]", new: "required: [name, age]",
			breaking: []drift.Change{{Operation: create, Rule: "request-property-became-required"}},
			other: []drift.Change{{Operation: pets, Rule: "response-property-became-required"}, {Operation: create,
				Rule: "response-property-became-required"}}},
		"a required field that need not be there": {old: "required: [items]", new: "required: []",
			breaking: []drift.Change{{Operation: pets, Rule: "response-property-became-optional"}}},
		"a required parameter": {old: "in: query,", new: "in: query, required: true,",
			breaking: []drift.Change{{Operation: pets, Rule: "request-parameter-became-required"}}},
		"a value more": {old: "[cat, dog]", new: "[cat, dog, fish]",
			breaking: []drift.Change{{Operation: pets, Rule: "response-property-enum-value-added"}, {Operation: create,
				Rule: "response-property-enum-value-added"}},
			other: []drift.Change{{Operation: create, Rule: "request-property-enum-value-added"}}},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(base).To(ContainSubstring(c.old))
			found, err := drift.Compare(t.Context(), []byte(base), []byte(strings.Replace(base, c.old, c.new, 1)))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(kinds(g, found.Breaking)).To(Equal(c.breaking))
			g.Expect(kinds(g, found.Other)).To(Equal(c.other))
			g.Expect(found.Empty()).To(Equal(c.breaking == nil && c.other == nil))
		})
	}
}

// kinds leaves out the sentences, which are the library's.
func kinds(g *WithT, changes []drift.Change) []drift.Change {
	var kinds []drift.Change
	for _, c := range changes {
		g.Expect(c.Text).NotTo(BeEmpty())
		c.Text = ""
		kinds = append(kinds, c)
	}
	return kinds
}

func TestTheBuiltInContract(t *testing.T) {
	g := NewWithT(t)
	reference := schemas.Reference()
	for name, document := range map[string]string{
		"itself": string(reference),
		"an operation without an id": strings.Replace(string(reference), "operationId: RequestDeviceAuthorization",
			"deprecated: false", 1),
	} {
		found, err := drift.Compare(t.Context(), reference, []byte(document))
		g.Expect(err).NotTo(HaveOccurred(), name)
		g.Expect(found.Empty()).To(BeTrue(), "%s: %v", name, found)
	}
	lesser := strings.Replace(string(reference), "operationId: FetchTenant\n",
		"operationId: FetchTenant\n      deprecated: true\n", 1)
	found, err := drift.Compare(t.Context(), reference, []byte(lesser))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(found.Other).To(ConsistOf(HaveField("Rule", "endpoint-deprecated")))
}

// Versions of OpenAPI say the same in different ways.
func TestALaterOpenAPI(t *testing.T) {
	g := NewWithT(t)
	older := strings.Replace(base, "age: {type: integer}",
		"age: {type: integer, nullable: true, minimum: 0, exclusiveMinimum: true}", 1)
	later := strings.NewReplacer("openapi: 3.0.3", "openapi: 3.1.0", "age: {type: integer}",
		"age: {type: [integer, 'null'], exclusiveMinimum: 0}").Replace(base)
	found, err := drift.Compare(t.Context(), []byte(older), []byte(later))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(found.Empty()).To(BeTrue(), "%v", found)
}

func TestWhatIsNoDocument(t *testing.T) {
	for name, c := range map[string]struct{ document, sentence string }{
		"nothing":     {"", "it is no OpenAPI 3 document"},
		"a page":      {"<!DOCTYPE html>\n<html></html>\n", "it is no OpenAPI document"},
		"broken YAML": {"openapi: [\n", "it is no OpenAPI document"},
		"a list":      {"[1, 2]", "it is no OpenAPI document"},
		"Swagger": {"swagger: '2.0'\ninfo: {title: Pets, version: '1'}\npaths: {}\n",
			"it is no OpenAPI 3 document"},
		"no paths": {"openapi: 3.0.3\ninfo: {title: Pets, version: '1'}\npaths: {}\n", "it has no paths"},
		"a type that is none": {strings.Replace(base, "age: {type: integer}", "age: {type: intejer}", 1),
			`unsupported 'type' value "intejer"`},
		"an operation in part": {strings.Replace(base, "      responses:\n", "      x-responses:\n", 1),
			"value of responses must be an object"},
		"a file from outside": {strings.Replace(base, "'#/components/schemas/pets'", "'file:///etc/hostname'", 1),
			"disallowed external reference"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			_, err := drift.Compare(t.Context(), []byte(base), []byte(c.document))
			g.Expect(err).To(MatchError(ContainSubstring(c.sentence)))
			g.Expect(err.Error()).NotTo(ContainSubstring("\n"))
		})
	}
}

func TestPrint(t *testing.T) {
	g := NewWithT(t)
	print := func(document string) string {
		found, err := drift.Compare(t.Context(), []byte(base), []byte(document))
		g.Expect(err).NotTo(HaveOccurred())
		var b strings.Builder
		g.Expect(found.Print(&b)).To(Succeed())
		return b.String()
	}
	g.Expect(print(base)).To(Equal("Pets 2 promises what the built-in contract (Pets 2) promises: no difference\n"))
	document := strings.NewReplacer("version: '2'", "version: '3'", "required: [name]", "required: [name, age]",
		"'409': {description: there is one}", "'410': {description: gone}").Replace(base)
	g.Expect(print(document)).To(Equal("Pets 3 differs from the built-in contract (Pets 2):\n" +
		"\n1 breaking difference\n" +
		"  POST /pets\n" +
		"    the request property `age` became required [request-property-became-required]\n" +
		"\n4 other differences\n" +
		"  GET /pets\n" +
		"    the response property `items/items/age` became required for the status `200` " +
		"[response-property-became-required]\n" +
		"  POST /pets\n" +
		"    added the non-success response with the status `410` [response-non-success-status-added]\n" +
		"    removed the non-success response with the status `409` [response-non-success-status-removed]\n" +
		"    the response property `age` became required for the status `201` [response-property-became-required]\n"))
	g.Expect(print(strings.Replace(base, "version: '2'", `version: "\e[2J"`, 1))).
		To(HavePrefix(`Pets \x1b[2J promises`))
}
