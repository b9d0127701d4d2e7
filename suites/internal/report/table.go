package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The colours are the eight that every terminal has, so that the user's own theme decides how they look.
const (
	bold   = "1"
	red    = "31"
	green  = "32"
	yellow = "33"
)

// Table writes the last lines of a run for a terminal of the given width: its faults, what is accepted of them, what
// each code amounts to, what else is worth knowing, where the reports are, and the verdict last, where the eye ends
// up.
func Table(w io.Writer, r *Result, width int, color bool, reports ...string) error {
	t := terminal{width: max(width, 20), color: color}
	t.faults(r)
	t.accepted(r, Waived)
	t.accepted(r, Known)
	t.lenient(r.FaultsOf(Inconclusive))
	t.codes(r)
	t.line("")
	t.reasons(r, Error)
	t.reasons(r, Inconclusive)
	for _, remark := range remarks(r) {
		t.wrap("", remark)
	}
	for _, path := range reports {
		t.line("report " + t.safe(path)) // never broken: paths are copied
	}
	t.wrap(verdictColor(r.Verdict), headline(r))
	_, err := io.WriteString(w, t.text.String())
	return err
}

// UseColor reports whether to use colour, as https://no-color.org asks: never where NO_COLOR is set, nor where no one
// looks at a terminal.
func UseColor(env func(string) (string, bool), terminal bool) bool {
	refused, _ := env("NO_COLOR")
	kind, _ := env("TERM")
	return terminal && refused == "" && kind != "dumb"
}

// Width of the terminal, as the shell tells it, or what every terminal has.
func Width(env func(string) (string, bool)) int {
	told, _ := env("COLUMNS")
	if columns, err := strconv.Atoi(told); err == nil && columns > 0 {
		return columns
	}
	return 100
}

// How many faults, accepted ones, and reasons the end of a run names: what fits the eye.
const (
	shownFaults   = 10
	shownAccepted = 12
	shownReasons  = 8
)

// faults names the faults, the gravest first, each with a spec that shows it and the command that runs it again.
func (t *terminal) faults(r *Result) {
	list := r.FaultsOf(Violation)
	if len(list) == 0 {
		return
	}
	t.wrap(bold, counted(len(list), "fault:", "faults, the gravest first:"))
	bundles := Bundles(list)
	shown := Top(bundles, shownFaults)
	named := 0
	for _, b := range shown {
		named += 1 + len(b.Further)
		lines := r.Describe(b.Fault)
		t.wrap(red, "  "+lines[0])
		for _, f := range b.Further {
			t.wrap(red, "  "+f.ID+" "+f.Sentence+" (in the same specs)")
		}
		t.wrap("", "    "+lines[1])
		for _, line := range lines[2:] {
			t.line("    " + t.safe(line)) // never broken: what is copied
		}
	}
	if n := len(list) - named; n > 0 {
		t.wrap("", fmt.Sprintf("  and %s, in summary.md and index.html", counted(n, "more", "more")))
	}
	t.line("")
}

// accepted lists what is waived or known, with its source.
func (t *terminal) accepted(r *Result, v Verdict) {
	list := r.FaultsOf(v)
	if len(list) == 0 {
		return
	}
	what := map[Verdict]string{Waived: "waived", Known: "known deviations of the live service"}[v]
	t.wrap(bold, fmt.Sprintf("%s: %s", what, acceptedCount(list)))
	groups := ByAcceptance(list)
	for _, b := range groups[:min(len(groups), shownAccepted)] {
		t.wrap(yellow, "  "+b.ID+" "+b.Text())
		t.wrap("", fmt.Sprintf("    %s: %s", b.Where(), b.Accepted))
	}
	if n := len(groups) - shownAccepted; n > 0 {
		t.wrap("", fmt.Sprintf("  and %s, in conformance.json and index.html", counted(n, "more", "more")))
	}
	t.line("")
}

// acceptedCount says of how many faults in how many specs something is accepted.
func acceptedCount(list []Fault) string {
	specs := map[string]bool{}
	for _, f := range list {
		for _, id := range f.Specs {
			specs[id] = true
		}
	}
	return fmt.Sprintf("%s in %s", counted(len(list), "fault", "faults"), counted(len(specs), "spec", "specs"))
}

// lenient lists what is served though it is only assumed that it must be rejected.
func (t *terminal) lenient(list []Fault) {
	if len(list) == 0 {
		return
	}
	t.wrap(bold, fmt.Sprintf("served though nothing documents a rejection: %s", acceptedCount(list)))
	for _, f := range list[:min(len(list), shownFaults)] {
		t.wrap(yellow, fmt.Sprintf("  %s %s: %s", f.ID, f.Sentence, f.Where()))
	}
	if n := len(list) - shownFaults; n > 0 {
		t.wrap("", fmt.Sprintf("  and %d more", n))
	}
	t.line("")
}

// reasons lists why specs are in error or inconclusive.
func (t *terminal) reasons(r *Result, v Verdict) {
	list := Reasons(r, v)
	if len(list) == 0 {
		return
	}
	total := 0
	for _, reason := range list {
		total += len(reason.Specs)
	}
	what := map[Verdict]string{Error: "in error", Inconclusive: "inconclusive"}[v]
	t.wrap("", fmt.Sprintf("%s %s:", counted(total, "spec is", "specs are"), what))
	for _, reason := range list[:min(len(list), shownReasons)] {
		t.wrap("", fmt.Sprintf("  %d: %s", len(reason.Specs), reason.Text))
	}
	if n := len(list) - shownReasons; n > 0 {
		t.wrap("", fmt.Sprintf("  and %s", counted(n, "more reason", "more reasons")))
	}
}

// headline is the last line: verdict, reason, and what else decides how far it can be trusted.
func headline(r *Result) string {
	text := strings.ToUpper(string(r.Verdict)) + " on " + r.Target.Name + ": " + r.Reason
	var more []string
	for _, part := range []struct {
		n    int
		what string
	}{{r.Totals.Specs.Waived, "waived"}, {r.Totals.Specs.Known, "known"}, {len(r.Leftovers), "left behind"}} {
		if part.n > 0 {
			more = append(more, fmt.Sprintf("%d %s", part.n, part.what))
		}
	}
	if len(more) > 0 {
		text += "; " + strings.Join(more, ", ")
	}
	if r.Run.Filtered {
		text += " (only a part of the specs was selected)"
	}
	return text
}

func verdictColor(v Verdict) string {
	switch v {
	case Pass:
		return green
	case Violation, Error:
		return red
	}
	return yellow
}

// remarks are the lines below the table; what there is none of is left out, but for the costs.
func remarks(r *Result) []string {
	var lines []string
	add := func(format string, arguments ...any) { lines = append(lines, fmt.Sprintf(format, arguments...)) }
	for _, problem := range r.Problems {
		if problem != r.Reason { // which the last line says
			add("problem: %s", problem)
		}
	}
	for _, c := range r.Preflight {
		if c.Name == WaiversCheck && c.State != CheckOK {
			add("waivers: %s", c.Detail)
		}
	}
	if n := len(r.Advice); n > 0 {
		add("%s beyond the documentation", counted(n, "piece of advice", "pieces of advice"))
	}
	if n := len(r.Transients); n > 0 {
		add("%s away after a repeat", counted(n, "50x went", "50x went"))
	}
	if n := r.Run.Requests.Throttled; n > 0 {
		add("%s throttled (429): a lower rate in ginkgo.yml spares the target", counted(n, "request was",
			"requests were"))
	}
	if n := len(r.Leftovers); n > 0 {
		add("%s left behind:", counted(n, "object was", "objects were"))
		for _, same := range SameLeftovers(r.Leftovers) {
			add("  %s", same)
		}
	}
	q := r.Run.Requests
	add("%s: set-up %d, controls %d, specs %d, clean-up %d", counted(q.Total(), "request", "requests"), q.World,
		q.Controls, q.Specs, q.Cleanup)
	add("%.1f s without the waiting specs, %.1f s with them", r.Run.WallWithoutWaitingSeconds, r.Run.WallSeconds)
	return lines
}

// terminal collects lines for a terminal.
type terminal struct {
	width int
	color bool
	text  strings.Builder
}

func (t *terminal) line(text string) { t.text.WriteString(strings.TrimRight(text, " ") + "\n") }

// safe takes the control characters out of a text: much of it comes from the target, and must not steer the terminal.
func (t *terminal) safe(text string) string {
	return strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return utf8.RuneError
		}
		return r
	}, text)
}

func (t *terminal) paint(code, text string) string {
	if !t.color || code == "" || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// wrap breaks a text between its words; continuations are indented, and a word that is too long is broken too.
func (t *terminal) wrap(code, text string) {
	const indent = "  "
	current := indentation(text)
	further := current + indent
	empty := true
	flush := func() {
		t.line(t.paint(code, current))
		current, empty = further, true
	}
	for _, word := range strings.Fields(text) {
		word = t.safe(word)
		for word != "" {
			separator := " "
			if empty {
				separator = ""
			}
			room := t.width - utf8.RuneCountInString(current) - len(separator)
			switch n := utf8.RuneCountInString(word); {
			case n <= room:
				current, empty, word = current+separator+word, false, ""
			case !empty:
				flush()
			default:
				letters := []rune(word)
				current, word = current+string(letters[:room]), string(letters[room:])
				flush()
			}
		}
	}
	if !empty {
		flush()
	}
}

func indentation(text string) string { return text[:len(text)-len(strings.TrimLeft(text, " "))] }
