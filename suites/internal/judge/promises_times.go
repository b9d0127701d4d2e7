package judge

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"acronis-conformance/schemas"
)

// anyZone is more than the same moment differs where it is written without its zone and in UTC.
const anyZone = 15 * time.Hour

// madeFirst asks of every object of an answer that it was not changed or deleted before it was made (reference, the
// schemas with created_at). Of times that are written in different forms one may lack its zone.
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
			apart := ClockSkew
			if zone(value[name]) != zone(value["created_at"]) {
				apart = anyZone
			}
			if isMade && known && made.Sub(at) > apart {
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
