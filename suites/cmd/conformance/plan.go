package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"regexp"
	"time"

	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/target"
)

// plan rehearses the run on the embedded mock, with the target's permissions, and prints what was sent there: the very requests that
// a run would send to the target.
func plan(ctx context.Context, c *cli, args []string) error {
	var s selection
	flags := flag.NewFlagSet("plan", flag.ContinueOnError)
	s.register(flags)
	s.registerFilter(flags)
	if err := c.parse(flags, args); err != nil {
		return err
	}
	config, err := c.lookAt(s)
	if err != nil {
		return err
	}
	quiet := &cli{stdout: io.Discard, stderr: c.stderr, env: c.env}
	result, err := quiet.rehearse(ctx, s, config)
	if err != nil {
		return err
	}
	printPlan(c.stdout, result)
	printDuration(c.stdout, result, config.Target)
	return nil
}

// rehearse runs the selection on the embedded mock, with the target's permissions.
func (c *cli) rehearse(ctx context.Context, s selection, config *target.Config) (*report.Result, error) {
	folder, err := os.MkdirTemp("", "conformance-plan-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }() // a rehearsal's reports are of no use to anybody
	s.rehearse, s.reports = true, folder
	return c.suite(ctx, s, config)
}

func printPlan(w io.Writer, r *report.Result) {
	for _, step := range r.World {
		for _, e := range step.Exchanges {
			printRequest(w, e, string(step.Phase), writes(e))
		}
	}
	for _, s := range r.Specs {
		if s.Verdict == report.Unprovoked {
			fmt.Fprintf(w, "none   %s: %s\n", s.ID, s.Reason)
		}
		for _, e := range s.Own() {
			printRequest(w, e, s.ID, s.Write && writes(e))
		}
	}
}

func writes(e exchange.Evidence) bool { return e.Method != "GET" }

var id = regexp.MustCompile(`[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}`)

func printRequest(w io.Writer, e exchange.Evidence, purpose string, write bool) {
	mode := "read "
	if write {
		mode = "write"
	}
	path := e.URL
	if parsed, err := url.Parse(e.URL); err == nil {
		path = parsed.EscapedPath()
	}
	for range e.Attempts {
		fmt.Fprintf(w, "%s  %-6s %s  %s\n", mode, e.Method, id.ReplaceAllString(path, "{id}"), purpose)
	}
}

// printDuration estimates from the target's rate; without one it is up to the target.
func printDuration(w io.Writer, r *report.Result, t target.Target) {
	total := r.Run.Requests.Total()
	fmt.Fprintf(w, "%d requests on %s: set-up %d, controls %d, specs %d, clean-up %d", total, t.Name, r.Run.Requests.World,
		r.Run.Requests.Controls, r.Run.Requests.Specs, r.Run.Requests.Cleanup)
	if t.Rate.Limited() {
		seconds := float64(total) / t.Rate.PerSecond()
		fmt.Fprintf(w, "; about %v at %s", time.Duration(seconds*float64(time.Second)).Round(time.Second), t.Rate)
	}
	if t.Budget > 0 && total > t.Budget {
		fmt.Fprintf(w, "; that is more than the budget of %d", t.Budget)
	}
	fmt.Fprintln(w)
}
