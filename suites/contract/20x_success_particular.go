package contract

import (
	"context"
	"fmt"
	"slices"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// What was moved, renamed, restored or enabled again is where it belongs, and who may only read does read.
var _ = Describe("20x success of what is not as it was", Label("20x"), func() {
	moved := own("moved_customer", "lists")
	for _, op := range spec.Operations(spec.Named("Search")) {
		spec.Register(asRead{list: list{of: moved, query: map[string]string{"tenant": "${side}",
			"text": "${unique}-renamed"}}, reads: foundRead, also: foundWhereMoved}.on(op, "moved"))
	}
	for _, restoring := range spec.Operations(spec.Named("RestoreDeletedTenant")) {
		for _, op := range spec.Operations(spec.Named("FetchTenantChildren")) {
			key := session.ControlKey(restoring, spec.Catalogue().Call(restoring.ID))
			sp := objectShown{of: &session.Object{Key: key}, vars: map[string]string{"tenant_id": "side"},
				shown: lists("tenant_id")}.on(op, "restored")
			sp.Control, sp.Writes = restoring.ID, true
			sp.Objects = func(n session.Needs) { spec.NeedControl(n, restoring.ID) }
			spec.Register(sp)
		}
	}
	for _, op := range spec.Operations(spec.Named("FetchTenantOfferingItems")) {
		// A tenant that is disabled keeps its data (guide, "Disabling a tenant").
		spec.Register(objectShown{of: own("reopened_customers_client", "grant"),
			query: map[string]string{"edition": "*"}, shown: switchedOn}.on(op, "reopened"))
	}
	for _, op := range spec.Operations(spec.Named("FetchUser")) {
		spec.Register(objectShown{of: own("reopened_customers_client", "grant"),
			vars: map[string]string{"user_id": "member_id"}, shown: property("enabled", true)}.on(op, "reopened"))
	}
	for _, op := range spec.Operations(spec.Named("FetchTenantChildren")) {
		l := list{of: varied, query: map[string]string{"order": "status"}}
		spec.Register(contents{list: l, must: words("folder_id off_id"), also: reversed("status")}.on(op,
			"order-status"))
	}
	for _, op := range spec.Operations(func(op *schemas.Operation) bool {
		return !op.Writes() && slices.Contains(op.Security.Roles, "readonly_admin")
	}) {
		spec.Register(openToReaders(op))
	}
	// The third way to authenticate that the reference lists; valid calls have the other two.
	for _, op := range spec.Operations(spec.Named("CreateClient")) {
		sp := reading(op, op, "accepts", "public")
		sp.Writes = true
		sp.Prepare = func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
			key := session.ControlKey(op, spec.Catalogue().Call(op.ID))
			r, _, err := spec.CallOn(s, op, key, id)
			if err == nil {
				err = spec.SetField(&r, op, "token_endpoint_auth_method", "none")
			}
			return spec.Case{Request: r, Locks: key}, err
		}
		spec.Register(sp)
	}
	for _, op := range spec.Operations(spec.Named("RevokeToken")) {
		sp := again(op, "revoked-twice")
		sp.Code, sp.Want, sp.Basis = "20x", op.Success(), spec.Documented
		spec.Register(sp)
	}
	for _, op := range spec.Operations(spec.Named("FetchOneTimeTokenLoginPage")) {
		spec.Register(withoutParameters(op))
	}
})

// foundWhereMoved asks that a tenant is found by its new name, below its new parent. Where the answer to the update
// shows that it has neither, that is the update's affair.
func foundWhereMoved(a further, items []any) []schemas.Violation {
	name := fmt.Sprint(a.vars["unique"], "-renamed")
	if a.vars["child_parent"] != a.vars["second_id"] || a.vars["child_name"] != name {
		return nil
	}
	for i, item := range items {
		fields, _ := item.(map[string]any)
		if fields["id"] != a.vars["child_id"] {
			continue
		}
		path, _ := fields["path"].([]any)
		if slices.Contains(path, a.vars["second_name"]) && !slices.Contains(path, a.vars["name"]) {
			return nil
		}
		return []schemas.Violation{faultAt(itemAt(i, ".path"), "path", fmt.Sprint(path),
			fmt.Sprintf("it was moved from %v below %v", a.vars["name"], a.vars["second_name"]))}
	}
	return []schemas.Violation{faultAt("$.items", "complete", others(items), "a tenant is not found by its new name")}
}

// reversed asks that an order is the other way round with a minus before it (reference, parameter order). Only a list
// of two that the order tells apart shows it.
func reversed(order string) itemsLook {
	return func(ctx context.Context, a further, items []any) ([]schemas.Violation, error) {
		_, other, err := a.about(ctx, a.op.ID, list{query: map[string]string{"order": "-" + order}})
		if err != nil || len(items) != 2 {
			return nil, err
		}
		slices.Reverse(other)
		if slices.Equal(idsOf(items), idsOf(other)) {
			return nil, nil
		}
		return []schemas.Violation{faultAt("$.items", "order", fmt.Sprint(idsOf(items)),
			fmt.Sprintf("with -%s it is not the other way round", order))}, nil
	}
}

var readersToo = spec.Cites(`what the reference lists readonly_admin for is open to it (reference, security of the `+
	`operation)`, spec.Reference)

// openToReaders reads as a user who may only read, where the reference names that role.
func openToReaders(op *schemas.Operation) spec.Spec {
	p := spec.Probe{Code: op.Success(), Name: "as-reader"}.Promised(readersToo)
	sp := p.On(op, "", func(r *fixtures.Request, _ *session.Session) error {
		r.As = fixtures.Reader
		return nil
	})
	sp.Code, sp.Basis = "20x", spec.Documented
	return sp
}

var onlyAPage = spec.Cites(`the login page takes no parameter that is required, and has no answer but the page (`+
	`reference, FetchOneTimeTokenLoginPage)`, spec.Reference)

// withoutParameters calls an operation without its parameters, of which the reference requires none.
func withoutParameters(op *schemas.Operation) spec.Spec {
	p := spec.Probe{Code: op.Success(), Name: "without-parameters"}.Promised(onlyAPage)
	sp := p.On(op, "", func(r *fixtures.Request, _ *session.Session) error {
		r.Query = nil
		return nil
	})
	sp.Code, sp.Basis = "20x", askedSoundly(op, false)
	return sp
}
