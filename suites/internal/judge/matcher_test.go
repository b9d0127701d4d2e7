package judge_test

import (
	"testing"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/judge"
	"acronis-conformance/suites/internal/redact"

	. "github.com/onsi/gomega"
)

func TestMatcherSaysWhatIsWrong(t *testing.T) {
	g := NewWithT(t)
	contract, err := schemas.Load()
	g.Expect(err).NotTo(HaveOccurred())
	j := &judge.Judge{Contract: contract, Redactor: redact.New()}
	var found judge.Result
	matcher := j.ConformTo(judge.Expectation{Operation: contract.Operation("FetchTenant"), Code: 403,
		Basis: documented},
		&found)
	matched, err := matcher.Match(&exchange.Exchange{Attempts: []exchange.Attempt{{Status: 200}}})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(matched).To(BeFalse())
	g.Expect(matcher.FailureMessage(nil)).To(And(ContainSubstring("expected:    403"),
		ContainSubstring("actual:      200")))
	_, err = matcher.Match("no exchange")
	g.Expect(err).To(MatchError(ContainSubstring("judges an *exchange.Exchange")))
}
