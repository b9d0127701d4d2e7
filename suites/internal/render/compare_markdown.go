package render

import (
	"fmt"
	"io"
	"strings"

	"acronis-conformance/suites/internal/report"
)

// CompareMarkdown writes what Compare shows, as Markdown.
func CompareMarkdown(w io.Writer, results []*report.Result) error {
	s, err := newComparison(results)
	if err != nil {
		return err
	}
	var m markdown
	m.line("## %s", plain(s.headline()))
	m.results(s)
	m.differing(s, "compare.html")
	return m.write(w)
}

// MergeMarkdown writes what Merge shows, as Markdown.
func MergeMarkdown(w io.Writer, results []*report.Result) error {
	s, err := newComparison(results)
	if err != nil {
		return err
	}
	var m markdown
	m.line("## %s %s", symbol(s.verdict()), plain(s.summary()))
	m.results(s)
	m.line("\n| code | %s |", strings.Join(plains(s.Names), " | "))
	m.line("| --- |%s", strings.Repeat(" ---: |", len(s.Names)))
	for _, c := range s.codes() {
		cells := []string{plain(c.Code)}
		for _, t := range c.Totals {
			cells = append(cells, totals(t))
		}
		m.row(cells...)
	}
	if list := s.findings(); len(list) > 0 {
		m.line("\n### Faults")
		for _, f := range list[:min(len(list), shownFindings)] {
			m.finding(f.result, f.finding)
			for _, on := range f.On {
				m.line("- on %s: %s", plain(on.Name), plain(on.Where))
			}
		}
		if n := len(list) - shownFindings; n > 0 {
			m.line("\n…and %s.", counted(n, "more fault", "more faults"))
		}
	}
	m.differing(s, "merge.html")
	return m.write(w)
}

func plains(texts []string) []string {
	list := make([]string, len(texts))
	for i, text := range texts {
		list[i] = plain(text)
	}
	return list
}

// totals are the specs of a code, and of them what did not pass.
func totals(t report.Totals) string {
	text := thousands(t.Specs.Total)
	for _, part := range []struct {
		verdict report.Verdict
		n       int
	}{{report.Violation, t.Specs.Violation}, {report.Error, t.Specs.Error}, {report.Waived,
		t.Specs.Waived}, {report.Known, t.Specs.Known}, {report.Inconclusive, t.Specs.Inconclusive}} {
		if part.n > 0 {
			text += fmt.Sprintf(", %d %s", part.n, part.verdict)
		}
	}
	return text
}

// results tells the results apart.
func (m *markdown) results(s *comparison) {
	m.line("\n| result | verdict | run | started | specs | violations | inconclusive | reference cells |")
	m.line("| --- | --- | --- | --- | ---: | ---: | ---: | ---: |")
	for i, r := range s.Results {
		verdict := symbol(r.Verdict) + " " + string(r.Verdict)
		if r.Run.Filtered {
			verdict += " (a part of the specs)"
		}
		m.row(plain(s.Names[i]), verdict, code(r.Run.ID), utc(r.Run.Started), thousands(r.Totals.Specs.Total),
			thousands(r.Totals.Specs.Violation),
			thousands(r.Totals.Specs.Inconclusive), fmt.Sprintf("%d/%d", r.Totals.Reference.Asserted,
				r.Totals.Reference.Total))
	}
}

// shownSubjects is how many operations a summary of differences lists.
const shownSubjects = 30

// differing says what makes the results differ, and per operation which cells do.
func (m *markdown) differing(s *comparison, page string) {
	if s.Cells == 0 {
		return
	}
	m.line("\n### Why: %s, in the order %s", counted(len(s.Faults), "reason", "reasons"), strings.Join(plains(s.Names),
		", "))
	m.line("")
	for _, f := range s.Faults[:min(len(s.Faults), shownFindings)] {
		m.line("- %s **%s**: %s, such as %s", symbols(f.Pattern), plain(f.Text), plain(f.Where()), code(f.Example))
	}
	if n := len(s.Faults) - shownFindings; n > 0 {
		m.line("- and %s more", thousands(n))
	}
	t := s.tally(func(c *report.Cell) string { return c.Class })
	cells := []string{"code", "cells"}
	for _, p := range t.Patterns {
		cells = append(cells, symbols(p))
	}
	m.line("")
	m.row(cells...)
	m.line("| --- | ---: |%s", strings.Repeat(" ---: |", len(t.Patterns)))
	for _, row := range t.Rows {
		cells := []string{plain(row.Name), thousands(row.Total)}
		for _, n := range row.Counts {
			cells = append(cells, thousands(n))
		}
		m.row(cells...)
	}
	m.line("\n### Where: %s", counted(len(s.Subjects), "operation or path", "operations and paths"))
	m.line("")
	for _, subject := range s.Subjects[:min(len(s.Subjects), shownSubjects)] {
		var parts []string
		for _, b := range subject.Brief() {
			parts = append(parts, symbols(b.Pattern)+" "+plain(b.Codes))
		}
		m.line("- %s: %s", code(subject.Name), strings.Join(parts, "; "))
	}
	if n := len(s.Subjects) - shownSubjects; n > 0 {
		m.line("- and %s more; `%s` has them all", thousands(n), page)
	}
}

// symbols are verdicts one after the other.
func symbols(p pattern) string {
	list := make([]string, len(p))
	for i, v := range p {
		list[i] = "–"
		if v != "" {
			list[i] = symbol(v)
		}
	}
	return strings.Join(list, "→")
}
