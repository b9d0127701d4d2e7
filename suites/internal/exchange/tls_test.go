package exchange_test

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/exchange"
)

// secure starts a target with TLS; set may change it first.
func secure(t *testing.T, set func(s *httptest.Server), h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.EnableHTTP2 = true
	if set != nil {
		set(s)
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// trusting returns the certificate authorities that the target is trusted by.
func trusting(s *httptest.Server) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return pool
}

func TestHTTP2WithOwnCA(t *testing.T) {
	g := NewWithT(t)
	var got []string
	s := secure(t, nil, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, fmt.Sprintf("%s %s %d %v %s", r.Method, r.Proto, r.ContentLength, r.Header, body))
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, "{}")
	})
	c := newClient(t, exchange.Options{BaseURL: s.URL, RootCAs: trusting(s)})
	for _, r := range []exchange.Request{{Method: "GET", Path: "/x"}, {Method: "POST", Path: "/x"}, {Method: "PUT",
		Path: "/x", Body: []byte("ab")}} {
		e, err := c.Do(t.Context(), r)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(e.Attempts).To(HaveLen(1))
		g.Expect(e.Last().Proto).To(Equal("HTTP/2.0"))
	}
	g.Expect(got).To(Equal([]string{
		"GET HTTP/2.0 0 map[User-Agent:[acronis-conformance (1-1)]] ",
		"POST HTTP/2.0 0 map[Content-Length:[0] User-Agent:[acronis-conformance (1-2)]] ",
		"PUT HTTP/2.0 2 map[Content-Length:[2] User-Agent:[acronis-conformance (1-3)]] ab",
	}))
}

func TestTLSTrouble(t *testing.T) {
	trusted := secure(t, nil, func(http.ResponseWriter, *http.Request) {})
	old := secure(t, func(s *httptest.Server) {
		s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	}, func(http.ResponseWriter, *http.Request) {})
	expired := secure(t, func(s *httptest.Server) {
		s.TLS = &tls.Config{Certificates: []tls.Certificate{certificate(t, time.Now().Add(-time.Hour))}}
	}, func(http.ResponseWriter, *http.Request) {})
	for name, c := range map[string]struct {
		options exchange.Options
		hint    string
	}{
		"unknown authority": {exchange.Options{BaseURL: trusted.URL}, "name its CA file"},
		"other host": {exchange.Options{BaseURL: strings.Replace(trusted.URL, "127.0.0.1", "localhost", 1),
			RootCAs: trusting(trusted)},
			"for another host"},
		"expired": {exchange.Options{BaseURL: expired.URL, RootCAs: trusting(expired)}, "check its dates"},
		"too old": {exchange.Options{BaseURL: old.URL, RootCAs: trusting(old)}, "TLS versions"},
		"closed at once": {exchange.Options{BaseURL: "https" + strings.TrimPrefix(raw(t, noTLS("")), "http")},
			"broke the answer off"},
		"no TLS and no HTTP": {exchange.Options{BaseURL: "https" + strings.TrimPrefix(raw(t, noTLS("SSH-2.0-x\r\n")),
			"http")}, "check scheme and port"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			c.options.AttemptTimeout = 2 * time.Second
			_, err := newClient(t, c.options).Do(t.Context(), exchange.Request{Method: "GET", Path: "/x"})
			var target *exchange.TargetError
			g.Expect(errors.As(err, &target)).To(BeTrue(), "%v", err)
			g.Expect(target.Hint).To(ContainSubstring(c.hint), "%v", err)
			g.Expect(err.Error()).To(ContainSubstring(c.options.BaseURL))
		})
	}
}

// A target may demand a client certificate in the handshake, or ask for one and go on without.
func TestClientCertificate(t *testing.T) {
	for name, c := range map[string]struct {
		http2   bool
		version uint16
		auth    tls.ClientAuthType
		demands bool
	}{
		"demanded, TLS 1.3, HTTP/2": {true, tls.VersionTLS13, tls.RequireAnyClientCert, true},
		"demanded, TLS 1.3, HTTP/1": {false, tls.VersionTLS13, tls.RequireAnyClientCert, true},
		"demanded, TLS 1.2, HTTP/2": {true, tls.VersionTLS12, tls.RequireAnyClientCert, true},
		"demanded, TLS 1.2, HTTP/1": {false, tls.VersionTLS12, tls.RequireAnyClientCert, true},
		"asked for":                 {true, tls.VersionTLS13, tls.RequestClientCert, false},
	} {
		for range 5 {
			t.Run(name, func(t *testing.T) {
				g := NewWithT(t)
				s := secure(t, func(s *httptest.Server) {
					s.EnableHTTP2 = c.http2
					s.TLS = &tls.Config{ClientAuth: c.auth, MaxVersion: c.version}
				}, func(w http.ResponseWriter, _ *http.Request) {})
				client := newClient(t, exchange.Options{BaseURL: s.URL, RootCAs: trusting(s),
					AttemptTimeout: 5 * time.Second})
				_, err := client.Do(t.Context(), exchange.Request{Method: "GET", Path: "/x"})
				if !c.demands {
					g.Expect(err).NotTo(HaveOccurred())
					return
				}
				var target *exchange.TargetError
				g.Expect(errors.As(err, &target)).To(BeTrue(), "%v", err)
				g.Expect(target.Hint).To(HavePrefix("the target demands a client certificate"), "%v", err)
			})
		}
	}
}

func TestRemarksBehindTLS(t *testing.T) {
	g := NewWithT(t)
	s := secure(t, func(s *httptest.Server) { s.EnableHTTP2 = false }, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n")
	})
	e, err := newClient(t, exchange.Options{BaseURL: s.URL, RootCAs: trusting(s)}).Do(t.Context(),
		exchange.Request{Method: "GET", Path: "/x"})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(e.Last().Remarks).To(Equal([]string{"an answer with Transfer-Encoding has no Content-Length"}))
}

// noTLS answers a TLS handshake with a text.
func noTLS(text string) func(net.Conn, *bufio.Reader) {
	return func(conn net.Conn, _ *bufio.Reader) {
		conn.Read(make([]byte, 1<<16))
		io.WriteString(conn, text)
	}
}

// certificate returns a self-signed one for 127.0.0.1 that ends then.
func certificate(t *testing.T, end time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: end.Add(-time.Hour), NotAfter: end,
		IPAddresses: []net.IP{{127, 0, 0, 1}},
		IsCA:        true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestHTTP2Hostile(t *testing.T) {
	endless := func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(bytes.Repeat([]byte("x"), 1<<16)); err != nil {
				return
			}
		}
	}
	abort := func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "abc")
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	slow := func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			io.WriteString(w, "x")
			http.NewResponseController(w).Flush()
			time.Sleep(100 * time.Millisecond)
		}
	}
	hints := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</x>")
		for r.Context().Err() == nil {
			w.WriteHeader(103)
		}
	}
	huge := func(w http.ResponseWriter, _ *http.Request) {
		for i := range 300 {
			w.Header().Set(fmt.Sprint("X-", i), strings.Repeat("x", 10_000))
		}
	}
	for name, c := range map[string]struct {
		handle    http.HandlerFunc
		op        string
		truncated bool
	}{
		"endless body": {endless, "", true}, "reset in the body": {abort, "read the answer of", false}, "slow": {slow,
			"read the answer of", false},
		"endless 103": {hints, "get an answer from", false}, "huge headers": {huge, "get an answer from", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			s := secure(t, nil, c.handle)
			client := newClient(t, exchange.Options{BaseURL: s.URL, RootCAs: trusting(s),
				AttemptTimeout: 3 * time.Second})
			e, err := client.Do(t.Context(), exchange.Request{Method: "GET", Path: "/x"})
			g.Expect(e.Attempts).To(HaveLen(1))
			g.Expect(e.Last().Truncated).To(Equal(c.truncated))
			if c.op == "" {
				g.Expect(err).NotTo(HaveOccurred())
				return
			}
			var target *exchange.TargetError
			g.Expect(errors.As(err, &target)).To(BeTrue(), "%v", err)
			g.Expect(target.Op).To(Equal(c.op), "%v", err)
		})
	}
}

// A server that goes away asks HTTP/2 clients to send elsewhere what it did not look at, and net/http does so by
// itself.
func TestHTTP2GoingAway(t *testing.T) {
	g := NewWithT(t)
	var requests atomic.Int32
	s := secure(t, nil, func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		w.Header().Set("Connection", "close") // sends GOAWAY
	})
	c := newClient(t, exchange.Options{BaseURL: s.URL, RootCAs: trusting(s)})
	sent := 0
	for range 10 {
		e, err := c.Do(t.Context(), exchange.Request{Method: "POST", Path: "/x", Body: []byte("x")})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(e.Status()).To(Equal(200))
		for _, a := range e.Attempts {
			if a.Status != 0 {
				sent++
			}
		}
	}
	g.Expect(requests.Load()).To(BeEquivalentTo(sent))
	g.Expect(sent).To(Equal(10))
}
