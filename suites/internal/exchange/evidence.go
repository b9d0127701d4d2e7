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
	Text string `json:"text"`
	// Text is the base64 of a body that the suite sent and that is not text
	Base64    bool `json:"base64,omitempty"`
	Truncated bool `json:"truncated,omitempty"` // Text is only the beginning of the body
	Size      int  `json:"size"`                // bytes of the body as it was read
	// Decoded names what was undone to show the body as text, such as utf-16 or gzip, besides its Content-Encoding.
	Decoded string `json:"decoded,omitempty"`
	// SHA256 begins the sum of a body that is not shown, since it is not text: Text says so.
	SHA256 string `json:"sha256,omitempty"`
}

// Evidence returns the redacted view of the exchange.
func (e *Exchange) Evidence(r *redact.Redactor) Evidence {
	r = e.teach(r)
	header := e.Request.sent(1)
	evidence := Evidence{
		Spec: e.Request.Spec, Serial: e.Serial, Method: e.Request.Method, URL: r.URL(e.URL),
		Headers: r.Header(header), Body: sent(r, header, e.Request.Body),
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

// Outline is the evidence without headers and bodies: which requests were sent, and how often.
func (e *Exchange) Outline(r *redact.Redactor) Evidence {
	outline := Evidence{Spec: e.Request.Spec, Serial: e.Serial, Method: e.Request.Method, URL: r.URL(e.URL),
		Attempts: make([]EvidenceAttempt, 0, len(e.Attempts))}
	for _, a := range e.Attempts {
		outline.Attempts = append(outline.Attempts, EvidenceAttempt{Start: a.Start, MS: a.Duration.Milliseconds(),
			Status: a.Status, Proto: a.Proto})
	}
	return outline
}

// teach returns a Redactor that knows the secrets of the exchange. The exchange may come from another process, whose
// Redactor learned them when they were sent.
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

// text returns a body for reports, nil where there is none. A body that is not text is not shown: it may hold a
// secret in a form that cannot be decoded.
func text(r *redact.Redactor, h http.Header, body []byte, truncated bool) *Text {
	if len(body) == 0 {
		return nil
	}
	shown, cut := Excerpt(r, h, body, maxShown)
	return &Text{Text: shown.Text, Truncated: truncated || cut, Size: len(body), Decoded: shown.Decoded,
		SHA256: shown.SHA256}
}

// sent is text for a body that the suite sent. It knows what is in it, so that one which is not text is shown as it is.
func sent(r *redact.Redactor, h http.Header, body []byte) *Text {
	if len(body) == 0 || !binary(body) || len(body) > maxShown || r.Contains(string(body)) {
		return text(r, h, body, false)
	}
	return &Text{Text: base64.StdEncoding.EncodeToString(body), Base64: true, Size: len(body)}
}

// Excerpt returns the beginning of a body without secrets, as text of no more than limit bytes, and reports whether
// that is not all. Of a body that is not text it returns a description.
func Excerpt(r *redact.Redactor, h http.Header, body []byte, limit int) (t Text, cut bool) {
	plain, decoded, ok := redact.Readable(body)
	if !ok {
		return Text{Text: redact.Unreadable(body), SHA256: redact.Hash(body)}, false
	}
	shown, cut := r.Excerpt(h.Get("Content-Type"), plain, limit)
	return Text{Text: string(shown), Decoded: decoded}, cut
}

// binary reports whether a body is not text.
func binary(body []byte) bool { return !utf8.Valid(body) || bytes.IndexByte(body, 0) >= 0 }
