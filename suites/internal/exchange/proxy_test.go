package exchange_test

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/redact"
)

// proxied names the one proxy for this test. Requests to a loopback address never go through one.
func proxied(t *testing.T, variable, url string) {
	t.Helper()
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"} {
		t.Setenv(name, "")
	}
	t.Setenv(variable, url)
}

func TestTheProxyIsNamed(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for name, c := range map[string]struct {
		variable string
		proxy    string
		timeout  time.Duration
		cause    string
		hint     string
	}{
		"dead": {"HTTPS_PROXY", "http://" + closed.Addr().String(), 0, "connection refused",
			"check that the proxy runs and that HTTPS_PROXY is right"},
		"dead, small letters": {"https_proxy", "http://" + closed.Addr().String(), 0, "connection refused",
			"check that the proxy runs and that https_proxy is right"},
		"asks for a password": {"HTTPS_PROXY",
			raw(t, answerAndClose("HTTP/1.1 407 Give me\r\nProxy-Authenticate: Basic\r\n\r\n")), 0,
			"it answered CONNECT with 407 Proxy Authentication Required",
			"put user and password into the URL in HTTPS_PROXY"},
		"refuses the host": {"HTTPS_PROXY", raw(t, answerAndClose("HTTP/1.1 403 No\r\n\r\n")), 0,
			"it answered CONNECT with 403 Forbidden", "ask the proxy's administrator"},
		"hangs up": {"HTTPS_PROXY", raw(t, answerAndClose("")), 0, "EOF", "check that the proxy runs"},
		"is silent": {"HTTPS_PROXY", raw(t, answer("")), time.Second, "no complete answer in time",
			"check that the proxy runs"},
		"has credentials": {"HTTPS_PROXY", "http://me:s3cr3t@" + closed.Addr().String(), 0, "connection refused",
			"HTTPS_PROXY names"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			proxied(t, c.variable, c.proxy)
			e, err := newClient(t, exchange.Options{BaseURL: "https://target.example", AttemptTimeout: c.timeout}).Do(
				t.Context(), exchange.Request{Method: "GET", Path: "/x"})
			var target *exchange.TargetError
			g.Expect(errors.As(err, &target)).To(BeTrue(), "%v", err)
			g.Expect(target.Op).To(MatchRegexp(`^go through the proxy 127\.0\.0\.1:\d+ to$`))
			g.Expect(target.URL).To(Equal("https://target.example/api/2/x"))
			g.Expect(target.Cause).To(MatchError(ContainSubstring(c.cause)))
			g.Expect(target.Hint).To(ContainSubstring(c.hint))
			g.Expect(err.Error()).To(ContainSubstring("PROXY"))
			g.Expect(err.Error()).NotTo(ContainSubstring("s3cr3t"))
			g.Expect(e.Attempts).To(HaveLen(1))
		})
	}
}

// What fails behind the proxy is not the proxy's fault.
func TestBehindAProxy(t *testing.T) {
	g := NewWithT(t)
	s := secure(t, nil, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/breaks") {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(204)
	})
	relay := raw(t, func(conn net.Conn, r *bufio.Reader) {
		g.Expect(head(r)).To(HavePrefix("CONNECT example.com:443 HTTP/1.1\r\n"))
		target, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			return
		}
		defer target.Close()
		fmt.Fprint(conn, "HTTP/1.1 200 OK\r\n\r\n")
		go io.Copy(target, r)
		io.Copy(conn, target)
	})
	proxied(t, "HTTPS_PROXY", relay)
	c := newClient(t, exchange.Options{BaseURL: "https://example.com", RootCAs: trusting(s)})
	e, err := c.Do(t.Context(), exchange.Request{Method: "GET", Path: "/x"})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(e.Status()).To(Equal(204))
	g.Expect(e.Last().Proto).To(Equal("HTTP/2.0"))

	_, err = c.Do(t.Context(), exchange.Request{Method: "POST", Path: "/breaks"})
	g.Expect(err).To(MatchError(HavePrefix("cannot get an answer from https://example.com/api/2/breaks: ")))

	_, err = newClient(t, exchange.Options{BaseURL: "https://example.com"}).Do(t.Context(),
		exchange.Request{Method: "GET", Path: "/x"})
	g.Expect(err).To(MatchError(HavePrefix("cannot agree on TLS with https://example.com/api/2/x: ")))
}

func TestCredentialsOfProxiesAreKnown(t *testing.T) {
	for value, password := range map[string]string{
		"http://me:pr0xy-p4ss@proxy.example:3128":   "pr0xy-p4ss",
		"http://me:pr0xy%2Fp4%40ss@proxy.example":   "pr0xy/p4@ss",
		"me:pr0xy-p4ss@proxy.example:3128":          "pr0xy-p4ss",
		"http://me:pr0xy p4ss@proxy.example:port/?": "pr0xy p4ss",
		"http://me:pr0xy@p4ss@proxy.example":        "pr0xy@p4ss",
		"http://t0ken-0f-the-proxy@proxy.example":   "t0ken-0f-the-proxy",
	} {
		for _, name := range []string{"HTTP_PROXY", "https_proxy"} {
			t.Run(name+"="+value, func(t *testing.T) {
				g := NewWithT(t)
				t.Setenv(name, value)
				r := redact.New()
				newClient(t, exchange.Options{BaseURL: "https://h", Redactor: r})
				g.Expect(r.String("refused <" + password + ">")).To(Equal("refused <$ACRONIS_PROXY_PASSWORD>"))
				g.Expect(r.String("refused <" + base64.StdEncoding.EncodeToString([]byte("me:"+password)) + ">")).To(
					Equal("refused <$ACRONIS_PROXY_PASSWORD>"))
				g.Expect(r.String("invalid proxy address " + value)).NotTo(ContainSubstring("p4"))
			})
		}
	}
}
