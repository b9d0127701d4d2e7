package report

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Bundle is a fault with those that are met in just the same specs: to a reader they are one.
type Bundle struct {
	Fault
	Further []Fault
}

// Bundles puts the faults together that are met in the same specs and matter as much. The order stays.
func Bundles(list []Fault) []Bundle {
	var bundles []Bundle
	for _, same := range GroupBy(list, func(f Fault) string {
		return string(f.Verdict) + string(f.Gravity) + strings.Join(f.Specs, "\n")
	}) {
		bundles = append(bundles, Bundle{same[0], same[1:]})
	}
	return bundles
}

// IDs are the ids of the faults.
func (b Bundle) IDs() []string {
	ids := []string{b.ID}
	for _, f := range b.Further {
		if !slices.Contains(ids, f.ID) {
			ids = append(ids, f.ID)
		}
	}
	return ids
}

// Text names the faults to a reader.
func (b Bundle) Text() string {
	const most, long = 3, 300
	texts := []string{b.Sentence}
	for _, f := range b.Further {
		texts = append(texts, f.Sentence)
	}
	more := ""
	if n := len(texts) - most; n > 0 {
		texts, more = texts[:most], fmt.Sprintf("; and %s", counted(n, "more fault", "more faults"))
	}
	return cut(strings.Join(texts, "; "), long) + more
}

// ByAcceptance puts the faults together that are accepted for the same reason, and adds up how far they go.
func ByAcceptance(list []Fault) []Bundle {
	var bundles []Bundle
	for _, same := range GroupBy(list, func(f Fault) Acceptance {
		if f.Accepted == nil {
			return Acceptance{}
		}
		return *f.Accepted
	}) {
		b := Bundle{same[0], same[1:]}
		if b.Accepted == nil {
			b.Accepted = &Acceptance{Verdict: b.Verdict}
		}
		for _, f := range b.Further {
			b.Extent = b.Extent.and(f.Extent)
		}
		bundles = append(bundles, b)
	}
	return bundles
}

func (s Extent) and(other Extent) Extent {
	join := func(a, b []string) []string { return slices.Compact(slices.Sorted(slices.Values(slices.Concat(a, b)))) }
	return Extent{join(s.Specs, other.Specs), join(s.Codes, other.Codes), join(s.Operations, other.Operations),
		join(s.Paths, other.Paths)}
}

// Top picks that many where there is no room for all, in their order: the first, but for two places that are
// kept for faults of single operations, so that those that are met everywhere do not hide them.
func Top(list []Bundle, n int) []Bundle {
	if len(list) <= n {
		return list
	}
	const kept = 2
	chosen := make([]bool, len(list))
	choose := func(room, most int, fits func(Bundle) bool) (left int) {
		for i, b := range list {
			if most > 0 && !chosen[i] && fits(b) {
				chosen[i] = true
				room, most = room-1, most-1
			}
		}
		return room
	}
	everyone := func(Bundle) bool { return true }
	left := choose(n, max(n-kept, 0), everyone)
	left = choose(left, left, func(b Bundle) bool { return b.Single() })
	choose(left, left, everyone)
	var foremost []Bundle
	for i, b := range list {
		if chosen[i] {
			foremost = append(foremost, b)
		}
	}
	return foremost
}

// Reason is why specs are in error or inconclusive, with all that are so for the same reason.
type Reason struct {
	Text    string
	Example string
	Extent
}

// Reasons gathers the specs of a verdict by their reasons, but for those that are lenient faults. The most widespread
// come first.
func Reasons(r *Result, verdict Verdict) []Reason {
	var specs []*Spec
	for i := range r.Specs {
		if s := &r.Specs[i]; s.Verdict == verdict && !s.Accepted {
			specs = append(specs, s)
		}
	}
	general := func(s *Spec) string { return reference.ReplaceAllString(s.Reason, "see another spec") }
	var list []Reason
	for _, same := range GroupBy(specs, general) {
		text := same[0].Reason
		if slices.ContainsFunc(same, func(s *Spec) bool { return s.Reason != text }) {
			text = general(same[0])
		}
		list = append(list, Reason{Text: cut(cmp.Or(text, "no reason is given"), 300), Example: clearest(same).ID,
			Extent: extentOf(same)})
	}
	slices.SortStableFunc(list, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(len(b.Specs), len(a.Specs)), cmp.Compare(b.places(), a.places()))
	})
	return list
}

// reference is where a reason sends its reader to another spec, to each another one.
var reference = regexp.MustCompile(`\bsee [0-9][0-9][0-9x]/\S*[^\s:;,.]`)
