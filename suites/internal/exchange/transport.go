package exchange

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpproxy"
)

const (
	// maxHeader bounds the headers of an answer, and with them a flood of 1xx answers: net/http counts these into the
	// same limit.
	maxHeader = 1 << 20

	// maxIdle is how long a connection is kept for the next request. It stays below the 5 s after which common servers
	// close theirs, since a request that meets a closing connection gets no answer.
	maxIdle = 4 * time.Second

	// maxRecorded is how much of an answer's head is looked at as it came.
	maxRecorded = 16 << 10
)

// newTransport returns a transport that adds nothing: without DisableCompression it would ask for gzip by itself.
// The client calls it directly, not through an http.Client, which is what follows redirects, keeps cookies and sets
// Referer. The flag is set when the target asks for a client certificate.
func newTransport(roots *x509.CertPool, p *proxy, certificateAsked *atomic.Bool) *http.Transport {
	dialer := &net.Dialer{} // bounded by the attempt's timeout
	secure := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			certificateAsked.Store(true)
			return &tls.Certificate{}, nil // none, as without this function
		}}
	return &http.Transport{
		Proxy: p.of,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &recorded{Conn: conn}, nil
		},
		DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			config := secure
			if p.url != nil { // a proxy that speaks TLS itself is asked with HTTP/1
				config = secure.Clone()
				config.NextProtos = nil
			}
			conn, err := (&tls.Dialer{NetDialer: dialer, Config: config}).DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			if isHTTP2(conn) {
				return conn, nil // net/http takes only this type for HTTP/2
			}
			return &recorded{Conn: conn}, nil
		},
		TLSClientConfig:        secure, // behind a proxy
		OnProxyConnectResponse: refusedByProxy,
		ForceAttemptHTTP2:      true, // not by default with a TLS configuration of one's own
		DisableCompression:     true,
		MaxIdleConnsPerHost:    8,
		IdleConnTimeout:        maxIdle,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: maxHeader,
	}
}

// isHTTP2 reports whether the two ends of a connection have agreed on HTTP/2.
func isHTTP2(conn net.Conn) bool {
	secure, is := conn.(*tls.Conn)
	return is && secure.ConnectionState().NegotiatedProtocol == "h2"
}

// recorded is a connection that keeps the beginning of an answer as it came: net/http drops a Content-Length beside
// a Transfer-Encoding.
type recorded struct {
	net.Conn

	mu   sync.Mutex
	head []byte
}

func (r *recorded) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.head = append(r.head, p[:min(n, maxRecorded-len(r.head))]...)
	return n, err
}

// begin forgets the answer before.
func (r *recorded) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.head = r.head[:0]
}

// answer returns the headers of the answer as they came, without those of 1xx answers; nil where they were not
// recorded as a whole.
func (r *recorded) answer() textproto.MIMEHeader {
	r.mu.Lock()
	defer r.mu.Unlock()
	reader := textproto.NewReader(bufio.NewReaderSize(bytes.NewReader(r.head), len(r.head)))
	for {
		line, err := reader.ReadLine()
		if err != nil {
			return nil
		}
		header, err := reader.ReadMIMEHeader()
		if err != nil {
			return nil
		}
		if _, status, _ := strings.Cut(line, " "); !strings.HasPrefix(status, "1") {
			return header
		}
	}
}

// proxy is what stands between the suite and the target.
type proxy struct {
	url      *url.URL // nil where the requests go to the target itself
	variable string   // that names the proxy
}

// proxyFor finds the proxy that the environment names for the target.
func proxyFor(base string) (*proxy, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	name := strings.ToUpper(u.Scheme) + "_PROXY"
	if os.Getenv(name) == "" {
		name = strings.ToLower(name)
	}
	found, err := httpproxy.FromEnvironment().ProxyFunc()(u)
	return &proxy{url: found, variable: name}, err
}

func (p *proxy) of(*http.Request) (*url.URL, error) { return p.url, nil }

// host names the proxy without its credentials.
func (p *proxy) host() string {
	usual := map[string]string{"http": "80", "https": "443"}[p.url.Scheme]
	return net.JoinHostPort(p.url.Hostname(), cmp.Or(p.url.Port(), usual, "1080"))
}

// connectError is the answer of a proxy that does not connect to the target.
type connectError int

func (e connectError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("it answered CONNECT with %d %s", int(e), http.StatusText(int(e))))
}

func refusedByProxy(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return connectError(answer.StatusCode)
}
