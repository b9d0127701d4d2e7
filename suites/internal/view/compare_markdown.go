package view

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"acronis-conformance/suites/internal/report"
)

// CompareMarkdown writes what Compare shows, as Markdown.
func CompareMarkdown(w io.Writer, results []*report.Result) error {
	s, err := newSides(results)
	if err != nil {
		return err
	}
	var m markdown
	m.line("## %s", plain(s.headline()))
	m.sides(s)
	m.differing(s)
	return m.write(w)
}

// MergeMarkdown writes what Merge shows, as Markdown.
func MergeMarkdown(w io.Writer, results []*report.Result) error {
	s, err := newSides(results)
	if err != nil {
		return err
	}
	var m markdown
	m.line("## %s %s", symbol(s.verdict()), plain(s.summary()))
	m.sides(s)
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
		m.line("\n### Violations")
		for _, f := range list[:min(len(list), shownFindings)] {
			m.line("\n**on %s**", strings.Join(plains(f.Names), ", "))
			m.finding(f.finding)
		}
		if n := len(list) - shownFindings; n > 0 {
			m.line("\n…and %s.", counted(n, "more finding", "more findings"))
		}
	}
	m.differing(s)
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
	}{{report.Violation, t.Specs.Violation}, {report.Error, t.Specs.Error}, {report.Waived, t.Specs.Waived}, {report.Unprovoked, t.Specs.Unprovoked}} {
		if part.n > 0 {
			text += fmt.Sprintf(", %d %s", part.n, part.verdict)
		}
	}
	return text
}

// sides tells the results apart.
func (m *markdown) sides(s *sides) {
	m.line("\n| result | verdict | run | started | specs | violations | unprovoked | reference cells |")
	m.line("| --- | --- | --- | --- | ---: | ---: | ---: | ---: |")
	for i, r := range s.Results {
		verdict := symbol(r.Verdict) + " " + string(r.Verdict)
		if r.Run.Filtered {
			verdict += " (a part of the specs)"
		}
		m.row(plain(s.Names[i]), verdict, code(r.Run.ID), utc(r.Run.Started), thousands(r.Totals.Specs.Total), thousands(r.Totals.Specs.Violation),
			thousands(r.Totals.Specs.Unprovoked), fmt.Sprintf("%d/%d", r.Totals.Reference.Asserted, r.Totals.Reference.Total))
	}
}

// differing lists the cells that differ, per operation. Below a cell stand its specs that differ.
func (m *markdown) differing(s *sides) {
	if s.Cells == 0 {
		return
	}
	m.line("\n### %s", counted(s.Cells, "cell differs", "cells differ"))
	m.line("\n| subject | code | %s |", strings.Join(plains(s.Names), " | "))
	m.line("| --- | --- |%s", strings.Repeat(" --- |", len(s.Names)))
	for _, subject := range s.Subjects {
		name := code(subject.Name)
		for _, c := range subject.Cells {
			cells := []string{name, plain(c.Code())}
			for i, v := range c.Verdicts {
				text := "not run"
				if v != "" {
					text = symbol(v) + " " + string(v)
				}
				if reason := c.Reasons()[i]; reason != "" {
					text += ": " + plain(line(reason, 120))
				}
				cells = append(cells, text)
			}
			m.row(cells...)
			for _, spec := range c.Specs {
				cells := []string{"", code(spec.ID)}
				for _, one := range spec.Specs {
					cells = append(cells, cmp.Or(verdictOf(one), "not run"))
				}
				m.row(cells...)
			}
			name = ""
		}
	}
}

func verdictOf(s *report.Spec) string {
	if s == nil {
		return ""
	}
	return string(s.Verdict)
}
