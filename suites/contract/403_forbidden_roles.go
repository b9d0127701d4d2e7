package contract

import (
	"cmp"
	"fmt"

	"acronis-conformance/fixtures"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// What no account has a right to, whatever its role, or what its role is not listed for.
var _ = Describe("403 forbidden to some", Label("403"), func() {
	// The writes of storages list root_admin and partner_admin alone.
	for _, op := range spec.Operations(spec.Named("RegisterInfrastructure")) {
		of := own("limited_customer", "403")
		sp := spec.Probe{Code: 403, Name: "role-of-others", Basis: spec.RejectionDocumented}.On(op, "company",
			func(r *fixtures.Request, s *session.Session) error {
				admin, err := s.Vars(of.Key, "")
				if err != nil {
					return err
				}
				return cmp.Or(bearing("access_token")(r, admin), spec.SetField(r, op, "owner_tenant_id",
					admin["tenant_id"]))
			})
		spec.Register(with(of, sp))
	}
	// That it stays on may be kept by a request that does nothing, too.
	for _, op := range spec.Operations(spec.Named("TurnOffTenantApplication")) {
		spec.Register(spec.Probe{Code: 403, Name: "platform-off", Basis: spec.Assumed}.On(op, "",
			func(r *fixtures.Request, s *session.Session) error {
				vars, err := s.Vars(session.VictimKey(op, spec.Catalogue().Call(op.ID)), "")
				return cmp.Or(err, spec.ReplaceSegment(r, op, "application_id", fmt.Sprint(vars["platform"])))
			}))
	}
	for _, op := range spec.Operations(spec.Named("RequestTokens")) {
		spec.Register(spec.Probe{Code: 403, Name: "unheld-scope", Basis: spec.Assumed}.On(op, "",
			func(r *fixtures.Request, _ *session.Session) error {
				return r.SetBody(op.Body.MediaType, map[string]any{"grant_type": "client_credentials",
					"scope": "root_admin"})
			}))
	}
})
