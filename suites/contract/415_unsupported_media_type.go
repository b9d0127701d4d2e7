package contract

import (
	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// The endpoint does not support the format of the request: the general table names the Content-Type, the reference
// the Accept header.
var _ = Describe("415 unsupported media type", Label("415"), func() {
	DescribeTableSubtree("a request with", func(p spec.Probe, fits func(*schemas.Operation) bool) {
		for _, op := range spec.Operations(fits) {
			spec.Register(p.On(op, "", p.Mutate))
		}
	},
		Entry("a wrong Content-Type", spec.Probe{Code: 415, Name: "wrong-content-type", Basis: spec.Assumed,
			Mutate: func(r *fixtures.Request, _ *session.Session) error {
				if r.Header.Get("Content-Type") == "image/png" { // another picture is another format all the same
					r.Header.Set("Content-Type", "image/jpeg")
					return nil
				}
				r.Header.Set("Content-Type", "text/plain")
				return nil
			}}, takesBody),
		Entry("no Content-Type", spec.Probe{Code: 415, Name: "no-content-type", Basis: spec.Assumed,
			Mutate: func(r *fixtures.Request, _ *session.Session) error {
				r.Header.Del("Content-Type")
				return nil
			}}, takesBody),
		Entry("an Accept that the service cannot serve", spec.Probe{Code: 415, Name: "unsupported-accept",
			Basis: spec.Assumed, Mutate: func(r *fixtures.Request, _ *session.Session) error {
				r.Header.Set("Accept", "text/csv")
				return nil
			}}, func(op *schemas.Operation) bool { return op.Documents(415) }),
	)
})

func takesBody(op *schemas.Operation) bool { return op.Body != nil }
