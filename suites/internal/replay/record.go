// Package replay sends the requests of a run once more, in a bare loop against a fresh mock: what is left of a run's
// time without the suite around it.
package replay

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report"
)

// Request is one request of a run, and how it was answered. Secrets in it are stand-ins, as in every report.
type Request struct {
	Method string
	Path   string // with the query, below the host
	Header http.Header
	Body   []byte
	Status int

	answer  []byte // the body that came, where it is known in full
	started time.Time
	own     bool // it asks for the configured client itself
}

// Requests lists what a run sent, in the order of sending.
func Requests(r *report.Result) ([]Request, error) {
	var all []Request
	for _, step := range r.World {
		for _, e := range step.Exchanges {
			request, err := newRequest(e)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", step.ID, err)
			}
			request.own = step.Phase == report.PhaseWorld && step.Operation == "FetchClient"
			all = append(all, request)
		}
	}
	for _, spec := range r.Specs {
		for _, e := range spec.Own() {
			request, err := newRequest(e)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", spec.ID, err)
			}
			all = append(all, request)
		}
	}
	slices.SortStableFunc(all, func(a, b Request) int { return a.started.Compare(b.started) })
	return all, nil
}

func newRequest(e exchange.Evidence) (Request, error) {
	address, err := url.Parse(e.URL)
	if err != nil {
		return Request{}, err
	}
	if len(e.Attempts) == 0 {
		return Request{}, fmt.Errorf("%s %s: nothing was sent", e.Method, address.Path)
	}
	r := Request{Method: e.Method, Path: address.RequestURI(), Header: e.Headers.Clone(), Status: e.Attempts[0].Status,
		started: e.Attempts[0].Start}
	if r.Header == nil {
		r.Header = http.Header{}
	}
	if r.Body, err = whole(e.Body); err != nil {
		return Request{}, err
	}
	if answer := e.Attempts[0].Body; answer != nil && !answer.Truncated && !answer.Base64 {
		r.answer = []byte(answer.Text)
	}
	return r, nil
}

func whole(t *exchange.Text) ([]byte, error) {
	switch {
	case t == nil:
		return nil, nil
	case t.Base64:
		return base64.StdEncoding.DecodeString(t.Text)
	default:
		return []byte(t.Text), nil
	}
}

// decode reads a JSON body, nil where it is none.
func decode(body []byte) any {
	var value any
	if json.Unmarshal(body, &value) != nil {
		return nil
	}
	return value
}
