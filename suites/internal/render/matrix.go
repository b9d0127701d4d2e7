package render

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/report"
)

// matrix is the picture of a result: operations by codes. Subjects other than operations have groups of their own
// below, their paths by methods.
type matrix struct {
	Columns []string // codes
	Groups  []group  // resources
	Others  []group  // codes whose subjects are not operations
}

// group is a part of the matrix that is shown or hidden as a whole.
type group struct {
	Title   string
	Note    string
	Short   string // the note where there is little room
	Columns []string
	Cells   []matrixCell // the gravest of each column, for when the group is shut
	Rows    []row
}

type row struct {
	Name   string // the operation; empty where the subject is none
	Method string
	Path   string
	Cells  []matrixCell // one for each column
	Bar    *bar
}

// matrixCell is one place of the matrix. It nearly always holds one cell; but an operation may have a cell of its own
// list and one of the general table under the same code.
type matrixCell struct {
	Column string
	Badges []badge
}

// badge is how a cell is drawn.
type badge struct {
	Index   int // of the cell in the result
	Verdict report.Verdict
	Letter  string // of the fault where the cell is a violation, else of the verdict
	fault   int    // place of the fault
	Clause  bool   // of the general table
	Label   string
}

// bar is an operation's latency.
type bar struct {
	latency
	MedianWidth, WorstWidth string // of a hundred
	Label                   string
}

// newMatrix lays the result's cells out. Every cell has exactly one mark.
func newMatrix(r *report.Result) matrix {
	cells := make([]*report.Cell, len(r.Cells))
	for i := range r.Cells {
		cells[i] = &r.Cells[i]
	}
	faults := findingsOf(r, report.Violation)
	places := faultOfSpec(faults)
	m := arrange(cells, func(i int) []badge { return []badge{newBadge(i, cells[i], faults, places)} })
	times := latencies(r)
	var longest int64
	for _, l := range times {
		longest = max(longest, l.Worst)
	}
	for _, g := range m.Groups {
		for i := range g.Rows {
			if l, answered := times[g.Rows[i].Name]; answered {
				g.Rows[i].Bar = newBar(l, longest)
			}
		}
	}
	return m
}

// arrange puts the badges of cells in their places.
func arrange(cells []*report.Cell, badges func(i int) []badge) matrix {
	m := matrix{}
	resources, others := map[string]*grouping{}, map[string]*grouping{}
	for i, c := range cells {
		if c.Operation == "" {
			at(others, c.Class).add(c, cmp.Or(c.Path, c.Subject), c.Method, badges(i))
			continue
		}
		at(resources, c.Resource).add(c, c.Operation, c.Class, badges(i))
		if !slices.Contains(m.Columns, c.Class) {
			m.Columns = append(m.Columns, c.Class)
		}
	}
	slices.Sort(m.Columns)
	for _, resource := range slices.Sorted(maps.Keys(resources)) {
		g := resources[resource].group(m.Columns)
		g.Title = cmp.Or(resource, "other")
		m.Groups = append(m.Groups, g)
	}
	for _, class := range slices.Sorted(maps.Keys(others)) {
		g := others[class].group(others[class].methods())
		g.Title, g.Note = otherTitle(class), g.Note+", no operations of the reference"
		m.Others = append(m.Others, g)
	}
	return m
}

// otherTitle names a code whose subjects are not operations.
func otherTitle(class string) string {
	code, _ := strconv.Atoi(class)
	switch code {
	case http.StatusNotFound:
		return "404 · unknown routes"
	case http.StatusMethodNotAllowed:
		return "405 · methods that a path does not have"
	}
	return class + " · other subjects"
}

func newBar(l latency, longest int64) *bar {
	return &bar{latency: l, MedianWidth: fmt.Sprintf("%.1f", 100*length(l.Median, longest)),
		WorstWidth: fmt.Sprintf("%.1f", 100*length(l.Worst, longest)),
		Label: fmt.Sprintf("median %s ms, worst %s ms, of %s", milliseconds(l.Median), milliseconds(l.Worst),
			counted(l.Count, "answer", "answers"))}
}

// grouping collects the rows of a group in the order in which their cells come.
type grouping struct {
	rows   []row
	badges []map[string][]badge // by row and column
	index  map[string]int       // of the rows
	cells  []*report.Cell
}

func (g *grouping) add(c *report.Cell, name, column string, badges []badge) {
	at, known := g.index[name]
	if !known {
		at = len(g.rows)
		g.index[name] = at
		r := row{Path: name}
		if c.Operation != "" {
			r = row{Name: name, Method: c.Method, Path: c.Path}
		}
		g.rows = append(g.rows, r)
		g.badges = append(g.badges, map[string][]badge{})
	}
	g.badges[at][column] = append(g.badges[at][column], badges...)
	g.cells = append(g.cells, c)
}

func newBadge(i int, c *report.Cell, faults []finding, places map[string]int) badge {
	m := badge{Index: i, Verdict: c.Verdict, Letter: initial(string(c.Verdict)), Clause: c.Source == schemas.FromClause}
	m.Label = fmt.Sprintf("%s %s: %s, %s", subjectOf(c), c.Class, c.Verdict, counted(len(c.Specs), "spec", "specs"))
	if m.Clause {
		m.Label += ", general table"
	}
	if at := gravestFault(c, places, len(faults)); c.Verdict == report.Violation && at < len(faults) {
		m.Letter, m.fault = faults[at].Letter, at
		m.Label += ", fault " + m.Letter + ": " + line(faults[at].Text, 120)
	}
	return m
}

// gravestFault is the place of the gravest fault that the specs of a cell show; none where no spec shows any.
func gravestFault(c *report.Cell, places map[string]int, none int) int {
	gravest := none
	for _, id := range c.Specs {
		if at, shows := places[id]; shows {
			gravest = min(gravest, at)
		}
	}
	return gravest
}

// subjectOf names what a cell speaks of, as a reader looks for it.
func subjectOf(c *report.Cell) string {
	if c.Operation != "" || c.Path == "" {
		return cmp.Or(c.Operation, c.Subject)
	}
	return strings.TrimSpace(c.Method + " " + c.Path)
}

// methods are the group's columns where its subjects are not operations.
func (g *grouping) methods() []string {
	var list []string
	for _, c := range g.cells {
		if !slices.Contains(list, c.Method) {
			list = append(list, c.Method)
		}
	}
	slices.SortFunc(list, func(a, b string) int {
		return cmp.Or(cmp.Compare(slices.Index(schemas.Methods, a), slices.Index(schemas.Methods, b)),
			cmp.Compare(a, b))
	})
	return list
}

func (g *grouping) group(columns []string) group {
	out := group{Columns: columns}
	out.Note, out.Short = g.notes()
	gravest := map[string]badge{}
	for i, r := range g.rows {
		for _, column := range columns {
			badges := g.badges[i][column]
			r.Cells = append(r.Cells, matrixCell{Column: column, Badges: badges})
			for _, m := range badges {
				if worst, seen := gravest[column]; !seen || m.graver(worst) {
					gravest[column] = m
				}
			}
		}
		out.Rows = append(out.Rows, r)
	}
	for _, column := range columns {
		s := matrixCell{Column: column}
		if m, seen := gravest[column]; seen {
			s.Badges = []badge{m}
		}
		out.Cells = append(out.Cells, s)
	}
	return out
}

// graver reports whether a badge says more than another.
func (b badge) graver(other badge) bool {
	return cmp.Or(cmp.Compare(other.Verdict.Gravity(), b.Verdict.Gravity()), cmp.Compare(b.fault, other.fault)) < 0
}

// notes say how many cells the group has and what became of them, in words and in the verdicts' letters.
func (g *grouping) notes() (long, short string) {
	counts := map[report.Verdict]int{}
	for _, c := range g.cells {
		counts[c.Verdict]++
	}
	long = counted(len(g.cells), "cell", "cells")
	var letters []string
	for _, v := range report.Verdicts {
		if n := counts[v]; v != report.Pass && n > 0 {
			long += ", " + counted(n, string(v), plural(v))
			letters = append(letters, thousands(n)+" "+initial(string(v)))
		}
	}
	return long, cmp.Or(strings.Join(letters, ", "), long)
}

// plural is the word for several of a verdict.
func plural(v report.Verdict) string {
	if v == report.Violation || v == report.Error {
		return string(v) + "s"
	}
	return string(v)
}

func at(groups map[string]*grouping, key string) *grouping {
	if groups[key] == nil {
		groups[key] = &grouping{index: map[string]int{}}
	}
	return groups[key]
}
