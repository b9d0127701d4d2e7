package contract

import (
	"context"
	"net/http"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// Objects show what they are: how they were made, and what has become of them.
var _ = Describe("20x success", Label("20x"), func() {
	DescribeTableSubtree("an object shows what it is", func(reader, variant string, of objectShown) {
		for _, op := range spec.Operations(spec.Named(reader)) {
			spec.Register(of.on(op, variant))
		}
	},
		Entry("a customer begins in trial", "FetchTenantPricingSettings", "trial", objectShown{of: shared("customer"),
			shown: inTrial}),
		Entry("a partner begins in production", "FetchTenantPricingSettings", "production",
			objectShown{of: shared("partner"), shown: property("mode", "production")}),
		Entry("a tenant with somebody below it", "FetchTenant", "children", objectShown{of: own("family_tree", "lists"),
			shown: property("has_children", true)}),
		Entry("a customer with a unit", "FetchTenant", "unit", objectShown{of: family, vars: first,
			shown: hasChildren(true)}),
		Entry("a user of a customer has a tenant of its own", "FetchUser", "own-tenant", objectShown{of: shared("user"),
			shown: hasOwnTenant}),
		Entry("a user of a unit", "FetchUser", "user-of-unit", objectShown{of: own("family_tree", "lists"),
			vars: map[string]string{"user_id": "unit_user_id"}, shown: called("login", "unit_login")}),
		Entry("the tenant of one user", "FetchTenant", "own-tenant", objectShown{of: shared("user"),
			vars: map[string]string{"tenant_id": "personal_id"}, shown: isOwnTenant}),
		Entry("a customer that was disabled from the first day", "FetchTenant", "as-made",
			objectShown{of: own("disabled_from_birth_customer", "shown"),
				shown: property("enabled", false)}),
		Entry("a user who was disabled from the first day", "FetchUser", "as-made",
			objectShown{of: own("disabled_from_birth_user", "shown"),
				shown: both(both(property("enabled", false), only("business_types", "buyer")), only("notifications",
					"maintenance"))}),
		Entry("a user who is called otherwise by now", "FetchUser", "renamed",
			objectShown{of: own("renamed_user", "shown"),
				shown: both(both(property("enabled", false), only("notifications", "maintenance")),
					suffixed("login"))}),
		Entry("a tenant that has moved", "FetchTenant", "moved", objectShown{of: own("moved_customer", "lists"),
			vars: map[string]string{"tenant_id": "child_id"}, shown: moved}),
		Entry("an item that was turned off", "FetchTenantOfferingItems", "off",
			objectShown{of: own("unsupplied_customer",
				"shown"), shown: switchedOff}),
		// The guides begin to count there; the reference has versions that look like times.
		Entry("a location that was never changed", "FetchInfrastructuresLocation", "first-version",
			objectShown{of: shared("location"), shown: atVersion("0"), guess: true}),
		Entry("a storage that was never changed", "FetchInfrastructure", "first-version",
			objectShown{of: shared("infra"),
				shown: atVersion("1"), guess: true}),
		// Which users are counted is not documented; a new one has no second factor (guide, "Creating a user account").
		Entry("how many users of a tenant have a second factor", "FetchTenantMFAStatus", "no-second-factor",
			objectShown{of: own("family_tree", "lists"), vars: map[string]string{"tenant_id": "second_id"},
				shown: counted("users_with_totp_enabled_count", "0")}),
		Entry("how many users a tenant has", "FetchTenantMFAStatus", "users",
			objectShown{of: own("family_tree", "lists"), vars: map[string]string{"tenant_id": "second_id"},
				shown: counted("users_count", "1"), guess: true}),
		Entry("that there are no fewer and no more users than are listed", "FetchTenantMFAStatus", "users-listed",
			objectShown{of: varied, vars: inner, shown: atLeast("users_count", 1), further: noMoreThanListed}),
		// guide, "Two-factor authentication": units have that of their customer
		Entry("the second factor of a unit", "FetchTenantMFAStatus", "unit", objectShown{of: varied,
			vars: map[string]string{"tenant_id": "unit_id"}, shown: property("mfa_status", "enabled"), perhaps: true}),
		Entry("a client that was disabled and enabled", "FetchClient", "reopened",
			objectShown{of: own("reopened_client", "grant"), shown: property("status", "enabled")}),
		// That what items are counted by are usages of their service is only assumed: the guide says of these that
		// reports have them ("Managing services").
		Entry("what a service counts", "FetchApplication", "usages", objectShown{of: shared("supplied_customer"),
			vars:  map[string]string{"backup": "application_id"},
			shown: counts("usage_name"), guess: true}),
		// What effective changes is not documented: by its name a tenant's own brand is the one that holds for it, and
		// else that of the nearest tenant above which has one, as for brand_uuid (guide, "Managing tenants").
		Entry("the brand that holds for a tenant with its own", "FetchCustomBrandingOptions", "effective-own",
			objectShown{of: shared("changed_brand"), query: map[string]string{"effective": "1"},
				shown: both(property("service_name", "Conformance"), called("company_name", "unique"))}),
		Entry("the brand that holds for a tenant without one", "FetchCustomBrandingOptions", "effective-above",
			objectShown{of: own("customer_below_a_brand", "shown"), query: map[string]string{"effective": "1"},
				vars:  map[string]string{"tenant_id": "child_id"},
				shown: property("service_name", "Conformance"), guess: true}),
		Entry("the brand that a tenant without one has itself", "FetchCustomBrandingOptions", "effective-none",
			objectShown{of: own("customer_below_a_brand", "shown"), query: map[string]string{"effective": "0"},
				vars:  map[string]string{"tenant_id": "child_id"},
				shown: not("service_name", "Conformance"), guess: true}),
		// reference, parameter effective: its default
		Entry("the brand of a tenant, where effective is not named", "FetchCustomBrandingOptions", "effective-default",
			objectShown{of: own("customer_below_a_brand", "shown"), query: map[string]string{"effective": "0"},
				vars: map[string]string{"tenant_id": "child_id"}, shown: noMore, further: asWithout("effective")}),
		Entry("a deleted tenant, with allow_deleted", "FetchTenant", "deleted",
			objectShown{of: own("deleted_customer", "lists"),
				query: map[string]string{"allow_deleted": "true"}, shown: isDeleted}),
		Entry("a deleted tenant is what it was", "FetchTenant", "deleted-as-before",
			objectShown{of: own("remembered_customer", "shown"), query: map[string]string{"allow_deleted": "true"},
				shown: asBefore("FetchTenant")}),
		Entry("a deleted user is who it was", "FetchUser", "deleted-as-before",
			objectShown{of: own("remembered_user", "shown"), query: map[string]string{"allow_deleted": "true"},
				shown: asBefore("FetchUser", "enabled", "access_policies", "personal_tenant_id")}),
		Entry("a deleted user, with allow_deleted", "FetchUser", "deleted", objectShown{of: own("deleted_user",
			"lists"),
			query: map[string]string{"allow_deleted": "true"}, shown: isDeleted}),
	)
})

// objectShown is a read of an object, and what it must show.
type objectShown struct {
	of    *session.Object
	vars  map[string]string // names of the call that take the object's value of another name
	query map[string]string
	shown effect
	guess bool // that it must show so is only assumed
	// perhaps is for what the target need not have: where it is shown at all, it is shown so.
	perhaps bool
	// further looks at something else as well, where that is so.
	further func(ctx context.Context, a further, shown map[string]any) ([]schemas.Violation, error)
}

func (o objectShown) on(op *schemas.Operation, variant string) spec.Spec {
	sp := reading(op, op, "shows", variant)
	sp.Basis, sp.Settles = askedSoundly(op, o.guess || o.perhaps), true
	sp.Objects = func(n session.Needs) { n.Add(*o.of) }
	sp.Prepare = func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
		vars, err := s.Vars(o.of.Key, id)
		if err != nil {
			return spec.Case{}, err
		}
		r, err := list{query: o.query, vars: o.vars}.ask(s, op, vars)
		return spec.Case{Request: r, Check: func(ctx context.Context, e *exchange.Exchange) (wrong []schemas.Violation,
			looks []*exchange.Exchange, err error) {
			body := spec.Object(e)
			switch {
			case e.Status() == http.StatusNotFound && op.List() != "": // a list of nothing is empty
				return madeNotFound(), nil, nil
			case body == nil || e.Status()/100 != 2:
				return nil, nil, nil // the oracle has said so
			}
			wrong = o.shown(body, vars)
			if o.further != nil && len(wrong) == 0 {
				wrong, err = o.further(ctx, further{s, id, vars, op, r, e, &looks}, body)
			}
			if o.guess {
				wrong, err = spec.AssumedOnly(s, wrong)
			}
			return wrong, looks, err
		}}, err
	}
	return sp
}

// asWithout asks for the same answer to the read without a parameter that has its default.
func asWithout(parameter string) func(context.Context, further, map[string]any) ([]schemas.Violation, error) {
	return func(ctx context.Context, a further, shown map[string]any) ([]schemas.Violation, error) {
		r := a.request.Clone()
		r.Query.Del(parameter)
		e, err := a.s.Send(ctx, a.id, r, nil)
		if *a.looks = append(*a.looks, spec.Exchanges(e)...); err != nil || !sound(e) {
			return nil, err
		}
		return unequal("$", shown, spec.Object(e)), nil
	}
}
