// Command conformance runs the suite and works on its results. It is what pipelines call: its exit code tells what
// happened.
//
//	0  the target conforms
//	1  a violation, or a floor of the gate that is missed
//	2  target, configuration or command line unusable, too little tested, or something left behind: no verdict on the
//
// contract
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Exit codes.
const (
	conforms = 0
	violates = 1
	unusable = 2
)

// command is one subcommand.
type command struct {
	name      string
	arguments string // what it takes besides flags
	summary   string
	run       func(ctx context.Context, c *cli, args []string) error
	flags     func() *flag.FlagSet // for the reference
}

// cli is the surroundings of a command.
type cli struct {
	stdout, stderr io.Writer
	env            func(string) (string, bool)
	program        string // as it was typed
	interactive    bool   // a person looks at stderr, and sees the progress of a long run
}

func commands() []command {
	return []command{
		{"run", "[ID ...]", "run the specs on a target and write the reports", run,
			func() *flag.FlagSet { return new(options).flagsOfRun() }},
		{"replay", "FAULT|ID", "run the specs of a fault again, and report whether it is still there", replayFault,
			func() *flag.FlagSet { flags, _ := new(options).flagsOfReplay(); return flags }},
		{"doctor", "", "look at a target, and say what is wrong and what to do about it", doctor,
			func() *flag.FlagSet { flags, _ := new(options).flagsOfDoctor(); return flags }},
		{"plan", "", "print every request that a run would send, and send none", plan,
			func() *flag.FlagSet { flags, _ := new(options).flagsOfPlan(); return flags }},
		{"sweep", "", "list what killed runs left on a target, and delete it where CONFIRM=yes", sweep,
			func() *flag.FlagSet { return new(options).flagsOfSweep(new(time.Duration), new(string)) }},
		{"gate", "", "run everything and decide whether a release may pass", gate,
			func() *flag.FlagSet { flags, _ := new(options).flagsOfGate(); return flags }},
		{"waive", "", "accept faults of a result for a time: append them to fixtures/waivers.yml", waive,
			func() *flag.FlagSet { flags, _ := flagsOfWaive(); return flags }},
		{"report", "", "make every view of a result again", reports,
			func() *flag.FlagSet { flags, _, _, _ := flagsOfReport(); return flags }},
		{"compare", "RESULT ...", "show where two or more results differ", compare,
			func() *flag.FlagSet { flags, _ := flagsOfCompare("compare"); return flags }},
		{"merge", "RESULT ...", "show the results of several targets as one", merge,
			func() *flag.FlagSet { flags, _ := flagsOfCompare("merge"); return flags }},
		{"history", "", "show the faults of the full runs over time", history,
			func() *flag.FlagSet { flags, _ := flagsOfHistory(); return flags }},
		{"drift", "", "compare the built-in contract with a published OpenAPI document", drift,
			func() *flag.FlagSet { flags, _, _ := flagsOfDrift(); return flags }},
		{"version", "", "print the versions of the suite, of Go and of the contract", version,
			func() *flag.FlagSet { flags, _ := flagsOfVersion(); return flags }},
	}
}

// exit is an error that carries the command's exit code.
type exit struct {
	code int
	err  error
}

func (e *exit) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exit) Unwrap() error { return e.err }

func main() {
	beAnother(os.Args[0])
	// The first signal ends the run in order; the run itself decides how long its clean-up may take.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c := &cli{stdout: os.Stdout, stderr: os.Stderr, env: os.LookupEnv, program: programName(os.Args[0]),
		interactive: terminal(os.Stderr) && os.Getenv("CI") == ""}
	os.Exit(c.main(ctx, os.Args[1:]))
}

// programName is how a person starts the program again: as it was started, unless go run has built it.
func programName(typed string) string {
	if strings.Contains(filepath.ToSlash(typed), "/go-build") {
		return "conformance"
	}
	return typed
}

func (c *cli) main(ctx context.Context, args []string) int {
	if len(args) == 0 || slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0]) {
		c.usage()
		if len(args) == 0 {
			return unusable
		}
		return conforms
	}
	for _, command := range commands() {
		if command.name == args[0] {
			return c.code(command.run(ctx, c, args[1:]))
		}
	}
	fmt.Fprintf(c.stderr, "conformance: there is no command %q\n", args[0])
	c.usage()
	return unusable
}

// code turns an error into the exit code. Whatever does not say otherwise is trouble with target, configuration or
// command line.
func (c *cli) code(err error) int {
	if err == nil {
		return conforms
	}
	if text := err.Error(); text != "" {
		fmt.Fprintf(c.stderr, "conformance: %s\n", text)
	}
	if e := new(exit); errors.As(err, &e) {
		return e.code
	}
	return unusable
}

func (c *cli) usage() {
	fmt.Fprintln(c.stderr, "usage: conformance COMMAND [flags]; conformance COMMAND -h lists the flags")
	for _, command := range commands() {
		fmt.Fprintf(c.stderr, "  %-8s %s\n", command.name, command.summary)
	}
}
