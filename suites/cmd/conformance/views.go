package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"acronis-conformance/suites/internal/render"
	"acronis-conformance/suites/internal/report"
)

// reports makes every view of a result again, from conformance.json alone.
func reports(_ context.Context, c *cli, args []string) error {
	flags, from, baseline, to := flagsOfReport()
	if err := c.parse(flags, args); err != nil {
		return err
	}
	result, err := report.Read(*from)
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

func flagsOfReport() (flags *flag.FlagSet, from, baseline, to *string) {
	flags = flag.NewFlagSet("report", flag.ContinueOnError)
	from = flags.String("from", filepath.Join("reports", report.ResultFile), "`path` of the result")
	baseline = flags.String("baseline", "", "`path` of an older result: the summary says what changed since")
	to = flags.String("to", "", "`directory` for the views (default: that of the result)")
	return flags, from, baseline, to
}
