package contract

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/spec"
)

// ofReachableTenants asks whose the tokens are: the account has a right to every tenant that one of them is for.
func ofReachableTenants(ctx context.Context, a further, items []any) ([]schemas.Violation, error) {
	tenants := map[string]bool{}
	for _, item := range items {
		if fields, _ := item.(map[string]any); fields["tenant_uuid"] != nil && len(tenants) < 100 {
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

// bothRoles asks for the two roles that the user was given, and no others.
func bothRoles(_ context.Context, a further, items []any) ([]schemas.Violation, error) {
	var roles []string
	for _, item := range items {
		fields, _ := item.(map[string]any)
		roles = append(roles, fmt.Sprint(fields["role_id"]))
	}
	slices.Sort(roles)
	wrong := differs(roles, []string{"company_admin", "readonly_admin"}, "the user was given these roles and no others")
	return append(wrong, all("trustee_id", fmt.Sprint(a.vars["user_id"]))(items, a.vars)...), nil
}

// whatIsOn asks for every service that is on for the tenant.
func whatIsOn(ctx context.Context, a further, items []any) (wrong []schemas.Violation, _ error) {
	_, services, err := a.about(ctx, "FetchAvailableTenantApplications", list{})
	if err != nil {
		return nil, err
	}
	known := idsOf(items)
	for _, service := range services {
		if !slices.Contains(known, fmt.Sprint(service)) {
			wrong = append(wrong, faultAt("$.items", "complete", others(items),
				fmt.Sprintf("the list lacks the service %v, which is on for a tenant", service)))
		}
	}
	return wrong, nil
}

// onAbove asks that every service of the tenant is on in the tenant above (guide, "Enabling a service for a
// sub-tenant").
func onAbove(ctx context.Context, a further, items []any) ([]schemas.Violation, error) {
	_, above, err := a.about(ctx, a.op.ID, list{})
	if err != nil {
		return nil, err
	}
	var wrong []schemas.Violation
	for i, item := range items {
		if !slices.Contains(above, item) {
			wrong = append(wrong, faultAt(itemAt(i, ""), "exact", fmt.Sprint(item),
				"the list holds a service that is not on in the tenant above"))
		}
	}
	return wrong, nil
}

// servicesOfItems asks that a tenant has the services of its items: an item that is turned on turns on its service
// (guide, "Enabling a service for a sub-tenant").
func servicesOfItems(_ context.Context, a further, items []any) (wrong []schemas.Violation, _ error) {
	for _, item := range items {
		fields, _ := item.(map[string]any)
		services, _ := fields["applications"].([]any)
		needed := []any{a.vars["application_id"]}
		if fields["tenant"] == a.vars["first_id"] {
			needed = append(needed, a.vars["second_application_id"])
		}
		for _, service := range needed {
			if !slices.Contains(services, service) {
				wrong = append(wrong, faultAt("$.items", "complete", fmt.Sprint(services),
					fmt.Sprintf("the tenant %v has an item of the service %v", fields["tenant"], service)))
			}
		}
	}
	return wrong, nil
}

// itemsOn asks for the two items of the tree with their status at each of the tenants, and for items of no other
// tenant.
func itemsOn(statuses map[string]string) itemsLook {
	return func(_ context.Context, a further, items []any) (wrong []schemas.Violation, _ error) {
		tenants, shown := map[string]bool{}, map[string]string{}
		for name := range statuses {
			tenants[fmt.Sprint(a.vars[name])] = true
		}
		for i, item := range items {
			fields, _ := item.(map[string]any)
			if tenant := fmt.Sprint(fields["tenant_id"]); !tenants[tenant] {
				wrong = append(wrong, faultAt(itemAt(i, ".tenant_id"), "exact", tenant,
					"the list holds an item of a tenant that it was not asked about"))
			}
			key := itemKey(fields["tenant_id"], item)
			if _, twice := shown[key]; twice {
				wrong = append(wrong, faultAt(itemAt(i, ""), "once", key,
					"the list holds an item twice"))
			}
			shown[key] = fmt.Sprint(fields["status"])
		}
		for _, name := range slices.Sorted(maps.Keys(statuses)) {
			for i, prefix := range []string{"", "second_"} {
				key := itemKey(a.vars[name], map[string]any{"application_id": a.vars[prefix+"application_id"],
					"name": a.vars[prefix+"item_name"]})
				want, is := words(statuses[name])[i], shown[key]
				if is != want && (want == "1" || is == "1") { // an item that is off need not be listed
					wrong = append(wrong, faultAt("$.items", "complete", fmt.Sprintf("status %q", is),
						fmt.Sprintf("the item %v has the status %s at the tenant %v", key, want, name)))
				}
			}
		}
		return wrong, nil
	}
}

// itemsOfParent asks for the items that are on at the parent, and no others.
func itemsOfParent(_ context.Context, a further, items []any) ([]schemas.Violation, error) {
	var shown []string
	for _, item := range items {
		shown = append(shown, itemKey("", item))
	}
	var want []string
	for _, prefix := range []string{"", "second_"} {
		want = append(want, itemKey("", map[string]any{"application_id": a.vars[prefix+"application_id"],
			"name": a.vars[prefix+"item_name"]}))
	}
	slices.Sort(shown)
	slices.Sort(want)
	return differs(shown, want, "a child can be given what is on at its parent"), nil
}

// allThatIsOn asks for each item that is on at the parent, on whatever storage.
func allThatIsOn(ctx context.Context, a further, items []any) (wrong []schemas.Violation, _ error) {
	_, held, err := a.about(ctx, "FetchTenantOfferingItems", list{as: fixtures.Configured,
		query: map[string]string{"edition": "*", "status": "1"}})
	if err != nil {
		return nil, err
	}
	shown := itemKeys(items)
	for _, key := range itemKeys(held) {
		if !slices.Contains(shown, key) {
			wrong = append(wrong, faultAt("$.items", "complete", others(items),
				fmt.Sprintf("the list lacks %s, which is on at the parent", key)))
		}
	}
	return wrong, nil
}

// bothItems asks for the two items of the tree, once each, and for no item that the tenant does not have.
func bothItems(ctx context.Context, a further, items []any) (wrong []schemas.Violation, _ error) {
	count := map[string]int{}
	for _, item := range items {
		count[itemKey("", item)]++
	}
	_, held, err := a.about(ctx, "FetchTenantOfferingItems", list{vars: first})
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, item := range held {
		known[itemKey("", item)] = true
	}
	for i, item := range items {
		if !known[itemKey("", item)] {
			wrong = append(wrong, faultAt(itemAt(i, ""), "exact", itemKey("", item),
				"the list holds a price of an item that the tenant does not have"))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(count)) {
		if count[key] > 1 {
			wrong = append(wrong, faultAt("$.items", "once", key,
				"the list holds an item twice"))
		}
	}
	for _, prefix := range []string{"", "second_"} {
		key := itemKey("", map[string]any{"application_id": a.vars[prefix+"application_id"],
			"name": a.vars[prefix+"item_name"]})
		if count[key] == 0 {
			wrong = append(wrong, faultAt("$.items", "complete", others(items),
				fmt.Sprintf("the list lacks the item %v, which was given a price", a.vars[prefix+"item_name"])))
		}
	}
	return wrong, nil
}

// eachEdition asks for what the lists of single editions hold, and of these lists for what the whole one holds of
// their edition and of none (reference, parameter edition of the operation).
func eachEdition(ctx context.Context, a further, items []any) (wrong []schemas.Violation, _ error) {
	whole := map[string]bool{}
	for _, item := range items {
		whole[itemKey("", item)] = true
	}
	for _, name := range []string{"standard", "advanced"} {
		_, part, err := a.about(ctx, a.op.ID, list{query: map[string]string{"edition": name}})
		if err != nil {
			return wrong, err
		}
		within := map[string]bool{}
		for _, item := range part {
			key := itemKey("", item)
			if within[key] = true; !whole[key] {
				wrong = append(wrong, faultAt("$.items", "complete", others(items),
					fmt.Sprintf("the list of all editions lacks %s, which that of the edition %s holds", key, name)))
			}
		}
		for _, item := range items {
			fields, _ := item.(map[string]any)
			edition, key := fields["edition"], itemKey("", item)
			if (edition == nil || edition == name) && !within[key] {
				wrong = append(wrong, faultAt("$.items", "complete", others(part), fmt.Sprintf(
					"the list of the edition %s lacks %s, whose edition is %v", name, key, edition)))
			}
		}
	}
	return wrong, nil
}

// usedBy asks that each usage is of the tenant, is there once, and shows its item as the list of items does. That there
// is one of each item that is on is only assumed: usages are refreshed after hours.
func usedBy(name string) itemsLook {
	return func(ctx context.Context, a further, items []any) ([]schemas.Violation, error) {
		wrong, shown := usagesOf(a.vars[name], items), map[string]bool{}
		_, held, err := a.about(ctx, "FetchTenantOfferingItems", list{vars: map[string]string{"tenant_id": name},
			query: map[string]string{"edition": "*"}})
		if err != nil {
			return wrong, err
		}
		wrong = append(wrong, ofItsItem(items, held)...)
		for _, item := range items {
			shown[itemKey("", item)] = true
		}
		for _, prefix := range []string{"", "second_"} {
			key := itemKey("", map[string]any{"application_id": a.vars[prefix+"application_id"],
				"name": a.vars[prefix+"item_name"]})
			if a.vars[prefix+"item_type"] != "feature" && !shown[key] && len(wrong) == 0 {
				return spec.AssumedOnly(a.s, []schemas.Violation{faultAt("$.items", "complete", others(items),
					fmt.Sprintf("the list lacks what is used of %v, which is on", a.vars[prefix+"item_name"]))})
			}
		}
		return wrong, nil
	}
}

// ofItsItem asks that what a usage shows of its item is what the list of items shows (reference, usages and offering
// items).
func ofItsItem(usages, held []any) (wrong []schemas.Violation) {
	of := map[string]map[string]any{}
	for _, item := range held {
		of[itemKey("", item)], _ = item.(map[string]any)
	}
	for i, usage := range usages {
		fields, _ := usage.(map[string]any)
		item, known := of[itemKey("", usage)]
		if shown, told := fields["offering_item"].(map[string]any); known && told {
			for _, property := range words("status quota") {
				if shown[property] != nil && item[property] != nil {
					wrong = append(wrong, unequal(itemAt(i, ".offering_item."+property), shown[property],
						item[property])...)
				}
			}
		}
	}
	return wrong
}

func usedByEach(_ context.Context, _ further, items []any) (wrong []schemas.Violation, _ error) {
	for _, item := range items {
		fields, _ := item.(map[string]any)
		usages, _ := fields["usages"].([]any)
		wrong = append(wrong, usagesOf(fields["tenant"], usages)...)
	}
	return wrong, nil
}

func usagesOf(tenant any, usages []any) (wrong []schemas.Violation) {
	seen := map[string]bool{}
	for i, usage := range usages {
		fields, _ := usage.(map[string]any)
		if of := fields["tenant_uuid"]; of != nil && of != tenant {
			wrong = append(wrong, faultAt(itemAt(i, ".tenant_uuid"), "exact", fmt.Sprint(of),
				fmt.Sprintf("the list was asked for what the tenant %v uses", tenant)))
		}
		key := itemKey(fields["range_start"], usage)
		if seen[key] {
			wrong = append(wrong, faultAt(itemAt(i, ""), "once", key,
				"the list holds a usage twice"))
		}
		seen[key] = true
	}
	return wrong
}

// inBothFormats asks for the files that the report was ordered in. They are made in a minute or two.
func inBothFormats(ctx context.Context, a further, items []any) ([]schemas.Violation, error) {
	var formats, ids []string
	ready := true
	for _, item := range items {
		fields, _ := item.(map[string]any)
		formats = append(formats, fmt.Sprint(fields["report_format"]))
		ready = ready && fields["status"] == "saved"
		if fields["id"] != nil {
			ids = append(ids, fmt.Sprint(fields["id"]))
		}
	}
	var wrong []schemas.Violation
	for i, format := range formats {
		if format != "csv_v2_0" && format != "html" {
			wrong = append(wrong, faultAt(itemAt(i, ".report_format"), "exact", format,
				"the report was ordered in csv_v2_0 and html"))
		}
	}
	_, elsewhere, err := a.about(ctx, a.op.ID, list{})
	if err != nil {
		return wrong, err
	}
	for _, item := range elsewhere {
		if fields, _ := item.(map[string]any); slices.Contains(ids, fmt.Sprint(fields["id"])) {
			wrong = append(wrong, faultAt("$.items", "exact", fmt.Sprint(fields["id"]),
				"the file is listed for another report as well"))
		}
	}
	slices.Sort(ids)
	if len(slices.Compact(slices.Clone(ids))) < len(ids) {
		wrong = append(wrong, faultAt("$.items", "once", fmt.Sprint(ids),
			"two files have the same id"))
	}
	slices.Sort(formats)
	switch missing := differs(formats, []string{"csv_v2_0", "html"}, "the report was ordered once, in these formats"); {
	case len(wrong) > 0 || len(missing) == 0:
		return wrong, nil
	case len(items) == 0 || !ready:
		return nil, spec.Inconclusive("the files of the report are not ready yet")
	default:
		return spec.AssumedOnly(a.s, missing)
	}
}
