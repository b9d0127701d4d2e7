package contract

import (
	"context"
	"errors"
	"fmt"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"
)

// ownPropertiesStay registers what administrators from above may still do with a tenant that limits their access, and
// that its own administrator still sees what lies in it.
func (l *limitation) ownPropertiesStay() {
	for _, op := range spec.Operations(spec.Named("FetchTenant", "UpdateTenant")) {
		spec.Register(l.served(op, "", func(
			ctx context.Context, s *session.Session, vars fixtures.Vars,
		) (fixtures.Request, error) {
			read, err := s.Catalogue.Request("FetchTenant", vars)
			if err != nil || op.ID == "FetchTenant" {
				return read, err
			}
			e, err := s.Send(ctx, limitationSpec, read, nil)
			if err != nil {
				return read, err
			}
			if vars["version"] = spec.Object(e)["version"]; e.Status()/100 != 2 {
				return read, errors.New("its version cannot be read: see 20x/limited-access/FetchTenant")
			}
			r, err := s.Catalogue.Request(op.ID, vars)
			if err != nil {
				return r, err
			}
			return r, spec.SetField(&r, op, "name", fmt.Sprint(vars["unique"], "-inside-renamed"))
		}, property("ancestral_access", false)))
	}
	for _, op := range spec.Operations(spec.Named("FetchTenantsBatch")) {
		spec.Register(l.served(op, "", func(_ context.Context, s *session.Session, vars fixtures.Vars) (
			fixtures.Request, error) {
			return s.Catalogue.Request(op.ID, vars)
		}, func(shown map[string]any, vars fixtures.Vars) []schemas.Violation {
			items, _ := shown["items"].([]any)
			item := itemNamed(items, vars["tenant_id"])
			if item == nil || item["ancestral_access"] == nil { // whether the list holds it is another rule's affair
				return nil
			}
			return inItem(property("ancestral_access", false)(item, nil))
		}))
	}
	for _, op := range spec.Operations(spec.Named("FetchTenantUsers")) {
		spec.Register(l.served(op, "inside",
			func(_ context.Context, s *session.Session, vars fixtures.Vars) (fixtures.Request, error) {
				r, err := s.Catalogue.Request(op.ID, vars)
				if err == nil {
					r.Header.Set("Authorization", fmt.Sprint("Bearer ", vars["access_token"]))
				}
				return r, err
			}, lists("user_id")))
	}
}

// served is a call that succeeds in spite of the limitation, and what it shows.
func (l *limitation) served(op *schemas.Operation, variant string, build callBuilder, shown effect) spec.Spec {
	sp := l.on(op, variant, build)
	sp.Code, sp.Want, sp.Settles = "20x", op.Success(), !op.Writes()
	sp.Basis = spec.Documented // what is left to those above is said in so many words
	try := sp.Prepare
	sp.Prepare = func(ctx context.Context, s *session.Session, id string) (spec.Case, error) {
		t, err := try(ctx, s, id)
		if err != nil {
			return t, err
		}
		vars, err := s.Vars(limited.Key, id)
		t.Check = func(_ context.Context, e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
			body := spec.Object(e)
			if body == nil || e.Status()/100 != 2 {
				return nil, nil, nil // the oracle has said so
			}
			return shown(body, vars), nil, nil
		}
		return t, err
	}
	return sp
}
