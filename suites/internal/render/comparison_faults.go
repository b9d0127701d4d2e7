package render

import (
	"cmp"
	"slices"
	"strings"

	"acronis-conformance/suites/internal/report"
)

// sharedFinding is a fault, with the results that have it.
type sharedFinding struct {
	finding // as the first of them has it
	result  *report.Result
	On      []affectedResult
}

// affectedResult is a result that has a fault, and how far it goes there.
type affectedResult struct{ Name, Where string }

// findings are the faults of all results together: the gravest first, and of these first those that most results have.
func (s *comparison) findings() []sharedFinding {
	type seen struct {
		finding
		result *report.Result
		name   string
	}
	var all []seen
	for i, r := range s.Results {
		for _, f := range findingsOf(r, report.Violation) {
			all = append(all, seen{f, r, s.Names[i]})
		}
	}
	var list []sharedFinding
	for _, same := range report.GroupBy(all, func(f seen) string { return f.Name }) {
		f := sharedFinding{finding: same[0].finding, result: same[0].result}
		for _, one := range same {
			f.On = append(f.On, affectedResult{one.name, one.Where()})
		}
		list = append(list, f)
	}
	slices.SortStableFunc(list, func(a, b sharedFinding) int {
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

// statement is what a result says of a spec: a fault, or another reason.
type statement struct{ key, text string }

// statements are what a result says of its specs, by their ids: for each what carries its verdict.
func statements(r *report.Result) map[string][]statement {
	specs, stated := index(r), map[string][]statement{}
	for _, f := range r.Faults {
		for _, id := range f.Specs {
			if s := specs[id]; s != nil && s.Verdict == f.Verdict && s.Verdict != report.Pass {
				stated[id] = append(stated[id], statement{f.ID, f.Sentence})
			}
		}
	}
	for _, v := range []report.Verdict{report.Error, report.Inconclusive, report.Pass} {
		for _, reason := range report.Reasons(r, v) {
			for _, id := range reason.Specs {
				if len(stated[id]) == 0 {
					stated[id] = []statement{{reason.Text, reason.Text}}
				}
			}
		}
	}
	return stated
}

// cause is one reason for which specs have different verdicts.
type cause struct {
	Text    string
	Pattern pattern
	Verdict report.Verdict // the gravest of the pattern
	Example string
	report.Extent
}

// Shown are the first specs, and More how many others there are.
func (f cause) Shown() []string { return f.Specs[:min(len(f.Specs), shownSpecs)] }

// More is the number of specs that are not shown.
func (f cause) More() int { return len(f.Specs) - len(f.Shown()) }

// Top are the reasons that a reader is shown at once.
func (s *comparison) Top() []cause { return s.Faults[:min(len(s.Faults), shownFindings)] }

// Rest are the others.
func (s *comparison) Rest() []cause { return s.Faults[len(s.Top()):] }

// findCauses gathers the specs that differ by their verdicts and by what the gravest of these says.
func (s *comparison) findCauses() {
	for _, r := range s.Results {
		s.statements = append(s.statements, statements(r))
	}
	type difference struct {
		pattern   pattern
		statement statement
		spec      *report.Spec
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
				for _, text := range s.statements[at][spec.ID] {
					all = append(all, difference{p, text, spec.Specs[at]})
				}
			}
		}
	}
	type key struct{ pattern, fault string }
	for _, same := range report.GroupBy(all, func(d difference) key { return key{d.pattern.key(), d.statement.key} }) {
		var specs []*report.Spec
		for _, d := range same {
			specs = append(specs, d.spec)
		}
		spread, example := report.ExtentOf(specs)
		s.Faults = append(s.Faults, cause{Text: same[0].statement.text, Pattern: same[0].pattern,
			Verdict: specs[0].Verdict, Example: example, Extent: spread})
	}
	slices.SortStableFunc(s.Faults, func(a, b cause) int {
		return cmp.Or(cmp.Compare(b.Verdict.Gravity(), a.Verdict.Gravity()), cmp.Compare(len(b.Specs), len(a.Specs)))
	})
}

// Statement is in short what a result says of a spec: what is wrong with it, or else the status that came.
func (s *comparison) Statement(i int, spec *report.Spec) string {
	if spec.Verdict == report.Pass {
		status, _, _ := strings.Cut(spec.Actual, ", ")
		return line(status, 80)
	}
	var texts []string
	for _, f := range s.statements[i][spec.ID] {
		texts = append(texts, f.text)
	}
	return line(strings.Join(texts, "; "), 240)
}

// tally says how many cells differ in which way, under some heading.
type tally struct {
	Patterns []pattern // the columns, the most frequent first
	Rows     []tallyRow
}

type tallyRow struct {
	Name   string
	Counts []int
	Total  int
}

// tally counts the cells that differ by a property of theirs.
func (s *comparison) tally(by func(*report.Cell) string) tally {
	var cells []comparedCell
	for _, subject := range s.Subjects {
		cells = append(cells, subject.Cells...)
	}
	patternOf := func(c comparedCell) string { return pattern(c.Verdicts).key() }
	columns := report.GroupBy(cells, patternOf)
	slices.SortStableFunc(columns, func(a, b []comparedCell) int { return cmp.Compare(len(b), len(a)) })
	var t tally
	index := map[string]int{}
	for i, column := range columns {
		index[patternOf(column[0])] = i
		t.Patterns = append(t.Patterns, column[0].Verdicts)
	}
	all := tallyRow{Name: "all", Counts: make([]int, len(columns)), Total: len(cells)}
	for _, same := range report.GroupBy(cells, func(c comparedCell) string { return by(c.Cell) }) {
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
func (u comparedSubject) Brief() []brief {
	var list []brief
	for _, same := range report.GroupBy(u.Cells, func(c comparedCell) string { return pattern(c.Verdicts).key() }) {
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
func (u comparedSubject) Classes() string {
	var list []string
	for _, c := range u.Cells {
		list = append(list, c.Cell.Class)
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), " ")
}
