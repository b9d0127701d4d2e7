package exchange_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/net/http2"

	"acronis-conformance/suites/internal/exchange"
)

// counter counts what a limiter is asked for.
type counter struct{ turns atomic.Int32 }

func (c *counter) Acquire(ctx context.Context, earliest time.Time) (func(), error) {
	c.turns.Add(1)
	return func() {}, context.Cause(ctx)
}

func (*counter) Hold(time.Time) error { return nil }

func (*counter) Ended(context.Context, exchange.Outcome, string) error { return nil }

func (*counter) Repeats(string) bool { return true }

// frames serves HTTP/2 on bare connections, and calls the function for each request.
func frames(t *testing.T, onRequest func(f *http2.Framer, stream uint32, conn net.Conn)) *httptest.Server {
	t.Helper()
	return secure(t, func(s *httptest.Server) {
		s.EnableHTTP2 = false
		s.TLS = &tls.Config{NextProtos: []string{"h2"}}
		s.Config.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){"h2": func(_ *http.Server,
			conn *tls.Conn, _ http.Handler) {
			defer conn.Close()
			if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
				return
			}
			f := http2.NewFramer(conn, conn)
			if f.WriteSettings() != nil {
				return
			}
			for {
				frame, err := f.ReadFrame()
				if err != nil {
					return
				}
				if head, is := frame.(*http2.HeadersFrame); is {
					onRequest(f, head.StreamID, conn)
				}
			}
		}}
	}, nil)
}

// The ways in which an HTTP/2 server can make net/http send a request again and again.
func TestServersThatProcessNothing(t *testing.T) {
	goAway := func(f *http2.Framer, _ uint32, conn net.Conn) {
		_ = f.WriteGoAway(0, http2.ErrCodeNo, nil)
		conn.Close()
	}
	refuse := func(f *http2.Framer, stream uint32, _ net.Conn) {
		_ = f.WriteRSTStream(stream, http2.ErrCodeRefusedStream)
	}
	for name, c := range map[string]struct {
		behave  func(*http2.Framer, uint32, net.Conn)
		request exchange.Request
	}{
		"GOAWAY for a read":               {goAway, exchange.Request{Method: "GET", Path: "/x"}},
		"GOAWAY for a creation":           {goAway, exchange.Request{Method: "POST", Path: "/x", Body: []byte("{}")}},
		"GOAWAY for a deletion":           {goAway, exchange.Request{Method: "DELETE", Path: "/x"}},
		"a refused stream for a read":     {refuse, exchange.Request{Method: "GET", Path: "/x"}},
		"a refused stream for a creation": {refuse, exchange.Request{Method: "POST", Path: "/x", Body: []byte("{}")}},
		"a connection that ends at a write": {func(_ *http2.Framer, _ uint32, conn net.Conn) { conn.Close() },
			exchange.Request{Method: "POST", Path: "/x", Body: []byte("{}")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			var requests atomic.Int32
			s := frames(t, func(f *http2.Framer, stream uint32, conn net.Conn) {
				requests.Add(1)
				c.behave(f, stream, conn)
			})
			turns := &counter{}
			e, err := newClient(t, exchange.Options{BaseURL: s.URL, RootCAs: trusting(s), Limiter: turns}).
				Do(t.Context(),
					c.request)
			var target *exchange.TargetError
			g.Expect(errors.As(err, &target)).To(BeTrue(), "%v", err)
			g.Expect(len(e.Attempts)).To(And(BeNumerically(">=", 1), BeNumerically("<=", 2)))
			g.Expect(requests.Load()).To(BeEquivalentTo(len(e.Attempts)), "every sending is an attempt")
			g.Expect(turns.turns.Load()).To(BeEquivalentTo(len(e.Attempts)), "and takes a turn")
			if len(e.Attempts) == 2 {
				g.Expect(e.Attempts[0].Error).To(HaveSuffix("; the request was sent once more"))
				g.Expect(target.Cause).To(
					MatchError(ContainSubstring("without processing it (GOAWAY or REFUSED_STREAM of HTTP/2)")))
				g.Expect(target.Hint).To(ContainSubstring("gateway"))
			}
			if name == "a connection that ends at a write" {
				g.Expect(e.Attempts).To(HaveLen(1), "nothing says that the write was not carried out")
			}
		})
	}
}

// Several kept connections may be dead at once. The second sending must not end on one of these, and none may take
// another request.
func TestAllKeptConnectionsAreDead(t *testing.T) {
	for range 10 {
		g := NewWithT(t)
		var requests atomic.Int32
		var connections sync.WaitGroup
		arrived, answer := make(chan bool, 3), make(chan bool)
		base := raw(t, func(conn net.Conn, r *bufio.Reader) {
			connections.Add(1)
			defer connections.Done()
			head(r)
			if requests.Add(1) <= 3 {
				arrived <- true
				<-answer
			}
			fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
			if head(r) != "" { // and then the connection ends
				requests.Add(1)
			}
		})
		c := newClient(t, exchange.Options{BaseURL: base})
		done := make(chan error)
		for range 3 {
			go func() {
				_, err := c.Do(t.Context(), exchange.Request{Method: "GET", Path: "/x"})
				done <- err
			}()
		}
		for range 3 {
			<-arrived
		}
		close(answer)
		for range 3 {
			g.Expect(<-done).NotTo(HaveOccurred())
		}
		e, err := c.Do(t.Context(), exchange.Request{Method: "GET", Path: "/x"})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(e.Attempts).To(HaveLen(2))
		c.Close()
		connections.Wait()
		g.Expect(requests.Load()).To(BeEquivalentTo(3 + 2))
	}
}
