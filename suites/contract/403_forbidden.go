package contract

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// The account has no right to the endpoint, for instance it does not own the tenant that is accessed.
var _ = Describe("403 forbidden", Label("403"), func() {
	// The valid call, on an object of home's sibling. Where the tenant itself stands in the path, the documentation
	// promises the code; another object of a foreign tenant may as well be hidden.
	for _, op := range spec.Operations(reachesTenants) {
		spec.Register(foreign(op))
	}
	for _, op := range spec.Operations(func(op *schemas.Operation) bool { return len(roots(op)) > 0 }) {
		for _, name := range roots(op) {
			spec.Register(foreignRoot(op, name))
		}
	}
	DescribeTableSubtree("a list by ids of foreign", func(id, object, name string) {
		for _, op := range spec.Operations(spec.Named(id)) {
			spec.Register(foreignIDs(op, object, name))
		}
	},
		Entry("tenants", "FetchTenantsBatch", "customer", "tenant_id"),
		Entry("users", "FetchUsersBatch", "user", "user_id"),
		Entry("clients", "FetchClientsBatch", "client", "client_id"),
		Entry("locations", "FetchInfrastructuresLocationsBatch", "location", "location_id"),
		Entry("storages", "FetchInfrastructuresBatch", "infra", "infra_id"),
	)
	for _, op := range spec.Operations(spec.Named("FetchRegistrationTokens_0")) {
		spec.Register(foreignListed(op, "registration_token", "registration_token"))
	}
	for _, op := range spec.Operations(spec.Named("UpdateTenant")) {
		spec.Register(foreignInBody(op, "parent", func(body map[string]any, tenant any) { body["parent_id"] = tenant }))
	}
	for _, op := range spec.Operations(spec.Named("RegisterInfrastructure")) {
		spec.Register(foreignInBody(op, "owner", func(body map[string]any,
			tenant any) {
			body["owner_tenant_id"] = tenant
		}))
	}
	for _, op := range spec.Operations(spec.Named("UpdateUserAccessPolicies")) {
		spec.Register(foreignInBody(op, "role", func(body map[string]any, tenant any) {
			eachItem(body, "tenant_id", tenant)
		}))
	}
	for _, op := range spec.Operations(spec.Named("UpdateTenantsUsages")) {
		sp := foreignInBody(op, "usages", func(body map[string]any, tenant any) { eachItem(body, "tenant_id", tenant) })
		spec.Register(eachRefused(sp))
	}
	for _, op := range spec.Operations(spec.Named("RequestTokens")) {
		spec.Register(foreignScope(op))
	}

	// The sandbox's own tenant lies above home. Deleting it is not tried: a server that obeys would take the whole
	// sandbox away.
	for _, op := range spec.Operations(func(op *schemas.Operation) bool {
		return op.Security.Token && slices.Contains(op.Takes("path"), "tenant_id") && op.ID != "DeleteTenant"
	}) {
		spec.Register(ancestor(op))
	}

	// A user of home who holds readonly_admin only, or no role at all where that one is enough, calls what asks for
	// another role. Everybody may ask who they are.
	for _, op := range spec.Operations(func(op *schemas.Operation) bool {
		return len(op.Security.Roles) > 0 &&
			op.ID != "FetchCurrentUserInfo"
	}) {
		spec.Register(roleTooSmall(op))
	}
	for _, op := range spec.Operations(spec.Named("FetchTenant")) {
		spec.Register(roleTakenAway(op))
	}
	// A role that may write something may not write everything: protection_admin makes no accounts.
	for _, op := range spec.Operations(spec.Named("CreateUser", "CreateClient")) {
		p := spec.Probe{Code: 403, Name: "role-of-others", Basis: spec.RejectionDocumented}
		spec.Register(p.On(op, "protection", func(r *fixtures.Request, _ *session.Session) error {
			r.As = fixtures.Protector
			return nil
		}))
	}
})

// reachesTenants reports whether the operation's valid call is about a tenant, or an object below one. Lists by ids
// leave unknown and foreign ids out, that is not an error; the answer to a usage report holds an error per item.
func reachesTenants(op *schemas.Operation) bool {
	left := []string{"FetchClientsBatch", "FetchInfrastructuresBatch", "FetchInfrastructuresLocationsBatch",
		"FetchTenantsBatch", "FetchUsersBatch",
		"UpdateTenantsUsages", "IntrospectToken", "DeviceAuthorizationApproval_0", "DeviceAuthorizationApproval_1"}
	return op.Security.Token && spec.Catalogue().Call(op.ID).Object != "" && !slices.Contains(left, op.ID)
}

// foreign aims the valid call at an object of home's sibling.
func foreign(op *schemas.Operation) spec.Spec {
	call := spec.Catalogue().Call(op.ID)
	key := fixtures.Shared(fixtures.Foreign, call.Object)
	if op.Writes() {
		key = fixtures.Own(call.Object, "foreign-"+op.ID)
	}
	sp := spec.Spec{
		Code: "403", Probe: "foreign-tenant", Subject: op.ID, Operation: op, Method: op.Method, Path: op.Path,
		Want:   403,
		Basis:  spec.RejectionDocumented,
		Writes: op.Writes(), Control: op.ID,
		Objects: func(n session.Needs) {
			n.Add(session.Object{Key: key, Side: fixtures.Foreign, Object: call.Object})
			if w := spec.ReadBack(op, key, fixtures.Foreign); w != nil {
				n.Watch(*w)
			}
		},
		Prepare: func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
			r, _, err := spec.CallOn(s, op, key, id)
			return spec.Case{Request: r, Locks: key, Unchanged: spec.ReadBack(op, key, fixtures.Foreign)}, cmp.Or(err,
				isolated(s, op))
		},
	}
	switch {
	case slices.Contains(op.Takes("path"), "tenant_id"):
		sp.Basis = spec.Documented
	case len(spec.PathIDs(op)) == 0 && op.Body == nil:
		sp.Variant = "query"
		return leftOutOrRefused(sp)
	case len(spec.PathIDs(op)) == 0:
		sp.Variant = "body"
	}
	return sp
}

// leftOutOrRefused lets a list that names a foreign tenant be served empty: a list by ids leaves unknown and foreign
// ones out, and no one says that a list by its tenant does not. What it must not do is show anything.
func leftOutOrRefused(sp spec.Spec) spec.Spec {
	sp.Basis = spec.Assumed
	try := sp.Prepare
	sp.Prepare = func(ctx context.Context, s *session.Session, id string) (spec.Case, error) {
		t, err := try(ctx, s, id)
		t.Check = func(_ context.Context, e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
			if items := spec.Items(e); e.Status()/100 == 2 && len(items) > 0 {
				return []schemas.Violation{{Path: "$.items", Rule: "foreign", Found: fmt.Sprint(len(items)) + " items",
					Detail: "the list shows what lies in a tenant that the account does not own"}}, nil, nil
			}
			return nil, nil, nil
		}
		return t, err
	}
	return sp
}

// isolated says why a tenant that is foreign to home proves nothing: home's token covers it, there is none, or the
// operation writes where reads show already that foreign tenants are open to home.
func isolated(s *session.Session, op *schemas.Operation) error {
	for _, reason := range []string{s.Sandbox.Absent, s.Sandbox.Covered} {
		if reason != "" {
			return errors.New(reason)
		}
	}
	if s.Sandbox.Open != "" && op.Writes() && op.ID != "RequestTokens" {
		return errors.New(s.Sandbox.Open + ": see 403/foreign-tenant/FetchTenant")
	}
	return nil
}

// roots lists the query parameters by which a list starts at a tenant, beside the one that the valid call uses.
func roots(op *schemas.Operation) []string {
	if !op.Security.Token {
		return nil
	}
	valid := spec.Catalogue().Call(op.ID).Query
	return slices.DeleteFunc(op.Takes("query"), func(name string) bool {
		_, used := valid[name]
		return used || !slices.Contains([]string{"parent_id", "subtree_root_id", "subtree_root_tenant_id", "tenant_id",
			"tenant_uuid"}, name)
	})
}

// foreignRoot asks for a list that starts at home's sibling.
func foreignRoot(op *schemas.Operation, parameter string) spec.Spec {
	return leftOutOrRefused(spec.Spec{
		Code: "403", Probe: "foreign-tenant", Variant: parameter, Subject: op.ID, Operation: op, Method: op.Method,
		Path: op.Path, Want: 403, Basis: spec.RejectionDocumented,
		Writes: op.Writes(), Control: op.ID,
		Objects: func(n session.Needs) { spec.NeedTargetObject(n, op) },
		Prepare: func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
			r, _, err := spec.CallOn(s, op, session.VictimKey(op, spec.Catalogue().Call(op.ID)), id)
			if err != nil {
				return spec.Case{}, err
			}
			startAt(&r, parameter, s.Sandbox.Tenants[fixtures.Foreign]["side"])
			return spec.Case{Request: r}, isolated(s, op)
		},
	})
}

// startAt lets a list start at a tenant, in place of the ids that it would ask for.
func startAt(r *fixtures.Request, parameter string, tenant any) {
	r.Query.Del("uuids")
	r.Query.Set(parameter, fmt.Sprint(tenant))
}

// foreignIDs asks for a list of an object of home and one of its sibling, as a server may look at the first id only.
// The list is refused, or it leaves the second one out as it does unknown ids: what it must not do is show it.
func foreignIDs(op *schemas.Operation, object, name string) spec.Spec {
	sp := foreignListed(op, object, name)
	try, needs := sp.Prepare, sp.Objects
	own := session.Object{Key: fixtures.Shared(fixtures.Home, object), Side: fixtures.Home, Object: object}
	sp.Variant = "uuids"
	sp.Objects = func(n session.Needs) {
		needs(n)
		n.Add(own)
	}
	sp.Prepare = func(ctx context.Context, s *session.Session, id string) (spec.Case, error) {
		t, err := try(ctx, s, id)
		if err != nil {
			return spec.Case{}, err
		}
		theirs, err := s.Sandbox.Object(fixtures.Shared(fixtures.Foreign, object))
		if err != nil {
			return spec.Case{}, err
		}
		ours, err := s.Sandbox.Object(own.Key)
		t.Request.Query = url.Values{"uuids": {fmt.Sprint(ours[name], ",", theirs[name])}}
		return t, err
	}
	return sp
}

// foreignListed asks for a list of all that the caller may see: an object of home's sibling is not among it.
func foreignListed(op *schemas.Operation, object, name string) spec.Spec {
	key := fixtures.Shared(fixtures.Foreign, object)
	return spec.Spec{
		Code: "403", Probe: "foreign-tenant", Variant: "listed", Subject: op.ID, Operation: op, Method: op.Method,
		Path: op.Path, Want: 403, Or: op.Success(),
		Basis: spec.RejectionDocumented, Control: op.ID,
		Objects: func(n session.Needs) {
			n.Add(session.Object{Key: key, Side: fixtures.Foreign, Object: object})
		},
		Prepare: func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
			vars, err := s.Sandbox.Object(key)
			if err != nil {
				return spec.Case{}, err
			}
			r, err := s.Catalogue.Request(op.ID, vars)
			return spec.Case{Request: r, Check: shows(vars[name])}, errors.Join(err, isolated(s, op))
		},
	}
}

// shows looks for the foreign object in a list.
func shows(id any) spec.Check {
	return func(_ context.Context, e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
		if e.Status()/100 != 2 || !spec.Mentions(e, id) {
			return nil, nil, nil
		}
		return []schemas.Violation{{Path: "$.items", Rule: "foreign", Found: fmt.Sprint(id),
			Detail: "the list shows an object of a tenant that the account does not own"}}, nil, nil
	}
}

// foreignInBody names home's sibling in the body of a call on an object of home.
func foreignInBody(op *schemas.Operation, variant string, set func(body map[string]any, tenant any)) spec.Spec {
	p := spec.Probe{Code: 403, Name: "foreign-tenant", Basis: spec.RejectionDocumented}
	return p.On(op, variant, func(r *fixtures.Request, s *session.Session) error {
		body, err := spec.Body(r)
		if err != nil {
			return err
		}
		set(body, s.Sandbox.Tenants[fixtures.Foreign]["side"])
		return errors.Join(r.SetBody(op.Body.MediaType, body), isolated(s, op))
	})
}

// eachRefused lets a call be served that answers each of its items for itself: what it must not do is take one.
func eachRefused(sp spec.Spec) spec.Spec {
	sp.Or = sp.Operation.Success()
	try := sp.Prepare
	sp.Prepare = func(ctx context.Context, s *session.Session, id string) (spec.Case, error) {
		t, err := try(ctx, s, id)
		t.Check = func(_ context.Context, e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
			items := spec.Items(e)
			if e.Status()/100 == 2 && len(items) == 0 {
				return nil, nil, spec.Inconclusive("the answer shows no item, and not whether one was taken")
			}
			for i, item := range items {
				if fields, isObject := item.(map[string]any); isObject && fields["error"] == nil {
					return []schemas.Violation{faultAt(itemAt(i, ".error"), "foreign", "none",
						"the item names a tenant that the account does not own, and is taken")}, nil, nil
				}
			}
			return nil, nil, nil
		}
		return t, err
	}
	return sp
}

// foreignScope asks for a token on home's sibling, with a token of home.
func foreignScope(op *schemas.Operation) spec.Spec {
	p := spec.Probe{Code: 403, Name: "foreign-tenant", Basis: spec.RejectionDocumented}
	return p.On(op, "scope", func(r *fixtures.Request, s *session.Session) error {
		return errors.Join(r.SetBody(op.Body.MediaType, map[string]any{
			"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
			"assertion":  s.Sandbox.Tokens[fixtures.Home],
			"scope":      fmt.Sprintf("urn:acronis.com:tenant-id:%s", s.Sandbox.Tenants[fixtures.Foreign]["side"]),
		}), isolated(s, op))
	})
}

// ancestor aims the valid call at the tenant above home.
func ancestor(op *schemas.Operation) spec.Spec {
	const key = fixtures.RootKey
	p := spec.Probe{Code: 403, Name: "own-ancestor", Basis: spec.Documented}
	sp := p.On(op, "", nil)
	victim := session.VictimKey(op, spec.Catalogue().Call(op.ID))
	sp.Objects = func(n session.Needs) {
		spec.NeedTargetObject(n, op)
		if w := boxWatch(op, key); w != nil {
			n.Watch(*w)
		}
	}
	sp.Prepare = func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
		vars, err := s.Vars(victim, "ancestor")
		if err = cmp.Or(err, isolated(s, op)); err != nil {
			return spec.Case{}, err
		}
		vars["tenant_id"], vars["version"] = s.Sandbox.Root["tenant_id"], s.Sandbox.Root["version"]
		r, err := s.Catalogue.Request(op.ID, vars)
		return spec.Case{Request: r, Locks: key, Unchanged: boxWatch(op, key)}, err
	}
	return sp
}

// boxWatch looks at the sandbox's own tenant as the configured client, who may.
func boxWatch(op *schemas.Operation, key string) *session.Watch {
	if !op.Writes() {
		return nil
	}
	return &session.Watch{Key: key, As: fixtures.Configured, Witness: "FetchTenant"}
}

// roleTakenAway lets a user call who had the role that it takes, and holds none by now.
func roleTakenAway(op *schemas.Operation) spec.Spec {
	of := own("roleless_user", "shown")
	p := spec.Probe{Code: 403, Name: "role-taken-away", Basis: spec.RejectionDocumented}
	sp := p.On(op, "", func(r *fixtures.Request, s *session.Session) error {
		user, err := s.Vars(of.Key, "")
		if err != nil {
			return err
		}
		return errors.Join(bearing("access_token")(r, user), spec.ReplaceSegment(r, op, "tenant_id",
			fmt.Sprint(user["tenant_id"])))
	})
	return with(of, sp)
}

// roleTooSmall lets a user call whose roles are not enough. That one who may only read must not write, and one
// without a role nothing that the reference refuses with 403, is documented; what else readonly_admin covers is not.
func roleTooSmall(op *schemas.Operation) spec.Spec {
	as := fixtures.Reader
	if slices.Contains(op.Security.Roles, "tenant_viewer") || slices.Contains(op.Security.Roles, "readonly_admin") {
		as = fixtures.Roleless
	}
	p := spec.Probe{Code: 403, Name: "role-too-small", Basis: spec.RejectionDocumented}
	if as == fixtures.Reader && !op.Writes() || !op.Documents(403) {
		p.Basis = spec.Assumed
	}
	return p.On(op, "", func(r *fixtures.Request, _ *session.Session) error {
		r.As = as
		return nil
	})
}
