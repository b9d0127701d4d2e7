package render

import (
	"cmp"
	"slices"
	"strings"

	"acronis-conformance/suites/internal/report"
)

// sideFinding is a fault, with the results that have it.
type sideFinding struct {
	finding // as the first of them has it
	On      []sideName
}

// sideName is a result that has a fault, and how far it goes there.
type sideName struct{ Name, Where string }

// findings are the faults of all results together: the gravest first, and of these first those that most results have.
func (s *sides) findings() []sideFinding {
	type seen struct {
		finding
		name string
	}
	var all []seen
	for i, r := range s.Results {
		for _, f := range findingsOf(r, report.Violation) {
			all = append(all, seen{f, s.Names[i]})
		}
	}
	var list []sideFinding
	for _, same := range report.Gather(all, func(f seen) string { return f.Name }) {
		f := sideFinding{finding: same[0].finding}
		for _, one := range same {
			f.On = append(f.On, sideName{one.name, one.Where()})
		}
		list = append(list, f)
	}
	slices.SortStableFunc(list, func(a, b sideFinding) int {
		return cmp.Or(cmp.Compare(a.Gravity.Rank(), b.Gravity.Rank()), cmp.Compare(len(b.On), len(a.On)))
	})
	return list
}

// pattern is a verdict for each result.
type pattern []report.Verdict

func (p pattern) key() string {
	var words []string
	for _, v := range p {
		words = append(words, string(v))
	}
	return strings.Join(words, " ")
}

// saying is what a result says of a spec: a fault, or another reason.
type saying struct{ key, text string }

// sayings are what a result says of its specs, by their ids: for each what carries its verdict.
func sayings(r *report.Result) map[string][]saying {
	specs, says := index(r), map[string][]saying{}
	for _, f := range r.Faults {
		for _, id := range f.Specs {
			if s := specs[id]; s != nil && s.Verdict == f.Verdict && s.Verdict != report.Pass {
				says[id] = append(says[id], saying{f.ID, f.Sentence})
			}
		}
	}
	for _, v := range []report.Verdict{report.Error, report.Inconclusive, report.Pass} {
		for _, reason := range report.Reasons(r, v) {
			for _, id := range reason.Specs {
				if len(says[id]) == 0 {
					says[id] = []saying{{reason.Text, reason.Text}}
				}
			}
		}
	}
	return says
}

// sideFault is one reason for which specs have different verdicts.
type sideFault struct {
	Text    string
	Pattern pattern
	Verdict report.Verdict // the gravest of the pattern
	Example string
	report.Spread
}

// Shown are the first specs, and More how many others there are.
func (f sideFault) Shown() []string { return f.Specs[:min(len(f.Specs), shownSpecs)] }

// More is the number of specs that are not shown.
func (f sideFault) More() int { return len(f.Specs) - len(f.Shown()) }

// Foremost are the reasons that a reader is shown at once.
func (s *sides) Foremost() []sideFault { return s.Faults[:min(len(s.Faults), shownFindings)] }

// Rest are the others.
func (s *sides) Rest() []sideFault { return s.Faults[len(s.Foremost()):] }

// contrast gathers the specs that differ by their verdicts and by what the gravest of these says.
func (s *sides) contrast() {
	for _, r := range s.Results {
		s.says = append(s.says, sayings(r))
	}
	type difference struct {
		pattern pattern
		saying  saying
		spec    *report.Spec
	}
	var all []difference
	for _, subject := range s.Subjects {
		for _, c := range subject.Cells {
			for _, spec := range c.Specs {
				p, at := make(pattern, len(spec.Specs)), -1
				for i, one := range spec.Specs {
					if one == nil {
						continue
					}
					p[i] = one.Verdict
					if at < 0 || one.Verdict.Gravity() > spec.Specs[at].Verdict.Gravity() {
						at = i
					}
				}
				for _, says := range s.says[at][spec.ID] {
					all = append(all, difference{p, says, spec.Specs[at]})
				}
			}
		}
	}
	type key struct{ pattern, fault string }
	for _, same := range report.Gather(all, func(d difference) key { return key{d.pattern.key(), d.saying.key} }) {
		var specs []*report.Spec
		for _, d := range same {
			specs = append(specs, d.spec)
		}
		spread, example := report.SpreadOf(specs)
		s.Faults = append(s.Faults, sideFault{Text: same[0].saying.text, Pattern: same[0].pattern,
			Verdict: specs[0].Verdict, Example: example, Spread: spread})
	}
	slices.SortStableFunc(s.Faults, func(a, b sideFault) int {
		return cmp.Or(cmp.Compare(b.Verdict.Gravity(), a.Verdict.Gravity()), cmp.Compare(len(b.Specs), len(a.Specs)))
	})
}

// Says is in short what a result says of a spec: what is wrong with it, or else the status that came.
func (s *sides) Says(i int, spec *report.Spec) string {
	if spec.Verdict == report.Pass {
		status, _, _ := strings.Cut(spec.Actual, ", ")
		return line(status, 80)
	}
	var texts []string
	for _, f := range s.says[i][spec.ID] {
		texts = append(texts, f.text)
	}
	return line(strings.Join(texts, "; "), 240)
}

// tallied says how many cells differ in which way, under some heading.
type tallied struct {
	Patterns []pattern // the columns, the most frequent first
	Rows     []tallyRow
}

type tallyRow struct {
	Name   string
	Counts []int
	Total  int
}

// tally counts the cells that differ by a property of theirs.
func (s *sides) tally(by func(*report.Cell) string) tallied {
	var cells []sideCell
	for _, subject := range s.Subjects {
		cells = append(cells, subject.Cells...)
	}
	patternOf := func(c sideCell) string { return pattern(c.Verdicts).key() }
	columns := report.Gather(cells, patternOf)
	slices.SortStableFunc(columns, func(a, b []sideCell) int { return cmp.Compare(len(b), len(a)) })
	var t tallied
	index := map[string]int{}
	for i, column := range columns {
		index[patternOf(column[0])] = i
		t.Patterns = append(t.Patterns, column[0].Verdicts)
	}
	all := tallyRow{Name: "all", Counts: make([]int, len(columns)), Total: len(cells)}
	for _, same := range report.Gather(cells, func(c sideCell) string { return by(c.Cell) }) {
		row := tallyRow{Name: cmp.Or(by(same[0].Cell), "other"), Counts: make([]int, len(columns)), Total: len(same)}
		for _, c := range same {
			row.Counts[index[patternOf(c)]]++
			all.Counts[index[patternOf(c)]]++
		}
		t.Rows = append(t.Rows, row)
	}
	slices.SortFunc(t.Rows, func(a, b tallyRow) int { return cmp.Compare(a.Name, b.Name) })
	t.Rows = append(t.Rows, all)
	return t
}

// Brief are the ways in which a subject's cells differ, with the codes of each.
func (u sideSubject) Brief() []brief {
	var list []brief
	for _, same := range report.Gather(u.Cells, func(c sideCell) string { return pattern(c.Verdicts).key() }) {
		var codes []string
		for _, c := range same {
			codes = append(codes, c.Code())
		}
		slices.Sort(codes)
		list = append(list, brief{same[0].Verdicts, strings.Join(slices.Compact(codes), " ")})
	}
	return list
}

type brief struct {
	Pattern pattern
	Codes   string
}

// Classes are the codes under which the subject differs, for the filter.
func (u sideSubject) Classes() string {
	var list []string
	for _, c := range u.Cells {
		list = append(list, c.Cell.Class)
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), " ")
}
