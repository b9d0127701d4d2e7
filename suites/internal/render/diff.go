package render

import (
	"cmp"
	"slices"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/report"
)

// Changes is what became different from one result to the next. Waivers are no change of the target: a violation that
// is waived now is in none of the lists.
type Changes struct {
	Failing      []Change // violations now, but not before
	Broken       []Change // errors now, but not before
	Passing      []Change // passes now, and something else before
	Inconclusive []Change // put to the test before, and no longer
	Lost         []CellChange

	NewOperations  []string // operations that only the new result knows
	GoneOperations []string // operations that only the old result knows
	NewSpecs       []string // ids that only the new result has
	GoneSpecs      []string // ids that only the old result has; none if the new run was filtered
}

// Change is a spec with another verdict than before.
type Change struct {
	Spec *report.Spec   // as it is now
	Old  report.Verdict // empty where the spec is new
}

// CellChange is a cell of the reference that was asserted before and is no longer: coverage that was lost, whichever
// spec it was that went.
type CellChange struct {
	Cell *report.Cell // as it is now; as it was where the new result does not have it
	Old  report.Verdict
}

// Empty reports whether nothing is different.
func (c Changes) Empty() bool {
	return len(c.Failing)+len(c.Broken)+len(c.Passing)+len(c.Inconclusive)+len(c.Lost)+
		len(c.NewOperations)+len(c.GoneOperations)+len(c.NewSpecs)+len(c.GoneSpecs) == 0
}

// Faults are what makes specs fail that did not before.
func (c Changes) Faults() []report.Bundle {
	var specs []report.Spec
	for _, change := range c.Failing {
		specs = append(specs, *change.Spec)
	}
	return report.Bundles((&report.Result{Faults: report.Faults(specs)}).FaultsOf(report.Violation))
}

// Diff tells what is different in the result now from the one before. Specs that a filter left out of either run are
// not compared.
func Diff(before, now *report.Result) Changes {
	var c Changes
	c.specs(before, now)
	c.cells(before, now)
	old, current := operations(before), operations(now)
	c.NewOperations, c.GoneOperations = missing(current, old), missing(old, current)
	return c
}

func (c *Changes) specs(before, now *report.Result) {
	old := make(map[string]report.Verdict, len(before.Specs))
	for _, s := range before.Specs {
		old[s.ID] = s.Verdict
	}
	known := make(map[string]bool, len(now.Specs))
	for i := range now.Specs {
		s := &now.Specs[i]
		known[s.ID] = true
		was, existed := old[s.ID]
		if !existed && !before.Run.Filtered {
			c.NewSpecs = append(c.NewSpecs, s.ID)
		}
		change := Change{Spec: s, Old: was}
		switch {
		case s.Verdict == was:
		case s.Verdict == report.Violation:
			c.Failing = append(c.Failing, change)
		case s.Verdict == report.Error:
			c.Broken = append(c.Broken, change)
		case s.Verdict == report.Pass && existed:
			c.Passing = append(c.Passing, change)
		case s.Verdict == report.Inconclusive && was.Asserted():
			c.Inconclusive = append(c.Inconclusive, change)
		}
	}
	if now.Run.Filtered {
		return
	}
	for _, s := range before.Specs {
		if !known[s.ID] {
			c.GoneSpecs = append(c.GoneSpecs, s.ID)
		}
	}
}

func (c *Changes) cells(before, now *report.Result) {
	if now.Run.Filtered {
		return
	}
	current := cellsByKey(now)
	for i := range before.Cells {
		was := &before.Cells[i]
		if was.Source != schemas.FromReference || !was.Verdict.Asserted() {
			continue
		}
		switch is := current[keyOf(was)]; {
		case is == nil:
			c.Lost = append(c.Lost, CellChange{Cell: was, Old: was.Verdict})
		case !is.Verdict.Asserted():
			c.Lost = append(c.Lost, CellChange{Cell: is, Old: was.Verdict})
		}
	}
}

// cellKey identifies a cell in any result.
type cellKey struct {
	subject, class string
	code           int
	source         schemas.Source
}

func keyOf(c *report.Cell) cellKey { return cellKey{c.Subject, c.Class, c.Code, c.Source} }

func cellsByKey(r *report.Result) map[cellKey]*report.Cell {
	cells := make(map[cellKey]*report.Cell, len(r.Cells))
	for i := range r.Cells {
		cells[keyOf(&r.Cells[i])] = &r.Cells[i]
	}
	return cells
}

// operations lists the operations of the contract that the run was made for, sorted. Every operation has a cell in
// every result.
func operations(r *report.Result) []string {
	var ids []string
	for _, c := range r.Cells {
		if c.Operation != "" {
			ids = append(ids, c.Operation)
		}
	}
	slices.SortFunc(ids, cmp.Compare)
	return slices.Compact(ids)
}

// missing lists what stands in one sorted list and not in the other.
func missing(in, from []string) []string {
	var list []string
	for _, s := range in {
		if _, found := slices.BinarySearch(from, s); !found {
			list = append(list, s)
		}
	}
	return list
}
