package preflight

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/redact"
	"acronis-conformance/suites/internal/report"
)

const (
	clientID  = "11111111-2222-4333-8444-555555555555"
	tenantID  = "99999999-2222-4333-8444-555555555555"
	canary    = "canary-of-a-client-secret"
	faultName = "x-envoy-fault-abort-request"
)

func token(t *testing.T, claims jwt.MapClaims, header map[string]any) string {
	t.Helper()
	made := jwt.NewWithClaims(jwt.SigningMethodHS256, claims)
	maps.Copy(made.Header, header)
	signed, err := made.SignedString([]byte("key"))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return signed
}

// scope claims roles on the client's tenant.
func scope(roles ...string) []any {
	var list []any
	for _, role := range roles {
		list = append(list, map[string]any{"tuid": tenantID, "role": role})
	}
	return list
}

// center is a target as a test wants it: what it answers to a method and a path.
type center struct {
	answers  map[string]http.HandlerFunc
	requests []string
	header   http.Header // of every answer
}

// answering answers with a status and a body, which becomes JSON unless it is text.
func answering(status int, body any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		text, isText := body.(string)
		if !isText {
			w.Header().Set("Content-Type", "application/json")
			encoded, _ := json.Marshal(body)
			text = string(encoded)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
}

func newCenter(t *testing.T) *center {
	c := &center{header: http.Header{}, answers: map[string]http.HandlerFunc{
		"GET /api/2/.well-known/openid-configuration": answering(200, map[string]any{}),
		"POST /api/2/idp/token": func(w http.ResponseWriter, r *http.Request) {
			if id, secret, _ := r.BasicAuth(); id != clientID || secret != canary ||
				r.FormValue("grant_type") != "client_credentials" {
				answering(401, map[string]any{"error": "invalid_client",
					"error_description": "no such client, or another secret"})(w, r)
				return
			}
			answering(200, map[string]any{"access_token": token(t, jwt.MapClaims{"iss": "this one",
				"exp":   time.Now().Add(2 * time.Hour).Unix(),
				"scope": scope("partner_admin")}, map[string]any{"nri": 1})})(w, r)
		},
		"GET /api/2/clients/" + clientID: func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Header.Get(faultName) != "":
				answering(503, "fault filter abort")(w, r)
			case strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ey"):
				answering(200, map[string]any{"client_id": clientID, "tenant_id": tenantID})(w, r)
			default:
				answering(401, map[string]any{})(w, r)
			}
		},
		"GET /api/2/tenants/" + tenantID: answering(200, map[string]any{"id": tenantID, "name": "Example",
			"kind": "partner", "enabled": true}),
	}}
	return c
}

func (c *center) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.requests = append(c.requests, r.Method+" "+r.URL.Path)
	for name := range c.header {
		w.Header().Set(name, c.header.Get(name))
	}
	if answer, known := c.answers[r.Method+" "+r.URL.Path]; known {
		answer(w, r)
		return
	}
	http.NotFound(w, r)
}

// look is a preflight of a target that a test may change first.
func look(t *testing.T, server *httptest.Server, change func(*run)) []report.Check {
	t.Helper()
	return lookAt(t, server, change).Checks
}

func lookAt(t *testing.T, server *httptest.Server, change func(*run)) Found {
	t.Helper()
	g := NewWithT(t)
	cfg := &config.File{Name: "staging", Timeouts: config.Timeouts{Attempt: 5 * time.Second},
		Target: config.Target{Name: "staging", Allow: []config.Permission{config.Read, config.Write}}}
	if server.TLS != nil {
		cfg.Target.RootCAs = server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	}
	r := &run{Options: Options{Config: cfg, Redactor: redact.New(),
		Access: Access{URL: server.URL, ClientID: clientID, ClientSecret: canary, FaultHeader: faultName,
			ExpiredToken: token(t, jwt.MapClaims{"iss": "this one", "exp": time.Now().Add(-time.Hour).Unix()}, nil)}},
		lookup:  func(_ context.Context, host string) ([]string, error) { return []string{host}, nil },
		proxyOf: func(*http.Request) (*url.URL, error) { return nil, nil }}
	if change != nil {
		change(r)
	}
	client, err := exchange.NewClient(exchange.Options{BaseURL: r.Access.URL, RootCAs: r.Config.Target.RootCAs,
		AttemptTimeout: 5 * time.Second, Redactor: r.Redactor})
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(client.Close)
	r.Client = client
	found := r.all(t.Context())

	var printed strings.Builder
	g.Expect(Print(&printed, found.Checks)).To(Succeed())
	g.Expect(printed.String()).NotTo(ContainSubstring(canary))
	g.Expect(printed.String()).NotTo(ContainSubstring("eyJ"))
	g.Expect(strings.Count(printed.String(), "\n")).To(Equal(len(found.Checks)))
	return found
}

func serve(t *testing.T, c *center) *httptest.Server {
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	return server
}

// named returns the check of that name.
func named(t *testing.T, found []report.Check, name string) report.Check {
	t.Helper()
	i := slices.IndexFunc(found, func(c report.Check) bool { return c.Name == name })
	NewWithT(t).Expect(i).NotTo(Equal(-1), "no check of %s among %v", name, found)
	return found[i]
}

func withoutDate(w http.ResponseWriter, _ *http.Request) { w.Header()["Date"] = nil }

// dated lets the target's clock be ahead.
func dated(ahead time.Duration) func(*testing.T, *center) {
	return func(_ *testing.T, c *center) {
		c.header.Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
	}
}

func tenantOf(kind string, enabled bool) func(*testing.T, *center) {
	return func(_ *testing.T, c *center) {
		c.answers["GET /api/2/tenants/"+tenantID] = answering(200, map[string]any{"id": tenantID, "name": "Example",
			"kind": kind, "enabled": enabled})
	}
}

func expiring(after time.Duration) func(*run) {
	return func(r *run) {
		signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256,
			jwt.MapClaims{"exp": time.Now().Add(after).Unix()}).SignedString([]byte("key"))
		if err != nil {
			panic(err)
		}
		r.Access.ExpiredToken = signed
	}
}

// closed is a URL at which nothing listens.
func closed() string {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	return server.URL
}
