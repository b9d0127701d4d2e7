// Package judge decides what an exchange says about the contract: one oracle for status, media type and body, told apart by what
// the documentation promises and what is only assumed.
package judge

import (
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/redact"
	"acronis-conformance/suites/internal/report"
)

// Expectation is what the contract promises for one request.
type Expectation struct {
	Operation *schemas.Operation // nil where the request is no operation of the reference
	Code      int
	Ground    report.Ground
	Lod       string // the form of a list's items: stamps, basic or full
	// Injected marks a failure that a header asked for: a gateway may have answered in the service's place.
	Injected bool
}

// Rules are what the target asks beyond the documentation.
type Rules struct {
	Strict  bool // HTTP in general counts, not as advice only
	Assumed bool // what is only assumed must be met
}

// Finding is the judgement of one exchange.
type Finding struct {
	Verdict     report.Verdict
	Reason      string // for everything but pass: one sentence
	Expected    string
	Actual      string
	Differences []schemas.Violation
	Advice      []string
	Accepted    bool // neither refusal nor code is documented, and the request was served
}

// Judge judges exchanges by one contract and one target's rules.
type Judge struct {
	Contract *schemas.Contract
	Rules    Rules
	Redactor *redact.Redactor
}

// Examine compares the last answer of an exchange with what the contract promises.
func (j *Judge) Examine(e *exchange.Exchange, want Expectation) Finding {
	last := e.Last()
	f := Finding{Verdict: report.Pass, Expected: j.expected(want), Actual: j.actual(last)}
	if last.Status == 0 {
		f.Verdict, f.Reason = report.Error, "the target gave no answer: "+last.Error
		return f
	}
	if last.Status == http.StatusTooManyRequests && !j.promised(want.Operation, last.Status) {
		f.Verdict = report.Error
		f.Reason = fmt.Sprintf("the target throttles: it answered with 429 %d times: lower rate: of the target in ginkgo.yml",
			count(e, func(status int) bool { return status == http.StatusTooManyRequests }))
		return f
	}
	f.Differences, f.Advice = j.answer(last, want)
	if leaked := echoed(e.Request.Header, last.Body); leaked != "" {
		j.secret(&f, "the answer repeats "+leaked)
	}
	for _, path := range shownSecrets(want.Operation, last.Body) {
		if what := "the answer shows the secret " + path; documentedSecret(path) {
			f.Differences = append(f.Differences, schemas.Violation{Path: path, Rule: "secret", Found: "a secret", Detail: what})
		} else {
			j.secret(&f, what)
		}
	}
	switch {
	case last.Status == want.Code && last.Truncated:
		f.Verdict = report.Error
		f.Reason = fmt.Sprintf("the answer cannot be judged: its body is longer than %d MiB, of which the suite reads no more", exchange.MaxBody>>20)
		return f
	case last.Status == want.Code && len(f.Differences) == 0:
		return f
	case last.Status == want.Code:
		f.Verdict, f.Reason = report.Violation, fmt.Sprintf("the status is %d as promised, but the answer is not what is promised with it", want.Code)
		return f
	}
	j.otherCode(&f, e, want)
	return f
}

// count counts the attempts whose answer has such a status.
func count(e *exchange.Exchange, is func(status int) bool) int {
	n := 0
	for _, a := range e.Attempts {
		if is(a.Status) {
			n++
		}
	}
	return n
}

func failed(status int) bool { return status/100 == 5 }

// otherCode decides what another status than the expected one means.
func (j *Judge) otherCode(f *Finding, e *exchange.Exchange, want Expectation) {
	status := e.Status()
	mismatch := schemas.Violation{Path: "status", Rule: "status", Found: fmt.Sprint(status), Detail: fmt.Sprintf("expected %d", want.Code)}
	f.Differences = append([]schemas.Violation{mismatch}, f.Differences...)
	served, refused := status/100 == 2, status/100 == 4
	promised := j.promised(want.Operation, status)
	sound := len(f.Differences) == 1 // nothing but the status differs
	switch {
	case served && want.Code/100 == 2:
		f.Verdict, f.Reason = report.Violation, fmt.Sprintf("the request succeeds with %d, documented is %d", status, want.Code)
	case served && want.Ground.Refusal == report.Documented:
		f.Verdict, f.Reason = report.Violation, fmt.Sprintf("a request that must be refused is served (%d)", status)
	case served && !j.Rules.Assumed:
		f.Verdict, f.Accepted = report.Inconclusive, true
		f.Reason = fmt.Sprintf("accepted: the request is served (%d), and the documentation does not say that it must be refused", status)
	case refused && promised && sound && !j.Rules.Assumed && want.Operation != nil && want.Operation.Writes() && e.Failed():
		f.Verdict = report.Inconclusive
		f.Reason = fmt.Sprintf("refused with %d after a 50x: a repeat may have met the effect of the attempt before", status)
	case status == http.StatusUnauthorized && want.Code/100 == 2:
		f.Verdict, f.Reason = report.Violation, "a call with valid credentials is refused with 401"
	case refused && promised && want.Ground.Code == report.Assumed && !j.Rules.Assumed && sound:
		f.Verdict = report.Inconclusive
		f.Reason = fmt.Sprintf("refused with %d, which the documentation knows as well; that the code is %d is only assumed", status, want.Code)
	case failed(status) && want.Code/100 == 2 && want.Operation != nil && want.Operation.Documents(status) && !j.Rules.Assumed && sound:
		f.Verdict = report.Inconclusive
		f.Reason = fmt.Sprintf("the service fails with %d, which the reference lists for this operation: try later", status)
	case failed(status):
		f.Verdict = report.Violation
		f.Reason = fmt.Sprintf("the service fails (%d)%s; the guide advises to try later or to ask the administrator", status, afterRepeats(e))
	case !promised:
		f.Verdict, f.Reason = report.Violation, fmt.Sprintf("%d is no code that the documentation knows here", status)
	default:
		f.Verdict, f.Reason = report.Violation, fmt.Sprintf("the status is %d, the documentation promises %d", status, want.Code)
	}
}

// promised tells whether the documentation knows the code there.
func (j *Judge) promised(op *schemas.Operation, status int) bool {
	known := false
	if op == nil {
		_, known = j.Contract.Clause(status)
	} else {
		_, known = op.Source(status)
	}
	return known
}

// afterRepeats says how often a failure was met again.
func afterRepeats(e *exchange.Exchange) string {
	switch repeats := count(e, failed) - 1; repeats {
	case 0:
		return ""
	case 1:
		return ", also after a repeat"
	default:
		return fmt.Sprintf(", also after %d repeats", repeats)
	}
}

// answer judges media type, body and headers by what promises them.
func (j *Judge) answer(a exchange.Attempt, want Expectation) (wrong []schemas.Violation, advice []string) {
	if a.Truncated {
		return nil, []string{fmt.Sprintf("the body is longer than %d MiB, and was not judged", exchange.MaxBody>>20)}
	}
	if a.Error != "" {
		return []schemas.Violation{{Path: "body", Rule: "complete", Found: a.Error, Detail: "the answer breaks off"}}, nil
	}
	if op := want.Operation; op != nil && op.Documents(a.Status) && !want.Injected {
		wrong, advice = j.reference(op, a, want.Lod)
	} else {
		wrong, advice = j.clause(op, a)
	}
	for status, header := range map[int]string{http.StatusUnauthorized: "WWW-Authenticate", http.StatusMethodNotAllowed: "Allow"} {
		if a.Status != status || a.Header.Get(header) != "" {
			continue
		}
		if j.Rules.Strict {
			wrong = append(wrong, schemas.Violation{Path: "header " + header, Rule: "RFC 9110", Found: "none", Detail: fmt.Sprintf("a %d carries %s", status, header)})
			continue
		}
		advice = append(advice, fmt.Sprintf("RFC 9110: a %d carries the header %s", status, header))
	}
	return wrong, advice
}

// reference judges a body by the reference's schema for the code.
func (j *Judge) reference(op *schemas.Operation, a exchange.Attempt, lod string) ([]schemas.Violation, []string) {
	promised := op.MediaTypes(a.Status)
	if length := a.Header.Get("Content-Length"); a.Status == http.StatusNoContent && length != "" && length != "0" {
		return []schemas.Violation{{Path: "header Content-Length", Rule: "no-body", Found: quote(length), Detail: "a 204 promises that there is no body"}}, nil
	}
	if a.Status == http.StatusNoContent || len(promised) == 0 {
		if len(a.Body) == 0 {
			return nil, nil
		}
		return nil, []string{fmt.Sprintf("the reference promises no body with %d, one of %d bytes came", a.Status, len(a.Body))}
	}
	got := mediaType(a.Header)
	if !slices.Contains(promised, got) {
		return []schemas.Violation{{Path: "header Content-Type", Rule: "media-type", Found: quote(a.Header.Get("Content-Type")),
			Detail: "the reference promises " + strings.Join(promised, " or ")}}, nil
	}
	if len(a.Body) == 0 {
		return []schemas.Violation{{Path: "body", Rule: "present", Found: "nothing", Detail: "the reference promises a body of " + got}}, nil
	}
	if got == "image/png" && !strings.HasPrefix(string(a.Body), "\x89PNG\r\n\x1a\n") {
		return []schemas.Violation{{Path: "body", Rule: "media-type", Found: quote(string(a.Body[:min(8, len(a.Body))])), Detail: "the body is no PNG"}}, nil
	}
	if got != "application/json" {
		return nil, nil
	}
	var advice []string
	for _, path := range op.Additions(a.Status, lod, a.Body) {
		advice = append(advice, "the reference's schema does not list "+path)
	}
	return op.CheckResponse(a.Status, lod, a.Body), advice
}

// clause judges a body that only the general table speaks of: 400 promises a JSON object; elsewhere a body of an operation that calls
// itself JSON must be an error envelope, and one that does not may come from a gateway. So may any body where there is no operation: what
// an unknown route and an unsupported method say is documented nowhere.
func (j *Judge) clause(op *schemas.Operation, a exchange.Attempt) ([]schemas.Violation, []string) {
	isJSON := mediaType(a.Header) == "application/json"
	switch {
	case a.Status/100 == 2:
		return nil, nil
	case j.Rules.Strict || isJSON && a.Status != http.StatusBadRequest && op != nil:
		wrong := j.envelope(op, a)
		if !isJSON {
			wrong = append(wrong, schemas.Violation{Path: "header Content-Type", Rule: "media-type", Found: quote(a.Header.Get("Content-Type")), Detail: "an error body is application/json"})
		}
		return wrong, nil
	case a.Status == http.StatusBadRequest:
		return j.Contract.CheckObject(a.Body), nil
	case isJSON && len(j.envelope(op, a)) == 0:
		return nil, nil
	default:
		return nil, []string{fmt.Sprintf("the body of this %d is %s, not the documented error envelope", a.Status, quote(a.Header.Get("Content-Type")))}
	}
}

// envelope accepts, besides the error envelope, the error body that the reference lists for the operation's other refusals: the
// token endpoints have a shape of their own. An envelope that bears the code of another refusal is none of these.
func (j *Judge) envelope(op *schemas.Operation, a exchange.Attempt) []schemas.Violation {
	wrong := j.Contract.CheckEnvelope(a.Status, a.Body)
	contradicts := slices.ContainsFunc(wrong, func(v schemas.Violation) bool { return v.Rule == "code-equals-status" })
	if len(wrong) == 0 || op == nil || contradicts {
		return wrong
	}
	for _, code := range op.Codes {
		if code/100 == 4 && len(op.MediaTypes(code)) > 0 && len(op.CheckResponse(code, "", a.Body)) == 0 {
			return nil
		}
	}
	return wrong
}

func (j *Judge) expected(want Expectation) string {
	text := fmt.Sprintf("%d %s", want.Code, http.StatusText(want.Code))
	switch {
	case want.Operation != nil && want.Operation.Documents(want.Code) && !want.Injected:
		if types := want.Operation.MediaTypes(want.Code); len(types) > 0 && want.Code != http.StatusNoContent {
			return text + ", " + strings.Join(types, " or ") + ", as the reference describes it"
		}
		return text + ", no body promised"
	case want.Code == http.StatusBadRequest:
		return text + ", a JSON object with the error details"
	default:
		return text + ", the error envelope if the body is JSON"
	}
}

func (j *Judge) actual(a exchange.Attempt) string {
	if a.Status == 0 {
		return "no answer: " + a.Error
	}
	text := fmt.Sprintf("%d %s", a.Status, http.StatusText(a.Status))
	if media := a.Header.Get("Content-Type"); media != "" {
		text += ", " + line(media)
	}
	if len(a.Body) == 0 {
		return text + ", no body"
	}
	excerpt, _ := exchange.Excerpt(j.Redactor, a.Header, a.Body, 4<<10)
	body := line(excerpt.Text)
	if characters := []rune(body); len(characters) > 300 {
		body = string(characters[:300]) + "…"
	}
	return text + ", " + body
}

// line makes one printable line of what a server sent: a tab or a newline would break the columns of a finding.
func line(s string) string { return exchange.Printable(strings.Join(strings.Fields(s), " ")) }

// mediaType is the Content-Type without its parameters, in lower case.
func mediaType(h http.Header) string {
	media, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return media
}

func quote(s string) string {
	if s == "" {
		return "none"
	}
	return fmt.Sprintf("%q", s)
}
