package contract

import (
	"cmp"
	"context"
	"net/http"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// What was switched on or off, restored or replaced, a read shows.
var _ = Describe("20x success", Label("20x"), func() {
	DescribeTableSubtree("what was switched is shown", func(switched, reader string, shown effect) {
		for _, switching := range spec.Operations(spec.Named(switched)) {
			for _, op := range spec.Operations(spec.Named(reader)) {
				spec.Register(tookEffect(switching, op, shown))
			}
		}
	},
		Entry("a service that was turned on", "TurnOnTenantApplication", "FetchAvailableTenantApplications",
			lists("application_id")),
		Entry("a service that was turned off", "TurnOffTenantApplication", "FetchAvailableTenantApplications",
			lacks("application_id")),
		Entry("a setting", "UpdateTenantApplicationSetting", "FetchTenantApplicationSetting",
			property("own.value", true)),
		Entry("a setting that was dropped", "DeleteTenantApplicationSetting", "FetchTenantApplicationSetting",
			both(property("own", nil), notItsOwn)),
		Entry("a brand that was turned on, at a higher version", "EnableCustomBranding", "FetchTenant",
			both(property("brand_enabled", true), risen)),
		Entry("a brand that was turned off, at a higher version", "DisableCustomBranding", "FetchTenant",
			both(property("brand_enabled", false), risen)),
		Entry("a brand", "ModifyCustomBranding", "FetchCustomBrandingOptions", property("service_name", "Conformance")),
		Entry("a tenant that was restored", "RestoreDeletedTenant", "FetchTenant", property("deleted_at", nil)),
		Entry("a user who was restored", "RestoreDeletedUser", "FetchUser", property("deleted_at", nil)),
		Entry("a second factor", "ManageTenantMFAStatus", "FetchTenantMFAStatus", property("mfa_status", "enabled")),
		Entry("a second factor of a user, who is still enabled", "ManageUserMFAStatus", "FetchUser",
			both(not("mfa_status", "disabled"), not("enabled", false))),
		Entry("the roles of a user, and no others", "UpdateUserAccessPolicies", "FetchUserAccessPolicies",
			onlyRole("readonly_admin")),
		Entry("the pricing, at the tenant", "UpdateTenantPricingSettings", "FetchTenant", property("pricing_mode",
			"production")),
		Entry("a client that was deleted", "DeleteClient", "FetchClientsBatch", lacks("client_id")),
		Entry("a price", "UpdateTenantOfferingItemsPrices", "FetchTenantOfferingItemsPrices", priced),
		Entry("a password, which activates", "SetUserPassword", "FetchUser",
			both(property("activated", true), not("enabled", false))),
		Entry("a mail to a user, which activates no one before a password is set", "SendActivationEmail", "FetchUser",
			both(property("activated", false), not("enabled", false))),
		Entry("an offering item", "SetTenantOfferingItems", "FetchTenantOfferingItems", switchedOn),
		Entry("a registration token that was deleted", "DeleteRegistrationToken", "FetchRegistrationTokens_1",
			lacks("token_id")),
		Entry("a default identity provider", "UpdateTenantDefaultIdpId", "FetchTenant", provided),
		Entry("an edition", "SwitchTenantEdition", "FetchTenantOfferingItems", noMore),
	)
	for _, restoring := range spec.Operations(spec.Named("RestoreDeletedUser")) {
		for _, op := range spec.Operations(spec.Named("FetchTenantUsers")) {
			sp := tookEffect(restoring, op, lists("user_id"))
			sp.Probe = "listed-again"
			spec.Register(sp)
		}
	}
	// Every change of the brand raises the version of its tenant (guide, "Managing branding").
	for _, changing := range spec.Operations(spec.Named("ModifyCustomBranding", "UploadTenantBrandLogo")) {
		for _, op := range spec.Operations(spec.Named("FetchTenant")) {
			sp := tookEffect(changing, op, risen)
			sp.Probe = "version-raised"
			spec.Register(sp)
		}
	}

	DescribeTableSubtree("a write that a read tells of", func(id, name string, w told) {
		for _, op := range spec.Operations(spec.Named(id)) {
			spec.Register(w.on(op, name))
		}
	},
		// With other values that are documented than those of the valid call.
		Entry("a folder in a folder", "CreateTenant", "folder-in-folder",
			told{object: "folder", set: body{"kind": "folder", "language": "es-419", "internal_tag": longestTag},
				shown: not("items", nil)}),
		Entry("a partner in a folder", "CreateTenant", "partner-in-folder",
			told{object: "folder", set: body{"kind": "partner", "language": "en-US", "enabled": false},
				shown: not("items", nil)}),
		Entry("a tenant comes back by force, and its name has a suffix", "RestoreDeletedTenant", "forced",
			told{object: "name_taken_customer",
				query: map[string]string{"force": "true"}, shown: both(both(property("deleted_at", nil),
					suffixed("name")), notBelow)}),
		Entry("a user comes back by force and enabled, and the login has a suffix", "RestoreDeletedUser", "forced",
			told{object: "login_taken_user",
				query: map[string]string{"force": "true", "enable": "true"},
				shown: both(both(property("deleted_at", nil),
					property("enabled", true)), suffixed("login"))}),
		Entry("a tenant comes back as it was", "RestoreDeletedTenant", "restored-as-before",
			told{object: "remembered_customer", shown: asBefore("FetchTenant", "enabled")}),
		Entry("a user comes back as before", "RestoreDeletedUser", "restored-as-before",
			told{object: "remembered_user", shown: asBefore("FetchUser", "enabled", "access_policies")}),
		Entry("a service that is turned off, and no other", "TurnOffTenantApplication", "others-stay",
			told{object: "twice_served_customer", vars: map[string]string{"files_cloud": "${application_id}"},
				shown: both(lacks("application_id"), theOther("other_service"))}),
		Entry("a registration token is among all of them at once", "CreateRegistrationToken_0", "listed-at-once",
			told{object: "side", reads: "FetchRegistrationTokens_0", shown: lists(made)}),
		Entry("a role replaces the one that was there", "UpdateUserAccessPolicies", "replaces",
			told{object: "disabled_roled_user",
				vars:  map[string]string{"role": "company_admin"},
				shown: onlyRole("company_admin")}),
		Entry("a password of any characters, which activates", "SetUserPassword", "any-characters",
			told{object: "user", vars: map[string]string{"password": "${password} Größe 鍵"},
				shown: property("activated", true)}),
		Entry("a second factor of a user that was switched off", "ManageUserMFAStatus", "switched-off",
			told{object: "mfa_user", body: body{"enabled": false},
				shown: both(not("mfa_status", "enabled"), not("mfa_status", "setup_required"))}),
	)
})

// reading is a spec that reads on the twin that another operation's control has written.
func reading(op, written *schemas.Operation, name, variant string) spec.Spec {
	return spec.Spec{
		Code: "20x", Probe: name, Variant: variant, Subject: op.ID, Operation: op, Method: op.Method, Path: op.Path,
		Want:  op.Success(),
		Basis: spec.Documented, Control: written.ID,
	}
}

// tookEffect reads the object that the control of a switching operation was made on. That it is not found is not an
// effect either.
func tookEffect(switched, op *schemas.Operation, shown effect) spec.Spec {
	sp := reading(op, switched, "took-effect", "")
	sp.Asserts, sp.Subject = switched, switched.ID
	sp.Writes, sp.Settles = true, true // it rests on a write
	sp.Prepare = func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
		r, vars, err := spec.CallOn(s, op, session.ControlKey(switched, spec.Catalogue().Call(switched.ID)), id)
		if err != nil {
			return spec.Case{}, err
		}
		if called, known := spec.Catalogue().Call(switched.ID).Vars["application_id"]; known {
			vars["application_id"], err = vars.Fill(called)
		}
		return spec.Case{Request: r, Check: func(_ context.Context, e *exchange.Exchange) ([]schemas.Violation,
			[]*exchange.Exchange, error) {
			if e.Status() == http.StatusNotFound {
				return []schemas.Violation{{Path: "status", Rule: "effect", Found: "404", Detail: switched.ID +
					" has succeeded, and what it was called on is not found"}}, nil, nil
			}
			body := spec.Object(e)
			if body == nil || e.Status()/100 != 2 {
				return nil, nil, nil // the operation's own specs say so
			}
			wrong := shown(body, vars)
			if name := op.Answers(); name != "" && name == switched.Answers() {
				wrong = append(wrong, asAnswered(s.Controls[switched.ID].Exchange, e)...)
			}
			return wrong, nil, nil
		}}, err
	}
	return sp
}

// told is a write on an object of its own, and what its witness must show afterwards.
type told struct {
	object string
	vars   map[string]string // names that hold for the call only
	body   body              // instead of that of the valid call
	set    body              // properties of the body that differ
	query  map[string]string
	reads  string // instead of the witness
	shown  effect // the object knows what was made as made
}

// theOther asks that the service is on, if it is not the one that was turned off.
func theOther(name string) effect {
	return func(shown map[string]any, vars fixtures.Vars) []schemas.Violation {
		if vars[name] == vars["application_id"] {
			return nil
		}
		return lists(name)(shown, vars)
	}
}

// made is the name of the id that the answer to the write shows.
const made = "made"

func (w told) on(op *schemas.Operation, name string) spec.Spec {
	key := fixtures.Own(w.object, "20x-"+name)
	sp := reading(op, op, name, "")
	sp.Writes = true
	sp.Objects = func(n session.Needs) { n.Add(session.Object{Key: key, Side: fixtures.Home, Object: w.object}) }
	sp.Prepare = func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
		vars, err := s.CallVars(op.ID, key, id)
		if err != nil {
			return spec.Case{}, err
		}
		for name, template := range w.vars {
			if vars[name], err = vars.Fill(template); err != nil {
				return spec.Case{}, err
			}
		}
		r, err := s.Catalogue.Request(op.ID, vars)
		if err == nil && w.body != nil {
			err = r.SetBody(op.Body.MediaType, w.body)
		}
		for property, value := range w.set {
			if err == nil {
				err = spec.SetField(&r, op, property, value)
			}
		}
		if err != nil {
			return spec.Case{}, err
		}
		for parameter, value := range w.query {
			r.Query.Set(parameter, value)
		}
		read, err := s.Catalogue.Request(cmp.Or(w.reads, spec.Catalogue().Call(op.ID).Witness), vars)
		return spec.Case{Request: r, Locks: key, Check: func(ctx context.Context,
			e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
			if e.Status()/100 != 2 {
				return nil, nil, nil // the oracle has said so
			}
			vars[made] = spec.Object(e)["id"]
			return readBack(ctx, s, id, read, vars, w.shown)
		}}, err
	}
	return sp
}
