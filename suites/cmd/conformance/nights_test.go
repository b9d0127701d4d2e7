package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/gomega"
)

func violation(id string) report.Fault {
	return report.Fault{ID: id, Sentence: "fault " + id, Gravity: report.Served, Verdict: report.Violation,
		Example: "401/a/B",
		Extent:  report.Extent{Specs: []string{"401/a/B"}}}
}

// Of a target with debts, only what it did not have before fails the gate, and what tests too little still does.
func TestNewOnly(t *testing.T) {
	result := func(verdict report.Verdict, asserted int, faults ...report.Fault) *report.Result {
		r := &report.Result{Verdict: verdict, Reason: "the reason", Target: report.Target{Name: "staging"},
			Faults: faults}
		r.Totals.Reference = report.CellCounts{Total: 10, Asserted: asserted}
		return r
	}
	waived := violation("w")
	waived.Verdict = report.Waived
	lenient := violation("l")
	lenient.Verdict = report.Inconclusive
	old := result(report.Violation, 10, violation("a"), waived, lenient)
	for name, c := range map[string]struct {
		now  *report.Result
		code int
		line string
	}{
		"the same debts": {result(report.Violation, 10, violation("a")), conforms,
			"PASS: staging has no fault that the baseline has not, and every floor of the gate is reached (1 debt)"},
		"a debt that was waived": {result(report.Violation, 10, violation("w")), conforms,
			"PASS: staging has no fault that the baseline has not, and every floor of the gate is reached (1 debt)"},
		"paid": {result(report.Pass, 10), conforms,
			"PASS: staging has no fault that the baseline has not, and every floor of the gate is reached"},
		"a new fault": {result(report.Violation, 10, violation("a"), violation("b")), violates,
			"FAIL: 1 fault not in the baseline: b (1 debt)"},
		"one that was lenient": {result(report.Violation, 10, violation("l")), violates,
			"FAIL: 1 fault not in the baseline: l"},
		"too little tested": {result(report.Violation, 5, violation("a")), violates,
			"FAIL: 5 of 10 reference cells are asserted, 90 % are asked for (1 debt)"},
		"a run that broke off": {result(report.Error, 0), unusable, "FAIL: the reason"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			d := decideNewOnly(c.now, config.Gate{Asserted: 0.9, Inconclusive: 10}, old)
			g.Expect(d.String()).To(Equal(c.line))
			g.Expect(d.ExitCode).To(Equal(c.code))
			g.Expect(d.Pass).To(Equal(c.code == conforms))
		})
	}
	g := NewWithT(t)
	g.Expect(usable(old, "old.json", true)).To(Succeed())
	g.Expect(usable(old, "old.json", false)).To(MatchError(ContainSubstring("ended with VIOLATION")))
	g.Expect(usable(result(report.Error, 0), "old.json", true)).To(MatchError(ContainSubstring("ended with ERROR")))
}

func TestCompareSaysWhatMoved(t *testing.T) {
	g := NewWithT(t)
	result := func(verdict report.Verdict, faults ...report.Fault) *report.Result {
		return &report.Result{Verdict: verdict, Target: report.Target{Name: "eu2"}, Faults: faults}
	}
	first := result(report.Violation, violation("a"), violation("b"))
	paths := []string{"1.json", "2.json"}
	m := moved(paths, []*report.Result{first, result(report.Violation, violation("b"), violation("c"))})
	g.Expect(m.String()).To(Equal("eu2 VIOLATION, eu2 VIOLATION: 1 fault added (c), 1 gone (a)"))
	m = moved(paths, []*report.Result{first, first})
	g.Expect(m.String()).To(Equal("eu2 VIOLATION, eu2 VIOLATION: the same faults"))
	g.Expect(mergedVerdict([]*report.Result{result(report.Pass), first, result(report.Inconclusive)})).To(
		Equal("VIOLATION: eu2 pass, eu2 violation, eu2 inconclusive"))
}

func TestHistory(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), historyFile)
	begin := time.Date(2026, 3, 1, 2, 17, 0, 0, time.UTC)
	for day, counts := range []map[string]int{{"aaa": 3}, {"aaa": 3, "bbb": 1}, {"aaa": 2}, {}, {"bbb": 1, "aaa": 2}} {
		n := report.Night{Run: begin.AddDate(0, 0, day).Format("20060102t150405-aaaaaa"), Started: begin.AddDate(0, 0,
			day),
			Target: "eu2",
			Suite:  "1", Contract: "2", Verdict: report.Violation, Cells: report.NightCells{Asserted: 370, Total: 375}}
		if day == 3 {
			n.Verdict = report.Pass
		}
		if day > 0 {
			n.CellsChanged = map[string]report.Verdict{"401/401/reference/FetchTenant": n.Verdict}
		}
		for id, count := range counts {
			n.Faults = append(n.Faults, report.NightFault{ID: id, Title: "fault " + id, Count: count})
		}
		g.Expect(report.AppendHistory(path, n)).To(Succeed())
	}
	to := filepath.Join(t.TempDir(), "new")
	code, stdout, stderr := invoke(t, "history", "-from="+path, "-to="+to)
	g.Expect(code).To(Equal(conforms), stderr)
	const table = `eu2: 5 runs
fault    first       last        03-01  03-02  03-03  03-04  03-05
verdict                          VIOLA  VIOLA  VIOLA  PASS   VIOLA
cells                            370    370    370    370    370
aaa      2026-03-01  2026-03-05  3      3      2      .      2  FLAPPING fault aaa
bbb      2026-03-02  2026-03-05  .      1      .      .      1  FLAPPING fault bbb
unstable: 401/401/reference/FetchTenant changed its verdict 4 times without a change of the suite, now violation
`
	g.Expect(stdout).To(Equal(table + filepath.Join(to, "history.txt") + "\n" +
		filepath.Join(to, "history.html") + "\n"))
	page, err := os.ReadFile(filepath.Join(to, "history.html"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(page)).To(And(ContainSubstring("eu2: Faults over 5 nights"), ContainSubstring("fault bbb"),
		ContainSubstring("<td>flapping</td>"), ContainSubstring("4 changes")))
	g.Expect(os.ReadFile(filepath.Join(to, "history.txt"))).To(BeEquivalentTo(table))
	code, _, stderr = invoke(t, "history", "-from="+path, "-target=us5")
	g.Expect(code).To(Equal(unusable))
	g.Expect(stderr).To(ContainSubstring("holds no run on us5"))
}

func TestVersion(t *testing.T) {
	var out bytes.Buffer
	NewWithT(t).Expect((&cli{stdout: &out, stderr: &out, env: os.LookupEnv}).main(t.Context(), []string{"version"})).To(
		Equal(conforms))
	NewWithT(t).Expect(out.String()).To(
		MatchRegexp(`^conformance \S+, commit .*, go\S+ on \w+/\w+\ncontract: Account Management API .*\n$`))
}

// A run whose history lies elsewhere has a copy beside its reports, which its page shows.
func TestHistoryElsewhere(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	c := &cli{stderr: os.Stderr}
	for night, name := range []string{"a", "b"} {
		reports := filepath.Join(dir, name)
		g.Expect(os.MkdirAll(reports, 0o755)).To(Succeed())
		c.remember(options{reports: reports, history: filepath.Join(dir, "all", "history.jsonl")}, &report.Result{
			Version: report.Version, Verdict: report.Pass, Target: report.Target{Name: "eu2"},
			Run: report.Run{ID: name, Started: time.Date(2026, 3, night+1, 2, 17, 0, 0, time.UTC)}})
		nights, err := report.ReadHistory(filepath.Join(reports, historyFile))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(nights).To(HaveLen(night + 1))
	}
}
