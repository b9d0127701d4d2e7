package contract

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// Lists hold their objects whatever state these are in: disabled ones are not deleted, and of every kind of tenant that
// may lie below another each is listed.
var _ = Describe("20x contents of lists", Label("20x"), func() {
	DescribeTableSubtree("a list holds objects of every state", func(id, variant string, c contents) {
		for _, op := range spec.Operations(spec.Named(id)) {
			spec.Register(c.on(op, variant))
		}
	},
		Entry("the children of a tenant", "FetchTenantChildren", "states",
			contents{list: list{of: varied}, must: words("folder_id off_id")}),
		Entry("the children of a tenant, in a batch", "FetchTenantsBatch", "parent_id-states",
			contents{list: by(varied, "parent_id", "tenant_id", "uuids"), must: words("folder_id off_id")}),
		Entry("tenants by their ids", "FetchTenantsBatch", "uuids-states",
			contents{list: by(varied, "uuids", "tenant_id folder_id inner_id unit_id off_id", ""),
				must: words("tenant_id folder_id inner_id unit_id off_id"), also: brandOfFirst}),
		Entry("the children of a folder", "FetchTenantChildren", "folder",
			contents{list: list{of: varied, vars: map[string]string{"tenant_id": "folder_id"}},
				must: words("inner_id")}),
		Entry("the children of a customer", "FetchTenantChildren", "units",
			contents{list: list{of: family, vars: first}, must: words("unit_id"), may: personalTenants}),
		Entry("the children that came from elsewhere", "FetchTenantChildren", "moved",
			contents{list: list{of: own("moved_customer", "lists"), vars: map[string]string{"tenant_id": "second_id"}},
				must: words("child_id")}),
		Entry("the children that came from elsewhere, in a batch", "FetchTenantsBatch", "parent_id-moved",
			contents{list: by(own("moved_customer", "lists"), "parent_id", "second_id", "uuids"),
				must: words("child_id"), also: belowSecond}),
		Entry("a tenant and what came from elsewhere below it", "FetchTenantsBatch", "subtree_root_id-moved",
			contents{list: by(own("moved_customer", "lists"), "subtree_root_id", "second_id", "uuids"),
				must: words("second_id child_id"), also: belowSecond}),
		Entry("the storages that came from elsewhere", "FetchLocationInfrastructures", "moved",
			contents{list: list{of: storages, vars: map[string]string{"location_id": "second_location_id"}},
				must: words("other_infra_id moved_infra_id")}),
		Entry("the users of a tenant", "FetchTenantUsers", "states",
			contents{list: list{of: varied, vars: inner}, must: words("user_id second_user_id")}),
		Entry("the users of a tenant, in a batch", "FetchUsersBatch", "tenant_id-states",
			contents{list: by(varied, "tenant_id", "inner_id", "uuids"), must: words("user_id second_user_id")}),
		Entry("clients by their ids", "FetchClientsBatch", "uuids-states",
			contents{list: by(varied, "uuids", "client_id second_client_id", "origin_id"),
				must: words("client_id second_client_id")}),
		Entry("what is found", "Search", "states",
			contents{list: list{of: varied, query: searched("tenant_id").query},
				may:  append(words("tenant_id"), personalTenants...),
				must: words("folder_id inner_id off_id unit_id user_id second_user_id")}),
		Entry("the offering items of one edition", "FetchTenantOfferingItems", "edition-less",
			contents{list: list{of: shared("side"), query: map[string]string{"edition": "advanced"}}, others: true,
				also: thoseOfNoEdition}),
		Entry("the offering items of two usages in a subtree", "FetchTenantOfferingItemsBatch", "usage_names-two",
			ofTwo(list{of: supplied}, "usage_names", "usage_name", "usage_name")),
		Entry("the offering items of two names in a subtree", "FetchTenantOfferingItemsBatch", "offering_items-two",
			ofTwo(list{of: supplied}, "offering_items", "name", "item_name")),
		Entry("what is used of two kinds", "FetchTenantUsages", "usage_names-two",
			ofTwo(list{of: supplied, vars: first}, "usage_names", "usage_name", "usage_name")),
		Entry("the offering items of the default edition", "FetchTenantOfferingItems", "default-edition-less",
			contents{list: list{of: shared("side"), drop: words("edition")}, others: true, also: thoseOfNoEdition}),
	)

	for _, op := range spec.Operations(spec.Named("FetchTenantOfferingItemsBatch")) {
		spec.Register(itemsBelow(op))
	}

	hundred := strings.Repeat(","+nobodys, 99) // and one more id: no more than 100 may be named
	DescribeTableSubtree("a list", func(id, probe, variant string, l list) {
		for _, op := range spec.Operations(spec.Named(id)) {
			sp := l.on(op, probe, variant)
			if probe == "unknown-left-out" {
				sp.Basis = spec.Documented // so many may be named, and of whatever objects (reference, parameter uuids)
			}
			spec.Register(sp)
		}
	},
		Entry("of tenants by a hundred ids", "FetchTenantsBatch", "unknown-left-out", "hundred",
			list{query: map[string]string{"uuids": "${tenant_id}" + hundred}, check: every("id", "tenant_id")}),
		Entry("of users by a hundred ids", "FetchUsersBatch", "unknown-left-out", "hundred",
			list{query: map[string]string{"uuids": "${user_id}" + hundred}, check: every("id", "user_id")}),
		Entry("of clients, one of which is unknown", "FetchClientsBatch", "unknown-left-out", "",
			list{query: map[string]string{"uuids": "${client_id}," + nobodys}, drop: words("origin_id"),
				check: every("client_id", "client_id")}),
		Entry("of users by two external ids", "FetchUsersBatch", "filter", "external_ids-two",
			list{query: map[string]string{"tenant_id": "${first_id}",
				"external_ids": "${unique}-adam,${unique}-berta"}, drop: words("uuids"), of: family,
				check: exactly("user_id", "second_user_id")}),
		Entry("of users in two kinds of tenants", "FetchUsersBatch", "filter", "tenant_kinds-two",
			list{query: map[string]string{"subtree_root_tenant_id": "${first_id}", "inside_organization": "true",
				"tenant_kinds": "customer,unit"}, drop: words("uuids"), of: family,
				check: exactly("user_id", "second_user_id", "unit_user_id")}),
		Entry("of an organization's users with one of two roles", "FetchUsersBatch", "filter", "access_policies-two",
			list{query: map[string]string{"subtree_root_tenant_id": "${first_id}", "inside_organization": "true",
				"access_policies": "company_admin,protection_admin"}, drop: words("uuids"), of: family,
				check: ofBothOrEither("user_id", "second_user_id")}),
		Entry("of two usages' offering items", "FetchTenantOfferingItems", "filter", "usage_names-two",
			list{query: map[string]string{"usage_names": "${usage_name},${second_usage_name}", "edition": "*"},
				of: supplied, vars: first, check: bothUsages}),
		Entry("of users by name, where logins are in another order", "FetchTenantUsers", "order", "by-name",
			list{query: map[string]string{"order": "name"}, of: varied, vars: inner,
				check: inOrder("user_id", "second_user_id")}),
		Entry("of users by login, where names are in another order", "FetchTenantUsers", "order", "by-login",
			list{query: map[string]string{"order": "login"}, of: varied, vars: inner,
				check: inOrder("second_user_id", "user_id")}),
	)
})

// itemsBelow asks for an item as far below the root of the list as there are tenants: below the sandbox's own tenant,
// on which the side lies, its partner, and the customers of that.
func itemsBelow(op *schemas.Operation) spec.Spec {
	sp := contents{list: list{of: supplied}, others: true}.on(op, "below")
	sp.Prepare = func(ctx context.Context, s *session.Session, id string) (spec.Case, error) {
		root := s.Sandbox.Root["tenant_id"]
		if root == nil {
			return spec.Case{}, spec.Inconclusive("the sandbox has no tenant of its own")
		}
		l := list{of: supplied, as: fixtures.Admin, query: map[string]string{
			"subtree_root_tenant_id": fmt.Sprint(root), "offering_items": "${item_name}"}}
		return l.look(op, onAtEach("tenant_id first_id second_id"))(ctx, s, id)
	}
	return sp
}

// onAtEach asks for the first item of the tree, which is on at each of the tenants.
func onAtEach(tenants string) itemsLook {
	return func(_ context.Context, a further, items []any) (wrong []schemas.Violation, _ error) {
		if looks := *a.looks; len(looks) > 0 && spec.Cursor(looks[len(looks)-1]) != "" {
			return nil, spec.Inconclusive(fmt.Sprintf("the list has more than %d pages", maxPages))
		}
		shown := map[string]bool{}
		for _, item := range items {
			fields, _ := item.(map[string]any)
			shown[itemKey(fields["tenant_id"], item)] = plain(fields["status"]) == "1"
		}
		for _, name := range words(tenants) {
			key := itemKey(a.vars[name], body{"application_id": a.vars["application_id"], "name": a.vars["item_name"]})
			if !shown[key] {
				wrong = append(wrong, faultAt("$.items", "complete", others(items), fmt.Sprintf(
					"the list lacks the item %v, which is on at the tenant %v", key, name)))
			}
		}
		return wrong, nil
	}
}

// belowSecond asks that a tenant that has moved names its new parent.
func belowSecond(_ context.Context, a further, items []any) (wrong []schemas.Violation, _ error) {
	for i, item := range items {
		fields, _ := item.(map[string]any)
		if parent := fields["parent_id"]; fields["id"] == a.vars["child_id"] && parent != a.vars["second_id"] {
			wrong = append(wrong, faultAt(itemAt(i, ".parent_id"), "as-read", fmt.Sprint(parent),
				fmt.Sprintf("the tenant was moved below %v", a.vars["second_id"])))
		}
	}
	return wrong, nil
}

// ofTwo asks a list for two values of a property, which the object has under the name and as the second of it: what
// comes is all that the list holds of the two.
func ofTwo(l list, parameter, property, name string) contents {
	whole := l
	l.query = map[string]string{parameter: "${" + name + "},${second_" + name + "}"}
	return contents{list: l, others: true, also: func(ctx context.Context, a further, items []any) (
		wrong []schemas.Violation, _ error) {
		_, every, err := a.about(ctx, a.op.ID, whole)
		if err != nil {
			return nil, err
		}
		key := func(item any) string {
			fields, _ := item.(map[string]any)
			return itemKey(cmp.Or(fields["tenant_id"], fields["tenant_uuid"]), item)
		}
		asked := func(item any) bool {
			fields, _ := item.(map[string]any)
			return fields[property] == a.vars[name] || fields[property] == a.vars["second_"+name]
		}
		shown := map[string]bool{}
		for i, item := range items {
			fields, _ := item.(map[string]any)
			if shown[key(item)] = true; !asked(item) {
				wrong = append(wrong, faultAt(itemAt(i, "."+property), "filter", fmt.Sprint(fields[property]),
					"the list was asked for two others"))
			}
		}
		for _, item := range every {
			if asked(item) && !shown[key(item)] {
				fields, _ := item.(map[string]any)
				wrong = append(wrong, faultAt("$.items", "filter", others(items), fmt.Sprintf(
					"the list lacks what it holds of %v, one of the two values", fields[property])))
			}
		}
		return wrong, nil
	}}
}

// brandOfFirst asks that the tenants below the first one, which have no brand of their own, have that of the nearest
// tenant above that has one (guide, "Managing tenants", brand_uuid).
func brandOfFirst(_ context.Context, a further, items []any) (wrong []schemas.Violation, err error) {
	above := itemNamed(items, a.vars["tenant_id"])
	for i, item := range items {
		fields, _ := item.(map[string]any)
		brand := fields["brand_uuid"]
		if brand == nil || above["brand_uuid"] == nil || fields["brand_enabled"] == true {
			continue
		}
		if brand != above["brand_uuid"] {
			wrong = append(wrong, faultAt(itemAt(i, ".brand_uuid"), "inherited", fmt.Sprint(brand),
				fmt.Sprintf("the brand of the nearest tenant above that has one is %v", above["brand_uuid"])))
		}
	}
	return wrong, nil
}

// ofBothOrEither asks for the holders of either of two roles, or, as no one has both, for no one: which of these the
// filter means is not documented.
func ofBothOrEither(names ...string) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, vars fixtures.Vars) []schemas.Violation {
		if len(items) == 0 {
			return nil
		}
		return exactly(names...)(items, vars)
	}
}

// bothUsages asks for items of the two usages that were named, and of no other.
func bothUsages(items []any, vars fixtures.Vars) (wrong []schemas.Violation) {
	found := map[any]bool{}
	for i, item := range items {
		fields, _ := item.(map[string]any)
		usage := fields["usage_name"]
		if found[usage] = true; usage != vars["usage_name"] && usage != vars["second_usage_name"] {
			wrong = append(wrong, faultAt(itemAt(i, ".usage_name"), "filter", fmt.Sprint(usage),
				"the list was asked for two others"))
		}
	}
	for _, name := range words("usage_name second_usage_name") {
		if !found[vars[name]] {
			wrong = append(wrong, faultAt("$.items", "filter", others(items),
				fmt.Sprintf("the list lacks the items of %v, one of the two usages", vars[name])))
		}
	}
	return wrong
}

// thoseOfNoEdition asks for the items that belong to no edition: they are in the list of every one (reference,
// parameter edition).
func thoseOfNoEdition(ctx context.Context, a further, items []any) (wrong []schemas.Violation, _ error) {
	_, every, err := a.about(ctx, a.op.ID, list{query: map[string]string{"edition": "*"}})
	if err != nil {
		return nil, err
	}
	shown := map[string]bool{}
	for _, item := range items {
		shown[itemKey("", item)] = true
	}
	for _, item := range every {
		fields, _ := item.(map[string]any)
		edition, told := fields["edition"]
		if told && edition == nil && !shown[itemKey("", item)] {
			wrong = append(wrong, faultAt("$.items", "complete", others(items),
				fmt.Sprintf("the list lacks %v, which belongs to no edition", fields["name"])))
		}
	}
	return wrong, nil
}
