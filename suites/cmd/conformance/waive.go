package main

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/spec"
	"acronis-conformance/suites/internal/waiver"
)

// waive appends waivers to the project's file: exact ones, of a fault of a run or of each. Faults that let in what
// must be rejected are only accepted where -served says so.
func waive(_ context.Context, c *cli, args []string) error {
	flags, o := flagsOfWaive()
	if err := c.parse(flags, args); err != nil {
		return err
	}
	for _, needed := range []struct{ flag, value string }{{"owner", o.Owner}, {"expires", o.Expires},
		{"reason", o.Reason}, {"link", o.Link}} {
		if strings.TrimSpace(needed.value) == "" {
			return fmt.Errorf("-%s is missing: a waiver names owner, expires, reason and link", needed.flag)
		}
	}
	if _, err := time.Parse(time.DateOnly, o.Expires); err != nil {
		return fmt.Errorf("-expires %s is not a date: write it such as %s", o.Expires,
			time.Now().AddDate(0, 3, 0).Format(time.DateOnly))
	}
	result, err := report.Read(o.from)
	if err != nil {
		return err
	}
	o.Target = result.Target.Name
	faults, err := c.waivable(result, o.id, o.Served)
	if err != nil {
		return err
	}
	path, err := config.Locate(o.config)
	if err != nil {
		return err
	}
	file := spec.WaiverFile(path)
	entries := waiver.Entries(faults, o.Grounds)
	if err := waiver.Append(file, entries, time.Now()); err != nil {
		return err
	}
	for _, f := range faults {
		fmt.Fprintf(c.stdout, "waived until %s on %s: %s %s: %s\n", o.Expires, o.Target, f.ID, f.Sentence, f.Where())
	}
	fmt.Fprintln(c.stdout, file)
	return nil
}

// waiveOptions are the flags of waive.
type waiveOptions struct {
	waiver.Grounds
	from, config, id string
}

func flagsOfWaive() (*flag.FlagSet, *waiveOptions) {
	o := &waiveOptions{}
	flags := flag.NewFlagSet("waive", flag.ContinueOnError)
	flags.StringVar(&o.from, "from", filepath.Join("reports", report.ResultFile), "`path` of the result")
	flags.StringVar(&o.config, "config", "",
		"`path` of ginkgo.yml, beside which the waivers stand (default: beside go.mod, found by walking up)")
	flags.StringVar(&o.id, "fault", "",
		"`id` of the fault, as the reports print it (default: every fault of the result)")
	flags.StringVar(&o.Owner, "owner", "", "`name` of the person or the team that answers for it")
	flags.StringVar(&o.Expires, "expires", "", "last `day` on which it holds, at most a year ahead")
	flags.StringVar(&o.Reason, "reason", "", "`sentence` that says what is wrong")
	flags.StringVar(&o.Link, "link", "", "`address` of the page where it is followed up")
	flags.BoolVar(&o.Served, "served", false, "accept requests that must be rejected and are served, too")
	return flags, o
}

// waivable are the faults of a result that can be waived: the one with the id, or all.
func (c *cli) waivable(r *report.Result, id string, served bool) ([]report.Fault, error) {
	all := slices.DeleteFunc(r.FaultsOf(report.Violation), func(f report.Fault) bool { return f.Nameless() })
	chosen := all
	if id != "" {
		chosen = slices.DeleteFunc(slices.Clone(all), func(f report.Fault) bool { return f.ID != id })
		if len(chosen) == 0 {
			return nil, fmt.Errorf("the run %s on %s has no fault %s that makes it fail: choose from %s", r.Run.ID,
				r.Target.Name, id, idsOf(all))
		}
	}
	var faults, left []report.Fault
	for _, f := range chosen {
		if f.Serves() && !served {
			left = append(left, f)
		} else {
			faults = append(faults, f)
		}
	}
	for _, f := range left {
		fmt.Fprintf(c.stderr, "not waived: %s %s: %s: add -served if that is to be accepted\n", f.ID, f.Sentence,
			f.Where())
	}
	if len(faults) == 0 {
		return nil, fmt.Errorf("the run %s on %s has nothing to waive: nothing was written", r.Run.ID, r.Target.Name)
	}
	return faults, nil
}

func idsOf(faults []report.Fault) string {
	if len(faults) == 0 {
		return "none"
	}
	ids := make([]string, len(faults))
	for i, f := range faults {
		ids[i] = f.ID
	}
	return strings.Join(ids, ", ")
}
