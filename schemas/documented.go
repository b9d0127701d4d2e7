package schemas

import "strings"

// Documented returns the part of a response's JSON document that the reference describes for the operation and code.
// Properties that no schema lists are left out at every depth, with all that stands in them: an API may add them, and
// change them as it likes. The level of detail chooses among the forms of a list's items as in CheckResponse. The
// second result is false where the reference describes no JSON for the code: then nothing of a body is documented.
func (o *Operation) Documented(code int, lod string, document any) (any, bool) {
	schema := o.responseSchema(code)
	if schema == nil {
		return nil, false
	}
	root, err := o.contract.compiler.described(schema, o.response(lod, false))
	if err != nil {
		return nil, false // CheckResponse reports it
	}
	definitions, _ := root["definitions"].(map[string]any)
	return description{definitions: definitions}.of(document, []map[string]any{root}), true
}

// description reads translated schemas.
type description struct {
	definitions map[string]any
}

// of returns what the schemas together describe of a value.
func (d description) of(value any, schemas []map[string]any) any {
	parts := d.parts(schemas)
	switch value := value.(type) {
	case map[string]any:
		if own(parts) {
			return value
		}
		out := map[string]any{}
		for name, field := range value {
			if described := property(parts, name); described != nil {
				out[name] = d.of(field, described)
			}
		}
		return out
	case []any:
		var described []map[string]any
		for _, part := range parts {
			if items, ok := part["items"].(map[string]any); ok {
				described = append(described, items)
			}
		}
		out := []any{}
		if described == nil {
			return out
		}
		for _, item := range value {
			out = append(out, d.of(item, described))
		}
		return out
	}
	return value
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

// property returns the schemas that describe a property of that name; none where it is not listed, and may be anything.
func property(parts []map[string]any, name string) []map[string]any {
	var described, others []map[string]any
	for _, part := range parts {
		listed, _ := part["properties"].(map[string]any)
		if schema, ok := listed[name].(map[string]any); ok {
			described = append(described, schema)
		}
		if schema, ok := part["additionalProperties"].(map[string]any); ok && len(schema) > 0 {
			others = append(others, schema)
		}
	}
	if described == nil {
		return others
	}
	return described
}

// parts takes schemas apart: those that a $ref leads to, that all must hold, or of which one must hold. What any of
// them describes is documented.
func (d description) parts(schemas []map[string]any) []map[string]any {
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
		all = append(all, d.parts(inner)...)
	}
	return all
}
