package render

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report"
)

// HAR writes all exchanges as an HTTP archive (version 1.2), which browsers and proxies open. Every attempt is an
// entry and a line, in the order of sending; its comment is the id of the spec or step.
func HAR(w io.Writer, r *report.Result) error {
	var sent []harAttempt
	for i := range r.World {
		sent = harAttempts(sent, r.World[i].ID, r.World[i].Exchanges)
	}
	for i := range r.Specs {
		sent = harAttempts(sent, r.Specs[i].ID, r.Specs[i].Own())
	}
	slices.SortStableFunc(sent, func(a, b harAttempt) int { return a.answer().Start.Compare(b.answer().Start) })
	s := newStream(w)
	s.raw(`{"log":{`)
	s.member("", "version", "1.2")
	s.member(",", "creator", harCreator{Name: "conformance", Version: r.Run.Suite})
	s.member(",", "comment", fmt.Sprintf("run %s on %s", r.Run.ID, r.Target.Name))
	array(s, ",", "entries", sent, (*harAttempt).entry)
	s.raw("}}\n")
	return s.err
}

// harAttempt is an attempt of an exchange, and the id of the spec or step that sent it.
type harAttempt struct {
	by       string
	exchange *exchange.Evidence
	number   int // from 0
}

func harAttempts(all []harAttempt, by string, exchanges []exchange.Evidence) []harAttempt {
	for i := range exchanges {
		for number := range exchanges[i].Attempts {
			all = append(all, harAttempt{by, &exchanges[i], number})
		}
	}
	return all
}

func (a harAttempt) answer() *exchange.EvidenceAttempt { return &a.exchange.Attempts[a.number] }

func (a *harAttempt) entry() harEntry {
	answer := a.answer()
	return harEntry{Started: answer.Start, Time: answer.MS, Request: harRequestOf(a.exchange, answer.Proto),
		Response: harResponseOf(answer), Timings: harTimings{Wait: answer.MS}, Comment: a.by}
}

type harCreator struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type harEntry struct {
	Started  time.Time   `json:"startedDateTime"`
	Time     int64       `json:"time"`
	Request  harRequest  `json:"request"`
	Response harResponse `json:"response"`
	Cache    struct{}    `json:"cache"`
	Timings  harTimings  `json:"timings"`
	Comment  string      `json:"comment,omitempty"`
}

type harRequest struct {
	Method      string    `json:"method"`
	URL         string    `json:"url"`
	HTTPVersion string    `json:"httpVersion"`
	Cookies     []harPair `json:"cookies"`
	Headers     []harPair `json:"headers"`
	QueryString []harPair `json:"queryString"`
	PostData    *harData  `json:"postData,omitempty"`
	HeadersSize int       `json:"headersSize"`
	BodySize    int       `json:"bodySize"`
}

type harResponse struct {
	Status      int        `json:"status"` // 0 where no answer came
	StatusText  string     `json:"statusText"`
	HTTPVersion string     `json:"httpVersion"`
	Cookies     []harPair  `json:"cookies"`
	Headers     []harPair  `json:"headers"`
	Content     harContent `json:"content"`
	RedirectURL string     `json:"redirectURL"`
	HeadersSize int        `json:"headersSize"`
	BodySize    int        `json:"bodySize"`
	Error       string     `json:"_error,omitempty"`
}

type harPair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type harData struct {
	MIMEType string    `json:"mimeType"`
	Params   []harPair `json:"params"`
	Text     string    `json:"text"`
	Comment  string    `json:"comment,omitempty"`
}

type harContent struct {
	Size     int    `json:"size"`
	MIMEType string `json:"mimeType"`
	Text     string `json:"text,omitempty"`
	Encoding string `json:"encoding,omitempty"`
	Comment  string `json:"comment,omitempty"`
}

type harTimings struct {
	Send    int64 `json:"send"`
	Wait    int64 `json:"wait"`
	Receive int64 `json:"receive"`
}

func harRequestOf(e *exchange.Evidence, proto string) harRequest {
	r := harRequest{Method: e.Method, URL: e.URL, HTTPVersion: proto, Cookies: []harPair{},
		Headers: harHeaders(e.Headers), QueryString: harQuery(e.URL), HeadersSize: -1}
	if b := e.Body; b != nil {
		r.BodySize = b.Size
		r.PostData = &harData{MIMEType: e.Headers.Get("Content-Type"), Params: []harPair{}, Text: b.Text,
			Comment: remark(b)}
		if b.Base64 {
			// the format has no other place for it
			r.PostData.Comment = strings.TrimPrefix(r.PostData.Comment+"; base64", "; ")
		}
	}
	return r
}

func harResponseOf(a *exchange.EvidenceAttempt) harResponse {
	r := harResponse{Status: a.Status, StatusText: http.StatusText(a.Status), HTTPVersion: a.Proto,
		Cookies: []harPair{}, Headers: harHeaders(a.Headers),
		Content:     harContent{MIMEType: a.Headers.Get("Content-Type")},
		RedirectURL: a.Headers.Get("Location"), HeadersSize: -1, Error: a.Error}
	if b := a.Body; b != nil {
		r.BodySize, r.Content.Size, r.Content.Text, r.Content.Comment = b.Size, b.Size, b.Text, remark(b)
		if b.Base64 {
			r.Content.Encoding = "base64"
		}
	}
	return r
}

func remark(b *exchange.Text) string {
	var remarks []string
	if b.Decoded != "" {
		remarks = append(remarks, "decoded from "+b.Decoded)
	}
	if b.Truncated {
		remarks = append(remarks, "cut")
	}
	return strings.Join(remarks, "; ")
}

func harHeaders(h http.Header) []harPair {
	pairs := []harPair{}
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			pairs = append(pairs, harPair{name, value})
		}
	}
	return pairs
}

// harQuery lists the parameters as they were sent, in their order.
func harQuery(address string) []harPair {
	pairs := []harPair{}
	_, query, _ := strings.Cut(address, "?")
	query, _, _ = strings.Cut(query, "#")
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		pairs = append(pairs, harPair{unescaped(name), unescaped(value)})
	}
	return pairs
}

func unescaped(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}
