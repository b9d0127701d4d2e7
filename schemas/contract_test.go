package schemas

import (
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	. "github.com/onsi/gomega"
)

func contract(t testing.TB) *Contract {
	t.Helper()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// small is a whole OpenAPI document around one schema, called thing, which PUT /things takes and answers.
func small(schema string, more ...string) []byte {
	return []byte(`
openapi: 3.0.3
info: {title: small, version: '1'}
paths:
  /things:
    put:
      operationId: PutThing
      parameters:
      - {name: lod, in: query, schema: {type: string, default: full, enum: [stamps, full]}}
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/thing'}}}}
      responses:
        '200':
          description: OK
          content: {application/json: {schema: {$ref: '#/components/schemas/thing'}}}
components:
  schemas:
    thing: ` + schema + "\n" + strings.Join(more, "\n"))
}

// What is loaded is all that the document holds, counted here without the loader.
func TestNothingOfTheReferenceIsLost(t *testing.T) {
	g := NewWithT(t)
	c := contract(t)
	text, err := os.ReadFile("openapi.yaml")
	g.Expect(err).NotTo(HaveOccurred())
	var document struct {
		Paths map[string]map[string]struct {
			Responses map[string]any `yaml:"responses"`
		} `yaml:"paths"`
		Components struct {
			Schemas map[string]any `yaml:"schemas"`
		} `yaml:"components"`
	}
	g.Expect(yaml.Unmarshal(text, &document)).To(Succeed())
	operations, want, codes := 0, map[string]int{}, map[string]int{}
	for _, path := range document.Paths {
		for method, operation := range path {
			if method == "parameters" {
				continue
			}
			operations++
			for code := range operation.Responses {
				want[code]++
			}
		}
	}
	for _, cell := range c.Cells() {
		g.Expect(cell.Source).To(Equal(FromReference))
		codes[strconv.Itoa(cell.Code)]++
	}
	g.Expect(len(c.Paths())).To(And(Equal(len(document.Paths)), BeNumerically(">", 60)))
	g.Expect(len(c.Operations())).To(And(Equal(operations), BeNumerically(">", 90)))
	g.Expect(c.compiler.components).To(HaveLen(len(document.Components.Schemas)))
	g.Expect(codes).To(Equal(want))
}

func TestOperation(t *testing.T) {
	g := NewWithT(t)
	c := contract(t)
	g.Expect(c.Version()).To(Equal("Account Management API 2"))
	g.Expect(c.Operation("NoSuchOperation")).To(BeNil())

	update := c.Operation("UpdateTenant")
	g.Expect(update.Method).To(Equal(http.MethodPut))
	g.Expect(update.Path).To(Equal("/tenants/{tenant_id}"))
	g.Expect(update.Resource).To(Equal("tenants"))
	g.Expect(update.Codes).To(Equal([]int{200, 401, 403, 404, 409, 415}))
	g.Expect(update.Success()).To(Equal(200))
	g.Expect(update.Writes()).To(BeTrue())
	g.Expect(update.Takes("path")).To(Equal([]string{"tenant_id"}))
	g.Expect(update.Security).To(Equal(Security{Token: true, Basic: true, Roles: []string{"tenant_admin"}}))
	g.Expect(update.Body).To(Equal(&Body{MediaType: "application/json", Required: []string{"version"}, Demanded: true}))
	g.Expect(update.MediaTypes(200)).To(Equal([]string{"application/json"}))
	g.Expect(update.MediaTypes(418)).To(BeEmpty())

	g.Expect(c.Operation("FetchTenant").Body).To(BeNil())
	g.Expect(c.Operation("FetchTenant").Writes()).To(BeFalse())
	g.Expect(c.Operation("CheckPassword").Writes()).To(BeFalse())
	g.Expect(c.Operation("ModifyCustomBranding").Body.Demanded).To(BeFalse())
	g.Expect(c.Operation("FetchOpenIDConfiguration").Security).To(Equal(Security{}))
	g.Expect(c.Operation("FetchTenantsBatch").Param("query", "lod").Enum).To(Equal([]string{"stamps", "basic", "full"}))
	g.Expect(c.Operation("FetchTenantsBatch").Param("path", "lod")).To(BeNil())
}

func TestMatchPrefersTheLiteralSegment(t *testing.T) {
	g := NewWithT(t)
	var ids []string
	for _, op := range contract(t).Match("/tenants/usages") {
		ids = append(ids, op.ID)
	}
	g.Expect(ids).To(Equal([]string{"FetchTenantsUsagesBatch", "UpdateTenantsUsages", "FetchTenant", "UpdateTenant",
		"DeleteTenant"}))
	g.Expect(contract(t).Match("/no/such/route")).To(BeEmpty())
	g.Expect(contract(t).Match("/tenants/")).To(BeEmpty())
}

func TestCalledTakesTheMostSpecificPath(t *testing.T) {
	g := NewWithT(t)
	for call, want := range map[string]string{
		"PUT /tenants/usages": "UpdateTenantsUsages", "GET /tenants/4711": "FetchTenant", "DELETE /tenants/usages": "",
		"PATCH /tenants/4711": "", "GET /nowhere": "",
	} {
		method, path, _ := strings.Cut(call, " ")
		op := contract(t).Called(method, path)
		if want == "" {
			g.Expect(op).To(BeNil(), call)
			continue
		}
		g.Expect(op).To(Equal(contract(t).Operation(want)), call)
	}
}

func TestSourceOfACode(t *testing.T) {
	g := NewWithT(t)
	brand := contract(t).Operation("EnableCustomBranding")
	for code, want := range map[int]Source{400: FromReference, 401: FromClause, 503: FromClause} {
		source, known := brand.Source(code)
		g.Expect(known).To(BeTrue(), "%d", code)
		g.Expect(source).To(Equal(want), "%d", code)
	}
	_, known := brand.Source(418)
	g.Expect(known).To(BeFalse())
}

func TestClauses(t *testing.T) {
	g := NewWithT(t)
	c := contract(t)
	g.Expect(c.Clauses()).To(HaveLen(9))
	for code, status := range map[int]string{
		200: "20x", 201: "20x", 204: "20x", 209: "20x", 400: "400", 401: "401", 403: "403", 404: "404", 405: "405",
		409: "409",
		415: "415", 500: "50x", 503: "50x", 509: "50x",
	} {
		clause, known := c.Clause(code)
		g.Expect(known).To(BeTrue(), "%d", code)
		g.Expect(clause.Status).To(Equal(status), "%d", code)
		g.Expect(clause.Requirement).NotTo(BeEmpty())
		g.Expect(clause.Source).To(HavePrefix("https://developer.acronis.com/"))
	}
	for _, code := range []int{0, 20, 100, 199, 210, 226, 302, 402, 406, 426, 429, 499, 510, 2001} {
		_, known := c.Clause(code)
		g.Expect(known).To(BeFalse(), "%d", code)
	}
}

func TestClauseTableIsReadStrictly(t *testing.T) {
	const row = "source: https://example.com/\nclauses:\n- {status: 401, title: a, requirement: b}\n"
	for name, c := range map[string]struct{ table, message string }{
		"misspelt key":   {"source: x\nclauses:\n- {status: 401, titel: a, requirement: b}\n", "titel"},
		"unknown key":    {row + "more: 1\n", "more"},
		"status":         {strings.Replace(row, "401", "4xx", 1), `status "4xx"`},
		"twice":          {row + "- {status: 401, title: a, requirement: b}\n", "twice"},
		"no requirement": {strings.Replace(row, "requirement: b", "requirement: ''", 1), "empty"},
		"no rows":        {"source: x\nclauses: []\n", "the table is empty"},
		"no YAML":        {"clauses: [", "clauses"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			_, err := parseClauses([]byte(c.table))
			g.Expect(err).To(MatchError(ContainSubstring(c.message)))
		})
	}
	_, err := parseClauses([]byte(row))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
}

func TestParseRefuses(t *testing.T) {
	ok := string(small("{type: object, properties: {b: {type: string}}}"))
	for name, c := range map[string]struct{ document, message string }{
		"no OpenAPI":  {"tenants: []", `version ""`},
		"OpenAPI 3.1": {strings.Replace(ok, "3.0.3", "3.1.0", 1), `version "3.1.0" is not 3.0`},
		"no paths":    {"openapi: 3.0.3\ninfo: {title: a, version: '1'}\npaths: {}\n", "no paths"},
		"no operationId": {strings.Replace(ok, "operationId: PutThing", "tags: [a]", 1),
			"PUT /things: operationId is missing"},
		"default response": {strings.Replace(ok, "'200'", "default", 1), `response "default" is not a status code`},
		"unresolved $ref":  {string(small("{$ref: '#/components/schemas/nothing'}")), "#/components/schemas/nothing"},
		"unresolved, inside": {string(
			small("{properties: {a: {items: {$ref: '#/components/schemas/nothing'}, type: array}}}")),
			"#/components/schemas/nothing"},
		"unresolved, aside": {string(
			small("{$ref: '#/components/schemas/other', allOf: [{$ref: '#/components/schemas/nothing'}]}",
				"    other: {type: object}")), "#/components/schemas/nothing"},
		"remote $ref": {string(small("{$ref: 'https://example.com/schema.json#/thing'}")),
			"https://example.com/schema.json"},
		"$ref to a file": {string(small("{$ref: 'other.yaml#/thing'}")), "other.yaml"},
		"$ref to no schema": {string(
			small("{properties: {a: {$ref: '#/components/schemas/thing/properties/b'}, b: {type: string}}}")),
			"#/components/schemas/thing/properties/b"},
		"$ref in place": {strings.Replace(ok, "schema: {$ref: '#/components/schemas/thing'}",
			"schema: {$ref: '#/components/schemas/thing/properties/b'}", 1), "#/components/schemas/thing/properties/b"},
		"a schema that is itself": {string(small("{allOf: [{$ref: '#/components/schemas/thing'}]}")),
			"schema thing: through $ref"},
		"a round of schemas": {string(small("{nullable: true, allOf: [{$ref: '#/components/schemas/other'}]}",
			"    other: {oneOf: [{type: string}, {not: {$ref: '#/components/schemas/thing'}}]}")),
			"consists of itself"},
		"unknown keyword": {string(small("{type: object, requierd: [a]}")), "requierd"},
		"unknown type":    {string(small("{type: text}")), "text"},
		"bad pattern":     {string(small("{type: string, pattern: '(['}")), "missing closing ]"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			_, err := Parse([]byte(c.document))
			g.Expect(err).To(MatchError(ContainSubstring(c.message)))
			g.Expect(err).To(MatchError(HavePrefix("OpenAPI document: ")))
		})
	}
	_, err := Parse([]byte(ok))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	_, err = Parse([]byte(
		`{"openapi":"3.0.0","info":{"title":"a","version":"1"},"paths":{"/a":{"get":{` +
			`"operationId":"A","responses":{"204":{"description":"none"}}}}}}`))
	NewWithT(t).Expect(err).NotTo(HaveOccurred(), "a document in JSON, without components")
}

func TestReferenceIsACopy(t *testing.T) {
	g := NewWithT(t)
	Reference()[0] = '?'
	g.Expect(Reference()[0]).To(BeEquivalentTo('o'))
}
