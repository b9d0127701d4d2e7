package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/contract"
	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/report"
)

// unended begins the names of the directories in which runs record what they report; one that is there later belongs
// to a run that was killed.
const unended = ".run-"

// outcome reads the result that the suite has written, or makes one of what its processes have recorded: one that is
// killed ends the run without a report. failed is how the suite ended.
func (c *cli) outcome(o options, cfg *config.File, promised *schemas.Contract, failed error) (*report.Result, error) {
	recorded, unrecorded := report.ReadRecords(o.records)
	result, err := report.Read(filepath.Join(o.reports, "conformance.json"))
	if err == nil {
		problem := shortcoming(result, recorded, cfg, failed)
		if problem == "" {
			return result, nil
		}
		result.Fail(problem)
		return result, writeResult(o.reports, result)
	}
	if unrecorded != nil {
		return nil, fmt.Errorf("the run left no result: %w", errors.Join(failed, err))
	}
	in := recorded.Input(promised)
	detail, remedy := "run "+recorded.Header.Run.ID, ""
	if failed != nil {
		detail += ", " + strings.ReplaceAll(failed.Error(), "\n", "; ")
	}
	if !cfg.Target.Embedded && cfg.Target.MayWrite() && !o.rehearse {
		sweep := fmt.Sprintf("make sweep TARGET=%s RUN=%s CONFIRM=yes", cfg.Name, recorded.Header.Run.ID)
		remedy = ": " + sweep + " removes what it has left"
		if !recorded.Ended(1) { // which removes the sandbox with everything in it
			in.Leftovers = append(in.Leftovers, report.Leftover{Kind: "sandbox", ID: recorded.Header.Run.ID,
				Reason: "process 1 ended before it had removed anything", Command: sweep})
		}
	}
	in.Problems[0] += fmt.Sprintf(" (%s)%s", detail, remedy)
	result = report.Build(in)
	return result, writeResult(o.reports, result)
}

// shortcoming says why a result that the suite has written without a problem is not a result of this run, or not of all
// of it.
func shortcoming(r *report.Result, recorded *report.Records, cfg *config.File, failed error) string {
	if len(r.Problems) > 0 {
		return ""
	}
	switch {
	case recorded == nil:
		return "the suite did not report which specs it was to run: build the program and the suite again with " +
			"make build"
	case recorded.Header.Run.ID != r.Run.ID:
		return fmt.Sprintf("the result is that of run %s, and this was run %s: let no two runs write their "+
			"reports into one directory", r.Run.ID, recorded.Header.Run.ID)
	case len(r.Specs) != len(recorded.Header.Selected) || len(report.Missing(recorded.Header.Selected, r.Specs)) > 0:
		return fmt.Sprintf("the result holds %d specs, and %d were to run: run again", len(r.Specs),
			len(recorded.Header.Selected))
	}
	if cfg.Contract == "" && !r.Run.Filtered {
		if missing := report.Missing(contract.Specs(), r.Specs); len(missing) > 0 {
			return fmt.Sprintf("the suite lacks %d specs of its list, such as %s: build it again with make build; "+
				"if they were dropped on purpose, with make specs", len(missing), missing[0])
		}
	}
	if failed != nil && r.Verdict == report.Pass {
		return fmt.Sprintf("the run failed though no spec did: %v", failed)
	}
	return ""
}

// tellUnended reports runs that were killed, and whose records still lie among the reports, before these make room for
// the next one's.
func (c *cli) tellUnended(dir string) {
	left, _ := filepath.Glob(filepath.Join(dir, unended+"*")) // the pattern is a good one
	for _, dir := range left {
		// the mock is gone, with all that was on it
		if recorded, err := report.ReadRecords(dir); err == nil && recorded.Header.Floors != nil {
			fmt.Fprintf(c.stderr,
				"conformance: run %s on %s was killed: make sweep TARGET=%s RUN=%s CONFIRM=yes removes what it has "+
					"left\n",
				recorded.Header.Run.ID, recorded.Header.Target.Name, recorded.Header.Target.Name,
				recorded.Header.Run.ID)
		}
		_ = os.RemoveAll(dir) // what stays is reported again
	}
}
