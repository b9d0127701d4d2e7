package exchange

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
)

// gate is a limiter that lets a request through every so often, and not before its time.
type gate struct {
	every time.Duration
	err   error
	calls int
	open  int // not released
	most  int // open at a time
	holds []time.Time
	ends  []string
}

func (l *gate) Acquire(ctx context.Context, earliest time.Time) (func(), error) {
	l.calls++
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(max(l.every, time.Until(earliest))):
	}
	if l.err != nil {
		return nil, l.err
	}
	l.open++
	l.most = max(l.most, l.open)
	return func() { l.open-- }, nil
}

func (l *gate) Ended(_ context.Context, outcome Outcome, kind string) error {
	l.ends = append(l.ends, string(outcome)+" "+kind)
	return l.err
}

func (l *gate) Repeats(kind string) bool { return kind != "fails again and again" }

func (l *gate) Hold(until time.Time) error {
	l.holds = append(l.holds, until)
	return l.err
}

func TestLimiterIsToldHowExchangesEnd(t *testing.T) {
	for want, c := range map[string]struct {
		answers []int
		request Request
		err     error
	}{
		"answered k":             {answers: []int{404}},
		"answered k, in the end": {answers: []int{503, 404}},
		"failed k":               {answers: []int{500}},
		"answered ":              {answers: []int{500}, request: Request{NoRepeat: true}},
		"throttled ":             {answers: []int{429}},
		"silent ":                {answers: []int{0}, err: io.EOF},
	} {
		synctest.Test(t, func(t *testing.T) {
			g := NewWithT(t)
			l := &gate{}
			c.request.Method, c.request.Path, c.request.Kind = "GET", "/x", "k"
			_, err := scripted(t, &script{statuses: c.answers, err: c.err}, Options{Limiter: l}).Do(t.Context(),
				c.request)
			g.Expect(errors.As(err, new(*TargetError))).To(Equal(c.err != nil))
			want, _, _ = strings.Cut(want, ",")
			g.Expect(l.ends).To(Equal([]string{want}), "once")
		})
	}
	g := NewWithT(t)
	l := &gate{}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := scripted(t, &script{statuses: []int{200}}, Options{Limiter: l}).Do(ended, Request{Method: "GET",
		Path: "/x"})
	g.Expect(err).To(HaveOccurred())
	g.Expect(l.ends).To(BeEmpty(), "what the suite ends says nothing about the target")
}

func TestRepeatsThatProveNothingAreLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		l := &gate{}
		e, err := scripted(t, &script{statuses: []int{500}}, Options{Limiter: l}).Do(t.Context(), Request{Method: "GET",
			Path: "/x", Kind: "fails again and again"})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(statuses(e)).To(Equal([]int{500}))
		g.Expect(l.ends).To(Equal([]string{"answered "}))
	})
}

func TestAStoppedRunIsSaidInOneSentence(t *testing.T) {
	g := NewWithT(t)
	stopped := &StoppedError{Reason: "the target throttles"}
	e, err := scripted(t, &script{statuses: []int{200}}, Options{Limiter: &gate{err: stopped}}).Do(t.Context(),
		Request{Method: "GET", Path: "/x"})
	g.Expect(err).To(BeIdenticalTo(stopped))
	g.Expect(e.Attempts).To(BeEmpty())
}

func TestLimiterIsNoPartOfTheAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		s := &script{statuses: []int{503}, takes: time.Second}
		l := &gate{every: time.Minute}
		e, err := scripted(t, s, Options{Limiter: l, AttemptTimeout: 2 * time.Second}).Do(t.Context(),
			Request{Method: "GET", Path: "/x"})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(l.calls).To(Equal(3), "before every attempt")
		g.Expect(l.open).To(BeZero(), "every attempt is released")
		g.Expect(l.most).To(Equal(1), "and that before the next one")
		g.Expect(e.Attempts[0].Duration).To(Equal(time.Second))
	})
}

func TestAnAttemptWithoutAnAnswerIsReleased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		l := &gate{}
		_, err := scripted(t, &script{statuses: []int{0}, err: io.EOF}, Options{Limiter: l}).Do(t.Context(),
			Request{Method: "GET", Path: "/x"})
		g.Expect(err).To(HaveOccurred())
		g.Expect(l.most).To(Equal(1))
		g.Expect(l.open).To(BeZero())
	})
}

func TestLimiterRunsWithinThePause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		s := &script{statuses: []int{503}}
		c := scripted(t, s, Options{Limiter: &gate{every: 900 * time.Millisecond}})
		c.pause = func(_, to time.Duration) time.Duration { return to }
		_, err := c.Do(t.Context(), Request{Method: "GET", Path: "/x"})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(s.pauses()).To(Equal([]time.Duration{2 * time.Second, 2 * time.Second}))
	})
}

func TestLimiterFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		cause := errors.New("the budget is used up")
		e, err := scripted(t, &script{statuses: []int{200}}, Options{Limiter: &gate{err: cause}}).Do(t.Context(),
			Request{Method: "GET", Path: "/x"})
		g.Expect(err).To(MatchError(cause))
		g.Expect(err).To(MatchError("GET https://target.example/api/2/x given up: the budget is used up"))
		g.Expect(errors.As(err, new(*TargetError))).To(BeFalse())
		g.Expect(e.Attempts).To(BeEmpty())
	})
}

// What one exchange is told with a 429 holds for all.
func TestRetryAfterHoldsTheLimiter(t *testing.T) {
	for value, want := range map[string]time.Duration{"7": 7 * time.Second, "61": time.Minute,
		"soon": 2 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			g := NewWithT(t)
			l := &gate{}
			start := time.Now()
			s := &script{statuses: []int{429, 200}, header: http.Header{"Retry-After": {value}}, takes: time.Second}
			c := scripted(t, s, Options{Limiter: l})
			c.pause = func(_, to time.Duration) time.Duration { return to }
			_, err := c.Do(t.Context(), Request{Method: "GET", Path: "/x"})
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(l.holds).To(HaveLen(1))
			g.Expect(l.holds[0].Sub(start)).To(Equal(time.Second + want))
		})
	}
}
