package render

import (
	"fmt"
	"regexp"
	"strings"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/report"
)

// fact is a line of the page's head.
type fact struct{ Name, Value string }

// facts are what one must know of a run before one believes it.
func facts(r *report.Result) []fact {
	q := r.Run.Requests
	list := []fact{
		{"address", r.Target.URL},
		{"run", r.Run.ID},
		{"started", utc(r.Run.Started)},
		{"took", took(r)},
		{"requests", fmt.Sprintf("%s: set-up %s, controls %s, specs %s, clean-up %s", thousands(q.Total()),
			thousands(q.World), thousands(q.Controls), thousands(q.Specs), thousands(q.Cleanup))},
		{"may", permissions(r.Target)},
		{"rules", rules(r.Target)},
		{"suite", fmt.Sprintf("%s, seed %d, %s", r.Run.Suite, r.Run.Seed, counted(r.Run.Processes, "process",
			"processes"))},
	}
	if r.Run.Filtered {
		list = append(list, fact{"filter", "only a part of the specs was selected: " + r.Run.Filter})
	}
	kept := list[:0]
	for _, f := range list {
		if f.Value = line(f.Value, 300); f.Value != "" {
			kept = append(kept, f)
		}
	}
	return kept
}

func took(r *report.Result) string {
	text := duration(r.Run.WallSeconds)
	if waited := r.Run.WallSeconds - r.Run.WallWithoutWaitingSeconds; waited >= 0.5 {
		text += fmt.Sprintf(", of it %s waiting as documented", duration(waited))
	}
	return text
}

func permissions(t report.Target) string {
	text := strings.Join(t.Allow, ", ")
	if text == "" {
		text = "nothing"
	}
	if t.Production {
		text += ", on production"
	}
	if t.Rate != "" {
		text += ", at most " + t.Rate
	}
	if t.Budget > 0 {
		text += fmt.Sprintf(", %s requests", thousands(t.Budget))
	}
	return text
}

func rules(t report.Target) string {
	text := "what is assumed may be otherwise"
	if t.Assumed == "strict" {
		text = "what is assumed must be met"
	}
	if t.Strict {
		text += ", HTTP in general counts too"
	}
	if t.KnownDeviations == "fail" {
		text += ", known deviations count as violations"
	}
	return text
}

// verdictBar is the share of a verdict in the specs; it is also the filter by that verdict.
type verdictBar struct {
	Verdict report.Verdict
	Specs   int
}

func verdictBars(r *report.Result) []verdictBar {
	c := r.Totals.Specs
	return []verdictBar{
		{report.Violation, c.Violation}, {report.Error, c.Error}, {report.Waived, c.Waived}, {report.Known,
			c.Known}, {report.Inconclusive, c.Inconclusive}, {report.Pass, c.Pass},
	}
}

// codeRow is a line of the table per code.
type codeRow struct {
	Code string
	report.Totals
	Shares []share
}

// share is a part of a stacked bar of width 100.
type share struct {
	Verdict  report.Verdict
	X, Width string
}

func codeRows(r *report.Result) []codeRow {
	var rows []codeRow
	for _, c := range r.Codes {
		rows = append(rows, codeRow{Code: c.Code, Totals: c.Totals, Shares: shares(c.Specs)})
	}
	return append(rows, codeRow{Code: "all", Totals: r.Totals, Shares: shares(r.Totals.Specs)})
}

// shares divides a bar. What there is any of can be seen: a part is never thinner than two hundredths.
func shares(c report.Counts) []share {
	const least = 2
	type part struct {
		verdict report.Verdict
		n       int
		width   float64
	}
	parts := []part{{report.Violation, c.Violation, 0}, {report.Error, c.Error, 0}, {report.Waived, c.Waived, 0},
		{report.Known, c.Known, 0}, {report.Inconclusive, c.Inconclusive, 0}, {report.Pass, c.Pass, 0}}
	sum := 0.0
	for i := range parts {
		if parts[i].n > 0 {
			parts[i].width = max(least, 100*float64(parts[i].n)/float64(c.Total))
			sum += parts[i].width
		}
	}
	var list []share
	x := 0.0
	for _, p := range parts {
		if p.n == 0 {
			continue
		}
		width := 100 * p.width / sum
		list = append(list, share{p.verdict, fmt.Sprintf("%.2f", x), fmt.Sprintf("%.2f", width)})
		x += width
	}
	return list
}

// list is a number of specs that have something in common.
type list struct {
	Title string
	Note  string
	Specs []string
}

// listsOf are the result's lists of specs. The page's data holds them in the same order.
func listsOf(r *report.Result) []list {
	var lists []list
	for _, a := range r.Advice {
		lists = append(lists, list{Title: line(a.Text, 300), Note: "advice", Specs: a.Specs})
	}
	return lists
}

// uncovered is a number of reference cells without a spec, for the same reason.
type uncovered struct {
	Reason string
	Cells  []*report.Cell
}

// uncoveredCells gathers the cells of the reference that no spec addresses.
func uncoveredCells(r *report.Result) []uncovered {
	var cells []*report.Cell
	for i := range r.Cells {
		if c := &r.Cells[i]; c.Source == schemas.FromReference && len(c.Specs) == 0 {
			cells = append(cells, c)
		}
	}
	var list []uncovered
	for _, same := range report.GroupBy(cells, func(c *report.Cell) string { return c.Reason }) {
		list = append(list, uncovered{Reason: same[0].Reason, Cells: same})
	}
	return list
}

func countCells(list []uncovered) int {
	n := 0
	for _, s := range list {
		n += len(s.Cells)
	}
	return n
}

// phase is what was sent around the specs for one purpose.
type phase struct {
	Name     string
	Calls    []sameCall
	Steps    int
	Refused  int // answered with something else than success, as looks are that must not find anything
	Failed   int // without an answer, and controls that did not succeed
	Requests int
	Seconds  float64
}

// sameCall are the steps of a phase that call the same.
type sameCall struct {
	Name  string
	Steps []*report.Step
}

var phaseNames = map[report.Phase]string{
	report.PhaseWorld: "Before the specs", report.PhaseControl: "Controls", report.PhaseCleanup: "Clean-up",
}

func phases(r *report.Result) []phase {
	var list []phase
	for _, kind := range []report.Phase{report.PhaseWorld, report.PhaseControl, report.PhaseCleanup} {
		p := phase{Name: phaseNames[kind]}
		var steps []*report.Step
		for i := range r.World {
			step := &r.World[i]
			if step.Phase != kind {
				continue
			}
			steps = append(steps, step)
			p.Requests += step.Requests
			p.Seconds += step.Seconds
			switch {
			case step.OK:
			case kind == report.PhaseControl || !answered(step):
				p.Failed++
			default:
				p.Refused++
			}
		}
		p.Steps = len(steps)
		for _, same := range report.GroupBy(steps, callOf) {
			p.Calls = append(p.Calls, sameCall{callOf(same[0]), same})
		}
		if p.Steps > 0 {
			list = append(list, p)
		}
	}
	return list
}

// answered reports whether any answer came at all.
func answered(s *report.Step) bool {
	for _, e := range s.Exchanges {
		for _, a := range e.Attempts {
			if a.Status != 0 {
				return true
			}
		}
	}
	return false
}

var identifier = regexp.MustCompile(`/[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|/[0-9]{3,}`)

// callOf names what a step calls: the operation, or where the step names none, method and path without what differs
// from one object to the next.
func callOf(s *report.Step) string {
	if s.Operation != "" || len(s.Exchanges) == 0 {
		return s.Operation
	}
	e := s.Exchanges[0]
	path, _, _ := strings.Cut(e.URL, "?")
	if _, after, found := strings.Cut(path, "://"); found {
		_, path, _ = strings.Cut(after, "/")
	}
	return line(e.Method+" "+identifier.ReplaceAllString("/"+strings.TrimPrefix(path, "/"), "/…"), 120)
}
