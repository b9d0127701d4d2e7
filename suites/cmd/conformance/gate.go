package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/report"
)

// decision is gate.json: what the gate decided, for a pipeline to read.
type decision struct {
	Version  int            `json:"version"`
	Run      string         `json:"run"`
	Target   string         `json:"target"`
	Pass     bool           `json:"pass"`
	ExitCode int            `json:"exit_code"`
	Reasons  []string       `json:"reasons"`
	Faults   []faultSummary `json:"faults"` // of the run, the gravest first
	// reference cells that no floor counts, since the token names no role that is enough
	SetAside int `json:"set_aside"`
	// What passes without being what the documentation promises, or stays on the target.
	Accepted  int       `json:"accepted"`  // requests that were served though nothing documents a refusal
	Waived    int       `json:"waived"`    // specs
	Known     int       `json:"known"`     // specs that show a known deviation
	Leftovers int       `json:"leftovers"` // objects left behind
	Decided   time.Time `json:"decided"`
	// NewOnly says that only faults fail the gate which the baseline has not; Debts are those that it has.
	NewOnly bool           `json:"new_only,omitempty"`
	Debts   []faultSummary `json:"debts,omitempty"`
}

// faultSummary is a fault in short; conformance.json has the whole of it under the same id.
type faultSummary struct {
	ID       string         `json:"id"`
	Sentence string         `json:"sentence"`
	Gravity  report.Gravity `json:"gravity"`
	// violation, waived or known; inconclusive where only leniency lets it pass
	Verdict report.Verdict `json:"verdict"`
	Specs   int            `json:"specs"`
	Example string         `json:"example"` // id of a spec that shows it
}

// gate runs every spec and decides whether a release may pass. It ends with one line: PASS or FAIL, and why; gate.json
// says the same, whatever happens, and never what an earlier gate said.
func gate(ctx context.Context, c *cli, args []string) error {
	var o options
	flags, g := o.flagsOfGate()
	wrong := c.parse(flags, args)
	var old *report.Result
	var unread error
	switch {
	case wrong == nil && g.baseline != "": // it may be what the last run has left among its reports
		if old, unread = report.Read(g.baseline); unread == nil {
			unread = usable(old, g.baseline, g.newOnly)
		}
	case wrong == nil && g.newOnly:
		unread = errors.New("-new-only needs the result to compare with: name it with -baseline")
	}
	err := o.clear(args, wrong)
	if help := new(exit); errors.As(err, &help) && help.code == conforms {
		return err
	}
	file, unknown := o.readable(args, wrong).decisionFile()
	var d decision
	if err = cmp.Or(err, unknown, unread); err != nil {
		d = undecided(err)
	} else {
		d = c.gate(ctx, o, g, old)
	}
	if file != "" {
		if err := d.write(file); err != nil && d.ExitCode != unusable { // the reason of an unusable run comes first
			d = undecided(err)
		}
	}
	if g.json {
		err = writeJSON(c.stdout, d)
	} else {
		_, err = fmt.Fprintln(c.stdout, d)
	}
	if err != nil {
		return err
	}
	if d.Pass {
		return nil
	}
	return &exit{code: d.ExitCode}
}

// gateOptions are the flags that gate has besides those of a run.
type gateOptions struct {
	baseline      string
	newOnly, json bool
}

func (o *options) flagsOfGate() (*flag.FlagSet, *gateOptions) {
	g := &gateOptions{}
	flags := flag.NewFlagSet("gate", flag.ContinueOnError)
	o.register(flags)
	o.registerHistory(flags)
	flags.StringVar(&g.baseline, "baseline", "", "`path` of the conformance.json of an earlier full run on the target "+
		"that passed: what changed since is printed, and nothing that it asserted or refused may be lost")
	flags.BoolVar(&g.newOnly, "new-only", false, "let only faults fail the gate that the baseline has not, which may "+
		"be the result of a red run; the others are listed as debts")
	flags.BoolVar(&g.json, "json", false, "print the decision as JSON, as in gate.json, and all else to stderr")
	return flags, g
}

// gate runs the suite and decides.
func (c *cli) gate(ctx context.Context, o options, g *gateOptions, old *report.Result) decision {
	if g.json {
		toStderr := *c
		toStderr.stdout, c = c.stderr, &toStderr
	}
	cfg, err := c.configure(o)
	if err != nil {
		return undecided(err)
	}
	if cfg.Target.Embedded && !c.named(o) {
		return undecided(fmt.Errorf(
			"the target %s is served by this program, so that a gate on it says nothing about any data center: "+
				"name a target with -target or %s, this one too if it is meant", cfg.Name, config.EnvTarget))
	}
	if old != nil {
		if err := sameSubject(old, cfg); err != nil {
			return undecided(err)
		}
	}
	o.replayCommand = c.replayCommand(o)
	result, err := c.suite(ctx, o, cfg)
	if err != nil {
		return undecided(err)
	}
	if old != nil {
		printChanges(c.stdout, old, result)
	}
	if g.newOnly {
		return decideNewOnly(result, cfg.Gate, old)
	}
	return decide(result, cfg.Gate, old)
}

// named reports whether the caller selected the target, and not only the default of ginkgo.yml.
func (c *cli) named(o options) bool {
	selected, _ := c.env(config.EnvTarget)
	return o.target != "" || selected != ""
}

// undecided is the decision where there is no result to decide on.
func undecided(err error) decision {
	d := newDecision()
	// Of a wrong command line the flags have said already what is wrong.
	d.miss(unusable, "%s", cmp.Or(strings.ReplaceAll(err.Error(), "\n", "; "), "the command line is wrong"))
	return d
}

// decide compares the result with the floors of the gate and, where there is one, with the baseline. A run that broke
// off has missed them for that reason alone, which is said.
func decide(r *report.Result, floors config.Gate, old *report.Result) decision {
	d := newDecision()
	d.Run, d.Target = r.Run.ID, r.Target.Name
	d.SetAside, d.Accepted, d.Leftovers = r.SetAside()[report.LimitRole], len(r.Accepted), len(r.Leftovers)
	d.Waived, d.Known = r.Totals.Specs.Waived, r.Totals.Specs.Known
	for _, f := range r.Faults {
		if f.Gravity != report.AdviceOnly {
			d.Faults = append(d.Faults, summaryOf(f))
		}
	}
	code := exitCode(r.Verdict)
	if code != conforms {
		d.miss(code, "%s", r.Reason)
	}
	if code == unusable {
		return d
	}
	if r.Run.Filtered {
		d.miss(violates, "only a part of the specs ran, which is never a gate")
	}
	cells := r.Totals.Reference
	aside := min(d.SetAside, floors.SetAside)
	cells.Total -= aside
	cells.Inconclusive -= aside
	if d.SetAside > floors.SetAside {
		d.miss(violates, "%d reference cells are set aside for want of a role, %d may be: give the client a role such "+
			"as partner_admin", d.SetAside, floors.SetAside)
	}
	if share := float64(cells.Asserted) / float64(max(cells.Total, 1)); share < floors.Asserted {
		d.miss(violates, "%d of %d reference cells are asserted, %.0f %% are asked for", cells.Asserted, cells.Total,
			100*floors.Asserted)
	}
	if cells.Inconclusive > floors.Inconclusive {
		d.miss(violates, "%d reference cells are inconclusive, %d are allowed", cells.Inconclusive, floors.Inconclusive)
	}
	if len(r.Transients) > floors.Transient {
		d.miss(violates, "%d failures went away after a repeat, %d are allowed", len(r.Transients), floors.Transient)
	}
	if d.Accepted > floors.Accepted {
		d.miss(violates, "%d requests were served though nothing documents a refusal, %d may be", d.Accepted,
			floors.Accepted)
	}
	if d.Leftovers > floors.Leftovers {
		code := unusable
		if r.Verdict == report.Violation { // which is a fact about the target all the same
			code = violates
		}
		d.miss(code, "%d objects were left behind, %d may be: %s", d.Leftovers, floors.Leftovers,
			r.Leftovers[0].Command)
	}
	if old != nil {
		if lost := lostCells(old, r); len(lost) > 0 {
			d.miss(violates, "%d reference cells that the baseline asserted are not asserted now: %s", len(lost),
				some(lost))
		}
		if accepted := newlyAccepted(old, r); len(accepted) > 0 {
			d.miss(violates, "%d requests are served now, and were not in the baseline, though nothing documents a "+
				"refusal: %s", len(accepted), some(accepted))
		}
	}
	d.Pass = len(d.Reasons) == 0
	return d
}

// decideNewOnly compares the result with the baseline's faults alone, and with the floors: a run that tests too little
// shows nothing about new faults.
func decideNewOnly(r *report.Result, floors config.Gate, old *report.Result) decision {
	had := map[string]bool{}
	for _, f := range old.Faults {
		had[f.ID] = had[f.ID] || f.Verdict == report.Violation || f.Verdict == report.Waived ||
			f.Verdict == report.Known
	}
	var debts, added []faultSummary
	for _, f := range r.FaultsOf(report.Violation) {
		if had[f.ID] {
			debts = append(debts, summaryOf(f))
		} else {
			added = append(added, summaryOf(f))
		}
	}
	judged := *r
	if r.Verdict == report.Violation { // the floors of a live target are looked at below, with the gate's own
		judged.Verdict = report.Pass
	}
	d := decide(&judged, floors, old)
	d.NewOnly, d.Debts = true, debts
	if len(added) > 0 {
		d.ExitCode = max(d.ExitCode, violates)
		d.Reasons = append([]string{fmt.Sprintf("%s not in the baseline: %s", faultCount(len(added)),
			summaryIDs(added))},
			d.Reasons...)
	}
	d.Pass = len(d.Reasons) == 0
	return d
}

func summaryOf(f report.Fault) faultSummary {
	return faultSummary{f.ID, f.Sentence, f.Gravity, f.Verdict, len(f.Specs), f.Example}
}

func newDecision() decision {
	return decision{Version: 1, Reasons: []string{}, Faults: []faultSummary{}, Decided: time.Now().UTC()}
}

func (d *decision) miss(code int, format string, arguments ...any) {
	d.ExitCode = max(d.ExitCode, code)
	d.Reasons = append(d.Reasons, fmt.Sprintf(format, arguments...))
}

// String is the last line of the gate.
func (d decision) String() string {
	text := "FAIL: " + strings.Join(d.Reasons, "; ")
	if d.Pass {
		text = fmt.Sprintf("PASS: %s conforms, and every floor of the gate is reached", d.Target)
	}
	if d.Pass && d.NewOnly {
		text = fmt.Sprintf("PASS: %s has no fault that the baseline has not, and every floor of the gate is reached",
			d.Target)
	}
	var notes []string
	debts := "debts"
	if len(d.Debts) == 1 {
		debts = "debt"
	}
	for _, note := range []struct {
		n    int
		text string
	}{
		{d.SetAside, "reference cells set aside for want of a role"}, {d.Accepted, "accepted"}, {d.Waived, "waived"},
		{d.Known, "known"}, {len(d.Debts), debts}, {d.Leftovers, "left behind"},
	} {
		if note.n > 0 {
			notes = append(notes, fmt.Sprintf("%d %s", note.n, note.text))
		}
	}
	if len(notes) > 0 {
		text += " (" + strings.Join(notes, ", ") + ")"
	}
	return text
}

func (o options) decisionFile() (string, error) {
	dir, err := o.reportsDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "gate.json"), nil
}

// write keeps the decision for a pipeline. What an earlier gate decided is gone by now: a file that is still there is
// someone else's.
func (d decision) write(file string) error {
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	encoded, err := json.MarshalIndent(d, "", "  ")
	if err == nil {
		err = report.Writable(filepath.Dir(file))
	}
	if err != nil {
		return err
	}
	return report.WriteFile(file, append(encoded, '\n'))
}
