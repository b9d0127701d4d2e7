package exchange

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"time"
	"unicode/utf8"

	"acronis-conformance/suites/internal/redact"
)

// maxShown is how much of a body goes into a report.
const maxShown = 16 << 10

// Evidence is the redacted view of an exchange, for reports. Control characters are in it as they came: see Printable.
type Evidence struct {
	Spec      string            `json:"spec,omitempty"`
	Serial    string            `json:"serial,omitempty"` // as in the User-Agent
	Method    string            `json:"method"`
	URL       string            `json:"url"`
	Headers   http.Header       `json:"headers,omitempty"` // without the User-Agent
	Body      *Text             `json:"body,omitempty"`
	Attempts  []EvidenceAttempt `json:"attempts"`
	Transient bool              `json:"transient,omitempty"` // a 50x went away after repeats
	Curl      string            `json:"curl"`
}

// EvidenceAttempt is the redacted view of an attempt.
type EvidenceAttempt struct {
	Start   time.Time   `json:"start"`
	MS      int64       `json:"ms"`
	Status  int         `json:"status,omitempty"`
	Proto   string      `json:"proto,omitempty"`
	Headers http.Header `json:"headers,omitempty"`
	Body    *Text       `json:"body,omitempty"`
	Error   string      `json:"error,omitempty"`
}

// Text is a body for reports.
type Text struct {
	Text      string `json:"text"`
	Base64    bool   `json:"base64,omitempty"`    // the body is not text
	Truncated bool   `json:"truncated,omitempty"` // Text is only the beginning of the body
	Size      int    `json:"size"`                // bytes of the body as it was read
}

// Evidence returns the redacted view of the exchange.
func (e *Exchange) Evidence(r *redact.Redactor) Evidence {
	r = e.teach(r)
	header := e.Request.sent(1)
	evidence := Evidence{
		Spec: e.Request.Spec, Serial: e.Serial, Method: e.Request.Method, URL: r.URL(e.URL),
		Headers: r.Header(header), Body: text(r, header, e.Request.Body, false),
		Attempts: make([]EvidenceAttempt, 0, len(e.Attempts)), Transient: e.Transient(), Curl: e.curl(r),
	}
	for _, a := range e.Attempts {
		evidence.Attempts = append(evidence.Attempts, EvidenceAttempt{
			Start: a.Start, MS: a.Duration.Milliseconds(), Status: a.Status, Proto: a.Proto,
			Headers: r.Header(a.Header), Body: text(r, a.Header, a.Body, a.Truncated), Error: r.String(a.Error),
		})
	}
	return evidence
}

// teach returns a Redactor that knows the secrets of the exchange. The exchange may come from another process, whose Redactor learned
// them when they were sent.
func (e *Exchange) teach(r *redact.Redactor) *redact.Redactor {
	if r == nil {
		r = redact.New()
	}
	r.LearnRequest(e.Request.Header, e.Request.Query, e.Request.Body)
	for _, a := range e.Attempts {
		r.LearnResponse(a.Header, a.Body)
	}
	return r
}

// text returns a body for reports, nil where there is none. It is cut after it is redacted: a secret at the cut would not be found.
func text(r *redact.Redactor, h http.Header, body []byte, truncated bool) *Text {
	if len(body) == 0 {
		return nil
	}
	shown := r.Body(h.Get("Content-Type"), body)
	t := &Text{Size: len(body), Truncated: truncated || len(shown) > maxShown, Base64: binary(body)}
	shown = shown[:min(len(shown), maxShown)]
	if t.Base64 {
		t.Text = base64.StdEncoding.EncodeToString(shown)
		return t
	}
	for len(shown) > 0 && !utf8.Valid(shown) { // the cut may have halved a character
		shown = shown[:len(shown)-1]
	}
	t.Text = string(shown)
	return t
}

// binary says whether a body is no text.
func binary(body []byte) bool { return !utf8.Valid(body) || bytes.IndexByte(body, 0) >= 0 }
