package ratelimit

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/exchange"
)

func TestBreaker(t *testing.T) {
	outcomes := map[rune]exchange.Outcome{'a': exchange.Answered, 't': exchange.Throttled, 's': exchange.Silent,
		'f': exchange.Failed}
	for name, c := range map[string]struct {
		ends    string // an exchange each, a second apart
		pause   time.Duration
		cleanup bool
		stopped string
	}{
		"served": {ends: strings.Repeat("a", 100)},
		"throttled": {ends: strings.Repeat("t", 20),
			stopped: "the target throttles: 20 exchanges in a row ended with 429"},
		"throttled almost": {ends: strings.Repeat("t", 19)},
		"silent": {ends: strings.Repeat("s", 20),
			stopped: "the target gives no answer: 20 exchanges in a row ended without one"},
		"both in turn": {ends: strings.Repeat("ts", 10),
			stopped: "the target gives no answer: 20 exchanges in a row"},
		"served in between":  {ends: strings.Repeat("t", 19) + "a" + strings.Repeat("t", 19)},
		"a 50x is an answer": {ends: strings.Repeat("t", 19) + "f" + strings.Repeat("t", 19)},
		"stopped once and for all": {ends: strings.Repeat("t", 20) + "aaaa",
			stopped: "the target throttles: 20 exchanges"},
		"for five minutes": {ends: "tttttt", pause: time.Minute,
			stopped: "the target throttles: 6 exchanges in a row"},
		"for less":                  {ends: "ttttt", pause: time.Minute},
		"two, far from each other":  {ends: "t", pause: time.Hour},
		"a clean-up is not stopped": {ends: strings.Repeat("t", 100), cleanup: true},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			var b breaker
			now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
			for _, end := range c.ends {
				b.ended(now, outcomes[end], "", c.cleanup)
				now = now.Add(max(c.pause, time.Second))
			}
			g.Expect(b.Stopped).To(HavePrefix(c.stopped))
			g.Expect(b.Stopped == "").To(Equal(c.stopped == ""))
		})
	}
}

func TestRepeatsEndWhereTheyProveNothing(t *testing.T) {
	g := NewWithT(t)
	var b breaker
	fail := func(kind string, times int) {
		for range times {
			b.ended(time.Now(), exchange.Failed, kind, false)
		}
	}
	fail("401", 4)
	g.Expect(b.repeats("401")).To(BeTrue())
	b.ended(time.Now(), exchange.Answered, "403", false)
	fail("401", 1)
	g.Expect(b.repeats("401")).To(BeFalse(), "what another kind gets does not count")
	g.Expect(b.repeats("403")).To(BeTrue())
	fail("403", 1)
	g.Expect(b.repeats("403")).To(BeFalse(), "after one kind, once is enough")
	b.ended(time.Now(), exchange.Answered, "401", false)
	g.Expect(b.repeats("401")).To(BeTrue(), "it works again")
	g.Expect(b.repeats("403")).To(BeTrue(), "and so does what went by it")
	fail("= GET /x", 1)
	g.Expect(b.repeats("= GET /x")).To(BeFalse(), "one of equal requests is enough")
	g.Expect(b.repeats("= GET /y")).To(BeTrue())
	b.ended(time.Now(), exchange.Answered, "= GET /x", false)
	fail("", 10)
	g.Expect(b.Failed).To(Equal(map[string]int{"403": 1}), "no kind is none")
	g.Expect(b.Stopped).To(BeEmpty())
}

func TestAStoppedRunSendsNothingMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		a, b := siblings(t, Limits{Rate: perSecond})
		var d, cleanup diary
		start := time.Now()
		d.run(t.Context(), a, time.Time{}, 0)
		g.Expect(a.Hold(start.Add(time.Minute))).To(Succeed())
		go d.run(t.Context(), b, time.Time{}, 0)
		pass(10 * time.Second)
		for i := range maxUnserved {
			g.Expect([]*Limiter{a, b}[i%2].Ended(t.Context(), exchange.Throttled, "401")).To(Succeed())
		}
		pass(time.Second)
		g.Expect(d.sent).To(HaveLen(1))
		g.Expect(d.errs).To(HaveLen(1), "who waits is told")
		g.Expect(errors.As(d.errs[0], new(*exchange.StoppedError))).To(BeTrue())
		g.Expect(d.errs[0]).To(
			MatchError("the target throttles: 20 exchanges in a row ended with 429, so the run sends no more: lower " +
				"rate: " +
				"of the target in ginkgo.yml"))
		for _, p := range []*Limiter{a, b} {
			_, err := p.Acquire(t.Context(), time.Time{})
			g.Expect(err).To(Equal(d.errs[0]))
		}
		g.Expect(time.Since(start)).To(Equal(11*time.Second), "at once")

		go cleanup.run(BeyondBudget(t.Context()), a, time.Time{}, 0)
		pass(time.Minute)
		g.Expect(cleanup.after(start)).To(Equal([]time.Duration{time.Minute}),
			"a clean-up goes on, with the patience that the target asks for")
	})
}

func TestTheRowIsThatOfAllProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		a, b := siblings(t, Limits{})
		end := func(p *Limiter, outcome exchange.Outcome) {
			leave, err := p.Acquire(t.Context(), time.Time{})
			g.Expect(err).NotTo(HaveOccurred())
			leave()
			g.Expect(p.Ended(t.Context(), outcome, "")).To(Succeed())
		}
		for range maxUnserved - 1 {
			end(a, exchange.Silent)
		}
		end(b, exchange.Answered)
		for range maxUnserved - 1 {
			end(b, exchange.Silent)
		}
		g.Expect(a.Repeats("401")).To(BeTrue())
		for range maxFailed {
			g.Expect(a.Ended(t.Context(), exchange.Failed, "401")).To(Succeed())
		}
		g.Expect(b.Repeats("401")).To(BeFalse())
		end(b, exchange.Silent)
		end(b, exchange.Answered)
		g.Expect(b.Ended(t.Context(), exchange.Answered, "401")).To(Succeed())
		g.Expect(a.Repeats("401")).To(BeTrue())
	})
}

// A slow rate is the target's wish, and a clean-up gets the time that it takes. A target that throttles without end
// must not keep it running.
func TestAThrottledCleanUpEnds(t *testing.T) {
	const limit = 9500 * time.Millisecond // while it waits, and not just when a wait ends
	for name, c := range map[string]struct {
		ctx  func(context.Context) context.Context
		rate config.Rate
		ends time.Duration
	}{
		"clean-up":             {BeyondBudget, config.Rate{}, limit},
		"clean-up with a rate": {BeyondBudget, perSecond, limit},
		"spec":                 {func(ctx context.Context) context.Context { return ctx }, config.Rate{}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				p, _ := siblings(t, Limits{Rate: c.rate})
				start := time.Now()
				ctx, cancel := WithTimeout(c.ctx(t.Context()), limit)
				defer cancel()
				var d diary
				for i := 0; i < 15 && ctx.Err() == nil; i++ {
					d.run(ctx, p, time.Time{}, 0)
					g.Expect(p.Hold(time.Now().Add(1100 * time.Millisecond))).To(Succeed())
					g.Expect(p.Ended(ctx, exchange.Throttled, "")).To(Succeed())
				}
				if c.ends == 0 {
					g.Expect(d.errs).To(BeEmpty())
					return
				}
				g.Expect(d.errs).To(HaveExactElements(MatchError(context.DeadlineExceeded)))
				g.Expect(time.Since(start)).To(Equal(c.ends))
				g.Expect(Elapsed(ctx)).To(Equal(c.ends))
			})
		})
	}
}

// Neither may the one clean-up after the other take the whole time.
func TestCleanUpsShareTheirTime(t *testing.T) {
	g := NewWithT(t)
	a, b := siblings(t, Limits{})
	g.Expect(a.CleanedUp(20 * time.Second)).To(Succeed())
	g.Expect(a.CleanedUp(10 * time.Second)).To(Succeed())
	g.Expect(b.CleanupLeft(time.Minute)).To(Equal(40 * time.Second))
}

func TestElapsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		g.Expect(Elapsed(t.Context())).To(BeZero())
		ctx, cancel := WithTimeout(t.Context(), time.Minute)
		defer cancel()
		pass(5 * time.Second)
		g.Expect(Elapsed(ctx)).To(Equal(5 * time.Second))
		resume := suspend(ctx)
		pass(5 * time.Second)
		g.Expect(Elapsed(ctx)).To(Equal(5 * time.Second))
		resume()
		pass(5 * time.Second)
		g.Expect(Elapsed(ctx)).To(Equal(10 * time.Second))
	})
}
