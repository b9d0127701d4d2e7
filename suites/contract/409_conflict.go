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

	. "github.com/onsi/ginkgo/v2"
)

// Another object of the same type exists already.
var _ = Describe("409 conflict", Label("409"), func() {
	// The call that made an object, sent once more: its name or login is taken now.
	for _, op := range operations(named("CreateTenant", "CreateUser", "CreateInfrastructuresLocation", "RegisterInfrastructure")) {
		sp := again(op, "duplicate")
		if op.ID == "CreateTenant" {
			sp = sp.promised(uniqueTenantName)
		}
		specify(sp)
	}
	// A change that would give an object the name or login of another one.
	DescribeTableSubtree("a name that is taken", func(id, field, object, value string, c citation) {
		for _, op := range operations(named(id)) {
			specify(taken(op, field, fixtures.Shared(fixtures.Home, object), object, value).promised(c))
		}
	},
		Entry("by another tenant", "UpdateTenant", "name", "customer", "name", uniqueTenantName),
		Entry("by another user", "UpdateUser", "login", "user", "login", citation{}),
		Entry("by another storage", "UpdateInfrastructure", "name", "infra", "unique", citation{}),
		Entry("by another location", "UpdateInfrastructuresLocation", "name", "location", "unique", citation{}),
	)
	for _, op := range operations(named("UpdateUserAccessPolicies")) {
		p := probe{code: 409, name: "duplicate", ground: assumed}
		specify(p.on(op, "", func(r *fixtures.Request, _ *session.Session) error {
			body, err := bodyOf(r)
			if err != nil {
				return err
			}
			items, _ := body["items"].([]any)
			body["items"] = append(items, items...)
			return r.SetBody(op.Body.MediaType, body)
		}))
	}
	// A change that succeeded, sent once more: the version that it names is no longer the newest.
	for _, op := range operations(named("UpdateTenant", "UpdateTenantDefaultIdpId", "UpdateUser",
		"UpdateUserAccessPolicies", "SetTenantOfferingItems", "UpdateInfrastructure", "UpdateInfrastructuresLocation",
		"ModifyCustomBranding",
		"UpdateTenantPricingSettings", "UploadTenantBrandLogo")) {
		sp := again(op, "stale-version").promised(latestRevision[op.ID])
		sp.or = badWhere(op)
		if op.ID == "SetTenantOfferingItems" {
			sp = sp.promised(quotaVersion)
			sp.or = http.StatusUpgradeRequired
		}
		specify(sp)
	}

	DescribeTableSubtree("what exists or is in use", func(id, name, object string, more conflict) {
		for _, op := range operations(named(id)) {
			specify(more.on(op, name, object))
		}
	},
		Entry("a login that is taken", "CheckLoginNameAvailability", "taken-login", "user",
			conflict{ground: documented, cite: takenLogin, query: "username", value: "login"}),
		Entry("a tenant whose name was taken since", "RestoreDeletedTenant", "taken-name", "name_taken_customer",
			conflict{ground: documented, cite: restoredClash}),
		Entry("a user whose login was taken since", "RestoreDeletedUser", "taken-login", "login_taken_user",
			conflict{ground: documented, cite: restoredClash}),
		Entry("a location that holds a storage", "DeleteInfrastructuresLocation", "in-use", "infra",
			conflict{ground: refusal, cite: locationInUse, query: "version", value: "location_version"}),
		Entry("a brand that is on already", "EnableCustomBranding", "repeated", "branded_partner", conflict{}),
		Entry("a brand that is off already", "DisableCustomBranding", "repeated", "partner", conflict{}),
		Entry("a tenant at an older version", "EnableCustomBranding", "stale-version", "changed_partner", older),
		Entry("a brand at an older version", "DisableCustomBranding", "stale-version", "changed_brand", older),
		Entry("a location at an older version", "DeleteInfrastructuresLocation", "stale-version", "changed_location", older),
		Entry("a storage at an older version", "UnregisterInfrastructure", "stale-version", "changed_infra", older),
		Entry("a tenant to delete at an older version", "DeleteTenant", "stale-version", "disabled_customer", older),
		Entry("a user to delete at an older version", "DeleteUser", "stale-version", "disabled_user", older),
		Entry("a report to delete at an older version", "DeleteReport", "stale-version", "changed_report", older),
		Entry("a price at an older version", "UpdateTenantOfferingItemsPrices", "stale-version", "repriced_customer",
			conflict{body: []string{"items", schemas.Item, "version"}, value: "older_version"}),
	)
})

// badWhere is the other code of a clash: where the reference does not list 409, a request that cannot be carried out is as well a bad one.
func badWhere(op *schemas.Operation) int {
	if op.Documents(http.StatusConflict) {
		return 0
	}
	return http.StatusBadRequest
}

// again sends the operation's control once more, on the same object.
func again(op *schemas.Operation, name string) spec {
	call := suite.catalogue.Call(op.ID)
	key := session.ControlKey(op, call)
	return spec{
		code: "409", probe: name, subject: op.ID, op: op, method: op.Method, path: op.Path, want: 409, ground: assumed, writes: true, control: op.ID,
		needs: func(n session.Needs) {
			if w := watchOf(op, key, fixtures.Home); w != nil {
				n.Watch(*w)
			}
		},
		try: func(_ context.Context, s *session.Session, _ string) (trial, error) {
			return trial{request: s.Controls[op.ID].Request.Clone(), hold: key, watch: watchOf(op, key, fixtures.Home)}, nil
		},
	}
}

// taken changes an object so that it would bear what the object under the key bears under the name.
func taken(op *schemas.Operation, field, key, object, name string) spec {
	p := probe{code: 409, name: "taken-" + field, ground: assumed}
	sp := p.on(op, "", func(r *fixtures.Request, s *session.Session) error {
		other, err := s.World.Object(key)
		if err != nil {
			return err
		}
		return setField(r, op, field, other[name])
	})
	needs := sp.needs
	sp.needs = func(n session.Needs) {
		needs(n)
		n.Add(session.Object{Key: key, Side: fixtures.Home, Object: object})
	}
	return sp
}

// conflict is a valid call on an object that is in the way of it.
type conflict struct {
	ground report.Basis // assumed, where nothing is said
	cite   citation
	query  string   // the query parameter that takes the value
	body   []string // the place of the JSON body that takes it
	value  string   // the name under which the object bears it
}

// older names the version that the object had before its last change.
var older = conflict{query: "version", value: "older_version"}

func (c conflict) on(op *schemas.Operation, name, object string) spec {
	key := fixtures.Own(object, "409-"+name+"-"+op.ID)
	sp := spec{
		code: "409", probe: name, subject: op.ID, op: op, method: op.Method, path: op.Path, want: 409, or: badWhere(op),
		ground: cmp.Or(c.ground, assumed), cite: c.cite, writes: op.Writes(), control: op.ID,
		needs: func(n session.Needs) {
			n.Add(session.Object{Key: key, Side: fixtures.Home, Object: object})
			if w := watchOf(op, key, fixtures.Home); w != nil {
				n.Watch(*w)
			}
		},
		try: func(_ context.Context, s *session.Session, id string) (trial, error) {
			r, vars, err := callOn(s, op, key, id)
			if err != nil {
				return trial{}, err
			}
			if c.query != "" {
				r.Query.Set(c.query, fmt.Sprint(vars[c.value]))
			}
			if c.body != nil {
				body, err := bodyOf(&r)
				if err != nil {
					return trial{}, err
				}
				setAt(body, c.body, vars[c.value])
				if err := r.SetBody(op.Body.MediaType, body); err != nil {
					return trial{}, err
				}
			}
			return trial{request: r, hold: key, watch: watchOf(op, key, fixtures.Home)}, nil
		},
	}
	if name != "stale-version" {
		return sp
	}
	return sp.promised(latestRevision[op.ID])
}
