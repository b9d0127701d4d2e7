package contract

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	"github.com/google/uuid"
	. "github.com/onsi/ginkgo/v2"
)

// The endpoint does not exist, or the service holds no such data.
var _ = Describe("404 not found", Label("404"), func() {
	// Unknown routes are asked for with a valid token: what they answer without one is not documented.
	for _, prefix := range prefixes() {
		spec.Register(unknownRoute("under", prefix))
	}
	for _, path := range templates() {
		if sp := unknownRoute("behind", path); sp.Subject != "" {
			spec.Register(sp)
		}
	}

	// The valid call, with an id that nothing has.
	for _, op := range spec.Operations(func(op *schemas.Operation) bool { return len(op.Takes("path")) > 0 }) {
		for _, name := range op.Takes("path") {
			spec.Register(unknownID(op, name))
		}
	}
	for _, op := range spec.Operations(func(op *schemas.Operation) bool { return len(roots(op)) > 0 }) {
		for _, name := range roots(op) {
			spec.Register(unknownRoot(op, name))
		}
	}
	DescribeTableSubtree("a query that names nothing", func(id, parameter string) {
		for _, op := range spec.Operations(spec.Named(id)) {
			// a list may as well be empty, and a link be sent to no one
			p := spec.Probe{Code: 404, Name: "unknown-id", Basis: spec.Assumed}
			spec.Register(p.On(op, parameter, func(r *fixtures.Request, s *session.Session) error {
				r.Query.Set(parameter, unknown(parameter))
				return nil
			}))
		}
	},
		Entry("the search's tenant", "Search", "tenant"),
		Entry("the root of a list of offering items", "FetchTenantOfferingItemsBatch", "subtree_root_tenant_id"),
		Entry("a login", "GetForgotLink", "login"),
	)

	// What the control of a deletion deleted is not found any longer.
	DescribeTableSubtree("what was deleted", func(deleted, reader string) {
		for _, deleting := range spec.Operations(spec.Named(deleted)) {
			for _, op := range spec.Operations(spec.Named(reader)) {
				spec.Register(deletedObject(deleting, op))
			}
		}
	},
		Entry("a tenant", "DeleteTenant", "FetchTenant"),
		Entry("a user", "DeleteUser", "FetchUser"),
		Entry("a client", "DeleteClient", "FetchClient"),
		Entry("a storage", "UnregisterInfrastructure", "FetchInfrastructure"),
		Entry("a location", "DeleteInfrastructuresLocation", "FetchInfrastructuresLocation"),
		Entry("a report", "DeleteReport", "FetchReport"),
	)

	// Nor is it there to be deleted once more.
	for _, op := range spec.Operations(spec.Named("DeleteTenant", "DeleteUser", "DeleteClient", "DeleteReport",
		"UnregisterInfrastructure", "DeleteInfrastructuresLocation", "DeleteRegistrationToken")) {
		spec.Register(deletedTwice(op))
	}

	// With a tenant go its subtree and its users (guide, "Deleting a tenant").
	DescribeTableSubtree("what went with its tenant", func(reader, id, name string) {
		for _, deleting := range spec.Operations(spec.Named("DeleteTenant")) {
			for _, op := range spec.Operations(spec.Named(reader)) {
				spec.Register(goneWithIt(deleting, op, id, name))
			}
		}
	},
		Entry("the tenant of a user", "FetchTenant", "tenant_id", "personal_id"),
		Entry("a user", "FetchUser", "user_id", "user_id"),
	)
	for _, deleting := range spec.Operations(spec.Named("DeleteTenant")) {
		for _, op := range spec.Operations(spec.Named("FetchUser")) {
			sp := goneWithIt(deleting, op, "user_id", "below_id")
			sp.Variant = "unit"
			spec.Register(sp)
		}
	}
})

// templates lists the contract's path templates.
func templates() []string {
	if spec.Contract() == nil {
		return nil
	}
	var all []string
	for _, path := range spec.Contract().Paths() {
		all = append(all, path.Template)
	}
	return all
}

// prefixes lists every proper prefix of a path template under which the contract knows no parameter, the root first:
// an unknown name below is an unknown route.
func prefixes() []string {
	set := map[string]bool{}
	for _, template := range templates() {
		segments := strings.Split(template, "/")
		for i := 1; i < len(segments); i++ {
			set[strings.Join(segments[:i], "/")] = true
		}
	}
	maps.DeleteFunc(set, func(prefix string, _ bool) bool {
		return len(spec.Contract().Match(literal(prefix)+"/conformance")) > 0
	})
	return slices.Sorted(maps.Keys(set))
}

// literal fills a path template with ids that nothing has.
func literal(template string) string {
	segments := strings.Split(template, "/")
	for i, segment := range segments {
		if strings.HasPrefix(segment, "{") {
			segments[i] = unknown(strings.Trim(segment, "{}"))
		}
	}
	return strings.Join(segments, "/")
}

// unknown is a well-formed value that nothing has.
func unknown(parameter string) string {
	switch parameter {
	case "token_id":
		return "999999999"
	case "setting_name", "login":
		return "conformance-unknown"
	default:
		return uuid.NewString()
	}
}

// unknownRoute asks for a name of this run below a prefix or behind a path of the reference; the zero spec where the
// contract has an operation there.
func unknownRoute(variant, template string) spec.Spec {
	if len(spec.Contract().Match(literal(template)+"/conformance")) > 0 {
		return spec.Spec{}
	}
	path := template + "/{unknown}"
	return spec.Spec{
		Code: "404", Probe: "unknown-route", Variant: variant, Subject: spec.PathSubject(http.MethodGet,
			path), Method: http.MethodGet, Path: path,
		Want: 404, Basis: spec.Documented,
		Prepare: func(_ context.Context, s *session.Session, _ string) (spec.Case, error) {
			return spec.Case{Request: fixtures.Request{As: fixtures.Home, Method: http.MethodGet,
				Path: literal(template) +
					"/" + fixtures.Tag + s.Run, Header: http.Header{}}}, nil
		},
	}
}

// unknownID puts an id that nothing has into the path of the valid call.
func unknownID(op *schemas.Operation, name string) spec.Spec {
	variant := ""
	if len(op.Takes("path")) > 1 {
		variant = name
	}
	p := spec.Probe{Code: 404, Name: "unknown-id", Basis: spec.RejectionDocumented}
	if name == "setting_name" { // what was never set may be shown as not set
		p.Basis = spec.Assumed
	}
	return p.On(op, variant, func(r *fixtures.Request, s *session.Session) error {
		return spec.ReplaceSegment(r, op, name, s.Unknown(unknown(name)))
	})
}

// unknownRoot asks for a list that starts at a tenant that does not exist. It may as well be empty: unknown ids are
// left out of lists.
func unknownRoot(op *schemas.Operation, parameter string) spec.Spec {
	p := spec.Probe{Code: 404, Name: "unknown-id", Basis: spec.Assumed}
	return p.On(op, parameter, func(r *fixtures.Request, s *session.Session) error {
		startAt(r, parameter, s.Unknown(unknown(parameter)))
		return nil
	})
}

// deletedTwice sends the control of a deletion once more. A service may as well say that it is done.
func deletedTwice(op *schemas.Operation) spec.Spec {
	sp := again(op, "deleted-twice")
	sp.Code, sp.Want = "404", http.StatusNotFound
	prepare := sp.Prepare
	sp.Objects = func(session.Needs) {}
	sp.Prepare = func(ctx context.Context, s *session.Session, id string) (spec.Case, error) {
		t, err := prepare(ctx, s, id)
		t.Unchanged = nil // what is gone is not looked at
		return t, err
	}
	return sp
}

// deletedObject reads what the control of a deletion deleted. A service may keep showing it as deleted; shown as if
// it were not, the deletion had no effect.
func deletedObject(deleted, op *schemas.Operation) spec.Spec {
	return spec.Spec{
		Code: "404", Probe: "deleted-object", Subject: op.ID, Operation: op, Method: op.Method, Path: op.Path,
		Want:  404,
		Basis: spec.Assumed, Writes: true,
		Control: deleted.ID, Settles: true,
		Prepare: func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
			r, _, err := spec.CallOn(s, op, session.ControlKey(deleted, spec.Catalogue().Call(deleted.ID)), id)
			return spec.Case{Request: r, Check: stillThere(deleted)}, err
		},
	}
}

// goneWithIt reads what was in a tenant that was deleted: the object that the tenant knows under the name.
func goneWithIt(deleted, op *schemas.Operation, id, name string) spec.Spec {
	sp := deletedObject(deleted, op)
	of := own("deleted_household", "404")
	sp.Probe = "deleted-tenant"
	sp.Objects = func(n session.Needs) { n.Add(*of) }
	sp.Prepare = func(_ context.Context, s *session.Session, owner string) (spec.Case, error) {
		vars, err := s.Vars(of.Key, owner)
		if err != nil {
			return spec.Case{}, err
		}
		vars[id] = vars[name]
		r, err := s.Catalogue.Request(op.ID, vars)
		return spec.Case{Request: r, Check: stillThere(deleted)}, err
	}
	return sp
}

func stillThere(deleted *schemas.Operation) spec.Check {
	return func(_ context.Context, e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
		object := spec.Object(e)
		if e.Status()/100 != 2 || object == nil || object["deleted_at"] != nil ||
			object["external_operation_status"] == "deleting" ||
			deleted.ID == "DeleteClient" && object["status"] == "disabled" { // the reference has no deleted_at for it
			return nil, nil, nil
		}
		return []schemas.Violation{{Path: "$.deleted_at", Rule: "deleted", Found: "no time of deletion",
			Detail: deleted.ID + " has succeeded, and the object is shown as if it had not been deleted"}}, nil, nil
	}
}
