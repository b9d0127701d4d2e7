// Package ratelimit keeps a run to the pace that its target allows: requests per second, requests in flight, and requests in all. The
// limits hold for the whole run, whose processes know nothing of each other: they meet in files of a folder that they share, under
// locks of the system, so that a process that is killed leaves nothing locked and nobody waiting.
package ratelimit

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"acronis-conformance/suites/internal/target"
)

// Limits are what a target allows to a run. A zero value sets no limit.
type Limits struct {
	Rate        target.Rate
	Concurrency int // requests in flight
	Budget      int // requests in the run
}

// Of returns the limits of a target.
func Of(t target.Target) Limits {
	return Limits{Rate: t.Rate, Concurrency: t.Concurrency, Budget: t.Budget}
}

// Longest is the longest that a run may have to wait for its pace, where an answer takes up to that long: for the turns and the slots
// of all requests of the budget, and of as many more for a clean-up beyond it. Whatever bounds a part of a run by the wall clock adds
// it to the part's own time-out, which does not count the waiting (see WithTimeout).
func (l Limits) Longest(attempt time.Duration) time.Duration {
	each := float64(l.Rate.Interval())
	if l.Concurrency > 0 {
		each += float64(attempt) / float64(l.Concurrency)
	}
	const ever = 1000 * time.Hour
	return time.Duration(min(2*each*float64(l.Budget), float64(ever)))
}

// Silent is the longest that a run which is well sends nothing for the sake of its pace: its next turn is to come, or the target asked
// for a pause with a 429.
func (l Limits) Silent() time.Duration { return furthest + l.Rate.Interval() }

// Limiter lets the requests of one process through at the pace of the run. It is safe for concurrent use.
type Limiter struct {
	limits   Limits
	interval time.Duration // between two requests
	file     file
	slots    slots
}

// New returns a pacer that shares its limits with every other one on the same folder.
func New(dir string, limits Limits) (*Limiter, error) {
	dir = filepath.Join(dir, "pace")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the pace of the run cannot be shared: %w", err)
	}
	p := &Limiter{limits: limits, interval: limits.Rate.Interval(), file: file(filepath.Join(dir, "state")), slots: slots{dir: dir, count: limits.Concurrency}}
	return p, nil
}

// BudgetError says that a run has sent as many requests as it may.
type BudgetError struct{ Budget int }

func (e *BudgetError) Error() string {
	return fmt.Sprintf("the budget of %d requests is used up: raise budget in ginkgo.yml, or select fewer specs", e.Budget)
}

type beyondBudget struct{}

// BeyondBudget returns a context whose requests are counted, and yet sent when the budget is used up: a run that is out of requests
// has to remove its sandbox all the same.
func BeyondBudget(ctx context.Context) context.Context {
	return context.WithValue(ctx, beyondBudget{}, true)
}

// Acquire waits until a request may be sent, which is not before earliest; the zero time is at once. Release it when its answer is
// there. The error is a *BudgetError, or the context's cause.
func (p *Limiter) Acquire(ctx context.Context, earliest time.Time) (release func(), _ error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	resume := suspend(ctx)
	defer resume()

	turn, err := p.book(ctx, earliest)
	if err != nil {
		return nil, err
	}
	if err := sleep(ctx, time.Until(turn)); err != nil {
		p.cancel(turn)
		return nil, err
	}
	// Only now, so that a request that waits for its turn keeps no slot from others.
	leave, err := p.slots.enter(ctx)
	if err != nil {
		return nil, err
	}
	for {
		wait, err := p.admit(ctx)
		if err == nil && wait <= 0 {
			return leave, nil
		}
		if err == nil {
			err = sleep(ctx, wait)
		}
		if err != nil {
			leave()
			return nil, err
		}
	}
}

// book finds the request's turn. Where no rate is set that is now: admit looks at the rest.
func (p *Limiter) book(ctx context.Context, earliest time.Time) (turn time.Time, err error) {
	if p.interval == 0 {
		return earliest, nil
	}
	err = p.file.update(func(s *state) error {
		if err := p.afford(ctx, s); err != nil {
			return err
		}
		turn = s.book(time.Now(), earliest, p.interval)
		return nil
	})
	return turn, err
}

// admit takes the request into account if it may be sent now, or says how long it must wait: a turn may have passed while all slots
// were taken, and others may have got their slots late too.
func (p *Limiter) admit(ctx context.Context) (wait time.Duration, err error) {
	err = p.file.update(func(s *state) error {
		if err := p.afford(ctx, s); err != nil {
			return err
		}
		wait = s.send(time.Now(), p.interval)
		return nil
	})
	return wait, err
}

// afford returns an error if the budget is used up.
func (p *Limiter) afford(ctx context.Context, s *state) error {
	if p.limits.Budget > 0 && s.Used >= p.limits.Budget && ctx.Value(beyondBudget{}) == nil {
		return &BudgetError{Budget: p.limits.Budget}
	}
	return nil
}

// cancel gives back the turn of a request that will not be sent. Should that fail, the others are merely slower for once.
func (p *Limiter) cancel(turn time.Time) {
	_ = p.file.update(func(s *state) error {
		s.cancel(turn)
		return nil
	})
}

// Hold keeps back every request of the run until then: the target asks for it with a 429.
func (p *Limiter) Hold(until time.Time) error {
	return p.file.update(func(s *state) error {
		if until.After(s.Hold) {
			s.Hold = until.Round(0)
		}
		return nil
	})
}

// Used counts the requests that the whole run has sent.
func (p *Limiter) Used() (used int, err error) {
	err = p.file.update(func(s *state) error {
		used = s.Used
		return nil
	})
	return used, err
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d) // fires at once where there is nothing to wait for
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return context.Cause(ctx) // nil, unless it ended at the same time
	}
}
