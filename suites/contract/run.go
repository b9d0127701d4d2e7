package contract

import (
	"flag"
	"testing"

	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// Run runs the specs for go test and ginkgo.
func Run(t GinkgoTestingT) {
	spec.Run(t, options())
}

func options() spec.Options {
	return spec.Options{BuiltIn: Specs(), Unprovokable: unprovokable, Requirements: requirements}
}

// Main runs the specs in a program that ginkgo starts as it starts a compiled test, and returns the exit code.
func Main() int {
	testing.Init()
	flag.Parse()
	var t outcome
	Run(&t)
	if t.failed {
		return 1
	}
	return 0
}

// outcome stands for the test that a program is not.
type outcome struct{ failed bool }

func (o *outcome) Fail() { o.failed = true }

// Unprovokable is the number of cells of the reference that nothing known provokes.
func Unprovokable() int { return len(unprovokable) }
