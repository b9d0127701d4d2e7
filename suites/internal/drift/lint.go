package drift

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"acronis-conformance/suites/internal/exchange"
)

// Rules of Lint, each with the reason why its findings matter.
const (
	NullableEnum    = "nullable-enum"
	NullableUntyped = "nullable-untyped"
	OverlappingOnes = "overlapping-oneof"
	Untyped         = "untyped"
	ReservedName    = "reserved-name"
	CollidingNames  = "colliding-names"
	NoOperationID   = "no-operation-id"
	BodyOf204       = "body-of-204"
)

var reasons = []struct{ rule, why string }{
	{NullableEnum, "nullable, but null is not among the values: validators refuse null, and generated types cannot " +
		"hold it"},
	{NullableUntyped, "nullable without a type: OpenAPI 3.0 gives nullable no meaning there"},
	{OverlappingOnes, "branches of oneOf that nothing but unknown keys tells apart: generated code, which ignores " +
		"those, cannot choose"},
	{Untyped, "no type at all: generated code has no type for it either"},
	{ReservedName, "a name that generated code or OpenAPI itself needs: the type cannot be compiled, or hides " +
		"another one"},
	{CollidingNames, "names that become one in generated code: one of the types is renamed or lost"},
	{NoOperationID, "an operation without operationId: its function is named after its path, and renamed with it"},
	{BodyOf204, "a body of a 204, which HTTP does not allow: clients wait for it or drop it"},
}

// reserved are names of schemas that became a problem, in lower case: a generator for Go declares Client itself, and
// Link is one of OpenAPI's own objects.
var reserved = []string{"client", "link"}

// Finding is a place in a document that is valid and that generators and validators stumble over all the same.
type Finding struct {
	Rule  string
	Place string // JSON pointer, such as #/components/schemas/pet/properties/kind
	Text  string // what stands there, where the place does not say it; may be empty
}

// Lint finds what tools stumble over in a document, rule by rule, in the order of its places. A document that is not
// valid OpenAPI is an error.
func Lint(ctx context.Context, document []byte) (string, []Finding, error) {
	doc, err := read(ctx, document)
	if err != nil {
		return "", nil, err
	}
	l := &linter{}
	l.document(doc)
	slices.SortStableFunc(l.found, func(a, b Finding) int { return strings.Compare(a.Place, b.Place) })
	slices.SortStableFunc(l.found, func(a, b Finding) int { return rank(a.Rule) - rank(b.Rule) })
	return title(doc), l.found, nil
}

func rank(rule string) int {
	return slices.IndexFunc(reasons, func(r struct{ rule, why string }) bool { return r.rule == rule })
}

// PrintFindings writes findings, those of one rule together with the reason of the rule.
func PrintFindings(w io.Writer, title string, found []Finding) error {
	var b strings.Builder
	if len(found) == 0 {
		fmt.Fprintf(&b, "%s: nothing that generators or validators stumble over\n", title)
	} else {
		fmt.Fprintf(&b, "%s: %d places that generators or validators stumble over\n", title, len(found))
	}
	rule := ""
	for _, f := range found {
		if f.Rule != rule {
			rule = f.Rule
			fmt.Fprintf(&b, "\n%s: %s\n", rule, reasons[rank(rule)].why)
		}
		fmt.Fprintf(&b, "  %s", f.Place)
		if f.Text != "" {
			fmt.Fprintf(&b, " (%s)", f.Text)
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, exchange.Printable(b.String()))
	return err
}

type linter struct{ found []Finding }

func (l *linter) add(rule, place, format string, args ...any) {
	l.found = append(l.found, Finding{Rule: rule, Place: place, Text: fmt.Sprintf(format, args...)})
}

func (l *linter) document(doc *openapi3.T) {
	named := map[string][]string{}
	if doc.Components != nil {
		for name, schema := range doc.Components.Schemas {
			place := "#/components/schemas/" + name
			named[identifier(name)] = append(named[identifier(name)], place)
			if slices.Contains(reserved, strings.ToLower(name)) {
				l.add(ReservedName, place, "")
			}
			l.schema(schema, place)
		}
	}
	l.collisions(named)
	operations := map[string][]string{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			place := "#/paths/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(path) + "/" +
				strings.ToLower(method)
			if op.OperationID == "" {
				l.add(NoOperationID, place, "")
			} else {
				operations[identifier(op.OperationID)] = append(operations[identifier(op.OperationID)], place+" "+
					op.OperationID)
			}
			l.operation(op, place)
		}
	}
	l.collisions(operations)
}

// identifier is how generators write a name: without what separates its words, and without regard to case.
func identifier(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(name))
}

func (l *linter) collisions(named map[string][]string) {
	for _, places := range named {
		if len(places) > 1 {
			slices.Sort(places)
			l.add(CollidingNames, places[0], "and %s", strings.Join(places[1:], ", "))
		}
	}
}

func (l *linter) operation(op *openapi3.Operation, place string) {
	for i, parameter := range op.Parameters {
		if parameter.Ref == "" && parameter.Value != nil {
			l.schema(parameter.Value.Schema, fmt.Sprintf("%s/parameters/%d/schema", place, i))
		}
	}
	if op.RequestBody != nil && op.RequestBody.Ref == "" {
		l.content(op.RequestBody.Value.Content, place+"/requestBody")
	}
	for code, response := range op.Responses.Map() {
		if response.Ref != "" || response.Value == nil {
			continue
		}
		at := place + "/responses/" + code
		if code == "204" && len(response.Value.Content) > 0 {
			l.add(BodyOf204, at, "")
		}
		l.content(response.Value.Content, at)
	}
}

func (l *linter) content(content openapi3.Content, place string) {
	for mediaType, media := range content {
		if media != nil {
			l.schema(media.Schema, place+"/content/"+strings.ReplaceAll(mediaType, "/", "~1")+"/schema")
		}
	}
}

// schema looks at a schema where it is written, not where it is referred to.
func (l *linter) schema(ref *openapi3.SchemaRef, place string) {
	if ref == nil || ref.Ref != "" || ref.Value == nil {
		return
	}
	schema := ref.Value
	combined := len(schema.AllOf)+len(schema.AnyOf)+len(schema.OneOf) > 0
	switch {
	case schema.Nullable && len(schema.Enum) > 0 && !slices.Contains(schema.Enum, nil):
		l.add(NullableEnum, place, "")
	case schema.Nullable && schema.Type == nil:
		l.add(NullableUntyped, place, "")
	case schema.Type == nil && !combined && schema.Not == nil && len(schema.Enum) == 0 && len(schema.Properties) == 0:
		l.add(Untyped, place, "")
	}
	for i, one := range schema.OneOf {
		for j := i + 1; j < len(schema.OneOf); j++ {
			if schema.Discriminator == nil && overlap(one.Value, schema.OneOf[j].Value) {
				l.add(OverlappingOnes, place, "branches %d and %d", i+1, j+1)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		l.schema(schema.Properties[name], place+"/properties/"+name)
	}
	l.schema(schema.Items, place+"/items")
	l.schema(schema.Not, place+"/not")
	l.schema(schema.AdditionalProperties.Schema, place+"/additionalProperties")
	for keyword, parts := range map[string]openapi3.SchemaRefs{"allOf": schema.AllOf, "anyOf": schema.AnyOf,
		"oneOf": schema.OneOf} {
		for i, part := range parts {
			l.schema(part, place+"/"+keyword+"/"+strconv.Itoa(i))
		}
	}
}

// overlap reports whether a value may fit both schemas when unknown keys are ignored, as generated code ignores them:
// no type, no value and no required property tells the schemas apart.
func overlap(a, b *openapi3.Schema) bool {
	if a.Type != nil && b.Type != nil && !sharedType(a.Type.Slice(), b.Type.Slice()) {
		return false
	}
	if len(a.Enum) > 0 && len(b.Enum) > 0 {
		return slices.ContainsFunc(a.Enum, func(value any) bool { return slices.Contains(b.Enum, value) })
	}
	return !slices.ContainsFunc(a.Required, func(name string) bool {
		one, other := a.Properties[name], b.Properties[name]
		return slices.Contains(b.Required, name) && one != nil && other != nil && !overlap(one.Value, other.Value)
	})
}

// sharedType reports whether a value may have a type of each list: an integer is a number as well.
func sharedType(a, b []string) bool {
	return slices.ContainsFunc(a, func(one string) bool {
		return slices.ContainsFunc(b, func(other string) bool {
			return one == other || one == "integer" && other == "number" || one == "number" && other == "integer"
		})
	})
}
