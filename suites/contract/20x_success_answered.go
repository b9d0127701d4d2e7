package contract

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/spec"
)

// unlikeAnswer are the properties that may have changed by themselves since the answer to a write, or that only one of
// both has to show.
var unlikeAnswer = words("updated_at external_operation_status has_children access_policies contacts " +
	"last_access_at last_access_from_ip personal_tenant_id client_secret registration_access_token " +
	"production_start_date update_allowed")

// asAnswered compares what a read of an object shows with what the answer to the write before has shown, in all that
// both show: the answer to a write is the object as it is from then on (reference, the schema of the answer). The
// version may have grown. Of lists the items are compared that both hold. What breaks its schema is not compared: the
// specs of its own operation say so.
func asAnswered(answer, shown *exchange.Exchange) []schemas.Violation {
	if !sound(answer) || !sound(shown) {
		return nil
	}
	return asAnsweredAt("$", spec.Object(answer), spec.Object(shown))
}

// sound reports whether an answer is a success in its documented form.
func sound(e *exchange.Exchange) bool {
	op := spec.Contract().Called(e.Request.Method, e.Request.Path)
	return op != nil && e.Status()/100 == 2 && spec.Object(e) != nil &&
		len(op.CheckBody(e.Status(), "", e.Last().JSONBody())) == 0
}

func asAnsweredAt(path string, answer, shown map[string]any) (wrong []schemas.Violation) {
	for _, name := range slices.Sorted(maps.Keys(answer)) {
		now, both := shown[name]
		if path == "$" && (name == "id" || name == "client_id") {
			continue // which each is judged by for itself
		}
		at := path + "." + name
		was, isObject := answer[name].(map[string]any)
		is, isShownAsOne := now.(map[string]any)
		items, isList := answer[name].([]any)
		switch {
		case !both || slices.Contains(unlikeAnswer, name) || name == "timestamp" || name == "paging":
		case name == "version":
			wrong = append(wrong, grown(at, answer[name], now)...)
		case isObject && isShownAsOne:
			wrong = append(wrong, asAnsweredAt(at, was, is)...)
		case isList && name == "items":
			wrong = append(wrong, itemsAsAnswered(at, items, now)...)
		default:
			wrong = append(wrong, unequal(at, answer[name], now)...)
		}
	}
	return wrong
}

// itemsAsAnswered compares the items of two lists, which may hold others besides.
func itemsAsAnswered(path string, answer []any, shown any) (wrong []schemas.Violation) {
	now := map[string]map[string]any{}
	list, _ := shown.([]any)
	for _, item := range list {
		if fields, isObject := item.(map[string]any); isObject {
			now[givenAs(fields)] = fields
		}
	}
	for _, item := range answer {
		fields, isObject := item.(map[string]any)
		switch {
		case isObject && now[givenAs(fields)] != nil:
			wrong = append(wrong, asAnsweredAt(path+"[*]", fields, now[givenAs(fields)])...)
		case isObject && plain(fields["status"]) != "0": // an offering item that is off need not be listed
			wrong = append(wrong, faultAt(path+"[*]", "as-read", givenAs(fields),
				"the answer to the write lists it, and a read of the list does not"))
		}
	}
	return wrong
}

// givenAs tells the items of a write from each other by what callers give them: which role it is, or which offering
// item on which storage.
func givenAs(item map[string]any) string {
	return fmt.Sprint(item["role_id"], " ", itemKey("", item))
}

// grown asks that a version is not older than the answer's.
func grown(path string, answered, shown any) []schemas.Violation {
	was, err := strconv.ParseFloat(fmt.Sprint(answered), 64)
	is, unread := strconv.ParseFloat(fmt.Sprint(shown), 64)
	if err != nil || unread != nil || is >= was {
		return nil
	}
	return []schemas.Violation{{Path: path, Rule: "created", Found: fmt.Sprint(shown),
		Detail: fmt.Sprintf("the answer to the write showed %v, and versions only grow", answered)}}
}
