package render

import (
	"fmt"
	"io"
	"strings"

	"acronis-conformance/suites/internal/report"
)

// Compare writes a page that shows where two or more results differ: cells and specs, per operation.
func Compare(w io.Writer, results []*report.Result) error {
	s, err := newComparison(results)
	if err != nil {
		return err
	}
	byCode := s.tally(func(c *report.Cell) string { return c.Class })
	byResource := s.tally(func(c *report.Cell) string { return c.Resource })
	return s.page(w, comparisonPage{Heading: s.headline(), Tallies: []heading{{"code", byCode},
		{"resource", byResource}}})
}

// Merge writes a page that shows several results as one, such as those of all data centers: the faults with the
// targets that have them, and a matrix with a mark for every target wherever they do not agree.
func Merge(w io.Writer, results []*report.Result) error {
	s, err := newComparison(results)
	if err != nil {
		return err
	}
	m := s.matrix()
	return s.page(w, comparisonPage{Heading: s.summary(), Verdict: s.verdict(), Findings: s.findings(), Matrix: &m})
}

// heading is a table of the cells that differ, by what its first column names.
type heading struct {
	Name string
	tally
}

// comparisonPage is what the template of the page is given.
type comparisonPage struct {
	frame
	Heading    string
	Verdict    report.Verdict // empty in a comparison, which has none
	Comparison *comparison
	Codes      []comparedCode
	Tallies    []heading // none where all results are shown as one
	Findings   []sharedFinding
	Matrix     *matrix // nil in a comparison
}

func (s *comparison) page(w io.Writer, p comparisonPage) error {
	p.frame = newFrame(strings.Join(s.Names, " · "), p.Verdict, asset("page.css")+asset("comparison.css"),
		asset("comparison.js"))
	p.Comparison, p.Codes = s, s.codes()
	return templates().ExecuteTemplate(w, "comparison.html", p)
}

// headline says in a sentence how much differs.
func (s *comparison) headline() string {
	if s.Cells == 0 {
		return fmt.Sprintf("No cell differs between %s", s.among())
	}
	return fmt.Sprintf("%s between %s", counted(s.Cells, "cell differs", "cells differ"), s.among())
}

func (s *comparison) among() string {
	last := len(s.Names) - 1
	return strings.Join(s.Names[:last], ", ") + " and " + s.Names[last]
}

// summary says in a sentence how all results together end.
func (s *comparison) summary() string {
	counts := map[report.Verdict]int{}
	for _, r := range s.Results {
		counts[r.Verdict]++
	}
	var parts []string
	for _, v := range report.Verdicts {
		if counts[v] > 0 {
			parts = append(parts, fmt.Sprintf("%s on %d", v, counts[v]))
		}
	}
	return fmt.Sprintf("%s of %d targets", strings.Join(parts, ", "), len(s.Results))
}
