package exchange

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"acronis-conformance/suites/internal/redact"
)

const (
	// maxWaits is how often a 429 with Retry-After is obeyed in one exchange, and maxWait for how long each time.
	maxWaits = 5
	maxWait  = time.Minute
)

// Client sends requests as they are. It is safe for concurrent use.
type Client struct {
	options   Options
	base      string
	transport http.RoundTripper
	pause     func(from, to time.Duration) time.Duration // within both; replaced by tests
}

func between(from, to time.Duration) time.Duration { return from + rand.N(to-from+1) }

// Close closes idle connections.
func (c *Client) Close() {
	if t, ok := c.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// Do sends the request, and repeats it as documented: after a 50x at most twice, with a pause. A 429 that says how long to wait is
// obeyed too. Every attempt is kept. The exchange comes with an error too, with the attempts so far. The error is a *TargetError where
// the target gave no complete answer, the context's where that ended, and otherwise says why the request cannot be sent.
func (c *Client) Do(ctx context.Context, r Request) (*Exchange, error) {
	target, err := c.check(r)
	if err != nil {
		return &Exchange{Request: r}, fmt.Errorf("request %s %q cannot be sent: %w", r.Method, c.options.Redactor.String(r.Path), err)
	}
	e := &Exchange{Request: r, URL: target}
	c.tell(c.options.Redactor.LearnRequest(r.Header, r.Query, r.Body))

	next := time.Time{} // not before
	for sent, repeats, waits := 1, 0, 0; ; sent++ {
		release, err := c.options.Limiter.Acquire(ctx, next)
		if err != nil {
			return e, c.interrupted(e, err)
		}
		attempts, err := c.attempt(ctx, e, sent)
		release()
		e.Attempts = append(e.Attempts, attempts...)
		if err != nil {
			return e, err
		}
		last := e.Last()
		answered := last.Start.Add(last.Duration)
		delay, told, err := c.throttled(last, answered)
		if err != nil {
			return e, c.interrupted(e, err)
		}
		switch {
		case failed(last.Status) && !r.NoRepeat && repeats < c.options.Retry.Repeats:
			repeats++
			next = answered.Add(c.pause(c.options.Retry.Min, c.options.Retry.Max))
		case told && waits < maxWaits && delay <= maxWait && !ended(ctx, answered.Add(delay)):
			waits++
			next = answered.Add(delay)
		default:
			return e, nil
		}
	}
}

// throttled tells whether the answer is a 429 that says how long to wait, which then holds for all requests, within reason.
func (c *Client) throttled(a Attempt, answered time.Time) (delay time.Duration, told bool, err error) {
	if a.Status != http.StatusTooManyRequests {
		return 0, false, nil
	}
	if delay, told = retryAfter(a.Header, answered); told {
		err = c.options.Limiter.Hold(answered.Add(min(delay, maxWait)))
	}
	return delay, told, err
}

// ended tells whether the context has a deadline before that time.
func ended(ctx context.Context, at time.Time) bool {
	deadline, bounded := ctx.Deadline()
	return bounded && at.After(deadline)
}

// interrupted is the error of an exchange that the suite itself ended.
func (c *Client) interrupted(e *Exchange, cause error) error {
	return fmt.Errorf("%s %s given up: %w", e.Request.Method, c.options.Redactor.URL(e.URL), cause)
}

func (c *Client) tell(found []redact.Secret) {
	if c.options.Learned == nil {
		return
	}
	for _, secret := range found {
		c.options.Learned(secret)
	}
}

// retryAfter reads the header of a 429: seconds, or a date.
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	value := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, int(maxWait/time.Second)+1)) * time.Second, true
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, date.Sub(now)), true
	}
	return 0, false
}

// errTimeout ends an attempt.
var errTimeout = errors.New("no complete answer in time")
