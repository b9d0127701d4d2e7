package schemas

import (
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// List returns the property under which the operation's success lists objects or ids; it is empty where the operation
// does not read a list. Beside it there is at most the time of the answer and a cursor.
func (o *Operation) List() string {
	schema := o.responseSchema(o.Success())
	if o.Method != "GET" || schema == nil || schema.Value == nil {
		return ""
	}
	property := ""
	for name, listed := range schema.Value.Properties {
		switch {
		case slices.Contains([]string{"timestamp", "paging"}, name):
		case property != "" || !listsObjects(listed):
			return ""
		default:
			property = name
		}
	}
	return property
}

// listsObjects reports whether a property is an array of objects or of ids, and not one of any texts.
func listsObjects(property *openapi3.SchemaRef) bool {
	if property == nil || property.Value == nil || !property.Value.Type.Is("array") || property.Value.Items == nil ||
		property.Value.Items.Value == nil {
		return false
	}
	items := property.Value.Items.Value
	return !items.Type.Is("string") || items.Pattern != "" || items.Format != ""
}
