package contract

import (
	"context"
	"net/http"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// A login that the service would not accept for a user.
var _ = Describe("406 not acceptable", Label("406"), func() {
	DescribeTableSubtree("a login", func(variant, login string) {
		for _, op := range spec.Operations(spec.Named("CheckLoginNameAvailability")) {
			p := spec.Probe{Code: 406, Name: "unacceptable-login"}.Promised(acceptableLogin)
			spec.Register(neverTaken(p.On(op, variant, func(r *fixtures.Request, _ *session.Session) error {
				r.Query.Set("username", login)
				return nil
			})))
		}
	},
		Entry("of two characters", "short", "ab"),
		Entry("with a space inside", "space", "conformance suite"),
		Entry("with a letter beyond ASCII", "letter", "conformancé"),
	)
})

// neverTaken asks that a login that no user can have is not answered as taken, whatever else it is answered with.
func neverTaken(sp spec.Spec) spec.Spec {
	prepare := sp.Prepare
	sp.Prepare = func(ctx context.Context, s *session.Session, id string) (spec.Case, error) {
		c, err := prepare(ctx, s, id)
		c.Check = func(_ context.Context, e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
			if e.Status() != http.StatusConflict {
				return nil, nil, nil
			}
			return []schemas.Violation{{Path: "status", Rule: "status", Found: "409",
				Detail: "409 says that a user has the login, and no user can have this one"}}, nil, nil
		}
		return c, err
	}
	return sp
}
