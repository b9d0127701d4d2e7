package contract

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"acronis-conformance/schemas"
)

// unequal compares two values: objects in the properties that both have, lists without regard to their order, times to
// the second, and nothing in whichever form it is written.
func unequal(path string, one, other any) (wrong []schemas.Violation) {
	switch one := one.(type) {
	case map[string]any:
		if other, isObject := other.(map[string]any); isObject {
			for _, name := range slices.Sorted(maps.Keys(one)) {
				if value, has := other[name]; has {
					wrong = append(wrong, unequal(path+"."+name, one[name], value)...)
				}
			}
			return wrong
		}
	case []any:
		if other, isList := other.([]any); isList && len(other) == len(one) {
			one, other = inSomeOrder(one), inSomeOrder(other)
			for i := range one {
				wrong = append(wrong, unequal(fmt.Sprintf("%s[%d]", path, i), one[i], other[i])...)
			}
			return wrong
		}
	}
	inAnyCase := strings.HasSuffix(path, ".login") || strings.HasSuffix(path, ".email") // see sameText
	if plain(one) == plain(other) || inAnyCase && strings.EqualFold(plain(one), plain(other)) {
		return nil
	}
	found, detail := plain(one), "another read of the object shows "+cmp.Or(plain(other), written(other))
	if strings.HasSuffix(path, "token") || strings.HasSuffix(path, "secret") {
		found, detail = "another one", "another read of the object shows another one"
	}
	return []schemas.Violation{faultAt(path, "as-read", found,
		detail)}
}

func inSomeOrder(values []any) []any {
	return slices.SortedFunc(slices.Values(values), func(a, b any) int {
		return strings.Compare(objectKey(a),
			objectKey(b))
	})
}

// plain writes a value for a comparison.
func plain(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case string:
		if at, is := timeOf(value); is && len(value) > len("2006-01-02") {
			return at.UTC().Format("2006-01-02T15:04:05")
		}
		return value
	case json.Number:
		if number, err := value.Float64(); err == nil {
			return fmt.Sprint(number)
		}
	case map[string]any:
		if len(value) == 0 {
			return ""
		}
	case []any:
		if len(value) == 0 {
			return ""
		}
	}
	return fmt.Sprint(value)
}
