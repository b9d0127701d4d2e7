package report

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"

	. "github.com/onsi/gomega"
)

// made is a spec on FetchTenant, GET /tenants/{tenant_id}, whose reference lists 200, 401, 403 and 404.
func made(code, probe string, v Verdict, reason string) Spec {
	return Spec{ID: code + "/" + probe + "/FetchTenant", Code: code, Probe: probe, Subject: "FetchTenant",
		Operation: "FetchTenant", Method: "GET",
		Path: "/tenants/{tenant_id}", Resource: "tenants", Source: schemas.FromReference, Basis: Basis{Documented,
			Documented}, Verdict: v, Reason: reason}
}

func build(t *testing.T, filtered bool, specs ...Spec) *Result {
	t.Helper()
	return Build(Input{Run: Run{ID: "r", Filtered: filtered}, Target: Target{Name: "mock"}, Contract: contract(t),
		Specs:        specs,
		Unprovokable: map[CellKey]string{{"FetchTenant", 403}: "reviewed", {"FetchTenant", 401}: "reviewed"}})
}

func cell(t *testing.T, r *Result, subject, class string) Cell {
	t.Helper()
	i := slices.IndexFunc(r.Cells, func(c Cell) bool { return c.Subject == subject && c.Class == class })
	if i < 0 {
		t.Fatalf("no cell %s %s", subject, class)
	}
	return r.Cells[i]
}

func TestEveryReferenceCellIsThereOnce(t *testing.T) {
	g := NewWithT(t)
	r := Build(sample(t))
	var got []schemas.Cell
	for _, c := range r.Cells {
		if c.Source == schemas.FromReference {
			got = append(got, schemas.Cell{Operation: c.Operation, Code: c.Code, Source: c.Source})
			g.Expect(c.Verdict == Pass || c.Reason != "").To(BeTrue(), "cell %s %d has no reason", c.Operation, c.Code)
		}
	}
	g.Expect(got).To(Equal(contract(t).Cells()))
	g.Expect(r.Totals.Reference.Total).To(Equal(len(got)))
}

func TestCellVerdict(t *testing.T) {
	violation := made("401", "a", Violation, "came 200")
	waived := made("401", "b", Waived, "known")
	pass := made("401", "c", Pass, "")
	inconclusive := made("401", "d", Inconclusive, "no expired token")
	second := made("401", "e", Inconclusive, "second")
	broken := made("401", "f", Error, "no answer")
	injected := made("401", "g", Pass, "")
	injected.Injected = true
	for _, c := range []struct {
		name    string
		specs   []Spec
		verdict Verdict
		reason  string
	}{
		{"violation wins", []Spec{pass, waived, violation, broken, inconclusive}, Violation, "came 200"},
		{"waived wins over pass", []Spec{pass, waived, inconclusive}, Waived, "known"},
		{"one pass asserts", []Spec{inconclusive, broken, pass}, Pass, ""},
		{"the first reason", []Spec{second, inconclusive}, Inconclusive, "no expired token"},
		{"inconclusive wins over error", []Spec{broken, second}, Inconclusive, "second"},
		{"an error asserts nothing", []Spec{broken}, Inconclusive, "error: no answer"},
		{"what was injected asserts nothing", []Spec{injected}, Inconclusive, "reviewed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := NewWithT(t)
			got := cell(t, build(t, false, c.specs...), "FetchTenant", "401")
			g.Expect(got.Verdict).To(Equal(c.verdict))
			g.Expect(got.Reason).To(Equal(c.reason))
			g.Expect(got.Specs).To(HaveLen(len(c.specs) - strings.Count(c.name, "injected")))
		})
	}
}

// A cell is not asserted by the one probe that is rejected where the others are accepted.
func TestCellThatIsMostlyAccepted(t *testing.T) {
	g := NewWithT(t)
	accepted := func(probe string) Spec {
		s := made("403", probe, Inconclusive, "accepted: the request is served (200)")
		s.Accepted = true
		return s
	}
	c := cell(t, build(t, false, made("403", "a", Pass, ""), accepted("b"), accepted("c")), "FetchTenant", "403")
	g.Expect(c.Verdict).To(Equal(Inconclusive))
	g.Expect(c.Reason).To(Equal("2 of 3 requests that ought to be rejected so: accepted: the request is served (200)"))
	c = cell(t, build(t, false, made("403", "a", Pass, ""), accepted("b")), "FetchTenant", "403")
	g.Expect(c.Verdict).To(Equal(Pass))
	c = cell(t, build(t, false, made("403", "a", Violation, "v"), accepted("b"), accepted("c")), "FetchTenant", "403")
	g.Expect(c.Verdict).To(Equal(Violation))
}

func TestCellWithoutSpecs(t *testing.T) {
	for _, c := range []struct {
		class    string
		filtered bool
		reason   string
	}{
		{"403", false, "reviewed"}, {"403", true, "reviewed"}, {"404", false, noProbe}, {"404", true, notSelected},
	} {
		t.Run(fmt.Sprint(c.class, c.filtered), func(t *testing.T) {
			g := NewWithT(t)
			got := cell(t, build(t, c.filtered, made("20x", "valid-token", Pass, "")), "FetchTenant", c.class)
			g.Expect(got.Verdict).To(Equal(Inconclusive))
			g.Expect(got.Reason).To(Equal(c.reason))
		})
	}
}

// 20x is the one success code that the operation documents, whichever it is.
func TestFamilyStandsForTheDocumentedCode(t *testing.T) {
	g := NewWithT(t)
	s := made("20x", "valid-token", Pass, "")
	s.ID, s.Operation = "20x/valid-token/DeleteTenant", "DeleteTenant"
	got := cell(t, build(t, false, s), "DeleteTenant", "20x")
	g.Expect(got.Code).To(Equal(204))
	g.Expect(got.Verdict).To(Equal(Pass))
}

func TestClauseCells(t *testing.T) {
	g := NewWithT(t)
	patch := Spec{ID: "405/wrong-method/PATCH.tenants.{tenant_id}", Code: "405", Subject: "PATCH.tenants.{tenant_id}",
		Method: "PATCH",
		Path:   "/tenants/{tenant_id}", Source: schemas.FromClause, Verdict: Pass}
	unknown := Spec{ID: "404/unknown-route/api", Code: "404", Subject: "api", Method: "GET", Path: "/x",
		Source: schemas.FromClause, Verdict: Violation, Reason: "came 200"}
	always, once := made("50x", "always", Pass, ""), made("50x", "once", Inconclusive, "no fault header")
	for _, s := range []*Spec{&always, &once} {
		s.Source, s.Injected = schemas.FromClause, true
	}
	r := build(t, false, patch, unknown, always, once)
	g.Expect(r.Totals.Clause).To(Equal(CellCounts{Total: 3, Asserted: 3, Pass: 2, Violation: 1}))
	g.Expect(r.Totals.Reference.Asserted).To(BeZero())
	g.Expect(cell(t, r, "PATCH.tenants.{tenant_id}", "405")).To(Equal(Cell{Subject: "PATCH.tenants.{tenant_id}",
		Method: "PATCH",
		Path:   "/tenants/{tenant_id}", Resource: "tenants", Class: "405", Code: 405, Source: schemas.FromClause,
		Verdict: Pass, Specs: []string{patch.ID}}))
	failure := cell(t, r, "FetchTenant", "50x")
	g.Expect(failure.Code).To(BeZero())
	g.Expect(failure.Verdict).To(Equal(Pass))
	g.Expect(failure.Specs).To(Equal([]string{always.ID, once.ID}))
	g.Expect(cell(t, r, "api", "404").Resource).To(BeEmpty())
}

func TestTotalsAddUp(t *testing.T) {
	g := NewWithT(t)
	r := Build(sample(t))
	var specs, reference, clause int
	var codes []string
	for _, c := range r.Codes {
		specs, reference, clause = specs+c.Specs.Total, reference+c.Reference.Total, clause+c.Clause.Total
		codes = append(codes, c.Code)
	}
	g.Expect(codes).To(Equal([]string{"20x", "400", "401", "403", "404", "405", "406", "409", "415", "426", "50x"}))
	g.Expect(specs).To(Equal(r.Totals.Specs.Total))
	g.Expect(reference).To(Equal(len(contract(t).Cells())))
	g.Expect(clause).To(Equal(r.Totals.Clause.Total))
	reference = 0
	for _, c := range r.Resources {
		reference += c.Reference.Total
		g.Expect(c.Reference.Asserted + c.Reference.Inconclusive).To(Equal(c.Reference.Total))
	}
	g.Expect(reference).To(Equal(len(contract(t).Cells())))
	s := r.Totals.Specs
	g.Expect(s).To(Equal(Counts{Total: 3, Pass: 1, Violation: 1, Inconclusive: 1}))
}

func TestRunVerdict(t *testing.T) {
	pass, violation := made("401", "a", Pass, ""), made("401", "b", Violation, "came 200")
	broken, inconclusive := made("401", "c", Error, "no answer"), made("401", "d", Inconclusive, "no token")
	for _, c := range []struct {
		name     string
		specs    []Spec
		problems []string
		verdict  Verdict
		reason   string
	}{
		{"pass", []Spec{pass, inconclusive}, nil, Pass,
			fmt.Sprintf("1 spec meets the contract, and 1 of %d reference cells are asserted",
				len(contract(t).Cells()))},
		{"violation", []Spec{pass, violation, broken}, []string{"p"}, Violation,
			"1 fault (1 failing spec): came 200 (401/b/FetchTenant)"},
		{"error", []Spec{pass, broken}, nil, Error,
			"1 spec could not be carried out, the first of them 401/c/FetchTenant: no answer"},
		{"problem", []Spec{pass, broken}, []string{"p", "q"}, Error, "p"},
		{"nothing provoked", []Spec{inconclusive}, nil, Inconclusive, "nothing was put to the test: no token"},
		{"nothing run", nil, nil, Error, "no spec was run"},
		{"no world", nil, []string{"wrong credentials"}, Error, "wrong credentials"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := NewWithT(t)
			r := Build(Input{Contract: contract(t), Specs: c.specs, Problems: c.problems})
			g.Expect(r.Verdict).To(Equal(c.verdict))
			g.Expect(r.Reason).To(Equal(c.reason))
		})
	}
}

// A full run on a live target passes only if it has tested most of what can be tested there.
func TestFloorOfAFullRun(t *testing.T) {
	two, err := schemas.Parse([]byte(tiny)) // FetchTenant with 200 and 401
	if err != nil {
		t.Fatal(err)
	}
	wide, err := schemas.Parse([]byte(strings.Replace(tiny, `"401":`,
		`"400": {description: a}, "403": {description: b}, "404": {description: c}, "401":`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	floors := &Floors{Asserted: 0.75, SetAside: 1}
	limits := []Limit{{LimitPermission, "target is read-only"}, {LimitRole, "role reader"}, {LimitExpiredToken,
		"no expired token"}}
	served := made("20x", "a", Pass, "")
	refused := func(code, reason string) Spec { return made(code, "b", Inconclusive, reason) }
	left := []Leftover{{Kind: "user", ID: "u", Reason: "held", Command: "make sweep RUN=1"}, {ID: "2"}}
	for _, c := range []struct {
		name    string
		in      Input
		verdict Verdict
		reason  string
	}{
		{"all asserted", Input{Contract: two, Floors: floors, Specs: []Spec{served, made("401", "b", Pass, "")}}, Pass,
			"2 specs meet the contract, and 2 of 2 reference cells are asserted"},
		{"half of it", Input{Contract: two, Floors: floors, Specs: []Spec{served, refused("401", "no answer")}},
			Inconclusive,
			"1 of the 2 reference cells that can be tested here are asserted, and 75 % are asked for; missing are 1: " +
				"no answer"},
		{"half of it, the rest by no probe", Input{Contract: two, Floors: floors, Specs: []Spec{served}}, Pass,
			"1 spec meets the contract, and 1 of 2 reference cells are asserted"},
		{"half of it, on the mock", Input{Contract: two, Specs: []Spec{served, refused("401", "no answer")}}, Pass,
			"1 spec meets the contract, and 1 of 2 reference cells are asserted"},
		{"half of it, of a part", Input{Contract: two, Floors: floors, Run: Run{Filtered: true}, Specs: []Spec{served,
			refused("401", "no answer")}}, Pass,
			"1 spec meets the contract, and 1 of 2 reference cells are asserted"},
		{"half of it, by the configuration", Input{Contract: two, Floors: floors, Limits: limits, Specs: []Spec{served,
			refused("401", "no expired token")}}, Pass,
			"1 spec meets the contract, and 1 of 2 reference cells are asserted; not tested here are 1: no " +
				"expired token"},
		{"a cell that a second spec could assert", Input{Contract: two, Floors: floors, Limits: limits,
			Specs: []Spec{served, refused("401", "no expired token"), made("401", "c", Inconclusive, "accepted")}},
			Inconclusive,
			"1 of the 2 reference cells that can be tested here are asserted, and 75 % are asked for; missing are " +
				"1: no " +
				"expired token"},
		{"a violation in the cell", Input{Contract: two, Floors: floors, Limits: limits, Specs: []Spec{served,
			made("401", "b", Violation, "came 200")}}, Violation,
			"1 fault (1 failing spec): came 200 (401/b/FetchTenant)"},
		{"more by roles than may be", Input{Contract: wide, Floors: floors, Limits: limits,
			Specs: []Spec{served, refused("400", "target is read-only"), refused("401", "role reader"), refused("403",
				"role reader"), refused("404", "no answer")}}, Inconclusive,
			"1 of the 3 reference cells that can be tested here are asserted, and 75 % are asked for; missing are " +
				"1: no " +
				"answer; 1: role reader; " +
				"not counted are 1: role reader; 1: target is read-only"},
		{"nothing at all", Input{Contract: two, Floors: floors, Specs: []Spec{refused("401", "no answer")}},
			Inconclusive,
			"nothing was put to the test: no answer"},
		{"objects left behind", Input{Contract: two, Floors: floors, Leftovers: left,
			Specs: []Spec{served, made("401", "b",
				Pass, "")}}, Error,
			"2 objects were left behind, and 0 may be: make sweep RUN=1 (the first of them, user u: held)"},
		{"objects left behind by a part", Input{Contract: two, Floors: floors, Run: Run{Filtered: true},
			Leftovers: left,
			Specs:     []Spec{served}}, Error,
			"2 objects were left behind, and 0 may be: make sweep RUN=1 (the first of them, user u: held)"},
		{"as many as may be", Input{Contract: two, Floors: &Floors{Leftovers: 2}, Leftovers: left,
			Specs: []Spec{served}},
			Pass,
			"1 spec meets the contract, and 1 of 2 reference cells are asserted"},
		{"objects left behind on the mock", Input{Contract: two, Leftovers: left, Specs: []Spec{served}}, Pass,
			"1 spec meets the contract, and 1 of 2 reference cells are asserted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := NewWithT(t)
			c.in.Target.Name, c.in.Run.ID = "staging", "1"
			r := Build(c.in)
			g.Expect(r.Verdict).To(Equal(c.verdict), r.Reason)
			g.Expect(r.Reason).To(Equal(c.reason))
			path := filepath.Join(t.TempDir(), "conformance.json")
			g.Expect(Write(path, r)).To(Succeed())
			again, err := Read(path)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(again.Reason).To(Equal(c.reason))
		})
	}
}

// What does not fit together costs the run its verdict, but no evidence.
func TestFaultsOfTheSuite(t *testing.T) {
	g := NewWithT(t)
	twice := made("401", "a", Pass, "")
	graver := made("401", "a", Violation, "came 200")
	strange := made("401", "b", "maybe", "")
	baseless := made("409", "c", Pass, "")
	r := build(t, false, twice, graver, strange, baseless)
	g.Expect(r.Problems).To(ConsistOf(
		"spec 401/a/FetchTenant was reported twice",
		`spec 401/b/FetchTenant has the verdict "maybe", which there is not`,
		"spec 409/c/FetchTenant rests on a reference cell that the contract does not have"))
	g.Expect(r.Specs).To(HaveLen(3))
	g.Expect(r.Specs[0].Verdict).To(Equal(Violation))
	g.Expect(r.Specs[1].Verdict).To(Equal(Error))
}

func TestLists(t *testing.T) {
	g := NewWithT(t)
	in := sample(t)
	other := made("403", "x", Pass, "")
	other.Advice = []string{"rare", "WWW-Authenticate is missing"}
	in.Specs = append(in.Specs, other)
	r := Build(in)
	g.Expect(r.Accepted).To(Equal([]string{"403/foreign-tenant-by-query/FetchTenantsBatch"}))
	g.Expect(r.Advice).To(Equal([]Advice{
		{Text: "WWW-Authenticate is missing", Specs: []string{"401/no-token/FetchTenant", "403/x/FetchTenant"}},
		{Text: "rare", Specs: []string{"403/x/FetchTenant"}},
	}))
	var by []string
	for _, transient := range r.Transients {
		by = append(by, transient.By)
	}
	g.Expect(by).To(Equal([]string{"401/no-token/FetchTenant", "control/FetchTenant"}),
		"an injected failure is no transient one")
	g.Expect(r.Transients[0]).To(Equal(Transient{By: "401/no-token/FetchTenant", Operation: "FetchTenant",
		Method: "GET",
		URL:    "https://host/api/2/tenants/1", Status: 503, Time: noon, RequestID: "req-1"}))
}

func TestBuildLeavesItsInputAlone(t *testing.T) {
	g := NewWithT(t)
	in, same := sample(t), sample(t)
	in.World = append([]Step{{ID: "later", Started: noon.Add(time.Hour), Exchanges: []exchange.Evidence{{}}}},
		in.World...)
	same.World = append([]Step{{ID: "later", Started: noon.Add(time.Hour), Exchanges: []exchange.Evidence{{}}}},
		same.World...)
	r := Build(in)
	g.Expect(in).To(Equal(same))
	g.Expect(r.World[1].ID).To(Equal("later"))
}

func TestSampleFitsTogether(t *testing.T) {
	NewWithT(t).Expect(Build(sample(t)).Problems).To(Equal(sample(t).Problems))
}

// Where an operation documents two codes of a family, a spec of the family does not say which of them it asserts.
func TestFamilyWithTwoCodes(t *testing.T) {
	g := NewWithT(t)
	two, err := schemas.Parse([]byte(strings.Replace(tiny, `"200":`, `"201": {description: made}, "200":`, 1)))
	g.Expect(err).NotTo(HaveOccurred())
	r := Build(Input{Contract: two, Specs: []Spec{made("20x", "a", Pass, "")}})
	g.Expect(r.Problems).To(
		Equal([]string{"spec 20x/a/FetchTenant rests on a reference cell that the contract does not have"}))
	g.Expect(r.Totals.Reference.Asserted).To(BeZero())
}

// Specs that wait side by side add up to more than the run took.
func TestWallWithoutWaitingIsNeverNegative(t *testing.T) {
	r := Build(Input{Contract: contract(t), Run: Run{WallSeconds: 6, WallWithoutWaitingSeconds: -2}})
	NewWithT(t).Expect(r.Run.WallWithoutWaitingSeconds).To(BeZero())
}
