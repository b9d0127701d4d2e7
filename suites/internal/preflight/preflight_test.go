package preflight

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/report"
)

func TestAllIsWell(t *testing.T) {
	g := NewWithT(t)
	c := newCenter(t)
	server := httptest.NewTLSServer(c)
	t.Cleanup(server.Close)
	found := look(t, server, nil)
	var names []string
	for _, one := range found {
		names = append(names, one.Name)
		g.Expect(one.State).To(Equal(report.CheckOK), "%s", one)
	}
	g.Expect(names).To(Equal([]string{"host", "connection", "clock", "openid document", "token", "tenant", "rights",
		"fault header", "expired token"}))
	g.Expect(named(t, found, "connection").Detail).To(
		HavePrefix("TLS 1.3; the certificate is trusted, for this host, and good until 20"))
	g.Expect(Failure(found)).To(Succeed())
	g.Expect(c.requests).To(Equal([]string{"GET /api/2/.well-known/openid-configuration", "POST /api/2/idp/token",
		"GET /api/2/clients/" + clientID,
		"GET /api/2/tenants/" + tenantID, "GET /api/2/clients/" + clientID}), "reads and one request for a token")
}

func TestFindings(t *testing.T) {
	const (
		tokens = "POST /api/2/idp/token"
		client = "GET /api/2/clients/" + clientID
		tenant = "GET /api/2/tenants/" + tenantID
	)
	withRoles := func(t *testing.T, header map[string]any, roles ...string) http.HandlerFunc {
		return answering(200, map[string]any{"access_token": token(t, jwt.MapClaims{"iss": "this one",
			"scope": scope(roles...)}, header)})
	}
	complete := map[string]any{"nri": 1}
	readOnly := func(r *run) { r.Config.Target.Allow = []config.Permission{config.Read} }
	for name, c := range map[string]struct {
		center   func(*testing.T, *center)
		run      func(*run)
		check    string
		state    report.CheckState
		sentence string // contained
		last     bool   // nothing is looked at after it
	}{
		"unknown host": {run: func(r *run) {
			r.Access.URL = "https://target.example"
			r.lookup = func(context.Context, string) ([]string, error) {
				return nil, &net.DNSError{Err: "no such host", Name: "x", Server: "10.0.0.1:53"}
			}
		}, check: "host", state: report.CheckFailed,
			sentence: "target.example cannot be found: no such host: check the " +
				"host in the target's URL, and DNS", last: true},
		"known host": {run: func(r *run) {
			r.Access.URL = strings.Replace(r.Access.URL, "127.0.0.1", "localhost", 1)
			r.lookup = func(context.Context, string) ([]string, error) { return []string{"::1", "127.0.0.1"}, nil }
		}, check: "host", state: report.CheckOK, sentence: "localhost is ::1, 127.0.0.1"},
		"address": {check: "host", state: report.CheckOK, sentence: "127.0.0.1 is an address"},
		"nothing listens": {run: func(r *run) { r.Access.URL = closed() }, check: "connection",
			state:    report.CheckFailed,
			sentence: "check that the target runs", last: true},
		"an OpenID document at the root": {center: func(_ *testing.T, c *center) {
			const document = "/.well-known/openid-configuration"
			c.answers["GET "+document] = c.answers["GET /api/2"+document]
			delete(c.answers, "GET /api/2/.well-known/openid-configuration")
		}, check: "openid document", state: report.CheckOK,
			sentence: "/.well-known/openid-configuration; the reference " +
				"has it below /api/2"},
		"no OpenID document": {center: func(_ *testing.T, c *center) {
			delete(c.answers, "GET /api/2/.well-known/openid-configuration")
		}, check: "openid document", state: report.CheckWarning,
			sentence: "neither below /api/2 nor at the host's root " +
				"(404, 404)"},
		"an OpenID document that fails": {center: func(_ *testing.T, c *center) {
			c.answers["GET /api/2/.well-known/openid-configuration"] = answering(500, "nothing here")
		}, check: "openid document", state: report.CheckWarning,
			sentence: "/api/2/.well-known/openid-configuration is " +
				"answered with 500"},
		"no Date": {center: func(_ *testing.T,
			c *center) {
			c.answers["GET /api/2/.well-known/openid-configuration"] = withoutDate
		}, check: "clock",
			state: report.CheckWarning, sentence: "the target sends no Date"},
		"clock ahead": {center: dated(-10 * time.Minute), check: "clock", state: report.CheckWarning,
			sentence: "this machine's clock is 10m0s ahead of the target's: check NTP"},
		"clock behind": {center: dated(time.Hour), check: "clock", state: report.CheckWarning,
			sentence: "this machine's clock is 1h0m0s behind the target's"},
		"a little behind": {center: dated(10 * time.Second), check: "clock", state: report.CheckOK,
			sentence: "no more than 30s off"},

		"wrong secret": {run: func(r *run) { r.Access.ClientSecret = "another-canary" }, check: "token",
			state: report.CheckFailed, last: true,
			sentence: "the target refuses the client " + clientID +
				": RequestTokens was answered with 401 Unauthorized {\"error\":\"invalid_client\""},
		"an echo of the secret": {center: func(_ *testing.T, c *center) {
			c.answers[tokens] = answering(401,
				"no client has the secret "+canary)
		}, check: "token",
			state: report.CheckFailed, last: true, sentence: "401 Unauthorized no client has the secret $"},
		"no token endpoint": {center: func(_ *testing.T, c *center) { delete(c.answers, tokens) }, check: "token",
			state: report.CheckFailed, last: true,
			sentence: "no token endpoint where a data center has it: RequestTokens was answered with 404 Not " +
				"Found 404 " +
				"page not found: check the host"},
		"out of order": {center: func(_ *testing.T, c *center) {
			c.answers[tokens] = answering(429, "slow down")
			c.header.Set("Retry-After", "0") // or the client would wait
		}, check: "token", state: report.CheckFailed, last: true,
			sentence: "gives no token at present: RequestTokens was answered with 429 Too Many Requests slow " +
				"down: try " +
				"again later"},
		"throttled": {center: func(_ *testing.T, c *center) {
			c.answers["GET /api/2/.well-known/openid-configuration"] = answering(429, "slow down")
			c.header.Set("Retry-After", "0") // or the client would wait
		}, check: "connection", state: report.CheckFailed, last: true,
			sentence: "the target throttles: it answered the first request with 429 6 times: run again later"},
		"a page instead": {center: func(_ *testing.T, c *center) { c.answers[tokens] = answering(200, "<html>") },
			check: "token", state: report.CheckFailed, last: true,
			sentence: "the answer to RequestTokens is 200, and it holds no token"},
		"opaque token": {center: func(_ *testing.T, c *center) {
			c.answers[tokens] = answering(200, map[string]any{"access_token": "ey-opaque-token-0123456789"})
		}, check: "rights", state: report.CheckWarning, sentence: "the token does not tell the client's roles"},

		"cannot read itself": {center: func(_ *testing.T, c *center) {
			c.answers[client] = answering(403,
				map[string]any{})
		}, check: "tenant", state: report.CheckFailed, last: true,
			sentence: "the client cannot read itself, and with that which tenant is its own: FetchClient was " +
				"answered with " +
				"403 Forbidden {}"},
		"cannot read its tenant": {center: func(_ *testing.T, c *center) { delete(c.answers, tenant) }, check: "tenant",
			state: report.CheckFailed, last: true,
			sentence: "the client cannot read its own tenant " + tenantID + ": FetchTenant was answered with 404"},
		"another tenant than the token's": {center: func(_ *testing.T, c *center) {
			c.answers[client] = answering(200, map[string]any{"client_id": clientID,
				"tenant_id": "88888888-2222-4333-8444-555555555555"})
		}, check: "tenant", state: report.CheckFailed, last: true,
			sentence: "the target says that the client lies in the tenant 88888888-2222-4333-8444-555555555555, " +
				"and the " +
				"client's token holds roles on " + tenantID + " alone"},
		"customer": {center: tenantOf("customer", true), check: "tenant", state: report.CheckFailed,
			sentence: `"Example" (customer, ` + tenantID +
				`) cannot hold the sandbox, which is a partner tenant: use a client of a partner tenant`},
		"customer, read only": {center: tenantOf("customer", true), run: readOnly, check: "tenant",
			state: report.CheckOK},
		"folder": {center: tenantOf("folder", true), check: "tenant", state: report.CheckOK},
		"disabled": {center: tenantOf("partner", false), check: "tenant", state: report.CheckFailed,
			sentence: "is disabled: enable it"},

		"roles too small": {center: func(t *testing.T, c *center) {
			c.answers[tokens] = withRoles(t, complete,
				"readonly_admin")
		}, check: "rights", state: report.CheckFailed,
			sentence: "readonly_admin may not make the sandbox: give the client a role such as partner_admin, or " +
				"take write"},
		"roles too small, perhaps": {center: func(t *testing.T, c *center) {
			c.answers[tokens] = withRoles(t, nil,
				"backup_user", "readonly_admin")
		}, check: "rights",
			state: report.CheckWarning,
			sentence: "backup_user, readonly_admin may not make the sandbox, but the token " +
				"need not list every role"},
		"no brands": {center: func(t *testing.T, c *center) {
			c.answers[tokens] = withRoles(t, complete,
				"tenant_admin")
		},
			check: "rights", state: report.CheckWarning,
			sentence: "brands, locations and storages will be inconclusive"},
		"a reader reads": {center: func(t *testing.T, c *center) {
			c.answers[tokens] = withRoles(t, complete,
				"readonly_admin")
		}, run: readOnly, check: "rights",
			state: report.CheckOK, sentence: "readonly_admin"},
		"reads nothing": {center: func(t *testing.T, c *center) {
			c.answers[tokens] = withRoles(t, complete,
				"backup_user")
		}, run: readOnly, check: "rights",
			state: report.CheckWarning, sentence: "backup_user may read little"},

		"no fault header": {run: func(r *run) { r.Access.FaultHeader = "" }, check: "fault header",
			state: report.CheckWarning, sentence: "there is none, so that 50x will be inconclusive"},
		"deaf to it": {run: func(r *run) { r.Access.FaultHeader = "x-other" }, check: "fault header",
			state: report.CheckWarning,
			sentence: "the target ignores the fault header: a read that asks for a 503 by x-other gets a 200, so " +
				"that 50x will " +
				"be inconclusive: correct ACRONIS_FAULT_HEADER"},

		"no expired token": {run: func(r *run) {
			r.Access.ExpiredToken = ""
			r.KeptToken = func(time.Time) (string, string) { return "", "an earlier run's expires at noon" }
		}, check: "expired token",
			state: report.CheckWarning, sentence: "there is none, so that it will be inconclusive: an earlier run's " +
				"expires at noon"},
		"not expired": {run: expiring(10 * time.Minute), check: "expired token", state: report.CheckFailed,
			sentence: "by the target's clock, and expired for certain a minute later: unset ACRONIS_EXPIRED_TOKEN"},
		"just expired": {run: expiring(-30 * time.Second), check: "expired token", state: report.CheckFailed,
			sentence: "it is good until"},
		"expired, but not there": {center: dated(-30 * time.Minute), run: expiring(-10 * time.Minute),
			check: "expired token", state: report.CheckFailed,
			sentence: "it is good until"},
		"expired there": {center: dated(30 * time.Minute), run: expiring(10 * time.Minute), check: "expired token",
			state: report.CheckOK, sentence: "it expired at"},
		"of another issuer": {run: func(r *run) {
			r.Access.ExpiredToken = token(t, jwt.MapClaims{"iss": "elsewhere", "exp": time.Now().Add(-time.Hour).
				Unix()}, nil)
		}, check: "expired token", state: report.CheckWarning,
			sentence: `its iss is "elsewhere", and that of this client's tokens is "this one"`},
		"opaque, refused": {run: func(r *run) { r.Access.ExpiredToken = "opaque" }, check: "expired token",
			state: report.CheckWarning,
			sentence: "it is not used: the token that was given does not say when it expired, so that nothing " +
				"tells it " +
				"from one that was never good; a read with it is answered with 401: unset"},
		"opaque, served": {run: func(r *run) { r.Access.ExpiredToken = "ey-opaque" }, check: "expired token",
			state: report.CheckFailed, sentence: "it is still good: a read with it is served"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			center := newCenter(t)
			if c.center != nil {
				c.center(t, center)
			}
			found := look(t, serve(t, center), c.run)
			one := named(t, found, c.check)
			g.Expect(one.State).To(Equal(c.state), "%v", one)
			g.Expect(sentence(one)).To(ContainSubstring(c.sentence))
			if c.state != report.CheckOK {
				g.Expect(sentence(one)).To(ContainSubstring(":"), "it says what to do")
			}
			if c.last {
				g.Expect(found[len(found)-1]).To(Equal(one))
			} else {
				g.Expect(found).To(HaveLen(len(checks)))
			}
			if c.state == report.CheckFailed {
				g.Expect(Failure(found)).To(MatchError(c.check + ": " + sentence(one)))
			}
		})
	}
}

// A run uses nothing that does not do what it is for, and can say why.
func TestWhatIsOfNoUseIsDropped(t *testing.T) {
	g := NewWithT(t)
	found := lookAt(t, serve(t, newCenter(t)), nil)
	g.Expect(found.Access.FaultHeader).To(Equal(faultName))
	g.Expect(found.Access.ExpiredToken).NotTo(BeEmpty())
	g.Expect(found.NoFaultHeader + found.NoExpiredToken).To(BeEmpty())

	found = lookAt(t, serve(t, newCenter(t)), func(r *run) {
		r.Access.FaultHeader, r.Access.ExpiredToken = "x-other",
			"garbage"
	})
	g.Expect(found.Access.FaultHeader + found.Access.ExpiredToken).To(BeEmpty())
	g.Expect(found.NoFaultHeader).To(ContainSubstring("the target ignores the fault header"))
	g.Expect(found.NoExpiredToken).To(ContainSubstring("does not say when it expired"))
	g.Expect(Failure(found.Checks)).To(Succeed())

	found = lookAt(t, serve(t, newCenter(t)), func(r *run) {
		kept := r.Access.ExpiredToken
		r.Access.FaultHeader, r.Access.ExpiredToken = "", ""
		r.KeptToken = func(time.Time) (string, string) { return kept, "" }
	})
	g.Expect(found.Access.ExpiredToken).To(HavePrefix("ey"), "that of an earlier run")
	g.Expect(found.NoFaultHeader).To(ContainSubstring("set ACRONIS_FAULT_HEADER"))

	found = lookAt(t, serve(t, newCenter(t)), func(r *run) { r.Access.ExpiredToken = "" })
	g.Expect(found.NoExpiredToken).To(Equal("no expired token was given: set ACRONIS_EXPIRED_TOKEN"))
}

func TestAnUntrustedCertificateIsExplained(t *testing.T) {
	g := NewWithT(t)
	server := httptest.NewUnstartedServer(newCenter(t))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	found := look(t, server, func(r *run) { r.Config.Target.RootCAs = nil })
	last := found[len(found)-1]
	g.Expect(last.Name).To(Equal("connection"))
	g.Expect(last.State).To(Equal(report.CheckFailed))
	g.Expect(last.Remedy).To(ContainSubstring("name its CA file"))
}

// Behind a proxy this machine need not be able to find or reach the target itself.
func TestNothingIsLookedUpBehindAProxy(t *testing.T) {
	g := NewWithT(t)
	found := look(t, serve(t, newCenter(t)), func(r *run) {
		r.proxyOf = func(*http.Request) (*url.URL, error) {
			return &url.URL{Scheme: "http", Host: "proxy.example:3128"}, nil
		}
		r.lookup = func(context.Context, string) ([]string, error) { return nil, errors.New("no DNS here") }
	})
	g.Expect(named(t, found, "host")).To(HaveField("Detail",
		"127.0.0.1 is not looked up here: requests go through the proxy proxy.example:3128"))
	g.Expect(Failure(found)).To(Succeed())
}

func TestPrint(t *testing.T) {
	g := NewWithT(t)
	var out strings.Builder
	g.Expect(Print(&out, []report.Check{
		{Name: "host", State: report.CheckOK, Detail: "a is 1.2.3.4"},
		{Name: "fault header", State: report.CheckWarning, Detail: "there is\nnone", Remedy: "set it"},
	})).To(Succeed())
	g.Expect(out.String()).
		To(Equal("ok       host          a is 1.2.3.4\nwarning  fault header  there is none: set it\n"))
	g.Expect(fmt.Sprint(Failure(nil))).To(Equal("<nil>"))
}
