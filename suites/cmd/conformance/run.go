package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2/types"

	"acronis-conformance/suites/contract"
	"acronis-conformance/suites/internal/basis"
	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/ratelimit"
	"acronis-conformance/suites/internal/render"
	"acronis-conformance/suites/internal/report"
)

// selection is what the flags of run and gate choose.
type options struct {
	config, target, reports string
	labels, focus           string
	procs                   int
	seed                    int64
	verbose                 bool
	rehearse                bool // on the embedded mock, in the target's place
	defect                  string
	pace                    string // the directory in which the processes share their pace
	records                 string // the directory in which they record what they report
}

// registerTarget takes the flags of the commands that only look at a target.
func (o *options) registerTarget(flags *flag.FlagSet) {
	flags.StringVar(&o.config, "config", "", config.PathUsage)
	flags.StringVar(&o.target, "target", "", "`name` of the target in ginkgo.yml (default: ACRONIS_TARGET, or the file's own)")
}

func (o *options) register(flags *flag.FlagSet) {
	o.registerTarget(flags)
	flags.StringVar(&o.reports, "reports", "", "`directory` for the reports (default: reports beside ginkgo.yml)")
	flags.IntVar(&o.procs, "procs", 0, "`number` of processes (default: one per core)")
	flags.BoolVar(&o.verbose, "v", false, "print every spec")
}

func (o *options) registerFilter(flags *flag.FlagSet) {
	flags.StringVar(&o.labels, "filter", "", "label `expression`, such as '409 && tenants'")
	flags.StringVar(&o.focus, "focus", "", "`expression` that spec ids match, such as 401/expired-token/FetchTenant")
}

// parse reads the flags of a command that takes nothing else.
func (c *cli) parse(flags *flag.FlagSet, args []string) error {
	rest, err := c.parseFiles(flags, args)
	if err == nil && len(rest) > 0 {
		return fmt.Errorf("%s takes no argument %q", flags.Name(), rest[0])
	}
	return err
}

// parseFiles reads the flags and returns what follows them; -h is not an error.
func (c *cli) parseFiles(flags *flag.FlagSet, args []string) ([]string, error) {
	flags.SetOutput(c.stderr)
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return nil, &exit{code: conforms}
	case err != nil:
		return nil, &exit{code: unusable}
	}
	return flags.Args(), nil
}

func run(ctx context.Context, c *cli, args []string) error {
	var o options
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	o.register(flags)
	o.registerFilter(flags)
	flags.StringVar(&o.defect, "defect", "", "`names` of defects to serve the embedded mock with, as a,b, or list: see how a failure looks")
	flags.Int64Var(&o.seed, "seed", 0, "`number` that the order of the specs comes from (default: another one in each run)")
	wrong := c.parse(flags, args)
	if wrong == nil && o.defect == "list" {
		return c.listDefects()
	}
	if err := o.clear(args, wrong); err != nil {
		return err
	}
	cfg, err := c.configure(o)
	if err != nil {
		return err
	}
	result, err := c.suite(ctx, o, cfg)
	if err != nil {
		return err
	}
	code := exitCode(result.Verdict)
	if code == conforms {
		return nil
	}
	// Ginkgo's list of what failed stands between the table and the end, and may be thousands of lines long.
	if result.Totals.Specs.Violation+result.Totals.Specs.Error > listed {
		dir, err := o.reportsDir()
		if err != nil {
			return err
		}
		page := filepath.Join(dir, "index.html")
		if err := report.Table(c.stdout, result, report.Width(c.env), report.UseColor(c.env, terminal(os.Stdout)), page); err != nil {
			return err
		}
	}
	return &exit{code: code}
}

// clear removes what an earlier run has reported, before anything can keep this one from starting: not even a wrong command line
// leaves a green report behind. It returns what is wrong with the command line, or with the directory.
func (o options) clear(args []string, wrong error) error {
	if help := new(exit); errors.As(wrong, &help) && help.code == conforms {
		return wrong
	}
	dir, err := o.readable(args, wrong).reportsDir()
	if err == nil {
		err = report.Clear(dir)
	}
	if wrong != nil { // which the flags have explained already
		return wrong
	}
	return err
}

// readable takes from a command line that is wrong where the reports are: what follows a wrong flag was not read.
func (o options) readable(args []string, wrong error) options {
	if wrong == nil {
		return o
	}
	for i, arg := range args {
		name, value, given := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if !given && i+1 < len(args) {
			value = args[i+1]
		}
		switch {
		case !strings.HasPrefix(arg, "-"):
		case name == "reports":
			o.reports = value
		case name == "config":
			o.config = value
		}
	}
	return o
}

// listed is how many failures may follow the table of a run without hiding it.
const listed = 5

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

// check finds what ginkgo would make a long story of.
func (o options) check() error {
	if _, err := types.ParseLabelFilter(o.labels); err != nil {
		return fmt.Errorf("-filter %s is not a label expression: write one such as '409 && tenants'", o.labels)
	}
	if _, err := regexp.Compile(o.focus); err != nil {
		return fmt.Errorf("-focus %s is not a regular expression: write the id of a spec, or a part of it", o.focus)
	}
	if o.procs < 0 {
		return fmt.Errorf("-procs %d is not a number of processes: leave it out for one per core", o.procs)
	}
	return nil
}

// suite runs the specs in processes of their own and reads the result that they wrote. A result of an earlier run is never taken for
// this one's.
func (c *cli) suite(ctx context.Context, o options, cfg *config.File) (*report.Result, error) {
	if o.defect != "" && !cfg.Target.Embedded {
		return nil, fmt.Errorf("-defect is for the embedded mock, and the target %s is none", cfg.Name)
	}
	loaded, err := basis.Load(cfg, contract.Specs())
	if err != nil {
		return nil, err
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
	if c.interactive && !cfg.Target.Embedded {
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
	result, err := c.outcome(o, cfg, loaded.Contract, o.supervise(ctx, command, cfg))
	if err != nil {
		return nil, err
	}
	if !o.rehearse {
		_, err = render.WriteAll(o.reports, result, nil)
	}
	return result, err
}

// writeResult replaces what the suite has written.
func writeResult(dir string, r *report.Result) error {
	if err := report.Write(filepath.Join(dir, "conformance.json"), r); err != nil {
		return err
	}
	return report.WriteJUnit(filepath.Join(dir, "junit.xml"), r)
}

// configure loads the configuration of a command that may write to the target.
func (c *cli) configure(o options) (*config.File, error) {
	cfg, err := config.Open(o.config, o.target, c.env)
	if err != nil {
		return nil, err
	}
	return cfg, o.check()
}

// lookAt loads the configuration of a command that writes nothing to the target.
func (c *cli) configureReadOnly(o options) (*config.File, error) {
	cfg, err := config.Look(o.config, o.target, c.env)
	if err != nil {
		return nil, err
	}
	return cfg, o.check()
}

// reportsDir is where the reports go: known before the configuration is read, so that what went wrong with that can be written there.
func (o options) reportsDir() (string, error) {
	if o.reports != "" {
		return filepath.Abs(o.reports)
	}
	path, err := config.Locate(o.config)
	if err != nil {
		return "", err
	}
	return filepath.Abs(filepath.Join(filepath.Dir(path), "reports"))
}

// command is how the specs are started: the binaries beside this one, or, from a checkout, through the go tool.
func (o options) command(cfg *config.File) (*exec.Cmd, error) {
	// Every part of a run has its own time-out; Ginkgo's for the whole of it also counts what is waited for the pace.
	limit := time.Hour + ratelimit.Of(cfg.Target).Longest(cfg.Timeouts.Attempt)
	arguments := []string{"run", "--silence-skips", "--timeout=" + limit.String()}
	if o.procs > 0 {
		arguments = append(arguments, "--procs="+strconv.Itoa(o.procs))
	} else {
		arguments = append(arguments, "-p")
	}
	if o.seed != 0 {
		arguments = append(arguments, "--seed="+strconv.FormatInt(o.seed, 10))
	}
	if o.labels != "" {
		arguments = append(arguments, "--label-filter="+o.labels)
	}
	if o.focus != "" {
		arguments = append(arguments, "--focus="+o.focus)
	}
	if !report.UseColor(os.LookupEnv, terminal(os.Stdout)) {
		arguments = append(arguments, "--no-color")
	}
	if o.verbose {
		arguments = append(arguments, "-v")
	}
	path, err := filepath.Abs(cfg.Path) // the suite runs in its own directory
	if cfg.BuiltIn {
		path = filepath.Dir(path)
	}
	if err != nil {
		return nil, err
	}
	own := []string{"--", "-config=" + path, "-reports=" + o.reports, "-target=" + cfg.Name}
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
	suite, ginkgo, err := asTwo(o.pace)
	if err != nil {
		return nil, err
	}
	return exec.Command(ginkgo, append(append(arguments, suite), own...)...), nil
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
