// Package exchange sends requests exactly as the suite means them, and keeps what came back as evidence.
//
// The client adds nothing that could hide a status code under test: no default Content-Type, no redirect, no cookie.
// It sends a request again in three cases only, and keeps every attempt in the exchange:
//
//   - after a 50x, as the documentation asks: at most twice, 1 to 2 s apart
//   - after a 429, with which a target asks for patience: at most five times, as late as Retry-After says, up to a
//     minute, or 1 to 2 s later where it says nothing
//   - once, where the connection breaks without any answer, and the request is a read without a body: that is the
//     network's failure and not the service's answer. What may write is never sent again for that.
//
// An exchange holds what was really sent and received, secrets included; what leaves the process is its Evidence.
package exchange

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/redact"
)

// Request is one request as the suite means it: the client adds nothing to it but the User-Agent.
type Request struct {
	Spec     string      `json:"spec,omitempty"` // spec id; the target is not told
	Method   string      `json:"method"`
	Path     string      `json:"path"`           // below /api/2, starts with "/", already escaped, without a query
	Root     bool        `json:"root,omitempty"` // Path is relative to the host, not to /api/2
	Query    url.Values  `json:"query,omitempty"`
	Header   http.Header `json:"header,omitempty"`
	Body     []byte      `json:"body,omitempty"` // nil: none
	Fault    *Fault      `json:"fault,omitempty"`
	NoRepeat bool        `json:"no_repeat,omitempty"` // a 50x is the answer at once
	// of exchanges whose repeats tell the same about the target; empty: of its own
	Kind string `json:"kind,omitempty"`
}

// KindOfEqual begins a Kind that is of equal requests only: of these, one that failed after all repeats tells what
// the next does.
const KindOfEqual = "= "

// Fault asks the target, by a header, to answer the first attempts with a status.
type Fault struct {
	Header   string `json:"header"`
	Status   int    `json:"status"`
	Attempts int    `json:"attempts"` // on attempts 1 to n; below 0: on all
}

// on reports whether the attempt of that number, counted from 1, asks for the failure.
func (f *Fault) on(attempt int) bool { return f != nil && (f.Attempts < 0 || attempt <= f.Attempts) }

// Attempt is one sending of a request and what came back.
type Attempt struct {
	Start     time.Time     `json:"start"`
	Duration  time.Duration `json:"duration"`
	Status    int           `json:"status,omitempty"` // 0: no answer
	Proto     string        `json:"proto,omitempty"`
	Header    http.Header   `json:"header,omitempty"`
	Body      []byte        `json:"body,omitempty"`      // without its Content-Encoding, where there is no error
	Truncated bool          `json:"truncated,omitempty"` // the body is longer than MaxBody, and this is its beginning
	Remarks   []string      `json:"remarks,omitempty"`   // what HTTP in general says against the answer's headers
	Error     string        `json:"error,omitempty"`     // why there is no answer, or none that is complete
	read      *schemas.JSON // nil for an attempt of another process
}

// JSON is what schemas.ReadJSON returns for the body. It is shared, and must not be changed.
func (a Attempt) JSON() (any, error) { return a.JSONBody().Read() }

// JSONBody is the body as one that is read once.
func (a Attempt) JSONBody() *schemas.JSON {
	if a.read == nil {
		return schemas.NewJSON(a.Body)
	}
	return a.read
}

// Exchange is one request with all its attempts and responses: the evidence of a spec. Marshalled, it holds secrets:
// it may travel to another process of the same run, and nowhere else.
type Exchange struct {
	Serial   string    `json:"serial,omitempty"` // process and number, travels in the User-Agent
	Request  Request   `json:"request"`
	URL      string    `json:"url"`
	Attempts []Attempt `json:"attempts"`
	// Disowned says why the object that the answer to a creating call names is not the one created; empty where it is,
	// or where nothing was created.
	Disowned string `json:"disowned,omitempty"`
}

// Last returns the last attempt, the zero Attempt if there is none.
func (e *Exchange) Last() Attempt {
	if len(e.Attempts) == 0 {
		return Attempt{}
	}
	return e.Attempts[len(e.Attempts)-1]
}

// Status returns the status of the last attempt, 0 if it got no answer.
func (e *Exchange) Status() int { return e.Last().Status }

// Transient reports whether a 50x went away after repeats: worth a remark, no fault.
func (e *Exchange) Transient() bool {
	return e.Status() != 0 && !failed(e.Status()) && e.Failed()
}

// Failed reports whether an attempt before the last one was answered with a 50x, and so the last one is a repeat.
func (e *Exchange) Failed() bool {
	return len(e.Attempts) > 1 && slices.ContainsFunc(e.Attempts[:len(e.Attempts)-1],
		func(a Attempt) bool { return failed(a.Status) })
}

// Repeated reports whether the target may have carried the request out before the last attempt: an attempt before was
// answered with a 50x or not at all.
func (e *Exchange) Repeated() bool {
	return len(e.Attempts) > 1 && slices.ContainsFunc(e.Attempts[:len(e.Attempts)-1],
		func(a Attempt) bool { return a.Status == 0 || failed(a.Status) })
}

// outcome is how the exchange ended with that error, and the kind of exchanges that it counts for. It is empty where
// the end says nothing about the target.
func (e *Exchange) outcome(err error) (outcome Outcome, kind string) {
	var target *TargetError
	switch {
	case errors.As(err, &target):
		return Silent, ""
	case err != nil:
		return "", ""
	case e.Status() == http.StatusTooManyRequests:
		return Throttled, ""
	case !failed(e.Status()):
		return Answered, e.Request.Kind
	case e.Failed():
		return Failed, e.Request.Kind
	}
	return Answered, "" // it was not repeated, and so tells nothing about repeats
}

// failed reports whether a status is one of the 50x that the documentation asks to repeat.
func failed(status int) bool { return status/10 == 50 }

// String names the exchange by what is not a secret. The other forms below do the same, whatever prints an exchange:
// a failure message of gomega would show every field.
func (e *Exchange) String() string {
	if e == nil {
		return "no exchange"
	}
	return fmt.Sprintf("%s %s: %d after %d attempts", e.Request.Method, redact.New().URL(e.URL), e.Status(),
		len(e.Attempts))
}

// Format prints String, whatever the verb.
func (e *Exchange) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.String()) }

// GomegaString is what gomega prints.
func (e *Exchange) GomegaString() string { return e.String() }

// String names the request by what is not a secret.
func (r Request) String() string { return r.Method + " " + redact.New().String(r.Path) }

// Format prints String, whatever the verb.
func (r Request) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, r.String()) }

// GomegaString is what gomega prints.
func (r Request) GomegaString() string { return r.String() }

// String tells what came back by what is not a secret.
func (a Attempt) String() string {
	text := fmt.Sprintf("%d, %d bytes", a.Status, len(a.Body))
	if a.Error != "" {
		text += ": " + redact.New().String(a.Error)
	}
	return text
}

// Format prints String, whatever the verb.
func (a Attempt) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, a.String()) }

// GomegaString is what gomega prints.
func (a Attempt) GomegaString() string { return a.String() }
