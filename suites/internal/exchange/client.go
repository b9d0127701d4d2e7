package exchange

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxWaits is how often a 429 is obeyed in one exchange, and maxWait for how long in all where Options.MaxWait
	// is not set.
	maxWaits = 5
	maxWait  = time.Minute
)

// Client sends requests as they are. It is safe for concurrent use.
type Client struct {
	options Options
	base    string
	another func() transport // one that keeps no connections yet
	fresh   transport        // keeps none at all
	proxy   *proxy
	pause   func(from, to time.Duration) time.Duration // within both; replaced by tests

	mu        sync.Mutex
	transport transport   // guarded by mu
	former    []transport // guarded by mu

	certificateAsked atomic.Bool  // the target asked for a client certificate
	exchanges        atomic.Int64 // so far
}

// transport is what the client needs of an http.Transport.
type transport interface {
	http.RoundTripper
	CloseIdleConnections()
}

func between(from, to time.Duration) time.Duration { return from + rand.N(to-from+1) }

// Close closes idle connections.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range append(c.former, c.transport, c.fresh) { // the last one for HTTP/2
		t.CloseIdleConnections()
	}
}

func (c *Client) current() transport {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.transport
}

// renew has later requests make connections of their own: those that are kept are likely to be as dead as the one that
// broke. They are left to time out, for the answers that may be under way over them.
func (c *Client) renew(broke transport) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.transport != broke {
		return // another request has done so
	}
	c.former, c.transport = append(c.former, broke), c.another()
}

// Do sends the request, and sends it again in the cases that the package names. Every attempt is kept. The exchange
// comes with an error too, with the attempts so far. The error is a *TargetError where the target gave no complete
// answer, the context's where that ended, the limiter's where that lets nothing more through, and otherwise says why
// the request cannot be sent.
func (c *Client) Do(ctx context.Context, r Request) (*Exchange, error) {
	target, err := c.check(r)
	if err != nil {
		return &Exchange{Request: r}, fmt.Errorf("request %s %q cannot be sent: %w", r.Method,
			c.options.Redactor.String(r.Path), err)
	}
	if c.options.Permit != nil {
		if err := c.options.Permit(r); err != nil {
			return &Exchange{Request: r}, fmt.Errorf("request %s %q is not sent: %w", r.Method,
				c.options.Redactor.String(r.Path), err)
		}
	}
	e := &Exchange{Serial: fmt.Sprintf("%d-%d", c.options.Process, c.exchanges.Add(1)), Request: r, URL: target}
	if c.options.Serials != nil {
		// What cannot be noted is found in the report all the same.
		_, _ = fmt.Fprintf(c.options.Serials, "%s %s %s\n", c.options.Run, e.Serial, r.Spec)
	}
	c.options.Redactor.LearnRequest(r.Header, r.Query, r.Body)
	err = c.carryOut(ctx, e)
	outcome, kind := e.outcome(err)
	if outcome == "" {
		return e, err
	}
	if failure := c.options.Limiter.Ended(ctx, outcome, kind); failure != nil {
		err = errors.Join(err, failure)
	}
	return e, err
}

// carryOut makes the attempts.
func (c *Client) carryOut(ctx context.Context, e *Exchange) error {
	r := e.Request
	next := time.Time{} // not before
	resent := false     // the request got no answer, and was sent once more
	answers, repeats, waits, waited := 0, 0, 0, time.Duration(0)
	for {
		release, err := c.options.Limiter.Acquire(ctx, next)
		if err != nil {
			return c.interrupted(e, err)
		}
		over := c.current()
		if resent { // another request may keep a connection that is as dead by then
			over = c.fresh
		}
		attempt, err := c.attempt(ctx, over, e, answers+1)
		release()
		e.Attempts = append(e.Attempts, attempt)
		if err != nil && !resent && (errors.Is(err, errUnprocessed) || r.harmless() && dropped(err)) {
			// No answer was counted: a fault that is asked for is still to come.
			resent = true
			c.renew(over)
			e.Attempts[len(e.Attempts)-1].Error += "; the request was sent once more"
			continue
		}
		if err != nil {
			return err
		}
		answers++
		answered := attempt.Start.Add(attempt.Duration)
		delay, throttled, err := c.throttled(attempt, answered)
		if err != nil {
			return c.interrupted(e, err)
		}
		switch {
		case failed(attempt.Status) && c.repeats(r) > repeats:
			repeats++
			next = answered.Add(c.pause(c.options.Retry.Min, c.options.Retry.Max))
		case throttled && waits < maxWaits && waited+delay <= c.options.MaxWait && !ended(ctx, answered.Add(delay)):
			waits++
			waited += delay
			next = answered.Add(delay)
		default:
			return nil
		}
	}
}

// repeats is how often the request is repeated after a 50x.
func (c *Client) repeats(r Request) int {
	if r.NoRepeat || r.Kind != "" && !c.options.Limiter.Repeats(r.Kind) {
		return 0
	}
	return c.options.Retry.Repeats
}

// throttled reports whether the answer is a 429, and how long to wait then. That holds for all requests of the run.
func (c *Client) throttled(a Attempt, answered time.Time) (delay time.Duration, is bool, err error) {
	if a.Status != http.StatusTooManyRequests {
		return 0, false, nil
	}
	delay, told := retryAfter(a.Header, answered)
	if !told {
		delay = c.pause(documented.Min, documented.Max)
	}
	delay = min(delay, c.options.MaxWait)
	return delay, true, c.options.Limiter.Hold(answered.Add(delay))
}

// ended reports whether the context has a deadline before that time.
func ended(ctx context.Context, at time.Time) bool {
	deadline, bounded := ctx.Deadline()
	return bounded && at.After(deadline)
}

// interrupted is the error of an exchange that the suite itself ended.
func (c *Client) interrupted(e *Exchange, cause error) error {
	if errors.As(cause, new(*StoppedError)) {
		return cause
	}
	return fmt.Errorf("%s %s given up: %w", e.Request.Method, c.options.Redactor.URL(e.URL), cause)
}

// retryAfter reads the header of a 429: seconds, or a date. A number of seconds that is too large for an integer is a
// long wait.
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	value := h.Get("Retry-After")
	seconds, err := strconv.ParseUint(value, 10, 64)
	if err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, uint64(maxWait/time.Second))) * time.Second, true
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, date.Sub(now)), true
	}
	return 0, false
}

// errTimeout ends an attempt.
var errTimeout = errors.New("no complete answer in time")
