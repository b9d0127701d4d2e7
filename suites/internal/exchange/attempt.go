package exchange

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"time"
	"unicode/utf8"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/encoding"
)

// MaxBody is how long a body may be, as it came and decoded, to be kept as a whole.
const MaxBody = encoding.MaxBody

// attempt sends the request once. The attempt comes with an error too.
func (c *Client) attempt(parent context.Context, over transport, e *Exchange, number int) (Attempt, error) {
	timed, done := context.WithTimeoutCause(parent, c.options.AttemptTimeout, errTimeout)
	defer done()
	ctx, cancel := context.WithCancelCause(timed)
	defer cancel(nil)
	s := &sending{cancel: cancel}
	a := Attempt{Start: time.Now()}
	request, err := c.build(httptrace.WithClientTrace(ctx, s.trace()), e, number)
	if err != nil {
		return a, fmt.Errorf("request %s %s: %w", e.Request.Method,
			c.options.Redactor.URL(e.URL), c.options.Redactor.Error(err))
	}

	op, err := roundTrip(over, request, &a, s.head)
	a.Duration = time.Since(a.Start)
	a.read = schemas.NewJSON(a.Body)
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

// roundTrip sends the request and reads the answer into a. It says with an error what failed. The answer's headers as
// they came are asked for once it is there.
func roundTrip(over transport, request *http.Request, a *Attempt,
	raw func() textproto.MIMEHeader) (op string, err error) {
	response, err := over.RoundTrip(request)
	if err != nil {
		return opAnswer, err
	}
	defer response.Body.Close()
	a.Status, a.Proto, a.Header = response.StatusCode, response.Proto, response.Header
	if a.Status == http.StatusSwitchingProtocols {
		return "", nil // its body is the connection, and would be read without end
	}
	a.Remarks = remarks(response, raw())
	a.Body, a.Truncated, err = encoding.ReadLimited(response.Body)
	if err != nil {
		return opRead, err
	}
	decoded, more, err := encoding.Decode(a.Header, a.Body)
	switch {
	case errors.Is(err, encoding.ErrUnknown) && utf8.Valid(a.Body):
		// A name that is none, such as utf-8, before a body that is not encoded: the body says what it is.
		named := a.Header.Get("Content-Encoding")
		a.Remarks = append(a.Remarks, fmt.Sprintf("the Content-Encoding %q is none that is registered", named))
		return "", nil
	case err != nil && !(a.Truncated && errors.Is(err, io.ErrUnexpectedEOF)):
		return opDecode, fmt.Errorf("its Content-Encoding is %w", err)
	}
	a.Body, a.Truncated = decoded, a.Truncated || more
	return "", nil
}

// remarks are what HTTP in general says against the headers of an answer, and net/http lets pass. The raw headers are
// nil where they are not known.
func remarks(response *http.Response, raw textproto.MIMEHeader) []string {
	var all []string
	if types := response.Header["Content-Type"]; len(types) > 1 {
		all = append(all, fmt.Sprintf("an answer has one Content-Type, and this one has %d", len(types)))
	}
	if raw.Get("Transfer-Encoding") != "" && raw.Get("Content-Length") != "" {
		all = append(all, "an answer with Transfer-Encoding has no Content-Length")
	}
	return all
}
