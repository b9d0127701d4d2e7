package schemas

import (
	"encoding/json"
	"testing"

	. "github.com/onsi/gomega"
)

// bodies are JSON texts.
type bodies []string

// Each rule of the translation is stated by what it lets pass and what it does not, in responses and in requests.
func TestTranslation(t *testing.T) {
	const other = "    other: {type: string, minLength: 2}"
	for name, c := range map[string]struct {
		schema             string
		pass, fail         bodies // in both
		responses, request bodies // passes in this one, and not in the other
	}{
		"nullable beside type": {
			schema: "{type: string, nullable: true}",
			pass:   bodies{`null`, `"a"`}, fail: bodies{`1`, `{}`},
		},
		"nullable false": {
			schema: "{type: string, nullable: false}",
			pass:   bodies{`"a"`}, fail: bodies{`null`},
		},
		"nullable beside type and enum without null": {
			schema: "{type: string, nullable: true, enum: [a, b]}",
			pass:   bodies{`null`, `"a"`}, fail: bodies{`"c"`, `1`},
		},
		"nullable beside enum alone": {
			schema: "{nullable: true, enum: [a, 1]}",
			pass:   bodies{`null`, `"a"`, `1`, `1.0`}, fail: bodies{`"b"`, `2`},
		},
		"nullable beside enum with null": {
			schema: "{type: string, nullable: true, enum: [a, null]}",
			pass:   bodies{`null`, `"a"`}, fail: bodies{`"b"`},
		},
		"nullable beside allOf without type": {
			schema: "{nullable: true, allOf: [{$ref: '#/components/schemas/other'}]}",
			pass:   bodies{`null`, `"ab"`}, fail: bodies{`"a"`, `1`},
		},
		"nullable beside allOf of several": {
			schema: "{nullable: true, allOf: [{$ref: '#/components/schemas/other'}, {maxLength: 3}]}",
			pass:   bodies{`null`, `"ab"`}, fail: bodies{`"a"`, `"abcd"`},
		},
		"nullable beside type and allOf": {
			schema: "{type: object, nullable: true, allOf: [{required: [a]}]}",
			pass:   bodies{`null`, `{"a":1}`}, fail: bodies{`{}`, `1`},
		},
		"nullable beside oneOf": {
			schema: "{nullable: true, oneOf: [{type: string, minLength: 2}, {type: integer}]}",
			pass:   bodies{`null`, `"ab"`, `1`}, fail: bodies{`"a"`, `1.5`, `{}`},
		},
		"nullable beside oneOf of types": {
			schema: "{nullable: true, oneOf: [{type: string}, {type: boolean}, {type: number}, {type: object}]}",
			pass:   bodies{`null`, `"a"`, `true`, `1`, `1.5`, `{}`}, fail: bodies{`[]`},
		},
		"nullable beside $ref": {
			schema: "{$ref: '#/components/schemas/other', nullable: true}",
			pass:   bodies{`null`, `"ab"`}, fail: bodies{`"a"`},
		},
		"nullable of the referenced schema": {
			schema: "{$ref: '#/components/schemas/maybe'}",
			pass:   bodies{`null`, `"a"`}, fail: bodies{`1`},
		},
		"siblings of $ref": {
			schema: "{$ref: '#/components/schemas/other', maxLength: 3, description: short}",
			pass:   bodies{`"ab"`, `"abc"`}, fail: bodies{`"a"`, `"abcd"`},
		},
		"siblings of $ref beside allOf": {
			schema: "{$ref: '#/components/schemas/other', allOf: [{maxLength: 3}]}",
			pass:   bodies{`"ab"`}, fail: bodies{`"a"`, `"abcd"`},
		},
		"format": {
			schema:    "{type: string, format: date-time}",
			pass:      bodies{`"2030-01-31T12:00:00Z"`},
			fail:      bodies{`1`},
			responses: bodies{`"2030-01-31T12:00:00"`, `"today"`},
		},
		"additionalProperties false": {
			schema:    "{type: object, additionalProperties: false, properties: {a: {type: string}}}",
			pass:      bodies{`{}`, `{"a":"b"}`},
			fail:      bodies{`{"a":1}`},
			responses: bodies{`{"b":1}`, `{"a":"b","c":null}`},
		},
		"additionalProperties false inside": {
			schema:    "{type: array, items: {allOf: [{type: object, additionalProperties: false}]}}",
			pass:      bodies{`[]`, `[{}]`},
			fail:      bodies{`[1]`},
			responses: bodies{`[{"a":1}]`},
		},
		"additionalProperties true": {
			schema: "{type: object, additionalProperties: true, properties: {a: {type: string}}}",
			pass:   bodies{`{"b":1}`}, fail: bodies{`{"a":1}`},
		},
		"additionalProperties with a schema": {
			schema: "{type: object, additionalProperties: {$ref: '#/components/schemas/other'}}",
			pass:   bodies{`{}`, `{"b":"ab"}`}, fail: bodies{`{"b":"a"}`, `{"b":1}`},
		},
		"annotations": {
			schema: "{type: string, title: a, description: b, default: 1, example: 2, deprecated: true, readOnly: " +
				"true, " +
				"x-a: {type: object}, xml: {name: c}}",
			pass: bodies{`"a"`}, fail: bodies{`1`},
		},
		"discriminator": {
			schema: "{type: object, discriminator: {propertyName: kind}, properties: {kind: {type: string}}}",
			pass:   bodies{`{}`, `{"kind":"a"}`}, fail: bodies{`{"kind":1}`},
		},
		"properties that are named like keywords": {
			schema: "{type: object, properties: {format: {type: integer}, nullable: {type: boolean}, $ref: {type: " +
				"string}, " +
				"enum: {type: array, items: {type: string}}, example: {$ref: '#/components/schemas/other'}, x-a: " +
				"{type: " +
				"string}, properties: {type: integer}, id: {type: string}}}",
			pass: bodies{
				`{"format":1,"nullable":true,"$ref":"a","enum":["a"],"example":"ab","x-a":"b",` +
					`"properties":1,"id":"a"}`},
			fail: bodies{`{"format":"a"}`, `{"nullable":1}`, `{"$ref":1}`, `{"enum":[1]}`, `{"example":"a"}`,
				`{"x-a":1}`,
				`{"properties":"a"}`, `{"id":1}`, `{"format":null}`},
		},
		"exclusiveMinimum": {
			schema: "{type: number, minimum: 1, exclusiveMinimum: true, maximum: 2}",
			pass:   bodies{`1.1`, `2`}, fail: bodies{`1`, `0`, `2.1`},
		},
		"exclusiveMinimum false": {
			schema: "{type: number, minimum: 1, exclusiveMinimum: false}",
			pass:   bodies{`1`}, fail: bodies{`0.9`},
		},
		"exclusiveMaximum": {
			schema: "{type: number, maximum: 2, exclusiveMaximum: true}",
			pass:   bodies{`1.9`}, fail: bodies{`2`, `3`},
		},
		"oneOf with overlapping forms": {
			schema:    "{oneOf: [{type: object, required: [a]}, {type: object, required: [b]}]}",
			pass:      bodies{`{"a":1}`, `{"b":1}`},
			fail:      bodies{`{}`, `1`},
			responses: bodies{`{"a":1,"b":1}`},
		},
		"oneOf of number and integer": {
			schema:    "{oneOf: [{type: number}, {type: integer}]}",
			pass:      bodies{`1.5`},
			fail:      bodies{`"a"`},
			responses: bodies{`1`},
		},
		"anyOf": {
			schema: "{anyOf: [{type: string}, {type: object, required: [a]}]}",
			pass:   bodies{`"a"`, `{"a":1}`}, fail: bodies{`{}`, `1`},
		},
		"not": {
			schema: "{type: string, not: {enum: [a]}}",
			pass:   bodies{`"b"`}, fail: bodies{`"a"`},
		},
		"pattern is searched for": {
			schema: "{type: string, pattern: 'a+'}",
			pass:   bodies{`"bab"`}, fail: bodies{`"b"`},
		},
		"no type is any type": {
			schema: "{minLength: 2, required: [a]}",
			pass:   bodies{`null`, `1`, `"ab"`, `{"a":1}`, `[]`}, fail: bodies{`"a"`, `{}`},
		},
		"integer": {
			schema: "{type: integer}",
			pass:   bodies{`1`, `1.0`, `-1`, `1e3`, `1e400`, `12345678901234567890123`}, fail: bodies{`1.5`, `"1"`,
				`1e-1`,
				`true`},
		},
		"numbers that float64 cannot hold": {
			schema: "{type: array, uniqueItems: true, items: {enum: [1, 2]}}",
			pass:   bodies{`[1,2]`}, fail: bodies{`[1e400]`, `[1,-1e400]`, `[1,1.0]`},
		},
		"sizes": {
			schema: "{type: array, minItems: 1, maxItems: 2, items: {type: object, minProperties: 1, " +
				"maxProperties: 2}}",
			pass: bodies{`[{"a":1}]`, `[{"a":1,"b":1},{"a":1}]`}, fail: bodies{`[]`, `[{}]`, `[{"a":1,"b":1,"c":1}]`,
				`[{"a":1},{"a":1},{"a":1}]`},
		},
		"length counts characters": {
			schema: "{type: string, minLength: 2, maxLength: 2}",
			pass:   bodies{`"äö"`, `"😀😀"`}, fail: bodies{`"ä"`, `"abc"`},
		},
		"a schema that contains itself": {
			schema: "{type: object, properties: {children: {type: array, items: {$ref: " +
				"'#/components/schemas/thing'}}, n: " +
				"{type: integer}}}",
			pass: bodies{`{"children":[{"children":[{"n":1}]}]}`},
			fail: bodies{`{"children":[{"children":[{"n":"1"}]}]}`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			contract, err := Parse(small(c.schema, other, "    maybe: {type: string, nullable: true}"))
			g.Expect(err).NotTo(HaveOccurred())
			op := contract.Operation("PutThing")
			response := func(body string) []Violation { return op.CheckResponse(200, "", []byte(body)) }
			request := func(body string) []Violation { return op.CheckRequest([]byte(body)) }
			for _, body := range c.pass {
				g.Expect(response(body)).To(BeEmpty(), "response %s", body)
				g.Expect(request(body)).To(BeEmpty(), "request %s", body)
			}
			for _, body := range c.fail {
				g.Expect(response(body)).NotTo(BeEmpty(), "response %s", body)
				g.Expect(request(body)).NotTo(BeEmpty(), "request %s", body)
			}
			for _, body := range c.responses {
				g.Expect(response(body)).To(BeEmpty(), "response %s", body)
				g.Expect(request(body)).NotTo(BeEmpty(), "request %s", body)
			}
			for _, body := range c.request {
				g.Expect(request(body)).To(BeEmpty(), "request %s", body)
				g.Expect(response(body)).NotTo(BeEmpty(), "response %s", body)
			}
		})
	}
}

func TestTranslationChoosesTheFormOfAListByLevelOfDetail(t *testing.T) {
	g := NewWithT(t)
	contract, err := Parse(
		small(`{type: array, items: {oneOf: [
      {type: object, additionalProperties: false, required: [id], properties: {id: {type: string}}},
      {type: object, required: [id, name], properties: {id: {type: string}, name: {type: string}}}]}}`))
	g.Expect(err).NotTo(HaveOccurred())
	op := contract.Operation("PutThing")
	short, full := []byte(`[{"id":"a"}]`), []byte(`[{"id":"a","name":"b"}]`)
	g.Expect(op.CheckResponse(200, "stamps", short)).To(BeEmpty())
	g.Expect(op.CheckResponse(200, "stamps", full)).To(BeEmpty(), "an addition is not a violation")
	g.Expect(op.Additions(200, "stamps", full)).To(Equal([]string{"$[0].name"}))
	for _, lod := range []string{"full", "", "bogus"} {
		g.Expect(op.CheckResponse(200, lod, full)).To(BeEmpty(), lod)
		g.Expect(op.Additions(200, lod, full)).To(BeEmpty(), lod)
		g.Expect(op.CheckResponse(200, lod, short)).To(Equal([]Violation{
			{Path: "$[0].name", Rule: "required", Detail: "the property is missing"},
		}), lod)
	}
}

func TestEverySchemaOfTheReferenceCompiles(t *testing.T) {
	c := contract(t).compiler
	for name := range c.components {
		for _, how := range []reading{{}, {closed: true}, {request: true, closed: true}, {form: 1, forms: 3}} {
			document, err := c.document(c.components[name], how)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			text, err := json.Marshal(document)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if _, err := compile(document); err != nil {
				t.Errorf("%s, %+v: %v\n%s", name, how, err, text)
			}
		}
	}
}

func TestADocumentHoldsOnlyTheDefinitionsThatItReaches(t *testing.T) {
	g := NewWithT(t)
	c := contract(t).compiler
	document, err := c.document(map[string]any{"$ref": components + "clientBatch"}, reading{})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(document).To(HaveKeyWithValue("definitions", And(HaveLen(4), HaveKey("clientBatch"), HaveKey("client"),
		HaveKey("uuid"), HaveKey("item1"))))
}

func TestTranslationLeavesTheReferenceAlone(t *testing.T) {
	g := NewWithT(t)
	c := contract(t).compiler
	before, err := json.Marshal(c.components)
	g.Expect(err).NotTo(HaveOccurred())
	for name := range c.components {
		document, err := c.document(c.components[name], reading{request: true})
		g.Expect(err).NotTo(HaveOccurred())
		_, err = compile(document)
		g.Expect(err).NotTo(HaveOccurred())
	}
	after, err := json.Marshal(c.components)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(after).To(MatchJSON(before))
}
