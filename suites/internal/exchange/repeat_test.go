package exchange

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/redact"
)

// script is a target that answers with one status after the other, the last one for ever, and each after some time.
type script struct {
	statuses []int
	header   http.Header
	takes    time.Duration
	err      error // instead of the answer 0

	arrived  []time.Time
	answered []time.Time
	requests []*http.Request
	bodies   []string
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	s.arrived = append(s.arrived, time.Now())
	body := ""
	if r.Body != nil {
		data, _ := io.ReadAll(r.Body)
		body = string(data)
	}
	s.requests, s.bodies = append(s.requests, r), append(s.bodies, body)
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case <-time.After(s.takes):
	}
	s.answered = append(s.answered, time.Now())
	status := s.statuses[min(len(s.arrived), len(s.statuses))-1]
	if status == 0 {
		return nil, s.err
	}
	return &http.Response{StatusCode: status, Proto: "HTTP/1.1", Header: s.header.Clone(),
		Body: io.NopCloser(strings.NewReader("body " + strconv.Itoa(status)))}, nil
}

// pauses are the times between an answer and the next attempt.
func (s *script) pauses() []time.Duration {
	var pauses []time.Duration
	for i := 1; i < len(s.arrived); i++ {
		pauses = append(pauses, s.arrived[i].Sub(s.answered[i-1]))
	}
	return pauses
}

// scripted returns a client of the script. Options are given without a base URL.
func scripted(t *testing.T, s *script, o Options) *Client {
	t.Helper()
	o.BaseURL = "https://target.example"
	c, err := NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	c.transport, c.proxy = s, &proxy{} // whatever the environment says
	return c
}

func statuses(e *Exchange) []int {
	var all []int
	for _, a := range e.Attempts {
		all = append(all, a.Status)
	}
	return all
}

func TestRepeats(t *testing.T) {
	for name, c := range map[string]struct {
		answers   []int
		request   Request
		retry     Retry
		want      []int
		transient bool
	}{
		"200 is not repeated":           {answers: []int{200}, want: []int{200}},
		"a 50x that stays: two repeats": {answers: []int{500}, want: []int{500, 500, 500}},
		"a 50x that goes away":          {answers: []int{503, 200}, want: []int{503, 200}, transient: true},
		"a 50x that goes away later":    {answers: []int{502, 504, 201}, want: []int{502, 504, 201}, transient: true},
		"a 50x that becomes a 404":      {answers: []int{503, 404}, want: []int{503, 404}, transient: true},
		"a POST is repeated like the rest": {answers: []int{500, 200}, request: Request{Method: "POST",
			Body: []byte("x")},
			want: []int{500, 200}, transient: true},
		"not if the spec forbids it": {answers: []int{503, 200}, request: Request{NoRepeat: true}, want: []int{503}},
		"fewer if configured": {answers: []int{503}, retry: Retry{Repeats: 1, Min: time.Second,
			Max: time.Second}, want: []int{503, 503}},
		"none if configured":      {answers: []int{503}, retry: Retry{Min: 1, Max: 1}, want: []int{503}},
		"401 is an answer":        {answers: []int{401, 200}, want: []int{401}},
		"408 is an answer":        {answers: []int{408, 200}, want: []int{408}},
		"429 without Retry-After": {answers: []int{429, 429, 200}, want: []int{429, 429, 200}},
		"429 for ever":            {answers: []int{429}, want: []int{429, 429, 429, 429, 429, 429}},
		"511 is no 50x":           {answers: []int{511, 200}, want: []int{511}},
		"302 is an answer":        {answers: []int{302, 200}, want: []int{302}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				s := &script{statuses: c.answers, takes: 700 * time.Millisecond}
				if c.request.Method == "" {
					c.request.Method = "GET"
				}
				c.request.Path = "/tenants"
				e, err := scripted(t, s, Options{Retry: c.retry}).Do(t.Context(), c.request)
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(statuses(e)).To(Equal(c.want))
				g.Expect(e.Status()).To(Equal(c.want[len(c.want)-1]))
				g.Expect(e.Transient()).To(Equal(c.transient))
				for _, pause := range s.pauses() {
					g.Expect(pause).To(And(BeNumerically(">=", time.Second), BeNumerically("<=", 2*time.Second)))
				}
				for i, a := range e.Attempts {
					g.Expect(a.Start).To(Equal(s.arrived[i]))
					g.Expect(a.Duration).To(Equal(s.takes), "pauses are no part of an attempt")
					g.Expect(string(a.Body)).To(Equal("body " + strconv.Itoa(a.Status)))
					g.Expect(s.bodies[i]).To(Equal(string(c.request.Body)), "every attempt sends the whole body")
				}
			})
		})
	}
}

func TestPauseIsRandomWithinItsBounds(t *testing.T) {
	g := NewWithT(t)
	seen := map[time.Duration]bool{}
	for range 1000 {
		pause := between(time.Second, 2*time.Second)
		g.Expect(pause).To(And(BeNumerically(">=", time.Second), BeNumerically("<=", 2*time.Second)))
		seen[pause] = true
	}
	g.Expect(len(seen)).To(BeNumerically(">", 900))
	g.Expect(between(time.Second, time.Second)).To(Equal(time.Second))
}

func TestRetryAfter(t *testing.T) {
	const own = 1500 * time.Millisecond
	for name, c := range map[string]struct {
		value    string
		deadline time.Duration
		maxWait  time.Duration
		want     []int
		pause    time.Duration
	}{
		"longer than it may": {value: "60", maxWait: 10 * time.Second, want: []int{429, 200},
			pause: 10 * time.Second},
		"seconds": {value: "7", want: []int{429, 200}, pause: 7 * time.Second},
		"zero":    {value: "0", want: []int{429, 200}},
		"date": {value: "Sat, 01 Jan 2000 00:00:30 GMT", want: []int{429, 200},
			pause: 30 * time.Second},
		"date in the past":     {value: "Fri, 31 Dec 1999 00:00:00 GMT", want: []int{429, 200}},
		"longer than sensible": {value: "61", want: []int{429, 200}, pause: time.Minute},
		"absurd":               {value: "999999999999", want: []int{429, 200}, pause: time.Minute},
		"beyond any integer":   {value: "99999999999999999999999", want: []int{429, 200}, pause: time.Minute},
		"date of next century": {value: "Sat, 01 Jan 2101 00:00:30 GMT", want: []int{429, 200}, pause: time.Minute},
		"negative":             {value: "-1", want: []int{429, 200}, pause: own},
		"nonsense":             {value: "soon", want: []int{429, 200}, pause: own},
		"past the deadline":    {value: "7", deadline: 6 * time.Second, want: []int{429}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				s := &script{statuses: []int{429, 200}, header: http.Header{"Retry-After": {c.value}}}
				ctx := t.Context()
				if c.deadline > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, c.deadline)
					defer cancel()
				}
				client := scripted(t, s, Options{MaxWait: c.maxWait})
				client.pause = func(from, to time.Duration) time.Duration { return (from + to) / 2 }
				e, err := client.Do(ctx, Request{Method: "GET", Path: "/x", NoRepeat: true})
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(statuses(e)).To(Equal(c.want))
				g.Expect(e.Transient()).To(BeFalse())
				if len(c.want) > 1 {
					g.Expect(s.pauses()).To(Equal([]time.Duration{c.pause}))
				}
			})
		})
	}
}

func TestRetryAfterIsNotObeyedForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		s := &script{statuses: []int{429}, header: http.Header{"Retry-After": {"60"}}}
		l := &gate{}
		e, err := scripted(t, s, Options{Limiter: l}).Do(t.Context(), Request{Method: "GET", Path: "/x"})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(l.holds).To(HaveLen(2), "the others are held back all the same")
		g.Expect(statuses(e)).To(Equal([]int{429, 429}), "a minute in all")
	})
}

func TestThrottlingDoesNotUseUpTheRepeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		s := &script{statuses: []int{503, 429, 503, 429, 503, 200}, header: http.Header{"Retry-After": {"1"}}}
		e, err := scripted(t, s, Options{}).Do(t.Context(), Request{Method: "GET", Path: "/x"})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(statuses(e)).To(Equal([]int{503, 429, 503, 429, 503}))
	})
}

func TestFaultIsAskedForOnTheFirstAttempts(t *testing.T) {
	for attempts, want := range map[int][]string{0: {"", "", ""}, 1: {"503", "", ""}, 2: {"503", "503", ""},
		-1: {"503", "503", "503"}} {
		synctest.Test(t, func(t *testing.T) {
			g := NewWithT(t)
			s := &script{statuses: []int{503}}
			given := http.Header{"Accept": {"text/csv"}}
			_, err := scripted(t, s, Options{}).Do(t.Context(), Request{Method: "GET", Path: "/x", Header: given,
				Fault: &Fault{Header: "X-Fault", Status: 503, Attempts: attempts}})
			g.Expect(err).NotTo(HaveOccurred())
			var got []string
			for _, r := range s.requests {
				got = append(got, r.Header.Get("X-Fault"))
				g.Expect(r.Header.Get("Accept")).To(Equal("text/csv"))
			}
			g.Expect(got).To(Equal(want))
			g.Expect(given).To(Equal(http.Header{"Accept": {"text/csv"}}), "the spec's header is left as it is")
		})
	}
}

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

func TestAttemptTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		s := &script{statuses: []int{200}, takes: time.Hour}
		e, err := scripted(t, s, Options{AttemptTimeout: 5 * time.Second}).Do(t.Context(), Request{Method: "GET",
			Path: "/x"})
		var target *TargetError
		g.Expect(errors.As(err, &target)).To(BeTrue(), "%v", err)
		g.Expect(err).To(MatchError(
			"cannot get an answer from https://target.example/api/2/x: no complete answer in time: given up after 5s " +
				"(the target is slow or stuck: check it, or give an attempt more time)"))
		g.Expect(e.Attempts).To(HaveLen(1), "only an answer is repeated")
		g.Expect(e.Attempts[0].Duration).To(Equal(5 * time.Second))
		g.Expect(e.Attempts[0].Error).To(Equal("no complete answer in time: given up after 5s"))
		g.Expect(e.Status()).To(BeZero())
	})
}

func TestInterruptIsNotTheTargetsFault(t *testing.T) {
	cause := errors.New("interrupted by the user")
	for name, s := range map[string]*script{
		"during an attempt": {statuses: []int{200}, takes: time.Hour},
		"during a pause":    {statuses: []int{503}, takes: 4 * time.Second},
		"during a wait":     {statuses: []int{429}, header: http.Header{"Retry-After": {"50"}}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(4500*time.Millisecond, func() { cancel(cause) })
				start := time.Now()
				e, err := scripted(t, s, Options{}).Do(ctx, Request{Method: "GET", Path: "/x"})
				g.Expect(err).To(MatchError(cause))
				g.Expect(errors.As(err, new(*TargetError))).To(BeFalse())
				g.Expect(time.Since(start)).To(Equal(4500 * time.Millisecond))
				g.Expect(e.Attempts).To(HaveLen(1))
			})
		})
	}
}

// A connection that breaks without an answer is the network's failure: a read is sent once more. What may write is
// not, whatever came of it, and an answer that never came says nothing.
func TestDroppedConnection(t *testing.T) {
	reset := &net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	for name, c := range map[string]struct {
		answers []int
		err     error
		request Request
		want    []int
		fails   bool
	}{
		"once":             {answers: []int{0, 200}, err: io.EOF, want: []int{0, 200}},
		"reset":            {answers: []int{0, 200}, err: reset, want: []int{0, 200}},
		"before a refusal": {answers: []int{0, 404}, err: io.EOF, want: []int{0, 404}},
		"twice":            {answers: []int{0, 0, 200}, err: io.EOF, want: []int{0, 0}, fails: true},
		"after a 50x": {answers: []int{503, 0, 503, 200}, err: io.ErrUnexpectedEOF, want: []int{503, 0, 503,
			200}},
		"once in each repeat": {answers: []int{0, 503, 0}, err: io.EOF, want: []int{0, 503, 0}, fails: true},
		"of a read without a repeat": {answers: []int{0, 200}, err: io.EOF, request: Request{NoRepeat: true},
			want: []int{0,
				200}},
		"of a HEAD": {answers: []int{0, 200}, err: io.EOF, request: Request{Method: "HEAD"}, want: []int{0,
			200}},
		"of a POST": {answers: []int{0, 200}, err: io.EOF, request: Request{Method: "POST"},
			want: []int{0}, fails: true},
		"of a DELETE": {answers: []int{0, 200}, err: io.EOF, request: Request{Method: "DELETE"},
			want: []int{0}, fails: true},
		"of a GET with a body": {answers: []int{0, 200}, err: io.EOF, request: Request{Body: []byte("x")},
			want: []int{0}, fails: true},
		"by another failure": {answers: []int{0, 200}, err: errors.New("malformed HTTP response"), want: []int{0},
			fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				c.request.Method, c.request.Path = cmp.Or(c.request.Method, "GET"), "/x"
				l := &gate{}
				e, err := scripted(t, &script{statuses: c.answers, err: c.err}, Options{Limiter: l}).Do(t.Context(),
					c.request)
				g.Expect(statuses(e)).To(Equal(c.want))
				g.Expect(l.calls).To(Equal(len(c.want)), "each counts, and keeps the pace")
				g.Expect(errors.As(err, new(*TargetError))).To(Equal(c.fails), "%v", err)
				if c.fails {
					g.Expect(errors.Is(err, c.err)).To(BeTrue())
					return
				}
				g.Expect(e.Attempts[slices.Index(c.want, 0)].Error).To(HaveSuffix("; the request was sent once more"))
				g.Expect(e.Transient()).To(Equal(slices.Contains(c.want, 503)))
			})
		})
	}
}

func TestAFaultIsAskedForAgainAfterADroppedConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		s := &script{statuses: []int{0, 503}, err: io.EOF}
		_, err := scripted(t, s, Options{}).Do(t.Context(), Request{Method: "GET", Path: "/x", NoRepeat: true,
			Fault: &Fault{Header: "X-Fault", Status: 503, Attempts: 1}})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(s.requests).To(HaveLen(2))
		g.Expect(s.requests[1].Header.Get("X-Fault")).To(Equal("503"))
	})
}

func TestClientTeachesTheRedactor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		r := redact.New()
		s := &script{statuses: []int{0}, err: errors.New("no answer to s3cret-one")}
		c := scripted(t, s, Options{Redactor: r})
		e, err := c.Do(t.Context(), Request{Method: "GET", Path: "/s3cret-one",
			Header: http.Header{"Authorization": {"Bearer s3cret-one"}}})
		g.Expect(err.Error()).To(And(ContainSubstring("no answer to $ACRONIS_TOKEN"),
			ContainSubstring("/api/2/$ACRONIS_TOKEN"), Not(ContainSubstring("s3cret"))))
		g.Expect(e.Attempts[0].Error).To(Equal("no answer to $ACRONIS_TOKEN"))
		g.Expect(r.Secrets()).To(Equal([]redact.Secret{{Name: "ACRONIS_TOKEN", Value: "s3cret-one"}}))
	})
}

func TestClientTeachesTheRedactorWhatAnAnswerHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		r := redact.New()
		s := &script{statuses: []int{302}, header: http.Header{"Location": {"/cb#access_token=s3cret-one"}}}
		c := scripted(t, s, Options{Redactor: r})
		_, err := c.Do(t.Context(), Request{Method: "GET", Path: "/x"})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(r.String("s3cret-one")).To(Equal("$ACRONIS_TOKEN"))
	})
}

func TestBodyReaderIsFresh(t *testing.T) {
	g := NewWithT(t)
	c := scripted(t, &script{}, Options{})
	r, err := c.build(t.Context(), &Exchange{URL: "https://h/x", Request: Request{Method: "PUT", Body: []byte("abc")}},
		1)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(r.ContentLength).To(Equal(int64(3)))
	again, err := r.GetBody()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(io.ReadAll(again)).To(Equal(bytes.Clone([]byte("abc"))))
}
