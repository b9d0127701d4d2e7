package schemas

import (
	"embed"
	"fmt"
	"mime"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/xeipuuv/gojsonschema"
)

// The error bodies are kept as JSON Schemas of their own, for a person to read and for tools other than this one to
// use. They promise what the reference's schemas of the same meaning promise.
//
//go:embed error-envelope.schema.json token-error.schema.json revoke-error.schema.json
var errorBodies embed.FS

const envelopeFile = "error-envelope.schema.json"

// errorFiles names the file that stands for a schema of the reference.
var errorFiles = map[string]string{
	components + "errorScheme": envelopeFile,
	components + "tokenError":  "token-error.schema.json",
	components + "revokeError": "revoke-error.schema.json",
}

// CheckResponse judges a response body by what the reference promises for the operation and code; nil means that it
// conforms. The level of detail (stamps, basic, full) that the request asked for chooses among the forms of a list;
// anything else means the operation's default. Where the reference promises no JSON, there is nothing to judge.
func (o *Operation) CheckResponse(code int, lod string, body []byte) []Violation {
	return o.CheckBody(code, lod, NewJSON(body))
}

// CheckBody is CheckResponse for a body that others look at too.
func (o *Operation) CheckBody(code int, lod string, body *JSON) []Violation {
	return body.judged(promise{o, code, lod}, func() []Violation { return o.check(code, lod, body) })
}

func (o *Operation) check(code int, lod string, body *JSON) []Violation {
	schema := o.responseSchema(code)
	// HTTP leaves a 204 no body, whatever the reference attaches to it
	if schema == nil || code == 204 && len(body.bytes) == 0 {
		return nil
	}
	if schema.Ref == components+"errorScheme" {
		return o.contract.envelope(code, body)
	}
	document, violations := body.document()
	if violations != nil {
		return violations
	}
	validator, err := o.validator(schema, o.response(lod, false))
	if file, own := errorFiles[schema.Ref]; own {
		validator, err = o.contract.compiler.file(file)
	}
	return verdict(validator, err, document)
}

// Additions returns the JSON paths of properties that a closed schema of the reference does not list. They are advice
// and no violation: additions are how an API grows.
func (o *Operation) Additions(code int, lod string, body []byte) []string {
	schema := o.responseSchema(code)
	if schema == nil {
		return nil
	}
	document, violations := read(body)
	if violations != nil {
		return nil
	}
	validator, err := o.validator(schema, o.response(lod, true))
	if err != nil {
		return nil // CheckResponse reports it
	}
	var paths []string
	for _, v := range judge(validator, document) {
		if v.Rule == "additionalProperties" {
			paths = append(paths, v.Path)
		}
	}
	return slices.Compact(paths)
}

// CheckRequest judges a JSON request body by the reference, to the letter: closed schemas are closed. An operation
// that takes no JSON body has nothing to judge.
func (o *Operation) CheckRequest(body []byte) []Violation {
	schema := o.requestSchema("application/json")
	if schema == nil {
		return nil
	}
	document, violations := read(body)
	if violations != nil {
		return violations
	}
	validator, err := o.validator(schema, reading{request: true, closed: true})
	return verdict(validator, err, document)
}

// CheckEnvelope judges the documented error body of a response with that status code. An error.code that is a number
// in the range of HTTP's error codes, perhaps written as a text, has to be the status itself; platform codes (1000
// and up) and words say something else.
func (c *Contract) CheckEnvelope(code int, body []byte) []Violation {
	return c.envelope(code, NewJSON(body))
}

func (c *Contract) envelope(code int, body *JSON) []Violation {
	document, violations := body.document()
	if violations != nil {
		return violations
	}
	validator, err := c.compiler.file(envelopeFile)
	return append(verdict(validator, err, document), codeEqualsStatus(code, document)...)
}

func codeEqualsStatus(status int, document any) []Violation {
	envelope, _ := document.(map[string]any)
	inside, _ := envelope["error"].(map[string]any)
	number, err := strconv.ParseFloat(fmt.Sprint(inside["code"]), 64)
	if err != nil || number < 400 || number > 599 || number == float64(status) {
		return nil
	}
	return []Violation{{
		Path:   "$.error.code",
		Rule:   "code-equals-status",
		Found:  excerpt(inside["code"]),
		Detail: fmt.Sprintf("the code is an HTTP status, but not the %d of the response", status),
	}}
}

// CheckDetails judges a body that has to be a JSON object with the details of an error, whatever they are called. One
// that holds no text, number or truth value at any depth tells nothing.
func (c *Contract) CheckDetails(body []byte) []Violation {
	document, violations := read(body)
	if violations != nil {
		return violations
	}
	if _, ok := document.(map[string]any); !ok {
		return []Violation{{Path: "$", Rule: "type", Found: excerpt(document), Detail: "expected object"}}
	}
	if !tells(document) {
		return []Violation{{Path: "$", Rule: "details", Found: excerpt(document), Detail: "it holds no error details"}}
	}
	return nil
}

// tells reports whether a value holds anything but emptiness.
func tells(value any) bool {
	switch value := value.(type) {
	case nil:
		return false
	case string:
		return strings.TrimSpace(value) != ""
	case []any:
		return slices.ContainsFunc(value, tells)
	case map[string]any:
		for _, inner := range value {
			if tells(inner) {
				return true
			}
		}
		return false
	}
	return true
}

// maxViolations bounds what is said about one body: a list of thousands of items that all lack a key has one fault,
// not thousands.
const maxViolations = 100

func verdict(validator *gojsonschema.Schema, err error, document any) []Violation {
	if err != nil {
		return []Violation{uncompiled(err)}
	}
	violations := judge(validator, document)
	if len(violations) > maxViolations {
		violations = distinct(violations)
	}
	if more := len(violations) - maxViolations; more > 0 {
		detail := fmt.Sprintf("%d more violations are not listed", more)
		violations = append(violations[:maxViolations], Violation{Path: "$", Rule: "more", Detail: detail})
	}
	return violations
}

// distinct keeps the first of those that say the same of another item of a list, so that what is only in one item is
// not cut off.
func distinct(violations []Violation) []Violation {
	seen := map[Violation]bool{}
	return slices.DeleteFunc(violations, func(v Violation) bool {
		v.Path, v.Detail = position.ReplaceAllString(v.Path, "[]"), ""
		again := seen[v]
		seen[v] = true
		return again
	})
}

var position = regexp.MustCompile(`\[[0-9]+\]`)

func (o *Operation) validator(schema *openapi3.SchemaRef, how reading) (*gojsonschema.Schema, error) {
	return o.contract.compiler.validator(schema, how)
}

// AnyForm is the level of detail of a request that leaves the form of a list's items open: any of them will do.
const AnyForm = "*"

// response is the reading of a response to a request that asked for that level of detail.
func (o *Operation) response(lod string, closed bool) reading {
	how := reading{closed: closed}
	if p := o.Param("query", "lod"); p != nil && lod != AnyForm {
		how.forms = len(p.Enum)
		how.form = slices.Index(p.Enum, lod)
		if how.form < 0 {
			how.form = max(slices.Index(p.Enum, p.Default), 0)
		}
	}
	return how
}

func (o *Operation) responseSchema(code int) *openapi3.SchemaRef {
	response := o.spec.Responses.Value(strconv.Itoa(code))
	if response == nil || response.Value == nil {
		return nil
	}
	return schemaOf(response.Value.Content, isJSON)
}

func (o *Operation) requestSchema(mediaType string) *openapi3.SchemaRef {
	if o.spec.RequestBody == nil || o.spec.RequestBody.Value == nil {
		return nil
	}
	return schemaOf(o.spec.RequestBody.Value.Content, func(listed string) bool { return listed == mediaType })
}

func schemaOf(content openapi3.Content, wanted func(mediaType string) bool) *openapi3.SchemaRef {
	for mediaType, media := range content {
		if wanted(mediaType) && media != nil && media.Schema != nil {
			return media.Schema
		}
	}
	return nil
}

func isJSON(mediaType string) bool {
	base, _, err := mime.ParseMediaType(mediaType)
	return err == nil && (base == "application/json" || strings.HasSuffix(base, "+json"))
}
