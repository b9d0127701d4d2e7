package exchange_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"

	"acronis-conformance/suites/internal/exchange"
)

const (
	tenMiB    = 10 << 20
	beginning = 64 << 10 // of a longer body
)

func compressed(write func(w io.Writer)) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	write(w)
	w.Close()
	return b.Bytes()
}

// answer sends a head and what follows it, and then waits for the client to go.
func answer(text string) func(net.Conn, *bufio.Reader) {
	return func(conn net.Conn, r *bufio.Reader) {
		head(r)
		io.WriteString(conn, text)
		io.Copy(io.Discard, r)
	}
}

// answerAndClose sends a head and what follows it, and closes the connection.
func answerAndClose(text string) func(net.Conn, *bufio.Reader) {
	return func(conn net.Conn, r *bufio.Reader) {
		head(r)
		io.WriteString(conn, text)
	}
}

// forever sends a text again and again.
func forever(start, text string) func(net.Conn, *bufio.Reader) {
	return func(conn net.Conn, r *bufio.Reader) {
		head(r)
		io.WriteString(conn, start)
		for {
			if _, err := io.WriteString(conn, text); err != nil {
				return
			}
		}
	}
}

func TestHostileTargets(t *testing.T) {
	const timeout = 1500 * time.Millisecond
	bomb := compressed(func(w io.Writer) {
		zeros := make([]byte, 1<<20)
		for range 12 {
			w.Write(zeros)
		}
	})
	noise := compressed(func(w io.Writer) { io.WriteString(w, strings.Repeat("noise", 1000)) })
	rows := map[string]struct {
		handle    func(net.Conn, *bufio.Reader)
		status    int
		body      int // length
		truncated bool
		op        string // of the error; none
		cause     string
	}{
		"silence":        {handle: answer(""), op: "get an answer from", cause: "no complete answer in time"},
		"closed at once": {handle: answerAndClose(""), op: "get an answer from", cause: "EOF"},
		"no HTTP": {handle: answerAndClose("SSH-2.0-OpenSSH_9.2\r\n\x1b[31m"), op: "get an answer from",
			cause: "malformed HTTP"},
		"half a head": {handle: answerAndClose("HTTP/1.1 200 OK\r\nA: b\r\n"), op: "get an answer from",
			cause: "unexpected EOF"},
		"status of five digits": {handle: answerAndClose("HTTP/1.1 20000 OK\r\n\r\n"), op: "get an answer from",
			cause: "malformed HTTP status code"},
		"reset in the body": {handle: reset("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"), status: 200,
			body: -1, op: "read the answer of", cause: "connection reset"},
		"body shorter than said": {handle: answerAndClose("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"),
			status: 200, body: 3, op: "read the answer of", cause: "unexpected EOF"},
		"body longer than said": {handle: answerAndClose("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabcdef"),
			status: 200, body: 2},
		"two lengths": {handle: answerAndClose(
			"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc"), op: "get an answer from",
			cause: "multiple Content-Length"},
		"length that is none": {handle: answerAndClose("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nabc"),
			op: "get an answer from", cause: "Content-Length"},
		"invalid chunk": {handle: answerAndClose(
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nxyz\r\n"), status: 200, body: 3,
			op: "read the answer of", cause: "invalid byte in chunk length"},
		"chunks without an end": {handle: answerAndClose(
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"), status: 200, body: 3,
			op: "read the answer of", cause: "unexpected EOF"},
		"a byte per second": {handle: drip("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"), status: 200, body: -1,
			op: "read the answer of", cause: "no complete answer in time"},
		"a head byte by byte": {handle: drip("HTTP/1.1 200 "), op: "get an answer from",
			cause: "no complete answer in time"},
		"body that stops": {handle: answer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"), status: 200,
			body: 3, op: "read the answer of", cause: "no complete answer in time"},
		"body without end": {handle: forever("HTTP/1.1 200 OK\r\n\r\n", strings.Repeat("x", 1<<16)), status: 200,
			body: beginning, truncated: true},
		"endless chunks": {handle: forever("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
			"8000\r\n"+strings.Repeat("x", 0x8000)+"\r\n"), status: 200, body: beginning, truncated: true},
		"exactly the limit": {handle: answer(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", tenMiB,
			strings.Repeat("x", tenMiB))), status: 200, body: tenMiB},
		"one more than the limit": {handle: answer(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s",
			tenMiB+1, strings.Repeat("x", tenMiB+1))), status: 200, body: beginning, truncated: true},
		"gzip, not asked for": {handle: answerAndClose("HTTP/1.1 200 OK\r\nContent-Encoding: GZip\r\n\r\n" +
			string(noise)), status: 200, body: 5000},
		"gzip bomb": {handle: answerAndClose("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" +
			string(bomb)), status: 200, body: beginning, truncated: true},
		"gzip that is none": {handle: answerAndClose("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n{\"a\":1}"),
			status: 200, body: 7, op: "decode the answer of", cause: "gzip"},
		"gzip cut short": {handle: answerAndClose("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" +
			string(noise[:len(noise)-9])), status: 200, body: len(noise) - 9, op: "decode the answer of",
			cause: "gzip"},
		"br that is none": {handle: answerAndClose("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n{\"a\":1}"),
			status: 200, body: 7, op: "decode the answer of", cause: "its Content-Encoding is br: brotli"},
		"zstd that is none": {handle: answerAndClose("HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\n\r\n{\"a\":1}"),
			status: 200, body: 7, op: "decode the answer of", cause: "its Content-Encoding is zstd"},
		"deflate that is none": {handle: answerAndClose(
			"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\n{\"a\":1}"), status: 200, body: 7,
			op: "decode the answer of", cause: "its Content-Encoding is deflate"},
		"compress": {handle: answerAndClose(
			"HTTP/1.1 200 OK\r\nContent-Encoding: compress\r\n\r\n{\"a\":1}"), status: 200, body: 7,
			op: "decode the answer of", cause: "the suite does not decode it"},
		"a coding that is none": {handle: answerAndClose("HTTP/1.1 200 OK\r\nContent-Encoding: utf-8\r\n\r\n{\"a\":1}"),
			status: 200, body: 7},
		"an unknown coding": {handle: answerAndClose("HTTP/1.1 200 OK\r\nContent-Encoding: x-own\r\n\r\n\xff\xfe"),
			status: 200, body: 2, op: "decode the answer of", cause: "its Content-Encoding is x-own: no such coding " +
				"is registered, and the suite does not decode it"},
		"gzip, identity": {handle: answerAndClose("HTTP/1.1 200 OK\r\nContent-Encoding: gzip, identity\r\n\r\n" +
			string(noise)), status: 200, body: 5000},
		"gzip of nothing": {handle: answerAndClose(
			"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n"), status: 200},
		"one huge header": {handle: answer("HTTP/1.1 200 OK\r\nA: " + strings.Repeat("x", 2<<20)),
			op: "get an answer from", cause: "exceeded 1048576 bytes"},
		"endless headers": {handle: forever("HTTP/1.1 200 OK\r\n", "A: "+strings.Repeat("x", 1000)+"\r\n"),
			op: "get an answer from", cause: "exceeded 1048576 bytes"},
		"endless status line": {handle: forever("HTTP/1.1 200 ", strings.Repeat("x", 1000)), op: "get an answer from",
			cause: "exceeded 1048576 bytes"},
		"endless 100": {handle: forever("", "HTTP/1.1 100 Continue\r\n\r\n"), op: "get an answer from",
			cause: "exceeded 1048576 bytes"},
		"endless 103": {handle: forever("", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"),
			op: "get an answer from", cause: "exceeded 1048576 bytes"},
		"some 1xx and then a 200": {handle: answerAndClose(strings.Repeat(
			"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", 20) +
			"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), status: 200, body: 2},
		"switch of protocols": {handle: answer(
			"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"), status: 101},
		"endless trailers": {handle: forever(
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: A\r\n\r\n2\r\nok\r\n0\r\n", "A: x\r\n"),
			status: 200, body: -1, op: "read the answer of"},
		"204 with a body": {handle: answerAndClose("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nabcde"),
			status: 204},
		"bare line feeds, HTTP/1.0": {handle: answerAndClose("HTTP/1.0 200 OK\n\nbody"), status: 200, body: 4},
	}
	defer leavesNothing(t)()
	all := t // the targets hold their connections until all rows are done: whatever ended, it was not their doing
	t.Run("rows", func(t *testing.T) {
		for name, c := range rows {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				g := NewWithT(t)
				base := raw(all, c.handle)
				client := newClient(t, exchange.Options{BaseURL: base, AttemptTimeout: timeoutFor(c.cause, timeout)})
				e, err := client.Do(t.Context(), exchange.Request{Method: "GET", Path: "/x"})
				attempts := 1
				if c.status == 0 && strings.HasSuffix(c.cause, "EOF") {
					attempts = 2 // nothing came, and so it is tried once more
				}
				g.Expect(e.Attempts).To(HaveLen(attempts))
				a := e.Last()
				g.Expect(a.Status).To(Equal(c.status))
				g.Expect(a.Truncated).To(Equal(c.truncated))
				if c.body >= 0 {
					g.Expect(a.Body).To(HaveLen(c.body))
				}
				if c.op == "" {
					g.Expect(err).NotTo(HaveOccurred())
					g.Expect(a.Error).To(BeEmpty())
					return
				}
				var target *exchange.TargetError
				g.Expect(errors.As(err, &target)).To(BeTrue(), "%v", err)
				g.Expect(target.Op).To(Equal(c.op))
				g.Expect(target.URL).To(Equal(base + "/api/2/x"))
				g.Expect(target.Cause).To(MatchError(ContainSubstring(c.cause)))
				g.Expect(target.Hint).NotTo(BeEmpty())
				g.Expect(a.Error).To(ContainSubstring(c.cause))
				g.Expect(err.Error()).NotTo(ContainSubstring("\x1b"))
			})
		}
	})
}

// leavesNothing looks, once the clients are closed and while the targets are still there, whether a goroutine is left
// of what a test did. It has less patience than a client has with a connection that is idle: that one would be gone
// by itself.
func leavesNothing(t *testing.T) func() {
	t.Helper()
	before := gleak.Goroutines()
	return func() {
		t.Helper()
		NewWithT(t).Eventually(gleak.Goroutines, 3*time.Second).ShouldNot(gleak.HaveLeaked(before,
			gleak.IgnoringInBacktrace("exchange_test.raw"), gleak.IgnoringInBacktrace(
				"httptest.(*Server)"), gleak.IgnoringInBacktrace("net/http.(*conn).serve"),
			gleak.IgnoringInBacktrace("net/http.(*Server).Serve")))
	}
}

// timeoutFor gives those that end by the time-out little time, and the others enough for a slow machine.
func timeoutFor(cause string, short time.Duration) time.Duration {
	if strings.Contains(cause, "in time") {
		return short
	}
	return 15 * time.Second
}

// reset sends a text and resets the connection.
func reset(text string) func(net.Conn, *bufio.Reader) {
	return func(conn net.Conn, r *bufio.Reader) {
		head(r)
		io.WriteString(conn, text)
		time.Sleep(50 * time.Millisecond) // let the client read the head
		conn.(*net.TCPConn).SetLinger(0)
	}
}

// drip sends a text and then a byte from time to time.
func drip(start string) func(net.Conn, *bufio.Reader) {
	return func(conn net.Conn, r *bufio.Reader) {
		head(r)
		io.WriteString(conn, start)
		for {
			if _, err := io.WriteString(conn, "x"); err != nil {
				return
			}
			time.Sleep(time.Second)
		}
	}
}

func TestTargetsThatAreNotThere(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + listener.Addr().String()
	listener.Close()
	for name, c := range map[string]struct{ base, op, hint string }{
		"nothing listens": {closed, "connect to", "nothing listens there"},
		"no such host":    {"http://no-such-host.invalid", "find the host of", "check the host"},
		"plain HTTP, not HTTPS": {"https" + strings.TrimPrefix(serve(t, func(http.ResponseWriter, *http.Request) {}),
			"http"), "agree on TLS with", "speaks plain HTTP"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			defer leavesNothing(t)()
			client := newClient(t, exchange.Options{BaseURL: c.base, AttemptTimeout: 10 * time.Second})
			defer client.Close()
			e, err := client.Do(t.Context(), exchange.Request{Method: "GET", Path: "/x"})
			var target *exchange.TargetError
			g.Expect(errors.As(err, &target)).To(BeTrue(), "%v", err)
			g.Expect(target.Op).To(Equal(c.op), "%v", err)
			g.Expect(target.Hint).To(ContainSubstring(c.hint))
			g.Expect(err.Error()).To(HavePrefix("cannot " + c.op + " " + c.base + "/api/2/x: "))
			g.Expect(e.Attempts).To(HaveLen(1))
			g.Expect(e.Status()).To(BeZero())
			g.Expect(e.Last().Error).NotTo(BeEmpty())
		})
	}
}

func TestTargetThatDoesNotReadTheBody(t *testing.T) {
	g := NewWithT(t)
	done := make(chan struct{})
	t.Cleanup(func() { close(done) }) // before the server's, which waits for it
	base := raw(t, func(conn net.Conn, _ *bufio.Reader) { <-done })
	defer leavesNothing(t)()
	client := newClient(t, exchange.Options{BaseURL: base, AttemptTimeout: time.Second})
	defer client.Close()
	_, err := client.Do(t.Context(), exchange.Request{Method: "POST", Path: "/x", Body: make([]byte, 64<<20)})
	g.Expect(err).To(MatchError(ContainSubstring("no complete answer in time")))
}

func TestEarlyAnswerToALongBody(t *testing.T) {
	g := NewWithT(t)
	base := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(413) })
	defer leavesNothing(t)()
	client := newClient(t, exchange.Options{BaseURL: base})
	defer client.Close()
	e, err := client.Do(t.Context(), exchange.Request{Method: "POST", Path: "/x", Body: make([]byte, 200<<10)})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(e.Status()).To(Equal(413))
}

func TestNoGoroutineIsLeftBehind(t *testing.T) {
	g := NewWithT(t)
	defer leavesNothing(t)()
	c, err := exchange.NewClient(exchange.Options{BaseURL: raw(t, drip("HTTP/1.1 200 OK\r\n\r\n")),
		AttemptTimeout: 300 * time.Millisecond})
	g.Expect(err).NotTo(HaveOccurred())
	for range 3 {
		_, err := c.Do(t.Context(), exchange.Request{Method: "GET", Path: "/x"})
		g.Expect(err).To(HaveOccurred())
	}
	c.Close()
}

func TestMain(m *testing.M) {
	log.SetOutput(io.Discard) // net/http logs answers that no one asked for
	os.Exit(m.Run())
}
