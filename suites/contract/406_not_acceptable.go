package contract

import (
	"acronis-conformance/fixtures"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// A login that the service would not accept for a user.
var _ = Describe("406 not acceptable", Label("406"), func() {
	DescribeTableSubtree("a login", func(variant, login string) {
		for _, op := range spec.Operations(spec.Named("CheckLoginNameAvailability")) {
			p := spec.Probe{Code: 406, Name: "unacceptable-login"}.Promised(acceptableLogin)
			spec.Register(p.On(op, variant, func(r *fixtures.Request, _ *session.Session) error {
				r.Query.Set("username", login)
				return nil
			}))
		}
	},
		Entry("of two characters", "short", "ab"),
		Entry("with a space inside", "space", "conformance suite"),
		Entry("with a letter beyond ASCII", "letter", "conformancé"),
	)
})
