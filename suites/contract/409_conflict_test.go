package contract_test

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
		specify(again(op, "duplicate"))
	}
	// A change that would give an object the name or login of another one.
	DescribeTableSubtree("a name that is taken", func(id, field, object, value string) {
		for _, op := range operations(named(id)) {
			specify(taken(op, field, fixtures.Shared(fixtures.Home, object), object, value))
		}
	},
		Entry("by another tenant", "UpdateTenant", "name", "customer", "name"),
		Entry("by another user", "UpdateUser", "login", "user", "login"),
		Entry("by another storage", "UpdateInfrastructure", "name", "infra", "unique"),
		Entry("by another location", "UpdateInfrastructuresLocation", "name", "location", "unique"),
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
	for _, op := range operations(named("UpdateTenant", "UpdateTenantDefaultIdpId", "UpdateUser", "UpdateUserAccessPolicies", "SetTenantOfferingItems",
		"UpdateInfrastructure", "UpdateInfrastructuresLocation", "ModifyCustomBranding", "UpdateTenantPricingSettings")) {
		sp := again(op, "stale-version")
		sp.or = badWhere(op)
		if op.ID == "SetTenantOfferingItems" {
			// A quota's version must be the one that was fetched ("Managing quotas"). The vendor's knowledge base documents another code
			// for it: 426, since build C22.10 (article 71376, https://kb.acronis.com/content/71376).
			sp.ground, sp.or = refusal, http.StatusUpgradeRequired
		}
		specify(sp)
	}

	DescribeTableSubtree("what exists or is in use", func(id, name, object string, more conflict) {
		for _, op := range operations(named(id)) {
			specify(more.on(op, name, object))
		}
	},
		Entry("a login that is taken", "CheckLoginNameAvailability", "taken-login", "user", conflict{ground: documented, query: "username", value: "login"}),
		Entry("a tenant whose name was taken since", "RestoreDeletedTenant", "taken-name", "name_taken_customer", conflict{ground: documented}),
		Entry("a user whose login was taken since", "RestoreDeletedUser", "taken-login", "login_taken_user", conflict{ground: documented}),
		Entry("a location that holds a storage", "DeleteInfrastructuresLocation", "in-use", "infra", conflict{ground: refusal, query: "version", value: "location_version"}),
		Entry("a brand that is on already", "EnableCustomBranding", "repeated", "branded_partner", conflict{}),
		Entry("a brand that is off already", "DisableCustomBranding", "repeated", "partner", conflict{}),
		Entry("a tenant at an older version", "EnableCustomBranding", "stale-version", "changed_partner", conflict{query: "version", value: "older_version"}),
		Entry("a brand at an older version", "DisableCustomBranding", "stale-version", "changed_brand", conflict{query: "version", value: "older_version"}),
		Entry("a location at an older version", "DeleteInfrastructuresLocation", "stale-version", "changed_location", conflict{query: "version", value: "older_version"}),
		Entry("a storage at an older version", "UnregisterInfrastructure", "stale-version", "changed_infra", conflict{query: "version", value: "older_version"}),
		Entry("a tenant to delete at an older version", "DeleteTenant", "stale-version", "disabled_customer", conflict{query: "version", value: "older_version"}),
		Entry("a user to delete at an older version", "DeleteUser", "stale-version", "disabled_user", conflict{query: "version", value: "older_version"}),
		Entry("a report to delete at an older version", "DeleteReport", "stale-version", "changed_report", conflict{query: "version", value: "older_version"}),
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
	ground       report.Ground // assumed, where nothing is said
	query, value string        // the query parameter that takes the value of that name
}

func (c conflict) on(op *schemas.Operation, name, object string) spec {
	key := fixtures.Own(object, "409-"+name+"-"+op.ID)
	return spec{
		code: "409", probe: name, subject: op.ID, op: op, method: op.Method, path: op.Path, want: 409, or: badWhere(op), ground: cmp.Or(c.ground, assumed), writes: op.Writes(),
		control: op.ID,
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
			return trial{request: r, hold: key, watch: watchOf(op, key, fixtures.Home)}, nil
		},
	}
}
