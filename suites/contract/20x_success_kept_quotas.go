package contract

import (
	"context"
	"fmt"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/spec"
)

// furtherChange is a second change of an object that is as the first one left it, which shows as these items.
type furtherChange func(ctx context.Context, v view, items []any) ([]schemas.Violation, []*exchange.Exchange, error)

// twoQuotas limits two items in one request, and asks that a read shows both limits (guide, "Managing quotas"). An item
// that cannot be counted has none, and a refusal is judged elsewhere.
func twoQuotas(ctx context.Context, v view, items []any) (wrong []schemas.Violation, looks []*exchange.Exchange,
	err error) {
	var limits []any
	want := map[string]map[string]any{}
	for i, prefix := range []string{"", "second_"} {
		item := itemLike(items, v.vars, prefix)
		quota, counted := item["quota"].(map[string]any)
		if !counted || item["type"] != "count" {
			return nil, nil, nil
		}
		limit := body{"value": 25 + i, "overage": 4 + i, "version": quota["version"]}
		limits = append(limits, body{"application_id": item["application_id"], "name": item["name"], "status": 1,
			"quota": limit})
		want[prefix] = limit
	}
	r, err := v.s.Catalogue.Request("SetTenantOfferingItems", v.vars)
	if err == nil {
		err = r.SetBody("application/json", body{"offering_items": limits})
	}
	if err != nil {
		return nil, nil, err
	}
	e, err := v.s.Send(ctx, v.id, r, nil)
	looks = spec.Exchanges(e)
	if err != nil || e.Status()/100 != 2 {
		return nil, looks, err
	}
	read, err := v.s.Catalogue.Request(v.reader.ID, v.vars)
	if err != nil {
		return nil, looks, err
	}
	wrong, more, err := readUntil(ctx, v.s, v.id, read, func(e *exchange.Exchange) (wrong []schemas.Violation) {
		for prefix, limit := range want {
			quota, _ := itemLike(spec.WholeItems(e), v.vars, prefix)["quota"].(map[string]any)
			for _, name := range words("value overage") {
				if found := plain(quota[name]); found != fmt.Sprint(limit[name]) {
					wrong = append(wrong, faultAt("$.items[*].quota."+name, "kept", found, fmt.Sprintf(
						"two quotas were sent in one request, one of them with %v", limit[name])))
				}
			}
		}
		return wrong
	})
	return wrong, append(looks, more...), err
}

// itemLike returns the offering item that the object has under the names with the prefix.
func itemLike(items []any, vars fixtures.Vars, prefix string) map[string]any {
	for _, item := range items {
		fields, _ := item.(map[string]any)
		if fields["name"] == vars[prefix+"item_name"] && fields["application_id"] == vars[prefix+"application_id"] {
			return fields
		}
	}
	return nil
}
