package contract

import (
	"context"
	"fmt"
	"time"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// What a tenant shows of its children, as they come and go.
var _ = Describe("20x success of the last child", Label("20x"), func() {
	for _, op := range spec.Operations(spec.Named("DeleteTenant")) {
		spec.Register(lastChild(op))
	}
})

// lastChild deletes the only child of a tenant. Before, the tenant shows that it has children, and afterwards that it
// has none, as soon as the list of its children is empty (reference, tenant, has_children).
func lastChild(op *schemas.Operation) spec.Spec {
	of := own("parent_of_one", "last-child")
	sp := reading(op, op, "last-child", "").Promised(childrenShown)
	sp.Writes = true
	sp.Objects = func(n session.Needs) { n.Add(*of) }
	sp.Prepare = func(ctx context.Context, s *session.Session, id string) (spec.Case, error) {
		vars, err := s.Vars(of.Key, id)
		if err != nil {
			return spec.Case{}, err
		}
		read, err := s.Catalogue.Request("FetchTenant", vars)
		if err != nil {
			return spec.Case{}, err
		}
		early, looks, err := readBack(ctx, s, id, read, vars, hasChildren(true))
		if err != nil {
			return spec.Case{}, err
		}
		changed, err := changedAbove(ctx, s, id, vars, spec.Object(looks[len(looks)-1])["version"])
		if err != nil {
			return spec.Case{}, err
		}
		listing, err := s.Catalogue.Request("FetchTenantChildren", vars)
		if err != nil {
			return spec.Case{}, err
		}
		child := fixtures.Vars{"tenant_id": vars["child_id"], "version": vars["child_version"]}
		looking, err := s.Catalogue.Request("FetchTenant", child)
		if err != nil {
			return spec.Case{}, err
		}
		// Whether a change of its parent raises the version of a tenant is not documented.
		seen, err := s.Send(ctx, id, looking, nil)
		if err != nil {
			return spec.Case{}, err
		}
		if sound(seen) {
			child["version"] = spec.Object(seen)["version"]
		}
		r, err := s.Catalogue.Request(op.ID, child)
		return spec.Case{Request: r, Locks: of.Key, Check: func(ctx context.Context, e *exchange.Exchange) (
			[]schemas.Violation, []*exchange.Exchange, error) {
			if e.Status()/100 != 2 || len(early) > 0 {
				return early, looks, nil // of the deletion, the oracle has said so
			}
			early = sameChildren(spec.Object(changed), spec.Object(looks[len(looks)-1]))
			if sound(changed) && len(early) > 0 {
				return early, append(looks, changed), nil
			}
			wrong, lists, err := readBack(ctx, s, id, listing, vars, lacks("child_id"))
			if err != nil || len(wrong) > 0 || len(spec.Items(lists[len(lists)-1])) > 0 { // it may have others
				return wrong, lists, err
			}
			wrong, more, err := readBack(ctx, s, id, read, vars, hasChildren(false))
			return wrong, append(lists, more...), err
		}}, err
	}
	return sp
}

// changedAbove changes the tenant while its child is there. Whether it may is judged elsewhere.
func changedAbove(ctx context.Context, s *session.Session, id string, vars fixtures.Vars, version any) (
	*exchange.Exchange, error) {
	r, err := s.Catalogue.Request("UpdateTenant", vars)
	if err != nil {
		return nil, err
	}
	if err := r.SetBody("application/json", body{"version": version}); err != nil {
		return nil, err
	}
	return s.Send(ctx, id, r, nil)
}

// sameChildren asks that the answer to a change of a tenant shows of its children what a read has shown, where they
// neither came nor went in between (reference, tenant, has_children).
func sameChildren(answer, shown map[string]any) []schemas.Violation {
	was, known := shown["has_children"].(bool)
	if found, told := answer["has_children"].(bool); known && told && found != was {
		return noEffect("$.has_children", fmt.Sprint(found), fmt.Sprintf(
			"a read before the change showed %v, and no child came or went", was))
	}
	return nil
}

// hasChildren asks what a tenant shows of it. That it shows it at all is asked elsewhere.
func hasChildren(want bool) effect {
	return func(shown map[string]any, _ fixtures.Vars) []schemas.Violation {
		if found, told := shown["has_children"].(bool); told && found != want {
			return noEffect("$.has_children", fmt.Sprint(found), fmt.Sprintf("it must be %v by now", want))
		}
		return nil
	}
}

// apart is how much later a change is made than the object, for their times to differ in whole seconds.
const apart = time.Second

// untilLater waits until the object was made so long ago. Most objects were, by the time when a spec comes to them.
func untilLater(ctx context.Context, vars fixtures.Vars) error {
	made, err := time.Parse(time.RFC3339Nano, fmt.Sprint(vars[fixtures.MadeBy]))
	if err != nil {
		return fmt.Errorf("when the object was made is not known: %w", err)
	}
	return fixtures.Pause(ctx, max(0, apart-time.Since(made)))
}

// updatedLater asks that an object that was changed a second after it was made was not updated when it was made.
func updatedLater(shown map[string]any) []schemas.Violation {
	made, isMade := timeOf(shown["created_at"])
	changed, isChanged := timeOf(shown["updated_at"])
	if !isMade || !isChanged || changed.Truncate(time.Second).After(made) {
		return nil
	}
	return noEffect("$.updated_at", fmt.Sprint(shown["updated_at"]), fmt.Sprintf(
		"it was made at %v, and changed a second later", shown["created_at"]))
}
