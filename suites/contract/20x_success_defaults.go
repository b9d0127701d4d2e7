package contract

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// What the guides say of an object that no one has said anything else of. The answer that creates one is held to it
// as well.
var _ = Describe("20x success of defaults", Label("20x"), func() {
	customer, user := own("plain_customer", "defaults"), own("plain_user", "defaults")
	DescribeTableSubtree("a new object is as the guide has it begin", func(reader, variant string, of objectShown) {
		for _, op := range spec.Operations(spec.Named(reader)) {
			spec.Register(of.on(op, variant))
		}
	},
		// guide, "Provisioning a customer tenant"; reference, tenant
		Entry("a customer", "FetchTenant", "new-customer", objectShown{of: customer, shown: defaults(body{
			"enabled": true, "deleted_at": nil, "language": "en", "ancestral_access": true, "pricing_mode": "trial"})}),
		// guide, "Provisioning a partner tenant"
		Entry("a partner", "FetchTenant", "new-partner", objectShown{of: own("plain_partner", "defaults"),
			shown: defaults(body{"enabled": true, "deleted_at": nil, "language": "en", "ancestral_access": true,
				"pricing_mode": "production"})}),
		// guide, "Creating a user account"
		Entry("a user", "FetchUser", "new-user", objectShown{of: user, shown: defaults(body{
			"enabled": true, "deleted_at": nil, "language": "en", "activated": false, "mfa_status": "disabled"})}),
		// reference, user: only the users of customers have a tenant alone
		Entry("a user of a partner", "FetchUser", "partners-user", objectShown{of: own("partners_user", "defaults"),
			shown: defaults(body{"personal_tenant_id": nil})}),
		// The guides begin to count at 1; the reference says of versions only that they grow.
		Entry("a tenant that was never changed", "FetchTenant", "first-version", objectShown{of: customer,
			shown: atVersion("1"), guess: true}),
		Entry("a user who was never changed", "FetchUser", "first-version",
			objectShown{of: user, shown: atVersion("1"),
				guess: true}),
		// guide, "Creating a user account": there may be others beside these
		Entry("the notifications of a user", "FetchUser", "new-notifications", objectShown{of: user,
			shown: hasEach("notifications", "quota", "reports", "backup_daily_report")}),
		// reference, applications: turning on an item turns on its service, and turning on a service turns on none of
		// its items
		Entry("a service whose item was turned on", "FetchAvailableTenantApplications", "with-item", objectShown{
			of: shared("supplied_customer"), shown: lists("application_id")}),
		Entry("a service that was turned on", "FetchTenantOfferingItems", "without-items", objectShown{
			of: shared("served_customer"), query: map[string]string{"status": "1"}, shown: noItemsOf("files_cloud")}),
	)
	for _, op := range spec.Operations(spec.Named("UpdateUser")) {
		spec.Register(unconfirmedAddress(op))
	}
})

// defaults asks for values, where they are shown.
func defaults(values body) effect {
	return func(shown map[string]any, _ fixtures.Vars) []schemas.Violation {
		var wrong []schemas.Violation
		for name, value := range values {
			if found, there := shown[name]; there && found != value {
				wrong = append(wrong, schemas.Violation{Path: "$." + name, Rule: "new", Found: fmt.Sprint(found),
					Detail: fmt.Sprintf("of a new object it is %v, where the request does not say otherwise", value)})
			}
		}
		slices.SortFunc(wrong, func(a, b schemas.Violation) int { return strings.Compare(a.Path, b.Path) })
		return wrong
	}
}

// hasEach asks for a list with these, where it is shown.
func hasEach(name string, values ...any) effect {
	return func(shown map[string]any, _ fixtures.Vars) []schemas.Violation {
		found, isList := shown[name].([]any)
		for _, value := range values {
			if isList && !slices.Contains(found, value) {
				return noEffect("$."+name, fmt.Sprint(found), fmt.Sprintf("of a new object it holds %v", value))
			}
		}
		return nil
	}
}

// noItemsOf asks for a list without items of the application under the name.
func noItemsOf(application string) effect {
	return func(shown map[string]any, vars fixtures.Vars) []schemas.Violation {
		items, _ := shown["items"].([]any)
		of := func(item any) bool {
			fields, _ := item.(map[string]any)
			return fields["application_id"] == vars[application]
		}
		if slices.ContainsFunc(items, of) {
			return noEffect("$.items", fmt.Sprint(len(items))+" items",
				"turning on a service turns on none of its items")
		}
		return nil
	}
}

// unconfirmedAddress changes the address of a user who is activated: the service sends mail to the new one, and
// until that is confirmed address and version stay as they are (guide, "Updating a user account").
func unconfirmedAddress(op *schemas.Operation) spec.Spec {
	sp := reading(op, op, "unconfirmed-address", "")
	sp.Basis, sp.Writes = spec.RejectionDocumented, true
	key := fixtures.Own("activated_user", sp.ID())
	sp.Objects = func(n session.Needs) {
		n.Add(session.Object{Key: key, Side: fixtures.Home,
			Object: "activated_user"})
	}
	sp.Prepare = func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
		r, vars, err := spec.CallOn(s, op, key, id)
		if err != nil {
			return spec.Case{}, err
		}
		read, err := s.Catalogue.Request("FetchUser", vars)
		if err != nil {
			return spec.Case{}, err
		}
		change := body{"version": vars["version"], "contact": body{"email": "unconfirmed@example.com"}}
		also := func(ctx context.Context, e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
			if e.Status()/100 != 2 {
				return nil, nil, nil // the oracle has said so
			}
			asBefore := both(property("contact.email", vars["email"]), property("version", vars["version"]))
			if answer := spec.Object(e); answer != nil {
				if wrong := asBefore(answer, nil); len(wrong) > 0 {
					return wrong, nil, nil
				}
			}
			return readBack(ctx, s, id, read, vars, asBefore)
		}
		return spec.Case{Request: r, Locks: key, Check: also}, r.SetBody(op.Body.MediaType, change)
	}
	return sp
}
