package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"acronis-conformance/fixtures"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/preflight"
	"acronis-conformance/suites/internal/report"
)

// Fault asks the target, by its fault header, to fail on the first attempts.
type Fault struct {
	Status   int
	Attempts int  // on attempts 1 to n; below 0: on all
	Repeat   bool // the documented repeats follow
}

// Send sends a spec's request, authorized as its actor, without a failure (nil) or with one.
func (s *Session) Send(ctx context.Context, spec string, r fixtures.Request, fault *Fault) (*exchange.Exchange, error) {
	if err := s.Sandbox.Authorize(&r); err != nil {
		return nil, err
	}
	kind, _, _ := strings.Cut(spec, "/") // of what one code is expected for, one repeat tells what the others do
	return s.send(ctx, phaseSpec, spec, kind, r, fault)
}

func (s *Session) send(
	ctx context.Context, phase report.Phase, spec, kind string, r fixtures.Request, fault *Fault,
) (*exchange.Exchange, error) {
	request := exchange.Request{Spec: spec, Kind: kind, Method: r.Method, Path: r.Path, Query: r.Query,
		Header: r.Header,
		Body:   r.Body}
	request.Root = r.Root || s.OpenIDAtRoot && r.Path == preflight.Discovery
	if fault != nil {
		request.Kind = "" // the failure is asked for
		request.Fault = &exchange.Fault{Header: s.Access.FaultHeader, Status: fault.Status, Attempts: fault.Attempts}
		request.NoRepeat = !fault.Repeat
	}
	if err := s.registry.Require(ctx, s.Sandbox, s.do(report.PhaseWorld), s.grace(), r); err != nil {
		s.tell()
		return nil, err
	}
	e, err := s.client.Do(ctx, request)
	if e != nil && len(e.Attempts) > 0 {
		s.requests[phase].Add(int64(len(e.Attempts)))
		if made := s.registry.Record(r, answerOf(e), e.Attempts[0].Start, phase == phaseSpec); made != nil {
			err = errors.Join(err, s.created(ctx, phase, r.Operation, made, e))
		}
		if s.processes > 1 && phase == phaseSpec && e.Status()/100 == 2 {
			err = errors.Join(err, s.tellRemoved(r))
		}
		s.judgeAnswers(e)
	}
	return e, err
}

func answerOf(e *exchange.Exchange) fixtures.Answer {
	last := e.Last()
	return fixtures.Answer{Status: last.Status, Header: last.Header, Body: last.Body, JSONBody: last.JSONBody(),
		Repeated: e.Repeated(), Disowned: e.Disowned}
}

// equalTo is the kind of the requests that are equal to a request without a body, such as the looks at one object.
func equalTo(r fixtures.Request) string {
	if len(r.Body) > 0 {
		return ""
	}
	return fmt.Sprintf("%s%s %s?%s as %s", exchange.KindOfEqual, r.Method, r.Path, r.Query.Encode(), r.As)
}

// do is the sandbox builder's way to the target.
func (s *Session) do(phase report.Phase) fixtures.Do {
	return func(ctx context.Context, r fixtures.Request) (fixtures.Answer, error) {
		kind := equalTo(r)
		if phase == report.PhaseCleanup {
			kind = string(phase) // where no repeat helped some objects, none helps the next ones
		}
		e, err := s.send(ctx, phase, string(phase), kind, r, nil)
		if e != nil {
			s.record(phase, "", r.Operation, e, err)
		}
		if e != nil && (e.Status()/100 == 5 || s.furnishing && s.fails(r.Operation, e) ||
			s.contradicts(r.Operation, e)) {
			s.mu.Lock()
			s.failing[r.Operation] = e
			s.mu.Unlock()
		}
		if err != nil {
			return fixtures.Answer{}, err
		}
		return answerOf(e), nil
	}
}

// fails reports whether a valid call is refused, or is a write whose answer is not the object that the reference
// promises.
func (s *Session) fails(operation string, e *exchange.Exchange) bool {
	op := s.contract.Operation(operation)
	return e.Status()/100 == 4 || op != nil && op.Writes() && e.Status() == op.Success() &&
		len(op.CheckBody(e.Status(), "", e.Last().JSONBody())) > 0
}

// contradicts reports whether the answer to a valid write is one that neither the account's rights nor what is there
// can explain: another success than the documented one, or a refusal of its method or of the form of request or answer.
func (s *Session) contradicts(operation string, e *exchange.Exchange) bool {
	op := s.contract.Operation(operation)
	switch status := e.Status(); {
	case op == nil || !op.Writes():
		return false
	case status/100 == 2:
		return status != op.Success()
	default:
		return slices.Contains([]int{http.StatusMethodNotAllowed, http.StatusNotAcceptable,
			http.StatusUnsupportedMediaType}, status)
	}
}

// Evidence is what a report shows of an exchange, redacted.
func (s *Session) Evidence(e *exchange.Exchange) exchange.Evidence {
	if s.outline {
		return e.Outline(s.Redactor)
	}
	return e.Evidence(s.Redactor)
}

// record keeps an exchange that was sent around the specs. Where it has no id of its own it is numbered, with the
// process: each of them has steps of its own when it cleans up.
func (s *Session) record(phase report.Phase, id, operation string, e *exchange.Exchange, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.steps++
	id = cmp.Or(id, fmt.Sprintf("%s/%d-%d", phase, s.process, s.steps))
	step := report.Step{ID: id, Phase: phase, Operation: operation, OK: err == nil && e.Status()/100 == 2,
		Requests: len(e.Attempts), Process: s.process}
	if !step.OK {
		step.Reason = "answered with " + statusText(e.Status())
	}
	if len(e.Attempts) > 0 {
		step.Started = e.Attempts[0].Start
		step.Seconds = time.Since(step.Started).Seconds()
	}
	if s.onStep != nil {
		s.onStep(func() report.Step {
			step.Exchanges = []exchange.Evidence{s.Evidence(e)}
			return step
		})
	}
}

// renewing logs in once more where the configured client's token has ended by now: what was made is removed all the
// same.
func (s *Session) renewing(do fixtures.Do) fixtures.Do {
	var mu sync.Mutex
	renewed := "" // the Authorization that holds now; empty: that of the request
	return func(ctx context.Context, r fixtures.Request) (fixtures.Answer, error) {
		current := func() {
			if renewed != "" {
				r.Header = r.Header.Clone()
				r.Header.Set("Authorization", renewed)
			}
		}
		mu.Lock()
		current()
		mu.Unlock()
		answer, err := do(ctx, r)
		if err != nil || answer.Status != http.StatusUnauthorized {
			return answer, err
		}
		mu.Lock()
		if r.Header.Get("Authorization") == renewed || renewed == "" { // no one else has renewed it meanwhile
			token, err := s.grant(ctx, report.PhaseCleanup, s.Access.ClientID, s.Access.ClientSecret,
				map[string]any{"grant_type": "client_credentials"})
			if err == nil {
				renewed = "Bearer " + token
			}
		}
		current()
		mu.Unlock()
		return do(ctx, r)
	}
}

// StatusText renders a status for a reason.
func statusText(status int) string { return fmt.Sprintf("%d %s", status, http.StatusText(status)) }
