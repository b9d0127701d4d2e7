package contract_test

import (
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
)

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
