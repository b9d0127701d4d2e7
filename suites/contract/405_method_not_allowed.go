package contract

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// The endpoint does not support the method.
var _ = Describe("405 method not allowed", Label("405"), func() {
	for _, path := range paths() {
		for _, method := range schemas.Methods {
			if !slices.Contains(path.Methods, method) {
				spec.Register(wrongMethod(path.Template, method))
			}
		}
	}
})

func paths() []schemas.Path {
	if spec.Contract() == nil {
		return nil
	}
	return spec.Contract().Paths()
}

// wrongMethod calls a path with a method that it does not list. The path's ids are those of objects that only this
// probe touches; where nothing may be written they are unknown, and then a 404 says nothing. A path without ids names
// all objects of its kind, or the caller: a faulty service that serves DELETE there would do so to all of them, so
// that it counts as a write too.
func wrongMethod(template, method string) spec.Spec {
	op := onPath(template)
	call := spec.Catalogue().Call(op.ID)
	key := fixtures.Own(call.Object, "405")
	sp := spec.Spec{
		Code: "405", Probe: "wrong-method", Subject: spec.PathSubject(method,
			template), Method: method, Path: template, Want: 405, Basis: spec.Documented,
		Resource: op.Resource, Writes: method != http.MethodGet,
		Objects: func(n session.Needs) {
			if call.Object != "" && len(spec.PathIDs(op)) > 0 {
				n.Add(session.Object{Key: key, Side: fixtures.Home, Object: call.Object})
			}
		},
	}
	if servedElsewhere(template, method) {
		sp.Basis = report.Basis{Rejection: report.Assumed, Code: report.Assumed}
	}
	sp.Prepare = func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
		if open := cmp.Or(s.Sandbox.Covered, s.Sandbox.Open); open != "" && len(spec.PathIDs(op)) == 0 &&
			method != http.MethodGet {
			return spec.Case{}, errors.New("a path without ids names all objects of its kind, and not home's alone: " +
				open)
		}
		r := fixtures.Request{As: fixtures.Home, Method: method, Path: literal(template), Header: http.Header{}}
		if may, _ := s.MayWrite(); may && len(spec.PathIDs(op)) > 0 {
			valid, _, err := spec.CallOn(s, op, key, id)
			if err != nil {
				return spec.Case{}, err
			}
			r.Path = valid.Path
		} else {
			for _, segment := range strings.Split(r.Path, "/") {
				s.Unknown(segment)
			}
		}
		if method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch {
			r.Header.Set("Content-Type", "application/json")
			r.Body = []byte("{}")
		}
		return spec.Case{Request: r}, nil
	}
	return sp
}

// onPath returns an operation of the path; the one that reads, if there is one.
func onPath(template string) *schemas.Operation {
	return spec.Operations(func(op *schemas.Operation) bool { return op.Path == template })[0]
}

// servedElsewhere reports whether the literal path also fits another template, which has the method: DELETE
// /tenants/usages may be taken for the deletion of a tenant.
func servedElsewhere(template, method string) bool {
	return slices.ContainsFunc(spec.Contract().Match(literal(template)),
		func(op *schemas.Operation) bool { return op.Method == method })
}
