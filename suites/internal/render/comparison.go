package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/report"
)

// comparison is several results next to each other.
type comparison struct {
	Names      []string // one for each result
	Results    []*report.Result
	Subjects   []comparedSubject // those with cells that differ
	Cells      int               // that differ
	Faults     []cause           // what makes the specs differ, the gravest first, and the most widespread of these
	all        []comparedCell
	statements []map[string][]statement // of each result, by the id of a spec
}

// comparedSubject are the cells of a subject that differ.
type comparedSubject struct {
	Name     string
	Call     string // method and path of an operation
	Resource string
	Cells    []comparedCell
}

// comparedCell is a cell in every result.
type comparedCell struct {
	Cell     *report.Cell     // as the first result has it that has it at all
	Verdicts []report.Verdict // empty where a result does not have the cell or left it out
	Specs    []comparedSpec   // those that differ
	cells    []*report.Cell
}

// comparedSpec is a spec in every result.
type comparedSpec struct {
	ID    string
	Specs []*report.Spec // nil where a result does not have it
}

// newComparison lays results side by side.
func newComparison(results []*report.Result) (*comparison, error) {
	if len(results) < 2 {
		return nil, fmt.Errorf("side by side stand two results or more, and there is %s: name another conformance.json",
			counted(len(results), "result", "results"))
	}
	s := &comparison{Names: resultNames(results), Results: results}
	specs := make([]map[string]*report.Spec, len(results))
	for i, r := range results {
		specs[i] = make(map[string]*report.Spec, len(r.Specs))
		for n := range r.Specs {
			specs[i][r.Specs[n].ID] = &r.Specs[n]
		}
	}
	type seen struct {
		result int
		cell   *report.Cell
	}
	var cells []seen
	for i, r := range results {
		for n := range r.Cells {
			cells = append(cells, seen{i, &r.Cells[n]})
		}
	}
	for _, same := range report.GroupBy(cells, func(c seen) cellKey { return keyOf(c.cell) }) {
		c := comparedCell{Cell: same[0].cell, Verdicts: make([]report.Verdict, len(results)),
			cells: make([]*report.Cell,
				len(results))}
		for _, one := range same {
			c.cells[one.result] = one.cell
			if !results[one.result].Run.Filtered || len(one.cell.Specs) > 0 {
				c.Verdicts[one.result] = one.cell.Verdict
			}
		}
		s.all = append(s.all, c)
	}
	for i := range s.all {
		s.all[i].Specs = differing(s.all[i].cells, specs)
	}
	s.subjects()
	s.findCauses()
	return s, nil
}

// resultNames tells the results apart: by target, and where that is the same by time or run.
func resultNames(results []*report.Result) []string {
	for _, name := range []func(*report.Result) string{
		func(r *report.Result) string { return r.Target.Name },
		func(r *report.Result) string {
			return r.Target.Name + " " + r.Run.Started.UTC().Format("2006-01-02 15:04")
		},
		func(r *report.Result) string { return r.Target.Name + " " + r.Run.ID },
	} {
		var names []string
		for _, r := range results {
			names = append(names, line(name(r), 60))
		}
		if distinct := slices.Compact(slices.Sorted(slices.Values(names))); len(distinct) == len(names) {
			return names
		}
	}
	var names []string // the same run, twice
	for i, r := range results {
		names = append(names, fmt.Sprintf("%s (%d)", line(r.Target.Name, 60), i+1))
	}
	return names
}

// differing are the specs of a cell whose verdicts differ. A spec that a result does not have says nothing: suites
// grow.
func differing(cells []*report.Cell, specs []map[string]*report.Spec) []comparedSpec {
	var ids []string
	for _, c := range cells {
		if c != nil {
			ids = append(ids, c.Specs...)
		}
	}
	slices.Sort(ids)
	var list []comparedSpec
	for _, id := range slices.Compact(ids) {
		spec := comparedSpec{ID: id, Specs: make([]*report.Spec, len(specs))}
		var verdicts []report.Verdict
		for i := range specs {
			if spec.Specs[i] = specs[i][id]; spec.Specs[i] != nil {
				verdicts = append(verdicts, spec.Specs[i].Verdict)
			}
		}
		if !same(verdicts) {
			list = append(list, spec)
		}
	}
	return list
}

// Differs reports whether the results say different things of the cell, or of one of its specs. What a filter left
// out says nothing.
func (c comparedCell) Differs(results []*report.Result) bool {
	var verdicts []report.Verdict
	for i, v := range c.Verdicts {
		if v != "" || !results[i].Run.Filtered {
			verdicts = append(verdicts, v)
		}
	}
	return len(c.Specs) > 0 || !same(verdicts)
}

// Reasons are the reasons of the cell in every result.
func (c comparedCell) Reasons() []string {
	reasons := make([]string, len(c.cells))
	for i, cell := range c.cells {
		if cell != nil && c.Verdicts[i] != "" {
			reasons[i] = cell.Reason
		}
	}
	return reasons
}

// Clause reports whether the cell rests on the general table.
func (c comparedCell) Clause() bool { return c.Cell.Source == schemas.FromClause }

// Code is the code, or its family where any will do.
func (c comparedCell) Code() string {
	if c.Cell.Code == 0 {
		return c.Cell.Class
	}
	return fmt.Sprint(c.Cell.Code)
}

func same(verdicts []report.Verdict) bool { return len(slices.Compact(slices.Clone(verdicts))) <= 1 }

// subjects gathers the cells that differ by their subject, in the order in which the subjects come.
func (s *comparison) subjects() {
	var cells []comparedCell
	for _, c := range s.all {
		if c.Differs(s.Results) {
			cells = append(cells, c)
		}
	}
	s.Cells = len(cells)
	for _, same := range report.GroupBy(cells, func(c comparedCell) string { return subjectOf(c.Cell) }) {
		first := same[0].Cell
		subject := comparedSubject{Name: subjectOf(first), Resource: first.Resource, Cells: same}
		if first.Operation != "" {
			subject.Call = strings.TrimSpace(first.Method + " " + first.Path)
		}
		s.Subjects = append(s.Subjects, subject)
	}
	for _, subject := range s.Subjects {
		slices.SortStableFunc(subject.Cells, func(a, b comparedCell) int { return cmp.Compare(a.Code(), b.Code()) })
	}
}

// comparedCode is a code in every result.
type comparedCode struct {
	Code   string
	Totals []report.Totals
}

// codes are the codes that any result knows, and their sum.
func (s *comparison) codes() []comparedCode {
	index := map[string][]report.Totals{}
	all := comparedCode{Code: "all", Totals: make([]report.Totals, len(s.Results))}
	var names []string
	for i, r := range s.Results {
		all.Totals[i] = r.Totals
		for _, c := range r.Codes {
			if index[c.Code] == nil {
				index[c.Code] = make([]report.Totals, len(s.Results))
				names = append(names, c.Code)
			}
			index[c.Code][i] = c.Totals
		}
	}
	slices.Sort(names)
	var codes []comparedCode
	for _, name := range names {
		codes = append(codes, comparedCode{name, index[name]})
	}
	return append(codes, all)
}

// verdict is that of all results together: the gravest.
func (s *comparison) verdict() report.Verdict {
	gravest := s.Results[0].Verdict
	for _, r := range s.Results[1:] {
		if r.Verdict.Gravity() > gravest.Gravity() {
			gravest = r.Verdict
		}
	}
	return gravest
}

// matrix shows every cell: one mark where all results agree, else one for each of them in their order.
func (s *comparison) matrix() matrix {
	cells := make([]*report.Cell, len(s.all))
	for i, c := range s.all {
		cells[i] = c.worst()
	}
	return arrange(cells, func(i int) []badge {
		c := s.all[i]
		label := fmt.Sprintf("%s %s:", subjectOf(c.Cell), c.Cell.Class)
		var badges []badge
		for n, v := range c.Verdicts {
			label += fmt.Sprintf(" %s %s,", s.Names[n], cmp.Or(string(v), "not run"))
			badges = append(badges, badge{Verdict: v, Letter: cmp.Or(initial(string(v)), "–"),
				Clause: c.Cell.Source == schemas.FromClause})
		}
		if !c.Differs(s.Results) || same(c.Verdicts) {
			badges = badges[:1]
			badges[0].Verdict = c.worst().Verdict
			badges[0].Letter = initial(string(badges[0].Verdict))
		}
		for n := range badges {
			badges[n].Label = strings.TrimSuffix(label, ",")
		}
		return badges
	})
}

// worst is the cell of the result that has the most to say about it.
func (c comparedCell) worst() *report.Cell {
	gravest := c.Cell
	for i, cell := range c.cells {
		if cell != nil && c.Verdicts[i] != "" && (c.Verdicts[i] != gravest.Verdict &&
			cell.Verdict.Gravity() > gravest.Verdict.Gravity()) {
			gravest = cell
		}
	}
	return gravest
}
