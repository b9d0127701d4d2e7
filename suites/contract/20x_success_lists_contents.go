package contract

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// What a list holds: all that was made and fits, nothing that was deleted, nothing of others, each object once
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
		Entry("the children of a unit", "FetchTenantChildren", "unit",
			contents{list: list{of: family, vars: map[string]string{"tenant_id": "unit_id"}}, may: personalTenants}),
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
			contents{list: list{of: storages}, must: words("location_id second_location_id"), cite: ownedLocations}),
		Entry("locations by their ids", "FetchInfrastructuresLocationsBatch", "uuids",
			contents{list: by(storages, "uuids", "location_id second_location_id gone_location_id", ""),
				must: words("location_id second_location_id")}),
		Entry("the storages of a location", "FetchLocationInfrastructures", "",
			contents{list: list{of: storages}, must: words("infra_id second_infra_id")}),
		Entry("storages by their ids", "FetchInfrastructuresBatch", "uuids",
			contents{list: by(storages, "uuids", "infra_id other_infra_id gone_infra_id", ""),
				must: words("infra_id other_infra_id")}),
		Entry("the registration tokens of a tenant", "FetchRegistrationTokens_1", "",
			contents{list: list{of: tokens}, must: words("token_id second_token_id third_token_id")}),
		// Whether those of the tenants below are among them is not documented.
		Entry("the account's registration tokens", "FetchRegistrationTokens_0", "",
			contents{list: list{of: ownTokens}, must: words("token_id second_token_id third_token_id"),
				not: words("gone_token_id"), others: true, also: ofReachableTenants}),
		Entry("the reports of a tenant", "FetchTenantReports", "",
			contents{list: list{of: reports}, must: words("report_id second_report_id")}),
		Entry("what is found in a tenant", "Search", "",
			contents{list: searched("tenant_id"), may: append(words("tenant_id"), personalTenants...),
				must: words("first_id second_id unit_id user_id second_user_id unit_user_id other_user_id")}),
		Entry("what is found further below", "Search", "tenant",
			contents{list: searched("first_id"), may: append(words("first_id"), personalTenants...),
				must: words("unit_id user_id second_user_id unit_user_id")}),
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
		Entry("the offering items of all editions", "FetchTenantOfferingItems", "editions",
			contents{list: ofAllEditions, others: true, also: eachEdition}),
		Entry("what a child can be given of all editions", "FetchOfferingItemsAvailableForTenantChild", "editions",
			contents{list: ofAllEditions, others: true, also: eachEdition}),
		Entry("what a child can be given of what is stored", "FetchOfferingItemsAvailableForTenantChild", "stored",
			contents{list: list{of: shared("side"), as: fixtures.Configured, query: ofAllEditions.query,
				drop: words("kind"), guess: true}, others: true, also: allThatIsOn}),
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

})

var (
	completeLists = spec.Cites(`a list holds what the reference says that it lists, and what was deleted only where `+
		`that is asked for (reference, description of the operation and parameter allow_deleted)`, spec.Reference)
	ownedLocations = spec.Cites(`the locations of a tenant are those that it owns, and not those of a tenant above `+
		`that it may use (reference, description of the operation)`, spec.Reference)
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
	// ownTokens are for the tenant of the account that asks.
	ownTokens = own("own_registration_tokens", "lists")
	varied    = own("varied_tree", "lists")
	// limitedInUse is what another spec has made, and only reads as well.
	limitedInUse = own("customer_with_a_quota", "20x/kept/SetTenantOfferingItems")

	// ofAllEditions asks for the items of the side's tenant, whatever their edition.
	ofAllEditions = list{of: shared("side"), query: map[string]string{"edition": "*"}}
	// first takes the first customer of a tree for the tenant of the call.
	first = map[string]string{"tenant_id": "first_id"}
	// withContacts lists a subtree with the contacts of its tenants.
	withContacts = list{of: family, drop: words("uuids"),
		query: map[string]string{"subtree_root_id": "${tenant_id}", "with_contacts": "true"}}
	// rolesInBatch shows the first user with its roles.
	rolesInBatch = list{of: family, query: map[string]string{"uuids": "${user_id}", "with_access_policies": "true"}}
	// personalTenants belong to users. Whether lists of tenants hold them is not documented.
	personalTenants = words("personal_id second_personal_id unit_personal_id other_personal_id")
	// inner takes the customer of the varied tree for the tenant of the call.
	inner = map[string]string{"tenant_id": "inner_id"}
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
	cite   spec.Citation // where what the list holds has a sentence of its own
}

// further is what a spec needs for a further look.
type further struct {
	s       *session.Session
	id      string
	vars    fixtures.Vars
	op      *schemas.Operation
	request fixtures.Request   // of the list
	page    *exchange.Exchange // the first page of the list
	looks   *[]*exchange.Exchange
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
	if e.Status() != op.Success() || len(op.CheckBody(e.Status(), by.query["lod"], e.Last().JSONBody())) > 0 {
		return e, nil,
			spec.Inconclusive("the answer that it is compared with is not as documented: see 20x/valid-token/" +
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
	sp := l.on(op, "list-holds", variant)
	sp.Cite = cmp.Or(c.cite, completeLists)
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
			wrong, err = at(ctx, further{s, id, vars, op, r, e, &looks}, items)
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

// itemKey tells an offering item of a tenant from others.
func itemKey(tenant any, item any) string {
	fields, _ := item.(map[string]any)
	key := fmt.Sprint(tenant, " ", fields["application_id"], " ", fields["name"])
	if fields["infra_id"] != nil {
		key += fmt.Sprint(" ", fields["infra_id"])
	}
	return key
}
