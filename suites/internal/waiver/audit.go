package waiver

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"acronis-conformance/suites/internal/report"
)

// Kind says what is wrong with a waiver.
type Kind string

const (
	// Expired says that its last day is over.
	Expired Kind = "expired"
	// Unmatched says that a pattern of it fits no spec.
	Unmatched Kind = "unmatched"
	// TooWide says that a pattern of it fits all specs of a code.
	TooWide Kind = "too wide"
	// Ending says that its last day is near. It holds all the same.
	Ending Kind = "ending"
	// Stale says that it is no longer needed.
	Stale Kind = "stale"
)

// Problem is a waiver that must not stay as it is.
type Problem struct {
	Kind    Kind
	Waiver  *Waiver
	Message string // one sentence: where, what, and what to do
}

// Soon is how many days before its last day a waiver is named.
const Soon = 14

// Check finds what can be known of the waivers before the first request: wrong are those that are expired on the
// target, and those of any target with a pattern that fits no spec or a whole code, since the specs are the same
// everywhere; those that end soon on the target are worth a word. All are the ids of all specs; where they are nil,
// patterns are not judged.
func (l *List) Check(all []string, target string, day time.Time) (wrong, ending []Problem) {
	codes := report.GroupBy(all, codeOf)
	for _, w := range l.Waivers {
		note := func(list *[]Problem, kind Kind, format string, arguments ...any) {
			*list = append(*list, Problem{Kind: kind, Waiver: w,
				Message: l.sentence(w, fmt.Sprintf(format, arguments...))})
		}
		for _, pattern := range w.Specs {
			if len(all) == 0 {
				break
			}
			if !slices.ContainsFunc(all, func(id string) bool { return fits(pattern, id) }) {
				note(&wrong, Unmatched, "%s fits no spec: correct it, or remove it", pattern)
			}
			for _, ids := range codes {
				if several(ids) && !slices.ContainsFunc(ids, func(id string) bool { return !fits(pattern, id) }) {
					note(&wrong, TooWide, "%s fits every spec of %s: name operations or probes", pattern,
						codeOf(ids[0]))
				}
			}
		}
		switch {
		case !w.holdsOn(target):
		case w.Expired(day):
			note(&wrong, Expired, "its last day was %s: see %s, and remove the waiver, or ask %s for another date",
				w.Expires.Format(time.DateOnly), w.Link, w.Owner)
		case w.Expired(day.AddDate(0, 0, Soon+1)):
			note(&ending, Ending, "its last day is %s: see %s, or ask %s for another date",
				w.Expires.Format(time.DateOnly), w.Link, w.Owner)
		}
	}
	return wrong, ending
}

// Join makes one error of problems, a line each; nil where there are none.
func Join(problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	texts := make([]string, len(problems))
	for i, p := range problems {
		texts[i] = p.Message
	}
	return errors.New(strings.Join(texts, "\n"))
}

// codeOf is the part of an id that names the code.
func codeOf(id string) string {
	code, _, _ := strings.Cut(id, "/")
	return code
}

// several reports whether specs are on more than one subject: those of a code that only one operation has may be
// waived together.
func several(ids []string) bool {
	subjects := map[string]bool{}
	for _, id := range ids {
		subjects[id[strings.LastIndex(id, "/")+1:]] = true
	}
	return len(subjects) > 1
}

// Stale finds the waivers that are no longer needed on the target: the specs that a pattern fits were put to the
// test, and none of them showed the fault. What is inconclusive or in error was not put to the test.
func (l *List) Stale(specs []report.Spec, target string, day time.Time) []Problem {
	var problems []Problem
	for _, w := range l.Waivers {
		if !w.holdsOn(target) || w.Expired(day) {
			continue
		}
		var stale []string
		for _, pattern := range w.Specs {
			if w.stale(pattern, specs) {
				stale = append(stale, pattern)
			}
		}
		message := ""
		switch {
		case len(stale) == 0:
			continue
		case len(stale) == len(w.Specs):
			message = fmt.Sprintf("waiver no longer needed: no spec that it fits and that was asserted on %s shows "+
				"its fault: remove it, or narrow its targets", target)
		default:
			message = fmt.Sprintf("waiver no longer needed for %s, which %s on %s without its fault: "+
				"remove %s from its list", listed(stale), plural(len(stale), "was asserted", "were asserted"), target,
				plural(len(stale), "it", "them"))
		}
		problems = append(problems, Problem{Kind: Stale, Waiver: w, Message: l.sentence(w, message)})
	}
	return problems
}

func (w *Waiver) stale(pattern string, specs []report.Spec) bool {
	asserted := false
	for i := range specs {
		s := &specs[i]
		if !s.Verdict.Asserted() || !fits(pattern, s.ID) {
			continue
		}
		asserted = true
		for _, d := range s.Differences {
			if w.Fault.fits(report.CauseOf(s, d)) {
				return false
			}
		}
	}
	return asserted
}

func listed(patterns []string) string {
	const most = 3
	text := strings.Join(patterns[:min(len(patterns), most)], ", ")
	if n := len(patterns) - most; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// CheckTargets returns an error if a waiver names a target that there is not: it would never hold, nor ever be found
// to be stale.
func (l *List) CheckTargets(known []string) error {
	for _, w := range l.Waivers {
		for _, target := range w.Targets {
			if !slices.Contains(known, target) {
				return &FileError{Path: l.path, Line: w.Line,
					Message: fmt.Sprintf("waiver %s: there is no target %q: choose from %s",
						w.name(), target, strings.Join(known, ", "))}
			}
		}
	}
	return nil
}

func (l *List) sentence(w *Waiver, text string) string {
	return (&FileError{Path: l.path, Line: w.Line, Message: "waiver " + w.name() + ": " + text}).Error()
}

// Describe says in a sentence how many waivers hold on the target.
func (l *List) Describe(target string, day time.Time) string {
	holding, owners := 0, map[string]bool{}
	for _, w := range l.Waivers {
		if w.holdsOn(target) && !w.Expired(day) {
			holding++
			owners[w.Owner] = true
		}
	}
	if holding == 0 {
		return "none holds on " + target
	}
	return fmt.Sprintf("%d %s on %s, of %s", holding, plural(holding, "holds", "hold"), target,
		strings.Join(slices.Sorted(maps.Keys(owners)), ", "))
}
