package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/contract"
	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/spec"
)

// plan rehearses the run on the embedded mock, with the target's permissions, and prints what was sent there: the very
// requests that a run would send to the target.
func plan(ctx context.Context, c *cli, args []string) error {
	var o options
	flags, asJSON := o.flagsOfPlan()
	if err := c.parse(flags, args); err != nil {
		return err
	}
	cfg, err := c.configureReadOnly(o)
	if err != nil {
		return err
	}
	result, err := c.rehearse(ctx, o, cfg)
	if err != nil {
		return err
	}
	loaded, err := spec.LoadInputs(cfg, contract.Specs())
	if err != nil {
		return err
	}
	if *asJSON {
		return writeJSON(c.stdout, newPlan(loaded.Contract, result, cfg.Target))
	}
	planner{c.stdout, loaded.Contract}.print(result)
	printDuration(c.stdout, result, cfg.Target)
	return nil
}

func (o *options) flagsOfPlan() (flags *flag.FlagSet, asJSON *bool) {
	flags = flag.NewFlagSet("plan", flag.ContinueOnError)
	o.register(flags)
	o.registerFilter(flags)
	return flags, flags.Bool("json", false, "print the plan as JSON")
}

// planned is what plan -json prints.
type planned struct {
	Version  int              `json:"version"`
	Target   string           `json:"target"`
	Requests report.Requests  `json:"requests"`
	Total    int              `json:"total"`
	Seconds  float64          `json:"seconds,omitempty"` // at the target's rate; absent without one
	Sends    []plannedRequest `json:"sends"`             // in the order of sending
	Skips    []plannedSkip    `json:"skips"`             // specs that cannot be tested on the target
}

// plannedRequest is a request that a run would send.
type plannedRequest struct {
	Write  bool   `json:"write"`
	Method string `json:"method"`
	Path   string `json:"path"` // with {id} for ids of objects
	For    string `json:"for"`  // phase, or id of the spec
}

// plannedSkip is a spec that would send nothing.
type plannedSkip struct {
	Spec   string `json:"spec"`
	Reason string `json:"reason"`
}

func newPlan(contract *schemas.Contract, r *report.Result, t config.Target) planned {
	p := planned{Version: 1, Target: t.Name, Requests: r.Run.Requests, Total: r.Run.Requests.Total(),
		Sends: []plannedRequest{}, Skips: []plannedSkip{}}
	if t.Rate.Limited() {
		p.Seconds = (time.Duration(p.Total) * t.Rate.Interval()).Seconds()
	}
	planner{contract: contract}.each(r, func(sent plannedRequest) { p.Sends = append(p.Sends, sent) },
		func(skipped plannedSkip) { p.Skips = append(p.Skips, skipped) })
	return p
}

// rehearse runs the selection on the embedded mock, with the target's permissions, without a limit of the rate and
// without waiting for anything. A signal ends it at once: there is nothing to clean up.
func (c *cli) rehearse(ctx context.Context, o options, cfg *config.File) (*report.Result, error) {
	if !o.quiet {
		fmt.Fprintln(c.stderr, "planning ...")
	}
	dir, err := os.MkdirTemp("", "conformance-plan-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // its reports are of no use
	// One process takes half of the CPU time of two: what takes long is handing on the evidence.
	o.rehearse, o.keep, o.reports, o.procs = true, false, dir, 1
	silent := &cli{stdout: io.Discard, stderr: io.Discard, env: c.env}
	return silent.suite(ctx, o, cfg)
}

// planner prints what a rehearsal sent. Whether a call writes is what its operation says; of one that is not an
// operation, its method and the spec tell.
type planner struct {
	w        io.Writer
	contract *schemas.Contract
}

func (p planner) print(r *report.Result) {
	p.each(r, func(sent plannedRequest) {
		mode := "read "
		if sent.Write {
			mode = "write"
		}
		fmt.Fprintf(p.w, "%s  %-6s %s  %s\n", mode, sent.Method, sent.Path, sent.For)
	}, func(skipped plannedSkip) { fmt.Fprintf(p.w, "none   %s: %s\n", skipped.Spec, skipped.Reason) })
}

// each calls sent for each request, and skipped for each spec that sends none, in the order of the plan.
func (p planner) each(r *report.Result, sent func(plannedRequest), skipped func(plannedSkip)) {
	for _, step := range r.World {
		for _, e := range step.Exchanges {
			p.request(e, string(step.Phase), true, sent)
		}
	}
	for _, s := range r.Specs {
		if s.Verdict == report.Inconclusive {
			skipped(plannedSkip{s.ID, s.Reason})
		}
		for _, e := range s.Own() {
			p.request(e, s.ID, s.Write, sent)
		}
	}
}

var id = regexp.MustCompile(`[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}`)

func (p planner) request(e exchange.Evidence, purpose string, may bool, sent func(plannedRequest)) {
	path, asked := "", e.URL
	if parsed, err := url.Parse(e.URL); err == nil {
		path, asked = parsed.EscapedPath(), parsed.RequestURI()
	}
	for range e.Attempts {
		sent(plannedRequest{may && p.writes(e.Method, path), e.Method, id.ReplaceAllString(asked, "{id}"), purpose})
	}
}

func (p planner) writes(method, path string) bool {
	for _, op := range p.contract.Match(strings.TrimPrefix(path, "/api/2")) {
		if op.Method == method {
			// a token leaves nothing on the target, which one that may only be read gives too
			return op.Writes() && op.ID != "RequestTokens"
		}
	}
	return method != http.MethodGet
}

// tokensLast is how long a data center's tokens are good, as far as is known.
const tokensLast = 2 * time.Hour

// printDuration estimates from the target's rate; without one it is up to the target.
func printDuration(w io.Writer, r *report.Result, t config.Target) {
	total := r.Run.Requests.Total()
	fmt.Fprintf(w, "%d requests on %s: set-up %d, controls %d, specs %d, clean-up %d", total, t.Name,
		r.Run.Requests.World,
		r.Run.Requests.Controls, r.Run.Requests.Specs, r.Run.Requests.Cleanup)
	if t.Rate.Limited() {
		takes := time.Duration(total) * t.Rate.Interval()
		fmt.Fprintf(w, "; about %v at %s", takes.Round(time.Second), t.Rate)
		if takes > tokensLast {
			fmt.Fprint(w,
				", and its tokens expire after some two hours: raise rate in ginkgo.yml, or select fewer specs")
		}
	}
	if t.Budget > 0 && total > t.Budget {
		fmt.Fprintf(w, "; that is more than the budget of %d", t.Budget)
	}
	fmt.Fprintln(w)
}
