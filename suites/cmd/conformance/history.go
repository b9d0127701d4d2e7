package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/render"
	"acronis-conformance/suites/internal/report"
)

// historyFile holds a line of every full run, beside its reports.
const historyFile = "history.jsonl"

// maxNights is how many of the last nights have a column.
const maxNights = 14

// remember adds a full run to the history. That it cannot is told, and does not fail the run.
func (c *cli) remember(o options, r *report.Result) {
	file, previous := filepath.Join(o.reports, historyFile), filepath.Join(o.reports, report.PreviousFile)
	if o.history != "" { // of runs that report into a directory each
		file, previous = o.history, filepath.Join(filepath.Dir(o.history), report.PreviousFile)
	}
	before, err := report.Read(previous)
	if err != nil {
		before = nil // there is none, or one of an earlier version
	}
	if o.history != "" {
		err = os.MkdirAll(filepath.Dir(file), 0o755)
	} else {
		err = nil
	}
	if err == nil {
		err = report.AppendHistory(file, report.NightOf(r, before))
	}
	if err == nil && o.history != "" {
		err = errors.Join(report.Write(previous, r), copyHistory(file, filepath.Join(o.reports, historyFile)))
	}
	if err != nil {
		fmt.Fprintf(c.stderr, "conformance: the run is not in the history: %v\n", err)
	}
}

// copyHistory puts the history beside the reports of the run, whose page shows it.
func copyHistory(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return report.WriteFile(to, content)
}

// history shows what the nights of each target have found.
func history(_ context.Context, c *cli, args []string) error {
	flags, h := flagsOfHistory()
	if err := c.parse(flags, args); err != nil {
		return err
	}
	nights, err := report.ReadHistory(h.from)
	if err != nil {
		return err
	}
	nights = slices.DeleteFunc(nights, func(n report.Night) bool { return h.target != "" && n.Target != h.target })
	if len(nights) == 0 {
		return fmt.Errorf("%s holds no run%s: every full run adds one", h.from, onTarget(h.target))
	}
	var text bytes.Buffer
	for _, own := range report.GroupBy(nights, func(n report.Night) string { return n.Target }) {
		if err := printHistory(&text, own[0].Target, report.HistoryOf(own)); err != nil {
			return err
		}
	}
	if _, err := c.stdout.Write(text.Bytes()); err != nil || h.to == "" {
		return err
	}
	var page bytes.Buffer
	if err := render.History(&page, nights); err != nil {
		return err
	}
	if err := os.MkdirAll(h.to, 0o755); err != nil {
		return err
	}
	for _, file := range []struct {
		name    string
		content []byte
	}{{"history.txt", text.Bytes()}, {"history.html", page.Bytes()}} {
		path := filepath.Join(h.to, file.name)
		if err := report.WriteFile(path, file.content); err != nil {
			return err
		}
		fmt.Fprintln(c.stdout, path)
	}
	return nil
}

// historyOptions are the flags of history.
type historyOptions struct{ from, to, target string }

func flagsOfHistory() (*flag.FlagSet, *historyOptions) {
	h := &historyOptions{}
	flags := flag.NewFlagSet("history", flag.ContinueOnError)
	flags.StringVar(&h.from, "from", filepath.Join("reports", historyFile), "`path` of the history")
	flags.StringVar(&h.to, "to", "", "`directory` for history.txt and history.html")
	flags.StringVar(&h.target, "target", "", "`name` of the target (default: all)")
	return flags, h
}

func onTarget(name string) string {
	if name == "" {
		return ""
	}
	return " on " + name
}

// printHistory prints a row per fault and a column per night, the number of specs in each.
func printHistory(w io.Writer, target string, h report.History) error {
	shown := max(0, len(h.Nights)-maxNights)
	fmt.Fprintf(w, "%s: %d runs", exchange.Printable(target), len(h.Nights))
	if shown > 0 {
		fmt.Fprintf(w, ", the last %d are shown", maxNights)
	}
	fmt.Fprintln(w)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(cells ...string) { fmt.Fprintln(table, strings.TrimRight(strings.Join(cells, "\t"), "\t")) }
	header, verdicts, asserted := []string{"fault", "first", "last"}, []string{"verdict", "", ""}, []string{"cells", "",
		""}
	for _, n := range h.Nights[shown:] {
		header = append(header, n.Started.Format("01-02"))
		verdicts = append(verdicts, strings.ToUpper(short(string(n.Verdict))))
		asserted = append(asserted, strconv.Itoa(n.Cells.Asserted))
	}
	row(header...)
	row(verdicts...)
	row(asserted...)
	for _, f := range h.Faults {
		cells := []string{f.ID, f.First.Format("2006-01-02"), f.Last.Format("2006-01-02")}
		for _, count := range f.Counts[shown:] {
			cells = append(cells, countText(count))
		}
		title := exchange.Printable(f.Title)
		if f.Flapping {
			title = "FLAPPING " + title
		}
		row(append(cells, title)...)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if len(h.Faults) == 0 {
		fmt.Fprintln(w, "no fault in any of them")
	}
	for _, cell := range h.Unstable {
		fmt.Fprintf(w, "unstable: %s changed its verdict %d times without a change of the suite, now %s\n",
			exchange.Printable(cell.Key), cell.Changes, cell.Last)
	}
	return nil
}

// countText is a night's cell: a dot where the fault was not there, a question mark where the night says nothing.
func countText(count int) string {
	switch {
	case count < 0:
		return "?"
	case count == 0:
		return "."
	}
	return strconv.Itoa(count)
}

// short keeps a verdict within a column.
func short(verdict string) string { return verdict[:min(len(verdict), 5)] }
