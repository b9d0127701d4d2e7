package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2/types"

	"acronis-conformance/suites/contract"
	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/ratelimit"
	"acronis-conformance/suites/internal/render"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/spec"
)

// run runs the selected specs.
func run(ctx context.Context, c *cli, args []string) error {
	var o options
	flags := o.flagsOfRun()
	ids, wrong := c.parseMixed(flags, args)
	o.ids = ids
	if wrong == nil && o.defect == "list" {
		return c.listDefects()
	}
	if wrong == nil && o.dry {
		return c.dryRun(ctx, o)
	}
	if err := o.clear(args, wrong); err != nil {
		return err
	}
	cfg, err := c.configure(o)
	if err != nil {
		return err
	}
	o.replayCommand = c.replayCommand(o)
	result, err := c.suite(ctx, o, cfg)
	if err != nil {
		return err
	}
	return c.conclude(o, result)
}

// flagsOfRun are the flags of run.
func (o *options) flagsOfRun() *flag.FlagSet {
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	o.register(flags)
	o.registerFilter(flags)
	o.registerHistory(flags)
	flags.StringVar(&o.defect, "defect", "",
		"`names` of defects to serve the embedded mock with, as a,b, or list: see how a failure looks")
	flags.Int64Var(&o.seed, "seed", 0,
		"`number` that the order of the specs comes from (default: another one in each run)")
	flags.BoolVar(&o.dry, "dry-run", false, "list the selected specs, and run none")
	flags.BoolVar(&o.keep, "keep", false,
		"leave the objects of the selected specs, and their tokens in "+keptFile+" beside ginkgo.yml")
	return flags
}

// conclude turns the verdict of a run into the exit code.
func (c *cli) conclude(o options, result *report.Result) error {
	if o.quiet {
		fmt.Fprintln(c.stdout, verdictLine(result))
	}
	if code := exitCode(result.Verdict); code != conforms {
		return &exit{code: code}
	}
	return nil
}

// showResult prints what a person must see at the end of a run: the faults and, last, the verdict.
func (c *cli) showResult(o options, result *report.Result) error {
	if o.quiet {
		return nil
	}
	fmt.Fprintln(c.stdout)
	return report.Table(c.stdout, result, report.Width(c.env), report.UseColor(c.env, terminal(os.Stdout)),
		filepath.Join(o.reports, "index.html"))
}

// verdictLine is the verdict of a run in one line.
func verdictLine(r *report.Result) string {
	return fmt.Sprintf("%s on %s: %s", strings.ToUpper(string(r.Verdict)), r.Target.Name, exchange.Printable(r.Reason))
}

// dryRun lists the selected specs.
func (c *cli) dryRun(ctx context.Context, o options) error {
	cfg, err := c.configureReadOnly(o)
	if err != nil {
		return err
	}
	selected, err := c.listSpecs(ctx, o, cfg)
	if err != nil {
		return err
	}
	for _, id := range selected {
		fmt.Fprintln(c.stdout, id)
	}
	return nil
}

// listSpecs returns the ids of the selected specs, as the suite knows them by their labels and texts.
func (c *cli) listSpecs(ctx context.Context, o options, cfg *config.File) ([]string, error) {
	dir, err := os.MkdirTemp("", "conformance-list-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	o.reports, o.pace, o.listFile = dir, dir, filepath.Join(dir, "specs.txt")
	o.procs, o.verbose = 1, false
	command, err := o.command(cfg)
	if err != nil {
		return nil, err
	}
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	if err := runUntil(ctx, command); err != nil {
		return nil, fmt.Errorf("the suite does not list its specs: %w\n%s", err, output.String())
	}
	text, err := os.ReadFile(o.listFile)
	if err != nil {
		return nil, fmt.Errorf("the suite does not list its specs: %w: build it again with make build", err)
	}
	selected := strings.Fields(string(text))
	return selected, o.unmatched(selected)
}

// exitCode is what the verdict of a run stands for. Of a run that put nothing to the test, nothing is known.
func exitCode(v report.Verdict) int {
	switch v {
	case report.Pass:
		return conforms
	case report.Violation:
		return violates
	default:
		return unusable
	}
}

// suite runs the specs in processes of their own and reads the result that they wrote. A result of an earlier run is
// never taken for this one's.
func (c *cli) suite(ctx context.Context, o options, cfg *config.File) (*report.Result, error) {
	if o.defect != "" && !cfg.Target.Embedded {
		return nil, fmt.Errorf("-defect is for the embedded mock, and the target %s is another one", cfg.Name)
	}
	if err := spec.CheckInputs(cfg, contract.Specs()); err != nil {
		return nil, err
	}
	if o.keep {
		if err := o.prepareKeep(cfg); err != nil {
			return nil, err
		}
	}
	if o.partial() && !o.rehearse && !o.surelySelects(cfg) {
		if _, err := c.listSpecs(ctx, o, cfg); err != nil {
			return nil, err
		}
	}
	dir, err := o.reportsDir()
	if err != nil {
		return nil, err
	}
	if err := report.Writable(dir); err != nil {
		return nil, err
	}
	o.reports = dir
	c.tellUnended(dir)
	if o.records, err = os.MkdirTemp(dir, unended); err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(o.records) }() // the result holds what stands in them
	done, err := o.makePaceDir()
	if err != nil {
		return nil, err
	}
	defer done()
	if !cfg.Target.Embedded && !o.rehearse {
		stop, err := c.showProgress(ctx, o, cfg)
		if err != nil {
			return nil, err
		}
		defer stop()
	}
	command, err := o.command(cfg)
	if err != nil {
		return nil, err
	}
	command.Stdout, command.Stderr = c.stdout, c.stderr
	command.WaitDelay = time.Second // for what it has printed; processes that it leaves are ended by supervise
	if o.rehearse {                 // what it leaves where it is killed goes with its reports
		command.Env = append(command.Env, "TMPDIR="+o.reports)
	}
	condenser := report.NewCondenser(c.stdout)
	switch {
	case o.quiet:
		command.Stdout = io.Discard
	case !o.verbose:
		command.Stdout = condenser
	}
	failed := o.supervise(ctx, command, cfg)
	if err := condenser.Close(); err != nil && failed == nil {
		failed = err
	}
	result, err := c.outcome(o, cfg, failed)
	if err != nil {
		return nil, err
	}
	if o.rehearse {
		return result, nil
	}
	if o.keep {
		fmt.Fprintf(c.stderr, "conformance: the objects of the run are left: source %s for the curl lines, and "+
			"make sweep TARGET=%s RUN=%s CONFIRM=yes removes them\n", keptPath(cfg), cfg.Name, result.Run.ID)
	}
	if !o.partial() {
		c.remember(o, result)
	}
	// GitHub reads both outputs, and that of gate -json holds nothing but JSON.
	if err := report.Annotate(c.stderr, result, c.env); err != nil {
		return nil, err
	}
	_, err = render.WriteAll(o.reports, result, nil)
	if !o.partial() {
		c.notify(ctx, cfg, o.reports, result)
	}
	return result, errors.Join(err, c.showResult(o, result))
}

// writeResult replaces what the suite has written.
func writeResult(dir string, r *report.Result) error {
	if err := report.Write(filepath.Join(dir, "conformance.json"), r); err != nil {
		return err
	}
	return report.WriteJUnit(filepath.Join(dir, "junit.xml"), r)
}

// command is how the specs are started: by this program, as the suite itself where that is one process, and as Ginkgo's
// runner where there are several.
func (o options) command(cfg *config.File) (*exec.Cmd, error) {
	// Every part of a run has its own time-out; Ginkgo's for the whole of it also counts what is waited for the pace.
	limit := time.Hour + ratelimit.Of(cfg.Target).Longest(cfg.Timeouts.Attempt)
	arguments := []string{"silence-skips", "timeout=" + limit.String()}
	if o.seed != 0 {
		arguments = append(arguments, "seed="+strconv.FormatInt(o.seed, 10))
	}
	if o.labels != "" {
		arguments = append(arguments, "label-filter="+o.labels)
	}
	for _, focus := range o.focused() {
		arguments = append(arguments, "focus="+focus)
	}
	if !report.UseColor(os.LookupEnv, terminal(os.Stdout)) {
		arguments = append(arguments, "no-color")
	}
	if o.verbose {
		arguments = append(arguments, "v")
	}
	path, err := filepath.Abs(cfg.Path) // the suite runs in its own directory
	if cfg.BuiltIn {
		path = filepath.Dir(path)
	}
	if err != nil {
		return nil, err
	}
	own := []string{"-config=" + path, "-reports=" + o.reports, "-target=" + cfg.Name}
	if o.rehearse {
		own = append(own, "-rehearse")
	}
	if o.defect != "" {
		own = append(own, "-defect="+o.defect)
	}
	if o.pace != "" {
		own = append(own, "-pace="+o.pace)
	}
	if o.records != "" {
		own = append(own, "-records="+o.records)
	}
	if o.listFile != "" {
		own = append(own, "-list="+o.listFile)
	}
	if selected := cmp.Or(o.selected, strings.TrimSpace(o.labels+" "+strings.Join(o.ids, " "))); len(o.ids) > 0 {
		own = append(own, "-selected="+selected)
	}
	for _, word := range o.replayCommand {
		own = append(own, "-replay-command="+word)
	}
	if o.keep {
		own = append(own, "-keep="+keptPath(cfg))
	}
	suite, ginkgo, err := asTwo(o.pace)
	if err != nil {
		return nil, err
	}
	command := exec.Command(suite, append(prefixed("--ginkgo.", arguments), own...)...)
	if procs := o.processes(cfg); procs > 1 {
		arguments = append([]string{"run", "--procs=" + strconv.Itoa(procs)}, prefixed("--", arguments)...)
		command = exec.Command(ginkgo, append(append(arguments, suite, "--"), own...)...)
	}
	command.Env = append(os.Environ(), insideRun+"=yes")
	return command, nil
}

// prefixed returns the flags as the command line has them.
func prefixed(prefix string, flags []string) []string {
	var all []string
	for _, f := range flags {
		all = append(all, prefix+f)
	}
	return all
}

// processes is how many processes run the specs.
func (o options) processes(cfg *config.File) int {
	switch {
	case o.procs > 0:
		return o.procs
	case cfg.Target.Embedded:
		return 1 // it serves the mock too, and a second one has to ask Ginkgo's for each spec: two take longer
	case cfg.Target.Concurrency > runtime.NumCPU():
		// Each process sends one request at a time, and mostly waits: so many hide the target's latency.
		return min(cfg.Target.Concurrency, 4*runtime.NumCPU())
	default:
		return types.CLIConfig{Parallel: true}.ComputedProcs() // as many as Ginkgo takes by itself
	}
}

func terminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// share makes the directory in which the processes of a run share their pace, so that this one sees what they send.
func (o *options) makePaceDir() (done func(), err error) {
	if o.pace, err = os.MkdirTemp("", "conformance-pace-"); err != nil {
		return nil, err
	}
	return func() { _ = os.RemoveAll(o.pace) }, nil // no other process reads it
}

// sent counts the requests of the run.
func (o options) sent() (func() (int, error), error) {
	counter, err := ratelimit.New(o.pace, ratelimit.Limits{})
	if err != nil {
		return nil, err
	}
	return counter.Used, nil
}
