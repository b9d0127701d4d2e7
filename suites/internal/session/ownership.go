package session

import (
	"context"
	"errors"
	"maps"
	"time"

	"acronis-conformance/fixtures"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report"
)

// creation is the answer to a creating call.
type creation struct {
	operation string
	object    *fixtures.Created
	exchange  *exchange.Exchange
}

// created takes note of what a call has created. What a control or a spec creates is read back at once, so that the
// answer is judged by what it names; the objects of the set-up are read back before the first write to them, or all
// together once they are made.
func (s *Session) created(ctx context.Context, phase report.Phase, operation string, object *fixtures.Created,
	e *exchange.Exchange) error {
	s.mu.Lock()
	s.creating[object.ID] = creation{operation, object, e}
	s.mu.Unlock()
	var err error
	switch phase {
	case phaseSpec:
		err = s.registry.Check(ctx, s.Sandbox, s.do(report.PhaseWorld), 0, object)
	case report.PhaseControl:
		err = s.registry.Check(ctx, s.Sandbox, s.do(report.PhaseWorld), s.grace(), object)
	}
	s.tell()
	if foreign := new(fixtures.NotOwned); errors.As(err, &foreign) {
		return nil
	}
	return err
}

// newObjectGrace is how long what was just created may be unseen before it counts as not shown to be the run's own.
const newObjectGrace = 5 * time.Second

// grace is how long the set-up waits for a read that shows what was created.
func (s *Session) grace() time.Duration { return max(s.ConsistencyTimeout(), newObjectGrace) }

// tell marks the answers that name an object which is not the one created: they are violations of their operations.
func (s *Session) tell() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.creating {
		if reason := s.registry.Disowned(c.object); reason != "" && c.exchange.Disowned == "" {
			c.exchange.Disowned = reason
			s.failing[c.operation] = c.exchange
		}
	}
}

// Broken returns the answers to valid writes of this process that only a fault of the target explains, one of each
// operation: those that name another object than the one created, and, where the host is known to be the API's, those
// that contradict the reference.
func (s *Session) Broken(known bool) map[string]*exchange.Exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := maps.Clone(s.failing)
	maps.DeleteFunc(found, func(operation string, e *exchange.Exchange) bool {
		return e.Disowned == "" && !(known && s.contradicts(operation, e))
	})
	return found
}

// Unknown makes up an id that nothing has, for requests that name an object which does not exist.
func (s *Session) Unknown(id string) string { return s.registry.Invent(id) }
