package render

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/report"
)

// shownNights is how many nights the page shows: the last ones.
const shownNights = 60

// historyTable is what the page tells of the nights before: a row for each fault, a column for each night, the last
// one first.
type historyTable struct {
	Title    string
	Nights   []nightColumn
	Rows     []faultRow
	Unstable []unstableRow
}

type nightColumn struct {
	Day     string // of the month
	Verdict report.Verdict
	Label   string
}

type faultRow struct {
	ID, Title   string
	Linked      bool // this run has the fault
	First, Last string
	State       string // new, flapping, gone; empty where it was there before
	Nights      []faultNight
}

type faultNight struct {
	Mark  string // what stands in the column
	Label string
}

type unstableRow struct {
	Key, Name string
	Linked    bool // this run has the cell
	Changes   int
	Last      report.Verdict
}

// newHistoryTable lays out the nights of the result's target; nil where there are fewer than two.
func newHistoryTable(r *report.Result, nights []report.Night) *historyTable {
	own := slices.DeleteFunc(slices.Clone(nights), func(n report.Night) bool { return n.Target != r.Target.Name })
	if len(own) < 2 {
		return nil
	}
	faults, cells := map[string]bool{}, map[string]bool{}
	for _, f := range r.FaultsOf(report.Violation) {
		faults[f.ID] = true
	}
	for i := range r.Cells {
		cells[r.Cells[i].Key()] = true
	}
	return tableOf(own, faults, cells)
}

// tableOf lays out the nights of one target, the oldest first. Faults and cells are those that a link leads to.
func tableOf(own []report.Night, faults, cells map[string]bool) *historyTable {
	own = own[max(len(own)-shownNights, 0):]
	h := report.HistoryOf(own)
	t := &historyTable{Title: "Faults of the night of " + day(own[0].Started)}
	if len(own) > 1 {
		t.Title = fmt.Sprintf("Faults over %d nights, from %s back to %s", len(own), day(own[len(own)-1].Started),
			day(own[0].Started))
	}
	for _, n := range own {
		label := fmt.Sprintf("%s, run %s: %s, %s, %d of %d cells asserted, suite %s", day(n.Started), n.Run, n.Verdict,
			counted(len(n.Faults), "fault", "faults"), n.Cells.Asserted, n.Cells.Total, n.Suite)
		t.Nights = append(t.Nights, nightColumn{Day: fmt.Sprint(n.Started.UTC().Day()), Verdict: n.Verdict,
			Label: line(label, 300)})
	}
	slices.Reverse(t.Nights) // the last night first: of sixty, a narrow screen shows the beginning
	for _, f := range h.Faults {
		t.Rows = append(t.Rows, newFaultRow(f, own, faults[f.ID]))
	}
	for _, c := range h.Unstable {
		t.Unstable = append(t.Unstable, unstableRow{Key: line(c.Key, 300), Name: line(cellName(c.Key), 120),
			Linked: cells[c.Key], Changes: c.Changes, Last: c.Last})
	}
	return t
}

func newFaultRow(f report.FaultHistory, own []report.Night, linked bool) faultRow {
	row := faultRow{ID: line(f.ID, 60), Title: line(f.Title, 320), Linked: linked, First: day(f.First),
		Last: day(f.Last), State: stateOf(f)}
	for i, count := range f.Counts {
		one := faultNight{Label: day(own[i].Started) + ": not seen"}
		switch {
		case count > 0:
			one.Mark, one.Label = "●", day(own[i].Started)+": "+counted(count, "spec", "specs")
		case count < 0:
			one.Mark, one.Label = "?", day(own[i].Started)+": the run did not come to its end"
		}
		row.Nights = append(row.Nights, one)
	}
	slices.Reverse(row.Nights)
	return row
}

// cellName names a cell to a reader by its key: see report.Cell.Key.
func cellName(key string) string {
	parts := strings.SplitN(key, "/", 4)
	if len(parts) < 4 {
		return key
	}
	name := parts[0] + " " + parts[3]
	if parts[2] == string(schemas.FromClause) {
		name += " (general table)"
	}
	return name
}

func stateOf(f report.FaultHistory) string {
	var states []string
	if !f.Current() {
		states = append(states, "gone")
	} else if f.First.Equal(f.Last) {
		states = append(states, "new")
	}
	if f.Flapping {
		states = append(states, "flapping")
	}
	return strings.Join(states, ", ")
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
