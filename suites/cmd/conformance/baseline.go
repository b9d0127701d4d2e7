package main

import (
	"fmt"
	"slices"
	"strings"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/contract"
	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/render"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/spec"
)

// usable returns an error where a result cannot be a baseline of anything: what it did not test or did not pass, no
// later run can lose. Only whether faults are new is asked of a baseline with newOnly, which may have failed.
func usable(old *report.Result, path string, newOnly bool) error {
	fault := ""
	switch {
	case old.Run.Filtered:
		fault = "is the result of a part of the specs"
	case newOnly && old.Verdict == report.Violation:
		return nil
	case old.Verdict != report.Pass:
		fault = "ended with " + strings.ToUpper(string(old.Verdict))
	default:
		return nil
	}
	return fmt.Errorf("the baseline %s %s: name the conformance.json of a full run that passed", path, fault)
}

// sameSubject returns an error where the baseline is of another target or contract than the run that is to come.
func sameSubject(old *report.Result, cfg *config.File) error {
	loaded, err := spec.LoadInputs(cfg, contract.Specs())
	if err != nil {
		return err
	}
	of := fmt.Sprintf("the baseline, run %s,", old.Run.ID)
	switch {
	case old.Target.Name != cfg.Name:
		return fmt.Errorf("%s is of the target %s, and this gate is for %s: name a result of %s", of, old.Target.Name,
			cfg.Name, cfg.Name)
	case !cfg.Target.Embedded && old.Target.URL != cfg.Target.URL:
		return fmt.Errorf("%s is of %s, and the target %s is at %s: name a result of that host", of, old.Target.URL,
			cfg.Name, cfg.Target.URL)
	case old.Run.Contract != loaded.Contract.Version() || !slices.Equal(cellsOf(old), loaded.Contract.Cells()):
		return fmt.Errorf("%s is of another contract: leave -baseline out once, and take the result of that gate for "+
			"the next one", of)
	}
	return nil
}

// cellsOf lists the reference cells of a result, in the order of the contract.
func cellsOf(r *report.Result) []schemas.Cell {
	var cells []schemas.Cell
	for _, c := range r.Cells {
		if c.Source == schemas.FromReference {
			cells = append(cells, schemas.Cell{Operation: c.Operation, Code: c.Code, Source: c.Source})
		}
	}
	return cells
}

func lostCells(old, now *report.Result) []string {
	var names []string
	for _, lost := range render.Diff(old, now).Lost {
		names = append(names, fmt.Sprintf("%s %d", lost.Cell.Subject, lost.Cell.Code))
	}
	return names
}

func newlyAccepted(old, now *report.Result) []string {
	return slices.DeleteFunc(slices.Clone(now.Accepted), func(id string) bool {
		return slices.Contains(old.Accepted,
			id)
	})
}

// some joins the first few names.
func some(names []string) string {
	const shown = 3
	text := strings.Join(names[:min(len(names), shown)], ", ")
	if n := len(names) - shown; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text
}
