// Package ratelimit keeps a run to the pace that its target allows: requests per second, requests in flight, and
// requests in all. The limits hold for the whole run, whose processes know nothing of each other: they meet in files
// of a directory that they share, under locks of the system, so that a process that is killed leaves nothing locked and
// no one waiting.
package ratelimit

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/exchange"
)

// Limits are what a target allows to a run. A zero value sets no limit.
type Limits struct {
	Rate        config.Rate
	Concurrency int // requests in flight
	Budget      int // requests in the run
}

// Of returns the limits of a target.
func Of(t config.Target) Limits {
	return Limits{Rate: t.Rate, Concurrency: t.Concurrency, Budget: t.Budget}
}

// Longest is the longest that a run may have to wait for its pace, where an answer takes up to that long: for the
// turns and the slots of all requests of the budget, and of as many more for a clean-up beyond it. Whatever bounds a
// part of a run by the wall clock adds it to the part's own time-out, which does not count the waiting (see
// WithTimeout).
func (l Limits) Longest(attempt time.Duration) time.Duration {
	each := float64(l.Rate.Interval())
	if l.Concurrency > 0 {
		each += float64(attempt) / float64(l.Concurrency)
	}
	const ever = 1000 * time.Hour
	return time.Duration(min(2*each*float64(l.Budget), float64(ever)))
}

// Silent is the longest that a run which is well sends nothing for the sake of its pace: its next turn is to come, or
// the target asked for a pause with a 429.
func (l Limits) Silent() time.Duration { return furthest + l.Rate.Interval() }

// Limiter lets the requests of one process through at the pace of the run. It is safe for concurrent use.
type Limiter struct {
	limits   Limits
	interval time.Duration // between two requests
	file     *file
	slots    slots
	unsound  atomic.Bool // not every exchange of late was served
}

// New returns a pacer that shares its limits with every other one on the same directory.
func New(dir string, limits Limits) (*Limiter, error) {
	dir = filepath.Join(dir, "pace")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the pace of the run cannot be shared: %w", err)
	}
	p := &Limiter{limits: limits, interval: limits.Rate.Interval(), file: &file{path: filepath.Join(dir, "state")},
		slots: slots{dir: dir, count: limits.Concurrency}}
	return p, nil
}

// Alone tells the limiter that no other process sends requests of the run, so that it need not read what others have
// sent. What it has sent is still in the directory, for Used. It must be called before the first request.
func (p *Limiter) Alone() { p.file.alone = &state{} }

// BudgetError says that a run has sent as many requests as it may.
type BudgetError struct{ Budget int }

func (e *BudgetError) Error() string {
	return fmt.Sprintf("the budget of %d requests is used up: raise budget in ginkgo.yml, or select fewer specs",
		e.Budget)
}

type cleanup struct{}

// BeyondBudget returns the context of a clean-up. Its requests are counted, and yet sent when the budget is used up or
// the run is stopped: what a run has made is to be removed all the same. What they wait for a target that throttles is
// counted by WithTimeout.
func BeyondBudget(ctx context.Context) context.Context {
	return context.WithValue(ctx, cleanup{}, true)
}

func cleansUp(ctx context.Context) bool { return ctx.Value(cleanup{}) != nil }

// Acquire waits until a request may be sent, which is not before earliest; the zero time is at once. Release it when
// its answer is there. The error is a *BudgetError, an *exchange.StoppedError, or the context's cause.
func (p *Limiter) Acquire(ctx context.Context, earliest time.Time) (release func(), _ error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	turn, throttled, err := p.book(ctx, earliest)
	if err != nil {
		return nil, err
	}
	resume := suspend(ctx)
	defer func() { resume() }()
	// A target that throttles may do so without end, and a clean-up must end.
	count := func() {
		if throttled && cleansUp(ctx) {
			resume()
			resume = func() {}
		}
	}
	count()
	for {
		wait := time.Until(turn)
		if err := sleep(ctx, min(wait, lookEvery)); err != nil {
			p.cancel(turn)
			return nil, err
		}
		if wait <= lookEvery {
			break
		}
		if err := p.look(ctx); err != nil {
			p.cancel(turn)
			return nil, err
		}
	}
	// Only now, so that a request that waits for its turn keeps no slot from others.
	leave, err := p.slots.enter(ctx)
	if err != nil {
		return nil, err
	}
	for {
		var wait time.Duration
		wait, throttled, err = p.admit(ctx)
		if err == nil && wait <= 0 {
			return leave, nil
		}
		count()
		if err == nil {
			err = sleep(ctx, min(wait, lookEvery))
		}
		if err != nil {
			leave()
			return nil, err
		}
	}
}

// lookEvery is how often a request that waits for long looks whether the run goes on.
const lookEvery = time.Second

// book finds the request's turn, and reports whether the target throttles. Where no rate is set the turn is now: admit
// looks at the rest.
func (p *Limiter) book(ctx context.Context, earliest time.Time) (turn time.Time, throttled bool, err error) {
	if p.interval == 0 && !cleansUp(ctx) {
		return earliest, false, nil
	}
	err = p.file.update(func(s *state) error {
		if err := p.afford(ctx, s); err != nil {
			return err
		}
		turn, throttled = earliest, s.throttled(time.Now())
		if p.interval > 0 {
			turn = s.book(time.Now(), earliest, p.interval)
		}
		return nil
	})
	return turn, throttled, err
}

// admit takes the request into account if it may be sent now, or says how long it must wait: a turn may have passed
// while all slots were taken, and others may have got their slots late too.
func (p *Limiter) admit(ctx context.Context) (wait time.Duration, throttled bool, err error) {
	err = p.file.sent(func(s *state) error {
		if err := p.afford(ctx, s); err != nil {
			return err
		}
		wait = s.send(time.Now(), p.interval)
		throttled = s.throttled(time.Now())
		p.unsound.Store(s.Breaker.Unserved > 0 || len(s.Breaker.Failed) > 0)
		return nil
	})
	return wait, throttled, err
}

// look returns an error if the run sends nothing more.
func (p *Limiter) look(ctx context.Context) error {
	return p.file.update(func(s *state) error { return p.afford(ctx, s) })
}

// afford returns an error if the budget is used up, or the target serves nothing.
func (p *Limiter) afford(ctx context.Context, s *state) error {
	switch {
	case cleansUp(ctx):
	case s.Breaker.Stopped != "":
		return &exchange.StoppedError{Reason: s.Breaker.Stopped}
	case p.limits.Budget > 0 && s.Used >= p.limits.Budget:
		return &BudgetError{Budget: p.limits.Budget}
	}
	return nil
}

// cancel gives back the turn of a request that will not be sent. Should that fail, the others are merely slower for
// once.
func (p *Limiter) cancel(turn time.Time) {
	_ = p.file.update(func(s *state) error {
		s.cancel(turn)
		return nil
	})
}

// Ended counts how an exchange ended: see exchange.Limiter.
func (p *Limiter) Ended(ctx context.Context, outcome exchange.Outcome, kind string) error {
	if outcome == exchange.Answered && !p.unsound.Load() {
		return nil // as nearly all are, and nothing is to be forgotten
	}
	return p.file.update(func(s *state) error {
		s.Breaker.ended(time.Now(), outcome, kind, cleansUp(ctx))
		return nil
	})
}

// Repeats reports whether a 50x of that kind is still to be repeated: see exchange.Limiter.
func (p *Limiter) Repeats(kind string) (is bool) {
	err := p.file.update(func(s *state) error {
		is = s.Breaker.repeats(kind)
		return nil
	})
	return is || err != nil
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

// CleanedUp notes that the clean-up of a process took that long.
func (p *Limiter) CleanedUp(took time.Duration) error {
	return p.file.update(func(s *state) error {
		s.Cleanup = max(s.Cleanup, took)
		return nil
	})
}

// CleanupLeft is how much of the whole run's clean-up time is left after the clean-ups of other processes.
func (p *Limiter) CleanupLeft(limit time.Duration) (left time.Duration, err error) {
	err = p.file.update(func(s *state) error {
		left = (limit - s.Cleanup).Round(time.Second)
		return nil
	})
	return left, err
}

// Used counts the requests that the whole run has sent.
func (p *Limiter) Used() (used int, err error) {
	s, err := p.file.look()
	return s.Used, err
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
