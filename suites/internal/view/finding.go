package view

import (
	"cmp"
	"slices"

	"acronis-conformance/suites/internal/report"
)

// finding is one fault as a reader counts them: all specs of a probe that failed for the same reason. Ninety operations that take a
// forged token have one fault, not ninety.
type finding struct {
	Verdict     report.Verdict
	Code, Probe string
	Reason      string
	Requirement string
	Link        string
	Ground      report.Ground
	Specs       []*report.Spec // by id
}

// First is the spec that stands for the finding.
func (f finding) First() *report.Spec { return f.Specs[0] }

// Others are the specs behind the first.
func (f finding) Others() []*report.Spec { return f.Specs[1:] }

// findings gathers the specs of a verdict, the weightiest first: what the documentation rules out entirely, before what rests on
// assumptions; then the most frequent.
func findings(r *report.Result, verdict report.Verdict) []finding {
	type key struct{ code, probe, reason string }
	index := map[key]int{}
	var list []finding
	for i := range r.Specs {
		s := &r.Specs[i]
		if s.Verdict != verdict {
			continue
		}
		k := key{s.Code, s.Probe, s.Reason}
		at, known := index[k]
		if !known {
			at = len(list)
			index[k] = at
			list = append(list, finding{Verdict: verdict, Code: s.Code, Probe: s.Probe, Reason: s.Reason, Requirement: s.Requirement, Link: s.Link, Ground: s.Ground})
		}
		list[at].Specs = append(list[at].Specs, s)
	}
	slices.SortStableFunc(list, func(a, b finding) int {
		return cmp.Or(cmp.Compare(assumptions(a.Ground), assumptions(b.Ground)), cmp.Compare(len(b.Specs), len(a.Specs)))
	})
	return list
}

// assumptions counts what of an expectation is not documented.
func assumptions(g report.Ground) int {
	n := 0
	for _, basis := range []report.Basis{g.Refusal, g.Code} {
		if basis != report.Documented {
			n++
		}
	}
	return n
}

// reasons gathers the specs of a verdict by their reason alone, the most frequent first.
func reasons(r *report.Result, verdict report.Verdict) []finding {
	index := map[string]int{}
	var list []finding
	for i := range r.Specs {
		s := &r.Specs[i]
		if s.Verdict != verdict {
			continue
		}
		at, known := index[s.Reason]
		if !known {
			at = len(list)
			index[s.Reason] = at
			list = append(list, finding{Verdict: verdict, Reason: s.Reason})
		}
		list[at].Specs = append(list[at].Specs, s)
	}
	slices.SortStableFunc(list, func(a, b finding) int { return cmp.Compare(len(b.Specs), len(a.Specs)) })
	return list
}
