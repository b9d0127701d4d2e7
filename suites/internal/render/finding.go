package render

import (
	"acronis-conformance/suites/internal/report"
)

// section is a list of findings on the page: first what is met in several places, then what is the fault of a single operation.
type section struct {
	Title    string
	Parts    []part
	Findings int
	Specs    int
	Open     bool
}

type part struct {
	Title    string // empty where there is only one
	Findings []report.Finding
}

func newSection(r *report.Result, title string, verdict report.Verdict, specs int) section {
	list := report.Findings(r, verdict)
	s := section{Title: title, Findings: len(list), Specs: specs, Open: verdict != report.Waived}
	s.Parts = partsOf(list)
	return s
}

func partsOf(list []report.Finding) []part {
	var parts []part
	widespread, single := report.Apart(list)
	for _, p := range []part{{"In several places", widespread}, {"Of a single operation", single}} {
		if len(p.Findings) > 0 {
			parts = append(parts, p)
		}
	}
	if len(parts) == 1 {
		parts[0].Title = ""
	}
	return parts
}

// shownSpecs is how many specs of a finding stand on the page for each code; the link to the finding shows them all.
const shownSpecs = 12

// codeSpecs are the specs of a finding that are of the same code.
type codeSpecs struct {
	report.Finding
	Code string
	More int // that are not shown
}

// Shown are the first specs.
func (c codeSpecs) Shown() []*report.Spec { return c.Specs[:len(c.Specs)-c.More] }

// perCode divides a finding by its codes.
func perCode(f report.Finding) []codeSpecs {
	var list []codeSpecs
	for _, specs := range report.Gather(f.Specs, func(s *report.Spec) string { return s.Code }) {
		list = append(list, codeSpecs{Finding: f.Of(specs), Code: specs[0].Code, More: max(len(specs)-shownSpecs, 0)})
	}
	return list
}

// findingVerdicts are those whose findings the page opens at an address of their own, in the order of its sections.
var findingVerdicts = [...]report.Verdict{report.Violation, report.Error, report.Waived}

// gravest is the finding that the run's headline names; nil where it names none.
func gravest(r *report.Result) *report.Finding {
	if r.Verdict != report.Violation {
		return nil
	}
	list := report.Findings(r, report.Violation)
	if len(list) == 0 {
		return nil
	}
	f := report.Gravest(list)
	return &f
}

// foundID names a finding in an address: its verdict, and what it has in common with the same fault of another run.
func foundID(verdict report.Verdict, f report.Finding) string {
	return line(string(verdict)+"/"+f.Key, 200)
}
