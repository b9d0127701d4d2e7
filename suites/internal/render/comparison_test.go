package render

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/gomega"
)

// neighbours are three results: two differ in a spec and in an operation, the third is of a filtered run.
func neighbours(t testing.TB) []*report.Result {
	t.Helper()
	a := sample(t)
	b := sample(t, func(s *report.Spec) {
		if s.ID == "401/expired-token/FetchTenant" {
			s.Verdict, s.Reason, s.Actual = report.Violation, "a request that must be refused is served (200)", "200 OK"
		}
	})
	a.Target.Name, b.Target.Name = "eu2", "us5"
	c := sample(t)
	c.Target.Name, c.Run.Filtered, c.Run.Filter = "jp1", true, "401"
	kept := c.Specs[:0]
	for _, s := range c.Specs {
		if s.Code == "401" {
			kept = append(kept, s)
		}
	}
	c.Specs, c.Faults = kept, report.Faults(kept)
	for i := range c.Cells {
		if c.Cells[i].Class != "401" {
			c.Cells[i].Specs, c.Cells[i].Verdict, c.Cells[i].Reason = nil, report.Inconclusive,
				"not selected by the filter"
		}
	}
	return []*report.Result{a, b, c}
}

func written(t testing.TB, write func(io.Writer, []*report.Result) error, results []*report.Result) []byte {
	t.Helper()
	var b bytes.Buffer
	NewWithT(t).Expect(write(&b, results)).To(Succeed())
	return b.Bytes()
}

func TestComparison(t *testing.T) {
	g := NewWithT(t)
	s, err := newComparison(neighbours(t))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(s.Names).To(Equal([]string{"eu2", "us5", "jp1"}))
	g.Expect(s.Cells).To(Equal(1), "what the filter left out is not a difference")
	g.Expect(s.Subjects).To(HaveLen(1))
	g.Expect(s.Subjects[0].Name).To(Equal("FetchTenant"))
	cell := s.Subjects[0].Cells[0]
	g.Expect(cell.Verdicts).To(Equal([]report.Verdict{report.Pass, report.Violation, report.Pass}))
	g.Expect(cell.Specs).To(HaveLen(1))
	g.Expect(cell.Specs[0].ID).To(Equal("401/expired-token/FetchTenant"))
	g.Expect(s.verdict()).To(Equal(report.Violation))
}

// A spec may differ where the cell does not.
func TestComparisonFindSpecsBelowEqualCells(t *testing.T) {
	g := NewWithT(t)
	a, b := small(map[string]report.Verdict{"A": report.Violation}), small(
		map[string]report.Verdict{"A": report.Violation})
	for _, r := range []*report.Result{a, b} {
		r.Specs = append(r.Specs, report.Spec{ID: "401/x/A", Verdict: report.Pass, Operation: "A"})
		r.Cells[0].Specs = append(r.Cells[0].Specs, "401/x/A")
	}
	b.Specs[1].Verdict = report.Inconclusive
	s, err := newComparison([]*report.Result{a, b})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(s.Cells).To(Equal(1))
	g.Expect(s.Subjects[0].Cells[0].Specs[0].ID).To(Equal("401/x/A"))
}

func TestComparisonOfOtherContracts(t *testing.T) {
	g := NewWithT(t)
	s, err := newComparison([]*report.Result{small(map[string]report.Verdict{"A": report.Pass}),
		small(map[string]report.Verdict{"A": report.Pass, "B": report.Pass})})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(s.Cells).To(Equal(1), "a cell that only one of them has is a difference")
}

func TestComparisonNeedTwo(t *testing.T) {
	g := NewWithT(t)
	for _, write := range []func(io.Writer, []*report.Result) error{Compare, CompareMarkdown, Merge, MergeMarkdown} {
		g.Expect(write(io.Discard, []*report.Result{sample(t)})).To(
			MatchError(ContainSubstring("there is 1 result: name another conformance.json")))
	}
}

func TestResultNames(t *testing.T) {
	g := NewWithT(t)
	at := func(name, run string, start time.Time) *report.Result {
		return &report.Result{Target: report.Target{Name: name}, Run: report.Run{ID: run, Started: start}}
	}
	g.Expect(resultNames([]*report.Result{at("a", "1", sampleStart), at("b", "1", sampleStart)})).To(Equal([]string{"a",
		"b"}))
	g.Expect(resultNames([]*report.Result{at("a", "1", sampleStart), at("a", "2", sampleStart.Add(time.Hour))})).To(
		Equal([]string{"a 2026-11-20 01:30", "a 2026-11-20 02:30"}))
	g.Expect(resultNames([]*report.Result{at("a", "1", sampleStart), at("a", "2", sampleStart)})).To(
		Equal([]string{"a 1", "a 2"}))
	g.Expect(resultNames([]*report.Result{at("a", "1", sampleStart), at("a", "1", sampleStart)})).To(
		Equal([]string{"a (1)", "a (2)"}))
}

func TestCompare(t *testing.T) {
	g := NewWithT(t)
	results := neighbours(t)[:2]
	page := string(written(t, Compare, results))
	g.Expect(page).To(And(ContainSubstring("1 cell differs between eu2 and us5"),
		ContainSubstring(`<tr id="401/expired-token/FetchTenant">`),
		ContainSubstring(`<b>a request that must be refused is served (200)</b> <span class="of">1 spec of 401 on `+
			`FetchTenant</span>`)))
	text := string(written(t, CompareMarkdown, results))
	g.Expect(text).To(ContainSubstring(
		"- ✅→❌ **a request that must be refused is served (200)**: 1 spec of 401 on FetchTenant, such as " +
			"`401/expired-token/FetchTenant`"))
	g.Expect(text).
		To(ContainSubstring("| code | cells | ✅→❌ |\n| --- | ---: | ---: |\n| 401 | 1 | 1 |\n| all | 1 | 1 |"))
	g.Expect(text).To(ContainSubstring("- `FetchTenant`: ✅→❌ 401\n"))
	same := []*report.Result{results[0], results[0]}
	g.Expect(string(written(t, CompareMarkdown, same))).To(ContainSubstring("No cell differs between"))
	g.Expect(string(written(t, Compare, same))).To(ContainSubstring("No cell differs"))
}

// When one fault lets hundreds of cells differ, it is said once, and no body stands on the page: they are in the
// results' own pages.
func TestCompareIsShort(t *testing.T) {
	g := NewWithT(t)
	a := sample(t)
	b := sample(t, func(s *report.Spec) {
		if s.Verdict == report.Pass && s.Code != "20x" {
			s.Verdict, s.Reason = report.Violation, "the answer is not what is promised with it"
			s.Differences = []report.Difference{{Path: "$.error.details", Rule: "type", Found: "[]",
				Detail: "expected object, not array"}}
		}
	})
	b.Target.Name = "us5"
	results := []*report.Result{a, b}
	s, err := newComparison(results)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(s.Cells).To(BeNumerically(">", 400))
	g.Expect(s.Faults).To(HaveLen(1))
	page := written(t, Compare, results)
	g.Expect(string(page)).NotTo(ContainSubstring("PlatformAccountServer"))
	for _, n := range elements(t, page) {
		if n.Data == "details" {
			g.Expect(has(n, "open")).To(BeFalse())
		}
	}
	text := written(t, CompareMarkdown, results)
	g.Expect(strings.Count(string(text), "\n")).To(BeNumerically("<", 70))
	g.Expect(string(text)).To(ContainSubstring("more; `compare.html` has them all"))
}

func TestMerge(t *testing.T) {
	g := NewWithT(t)
	results := neighbours(t)
	document := written(t, Merge, results)
	badges := 0
	for _, n := range elements(t, document) {
		if strings.HasPrefix(attribute(n, "class"), "m v-") {
			badges++
		}
	}
	g.Expect(badges).To(Equal(len(results[0].Cells)+2),
		"one mark where all agree, three in the one cell where they do not")
	text := string(written(t, MergeMarkdown, results))
	g.Expect(text).To(ContainSubstring("## ❌ violation on 3 of 3 targets"))
	g.Expect(text).To(ContainSubstring("- on jp1: 6 specs of 401 on 6 operations"))
	g.Expect(text).To(ContainSubstring("| jp1 | ❌ violation (a part of the specs) |"))
}

func TestComparisonHostile(t *testing.T) {
	g := NewWithT(t)
	for salt := 0; salt < len(payloads); salt += 3 {
		results := []*report.Result{hostile(t, salt), failing(hostile(t, salt+1))}
		for i := range results[1].Cells {
			results[1].Cells[i].Subject = results[0].Cells[i].Subject
			results[1].Cells[i].Class = results[0].Cells[i].Class
			results[1].Cells[i].Verdict = report.Violation
		}
		for _, write := range []func(io.Writer, []*report.Result) error{Compare, Merge} {
			document := written(t, write, results)
			g.Expect(strings.ContainsFunc(string(document), steers)).To(BeFalse())
			scripts := 0
			for _, n := range elements(t, document) {
				if n.Data == "script" {
					scripts++
				}
				if slices.Contains([]string{"img", "iframe", "svg", "object", "template"}, n.Data) ||
					n.Data == "details" &&
						!slices.Contains([]string{"finding", "subject"}, strings.Split(attribute(n, "class"), " ")[0]) {
					t.Errorf("the page has got <%s>", n.Data)
				}
				for _, a := range n.Attr {
					if strings.HasPrefix(a.Key, "on") || a.Key == "href" && !harmlessLink.MatchString(a.Val) {
						t.Errorf("the page has got %s=%q", a.Key, a.Val)
					}
				}
			}
			g.Expect(scripts).To(Equal(1))
		}
		for _, write := range []func(io.Writer, []*report.Result) error{CompareMarkdown, MergeMarkdown} {
			text := written(t, write, results)
			g.Expect(strings.ContainsFunc(string(text), steers)).To(BeFalse())
			for _, n := range rendered(t, text) {
				if slices.Contains([]string{"script", "img", "iframe", "svg", "details", "a", "h1"}, n.Data) {
					t.Errorf("the text has got <%s>", n.Data)
				}
			}
		}
	}
}
