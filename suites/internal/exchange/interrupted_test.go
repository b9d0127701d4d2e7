package exchange

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
)

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
