package contract

import (
	"acronis-conformance/suites/internal/spec"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/session"

	. "github.com/onsi/ginkgo/v2"
)

// The request succeeds, with exactly its documented code, media type and body schema.
var _ = Describe("20x success", Label("20x"), func() {
	// The valid calls were sent once, as controls of the refusals; here they are judged.
	for _, op := range spec.Operations(func(*schemas.Operation) bool { return true }) {
		spec.Register(validToken(op))
	}

	// What a write changed, a read shows.
	DescribeTableSubtree("what was created is found", func(created, reader, id string) {
		for _, creating := range spec.Operations(spec.Named(created)) {
			for _, op := range spec.Operations(spec.Named(reader)) {
				spec.Register(createdIsFound(creating, op, id))
			}
		}
	},
		Entry("a tenant", "CreateTenant", "FetchTenant", "tenant_id"),
		Entry("a user", "CreateUser", "FetchUser", "user_id"),
		Entry("a client", "CreateClient", "FetchClient", "client_id"),
		Entry("a storage", "RegisterInfrastructure", "FetchInfrastructure", "infra_id"),
		Entry("a location", "CreateInfrastructuresLocation", "FetchInfrastructuresLocation", "location_id"),
		Entry("a report", "CreateReport", "FetchReport", "report_id"),
		Entry("a tenant, below its parent", "CreateTenant", "FetchTenantChildren", ""),
		Entry("a user, in its tenant", "CreateUser", "FetchTenantUsers", ""),
		Entry("a location, at its owner", "CreateInfrastructuresLocation", "FetchTenantInfrastructureLocations", ""),
		Entry("a storage, at its location", "RegisterInfrastructure", "FetchLocationInfrastructures", ""),
		Entry("a report, at its tenant", "CreateReport", "FetchTenantReports", ""),
		Entry("a registration token, at its tenant", "CreateRegistrationToken_1", "FetchRegistrationTokens_1", ""),
	)
	DescribeTableSubtree("what was changed is shown", func(changed string) {
		for _, changing := range spec.Operations(spec.Named(changed)) {
			for _, op := range spec.Operations(spec.Named(spec.Catalogue().Call(changing.ID).Witness)) {
				spec.Register(changedIsShown(changing, op))
			}
		}
	},
		Entry("a tenant", "UpdateTenant"),
		Entry("a user", "UpdateUser"),
		Entry("a client", "UpdateClient"),
		Entry("a storage", "UpdateInfrastructure"),
		Entry("a location", "UpdateInfrastructuresLocation"),
		Entry("a tenant's pricing", "UpdateTenantPricingSettings"),
		Entry("a report's schedule", "UpdateReport"),
	)
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
		Entry("a setting", "UpdateTenantApplicationSetting", "FetchTenantApplicationSetting", property("own.value", true)),
		Entry("a setting that was dropped", "DeleteTenantApplicationSetting", "FetchTenantApplicationSetting",
			property("own", nil)),
		Entry("a brand that was turned on, at a higher version", "EnableCustomBranding", "FetchTenant",
			both(property("brand_enabled", true), risen)),
		Entry("a brand that was turned off, at a higher version", "DisableCustomBranding", "FetchTenant",
			both(property("brand_enabled", false), risen)),
		Entry("a brand", "ModifyCustomBranding", "FetchCustomBrandingOptions", property("service_name", "Conformance")),
		Entry("a tenant that was restored", "RestoreDeletedTenant", "FetchTenant", property("deleted_at", nil)),
		Entry("a user who was restored", "RestoreDeletedUser", "FetchUser", property("deleted_at", nil)),
		Entry("a second factor", "ManageTenantMFAStatus", "FetchTenantMFAStatus", property("mfa_status", "enabled")),
		Entry("the roles of a user, and no others", "UpdateUserAccessPolicies", "FetchUserAccessPolicies",
			onlyRole("readonly_admin")),
		Entry("the pricing, at the tenant", "UpdateTenantPricingSettings", "FetchTenant", property("pricing_mode",
			"production")),
		Entry("a client that was deleted", "DeleteClient", "FetchClientsBatch", lacks("client_id")),
		Entry("a price", "UpdateTenantOfferingItemsPrices", "FetchTenantOfferingItemsPrices", priced),
		Entry("a password, which activates", "SetUserPassword", "FetchUser", property("activated", true)),
		Entry("an offering item", "SetTenantOfferingItems", "FetchTenantOfferingItems", switchedOn),
		Entry("a registration token that was deleted", "DeleteRegistrationToken", "FetchRegistrationTokens_1",
			lacks("token_id")),
	)
	// Every change of the brand raises the version of its tenant (guide, "Managing branding").
	for _, changing := range spec.Operations(spec.Named("ModifyCustomBranding", "UploadTenantBrandLogo")) {
		for _, op := range spec.Operations(spec.Named("FetchTenant")) {
			sp := tookEffect(changing, op, risen)
			sp.Probe = "version-raised"
			spec.Register(sp)
		}
	}

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
		Entry("a user of a customer has a tenant of its own", "FetchUser", "own-tenant", objectShown{of: shared("user"),
			shown: hasOwnTenant}),
		Entry("the tenant of one user", "FetchTenant", "own-tenant", objectShown{of: shared("user"),
			vars: map[string]string{"tenant_id": "personal_id"}, shown: isOwnTenant}),
		Entry("a customer that was disabled from the first day", "FetchTenant", "as-made",
			objectShown{of: own("disabled_from_birth_customer", "shown"),
				shown: property("enabled", false)}),
		Entry("a user who was disabled from the first day", "FetchUser", "as-made",
			objectShown{of: own("disabled_from_birth_user", "shown"),
				shown: both(both(property("enabled", false), only("business_types", "buyer")), only("notifications",
					"maintenance"))}),
		Entry("a user who is called otherwise by now", "FetchUser", "renamed", objectShown{of: own("renamed_user", "shown"),
			shown: both(both(property("enabled", false), only("notifications", "maintenance")), suffixed("login"))}),
		Entry("a tenant that has moved", "FetchTenant", "moved", objectShown{of: own("moved_customer", "lists"),
			vars: map[string]string{"tenant_id": "child_id"}, shown: moved}),
		Entry("an item that was turned off", "FetchTenantOfferingItems", "off", objectShown{of: own("unsupplied_customer",
			"shown"), shown: switchedOff}),
		// The guides begin to count there; the reference has versions that look like times.
		Entry("a location that nobody has changed", "FetchInfrastructuresLocation", "first-version",
			objectShown{of: shared("location"), shown: atVersion("0"), guess: true}),
		Entry("a storage that nobody has changed", "FetchInfrastructure", "first-version", objectShown{of: shared("infra"),
			shown: atVersion("1"), guess: true}),
		Entry("a deleted tenant, with allow_deleted", "FetchTenant", "deleted",
			objectShown{of: own("deleted_customer", "lists"),
				query: map[string]string{"allow_deleted": "true"}, shown: isDeleted}),
		Entry("a deleted user, with allow_deleted", "FetchUser", "deleted", objectShown{of: own("deleted_user",
			"lists"),
			query: map[string]string{"allow_deleted": "true"}, shown: isDeleted}),
	)

	DescribeTableSubtree("a write that a read tells of", func(id, name string, w told) {
		for _, op := range spec.Operations(spec.Named(id)) {
			spec.Register(w.on(op, name))
		}
	},
		Entry("a tenant comes back by force, and its name bears a suffix", "RestoreDeletedTenant", "forced",
			told{object: "name_taken_customer",
				query: map[string]string{"force": "true"}, shown: both(property("deleted_at", nil), suffixed("name"))}),
		Entry("a user comes back by force and enabled, and the login bears a suffix", "RestoreDeletedUser", "forced",
			told{object: "login_taken_user",
				query: map[string]string{"force": "true", "enable": "true"}, shown: both(both(property("deleted_at", nil),
					property("enabled", true)), suffixed("login"))}),
		Entry("a role replaces the one that was there", "UpdateUserAccessPolicies", "replaces", told{object: "roled_user",
			vars:  map[string]any{"role": "company_admin"},
			shown: onlyRole("company_admin")}),
	)

	for _, op := range spec.Operations(spec.Named("IntrospectToken")) {
		spec.Register(deadToken(op, "", func(*session.Session) string { return session.Garbage }))
	}
	for _, op := range spec.Operations(spec.Named("FetchTenant")) {
		spec.Register(tokenInQuery(op))
	}
	// A read changes nothing: what it showed is what it shows again.
	for _, op := range spec.Operations(func(op *schemas.Operation) bool { return !op.Writes() && readsOneObject(op) }) {
		spec.Register(readAgain(op))
	}
})

// readsOneObject reports whether the valid call reads an object that nothing else touches, by its id or as a list of
// one, or asks whether a login is free.
func readsOneObject(op *schemas.Operation) bool {
	_, listed := spec.Catalogue().Call(op.ID).Query["uuids"]
	byID := strings.HasSuffix(op.Path, "}") && len(spec.PathIDs(op)) > 0
	return (byID || listed) && slices.Contains(op.MediaTypes(op.Success()), "application/json") ||
		op.ID == "CheckLoginNameAvailability"
}

// reading is a spec that reads on the twin that another operation's control has written.
func reading(op, written *schemas.Operation, name, variant string) spec.Spec {
	return spec.Spec{
		Code: "20x", Probe: name, Variant: variant, Subject: op.ID, Operation: op, Method: op.Method, Path: op.Path,
		Want:  op.Success(),
		Basis: spec.Documented, Control: written.ID,
	}
}

// effect looks whether an answer shows what an earlier call has done to the object.
type effect func(shown map[string]any, vars fixtures.Vars) []schemas.Violation

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
			return shown(body, vars), nil, nil
		}}, err
	}
	return sp
}

// objectShown is a read of an object, and what it must show.
type objectShown struct {
	of    *session.Object
	vars  map[string]string // names of the call that take the object's value of another name
	query map[string]string
	shown effect
	guess bool // that it must show so is only assumed
}

func (o objectShown) on(op *schemas.Operation, variant string) spec.Spec {
	sp := reading(op, op, "shows", variant)
	sp.Basis, sp.Settles = spec.RejectionDocumented, true
	sp.Objects = func(n session.Needs) { n.Add(*o.of) }
	sp.Prepare = func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
		vars, err := s.Vars(o.of.Key, id)
		if err != nil {
			return spec.Case{}, err
		}
		r, err := list{query: o.query, vars: o.vars}.ask(s, op, vars)
		return spec.Case{Request: r, Check: func(_ context.Context, e *exchange.Exchange) ([]schemas.Violation,
			[]*exchange.Exchange, error) {
			body := spec.Object(e)
			if body == nil || e.Status()/100 != 2 {
				return nil, nil, nil // the oracle has said so
			}
			wrong := o.shown(body, vars)
			if o.guess {
				wrong, err = spec.AssumedOnly(s, wrong)
			}
			return wrong, nil, err
		}}, err
	}
	return sp
}

// told is a write on an object of its own, and what its witness must show afterwards.
type told struct {
	object string
	vars   map[string]any // names that hold for the call only
	query  map[string]string
	shown  effect
}

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
		maps.Copy(vars, w.vars)
		r, err := s.Catalogue.Request(op.ID, vars)
		if err != nil {
			return spec.Case{}, err
		}
		for parameter, value := range w.query {
			r.Query.Set(parameter, value)
		}
		read, err := s.Catalogue.Request(spec.Catalogue().Call(op.ID).Witness, vars)
		return spec.Case{Request: r, Locks: key, Check: func(ctx context.Context,
			e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
			if e.Status()/100 != 2 {
				return nil, nil, nil // the oracle has said so
			}
			return readBack(ctx, s, id, read, vars, w.shown)
		}}, err
	}
	return sp
}

// readBack reads until it is shown what must be shown, as long as the target may need for it.
func readBack(ctx context.Context, s *session.Session, id string, read fixtures.Request, vars fixtures.Vars,
	shown effect) (wrong []schemas.Violation, looks []*exchange.Exchange, err error) {
	return readUntil(ctx, s, id, read, func(e *exchange.Exchange) []schemas.Violation {
		return shown(spec.Object(e),
			vars)
	})
}

// readUntil is readBack for what looks at the whole answer.
func readUntil(ctx context.Context, s *session.Session, id string, read fixtures.Request,
	shown func(*exchange.Exchange) []schemas.Violation) (wrong []schemas.Violation, looks []*exchange.Exchange,
	err error) {
	for begin := time.Now(); ; {
		e, err := s.Send(ctx, id, read, nil)
		looks = append(looks, spec.Exchanges(e)...)
		switch body := spec.WholeObject(e); {
		case err != nil:
			return nil, looks, err
		case e.Status() == http.StatusNotFound:
			wrong = noEffect("status", "404", "what was written is not found")
		case e.Status()/100 != 2 || body == nil:
			return nil, looks, spec.Inconclusive("the read that would show it fails: see 20x/valid-token/" + read.Operation)
		default:
			wrong = shown(e)
		}
		if len(wrong) == 0 || time.Since(begin) >= s.Settle() {
			return wrong, looks, nil
		}
		select {
		case <-ctx.Done():
			return nil, looks, context.Cause(ctx)
		case <-time.After(time.Second):
		}
	}
}

func noEffect(path, found, detail string) []schemas.Violation {
	return []schemas.Violation{{Path: path, Rule: "effect", Found: found, Detail: detail}}
}

// property asks for one value at a path such as own.value.
func property(path string, value any) effect {
	return func(shown map[string]any, _ fixtures.Vars) []schemas.Violation {
		var found any = shown
		for name := range strings.SplitSeq(path, ".") {
			object, _ := found.(map[string]any)
			found = object[name]
		}
		if found == value {
			return nil
		}
		return noEffect("$."+path, fmt.Sprint(found), fmt.Sprintf("it must be %v by now", value))
	}
}

// lists asks that what the object bears under the name is among the items, which are ids or objects with one.
func lists(name string) effect {
	return func(shown map[string]any, vars fixtures.Vars) []schemas.Violation {
		if among(shown, vars[name]) {
			return nil
		}
		return noEffect("$.items", "a list without it", fmt.Sprintf("%v must be listed by now", vars[name]))
	}
}

// lacks asks for the contrary.
func lacks(name string) effect {
	return func(shown map[string]any, vars fixtures.Vars) []schemas.Violation {
		if !among(shown, vars[name]) {
			return nil
		}
		return noEffect("$.items", fmt.Sprint(vars[name]), "it must not be listed any more")
	}
}

func among(shown map[string]any, id any) bool {
	items, _ := shown["items"].([]any)
	return slices.ContainsFunc(items, func(item any) bool {
		if fields, isObject := item.(map[string]any); isObject {
			item = cmp.Or(fields["id"], fields["client_id"])
		}
		return fmt.Sprint(item) == fmt.Sprint(id)
	})
}

// onlyRole asks for the role and no other: the list replaces the whole of what was there (guide, "Assigning user
// roles"). That it stands there twice, where it was given twice, is another spec's affair.
func onlyRole(role string) effect {
	return func(shown map[string]any, _ fixtures.Vars) []schemas.Violation {
		items, _ := shown["items"].([]any)
		other := func(item any) bool {
			fields, _ := item.(map[string]any)
			return fields["role_id"] != role
		}
		if len(items) > 0 && !slices.ContainsFunc(items, other) {
			return nil
		}
		return noEffect("$.items", fmt.Sprint(len(items))+" roles", "the user must hold "+role+" by now, and nothing else")
	}
}

func both(one, other effect) effect {
	return func(shown map[string]any, vars fixtures.Vars) []schemas.Violation {
		return append(one(shown, vars), other(shown, vars)...)
	}
}

// risen asks for a higher version than the object had before.
func risen(shown map[string]any, vars fixtures.Vars) []schemas.Violation {
	return raised(shown, vars["version"])
}

// suffixed asks that the object is called as before, with something behind it.
func suffixed(name string) effect {
	return func(shown map[string]any, vars fixtures.Vars) []schemas.Violation {
		before, now := fmt.Sprint(vars[name]), fmt.Sprint(shown[name])
		if strings.HasPrefix(now, before) && now != before {
			return nil
		}
		return noEffect("$."+name, now, fmt.Sprintf("somebody else is called %s by now: a suffix must tell the two apart",
			before))
	}
}

// inTrial asks for the trial, after which production begins (guide, "Provisioning a customer tenant", "Pricing mode").
func inTrial(shown map[string]any, _ fixtures.Vars) []schemas.Violation {
	wrong := property("mode", "trial")(shown, nil)
	start := fmt.Sprint(shown["production_start_date"])
	if day := start[:min(len(start), len(time.DateOnly))]; shown["production_start_date"] != nil &&
		day < time.Now().UTC().Format(time.DateOnly) {
		wrong = append(wrong, noEffect("$.production_start_date", start, "in trial, production lies ahead")...)
	}
	return wrong
}

// only asks for a list of one value.
func only(name string, value any) effect {
	return func(shown map[string]any, _ fixtures.Vars) []schemas.Violation {
		if found, _ := shown[name].([]any); slices.Equal(found, []any{value}) {
			return nil
		}
		return noEffect("$."+name, fmt.Sprint(shown[name]), fmt.Sprintf("it must hold %v and nothing else", value))
	}
}

func moved(shown map[string]any, vars fixtures.Vars) []schemas.Violation {
	return append(property("parent_id", vars["second_id"])(shown, nil), property("name", fmt.Sprint(vars["name"],
		"-renamed"))(shown, nil)...)
}

func hasOwnTenant(shown map[string]any, _ fixtures.Vars) []schemas.Violation {
	if shown["personal_tenant_id"] != nil {
		return nil
	}
	return noEffect("$.personal_tenant_id", "null", "a user of a customer has a tenant of its own")
}

func isOwnTenant(shown map[string]any, vars fixtures.Vars) []schemas.Violation {
	wrong := property("kind", "unit")(shown, nil)
	if _, told := shown["owner_id"]; told { // which it need not be
		wrong = append(wrong, property("owner_id", vars["user_id"])(shown, nil)...)
	}
	return wrong
}

func atVersion(version string) effect {
	return func(shown map[string]any, _ fixtures.Vars) []schemas.Violation {
		if found := fmt.Sprint(shown["version"]); found != version {
			return noEffect("$.version", found, "a new object of this kind has version "+version)
		}
		return nil
	}
}

func isDeleted(shown map[string]any, _ fixtures.Vars) []schemas.Violation {
	if shown["deleted_at"] != nil {
		return nil
	}
	return noEffect("$.deleted_at", "null", "a deleted object says when it was deleted")
}

// switchedOn asks that the item of the payload is on, switchedOff that it is not.
func switchedOn(shown map[string]any, vars fixtures.Vars) []schemas.Violation {
	if isOn(shown, vars) {
		return nil
	}
	return noEffect("$.items", "a list without it", fmt.Sprintf("the item %v must be on by now", vars["item_name"]))
}

func switchedOff(shown map[string]any, vars fixtures.Vars) []schemas.Violation {
	if !isOn(shown, vars) {
		return nil
	}
	return noEffect("$.items", "a list with it", fmt.Sprintf("the item %v must be off by now", vars["item_name"]))
}

func isOn(shown map[string]any, vars fixtures.Vars) bool {
	items, _ := shown["items"].([]any)
	return slices.ContainsFunc(items, func(item any) bool {
		fields, _ := item.(map[string]any)
		return fields["name"] == vars["item_name"] && fields["application_id"] == vars["application_id"] &&
			fmt.Sprint(fields["status"]) == "1"
	})
}

// priced asks for the price of the payload.
func priced(shown map[string]any, vars fixtures.Vars) []schemas.Violation {
	items, _ := shown["items"].([]any)
	for _, item := range items {
		fields, _ := item.(map[string]any)
		if price, err := strconv.ParseFloat(fmt.Sprint(fields["price"]), 64); fields["name"] == vars["item_name"] &&
			err == nil && price == 12.5 {
			return nil
		}
	}
	return noEffect("$.items", "a list without it", fmt.Sprintf("the item %v must cost 12.50 by now", vars["item_name"]))
}

// createdIsFound reads the object that the control of a creating operation made: by its id, or in the list that must
// hold it now.
func createdIsFound(created, op *schemas.Operation, id string) spec.Spec {
	sp := reading(op, created, "created-is-found", created.ID)
	sp.Writes, sp.Settles = true, true // it rests on a write
	sp.Prepare = func(_ context.Context, s *session.Session, owner string) (spec.Case, error) {
		control := s.Controls[created.ID]
		answer := spec.Object(control.Exchange)
		if answer == nil {
			return spec.Case{}, errors.New("the answer to the creation is unreadable: see 20x/valid-token/" + created.ID)
		}
		made := answer["id"]
		if made == nil {
			made = answer["client_id"]
		}
		vars, err := s.Vars(session.ControlKey(created, spec.Catalogue().Call(created.ID)), owner)
		if err != nil {
			return spec.Case{}, err
		}
		if id != "" {
			vars[id] = made
		}
		r, err := s.Catalogue.Request(op.ID, vars)
		return spec.Case{Request: r, Check: func(_ context.Context, e *exchange.Exchange) ([]schemas.Violation,
			[]*exchange.Exchange, error) {
			if e.Status()/100 != 2 {
				return nil, nil, nil
			}
			if spec.Mentions(e, made) {
				return asAsked(control, id, e), nil, nil
			}
			return []schemas.Violation{{Path: "$", Rule: "created", Found: "an answer without it",
				Detail: fmt.Sprintf("what was created, %v, is not shown", made)}}, nil, nil
		}}, err
	}
	return sp
}

// asAsked compares what a read of the object by its id shows with what its creation asked for. What a report was
// asked for comes in the service's own form.
func asAsked(control *session.Control, id string, e *exchange.Exchange) []schemas.Violation {
	asked, err := spec.Body(&control.Request)
	shown := spec.Object(e)
	if id == "" || id == "report_id" || err != nil || shown == nil {
		return nil
	}
	return append(holds("$", shown, asked), holds("$", shown, any(fresh[control.Request.Operation]))...)
}

// fresh is what is true of a new object, the one who made it (guide, "Creating a user account", "Creating a tenant",
// "Provisioning a customer tenant").
var fresh = map[string]map[string]any{
	"CreateTenant": {"enabled": true, "deleted_at": nil, "pricing_mode": "trial"},
	"CreateUser":   {"enabled": true, "activated": false, "deleted_at": nil, "mfa_status": "disabled"},
}

// changedIsShown reads the object that the control of a changing operation was made on.
func changedIsShown(changed, op *schemas.Operation) spec.Spec {
	sp := reading(op, changed, "changed-is-shown", "")
	sp.Asserts, sp.Subject = changed, changed.ID
	sp.Writes, sp.Settles = true, true // it rests on a write
	sp.Prepare = func(_ context.Context, s *session.Session, owner string) (spec.Case, error) {
		control := s.Controls[changed.ID]
		r, vars, err := spec.CallOn(s, op, session.ControlKey(changed, spec.Catalogue().Call(changed.ID)), owner)
		if err != nil {
			return spec.Case{}, err
		}
		asked, err := spec.Body(&control.Request)
		named := cmp.Or(asked["version"], vars["version"]) // reports are changed without naming it
		delete(asked, "version")
		return spec.Case{Request: r, Check: func(_ context.Context, e *exchange.Exchange) ([]schemas.Violation,
			[]*exchange.Exchange, error) {
			shown := spec.Object(e)
			if shown == nil || e.Status()/100 != 2 {
				return nil, nil, nil // the oracle has said so
			}
			wrong := holds("$", shown, asked)
			return append(wrong, raised(shown, named)...), nil, nil
		}}, err
	}
	return sp
}

// raised asks for a higher version than the one before: each change raises it (guide, "Optimistic locking").
func raised(shown map[string]any, named any) []schemas.Violation {
	before, err := strconv.ParseFloat(fmt.Sprint(named), 64)
	now, unread := strconv.ParseFloat(fmt.Sprint(shown["version"]), 64)
	if err != nil || unread != nil || now > before {
		return nil
	}
	return []schemas.Violation{{Path: "$.version", Rule: "changed", Found: fmt.Sprint(shown["version"]),
		Detail: fmt.Sprintf("a change must raise the version, which was %v", named)}}
}

// holds compares what is shown with what was asked for, property by property.
func holds(path string, shown, asked any) []schemas.Violation {
	want, isObject := asked.(map[string]any)
	if !isObject {
		// which may be kept in small letters
		inAnyCase := strings.HasSuffix(path, ".login") || strings.HasSuffix(path, ".email")
		if fmt.Sprint(shown) == fmt.Sprint(asked) || inAnyCase && strings.EqualFold(fmt.Sprint(shown), fmt.Sprint(asked)) {
			return nil
		}
		return []schemas.Violation{{Path: path, Rule: "changed", Found: fmt.Sprint(shown),
			Detail: fmt.Sprintf("it was changed to %v", asked)}}
	}
	has, _ := shown.(map[string]any)
	var wrong []schemas.Violation
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if value, there := has[name]; there {
			wrong = append(wrong, holds(path+"."+name, value, want[name])...)
		}
	}
	return wrong
}

// readAgain reads once more what the control has read.
func readAgain(op *schemas.Operation) spec.Spec {
	sp := reading(op, op, "read-again", "")
	sp.Prepare = func(_ context.Context, s *session.Session, _ string) (spec.Case, error) {
		control := s.Controls[op.ID]
		return spec.Case{Request: control.Request.Clone(), Check: func(_ context.Context,
			e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
			if e.Status()/100 != 2 || session.Same(op, control.Exchange, e) {
				return nil, nil, nil
			}
			return []schemas.Violation{{Path: "$", Rule: "safe", Found: "another state than before",
				Detail: "a read changed what it shows"}}, nil, nil
		}}, nil
	}
	return sp
}

func validToken(op *schemas.Operation) spec.Spec {
	sp := spec.Spec{
		Code: "20x", Probe: "valid-token", Subject: op.ID, Operation: op, Method: op.Method, Path: op.Path,
		Want: op.Success(), Basis: spec.Documented,
		Writes: op.Writes(), Lod: spec.Catalogue().Call(op.ID).Query["lod"],
		Objects: func(n session.Needs) { spec.NeedControl(n, op.ID) },
		Prepare: func(_ context.Context, s *session.Session, _ string) (spec.Case, error) {
			control := s.Controls[op.ID]
			switch {
			case control == nil:
				return spec.Case{}, errors.New("no control was sent")
			case control.Barred:
				return spec.Case{}, errors.New(control.Reason)
			}
			return spec.Case{Request: control.Request, Exchange: control.Exchange, Check: askedFor(s, op, control)}, nil
		},
	}
	if spec.Catalogue().Call(op.ID).Assumed {
		sp.Basis.Code = report.Assumed
	}
	return sp
}

// telling are the writes whose answer is the object as it is from then on.
var telling = []string{"CreateTenant", "UpdateTenant", "CreateUser", "UpdateUser", "CreateClient", "UpdateClient",
	"CreateInfrastructuresLocation",
	"UpdateInfrastructuresLocation", "RegisterInfrastructure", "UpdateInfrastructure"}

// deadToken looks into what is good for nothing to the caller: that is not an error, and the answer says so
// (spec.Reference, token introspection).
func deadToken(op *schemas.Operation, variant string, token func(*session.Session) string, forged ...string) spec.Spec {
	sp := spec.Probe{Code: 200, Name: "dead-token", Basis: spec.Documented}.On(op, variant, func(r *fixtures.Request,
		s *session.Session) error {
		if token(s) == "" {
			return spec.ErrNothingToMutate
		}
		return r.SetBody(op.Body.MediaType, map[string]any{"token": token(s)})
	})
	needs := sp.Objects
	sp.Objects = func(n session.Needs) {
		needs(n)
		for _, name := range forged {
			n.Forged[name] = true
		}
	}
	sp.Code = "20x"
	try := sp.Prepare
	sp.Prepare = func(ctx context.Context, s *session.Session, id string) (spec.Case, error) {
		t, err := try(ctx, s, id)
		t.Check = func(_ context.Context, e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
			if e.Status()/100 != 2 || spec.Object(e) == nil || spec.Object(e)["active"] == false {
				return nil, nil, nil
			}
			return []schemas.Violation{{Path: "$.active", Rule: "active", Found: fmt.Sprint(spec.Object(e)["active"]),
				Detail: "a token that is good for nothing is not active"}}, nil, nil
		}
		return t, err
	}
	return sp
}

// tokenInQuery sends the token as the query parameter access_token, which is as good as the header (guide,
// "Authentication").
func tokenInQuery(op *schemas.Operation) spec.Spec {
	sp := spec.Probe{Code: 200, Name: "token-in-query", Basis: spec.Documented}.On(op, "", func(r *fixtures.Request,
		s *session.Session) error {
		r.As = fixtures.Nobody
		r.Query.Set("access_token", s.World.Tokens[fixtures.Home])
		return nil
	})
	sp.Code = "20x"
	return sp
}

// askedFor looks whether the answer is about what was asked for: the objects that a list names by id, and what a
// change was to change.
func askedFor(s *session.Session, op *schemas.Operation, control *session.Control) spec.Check {
	return func(ctx context.Context, e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
		body := spec.Object(e)
		if body == nil || e.Status() != op.Success() {
			return nil, nil, nil // the oracle has said so
		}
		switch op.ID {
		case "FetchCurrentUserInfo":
			return meAsRead(ctx, s, op, body)
		case "DeviceAuthorizationApproval_0":
			return ofTheDevice(s, control, body), nil, nil
		}
		if asked := control.Request.Query.Get("uuids"); asked != "" {
			return listed(body, strings.Split(asked, ",")), nil, nil
		}
		if op.ID == "FetchOfferingItemsAvailableForTenantChild" && len(spec.Items(e)) == 0 {
			wrong, err := spec.AssumedOnly(s, []schemas.Violation{{Path: "$.items", Rule: "shown", Found: "no items",
				Detail: "a tenant with offering items has some for its children"}})
			return wrong, nil, err
		}
		if slices.Contains(telling, op.ID) {
			if asked, err := spec.Body(&control.Request); err == nil {
				delete(asked, "version")
				return holds("$", body, asked), nil, nil
			}
		}
		return nil, nil, nil
	}
}

// ofTheDevice asks that who is to approve a device is shown the client and the name with which it asked.
func ofTheDevice(s *session.Session, control *session.Control, shown body) []schemas.Violation {
	op := spec.Contract().Operation(control.Request.Operation)
	vars, err := s.Vars(session.ControlKey(op, spec.Catalogue().Call(op.ID)), "")
	if err != nil {
		return nil
	}
	sent, err := s.Catalogue.Sent(spec.Catalogue().Call(op.ID).Object, "RequestDeviceAuthorization", vars)
	if err != nil {
		return nil
	}
	delete(sent, "scope") // whether as one text or as a list is free
	return holds("$", map[string]any(shown), map[string]any(sent))
}

// meAsRead compares what a user reads of itself with what the reads of the user and of its tenant by their ids show.
func meAsRead(ctx context.Context, s *session.Session, op *schemas.Operation, me body) (wrong []schemas.Violation,
	looks []*exchange.Exchange, err error) {
	read := func(id string, vars fixtures.Vars) (body, error) {
		r, err := s.Catalogue.Request(id, vars)
		if err != nil {
			return nil, nil // a contract without it tells nothing
		}
		e, err := s.Send(ctx, "20x/valid-token/"+op.ID, r, nil)
		looks = append(looks, spec.Exchanges(e)...)
		if err != nil || e.Status()/100 != 2 {
			return nil, err // its own specs say so
		}
		return spec.Object(e), nil
	}
	user, err := read("FetchUser", fixtures.Vars{"user_id": me["id"]})
	if err != nil || user == nil {
		return nil, looks, err
	}
	for _, name := range []string{"login", "tenant_id", "personal_tenant_id", "external_id", "enabled", "activated"} {
		if shown, there := me[name]; there && !(keeping{}).listing(op).same([]string{name}, user[name], shown) {
			wrong = append(wrong, schemas.Violation{Path: "$." + name, Rule: "as-read", Found: written(shown),
				Detail: "the read of the same user by its id shows " + written(user[name])})
		}
	}
	tenant, err := read("FetchTenant", fixtures.Vars{"tenant_id": user["tenant_id"]})
	if kind := me["tenant_kind"]; err == nil && tenant != nil && kind != nil && tenant["kind"] != nil &&
		kind != tenant["kind"] {
		wrong = append(wrong, schemas.Violation{Path: "$.tenant_kind", Rule: "as-read", Found: fmt.Sprint(kind),
			Detail: fmt.Sprintf("the tenant of the user is a %v", tenant["kind"])})
	}
	return wrong, looks, err
}

// listed looks whether a list holds the objects that were asked for by id, and no other.
func listed(body map[string]any, asked []string) []schemas.Violation {
	items, _ := body["items"].([]any)
	var wrong []schemas.Violation
	found := map[string]bool{}
	for i, item := range items {
		fields, _ := item.(map[string]any)
		id := fmt.Sprint(fields["id"])
		found[id] = true
		if !slices.Contains(asked, id) {
			wrong = append(wrong, schemas.Violation{Path: fmt.Sprintf("$.items[%d].id", i), Rule: "filter", Found: id,
				Detail: "the list was asked for other ids"})
		}
	}
	for _, id := range asked {
		if !found[id] {
			wrong = append(wrong, schemas.Violation{Path: "$.items", Rule: "filter", Found: fmt.Sprint(len(items)) + " items",
				Detail: "the list lacks " + id + ", which it was asked for"})
		}
	}
	return wrong
}
