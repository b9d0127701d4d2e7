package contract

import (
	"context"
	"fmt"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"
)

// untouched reads what a refused write aims at, as the witness of the operation does and with the token of one who may
// see it, and returns a check that reads it again. It is nil where no read shows what the operation does.
func untouched(ctx context.Context, s *session.Session, id string, op *schemas.Operation, vars fixtures.Vars,
	token any) (spec.Check, error) {
	witness := spec.Contract().Operation(spec.Catalogue().Call(op.ID).Witness)
	if witness == nil {
		return nil, nil
	}
	read, err := s.Catalogue.Request(witness.ID, vars)
	if err != nil {
		return nil, err
	}
	read.Header.Set("Authorization", fmt.Sprint("Bearer ", token))
	before, err := s.Send(ctx, id, read, nil)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
		if e.Status()/100 == 2 {
			return nil, nil, nil // the oracle has said so
		}
		after, err := s.Send(ctx, id, read, nil)
		looks := append(spec.Exchanges(before), spec.Exchanges(after)...)
		if err != nil || session.Same(witness, before, after) {
			return nil, looks, err
		}
		return []schemas.Violation{{Path: witness.ID, Rule: "unchanged", Found: "another answer than before",
				Detail: fmt.Sprintf("the request was answered with %d and took effect all the same", e.Status())}},
			looks, nil
	}, nil
}
