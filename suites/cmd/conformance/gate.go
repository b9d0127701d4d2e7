package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/target"
)

// decision is gate.json: what the gate decided, for a pipeline to read.
type decision struct {
	Version  int       `json:"version"`
	Run      string    `json:"run"`
	Target   string    `json:"target"`
	Pass     bool      `json:"pass"`
	ExitCode int       `json:"exit_code"`
	Reasons  []string  `json:"reasons"`
	Decided  time.Time `json:"decided"`
}

// gate runs every spec and decides whether a release may pass. It ends with one line: PASS or FAIL, and why.
func gate(ctx context.Context, c *cli, args []string) error {
	var s selection
	var baseline string
	flags := flag.NewFlagSet("gate", flag.ContinueOnError)
	s.register(flags)
	flags.StringVar(&baseline, "baseline", "", "`path` of an older conformance.json: what changed since is printed")
	if err := c.parse(flags, args); err != nil {
		return err
	}
	config, err := c.configure(s)
	if err != nil {
		return c.failed("", err)
	}
	var old *report.Result
	if baseline != "" {
		if old, err = report.Read(baseline); err != nil {
			return c.failed("", err)
		}
	}
	if s.reports == "" {
		s.reports = filepath.Join(filepath.Dir(config.Path), "reports")
	}
	result, err := c.suite(ctx, s)
	if err != nil {
		return c.failed(s.reports, err)
	}
	if old != nil {
		printChanges(c.stdout, old, result)
	}
	d := decide(result, config.Gate)
	if err := writeDecision(s.reports, d); err != nil {
		return c.failed("", err)
	}
	if d.Pass {
		fmt.Fprintf(c.stdout, "PASS: %s conforms, and every floor of the gate is reached\n", result.Target.Name)
		return nil
	}
	fmt.Fprintf(c.stdout, "FAIL: %s\n", strings.Join(d.Reasons, "; "))
	return &exit{code: d.ExitCode}
}

// failed is the gate's end where there is no result to decide on.
func (c *cli) failed(reports string, err error) error {
	if text := err.Error(); text != "" {
		fmt.Fprintf(c.stderr, "conformance: %s\n", text)
		if reports != "" {
			d := decision{Version: 1, ExitCode: unusable, Reasons: []string{text}, Decided: time.Now().UTC()}
			if err := writeDecision(reports, d); err != nil {
				fmt.Fprintf(c.stderr, "conformance: %s\n", err)
			}
		}
		fmt.Fprintln(c.stdout, "FAIL: target or configuration unusable")
	}
	return &exit{code: unusable}
}

// decide compares the result with the floors of the gate.
func decide(r *report.Result, floors target.Gate) decision {
	d := decision{Version: 1, Run: r.Run.ID, Target: r.Target.Name, Reasons: []string{}, Decided: time.Now().UTC()}
	miss := func(code int, format string, arguments ...any) {
		d.ExitCode = max(d.ExitCode, code)
		d.Reasons = append(d.Reasons, fmt.Sprintf(format, arguments...))
	}
	switch r.Verdict {
	case report.Pass, report.Waived:
	case report.Error:
		miss(unusable, "%s", r.Reason)
	default:
		miss(violates, "%s", r.Reason)
	}
	if r.Run.Filtered {
		miss(violates, "only a part of the specs ran, which is never a gate")
	}
	cells := barredAside(r)
	if share := float64(cells.Asserted) / float64(max(cells.Total, 1)); share < floors.Asserted {
		miss(violates, "%d of %d reference cells are asserted, %.0f %% are asked for", cells.Asserted, cells.Total, 100*floors.Asserted)
	}
	if cells.Unprovoked > floors.Unprovoked {
		miss(violates, "%d reference cells are unprovoked, %d are allowed", cells.Unprovoked, floors.Unprovoked)
	}
	if len(r.Transients) > floors.Transient {
		miss(violates, "%d failures went away after a repeat, %d are allowed", len(r.Transients), floors.Transient)
	}
	d.Pass = len(d.Reasons) == 0
	return d
}

// barredAside counts the reference cells without those whose role the target cannot give.
func barredAside(r *report.Result) report.CellCounts {
	counts := r.Totals.Reference
	for _, cell := range r.Cells {
		if cell.Source == "reference" && cell.Verdict == report.Unprovoked && strings.HasPrefix(cell.Reason, "role ") {
			counts.Total--
			counts.Unprovoked--
		}
	}
	return counts
}

func writeDecision(folder string, d decision) error {
	encoded, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	return report.WriteFile(filepath.Join(folder, "gate.json"), append(encoded, '\n'))
}
