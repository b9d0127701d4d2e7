package render

import (
	"testing"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/gomega"
)

// small is a result with the given specs, and a reference cell for each of them.
func small(verdicts map[string]report.Verdict) *report.Result {
	r := &report.Result{Version: report.Version, Run: report.Run{ID: "run"}, Target: report.Target{Name: "mock"},
		Verdict: report.Pass}
	for _, operation := range []string{"A", "B", "C", "D", "E", "F"} {
		v, known := verdicts[operation]
		if !known {
			continue
		}
		id := "401/no-token/" + operation
		r.Specs = append(r.Specs, report.Spec{ID: id, Code: "401", Probe: "no-token", Subject: operation,
			Operation: operation, Method: "GET", Path: "/" + operation,
			Source: schemas.FromReference, Verdict: v, Reason: "reason of " + operation})
		if v == report.Error {
			v = report.Inconclusive
		}
		r.Cells = append(r.Cells, report.Cell{Subject: operation, Operation: operation, Method: "GET", Path: "/" +
			operation, Class: "401", Code: 401,
			Source: schemas.FromReference, Verdict: v, Specs: []string{id}})
	}
	r.Faults = report.Faults(r.Specs)
	return r
}

func changed(list []Change) map[string]report.Verdict {
	m := map[string]report.Verdict{}
	for _, c := range list {
		m[c.Spec.Operation] = c.Old
	}
	return m
}

func lost(list []CellChange) []string {
	names := []string{}
	for _, c := range list {
		names = append(names, c.Cell.Subject)
	}
	return names
}

func TestDiff(t *testing.T) {
	type verdicts = map[string]report.Verdict
	const p, v, w, u, e = report.Pass, report.Violation, report.Waived, report.Inconclusive, report.Error
	for _, c := range []struct {
		name          string
		before, after verdicts
		want          Changes
		failing       verdicts
		broken        verdicts
		passing       verdicts
		inconclusive  verdicts
		lost          []string
	}{
		{name: "nothing", before: verdicts{"A": p, "B": v, "C": w, "D": u, "E": e}, after: verdicts{"A": p, "B": v,
			"C": w,
			"D": u, "E": e}},
		{name: "newly failing", before: verdicts{"A": p, "B": u, "C": w}, after: verdicts{"A": v, "B": v, "C": v},
			failing: verdicts{"A": p, "B": u, "C": w}},
		{name: "newly broken", before: verdicts{"A": p, "B": e}, after: verdicts{"A": e, "B": e},
			broken: verdicts{"A": p},
			lost:   []string{"A"}},
		{name: "newly passing", before: verdicts{"A": v, "B": u, "C": e, "D": w}, after: verdicts{"A": p, "B": p,
			"C": p,
			"D": p}, passing: verdicts{"A": v, "B": u, "C": e, "D": w}},
		{name: "newly inconclusive", before: verdicts{"A": p, "B": v, "C": e}, after: verdicts{"A": u, "B": u, "C": u},
			inconclusive: verdicts{"A": p, "B": v}, lost: []string{"A", "B"}},
		{name: "a waiver is no change of the target", before: verdicts{"A": v}, after: verdicts{"A": w}},
		{name: "a new operation", before: verdicts{"A": p}, after: verdicts{"A": p, "B": p, "C": v},
			failing: verdicts{"C": ""},
			want: Changes{NewOperations: []string{"B", "C"}, NewSpecs: []string{"401/no-token/B",
				"401/no-token/C"}}},
		{name: "an operation that is gone", before: verdicts{"A": p, "B": u}, after: verdicts{"A": p},
			want: Changes{GoneOperations: []string{"B"}, GoneSpecs: []string{"401/no-token/B"}}},
		{name: "coverage that is gone", before: verdicts{"A": p, "B": v}, after: verdicts{"A": p}, lost: []string{"B"},
			want: Changes{GoneOperations: []string{"B"}, GoneSpecs: []string{"401/no-token/B"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := NewWithT(t)
			got := Diff(small(c.before), small(c.after))
			same := func(got []Change, want verdicts) {
				if want == nil {
					want = verdicts{}
				}
				g.Expect(changed(got)).To(Equal(want))
			}
			same(got.Failing, c.failing)
			same(got.Broken, c.broken)
			same(got.Passing, c.passing)
			same(got.Inconclusive, c.inconclusive)
			g.Expect(lost(got.Lost)).To(ConsistOf(c.lost))
			g.Expect(got.NewOperations).To(Equal(c.want.NewOperations))
			g.Expect(got.GoneOperations).To(Equal(c.want.GoneOperations))
			g.Expect(got.NewSpecs).To(Equal(c.want.NewSpecs))
			g.Expect(got.GoneSpecs).To(Equal(c.want.GoneSpecs))
		})
	}
}

func TestDiffEmpty(t *testing.T) {
	g := NewWithT(t)
	r := small(map[string]report.Verdict{"A": report.Pass, "B": report.Violation})
	g.Expect(Diff(r, r).Empty()).To(BeTrue())
	g.Expect(Diff(r, small(map[string]report.Verdict{"A": report.Pass, "B": report.Pass})).Empty()).To(BeFalse())
}

// A filtered run leaves specs out on purpose: none of them is gone, and no coverage is lost.
func TestDiffFiltered(t *testing.T) {
	g := NewWithT(t)
	whole := small(map[string]report.Verdict{"A": report.Pass, "B": report.Pass})
	part := small(map[string]report.Verdict{"A": report.Violation, "B": report.Inconclusive})
	part.Run.Filtered, part.Specs, part.Cells[1].Specs = true, part.Specs[:1], nil
	got := Diff(whole, part)
	g.Expect(changed(got.Failing)).To(HaveLen(1))
	g.Expect(got.GoneSpecs).To(BeEmpty())
	g.Expect(got.Lost).To(BeEmpty())
	g.Expect(Diff(part, whole).NewSpecs).To(BeEmpty())
}
