package schemas

import (
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// Lists reports whether the reference lists a property in the response body for the code. Several names lead into inner
// objects, and into the items of lists. Of an object of which no properties are listed, every one is.
func (o *Operation) Lists(code int, names ...string) bool {
	schemas := []*openapi3.SchemaRef{o.responseSchema(code)}
	for _, name := range names {
		if items := itemsOf(schemas); len(items) > 0 {
			schemas = items
		}
		named, some := propertiesOf(schemas, name)
		if !some {
			return slices.ContainsFunc(schemas, isObject)
		}
		if schemas = named; len(schemas) == 0 {
			return false
		}
	}
	return true
}

// Answers names the schema of the operation's success, which other operations may answer with as well; empty where it
// has none, or one that has no name.
func (o *Operation) Answers() string {
	if schema := o.responseSchema(o.Success()); schema != nil {
		return schema.Ref
	}
	return ""
}

func isObject(ref *openapi3.SchemaRef) bool {
	return ref != nil && ref.Value != nil && ref.Value.Type.Is("object")
}

// propertiesOf returns the properties of that name of some schemas, those of what they extend or choose from included,
// and reports whether these have any properties.
func propertiesOf(schemas []*openapi3.SchemaRef, name string) (named []*openapi3.SchemaRef, some bool) {
	visit(schemas, func(s *openapi3.Schema) {
		some = some || len(s.Properties) > 0
		if property := s.Properties[name]; property != nil {
			named = append(named, property)
		}
	})
	return named, some
}

func itemsOf(schemas []*openapi3.SchemaRef) []*openapi3.SchemaRef {
	var all []*openapi3.SchemaRef
	visit(schemas, func(s *openapi3.Schema) {
		if s.Items != nil {
			all = append(all, s.Items)
		}
	})
	return all
}

func visit(schemas []*openapi3.SchemaRef, do func(*openapi3.Schema)) {
	for _, ref := range schemas {
		if ref == nil || ref.Value == nil {
			continue
		}
		do(ref.Value)
		for _, parts := range []openapi3.SchemaRefs{ref.Value.AllOf, ref.Value.OneOf, ref.Value.AnyOf} {
			visit(parts, do)
		}
	}
}
