package spec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
)

// Body decodes the JSON object that a request carries.
func Body(r *fixtures.Request) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(r.Body))
	decoder.UseNumber()
	var body map[string]any
	if err := decoder.Decode(&body); err != nil {
		return nil, fmt.Errorf("the valid call of %s has no JSON object for a body: %w", r.Operation, err)
	}
	return body, nil
}

// DropField takes the property from the JSON object that the request carries.
func DropField(r *fixtures.Request, op *schemas.Operation, name string) error {
	body, err := Body(r)
	if err != nil {
		return err
	}
	delete(body, name)
	return r.SetBody(op.Body.MediaType, body)
}

// SetField gives the property of the JSON object that the request carries another value.
func SetField(r *fixtures.Request, op *schemas.Operation, name string, value any) error {
	body, err := Body(r)
	if err != nil {
		return err
	}
	body[name] = value
	return r.SetBody(op.Body.MediaType, body)
}

// SetAt puts a value at the path of a JSON document, and adds what the path lacks. It returns the document.
func SetAt(document any, path []string, value any) any {
	if len(path) == 0 {
		return value
	}
	if path[0] == schemas.Item {
		list, _ := document.([]any)
		if len(list) == 0 {
			list = []any{nil}
		}
		list[0] = SetAt(list[0], path[1:], value)
		return list
	}
	object, isObject := document.(map[string]any)
	if !isObject {
		object = map[string]any{}
	}
	object[path[0]] = SetAt(object[path[0]], path[1:], value)
	return object
}

// Form decodes the form that the request carries.
func Form(r *fixtures.Request) (map[string]any, error) {
	form, err := url.ParseQuery(string(r.Body))
	body := map[string]any{}
	for name := range form {
		body[name] = form.Get(name)
	}
	return body, err
}

// ReplaceSegment gives a path parameter another value.
func ReplaceSegment(r *fixtures.Request, op *schemas.Operation, name, value string) error {
	segments := strings.Split(r.Path, "/")
	for i, segment := range strings.Split(op.Path, "/") {
		if segment == "{"+name+"}" {
			segments[i] = value
			r.Path = strings.Join(segments, "/")
			return nil
		}
	}
	return ErrNothingToMutate
}
