package judge

import (
	"fmt"
	"net/http"

	"acronis-conformance/schemas"
)

// toldApartBy are the properties that tell the items of a list apart, where these are objects without an id.
var toldApartBy = map[string][]string{
	"FetchClientsBatch":                         {"client_id"},
	"FetchTenantOfferingItems":                  {"application_id", "name", "edition", "infra_id"},
	"FetchOfferingItemsAvailableForTenantChild": {"application_id", "name", "edition", "infra_id"},
	"FetchTenantOfferingItemsBatch":             {"tenant_id", "application_id", "name", "edition", "infra_id"},
	"FetchTenantsApplicationsBatch":             {"tenant"},
	"FetchTenantsUsagesBatch":                   {"tenant"},
}

// once asks that a list that is read holds no object twice (reference, the lists: an item is an object that is there).
// A list of prices does not show all that tells its items apart.
func once(s success) []schemas.Violation {
	if s.op.Method != http.MethodGet {
		return nil
	}
	by, known := toldApartBy[s.op.ID]
	if !known {
		by = []string{"id"}
	}
	for _, list := range []string{"items", "infras", "locations"} {
		items, _ := s.body[list].([]any)
		if len(items) < 2 {
			continue
		}
		seen := make(map[string]bool, len(items))
		for i, item := range items {
			name, isText := item.(string)
			object, _ := item.(map[string]any)
			for _, property := range by {
				if value := object[property]; value != nil {
					name += fmt.Sprint(value) + " "
				}
			}
			switch {
			case !isText && object[by[0]] == nil, object["deleted_at"] != nil: // it may have been made once more
				continue
			case seen[name]:
				return breach(fmt.Sprintf("$.%s[%d]", list, i), "once", name, "the list holds it already")
			}
			seen[name] = true
		}
	}
	return nil
}
