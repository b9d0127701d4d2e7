package selftest_test

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"acronis-conformance/suites/internal/report"
)

// Defects share a run of the suite where what turns red tells whose it is.

// batches deals generated defects out by what they leave of a run: a broken refusal disturbs no other spec, a success
// hardly, and one that objects are made with denies its dependents what they need.
func batches(defects []defect) [][]defect {
	var refusals, successes, denying []defect
	var alone [][]defect
	for _, d := range defects {
		switch {
		case disowns(d.Defect): // nothing is made then
			alone = append(alone, []defect{d})
		case denies(d):
			denying = append(denying, d)
		case d.BreaksSetup:
			successes = append(successes, d)
		default:
			refusals = append(refusals, d)
		}
	}
	return slices.Concat(distinctly(refusals, refusalBatch), distinctly(successes, successBatch),
		independent(denying), alone)
}

// dealt puts each defect into the smallest batch whose defects it can be told from.
func dealt(defects []defect, size int, apart func(a, b defect) bool) (all [][]defect) {
	for _, d := range defects {
		i := smallest(all, size, func(i int) bool {
			return !slices.ContainsFunc(all[i], func(other defect) bool { return !apart(d, other) })
		})
		if i < 0 {
			i, all = len(all), append(all, nil)
		}
		all[i] = append(all[i], d)
	}
	return all
}

// smallest is the batch with the fewest defects that has room for one more and fits; -1 where none does.
func smallest(batches [][]defect, size int, fits func(i int) bool) int {
	found := -1
	for i, batch := range batches {
		if len(batch) < size && (found < 0 || len(batch) < len(batches[found])) && fits(i) {
			found = i
		}
	}
	return found
}

// distinctly deals out generated defects that show in different places: in the answers of different operations, or in
// different properties of the same answer. Those that take an operation for themselves come first, and the others
// find room beside them.
func distinctly(defects []defect, size int) (all [][]defect) {
	property := map[string]string{}
	for _, d := range defects {
		property[d.Name] = propertyOf(d)
	}
	ordered := slices.SortedStableFunc(slices.Values(defects), func(a, b defect) int {
		return cmp.Compare(min(len(property[a.Name]), 1), min(len(property[b.Name]), 1))
	})
	var taken []map[string][]string // by batch, and operation: the properties
	for _, d := range ordered {
		on, own := subject(d.Defect), property[d.Name]
		i := smallest(all, size, func(i int) bool {
			return !slices.ContainsFunc(taken[i][on], func(other string) bool {
				return own == "" || other == "" || nested(own, other)
			})
		})
		if i < 0 {
			i, all, taken = len(all), append(all, nil), append(taken, map[string][]string{})
		}
		all[i], taken[i][on] = append(all[i], d), append(taken[i][on], own)
	}
	return all
}

// nested reports whether one of the places lies in the other.
func nested(a, b string) bool {
	return strings.HasPrefix(a+".", b+".") || strings.HasPrefix(b+".", a+".")
}

// propertyOf is the one property that a generated defect changes, in the answer or of what is kept; empty: it does
// something else, or changes what items are found by.
func propertyOf(d defect) string {
	parts := generatedName.FindStringSubmatch(d.Name)
	switch way, what := parts[3], parts[4]; {
	case way == "differing" && (slices.Contains(foundBy, what) || slices.Contains(withoutIDs, parts[1])):
		return ""
	case slices.Contains(ofProperties, way):
		return parts[2] + "." + what
	}
	return ""
}

var (
	ofProperties = []string{"without", "mistyped", "differing", "drops", "resets"}
	foundBy      = []string{"id", "client_id", "tenant"}
	// withoutIDs are lists whose items are told apart by several properties.
	withoutIDs = []string{"FetchTenantOfferingItems", "FetchTenantOfferingItemsBatch", "FetchTenantOfferingItemsPrices",
		"FetchOfferingItemsAvailableForTenantChild", "FetchTenantUsages", "FetchTenantsUsagesBatch"}
)

// independent deals out defects that deny other specs what they need: no operation depends on two of a batch.
func independent(defects []defect) [][]defect {
	needing := map[string]map[string]bool{} // by operation: those that cannot do without it
	for _, d := range defects {
		on := subject(d.Defect)
		if needing[on] != nil {
			continue
		}
		needing[on] = map[string]bool{}
		for _, op := range contract().Operations() {
			if dependent(report.Spec{Operation: op.ID}, on) {
				needing[on][op.ID] = true
			}
		}
	}
	return dealt(defects, successBatch, func(a, b defect) bool {
		for id := range needing[subject(a.Defect)] {
			if needing[subject(b.Defect)][id] {
				return false
			}
		}
		return true
	})
}

// apart deals out defects of the catalogue: no two of a batch declare the same spec, but where they show in different
// places of an answer. One that shows elsewhere than in what it declares is alone.
func apart(defects []defect) (all [][]defect) {
	var together []defect
	declared := map[string][]declaration{}
	for _, d := range defects {
		if d.AtLeastOne || d.BreaksSetup || d.BlocksSetup != "" || d.OnlyOnRetry || d.TooLate || d.Alone {
			all = append(all, []defect{d})
			continue
		}
		together = append(together, d)
		for _, pattern := range slices.Concat(d.Fails, d.MayFail) {
			probe, subject := path.Split(pattern)
			declared[d.Name] = append(declared[d.Name], declaration{probe, subject})
		}
	}
	// What shows on every operation leaves little room: it comes first.
	slices.SortStableFunc(together, func(a, b defect) int {
		return cmp.Compare(breadth(declared[b.Name]), breadth(declared[a.Name]))
	})
	return append(dealt(together, catalogueBatch, func(a, b defect) bool {
		return a.At != "" && b.At != "" && !nested(a.At, b.At) || !overlap(declared[a.Name], declared[b.Name])
	}), all...)
}

// declaration is a pattern of specs: 404/deleted-object/ and FetchUser.
type declaration struct{ probe, subject string }

// breadth is 1 where some specs are of more than one operation, or of none, else 0.
func breadth(declared []declaration) int {
	if slices.ContainsFunc(declared, func(d declaration) bool { return contract().Operation(d.subject) == nil }) {
		return 1
	}
	return 0
}

// overlap reports whether a spec can fit both.
func overlap(a, b []declaration) bool {
	return slices.ContainsFunc(a, func(one declaration) bool {
		return slices.ContainsFunc(b, func(other declaration) bool {
			return meet(one.subject, other.subject) && meet(one.probe, other.probe)
		})
	})
}

// meet reports whether some text may fit both patterns.
func meet(a, b string) bool {
	switch wildA, wildB := strings.Contains(a, "*"), strings.Contains(b, "*"); {
	case !wildA && !wildB:
		return a == b
	case wildA && wildB: // the beginnings tell
		a, _, _ = strings.Cut(a, "*")
		b, _, _ = strings.Cut(b, "*")
		return strings.HasPrefix(a, b) || strings.HasPrefix(b, a)
	default:
		return matchesAny([]string{a}, b) || matchesAny([]string{b}, a)
	}
}
