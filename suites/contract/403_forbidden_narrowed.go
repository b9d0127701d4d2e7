package contract

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// A token that was narrowed to one tenant opens no other, though the token that it was made from does.
var _ = Describe("403 forbidden to narrowed tokens", Label("403"), func() {
	for _, op := range spec.Operations(spec.Named("FetchTenant")) {
		spec.Register(narrowed(op))
	}
})

// narrowed reads the tenant above the one that a token was narrowed to. That tokens are narrowed so is known from
// clients only: what is served is a violation where the token itself names no other tenant.
func narrowed(op *schemas.Operation) spec.Spec {
	key := fixtures.Own("narrowed_token", "403")
	return spec.Spec{
		Code: "403", Probe: "narrowed-token", Subject: op.ID, Operation: op, Method: op.Method, Path: op.Path,
		Want: 403, Basis: spec.Assumed, Writes: true, // its client was made for it
		Control: op.ID,
		Objects: func(n session.Needs) {
			n.Add(session.Object{Key: key, Side: fixtures.Home, Object: "narrowed_token"})
		},
		Prepare: func(ctx context.Context, s *session.Session, id string) (spec.Case, error) {
			r, vars, err := spec.CallOn(s, op, key, id)
			if err != nil {
				return spec.Case{}, err
			}
			whole := r.Clone()
			if err := bearing("access_token")(&whole, vars); err != nil {
				return spec.Case{}, err
			}
			if err := bearing("narrowed_token")(&r, vars); err != nil {
				return spec.Case{}, err
			}
			control, err := s.Send(ctx, id, whole, nil)
			if err == nil && control.Status()/100 != 2 {
				err = fmt.Errorf("the token that it was made from is answered with %d as well", control.Status())
			}
			return spec.Case{Request: r, Check: func(_ context.Context, e *exchange.Exchange) ([]schemas.Violation,
				[]*exchange.Exchange, error) {
				grants, complete := fixtures.Grants(fmt.Sprint(vars["narrowed_token"]))
				elsewhere := func(g fixtures.Grant) bool {
					return !strings.EqualFold(g.Tenant, fmt.Sprint(vars["org"]))
				}
				if e.Status()/100 != 2 || !complete || len(grants) == 0 || slices.ContainsFunc(grants, elsewhere) {
					return nil, spec.Exchanges(control), nil
				}
				return []schemas.Violation{{Path: "status", Rule: "foreign", Found: fmt.Sprint(e.Status()),
					Detail: "the token names no other tenant than one below"}}, spec.Exchanges(control), nil
			}}, err
		},
	}
}
