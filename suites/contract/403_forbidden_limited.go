package contract

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// A customer limits the access of administrators above it: they may change the tenant's own properties, and see neither
// its users nor what is below it (guide, "Limiting access to a tenant for higher-level administrators" and "Access
// model"). Its own administrator does so before these specs and undoes it after them, so that the customer can be
// removed again.
var _ = Describe("limited access", Ordered, ContinueOnFailure, func() {
	l := &limitation{}
	BeforeAll(func(ctx SpecContext) { l.begin(ctx) }, NodeTimeout(spec.NoTimeout))
	AfterAll(func(ctx SpecContext) { l.end(ctx) }, NodeTimeout(spec.NoTimeout))

	Describe("20x success", Label("20x"), l.ownPropertiesStay)

	Describe("403 forbidden", Label("403"), func() {
		DescribeTableSubtree("a read from above", func(id, variant string, r limitedRead) {
			for _, op := range spec.Operations(spec.Named(id)) {
				spec.Register(r.on(l, op, variant))
			}
		},
			Entry("of a user", "FetchUser", "", limitedRead{shows: words("login")}),
			Entry("of the roles of a user", "FetchUserAccessPolicies", "", limitedRead{shows: words("user_id")}),
			Entry("of the tenant's users", "FetchTenantUsers", "", limitedRead{list: true, shows: hiddenUsers}),
			Entry("of users by their ids", "FetchUsersBatch", "uuids", limitedRead{list: true,
				query: query("uuids", "user_id below_id"), shows: hiddenUsers}),
			Entry("of users by their tenant", "FetchUsersBatch", "tenant_id",
				limitedRead{list: true, query: query("tenant_id", "tenant_id"), shows: hiddenUsers}),
			Entry("of the users of a subtree", "FetchUsersBatch", "subtree_root_tenant_id", limitedRead{list: true,
				query: query("subtree_root_tenant_id", "above_id"), shows: hiddenUsers}),
			Entry("of a tenant below", "FetchTenant", "below",
				limitedRead{vars: map[string]string{"tenant_id": "unit_id"}, shows: words("unit_id")}),
			Entry("of the tenant's children", "FetchTenantChildren", "",
				limitedRead{list: true, shows: words("unit_id")}),
			Entry("of tenants by their ids", "FetchTenantsBatch", "uuids", limitedRead{list: true,
				query: query("uuids", "unit_id"), shows: words("unit_id")}),
			Entry("of tenants by their parent", "FetchTenantsBatch", "parent_id",
				limitedRead{list: true, query: query("parent_id", "tenant_id"), shows: words("unit_id")}),
			Entry("of a subtree", "FetchTenantsBatch", "subtree_root_id",
				limitedRead{list: true, query: query("subtree_root_id", "above_id"), shows: words("unit_id")}),
			Entry("of what is found", "Search", "", limitedRead{list: true,
				shows: append(words("unit_id"), hiddenUsers...),
				query: map[string]string{"tenant": "${above_id}", "text": "${unique}", "limit": "300"}}),
			Entry("of what is found in the tenant", "Search", "tenant",
				limitedRead{list: true, shows: append(words("unit_id"), hiddenUsers...),
					query: map[string]string{"tenant": "${tenant_id}", "text": "${unique}", "limit": "300"}}),
		)
		DescribeTableSubtree("a call from above", func(id, variant string, vars map[string]string) {
			for _, op := range spec.Operations(spec.Named(id)) {
				spec.Register(l.write(op, variant, vars))
			}
		},
			Entry("for a one-time token of a user", "RequestOneTimeToken", "", nil),
			Entry("that changes a user", "UpdateUser", "", nil),
			Entry("that gives a user a role", "UpdateUserAccessPolicies", "", nil),
			Entry("that sets the password of a user", "SetUserPassword", "", nil),
			Entry("that sends a user an e-mail", "SendActivationEmail", "", nil),
			Entry("that switches a user's second factor", "ManageUserMFAStatus", "", nil),
			Entry("that deletes a user", "DeleteUser", "",
				map[string]string{"user_id": "spare_id", "version": "spare_version"}),
			Entry("that makes a user", "CreateUser", "", nil),
			Entry("that changes a tenant below", "UpdateTenant", "below",
				map[string]string{"tenant_id": "unit_id", "version": "unit_version"}),
			Entry("that makes a tenant below", "CreateTenant", "", nil),
		)

		// Both are for API clients (reference), and passwords are set from above only (guide, "Changing a user account
		// password").
		for _, op := range spec.Operations(spec.Named("RequestOneTimeToken", "SetUserPassword")) {
			spec.Register(l.asCaller(op, "user-token", "access_token"))
		}
		for _, op := range spec.Operations(spec.Named("SetUserPassword")) {
			spec.Register(l.asCaller(op, "own-tenant", "second_access_token"))
		}
		// The administrator of a customer may write there, but not what is for those of partners.
		for _, op := range spec.Operations(spec.Named("CreateInfrastructuresLocation")) {
			sp := l.asCaller(op, "role-of-others", "access_token")
			sp.Variant, sp.Cite = "customers", roleForPartners
			spec.Register(sp)
		}
	})
})

// What the documentation says of limited access, of locks and of calls that are for API clients.
var (
	limitedAccess = spec.Cites(`administrators above a tenant that limits their access may change the tenant's own `+
		`properties, and see neither its users nor what is below it (guide, "Limiting access to a tenant for `+
		`higher-level administrators"; "Access model", management modes)`, guide+"tenants/limiting-tenant-access")
	forOwners = spec.Cites(`a locked tenant is updated by users of the tenant that owns the lock, and by no one else `+
		`(reference, update_lock)`, spec.Reference)
	forAPIClients = spec.Cites(`one-time tokens and passwords are for API clients, and passwords for users of tenants `+
		`below (reference, RequestOneTimeToken and SetUserPassword; guide, "Changing a user account password", `+
		`Important)`,
		guide+"users/changing-user-password")
	roleForPartners = spec.Cites(`locations are for the roles partner_admin and root_admin (reference, security of `+
		`the operation)`, spec.Reference)
)

var hiddenUsers = words("user_id spare_id below_id admin_id")

// limited is the object of these specs.
var limited = own("limited_customer", "403")

// limitation is the state in which administrators from above have no access.
type limitation struct {
	failed error // why it could not be brought about
}

const limitationSpec = "20x/limited-access/UpdateTenant"

// callBuilder builds a call with the names of the limited tenant.
type callBuilder func(ctx context.Context, s *session.Session, vars fixtures.Vars) (fixtures.Request, error)

// on is a spec that sends a call of the operation from above, as home.
func (l *limitation) on(op *schemas.Operation, variant string, build callBuilder) spec.Spec {
	return spec.Spec{
		Code: "403", Probe: "limited-access", Variant: variant, Subject: op.ID, Operation: op,
		Method: op.Method, Path: op.Path, Want: http.StatusForbidden,
		Basis: spec.RejectionDocumented, Cite: limitedAccess, Control: op.ID, Writes: true, // the limitation is one
		Objects: func(n session.Needs) { n.Add(*limited) },
		Prepare: func(ctx context.Context, s *session.Session, id string) (spec.Case, error) {
			if l.failed != nil {
				return spec.Case{}, l.failed
			}
			vars, err := s.CallVars(op.ID, limited.Key, "limited-"+op.ID)
			if err != nil {
				return spec.Case{}, err
			}
			r, err := build(ctx, s, vars)
			return spec.Case{Request: r}, err
		},
	}
}

// limitedRead is a read that must not show what lies in the tenant.
type limitedRead struct {
	list  bool // it may as well be served without that
	query map[string]string
	vars  map[string]string
	shows []string // names of what is hidden
}

func (r limitedRead) on(l *limitation, op *schemas.Operation, variant string) spec.Spec {
	hidden := fixtures.Vars{}
	sp := l.on(op, variant, func(_ context.Context, s *session.Session, vars fixtures.Vars) (fixtures.Request, error) {
		for _, name := range r.shows {
			hidden[name] = vars[name]
		}
		return list{query: r.query, vars: r.vars, drop: dropped(op, r.query)}.ask(s, op, vars)
	})
	sp.Settles = true
	if r.list {
		sp.Or = op.Success()
	}
	try := sp.Prepare
	sp.Prepare = func(ctx context.Context, s *session.Session, id string) (spec.Case, error) {
		t, err := try(ctx, s, id)
		t.Check = func(_ context.Context, e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
			if e.Status()/100 != 2 {
				return nil, nil, nil
			}
			var wrong []schemas.Violation
			for _, name := range r.shows {
				wrong = append(wrong,
					showsText(e, hidden[name],
						"the answer shows what lies in a tenant that does not let in administrators from above")...)
			}
			return wrong, nil, nil
		}
		return t, err
	}
	return sp
}

// dropped are the parameters of the valid call that the query takes the place of.
func dropped(op *schemas.Operation, query map[string]string) []string {
	if len(query) == 0 {
		return nil
	}
	return slices.DeleteFunc(op.Takes("query"),
		func(name string) bool { return spec.Catalogue().Call(op.ID).Query[name] == "" })
}

// write is a call that must not reach into the tenant.
func (l *limitation) write(op *schemas.Operation, variant string, vars map[string]string) spec.Spec {
	var aimed fixtures.Vars // at what lies in the tenant
	sp := l.on(op, variant, func(_ context.Context, s *session.Session, all fixtures.Vars) (fixtures.Request, error) {
		for name, other := range vars {
			all[name] = all[other]
		}
		aimed = all
		r, err := s.Catalogue.Request(op.ID, all)
		if err != nil || op.ID != "CreateTenant" {
			return r, err
		}
		body, err := spec.Body(&r)
		if err != nil {
			return r, err
		}
		body["kind"] = "unit"
		return r, r.SetBody(op.Body.MediaType, body)
	})
	try := sp.Prepare
	sp.Prepare = func(ctx context.Context, s *session.Session, id string) (spec.Case, error) {
		t, err := try(ctx, s, id)
		if err != nil {
			return t, err
		}
		t.Check, err = untouched(ctx, s, id, op, aimed, aimed["access_token"])
		return t, err
	}
	return sp
}

// asCaller is a call with another token, which is refused whether or not access is limited.
func (l *limitation) asCaller(op *schemas.Operation, probe, token string) spec.Spec {
	sp := l.on(op, "", func(_ context.Context, s *session.Session, vars fixtures.Vars) (fixtures.Request, error) {
		if probe == "user-token" && op.ID == "SetUserPassword" {
			vars["user_id"] = vars["below_id"] // a user below the caller's tenant
		}
		r, err := s.Catalogue.Request(op.ID, vars)
		if err == nil {
			r.Header.Set("Authorization", fmt.Sprint("Bearer ", vars[token]))
		}
		return r, err
	})
	sp.Probe = probe
	return sp.Promised(forAPIClients)
}

// showsText looks for a text in the answer.
func showsText(e *exchange.Exchange, text any, detail string) []schemas.Violation {
	wrong, _, _ := shows(text)(context.Background(), e)
	for i := range wrong {
		wrong[i].Detail = detail
	}
	return wrong
}
