package schemas

import (
	"maps"
	"slices"
	"strings"
)

// components is where an OpenAPI document keeps its named schemas, definitions where a JSON Schema does.
const (
	components  = "#/components/schemas/"
	definitions = "#/definitions/"
)

// reading is one way to read a schema of the reference: what a server may answer is judged by other rules than what a
// client may send.
type reading struct {
	// request: formats are asserted, and of a oneOf exactly one form may match. In responses neither holds: the
	// reference leaves formats without a pattern to the reader, and the forms of its lists exclude each other by
	// closedness alone.
	request bool
	// closed: additionalProperties: false stands. Responses are read as open, since additions are how an API grows.
	closed bool
	// form: of the oneOf of a list, which must have that many forms, this one holds. No forms: any of them.
	form, forms int
}

// translate turns an OpenAPI 3.0 schema into one of JSON Schema draft-07. What asserts nothing is dropped: title,
// description, example, default, discriminator, xml, x-*.
func (r reading) translate(schema any) any {
	openapi, ok := schema.(map[string]any)
	if !ok {
		return schema
	}
	out := map[string]any{}
	for keyword, value := range openapi {
		switch keyword {
		case "type", "required", "pattern", "minLength", "maxLength", "minimum", "maximum", "multipleOf",
			"minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties":
			out[keyword] = value
		case "enum":
			out[keyword] = slices.Clone(value.([]any))
		case "format":
			if r.request {
				out[keyword] = value
			}
		case "properties":
			out[keyword] = r.translateMap(value.(map[string]any))
		case "additionalProperties":
			if value != false || r.closed {
				out[keyword] = r.translate(value)
			}
		case "items":
			out[keyword] = r.items(value)
		case "not":
			out[keyword] = r.translate(value)
		case "allOf", "anyOf":
			out[keyword] = r.translateList(value.([]any))
		}
	}
	r.oneOf(openapi, out)
	referAside(openapi, out)
	bounds(openapi, out)
	if openapi["nullable"] == true {
		return nullable(alone(out))
	}
	return alone(out)
}

func (r reading) translateMap(schemas map[string]any) map[string]any {
	out := map[string]any{}
	for name, schema := range schemas {
		out[name] = r.translate(schema)
	}
	return out
}

func (r reading) translateList(schemas []any) []any {
	out := make([]any, len(schemas))
	for i, schema := range schemas {
		out[i] = r.translate(schema)
	}
	return out
}

// items picks the form of a list's items where the caller asked for one (its level of detail), instead of trying them
// all.
func (r reading) items(schema any) any {
	if openapi, ok := schema.(map[string]any); ok && r.forms > 0 {
		if forms, ok := openapi["oneOf"].([]any); ok && len(forms) == r.forms {
			rest := maps.Clone(openapi)
			delete(rest, "oneOf")
			rest["allOf"] = append([]any{forms[r.form]}, list(rest["allOf"])...)
			return r.translate(rest)
		}
	}
	return r.translate(schema)
}

// oneOf becomes a list of types where its forms are nothing but types: the same promise, and a failure then names the
// types instead of 'matches none of 4 schemas'.
func (r reading) oneOf(openapi, out map[string]any) {
	forms, ok := openapi["oneOf"].([]any)
	if !ok {
		return
	}
	if types := onlyTypes(forms); types != nil && openapi["type"] == nil {
		out["type"] = types
		return
	}
	rule := "anyOf"
	if r.request {
		rule = "oneOf"
	}
	out["allOf"] = append(list(out["allOf"]), map[string]any{rule: r.translateList(forms)})
}

// onlyTypes returns the types of forms that each hold a type and nothing else, and that exclude each other.
func onlyTypes(forms []any) []any {
	var types []any
	for _, form := range forms {
		form, _ := form.(map[string]any)
		kind, ok := form["type"].(string)
		if !ok || len(form) != 1 || slices.Contains(types, any(kind)) {
			return nil
		}
		types = append(types, kind)
	}
	if slices.Contains(types, "number") && slices.Contains(types, "integer") {
		return nil
	}
	return types
}

// referAside moves $ref into allOf, since draft-07 ignores whatever stands beside a $ref.
func referAside(openapi, out map[string]any) {
	if target, ok := openapi["$ref"].(string); ok {
		to := map[string]any{"$ref": definitions + strings.TrimPrefix(target, components)}
		out["allOf"] = append([]any{to}, list(out["allOf"])...)
	}
}

// bounds turns the boolean exclusiveMinimum, which qualifies minimum, into the number that draft-07 has in its place.
func bounds(openapi, out map[string]any) {
	for exclusive, bound := range map[string]string{"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"} {
		if openapi[exclusive] == true && out[bound] != nil {
			out[exclusive] = out[bound]
			delete(out, bound)
		}
	}
}

// alone unwraps an allOf of one schema with nothing beside it.
func alone(schema map[string]any) map[string]any {
	if all := list(schema["allOf"]); len(all) == 1 && len(schema) == 1 {
		if only, ok := all[0].(map[string]any); ok {
			return only
		}
	}
	return schema
}

// nullable lets null pass. Where another schema has a say (allOf, $ref ...) null must not reach it: such a schema is
// asked for everything but null. That is if/else rather than anyOf so that a failure names what is wrong and not 'nor
// is it null'.
func nullable(schema map[string]any) map[string]any {
	for _, keyword := range []string{"$ref", "allOf", "anyOf", "oneOf", "not", "if"} {
		if schema[keyword] != nil {
			return map[string]any{"if": map[string]any{"type": "null"}, "else": schema}
		}
	}
	switch kind := schema["type"].(type) {
	case string:
		schema["type"] = []any{kind, "null"}
	case []any:
		schema["type"] = append(slices.Clone(kind), "null")
	}
	if values := list(schema["enum"]); values != nil && !slices.Contains(values, nil) {
		schema["enum"] = append(values, nil)
	}
	return schema
}

func list(value any) []any {
	values, _ := value.([]any)
	return values
}

// references calls found with every $ref inside a schema. A property that happens to be called $ref is none.
func references(schema any, found func(target string)) {
	switch schema := schema.(type) {
	case []any:
		for _, item := range schema {
			references(item, found)
		}
	case map[string]any:
		for keyword, value := range schema {
			target, isText := value.(string)
			properties, isMap := value.(map[string]any)
			switch {
			case keyword == "$ref" && isText:
				found(target)
			case keyword == "properties" && isMap:
				for _, property := range properties {
					references(property, found)
				}
			case keyword != "enum" && keyword != "default" && keyword != "example":
				references(value, found)
			}
		}
	}
}
