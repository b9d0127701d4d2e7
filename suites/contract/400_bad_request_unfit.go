package contract

import (
	"context"
	"strings"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// What a tenant, or what hangs on it, cannot be made to be.
var _ = Describe("400 bad request", Label("400"), func() {
	for _, op := range spec.Operations(spec.Named("CreateTenant", "UpdateTenant")) {
		p := spec.Probe{Code: 400, Name: "too-long"}.Promised(shortTag)
		spec.Register(p.On(op, "internal_tag", func(r *fixtures.Request, _ *session.Session) error {
			return spec.SetField(r, op, "internal_tag", strings.Repeat("t", 257))
		}))
	}

	DescribeTableSubtree("a tenant that cannot be so", func(id, probe, variant string, u unfit) {
		for _, op := range spec.Operations(spec.Named(id)) {
			spec.Register(u.on(op, probe, variant))
		}
	},
		Entry("a unit with a second factor", "ManageTenantMFAStatus", "unfit-tenant", "unit",
			unfit{object: "unit", cite: secondFactorAbove}),
		Entry("a folder with a second factor", "ManageTenantMFAStatus", "unfit-tenant", "folder",
			unfit{object: "folder", cite: secondFactorAbove}),
		Entry("a customer that becomes a partner", "UpdateTenant", "unfit-kind", "changed",
			unfit{object: "customer", cite: keptKind, set: map[string]any{"kind": "partner"}}),
		Entry("a partner that becomes a customer", "UpdateTenant", "unfit-kind", "partner",
			unfit{object: "partner", cite: keptKind, set: map[string]any{"kind": "customer"}}),
		Entry("a unit that moves", "UpdateTenant", "unfit-move", "unit",
			unfit{object: "unit", cite: fittingMove, set: map[string]any{"parent_id": "${org}"}}),
		Entry("a customer that moves below another one", "UpdateTenant", "unfit-move", "below-customer",
			unfit{object: "customer", cite: fittingMove, set: map[string]any{"parent_id": "${org}"}}),
		Entry("a partner that moves below itself", "UpdateTenant", "unfit-move", "below-itself",
			unfit{object: "deeply_nested_partner", cite: fittingMove,
				set: map[string]any{"parent_id": "${child_id}"}}),
		Entry("a partner that moves below what lies further below it", "UpdateTenant", "unfit-move", "further-below",
			unfit{object: "deeply_nested_partner", cite: fittingMove,
				set: map[string]any{"parent_id": "${grandchild_id}"}}),
		Entry("a customer that moves where its services are not offered", "UpdateTenant", "unfit-move", "unserved",
			unfit{object: "customer_that_cannot_move", cite: fittingMove,
				set: map[string]any{"parent_id": "${second_id}"}}),
		Entry("a unit that limits access", "UpdateTenant", "unfit-tenant", "limited-unit",
			unfit{object: "unit", cite: openUnits, set: map[string]any{"ancestral_access": false}}),
		Entry("a customer in production that goes back to trial", "UpdateTenantPricingSettings", "unfit-mode", "trial",
			unfit{object: "customer_in_production", cite: irreversibleMode, set: map[string]any{"mode": "trial"}}),
		Entry("a report that is made once and changed", "UpdateReport", "unfit-report", "once",
			unfit{object: "report", cite: onlyScheduled}),
	)
})

// unfit is a valid call on a tenant that cannot be what it asks for.
type unfit struct {
	object string
	cite   spec.Citation
	set    map[string]any // properties of the body; texts are templates over the names of the object
}

func (u unfit) on(op *schemas.Operation, probe, variant string) spec.Spec {
	key := fixtures.Own(u.object, "400-"+probe)
	watch := spec.ReadBack(op, key, fixtures.Home)
	sp := spec.Spec{
		Code: "400", Probe: probe, Variant: variant, Subject: op.ID, Operation: op, Method: op.Method, Path: op.Path,
		Want:   400,
		Writes: true, Control: op.ID,
		Objects: func(n session.Needs) {
			n.Add(session.Object{Key: key, Side: fixtures.Home, Object: u.object})
			n.Watch(*watch)
		},
		Prepare: func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
			r, vars, err := spec.CallOn(s, op, key, id)
			if err != nil {
				return spec.Case{}, err
			}
			for name, value := range u.set {
				if template, isText := value.(string); isText {
					if value, err = vars.Fill(template); err != nil {
						return spec.Case{}, err
					}
				}
				if err := spec.SetField(&r, op, name, value); err != nil {
					return spec.Case{}, err
				}
			}
			return spec.Case{Request: r, Locks: key, Unchanged: watch}, nil
		},
	}
	return sp.Promised(u.cite)
}
