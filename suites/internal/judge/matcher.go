package judge

import (
	"fmt"
	"strings"

	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report"

	"github.com/onsi/gomega/types"
)

// ConformTo matches an *exchange.Exchange whose last answer does not contradict the contract: status, media type and
// body together. The finding, with what is short of a violation, is written to found.
func (j *Judge) ConformTo(want Expectation, found *Result) types.GomegaMatcher {
	return &matcher{judge: j, want: want, found: found}
}

type matcher struct {
	judge *Judge
	want  Expectation
	found *Result
}

func (m *matcher) Match(actual any) (bool, error) {
	e, ok := actual.(*exchange.Exchange)
	if !ok || e == nil {
		return false, fmt.Errorf("ConformTo judges an *exchange.Exchange, not %T", actual)
	}
	*m.found = m.judge.Examine(e, m.want)
	return m.found.Verdict != report.Violation && m.found.Verdict != report.Error, nil
}

func (m *matcher) FailureMessage(any) string { return m.found.String() }

func (m *matcher) NegatedFailureMessage(any) string {
	return "expected an answer that contradicts the contract\n" + m.found.String()
}

// String renders the finding for a person: what was expected, what came, and where they differ.
func (f Result) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", f.Verdict, f.Reason)
	fmt.Fprintf(&b, "expected:    %s\n", f.Expected)
	fmt.Fprintf(&b, "actual:      %s\n", f.Actual)
	for _, d := range f.Differences {
		found := ""
		if d.Found != "" {
			found = "found " + exchange.Printable(d.Found) + ": "
		}
		fmt.Fprintf(&b, "  %s: %s: %s%s\n", exchange.Printable(d.Path), d.Rule, found, exchange.Printable(d.Detail))
	}
	for _, a := range f.Advice {
		fmt.Fprintf(&b, "  advice: %s\n", exchange.Printable(a))
	}
	return b.String()
}
