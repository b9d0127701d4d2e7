package session_test

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"acronis-conformance/fixtures"
	"acronis-conformance/fixtures/mock"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/session"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"
)

// surroundings are a mock of its own, and what a run on it would be opened with.
func surroundings(t *testing.T) (*mock.Running, session.Options) {
	t.Helper()
	g := NewWithT(t)
	t.Setenv("TMPDIR", t.TempDir())
	running, err := mock.Start(mock.Options{})
	g.Expect(err).NotTo(HaveOccurred())
	cfg, err := config.Load("../../../ginkgo.yml", "mock", os.LookupEnv)
	g.Expect(err).NotTo(HaveOccurred())
	contract, err := schemas.Load()
	g.Expect(err).NotTo(HaveOccurred())
	catalogue, err := fixtures.LoadCatalogue(contract)
	g.Expect(err).NotTo(HaveOccurred())
	return running, session.Options{Config: cfg, Catalogue: catalogue, Version: "0", Process: 1, Processes: 2,
		Access: session.Access{
			URL: running.URL, ClientID: running.ClientID, ClientSecret: running.ClientSecret,
			ExpiredToken: running.ExpiredToken, FaultHeader: mock.FaultHeader}}
}

// some are a few needs of every kind.
func some() (session.Needs, session.Watch) {
	needs := session.NewNeeds()
	key := fixtures.Victim("UpdateTenant")
	needs.Add(session.Object{Key: key, Side: fixtures.Home, Object: "customer"})
	needs.Add(session.Object{Key: fixtures.Twin("UpdateTenant"), Side: fixtures.Home, Object: "customer"})
	needs.Controls["UpdateTenant"] = true
	for _, forged := range []string{session.Tampered, session.AlgNone, session.OtherIssuer, session.Revoked,
		session.Expired} {
		needs.InvalidTokens[forged] = true
	}
	watch := session.Watch{Key: key, As: fixtures.Home, Witness: "FetchTenant"}
	needs.Watch(watch)
	return needs, watch
}

// tenants counts what stands below the configured client's tenant.
func tenants(t *testing.T, o session.Options) int {
	t.Helper()
	g := NewWithT(t)
	s, err := session.Open(t.Context(), o, session.NewNeeds())
	g.Expect(err).NotTo(HaveOccurred())
	r, err := s.Catalogue.Request("FetchTenantChildren", fixtures.Vars{"tenant_id": s.Sandbox.Tenant})
	g.Expect(err).NotTo(HaveOccurred())
	r.As = fixtures.Configured
	e, err := s.Send(t.Context(), "count", r, nil)
	g.Expect(err).NotTo(HaveOccurred())
	answer, err := schemas.ReadJSON(e.Last().Body)
	g.Expect(err).NotTo(HaveOccurred())
	children, _ := answer.(map[string]any)["items"].([]any)
	g.Expect(s.Close(t.Context())).To(BeEmpty())
	g.Expect(s.Discard()).To(Succeed())
	return len(children) - 1 // its own sandbox
}

func TestSessionLeavesNothingBehind(t *testing.T) {
	g := NewWithT(t)
	running, options := surroundings(t)
	before := gleak.Goroutines()
	standing := tenants(t, options)
	needs, watch := some()
	s, err := session.Open(t.Context(), options, needs)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(s.SkipReasons).To(BeEmpty())
	g.Expect(s.InvalidTokens).To(HaveLen(5))
	g.Expect(s.Controls["UpdateTenant"].Reason).To(BeEmpty())

	s.Sandbox.Tenants[fixtures.Home]["version"] = json.Number("1767225602500")
	path, err := s.Save()
	g.Expect(err).NotTo(HaveOccurred())
	other, err := session.Join(session.Options{Config: options.Config, Catalogue: options.Catalogue, Version: "0",
		Process: 2, Processes: 2}, path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(path).NotTo(BeAnExistingFile(), "every process has read it")
	for _, secret := range s.Redactor.Secrets() {
		g.Expect(other.Redactor.String(secret.Value)).NotTo(ContainSubstring(secret.Value),
			"the other process knows the secrets: %s", secret.Name)
	}
	g.Expect(other.Redactor.String("x " + running.ClientSecret)).To(Equal("x $ACRONIS_CLIENT_SECRET"))

	g.Expect(other.Sandbox.Tenants[fixtures.Home]["version"]).To(Equal(json.Number("1767225602500")),
		"a number is written as it was read")

	changed, _, err := other.Changed(t.Context(), "watch", watch)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(changed).To(BeEmpty())
	vars, err := other.CallVars("UpdateTenant", watch.Key, "change")
	g.Expect(err).NotTo(HaveOccurred())
	r, err := other.Catalogue.Request("UpdateTenant", vars)
	g.Expect(err).NotTo(HaveOccurred())
	e, err := other.Send(t.Context(), "change", r, nil)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(e.Status()).To(Equal(200))
	changed, _, err = s.Changed(t.Context(), "watch", watch)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(changed).To(MatchRegexp(`^\$\.[\w.]+ was .+ before, and is .+ now$`))

	g.Expect(other.Close(t.Context())).To(BeEmpty())
	g.Expect(s.Close(t.Context())).To(BeEmpty())
	g.Expect(s.Discard()).To(Succeed())
	g.Expect(tenants(t, options)).To(Equal(standing))
	g.Expect(os.ReadDir(os.TempDir())).To(BeEmpty(), "the directory that the processes shared")
	g.Eventually(gleak.Goroutines, 2*time.Second).ShouldNot(gleak.HaveLeaked(before))
	g.Expect(running.Close()).To(Succeed())
}

// A set-up that is interrupted has made something by then: Close removes it, with a context of its own.
func TestSessionThatIsInterruptedIsCleanedUp(t *testing.T) {
	g := NewWithT(t)
	running, options := surroundings(t)
	before := gleak.Goroutines()
	standing := tenants(t, options)
	needs, _ := some()
	ctx, cancel := context.WithCancelCause(t.Context())
	mock, err := url.Parse(running.URL)
	g.Expect(err).NotTo(HaveOccurred())
	var count atomic.Int64
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		if r.SetURL(mock); count.Add(1) == 60 { // the sandbox stands, and its objects are being made
			cancel(context.DeadlineExceeded)
		}
	}, ErrorLog: log.New(io.Discard, "", 0)})
	defer proxy.Close()
	direct := options
	options.Access.URL = proxy.URL
	for i := range 200 { // a long set-up
		needs.Add(session.Object{Key: fixtures.Own("customer", strconv.Itoa(i)), Side: fixtures.Home,
			Object: "customer"})
	}
	s, err := session.Open(ctx, options, needs)
	g.Expect(err).To(HaveOccurred())
	g.Expect(s).NotTo(BeNil())
	g.Expect(s.Close(t.Context())).To(BeEmpty())
	g.Expect(s.Discard()).To(Succeed())
	g.Expect(tenants(t, direct)).To(Equal(standing))
	proxy.Close()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	g.Eventually(gleak.Goroutines, 2*time.Second).ShouldNot(gleak.HaveLeaked(before))
	g.Expect(running.Close()).To(Succeed())
}
