package contract

import (
	"acronis-conformance/fixtures"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// shortestText is what the names of all that a run makes begin with, as short as a search may be (reference, text).
const shortestText = "con"

// Lists: the filters and the forms that change what comes, and the pages.
var _ = Describe("20x success of lists", Label("20x"), func() {
	DescribeTableSubtree("a list", func(id, name, variant string, l list) {
		for _, op := range spec.Operations(spec.Named(id)) {
			sp := l.on(op, name, variant)
			if name == "unknown-left-out" {
				sp.Basis = spec.Documented // an unknown id is not an error (reference, parameter uuids)
			}
			spec.Register(sp)
		}
	},
		Entry("of tenants as stamps", "FetchTenantsBatch", "lod", "stamps",
			list{query: map[string]string{"lod": "stamps"},
				lod: "stamps", check: short("name", "kind", "contact", "language")}),
		Entry("of tenants in basic form", "FetchTenantsBatch", "lod", "basic",
			list{query: map[string]string{"lod": "basic"}, lod: "basic", check: short("contact", "language")}),
		Entry("of users as stamps", "FetchUsersBatch", "lod", "stamps", list{query: map[string]string{"lod": "stamps"},
			lod: "stamps", check: short("login", "contact", "language")}),
		Entry("of users in basic form", "FetchUsersBatch", "lod", "basic",
			list{query: map[string]string{"lod": "basic"},
				lod: "basic", check: short("contact", "language")}),
		Entry("of users in full form", "FetchUsersBatch", "lod", "full",
			list{query: map[string]string{"lod": "full"}, lod: "full", check: short()}),

		Entry("of a tenant's children", "FetchTenantsBatch", "filter", "parent_id",
			list{query: map[string]string{"parent_id": "${side}"}, drop: []string{"uuids"},
				check: every("parent_id", "side")}),
		Entry("of a tenant and what is below it", "FetchTenantsBatch", "filter", "subtree_root_id",
			list{query: map[string]string{"subtree_root_id": "${tenant_id}"},
				drop: []string{"uuids"}, check: every("id", "tenant_id")}),
		Entry("of a tenant's users", "FetchUsersBatch", "filter", "tenant_id",
			list{query: map[string]string{"tenant_id": "${tenant_id}"}, drop: []string{"uuids"},
				check: every("tenant_id", "tenant_id")}),
		Entry("of a client", "FetchClientsBatch", "filter", "uuids",
			list{query: map[string]string{"uuids": "${client_id}"},
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
		Entry("of what a child can be given, without saying of which edition",
			"FetchOfferingItemsAvailableForTenantChild",
			"default", "edition", list{
				drop: []string{"edition"}, check: edition("standard")}),
		Entry("of tenants that have changed since", "FetchTenantsBatch", "filter", "updated_since", list{
			query: map[string]string{"subtree_root_id": "${tenant_id}",
				"updated_since": farAhead}, drop: []string{"uuids"}, check: nothing}),
		Entry("of users that have changed since", "FetchUsersBatch", "filter", "updated_since", list{
			query: map[string]string{"tenant_id": "${tenant_id}",
				"updated_since": farAhead}, drop: []string{"uuids"}, check: nothing}),
		Entry("of offering items that have changed since", "FetchTenantOfferingItemsBatch", "filter", "updated_since",
			list{
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
		Entry("of tenants, without one that went with the tenant above", "FetchTenantsBatch", "deleted-left-out",
			"below", list{of: own("deleted_household", "404"), query: query("uuids", "personal_id unit_id"),
				check: without("personal_id", "unit_id")}),
		Entry("of users, without the deleted ones", "FetchUsersBatch", "deleted-left-out", "",
			deletedLeftOut("deleted_user", "uuids", "user_id")),
		Entry("of a tenant's children, without the deleted ones", "FetchTenantChildren", "deleted-left-out", "", list{
			of: &session.Object{Key: fixtures.Own("deleted_customer", "children"), Side: fixtures.Home,
				Object: "deleted_customer"}, vars: map[string]string{"tenant_id": "side"},
			query: map[string]string{"allow_deleted": "false"}, check: without("tenant_id")}),
		Entry("of a tenant's users, without the deleted ones", "FetchTenantUsers", "deleted-left-out", "", list{
			of: &session.Object{Key: fixtures.Own("deleted_user", "users"), Side: fixtures.Home,
				Object: "deleted_user"}, query: map[string]string{"allow_deleted": "false"},
			check: without("user_id")}),
		Entry("of what is found, without the deleted ones", "Search", "deleted-left-out", "", list{
			of: &session.Object{Key: fixtures.Own("deleted_customer", "search"), Side: fixtures.Home,
				Object: "deleted_customer"}, check: without("tenant_id")}),
		Entry("of tenants, one of which is unknown", "FetchTenantsBatch", "unknown-left-out", "",
			list{query: map[string]string{"uuids": "${tenant_id}," + nobodys}, check: every("id", "tenant_id")}),
		Entry("of users, one of whom is unknown", "FetchUsersBatch", "unknown-left-out", "",
			list{query: map[string]string{"uuids": nobodys + ",${user_id}"}, check: every("id", "user_id")}),
		Entry("of locations, one of which is unknown", "FetchInfrastructuresLocationsBatch", "unknown-left-out", "",
			list{query: map[string]string{"uuids": "${location_id}," + nobodys}, check: every("id", "location_id")}),
		Entry("of storages, one of which is unknown", "FetchInfrastructuresBatch", "unknown-left-out", "",
			list{query: map[string]string{"uuids": nobodys + ",${infra_id}"}, check: every("id", "infra_id")}),
		Entry("of nothing that is found", "Search", "finds", "nothing",
			list{query: map[string]string{"text": "nothing-${run} 100%"}, check: empty}),
		Entry("of what is found", "Search", "finds", "", list{check: found("tenant_id")}),
		Entry("of a user who is found by login", "Search", "finds", "login",
			list{vars: map[string]string{"name": "login"},
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
		Entry("of a tenant that is found by how an address begins", "Search", "finds", "email",
			worded("tenant-${unique}@",
				"tenant_id")),
		Entry("of a user who is found by how an address begins", "Search", "finds", "user-email",
			worded("user-${unique}@",
				"user_id")),
		Entry("of a user who is found by the second word of a name", "Search", "finds", "user-name",
			worded("family-${unique}", "user_id")),
		Entry("of what has the text inside of a word", "Search", "finds", "nothing-inside",
			list{query: map[string]string{"text": "ame-${unique}"}, of: own("worded_user", "search"), check: empty}),
		Entry("of what is found, the deleted ones too", "Search", "filter", "allow_deleted",
			list{query: map[string]string{"allow_deleted": "true"},
				of: own("deleted_customer", "search"), check: foundDeleted("tenant_id")}),
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
			query: map[string]string{"subtree_root_tenant_id": "${tenant_id}"}, drop: []string{"uuids"},
			of: own("family_tree",
				"lists"),
			check: exactly("user_id", "second_user_id", "unit_user_id", "other_user_id")}),
		Entry("of users with their roles", "FetchUsersBatch", "filter", "with_access_policies",
			list{query: map[string]string{"with_access_policies": "true"},
				of: shared("roled_user"), check: contains("access_policies", "role_id", "role")}),
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
				check: contains("contacts", "email", ""), guess: true}),
		Entry("of a tenant with the contact that bills are sent to", "FetchTenantsBatch", "filter",
			"with_contacts-billing", list{query: map[string]string{"with_contacts": "true"},
				of: own("complete_customer", "lists"), check: billedAmong}),
		Entry("of tenants with offering items that are counted", "FetchTenantsBatch", "filter", "with_offering_items",
			list{
				query: map[string]string{"with_offering_items": "true", "uuids": "${first_id},${bare_id}"}, of: own(
					"supplied_tree", "lists"), check: holdingCounted("first_id"),
				says: "tenants are listed that have offering items that are counted, and no others"}),
		Entry("of tenants with offering items that are stored", "FetchTenantsBatch", "filter",
			"with_infra_offering_items",
			list{
				query: map[string]string{"with_infra_offering_items": "true", "uuids": "${side},${bare_id}"}, of: own(
					"supplied_tree", "lists"), check: omits("bare_id"),
				says: "tenants are listed that have offering items that are stored, and no others"}),
		Entry("of tenants with their offering items", "FetchTenantsBatch", "filter", "expand_offering_items", list{
			query: map[string]string{"expand_offering_items": "true", "uuids": "${first_id}"}, of: own("supplied_tree",
				"lists"),
			check: bothExpanded, says: "tenants are listed with their offering items"}),
		Entry("of a tenant and of what lies between it and the caller's own", "FetchTenantsBatch", "filter",
			"include_relative_path", list{
				query: map[string]string{"include_relative_path": "true", "uuids": "${unit_id}"}, of: own("family_tree",
					"lists"),
				check: exactly("side", "tenant_id", "first_id", "unit_id"),
				says:  "tenants are listed with those that lie between them and the caller's own, and with that one"}),

		Entry("of a tenant's children backwards", "FetchTenantChildren", "order", "name",
			list{query: map[string]string{"order": "-name"},
				of: own("family_tree", "lists"), check: inOrder("second_id", "first_id")}),
		Entry("of a tenant's users backwards", "FetchTenantUsers", "order", "login",
			list{query: map[string]string{"order": "-login"},
				of: own("family_tree", "lists"), vars: map[string]string{"tenant_id": "first_id"},
				check: inOrder("second_user_id",
					"user_id")}),
		Entry("of a tenant's children, the deleted ones too", "FetchTenantChildren", "filter", "allow_deleted",
			list{query: map[string]string{"allow_deleted": "true"},
				of: own("family_tree", "lists"), check: exactly("first_id", "second_id", "gone_id")}),
		Entry("of a tenant's users, the deleted ones too", "FetchTenantUsers", "filter", "allow_deleted",
			list{query: map[string]string{"allow_deleted": "true"},
				of: own("deleted_user", "users"), check: found("user_id")}),
		Entry("of the users of a tenant and of what is below it", "FetchTenantUsers", "filter",
			"include_grand_children",
			list{
				query: map[string]string{"include_grand_children": "true"}, of: own("family_tree",
					"lists"), vars: map[string]string{"tenant_id": "first_id"},
				check: exactly("user_id", "second_user_id", "unit_user_id")}),
		Entry("of the users of a tenant alone", "FetchTenantUsers", "default", "include_grand_children",
			list{of: own("family_tree", "lists"),
				vars: map[string]string{"tenant_id": "first_id"}, check: exactly("user_id", "second_user_id")}),
		Entry("of the users of a partner and of its folders, of which there are none", "FetchTenantUsers", "filter",
			"include_grand_children-partner", list{
				query: map[string]string{"include_grand_children": "true"}, of: own("family_tree", "lists"),
				check: empty, says: "the users of a partner and of its folders are listed, and none of its customers"}),
		Entry("of a tenant's children, in the order of their names", "FetchTenantChildren", "default", "order",
			list{of: own("family_tree", "lists"),
				check: inOrder("first_id", "second_id")}),
		Entry("of a tenant's users, in the order of their names", "FetchTenantUsers", "default", "order",
			list{of: own("family_tree", "lists"),
				vars: map[string]string{"tenant_id": "first_id"}, check: inOrder("user_id", "second_user_id")}),
		Entry("of the clients of some ids, the deleted ones too", "FetchClientsBatch", "filter", "allow_deleted", list{
			query: map[string]string{"uuids": "${client_id},${gone_client_id}",
				"allow_deleted": "true"}, drop: []string{"origin_id"}, of: own("family_tree", "lists"),
			check: exactly("client_id", "gone_client_id")}),
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
				of: own("family_tree", "lists"), vars: map[string]string{"tenant_id": "first_id"},
				check: includes("user_id",
					"second_user_id")}),

		Entry("of one usage's offering items in a subtree", "FetchTenantOfferingItemsBatch", "filter", "usage_names",
			list{query: map[string]string{"usage_names": "${usage_name}"},
				of: own("supplied_tree", "lists"), check: every("usage_name", "usage_name")}),
		Entry("of some editions' offering items in a subtree", "FetchTenantOfferingItemsBatch", "filter", "editions",
			list{query: map[string]string{"editions": "advanced"},
				of: own("supplied_tree", "lists"), check: edition("advanced")}),
		Entry("of offering items in a subtree by their names", "FetchTenantOfferingItemsBatch", "filter",
			"offering_items",
			list{query: map[string]string{"offering_items": "${item_name}"},
				of: own("supplied_tree", "lists"), check: every("name", "item_name")}),
		Entry("of what is used of one kind", "FetchTenantUsages", "filter", "usage_names",
			list{query: map[string]string{"usage_names": "${usage_name}"},
				of: own("supplied_tree", "lists"), vars: map[string]string{"tenant_id": "first_id"},
				check: every("usage_name",
					"usage_name"), blank: true}),
		Entry("of what is used of some editions", "FetchTenantUsages", "filter", "editions",
			list{query: map[string]string{"editions": "advanced"},
				of: own("supplied_tree", "lists"), vars: map[string]string{"tenant_id": "first_id"},
				check: edition("advanced")}),
		Entry("of what some tenants use of one kind", "FetchTenantsUsagesBatch", "filter", "usage_names", list{
			query: map[string]string{"tenants": "${first_id}", "usage_names": "${usage_name}"}, of: own("supplied_tree",
				"lists"),
			check: within("usages", every("usage_name", "usage_name")), blank: true}),
		Entry("of what some tenants use of some editions", "FetchTenantsUsagesBatch", "filter", "editions", list{
			query: map[string]string{"tenants": "${first_id}", "editions": "advanced"}, of: own("supplied_tree",
				"lists"),
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
		Entry("of offering items that are counted and off", "FetchTenantOfferingItems", "filter", "status-off",
			list{query: map[string]string{"status": "0", "type": "count"}, check: off}),
		Entry("of offering items that are stored", "FetchTenantOfferingItems", "filter", "type-infra",
			list{query: map[string]string{"type": "infra"}, of: shared("side"), check: stored}),
		Entry("of what is found, without saying how much", "Search", "default", "limit",
			list{query: map[string]string{"text": shortestText}, check: atMost(10)}),
		Entry("of the children that a tenant has left", "FetchTenantChildren", "moved-away", "",
			list{of: own("moved_customer", "lists"), check: inOrder()}),
		Entry("of what is found, cut short", "Search", "filter", "limit", list{query: map[string]string{"limit": "1",
			"text": "conformance"}, check: atMost(1)}),
	)

	DescribeTableSubtree("a list that takes several pages", func(id, variant, object string, query map[string]string,
		drop string) {
		for _, op := range spec.Operations(spec.Named(id)) {
			sp := paged(op, object, query, drop)
			sp.Variant = variant
			spec.Register(sp)
		}
	},
		Entry("of tenants by their ids", "FetchTenantsBatch", "uuids", "family_tree",
			map[string]string{"uuids": "${first_id},${second_id},${unit_id}"}, ""),
		Entry("of tenants", "FetchTenantsBatch", "", "family_tree",
			map[string]string{"subtree_root_id": "${tenant_id}", "with_contacts": "true",
				"allow_deleted": "true"}, "uuids"),
		Entry("of users", "FetchUsersBatch", "", "family_tree",
			map[string]string{"subtree_root_tenant_id": "${tenant_id}", "with_access_policies": "true"}, "uuids"),
		Entry("of offering items", "FetchTenantOfferingItemsBatch", "", "supplied_tree", nil, ""),
	)
	DescribeTableSubtree("a list of what has changed since", func(id, object string, query map[string]string,
		drop string) {
		for _, op := range spec.Operations(spec.Named(id)) {
			spec.Register(changedSince(op, object, query, drop))
		}
	},
		Entry("of tenants", "FetchTenantsBatch", "family_tree", map[string]string{"subtree_root_id": "${tenant_id}"},
			"uuids"),
		Entry("of users, the deleted ones too", "FetchUsersBatch", "family_tree",
			map[string]string{"subtree_root_tenant_id": "${tenant_id}", "allow_deleted": "true"}, "uuids"),
		Entry("of offering items", "FetchTenantOfferingItemsBatch", "supplied_tree", nil, ""),
	)
	for _, op := range spec.Operations(spec.Named("FetchTenantOfferingItems")) {
		spec.Register(storedOn(op))
	}
})
