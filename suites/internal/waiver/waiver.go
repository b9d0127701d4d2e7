// Package waiver knows the deviations that are accepted for a time. Waivers excuse violations only, never trouble with target or
// set-up, and they do not stay longer than they are needed: Audit finds those that are expired, that fit no spec, or that nothing
// violates any more.
package waiver

import (
	"path"
	"slices"
	"time"
)

// Waiver accepts a violation of the specs that it fits.
type Waiver struct {
	Spec    string // id, or a pattern of ids as path.Match reads it
	Reason  string
	Link    string
	Owner   string
	Expires time.Time // midnight at the beginning of the last day, UTC
	Targets []string  // none: all
	Line    int       // of the file
}

// fits tells whether the waiver is for that spec.
func (w *Waiver) fits(id string) bool {
	matched, _ := path.Match(w.Spec, id) // Load has checked the pattern
	return matched
}

// holdsOn tells whether the waiver is for that target.
func (w *Waiver) holdsOn(target string) bool {
	return len(w.Targets) == 0 || slices.Contains(w.Targets, target)
}

// Expired tells whether the waiver's last day is over. Only the day counts, and it is that of UTC.
func (w *Waiver) Expired(day time.Time) bool { return !day.Before(w.Expires.AddDate(0, 0, 1)) }

// List is what a file of waivers holds.
type List struct {
	Waivers []*Waiver
	path    string
}

// For returns the waiver that accepts a violation of the spec on the target on that day, the first in the file. It is for violations
// only: a spec in error is no deviation of the target, and is never waived.
func (l *List) For(id, target string, day time.Time) (*Waiver, bool) {
	for _, w := range l.Waivers {
		if w.fits(id) && w.holdsOn(target) && !w.Expired(day) {
			return w, true
		}
	}
	return nil, false
}
