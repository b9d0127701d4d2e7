package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/contract"
	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/spec"
)

// unended begins the names of the directories in which runs record what they report; one that is there later belongs
// to a run that was killed.
const unended = ".run-"

// outcome reads the result that the suite has written, or makes one of what its processes have recorded: one that is
// killed ends the run without a report. failed is how the suite ended.
func (c *cli) outcome(o options, cfg *config.File, failed error) (*report.Result, error) {
	result, err := report.Read(filepath.Join(o.reports, "conformance.json"))
	if err == nil {
		header, _ := report.ReadHeader(o.records) // without it, that is what is wrong
		problem := shortcoming(result, header, cfg, failed)
		if problem == "" {
			return result, nil
		}
		result.Fail(problem)
		return result, writeResult(o.reports, result)
	}
	recorded, unrecorded := report.ReadRecords(o.records)
	if unrecorded != nil {
		return nil, fmt.Errorf("the run left no result: %w", errors.Join(failed, err))
	}
	loaded, err := spec.LoadInputs(cfg, contract.Specs())
	if err != nil {
		return nil, errors.Join(failed, err)
	}
	result = ofRecords(recorded, loaded.Contract, failed)
	return result, writeResult(o.reports, result)
}

// ofRecords makes a result of what the processes of a run have recorded, and says what the run left on the target.
// failed is how the suite ended; nil where that is not known.
func ofRecords(recorded *report.Records, promised *schemas.Contract, failed error) *report.Result {
	in, run, target := recorded.Input(promised), recorded.Header.Run, recorded.Header.Target
	detail, remedy := "run "+run.ID, ""
	if failed != nil {
		detail += ", " + strings.ReplaceAll(failed.Error(), "\n", "; ")
	}
	// What was made on the embedded mock, which has no floors, is gone with it.
	if recorded.Header.Floors != nil && slices.Contains(target.Allow, string(config.Write)) {
		sweep := fmt.Sprintf("make sweep TARGET=%s RUN=%s CONFIRM=yes", target.Name, run.ID)
		remedy = ": " + sweep + " removes what it has left"
		if !recorded.Ended(1) { // which removes the sandbox with everything in it
			in.Leftovers = append(in.Leftovers, report.Leftover{Kind: "sandbox", ID: run.ID,
				Reason: "process 1 ended before it had removed anything", Command: sweep})
		}
	}
	in.Problems[0] += fmt.Sprintf(" (%s)%s", detail, remedy)
	return report.Build(in)
}

// shortcoming says why a result that the suite has written without a problem is not a result of this run, or not of all
// of it.
func shortcoming(r *report.Result, header *report.Header, cfg *config.File, failed error) string {
	if len(r.Problems) > 0 {
		return ""
	}
	switch {
	case header == nil:
		return "the suite did not report which specs it was to run: build the program and the suite again with " +
			"make build"
	case header.Run.ID != r.Run.ID:
		return fmt.Sprintf("the result is that of run %s, and this was run %s: let no two runs write their "+
			"reports into one directory", r.Run.ID, header.Run.ID)
	case len(r.Specs) != len(header.Selected) || len(report.Missing(header.Selected, r.Specs)) > 0:
		return fmt.Sprintf("the result holds %d specs, and %d were to run: run again", len(r.Specs),
			len(header.Selected))
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
		if header, err := report.ReadHeader(dir); err == nil && header.Floors != nil {
			fmt.Fprintf(c.stderr,
				"conformance: run %s on %s was killed: make sweep TARGET=%s RUN=%s CONFIRM=yes removes what it has "+
					"left\n",
				header.Run.ID, header.Target.Name, header.Target.Name,
				header.Run.ID)
		}
		_ = os.RemoveAll(dir) // what stays is reported again
	}
}
