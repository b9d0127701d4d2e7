package spec

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/judge"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/waiver"

	. "github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
)

// verdictEntry is the name of the entry that a spec leaves in Ginkgo's own report: its verdict, in a line. What the run
// reports goes through the records, which hold the evidence.
const verdictEntry = "verdict"

// rule returns file and line of the rule that registered the spec: of its table's entry, or of the call.
func rule(r types.SpecReport) string {
	at := r.LeafNodeLocation
	if around := r.ContainerHierarchyLocations; len(around) > 1 {
		at = around[len(around)-1]
	}
	file := filepath.ToSlash(at.FileName)
	if i := strings.LastIndex(file, "suites/contract/"); i >= 0 {
		file = file[i:]
	}
	return fmt.Sprintf("%s:%d", file, at.LineNumber)
}

// Requirement returns what the rule asks and where that stands: its own citation, else that of its probe and variant,
// else that of its probe. It is empty if there is none.
func (sp Spec) Requirement() Citation {
	if sp.Cite != (Citation{}) {
		return sp.Cite
	}
	cite, known := suite.options.Requirements[sp.Code+"/"+sp.Probe+"-"+sp.Variant]
	if !known {
		cite = suite.options.Requirements[sp.Code+"/"+sp.Probe]
	}
	if sp.Variant == "" {
		cite.Requirement = strings.Replace(cite.Requirement, " ({variant})", "", 1)
	}
	cite.Requirement = strings.ReplaceAll(cite.Requirement, "{variant}", sp.Variant)
	return cite
}

// record is the spec's entry in the report, without what is not known yet.
func (sp Spec) record() report.Spec {
	r := report.Spec{
		ID: sp.ID(), Code: sp.Code, Probe: sp.Probe, Variant: sp.Variant, Subject: sp.Subject, Method: sp.Method,
		Path:   sp.Path,
		Source: sp.Source(), Basis: sp.Basis, Write: sp.Writes, Waiting: sp.Waiting, Injected: sp.Injected,
		Labels: CurrentSpecReport().Labels(), Process: GinkgoParallelProcess(), Rule: rule(CurrentSpecReport()),
	}
	if subject := sp.asserting(); subject != nil {
		r.Operation, r.Resource, r.Method, r.Path = subject.ID, subject.Resource, subject.Method, subject.Path
	}
	if clause, known := suite.contract.Clause(sp.Want); known {
		r.Requirement, r.Link = clause.Requirement, clause.Source
	} else { // only the reference knows the code
		r.Requirement, r.Link = fmt.Sprintf("%s is answered with %d where the reference says so", sp.Subject,
			sp.Want), Reference
	}
	if cite := sp.Requirement(); cite != (Citation{}) {
		r.Requirement, r.Link = cite.Requirement, cite.Link
	}
	if sp.Control != "" {
		r.Control = "control/" + sp.Control
	}
	return r
}

// conclude turns a result into the spec's verdict, its report entry and Ginkgo's state.
func conclude(s *session.Session, record report.Spec, f judge.Result, exchanges []*exchange.Exchange) {
	GinkgoHelper()
	if slices.ContainsFunc(exchanges, func(e *exchange.Exchange) bool { return e.Request.Spec != record.ID }) {
		// Another process may have sent it: this one learns its secrets from the evidence.
		record, exchanges = concluded(s, record, f, exchanges), nil
	} else {
		for _, e := range exchanges {
			record.Requests += len(e.Attempts)
		}
		decide(s, &record, f)
	}
	accept(&record)
	s.Reported(record.Operation, record.Differences)
	announce(s, record, f, exchanges)
}

// accept marks what is known or waived.
func accept(record *report.Spec) {
	waiver.Conclude(record, suite.config.Name, time.Now(), suite.waivers, suite.known)
}

// announce keeps the record, with the evidence of further exchanges, and gives the spec's node the state that fits its
// verdict.
func announce(s *session.Session, record report.Spec, f judge.Result, exchanges []*exchange.Exchange) {
	GinkgoHelper()
	made := sync.OnceValue(func() report.Spec {
		for _, e := range exchanges {
			record.Exchanges = append(record.Exchanges, s.Evidence(e))
		}
		return record
	})
	suite.records.AppendMade(report.KindSpec, func() any { return made() })
	AddReportEntry(verdictEntry, strings.TrimSuffix(fmt.Sprintf("%s: %s", record.Verdict, record.Reason), ": "),
		ReportEntryVisibilityNever)
	switch record.Verdict {
	case report.Pass, report.Waived, report.Known:
	case report.Inconclusive:
		Skip("inconclusive: " + record.Reason)
	default:
		f.Reason = record.Reason // which also says what is accepted, and what is not
		Fail(message(s, made(), f))
	}
}

// concluded is the record with result and evidence, redacted.
func concluded(s *session.Session, record report.Spec, f judge.Result, exchanges []*exchange.Exchange) report.Spec {
	for _, e := range exchanges {
		record.Exchanges = append(record.Exchanges, s.Evidence(e))
		if e.Request.Spec == record.ID {
			record.Requests += len(e.Attempts)
		}
	}
	decide(s, &record, f)
	return record
}

// decide copies the result into the record, redacted.
func decide(s *session.Session, record *report.Spec, f judge.Result) {
	record.Verdict, record.Reason = f.Verdict, s.Redactor.String(f.Reason)
	record.Expected, record.Actual = f.Expected, s.Redactor.String(f.Actual)
	record.Accepted = f.Accepted
	for _, advice := range f.Advice {
		record.Advice = append(record.Advice, s.Redactor.String(advice))
	}
	record.Differences = nil
	for i, d := range f.Differences {
		difference := session.Difference(s.Redactor, d)
		f.Differences[i].Found = difference.Found
		record.Differences = append(record.Differences, difference)
	}
}

// message tells a person what was promised, what came, and how to see it again: in full for the first specs of a fault,
// in a line for the next ones. The record is redacted already; what it says of a fault, such as "expired-token:
// requests ...", would look like a secret with its name.
func message(s *session.Session, record report.Spec, f judge.Result) string {
	suiteConfig, _ := GinkgoConfiguration()
	run, faults := describeRun(suiteConfig), report.Faults([]report.Spec{record})
	var b strings.Builder
	fmt.Fprintln(&b, record.ID)
	replay, key, cause, what := run.Replay(suite.config.Name, record.ID), "error", "error", record.Reason
	if len(faults) > 0 {
		key, cause, what = faults[0].ID, "fault "+faults[0].ID, faults[0].Sentence
	}
	switch nth := suite.shown(key); {
	case nth > shortTexts:
		return report.FailureAgain(record.ID, cause)
	case nth > fullTexts:
		return report.FailureLine(record.ID, cause+": "+oneLine(what), replay)
	}
	fmt.Fprintf(&b, "replay:      %s\n", replay)
	for _, fault := range faults {
		if fault.Gravity != report.AdviceOnly {
			fmt.Fprintf(&b, "fault:       %s %s\n", fault.ID, fault.Sentence)
		}
	}
	fmt.Fprintf(&b, "%srequirement: %s\n             %s\nrule:        %s\n", s.Redactor.String(f.String()),
		record.Requirement, record.Link,
		record.Rule)
	for i, e := range record.Exchanges {
		label := "single request, while the objects exist:"
		if i > 0 {
			label = "then:"
		}
		fmt.Fprintf(&b, "%s\n             %s\n", label, e.Curl)
	}
	return b.String()
}

// oneLine is a text without its line breaks.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
