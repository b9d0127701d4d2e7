package report

import (
	"cmp"
	"fmt"
	"slices"

	"acronis-conformance/schemas"
)

// CellKey names a reference cell.
type CellKey struct {
	Operation string
	Code      int
}

// Input is what a run hands over for its result.
type Input struct {
	Run          Run
	Target       Target
	Contract     *schemas.Contract
	Floors       *Floors // nil for the embedded mock
	Limits       []Limit
	Preflight    []Check
	Specs        []Spec
	World        []Step
	Leftovers    []Leftover
	Unprovokable map[CellKey]string // reviewed: why no probe provokes the cell
	// what makes the run unusable, such as a failed set-up or a stale waiver; a sentence each
	Problems []string
}

// Build makes the result of a run. It accounts for every cell of the reference exactly once, and for every spec: what
// does not fit together becomes a problem of the run, so that a fault of the suite costs the verdict and never the
// evidence.
func Build(in Input) *Result {
	r := &Result{
		Version:   Version,
		Run:       in.Run,
		Target:    in.Target,
		Floors:    in.Floors,
		Limits:    slices.Clone(in.Limits),
		Preflight: slices.Clone(in.Preflight),
		Problems:  slices.Clone(in.Problems),
		World:     slices.Clone(in.World),
		Leftovers: slices.Clone(in.Leftovers),
	}
	slices.SortStableFunc(r.World, func(a, b Step) int { return a.Started.Compare(b.Started) })
	r.Run.WallWithoutWaitingSeconds = max(r.Run.WallWithoutWaitingSeconds, 0) // waiting specs may overlap
	r.Specs = r.sortSpecs(in)
	r.Cells = r.account(in)
	r.Totals, r.Codes, r.Resources = tally(r.Specs, r.Cells)
	r.Faults = Faults(r.Specs)
	r.collect()
	if len(r.Specs) == 0 && len(r.Problems) == 0 {
		r.problem("no spec was run")
	}
	r.Verdict, r.Reason = r.conclude()
	r.complete()
	return r
}

// Fail adds what makes the run unusable after all.
func (r *Result) Fail(problem string) {
	r.problem("%s", problem)
	r.Verdict, r.Reason = r.conclude()
}

func (r *Result) problem(format string, arguments ...any) {
	r.Problems = append(r.Problems, fmt.Sprintf(format, arguments...))
}

var gravity = [...]Verdict{Pass, Inconclusive, Known, Waived, Error, Violation}

// Gravity orders verdicts by how much they matter; it is negative for what is none.
func (v Verdict) Gravity() int { return slices.Index(gravity[:], v) }

// sortSpecs orders the specs by id and keeps each id once, with its gravest verdict.
func (r *Result) sortSpecs(in Input) []Spec {
	resources := map[string]string{}
	for _, op := range in.Contract.Operations() {
		resources[op.Path] = op.Resource
	}
	specs := slices.Clone(in.Specs)
	for i := range specs {
		s := &specs[i]
		s.Resource = cmp.Or(s.Resource, resources[s.Path])
		if !slices.Contains(gravity[:], s.Verdict) {
			r.problem("spec %s has the verdict %q, which there is not", s.ID, s.Verdict)
			s.Verdict = Error
		}
	}
	slices.SortStableFunc(specs, func(a, b Spec) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(b.Verdict.Gravity(), a.Verdict.Gravity()))
	})
	return slices.CompactFunc(specs, func(a, b Spec) bool {
		if a.ID == b.ID {
			r.problem("spec %s was reported twice", a.ID)
		}
		return a.ID == b.ID
	})
}

// conclude finds the verdict of the run. A violation is a fact about the target even where the run broke off later,
// so it comes before an error; and a run that put nothing to the test, or less than its floor, is not a pass.
func (r *Result) conclude() (Verdict, string) {
	specs := r.Totals.Specs
	switch {
	case specs.Violation > 0:
		return Violation, r.contradiction()
	case len(r.Problems) > 0:
		return Error, r.Problems[0]
	case specs.Error > 0:
		first := r.first(Error)
		return Error, fmt.Sprintf("%s not be carried out, the first of them %s: %s", counted(specs.Error, "spec could",
			"specs could"), first.ID, first.Reason)
	case r.Floors != nil && len(r.Leftovers) > r.Floors.Leftovers:
		first := r.Leftovers[0]
		return Error, fmt.Sprintf("%s left behind, and %d may be: %s (the first of them, %s %s: %s)", counted(
			len(r.Leftovers), "object was", "objects were"), r.Floors.Leftovers, first.Command, first.Kind, first.ID,
			cut(first.Reason, 200))
	case specs.Pass+specs.Waived+specs.Known == 0:
		return Inconclusive, fmt.Sprintf("nothing was put to the test: %s", r.first(Inconclusive).Reason)
	}
	if shortfall := r.shortfall(); shortfall != "" {
		return Inconclusive, shortfall
	}
	cells := r.Totals.Reference
	return Pass, fmt.Sprintf("%s the contract, and %d of %d reference cells are asserted%s",
		counted(specs.Pass, "spec meets", "specs meet"), cells.Asserted, cells.Total, r.untestable())
}

// contradiction names the gravest of the faults.
func (r *Result) contradiction() string {
	list := r.FaultsOf(Violation)
	gravest := list[0]
	where := gravest.Where()
	if len(gravest.Specs) == 1 {
		where = gravest.Example
	}
	failing := counted(r.Totals.Specs.Violation, "failing spec", "failing specs")
	if len(list) == 1 {
		return fmt.Sprintf("1 fault (%s): %s (%s)", failing, gravest.Sentence, where)
	}
	return fmt.Sprintf("%d faults (%s). Most severe: %s (%s)", len(list), failing, gravest.Sentence, where)
}

func (r *Result) first(v Verdict) Spec {
	i := slices.IndexFunc(r.Specs, func(s Spec) bool { return s.Verdict == v })
	if i < 0 {
		return Spec{}
	}
	return r.Specs[i]
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
