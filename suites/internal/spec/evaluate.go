package spec

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/judge"
	"acronis-conformance/suites/internal/ratelimit"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/session"

	. "github.com/onsi/ginkgo/v2"
)

func (sp Spec) run(ctx SpecContext) {
	GinkgoHelper()
	s := suite.session
	record := sp.record()
	suite.ahead.begin(sp.container)
	done, err := suite.ahead.take(ctx, sp)
	switch {
	case err != nil:
		done = &evaluation{finding: targetFailed(err)}
	case done == nil || done.postponed():
		done = sp.timed(ctx, s, false)
	}
	record.Started, record.Seconds = done.started.UTC(), done.took.Seconds()
	conclude(s, record, done.finding, done.exchanges)
}

// evaluation is what became of a spec.
type evaluation struct {
	started   time.Time
	took      time.Duration
	finding   judge.Result
	exchanges []*exchange.Exchange
}

// postponed reports whether the spec is to be evaluated once Ginkgo runs it.
func (e *evaluation) postponed() bool { return e.finding.Verdict == "" }

// timed evaluates the spec within the time that it may take, early where that is ahead of its turn.
func (sp Spec) timed(ctx context.Context, s *session.Session, early bool) *evaluation {
	e := &evaluation{started: time.Now()}
	limited, cancel := ratelimit.WithTimeout(ctx, s.Timeouts().Spec)
	defer cancel()
	e.finding, e.exchanges = sp.evaluate(limited, s, early)
	e.took = time.Since(e.started)
	return e
}

// evaluate provokes the code and judges the answer. Early, it does not where the object is to be made again first, and
// returns no verdict.
func (sp Spec) evaluate(ctx context.Context, s *session.Session, early bool) (judge.Result, []*exchange.Exchange) {
	if reason := sp.SkipReason(s); reason != "" {
		return inconclusive(reason), nil
	}
	t, err := sp.Prepare(ctx, s, sp.ID())
	if err != nil {
		return inconclusive(err.Error()), nil
	}
	if t.Failed != nil {
		return targetFailed(t.Failed), Exchanges(t.Exchange)
	}
	if t.Locks != "" && sp.Writes {
		lock, err := s.Lock(ctx, t.Locks)
		if err == nil && lock.ModifiedBy != "" {
			lock.Unlock()
			if early {
				return judge.Result{}, nil
			}
			suite.ahead.settle() // what is evaluated ahead reads what this changes, or waits for the lock
			lock, err = s.Lock(ctx, t.Locks)
		}
		if err != nil {
			return targetFailed(err), nil
		}
		defer lock.Unlock()
		if lock.ModifiedBy != "" {
			if err := sp.remake(ctx, lock, t.Locks); err != nil {
				return targetFailed(err), nil
			}
		}
		if lock.Renewed && t.Exchange == nil { // the request is for the object that was
			if t, err = sp.Prepare(ctx, s, sp.ID()); err != nil {
				return inconclusive(err.Error()), nil
			}
		}
		switch t.lock = lock; {
		case lock.ModifiedBy == "":
		case sp.independentOfState():
			t.Unchanged, t.modifiedBy = nil, lock.ModifiedBy
		default:
			return modified(lock.ModifiedBy), nil
		}
	}
	if t.Exchange != nil {
		return sp.judge(ctx, s, t, t.Exchange)
	}
	if err := s.Sandbox.Authorize(&t.Request); err != nil {
		return inconclusive(err.Error()), nil
	}
	return sp.send(ctx, s, t)
}

// remake creates the object again after a request changed it that should have been rejected.
func (sp Spec) remake(ctx context.Context, lock *session.Lock, key string) error {
	needs := session.NewNeeds()
	sp.addTo(needs)
	return lock.Remake(ctx, needs.Objects[key])
}

// independentOfState reports whether the rejection is decided before the object's state: by the credentials, by the
// caller's rights, or by the request alone.
func (sp Spec) independentOfState() bool {
	switch sp.Want {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusUnsupportedMediaType:
		return true
	case http.StatusBadRequest:
		return sp.Basis != Documented // what is documented of 400 is a state: an enabled tenant is not deleted
	}
	return false
}

// send sends the request, and again as long as the target may need to show what was written.
func (sp Spec) send(ctx context.Context, s *session.Session, t Case) (judge.Result, []*exchange.Exchange) {
	var all []*exchange.Exchange
	for begin := time.Now(); ; {
		e, err := s.Send(ctx, sp.ID(), t.Request, t.Fault)
		if err != nil {
			return targetFailed(err), append(all, Exchanges(e)...)
		}
		finding, exchanges := sp.judge(ctx, s, t, e)
		all = append(all, exchanges...)
		if !sp.Settles || finding.Verdict == report.Pass || time.Since(begin) >= s.ConsistencyTimeout() {
			return finding, all
		}
		select {
		case <-ctx.Done():
			return targetFailed(context.Cause(ctx)), all
		case <-time.After(time.Second):
		}
	}
}

// judge judges the exchange, its side effects and what the spec checks besides.
func (sp Spec) judge(ctx context.Context, s *session.Session, t Case, e *exchange.Exchange) (judge.Result,
	[]*exchange.Exchange) {
	exchanges := Exchanges(e)
	if t.modifiedBy != "" && e.Status() == http.StatusConflict && sp.Want != http.StatusConflict {
		return modified(t.modifiedBy), exchanges // the version that the request names is no longer the newest
	}
	if e.Status() == http.StatusUnauthorized && sp.Want != http.StatusUnauthorized {
		if dead, looks, err := s.Dead(ctx, sp.ID(), t.Request.As); dead || err != nil {
			return targetFailed(cmp.Or(err,
				fmt.Errorf("the token of %s has ended during the run: the target no longer accepts it",
					t.Request.As))), append(exchanges, looks...)
		}
	}
	var finding judge.Result
	// The matcher is the one oracle; its finding also tells what falls short of a violation.
	if _, err := s.Judge.ConformTo(sp.expectation(), &finding).Match(e); err != nil {
		return targetFailed(err), exchanges
	}
	finding = sp.ignoreForm(finding, e)
	if finding.Verdict == report.Error {
		return finding, exchanges // what cannot be judged is not to be compared with anything either
	}
	more, seen, err := sp.checkSideEffects(ctx, s, t, e)
	exchanges = append(exchanges, seen...)
	if reason, isExcuse := errors.AsType[Excused](err); isExcuse {
		return inconclusive(string(reason)), exchanges
	}
	if reason, blank := errors.AsType[Inconclusive](err); blank {
		if finding.Verdict == report.Pass {
			finding.Verdict, finding.Reason = report.Inconclusive, string(reason)
		}
		return finding, exchanges
	}
	if err != nil {
		return targetFailed(err), exchanges
	}
	if len(more) > 0 {
		// That a refused request took effect is graver than anything about the form of its refusal.
		if finding.Verdict != report.Violation || more[0].Rule == "unchanged" {
			finding.Reason, finding.Accepted = more[0].Detail, false
		}
		finding.Verdict, finding.Differences = report.Violation, append(more, finding.Differences...)
	}
	return finding, exchanges
}

// ignoreForm leaves the form of an answer to the specs of the operation that gives it, where this spec is about
// something else: that a read shows what another operation did, or that a list leaves out foreign objects.
func (sp Spec) ignoreForm(f judge.Result, e *exchange.Exchange) judge.Result {
	served := e.Status()/100 == 2
	switch {
	case sp.Asserts == nil && (sp.Or/100 != 2 || !served):
		return f
	case served:
		return judge.Result{Verdict: report.Pass, Expected: f.Expected, Actual: f.Actual, Advice: f.Advice}
	default:
		return inconclusive("the read that would show it is refused: see 20x/valid-token/" + sp.Operation.ID)
	}
}

// checkSideEffects reports whether a refused write took effect, and runs the check of the spec.
func (sp Spec) checkSideEffects(ctx context.Context, s *session.Session, t Case,
	e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
	var wrong []schemas.Violation
	var seen []*exchange.Exchange
	if t.Unchanged != nil {
		changed, look, err := s.Changed(ctx, sp.ID(), *t.Unchanged)
		if look != nil {
			seen = append(seen, look)
		}
		if err != nil {
			return nil, seen, err
		}
		// What is served takes effect, and the status says so already; what is refused must not, but for a repeat that
		// meets the effect of the attempt before.
		if changed != "" && e.Status()/100 != 2 && !e.Failed() {
			if err := t.changedFromAbove(ctx, s); err != nil {
				return nil, seen, err
			}
			wrong = append(wrong, schemas.Violation{Path: t.Unchanged.Witness, Rule: "unchanged", Found: changed,
				Detail: fmt.Sprintf("the request was answered with %d and took effect all the same", e.Status())})
		}
	}
	if t.Locks != "" && sp.Writes {
		var err error
		switch {
		case len(wrong) > 0 || e.Status()/100 == 2 && sp.Want/100 != 2 && sp.Or/100 != 2:
			err = t.lock.MarkServed(sp.ID())
		case e.Failed():
			err = t.lock.MarkModified(sp.ID())
		}
		if err != nil {
			return nil, seen, err
		}
	}
	if t.Check == nil {
		return wrong, seen, nil
	}
	more, looks, err := t.Check(ctx, e)
	return append(wrong, more...), append(seen, looks...), err
}

// changedFromAbove returns an Inconclusive error where a request of another spec was served on the tenant above the
// object, and may be what changed it. The object is made again.
func (t Case) changedFromAbove(ctx context.Context, s *session.Session) error {
	if t.Locks == fixtures.RootKey {
		return nil
	}
	by, err := s.ServedAbove(ctx)
	if err != nil || by == "" {
		return err
	}
	if t.lock != nil {
		if err := t.lock.MarkModified(by); err != nil {
			return err
		}
	}
	return Inconclusive("see " + by + ": it changed a tenant above the object that this spec aims at")
}

// SkipReason says why the spec cannot be provoked on this target, before anything is sent; empty if it can.
func (sp Spec) SkipReason(s *session.Session) string {
	if may, reason := s.MayWrite(); sp.Writes && !may {
		return reason
	}
	if sp.Control == "" {
		return ""
	}
	control := s.Controls[sp.Control]
	if control == nil {
		return "no control was sent"
	}
	return control.Reason
}

func modified(by string) judge.Result {
	return inconclusive("see " + by + ": it changed the object that this spec aims at")
}

func inconclusive(reason string) judge.Result {
	return judge.Result{Verdict: report.Inconclusive, Reason: reason}
}

// targetFailed is a failure of target or suite, which says nothing about the contract.
func targetFailed(err error) judge.Result {
	return judge.Result{Verdict: report.Error, Reason: err.Error()}
}

// Exchanges returns the exchange as a list; empty for nil.
func Exchanges(e *exchange.Exchange) []*exchange.Exchange {
	if e == nil {
		return nil
	}
	return []*exchange.Exchange{e}
}
