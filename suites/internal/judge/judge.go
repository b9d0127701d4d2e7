// Package judge decides what an exchange says about the contract: one oracle for status, media type and body, told
// apart by what the documentation promises and what is only assumed.
package judge

import (
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

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
	for _, path := range shownSecrets(want.Operation, last.Body) {
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
	case refused && lenient && op != nil && op.Writes() && e.Failed():
		return inconclusive("refused with %d after a 50x: a repeat may have met the effect of the attempt before",
			status)
	case status == http.StatusUnauthorized && want.Code/100 == 2:
		return violation("a call with valid credentials is refused with 401")
	case refused && lenient && want.Basis.Code == report.Assumed:
		return inconclusive("refused with %d, which the documentation knows as well; that the code is %d is only "+
			"assumed",
			status, want.Code)
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

// Answer judges one answer by what the documentation promises for its operation and status, the one who asked for it
// and for whatever end: the reference's media type and schema, and what the guides say beyond them. Where the
// operation does not list the status, only a success is judged, which there has to be another one.
func (j *Judge) Answer(op *schemas.Operation, r exchange.Request, a exchange.Attempt) []schemas.Violation {
	switch {
	case a.Status == 0 || a.Error != "" || a.Truncated:
		return nil // there is no whole answer
	case !op.Documents(a.Status) && a.Status/100 == 2:
		return []schemas.Violation{{Path: "status", Rule: "status", Found: fmt.Sprint(a.Status),
			Detail: fmt.Sprintf("expected %d", op.Success())}}
	case !op.Documents(a.Status):
		return nil
	}
	wrong, _ := j.reference(op, a, r.Query.Get("lod"))
	wrong = append(wrong, kept(op, r, a)...)
	for _, path := range shownSecrets(op, a.Body) {
		if documentedSecret(path) {
			wrong = append(wrong, secretShown(path))
		}
	}
	return wrong
}

// answer judges media type, body and headers by what promises them.
func (j *Judge) answer(r exchange.Request, a exchange.Attempt, want Expectation) (wrong []schemas.Violation,
	advice []string) {
	if a.Truncated {
		return nil, []string{fmt.Sprintf("the body is longer than %d MiB, and was not judged", exchange.MaxBody>>20)}
	}
	if a.Error != "" {
		return []schemas.Violation{{Path: "body", Rule: "complete", Found: a.Error, Detail: "the answer breaks off"}},
			nil
	}
	op := want.Operation
	if op != nil && op.Documents(a.Status) && !(want.Injected && failed(a.Status)) {
		wrong, advice = j.reference(op, a, want.Lod)
		wrong = append(wrong, kept(op, r, a)...)
	} else {
		wrong, advice = j.clause(op, a)
	}
	for _, remark := range a.Remarks {
		if j.Rules.Strict {
			wrong = append(wrong, schemas.Violation{Path: "headers", Rule: "RFC 9110", Found: "otherwise",
				Detail: remark})
			continue
		}
		advice = append(advice, "RFC 9110: "+remark)
	}
	wrong = append(servedError(op, a), wrong...)
	if lie := charset(a); lie != "" && j.Rules.Strict {
		wrong = append(wrong, schemas.Violation{Path: "header Content-Type", Rule: "charset",
			Found: quote(a.Header.Get("Content-Type")), Detail: lie})
	} else if lie != "" {
		advice = append(advice, "RFC 8259: "+lie)
	}
	for status, header := range map[int]string{http.StatusUnauthorized: "WWW-Authenticate",
		http.StatusMethodNotAllowed: "Allow"} {
		if a.Status != status || a.Header.Get(header) != "" {
			continue
		}
		if j.Rules.Strict {
			wrong = append(wrong, schemas.Violation{Path: "header " + header, Rule: "RFC 9110", Found: "none",
				Detail: fmt.Sprintf("a %d carries %s", status, header)})
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
		return []schemas.Violation{{Path: "header Content-Length", Rule: "no-body", Found: quote(length),
			Detail: "a 204 promises that there is no body"}}, nil
	}
	if a.Status == http.StatusNoContent || len(promised) == 0 {
		if len(a.Body) == 0 {
			return nil, nil
		}
		return nil, []string{fmt.Sprintf("the reference promises no body with %d, one of %d bytes came", a.Status,
			len(a.Body))}
	}
	got := mediaType(a.Header)
	if !slices.Contains(promised, got) {
		return []schemas.Violation{{Path: "header Content-Type", Rule: "media-type",
			Found:  quote(a.Header.Get("Content-Type")),
			Detail: "the reference promises " + strings.Join(promised, " or ")}}, nil
	}
	if len(a.Body) == 0 {
		return []schemas.Violation{{Path: "body", Rule: "present", Found: "nothing",
			Detail: "the reference promises a body of " + got}}, nil
	}
	if got == "image/png" && !strings.HasPrefix(string(a.Body), "\x89PNG\r\n\x1a\n") {
		return []schemas.Violation{{Path: "body", Rule: "media-type",
			Found:  quote(string(a.Body[:min(8, len(a.Body))])),
			Detail: "the body is no PNG"}}, nil
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

// clause judges a body that only the general table speaks of.
//
// 400 promises a JSON object that holds the error details; one that holds nothing, such as {}, holds none. Of the
// other codes the table promises no body. One of an operation that calls itself JSON must be the error envelope,
// which is what the operations document; one that does not may come from a gateway, and is advice. Where there is no
// operation (an unknown route, a method that a path does not support) even an object that is not the envelope may
// come from a gateway, so that it is advice in the words of this rule. What calls itself JSON and cannot be read as
// such is a violation there too: the one who sent it, no one can read it. On a strict target all of it must be the
// envelope.
func (j *Judge) clause(op *schemas.Operation, a exchange.Attempt) ([]schemas.Violation, []string) {
	isJSON := mediaType(a.Header) == "application/json"
	switch {
	case a.Status/100 == 2:
		return nil, nil
	case j.Rules.Strict || isJSON && a.Status != http.StatusBadRequest && op != nil:
		wrong := j.envelope(op, a)
		if !isJSON {
			wrong = append(wrong, schemas.Violation{Path: "header Content-Type", Rule: "media-type",
				Found: quote(a.Header.Get("Content-Type")), Detail: "an error body is application/json"})
		}
		return wrong, nil
	case a.Status == http.StatusBadRequest:
		return j.Contract.CheckDetails(a.Body), nil
	case !isJSON || len(a.Body) == 0:
		return nil, []string{fmt.Sprintf("the body of this %d is %s, not the documented error envelope", a.Status,
			quote(a.Header.Get("Content-Type")))}
	}
	wrong := j.envelope(op, a)
	if len(wrong) == 0 {
		return nil, nil
	}
	if _, err := schemas.ReadJSON(a.Body); err != nil {
		return wrong, nil
	}
	more := ""
	if n := len(wrong) - 1; n > 0 {
		more = fmt.Sprintf(", and %d more", n)
	}
	return nil, []string{fmt.Sprintf("a body that calls itself JSON must be the error envelope: %s: %s%s",
		wrong[0].Path,
		wrong[0].Detail, more)}
}

// servedError finds a success whose body tells of an error instead: nothing in it is what the reference documents for
// the code, and it is an error envelope, or an error of OAuth.
func servedError(op *schemas.Operation, a exchange.Attempt) []schemas.Violation {
	if a.Status/100 != 2 || len(a.Body) == 0 {
		return nil
	}
	document, err := schemas.ReadJSON(a.Body)
	if err != nil {
		return nil
	}
	if op != nil {
		documented, described := op.Documented(a.Status, schemas.AnyForm, document)
		if object, isObject := documented.(map[string]any); described && (!isObject || len(object) > 0) {
			return nil
		}
	}
	body, _ := document.(map[string]any)
	inside, isEnvelope := body["error"].(map[string]any)
	isEnvelope = isEnvelope && (inside["code"] != nil || inside["message"] != nil)
	_, isWord := body["error"].(string)
	_, isDescribed := body["error_description"].(string)
	if !isEnvelope && !(isWord && isDescribed) {
		return nil
	}
	return []schemas.Violation{{Path: "$.error", Rule: "served-error", Found: "an error",
		Detail: fmt.Sprintf("an answer with %d tells of an error", a.Status)}}
}

// charset says how the charset that the Content-Type of a JSON body names contradicts the bytes; empty where it does
// not. JSON is UTF-8 and needs no such parameter (RFC 8259), so that it may be there or not.
func charset(a exchange.Attempt) string {
	media, parameters, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	named := strings.ToLower(parameters["charset"])
	isUTF8 := named == "" || named == "utf-8" || named == "utf8"
	if err != nil || media != "application/json" || isUTF8 || len(a.Body) == 0 || !utf8.Valid(a.Body) {
		return ""
	}
	isASCII := !slices.ContainsFunc(a.Body, func(b byte) bool { return b >= utf8.RuneSelf })
	wide := strings.HasPrefix(named, "utf-16") || strings.HasPrefix(named, "utf-32") || strings.Contains(named, "ucs")
	if isASCII && !wide {
		return ""
	}
	return fmt.Sprintf("the Content-Type says charset=%s, and the bytes are UTF-8", line(named))
}

// envelope accepts, besides the error envelope, the error body that the reference lists for the operation's other
// refusals: the token endpoints have a shape of their own. An envelope that bears the code of another refusal is none
// of these.
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
