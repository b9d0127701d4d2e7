package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/replay"
	"acronis-conformance/suites/internal/report"
)

// bench measures the compiled suite on the embedded mock, without the specs that wait by order of the documentation,
// and then the same requests in a bare loop.
func bench(ctx context.Context, c *cli, args []string) error {
	o := options{labels: "!waiting"}
	flags := o.flagsOfBench()
	if err := c.parse(flags, args); err != nil {
		return err
	}
	cfg, err := c.configure(o)
	if err != nil {
		return err
	}
	if !cfg.Target.Embedded {
		return fmt.Errorf("%s is not embedded, and bench measures on the mock only: name another target with -target",
			cfg.Name)
	}
	if o.reports, err = os.MkdirTemp("", "bench-"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(o.reports) }()
	m, err := o.measure(ctx, cfg, c.stderr)
	if err != nil {
		return err
	}
	requests, err := replay.Requests(m.result)
	if err != nil {
		return err
	}
	if m.loop, err = replay.Loop(ctx, requests); err != nil {
		return err
	}
	return m.print(c.stdout)
}

func (o *options) flagsOfBench() *flag.FlagSet {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&o.config, "config", "", config.PathUsage)
	flags.StringVar(&o.target, "target", "mock", "`name` of a target in ginkgo.yml that is embedded")
	flags.IntVar(&o.procs, "procs", 0, "`number` of processes (default: one per core)")
	return flags
}

// measurement is what a run took, and what its requests take without it.
type measurement struct {
	result    *report.Result
	wall, cpu time.Duration
	memory    int64 // bytes of the largest process
	loop      replay.Outcome
}

// measure runs the suite. What it prints is shown where it does not pass, since then the numbers would say nothing.
func (o options) measure(ctx context.Context, cfg *config.File, diagnostics io.Writer) (*measurement, error) {
	done, err := o.makePaceDir()
	if err != nil {
		return nil, err
	}
	defer done()
	command, err := o.command(cfg)
	if err != nil {
		return nil, err
	}
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	begin := time.Now()
	failed := o.supervise(ctx, command, cfg)
	m := &measurement{wall: time.Since(begin)}
	if m.result, err = report.Read(filepath.Join(o.reports, "conformance.json")); err == nil &&
		m.result.Verdict != report.Pass {
		err = errors.New(m.result.Reason)
	}
	if err = errors.Join(err, failed); err != nil {
		_, _ = output.WriteTo(diagnostics) // the error says the rest
		return nil, fmt.Errorf("the run to be measured did not pass: %w", err)
	}
	m.cpu, m.memory = used(command)
	return m, nil
}

// used returns what a command took, with all that it has started and waited for.
func used(command *exec.Cmd) (cpu time.Duration, memory int64) {
	state := command.ProcessState
	return state.UserTime() + state.SystemTime(), peakMemory(command)
}

func (m *measurement) print(w io.Writer) error {
	run, totals := m.result.Run, m.result.Totals
	cells := float64(totals.Reference.Asserted + totals.Clause.Asserted)
	var b bytes.Buffer
	fmt.Fprintf(&b, "The suite on the mock, %d processes, without the specs that wait: %.0f cells asserted.\n\n",
		run.Processes, cells)
	row := func(name, all, each string) { fmt.Fprintf(&b, "  %-32s %10s %10s\n", name, all, each) }
	row("", "in all", "per cell")
	count := func(name string, n int) { row(name, strconv.Itoa(n), fmt.Sprintf("%.2f", float64(n)/cells)) }
	count("specs", totals.Specs.Total)
	count("requests", run.Requests.Total())
	timed := func(name string, d time.Duration) {
		row(name, fmt.Sprintf("%.2f s", d.Seconds()), fmt.Sprintf("%.2f ms", 1e3*d.Seconds()/cells))
	}
	timed("wall", m.wall)
	timed("CPU", m.cpu)
	row("peak memory of one process", fmt.Sprintf("%.1f MB", float64(m.memory)/1e6), fmt.Sprintf("%.1f kB",
		float64(m.memory)/1e3/cells))
	timed("the same requests, a bare loop", m.loop.Spent)
	fmt.Fprintf(&b, "\nThe run takes %.2f times as long as the loop: %d requests, one after the other on a mock of "+
		"their own,\n%.1f %% of them answered as in the run.\n",
		m.wall.Seconds()/m.loop.Spent.Seconds(), m.loop.Requests, 100*float64(m.loop.Same)/float64(m.loop.Requests))
	_, err := b.WriteTo(w)
	return err
}
