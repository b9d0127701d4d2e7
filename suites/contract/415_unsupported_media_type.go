package contract

import (
	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/session"

	. "github.com/onsi/ginkgo/v2"
)

// The endpoint does not support the format of the request: the general table names the Content-Type, the reference the Accept header.
var _ = Describe("415 unsupported media type", Label("415"), func() {
	DescribeTableSubtree("a request with", func(p probe, fits func(*schemas.Operation) bool) {
		for _, op := range operations(fits) {
			specify(p.on(op, "", p.spoil))
		}
	},
		Entry("a wrong Content-Type", probe{code: 415, name: "wrong-content-type", ground: assumed, spoil: func(r *fixtures.Request, _ *session.Session) error {
			r.Header.Set("Content-Type", "text/plain")
			return nil
		}}, takesBody),
		Entry("no Content-Type", probe{code: 415, name: "no-content-type", ground: assumed, spoil: func(r *fixtures.Request, _ *session.Session) error {
			r.Header.Del("Content-Type")
			return nil
		}}, takesBody),
		Entry("an Accept that the service cannot serve", probe{code: 415, name: "unsupported-accept", ground: assumed, spoil: func(r *fixtures.Request, _ *session.Session) error {
			r.Header.Set("Accept", "text/csv")
			return nil
		}}, func(op *schemas.Operation) bool { return op.Documents(415) }),
	)
})

func takesBody(op *schemas.Operation) bool { return op.Body != nil }
