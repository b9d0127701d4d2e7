package main

import (
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/onsi/ginkgo/v2/types"

	"acronis-conformance/fixtures/mock"
	"acronis-conformance/suites/contract"
	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/report"
)

// options are what the flags of the commands that run the suite choose.
type options struct {
	config, target, reports string
	labels, focus           string
	ids                     []string // exact ids of specs, or patterns of ids in which * stands for any text
	selected                string   // what the result shows as its filter; empty: labels and focus
	procs                   int
	seed                    int64
	verbose, quiet          bool
	listFile                string   // where the suite lists them
	dry                     bool     // list the selected specs, and run none
	keep                    bool     // leave the objects of the run
	history                 string   // the file of the history; empty: beside the reports
	rehearse                bool     // on the embedded mock, in the target's place
	defect                  string   // names, with commas
	replayCommand           []string // begins the commands that run a part of the run again
	pace                    string   // the directory in which the processes share their pace
	records                 string   // the directory in which they record what they report
}

const procsUsage = "`number` of processes (default: one per core, or one for each request in flight, up to four per " +
	"core; one on the embedded mock)"

// registerTarget takes the flags of the commands that only look at a target.
func (o *options) registerTarget(flags *flag.FlagSet) {
	flags.StringVar(&o.config, "config", "", config.PathUsage)
	flags.StringVar(&o.target, "target", "",
		"`name` of the target in ginkgo.yml (default: ACRONIS_TARGET, or the file's own)")
}

func (o *options) register(flags *flag.FlagSet) {
	o.registerTarget(flags)
	flags.StringVar(&o.reports, "reports", "", "`directory` for the reports (default: reports beside ginkgo.yml, and "+
		report.SelectionDir+" below it for a part of the specs)")
	flags.IntVar(&o.procs, "procs", 0, procsUsage)
	flags.BoolVar(&o.verbose, "v", false, "print every spec")
	flags.BoolVar(&o.quiet, "quiet", false, "print only the verdict")
}

func (o *options) registerHistory(flags *flag.FlagSet) {
	flags.StringVar(&o.history, "history", "",
		"`path` of the file that a full run adds its line to (default: history.jsonl among the reports)")
}

func (o *options) registerFilter(flags *flag.FlagSet) {
	flags.StringVar(&o.labels, "filter", "", "label `expression`, such as '409 && tenants'")
	flags.StringVar(&o.focus, "focus", "",
		"`expression` that spec ids match, such as 401/expired-token/FetchTenant")
}

// partial reports whether only a part of the specs is to run.
func (o *options) partial() bool { return o.labels != "" || o.focus != "" || len(o.ids) > 0 || o.dry }

// parse reads the flags of a command that takes nothing else.
func (c *cli) parse(flags *flag.FlagSet, args []string) error {
	rest, err := c.parseMixed(flags, args)
	if err == nil && len(rest) > 0 {
		return fmt.Errorf("%s takes no argument %q", flags.Name(), rest[0])
	}
	return err
}

// parseMixed reads the flags and returns what stands between and behind them; -h is not an error.
func (c *cli) parseMixed(flags *flag.FlagSet, args []string) (rest []string, _ error) {
	flags.SetOutput(c.stderr)
	for {
		err := flags.Parse(args)
		switch {
		case errors.Is(err, flag.ErrHelp):
			return nil, &exit{code: conforms}
		case err != nil:
			return nil, &exit{code: unusable}
		case flags.NArg() == 0:
			return rest, nil
		}
		rest, args = append(rest, flags.Arg(0)), flags.Args()[1:]
	}
}

// check finds what is wrong with the options, before Ginkgo would explain it at length.
func (o *options) check() error {
	if _, err := types.ParseLabelFilter(o.labels); err != nil {
		return fmt.Errorf("-filter %s is not a label expression: write one such as '409 && tenants'", o.labels)
	}
	if _, err := regexp.Compile(o.focus); err != nil {
		return fmt.Errorf("-focus %s is not a regular expression: write the id of a spec, or a part of it", o.focus)
	}
	if o.focus != "" && len(o.ids) > 0 {
		return fmt.Errorf("-focus and the id %s both select: leave one of them out", o.ids[0])
	}
	if o.procs < 0 {
		return fmt.Errorf("-procs %d is not a number of processes: leave it out for the default", o.procs)
	}
	for _, name := range mock.Names(o.defect) {
		if _, err := mock.DefectNamed(name); err != nil {
			return fmt.Errorf("-defect %s is not a defect of the mock: conformance run -defect=list lists them", name)
		}
	}
	return nil
}

// idPattern is a regular expression that Ginkgo matches against the texts of a spec and of its containers; the id
// comes last.
func idPattern(id string) string {
	return "(^| )" + strings.ReplaceAll(regexp.QuoteMeta(id), `\*`, `.*`) + "$"
}

// focused are the expressions for Ginkgo's focus.
func (o *options) focused() []string {
	if o.focus != "" {
		return []string{o.focus}
	}
	patterns := make([]string, len(o.ids))
	for i, id := range o.ids {
		patterns[i] = idPattern(id)
	}
	return patterns
}

// surelySelects reports whether something is selected, as far as that is known without the suite: the ids of the
// built-in contract's specs are, and a filter that only leaves out leaves something.
func (o *options) surelySelects(cfg *config.File) bool {
	patterns := o.focused()
	if cfg.Contract != "" || o.dry || strings.Contains(o.focus, "^") { // which Ginkgo matches with more than the id
		return false
	}
	if o.labels != "" {
		fits, err := types.ParseLabelFilter(o.labels)
		return err == nil && len(patterns) == 0 && fits(nil)
	}
	specs := contract.Specs()
	return !slices.ContainsFunc(patterns, func(pattern string) bool {
		return !slices.ContainsFunc(specs, regexp.MustCompile(pattern).MatchString)
	})
}

// unmatched returns an error if nothing is selected, or an id or pattern selects nothing.
func (o *options) unmatched(selected []string) error {
	for _, id := range o.ids {
		fits := regexp.MustCompile(idPattern(id))
		matches := false
		for _, s := range selected {
			matches = matches || fits.MatchString(s)
		}
		if !matches && o.labels == "" {
			return fmt.Errorf("no spec fits %s: conformance run -dry-run '*' lists the ids", id)
		}
	}
	if len(selected) > 0 {
		return nil
	}
	text := o.labels
	if o.focus != "" {
		text = strings.TrimSpace(text + " --focus=" + o.focus)
	}
	return fmt.Errorf("no spec fits %s: select by labels such as 401, tenants or read, or by the id of a spec",
		strings.TrimSpace(text+" "+strings.Join(o.ids, " ")))
}

// configure loads the configuration of a command that may write to the target.
func (c *cli) configure(o options) (*config.File, error) {
	cfg, err := config.Open(o.config, o.target, c.env)
	if err != nil {
		return nil, err
	}
	return cfg, o.check()
}

// configureReadOnly loads the configuration of a command that writes nothing to the target.
func (c *cli) configureReadOnly(o options) (*config.File, error) {
	cfg, err := config.Look(o.config, o.target, c.env)
	if err != nil {
		return nil, err
	}
	return cfg, o.check()
}

// readable takes from a command line that is wrong where the reports are, and whether it selects: what follows a
// wrong flag was not read.
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
		case name == "filter":
			o.labels = value
		case name == "focus":
			o.focus = value
		}
	}
	return o
}

// baseDir is the directory of the reports of full runs. It is known before the configuration is read, so that what
// is wrong with that can be written there.
func (o options) baseDir() (string, error) {
	if o.reports != "" {
		return filepath.Abs(o.reports)
	}
	path, err := config.Locate(o.config)
	if err != nil {
		return "", err
	}
	return filepath.Abs(filepath.Join(filepath.Dir(path), "reports"))
}
