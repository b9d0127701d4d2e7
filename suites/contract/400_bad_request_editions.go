package contract

import (
	"context"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// A tenant is offered an edition with the items of the tenant above, and without them not at all.
var _ = Describe("400 bad request of editions", Label("400"), func() {
	for _, op := range spec.Operations(spec.Named("PerformTenantEditionSwitchCheck")) {
		spec.Register(unavailable(op))
	}
})

var unavailableEdition = spec.Cites(`an edition whose offering items are not available to the tenant is answered `+
	`with 400 (reference, PerformTenantEditionSwitchCheck)`, spec.Reference)

// unavailable asks for an edition below a tenant that has none of its items.
func unavailable(op *schemas.Operation) spec.Spec {
	of := own("customer_of_what_was", "lists")
	return spec.Spec{
		Code: "400", Probe: "unavailable-edition", Subject: op.ID, Operation: op, Method: op.Method, Path: op.Path,
		Want: 400, Basis: spec.Documented, Cite: unavailableEdition, Control: op.ID,
		Objects: func(n session.Needs) { n.Add(*of) },
		Prepare: func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
			vars, err := s.Vars(of.Key, id)
			if err != nil {
				return spec.Case{}, err
			}
			if vars["edition"] == nil {
				return spec.Case{}, spec.Inconclusive("no offering item of the target has an edition")
			}
			r, err := s.Catalogue.Request(op.ID, fixtures.Vars{"tenant_id": vars["child_id"],
				"application_id": vars["application_id"], "edition": vars["edition"]})
			return spec.Case{Request: r}, err
		},
	}
}
