package contract

import (
	"cmp"
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

	for _, op := range spec.Operations(spec.Named("CreateTenant")) {
		folder := own("folder", "400-unfit")
		p := spec.Probe{Code: 400, Name: "unfit-kind"}.Promised(fittingKind)
		spec.Register(with(folder, p.On(op, "below-folder", func(r *fixtures.Request, s *session.Session) error {
			vars, err := s.Vars(folder.Key, "")
			return cmp.Or(err, spec.SetField(r, op, "kind", "unit"), spec.SetField(r, op, "parent_id",
				vars["tenant_id"]))
		})))
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
		Entry("a folder that moves below its own child", "UpdateTenant", "unfit-move", "folder-below-child",
			unfit{object: "deeply_nested_partner", cite: fittingMove,
				vars: map[string]string{"tenant_id": "child_id", "version": "child_version"},
				set:  map[string]any{"parent_id": "${grandchild_id}"}}),
		Entry("a customer that moves where its services are not offered", "UpdateTenant", "unfit-move", "unserved",
			unfit{object: "customer_that_cannot_move", cite: fittingMove,
				set: map[string]any{"parent_id": "${second_id}"}}),
		Entry("a unit that limits access", "UpdateTenant", "unfit-tenant", "limited-unit",
			unfit{object: "unit", cite: openUnits, set: map[string]any{"ancestral_access": false}}),
		Entry("a customer in production that goes back to trial", "UpdateTenantPricingSettings", "unfit-mode", "trial",
			unfit{object: "customer_in_production", cite: irreversibleMode, set: map[string]any{"mode": "trial"}}),
		Entry("a role for customers on a unit", "UpdateUserAccessPolicies", "unfit-role", "customers",
			unfit{object: "family_tree", of: family, cite: fittingRole, vars: map[string]string{
				"user_id": "unit_user_id", "tenant_id": "unit_id", "role": "company_admin"}}),
		Entry("a report that is made once and changed", "UpdateReport", "unfit-report", "once",
			unfit{object: "report", cite: onlyScheduled}),
	)
})

// with is a spec that needs one more object.
func with(of *session.Object, sp spec.Spec) spec.Spec {
	needs := sp.Objects
	sp.Objects = func(n session.Needs) {
		needs(n)
		n.Add(*of)
	}
	return sp
}

// unfit is a valid call on a tenant that cannot be what it asks for.
type unfit struct {
	object string
	cite   spec.Citation
	of     *session.Object   // the object, where others look at it too
	vars   map[string]string // names of the call that take the object's value of another name, or this one
	set    map[string]any    // properties of the body; texts are templates over the names of the object
}

func (u unfit) on(op *schemas.Operation, probe, variant string) spec.Spec {
	key := fixtures.Own(u.object, "400-unfit")
	if u.of != nil {
		key = u.of.Key
	}
	watch := spec.ReadBack(op, key, fixtures.Home)
	if u.vars != nil { // it shows another object
		watch = nil
	}
	sp := spec.Spec{
		Code: "400", Probe: probe, Variant: variant, Subject: op.ID, Operation: op, Method: op.Method, Path: op.Path,
		Want:   400,
		Writes: true, Control: op.ID,
		Objects: func(n session.Needs) {
			n.Add(session.Object{Key: key, Side: fixtures.Home, Object: u.object})
			if watch != nil {
				n.Watch(*watch)
			}
		},
		Prepare: func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
			r, vars, err := spec.CallOn(s, op, key, id)
			if err == nil && u.vars != nil {
				for name, other := range u.vars {
					vars[name] = cmp.Or(vars[other], any(other))
				}
				r, err = s.Catalogue.Request(op.ID, vars)
			}
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
