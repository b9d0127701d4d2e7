// Command conformance runs the suite and works on its results. It is what pipelines call: its exit code tells what happened.
//
//	0  the target conforms
//	1  a violation, or a floor of the gate that is missed
//	2  target, configuration or command line unusable, too little tested, or something left behind: no verdict on the contract
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
)

// Exit codes.
const (
	conforms = 0
	violates = 1
	unusable = 2
)

// command is one subcommand.
type command struct {
	name    string
	summary string
	run     func(ctx context.Context, c *cli, args []string) error
}

// cli is the surroundings of a command.
type cli struct {
	stdout, stderr io.Writer
	env            func(string) (string, bool)
	interactive    bool // a person looks at stderr, and sees the progress of a long run
}

func commands() []command {
	return []command{
		{"run", "run the specs on a target and write the reports", run},
		{"replay", "run the specs of a fault again, and say whether it is still there", replayFault},
		{"doctor", "look at a target, and say what is wrong and what to do about it", doctor},
		{"plan", "print every request that a run would send, and send none", plan},
		{"sweep", "list what killed runs left on a target, and delete it where CONFIRM=yes", sweep},
		{"gate", "run everything and decide whether a release may pass", gate},
		{"waive", "accept faults of a result for a time: append them to fixtures/waivers.yml", waive},
		{"report", "make every view of a result again", reports},
		{"compare", "show where two or more results differ", compare},
		{"merge", "show the results of several targets as one", merge},
		{"history", "show the faults of the full runs over time", history},
		{"drift", "compare the built-in contract with a published OpenAPI document", drift},
		{"bench", "measure the suite on the mock, and its requests in a bare loop", bench},
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
	// The first signal ends the run in order; the run itself decides how long its clean-up may take.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c := &cli{stdout: os.Stdout, stderr: os.Stderr, env: os.LookupEnv, interactive: terminal(os.Stderr) && os.Getenv("CI") == ""}
	os.Exit(c.main(ctx, os.Args[1:]))
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

// code turns an error into the exit code. Whatever does not say otherwise is trouble with target, configuration or command line.
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
