package contract

import (
	"context"
	"fmt"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// Another default identity provider is kept, and given to the tenants below where that is asked for, and only there.
var _ = Describe("20x success of identity providers", Label("20x"), func() {
	for _, op := range spec.Operations(spec.Named("UpdateTenantDefaultIdpId")) {
		spec.Register(anotherProvider(op, "", false))
		spec.Register(anotherProvider(op, "children", true))
	}
	for _, op := range spec.Operations(spec.Named("UpdateUser")) {
		spec.Register(anotherProviderOfUser(op))
	}
})

// anotherProviderOfUser gives a user another identity provider than the tenant has. As above, one that the service does
// not know may be refused.
func anotherProviderOfUser(op *schemas.Operation) spec.Spec {
	sp := reading(op, op, "another-provider", "")
	sp.Basis, sp.Writes = spec.RejectionDocumented, true
	of := own("renamed_user", "shown") // of which that is not looked at elsewhere
	key := of.Key
	sp.Objects = func(n session.Needs) { n.Add(*of) }
	sp.Prepare = func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
		r, vars, err := spec.CallOn(s, op, key, id)
		if err != nil {
			return spec.Case{}, err
		}
		other := s.Unknown(nobodys)
		read, err := s.Catalogue.Request("FetchUser", vars)
		if err != nil {
			return spec.Case{}, err
		}
		also := func(ctx context.Context, e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
			switch {
			case e.Status()/100 == 4 && !s.Judge.Rules.Assumed:
				return nil, nil, spec.Excused(fmt.Sprintf("refused with %d: no second identity provider is known",
					e.Status()))
			case e.Status()/100 != 2:
				return nil, nil, nil // the oracle has said so
			}
			return readBack(ctx, s, id, read, vars, shownAs("idp_id", other))
		}
		return spec.Case{Request: r, Locks: key, Check: also}, r.SetBody(op.Body.MediaType, body{
			"version": vars["version"], "idp_id": other})
	}
	return sp
}

// shownAs asks for a value where the property is shown.
func shownAs(name string, value any) effect {
	return func(shown map[string]any, _ fixtures.Vars) []schemas.Violation {
		if found, there := shown[name]; there && found != nil && found != value {
			return noEffect("$."+name, fmt.Sprint(found), fmt.Sprintf("it must be %v by now", value))
		}
		return nil
	}
}

// anotherProvider gives a tenant an identity provider that its child does not have. No call lists the providers that
// there are: a service that knows the one that is sent not may refuse it.
func anotherProvider(op *schemas.Operation, variant string, below bool) spec.Spec {
	sp := reading(op, op, "another-provider", variant)
	sp.Basis, sp.Writes = spec.RejectionDocumented, true
	object, children := "nested_partner", words("child_id")
	if below { // of whatever kinds they are
		object, children = "partner_with_two_children", words("child_id folder_id")
	}
	key := fixtures.Own(object, sp.ID())
	sp.Objects = func(n session.Needs) { n.Add(session.Object{Key: key, Side: fixtures.Home, Object: object}) }
	sp.Prepare = func(ctx context.Context, s *session.Session, id string) (spec.Case, error) {
		vars, err := s.Vars(key, id)
		if err != nil {
			return spec.Case{}, err
		}
		other := s.Unknown(nobodys)
		vars["default_idp_id"] = other
		r, err := s.Catalogue.Request(op.ID, vars)
		if err != nil {
			return spec.Case{}, err
		}
		read, err := s.Catalogue.Request("FetchTenant", vars)
		if err != nil {
			return spec.Case{}, err
		}
		if !below && vars["child_provider"] != nil && vars["child_version"] != nil {
			if err := keepProvider(ctx, s, id, op, fixtures.Vars{"tenant_id": vars["child_id"],
				"version": vars["child_version"], "default_idp_id": vars["child_provider"]}); err != nil {
				return spec.Case{}, err
			}
		}
		of, seen := vars, []*exchange.Exchange(nil)
		if !below {
			readChild, err := s.Catalogue.Request("FetchTenant", fixtures.Vars{"tenant_id": vars["child_id"]})
			if err != nil {
				return spec.Case{}, err
			}
			for of = (fixtures.Vars{}); of["default_idp_id"] == nil && len(seen) < 2; { // it may be shown by turns
				before, err := s.Send(ctx, id, readChild, nil)
				if err != nil {
					return spec.Case{}, err
				}
				seen = append(seen, before)
				of["default_idp_id"] = spec.Object(before)["default_idp_id"]
			}
		}
		also := func(ctx context.Context, e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
			switch {
			case e.Status()/100 == 4 && !s.Judge.Rules.Assumed:
				return nil, seen, spec.Excused(fmt.Sprintf("refused with %d: no second identity provider is known",
					e.Status()))
			case e.Status()/100 != 2:
				return nil, seen, nil // the oracle has said so
			}
			wrong, looks, err := readBack(ctx, s, id, read, vars, provided)
			seen = append(seen, looks...)
			if len(wrong) > 0 || err != nil {
				return wrong, seen, err
			}
			answer := spec.Object(e)
			wrong = append(provided(answer, vars), raised(answer, vars["version"])...)
			for _, child := range children {
				readChild, err := s.Catalogue.Request("FetchTenant", fixtures.Vars{"tenant_id": vars[child]})
				if err != nil {
					return nil, seen, err
				}
				amiss, looks, err := readBack(ctx, s, id, readChild, of, provided)
				seen = append(seen, looks...)
				if err != nil {
					return nil, seen, err
				}
				for _, v := range amiss {
					v.Detail += fmt.Sprintf(" at the tenant below: apply_to_children is %v", below)
					wrong = append(wrong, v)
				}
			}
			return wrong, seen, nil
		}
		return spec.Case{Request: r, Locks: key, Check: also}, r.SetBody(op.Body.MediaType, body{
			"version": vars["version"], "idp_id": other, "apply_to_children": below})
	}
	return sp
}

// keepProvider gives a tenant the provider that it shows: that of a tenant which was given none may be the one of the
// tenant above, and follow it.
func keepProvider(ctx context.Context, s *session.Session, id string, op *schemas.Operation, of fixtures.Vars) error {
	r, err := s.Catalogue.Request(op.ID, of)
	if err != nil {
		return err
	}
	e, err := s.Send(ctx, id, r, nil)
	if err == nil && e.Status()/100 != 2 {
		err = spec.Inconclusive(fmt.Sprintf("the tenant below cannot be given a provider of its own: %d", e.Status()))
	}
	return err
}
