package contract

import (
	"acronis-conformance/suites/internal/spec"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"

	. "github.com/onsi/ginkgo/v2"
)

// What a list holds: all that was made and fits, nothing that was deleted, nothing of anybody else, each object once
// and as its own read shows it. The trees of objects.yml that these lists are asked about are changed by nothing.
var _ = Describe("20x contents of lists", Label("20x"), func() {
	DescribeTableSubtree("a list holds exactly what it should", func(id, variant string, c contents) {
		for _, op := range spec.Operations(spec.Named(id)) {
			spec.Register(c.on(op, variant))
		}
	},
		Entry("the children of a tenant", "FetchTenantChildren", "",
			contents{list: list{of: family}, must: words("first_id second_id")}),
		Entry("the users of a tenant", "FetchTenantUsers", "",
			contents{list: list{of: family, vars: first}, must: words("user_id second_user_id")}),
		Entry("the children of a tenant, in a batch", "FetchTenantsBatch", "parent_id",
			contents{list: by(family, "parent_id", "tenant_id", "uuids"), must: words("first_id second_id")}),
		Entry("a tenant and what is below it", "FetchTenantsBatch", "subtree_root_id",
			contents{list: by(family, "subtree_root_id", "tenant_id", "uuids"),
				must: words("tenant_id first_id second_id unit_id"), may: personalTenants}),
		Entry("tenants by their ids", "FetchTenantsBatch", "uuids",
			contents{list: by(family, "uuids", "first_id unit_id gone_id", ""), must: words("first_id unit_id")}),
		Entry("the users of a tenant, in a batch", "FetchUsersBatch", "tenant_id",
			contents{list: by(family, "tenant_id", "first_id", "uuids"), must: words("user_id second_user_id")}),
		Entry("the users of a subtree", "FetchUsersBatch", "subtree_root_tenant_id",
			contents{list: by(family, "subtree_root_tenant_id", "first_id", "uuids"),
				must: words("user_id second_user_id unit_user_id")}),
		Entry("users by their ids", "FetchUsersBatch", "uuids",
			contents{list: by(family, "uuids", "second_user_id unit_user_id gone_user_id", ""),
				must: words("second_user_id unit_user_id")}),
		Entry("clients by their ids", "FetchClientsBatch", "uuids",
			contents{list: by(family, "uuids", "client_id second_client_id gone_client_id", "origin_id"),
				must: words("client_id second_client_id")}),
		Entry("the locations of a tenant", "FetchTenantInfrastructureLocations", "",
			contents{list: list{of: storages}, must: words("location_id second_location_id")}),
		Entry("locations by their ids", "FetchInfrastructuresLocationsBatch", "uuids",
			contents{list: by(storages, "uuids", "location_id second_location_id gone_location_id", ""),
				must: words("location_id second_location_id")}),
		Entry("the storages of a location", "FetchLocationInfrastructures", "",
			contents{list: list{of: storages}, must: words("infra_id second_infra_id")}),
		Entry("storages by their ids", "FetchInfrastructuresBatch", "uuids",
			contents{list: by(storages, "uuids", "infra_id other_infra_id gone_infra_id", ""),
				must: words("infra_id other_infra_id")}),
		Entry("the registration tokens of a tenant", "FetchRegistrationTokens_1", "",
			contents{list: list{of: tokens}, must: words("token_id second_token_id")}),
		Entry("all registration tokens", "FetchRegistrationTokens_0", "",
			contents{list: list{of: tokens}, must: words("token_id second_token_id"), not: words("gone_token_id"),
				others: true, also: ofReachableTenants}),
		Entry("the reports of a tenant", "FetchTenantReports", "",
			contents{list: list{of: reports}, must: words("report_id second_report_id")}),
		Entry("what is found in a tenant", "Search", "",
			contents{list: searched("tenant_id"), may: personalTenants,
				must: words("tenant_id first_id second_id unit_id user_id second_user_id unit_user_id other_user_id")}),
		Entry("what is found further below", "Search", "tenant",
			contents{list: searched("first_id"), may: personalTenants,
				must: words("first_id unit_id user_id second_user_id unit_user_id")}),
		Entry("the roles of a user", "FetchUserAccessPolicies", "",
			contents{list: list{of: family}, others: true, also: bothRoles}),
		Entry("the services of a tenant", "FetchAvailableTenantApplications", "",
			contents{list: list{of: supplied, vars: first}, must: words("application_id second_application_id"),
				others: true, also: onAbove}),
		Entry("the services of tenants", "FetchTenantsApplicationsBatch", "",
			contents{list: by(supplied, "tenants", "first_id second_id", ""), must: words("first_id second_id"),
				also: servicesOfItems}),
		Entry("the offering items of a tenant", "FetchTenantOfferingItems", "",
			contents{list: list{of: supplied, vars: first}, others: true,
				also: itemsOn(map[string]string{"first_id": "1 1"})}),
		Entry("the offering items of a subtree", "FetchTenantOfferingItemsBatch", "",
			contents{list: list{of: supplied}, others: true, also: itemsOn(map[string]string{
				"tenant_id": "1 1", "first_id": "1 1", "second_id": "1 0", "bare_id": "0 0"})}),
		Entry("what a child can be given", "FetchOfferingItemsAvailableForTenantChild", "",
			contents{list: list{of: supplied, guess: true}, others: true, also: itemsOfParent}),
		Entry("the prices of a tenant's items", "FetchTenantOfferingItemsPrices", "",
			contents{list: list{of: supplied, vars: first}, others: true, also: bothItems}),
		Entry("what a tenant uses", "FetchTenantUsages", "",
			contents{list: list{of: supplied, vars: first}, others: true, also: usedBy("first_id")}),
		Entry("what tenants use", "FetchTenantsUsagesBatch", "",
			contents{list: by(supplied, "tenants", "first_id second_id", ""), must: words("first_id second_id"),
				also: usedByEach}),
		Entry("the files of a report", "FetchStoredReports", "",
			contents{list: list{of: reports, vars: map[string]string{"report_id": "second_report_id"}}, others: true,
				also: inBothFormats}),
		Entry("all services", "FetchApplications", "",
			contents{list: list{of: shared("side")}, must: words("backup"), others: true, also: whatIsOn}),
	)

	DescribeTableSubtree("the items of a list are as other reads show them", func(id, variant string, a asRead) {
		for _, op := range spec.Operations(spec.Named(id)) {
			spec.Register(a.on(op, variant))
		}
	},
		Entry("tenants", "FetchTenantsBatch", "",
			asRead{list: withContacts, reads: ownRead("FetchTenant", "tenant_id", "id"), lods: true}),
		Entry("users", "FetchUsersBatch", "",
			asRead{list: by(family, "subtree_root_tenant_id", "tenant_id", "uuids"),
				reads: ownRead("FetchUser", "user_id", "id"), lods: true}),
		Entry("clients", "FetchClientsBatch", "",
			asRead{list: by(family, "uuids", "client_id second_client_id", "origin_id"),
				reads: ownRead("FetchClient", "client_id", "client_id"), also: clientNames}),
		Entry("locations", "FetchInfrastructuresLocationsBatch", "",
			asRead{list: by(storages, "uuids", "location_id second_location_id", ""),
				reads: ownRead("FetchInfrastructuresLocation", "location_id", "id")}),
		Entry("storages", "FetchInfrastructuresBatch", "",
			asRead{list: by(storages, "uuids", "infra_id second_infra_id other_infra_id", ""),
				reads: ownRead("FetchInfrastructure", "infra_id", "id")}),
		Entry("services", "FetchApplications", "",
			asRead{list: list{of: shared("side")}, reads: ownRead("FetchApplication", "backup", "id")}),
		Entry("what is found", "Search", "",
			asRead{list: searched("tenant_id"), reads: foundRead, also: pathsBelow}),
		Entry("registration tokens", "FetchRegistrationTokens_1", "",
			asRead{list: list{of: tokens}, kept: words("shown second_shown")}),
		Entry("all registration tokens", "FetchRegistrationTokens_0", "",
			asRead{list: list{of: tokens}, kept: words("shown second_shown")}),
		Entry("prices", "FetchTenantOfferingItemsPrices", "",
			asRead{list: list{of: supplied, vars: first}, kept: words("prices")}),
		Entry("the roles of a user", "FetchUserAccessPolicies", "",
			asRead{list: list{of: family}, whole: true, other: "FetchUsersBatch", by: rolesInBatch,
				otherIn: "access_policies"}),
		Entry("the roles of users", "FetchUsersBatch", "access_policies",
			asRead{list: rolesInBatch, in: "access_policies", whole: true, other: "FetchUserAccessPolicies"}),
		Entry("the services of a tenant", "FetchAvailableTenantApplications", "",
			asRead{list: list{of: supplied, vars: first}, whole: true, other: "FetchTenantsApplicationsBatch",
				by: by(nil, "tenants", "first_id", ""), otherIn: "applications"}),
		Entry("the services of tenants", "FetchTenantsApplicationsBatch", "",
			asRead{list: by(supplied, "tenants", "first_id", ""), in: "applications", whole: true,
				other: "FetchAvailableTenantApplications", by: list{vars: first}}),
		Entry("the offering items of a tenant", "FetchTenantOfferingItems", "",
			asRead{list: list{of: supplied, vars: first}, other: "FetchTenantOfferingItemsBatch",
				by: by(nil, "subtree_root_tenant_id", "first_id", "")}),
		Entry("the offering items of tenants", "FetchTenantOfferingItemsBatch", "",
			asRead{list: by(supplied, "subtree_root_tenant_id", "first_id", ""), other: "FetchTenantOfferingItems",
				by: list{vars: first}}),
		Entry("what a child can be given", "FetchOfferingItemsAvailableForTenantChild", "",
			asRead{list: list{of: supplied}, other: "FetchTenantOfferingItems",
				but: words("tenant_id status locked quota updated_at deleted_at")}),
		Entry("what a tenant uses", "FetchTenantUsages", "",
			asRead{list: list{of: supplied, vars: first}, whole: true, other: "FetchTenantsUsagesBatch",
				by: by(nil, "tenants", "first_id", ""), otherIn: "usages"}),
		Entry("what tenants use", "FetchTenantsUsagesBatch", "",
			asRead{list: by(supplied, "tenants", "first_id", ""), in: "usages", whole: true, other: "FetchTenantUsages",
				by: list{vars: first}}),
	)
})

var (
	completeLists = spec.Cites(`a list holds what the reference says that it lists, and what was deleted only where `+
		`that is asked for (reference, description of the operation and parameter allow_deleted)`, spec.Reference)
	sameObjects = spec.Cites(`what two answers show of one object at the same time is the same (reference, the `+
		`schemas of the list and of the other read)`, spec.Reference)
)

// The objects of these lists; no other spec writes to them.
var (
	family   = own("family_tree", "lists")
	supplied = own("supplied_tree", "lists")
	storages = own("storage_tree", "lists")
	reports  = own("reporting_partner", "lists")
	tokens   = own("registration_tokens", "lists")

	// first takes the first customer of a tree for the tenant of the call.
	first = map[string]string{"tenant_id": "first_id"}
	// withContacts lists a subtree with the contacts of its tenants.
	withContacts = list{of: family, drop: words("uuids"),
		query: map[string]string{"subtree_root_id": "${tenant_id}", "with_contacts": "true"}}
	// rolesInBatch shows the first user with its roles.
	rolesInBatch = list{of: family, query: map[string]string{"uuids": "${user_id}", "with_access_policies": "true"}}
	// personalTenants belong to users. Whether lists of tenants hold them is not documented.
	personalTenants = words("personal_id second_personal_id unit_personal_id other_personal_id")
)

func words(list string) []string { return strings.Fields(list) }

// by asks a list for the ids under the names, in place of another parameter.
func by(of *session.Object, parameter, ids, drop string) list {
	return list{of: of, query: query(parameter, ids), drop: words(drop)}
}

// searched looks in the tenant under the name for all that was made with the tree.
func searched(tenant string) list {
	asked := map[string]string{"tenant": "${" + tenant + "}", "text": "${unique}", "limit": "300"}
	return list{of: family, query: asked}
}

// query asks for the ids under the names.
func query(parameter, list string) map[string]string {
	return map[string]string{parameter: "${" + strings.Join(words(list), "},${") + "}"}
}

// contents is a list of which it is known what must be in it.
type contents struct {
	list
	must   []string // names of the ids that it holds
	may    []string // and of those that it may hold
	not    []string // of those that it does not hold, where it may hold others
	others bool
	also   itemsLook
}

// further is what a spec needs for a further look.
type further struct {
	s     *session.Session
	id    string
	vars  fixtures.Vars
	op    *schemas.Operation
	page  *exchange.Exchange // the first page of the list
	looks *[]*exchange.Exchange
}

// about asks another list, or the read of an object, with those names.
func (a further) about(ctx context.Context, operation string, by list) (*exchange.Exchange, []any, error) {
	op := spec.Contract().Operation(operation)
	if op == nil {
		return nil, nil, spec.Inconclusive("the contract has no operation " + operation)
	}
	r, err := by.ask(a.s, op, a.vars)
	if err != nil {
		return nil, nil, spec.Inconclusive(err.Error())
	}
	e, err := a.s.Send(ctx, a.id, r, nil)
	*a.looks = append(*a.looks, spec.Exchanges(e)...)
	if err != nil {
		return e, nil, err
	}
	// What is wrong with the other answer is not this operation's fault.
	if e.Status() != op.Success() || len(op.CheckResponse(e.Status(), by.query["lod"], e.Last().Body)) > 0 {
		return e, nil, spec.Inconclusive("the answer that it is compared with is not as documented: see 20x/valid-token/" +
			op.ID)
	}
	items, wrong, looks, err := allPages(ctx, a.s, a.id, r, e)
	*a.looks = append(*a.looks, looks...)
	if len(wrong) > 0 {
		err = spec.Inconclusive(wrong[0].Detail + ": see 20x/paging/" + op.ID)
	}
	return e, items, err
}

func (c contents) on(op *schemas.Operation, variant string) spec.Spec {
	l := c.list
	sp := l.on(op, "list-holds", variant).Promised(completeLists)
	sp.Prepare = l.look(op, func(ctx context.Context, a further, items []any) ([]schemas.Violation, error) {
		wrong := c.compare(idsOf(items), a.vars)
		for i, item := range items {
			fields, _ := item.(map[string]any)
			if at, shows := fields["deleted_at"]; shows && at != nil {
				wrong = append(wrong, faultAt(itemAt(i, ".deleted_at"), "deleted", fmt.Sprint(at),
					"the list shows a deleted object, and was not asked for those"))
			}
		}
		if c.also == nil {
			return wrong, nil
		}
		more, err := c.also(ctx, a, items)
		return append(wrong, more...), err
	})
	return sp
}

// itemsLook looks at all items of a list, perhaps with requests of its own.
type itemsLook func(ctx context.Context, a further, items []any) ([]schemas.Violation, error)

// look builds the request of a spec that looks at all items of the list.
func (l list) look(op *schemas.Operation, at itemsLook) func(context.Context, *session.Session, string) (spec.Case,
	error) {
	return func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
		vars, err := s.Vars(l.of.Key, id)
		if err != nil {
			return spec.Case{}, err
		}
		r, err := l.ask(s, op, vars)
		return spec.Case{Request: r, Check: func(
			ctx context.Context, e *exchange.Exchange,
		) ([]schemas.Violation, []*exchange.Exchange, error) {
			if e.Status() != op.Success() {
				return nil, nil, nil // the oracle has said so
			}
			items, wrong, looks, err := allPages(ctx, s, id, r, e)
			if err != nil || len(wrong) > 0 {
				return wrong, looks, err
			}
			wrong, err = at(ctx, further{s, id, vars, op, e, &looks}, items)
			if len(wrong) > 0 {
				err = nil // what is wrong is known, whatever could not be looked at besides
			}
			if l.guess && err == nil {
				wrong, err = spec.AssumedOnly(s, wrong)
			}
			return wrong, looks, err
		}}, err
	}
}

func faultAt(path, rule, found, detail string) schemas.Violation {
	return schemas.Violation{Path: path, Rule: rule, Found: found, Detail: detail}
}

// itemAt is the path of an item, or of a property of it.
func itemAt(i int, property string) string { return fmt.Sprintf("$.items[%d]%s", i, property) }

func others(items []any) string { return fmt.Sprint(len(items)) + " others" }

// noID is what idsOf makes of an item that has none.
const noID = "<nil>"

// compare says what is missing, what is there twice, and what does not belong there.
func (c contents) compare(ids []string, vars fixtures.Vars) (wrong []schemas.Violation) {
	fault := func(rule, found, detail string) {
		wrong = append(wrong, schemas.Violation{Path: "$.items", Rule: rule, Found: found, Detail: detail})
	}
	count := map[string]int{}
	for _, id := range ids {
		if count[id]++; count[id] == 2 && id != noID {
			fault("once", id, "the list holds an object twice")
		}
	}
	belongs := map[string]bool{}
	for _, name := range c.must {
		id := fmt.Sprint(vars[name])
		if belongs[id] = true; count[id] == 0 {
			fault("complete", fmt.Sprint(len(ids))+" others", fmt.Sprintf("the list lacks %s (%s), which belongs to it",
				id, name))
		}
	}
	for _, name := range c.may {
		belongs[fmt.Sprint(vars[name])] = true
	}
	for _, name := range c.not {
		if id := fmt.Sprint(vars[name]); count[id] > 0 {
			fault("deleted", id, "the list holds a deleted object")
		}
	}
	for _, id := range ids {
		if !belongs[id] && !c.others {
			fault("exact", id, "the list holds what was deleted or does not belong to it")
		}
	}
	return wrong
}

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

// itemKey tells an offering item of a tenant from others.
func itemKey(tenant any, item any) string {
	fields, _ := item.(map[string]any)
	key := fmt.Sprint(tenant, " ", fields["application_id"], " ", fields["name"])
	if fields["infra_id"] != nil {
		key += fmt.Sprint(" ", fields["infra_id"])
	}
	return key
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

// usedBy asks that each usage is of the tenant, and is there once.
func usedBy(name string) itemsLook {
	return func(_ context.Context, a further, items []any) ([]schemas.Violation, error) {
		return usagesOf(a.vars[name], items), nil
	}
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
func inBothFormats(_ context.Context, a further, items []any) ([]schemas.Violation, error) {
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

// asRead compares the items of a list, in the documented properties of both, with what another read shows of the same
// objects: the read of each by its id, another list, or the answer to the call that made them.
type asRead struct {
	list
	in    string // the property of the items that holds lists of what is compared; empty where it is the items
	reads func(item map[string]any) objectRead
	lods  bool // the shorter forms are compared as well

	other   string // a list that holds the same objects
	by      list   // how it is asked
	otherIn string // as in, for that list
	whole   bool   // neither list holds what the other one does not
	but     []string

	kept []string // names of answers
	also func(a further, items []any) []schemas.Violation
}

// maxOwnReads bounds the objects of a list that are read by their ids.
const maxOwnReads = 12

// objectRead is how one object of a list is read.
type objectRead struct {
	operation string
	name      string // of the call that takes the id
	id        any
	as        func(read map[string]any) map[string]any // the read as the list would show it
}

// ownRead reads the object whose id is the item's property.
func ownRead(operation, name, property string) func(map[string]any) objectRead {
	return func(item map[string]any) objectRead {
		return objectRead{operation, name, item[property], func(read map[string]any) map[string]any { return read }}
	}
}

// foundRead reads what a search has found, which names some of its properties otherwise.
func foundRead(item map[string]any) objectRead {
	if item["obj_type"] == "tenant" {
		return objectRead{"FetchTenant", "tenant_id", item["id"], func(read map[string]any) map[string]any {
			return pick(read, "id", "parent_id", "kind", "name", "deleted_at")
		}}
	}
	return objectRead{"FetchUser", "user_id", item["id"], func(read map[string]any) map[string]any {
		shown := pick(read, "id", "login", "deleted_at")
		shown["parent_id"] = read["tenant_id"]
		if contact, is := read["contact"].(map[string]any); is {
			shown["first_name"], shown["last_name"] = contact["firstname"], contact["lastname"]
		}
		return shown
	}}
}

func pick(object map[string]any, properties ...string) map[string]any {
	some := map[string]any{}
	for _, name := range properties {
		if value, has := object[name]; has {
			some[name] = value
		}
	}
	return some
}

// pathsBelow asks of a path that it names what lies between the root of the search and what was found (reference,
// search).
func pathsBelow(a further, items []any) (wrong []schemas.Violation) {
	for i, item := range items {
		fields, _ := item.(map[string]any)
		if fields["id"] != a.vars["unit_id"] && fields["id"] != a.vars["unit_user_id"] {
			continue
		}
		if path, _ := fields["path"].([]any); !slices.Contains(path, a.vars["first_name"]) {
			wrong = append(wrong, faultAt(itemAt(i, ".path"), "path", fmt.Sprint(path),
				fmt.Sprintf("it lies below %v", a.vars["first_name"])))
		}
	}
	return wrong
}

// clientNames asks for the names that the clients were made with. They stand in an object of which the reference
// describes nothing.
func clientNames(a further, _ []any) (wrong []schemas.Violation) {
	for i, item := range spec.WholeItems(a.page) {
		fields, _ := item.(map[string]any)
		data, isObject := fields["data"].(map[string]any)
		for _, client := range [][2]string{{"client_id", "-first"}, {"second_client_id", "-second"}} {
			want := fmt.Sprint(a.vars["unique"], client[1])
			if isObject && fields["client_id"] == a.vars[client[0]] && data["client_name"] != want {
				wrong = append(wrong, faultAt(itemAt(i, ".data.client_name"), "as-read", fmt.Sprint(data["client_name"]),
					"the client was made with the name "+want))
			}
		}
	}
	return wrong
}

func (l asRead) on(op *schemas.Operation, variant string) spec.Spec {
	sp := l.list.on(op, "list-as-read", variant).Promised(sameObjects)
	sp.Prepare = l.look(op, func(ctx context.Context, a further, items []any) ([]schemas.Violation, error) {
		if l.in != "" {
			items = inside(items, l.in)
		}
		var wrong []schemas.Violation
		var err error
		switch {
		case l.reads != nil:
			wrong, err = l.asEachRead(ctx, a, items)
		case l.other != "":
			wrong, err = l.asListed(ctx, a, items)
		default:
			wrong = l.asKept(a, items)
		}
		if l.also != nil {
			wrong = append(wrong, l.also(a, items)...)
		}
		return wrong, err
	})
	return sp
}

// asEachRead reads each object by its id. The shorter forms of the list are compared with the same reads.
func (l asRead) asEachRead(ctx context.Context, a further, items []any) (wrong []schemas.Violation, err error) {
	forms := map[string][]any{"": items}
	for _, lod := range []string{"stamps", "basic"} {
		if !l.lods {
			break
		}
		by := l.list
		by.query = maps.Clone(by.query)
		by.query["lod"] = lod
		_, shorter, err := a.about(ctx, a.op.ID, by)
		if err != nil {
			return nil, err
		}
		forms[lod] = shorter
	}
	reads := map[string]map[string]any{}
	for i, item := range items {
		if i == maxOwnReads {
			break
		}
		fields, isObject := item.(map[string]any)
		if !isObject {
			continue
		}
		read := l.reads(fields)
		a.vars[read.name+"_read"] = read.id
		e, _, err := a.about(ctx, read.operation, list{vars: map[string]string{read.name: read.name + "_read"}})
		if err != nil {
			return wrong, err
		}
		reads[identity(item)] = read.as(spec.Object(e))
	}
	for _, lod := range slices.Sorted(maps.Keys(forms)) {
		for i, item := range forms[lod] {
			if read := reads[identity(item)]; read != nil {
				wrong = append(wrong, l.unlike(itemAt(i, ""), item, read)...)
			}
		}
	}
	return wrong, nil
}

// asListed compares with another list that holds the same objects.
func (l asRead) asListed(ctx context.Context, a further, items []any) (wrong []schemas.Violation, err error) {
	_, shown, err := a.about(ctx, l.other, l.by)
	if err != nil {
		return nil, err
	}
	if l.otherIn != "" {
		shown = inside(shown, l.otherIn)
	}
	theirs := map[string]any{}
	for _, item := range shown {
		theirs[objectKey(item)] = item
	}
	for i, item := range items {
		switch their, known := theirs[objectKey(item)]; {
		case known:
			wrong = append(wrong, l.unlike(itemAt(i, ""), item, their)...)
			delete(theirs, objectKey(item))
		case l.whole || isOnItem(item):
			wrong = append(wrong, faultAt(itemAt(i, ""), "as-read", objectKey(item),
				l.other+" does not show it"))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(theirs)) {
		if l.whole || isOnItem(theirs[key]) {
			wrong = append(wrong, faultAt("$.items", "as-read", "a list without it",
				l.other+" shows "+key))
		}
	}
	return wrong, nil
}

// asKept compares with the answers to the calls that made the objects.
func (l asRead) asKept(a further, items []any) (wrong []schemas.Violation) {
	kept := map[string]any{}
	for _, name := range l.kept {
		values, several := a.vars[name].([]any)
		if !several {
			values = []any{a.vars[name]}
		}
		for _, value := range values {
			kept[objectKey(value)] = value
		}
	}
	for i, item := range items {
		if made := kept[objectKey(item)]; made != nil {
			wrong = append(wrong, l.unlike(itemAt(i, ""), item, made)...)
		}
	}
	return wrong
}

// isOnItem reports whether it is an offering item that is on.
func isOnItem(item any) bool {
	fields, _ := item.(map[string]any)
	return fmt.Sprint(fields["status"]) == "1" && fields["usage_name"] != nil
}

// objectKey tells an item from others in two lists that may tell differently whose it is.
func objectKey(item any) string {
	fields, isObject := item.(map[string]any)
	if !isObject || fields["id"] != nil {
		return identity(item)
	}
	return itemKey("", item)
}

// unlike compares an item with another look at the same object, in the properties that both have.
func (l asRead) unlike(path string, item, read any) []schemas.Violation {
	mine, isObject := item.(map[string]any)
	if !isObject {
		return nil
	}
	theirs, _ := read.(map[string]any)
	left := append([]string{"external_operation_status"}, l.but...) // it is the state of what goes on meanwhile
	for _, p := range []string{"contacts", "access_policies", "offering_items"} {
		if l.query["with_"+p] != "true" { // empty where no one asked for them
			left = append(left, p)
		}
	}
	var wrong []schemas.Violation
	for _, name := range slices.Sorted(maps.Keys(mine)) {
		if other, has := theirs[name]; has && !slices.Contains(left, name) {
			wrong = append(wrong, unequal(path+"."+name, mine[name], other)...)
		}
	}
	return wrong
}

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
	if plain(one) == plain(other) {
		return nil
	}
	found, detail := plain(one), "another read of the object shows "+plain(other)
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
