// Package preflight looks at a target before anything is made there: can it be reached, does it take the credentials,
// may they do what the suite is to do, and what will not be provoked. It sends nothing but reads and one request for a
// token.
package preflight

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/redact"
	"acronis-conformance/suites/internal/report"
)

// Access is all that is known of a target beside its permissions.
type Access struct {
	URL          string
	ClientID     string
	ClientSecret string
	ExpiredToken string
	FaultHeader  string
}

// Doer sends requests; it is an *exchange.Client.
type Doer interface {
	Do(ctx context.Context, r exchange.Request) (*exchange.Exchange, error)
}

// Options are what there is to look at, and how.
type Options struct {
	Config   *config.File
	Access   Access
	Client   Doer
	Redactor *redact.Redactor // that of the client
	// KeptToken is asked where Access holds no expired token, with the target's time: it returns one that an earlier
	// run has kept, or the reason why there is none. It may be nil.
	KeptToken func(now time.Time) (token, reason string)
}

// run is one look at the target; each check leaves to the next ones what it found.
type run struct {
	Options
	lookup  func(ctx context.Context, host string) (addresses []string, err error)
	proxyOf func(*http.Request) (*url.URL, error)

	proxy  string             // host of the proxy that the requests go through; empty: none
	first  *exchange.Exchange // the first answer
	skew   time.Duration      // the target's clock is ahead by that
	token  string             // of the configured client
	tenant string             // likewise

	atRoot           bool   // the OpenID document is at the host's root
	noToken, noFault string // why there is no expired token, and no fault header
}

// check is one thing to look at. It reports whether the next ones have a meaning.
type check struct {
	name string
	look func(*run, context.Context) (found report.Check, proceed bool)
}

var checks = []check{
	{"host", (*run).host},
	{"connection", (*run).connection},
	{"clock", (*run).clock},
	{"openid document", (*run).openID},
	{"token", (*run).credentials},
	{"tenant", (*run).ownTenant},
	{"rights", (*run).rights},
	{"fault header", (*run).faultHeader},
	{"expired token", (*run).expiredToken},
}

// Found is what a look at the target has shown.
type Found struct {
	Checks []report.Check
	// Access is the given one with what the run is to use: the expired token that an earlier run kept where none was
	// given, and neither a token that may not have expired nor a fault header that the target ignores.
	Access         Access
	NoExpiredToken string // why there is none; empty where there is one
	NoFaultHeader  string // likewise
	Tenant         string // id of the configured client's tenant; empty where the target does not tell it
	// OpenIDAtRoot reports whether the OpenID document is at the host's root, and not below /api/2.
	OpenIDAtRoot bool
}

// Look looks at everything, up to what makes the rest meaningless.
func Look(ctx context.Context, o Options) Found {
	return (&run{Options: o, lookup: net.DefaultResolver.LookupHost, proxyOf: http.ProxyFromEnvironment}).all(ctx)
}

func (r *run) all(ctx context.Context) Found {
	var found Found
	for _, c := range checks {
		one, proceed := c.look(r, ctx)
		one.Name, one.Detail = c.name, r.Redactor.String(one.Detail) // which holds names and ids of the target
		found.Checks = append(found.Checks, one)
		if !proceed {
			break
		}
	}
	found.Access, found.NoExpiredToken, found.NoFaultHeader = r.Access, r.noToken, r.noFault
	found.OpenIDAtRoot, found.Tenant = r.atRoot, r.tenant
	return found
}

// Failure returns the first thing that the run cannot go on with, as a sentence; nil where there is none.
func Failure(found []report.Check) error {
	for _, c := range found {
		if c.State == report.CheckFailed {
			return fmt.Errorf("%s: %s", c.Name, sentence(c))
		}
	}
	return nil
}

// Print writes a line for each check.
func Print(w io.Writer, found []report.Check) error {
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range found {
		fmt.Fprintf(columns, "%s\t%s\t%s\n", c.State, c.Name, sentence(c))
	}
	return columns.Flush()
}

// sentence is what was found and what to do, in one line.
func sentence(c report.Check) string {
	text := c.Detail
	if c.Remedy != "" {
		text += ": " + c.Remedy
	}
	return strings.Join(strings.Fields(text), " ")
}

func ok(format string, arguments ...any) (report.Check, bool) {
	return report.Check{State: report.CheckOK, Detail: fmt.Sprintf(format, arguments...)}, true
}

// warn says that the run will show less.
func warn(remedy, format string, arguments ...any) (report.Check, bool) {
	return report.Check{State: report.CheckWarning, Detail: fmt.Sprintf(format, arguments...), Remedy: remedy}, true
}

// fail says that the run cannot go on, though the other checks have a meaning yet.
func fail(remedy, format string, arguments ...any) (report.Check, bool) {
	return report.Check{State: report.CheckFailed, Detail: fmt.Sprintf(format, arguments...), Remedy: remedy}, true
}

// stop says that neither the run nor the other checks can go on.
func stop(remedy, format string, arguments ...any) (report.Check, bool) {
	c, _ := fail(remedy, format, arguments...)
	return c, false
}
