package selftest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// What the wire does behind the suite's back, and targets that serve nothing any longer.
var _ = Describe("a hostile wire", long, func() {
	// soon waits for a clean-up that cannot remove anything for a short time only.
	soon := []func(string) string{replaced("cleanup: 2m", "cleanup: 4s")}

	DescribeTable("sends nothing more often than the suite does", func(ctx SpecContext, spec string) {
		g := newGateway(func(g *gateway, w http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.UserAgent(), "spec "+spec) {
				return false
			}
			// A GOAWAY frame: no request of this connection was processed.
			conn := r.Context().Value(connection{}).(net.Conn)
			_, _ = conn.Write([]byte{0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
			_ = conn.Close()
			panic(http.ErrAbortHandler)
		})
		g.server.EnableHTTP2 = true
		g.server.Config.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
			return context.WithValue(ctx, connection{}, conn)
		}
		g.serveTLS(func(*certificate) {}, true)
		o := newDesk(g.environment, soon...).run(ctx, "run", "-target=staging", "-focus="+spec+"$", "-procs=1")
		Expect(o.code).To(Equal(2), o.output)
		victim := specOf(o.result, "spec "+spec)
		Expect(victim.Verdict).To(Equal(report.Error), o.output)
		Expect(victim.Reason).To(ContainSubstring("without processing it (GOAWAY or REFUSED_STREAM of HTTP/2)"))
		Expect(victim.Exchanges[0].Attempts).To(HaveLen(2))
		Expect(victim.Exchanges[0].Attempts[0].Error).To(HaveSuffix("; the request was sent once more"))
		Expect(g.requests("spec "+spec)).To(Equal(victim.Requests), "every sending is counted and shown")
		Expect(o.result.Run.Requests.Specs).To(Equal(victim.Requests))
	},
		Entry("of a read", limit, "401/no-token/FetchTenant"),
		Entry("of a creation", limit, "401/no-token/CreateTenant"),
		Entry("of a deletion", sample, limit, "401/no-token/DeleteTenant"),
	)

	// encoding changes the healthy body, and the headers go with it.
	type encoding func(healthy []byte) []byte
	DescribeTable("is judged by what came", func(ctx SpecContext, code int, verdict report.Verdict, says,
		headers string,
		e encoding) {
		const spec = "401/no-token/FetchTenant"
		g := startGateway(func(g *gateway, w http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.UserAgent(), "spec "+spec) {
				return false
			}
			status, _, healthy := g.upstream(r)
			sent := e(healthy)
			wire(func(_ *gateway, conn net.Conn, _ *http.Request) {
				fmt.Fprintf(conn, "HTTP/1.1 %d x\r\nWww-Authenticate: Bearer\r\nConnection: close\r\n", status)
				fmt.Fprintf(conn, "Content-Type: application/json\r\n%s\r\n\r\n%s", headers, sent)
			}).write(g, w, r)
			return true
		})
		o := newDesk(g.environment).run(ctx, "run", "-target=staging", "-focus="+spec+"$", "-procs=1")
		Expect(o.code).To(Equal(code), o.output)
		victim := specOf(o.result, "spec "+spec)
		Expect(victim.Verdict).To(Equal(verdict), o.output)
		Expect(strings.Join(append(victim.Advice, victim.Reason), "\n")).To(ContainSubstring(says))
	},
		Entry("br that is none", limit, 2, report.Error, "its Content-Encoding is br", "Content-Encoding: br", plain),
		Entry("zstd that is none", limit, 2, report.Error, "its Content-Encoding is zstd", "Content-Encoding: zstd",
			plain),
		Entry("deflate that is none", limit, 2, report.Error, "its Content-Encoding is deflate",
			"Content-Encoding: deflate", plain),
		Entry("gzip inside br that is none", limit, 2, report.Error, "its Content-Encoding is br",
			"Content-Encoding: gzip, br", plain),
		Entry("gzip, identity", limit, 0, report.Pass, "", "Content-Encoding: gzip, identity", zipped),
		Entry("gzip in gzip", limit, 0, report.Pass, "", "Content-Encoding: gzip, gzip",
			func(b []byte) []byte { return zipped(zipped(b)) }),
		Entry("two Content-Types", sample, limit, 0, report.Pass, "an answer has one Content-Type, and this one has 2",
			"Content-Type: text/html", plain),
		Entry("Content-Length beside Transfer-Encoding", limit, 0, report.Pass,
			"an answer with Transfer-Encoding has no Content-Length",
			"Transfer-Encoding: chunked\r\nContent-Length: 3",
			func(b []byte) []byte { return fmt.Appendf(nil, "%x\r\n%s\r\n0\r\n\r\n", len(b), b) }),
	)

	DescribeTable("that no longer serves anything ends the run", func(ctx SpecContext, refuse wire, sentence string) {
		g := startGateway(func(g *gateway, w http.ResponseWriter, r *http.Request) bool {
			if g.requests("spec 401/") == 0 {
				return false
			}
			refuse.write(g, w, r)
			return true
		})
		o := newDesk(g.environment, soon...).run(ctx, "run", "-target=staging", "-focus=401/(no-token|garbage-token)/",
			"-procs=2")
		Expect(o.code).To(Equal(2), o.output)
		Expect(o.result.Verdict).To(Equal(report.Error))
		Expect(withVerdict(o.result, report.Violation)).To(BeEmpty())
		stopped := 0
		for _, s := range o.result.Specs {
			Expect(s.Verdict).To(Equal(report.Error))
			if s.Requests == 0 {
				Expect(s.Reason).To(HavePrefix(sentence), "in the same words for all")
				stopped++
			}
		}
		Expect(len(o.result.Specs)).To(BeNumerically(">", 150))
		Expect(stopped).To(BeNumerically(">=", len(o.result.Specs)-25), "20 in a row, and what was under way: %s",
			o.output)
		Expect(g.requests("spec 401/")).To(BeNumerically("<=", 25*6), "each with at most five waits")

		Expect(o.result.Leftovers).NotTo(BeEmpty())
		Expect(o.flat()).To(MatchRegexp(`\d+ of kind (user|client|tenant), such as`), "equal leftovers are one line")
		for _, l := range o.result.Leftovers {
			Expect(l.Reason).NotTo(ContainSubstring("<html>"))
		}
	},
		Entry("because it throttles", SpecTimeout(2*time.Minute),
			says("HTTP/1.1 429 x\r\nRetry-After: 0\r\nContent-Type: text/html\r\nConnection: "+
				"close\r\n\r\n<html>busy</html>"),
			"the target throttles: 20 exchanges in a row ended with 429"),
		Entry("because it is silent", SpecTimeout(2*time.Minute), says(""),
			"the target gives no answer: 20 exchanges in a row ended without one"),
	)

	// The clean-up's time-out does not count what is waited for the rate, and yet what a throttling target asks for.
	It("that throttles does not keep a run that a signal ends", SpecTimeout(time.Minute), func(ctx SpecContext) {
		var throttled atomic.Int64
		busy := says("HTTP/1.1 429 x\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		g := startGateway(func(g *gateway, w http.ResponseWriter, r *http.Request) bool {
			if g.requests("spec 401/") == 0 {
				return false
			}
			throttled.Add(1)
			busy.write(g, w, r)
			return true
		})
		d := newDesk(g.environment, soon...)
		session := d.start(binaries.Conformance, "run", "-config="+d.path("ginkgo.yml"), "-reports="+d.folder,
			"-target=staging", "-focus=401/", "-procs=2")
		Eventually(ctx, throttled.Load).WithPolling(pollEvery).Should(BeNumerically(">=", 4))
		session.Signal(syscall.SIGINT)
		o := d.finish(ctx, session)
		Expect(o.code).To(Equal(2), o.output)
		Expect(o.result.Leftovers).NotTo(BeEmpty())
	})

	It("with a 50x in place of each refusal is not asked again and again", long, SpecTimeout(2*time.Minute),
		func(ctx SpecContext) {
			g := startGateway(func(g *gateway, w http.ResponseWriter, r *http.Request) bool {
				if !strings.Contains(r.UserAgent(), "spec 4") {
					return false
				}
				status, header, body := g.upstream(r)
				if status/100 == 4 {
					status = 500
				}
				deliver(w, status, header, body)
				return true
			})
			o := newDesk(g.environment).run(ctx, "run", "-target=staging", "-procs=2",
				"-filter=(401 || 404) && read && (no-token || garbage-token || unknown-id)")
			Expect(o.code).To(Equal(1), o.output)
			Expect(len(o.result.Specs)).To(BeNumerically(">", 100))
			Expect(withVerdict(o.result, report.Violation)).To(HaveLen(len(o.result.Specs)))
			Expect(withVerdict(o.result, report.Violation)).To(HaveEach(ContainSubstring("the service fails (500)")))
			repeats := 0
			for _, s := range o.result.Specs {
				repeats += len(s.Exchanges[0].Attempts) - 1
			}
			// Five exchanges of one code, one of each other, two repeats each, and what the other process had under
			// way.
			Expect(repeats).To(And(BeNumerically(">=", 10), BeNumerically("<=", 20)))
		})

	It("is told a serial and not the spec", limit, func(ctx SpecContext) {
		environment := startMock()
		mock, err := url.Parse(environment["ACRONIS_DATACENTER_URL"])
		Expect(err).NotTo(HaveOccurred())
		var mu sync.Mutex
		agents := map[string]string{}  // path by agent
		transport := &http.Transport{} // of its own: httptest closes connections of the one that all share
		DeferCleanup(transport.CloseIdleConnections)
		forward := &httputil.ReverseProxy{ErrorLog: quiet(), Transport: transport,
			Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(mock) }}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			agents[r.UserAgent()] = r.URL.Path
			mu.Unlock()
			body, _ := io.ReadAll(r.Body) // see gateway.ServeHTTP
			r.Body = io.NopCloser(bytes.NewReader(body))
			forward.ServeHTTP(w, r)
		}))
		DeferCleanup(server.Close)
		environment["ACRONIS_DATACENTER_URL"] = server.URL
		o := newDesk(environment).run(ctx, "run", "-target=staging", few, "-procs=2")
		Expect(o.code).To(Equal(0), o.output)
		form := regexp.MustCompile(`^acronis-conformance/[\d.]+ \(run ` + o.result.Run.ID + `; (\d+-\d+)\)$`)
		found := 0
		for agent, path := range agents {
			Expect(agent).To(MatchRegexp(form.String()))
			serial := form.FindStringSubmatch(agent)[1]
			for _, s := range o.result.Specs {
				for _, e := range s.Exchanges {
					if e.Serial == serial {
						Expect(e.URL).To(HaveSuffix(path))
						found++
					}
				}
			}
		}
		Expect(found).To(Equal(2), "the requests of both specs are found by their serials")
	})

	DescribeTable("names the proxy that fails", func(ctx SpecContext, handle func(net.Conn), words string) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { _ = listener.Close() })
		if handle == nil {
			Expect(listener.Close()).To(Succeed())
		}
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				handle(conn)
				_ = conn.Close()
			}
		}()
		environment := map[string]string{"ACRONIS_DATACENTER_URL": "https://datacenter.example",
			"ACRONIS_CLIENT_ID":     "id",
			"ACRONIS_CLIENT_SECRET": "not-the-secret",
			"HTTPS_PROXY":           "http://someone:pass-of-the-proxy@" + listener.Addr().String(), "NO_PROXY": ""}
		o := newDesk(environment).run(ctx, "run", "-target=staging", few)
		Expect(o.code).To(Equal(2), o.output)
		Expect(o.flat()).To(ContainSubstring("cannot go through the proxy " + listener.Addr().String() +
			" to https://datacenter.example"))
		Expect(o.flat()).To(ContainSubstring(words))
		Expect(o.output).NotTo(ContainSubstring("pass-of-the-proxy"))
		Expect(o.output).NotTo(ContainSubstring(base64.StdEncoding.EncodeToString([]byte("someone:pass-of-the-proxy"))))
	},
		Entry("because it is dead", limit, nil, "check that the proxy runs and that HTTPS_PROXY is right"),
		Entry("because it asks for a password", limit, func(conn net.Conn) {
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = io.WriteString(conn, "HTTP/1.1 407 x\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n")
		}, "it answered CONNECT with 407 Proxy Authentication Required: put user and password into the URL in "+
			"HTTPS_PROXY"),
	)
})

// connection is the key of the connection of a request.
type connection struct{}

func plain(body []byte) []byte { return body }

func zipped(body []byte) []byte {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(body)
	_ = w.Close()
	return packed.Bytes()
}
