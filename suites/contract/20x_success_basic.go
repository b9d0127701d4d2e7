package contract

import (
	"context"
	"fmt"
	"net/http"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"
)

// withBasic asks as a user, by login and password. The reference lists Basic; that it takes these is known from
// clients only. Where it takes no client's id and secret either, it takes nothing.
func withBasic(op *schemas.Operation) spec.Spec {
	sp := grant{object: "logged_in_user"}.on(op)
	sp.Probe, sp.Variant = "basic", ""
	key := fixtures.Own("logged_in_user", "grant")
	sp.Writes = true // its user was made for it
	sp.Prepare = func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
		r, vars, err := spec.CallOn(s, op, key, id)
		r.As = fixtures.Anonymous
		if err != nil {
			return spec.Case{}, err
		}
		r.Header.Set("Authorization", fixtures.Basic(fmt.Sprint(vars["login"]), fmt.Sprint(vars["password"])))
		return spec.Case{Request: r, Check: func(ctx context.Context, e *exchange.Exchange) ([]schemas.Violation,
			[]*exchange.Exchange, error) {
			switch user := spec.Object(e); {
			case e.Status()/100 == 4 && !s.Judge.Rules.Assumed:
				takesClients, looks, err := clientsBasic(ctx, s, id, vars)
				if err == nil && takesClients {
					err = spec.Excused(fmt.Sprintf("refused with %d: that Basic takes a user's password is only "+
						"assumed", e.Status()))
				}
				return nil, looks, err
			case e.Status()/100 == 2:
				return isUser(user, vars), nil, nil
			}
			return nil, nil, nil
		}}, nil
	}
	return sp
}

// clientsBasic reports whether an operation that lists Basic takes the id and the secret of a client.
func clientsBasic(ctx context.Context, s *session.Session, id string, vars fixtures.Vars) (bool, []*exchange.Exchange,
	error) {
	r, err := s.Catalogue.Request("FetchClient", vars)
	if err != nil {
		return true, nil, nil // a contract without it tells nothing
	}
	r.As = fixtures.Anonymous
	r.Header.Set("Authorization", fixtures.Basic(fmt.Sprint(vars["client_id"]), fmt.Sprint(vars["client_secret"])))
	e, err := s.Send(ctx, id, r, nil)
	return err == nil && e.Status() != http.StatusUnauthorized, spec.Exchanges(e), err
}
