package judge_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/judge"
	"acronis-conformance/suites/internal/redact"
	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/gomega"
)

// Whatever answers, there is a verdict, and everything but a pass says why in words that a terminal can show.
func FuzzExamine(f *testing.F) {
	contract, err := schemas.Load()
	if err != nil {
		f.Fatal(err)
	}
	for _, body := range []string{
		"", "{}", "null", "[]", envelope403, envelope404, envelope400, `{"items":[{"id":1}],"timestamp":"x"}`,
		"{\"error\":\"\x1b[2J\"}", "\xff\xfe", "\ufeff{}",
		`{"a":1,"a":2}`, `{"error":{"code":` + strings.Repeat("9", 10000) + `}}`, strings.Repeat(`{"a":[`, 5000) +
			strings.Repeat(`]}`, 5000), `{"error":{"code":403`, "<html>",
		`{"error":{"code":4e2,"message":"\u0000","domain":null,"details":{}}}`,
	} {
		f.Add([]byte(body), "application/json", 403, 403, "FetchTenant")
		f.Add([]byte(body), "application/json; charset=utf-8", 200, 200, "FetchTenantsBatch")
		f.Add([]byte(body), "text/html", 401, 401, "RequestTokens")
		f.Add([]byte(body), "text/html;\tcharset=\n\x1b[2J", 404, 404, "FetchTenant")
	}
	verdicts := []report.Verdict{report.Pass, report.Violation, report.Inconclusive, report.Error}
	f.Fuzz(func(t *testing.T, body []byte, media string, status, want int, operation string) {
		g := NewWithT(t)
		for _, rules := range []judge.Rules{{}, {Strict: true, Assumed: true}} {
			j := &judge.Judge{Contract: contract, Redactor: redact.New(), Rules: rules}
			e := &exchange.Exchange{Attempts: []exchange.Attempt{{Status: status,
				Header: http.Header{"Content-Type": {media}},
				Body:   body}}}
			found := j.Examine(e, judge.Expectation{Operation: contract.Operation(operation), Code: want,
				Basis: refusal})
			g.Expect(slices.Contains(verdicts, found.Verdict)).To(BeTrue())
			g.Expect(found.Reason == "").To(Equal(found.Verdict == report.Pass), found.Reason)
			g.Expect(strings.IndexFunc(found.Actual, unicode.IsControl)).To(Equal(-1), "%q", found.Actual)
			g.Expect(found.Actual).To(Equal(strings.ToValidUTF8(found.Actual, "")))
		}
	})
}
