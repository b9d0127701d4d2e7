package judge

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"acronis-conformance/schemas"
)

// anyZone is more than the same moment differs where it is written without its zone and in UTC.
const anyZone = 15 * time.Hour

// madeFirst asks of every object of an answer that it was not changed or deleted before it was made, and neither made
// nor changed on a day that is still to come (reference, the schemas with created_at). Of times that are written in
// different forms one may lack its zone. The names are those that lead to the value: what the reference does not list
// is free.
func (s success) madeFirst(path string, names []string, value any, last string) (wrong []schemas.Violation) {
	if !madeLater(value, last) {
		return nil // as nearly every time: the places of all that is well are not put together
	}
	switch value := value.(type) {
	case []any:
		for i, item := range value {
			wrong = append(wrong, s.madeFirst(fmt.Sprintf("%s[%d]", path, i), names, item, last)...)
		}
	case map[string]any:
		for _, name := range sinceMade {
			if before(value, name) && s.op.Lists(s.op.Success(), append(slices.Clone(names), name)...) {
				wrong = append(wrong, breach(path+"."+name, "state", quote(fmt.Sprint(value[name])),
					"it was made at %v", value["created_at"])...)
			}
		}
		for _, name := range gone {
			if ahead(value, name, last) && s.op.Lists(s.op.Success(), append(slices.Clone(names), name)...) {
				wrong = append(wrong, breach(path+"."+name, "state", quote(fmt.Sprint(value[name])),
					"it is %s at most where the day is latest", last)...)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(value)) {
			if inner := append(slices.Clone(names), name); s.op.Lists(s.op.Success(), inner...) {
				wrong = append(wrong, s.madeFirst(path+"."+name, inner, value[name], last)...)
			}
		}
	}
	return wrong
}

// startsFirst asks that what a report tells of does not end before it starts (reference, reports: period). Days of one
// form are in the order of their texts.
func startsFirst(s success) []schemas.Violation {
	start, _ := at(s.body, "parameters.period.start")
	end, _ := at(s.body, "parameters.period.end")
	from, isDay := start.(string)
	to, isOther := end.(string)
	_, unread := time.Parse(time.DateOnly, from)
	_, unreadToo := time.Parse(time.DateOnly, to)
	if !isDay || !isOther || unread != nil || unreadToo != nil || from <= to {
		return nil
	}
	return breach("$.parameters.period.end", "period", quote(to), "it starts on %s", from)
}

// sinceMade are the times of an object that come after that of its making.
var sinceMade = [...]string{"updated_at", "deleted_at"}

// gone are the times of an object that lie behind it.
var gone = [...]string{"created_at", "updated_at"}

// ahead reports whether that time of an object is later than the last day.
func ahead(object map[string]any, name, last string) bool {
	text, _ := object[name].(string)
	return len(text) >= len(last) && text[:len(last)] > last
}

// tomorrow is the last day that it can be anywhere when an answer comes.
func (s success) tomorrow() string {
	now, err := http.ParseTime(s.header.Get("Date"))
	if err != nil {
		now = s.start
	}
	return now.UTC().Add(anyZone).Format(time.DateOnly)
}

// before reports whether that time of an object comes before that of its making.
func before(object map[string]any, name string) bool {
	if object[name] == nil || object["created_at"] == nil {
		return false
	}
	made, isMade := moment(object["created_at"])
	at, known := moment(object[name])
	apart := ClockSkew
	if zone(object[name]) != zone(object["created_at"]) {
		apart = anyZone
	}
	return isMade && known && made.Sub(at) > apart
}

// madeLater reports whether an object at any depth was changed or deleted before it was made, or made after the last
// day.
func madeLater(value any, last string) bool {
	switch value := value.(type) {
	case []any:
		return slices.ContainsFunc(value, func(one any) bool { return madeLater(one, last) })
	case map[string]any:
		for _, inner := range value {
			if madeLater(inner, last) {
				return true
			}
		}
		return slices.ContainsFunc(sinceMade[:], func(name string) bool { return before(value, name) }) ||
			slices.ContainsFunc(gone[:], func(name string) bool { return ahead(value, name, last) })
	}
	return false
}

// zone is what follows the seconds of a timestamp: an offset, Z, or nothing.
func zone(value any) string {
	text := fmt.Sprint(value)
	_, clock, _ := strings.Cut(text, "T")
	if i := strings.IndexAny(clock, "+-Z"); i >= 0 {
		return clock[i:]
	}
	return ""
}
