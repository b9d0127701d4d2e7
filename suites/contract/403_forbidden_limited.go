package contract

import (
	"acronis-conformance/suites/internal/spec"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"

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
	})
})

// What the documentation says of limited access, of locks and of calls that are for API clients.
var (
	limitedAccess = spec.Cites(`administrators above a tenant that limits their access may change the tenant's own `+
		`properties, and see neither its users nor what is below it (guide, "Limiting access to a tenant for `+
		`higher-level administrators"; "Access model", management modes)`, guide+"tenants/limiting-tenant-access")
	forOwners = spec.Cites(`a locked tenant is updated by users of the tenant that owns the lock, and by nobody else `+
		`(reference, update_lock)`, spec.Reference)
	forAPIClients = spec.Cites(`one-time tokens and passwords are for API clients, and passwords for users of tenants `+
		`below (reference, RequestOneTimeToken and SetUserPassword; guide, "Changing a user account password", `+
		`Important)`,
		guide+"users/changing-user-password")
)

var hiddenUsers = words("user_id spare_id below_id admin_id")

// limited is the object of these specs.
var limited = own("limited_customer", "403")

// limitation is the state in which administrators from above have no access.
type limitation struct {
	failed error // why it could not be brought about
}

const limitationSpec = "20x/limited-access/UpdateTenant"

// begin lets the customer's own administrator limit access, and waits until that is shown.
func (l *limitation) begin(ctx context.Context) {
	l.failed = errors.New("access to the tenant could not be limited")
	s := spec.Session()
	if s == nil {
		return
	}
	if may, reason := s.MayWrite(); !may {
		l.failed = errors.New(reason)
		return
	}
	vars, err := s.Vars(limited.Key, "limited")
	if err != nil {
		l.failed = err
		return
	}
	if _, l.failed = limiting(vars, false).make(ctx, s); l.failed != nil {
		return
	}
	l.failed = untilShown(ctx, s, vars, false)
}

// limiting is the change by which the customer's own administrator limits access, or gives it back.
func limiting(vars fixtures.Vars, access bool) tenantChange {
	return tenantChange{limitationSpec, vars, vars["access_token"], map[string]any{"ancestral_access": access}}
}

// untilShown waits until a read of a tenant as home shows that access is limited, or is not, as long as the target may
// need for it.
func untilShown(ctx context.Context, s *session.Session, vars fixtures.Vars, access bool) error {
	for begin := time.Now(); ; {
		r, err := s.Catalogue.Request("FetchTenant", vars)
		if err != nil {
			return err
		}
		e, err := s.Send(ctx, limitationSpec, r, nil)
		if err != nil {
			return err
		}
		shown := spec.Object(e)["ancestral_access"]
		switch {
		case shown == access:
			return nil
		case time.Since(begin) < s.Settle():
		case shown == !access:
			return errors.New("access was limited, which no read shows: see 20x/limited-access/FetchTenant")
		default:
			return nil // the spec of that read says what is wrong with it
		}
		if err := fixtures.Pause(ctx, time.Second); err != nil {
			return err
		}
	}
}

// end gives access back, also where the run is being ended.
func (l *limitation) end(ctx context.Context) {
	s := spec.Session()
	if s == nil {
		return
	}
	vars, err := s.Vars(limited.Key, "limited")
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.Timeouts().Spec)
	defer cancel()
	if _, err := limiting(vars, true).make(ctx, s); err != nil {
		AddReportEntry("limited access", "access to the tenant is still limited: "+s.Redactor.String(err.Error()))
		return
	}
	// Clean-up reads what lies in the tenant: a unit of it has access, and shows that as soon as it is shown itself.
	inside := maps.Clone(vars)
	inside["tenant_id"] = vars["unit_id"]
	_ = untilShown(ctx, s, inside, true)
}

// tenantChange changes a tenant at its newest version, with a token or as home.
type tenantChange struct {
	spec  string
	vars  fixtures.Vars
	token any // nil for that of home
	set   map[string]any
}

// make returns the tenant as the answer shows it. A version may be out of date where reads lag: then it is read again,
// as long as the target may need to show the newest one.
func (c tenantChange) make(ctx context.Context, s *session.Session) (map[string]any, error) {
	for begin := time.Now(); ; {
		changed, err := c.attempt(ctx, s)
		if err == nil || time.Since(begin) >= s.Settle() {
			return changed, err
		}
		if err := fixtures.Pause(ctx, time.Second); err != nil {
			return nil, err
		}
	}
}

func (c tenantChange) attempt(ctx context.Context, s *session.Session) (map[string]any, error) {
	send := func(operation string, body map[string]any) (map[string]any, error) {
		r, err := s.Catalogue.Request(operation, c.vars)
		if err != nil {
			return nil, err
		}
		if c.token != nil {
			r.Header.Set("Authorization", fmt.Sprint("Bearer ", c.token))
		}
		if body != nil {
			if err := r.SetBody("application/json", body); err != nil {
				return nil, err
			}
		}
		e, err := s.Send(ctx, c.spec, r, nil)
		if err != nil {
			return nil, err
		}
		shown := spec.Object(e)
		if e.Status() != http.StatusOK || shown["version"] == nil {
			return nil, fmt.Errorf("%s of the tenant was answered with %d: see 20x/valid-token/%[1]s", operation,
				e.Status())
		}
		return shown, nil
	}
	shown, err := send("FetchTenant", nil)
	if err != nil {
		return nil, err
	}
	body := map[string]any{"version": shown["version"]}
	maps.Copy(body, c.set)
	return send("UpdateTenant", body)
}

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
	return l.on(op, variant, func(_ context.Context, s *session.Session, all fixtures.Vars) (fixtures.Request, error) {
		for name, other := range vars {
			all[name] = all[other]
		}
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

// lockedFor lets a tenant be updated by the users of the tenant that locked it, and by no one else (reference,
// update_lock).
func lockedFor(op *schemas.Operation) spec.Spec {
	of := own("administered_customer", "lock")
	return spec.Spec{
		Code: "403", Probe: "update-lock", Subject: op.ID, Operation: op,
		Method: op.Method, Path: op.Path, Want: http.StatusForbidden,
		Basis: spec.RejectionDocumented, Cite: forOwners, Control: op.ID, Writes: true,
		Objects: func(n session.Needs) { n.Add(*of) },
		Prepare: func(ctx context.Context, s *session.Session, id string) (spec.Case, error) {
			vars, err := s.Vars(of.Key, id)
			if err != nil {
				return spec.Case{}, err
			}
			locking := func(on bool) tenantChange {
				return tenantChange{id, vars, nil, map[string]any{"update_lock": map[string]any{"enabled": on}}}
			}
			// Also where the run is being ended: no one else could remove the tenant.
			DeferCleanup(func(ctx SpecContext) {
				unlocking, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.Timeouts().Spec)
				defer cancel()
				if _, err := locking(false).make(unlocking, s); err != nil {
					AddReportEntry("lock", "the tenant is still locked: "+s.Redactor.String(err.Error()))
				}
			}, NodeTimeout(spec.NoTimeout))
			locked, err := locking(true).make(ctx, s)
			if err != nil {
				return spec.Case{}, err
			}
			vars = maps.Clone(vars)
			vars["version"] = locked["version"]
			r, err := s.Catalogue.Request(op.ID, vars)
			r.Header.Set("Authorization", fmt.Sprint("Bearer ", vars["access_token"]))
			return spec.Case{Request: r}, err
		},
	}
}

var _ = Describe("403 forbidden by a lock", Label("403"), func() {
	for _, op := range spec.Operations(spec.Named("UpdateTenant")) {
		spec.Register(lockedFor(op))
	}
})
