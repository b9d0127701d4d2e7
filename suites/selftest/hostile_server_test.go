package selftest_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"

	"acronis-conformance/suites/internal/redact/redacttest"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// gateway stands before a healthy mock, so that log-in and world work, and answers in the mock's place where a test
// wants that.
type gateway struct {
	URL         string
	server      *httptest.Server
	proxy       *httputil.ReverseProxy
	answer      func(g *gateway, w http.ResponseWriter, r *http.Request) (answered bool)
	environment map[string]string // of the suite
	serials     *serials
	resets      atomic.Int64  // connections to be reset before the next one is served
	ending      chan struct{} // closed when the test is over: no handler outlives it
	mu          sync.Mutex
	seen        []string // method, path and User-Agent of every request, with its spec
	writes      recorder
	canary      string // a secret that all answers name
}

// namesSecret is a header of a wire's text that names the gateway's canary.
const namesSecret = "X-Session-Id: {canary}\r\n"

// named puts the canary into a wire's text.
func (g *gateway) named(text string) string { return strings.ReplaceAll(text, "{canary}", g.canary) }

// startGateway puts a gateway before a mock of its own. The answer says for each request whether it has answered it.
func startGateway(answer func(g *gateway, w http.ResponseWriter, r *http.Request) bool) *gateway {
	GinkgoHelper()
	g := newGateway(answer)
	g.server.Start()
	g.name()
	return g
}

func newGateway(answer func(g *gateway, w http.ResponseWriter, r *http.Request) bool) *gateway {
	GinkgoHelper()
	environment := startMock()
	mock, err := url.Parse(environment["ACRONIS_DATACENTER_URL"])
	Expect(err).NotTo(HaveOccurred())
	transport := &http.Transport{} // of its own: httptest closes connections of the one that all share
	g := &gateway{environment: environment, serials: watchSerials(environment), answer: answer,
		ending: make(chan struct{}), canary: redacttest.Canary(),
		proxy: &httputil.ReverseProxy{ErrorLog: quiet(), Transport: transport, Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(mock)
			r.Out.Header.Set("Accept-Encoding", "identity") // or the transport would ask for gzip
			r.Out.Header["User-Agent"] = r.In.Header["User-Agent"]
		}}}
	g.proxy.ModifyResponse = func(answer *http.Response) error {
		answer.Header.Set("X-Session-Id", g.canary)
		return nil
	}
	g.server = httptest.NewUnstartedServer(g)
	g.server.Config.ErrorLog = quiet()
	g.server.Listener = &mortal{Listener: g.server.Listener, resets: &g.resets}
	client := environment["ACRONIS_CLIENT_ID"]
	tenant := ownTenant(g)
	DeferCleanup(func() {
		Expect(g.writes.naming(tenant, tenant, client)).To(BeEmpty(), "no write names an object outside the sandbox")
		Expect(g.writes.steering()).To(BeEmpty(), "no write has a path that leads elsewhere")
	})
	DeferCleanup(func() {
		close(g.ending)
		g.server.CloseClientConnections()
		g.server.Close()
		transport.CloseIdleConnections()
	})
	return g
}

// name tells the suite where the gateway is.
func (g *gateway) name() {
	g.URL = g.server.URL
	g.environment["ACRONIS_DATACENTER_URL"] = g.URL
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.serials.name(r)
	g.mu.Lock()
	g.seen = append(g.seen, r.Method+" "+r.URL.Path+" "+r.UserAgent())
	g.mu.Unlock()
	// The proxy reads the body to its end before it passes it on: net/http closes it as soon as an answer is written,
	// and a request that is still being sent then loses its connection, and with that its answer.
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	g.writes.record(r, body)
	if !g.answer(g, w, r) {
		g.proxy.ServeHTTP(w, r)
	}
}

// requests counts the requests whose line of method, path and User-Agent holds the text.
func (g *gateway) requests(text string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	count := 0
	for _, line := range g.seen {
		if strings.Contains(line, text) {
			count++
		}
	}
	return count
}

// die closes the door and cuts every connection, as the end of the server's process does.
func (g *gateway) die() {
	_ = g.server.Listener.Close()
	go g.server.CloseClientConnections() // waits for handlers, and one of them may be the caller
}

// upstream is the mock's answer to the request.
func (g *gateway) upstream(r *http.Request) (status int, header http.Header, body []byte) {
	recorder := httptest.NewRecorder()
	g.proxy.ServeHTTP(recorder, r)
	return recorder.Code, recorder.Header(), recorder.Body.Bytes()
}

// mortal is a listener whose server is now and then dead: connections are reset as soon as they are made.
type mortal struct {
	net.Listener
	resets *atomic.Int64
}

func (m *mortal) Accept() (net.Conn, error) {
	for {
		conn, err := m.Listener.Accept()
		if err != nil || m.resets.Load() <= 0 {
			return conn, err
		}
		m.resets.Add(-1)
		reset(conn)
	}
}

// reset ends a connection without a farewell.
func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// wire is what a hostile server writes on the bare connection. It ends when the suite hangs up or the test is over.
type wire func(g *gateway, conn net.Conn, r *http.Request)

// write answers the request with whatever the wire makes of it.
func (attack wire) write(g *gateway, w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return // the suite has hung up
	}
	defer func() { _ = conn.Close() }()
	over := make(chan struct{})
	defer close(over)
	go func() {
		select {
		case <-g.ending:
			_ = conn.Close()
		case <-over:
		}
	}()
	attack(g, conn, r)
}

// says sends a text and closes the connection.
func says(format string, arguments ...any) wire {
	text := fmt.Sprintf(format, arguments...)
	return func(g *gateway, conn net.Conn, _ *http.Request) { _, _ = io.WriteString(conn, g.named(text)) }
}

// answers sends a complete answer of JSON.
func answers(status int, body string) wire {
	return says("HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nWww-Authenticate: Bearer\r\n%s"+
		"Content-Length: %d\r\n\r\n%s", status, http.StatusText(status), namesSecret, len(body), body)
}

// endlessly sends a head once and a text endlessly.
func endlessly(head, text string) wire {
	block := []byte(text)
	if len(text) < 1<<16 {
		block = bytes.Repeat(block, 1<<16/len(text))
	}
	return func(g *gateway, conn net.Conn, _ *http.Request) {
		_, err := io.WriteString(conn, g.named(head))
		for err == nil {
			_, err = conn.Write(block)
		}
	}
}

// deliver sends an answer of the mock on with another body, whose length is that of the body.
func deliver(w http.ResponseWriter, status int, header http.Header, body []byte) {
	header.Del("Content-Length")
	maps.Copy(w.Header(), header)
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
