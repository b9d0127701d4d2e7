package contract

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/spec"
)

// maxUUIDs is how many ids a batch takes (reference, parameter uuids).
const maxUUIDs = 100

// ofReachableTenants asks whose the tokens are: the account has a right to every tenant that one of them is for.
func ofReachableTenants(ctx context.Context, a further, items []any) ([]schemas.Violation, error) {
	tenants := map[string]bool{}
	for _, item := range items {
		if fields, _ := item.(map[string]any); fields["tenant_uuid"] != nil && len(tenants) < maxUUIDs {
			tenants[fmt.Sprint(fields["tenant_uuid"])] = true
		}
	}
	if len(tenants) == 0 {
		return nil, nil
	}
	op := spec.Contract().Operation("FetchTenantsBatch")
	if op == nil {
		return nil, nil
	}
	r, err := list{query: map[string]string{"uuids": strings.Join(slices.Sorted(maps.Keys(tenants)), ","),
		"lod": "stamps"}}.ask(a.s, op, a.vars)
	if err != nil {
		return nil, err
	}
	e, err := a.s.Send(ctx, a.id, r, nil)
	*a.looks = append(*a.looks, spec.Exchanges(e)...)
	switch {
	case err != nil:
		return nil, err
	case e.Status() == 403:
		return []schemas.Violation{faultAt("$.items", "foreign", "a token of a tenant that is refused with 403",
			"the list holds tokens of a tenant that the account has no right to")}, nil
	case e.Status() != op.Success():
		return nil, spec.Inconclusive("the tenants of the tokens cannot be read: see 20x/valid-token/" + op.ID)
	}
	shown, wrong, looks, err := allPages(ctx, a.s, a.id, r, e)
	if *a.looks = append(*a.looks, looks...); err != nil || len(wrong) > 0 {
		return nil, err
	}
	for _, id := range idsOf(shown) {
		delete(tenants, id)
	}
	for id := range tenants {
		return []schemas.Violation{faultAt("$.items", "foreign", id,
			"the list holds a token of a tenant that the account cannot see")}, nil
	}
	return nil, nil
}

// ofTenantsAbove asks that the locations that are not the tenant's own, if there are any, are those of a tenant above
// it, which the tenant may use and not change: whether the list holds them is not documented.
func ofTenantsAbove(ctx context.Context, a further, items []any) ([]schemas.Violation, error) {
	foreign := slices.DeleteFunc(idsOf(items), func(id string) bool {
		return id == a.vars["location_id"] || id == a.vars["second_location_id"]
	})
	if len(foreign) == 0 {
		return nil, nil
	}
	above := map[string]bool{}
	for some := range slices.Chunk(foreign, maxUUIDs) {
		e, shown, err := a.about(ctx, "FetchInfrastructuresLocationsBatch", list{query: map[string]string{
			"uuids": strings.Join(some, ",")}})
		if err != nil && (e == nil || e.Status() != http.StatusForbidden) {
			return nil, err
		}
		for _, item := range shown {
			fields, _ := item.(map[string]any)
			above[fmt.Sprint(fields["id"])] = fields["owner_tenant_id"] == a.vars["side"] || fields["readonly"] == true
		}
	}
	var wrong []schemas.Violation
	for _, id := range foreign {
		if !above[id] {
			wrong = append(wrong, faultAt("$.items", "exact", id, notOfTheList))
		}
	}
	return wrong, nil
}
