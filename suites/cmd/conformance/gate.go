package main

import (
	"context"
	"flag"
	"fmt"
	"strings"

	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/target"
)

// gate runs every spec and ends with one line: PASS or FAIL, and why.
func gate(ctx context.Context, c *cli, args []string) error {
	var s selection
	flags := flag.NewFlagSet("gate", flag.ContinueOnError)
	s.register(flags)
	if err := c.parse(flags, args); err != nil {
		return err
	}
	result, err := c.suite(ctx, s)
	if err != nil {
		return err
	}
	config, err := c.configure(s)
	if err != nil {
		return err
	}
	reasons := missed(result, config.Gate)
	if len(reasons) == 0 {
		fmt.Fprintln(c.stdout, "PASS: the target conforms, and every floor is reached")
		return nil
	}
	fmt.Fprintf(c.stdout, "FAIL: %s\n", strings.Join(reasons, "; "))
	if result.Verdict == report.Error {
		return &exit{code: unusable}
	}
	return &exit{code: violates}
}

// missed says why the result is no pass.
func missed(r *report.Result, floors target.Gate) []string {
	var reasons []string
	if r.Verdict != report.Pass {
		reasons = append(reasons, r.Reason)
	}
	if r.Run.Filtered {
		reasons = append(reasons, "only a part of the specs ran")
	}
	return reasons
}
