package judge_test

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/judge"
	"acronis-conformance/suites/internal/redact"
	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/gomega"
)

const (
	envelope403 = `{"error":{"code":403,"domain":null,"message":"Forbidden","details":{}}}`
	envelope404 = `{"error":{"code":"404","domain":"D","message":"Not found","details":{"info":null}}}`
	envelope409 = `{"error":{"code":409,"domain":"D","message":"Taken","details":{}}}`
	envelope426 = `{"error":{"code":426,"domain":"D","message":"Upgrade Required","details":{}}}`
	envelope500 = `{"error":{"code":500,"domain":"D","message":"Not yet","details":{}}}`
	envelope400 = `{"error":{"code":1006,"domain":"D","message":"Tenant is still enabled","details":{}}}`
)

var (
	documented = report.Basis{Rejection: report.Documented, Code: report.Documented}
	refusal    = report.Basis{Rejection: report.Documented, Code: report.Assumed}
	assumed    = report.Basis{Rejection: report.Assumed, Code: report.Assumed}
)

func TestExamine(t *testing.T) {
	contract, err := schemas.Load()
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	json, html := "application/json", "text/html"
	for name, row := range map[string]struct {
		operation string // empty: the request is not an operation
		want      int
		ground    report.Basis
		rules     judge.Rules
		status    int
		media     string
		body      string
		verdict   report.Verdict
		rule      string // of one of the differences
		accepted  bool
		before    []int  // statuses of earlier attempts
		reason    string // a part of it
		wrong     int    // differences; 0: not counted
		or        int
		injected  bool
		advice    string // a part of it
		unlisted  string // a rule that none of the differences has
	}{
		"the promised code and envelope": {operation: "FetchTenant", want: 403, ground: documented, status: 403,
			media: json, body: envelope403, verdict: report.Pass},
		"the promised code, prose for a body": {operation: "FetchTenant", want: 403, ground: documented, status: 403,
			media: html, body: "<p>no</p>",
			verdict: report.Violation, rule: "media-type"},
		"the promised code, an envelope without what it must have": {operation: "FetchTenant", want: 403,
			ground: documented, status: 403, media: json,
			body: `{"error":{"code":403,"message":"Forbidden"}}`, verdict: report.Violation, rule: "required"},
		"the promised code, a number that contradicts it": {operation: "FetchTenant", want: 404, ground: documented,
			status: 404, media: json, body: envelope403,
			verdict: report.Violation, rule: "code-equals-status"},
		"a code of the general table alone, and the number of another refusal": {operation: "FetchTenant", want: 400,
			ground: refusal,
			rules:  judge.Rules{Strict: true}, status: 400, media: json, body: envelope403, verdict: report.Violation,
			rule: "code-equals-status"},
		"no answer": {operation: "FetchTenant", want: 403, ground: documented, verdict: report.Error},

		"served though refusal is documented": {operation: "FetchTenant", want: 403, ground: refusal, status: 200,
			media: json, body: `{}`, verdict: report.Violation, rule: "status"},
		"served though refusal is assumed": {operation: "DeleteUser", want: 400, ground: assumed, status: 204,
			verdict: report.Inconclusive, accepted: true},
		"served where assumptions must be met": {operation: "CreateTenant", want: 409, ground: assumed,
			rules: judge.Rules{Assumed: true}, status: 201, media: json, body: `{}`, verdict: report.Violation},

		"another listed code, the code documented": {operation: "FetchTenant", want: 403, ground: documented,
			status: 404,
			media:  json, body: envelope404, verdict: report.Violation},
		"another listed code, the code assumed": {operation: "FetchTenant", want: 403, ground: refusal, status: 404,
			media: json, body: envelope404, verdict: report.Inconclusive},
		"another code of the general table": {operation: "CreateTenant", want: 409, ground: assumed, status: 400,
			media: json, body: envelope400, verdict: report.Inconclusive},
		"another listed code with a broken body": {operation: "FetchTenant", want: 403, ground: refusal, status: 404,
			media: json, body: `[]`, verdict: report.Violation, rule: "type", unlisted: "status", wrong: 1},
		"a code that nothing knows": {operation: "FetchTenant", want: 403, ground: assumed, status: 422, media: json,
			body: envelope403, verdict: report.Violation},
		"a failure in place of a refusal": {operation: "FetchTenant", want: 403, ground: assumed, status: 500,
			media: json,
			body:  "", verdict: report.Violation},
		"a redirect": {operation: "FetchTenant", want: 200, ground: documented, status: 302, verdict: report.Violation},

		"a failure, once": {operation: "FetchTenant", want: 200, ground: documented, status: 503,
			verdict: report.Violation,
			reason:  "the service fails (503); the guide"},
		"a failure, repeated": {operation: "FetchTenant", want: 200, ground: documented, before: []int{503, 429, 500},
			status: 503, verdict: report.Violation,
			reason: "the service fails (503), also after 2 repeats; the guide"},
		"a failure that the reference lists": {operation: "CreateReport", want: 201, ground: documented, status: 500,
			media: json, body: envelope500, verdict: report.Inconclusive,
			reason: "the service fails with 500, which the reference lists for this operation"},
		"a failure that the reference lists, where assumptions must be met": {operation: "CreateReport", want: 201,
			ground: documented, rules: judge.Rules{Assumed: true},
			status: 500, media: json, body: envelope500, verdict: report.Violation},
		"a failure that the reference lists, in a form of its own": {operation: "CreateReport", want: 201,
			ground: documented, status: 500, media: html, body: "<p>",
			verdict: report.Violation},
		"a failure that the reference lists, in place of a refusal": {operation: "CreateReport", want: 403,
			ground: documented, status: 500, media: json, body: envelope500,
			verdict: report.Violation},

		"a write refused after a failure": {operation: "CreateTenant", want: 201, ground: documented,
			before: []int{503},
			status: 409, media: json, body: envelope409,
			verdict: report.Inconclusive, reason: "a repeat may have met the effect of the attempt before"},
		"an older quota version after a failure": {operation: "SetTenantOfferingItems", want: 200, ground: documented,
			before: []int{503}, status: 426, media: json, body: envelope426,
			verdict: report.Inconclusive, reason: "a repeat may have met the effect of the attempt before"},
		"an older quota version at once": {operation: "SetTenantOfferingItems", want: 200, ground: documented,
			status: 426, media: json, body: envelope426, verdict: report.Violation},
		"a write refused otherwise after a failure": {operation: "DeleteTenant", want: 403, ground: documented,
			before: []int{503}, status: 404, media: json, body: envelope404,
			verdict: report.Inconclusive, reason: "a repeat may have met the effect of the attempt before"},
		"a write refused after a failure, in a form of its own": {operation: "CreateTenant", want: 201,
			ground: documented,
			before: []int{503}, status: 409, media: json, body: "[]",
			verdict: report.Violation},
		"a write refused after a failure, where assumptions must be met": {operation: "CreateTenant", want: 201,
			ground: documented, rules: judge.Rules{Assumed: true},
			before: []int{503}, status: 409, media: json, body: envelope409, verdict: report.Violation},
		"a write refused at once": {operation: "CreateTenant", want: 201, ground: documented, status: 409,
			media: json, body: envelope409, verdict: report.Violation},
		"a write refused after a wait": {operation: "CreateTenant", want: 201, ground: documented, before: []int{429},
			status: 409, media: json, body: envelope409, verdict: report.Violation},
		"a read refused after a failure": {operation: "FetchTenant", want: 200, ground: documented, before: []int{503},
			status: 404, media: json, body: envelope404, verdict: report.Violation},
		"the promised code after failure": {operation: "CreateTenant", want: 409, ground: documented,
			before: []int{503},
			status: 409, media: json, body: envelope409, verdict: report.Pass},

		"throttled": {operation: "FetchTenant", want: 200, ground: documented, before: []int{429, 429}, status: 429,
			media: json, body: "[]", verdict: report.Error,
			reason: "the target throttles: it answered with 429 3 times: lower rate: of the target in ginkgo.yml"},
		"throttled in place of a refusal": {want: 405, ground: documented, rules: judge.Rules{Strict: true,
			Assumed: true},
			status: 429, verdict: report.Error},

		// The live service is known to answer so: the reference does not list the code, and that is all that is wrong.
		"a code of the token endpoint that is not listed": {operation: "RequestTokens", want: 401, ground: documented,
			status: 401, media: json,
			body:    `{"domain":"Access","reason":"InvalidClient","error":"invalid_client","error_description":"no"}`,
			verdict: report.Violation, rule: "enum", wrong: 1},

		"another success code": {operation: "CreateTenant", want: 201, ground: documented, status: 200,
			media: json, body: `{}`, verdict: report.Violation},
		"valid credentials refused": {operation: "FetchTenant", want: 200, ground: assumed, status: 401,
			media: json, body: envelope403, verdict: report.Violation},
		"everyone's operation refused": {operation: "GetForgotLink", want: 200, ground: assumed, status: 403,
			media: json, body: envelope403, verdict: report.Violation},
		"a success without its body": {operation: "FetchTenant", want: 200, ground: documented, status: 200,
			media: json, body: "", verdict: report.Violation, rule: "present"},
		"a success body that lacks what must": {operation: "FetchTenant", want: 200, ground: documented, status: 200,
			media: json, body: `{"id":"x"}`, verdict: report.Violation, rule: "required"},

		"a gateway's 405": {want: 405, ground: documented, status: 405, media: html, body: "<html>",
			verdict: report.Pass},
		"a gateway's 405 on a strict target": {want: 405, ground: documented, rules: judge.Rules{Strict: true},
			status: 405,
			media:  html, body: "<html>", verdict: report.Violation},
		"a gateway's 405 in JSON": {want: 405, ground: documented, status: 405, media: json,
			body: `{"error":{"code":405,"message":"Method Not Allowed"}}`, verdict: report.Pass},
		"a gateway's 405 in JSON on a strict target": {want: 405, ground: documented, rules: judge.Rules{Strict: true},
			status: 405, media: json,
			body: `{"error":{"code":405,"message":"Method Not Allowed"}}`, verdict: report.Violation, rule: "required"},
		"an operation's refusal that calls itself JSON and lies": {operation: "SetTenantOfferingItems", want: 415,
			ground: refusal, status: 415, media: json,
			body: `{"no":"envelope"}`, verdict: report.Violation},
		"a clause 400 that is not an object": {operation: "CreateTenant", want: 400, ground: assumed, status: 400,
			media: "text/plain", body: "no", verdict: report.Violation},
		"a clause 400 that is any object": {operation: "CreateTenant", want: 400, ground: assumed, status: 400,
			media: json,
			body:  `{"why":"not"}`, verdict: report.Pass},

		// What is served is judged as what it is, whatever was expected.
		"served though refusal is assumed, and the body lacks what it must have": {operation: "CreateTenant", want: 409,
			ground: assumed, status: 201, media: json, body: `{"id":"x"}`, verdict: report.Violation, rule: "required",
			unlisted: "status", reason: "the request is served (201), and the answer is not what is promised with it"},
		"served though refusal is assumed, with an error for a body": {operation: "UpdateTenant", want: 409,
			ground: assumed, status: 200, media: json, body: envelope409, verdict: report.Violation,
			rule:     "served-error",
			unlisted: "status"},
		"served though refusal is assumed, as a page": {operation: "UpdateTenant", want: 409, ground: assumed,
			status: 200,
			media:  html, body: "<p>", verdict: report.Violation, rule: "media-type", unlisted: "status"},
		"served though refusal is assumed, with a code that is not listed": {operation: "DeleteUser", want: 400,
			ground: assumed, status: 200, media: json, body: `{}`, verdict: report.Violation, rule: "status",
			reason: "the request is served with 200, where the reference lists 204 alone"},
		"served though refusal is documented, with an error for a body": {operation: "FetchTenant", want: 403,
			ground: documented, status: 200, media: json, body: envelope403, verdict: report.Violation, rule: "status",
			reason: "a request that must be refused is served (200)"},
		"a success with an error for a body, where nothing is required": {operation: "FetchCustomBrandingOptions",
			want: 200, ground: documented, status: 200, media: json, body: envelope403, verdict: report.Violation,
			rule: "served-error"},
		"a success with an error for a body, where no body is promised": {operation: "RevokeToken", want: 200,
			ground: documented, status: 200, media: json, body: `{"error":"invalid_client","error_description":"no"}`,
			verdict: report.Violation, rule: "served-error"},
		"a success with an error for a body, where the code is not listed": {operation: "DeleteUser", want: 204,
			ground: documented, status: 200, media: json, body: envelope403, verdict: report.Violation,
			rule: "served-error"},
		"a path that another template has, with an error for a body": {want: 405, ground: assumed, status: 200,
			media: json,
			body:  envelope403, verdict: report.Violation, rule: "served-error"},
		"a success that says more of what went wrong": {operation: "FetchCustomBrandingOptions", want: 200,
			ground: documented, status: 200, media: json,
			body:    `{"company_name":"n","error":{"code":1,"message":"no logo"}}`,
			verdict: report.Pass},
		"a success whose property is called error": {operation: "FetchCustomBrandingOptions", want: 200,
			ground: documented,
			status: 200, media: json, body: `{"error":null}`, verdict: report.Pass},
		"a failure that was asked for and is not made": {operation: "DeleteUser", want: 503, ground: assumed,
			injected: true, status: 204, verdict: report.Inconclusive},
		"a failure that was asked for and is another one": {operation: "DeleteUser", want: 503, ground: assumed,
			injected: true, status: 502, media: html, body: "<p>", verdict: report.Inconclusive},
		"another failure than one that was to be a refusal": {operation: "DeleteUser", want: 403, ground: assumed,
			injected: true, status: 502, media: html, body: "<p>", verdict: report.Violation},
		"a failure that was asked for and is not made, and the answer lacks what it must have": {
			operation: "FetchTenant", want: 503, ground: assumed, injected: true, status: 200, media: json, body: `{}`,
			verdict: report.Violation, rule: "required", unlisted: "status"},

		// Where a sound answer would leave the spec open, an unsound one is a fault of its body alone.
		"another listed code without what its body must have": {operation: "FetchTenant", want: 403, ground: refusal,
			status: 404, media: json, body: `{"error":{"code":404,"domain":"D","message":"no"}}`,
			verdict: report.Violation,
			rule:    "required", unlisted: "status", wrong: 1,
			reason: "the documentation knows 404 here, but the answer is not what is promised with it"},
		"another listed code without what its body must have, where assumptions must be met": {operation: "FetchTenant",
			want: 403, ground: refusal, rules: judge.Rules{Assumed: true}, status: 404, media: json,
			body: `{"error":{"code":404,"domain":"D","message":"no"}}`, verdict: report.Violation, rule: "status",
			wrong: 2},
		"another listed code without what its body must have, the code documented": {operation: "FetchTenant",
			want:   403,
			ground: documented, status: 404, media: json, body: `{"error":{"code":404,"domain":"D","message":"no"}}`,
			verdict: report.Violation, rule: "status", wrong: 2},
		"another code of the general table with a body that holds nothing": {operation: "CreateTenant", want: 409,
			ground: assumed, status: 400, media: json, body: `{}`, verdict: report.Violation, rule: "details",
			unlisted: "status", wrong: 1},

		// The general table's 400 promises an object with the error details, the other codes nothing of their bodies.
		"a clause 400 that holds nothing": {operation: "CreateTenant", want: 400, ground: assumed, status: 400,
			media: json,
			body:  `{}`, verdict: report.Violation, rule: "details"},
		"a clause 400 whose error holds nothing": {operation: "CreateTenant", want: 400, ground: assumed, status: 400,
			media: json, body: `{"error":{"details":{},"message":""}}`, verdict: report.Violation, rule: "details"},
		"a clause 400 that is a short form": {operation: "CreateTenant", want: 400, ground: assumed, status: 400,
			media: json, body: `{"error":{"code":400}}`, verdict: report.Pass},
		"a 405 whose error is a list": {want: 405, ground: documented, status: 405, media: json, body: `{"error":[1]}`,
			verdict: report.Pass,
			advice:  "a body that calls itself JSON must be the error envelope: $.error: expected object"},
		"a 405 whose error is a list, on a strict target": {want: 405, ground: documented,
			rules:  judge.Rules{Strict: true},
			status: 405, media: json, body: `{"error":[1]}`, verdict: report.Violation, rule: "type"},
		"an unknown route with an error that lacks much": {want: 404, ground: documented, status: 404, media: json,
			body: `{"error":{"code":404,"message":"Not found"}}`, verdict: report.Pass,
			advice: "must be the error envelope: $.error.details: the property is missing, and 1 more"},
		"an unknown route with a word that is called JSON": {want: 404, ground: documented, status: 404, media: json,
			body: `Not found`, verdict: report.Violation, rule: "not-json"},
		"a 405 with a page that is called JSON": {want: 405, ground: documented, status: 405, media: json,
			body:    `<html>`,
			verdict: report.Violation, rule: "not-json"},
		"a 405 with nothing that is called JSON": {want: 405, ground: documented, status: 405, media: json, body: ``,
			verdict: report.Pass},
		"a 405 with JSON that more follows": {want: 405, ground: documented, status: 405, media: json,
			body: envelope403 + "<html>", verdict: report.Violation, rule: "trailing-data"},
		"a gateway's text": {want: 405, ground: documented, status: 405, media: "text/plain", body: `no`,
			verdict: report.Pass, advice: "not the documented error envelope"},

		// What the Content-Type says of the letters may be left out; where it contradicts them, HTTP in general is
		// advice.
		"UTF-16 that is UTF-8": {operation: "FetchTenant", want: 403, ground: documented, status: 403,
			media: "application/json; charset=utf-16", body: envelope403, verdict: report.Pass,
			advice: "the Content-Type says charset=utf-16, and the bytes are UTF-8"},
		"UTF-16 that is UTF-8, on a strict target": {operation: "FetchTenant", want: 403, ground: documented,
			rules: judge.Rules{Strict: true}, status: 403, media: "application/json; charset=UTF-16LE",
			body:    envelope403,
			verdict: report.Violation, rule: "charset"},
		"UTF-8 that is UTF-16": {operation: "FetchTenant", want: 403, ground: documented, status: 403, media: json,
			body: "\xff\xfe{\x00}\x00", verdict: report.Violation, rule: "invalid-utf8"},
		"Latin letters that are UTF-8": {operation: "FetchTenant", want: 403, ground: documented, status: 403,
			media: "application/json; charset=ISO-8859-1",
			body:  strings.Replace(envelope403, "Forbidden", "Verweigert für dich", 1), verdict: report.Pass,
			advice: "charset=iso-8859-1"},
		"Latin letters that are ASCII": {operation: "FetchTenant", want: 403, ground: documented,
			rules: judge.Rules{Strict: true}, status: 403, media: "application/json; charset=iso-8859-1",
			body:    envelope403,
			verdict: report.Pass},
		"UTF-8 in other letters": {operation: "FetchTenant", want: 403, ground: documented,
			rules: judge.Rules{Strict: true}, status: 403, media: `application/json;charset="UTF8"`,
			body: strings.Replace(envelope403, "Forbidden", "Für dich nicht", 1), verdict: report.Pass},

		// A case may have a second code, where another page of the documentation names it.
		"the second code of a case": {operation: "SetTenantOfferingItems", want: 409, or: 426, ground: refusal,
			status: 426,
			media:  json, body: envelope426, verdict: report.Pass},
		"the second code of a case, and no body": {operation: "SetTenantOfferingItems", want: 409, or: 426,
			ground: refusal,
			status: 426, verdict: report.Pass},
		"the second code of a case, and another number": {operation: "SetTenantOfferingItems", want: 409, or: 426,
			ground: refusal, status: 426, media: json, body: envelope409, verdict: report.Violation,
			rule: "code-equals-status"},
		"the second code of another case": {operation: "SetTenantOfferingItems", want: 409, ground: refusal,
			status: 426,
			media:  json, body: envelope426, verdict: report.Violation, rule: "status"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			j := &judge.Judge{Contract: contract, Rules: row.rules, Redactor: redact.New()}
			header := http.Header{}
			if row.media != "" {
				header.Set("Content-Type", row.media)
			}
			e := &exchange.Exchange{}
			for _, status := range row.before {
				e.Attempts = append(e.Attempts, exchange.Attempt{Status: status})
			}
			e.Attempts = append(e.Attempts, exchange.Attempt{Status: row.status, Header: header,
				Body: []byte(row.body)})
			f := j.Examine(e, judge.Expectation{Operation: contract.Operation(row.operation), Code: row.want,
				Or:    row.or,
				Basis: row.ground, Injected: row.injected})
			g.Expect(f.Verdict).To(Equal(row.verdict), f.String())
			g.Expect(f.Accepted).To(Equal(row.accepted), f.String())
			if row.rule != "" {
				g.Expect(f.Differences).To(ContainElement(HaveField("Rule", row.rule)), f.String())
			}
			if row.verdict != report.Pass {
				g.Expect(f.Reason).To(And(Not(BeEmpty()), ContainSubstring(row.reason)))
			}
			if row.unlisted != "" {
				g.Expect(f.Differences).NotTo(ContainElement(HaveField("Rule", row.unlisted)), f.String())
			}
			if row.advice != "" {
				g.Expect(f.Advice).To(ContainElement(ContainSubstring(row.advice)), f.String())
			}
			if row.wrong > 0 {
				g.Expect(f.Differences).To(HaveLen(row.wrong), f.String())
			}
		})
	}
}

// What is shown of a long body ends between two characters.
func TestALongBodyIsCutBetweenCharacters(t *testing.T) {
	g := NewWithT(t)
	contract, err := schemas.Load()
	g.Expect(err).NotTo(HaveOccurred())
	j := &judge.Judge{Contract: contract, Redactor: redact.New()}
	for _, before := range []string{"", "x", "xx"} {
		e := &exchange.Exchange{Attempts: []exchange.Attempt{{Status: 200,
			Header: http.Header{"Content-Type": {"text/plain"}}, Body: []byte(before + strings.Repeat("€", 1000))}}}
		f := j.Examine(e, judge.Expectation{Operation: contract.Operation("FetchTenant"), Code: 200, Basis: documented})
		g.Expect(f.Actual).To(HaveSuffix("€…"))
		g.Expect(utf8.ValidString(f.Actual)).To(BeTrue())
	}
}

func TestAdviceNeverTurnsRedUnlessStrict(t *testing.T) {
	g := NewWithT(t)
	contract, err := schemas.Load()
	g.Expect(err).NotTo(HaveOccurred())
	body := `{"error":{"code":401,"domain":null,"message":"Unauthorized","details":{}}}`
	e := &exchange.Exchange{Attempts: []exchange.Attempt{{Status: 401,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body)}}}
	want := judge.Expectation{Operation: contract.Operation("FetchTenant"), Code: 401, Basis: documented}
	lenient := &judge.Judge{Contract: contract, Redactor: redact.New()}
	f := lenient.Examine(e, want)
	g.Expect(f.Verdict).To(Equal(report.Pass))
	g.Expect(f.Advice).To(ContainElement(ContainSubstring("WWW-Authenticate")))
	strict := &judge.Judge{Contract: contract, Redactor: redact.New(), Rules: judge.Rules{Strict: true}}
	g.Expect(strict.Examine(e, want).Verdict).To(Equal(report.Violation))

	e.Attempts[0].Header.Set("WWW-Authenticate", "Bearer")
	e.Attempts[0].Remarks = []string{"an answer has one Content-Type, and this one has 2"}
	f = lenient.Examine(e, want)
	g.Expect(f.Verdict).To(Equal(report.Pass))
	g.Expect(f.Advice).To(Equal([]string{"RFC 9110: an answer has one Content-Type, and this one has 2"}))
	g.Expect(strict.Examine(e, want).Verdict).To(Equal(report.Violation))
}
