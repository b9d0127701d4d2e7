package render

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"acronis-conformance/suites/internal/report"
)

// shownFindings is how many findings a summary shows, and shownIDs how many ids of each: a page of a pipeline is read at a glance, and
// cut when it is long.
const (
	shownFindings = 10
	shownIDs      = 5
)

// Summary writes the result as Markdown for the page of a pipeline: verdict, table per code, first failures, and what changed since the
// baseline, if there is one.
func Summary(w io.Writer, r, baseline *report.Result) error {
	var m markdown
	m.line("## %s %s on %s", symbol(r.Verdict), strings.ToUpper(string(r.Verdict)), plain(r.Target.Name))
	m.line("")
	m.line("%s", sentence(r.Reason))
	for _, problem := range r.Problems {
		if problem != r.Reason {
			m.line("\n**Problem:** %s", sentence(problem))
		}
	}
	m.line("\n%s", strings.Join(runLine(r), " · "))
	m.codes(r)
	m.findings("Violations", r.Totals.Specs.Violation, report.Findings(r, report.Violation))
	m.findings("Errors", r.Totals.Specs.Error, report.Findings(r, report.Error))
	if baseline != nil {
		m.changes(baseline, Diff(baseline, r))
	}
	m.remarks(r)
	return m.write(w)
}

// symbol is what a verdict looks like where there are no colours.
func symbol(v report.Verdict) string {
	switch v {
	case report.Pass:
		return "✅"
	case report.Violation:
		return "❌"
	case report.Error:
		return "💥"
	}
	return "⚠️"
}

// sentence writes a text that begins with a small letter as a sentence.
func sentence(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	text = plain(string(unicode.ToUpper(first)) + text[size:])
	if strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}

func runLine(r *report.Result) []string {
	parts := []string{"run " + code(r.Run.ID), utc(r.Run.Started), duration(r.Run.WallSeconds), counted(r.Run.Requests.Total(), "request", "requests"),
		fmt.Sprintf("%d of %d reference cells asserted", r.Totals.Reference.Asserted, r.Totals.Reference.Total)}
	if r.Run.Filtered {
		parts = append(parts, "**only a part of the specs**: "+code(r.Run.Filter))
	}
	return parts
}

func (m *markdown) codes(r *report.Result) {
	m.line("\n| code | specs | pass | violation | waived | inconclusive | error | reference cells |")
	m.line("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
	for _, c := range append(append([]report.CodeTotals{}, r.Codes...), report.CodeTotals{Code: "all", Totals: r.Totals}) {
		s := c.Specs
		cells := []string{plain(c.Code)}
		for i, n := range []int{s.Total, s.Pass, s.Violation, s.Waived, s.Inconclusive, s.Error} {
			text := thousands(n)
			if i > 1 && n > 0 {
				text = "**" + text + "**"
			}
			cells = append(cells, text)
		}
		m.row(append(cells, fmt.Sprintf("%d/%d", c.Reference.Asserted, c.Reference.Total))...)
	}
}

// findings lists faults, first those that are met in several places, then those of single operations.
func (m *markdown) findings(title string, specs int, list []report.Finding) {
	if len(list) == 0 {
		return
	}
	m.line("\n### %s: %s, %s", title, counted(specs, "spec", "specs"), counted(len(list), "fault", "faults"))
	for _, p := range partsOf(report.Foremost(list, shownFindings)) {
		if p.Title != "" {
			m.line("\n#### %s", p.Title)
		}
		for _, f := range p.Findings {
			m.finding(f)
		}
	}
	if n := len(list) - shownFindings; n > 0 {
		m.line("\n…and %s; `index.html` has them all.", counted(n, "more fault", "more faults"))
	}
}

func (m *markdown) finding(f report.Finding) {
	first := f.First()
	m.line("\n**%s**", plain(f.Text))
	m.line("- %s, such as %s", plain(f.Spread()), code(first.ID))
	m.line("- required: %s", linked(plain(first.Requirement), first.Link))
	m.line("- expected: %s", code(first.Expected))
	m.line("- actual: %s", code(first.Actual))
	if len(f.Specs) > 1 {
		m.line("- also %s", ids(slices.DeleteFunc(slices.Clone(f.Specs), func(s *report.Spec) bool { return s == first })))
	}
	if len(first.Exchanges) > 0 && first.Exchanges[0].Curl != "" && len(first.Exchanges[0].Curl) < 2000 {
		m.line("\n%s", block(first.Exchanges[0].Curl))
	}
}

// ids lists the first specs and says how many more there are.
func ids(specs []*report.Spec) string {
	var list []string
	for _, s := range specs[:min(len(specs), shownIDs)] {
		list = append(list, code(s.ID))
	}
	text := strings.Join(list, ", ")
	if n := len(specs) - shownIDs; n > 0 {
		text += fmt.Sprintf(" and %s more", thousands(n))
	}
	return text
}

// changes tells what is different since the baseline.
func (m *markdown) changes(baseline *report.Result, c Changes) {
	m.line("\n### Since %s of %s", code(baseline.Run.ID), utc(baseline.Run.Started))
	if c.Empty() {
		m.line("\nNothing changed.")
		return
	}
	m.line("")
	if n := len(c.Failing); n > 0 {
		m.line("- **newly failing: %s**", thousands(n))
		list := c.Faults()
		for _, f := range report.Foremost(list, shownFindings) {
			m.line("  - %s: %s, such as %s", plain(f.Text), plain(f.Spread()), code(f.First().ID))
		}
		if n := len(list) - shownFindings; n > 0 {
			m.line("  - and %s", counted(n, "more fault", "more faults"))
		}
	}
	m.verdicts("newly broken", c.Broken)
	m.verdicts("newly passing", c.Passing)
	m.verdicts("newly inconclusive", c.Inconclusive)
	m.names("reference cells no longer asserted", cellNames(c.Lost))
	m.names("new operations", c.NewOperations)
	m.names("operations that are gone", c.GoneOperations)
	m.names("new specs", c.NewSpecs)
	m.names("specs that are gone", c.GoneSpecs)
}

func cellNames(list []CellChange) []string {
	var names []string
	for _, c := range list {
		names = append(names, fmt.Sprintf("%d %s", c.Cell.Code, c.Cell.Subject))
	}
	return names
}

func (m *markdown) verdicts(title string, list []Change) {
	if len(list) == 0 {
		return
	}
	m.line("- **%s: %s**", title, thousands(len(list)))
	for _, c := range list[:min(len(list), shownFindings)] {
		text := code(c.Spec.ID)
		if c.Spec.Reason != "" {
			text += ": " + plain(c.Spec.Reason)
		}
		m.line("  - %s", text)
	}
	if n := len(list) - shownFindings; n > 0 {
		m.line("  - and %s more", thousands(n))
	}
}

func (m *markdown) names(title string, names []string) {
	if len(names) == 0 {
		return
	}
	var list []string
	for _, name := range names[:min(len(names), shownFindings)] {
		list = append(list, code(name))
	}
	more := ""
	if n := len(names) - shownFindings; n > 0 {
		more = fmt.Sprintf(" and %s more", thousands(n))
	}
	m.line("- %s: %s: %s%s", title, thousands(len(names)), strings.Join(list, ", "), more)
}

// remarks are what does not decide the verdict and should be known all the same.
func (m *markdown) remarks(r *report.Result) {
	var list []string
	add := func(n int, one, many string) {
		if n > 0 {
			list = append(list, counted(n, one, many))
		}
	}
	add(len(r.Leftovers), "object was left behind", "objects were left behind")
	add(len(r.Transients), "50x went away after a repeat", "50x went away after a repeat")
	add(len(r.Accepted), "request was served though nothing documents a refusal", "requests were served though nothing documents a refusal")
	add(len(r.Advice), "piece of advice beyond the documentation", "pieces of advice beyond the documentation")
	if len(list) > 0 {
		m.line("\n%s.", strings.Join(list, "; "))
	}
}
