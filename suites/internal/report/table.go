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

// Table writes the last lines of a run for a terminal of the given width: what each code amounts to, what else is worth knowing,
// where the reports are, and the verdict last, where the eye ends up.
func Table(w io.Writer, r *Result, width int, color bool, reports ...string) error {
	t := terminal{width: max(width, 20), color: color}
	t.codes(r)
	t.line("")
	t.findings(Findings(r, Violation))
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

// UseColor decides on colour as https://no-color.org asks: never where NO_COLOR is set, nor where nobody looks at a terminal.
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

// shownFindings is how many faults the end of a run names: what fits the eye.
const shownFindings = 5

// findings names the foremost faults, each with a spec that shows it.
func (t *terminal) findings(list []Finding) {
	if len(list) == 0 {
		return
	}
	title := counted(len(list), "fault", "faults")
	if len(list) > shownFindings {
		title += fmt.Sprintf(", of which these are the foremost %d", shownFindings)
	}
	t.wrap(bold, title+":")
	for _, f := range Foremost(list, shownFindings) {
		t.wrap(red, "  "+f.Text)
		if len(f.Specs) > 1 {
			t.wrap("", "    "+f.Spread()+", such as")
		}
		t.line("    " + t.safe(f.First().ID)) // never broken: ids are copied
	}
	t.line("")
}

func headline(r *Result) string {
	text := strings.ToUpper(string(r.Verdict)) + " on " + r.Target.Name + ": " + r.Reason
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
	if n := len(r.Accepted); n > 0 {
		add("%s served though nothing documents a refusal", counted(n, "request was", "requests were"))
	}
	if n := len(r.Advice); n > 0 {
		add("%s beyond the documentation", counted(n, "piece of advice", "pieces of advice"))
	}
	if n := len(r.Transients); n > 0 {
		add("%s away after a repeat", counted(n, "50x went", "50x went"))
	}
	if n := r.Run.Requests.Throttled; n > 0 {
		add("%s throttled (429): a lower rate in ginkgo.yml spares the target", counted(n, "request was", "requests were"))
	}
	if n := len(r.Leftovers); n > 0 {
		add("%s left behind:", counted(n, "object was", "objects were"))
		for _, line := range leftoverLines(r.Leftovers) {
			add("  %s", line)
		}
	}
	q := r.Run.Requests
	add("%s: world %d, controls %d, specs %d, clean-up %d", counted(q.Total(), "request", "requests"), q.World, q.Controls, q.Specs, q.Cleanup)
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
