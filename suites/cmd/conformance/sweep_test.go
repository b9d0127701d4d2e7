package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"acronis-conformance/fixtures"
	"acronis-conformance/fixtures/mock"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/exchange"

	. "github.com/onsi/gomega"
)

// place is a live target: a mock, and what came by on the way to it.
type place struct {
	config string
	mock   *mock.Running

	mu     sync.Mutex
	came   []time.Time
	agents []string
}

// serve names the target live in a ginkgo.yml, with further keys.
func serve(t *testing.T, keys string) *place {
	t.Helper()
	g := NewWithT(t)
	p := &place{config: filepath.Join(t.TempDir(), "ginkgo.yml")}
	var err error
	p.mock, err = mock.Start(mock.Options{})
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { _ = p.mock.Close() })
	behind, err := url.Parse(p.mock.URL)
	g.Expect(err).NotTo(HaveOccurred())
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(behind) }}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.came, p.agents = append(p.came, time.Now()), append(p.agents, r.UserAgent())
		p.mu.Unlock()
		forward.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	g.Expect(os.WriteFile(p.config, fmt.Appendf(nil,
		"target: live\ntargets:\n  live: {url: %q, client_id: %q, client_secret: %q, %s}\n",
		server.URL, p.mock.ClientID, p.mock.ClientSecret, keys), 0o600)).To(Succeed())
	return p
}

// do runs a command on the target.
func (p *place) do(t *testing.T, environment map[string]string, arguments ...string) (code int, output string) {
	t.Helper()
	var said bytes.Buffer
	program := &cli{stdout: &said, stderr: &said, env: func(name string) (string, bool) {
		value,
			set := environment[name]
		return value, set
	}}
	code = program.main(t.Context(), append([]string{arguments[0], "-config=" + p.config}, arguments[1:]...))
	return code, said.String()
}

func TestVisitsKeepThePace(t *testing.T) {
	for _, name := range []string{"doctor", "sweep"} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			p := serve(t, "rate: 10/s")
			code, output := p.do(t, nil, name)
			g.Expect(code).To(Equal(conforms), output)
			g.Expect(len(p.came)).To(BeNumerically(">", 2))
			g.Expect(p.came[len(p.came)-1].Sub(p.came[0])).To(BeNumerically(">",
				time.Duration(len(p.came)-1)*90*time.Millisecond))
			g.Expect(p.agents).To(HaveEach(MatchRegexp(`^acronis-conformance/%s \(run %s-\d{8}t\d{6}; 1-\d+\)$`,
				exchange.Version, name)))

			code, output = serve(t, "budget: 2").do(t, nil, name)
			g.Expect(code).To(Equal(unusable))
			g.Expect(output).To(ContainSubstring("the budget of 2 requests is used up"))
		})
	}
}

func TestASweepEndsInTime(t *testing.T) {
	g := NewWithT(t)
	p := serve(t, "rate: 1000/s")
	file, err := os.OpenFile(p.config, os.O_APPEND|os.O_WRONLY, 0)
	g.Expect(err).NotTo(HaveOccurred())
	_, err = file.WriteString("timeouts: {cleanup: 1ns}\n")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(file.Close()).To(Succeed())
	code, output := p.do(t, nil, "sweep")
	g.Expect(code).To(Equal(unusable))
	g.Expect(output).To(ContainSubstring("not done within 1ns"))
}

// Who writes nothing needs no word for a production host.
func TestProductionMayBeLookedAt(t *testing.T) {
	g := NewWithT(t)
	p := serve(t, "production: true, allow: [read, write]")
	for _, command := range []string{"doctor", "sweep"} {
		code, output := p.do(t, nil, command)
		g.Expect(code).To(Equal(conforms), output)
	}
	code, output := p.do(t, map[string]string{"CONFIRM": "yes"}, "sweep")
	g.Expect(code).To(Equal(unusable))
	g.Expect(output).To(ContainSubstring("ACRONIS_ALLOW_PRODUCTION_WRITES"))
}

func TestASweepOfOneRun(t *testing.T) {
	g := NewWithT(t)
	p := serve(t, "rate: 1000/s, concurrency: 100, allow: [read, write]")
	const run, other = "20260301t021700-abc234", "20260301t021700-def567"
	contract, err := schemas.Load()
	g.Expect(err).NotTo(HaveOccurred())
	catalogue, err := fixtures.LoadCatalogue(contract)
	g.Expect(err).NotTo(HaveOccurred())
	cfg, err := config.Load(p.config, "", func(string) (string, bool) { return "", false })
	g.Expect(err).NotTo(HaveOccurred())
	client, err := exchange.NewClient(exchange.Options{BaseURL: p.mock.URL})
	g.Expect(err).NotTo(HaveOccurred())
	defer client.Close()
	_, do, err := login(t.Context(), cfg, client)
	g.Expect(err).NotTo(HaveOccurred())
	for _, id := range []string{run, other} {
		b := fixtures.NewBuilder(catalogue, id, do)
		g.Expect(b.Login(t.Context(), fixtures.Credentials{ClientID: p.mock.ClientID,
			ClientSecret: p.mock.ClientSecret})).To(Succeed())
		g.Expect(b.Build(t.Context())).To(Succeed())
	}
	confirmed := map[string]string{"CONFIRM": "yes"}

	code, output := p.do(t, confirmed, "sweep", "-run=everything")
	g.Expect(code).To(Equal(unusable))
	g.Expect(output).To(HavePrefix("conformance: -run everything is not the id of a run: the report names it"))

	code, output = p.do(t, nil, "sweep", "-run="+run)
	g.Expect(code).To(Equal(conforms), output)
	g.Expect(output).To(MatchRegexp(`\d objects of the run %s; CONFIRM=yes deletes them`, run))
	g.Expect(output).NotTo(ContainSubstring(other))
	listed := strings.Count(output, "found ")
	g.Expect(listed).To(BeNumerically(">", 1))

	code, output = p.do(t, confirmed, "sweep", "-run="+run)
	g.Expect(code).To(Equal(conforms), output)
	g.Expect(strings.Count(output, "removed ")).To(Equal(listed))
	g.Expect(output).NotTo(ContainSubstring(other))

	code, output = p.do(t, nil, "sweep", "-age=0s")
	g.Expect(code).To(Equal(conforms), output)
	g.Expect(output).To(ContainSubstring(other), "what another run left is still there")
	g.Expect(output).NotTo(ContainSubstring(run))

	code, output = p.do(t, confirmed, "sweep", "-age=0s")
	g.Expect(code).To(Equal(conforms), output)
	_, output = p.do(t, nil, "sweep", "-age=0s")
	g.Expect(output).To(HavePrefix("0 objects of runs that began more than 0s ago"))
}
