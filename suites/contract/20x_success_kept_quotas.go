package contract

import (
	"context"
	"fmt"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// furtherChange is a second change of an object that is as the first one left it, which is what was read last.
type furtherChange func(ctx context.Context, v view, read *exchange.Exchange) ([]schemas.Violation,
	[]*exchange.Exchange, error)

// twoQuotas limits two items in one request, and asks that a read shows both limits (guide, "Managing quotas"). An item
// that cannot be counted has none, and a refusal is judged elsewhere.
func twoQuotas(ctx context.Context, v view, limited *exchange.Exchange) (wrong []schemas.Violation,
	looks []*exchange.Exchange, err error) {
	items := spec.WholeItems(limited)
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
			for _, v := range raised(quota, limit["version"]) {
				v.Path = "$.items[*].quota.version"
				wrong = append(wrong, v)
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

// allSwitchedOn looks at the items of the sandbox's tenant, all of which one request has switched on: none of them is
// listed as off. Where the target lists them otherwise, nothing is said of them.
func allSwitchedOn(op, reader *schemas.Operation) spec.Spec {
	l := list{of: shared("side"), as: fixtures.Admin, query: map[string]string{"edition": "*"},
		vars: map[string]string{"tenant_id": "root"}}
	sp := reading(reader, reader, "kept", "all")
	sp.Asserts, sp.Subject, sp.Settles = op, op.ID, true
	sp.Prepare = func(ctx context.Context, s *session.Session, id string) (spec.Case, error) {
		sent, _ := s.Sandbox.Root[fixtures.SwitchedOn].([]any)
		if len(sent) == 0 {
			return spec.Case{}, spec.Inconclusive("nothing was switched on in the sandbox's tenant")
		}
		vars, err := s.Vars(l.of.Key, id)
		if err != nil {
			return spec.Case{}, err
		}
		vars["root"] = s.Sandbox.Root["tenant_id"]
		r, err := l.ask(s, reader, vars)
		return spec.Case{Request: r, Check: func(ctx context.Context, e *exchange.Exchange) ([]schemas.Violation,
			[]*exchange.Exchange, error) {
			if !sound(e) {
				return nil, nil, nil // the oracle has said so
			}
			items, wrong, looks, err := allPages(ctx, s, id, r, e)
			if err != nil || len(wrong) > 0 {
				return wrong, looks, err
			}
			on := map[string]bool{}
			for _, item := range sent {
				on[itemKey("", item)] = true
			}
			for i, item := range items {
				fields, _ := item.(map[string]any)
				if on[itemKey("", item)] && plain(fields["status"]) == "0" {
					wrong = append(wrong, faultAt(itemAt(i, ".status"), "kept", "0", fmt.Sprintf(
						"%d items were switched on in one request, and %v is one of them", len(sent), fields["name"])))
				}
			}
			return wrong, looks, nil
		}}, err
	}
	return sp
}

var _ = Describe("20x success of what is switched on at once", Label("20x"), func() {
	for _, op := range spec.Operations(spec.Named("SetTenantOfferingItems")) {
		for _, reader := range spec.Operations(spec.Named("FetchTenantOfferingItems")) {
			spec.Register(allSwitchedOn(op, reader))
		}
	}
})
