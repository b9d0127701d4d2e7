package preflight

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report"
)

// host asks the system for the addresses of the target.
func (r *run) host(ctx context.Context) (report.Check, bool) {
	u, err := url.Parse(r.Access.URL)
	if err != nil {
		return stop("correct the target's url in ginkgo.yml", "the target's URL is none")
	}
	if proxy, err := r.proxyOf(&http.Request{URL: u}); err == nil && proxy != nil {
		r.proxy = proxy.Host
		return ok("%s is not looked up here: requests go through the proxy %s", u.Hostname(), r.proxy)
	}
	if net.ParseIP(u.Hostname()) != nil {
		return ok("%s is an address", u.Hostname())
	}
	ctx, cancel := context.WithTimeout(ctx, r.Config.Timeouts.Attempt)
	defer cancel()
	addresses, err := r.lookup(ctx, u.Hostname())
	if err != nil {
		if dns := new(net.DNSError); errors.As(err, &dns) {
			err = errors.New(dns.Err) // without the name of the server that was asked
		}
		return stop("check the host in the target's URL, and DNS", "%s cannot be found: %v", u.Hostname(), err)
	}
	return ok("%s is %s", u.Hostname(), strings.Join(addresses, ", "))
}

// Discovery is the path of the OpenID document: below /api/2, as the reference has it, or at the host's root.
const Discovery = "/.well-known/openid-configuration"

// connection makes the first request: one that needs no credentials.
func (r *run) connection(ctx context.Context) (report.Check, bool) {
	e, err := r.get(ctx, Discovery, nil)
	if err != nil {
		return unreachable(err)
	}
	r.first = e
	switch {
	case e.Status() == http.StatusTooManyRequests: // after it was obeyed: each further check would wait as long
		return stop("run again later, or lower rate: of the target in ginkgo.yml",
			"the target throttles: it answered the first request with 429 %d times", len(e.Attempts))
	case strings.HasPrefix(r.Access.URL, "http:"):
		return ok("the target answers, without TLS")
	case r.proxy != "":
		return ok("the target answers through the proxy, and its certificate is trusted")
	}
	return r.certificate(ctx)
}

// openID says where the OpenID document is. The reference has it below /api/2; other pages of the documentation
// serve it at the host's root.
func (r *run) openID(ctx context.Context) (report.Check, bool) {
	switch status := r.first.Status(); status {
	case http.StatusOK:
		return ok("at the documented place, %s", r.first.URL)
	case http.StatusNotFound:
		e, err := r.Client.Do(ctx, exchange.Request{Spec: "preflight", Method: http.MethodGet, Path: Discovery,
			Root: true})
		if err != nil {
			return unreachable(err)
		}
		if r.atRoot = e.Status() == http.StatusOK; r.atRoot {
			return ok("at %s; the reference has it below /api/2, where there is none", e.URL)
		}
		return warn(seeOpenID, "neither below /api/2 nor at the host's root (404, %d)", e.Status())
	default:
		return warn(seeOpenID, "%s is answered with %d", r.first.URL, status)
	}
}

const seeOpenID = "read what the specs of FetchOpenIDConfiguration say"

// unreachable is what a request without an answer means.
func unreachable(err error) (report.Check, bool) {
	var target *exchange.TargetError
	if errors.As(err, &target) {
		return stop(target.Hint, "cannot %s %s: %v", target.Op, target.URL, target.Cause)
	}
	return stop("", "%v", err)
}

// soon is how long a certificate should be good for at least.
const soon = 14 * 24 * time.Hour

// certificate looks at what the client has found to be good already.
func (r *run) certificate(ctx context.Context) (report.Check, bool) {
	ctx, cancel := context.WithTimeout(ctx, r.Config.Timeouts.Attempt)
	defer cancel()
	u, err := url.Parse(r.Access.URL)
	if err != nil {
		return unreachable(err)
	}
	dialer := tls.Dialer{Config: &tls.Config{RootCAs: r.Config.Target.RootCAs, MinVersion: tls.VersionTLS12}}
	connection, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "443")))
	if err != nil {
		return warn("run again, and look at the network if it stays",
			"the target answers, but a second connection failed: %v", err)
	}
	defer connection.Close()
	state := connection.(*tls.Conn).ConnectionState()
	leaf := state.PeerCertificates[0]
	until, version := leaf.NotAfter.UTC().Format(time.DateOnly), tls.VersionName(state.Version)
	if time.Until(leaf.NotAfter) < soon {
		return warn("have it renewed", "%s; the certificate expires on %s", version, until)
	}
	return ok("%s; the certificate is trusted, for this host, and good until %s", version, until)
}

const (
	// tolerable is how far the clocks may differ: it changes nothing in the run, but makes logs hard to compare beyond.
	tolerable = 30 * time.Second
	// resolution is that of the Date header, which tells no fractions.
	resolution = time.Second
)

// clock compares this machine's clock with the Date header of the first answer.
func (r *run) clock(context.Context) (report.Check, bool) {
	last := r.first.Last()
	date, err := http.ParseTime(last.Header.Get("Date"))
	if err != nil {
		return warn("let the gateway send it: what is expired is judged by the target's clock",
			"the target sends no Date, so this machine's clock is used in its place")
	}
	r.skew = date.Add(resolution / 2).Sub(last.Start.Add(last.Duration / 2))
	switch off := r.skew.Round(time.Second); {
	case off > tolerable:
		return warn("check NTP on both", "this machine's clock is %v behind the target's", off)
	case off < -tolerable:
		return warn("check NTP on both", "this machine's clock is %v ahead of the target's", -off)
	}
	return ok("no more than %v off the target's", tolerable)
}

// now is the time by the target's clock.
func (r *run) now() time.Time { return time.Now().Add(r.skew) }

// get sends a read, as the configured client once there is a token.
func (r *run) get(ctx context.Context, path string, fault *exchange.Fault) (*exchange.Exchange, error) {
	return r.getAs(ctx, r.token, path, fault)
}

func (r *run) getAs(ctx context.Context, token, path string, fault *exchange.Fault) (*exchange.Exchange, error) {
	request := exchange.Request{Spec: "preflight", Method: http.MethodGet, Path: path, Header: http.Header{},
		Fault: fault, NoRepeat: fault != nil}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	return r.Client.Do(ctx, request)
}
