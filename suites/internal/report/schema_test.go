package report

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"acronis-conformance/schemas"

	. "github.com/onsi/gomega"
	"github.com/xeipuuv/gojsonschema"
)

const schemaPath = "../../../schemas/conformance.schema.json"

func schema(t testing.TB) map[string]any {
	t.Helper()
	data, err := os.ReadFile(schemaPath)
	if err != nil {
		t.Fatal(err)
	}
	var document map[string]any
	if err := json.Unmarshal(data, &document); err != nil {
		t.Fatal(err)
	}
	return document
}

func TestWhatIsWrittenFitsTheSchema(t *testing.T) {
	compiled, err := gojsonschema.NewSchema(gojsonschema.NewGoLoader(schema(t)))
	if err != nil {
		t.Fatal(err)
	}
	empty := Input{Run: Run{ID: "r"}, Target: Target{Name: "mock", URL: "http://127.0.0.1:1"}, Contract: contract(t),
		Problems: []string{"wrong credentials"}}
	for name, in := range map[string]Input{"full": sample(t), "nothing run": empty} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			result, err := compiled.Validate(gojsonschema.NewStringLoader(written(t, in)))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(result.Errors()).To(BeEmpty())
		})
	}
	t.Run("an invention is refused", func(t *testing.T) {
		g := NewWithT(t)
		result, err := compiled.Validate(gojsonschema.NewStringLoader(strings.Replace(written(t, sample(t)),
			`"seed": 17`,
			`"sead": 17`, 1)))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(result.Valid()).To(BeFalse())
	})
}

// vocabularies are the types with a closed list of values.
var vocabularies = map[reflect.Type][]string{
	reflect.TypeFor[Verdict](): {"pass", "violation", "waived", "known", "inconclusive", "error"},
	reflect.TypeFor[Gravity](): {"served", "effect", "secret", "code", "error-body", "success-body", "lenient",
		"advice"},
	reflect.TypeFor[CheckState]():     {string(CheckOK), string(CheckWarning), string(CheckFailed)},
	reflect.TypeFor[LimitKind]():      {"permission", "fault_header", "expired_token", "role"},
	reflect.TypeFor[Certainty]():      {string(Documented), string(Assumed)},
	reflect.TypeFor[Phase]():          {string(PhaseWorld), string(PhaseControl), string(PhaseCleanup)},
	reflect.TypeFor[schemas.Source](): {string(schemas.FromReference), string(schemas.FromClause)},
}

// The types and the schema say the same: each field is in both, required where Go always writes it, and of the same
// kind.
func TestTypesAndSchemaAgree(t *testing.T) {
	document := schema(t)
	used := map[string]bool{}
	agree(t, document, used, document, reflect.TypeFor[Result](), "$")
	for name := range document["definitions"].(map[string]any) {
		if !used[name] {
			t.Errorf("definition %s is used nowhere", name)
		}
	}
}

func agree(t *testing.T, document map[string]any, used map[string]bool, node map[string]any, kind reflect.Type,
	at string) {
	t.Helper()
	if alternatives, ok := node["allOf"].([]any); ok {
		node = alternatives[0].(map[string]any)
	}
	if reference, ok := node["$ref"].(string); ok {
		name := strings.TrimPrefix(reference, "#/definitions/")
		used[name] = true
		node = document["definitions"].(map[string]any)[name].(map[string]any)
	}
	if kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	if node["description"] == nil && !strings.HasSuffix(at, "[]") && !strings.HasSuffix(at, "{}") {
		t.Errorf("%s has no description", at)
	}
	if words, ok := vocabularies[kind]; ok {
		listed, _ := node["enum"].([]any)
		for _, word := range listed {
			if !slices.Contains(words, word.(string)) {
				t.Errorf("%s: %v is no value of %v", at, word, kind)
			}
		}
		if len(listed) != len(words) && at != "$.cells[].verdict" { // a cell is never in error
			t.Errorf("%s lists %v, and %v has %v", at, listed, kind, words)
		}
		return
	}
	want := map[reflect.Kind]string{reflect.String: "string", reflect.Bool: "boolean", reflect.Int: "integer",
		reflect.Int64:   "integer",
		reflect.Float64: "number", reflect.Slice: "array", reflect.Map: "object", reflect.Struct: "object"}[kind.Kind()]
	if kind == reflect.TypeFor[time.Time]() {
		want = "string"
	}
	if node["type"] != want && node["const"] == nil && node["enum"] == nil {
		t.Errorf("%s is %v in the schema and %s in Go", at, node["type"], want)
		return
	}
	switch {
	case kind == reflect.TypeFor[time.Time]():
	case kind.Kind() == reflect.Slice:
		agree(t, document, used, node["items"].(map[string]any), kind.Elem(), at+"[]")
	case kind.Kind() == reflect.Map:
		agree(t, document, used, node["additionalProperties"].(map[string]any), kind.Elem(), at+"{}")
	case kind.Kind() == reflect.Struct:
		agreeOnFields(t, document, used, node, kind, at)
	}
}

func agreeOnFields(t *testing.T, document map[string]any, used map[string]bool, node map[string]any,
	kind reflect.Type, at string) {
	t.Helper()
	properties, _ := node["properties"].(map[string]any)
	var required []string
	if node["additionalProperties"] != false {
		t.Errorf("%s lets unknown fields in", at)
	}
	fields := map[string]reflect.Type{}
	for _, field := range reflect.VisibleFields(kind) {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if field.Anonymous {
			continue
		}
		if name == "" || name != strings.ToLower(name) {
			t.Errorf("%v.%s: its JSON name is %q", kind, field.Name, name)
		}
		fields[name] = field.Type
		if options == "" {
			required = append(required, name)
		}
	}
	if got, want := slices.Sorted(maps.Keys(properties)), slices.Sorted(maps.Keys(fields)); !slices.Equal(got, want) {
		t.Errorf("%s has %v in the schema and %v in Go", at, got, want)
		return
	}
	var demanded []string
	listed, _ := node["required"].([]any)
	for _, name := range listed {
		demanded = append(demanded, name.(string))
	}
	slices.Sort(demanded)
	slices.Sort(required)
	if !slices.Equal(demanded, required) {
		t.Errorf("%s requires %v, and Go always writes %v", at, demanded, required)
	}
	for name, field := range fields {
		agree(t, document, used, properties[name].(map[string]any), field, at+"."+name)
	}
}
