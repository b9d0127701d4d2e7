package contract

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"time"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// lockedFor lets a tenant be updated by the users of the tenant that locked it, and by no one else (reference,
// update_lock).
func lockedFor(op *schemas.Operation) spec.Spec {
	of := own("administered_customer", "lock")
	return spec.Spec{
		Code: "403", Probe: "update-lock", Subject: op.ID, Operation: op,
		Method: op.Method, Path: op.Path, Want: http.StatusForbidden,
		Basis: spec.RejectionDocumented, Cite: forOwners, Control: op.ID, Writes: true,
		Objects: func(n session.Needs) { n.Add(*of) },
		Prepare: func(ctx context.Context, s *session.Session, id string) (spec.Case, error) {
			vars, err := s.Vars(of.Key, id)
			if err != nil {
				return spec.Case{}, err
			}
			locking := func(on bool) tenantChange {
				return tenantChange{id, vars, nil, map[string]any{"update_lock": map[string]any{"enabled": on}}}
			}
			open := false
			// Also where the run is being ended: no one else could remove the tenant.
			DeferCleanup(func(ctx SpecContext) {
				unlocking, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.Timeouts().Spec)
				defer cancel()
				if open {
					return
				}
				if _, err := locking(false).make(unlocking, s); err != nil {
					AddReportEntry("lock", "the tenant is still locked: "+s.Redactor.String(err.Error()))
				}
			}, NodeTimeout(spec.NoTimeout))
			locked, err := locking(true).make(ctx, s)
			if err != nil {
				return spec.Case{}, err
			}
			vars = maps.Clone(vars)
			vars["version"] = locked["version"]
			r, err := s.Catalogue.Request(op.ID, vars)
			if err != nil {
				return spec.Case{}, err
			}
			r.Header.Set("Authorization", fmt.Sprint("Bearer ", vars["access_token"]))
			read, err := s.Catalogue.Request("FetchTenant", vars)
			if err != nil {
				return spec.Case{}, err
			}
			// Clients go on with the version and the owner that the answer shows.
			older, looks, err := readUntil(ctx, s, id, read, func(e *exchange.Exchange) []schemas.Violation {
				return append(grown("$.version", locked["version"], spec.Object(e)["version"]),
					append(sameLock(locked, spec.Object(e)), ownedAbove(spec.Object(e))...)...)
			})
			if err != nil {
				return spec.Case{}, err
			}
			check, err := untouched(ctx, s, id, op, vars, vars["access_token"])
			if err != nil || check == nil {
				return spec.Case{Request: r}, err
			}
			return spec.Case{Request: r, Check: func(ctx context.Context, e *exchange.Exchange) ([]schemas.Violation,
				[]*exchange.Exchange, error) {
				if len(older) > 0 {
					return older, looks, nil
				}
				wrong, looks, err := check(ctx, e)
				if err != nil || len(wrong) > 0 || e.Status()/100 != 4 {
					return wrong, looks, err
				}
				unlocked, err := locking(false).make(ctx, s)
				if open = err == nil; !open {
					return nil, looks, nil // the end tries it again, and says so
				}
				again, wrong, err := updatedUnlocked(ctx, s, id, r, unlocked)
				return wrong, append(looks, again...), err
			}}, err
		},
	}
}

// updatedUnlocked repeats the update that the lock has forbidden, at the version that the unlocked tenant has: without
// the lock the administrators of the tenant update it as any other (reference, update_lock). That may take a while, as
// all that was written may until it shows.
func updatedUnlocked(ctx context.Context, s *session.Session, id string, refused fixtures.Request,
	unlocked map[string]any) (looks []*exchange.Exchange, wrong []schemas.Violation, err error) {
	r := refused.Clone()
	if err := spec.SetField(&r, spec.Contract().Operation(r.Operation), "version", unlocked["version"]); err != nil {
		return nil, nil, err
	}
	for begin := time.Now(); ; {
		e, err := s.Send(ctx, id, r, nil)
		looks = append(looks, spec.Exchanges(e)...)
		switch {
		case err != nil || e.Status() != http.StatusForbidden:
			return looks, nil, err
		case time.Since(begin) >= s.ConsistencyTimeout():
			return looks, noEffect("status", fmt.Sprint(e.Status()),
				"the tenant is unlocked, and its administrator may not update it"), nil
		}
		if err := fixtures.Pause(ctx, time.Second); err != nil {
			return looks, nil, err
		}
	}
}

// ownedAbove asks that a tenant which was locked from above is not shown as the owner of the lock: users of the owner
// may update it, and its own are refused.
func ownedAbove(shown map[string]any) []schemas.Violation {
	if owner := valueAt(shown, "update_lock.owner_id"); owner != nil && owner == shown["id"] {
		return []schemas.Violation{faultAt("$.update_lock.owner_id", "lock", fmt.Sprint(owner),
			"the tenant was locked from above, and its own users are refused")}
	}
	return nil
}

// sameLock compares the lock that the answer to an update shows with that of a read.
func sameLock(answer, shown map[string]any) (wrong []schemas.Violation) {
	was, told := answer["update_lock"].(map[string]any)
	is, known := shown["update_lock"].(map[string]any)
	for _, name := range words("enabled owner_id") {
		if told && known {
			wrong = append(wrong, unequal("$.update_lock."+name, is[name], was[name])...)
		}
	}
	return wrong
}

var _ = Describe("403 forbidden by a lock", Label("403"), func() {
	for _, op := range spec.Operations(spec.Named("UpdateTenant")) {
		spec.Register(lockedFor(op))
	}
})
