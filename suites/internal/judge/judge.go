// Package judge decides what an exchange says about the contract: one oracle for status, media type and body, told
// apart by what the documentation promises and what is only assumed.
package judge

import (
	"fmt"
	"mime"
	"net/http"
	"strings"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/redact"
	"acronis-conformance/suites/internal/report"
)

// Expectation is what the contract promises for one request.
type Expectation struct {
	Operation *schemas.Operation // nil where the request is not an operation of the reference
	Code      int
	Or        int // a second code that the documentation knows for the very case; 0 where there is none
	Basis     report.Basis
	Lod       string // the form of a list's items: stamps, basic or full
	// Injected marks a failure that a header asked for: a gateway may have answered in the service's place.
	Injected bool
}

// Rules are what the target asks beyond the documentation.
type Rules struct {
	Strict  bool // HTTP in general counts, not as advice only
	Assumed bool // what is only assumed must be met
}

// Result is the judgement of one exchange.
type Result struct {
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
func (j *Judge) Examine(e *exchange.Exchange, want Expectation) Result {
	last := e.Last()
	f := Result{Verdict: report.Pass, Expected: j.expected(want), Actual: j.actual(last)}
	if want.Or != 0 && last.Status == want.Or {
		want.Code = want.Or
	}
	if last.Status == 0 {
		f.Verdict, f.Reason = report.Error, "the target gave no answer: "+last.Error
		return f
	}
	if last.Status == http.StatusTooManyRequests && !j.promised(want.Operation, last.Status) {
		f.Verdict = report.Error
		f.Reason = fmt.Sprintf("the target throttles: it answered with 429 %d times: lower rate: of the target in "+
			"ginkgo.yml",
			count(e, func(status int) bool { return status == http.StatusTooManyRequests }))
		return f
	}
	f.Differences, f.Advice = j.answer(e.Request, last, want)
	if e.Disowned != "" {
		f.Differences = append(f.Differences, schemas.Violation{Path: "$", Rule: "ownership", Found: e.Disowned,
			Detail: "the answer names an object that is not the one created"})
	}
	if leaked := echoed(e.Request.Header, last.Body); leaked != "" {
		j.secret(&f, "the answer repeats "+leaked)
	}
	for _, path := range shownSecrets(want.Operation, last) {
		if documentedSecret(path) {
			f.Differences = append(f.Differences, secretShown(path))
		} else {
			j.secret(&f, secretShown(path).Detail)
		}
	}
	switch {
	case last.Status == want.Code && last.Truncated:
		f.Verdict = report.Error
		f.Reason = fmt.Sprintf(
			"the answer cannot be judged: its body is longer than %d MiB, of which the suite reads no more",
			exchange.MaxBody>>20)
		return f
	case last.Status == want.Code && len(f.Differences) == 0:
		return f
	case last.Status == want.Code:
		f.Verdict, f.Reason = report.Violation, fmt.Sprintf(
			"the status is %d as promised, but the answer is not what is promised with it", want.Code)
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

// otherCode decides what another status than the expected one means. What came is judged as what it is: where its
// status alone would leave open whether the contract is kept, and the answer is not what is promised with that status,
// then the answer is the fault, and the status is none.
func (j *Judge) otherCode(f *Result, e *exchange.Exchange, want Expectation) {
	status, unsound := e.Status(), f.Differences
	served := status/100 == 2
	f.Verdict, f.Reason = j.byStatus(e, want)
	if f.Verdict == report.Inconclusive && len(unsound) > 0 {
		f.Verdict = report.Violation
		f.Reason = fmt.Sprintf("the documentation knows %d here, but the answer is not what is promised with it",
			status)
		if served {
			f.Reason = fmt.Sprintf("the request is served (%d), and the answer is not what is promised with it", status)
		}
		return
	}
	expected := want.Code
	if served && !j.mustBeRefused(want) && !listed(want.Operation, status) {
		expected = want.Operation.Success()
	}
	f.Differences = append([]schemas.Violation{{Path: "status", Rule: "status", Found: fmt.Sprint(status),
		Detail: fmt.Sprintf("expected %d", expected)}}, unsound...)
	f.Accepted = f.Verdict == report.Inconclusive && served && !want.Injected && !e.Last().Truncated
}

// mustBeRefused reports whether the request must not be served: the documentation says so, or assumptions must be met.
func (j *Judge) mustBeRefused(want Expectation) bool {
	return want.Basis.Rejection == report.Documented || j.Rules.Assumed
}

// listed reports whether the reference lists the code of a served answer; where there is no operation, any will do.
func listed(op *schemas.Operation, status int) bool { return op == nil || op.Documents(status) }

// byStatus decides by the status alone.
func (j *Judge) byStatus(e *exchange.Exchange, want Expectation) (report.Verdict, string) {
	violation := func(format string, values ...any) (report.Verdict, string) {
		return report.Violation, fmt.Sprintf(format, values...)
	}
	inconclusive := func(format string, values ...any) (report.Verdict, string) {
		return report.Inconclusive, fmt.Sprintf(format, values...)
	}
	op, status, lenient := want.Operation, e.Status(), !j.Rules.Assumed
	served, promised := status/100 == 2, j.promised(want.Operation, status)
	refused := status/100 == 4 && promised
	switch {
	case served && want.Code/100 == 2:
		return violation("the request succeeds with %d, documented is %d", status, want.Code)
	case served && want.Basis.Rejection == report.Documented:
		return violation("a request that must be refused is served (%d)", status)
	case served && lenient && !listed(op, status):
		return violation("the request is served with %d, where the reference lists %d alone", status, op.Success())
	case served && lenient && want.Injected:
		return inconclusive("the target was asked for a failure, and serves the request (%d)", status)
	case served && lenient:
		return inconclusive("accepted: the request is served (%d), and the documentation does not say that it must be "+
			"refused", status)
	case (refused || staleQuota(op, status)) && lenient && op != nil && op.Writes() && e.Failed():
		return inconclusive("refused with %d after a 50x: a repeat may have met the effect of the attempt before",
			status)
	case status == http.StatusUnauthorized && want.Code/100 == 2:
		return violation("a call with valid credentials is refused with 401")
	case status == http.StatusForbidden && want.Code/100 == 2 && open(op):
		return violation("an operation that asks for no credentials is refused with 403")
	case refused && lenient && want.Basis.Code == report.Assumed:
		return inconclusive("refused with %d, which the documentation knows as well; that the code is %d is only "+
			"assumed",
			status, want.Code)
	case failed(status) && lenient && want.Injected && want.Code/100 == 5:
		return inconclusive("the target was asked to fail with %d, and fails with %d: a gateway may have answered",
			want.Code, status)
	case failed(status) && lenient && want.Code/100 == 2 && op != nil && op.Documents(status):
		return inconclusive("the service fails with %d, which the reference lists for this operation: try later",
			status)
	case failed(status):
		return violation("the service fails (%d)%s; the guide advises to try later or to ask the administrator",
			status, afterRepeats(e))
	case !promised:
		return violation("%d is not a code that the documentation lists here", status)
	default:
		return violation("the status is %d, the documentation promises %d", status, want.Code)
	}
}

// open reports whether an operation is for everyone: the reference asks for no credentials, and lists no 403.
func open(op *schemas.Operation) bool {
	return op != nil && !op.Security.Token && !op.Documents(http.StatusForbidden)
}

// staleQuota reports whether a refusal says that the version of a quota is not its current one: with a code that the
// reference does not list there (knowledge base, article 71376).
func staleQuota(op *schemas.Operation, status int) bool {
	return op != nil && op.ID == "SetTenantOfferingItems" && status == http.StatusUpgradeRequired
}

// promised reports whether the documentation knows the code there.
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

func (j *Judge) expected(want Expectation) string {
	text := fmt.Sprintf("%d %s", want.Code, http.StatusText(want.Code))
	if want.Or != 0 {
		text += fmt.Sprintf(" or %d %s", want.Or, http.StatusText(want.Or))
	}
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
