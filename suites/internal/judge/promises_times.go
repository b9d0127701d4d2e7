package judge

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"acronis-conformance/schemas"
)

// madeFirst asks of every object of an answer that it was not changed or deleted before it was made (reference, the
// schemas with created_at). Times that are written in different forms, one of which may lack its zone, are left alone.
func madeFirst(path string, value any) (wrong []schemas.Violation) {
	switch value := value.(type) {
	case []any:
		for i, item := range value {
			wrong = append(wrong, madeFirst(fmt.Sprintf("%s[%d]", path, i), item)...)
		}
	case map[string]any:
		made, isMade := moment(value["created_at"])
		for _, name := range []string{"updated_at", "deleted_at"} {
			at, known := moment(value[name])
			if isMade && known && zone(value[name]) == zone(value["created_at"]) && made.Sub(at) > ClockSkew {
				wrong = append(wrong, breach(path+"."+name, "state", quote(fmt.Sprint(value[name])),
					"it was made at %v", value["created_at"])...)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(value)) {
			wrong = append(wrong, madeFirst(path+"."+name, value[name])...)
		}
	}
	return wrong
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
