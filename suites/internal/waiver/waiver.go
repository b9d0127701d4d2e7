// Package waiver knows which violations are accepted: for a time, by a waiver, or because the live service is
// publicly known for them. Both accept one fault and never a spec: whatever else differs in the same spec stays a
// violation, and a request that must be rejected and is served is only covered by a waiver that says so. Neither
// excuses trouble with target or set-up. Check and Stale find the waivers that must not stay as they are.
package waiver

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"acronis-conformance/suites/internal/report"
)

// Waiver accepts a fault in the specs that it fits.
type Waiver struct {
	Specs   []string // ids, or patterns of ids as path.Match reads them
	Fault   Fault
	Served  bool // covers requests that must be rejected and are served, too
	Reason  string
	Link    string
	Owner   string    // empty in a known deviation, as are the next two
	Expires time.Time // midnight at the beginning of the last day, UTC
	Targets []string  // none: all
	Line    int       // of the file
}

// Fault names what is accepted, as the reports print it. Each text is a pattern: * stands for any text, but for the
// one in [*], which is any position in a list.
type Fault struct{ Rule, Path, Found string }

func (f Fault) fits(c report.Cause) bool {
	return matches(f.Rule, c.Rule) && matches(f.Path, c.Path) && matches(f.Found, c.Found)
}

// matches reports whether a text fits a pattern.
func matches(pattern, text string) bool {
	const anyPosition = "[\x00]"
	parts := strings.Split(strings.ReplaceAll(pattern, "[*]", anyPosition), "*")
	text = strings.ReplaceAll(text, "[*]", anyPosition)
	if len(parts) == 1 {
		return text == parts[0]
	}
	first, last := parts[0], parts[len(parts)-1]
	if len(text) < len(first)+len(last) || !strings.HasPrefix(text, first) || !strings.HasSuffix(text, last) {
		return false
	}
	text = text[len(first) : len(text)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		_, rest, found := strings.Cut(text, part)
		if !found {
			return false
		}
		text = rest
	}
	return true
}

// name is the waiver's in messages.
func (w *Waiver) name() string {
	name := strings.Join(w.Specs[:min(len(w.Specs), 1)], "")
	if n := len(w.Specs) - 1; n > 0 {
		name += fmt.Sprintf(" and %d more", n)
	}
	return name
}

// fits reports whether the waiver is for that spec.
func (w *Waiver) fits(id string) bool {
	return slices.ContainsFunc(w.Specs, func(pattern string) bool { return fits(pattern, id) })
}

func fits(pattern, id string) bool {
	matched, _ := path.Match(pattern, id) // Load has checked the pattern
	return matched
}

// holdsOn reports whether the waiver is for that target.
func (w *Waiver) holdsOn(target string) bool {
	return len(w.Targets) == 0 || slices.Contains(w.Targets, target)
}

// Expired reports whether the waiver's last day is over. Only the day counts, and it is that of UTC. A known
// deviation never expires.
func (w *Waiver) Expired(day time.Time) bool {
	return !w.Expires.IsZero() && !day.Before(w.Expires.AddDate(0, 0, 1))
}

// covers reports whether the waiver accepts a cause in a spec.
func (w *Waiver) covers(id string, c report.Cause) bool {
	return w.fits(id) && w.Fault.fits(c) && (w.Served || !c.Serves())
}

// acceptance is what the report says of a difference that the waiver covers.
func (w *Waiver) acceptance() *report.Acceptance {
	if w.Expires.IsZero() {
		return &report.Acceptance{Verdict: report.Known, Reason: w.Reason, Link: w.Link}
	}
	return &report.Acceptance{Verdict: report.Waived, Reason: w.Reason, Link: w.Link, Owner: w.Owner,
		Expires: w.Expires.Format(time.DateOnly)}
}

// List is what a file of waivers or of known deviations holds.
type List struct {
	Waivers []*Waiver
	path    string
}

// Conclude accepts the differences of a violation that the lists cover, the first list first, and gives the spec its
// verdict: waived or known where every difference is covered, else violation, with a reason that says what is not.
// The spec must be complete but for that.
func Conclude(s *report.Spec, target string, day time.Time, lists ...*List) {
	if s.Verdict != report.Violation || len(s.Differences) == 0 {
		return
	}
	s.Differences = slices.Clone(s.Differences)
	var accepted []report.Acceptance
	var open []string
	for i, d := range s.Differences {
		cause := report.CauseOf(s, d)
		why := find(lists, s.ID, cause, target, day)
		s.Differences[i].Accepted = why
		switch {
		case why == nil:
			open = append(open, fmt.Sprintf("%s: %s (%s)", d.Path, cmp.Or(d.Detail, d.Rule), cause.ID()))
		case !slices.Contains(accepted, *why):
			accepted = append(accepted, *why)
		}
	}
	if len(accepted) == 0 {
		return
	}
	if len(open) > 0 {
		const most = 3
		if n := len(open) - most; n > 0 {
			open = append(open[:most], fmt.Sprintf("and %d more", n))
		}
		s.Reason += "; neither waived nor known: " + strings.Join(open, "; ")
		return
	}
	s.Verdict = report.Known
	texts := make([]string, len(accepted))
	for i, a := range accepted {
		texts[i] = a.String()
		if a.Verdict == report.Waived {
			s.Verdict = report.Waived
		}
	}
	s.Reason += " (" + strings.Join(texts, "; ") + ")"
}

// find returns why a cause is accepted in a spec; nil where it is not.
func find(lists []*List, id string, c report.Cause, target string, day time.Time) *report.Acceptance {
	for _, l := range lists {
		if l == nil {
			continue
		}
		for _, w := range l.Waivers {
			if w.holdsOn(target) && !w.Expired(day) && w.covers(id, c) {
				return w.acceptance()
			}
		}
	}
	return nil
}
