package contract

import (
	"errors"
	"fmt"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// A device is approved by its user code, which has to be known, and for a personal tenant by a partner administrator of
// that tenant (reference, device authorization approval).
var _ = Describe("403 forbidden approval of a device", Label("403"), func() {
	for _, op := range spec.Operations(spec.Named("DeviceAuthorizationApproval_0", "DeviceAuthorizationApproval_1")) {
		spec.Register(approval(op, 403, "unknown-user-code", "", func(_ *fixtures.Request, _ *session.Session,
			a *approvalOf) error {
			a.code = "ZZZZ-0000"
			return nil
		}))
	}
	// A code that was approved is used up. When it is gone is not documented.
	for _, op := range spec.Operations(spec.Named("DeviceAuthorizationApproval_0", "DeviceAuthorizationApproval_1")) {
		approved := own("approved_device", "403")
		sp := approval(op, 403, "used-user-code", "", func(_ *fixtures.Request, s *session.Session,
			a *approvalOf) error {
			device, err := s.Sandbox.Object(approved.Key)
			a.code = device["user_code"]
			return err
		})
		sp.Basis = spec.Assumed
		spec.Register(with(approved, sp))
	}
	for _, op := range spec.Operations(spec.Named("DeviceAuthorizationApproval_1")) {
		spec.Register(approval(op, 403, "foreign-tenant", "tenant_uuid", func(r *fixtures.Request, s *session.Session,
			a *approvalOf) error {
			r.As, a.tenant = fixtures.Home, s.Sandbox.Tenants[fixtures.Foreign]["side"]
			return isolated(s, op)
		}))
	}
	// Personal tenants come with their users. No call has made one, so that no write may name one.
	for _, op := range spec.Operations(spec.Named("DeviceAuthorizationApproval_0")) {
		spec.Register(approval(op, 403, "role-too-small", "tenant_uuid", func(_ *fixtures.Request, s *session.Session,
			a *approvalOf) error {
			return a.ofUser(s) // the caller is not a partner administrator
		}))
	}
})

var approvable = spec.Cites(`a device is approved by a user code that is valid, and for a personal tenant whose owner `+
	`protects devices by a partner administrator of it: 400 or 403 otherwise (reference, answers of the operation)`,
	spec.Reference)

// approvalOf is what a call to approve a device names.
type approvalOf struct{ code, tenant any }

// ofUser names the personal tenant of a user who has no role.
func (a *approvalOf) ofUser(s *session.Session) error {
	user, err := s.Sandbox.Object(fixtures.Shared(fixtures.Home, "user"))
	if err == nil && user["personal_id"] == nil {
		err = errors.New("the user has no tenant of its own: see 20x/shows-own-tenant/FetchUser")
	}
	a.tenant = user["personal_id"]
	return err
}

// approval is a call that must not approve a device, or not show it.
func approval(op *schemas.Operation, code int, name, variant string, names func(*fixtures.Request, *session.Session,
	*approvalOf) error) spec.Spec {
	sp := spec.Probe{Code: code, Name: name}.Promised(approvable).On(op, variant, func(
		r *fixtures.Request, s *session.Session,
	) error {
		var a approvalOf
		if err := names(r, s, &a); err != nil {
			return err
		}
		if op.Body == nil {
			if a.code != nil {
				r.Query.Set("code", fmt.Sprint(a.code))
			}
			if a.tenant != nil {
				r.Query.Set("tenant_uuid", fmt.Sprint(a.tenant))
			}
			return nil
		}
		body, err := spec.Body(r)
		if err != nil {
			return err
		}
		if a.code != nil {
			body["code"] = a.code
		}
		if a.tenant != nil {
			body["tenant_uuid"] = a.tenant
		}
		return r.SetBody(op.Body.MediaType, body)
	})
	needs := sp.Objects
	sp.Objects = func(n session.Needs) {
		needs(n)
		n.Add(*shared("user"))
	}
	return sp
}
