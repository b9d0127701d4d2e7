package render

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/gomega"
)

// nightsBefore are made-up nights of the sample's target that end with the sample's run: a fault that stays, one that
// comes and goes, one that is gone, and cells that are unstable.
func nightsBefore(r *report.Result, count int) []report.Night {
	var nights []report.Night
	for i := range count {
		n := report.Night{Run: fmt.Sprint("run-", i), Started: r.Run.Started.AddDate(0, 0, i-count+1),
			Target: r.Target.Name,
			Suite:  "1", Contract: r.Run.Contract, Verdict: report.Violation, Cells: report.NightCells{Asserted: 350,
				Total: 375}}
		n.Faults = []report.NightFault{{ID: r.Faults[0].ID, Title: r.Faults[0].Sentence, Rank: 0, Count: 6}}
		if i%7 == 3 {
			n.Faults = append(n.Faults, report.NightFault{ID: "flaps", Title: "it comes <b>and</b> goes", Rank: 3,
				Count: i})
		}
		if i < count/2 {
			n.Faults = append(n.Faults, report.NightFault{ID: "gone", Title: "it was mended", Rank: 4, Count: 1})
		}
		if i%10 == 9 && i < count-1 {
			n.Verdict, n.Faults = report.Error, nil
		}
		if i > 0 && i < 4 {
			n.CellsChanged = map[string]report.Verdict{r.Cells[0].Key(): []report.Verdict{report.Pass,
				report.Violation}[i%2],
				"404/404/reference/Gone": report.Pass}
		}
		nights = append(nights, n)
	}
	return nights
}

func TestPageShowsTheNightsBefore(t *testing.T) {
	g := NewWithT(t)
	r := sample(t)
	nights := append(nightsBefore(r, 70), report.Night{Run: "x", Started: r.Run.Started, Target: "another",
		Verdict: report.Pass})
	var b bytes.Buffer
	g.Expect(HTML(&b, r, nights)).To(Succeed())
	columns, rows := 0, []string{}
	for _, n := range elements(t, b.Bytes()) {
		switch {
		case n.Data == "th" && attribute(n, "class") == "night":
			columns++
		case n.Data == "th" && attribute(n, "class") == "title":
			rows = append(rows, textOf(n))
		}
	}
	g.Expect(columns).To(Equal(shownNights))
	g.Expect(rows).To(HaveExactElements("fault", "verdict of the run", r.Faults[0].Sentence+" "+r.Faults[0].ID,
		"it comes <b>and</b> goes flaps", "it was mended gone"))
	g.Expect(b.String()).To(ContainSubstring(fmt.Sprintf(`<a href="#fault-%s">`, r.Faults[0].ID)))
	g.Expect(b.String()).To(ContainSubstring("<td>gone, flapping</td>"))
	g.Expect(b.String()).NotTo(ContainSubstring("#fault-gone"), "this run does not have it")

	h := newHistoryTable(r, nights[:12])
	g.Expect(h.Unstable).To(HaveLen(2))
	linked := 0
	for _, c := range h.Unstable {
		g.Expect(c.Changes).To(Equal(3))
		if c.Linked {
			linked++
		}
	}
	g.Expect(linked).To(Equal(1), "that which this run has")
	g.Expect(h.Rows[0].Nights[12-1-9].Mark).To(Equal("?"), "a run that broke off says nothing")
	g.Expect(newHistoryTable(r, nights[:1])).To(BeNil(), "one night is no history")
}

// A history that cannot be read costs no view, and is told.
func TestWriteAllReadsTheHistory(t *testing.T) {
	g := NewWithT(t)
	dir, r := t.TempDir(), sample(t)
	for _, n := range nightsBefore(r, 3) {
		g.Expect(report.AppendHistory(filepath.Join(dir, HistoryFile), n)).To(Succeed())
	}
	paths, err := WriteAll(dir, r, nil)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(readFile(t, paths[0])).To(ContainSubstring("Faults over 3 nights"))
	g.Expect(report.WriteFile(filepath.Join(dir, HistoryFile), []byte("{}\n"))).To(Succeed())
	again, err := WriteAll(dir, r, nil)
	g.Expect(err).To(MatchError(ContainSubstring("history.jsonl, line 1")))
	g.Expect(again).To(Equal(paths))
	g.Expect(readFile(t, paths[0])).NotTo(ContainSubstring("Faults over"))
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return string(data)
}

func TestDaysLeft(t *testing.T) {
	g := NewWithT(t)
	from := time.Date(2030, 1, 10, 23, 0, 0, 0, time.UTC)
	for expires, want := range map[string]string{"2030-01-10": "last day", "2030-01-11": "1 day left",
		"2030-02-10": "31 days left", "2030-01-09": "expired", "": "", "soon": ""} {
		g.Expect(daysLeft(&report.Acceptance{Expires: expires}, from)).To(Equal(want), expires)
	}
	g.Expect(daysLeft(nil, from)).To(BeEmpty())
}

func TestLetterOf(t *testing.T) {
	g := NewWithT(t)
	g.Expect(letterOf(0)).To(Equal("A"))
	g.Expect(letterOf(len(letters))).To(Equal("V"))
	for _, v := range report.Verdicts {
		g.Expect(strings.Contains(letters, initial(string(v)))).To(BeFalse(), "%s has this letter", v)
	}
}

// The page of the history shows each target's nights, with links to nothing.
func TestHistoryPage(t *testing.T) {
	g := NewWithT(t)
	r := sample(t)
	nights := append(nightsBefore(r, 70), report.Night{Run: "x", Started: r.Run.Started.AddDate(0, 0, -1),
		Target: "us5<b>", Verdict: report.Pass, Cells: report.NightCells{Asserted: 1, Total: 1}})
	var b bytes.Buffer
	g.Expect(History(&b, nights)).To(Succeed())
	var titles, rows []string
	columns := 0
	for _, n := range elements(t, b.Bytes()) {
		switch {
		case n.Data == "h2":
			titles = append(titles, textOf(n))
		case n.Data == "th" && attribute(n, "class") == "night":
			columns++
		case n.Data == "th" && attribute(n, "class") == "title":
			rows = append(rows, textOf(n))
		case n.Data == "a":
			t.Errorf("a link to %s", attribute(n, "href"))
		case n.Data == "h1":
			g.Expect(textOf(n)).To(MatchRegexp(
				`^VIOLATION staging on \S+: violation, 1 fault; us5<b> on \S+: pass, 0 faults$`))
		}
	}
	g.Expect(titles).To(HaveExactElements(MatchRegexp(`^staging: Faults over 60 nights, from \S+ back to \S+$`),
		MatchRegexp(`^us5<b>: Faults of the night of \S+$`)))
	g.Expect(columns).To(Equal(shownNights + 1))
	g.Expect(rows).To(HaveExactElements("fault", "verdict of the run", r.Faults[0].Sentence+" "+r.Faults[0].ID,
		"it comes <b>and</b> goes flaps", "it was mended gone", "fault", "verdict of the run"))
	g.Expect(b.String()).To(ContainSubstring("No fault in any of them."))
	g.Expect(b.String()).To(ContainSubstring("No fault in any of them."))
	g.Expect(History(&b, nil)).NotTo(Succeed())
}
