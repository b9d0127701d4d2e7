package schemas

import (
	"cmp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Property is a top-level property of a request body.
type Property struct {
	Name     string
	Type     string // string, integer, boolean, number, array, object; empty if more than one of them will do
	Required bool
	Nullable bool
	Schema   map[string]any // JSON Schema draft-07 with every $ref replaced by what it leads to
}

// RequestProperties lists the properties of the operation's JSON request body, those of allOf included, by name.
func (o *Operation) RequestProperties() []Property {
	return o.properties("application/json")
}

// FormProperties lists the fields of the operation's x-www-form-urlencoded request body, by name.
func (o *Operation) FormProperties() []Property {
	return o.properties("application/x-www-form-urlencoded")
}

func (o *Operation) properties(mediaType string) []Property {
	schema := o.requestSchema(mediaType)
	if schema == nil {
		return nil
	}
	body := o.contract.compiler.inline(schema)
	var properties []Property
	required := map[string]bool{}
	var collect func(map[string]any)
	collect = func(schema map[string]any) {
		for _, name := range list(schema["required"]) {
			required[name.(string)] = true
		}
		listed, _ := schema["properties"].(map[string]any)
		for name, property := range listed {
			property, _ := property.(map[string]any)
			known := slices.ContainsFunc(properties, func(p Property) bool { return p.Name == name })
			if !known {
				kind, null := typeOf(property)
				properties = append(properties, Property{Name: name, Type: kind, Nullable: null, Schema: property})
			}
		}
		for _, extended := range list(schema["allOf"]) {
			if extended, ok := extended.(map[string]any); ok {
				collect(extended)
			}
		}
	}
	collect(body)
	for i := range properties {
		properties[i].Required = required[properties[i].Name]
	}
	slices.SortFunc(properties, func(a, b Property) int { return cmp.Compare(a.Name, b.Name) })
	return properties
}

// Choice is a place in a JSON request body where the reference lists the values that may stand there.
type Choice struct {
	Path   []string // names of properties from the top, Item for a list's items
	Values []any
}

// Item is the step of a Choice's path into the items of a list.
const Item = "[]"

// Choices lists the places of the operation's JSON request body for which the reference lists values, at every depth,
// by their paths.
func (o *Operation) Choices() []Choice {
	var choices []Choice
	var walk func(schema map[string]any, path []string)
	walk = func(schema map[string]any, path []string) {
		if values := list(schema["enum"]); values != nil {
			choices = append(choices, Choice{Path: path, Values: values})
		}
		listed, _ := schema["properties"].(map[string]any)
		for name, property := range listed {
			if property, ok := property.(map[string]any); ok {
				walk(property, append(slices.Clone(path), name))
			}
		}
		if items, ok := schema["items"].(map[string]any); ok {
			walk(items, append(slices.Clone(path), Item))
		}
		for _, extended := range list(schema["allOf"]) {
			if extended, ok := extended.(map[string]any); ok {
				walk(extended, path)
			}
		}
		if inner, ok := schema["else"].(map[string]any); ok { // see nullable
			walk(inner, path)
		}
	}
	for _, p := range o.RequestProperties() {
		walk(p.Schema, []string{p.Name})
	}
	slices.SortFunc(choices, func(a, b Choice) int { return slices.Compare(a.Path, b.Path) })
	return choices
}

// inline reads a request schema with every $ref replaced by what it leads to. Where a schema contains itself, the
// inner one is left open.
func (c *compiler) inline(schema *openapi3.SchemaRef) map[string]any {
	how := reading{request: true, closed: true}
	var open []string
	var expand func(any) any
	expand = func(schema any) any {
		switch schema := schema.(type) {
		case []any:
			out := make([]any, len(schema))
			for i, item := range schema {
				out[i] = expand(item)
			}
			return out
		case map[string]any:
			if target, ok := schema["$ref"].(string); ok {
				name := strings.TrimPrefix(target, definitions)
				if slices.Contains(open, name) {
					return map[string]any{}
				}
				open = append(open, name)
				whole := expand(how.translate(c.components[name]))
				open = open[:len(open)-1]
				return whole
			}
			out := make(map[string]any, len(schema))
			for keyword, value := range schema {
				out[keyword] = expand(value)
			}
			if inner, ok := out["else"].(map[string]any); ok {
				return nullable(inner) // it had to wait for what the $ref leads to
			}
			return out
		}
		return schema
	}
	raw, err := plain(schema)
	if err != nil {
		return nil
	}
	body, _ := expand(how.translate(raw)).(map[string]any)
	return body
}

// typeOf returns the one type, other than null, that a translated schema allows, and whether it allows null.
func typeOf(schema map[string]any) (kind string, null bool) {
	if inner, ok := schema["else"].(map[string]any); ok { // see nullable
		kind, _ = typeOf(inner)
		return kind, true
	}
	switch types := schema["type"].(type) {
	case string:
		return types, types == "null"
	case []any:
		null = slices.Contains(types, any("null"))
		others := slices.DeleteFunc(slices.Clone(types), func(t any) bool { return t == "null" })
		if len(others) == 1 {
			kind, _ = others[0].(string)
		}
		return kind, null
	}
	null = true
	for _, extended := range list(schema["allOf"]) {
		if extended, ok := extended.(map[string]any); ok {
			k, n := typeOf(extended)
			kind, null = cmp.Or(kind, k), null && n
		}
	}
	if values := list(schema["enum"]); values != nil {
		null = null && slices.Contains(values, nil)
	}
	return kind, null
}
