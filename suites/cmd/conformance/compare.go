package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"acronis-conformance/suites/internal/render"
	"acronis-conformance/suites/internal/report"
)

// compareOptions are the flags of compare and merge.
type compareOptions struct {
	to             string
	exitCode, json bool // of compare alone
}

func flagsOfCompare(name string) (*flag.FlagSet, *compareOptions) {
	o := &compareOptions{}
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.StringVar(&o.to, "to", "reports", "`directory` for the pages")
	if name == "compare" {
		flags.BoolVar(&o.exitCode, "exit-code", false,
			"end with 1 if a later result has faults that the first one has not")
		flags.BoolVar(&o.json, "json", false,
			"print the verdicts and the faults that were added and that are gone as JSON")
	}
	return flags, o
}

// compare puts results side by side and shows where they differ.
func compare(_ context.Context, c *cli, args []string) error {
	return c.sideBySide("compare", args, render.Compare, render.CompareMarkdown)
}

// merge puts the results of several targets into one page.
func merge(_ context.Context, c *cli, args []string) error {
	return c.sideBySide("merge", args, render.Merge, render.MergeMarkdown)
}

func (c *cli) sideBySide(name string, args []string, html, markdown func(io.Writer, []*report.Result) error) error {
	flags, o := flagsOfCompare(name)
	flags.Usage = func() {
		fmt.Fprintf(c.stderr, "usage: conformance %s [flags] A/conformance.json B/conformance.json ...\n", name)
		flags.PrintDefaults()
	}
	paths, err := c.parseMixed(flags, args)
	if err != nil {
		return err
	}
	var results []*report.Result
	for _, path := range paths {
		result, err := report.Read(path)
		if err != nil {
			return err
		}
		results = append(results, withoutEvidence(result))
	}
	// Nothing is written, nor a directory made, for results that cannot be put together.
	var page, text bytes.Buffer
	if err := html(&page, results); err != nil {
		return err
	}
	if err := markdown(&text, results); err != nil {
		return err
	}
	if err := os.MkdirAll(o.to, 0o755); err != nil {
		return err
	}
	for _, one := range []struct {
		name    string
		content bytes.Buffer
	}{{name + ".html", page}, {name + ".md", text}} {
		path := filepath.Join(o.to, one.name)
		if err := report.WriteFile(path, one.content.Bytes()); err != nil {
			return err
		}
		if !o.json {
			fmt.Fprintln(c.stdout, path)
		}
	}
	if name == "merge" {
		fmt.Fprintln(c.stdout, mergedVerdict(results))
		return nil
	}
	m := moved(paths, results)
	if o.json {
		if err := writeJSON(c.stdout, m); err != nil {
			return err
		}
	} else {
		fmt.Fprintln(c.stdout, m)
	}
	if o.exitCode && len(m.Added) > 0 {
		return &exit{code: violates}
	}
	return nil
}

// withoutEvidence drops what takes the most memory of a result, and what no comparison shows.
func withoutEvidence(r *report.Result) *report.Result {
	r.World = nil
	for i := range r.Specs {
		r.Specs[i].Exchanges = nil
	}
	return r
}

// mergedVerdict is the worst verdict, and whose it is.
func mergedVerdict(results []*report.Result) string {
	worst := slices.MaxFunc(results, func(a, b *report.Result) int { return a.Verdict.Gravity() - b.Verdict.Gravity() })
	var all []string
	for _, r := range results {
		all = append(all, fmt.Sprintf("%s %s", r.Target.Name, r.Verdict))
	}
	return fmt.Sprintf("%s: %s", strings.ToUpper(string(worst.Verdict)), strings.Join(all, ", "))
}

// movement is what lies between the first result and the later ones, as compare -json prints it.
type movement struct {
	Version int            `json:"version"`
	Results []resultTitle  `json:"results"`
	Added   []faultSummary `json:"added"` // faults of a later result that the first one has not
	Gone    []faultSummary `json:"gone"`  // faults of the first result that no later one has
}

// resultTitle names a result.
type resultTitle struct {
	Path    string         `json:"path"`
	Run     string         `json:"run"`
	Target  string         `json:"target"`
	Verdict report.Verdict `json:"verdict"`
}

func moved(paths []string, results []*report.Result) movement {
	m := movement{Version: 1, Added: []faultSummary{}, Gone: []faultSummary{}}
	for i, r := range results {
		m.Results = append(m.Results, resultTitle{paths[i], r.Run.ID, r.Target.Name, r.Verdict})
	}
	var later []report.Fault
	for _, r := range results[1:] {
		later = append(later, r.FaultsOf(report.Violation)...)
	}
	before := results[0].FaultsOf(report.Violation)
	has := func(list []report.Fault, id string) bool {
		return slices.ContainsFunc(list, func(f report.Fault) bool { return f.ID == id })
	}
	for _, f := range later {
		if !has(before, f.ID) && !slices.ContainsFunc(m.Added, func(s faultSummary) bool { return s.ID == f.ID }) {
			m.Added = append(m.Added, summaryOf(f))
		}
	}
	for _, f := range before {
		if !has(later, f.ID) {
			m.Gone = append(m.Gone, summaryOf(f))
		}
	}
	return m
}

// String is the last line of compare.
func (m movement) String() string {
	var verdicts []string
	for _, r := range m.Results {
		verdicts = append(verdicts, fmt.Sprintf("%s %s", r.Target, strings.ToUpper(string(r.Verdict))))
	}
	text := strings.Join(verdicts, ", ") + ": "
	if len(m.Added)+len(m.Gone) == 0 {
		return text + "the same faults"
	}
	text += faultCount(len(m.Added)) + " added"
	if len(m.Added) > 0 {
		text += " (" + summaryIDs(m.Added) + ")"
	}
	text += fmt.Sprintf(", %d gone", len(m.Gone))
	if len(m.Gone) > 0 {
		text += " (" + summaryIDs(m.Gone) + ")"
	}
	return text
}

func summaryIDs(list []faultSummary) string {
	var ids []string
	for _, f := range list {
		ids = append(ids, f.ID)
	}
	return some(ids)
}

func faultCount(n int) string {
	if n == 1 {
		return "1 fault"
	}
	return fmt.Sprintf("%d faults", n)
}

// writeJSON prints what a program reads.
func writeJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}
