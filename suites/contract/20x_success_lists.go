package contract

import (
	"acronis-conformance/suites/internal/spec"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/session"

	. "github.com/onsi/ginkgo/v2"
)

// list is a valid call of a list with other query parameters, and what its answer must then look like.
type list struct {
	query map[string]string // templates over the names of the object
	drop  []string          // parameters of the valid call that are left out
	upper string            // the parameter of the valid call that is written in capitals
	vars  map[string]string // names of the call that take the object's value of another name
	lod   string
	of    *session.Object // the object that is asked for, where it is not that of the valid call
	check func(items []any, vars fixtures.Vars) []schemas.Violation
	guess bool // what the parameter does is only assumed
	blank bool // a target that is true to the documentation may have nothing to list
}

// Lists: the filters and the forms that change what comes, and the pages.
var _ = Describe("20x success of lists", Label("20x"), func() {
	DescribeTableSubtree("a list", func(id, name, variant string, l list) {
		for _, op := range spec.Operations(spec.Named(id)) {
			spec.Register(l.on(op, name, variant))
		}
	},
		Entry("of tenants as stamps", "FetchTenantsBatch", "lod", "stamps", list{query: map[string]string{"lod": "stamps"},
			lod: "stamps", check: short("name", "kind", "contact", "language")}),
		Entry("of tenants in basic form", "FetchTenantsBatch", "lod", "basic",
			list{query: map[string]string{"lod": "basic"}, lod: "basic", check: short("contact", "language")}),
		Entry("of users as stamps", "FetchUsersBatch", "lod", "stamps", list{query: map[string]string{"lod": "stamps"},
			lod: "stamps", check: short("login", "contact", "language")}),
		Entry("of users in basic form", "FetchUsersBatch", "lod", "basic", list{query: map[string]string{"lod": "basic"},
			lod: "basic", check: short("contact", "language")}),

		Entry("of a tenant's children", "FetchTenantsBatch", "filter", "parent_id",
			list{query: map[string]string{"parent_id": "${side}"}, drop: []string{"uuids"},
				check: every("parent_id", "side")}),
		Entry("of a tenant and what is below it", "FetchTenantsBatch", "filter", "subtree_root_id",
			list{query: map[string]string{"subtree_root_id": "${tenant_id}"},
				drop: []string{"uuids"}, check: every("id", "tenant_id")}),
		Entry("of a tenant's users", "FetchUsersBatch", "filter", "tenant_id",
			list{query: map[string]string{"tenant_id": "${tenant_id}"}, drop: []string{"uuids"},
				check: every("tenant_id", "tenant_id")}),
		Entry("of a client", "FetchClientsBatch", "filter", "uuids", list{query: map[string]string{"uuids": "${client_id}"},
			drop:  []string{"origin_id"},
			check: every("client_id", "client_id")}),
		Entry("of the clients of an origin", "FetchClientsBatch", "filter", "origin_id", list{check: every("client_id",
			"client_id")}),
		Entry("of one edition's offering items", "FetchTenantOfferingItems", "filter", "edition",
			list{query: map[string]string{"edition": "advanced"},
				of: shared("side"), check: edition("advanced")}),
		Entry("of offering items, without saying of which edition", "FetchTenantOfferingItems", "default", "edition",
			list{drop: []string{"edition"},
				of: shared("side"), check: edition("standard")}),
		Entry("of what a child can be given, without saying of which edition", "FetchOfferingItemsAvailableForTenantChild",
			"default", "edition", list{
				drop: []string{"edition"}, check: edition("standard")}),
		Entry("of tenants that have changed since", "FetchTenantsBatch", "filter", "updated_since", list{
			query: map[string]string{"subtree_root_id": "${tenant_id}",
				"updated_since": farAhead}, drop: []string{"uuids"}, check: nothing}),
		Entry("of users that have changed since", "FetchUsersBatch", "filter", "updated_since", list{
			query: map[string]string{"tenant_id": "${tenant_id}",
				"updated_since": farAhead}, drop: []string{"uuids"}, check: nothing}),
		Entry("of offering items that have changed since", "FetchTenantOfferingItemsBatch", "filter", "updated_since", list{
			query: map[string]string{"updated_since": farAhead}, check: nothing}),
		Entry("of metered offering items", "FetchTenantOfferingItems", "filter", "type",
			list{query: map[string]string{"type": "count"}, check: all("type", "count")}),
		Entry("of offering items that are on", "FetchTenantOfferingItems", "filter", "status",
			list{query: map[string]string{"status": "1"}, check: all("status", "1")}),
		Entry("of a subtree's offering items", "FetchTenantOfferingItemsBatch", "filter", "subtree_root_tenant_id",
			list{check: every("tenant_id", "tenant_id")}),
		Entry("of tenants, the deleted ones too", "FetchTenantsBatch", "filter", "allow_deleted",
			deleted("deleted_customer", "uuids", "tenant_id")),
		Entry("of users, the deleted ones too", "FetchUsersBatch", "filter", "allow_deleted", deleted("deleted_user",
			"uuids", "user_id")),
		Entry("of tenants, without the deleted ones", "FetchTenantsBatch", "deleted-left-out", "",
			deletedLeftOut("deleted_customer", "uuids", "tenant_id")),
		Entry("of users, without the deleted ones", "FetchUsersBatch", "deleted-left-out", "",
			deletedLeftOut("deleted_user", "uuids", "user_id")),
		Entry("of a tenant's children, without the deleted ones", "FetchTenantChildren", "deleted-left-out", "", list{
			of: &session.Object{Key: fixtures.Own("deleted_customer", "children"), Side: fixtures.Home,
				Object: "deleted_customer"}, vars: map[string]string{"tenant_id": "side"},
			check: without("tenant_id")}),
		Entry("of a tenant's users, without the deleted ones", "FetchTenantUsers", "deleted-left-out", "", list{
			of: &session.Object{Key: fixtures.Own("deleted_user", "users"), Side: fixtures.Home,
				Object: "deleted_user"}, check: without("user_id")}),
		Entry("of what is found, without the deleted ones", "Search", "deleted-left-out", "", list{
			of: &session.Object{Key: fixtures.Own("deleted_customer", "search"), Side: fixtures.Home,
				Object: "deleted_customer"}, check: without("tenant_id")}),
		Entry("of tenants, one of which is unknown", "FetchTenantsBatch", "unknown-left-out", "",
			list{query: map[string]string{"uuids": "${tenant_id}," + nobodys}, check: every("id", "tenant_id")}),
		Entry("of users, one of whom is unknown", "FetchUsersBatch", "unknown-left-out", "",
			list{query: map[string]string{"uuids": "${user_id}," + nobodys}, check: every("id", "user_id")}),
		Entry("of locations, one of which is unknown", "FetchInfrastructuresLocationsBatch", "unknown-left-out", "",
			list{query: map[string]string{"uuids": "${location_id}," + nobodys}, check: every("id", "location_id")}),
		Entry("of storages, one of which is unknown", "FetchInfrastructuresBatch", "unknown-left-out", "",
			list{query: map[string]string{"uuids": "${infra_id}," + nobodys}, check: every("id", "infra_id")}),
		Entry("of nothing that is found", "Search", "finds", "nothing",
			list{query: map[string]string{"text": "nothing-${run}"}, check: empty}),
		Entry("of what is found", "Search", "finds", "", list{check: found("tenant_id")}),
		Entry("of a user who is found by login", "Search", "finds", "login", list{vars: map[string]string{"name": "login"},
			of: &session.Object{Key: fixtures.Shared(fixtures.Home, "user"), Side: fixtures.Home,
				Object: "user"}, check: found("user_id")}),
		Entry("of one usage's offering items", "FetchTenantOfferingItems", "filter", "usage_names",
			list{query: map[string]string{"usage_names": "${usage_name}"},
				check: every("usage_name", "usage_name")}),
		Entry("of what is found in other letters", "Search", "finds", "capitals", list{upper: "text",
			check: found("tenant_id")}),
		Entry("of a tenant that is found by the second word of its name", "Search", "finds", "word",
			worded("name-${unique}", "tenant_id")),
		Entry("of a tenant that is found by its number", "Search", "finds", "customer_id", worded("number-${unique}",
			"tenant_id")),
		Entry("of a tenant that is found by how its contact is called", "Search", "finds", "contact",
			worded("last-${unique}", "tenant_id")),
		Entry("of a tenant that is found by how an address begins", "Search", "finds", "email", worded("tenant-${unique}@",
			"tenant_id")),
		Entry("of a user who is found by how an address begins", "Search", "finds", "user-email", worded("user-${unique}@",
			"user_id")),
		Entry("of a user who is found by the second word of a name", "Search", "finds", "user-name",
			worded("family-${unique}", "user_id")),
		Entry("of what bears the text inside of a word", "Search", "finds", "nothing-inside",
			list{query: map[string]string{"text": "ame-${unique}"}, of: own("worded_user", "search"), check: empty}),
		Entry("of what is found, the deleted ones too", "Search", "filter", "allow_deleted",
			list{query: map[string]string{"allow_deleted": "true"},
				of: own("deleted_customer", "search"), check: found("tenant_id")}),
		Entry("of users who are found, without the deleted ones", "Search", "deleted-left-out", "users",
			list{vars: map[string]string{"name": "login"},
				of: own("deleted_user", "users"), check: without("user_id")}),

		Entry("of users by their external ids", "FetchUsersBatch", "filter", "external_ids", list{
			query: map[string]string{"tenant_id": "${first_id}",
				"external_ids": "${unique}-adam"}, drop: []string{"uuids"}, of: own("family_tree", "lists"),
			check: exactly("user_id")}),
		Entry("of the users of an origin", "FetchUsersBatch", "filter", "origin_id",
			list{query: map[string]string{"origin_id": "${unique}"}, drop: []string{"uuids"},
				of: own("user_of_an_origin", "lists"), check: exactly("user_id")}),
		Entry("of a subtree's users", "FetchUsersBatch", "filter", "subtree_root_tenant_id", list{
			query: map[string]string{"subtree_root_tenant_id": "${tenant_id}"}, drop: []string{"uuids"}, of: own("family_tree",
				"lists"),
			check: exactly("user_id", "second_user_id", "unit_user_id", "other_user_id")}),
		Entry("of users with their roles", "FetchUsersBatch", "filter", "with_access_policies",
			list{query: map[string]string{"with_access_policies": "true"},
				of: shared("roled_user"), check: bears("access_policies", "role_id", "role")}),
		Entry("of two users by their ids", "FetchUsersBatch", "filter", "uuids",
			list{query: map[string]string{"uuids": "${user_id},${second_user_id}"},
				of: own("family_tree", "lists"), check: exactly("user_id", "second_user_id")}),
		Entry("of two tenants by their ids", "FetchTenantsBatch", "filter", "uuids",
			list{query: map[string]string{"uuids": "${first_id},${second_id}"},
				of: own("family_tree", "lists"), check: exactly("first_id", "second_id")}),
		Entry("of a subtree, level by level", "FetchTenantsBatch", "order", "subtree_root_id",
			list{query: map[string]string{"subtree_root_id": "${tenant_id}"},
				drop: []string{"uuids"}, of: own("family_tree", "lists"), check: levelByLevel("first_id")}),
		Entry("of tenants with their contacts", "FetchTenantsBatch", "filter", "with_contacts",
			list{query: map[string]string{"with_contacts": "true"},
				check: bears("contacts", "email", ""), guess: true}),
		Entry("of tenants with offering items that are counted", "FetchTenantsBatch", "filter", "with_offering_items", list{
			query: map[string]string{"with_offering_items": "true", "uuids": "${first_id},${bare_id}"}, of: own(
				"supplied_tree", "lists"), check: counted("first_id")}),
		Entry("of tenants with offering items that are stored", "FetchTenantsBatch", "filter", "with_infra_offering_items",
			list{
				query: map[string]string{"with_infra_offering_items": "true", "uuids": "${side},${bare_id}"}, of: own(
					"supplied_tree", "lists"), check: omits("bare_id")}),
		Entry("of tenants with their offering items", "FetchTenantsBatch", "filter", "expand_offering_items", list{
			query: map[string]string{"expand_offering_items": "true", "uuids": "${first_id}"}, of: own("supplied_tree", "lists"),
			check: bears("offering_items", "name", "item_name")}),
		Entry("of a tenant and of what lies between it and the caller's own", "FetchTenantsBatch", "filter",
			"include_relative_path", list{
				query: map[string]string{"include_relative_path": "true", "uuids": "${unit_id}"}, of: own("family_tree", "lists"),
				check: exactly("side", "tenant_id", "first_id", "unit_id")}),

		Entry("of a tenant's children backwards", "FetchTenantChildren", "order", "name",
			list{query: map[string]string{"order": "-name"},
				of: own("family_tree", "lists"), check: inOrder("second_id", "first_id")}),
		Entry("of a tenant's users backwards", "FetchTenantUsers", "order", "login",
			list{query: map[string]string{"order": "-login"},
				of: own("family_tree", "lists"), vars: map[string]string{"tenant_id": "first_id"}, check: inOrder("second_user_id",
					"user_id")}),
		Entry("of a tenant's children, the deleted ones too", "FetchTenantChildren", "filter", "allow_deleted",
			list{query: map[string]string{"allow_deleted": "true"},
				of: own("family_tree", "lists"), check: exactly("first_id", "second_id", "gone_id")}),
		Entry("of a tenant's users, the deleted ones too", "FetchTenantUsers", "filter", "allow_deleted",
			list{query: map[string]string{"allow_deleted": "true"},
				of: own("deleted_user", "users"), check: found("user_id")}),
		Entry("of the users of a tenant and of what is below it", "FetchTenantUsers", "filter", "include_grand_children",
			list{
				query: map[string]string{"include_grand_children": "true"}, of: own("family_tree",
					"lists"), vars: map[string]string{"tenant_id": "first_id"},
				check: exactly("user_id", "second_user_id", "unit_user_id")}),
		Entry("of the users of a tenant alone", "FetchTenantUsers", "default", "include_grand_children",
			list{of: own("family_tree", "lists"),
				vars: map[string]string{"tenant_id": "first_id"}, check: exactly("user_id", "second_user_id")}),
		Entry("of the users of a partner and of its folders, of which there are none", "FetchTenantUsers", "filter",
			"include_grand_children-partner", list{
				query: map[string]string{"include_grand_children": "true"}, of: own("family_tree", "lists"), check: empty}),
		Entry("of a tenant's children, in the order of their names", "FetchTenantChildren", "default", "order",
			list{of: own("family_tree", "lists"),
				check: inOrder("first_id", "second_id")}),
		Entry("of a tenant's users, in the order of their names", "FetchTenantUsers", "default", "order",
			list{of: own("family_tree", "lists"),
				vars: map[string]string{"tenant_id": "first_id"}, check: inOrder("user_id", "second_user_id")}),
		Entry("of the clients of some ids, the deleted ones too", "FetchClientsBatch", "filter", "allow_deleted", list{
			query: map[string]string{"uuids": "${client_id},${gone_client_id}",
				"allow_deleted": "true"}, drop: []string{"origin_id"}, of: own("family_tree", "lists"),
			check: exactly("client_id", "gone_client_id"), guess: true}),
		Entry("of an organization's users", "FetchUsersBatch", "filter", "inside_organization", list{
			query: map[string]string{"subtree_root_tenant_id": "${tenant_id}",
				"inside_organization": "true"}, drop: []string{"uuids"}, of: own("family_tree", "lists"),
			check: empty, guess: true}),
		Entry("of an organization's users with a role", "FetchUsersBatch", "filter", "access_policies", list{
			query: map[string]string{"subtree_root_tenant_id": "${first_id}", "inside_organization": "true",
				"access_policies": "company_admin"},
			drop: []string{"uuids"}, of: own("family_tree", "lists"), check: exactly("user_id")}),
		Entry("of an organization's users in units", "FetchUsersBatch", "filter", "tenant_kinds", list{
			query: map[string]string{"subtree_root_tenant_id": "${first_id}", "inside_organization": "true",
				"tenant_kinds": "unit"},
			drop: []string{"uuids"}, of: own("family_tree", "lists"), check: exactly("unit_user_id")}),
		Entry("of an organization's users as far as a tenant", "FetchUsersBatch", "filter", "target_tenant_id", list{
			query: map[string]string{"subtree_root_tenant_id": "${first_id}", "inside_organization": "true",
				"target_tenant_id": "${first_id}"},
			drop: []string{"uuids"}, of: own("family_tree", "lists"), check: exactly("user_id", "second_user_id")}),
		Entry("of a tenant's users who are hidden too", "FetchTenantUsers", "filter", "include_hidden",
			list{query: map[string]string{"include_hidden": "true"},
				of: own("family_tree", "lists"), vars: map[string]string{"tenant_id": "first_id"}, check: includes("user_id",
					"second_user_id")}),

		Entry("of one usage's offering items in a subtree", "FetchTenantOfferingItemsBatch", "filter", "usage_names",
			list{query: map[string]string{"usage_names": "${usage_name}"},
				of: own("supplied_tree", "lists"), check: every("usage_name", "usage_name")}),
		Entry("of some editions' offering items in a subtree", "FetchTenantOfferingItemsBatch", "filter", "editions",
			list{query: map[string]string{"editions": "advanced"},
				of: own("supplied_tree", "lists"), check: edition("advanced")}),
		Entry("of offering items in a subtree by their names", "FetchTenantOfferingItemsBatch", "filter", "offering_items",
			list{query: map[string]string{"offering_items": "${item_name}"},
				of: own("supplied_tree", "lists"), check: every("name", "item_name")}),
		Entry("of what is used of one kind", "FetchTenantUsages", "filter", "usage_names",
			list{query: map[string]string{"usage_names": "${usage_name}"},
				of: own("supplied_tree", "lists"), vars: map[string]string{"tenant_id": "first_id"}, check: every("usage_name",
					"usage_name"), blank: true}),
		Entry("of what is used of some editions", "FetchTenantUsages", "filter", "editions",
			list{query: map[string]string{"editions": "advanced"},
				of: own("supplied_tree", "lists"), vars: map[string]string{"tenant_id": "first_id"}, check: edition("advanced")}),
		Entry("of what some tenants use of one kind", "FetchTenantsUsagesBatch", "filter", "usage_names", list{
			query: map[string]string{"tenants": "${first_id}", "usage_names": "${usage_name}"}, of: own("supplied_tree",
				"lists"),
			check: within("usages", every("usage_name", "usage_name")), blank: true}),
		Entry("of what some tenants use of some editions", "FetchTenantsUsagesBatch", "filter", "editions", list{
			query: map[string]string{"tenants": "${first_id}", "editions": "advanced"}, of: own("supplied_tree", "lists"),
			check: within("usages", edition("advanced"))}),
		Entry("of what two tenants use", "FetchTenantsUsagesBatch", "filter", "tenants",
			list{query: map[string]string{"tenants": "${first_id},${second_id}"},
				of: own("supplied_tree", "lists"), check: exactly("first_id", "second_id"), guess: true}),
		Entry("of offering items that are features", "FetchTenantOfferingItems", "filter", "type-feature",
			list{query: map[string]string{"type": "feature"},
				of: shared("side"), check: all("type", "feature")}),
		Entry("of what a child can be given of one edition", "FetchOfferingItemsAvailableForTenantChild", "filter",
			"edition", list{
				query: map[string]string{"edition": "advanced"}, check: edition("advanced")}),
		Entry("of a subtree's offering items, level by level", "FetchTenantOfferingItemsBatch", "order",
			"subtree_root_tenant_id", list{
				of: own("supplied_tree", "lists"), check: rootFirst}),
		Entry("of two tenants' services", "FetchTenantsApplicationsBatch", "filter", "tenants",
			list{query: map[string]string{"tenants": "${first_id},${second_id}"},
				of: own("family_tree", "lists"), check: exactly("first_id", "second_id"), guess: true}),
		Entry("of two locations by their ids", "FetchInfrastructuresLocationsBatch", "filter", "uuids",
			list{query: map[string]string{"uuids": "${location_id},${second_location_id}"},
				of: own("storage_tree", "lists"), check: exactly("location_id", "second_location_id")}),
		Entry("of two storages by their ids", "FetchInfrastructuresBatch", "filter", "uuids",
			list{query: map[string]string{"uuids": "${infra_id},${second_infra_id}"},
				of: own("storage_tree", "lists"), check: exactly("infra_id", "second_infra_id")}),
		Entry("of offering items that are off", "FetchTenantOfferingItems", "filter", "status-off",
			list{query: map[string]string{"status": "0"}, check: off}),
		Entry("of offering items that are stored", "FetchTenantOfferingItems", "filter", "type-infra",
			list{query: map[string]string{"type": "infra"}, of: shared("side"), check: stored}),
		Entry("of what is found, without saying how much", "Search", "default", "limit",
			list{query: map[string]string{"text": "conformance"}, check: atMost(10)}),
		Entry("of the children that a tenant has left", "FetchTenantChildren", "moved-away", "",
			list{of: own("moved_customer", "lists"), check: inOrder()}),
		Entry("of what is found, cut short", "Search", "filter", "limit", list{query: map[string]string{"limit": "1",
			"text": "conformance"}, check: atMost(1)}),
	)

	DescribeTableSubtree("a list that takes several pages", func(id, object string, query map[string]string, drop string) {
		for _, op := range spec.Operations(spec.Named(id)) {
			spec.Register(paged(op, object, query, drop))
		}
	},
		Entry("of tenants", "FetchTenantsBatch", "family_tree", map[string]string{"subtree_root_id": "${tenant_id}"},
			"uuids"),
		Entry("of users", "FetchUsersBatch", "family_tree", map[string]string{"subtree_root_tenant_id": "${tenant_id}"},
			"uuids"),
		Entry("of offering items", "FetchTenantOfferingItemsBatch", "supplied_tree", nil, ""),
	)
	DescribeTableSubtree("a list of what has changed since", func(id, object string, query map[string]string,
		drop string) {
		for _, op := range spec.Operations(spec.Named(id)) {
			spec.Register(changedSince(op, object, query, drop))
		}
	},
		Entry("of tenants", "FetchTenantsBatch", "family_tree", map[string]string{"subtree_root_id": "${tenant_id}"},
			"uuids"),
		Entry("of users", "FetchUsersBatch", "family_tree", map[string]string{"subtree_root_tenant_id": "${tenant_id}"},
			"uuids"),
		Entry("of offering items", "FetchTenantOfferingItemsBatch", "supplied_tree", nil, ""),
	)
	for _, op := range spec.Operations(spec.Named("FetchTenantOfferingItems")) {
		spec.Register(storedOn(op))
	}
})

// deleted asks for an object that was deleted, as the parameter allow_deleted permits.
func deleted(object, parameter, id string) list {
	return list{
		query: map[string]string{parameter: "${" + id + "}", "allow_deleted": "true"},
		of:    &session.Object{Key: fixtures.Own(object, "lists"), Side: fixtures.Home, Object: object},
		check: func(items []any, vars fixtures.Vars) []schemas.Violation {
			wrong := every("id", id)(items, vars)
			for i, item := range items {
				fields, _ := item.(map[string]any)
				if fields["deleted_at"] == nil {
					wrong = append(wrong, schemas.Violation{Path: fmt.Sprintf("$.items[%d].deleted_at", i), Rule: "deleted",
						Found: "null", Detail: "a deleted object says when it was deleted"})
				}
			}
			return wrong
		},
	}
}

// deletedLeftOut asks for the same object without that parameter.
func deletedLeftOut(object, parameter, id string) list {
	l := deleted(object, parameter, id)
	delete(l.query, "allow_deleted")
	l.check = func(items []any, _ fixtures.Vars) []schemas.Violation {
		if len(items) == 0 {
			return nil
		}
		return []schemas.Violation{{Path: "$.items", Rule: "deleted", Found: fmt.Sprint(len(items)) + " items",
			Detail: "the list shows a deleted object, though nobody asked for those"}}
	}
	return l
}

// own and shared are objects that a list is asked about: own is one that others may look at, and no one changes.
func own(object, owner string) *session.Object {
	return &session.Object{Key: fixtures.Own(object, owner), Side: fixtures.Home, Object: object}
}

func shared(object string) *session.Object {
	return &session.Object{Key: fixtures.Shared(fixtures.Home, object), Side: fixtures.Home, Object: object}
}

// worded looks for a text that only words of the object under the name begin with.
func worded(text, name string) list {
	return list{query: map[string]string{"text": text}, of: own("worded_user", "search"), check: found(name)}
}

// nobodys is an id that nothing bears: lists leave it out.
const nobodys = "00000000-0000-4000-8000-000000000000"

// empty asks for no items.
func empty(items []any, _ fixtures.Vars) []schemas.Violation {
	if len(items) == 0 {
		return nil
	}
	return []schemas.Violation{{Path: "$.items", Rule: "filter", Found: fmt.Sprint(len(items)) + " items",
		Detail: "nothing fits what the list was asked for"}}
}

// farAhead is a moment after which nothing has changed yet, whatever the clocks say.
const farAhead = "2100-01-01T00:00:00Z"

func nothing(items []any, _ fixtures.Vars) []schemas.Violation {
	if len(items) == 0 {
		return nil
	}
	return []schemas.Violation{{Path: "$.items", Rule: "filter", Found: fmt.Sprint(len(items)) + " items",
		Detail: "the list was asked for what has changed after " + farAhead}}
}

// short asks for one item that is no more than the form that was asked for: it lacks what only the longer ones have.
func short(longer ...string) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, _ fixtures.Vars) []schemas.Violation {
		if len(items) != 1 {
			return []schemas.Violation{{Path: "$.items", Rule: "filter", Found: fmt.Sprint(len(items)) + " items",
				Detail: "one object was asked for"}}
		}
		fields, _ := items[0].(map[string]any)
		var wrong []schemas.Violation
		for _, name := range longer {
			if _, there := fields[name]; there {
				wrong = append(wrong, schemas.Violation{Path: "$.items[0]." + name, Rule: "lod",
					Found: "a property of a longer form", Detail: "the list was asked for a shorter form of its items"})
			}
		}
		return wrong
	}
}

// without asks that the object whose id is under the name is not among the items, which are objects or ids.
func without(name string) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, vars fixtures.Vars) []schemas.Violation {
		for i, item := range items {
			id := item
			if fields, isObject := item.(map[string]any); isObject {
				id = fields["id"]
			}
			if fmt.Sprint(id) == fmt.Sprint(vars[name]) {
				return []schemas.Violation{{Path: fmt.Sprintf("$.items[%d]", i), Rule: "deleted", Found: fmt.Sprint(id),
					Detail: "the list shows a deleted object, though nobody asked for those"}}
			}
		}
		return nil
	}
}

func atMost(limit int) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, _ fixtures.Vars) []schemas.Violation {
		if len(items) <= limit {
			return nil
		}
		return []schemas.Violation{{Path: "$.items", Rule: "limit", Found: fmt.Sprint(len(items)) + " items",
			Detail: fmt.Sprintf("at most %d may come", limit)}}
	}
}

// off asks that the items are off, and that none has a quota (guide, "Managing quotas").
func off(items []any, vars fixtures.Vars) []schemas.Violation {
	wrong := all("status", "0")(items, vars)
	for i, item := range items {
		if fields, _ := item.(map[string]any); fields["quota"] != nil {
			wrong = append(wrong, schemas.Violation{Path: fmt.Sprintf("$.items[%d].quota", i), Rule: "quota", Found: "a quota",
				Detail: "an item that is off has none"})
		}
	}
	return wrong
}

// stored asks that each item tells on which storage.
func stored(items []any, vars fixtures.Vars) []schemas.Violation {
	wrong := all("type", "infra")(items, vars)
	for i, item := range items {
		if fields, _ := item.(map[string]any); fields["infra_id"] == nil {
			wrong = append(wrong, schemas.Violation{Path: fmt.Sprintf("$.items[%d].infra_id", i), Rule: "storage",
				Found: "none", Detail: "an item that is stored tells on which storage"})
		}
	}
	return wrong
}

// every asks that the items' property is what the object bears under the name, and that there is at least one.
func every(property, name string) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, vars fixtures.Vars) []schemas.Violation {
		wrong := all(property, fmt.Sprint(vars[name]))(items, vars)
		if len(items) == 0 {
			wrong = append(wrong, schemas.Violation{Path: "$.items", Rule: "filter", Found: "no items",
				Detail: "the list lacks what is there"})
		}
		return wrong
	}
}

// found asks that the object whose id is under the name is among the items.
func found(name string) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, vars fixtures.Vars) []schemas.Violation {
		if slices.Contains(idsOf(items), fmt.Sprint(vars[name])) {
			return nil
		}
		return []schemas.Violation{{Path: "$.items", Rule: "found", Found: fmt.Sprint(len(items)) + " others",
			Detail: fmt.Sprintf("what was asked for, %v, is not among what is found", vars[name])}}
	}
}

// edition asks that no item is of another edition; those of none are in every list.
func edition(name string) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, _ fixtures.Vars) []schemas.Violation {
		return all("edition", name)(slices.DeleteFunc(slices.Clone(items), func(item any) bool {
			fields, _ := item.(map[string]any)
			return fields["edition"] == nil
		}), nil)
	}
}

// exactly asks for the objects whose ids are under the names, in any order, and for no others.
func exactly(names ...string) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, vars fixtures.Vars) []schemas.Violation {
		return differs(slices.Sorted(slices.Values(idsOf(items))), slices.Sorted(slices.Values(under(vars, names))),
			"the list was asked for others, or for more")
	}
}

// inOrder asks for the same ones in this order.
func inOrder(names ...string) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, vars fixtures.Vars) []schemas.Violation {
		return differs(idsOf(items), under(vars, names), "the list was asked for others, or in another order")
	}
}

func differs(found, asked []string, detail string) []schemas.Violation {
	if slices.Equal(found, asked) {
		return nil
	}
	return []schemas.Violation{{Path: "$.items", Rule: "filter", Found: fmt.Sprint(found), Detail: detail +
		fmt.Sprintf(": %v", asked)}}
}

func under(vars fixtures.Vars, names []string) []string {
	var values []string
	for _, name := range names {
		values = append(values, fmt.Sprint(vars[name]))
	}
	return values
}

// idsOf returns what the items go by, which are objects or ids: their own id, or that of the tenant that they are
// about.
func idsOf(items []any) []string {
	var ids []string
	for _, item := range items {
		if fields, isObject := item.(map[string]any); isObject {
			item = cmp.Or(fields["id"], fields["client_id"], fields["tenant"])
		}
		ids = append(ids, fmt.Sprint(item))
	}
	return ids
}

// levelByLevel asks for the root first, for the child of that name below it, and that no tenant comes before its
// parent, or after the next level has begun.
func levelByLevel(child string) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, vars fixtures.Vars) []schemas.Violation {
		ids := idsOf(items)
		if len(ids) == 0 || ids[0] != vars["tenant_id"] || !slices.Contains(ids, fmt.Sprint(vars[child])) {
			return []schemas.Violation{{Path: "$.items", Rule: "filter", Found: fmt.Sprint(ids),
				Detail: "a subtree begins with its root and holds what is below"}}
		}
		level, deepest := map[any]int{ids[0]: 1}, 1
		for i, item := range items[1:] {
			fields, _ := item.(map[string]any)
			above := level[fields["parent_id"]]
			if above == 0 || above+1 < deepest {
				return []schemas.Violation{{Path: fmt.Sprintf("$.items[%d]", i+1), Rule: "order", Found: fmt.Sprint(fields["id"]),
					Detail: "a subtree is listed level by level, parents before their children"}}
			}
			deepest = above + 1
			level[fields["id"]] = deepest
		}
		return nil
	}
}

// rootFirst asks that the items of the root come before those of the tenants below it.
func rootFirst(items []any, vars fixtures.Vars) []schemas.Violation {
	below := false
	for i, item := range items {
		fields, _ := item.(map[string]any)
		ofRoot := fields["tenant_id"] == vars["tenant_id"]
		if below && ofRoot {
			return []schemas.Violation{{Path: fmt.Sprintf("$.items[%d]", i), Rule: "order",
				Found:  "an item of the root after one of a tenant below it",
				Detail: "the items of a subtree are listed level by level (reference, subtree_root_tenant_id)"}}
		}
		below = below || !ofRoot
	}
	return nil
}

// counted asks for the objects under the names, where items that are counted can be told from others.
func counted(names ...string) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, vars fixtures.Vars) []schemas.Violation {
		if vars["item_type"] != "count" && vars["second_item_type"] != "count" {
			names = nil // none of the items is
		}
		return exactly(names...)(items, vars)
	}
}

// omits asks that the object under the name is not among the items.
func omits(name string) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, vars fixtures.Vars) []schemas.Violation {
		if !slices.Contains(idsOf(items), fmt.Sprint(vars[name])) {
			return nil
		}
		return []schemas.Violation{{Path: "$.items", Rule: "filter", Found: fmt.Sprint(vars[name]),
			Detail: "the list holds what the filter leaves out"}}
	}
}

// includes asks for the objects under the names, whatever else there is.
func includes(names ...string) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, vars fixtures.Vars) []schemas.Violation {
		var wrong []schemas.Violation
		for _, name := range names {
			wrong = append(wrong, found(name)(items, vars)...)
		}
		return wrong
	}
}

// within checks the lists that the items hold under the property, as one.
func within(property string, check func([]any, fixtures.Vars) []schemas.Violation) func([]any,
	fixtures.Vars) []schemas.Violation {
	return func(items []any, vars fixtures.Vars) []schemas.Violation {
		return check(inside(items, property), vars)
	}
}

// inside returns what the items hold in their lists under the property.
func inside(items []any, property string) []any {
	var all []any
	for _, item := range items {
		fields, _ := item.(map[string]any)
		some, _ := fields[property].([]any)
		all = append(all, some...)
	}
	return all
}

// bears asks for one item whose list under the property has a part with a value: that under the name, or any.
func bears(property, part, name string) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, vars fixtures.Vars) []schemas.Violation {
		for _, item := range items {
			fields, _ := item.(map[string]any)
			parts, _ := fields[property].([]any)
			for _, one := range parts {
				if value, _ := one.(map[string]any); value[part] != nil && (name == "" || value[part] == vars[name]) {
					return nil
				}
			}
		}
		return []schemas.Violation{{Path: "$.items[0]." + property, Rule: "filter", Found: "none with its " + part,
			Detail: "the list was asked for its items with their " + property}}
	}
}

// all asks that the items' property has one value.
func all(property, value string) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, _ fixtures.Vars) []schemas.Violation {
		var wrong []schemas.Violation
		for i, item := range items {
			fields, _ := item.(map[string]any)
			if found := fmt.Sprint(fields[property]); found != value {
				wrong = append(wrong, schemas.Violation{Path: fmt.Sprintf("$.items[%d].%s", i, property), Rule: "filter",
					Found:  found,
					Detail: "the list was asked for " + value + " only"})
			}
		}
		return wrong
	}
}

func (l list) on(op *schemas.Operation, name, variant string) spec.Spec {
	call := spec.Catalogue().Call(op.ID)
	key := session.VictimKey(op, call)
	if l.of != nil {
		key = l.of.Key
	}
	return spec.Spec{
		Code: "20x", Probe: name, Variant: variant, Subject: op.ID, Operation: op, Method: op.Method, Path: op.Path,
		Want: op.Success(), Lod: l.lod,
		Basis: report.Basis{Rejection: report.Documented, Code: report.Assumed}, Control: op.ID, Settles: true,
		Objects: func(n session.Needs) {
			spec.NeedTargetObject(n, op)
			if l.of != nil {
				n.Add(*l.of)
			}
		},
		Prepare: func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
			vars, err := s.Vars(key, id)
			if err != nil {
				return spec.Case{}, err
			}
			r, err := l.ask(s, op, vars)
			return spec.Case{Request: r, Check: func(ctx context.Context, e *exchange.Exchange) ([]schemas.Violation,
				[]*exchange.Exchange, error) {
				if e.Status() != op.Success() {
					return nil, nil, nil
				}
				items, wrong, looks, err := allPages(ctx, s, id, r, e)
				if err != nil || len(wrong) > 0 {
					return wrong, looks, err
				}
				if l.lod != "" { // a shorter form lacks what the reference lists for the longer ones
					items = spec.WholeItems(e)
				}
				wrong = l.check(items, vars)
				if l.guess || l.blank && (len(items) == 0 || len(inside(items, "usages")) == 0 &&
					op.ID == "FetchTenantsUsagesBatch") {
					wrong, err = spec.AssumedOnly(s, wrong)
				}
				return wrong, looks, err
			}}, err
		},
	}
}

// ask is the valid call with the list's own query.
func (l list) ask(s *session.Session, op *schemas.Operation, vars fixtures.Vars) (fixtures.Request, error) {
	of := maps.Clone(vars)
	for name, other := range l.vars {
		of[name] = vars[other]
	}
	r, err := s.Catalogue.Request(op.ID, of)
	if err != nil {
		return fixtures.Request{}, err
	}
	for _, name := range l.drop {
		r.Query.Del(name)
	}
	for name, template := range l.query {
		value, err := vars.Fill(template)
		if err != nil {
			return fixtures.Request{}, err
		}
		r.Query.Set(name, value)
	}
	if l.upper != "" {
		r.Query.Set(l.upper, strings.ToUpper(r.Query.Get(l.upper)))
	}
	return r, nil
}
