package exchange

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"time"
)

const (
	// MaxBody is how long a body may be, as it came and decoded, to be kept as a whole.
	MaxBody = 10 << 20

	// keptBody is what is kept of one that is longer: it cannot be judged, and a beginning shows what it is.
	keptBody = 64 << 10
)

// attempt sends the request once. The attempt comes with an error too.
func (c *Client) attempt(parent context.Context, e *Exchange, number int) (Attempt, error) {
	timed, done := context.WithTimeoutCause(parent, c.options.AttemptTimeout, errTimeout)
	defer done()
	ctx, cancel := context.WithCancelCause(timed)
	defer cancel(nil)
	s := &sending{cancel: cancel}
	a := Attempt{Start: time.Now()}
	request, err := c.build(httptrace.WithClientTrace(ctx, s.trace()), e, number)
	if err != nil {
		return a, fmt.Errorf("request %s %s: %w", e.Request.Method, c.options.Redactor.URL(e.URL), c.options.Redactor.Error(err))
	}

	op, err := c.roundTrip(request, &a)
	a.Duration = time.Since(a.Start)
	c.options.Redactor.LearnResponse(a.Header, a.Body)
	if err != nil {
		switch repeatable := s.repeatable(); {
		case parent.Err() != nil:
			err = c.interrupted(e, context.Cause(parent))
		case timed.Err() != nil:
			err = c.targetError(op, e, s, fmt.Errorf("%w: given up after %v", errTimeout, c.options.AttemptTimeout))
		case repeatable != nil:
			err = c.targetError(op, e, s, repeatable)
		default:
			err = c.targetError(op, e, s, err)
		}
		a.Error = c.describe(err)
	}
	return a, err
}

// describe returns an error's text without what the exchange says anyway.
func (c *Client) describe(err error) string {
	var target *TargetError
	if errors.As(err, &target) {
		err = target.Cause
	}
	return c.options.Redactor.String(err.Error())
}

// What a client does that may fail; see explain for the first.
const (
	opAnswer = "get an answer from"
	opRead   = "read the answer of"
	opDecode = "decode the answer of"
)

// roundTrip sends the request and reads the answer into a. It says with an error what failed.
func (c *Client) roundTrip(request *http.Request, a *Attempt) (op string, err error) {
	response, err := c.transport.RoundTrip(request)
	if err != nil {
		return opAnswer, err
	}
	defer response.Body.Close()
	a.Status, a.Proto, a.Header = response.StatusCode, response.Proto, response.Header
	if a.Status == http.StatusSwitchingProtocols {
		return "", nil // its body is the connection, and would be read for ever
	}
	a.Body, a.Truncated, err = readLimited(response.Body)
	if err != nil {
		return opRead, err
	}
	if !gzipped(a.Header) || len(a.Body) == 0 {
		return "", nil
	}
	decoded, more, err := decode(a.Body)
	if err != nil && !(a.Truncated && errors.Is(err, io.ErrUnexpectedEOF)) {
		return opDecode, fmt.Errorf("its Content-Encoding is gzip: %w", err)
	}
	a.Body, a.Truncated = decoded, a.Truncated || more
	return "", nil
}

// gzipped says whether a body is compressed. The client asks for no encoding, but some servers compress all the same.
func gzipped(h http.Header) bool {
	encoding := strings.ToLower(strings.TrimSpace(h.Get("Content-Encoding")))
	return encoding == "gzip" || encoding == "x-gzip"
}

func decode(body []byte) (decoded []byte, more bool, err error) {
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, false, err
	}
	return readLimited(r)
}

// readLimited reads a body of up to MaxBody, or says that there is more, and returns the beginning. What was read comes with an
// error too. Endless bodies are many where a target is sick: none of them costs more than one short one for longer than it is read.
func readLimited(r io.Reader) (body []byte, more bool, err error) {
	var read bytes.Buffer // grows by doubling, which leaves less behind than io.ReadAll
	if _, err = read.ReadFrom(io.LimitReader(r, keptBody)); err != nil || read.Len() < keptBody {
		return read.Bytes(), false, err
	}
	_, err = read.ReadFrom(io.LimitReader(r, MaxBody-keptBody+1))
	if read.Len() > MaxBody {
		return bytes.Clone(read.Bytes()[:keptBody]), true, nil
	}
	return read.Bytes(), false, err
}
