package schemas

import (
	"strings"
	"sync"
)

// Documented returns the part of a response's JSON document that the reference describes for the operation and code.
// Properties that no schema lists are left out at every depth, with all that stands in them: an API may add them, and
// change them as it likes. The level of detail chooses among the forms of a list's items as in CheckResponse. The
// second result is false where the reference describes no JSON for the code: then nothing of a body is documented.
func (o *Operation) Documented(code int, lod string, document any) (any, bool) {
	schema := o.responseSchema(code)
	if schema == nil {
		return nil, false
	}
	described, err := o.contract.compiler.described(schema, o.response(lod, false))
	if err != nil {
		return nil, false // CheckResponse reports it
	}
	return described.of(document), true
}

// description is what schemas together describe of a value.
type description struct {
	definitions map[string]any
	parts       []map[string]any // the schemas taken apart, each before its own parts
	inside      sync.Map         // by place: the *description of what stands there, once that was asked for
}

// place is a listed property of an object, or one of the others, or the items of a list.
type place struct{ keyword, name string }

func describe(definitions map[string]any, schemas []map[string]any) *description {
	d := &description{definitions: definitions}
	d.parts = d.apart(schemas)
	return d
}

// of returns what is described of the value.
func (d *description) of(value any) any {
	switch value := value.(type) {
	case map[string]any:
		if own(d.parts) {
			return value
		}
		out := make(map[string]any, len(value))
		for name, field := range value {
			if described := d.property(name); described != nil {
				out[name] = described.of(field)
			}
		}
		return out
	case []any:
		out := make([]any, 0, len(value))
		if described := d.items(); described != nil {
			for _, item := range value {
				out = append(out, described.of(item))
			}
		}
		return out
	}
	return value
}

// at returns what the schemas of a place describe; nil where there are none.
func (d *description) at(p place, schemas func() []map[string]any) *description {
	if known, ok := d.inside.Load(p); ok {
		return known.(*description)
	}
	found := schemas()
	if found == nil {
		return nil // what a service adds is not kept: its names have no end
	}
	known, _ := d.inside.LoadOrStore(p, describe(d.definitions, found))
	return known.(*description)
}

// property returns what is described of a property of that name; nil where it is not listed, and may be anything.
func (d *description) property(name string) *description {
	listed := d.at(place{"properties", name}, func() (all []map[string]any) {
		for _, part := range d.parts {
			properties, _ := part["properties"].(map[string]any)
			if schema, ok := properties[name].(map[string]any); ok {
				all = append(all, schema)
			}
		}
		return all
	})
	if listed != nil {
		return listed
	}
	return d.at(place{keyword: "additionalProperties"}, func() (all []map[string]any) {
		for _, part := range d.parts {
			if schema, ok := part["additionalProperties"].(map[string]any); ok && len(schema) > 0 {
				all = append(all, schema)
			}
		}
		return all
	})
}

// items returns what is described of the items of a list; nil where nothing is.
func (d *description) items() *description {
	return d.at(place{keyword: "items"}, func() (all []map[string]any) {
		for _, part := range d.parts {
			if schema, ok := part["items"].(map[string]any); ok {
				all = append(all, schema)
			}
		}
		return all
	})
}

// own reports whether an object is the caller's own, with all that is in it: no properties of it are listed (see
// Lists).
func own(parts []map[string]any) bool {
	var isObject bool
	for _, part := range parts {
		if part["properties"] != nil || part["additionalProperties"] != nil {
			return false
		}
		isObject = isObject || part["type"] == "object"
	}
	return isObject
}

// apart takes schemas apart: those that a $ref leads to, that all must hold, or of which one must hold. What any of
// them describes is documented.
func (d *description) apart(schemas []map[string]any) []map[string]any {
	var all []map[string]any
	for _, schema := range schemas {
		all = append(all, schema)
		var inner []map[string]any
		for _, keyword := range []string{"allOf", "anyOf", "oneOf"} {
			for _, part := range list(schema[keyword]) {
				if part, ok := part.(map[string]any); ok {
					inner = append(inner, part)
				}
			}
		}
		if part, ok := schema["else"].(map[string]any); ok { // see nullable
			inner = append(inner, part)
		}
		if target, ok := schema["$ref"].(string); ok {
			if part, ok := d.definitions[strings.TrimPrefix(target, definitions)].(map[string]any); ok {
				inner = append(inner, part)
			}
		}
		all = append(all, d.apart(inner)...)
	}
	return all
}
