package contract

import (
	"cmp"
	"context"
	"fmt"
	"net/http"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// Another object of the same type exists already.
var _ = Describe("409 conflict", Label("409"), func() {
	// The call that made an object, sent once more: its name or login is taken now.
	for _, op := range spec.Operations(spec.Named("CreateTenant", "CreateUser", "CreateInfrastructuresLocation",
		"RegisterInfrastructure")) {
		sp := again(op, "duplicate")
		if op.ID == "CreateTenant" {
			sp = sp.Promised(uniqueTenantName)
		}
		spec.Register(sp)
	}
	// A change that would give an object the name or login of another one.
	DescribeTableSubtree("a name that is taken", func(id, field, object, value string, c spec.Citation) {
		for _, op := range spec.Operations(spec.Named(id)) {
			spec.Register(taken(op, field, fixtures.Shared(fixtures.Home, object), object, value).Promised(c))
		}
	},
		Entry("by another tenant", "UpdateTenant", "name", "customer", "name", uniqueTenantName),
		Entry("by another user", "UpdateUser", "login", "user", "login", spec.Citation{}),
		Entry("by another storage", "UpdateInfrastructure", "name", "infra", "unique", spec.Citation{}),
		Entry("by another location", "UpdateInfrastructuresLocation", "name", "location", "unique", spec.Citation{}),
	)
	for _, op := range spec.Operations(spec.Named("UpdateUserAccessPolicies")) {
		p := spec.Probe{Code: 409, Name: "duplicate", Basis: spec.Assumed}
		spec.Register(p.On(op, "", func(r *fixtures.Request, _ *session.Session) error {
			body, err := spec.Body(r)
			if err != nil {
				return err
			}
			items, _ := body["items"].([]any)
			body["items"] = append(items, items...)
			return r.SetBody(op.Body.MediaType, body)
		}))
	}
	// A change that succeeded, sent once more: the version that it names is no longer the newest.
	for _, op := range spec.Operations(spec.Named("UpdateTenant", "UpdateTenantDefaultIdpId", "UpdateUser",
		"UpdateUserAccessPolicies", "SetTenantOfferingItems", "UpdateInfrastructure", "UpdateInfrastructuresLocation",
		"ModifyCustomBranding",
		"UpdateTenantPricingSettings", "UploadTenantBrandLogo")) {
		sp := again(op, "stale-version").Promised(latestRevision[op.ID])
		sp.Or = badWhere(op)
		switch op.ID {
		case "SetTenantOfferingItems":
			sp = sp.Promised(quotaVersion)
			sp.Or = http.StatusUpgradeRequired
		case "UpdateUserAccessPolicies": // the call names no version: what it lists is new
			sp.Cite = newRoles
		}
		spec.Register(sp)
	}

	// The version of a quota has to be the one that was fetched: one that is to come is as wrong as an older one.
	for _, op := range spec.Operations(spec.Named("SetTenantOfferingItems")) {
		sp := spec.Probe{Code: 409, Name: "version-ahead"}.Promised(quotaVersion).On(op, "", func(r *fixtures.Request,
			_ *session.Session) error {
			body, err := spec.Body(r)
			if err != nil {
				return err
			}
			spec.SetAt(body, []string{"offering_items", schemas.Item, "quota", "version"}, farVersion)
			return r.SetBody(op.Body.MediaType, body)
		})
		sp.Or = http.StatusUpgradeRequired
		spec.Register(sp)
	}

	DescribeTableSubtree("what exists or is in use", func(id, name, object string, more conflict) {
		for _, op := range spec.Operations(spec.Named(id)) {
			spec.Register(more.on(op, name, object))
		}
	},
		Entry("a login that is taken", "CheckLoginNameAvailability", "taken-login", "user",
			conflict{ground: spec.Documented, cite: takenLogin, query: "username", value: "login"}),
		Entry("a login that a disabled user has", "CheckLoginNameAvailability", "disabled-users-login",
			"disabled_from_birth_user",
			conflict{ground: spec.Documented, cite: takenLogin, query: "username", value: "login"}),
		Entry("a login that a user of a unit has", "CheckLoginNameAvailability", "units-login", "family_tree",
			conflict{of: family, ground: spec.Documented, cite: takenLogin, query: "username", value: "unit_login"}),
		Entry("a tenant whose name was taken since", "RestoreDeletedTenant", "taken-name", "name_taken_customer",
			conflict{ground: spec.Documented, cite: restoredClash}),
		Entry("a tenant of whose users one lost the login since", "RestoreDeletedTenant", "taken-login",
			"deleted_household", conflict{of: own("deleted_household", "404"), ground: spec.Documented,
				cite: restoredClash}),
		Entry("a user whose login was taken since", "RestoreDeletedUser", "taken-login", "login_taken_user",
			conflict{ground: spec.Documented, cite: restoredClash}),
		Entry("a location that holds a storage", "DeleteInfrastructuresLocation", "in-use", "infra",
			conflict{ground: spec.RejectionDocumented, cite: locationInUse, query: "version",
				value: "location_version"}),
		Entry("a brand that is on already", "EnableCustomBranding", "repeated", "branded_partner", conflict{}),
		Entry("a brand that is off already", "DisableCustomBranding", "repeated", "partner", conflict{}),
		Entry("a tenant at an older version", "EnableCustomBranding", "stale-version", "changed_partner", older),
		Entry("a brand at an older version", "DisableCustomBranding", "stale-version", "changed_brand", older),
		Entry("a location at an older version", "DeleteInfrastructuresLocation", "stale-version", "changed_location",
			older),
		Entry("a storage at an older version", "UnregisterInfrastructure", "stale-version", "changed_infra", older),
		Entry("a tenant to delete at an older version", "DeleteTenant", "stale-version", "disabled_customer", older),
		Entry("a user to delete at an older version", "DeleteUser", "stale-version", "disabled_user", older),
		Entry("a report to delete at an older version", "DeleteReport", "stale-version", "changed_report", older),
		Entry("a price at an older version", "UpdateTenantOfferingItemsPrices", "stale-version", "repriced_customer",
			conflict{body: []string{"items", schemas.Item, "version"}, value: "older_version"}),
	)
})

var _ = Describe("409 conflict without force", Label("409"), func() {
	for _, op := range spec.Operations(spec.Named("RestoreDeletedTenant")) {
		sp := conflict{ground: spec.Documented, cite: restoredClash, query: "force", value: "false"}.on(op,
			"taken-name", "name_taken_customer")
		sp.Variant = "unforced"
		spec.Register(sp)
	}
})

// badWhere is the other code of a clash: where the reference does not list 409, a request that cannot be carried out
// is as well a bad one.
func badWhere(op *schemas.Operation) int {
	if op.Documents(http.StatusConflict) {
		return 0
	}
	return http.StatusBadRequest
}

// again sends the operation's control once more, on the same object.
func again(op *schemas.Operation, name string) spec.Spec {
	call := spec.Catalogue().Call(op.ID)
	key := session.ControlKey(op, call)
	return spec.Spec{
		Code: "409", Probe: name, Subject: op.ID, Operation: op, Method: op.Method, Path: op.Path, Want: 409,
		Basis: spec.Assumed, Writes: true, Control: op.ID,
		Objects: func(n session.Needs) {
			if w := spec.ReadBack(op, key, fixtures.Home); w != nil {
				n.Watch(*w)
			}
		},
		Prepare: func(_ context.Context, s *session.Session, _ string) (spec.Case, error) {
			return spec.Case{Request: s.Controls[op.ID].Request.Clone(), Locks: key, Unchanged: spec.ReadBack(op, key,
				fixtures.Home)}, nil
		},
	}
}

// newRoles is what a list of roles that is sent once more asks about: its items have no ids, and so are new ones.
var newRoles = spec.Cites("a role that a user has already is not given once more as a new one: 409", statusCodes)

// taken changes an object so that it would have what the object under the key has under the name.
func taken(op *schemas.Operation, field, key, object, name string) spec.Spec {
	p := spec.Probe{Code: 409, Name: "taken-" + field, Basis: spec.Assumed}
	sp := p.On(op, "", func(r *fixtures.Request, s *session.Session) error {
		other, err := s.Sandbox.Object(key)
		if err != nil {
			return err
		}
		return spec.SetField(r, op, field, other[name])
	})
	needs := sp.Objects
	sp.Objects = func(n session.Needs) {
		needs(n)
		n.Add(session.Object{Key: key, Side: fixtures.Home, Object: object})
	}
	return sp
}

// conflict is a valid call on an object that is in the way of it.
type conflict struct {
	of     *session.Object // instead of an object that is made for it, for calls that only read
	ground report.Basis    // assumed, where nothing is said
	cite   spec.Citation
	query  string   // the query parameter that takes the value
	body   []string // the place of the JSON body that takes it
	value  string   // the name under which the object has it, or the value itself
}

// farVersion is one that no quota has yet: they grow as the milliseconds of the clock do.
const farVersion = 9_000_000_000_000

// older names the version that the object had before its last change.
var older = conflict{query: "version", value: "older_version"}

func (c conflict) on(op *schemas.Operation, name, object string) spec.Spec {
	key := fixtures.Own(object, "409-"+name+"-"+op.ID)
	if c.of != nil {
		key = c.of.Key
	}
	sp := spec.Spec{
		Code: "409", Probe: name, Subject: op.ID, Operation: op, Method: op.Method, Path: op.Path, Want: 409,
		Or: badWhere(
			op),
		Basis: cmp.Or(c.ground, spec.Assumed), Cite: c.cite, Writes: op.Writes(), Control: op.ID,
		Objects: func(n session.Needs) {
			n.Add(session.Object{Key: key, Side: fixtures.Home, Object: object})
			if w := spec.ReadBack(op, key, fixtures.Home); w != nil {
				n.Watch(*w)
			}
		},
		Prepare: func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
			r, vars, err := spec.CallOn(s, op, key, id)
			if err != nil {
				return spec.Case{}, err
			}
			if c.query != "" {
				r.Query.Set(c.query, fmt.Sprint(cmp.Or(vars[c.value], any(c.value))))
			}
			if c.body != nil {
				body, err := spec.Body(&r)
				if err != nil {
					return spec.Case{}, err
				}
				spec.SetAt(body, c.body, vars[c.value])
				if err := r.SetBody(op.Body.MediaType, body); err != nil {
					return spec.Case{}, err
				}
			}
			return spec.Case{Request: r, Locks: key, Unchanged: spec.ReadBack(op, key, fixtures.Home)}, nil
		},
	}
	if name != "stale-version" {
		return sp
	}
	return sp.Promised(latestRevision[op.ID])
}
