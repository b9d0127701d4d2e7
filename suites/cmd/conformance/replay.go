package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"acronis-conformance/suites/contract"
	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report"
)

// replayFault runs one spec, or the specs of one fault, once more as an earlier run did, and reports whether the
// fault is still there. It ends with 1 where it is, with 0 where it is gone, and with 2 where that cannot be told.
func replayFault(ctx context.Context, c *cli, args []string) error {
	var o options
	flags, from := o.flagsOfReplay()
	flags.Usage = func() {
		fmt.Fprintln(c.stderr, "usage: conformance replay [flags] FAULT, or the id of a spec")
		flags.PrintDefaults()
	}
	names, err := c.parseMixed(flags, args)
	if err != nil {
		return err
	}
	if len(names) != 1 {
		return fmt.Errorf("replay takes one fault or one spec, and not %d: the reports name them", len(names))
	}
	r, source, err := o.find(names[0], *from)
	if err != nil {
		return err
	}
	o.replayCommand = c.replayCommand(o)
	cfg, err := c.prepareReplay(&o, r)
	if err != nil {
		return err
	}
	if path, err := filepath.Abs(source); err == nil && source != "" && filepath.Dir(path) == o.reports {
		return fmt.Errorf("the replay would replace %s: name another directory with -reports", source)
	}
	if err := o.clear(nil, nil); err != nil {
		return err
	}
	now, err := c.suite(ctx, o, cfg)
	if err != nil {
		return err
	}
	state, text := r.judge(now)
	fmt.Fprintf(c.stdout, "%s: %s (%s)\n", state, exchange.Printable(text), o.reports)
	if code := map[replayState]int{gone: conforms, stillThere: violates, unknown: unusable}[state]; code != conforms {
		return &exit{code: code}
	}
	return nil
}

// replayCommand begins the commands with which a run's reports lead back to it: this program with the flags that
// find configuration and result, as they were typed.
func (c *cli) replayCommand(o options) []string {
	words := []string{cmp.Or(c.program, "conformance"), "replay"}
	if o.config != "" {
		words = append(words, "-config="+o.config)
	}
	if dir, err := o.reportsDir(); err == nil && o.reports != "" {
		named := o.reports
		if typed, err := filepath.Abs(named); err == nil && typed != dir { // a directory below it
			named = filepath.Join(named, report.SelectionDir)
		}
		words = append(words, "-from="+filepath.Join(named, report.ResultFile))
	}
	return words
}

func (o *options) flagsOfReplay() (flags *flag.FlagSet, from *string) {
	flags = flag.NewFlagSet("replay", flag.ContinueOnError)
	from = flags.String("from", "",
		"`path` of the result of the run (default: the last one in the reports that has it)")
	flags.StringVar(&o.config, "config", "", "`path` of ginkgo.yml (default: that of the run)")
	flags.StringVar(&o.target, "target", "", "`name` of the target in ginkgo.yml (default: that of the run)")
	flags.StringVar(&o.reports, "reports", "",
		"`directory` for the reports (default: reports/selection/NAME beside ginkgo.yml)")
	flags.StringVar(&o.defect, "defect", "", "`names` of defects of the embedded mock (default: those of the run)")
	flags.IntVar(&o.procs, "procs", 0, procsUsage)
	flags.BoolVar(&o.verbose, "v", false, "print every spec")
	flags.BoolVar(&o.quiet, "quiet", false, "print only whether the fault is still there")
	flags.BoolVar(&o.keep, "keep", false,
		"leave the objects of the specs, and their tokens in "+keptFile+" beside ginkgo.yml")
	return flags, from
}

// replayOf is what is looked for once more.
type replayOf struct {
	name  string
	run   *report.Result // that showed it; nil where a spec is named, and no run
	fault *report.Fault  // nil: one spec
	specs []string       // that showed it
	also  []string       // specs whose requests brought it about
}

// find finds the fault or the spec in the result, or in those of the reports. A spec needs none.
func (o *options) find(name, from string) (r *replayOf, source string, err error) {
	if from != "" {
		result, err := report.Read(from)
		if err != nil {
			return nil, "", err
		}
		r, err = newReplay(result, name)
		return r, from, err
	}
	base, err := o.baseDir()
	if err != nil {
		return nil, "", err
	}
	// A replay is of the run whose report a person reads, which is the last one more often than not.
	parts := filepath.Join(base, report.SelectionDir)
	candidates := []string{filepath.Join(base, report.ResultFile), filepath.Join(parts, report.ResultFile),
		filepath.Join(base, report.PreviousFile)}
	below, _ := filepath.Glob(filepath.Join(parts, "*", report.ResultFile)) // the pattern is a good one
	slices.SortStableFunc(candidates, func(a, b string) int { return modified(b).Compare(modified(a)) })
	for _, path := range append(candidates, below...) {
		if report.ReadHead(path) == nil {
			continue
		}
		result, err := report.Read(path)
		if err != nil {
			continue // one of an earlier version
		}
		if r, err := newReplay(result, name); err == nil {
			return r, path, nil
		}
	}
	if slices.Contains(contract.Specs(), name) {
		return &replayOf{name: name, specs: []string{name}}, "", nil
	}
	return nil, "", fmt.Errorf("no result in %s has a fault or a spec %s: name the result of the run with -from", base,
		name)
}

func modified(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// newReplay finds the fault or the spec in a result.
func newReplay(r *report.Result, name string) (*replayOf, error) {
	if i := slices.IndexFunc(r.Faults, func(f report.Fault) bool { return f.ID == name }); i >= 0 {
		found := &replayOf{name: name, run: r, fault: &r.Faults[i], specs: r.Faults[i].Specs}
		found.also = senders(r, found.specs)
		return found, nil
	}
	if slices.ContainsFunc(r.Specs, func(s report.Spec) bool { return s.ID == name }) {
		found := &replayOf{name: name, run: r, specs: []string{name}}
		found.also = senders(r, found.specs)
		return found, nil
	}
	return nil, fmt.Errorf("the run %s on %s has neither a fault nor a spec %s: its faults are %s", r.Run.ID,
		r.Target.Name, name, idsOf(r.Faults))
}

// senders are the specs that sent what the given ones only judged. What the set-up sent is sent by the spec of the
// valid call.
func senders(r *report.Result, ids []string) []string {
	known := map[string]*report.Spec{}
	for i := range r.Specs {
		known[r.Specs[i].ID] = &r.Specs[i]
	}
	var also []string
	for _, id := range ids {
		s := known[id]
		if s == nil {
			continue
		}
		for _, e := range s.Exchanges {
			sender := e.Spec
			if known[sender] == nil {
				sender = "20x/valid-token/" + s.Operation
			}
			if e.Spec != "" && e.Spec != id && known[sender] != nil && !slices.Contains(ids, sender) {
				also = append(also, sender)
			}
		}
	}
	slices.Sort(also)
	return slices.Compact(also)
}

// prepareReplay takes target, configuration and defects from the run, but for those that flags name.
func (c *cli) prepareReplay(o *options, r *replayOf) (*config.File, error) {
	o.ids, o.selected = slices.Concat(r.specs, r.also), "replay "+r.name
	if r.run != nil {
		if _, err := os.Stat(r.run.Run.Config); o.config == "" && r.run.Run.Config != "" && err == nil {
			o.config = r.run.Run.Config
		}
		o.target, o.seed = cmp.Or(o.target, r.run.Target.Name), r.run.Run.Seed
	}
	cfg, err := c.configure(*o)
	if err != nil {
		return nil, err
	}
	switch {
	case r.run == nil:
	case cfg.Target.Embedded:
		o.defect = cmp.Or(o.defect, strings.Join(r.run.Run.Defects, ","))
	case cfg.Target.URL != r.run.Target.URL:
		fmt.Fprintf(c.stderr, "conformance: the run %s was on %s, and %s is at %s\n", r.run.Run.ID,
			exchange.Printable(r.run.Target.URL), cfg.Name, cfg.Target.URL)
	}
	base, err := o.baseDir()
	if err != nil {
		return nil, err
	}
	if o.reports == "" {
		base = filepath.Join(base, report.SelectionDir, fileName(r.name))
	}
	o.reports = base
	return cfg, nil
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// fileName makes a name for a directory of an id.
func fileName(id string) string {
	const longest = 100
	name := strings.Trim(notInNames.ReplaceAllString(id, "-"), ".-")
	return name[:min(len(name), longest)]
}

// replayState is what a replay shows.
type replayState string

const (
	gone       replayState = "gone"
	stillThere replayState = "still there"
	unknown    replayState = "not known"
)

// judge compares the result of the replay with what is looked for.
func (r *replayOf) judge(now *report.Result) (replayState, string) {
	if len(now.Problems) > 0 {
		return unknown, now.Problems[0]
	}
	of := r.name
	if r.fault != nil {
		of = fmt.Sprintf("%s %s", r.fault.ID, r.fault.Sentence)
		for _, f := range now.Faults {
			if f.ID == r.fault.ID {
				return stillThere, fmt.Sprintf("%s, shown by %d of %d specs", of, len(f.Specs), len(r.specs))
			}
		}
	}
	verdicts := map[string]*report.Spec{}
	for i := range now.Specs {
		verdicts[now.Specs[i].ID] = &now.Specs[i]
	}
	for _, id := range r.specs {
		s := verdicts[id]
		switch {
		case s == nil:
			return unknown, id + " did not run"
		case s.Verdict == report.Inconclusive || s.Verdict == report.Error:
			return unknown, fmt.Sprintf("%s is %s: %s", id, s.Verdict, s.Reason)
		case r.fault == nil && s.Verdict != report.Pass:
			return stillThere, fmt.Sprintf("%s: %s", id, s.Reason)
		}
	}
	if n := len(now.FaultsOf(report.Violation)); n > 0 {
		of += fmt.Sprintf(", but there are %d other faults: %s", n, idsOf(now.FaultsOf(report.Violation)))
	}
	return gone, of
}
