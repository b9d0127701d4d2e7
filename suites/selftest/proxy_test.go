package selftest_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// recorded is a request as it came.
type recorded struct {
	method, path, query string
	agent               string // names the spec
	body                string
	header              http.Header
}

// proxy stands between the suite and a mock, keeps what goes by, and interferes where a test wants it to.
type proxy struct {
	URL       string
	interfere func(p *proxy, w http.ResponseWriter, r *http.Request) (done bool)
	change    func(answer *http.Response)

	mu       sync.Mutex
	requests []recorded
	seen     map[string]bool // connections that carried an answer
}

// between puts a proxy before the mock of that environment, which then names the proxy.
func between(environment map[string]string, p *proxy) *proxy {
	GinkgoHelper()
	target, err := url.Parse(environment["ACRONIS_DATACENTER_URL"])
	Expect(err).NotTo(HaveOccurred())
	p.seen = map[string]bool{}
	names := watchSerials(environment)
	transport := &http.Transport{} // of its own: httptest closes connections of the one that all share
	DeferCleanup(transport.CloseIdleConnections)
	forward := &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			// A mesh would not add a Content-Type or an agent either.
			r.Out.Header["User-Agent"] = r.In.Header["User-Agent"]
		},
		ModifyResponse: func(answer *http.Response) error {
			if p.change != nil {
				p.change(answer)
			}
			return nil
		},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		names.name(r)
		p.record(r)
		if p.interfere != nil && p.interfere(p, w, r) {
			return
		}
		forward.ServeHTTP(w, r)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.seen[r.RemoteAddr] = true
	}))
	DeferCleanup(server.Close)
	p.URL = server.URL
	environment["ACRONIS_DATACENTER_URL"] = server.URL
	return p
}

func (p *proxy) record(r *http.Request) {
	body, _ := io.ReadAll(r.Body) // what breaks off is passed on as it came
	r.Body = io.NopCloser(bytes.NewReader(body))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, recorded{method: r.Method, path: r.URL.Path, query: r.URL.RawQuery,
		agent: r.UserAgent(), body: string(body),
		header: r.Header.Clone()})
}

// reused reports whether the connection has carried an answer before: then a client cannot know whether it is still
// good.
func (p *proxy) reused(r *http.Request) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen[r.RemoteAddr]
}

// all returns what went by so far.
func (p *proxy) all() []recorded {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]recorded(nil), p.requests...)
}

// answer replaces an answer, and says so to the proxy.
func answer(w http.ResponseWriter, status int, body string) bool {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body) // who has gone away does not read it
	return true
}

// envelope is the documented body of an error.
const envelope = `{"error":{"code":"TheCode","domain":"TheDomain","message":"The message.","details":{}}}`

// conflictFor changes one status: the answer to one spec's request.
func conflictFor(spec string) func(*http.Response) {
	return func(a *http.Response) {
		if a.StatusCode == http.StatusUnauthorized && bytes.Contains([]byte(a.Request.UserAgent()), []byte(spec)) {
			a.StatusCode, a.Status = http.StatusConflict, "409 Conflict"
		}
	}
}
