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

// What the probes do to a valid call.

// bodyOf decodes the JSON object that a request carries.
func Body(r *fixtures.Request) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(r.Body))
	decoder.UseNumber()
	var body map[string]any
	if err := decoder.Decode(&body); err != nil {
		return nil, fmt.Errorf("the valid call of %s has no JSON object for a body: %w", r.Operation, err)
	}
	return body, nil
}

func DropField(r *fixtures.Request, op *schemas.Operation, name string) error {
	body, err := Body(r)
	if err != nil {
		return err
	}
	delete(body, name)
	return r.SetBody(op.Body.MediaType, body)
}

func SetField(r *fixtures.Request, op *schemas.Operation, name string, value any) error {
	body, err := Body(r)
	if err != nil {
		return err
	}
	body[name] = value
	return r.SetBody(op.Body.MediaType, body)
}

// setAt puts a value to a place of a JSON document, and makes what leads there where the valid call has none.
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

func Form(r *fixtures.Request) (map[string]any, error) {
	form, err := url.ParseQuery(string(r.Body))
	body := map[string]any{}
	for name := range form {
		body[name] = form.Get(name)
	}
	return body, err
}

// replaceSegment puts another value into the place of a path parameter.
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
