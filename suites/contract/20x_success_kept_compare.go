package contract

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"
)

// shown returns the object in the answer of a read, with what is the caller's own in it; nil where it is not there.
func (k keeping) shown(e *exchange.Exchange, vars fixtures.Vars) map[string]any {
	whole, err := e.Last().JSON()
	if err != nil {
		return nil
	}
	answer, _ := whole.(map[string]any)
	property, name, listed := strings.Cut(k.item, " ")
	if !listed {
		return answer
	}
	items, _ := answer["items"].([]any)
	for _, item := range items {
		if fields, _ := item.(map[string]any); fields != nil && fmt.Sprint(fields[property]) == fmt.Sprint(vars[name]) {
			return fields
		}
	}
	return nil
}

// sent is what was sent, under the names by which the read shows it. Of a list of items it is the first.
func (k keeping) sent(body map[string]any) map[string]any {
	if k.item != "" {
		for _, list := range []string{"items", "offering_items"} {
			if items, _ := body[list].([]any); len(items) > 0 {
				body, _ = items[0].(map[string]any)
			}
		}
	}
	all := map[string]any{}
	for name, value := range body {
		outer, inner, nested := strings.Cut(cmp.Or(k.as[name], name), ".")
		if !nested {
			all[outer] = value
			continue
		}
		within, _ := all[outer].(map[string]any)
		if within == nil {
			within = map[string]any{}
			all[outer] = within
		}
		within[inner] = value
	}
	return all
}

// renewed are properties that the service sets by itself, with every write or with each object.
var renewed = []string{
	"version", "id", "issuer_id", "created_at", "updated_at", "deleted_at", "last_access_at", "last_access_from_ip",
	"smtp_password",
}

// listing reports whether the reference lists a property of the object for the read, by the names that lead to it.
type listing func(path ...string) bool

func (k keeping) listing(reader *schemas.Operation) listing {
	return func(path ...string) bool {
		if k.item != "" {
			path = append([]string{"items"}, path...)
		}
		return reader.Lists(reader.Success(), path...)
	}
}

// free reports whether an object is the caller's own, with all that is in it.
func (l listing) free(path []string) bool { return l(append(slices.Clone(path), "")...) }

// compare says what is shown otherwise than it was sent, where the reference lists it for the read. What a read may
// leave out, and does, is returned by its path.
func (k keeping) compare(lists listing, sent, shown body) (wrong []schemas.Violation, absent []string) {
	var inside func(path []string, sent, shown map[string]any, free bool)
	inside = func(path []string, sent, shown map[string]any, free bool) {
		for _, name := range slices.Sorted(maps.Keys(sent)) {
			at := append(slices.Clone(path), name)
			if slices.Contains(renewed, name) || !lists(at...) {
				continue
			}
			value, there := shown[name]
			asked, isObject := sent[name].(map[string]any)
			found, isShownAsOne := value.(map[string]any)
			switch {
			case !there && session.Blank(sent[name]): // what is empty need not be shown
			case !there && !free:
				absent = append(absent, strings.Join(at, "."))
			case isObject && isShownAsOne:
				inside(at, asked, found, lists.free(at))
			case !lists.same(at, sent[name], value):
				wrong = append(wrong, schemas.Violation{Path: k.place(at...), Rule: "kept", Found: written(value),
					Detail: "it was sent as " + written(sent[name])})
			}
		}
	}
	inside(nil, sent, shown, false)
	return wrong, absent
}

func (k keeping) place(path ...string) string {
	if k.item != "" {
		return "$.items[*]." + strings.Join(path, ".")
	}
	return "$." + strings.Join(path, ".")
}

func written(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}

// same reports whether a value is shown as it was. Logins and addresses may be kept in small letters and without blanks
// around them, times in another form, and lists in another order. Whether nothing is null, an empty text or an empty
// list is free.
func (l listing) same(path []string, was, is any) bool {
	if session.Blank(was) || session.Blank(is) {
		return session.Blank(was) == session.Blank(is)
	}
	switch w := was.(type) {
	case []any:
		i, isList := is.([]any)
		left := slices.Clone(i)
		for _, item := range w {
			at := slices.IndexFunc(left, func(other any) bool { return l.same(path, item, other) })
			if at < 0 {
				return false
			}
			left = slices.Delete(left, at, at+1)
		}
		return isList && len(left) == 0
	case map[string]any:
		i, isObject := is.(map[string]any)
		return isObject && len(l.differences(path, w, i, nil)) == 0
	}
	return sameText(path[len(path)-1], fmt.Sprint(was), fmt.Sprint(is))
}

func sameText(name, was, is string) bool {
	spelled := name == "login" || name == "email"
	if was == is || spelled && strings.EqualFold(strings.TrimSpace(was), strings.TrimSpace(is)) {
		return true
	}
	x, err := strconv.ParseFloat(was, 64)
	y, unread := strconv.ParseFloat(is, 64)
	if err == nil || unread == nil {
		return err == nil && unread == nil && x == y
	}
	before, isTime := instant(was)
	now, isShownAsOne := instant(is)
	return isTime && isShownAsOne && before.Equal(now)
}

// notShown reports whether all that is wrong is that properties are no longer shown.
func notShown(wrong []schemas.Violation) bool {
	return len(wrong) > 0 && !slices.ContainsFunc(wrong, func(v schemas.Violation) bool {
		return v.Found != unshown
	})
}

const unshown = "none"

// leftAlone is the rule that an update leaves alone what it does not name.
const leftAlone = "left-alone"

// differences says what an object shows otherwise than before, but for what is free to change. The path of each
// begins below the object.
func (l listing) differences(path []string, was, is map[string]any, free []string) []schemas.Violation {
	var wrong []schemas.Violation
	for _, name := range slices.Sorted(maps.Keys(was)) {
		at := append(slices.Clone(path), name)
		before, isObject := was[name].(map[string]any)
		now, stillOne := is[name].(map[string]any)
		_, still := is[name]
		switch {
		case slices.Contains(renewed, name) || slices.Contains(free, name) || !l(at...):
		case !still && !session.Blank(was[name]):
			wrong = append(wrong, schemas.Violation{Path: strings.Join(at, "."), Rule: leftAlone, Found: unshown,
				Detail: fmt.Sprintf("it was %s, and the request did not name it", written(was[name]))})
		case isObject && stillOne:
			wrong = append(wrong, l.differences(at, before, now, nil)...)
		case !l.same(at, was[name], is[name]):
			wrong = append(wrong, schemas.Violation{Path: strings.Join(at, "."), Rule: leftAlone,
				Found:  written(is[name]),
				Detail: fmt.Sprintf("it was %s, and the request did not name it", written(was[name]))})
		}
	}
	return wrong
}

// instant reads a timestamp in one of the documented forms, to the second. One that names no zone is in UTC.
func instant(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.Truncate(time.Second), true
		}
	}
	return time.Time{}, false
}

// valueAt follows names with dots between them.
func valueAt(object map[string]any, path string) any {
	var found any = object
	for name := range strings.SplitSeq(path, ".") {
		inner, _ := found.(map[string]any)
		found = inner[name]
	}
	return found
}
