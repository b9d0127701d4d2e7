package schemas

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/xeipuuv/gojsonschema"
)

// Violation is one thing that is wrong with a body.
type Violation struct {
	Path   string // JSON path, such as $.error.code
	Rule   string // the rule broken: a keyword of JSON Schema, a rule of ReadJSON, code-equals-status
	Found  string // the value found, as JSON, in at most 120 characters; empty where there is none
	Detail string // a sentence
}

// String reads like a line of a report.
func (v Violation) String() string {
	if v.Found == "" {
		return fmt.Sprintf("%s: %s (%s)", v.Path, v.Detail, v.Rule)
	}
	return fmt.Sprintf("%s: %s (%s), found %s", v.Path, v.Detail, v.Rule, v.Found)
}

// read reads a body; its second result says what keeps it from being a JSON document.
func read(body []byte) (any, []Violation) { return NewJSON(body).document() }

func (j *JSON) document() (any, []Violation) {
	document, err := j.Read()
	var breach *BodyError
	if !errors.As(err, &breach) {
		return document, nil
	}
	v := Violation{Path: breach.Path, Rule: breach.Rule, Detail: breach.Detail}
	if breach.Rule == "not-json" || breach.Rule == "trailing-data" {
		v.Found = shorten(string(j.bytes[:min(len(j.bytes), 8*excerptLength)]), excerptLength)
	}
	return nil, []Violation{v}
}

// judge returns what is wrong with a document by a schema, ordered by path and rule.
func judge(schema *gojsonschema.Schema, document any) []Violation {
	judged := document
	if overflows(document) {
		judged = clamp(document)
	}
	result, err := schema.Validate(gojsonschema.NewRawLoader(judged))
	if err != nil {
		return []Violation{uncompiled(err)}
	}
	var violations []Violation
	for _, e := range result.Errors() {
		if v, ok := violation(e, document); ok {
			violations = append(violations, v)
		}
	}
	slices.SortFunc(violations, func(a, b Violation) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Detail, b.Detail))
	})
	return slices.Compact(violations)
}

// uncompiled reports a schema that is of no use. Being silent about it would pass every body.
func uncompiled(err error) Violation {
	return Violation{Path: "$", Rule: "contract", Detail: "the contract's own schema cannot be used: " + err.Error()}
}

// rules maps the names that gojsonschema gives to errors to the keywords of JSON Schema.
var rules = map[string]string{
	"false":                           "false",
	"required":                        "required",
	"invalid_type":                    "type",
	"number_any_of":                   "anyOf",
	"number_one_of":                   "oneOf",
	"number_not":                      "not",
	"enum":                            "enum",
	"array_min_items":                 "minItems",
	"array_max_items":                 "maxItems",
	"unique":                          "uniqueItems",
	"array_min_properties":            "minProperties",
	"array_max_properties":            "maxProperties",
	"additional_property_not_allowed": "additionalProperties",
	"string_gte":                      "minLength",
	"string_lte":                      "maxLength",
	"pattern":                         "pattern",
	"format":                          "format",
	"multiple_of":                     "multipleOf",
	"number_gte":                      "minimum",
	"number_gt":                       "exclusiveMinimum",
	"number_lte":                      "maximum",
	"number_lt":                       "exclusiveMaximum",
}

// violation says in our words what an error of the validator says. The second result is false for errors that only
// say that another one occurred further inside.
func violation(e gojsonschema.ResultError, document any) (Violation, bool) {
	switch e.Type() {
	case "number_all_of", "condition_then", "condition_else":
		return Violation{}, false
	}
	at, value := locate(e.Context(), document)
	details := e.Details()
	v := Violation{Rule: cmp.Or(rules[e.Type()], e.Type()), Found: excerpt(value), Detail: e.Description()}
	switch v.Rule {
	case "required":
		at = append(at, details["property"])
		v.Found, v.Detail = "", "the property is missing"
	case "additionalProperties":
		at = append(at, details["property"])
		v.Found, v.Detail = excerpt(e.Value()), "the schema does not list this property"
	case "type":
		v.Detail = fmt.Sprintf("expected %s, not %s", types(details["expected"]), types(details["given"]))
	case "enum":
		v.Detail = fmt.Sprintf("the value is none of %s", shorten(fmt.Sprint(details["allowed"]), 3*excerptLength))
	case "pattern":
		v.Detail = fmt.Sprintf("the text does not match %v", details["pattern"])
	case "format":
		v.Detail = fmt.Sprintf("the text is no %v", details["format"])
	case "minLength":
		v.Detail = fmt.Sprintf("the text is shorter than %v characters", details["min"])
	case "maxLength":
		v.Detail = fmt.Sprintf("the text is longer than %v characters", details["max"])
	case "anyOf":
		v.Detail = "the value fits none of the forms that the schema allows"
	}
	v.Path = at.String()
	return v, true
}

// types writes the validator's list of types, [string,null] or string, as a sentence does.
func types(list any) string {
	names := strings.Split(strings.Trim(fmt.Sprint(list), "[]"), ",")
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " or " + names[last]
	}
	return names[0]
}

// locate follows the validator's context into the document; the validator itself writes keys and positions alike, as
// text.
func locate(context *gojsonschema.JsonContext, document any) (path, any) {
	const separator = "\x00"
	var at path
	for _, step := range strings.Split(context.String(separator), separator)[1:] {
		switch inside := document.(type) {
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(inside) {
				return at, nil
			}
			at, document = append(at, i), inside[i]
		case map[string]any:
			at, document = append(at, step), inside[step]
		default:
			return append(at, step), nil
		}
	}
	return at, document
}

// clamp returns a copy of the document in which numbers that a float64 cannot hold are replaced by the largest that
// it can: the validator panics on them where it compares values.
func clamp(document any) any {
	switch value := document.(type) {
	case json.Number:
		number, err := value.Float64()
		if err == nil {
			return value
		}
		return json.Number(strconv.FormatFloat(math.Copysign(math.MaxFloat64, number), 'g', -1, 64))
	case []any:
		out := make([]any, len(value))
		for i, item := range value {
			out[i] = clamp(item)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(value))
		for key, item := range value {
			out[key] = clamp(item)
		}
		return out
	}
	return document
}

func overflows(document any) bool {
	switch value := document.(type) {
	case json.Number:
		_, err := value.Float64()
		return err != nil
	case []any:
		return slices.ContainsFunc(value, overflows)
	case map[string]any:
		for _, item := range value {
			if overflows(item) {
				return true
			}
		}
	}
	return false
}
