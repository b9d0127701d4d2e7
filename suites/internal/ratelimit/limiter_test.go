package ratelimit

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/exchange"
)

var _ exchange.Limiter = (*Limiter)(nil)

var perSecond = config.Rate{Requests: 10, Per: time.Second}

// siblings returns pacers on one directory, which share nothing else, as those of several processes do.
func siblings(t *testing.T, limits Limits) (a, b *Limiter) {
	t.Helper()
	dir := t.TempDir()
	a, err := New(dir, limits)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	b, err = New(dir, limits)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return a, b
}

// diary notes what happened when.
type diary struct {
	mu            sync.Mutex
	sent          []time.Time
	inFlight, top int
	errs          []error
}

// pass lets time pass, and then everything happen that is due.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// run sends a request that takes that long.
func (d *diary) run(ctx context.Context, p *Limiter, earliest time.Time, takes time.Duration) {
	release, err := p.Acquire(ctx, earliest)
	d.mu.Lock()
	if err != nil {
		d.errs = append(d.errs, err)
		d.mu.Unlock()
		return
	}
	d.sent = append(d.sent, time.Now())
	d.inFlight++
	d.top = max(d.top, d.inFlight)
	d.mu.Unlock()
	time.Sleep(takes)
	d.mu.Lock()
	d.inFlight--
	d.mu.Unlock()
	release()
	release() // once more does no harm
}

// after returns when requests were sent, in order, from a start on.
func (d *diary) after(start time.Time) []time.Duration {
	var sent []time.Duration
	for _, at := range d.sent {
		sent = append(sent, at.Sub(start))
	}
	slices.Sort(sent)
	return sent
}

func milliseconds(numbers ...int) []time.Duration {
	var durations []time.Duration
	for _, n := range numbers {
		durations = append(durations, time.Duration(n)*time.Millisecond)
	}
	return durations
}

func TestRateHoldsForAllProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		a, b := siblings(t, Limits{Rate: perSecond})
		var d diary
		start := time.Now()
		for i := range 9 {
			go d.run(t.Context(), []*Limiter{a, b}[i%2], time.Time{}, 700*time.Millisecond)
		}
		pass(3 * time.Second)
		g.Expect(d.after(start)).To(Equal(milliseconds(0, 100, 200, 300, 400, 500, 600, 700, 800)))
		g.Expect(a.Used()).To(Equal(9))
		g.Expect(b.Used()).To(Equal(9))
	})
}

func TestLongestWait(t *testing.T) {
	g := NewWithT(t)
	l := Of(config.Target{Rate: perSecond, Concurrency: 4, Budget: 100})
	g.Expect(l.Longest(2 * time.Second)).To(Equal(2 * 100 * (100*time.Millisecond + 500*time.Millisecond)))
	g.Expect(Limits{}.Longest(time.Hour)).To(BeZero(), "without limits nothing waits")
	l.Budget = 1 << 31
	g.Expect(l.Longest(time.Hour)).To(Equal(1000 * time.Hour))
	g.Expect(l.Silent()).To(Equal(2*time.Minute + 100*time.Millisecond))
}

func TestRequestsInFlightAreBoundedForAllProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		a, b := siblings(t, Limits{Concurrency: 3})
		var d diary
		for i := range 12 {
			go d.run(t.Context(), []*Limiter{a, b}[i%2], time.Time{}, time.Second)
		}
		pass(4*time.Second + 4*poll)
		g.Expect(d.sent).To(HaveLen(12))
		g.Expect(d.top).To(Equal(3))
	})
}

// Where both limits bite, neither costs what the other allows.
func TestRateAndConcurrencyTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		a, b := siblings(t, Limits{Rate: perSecond, Concurrency: 2})
		var d diary
		start := time.Now()
		for i := range 10 {
			go d.run(t.Context(), []*Limiter{a, b}[i%2], time.Time{}, 150*time.Millisecond)
		}
		pass(2 * time.Second)
		sent := d.after(start)
		g.Expect(sent).To(HaveLen(10))
		g.Expect(sent[9]).To(BeNumerically("<=", 900*time.Millisecond+10*poll))
		for i := range 9 {
			g.Expect(sent[i+1] - sent[i]).To(BeNumerically(">=", 100*time.Millisecond))
		}
		g.Expect(d.top).To(Equal(2))
	})
}

// The repeat after a 50x comes when it should, however many others wait, and keeps its slot from no one until then.
func TestAPauseIsKeptAndKeepsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		a, b := siblings(t, Limits{Rate: perSecond, Concurrency: 1})
		var repeat, others diary
		start := time.Now()
		go repeat.run(t.Context(), a, start.Add(1050*time.Millisecond), time.Millisecond)
		synctest.Wait()
		for range 20 {
			go others.run(t.Context(), b, time.Time{}, time.Millisecond)
		}
		pass(5 * time.Second)
		g.Expect(repeat.after(start)).To(Equal(milliseconds(1050)))
		sent := others.after(start)
		g.Expect(sent).To(HaveLen(20))
		g.Expect(sent[9]).To(BeNumerically("<", 1050*time.Millisecond))
		g.Expect(sent[10]-sent[9]).To(BeNumerically(">=", 200*time.Millisecond), "the repeat lies between")
	})
}

func TestBudgetHoldsForAllProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		a, b := siblings(t, Limits{Rate: perSecond, Concurrency: 2, Budget: 10})
		var d diary
		for i := range 15 {
			go d.run(t.Context(), []*Limiter{a, b}[i%2], time.Time{}, time.Millisecond)
		}
		pass(5 * time.Second)
		g.Expect(d.sent).To(HaveLen(10))
		g.Expect(d.errs).To(HaveLen(5))
		g.Expect(d.errs).To(HaveEach(
			MatchError("the budget of 10 requests is used up: raise budget in ginkgo.yml, or select fewer specs")))
		g.Expect(errors.As(d.errs[0], new(*BudgetError))).To(BeTrue())

		d.run(BeyondBudget(t.Context()), a, time.Time{}, 0)
		g.Expect(d.sent).To(HaveLen(11), "the sandbox is removed all the same")
		g.Expect(b.Used()).To(Equal(11))
	})
}

func TestHoldKeepsBackAllProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		a, b := siblings(t, Limits{Rate: perSecond, Concurrency: 4})
		var d diary
		start := time.Now()
		for i := range 6 {
			go d.run(t.Context(), []*Limiter{a, b}[i%2], time.Time{}, time.Millisecond)
		}
		pass(150 * time.Millisecond) // two are sent, the others have their turns
		g.Expect(a.Hold(start.Add(30 * time.Second))).To(Succeed())
		g.Expect(b.Hold(start.Add(20*time.Second))).To(Succeed(), "the longest hold counts")
		pass(time.Minute)
		sent := d.after(start)
		g.Expect(sent).To(HaveLen(6))
		g.Expect(sent[:3]).To(Equal(milliseconds(0, 100, 30_000)))
		for i := 2; i < 5; i++ {
			g.Expect(sent[i+1]-sent[i]).To(BeNumerically(">=", 100*time.Millisecond), "no rush afterwards")
		}
	})
}

func TestAnEndedContextGivesItsTurnBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		a, b := siblings(t, Limits{Rate: config.Rate{Requests: 1, Per: time.Minute}, Concurrency: 2})
		var d diary
		start := time.Now()
		cause := errors.New("interrupted by the user")
		ctx, cancel := context.WithCancelCause(t.Context())
		d.run(t.Context(), a, time.Time{}, 0)
		go d.run(ctx, a, time.Time{}, 0)
		synctest.Wait()
		go d.run(t.Context(), b, time.Time{}, 0)
		synctest.Wait()
		cancel(cause)
		synctest.Wait()
		g.Expect(d.errs).To(Equal([]error{cause}))
		d.run(ctx, b, time.Time{}, 0)
		g.Expect(d.errs).To(HaveLen(2), "not even where nothing is to be waited for")
		d.run(t.Context(), b, time.Time{}, 0)
		pass(5 * time.Minute)
		g.Expect(d.after(start)).To(Equal([]time.Duration{0, time.Minute, 2 * time.Minute}))
		g.Expect(a.Used()).To(Equal(3))
	})
}

func TestWithoutLimitsNothingWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		a, _ := siblings(t, Limits{})
		var d diary
		start := time.Now()
		for range 50 {
			d.run(t.Context(), a, time.Time{}, 0)
		}
		g.Expect(time.Since(start)).To(BeZero())
		g.Expect(a.Used()).To(Equal(50))
	})
}

func TestADamagedStateIsNamed(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	p, err := New(dir, Limits{})
	g.Expect(err).NotTo(HaveOccurred())
	path := filepath.Join(dir, "pace", "state")
	g.Expect(os.WriteFile(path, []byte(`{"used":`), 0o600)).To(Succeed())
	_, err = p.Acquire(t.Context(), time.Time{})
	g.Expect(err).To(MatchError(ContainSubstring(path)))
	_, err = New(path, Limits{})
	g.Expect(err).To(MatchError(ContainSubstring("the pace of the run cannot be shared")))
}

// The state shrinks as turns pass, and the file does not.
func TestAShorterStateReplacesALongerOne(t *testing.T) {
	g := NewWithT(t)
	f := &file{path: filepath.Join(t.TempDir(), "state")}
	now := time.Now().Round(0).UTC()
	g.Expect(f.update(func(s *state) error { s.Turns = []time.Time{now, now, now}; return nil })).To(Succeed())
	g.Expect(f.update(func(s *state) error { s.Turns, s.Used = nil, 7; return nil })).To(Succeed())
	g.Expect(f.update(func(s *state) error {
		g.Expect(*s).To(Equal(state{Used: 7}))
		return nil
	})).To(Succeed())
}

// A process that is alone keeps the limits, and a process that watches the run sees soon what it has sent, and all of
// it in the end.
func TestAlone(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		limiter, err := New(dir, Limits{Budget: 3})
		g.Expect(err).NotTo(HaveOccurred())
		limiter.Alone()
		watcher, err := New(dir, Limits{})
		g.Expect(err).NotTo(HaveOccurred())
		send := func() error {
			release, err := limiter.Acquire(t.Context(), time.Time{})
			if err == nil {
				release()
			}
			return err
		}
		g.Expect(send()).To(Succeed())
		g.Expect(watcher.Used()).To(Equal(1))
		time.Sleep(storeEvery)
		g.Expect(send()).To(Succeed())
		g.Expect(watcher.Used()).To(Equal(2))
		g.Expect(send()).To(Succeed())
		g.Expect(limiter.CleanedUp(0)).To(Succeed())
		g.Expect(watcher.Used()).To(Equal(3))
		g.Expect(send()).To(MatchError(ContainSubstring("the budget of 3 requests is used up")))
	})
}
