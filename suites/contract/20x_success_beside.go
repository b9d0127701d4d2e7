package contract

import (
	"context"
	"fmt"
	"maps"
	"net/http"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// What a call does not name stays as it is: another token of the same account, the service of the tenant above.
var _ = Describe("20x success beside what was changed", Label("20x"), func() {
	for _, op := range spec.Operations(spec.Named("FetchCurrentUserInfo")) {
		spec.Register(otherToken(op))
	}
	for _, switching := range spec.Operations(spec.Named("TurnOffTenantApplication")) {
		for _, op := range spec.Operations(spec.Named("FetchAvailableTenantApplications")) {
			key := session.ControlKey(switching, spec.Catalogue().Call(switching.ID))
			sp := objectShown{of: &session.Object{Key: key}, vars: map[string]string{"tenant_id": "side"},
				shown: lists("files_cloud")}.on(op, "off-below")
			sp.Control, sp.Writes = switching.ID, true
			sp.Objects = func(n session.Needs) { spec.NeedControl(n, switching.ID) }
			spec.Register(sp)
		}
	}
})

// otherToken uses a token of an account of which other tokens were revoked: a revocation kills the one that it names
// and the other one of its pair (reference, RevokeToken).
func otherToken(op *schemas.Operation) spec.Spec {
	of := own("revoked_pairs", "401")
	sp := reading(op, op, "other-token", "revoked")
	sp.Writes = true // the tokens were made for it
	sp.Objects = func(n session.Needs) { n.Add(*of) }
	sp.Prepare = func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
		r, vars, err := spec.CallOn(s, op, of.Key, id)
		if err == nil {
			err = bearing("third_access_token")(&r, vars)
		}
		return spec.Case{Request: r}, err
	}
	return sp
}

// beside makes another call on the object, and asks that the same read shows all as before but for what the call is
// about (reference, the schema of its request). Names of the call may take the object's value of another name. What
// becomes of the call itself is judged elsewhere.
func beside(writer string, names map[string]string, about ...string) furtherChange {
	return func(ctx context.Context, v view, read *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange,
		error) {
		vars := maps.Clone(v.vars)
		for name, other := range names {
			vars[name] = v.vars[other]
		}
		r, err := v.s.Catalogue.Request(writer, vars)
		if err != nil {
			return nil, nil, err
		}
		e, err := v.s.Send(ctx, v.id, r, nil)
		looks := spec.Exchanges(e)
		if err != nil || e.Status()/100 != 2 {
			return nil, looks, err
		}
		again, err := v.s.Catalogue.Request(v.reader.ID, v.vars)
		if err != nil {
			return nil, looks, err
		}
		wrong, more, err := readUntil(ctx, v.s, v.id, again, func(e *exchange.Exchange) (wrong []schemas.Violation) {
			of := keeping{}
			for _, d := range of.listing(v.reader).differences(nil, spec.Object(read), spec.Object(e), about) {
				d.Path, d.Rule = of.place(d.Path), "beside"
				d.Detail = fmt.Sprintf("%s is not about it: %s", writer, d.Detail)
				wrong = append(wrong, d)
			}
			return wrong
		})
		return wrong, append(looks, more...), err
	}
}

// holdsStorage asks that the location to which a storage was moved cannot be deleted: that fails while it has storages
// (reference, DeleteInfrastructuresLocation). The object knows the location and its version under the names.
func holdsStorage(location, version string) furtherChange {
	return func(ctx context.Context, v view, _ *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
		vars := maps.Clone(v.vars)
		vars["location_id"], vars["version"] = v.vars[location], v.vars[version]
		r, err := v.s.Catalogue.Request("DeleteInfrastructuresLocation", vars)
		if err != nil {
			return nil, nil, err
		}
		e, err := v.s.Send(ctx, v.id, r, nil)
		if err != nil || e.Status() != http.StatusNoContent {
			return nil, spec.Exchanges(e), err
		}
		return noEffect("status", fmt.Sprint(e.Status()), "the location to which the storage was moved is deleted, "+
			"which fails while it has storages"), spec.Exchanges(e), nil
	}
}
