package contract

import (
	"acronis-conformance/fixtures"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// A device is approved for a tenant that is personal, and whose owner protects devices (reference, device authorization
// approval).
var _ = Describe("400 bad request to approve a device", Label("400"), func() {
	for _, op := range spec.Operations(spec.Named("DeviceAuthorizationApproval_0", "DeviceAuthorizationApproval_1")) {
		spec.Register(approval(op, 400, "unfit-tenant", "", func(
			r *fixtures.Request, s *session.Session, a *approvalOf,
		) error {
			r.As, a.tenant = fixtures.Home, s.Sandbox.Tenants[fixtures.Home]["org"]
			return nil
		}))
	}
	// No write may name a personal tenant, which no call has made.
	for _, op := range spec.Operations(spec.Named("DeviceAuthorizationApproval_0")) {
		spec.Register(approval(op, 400, "unfit-owner", "", func(
			r *fixtures.Request, s *session.Session, a *approvalOf,
		) error {
			r.As = fixtures.Home
			return a.ofUser(s)
		}))
	}
	// A device has nothing to show before a person has approved it. The reference has 401 as well for what failed.
	for _, op := range spec.Operations(spec.Named("RequestTokens")) {
		sp := worthless(op, "unapproved-device", "device_code", spec.RejectionDocumented, func(r *fixtures.Request,
			vars fixtures.Vars) error {
			r.Header.Del("Authorization")
			return r.SetBody(form, map[string]any{"grant_type": "urn:ietf:params:oauth:grant-type:device_code",
				"device_code": vars["device_code"], "client_id": vars["client_id"]})
		})
		sp.Code, sp.Want, sp.Or, sp.Cite = "400", 400, 401, failedProof
		sp.Settles = false // a code that was taken once is refused from then on
		spec.Register(sp)
	}
})
