package exchange

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
)

// script is a target that answers with one status after the other, the last one endlessly, and each after some time.
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

func (s *script) CloseIdleConnections() {}

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
	c.transport, c.fresh, c.proxy = s, s, &proxy{} // whatever the environment says
	c.another = func() transport { return s }
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
		"endless 429":             {answers: []int{429}, want: []int{429, 429, 429, 429, 429, 429}},
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
					g.Expect(a.Duration).To(Equal(s.takes), "pauses are not part of an attempt")
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
