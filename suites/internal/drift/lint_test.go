package drift_test

import (
	"bytes"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/drift"
)

// findings returns the rules and places that Lint finds in base with a change, as rule and place.
func findings(t *testing.T, old, replacement string) []string {
	t.Helper()
	g := NewWithT(t)
	g.Expect(base).To(ContainSubstring(old))
	_, found, err := drift.Lint(t.Context(), []byte(strings.Replace(base, old, replacement, 1)))
	g.Expect(err).NotTo(HaveOccurred())
	var all []string
	for _, f := range found {
		all = append(all, f.Rule+" "+f.Place)
	}
	return all
}

func TestLint(t *testing.T) {
	const pet = "#/components/schemas/pet/properties/"
	for name, c := range map[string]struct {
		old, replacement string
		found            []string
	}{
		"nothing": {old: "name", replacement: "name"},
		"a nullable enum": {"enum: [cat, dog]}", "enum: [cat, dog], nullable: true}",
			[]string{drift.NullableEnum + " " + pet + "kind"}},
		"a nullable enum with null": {"enum: [cat, dog]}", "enum: [cat, dog, null], nullable: true}", nil},
		"nullable beside allOf": {"age: {type: integer}", "age: {nullable: true, allOf: [{type: integer}]}",
			[]string{drift.NullableUntyped + " " + pet + "age"}},
		"no type":          {"age: {type: integer}", "age: {}", []string{drift.Untyped + " " + pet + "age"}},
		"branches by type": {"age: {type: integer}", "age: {oneOf: [{type: integer}, {type: string}]}", nil},
		"branches of numbers": {"age: {type: integer}", "age: {oneOf: [{type: integer}, {type: number}]}",
			[]string{drift.OverlappingOnes + " " + pet + "age"}},
		"branches by closedness": {"age: {type: integer}",
			"age: {oneOf: [{type: object, additionalProperties: false, properties: {a: {type: string}}}, " +
				"{type: object, required: [b], properties: {b: {type: string}}}]}", []string{drift.OverlappingOnes +
				" " + pet +
				"age"}},
		"branches by value": {"age: {type: integer}",
			"age: {oneOf: [{type: object, required: [a], properties: {a: {type: string, enum: [x]}}}, " +
				"{type: object, required: [a], properties: {a: {type: string, enum: [y]}}}]}", nil},
		"a reserved name": {"    pet:\n", "    client: {type: string}\n    pet:\n", []string{drift.ReservedName +
			" #/components/schemas/client"}},
		"colliding names": {"    pet:\n", "    Pe_t: {type: string}\n    pet:\n", []string{drift.CollidingNames +
			" #/components/schemas/Pe_t"}},
		"no operation id": {"      operationId: CreatePet\n", "",
			[]string{drift.NoOperationID + " #/paths/~1pets/post"}},
		"two operation ids": {"operationId: CreatePet", "operationId: fetch_pets", []string{drift.CollidingNames +
			" #/paths/~1pets/get FetchPets"}},
		"a body of a 204": {"'201': {", "'204': {", []string{drift.BodyOf204 + " #/paths/~1pets/post/responses/204"}},
		"a schema in place": {"schema: {$ref: '#/components/schemas/pets'}", "schema: {}", []string{drift.Untyped +
			" #/paths/~1pets/get/responses/200/content/application~1json/schema"}},
		"a schema in a list": {"items: {$ref: '#/components/schemas/pet'}}", "items: {}}", []string{drift.Untyped +
			" #/components/schemas/pets/properties/items/items"}},
	} {
		t.Run(name, func(t *testing.T) {
			NewWithT(t).Expect(findings(t, c.old, c.replacement)).To(Equal(c.found))
		})
	}
	_, _, err := drift.Lint(t.Context(), []byte("<html>"))
	NewWithT(t).Expect(err).To(MatchError(ContainSubstring("no OpenAPI document")))
}

// What is known of the reference.
func TestLintOfTheReference(t *testing.T) {
	g := NewWithT(t)
	title, found, err := drift.Lint(t.Context(), schemas.Reference())
	g.Expect(err).NotTo(HaveOccurred())
	count := map[string]int{}
	for _, f := range found {
		count[f.Rule]++
	}
	g.Expect(count).To(And(HaveKeyWithValue(drift.NullableEnum, 6), HaveKeyWithValue(drift.ReservedName, 2),
		HaveKeyWithValue(drift.OverlappingOnes, 6),
		HaveKeyWithValue(drift.BodyOf204, 1)))
	var printed bytes.Buffer
	g.Expect(drift.PrintFindings(&printed, title, found)).To(Succeed())
	g.Expect(strings.Count(printed.String(), "\n  #/")).To(Equal(len(found)))
	g.Expect(printed.String()).To(ContainSubstring("  #/components/schemas/userBasic/properties/delivery_channel\n"))

	printed.Reset()
	g.Expect(drift.PrintFindings(&printed, "Pets 2", nil)).To(Succeed())
	g.Expect(printed.String()).To(Equal("Pets 2: nothing that generators or validators stumble over\n"))
}
