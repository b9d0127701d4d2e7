package contract_test

import (
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"
)

// unseen is why an answer that is sound in itself neither keeps nor breaks what the spec is about.
type unseen string

func (u unseen) Error() string { return string(u) }

// excuse is why an answer that is not what the spec asks for is no violation either: the target may have its reasons to refuse.
type excuse string

func (e excuse) Error() string { return string(e) }

// guessed is for what contradicts no more than an assumption: a violation where assumptions must be met, and elsewhere why the spec is
// inconclusive.
func guessed(s *session.Session, wrong []schemas.Violation) ([]schemas.Violation, error) {
	if len(wrong) == 0 || s.Judge.Rules.Assumed {
		return wrong, nil
	}
	return nil, unseen(wrong[0].Detail + ", which is only assumed to be so")
}

// objectOf returns the JSON object of an answer; nil where it is none, which the oracle says.
func objectOf(e *exchange.Exchange) map[string]any {
	decoded, err := schemas.ReadJSON(e.Last().Body)
	if err != nil {
		return nil
	}
	object, _ := decoded.(map[string]any)
	return object
}

// itemsOf returns the items of a list's answer.
func itemsOf(e *exchange.Exchange) []any {
	items, _ := objectOf(e)["items"].([]any)
	return items
}

// cursorOf returns what leads from a page of a list to the next; empty where nothing does.
func cursorOf(e *exchange.Exchange) string {
	paging, _ := objectOf(e)["paging"].(map[string]any)
	cursors, _ := paging["cursors"].(map[string]any)
	after, _ := cursors["after"].(string)
	return after
}
