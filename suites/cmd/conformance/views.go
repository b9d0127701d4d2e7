package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"acronis-conformance/suites/contract"
	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/render"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/spec"
)

// reports makes every view of a result again, from conformance.json alone, or from what the processes of a run have
// recorded that was killed.
func reports(_ context.Context, c *cli, args []string) error {
	flags, from, baseline, to := flagsOfReport()
	if err := c.parse(flags, args); err != nil {
		return err
	}
	result, made, err := c.resultOf(*from)
	if err != nil {
		return err
	}
	var old *report.Result
	if *baseline != "" {
		if old, err = report.Read(*baseline); err != nil {
			return err
		}
	}
	dir := *to
	if dir == "" {
		dir = filepath.Dir(*from)
	}
	if err := report.Replaceable(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if made {
		path := filepath.Join(dir, report.ResultFile)
		if err := report.Write(path, result); err != nil {
			return err
		}
		fmt.Fprintln(c.stdout, path)
	}
	paths, err := render.WriteAll(dir, result, old)
	if err == nil {
		junit := filepath.Join(dir, "junit.xml")
		if err = report.WriteJUnit(junit, result); err == nil {
			paths = append(paths, junit)
		}
	}
	for _, path := range paths {
		fmt.Fprintln(c.stdout, path)
	}
	return err
}

// resultOf reads a result, or makes one of the records that are in the directory.
func (c *cli) resultOf(path string) (result *report.Result, made bool, err error) {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		result, err = report.Read(path)
		return result, false, err
	}
	recorded, err := report.ReadRecords(path)
	if err != nil {
		return nil, false, fmt.Errorf("%s: %w: name a conformance.json, or the directory .run-... of a run that was "+
			"killed", path, err)
	}
	cfg, err := config.Look(recorded.Header.Run.Config, recorded.Header.Target.Name, c.env)
	if err != nil {
		return nil, false, err
	}
	loaded, err := spec.LoadInputs(cfg, contract.Specs())
	if err != nil {
		return nil, false, err
	}
	return ofRecords(recorded, loaded.Contract, nil), true, nil
}

func flagsOfReport() (flags *flag.FlagSet, from, baseline, to *string) {
	flags = flag.NewFlagSet("report", flag.ContinueOnError)
	from = flags.String("from", filepath.Join("reports", report.ResultFile), "`path` of the result, or of the "+
		"directory .run-... that a killed run has left")
	baseline = flags.String("baseline", "", "`path` of an older result: the summary says what changed since")
	to = flags.String("to", "", "`directory` for the views (default: that of the result)")
	return flags, from, baseline, to
}
