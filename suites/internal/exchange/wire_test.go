package exchange_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/exchange"
)

func newClient(t *testing.T, o exchange.Options) *exchange.Client {
	t.Helper()
	c, err := exchange.NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// raw starts a target that speaks plain TCP.
func raw(t *testing.T, handle func(conn net.Conn, r *bufio.Reader)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { conn.Close() })
			go func() {
				defer conn.Close()
				handle(conn, bufio.NewReader(conn))
			}()
		}
	}()
	return "http://" + listener.Addr().String()
}

// head reads the head of a request as it is on the wire.
func head(r *bufio.Reader) string {
	var b strings.Builder
	for {
		line, err := r.ReadString('\n')
		b.WriteString(line)
		if err != nil || line == "\r\n" {
			return b.String()
		}
	}
}

func TestNothingIsAdded(t *testing.T) {
	const agent = "User-Agent: acronis-conformance/1.2.3 (run r7; 3-1)\r\n"
	for name, c := range map[string]struct {
		request exchange.Request
		want    string
	}{
		"GET": {exchange.Request{Method: "GET", Path: "/tenants"},
			"GET /api/2/tenants HTTP/1.1\r\nHost: HOST\r\n" + agent + "\r\n"},
		"DELETE with a query": {exchange.Request{Method: "DELETE", Path: "/a%2Fb//c/../d",
			Query: url.Values{"version": {"1"}, "a b": {"&"}}},
			"DELETE /api/2/a%2Fb//c/../d?a+b=%26&version=1 HTTP/1.1\r\nHost: HOST\r\n" + agent + "\r\n"},
		"POST without a body": {exchange.Request{Method: "POST", Path: "/x"},
			"POST /api/2/x HTTP/1.1\r\nHost: HOST\r\n" + agent + "Content-Length: 0\r\n\r\n"},
		"POST without Content-Type": {exchange.Request{Method: "POST", Path: "/x", Body: []byte(`{}`)},
			"POST /api/2/x HTTP/1.1\r\nHost: HOST\r\n" + agent + "Content-Length: 2\r\n\r\n"},
		"GET with a body and an empty header": {exchange.Request{Method: "GET", Path: "/x", Body: []byte(`{}`),
			Header: http.Header{"Content-Type": {""}}},
			"GET /api/2/x HTTP/1.1\r\nHost: HOST\r\n" + agent + "Content-Length: 2\r\nContent-Type: \r\n\r\n"},
		"outside the API": {exchange.Request{Method: "GET", Path: "/.well-known/openid-configuration", Root: true},
			"GET /.well-known/openid-configuration HTTP/1.1\r\nHost: HOST\r\n" + agent + "\r\n"},
		"own headers": {exchange.Request{Method: "get", Path: "/%25zz/@;a=b",
			Header: http.Header{"Host": {"other.example"},
				"x-odd": {"1", "2"}, "Accept": {"text/csv"}}},
			"get /api/2/%25zz/@;a=b HTTP/1.1\r\nHost: other.example\r\n" + agent +
				"Accept: text/csv\r\nx-odd: 1\r\nx-odd: 2\r\n\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			got := make(chan string, 1)
			base := raw(t, func(conn net.Conn, r *bufio.Reader) {
				got <- head(r)
				fmt.Fprint(conn, "HTTP/1.1 204 No Content\r\n\r\n")
			})
			c.request.Spec = "405/wrong-method/PATCH.tenants.{tenant_id}"
			e, err := newClient(t, exchange.Options{BaseURL: base, Version: "1.2.3", Run: "r7", Process: 3}).
				Do(t.Context(),
					c.request)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(<-got).To(Equal(strings.ReplaceAll(c.want, "HOST", strings.TrimPrefix(base, "http://"))))
			g.Expect(e.Status()).To(Equal(204))
			g.Expect(e.Last().Proto).To(Equal("HTTP/1.1"))
		})
	}
}

func TestUserAgentCannotBeBrokenOutOf(t *testing.T) {
	g := NewWithT(t)
	var agent string
	base := serve(t, func(_ http.ResponseWriter, r *http.Request) { agent = r.UserAgent() })
	_, err := newClient(t, exchange.Options{BaseURL: base, Version: "1\r\n", Run: "a(b)\\ü\n"}).Do(t.Context(),
		exchange.Request{Method: "GET", Path: "/"})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(agent).To(Equal("acronis-conformance/1__ (run a_b____; 1-1)"))
}

// The target is told a serial, which leads to the spec.
func TestSerials(t *testing.T) {
	g := NewWithT(t)
	var agents []string
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		agents = append(agents, r.UserAgent())
		if len(agents) == 2 {
			w.WriteHeader(503)
		}
	})
	var serials strings.Builder
	c := newClient(t, exchange.Options{BaseURL: base, Run: "r7", Process: 2, Serials: &serials,
		Retry: exchange.Retry{Repeats: 1}})
	for i, spec := range []string{"401/no-token/FetchTenant", "409/duplicate/CreateUser"} {
		e, err := c.Do(t.Context(), exchange.Request{Spec: spec, Method: "GET", Path: "/x"})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(e.Serial).To(Equal(fmt.Sprintf("2-%d", i+1)))
		g.Expect(e.Evidence(nil).Serial).To(Equal(e.Serial))
	}
	g.Expect(agents).To(Equal([]string{"acronis-conformance (run r7; 2-1)", "acronis-conformance (run r7; 2-2)",
		"acronis-conformance (run r7; 2-2)"}))
	g.Expect(serials.String()).To(Equal("r7 2-1 401/no-token/FetchTenant\nr7 2-2 409/duplicate/CreateUser\n"))
}

func TestRequestThatCannotBeSentAsItIs(t *testing.T) {
	for name, c := range map[string]struct {
		request exchange.Request
		want    string
	}{
		"no method":         {exchange.Request{Path: "/x"}, "no HTTP token"},
		"odd method":        {exchange.Request{Method: "GET /", Path: "/x"}, "no HTTP token"},
		"CONNECT":           {exchange.Request{Method: "CONNECT", Path: "/x"}, "CONNECT"},
		"relative path":     {exchange.Request{Method: "GET", Path: "x"}, `must begin with "/"`},
		"query in the path": {exchange.Request{Method: "GET", Path: "/x?a=b"}, "neither query"},
		"unescaped path":    {exchange.Request{Method: "GET", Path: "/ü"}, "sent as /api/2/%C3%BC"},
		"space in the path": {exchange.Request{Method: "GET", Path: "/a b"}, "not escaped"},
		"broken escape":     {exchange.Request{Method: "GET", Path: "/%zz"}, "invalid URL escape"},
		"Content-Length": {exchange.Request{Method: "GET", Path: "/x", Header: http.Header{"content-length": {"7"}}},
			"dropped in silence"},
		"Transfer-Encoding": {exchange.Request{Method: "GET", Path: "/x",
			Header: http.Header{"Transfer-Encoding": {"chunked"}}}, "dropped in silence"},
		"name of a header": {exchange.Request{Method: "GET", Path: "/x", Header: http.Header{"a b": {"7"}}},
			"not a header name"},
		"header splitting": {exchange.Request{Method: "GET", Path: "/x", Header: http.Header{"A": {"1\r\nB: 2"}}},
			"control character"},
		"secret in the path": {exchange.Request{Method: "GET", Path: "/x?ott=s3cr3t"}, "$ACRONIS_OTT"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			base := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("sent all the same") })
			e, err := newClient(t, exchange.Options{BaseURL: base}).Do(t.Context(), c.request)
			g.Expect(err).To(MatchError(ContainSubstring(c.want)))
			g.Expect(err).To(MatchError(ContainSubstring("cannot be sent")))
			g.Expect(err).NotTo(MatchError(ContainSubstring("s3cr3t")))
			g.Expect(e.Attempts).To(BeEmpty())
		})
	}
}

func TestRedirectIsAnAnswerAndCookiesAreForgotten(t *testing.T) {
	g := NewWithT(t)
	var requests atomic.Int32
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		g.Expect(r.Header).NotTo(HaveKey("Cookie"))
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: "1"})
		http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect) // to itself, endlessly
	})
	c := newClient(t, exchange.Options{BaseURL: base})
	for range 2 {
		e, err := c.Do(t.Context(), exchange.Request{Method: "POST", Path: "/x", Body: []byte("x")})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(e.Status()).To(Equal(307))
		g.Expect(e.Last().Header.Get("Location")).To(Equal("/api/2/x"))
	}
	g.Expect(requests.Load()).To(BeEquivalentTo(2))
}

func TestBaseURL(t *testing.T) {
	g := NewWithT(t)
	var path string
	base := serve(t, func(_ http.ResponseWriter, r *http.Request) { path = r.URL.Path })
	for suffix, want := range map[string]string{"": "/api/2/x", "/": "/api/2/x", "/api/2": "/api/2/x",
		"/api/2/": "/api/2/x", "/proxy": "/proxy/api/2/x"} {
		_, err := newClient(t, exchange.Options{BaseURL: base + suffix}).Do(t.Context(), exchange.Request{Method: "GET",
			Path: "/x"})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(path).To(Equal(want))
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for want, o := range map[string]exchange.Options{
		"begin with https":   {BaseURL: "target.example"},
		"name a host":        {BaseURL: "https://"},
		"user or password":   {BaseURL: "https://me:s3cr3t@h"},
		"query nor fragment": {BaseURL: "https://h?x"},
		"base URL: parse":    {BaseURL: "https://me:s3cr3t@h:port"},
		"at most 2 repeats":  {BaseURL: "https://h", Retry: exchange.Retry{Repeats: 3, Min: 1, Max: 2}},
		"shorter pause":      {BaseURL: "https://h", Retry: exchange.Retry{Repeats: 1, Min: 2, Max: 1}},
		"not be negative":    {BaseURL: "https://h", AttemptTimeout: -1},
	} {
		_, err := exchange.NewClient(o)
		g := NewWithT(t)
		g.Expect(err).To(MatchError(ContainSubstring(want)))
		g.Expect(err).NotTo(MatchError(ContainSubstring("s3cr3t")))
	}
}

// flaky is a target that answers once on every connection and closes it when the next request comes.
func flaky(t *testing.T, requests *atomic.Int32) string {
	return raw(t, func(conn net.Conn, r *bufio.Reader) {
		if head(r) == "" {
			return // a connection that was dialled and not needed
		}
		requests.Add(1)
		fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		if head(r) != "" {
			requests.Add(1)
		}
	})
}

func TestSilentResendOfNetHTTPIsAnAttempt(t *testing.T) {
	g := NewWithT(t)
	var requests atomic.Int32
	c := newClient(t, exchange.Options{BaseURL: flaky(t, &requests)})
	e, err := c.Do(t.Context(), exchange.Request{Method: "GET", Path: "/x"})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(e.Attempts).To(HaveLen(1))

	e, err = c.Do(t.Context(), exchange.Request{Method: "GET", Path: "/x"})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(e.Attempts).To(HaveLen(2), "one that died with the connection, and one more")
	g.Expect(e.Attempts[0].Error).To(
		Equal("the target had closed the connection that was kept from an earlier answer; the request was sent " +
			"once more"))
	g.Expect(e.Attempts[0].Status).To(BeZero())
	g.Expect(e.Attempts[1].Status).To(Equal(200))
	g.Expect(e.Attempts[1].Start).To(BeTemporally(">=", e.Attempts[0].Start.Add(e.Attempts[0].Duration)))
	g.Expect(e.Transient()).To(BeFalse())
	g.Expect(requests.Load()).To(BeEquivalentTo(3))
}

func TestWriteIsNeverSentAgainBySilentResend(t *testing.T) {
	g := NewWithT(t)
	var requests atomic.Int32
	c := newClient(t, exchange.Options{BaseURL: flaky(t, &requests)})
	_, err := c.Do(t.Context(), exchange.Request{Method: "GET", Path: "/x"})
	g.Expect(err).NotTo(HaveOccurred())
	for i, r := range []exchange.Request{{Method: "POST", Path: "/x", Body: []byte("x")}, {Method: "POST", Path: "/x"},
		{Method: "DELETE", Path: "/x"}} {
		before := requests.Load()
		e, err := c.Do(t.Context(), r)
		g.Expect(err).To(BeAssignableToTypeOf(&exchange.TargetError{}), "%d", i)
		g.Expect(e.Attempts).To(HaveLen(1))
		g.Expect(requests.Load() - before).To(BeEquivalentTo(1))
		_, err = c.Do(t.Context(), exchange.Request{Method: "GET", Path: "/x"}) // a new connection, kept
		g.Expect(err).NotTo(HaveOccurred())
	}
}

func TestConnectionIsKept(t *testing.T) {
	g := NewWithT(t)
	var connections atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "ok")
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	c := newClient(t, exchange.Options{BaseURL: s.URL})
	for range 20 {
		_, err := c.Do(t.Context(), exchange.Request{Method: "GET", Path: "/x"})
		g.Expect(err).NotTo(HaveOccurred())
	}
	g.Expect(connections.Load()).To(BeEquivalentTo(1))
}

func TestAnswerIsKeptWhole(t *testing.T) {
	g := NewWithT(t)
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["X-Two"] = []string{"a", "b"}
		w.WriteHeader(409)
		io.WriteString(w, `{"error":{}}`)
	})
	start := time.Now()
	e, err := newClient(t, exchange.Options{BaseURL: base}).Do(t.Context(), exchange.Request{Method: "PUT", Path: "/x",
		Query: url.Values{"a": {"b"}}})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(e.URL).To(Equal(base + "/api/2/x?a=b"))
	a := e.Last()
	g.Expect(a.Status).To(Equal(409))
	g.Expect(a.Header["X-Two"]).To(Equal([]string{"a", "b"}))
	g.Expect(string(a.Body)).To(Equal(`{"error":{}}`))
	g.Expect(a.Error).To(BeEmpty())
	g.Expect(a.Truncated).To(BeFalse())
	g.Expect(a.Start).To(BeTemporally(">=", start))
	g.Expect(a.Duration).To(BeNumerically(">", 0))
}

// What net/http lets pass, or hides.
func TestRemarks(t *testing.T) {
	const chunks = "\r\n2\r\n{}\r\n0\r\n\r\n"
	for name, c := range map[string]struct {
		answer string
		want   []string
	}{
		"nothing": {"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", nil},
		"chunks":  {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + chunks, nil},
		"two Content-Types": {"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\ncontent-type: c/d\r\nContent-Length: " +
			"2\r\n\r\n{}",
			[]string{"an answer has one Content-Type, and this one has 2"}},
		"two lengths": {"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 2\r\n" + chunks,
			[]string{"an answer with Transfer-Encoding has no Content-Length"}},
		"behind a 103": {"HTTP/1.1 103 Early Hints\r\nContent-Length: 2\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: " +
			"chunked\r\n" + chunks, nil},
		"both behind a 100": {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: " +
			"chunked\r\nContent-Length: 2\r\n" + chunks,
			[]string{"an answer with Transfer-Encoding has no Content-Length"}},
		"a coding that is none": {"HTTP/1.1 200 OK\r\nContent-Encoding: utf-8\r\nContent-Length: 2\r\n\r\n{}",
			[]string{`the Content-Encoding "utf-8" is none that is registered`}},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			answers := []string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n" + chunks,
				c.answer}
			client := newClient(t, exchange.Options{BaseURL: raw(t, func(conn net.Conn, r *bufio.Reader) {
				for _, text := range answers {
					head(r)
					fmt.Fprint(conn, text)
				}
			})})
			_, err := client.Do(t.Context(), exchange.Request{Method: "GET", Path: "/x"})
			g.Expect(err).NotTo(HaveOccurred())
			e, err := client.Do(t.Context(), exchange.Request{Method: "GET", Path: "/x"}) // on the same connection
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(e.Attempts).To(HaveLen(1))
			g.Expect(e.Last().Remarks).To(Equal(c.want))
			g.Expect(string(e.Last().Body)).To(Equal("{}"))
		})
	}
}
