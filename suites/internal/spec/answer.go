package spec

import (
	"fmt"
	"maps"
	"slices"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"
)

// Inconclusive is why a sound answer neither keeps nor breaks what the spec is about.
type Inconclusive string

func (u Inconclusive) Error() string { return string(u) }

// Excused is why an answer that the spec did not ask for is not a violation: the target may have reasons to refuse.
type Excused string

func (e Excused) Error() string { return string(e) }

// AssumedOnly returns what contradicts only an assumption: violations where assumptions must be met, else an
// Inconclusive error.
func AssumedOnly(s *session.Session, wrong []schemas.Violation) ([]schemas.Violation, error) {
	if len(wrong) == 0 || s.Judge.Rules.Assumed {
		return wrong, nil
	}
	return nil, Inconclusive(wrong[0].Detail + ", which is only assumed to be so")
}

// Object returns the JSON object of an answer, as far as the contract documents it: what else an answer holds is
// free, at every depth, and nothing to compare with. It is nil where the answer is not an object, which the oracle
// says.
func Object(e *exchange.Exchange) map[string]any {
	object, _ := document(e).(map[string]any)
	return object
}

// document returns the documented part of an answer; all of it where the request is not an operation of the contract,
// or where the contract describes no body for what came.
func document(e *exchange.Exchange) any {
	decoded, err := e.Last().JSON()
	if err != nil {
		return nil
	}
	if op := suite.contract.Called(e.Request.Method, e.Request.Path); op != nil {
		if documented, known := op.Documented(e.Status(), e.Request.Query.Get("lod"), decoded); known {
			return documented
		}
	}
	return decoded
}

// Mentions reports whether the value stands anywhere in the documented part of an answer.
func Mentions(e *exchange.Exchange, value any) bool {
	var among func(any) bool
	among = func(part any) bool {
		switch part := part.(type) {
		case map[string]any:
			return slices.ContainsFunc(slices.Collect(maps.Values(part)), among)
		case []any:
			return slices.ContainsFunc(part, among)
		}
		return fmt.Sprint(part) == fmt.Sprint(value)
	}
	return among(document(e))
}

// Items returns the items of a list's answer.
func Items(e *exchange.Exchange) []any {
	items, _ := Object(e)["items"].([]any)
	return items
}

// WholeObject returns the JSON object of an answer with what the contract does not document: for what the run itself
// has sent, and for what must not be there.
func WholeObject(e *exchange.Exchange) map[string]any {
	if e == nil {
		return nil
	}
	decoded, _ := e.Last().JSON() // the oracle judges what is not JSON
	object, _ := decoded.(map[string]any)
	return object
}

// WholeItems returns the items of a list likewise.
func WholeItems(e *exchange.Exchange) []any {
	items, _ := WholeObject(e)["items"].([]any)
	return items
}

// Cursor returns what leads from a page of a list to the next; empty where nothing does.
func Cursor(e *exchange.Exchange) string {
	paging, _ := Object(e)["paging"].(map[string]any)
	cursors, _ := paging["cursors"].(map[string]any)
	after, _ := cursors["after"].(string)
	return after
}
