package contract

import (
	"fmt"
	"net/http"
	"strings"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// What was switched twice is as it was before, and what a tenant takes over from the one above it is shown there.
var _ = Describe("20x success", Label("20x"), func() {
	below := map[string]string{"tenant_id": "child_id"}
	DescribeTableSubtree("an object shows what has become of it", func(reader, variant string, of objectShown) {
		for _, op := range spec.Operations(spec.Named(reader)) {
			spec.Register(of.on(op, variant))
		}
	},
		Entry("a second factor that was turned off", "FetchTenantMFAStatus", "off",
			objectShown{of: own("customer_without_second_factor", "shown"), shown: not("mfa_status", "enabled")}),
		// reference, second factor of a tenant: units have that of the tenant above
		Entry("a unit below a tenant with a second factor", "FetchTenant", "inherited-factor",
			objectShown{of: varied, vars: map[string]string{"tenant_id": "unit_id"},
				shown: not("mfa_status", "disabled")}),
		Entry("a user whose roles were all taken away", "FetchUserAccessPolicies", "no-roles",
			objectShown{of: own("roleless_user", "shown"), shown: noItems}),
		Entry("a setting of the tenant above", "FetchTenantApplicationSetting", "inherited",
			objectShown{of: own("setting_above", "shown"), vars: below, shown: fromAbove}),
		Entry("a setting that the tenant above has dropped", "FetchTenantApplicationSetting", "dropped-above",
			objectShown{of: own("setting_below", "shown"), vars: below, shown: property("own.value", false)}),
		Entry("a service that was turned off in the tenant above", "FetchAvailableTenantApplications", "off-above",
			objectShown{of: own("unserved_from_above", "shown"), vars: below, shown: lacks("files_cloud")}),
	)
	for _, op := range spec.Operations(spec.Named("SetTenantOfferingItems")) {
		for _, reader := range spec.Operations(spec.Named("FetchTenantOfferingItems")) {
			spec.Register(creation{keeping: of(op.ID, "customer_without_quota", reader.ID).in("no-quota").
				listed("name item_name")}.on(op, reader))
		}
	}
	DescribeTableSubtree("a token is given again for", func(name, object string) {
		for _, op := range spec.Operations(spec.Named("RequestTokens")) {
			spec.Register(grant{name: name, object: object, unsigned: false, form: func(fixtures.Vars) map[string]any {
				return map[string]any{"grant_type": "client_credentials"}
			}}.on(op))
		}
	},
		Entry("a client that was disabled and enabled", "reopened-client", "reopened_client"),
		Entry("a client whose tenant was disabled and enabled", "reopened-tenant", "reopened_customers_client"),
	)
	DescribeTableSubtree("a login is acceptable", func(variant, ending string) {
		for _, op := range spec.Operations(spec.Named("CheckLoginNameAvailability")) {
			p := spec.Probe{Code: 204, Name: "acceptable-login"}.Promised(acceptableLogin)
			sp := p.On(op, variant, func(r *fixtures.Request, _ *session.Session) error {
				r.Query.Set("username", r.Query.Get("username")+ending)
				return nil
			})
			sp.Code, sp.Basis = "20x", spec.Documented
			spec.Register(sp)
		}
	},
		Entry("that is an address", "address", "@example.com"),
		Entry("with signs", "signs", "+_.!#$%^*={}`/?'"),
	)
	for _, op := range spec.Operations(spec.Named("RequestOneTimeToken")) {
		sp := spec.Probe{Code: op.Success(), Name: "purpose"}.On(op, "verify", func(r *fixtures.Request,
			_ *session.Session) error {
			return spec.SetField(r, op, "purpose", "verify")
		})
		sp.Code, sp.Basis = "20x", spec.Documented
		spec.Register(sp)
	}
	// Somebody may have it: three characters are enough for a login all the same.
	for _, op := range spec.Operations(spec.Named("CheckLoginNameAvailability")) {
		p := spec.Probe{Code: 204, Name: "acceptable-login"}.Promised(acceptableLogin)
		sp := p.On(op, "three", func(r *fixtures.Request, _ *session.Session) error {
			login := strings.ReplaceAll(r.Query.Get("username"), "-", "")
			r.Query.Set("username", "c"+login[max(0, len(login)-2):])
			return nil
		})
		sp.Code, sp.Basis, sp.Or = "20x", spec.Documented, http.StatusConflict
		spec.Register(sp)
	}
})

// not asks for another value than one.
func not(property string, value any) effect {
	return func(shown map[string]any, _ fixtures.Vars) []schemas.Violation {
		if found, there := shown[property]; !there || found != value {
			return nil
		}
		return noEffect("$."+property, fmt.Sprint(value), "it must be another one by now")
	}
}

func noItems(shown map[string]any, _ fixtures.Vars) []schemas.Violation {
	items, _ := shown["items"].([]any)
	if len(items) == 0 {
		return nil
	}
	return noEffect("$.items", fmt.Sprint(len(items))+" items", "the list was replaced by an empty one")
}

// fromAbove asks that a setting is not the tenant's own, and holds as it was set above (reference, settings).
func fromAbove(shown map[string]any, vars fixtures.Vars) []schemas.Violation {
	return both(both(property("own", nil), property("effective.owner.id", vars["tenant_id"])),
		property("effective.value", true))(shown, vars)
}
