package exchange

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"acronis-conformance/suites/internal/redact"
)

// Version is that of the suite, as reports and the User-Agent name it.
const Version = "0.1.0"

// Limiter paces the requests, and ends what a target that serves nothing would make endless. What is waited for it is
// no part of an attempt.
type Limiter interface {
	// Acquire waits until a request may be sent, which is not before earliest; release is called when its answer is
	// there. The pause before a repeat is the limiter's affair, so that it is kept as exactly as the pace permits.
	Acquire(ctx context.Context, earliest time.Time) (release func(), err error)
	// Hold keeps every request back until then: the target asked for it with a 429.
	Hold(until time.Time) error
	// Ended counts how an exchange of that kind ended. The kind may be empty. The context tells a clean-up.
	Ended(ctx context.Context, outcome Outcome, kind string) error
	// Repeats reports whether a 50x of that kind is still to be repeated: not where the repeats of such exchanges have
	// failed again and again.
	Repeats(kind string) bool
}

// StoppedError says why a limiter lets nothing more through. It is about the whole run, and not about one exchange.
type StoppedError struct{ Reason string }

func (e *StoppedError) Error() string { return e.Reason }

// Outcome is how an exchange ended, as far as it says something about the target as a whole.
type Outcome string

// The outcomes.
const (
	Answered  Outcome = "answered"
	Throttled Outcome = "throttled" // with a 429
	Silent    Outcome = "silent"    // without a complete answer
	Failed    Outcome = "failed"    // with a 50x, after all repeats
)

// unlimited keeps no more than the pauses.
type unlimited struct{}

func (unlimited) Acquire(ctx context.Context, earliest time.Time) (release func(), err error) {
	timer := time.NewTimer(time.Until(earliest)) // fires at once where there is nothing to wait for
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	return func() {}, context.Cause(ctx) // nil, unless it ended at the same time
}

func (unlimited) Hold(time.Time) error { return nil }

func (unlimited) Ended(context.Context, Outcome, string) error { return nil }

func (unlimited) Repeats(string) bool { return true }

// Retry is the documented repetition after a 50x.
type Retry struct {
	Repeats  int           // at most 2
	Min, Max time.Duration // between an answer and the next attempt
}

// documented is what the guide asks for.
var documented = Retry{Repeats: 2, Min: time.Second, Max: 2 * time.Second}

// Options configure a Client.
type Options struct {
	BaseURL        string              // data center URL, https://eu2-cloud.acronis.com for instance; /api/2 is added
	RootCAs        *x509.CertPool      // certificate authorities to trust; nil: the system's
	AttemptTimeout time.Duration       // for one attempt, its body included; 0: 30 s
	MaxWait        time.Duration       // for which a 429 is obeyed in one exchange; 0: a minute
	Version        string              // of the suite, for the User-Agent
	Run            string              // run id, for the User-Agent
	Process        int                 // number of the process in the run, for the User-Agent; 0: 1
	Serials        io.Writer           // gets run, serial and spec of each exchange before it is sent; nil: not
	Retry          Retry               // zero value: as documented, 2 repeats, 1 to 2 s apart
	Limiter        Limiter             // asked before every attempt; nil: none
	Permit         func(Request) error // refuses a request by an error before anything is sent; nil: none is refused
	Redactor       *redact.Redactor    // learns from every exchange; nil: one of the client's own
}

const attemptTimeout = 30 * time.Second

// NewClient checks the options and returns a Client.
func NewClient(o Options) (*Client, error) {
	base, err := baseURL(o.BaseURL)
	if err != nil {
		return nil, err
	}
	if o.Retry == (Retry{}) {
		o.Retry = documented
	}
	if r := o.Retry; r.Repeats < 0 || r.Repeats > documented.Repeats || r.Min < 0 || r.Max < r.Min {
		return nil, fmt.Errorf(
			"retry: %d repeats, %v to %v apart: at most %d repeats are documented, and the shorter pause comes first",
			r.Repeats, r.Min, r.Max, documented.Repeats)
	}
	if o.AttemptTimeout < 0 {
		return nil, fmt.Errorf("attempt timeout %v: must not be negative", o.AttemptTimeout)
	}
	if o.MaxWait == 0 {
		o.MaxWait = maxWait
	}
	if o.AttemptTimeout == 0 {
		o.AttemptTimeout = attemptTimeout
	}
	if o.Redactor == nil {
		o.Redactor = redact.New()
	}
	if o.Process == 0 {
		o.Process = 1
	}
	learnProxies(o.Redactor)
	if o.Limiter == nil {
		o.Limiter = unlimited{}
	}
	c := &Client{options: o, base: base, pause: between}
	if c.proxy, err = proxyFor(base); err != nil {
		return nil, err
	}
	c.another = func() transport { return newTransport(o.RootCAs, c.proxy, &c.certificateAsked) }
	c.transport = c.another()
	fresh := newTransport(o.RootCAs, c.proxy, &c.certificateAsked)
	fresh.MaxIdleConnsPerHost = -1 // none
	c.fresh = fresh
	return c, nil
}

// baseURL returns what the paths of the API are put behind. A base that ends in /api/2 already is understood.
func baseURL(s string) (string, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return "", fmt.Errorf("base URL: %w", redact.New().Error(err))
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return "", errors.New("base URL: must begin with https:// or http:// and name a host")
	case u.User != nil:
		return "", errors.New("base URL: must not hold a user or password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "", errors.New("base URL: must have neither query nor fragment")
	}
	return strings.TrimSuffix(strings.TrimRight(u.String(), "/"), "/api/2"), nil
}
