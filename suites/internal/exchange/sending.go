package exchange

import (
	"context"
	"errors"
	"net/http/httptrace"
	"net/textproto"
	"sync"
)

// sending watches one sending of a request, and keeps it at one.
//
// net/http sends a request again by itself where a kept connection turns out to be dead: reads always, other
// requests where nothing was written or the server says by HTTP/2 (GOAWAY, REFUSED_STREAM) that it did not process
// the request. A server can bring that about thousands of times in a second. So the second sending is stopped before
// anything is written, and Do decides whether there is one: it then takes its turn and counts as any other request
// does.
type sending struct {
	cancel context.CancelCauseFunc

	mu      sync.Mutex
	started int       // times that the request was about to be put on a connection
	again   bool      // net/http was about to send the request again, and was stopped
	reached bool      // a connection led to the target, through a proxy if there is one
	http2   bool      // the first connection is one of HTTP/2
	conn    *recorded // the first connection, where it is one of HTTP/1
}

// trace returns the hooks for net/http.
func (s *sending) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{GetConn: s.getConn, GotConn: s.gotConn, TLSHandshakeStart: s.handshake}
}

func (s *sending) handshake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reached = true
}

func (s *sending) getConn(string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started > 0 {
		s.stop() // before a connection is made in vain
	}
}

func (s *sending) gotConn(info httptrace.GotConnInfo) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reached = true
	if s.started++; s.started == 1 {
		s.http2 = isHTTP2(info.Conn)
		if s.conn, _ = info.Conn.(*recorded); s.conn != nil {
			s.conn.begin()
		}
		return
	}
	s.stop() // net/http had another connection at hand
	if !isHTTP2(info.Conn) {
		// net/http writes to an HTTP/1 connection before it looks at the context. The connection is this request's
		// alone.
		_ = info.Conn.Close()
	}
}

// stop ends the sending. The caller holds the lock.
func (s *sending) stop() {
	s.again = true
	s.cancel(errUnprocessed)
}

// repeatable returns why the target has not processed the request according to net/http; nil where that is not known.
func (s *sending) repeatable() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.again:
		return nil
	case s.http2:
		return errRefusedUnread
	default:
		return errDead
	}
}

// hasReached reports whether there was a connection to the target: where there is a proxy and it was not, the
// failure is the proxy's.
func (s *sending) hasReached() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reached
}

// head returns the headers of the answer as they came; nil where that is not known.
func (s *sending) head() textproto.MIMEHeader {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil {
		return nil
	}
	return s.conn.answer()
}

// What makes a request worth sending once more, whatever it is.
var (
	errUnprocessed   = errors.New("the target has not processed the request")
	errDead          = unprocessed("the target had closed the connection that was kept from an earlier answer")
	errRefusedUnread = unprocessed("the target closed the connection or refused the request " +
		"without processing it (GOAWAY or REFUSED_STREAM of HTTP/2)")
)

// unprocessed is an error that is errUnprocessed.
type unprocessed string

func (e unprocessed) Error() string { return string(e) }

func (e unprocessed) Is(target error) bool { return target == errUnprocessed }
