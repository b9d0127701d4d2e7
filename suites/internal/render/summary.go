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

// shownFindings is how many findings a summary shows, and shownIDs how many ids of each: a page of a pipeline is read
// at a glance, and cut when it is long.
const (
	shownFindings = 10
	shownAccepted = 20
	shownIDs      = 5
)

// Summary writes the result as Markdown for the page of a pipeline: verdict, faults, what is accepted of them, table
// per code, and what changed since the baseline, if there is one.
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
	m.findings(r, newSection(r, "Faults", report.Violation))
	m.findings(r, newSection(r, "Errors", report.Error))
	m.accepted("Waived", r.FaultsOf(report.Waived))
	m.accepted("Known deviations of the live service", r.FaultsOf(report.Known))
	m.lenient(r.FaultsOf(report.Inconclusive))
	m.codes(r)
	if baseline != nil {
		m.changes(baseline, Diff(baseline, r))
	}
	m.reasons(report.Reasons(r, report.Inconclusive))
	m.leftovers(r.Leftovers)
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
	parts := []string{"run " + code(r.Run.ID), utc(r.Run.Started), duration(r.Run.WallSeconds),
		counted(r.Run.Requests.Total(), "request", "requests"),
		fmt.Sprintf("%d of %d reference cells asserted", r.Totals.Reference.Asserted, r.Totals.Reference.Total)}
	if r.Run.Filtered {
		parts = append(parts, "**only a part of the specs**: "+code(r.Run.Filter))
	}
	return parts
}

func (m *markdown) codes(r *report.Result) {
	m.line("\n| code | specs | pass | violation | waived | known | inconclusive | error | reference cells |")
	m.line("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
	for _, c := range append(append([]report.CodeTotals{}, r.Codes...), report.CodeTotals{Code: "all",
		Totals: r.Totals}) {
		s := c.Specs
		cells := []string{plain(c.Code)}
		for i, n := range []int{s.Total, s.Pass, s.Violation, s.Waived, s.Known, s.Inconclusive, s.Error} {
			text := thousands(n)
			if i > 1 && n > 0 {
				text = "**" + text + "**"
			}
			cells = append(cells, text)
		}
		m.row(append(cells, fmt.Sprintf("%d/%d", c.Reference.Asserted, c.Reference.Total))...)
	}
}

// findings lists the foremost faults, the gravest first.
func (m *markdown) findings(r *report.Result, s section) {
	if s.Findings == 0 {
		return
	}
	if s.Title == "Faults" {
		m.line("\n### %s in %s", s.Count, counted(s.Specs, "spec", "specs"))
	} else {
		m.line("\n### %s: %s, %s", s.Title, s.Count, counted(s.Specs, "spec", "specs"))
	}
	left, missing := shownFindings, 0
	for _, p := range s.Parts {
		shown := p.Findings[:min(len(p.Findings), left)]
		left -= len(shown)
		missing += len(p.Findings) - len(shown)
		if len(shown) > 0 && p.Title != "" {
			m.line("\n#### %s", p.Title)
		}
		for _, f := range shown {
			m.finding(r, f)
		}
	}
	if missing > 0 {
		m.line("\n…and %s; `index.html` has them all.", counted(missing, "more", "more"))
	}
}

func (m *markdown) finding(r *report.Result, f finding) {
	m.line("\n**%s**%s", plain(f.Text), idsOf(f.IDs))
	m.line("\n%s\n", block(r.Replay(f.replayed())))
	m.line("- %s, such as %s", plain(f.Where()), code(f.First.ID))
	if exchanged := f.First.Exchanged(); exchanged != "" {
		m.line("- exchange: %s", code(exchanged))
	}
	m.line("- required: %s", linked(plain(f.First.Requirement), f.First.Link))
	m.line("- expected: %s", code(f.First.Expected))
	m.line("- actual: %s", code(f.First.Actual))
	if len(f.Specs) > 1 {
		m.line("- also %s", ids(slices.DeleteFunc(slices.Clone(f.Specs),
			func(id string) bool { return id == f.First.ID })))
	}
	if len(f.First.Exchanges) > 0 && f.First.Exchanges[0].Curl != "" && len(f.First.Exchanges[0].Curl) < 2000 {
		m.line("\nSingle request, while the objects exist:\n\n%s", block(f.First.Exchanges[0].Curl))
	}
}

// replayed is the id that the command which runs a finding again takes: the fault's, or for a reason that of a spec.
func (f finding) replayed() string {
	if len(f.IDs) > 0 {
		return f.IDs[0]
	}
	return f.First.ID
}

// idsOf names faults by their ids, behind their sentence.
func idsOf(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return " (" + plain(faultIDs(ids)) + ")"
}

// accepted lists what is not counted as a violation, each with its source.
func (m *markdown) accepted(title string, list []report.Fault) {
	if len(list) == 0 {
		return
	}
	m.line("\n### %s: %s", title, counted(len(list), "fault", "faults"))
	m.line("")
	groups := report.ByAcceptance(list)
	for _, b := range groups[:min(len(groups), shownAccepted)] {
		source := plain(withoutLink(*b.Accepted))
		if b.Accepted.Link != "" {
			source += ", " + linked(plain(b.Accepted.Link), b.Accepted.Link)
		}
		m.line("- %s%s: %s: %s", plain(b.Text()), idsOf(b.IDs()), plain(b.Where()), source)
	}
	if n := len(groups) - shownAccepted; n > 0 {
		m.line("- and %s more; `index.html` has them all", thousands(n))
	}
}

func withoutLink(a report.Acceptance) string {
	a.Link = ""
	return a.String()
}

// lenient lists what is served though it is only assumed that it must be rejected.
func (m *markdown) lenient(list []report.Fault) {
	if len(list) == 0 {
		return
	}
	m.line("\n### Served though nothing documents a rejection: %s", counted(len(list), "fault", "faults"))
	m.line("")
	for _, f := range list[:min(len(list), shownFindings)] {
		m.line("- %s%s: %s, such as %s", plain(f.Sentence), idsOf([]string{f.ID}), plain(f.Where()), code(f.Example))
	}
	if n := len(list) - shownFindings; n > 0 {
		m.line("- and %s more; `index.html` has them all", thousands(n))
	}
}

// reasons says why specs are inconclusive.
func (m *markdown) reasons(list []report.Reason) {
	if len(list) == 0 {
		return
	}
	specs := 0
	for _, reason := range list {
		specs += len(reason.Specs)
	}
	m.line("\n### Inconclusive: %s, %s", counted(specs, "spec", "specs"), counted(len(list), "reason", "reasons"))
	m.line("")
	for _, reason := range list[:min(len(list), shownFindings)] {
		m.line("- %s: %s", thousands(len(reason.Specs)), plain(reason.Text))
	}
	if n := len(list) - shownFindings; n > 0 {
		m.line("- and %s", counted(n, "more reason", "more reasons"))
	}
}

// leftovers lists what clean-up could not delete; equal ones once.
func (m *markdown) leftovers(list []report.Leftover) {
	if len(list) == 0 {
		return
	}
	m.line("\n### Left behind: %s", counted(len(list), "object", "objects"))
	m.line("")
	groups := report.SameLeftovers(list)
	for _, same := range groups[:min(len(groups), shownFindings)] {
		m.line("- %s", plain(same.String()))
	}
	if n := len(groups) - shownFindings; n > 0 {
		m.line("- and %s more", thousands(n))
	}
}

// ids lists the first specs and says how many more there are.
func ids(specs []string) string {
	var list []string
	for _, id := range specs[:min(len(specs), shownIDs)] {
		list = append(list, code(id))
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
		for _, f := range report.Top(list, shownFindings) {
			m.line("  - %s%s: %s, such as %s", plain(f.Text()), idsOf(f.IDs()), plain(f.Where()), code(f.Example))
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
	add(len(r.Transients), "50x went away after a repeat", "50x went away after a repeat")
	add(len(r.Advice), "piece of advice beyond the documentation", "pieces of advice beyond the documentation")
	if len(list) > 0 {
		m.line("\n%s.", strings.Join(list, "; "))
	}
}
