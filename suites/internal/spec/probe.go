package spec

import (
	"context"
	"errors"
	"fmt"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/session"
)

// Probe is one way to provoke a code: a mutation of the valid call of an operation.
type Probe struct {
	Code         int
	Name         string
	Basis        report.Basis
	Cite         Citation
	InvalidToken string // name of the invalid token that it sends; empty for a valid one
	Mutate       Mutation
}

// Mutation changes a valid call in one place. nil leaves it as it is, for probes that only send another token.
type Mutation func(r *fixtures.Request, s *session.Session) error

// ErrNothingToMutate is the error of a mutation that finds no place in the call.
var ErrNothingToMutate = errors.New("the call has no place for this mutation")

// On returns the spec of the probe on the operation: its valid call on an object of its own, mutated in one place.
func (p Probe) On(op *schemas.Operation, variant string, mutate Mutation) Spec {
	key := session.VictimKey(op, suite.catalogue.Call(op.ID))
	return Spec{
		Code: fmt.Sprint(p.Code), Probe: p.Name, Variant: variant, Subject: op.ID, Operation: op, Method: op.Method,
		Path: op.Path,
		Want: p.Code, Basis: p.Basis, Cite: p.Cite, Writes: op.Writes(), Control: op.ID,
		Objects: func(n session.Needs) {
			NeedTargetObject(n, op)
			if p.InvalidToken != "" {
				n.InvalidTokens[p.InvalidToken] = true
			}
		},
		Prepare: func(_ context.Context, s *session.Session, id string) (Case, error) {
			r, _, err := CallOn(s, op, key, id)
			if err != nil {
				return Case{}, err
			}
			if p.InvalidToken != "" {
				if s.InvalidTokens[p.InvalidToken] == "" {
					return Case{}, errors.New(s.SkipReasons[p.InvalidToken])
				}
				r.Header.Set("Authorization", "Bearer "+s.InvalidTokens[p.InvalidToken])
			}
			if mutate != nil {
				if err := mutate(&r, s); err != nil {
					return Case{}, err
				}
			}
			return Case{Request: r, Locks: key, Unchanged: ReadBack(op, key, fixtures.Home)}, nil
		},
	}
}

// Promised gives the probe the basis that its source allows: rejection documented, code assumed.
func (p Probe) Promised(c Citation) Probe {
	if c != (Citation{}) {
		p.Basis, p.Cite = RejectionDocumented, c
	}
	return p
}
