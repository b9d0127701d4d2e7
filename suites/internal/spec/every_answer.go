package spec

import (
	"fmt"
	"slices"
	"time"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/judge"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/session"

	. "github.com/onsi/ginkgo/v2"
)

// RegisterEveryAnswer adds the spec that judges every answer to the operation's requests.
func RegisterEveryAnswer(op *schemas.Operation) {
	GinkgoHelper()
	sp := enter(everyAnswer(op))
	It(sp.ID(), sp.labels()[1:], SpecTimeout(suite.timeout()), func(SpecContext) {
		s, started := suite.session, time.Now()
		record, finding := sp.record(), judge.Result{}
		all, err := s.Answers()
		if err != nil {
			finding = targetFailed(err)
		} else {
			finding = judged(s, op, all[op.ID], &record)
		}
		record.Started, record.Seconds = started.UTC(), time.Since(started).Seconds()
		decide(s, &record, finding)
		accept(&record)
		announce(s, record, finding, nil)
	})
}

const everyAnswerProbe = "every-answer"

func everyAnswer(op *schemas.Operation) Spec {
	return Spec{
		Code: "20x", Probe: everyAnswerProbe, Subject: op.ID, Operation: op, Method: op.Method, Path: op.Path,
		Want:  op.Success(),
		Basis: Documented, Control: op.ID,
	}
}

// maxFaultExchanges bounds the evidence of one of these specs.
const maxFaultExchanges = 20

// judged is what the answers to an operation's requests come to. Where none was a documented success, the
// operation's cell is not asserted.
func judged(s *session.Session, op *schemas.Operation, answers session.Answers, record *report.Spec) judge.Result {
	f := judge.Result{Verdict: report.Pass, Expected: "every answer to it as the reference and the guides describe it"}
	record.Exchanges = nil
	for _, fault := range answers.Faults {
		d := fault.Difference
		f.Differences = append(f.Differences, schemas.Violation{Path: d.Path, Rule: d.Rule, Found: d.Found,
			Detail: d.Detail})
		same := func(e exchange.Evidence) bool { return e.Curl == fault.Exchange.Curl && e.Spec == fault.Exchange.Spec }
		if len(record.Exchanges) < maxFaultExchanges && !slices.ContainsFunc(record.Exchanges, same) {
			record.Exchanges = append(record.Exchanges, fault.Exchange)
		}
	}
	switch {
	case len(answers.Faults) > 0:
		first := answers.Faults[0]
		f.Verdict = report.Violation
		f.Actual = fmt.Sprintf("%d, sent by %s", first.Status, first.By)
		f.Reason = fmt.Sprintf("an answer %d, asked for by %s, is not as documented", first.Status, first.By)
	case answers.Served:
		f.Actual = "nothing else"
	default:
		f.Verdict, f.Reason = report.Inconclusive, "no success of this operation came: see 20x/valid-token/"+op.ID
		if reason := everyAnswer(op).SkipReason(s); reason != "" {
			f.Reason = reason
		}
	}
	return f
}

// addLateAnswers judges once more, by all that came until the end of the run, and takes over what the specs could
// not know yet.
func addLateAnswers(in *report.Input, all map[string]session.Answers) {
	for i := range in.Specs {
		record := &in.Specs[i]
		answers, op := all[record.Operation], suite.contract.Operation(record.Operation)
		if record.Probe == everyAnswerProbe && len(answers.Faults) > 0 {
			decide(suite.session, record, judged(suite.session, op, answers, record))
			accept(record)
		}
	}
}
