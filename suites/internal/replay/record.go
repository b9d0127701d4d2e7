// Package replay sends the requests of a run once more, in a bare loop against a fresh mock: what is left of a run's time without the
// suite around it.
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

// Requests lists what a run sent, in the order of sending. A run records all but the looks at objects before the specs begin: for
// these, reads that it did record are taken again, so that there are as many requests as the run says that it sent.
func Requests(r *report.Result) ([]Request, error) {
	var all []Request
	add := func(evidence []exchange.Evidence, own bool, sent func(exchange.Evidence) bool) error {
		for _, e := range evidence {
			if !sent(e) {
				continue
			}
			request, err := newRequest(e)
			if err != nil {
				return err
			}
			request.own = own
			all = append(all, request)
		}
		return nil
	}
	for _, step := range r.World {
		own := step.Phase == report.PhaseWorld && step.Operation == "FetchClient"
		if err := add(step.Exchanges, own, func(exchange.Evidence) bool { return true }); err != nil {
			return nil, fmt.Errorf("%s: %w", step.ID, err)
		}
	}
	for _, spec := range r.Specs {
		// A spec shows the control that it judges, which is a step already.
		if err := add(spec.Exchanges, false, func(e exchange.Evidence) bool { return e.Spec == spec.ID }); err != nil {
			return nil, fmt.Errorf("%s: %w", spec.ID, err)
		}
	}
	slices.SortStableFunc(all, func(a, b Request) int { return a.started.Compare(b.started) })
	return fill(all, r.Run.Requests.Total()), nil
}

// fill adds reads that succeeded, from the beginning, until there are that many requests.
func fill(all []Request, total int) []Request {
	reads := slices.DeleteFunc(slices.Clone(all), func(r Request) bool { return r.Method != http.MethodGet || r.Status != http.StatusOK })
	for i := 0; len(reads) > 0 && len(all) < total; i++ {
		all = append(all, reads[i%len(reads)])
	}
	return all
}

func newRequest(e exchange.Evidence) (Request, error) {
	address, err := url.Parse(e.URL)
	if err != nil {
		return Request{}, err
	}
	if len(e.Attempts) == 0 {
		return Request{}, fmt.Errorf("%s %s: nothing was sent", e.Method, address.Path)
	}
	r := Request{Method: e.Method, Path: address.RequestURI(), Header: e.Headers.Clone(), Status: e.Attempts[0].Status, started: e.Attempts[0].Start}
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
