package waiver

import (
	"fmt"
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
	// Unmatched says that it fits no spec.
	Unmatched Kind = "unmatched"
	// Stale says that it is no longer needed.
	Stale Kind = "stale"
)

// Problem is a waiver that must not stay as it is.
type Problem struct {
	Kind    Kind
	Waiver  *Waiver
	Message string // one sentence: where, what, and what to do
}

// Audit finds the waivers that must not stay as they are. The verdicts are those of the specs before any was waived, by id; all are
// the ids of the whole tree. In a filtered run only expiry is judged, since what did not run says nothing. Waivers for other targets
// are left to the runs there, but for those that fit no spec: the tree is the same everywhere.
func (l *List) Audit(verdicts map[string]report.Verdict, all []string, target string, day time.Time, filtered bool) []Problem {
	var problems []Problem
	for _, w := range l.Waivers {
		found := func(kind Kind, format string, arguments ...any) {
			problems = append(problems, Problem{Kind: kind, Waiver: w, Message: l.sentence(w, fmt.Sprintf(format, arguments...))})
		}
		switch {
		case !filtered && !slices.ContainsFunc(all, w.fits):
			found(Unmatched, "fits no spec: correct the pattern, or remove the waiver")
		case !w.holdsOn(target):
		case w.Expired(day):
			found(Expired, "its last day was %s: see %s, and remove the waiver, or ask %s for another date", w.Expires.Format(time.DateOnly), w.Link, w.Owner)
		case !filtered && w.stale(verdicts):
			found(Stale, "waiver no longer needed: all its specs that were asserted on %s pass: remove it, or narrow its pattern or its targets", target)
		}
	}
	return problems
}

// stale tells whether everything that the waiver fits and that was put to the test passes; what is inconclusive or in error was not.
func (w *Waiver) stale(verdicts map[string]report.Verdict) bool {
	asserted := false
	for id, verdict := range verdicts {
		if !verdict.Asserted() || !w.fits(id) {
			continue
		}
		if verdict != report.Pass {
			return false
		}
		asserted = true
	}
	return asserted
}

// CheckTargets returns an error if a waiver names a target that there is not: it would never hold, nor ever be found to be stale.
func (l *List) CheckTargets(known []string) error {
	for _, w := range l.Waivers {
		for _, target := range w.Targets {
			if !slices.Contains(known, target) {
				return &FileError{Path: l.path, Line: w.Line, Message: fmt.Sprintf("waiver %s: there is no target %q: choose from %s",
					w.Spec, target, strings.Join(known, ", "))}
			}
		}
	}
	return nil
}

func (l *List) sentence(w *Waiver, text string) string {
	return (&FileError{Path: l.path, Line: w.Line, Message: "waiver " + w.Spec + ": " + text}).Error()
}
