package main

import (
	"errors"

	"acronis-conformance/suites/internal/report"
)

// reportsDir is where the reports of the run go.
func (o options) reportsDir() (string, error) {
	dir, err := o.baseDir()
	return report.Directory(dir, o.reports != "", o.partial()), err
}

// clear removes what an earlier run has reported, before anything can keep this one from starting: not even a wrong
// command line leaves a green report behind. It returns what is wrong with the command line, or with the directory.
func (o options) clear(args []string, wrong error) error {
	if help := new(exit); errors.As(wrong, &help) && help.code == conforms {
		return wrong
	}
	o = o.readable(args, wrong)
	dir, err := o.reportsDir()
	if err == nil && !o.partial() {
		err = report.KeepPrevious(dir)
	}
	if err == nil {
		err = report.Clear(dir)
	}
	if wrong != nil { // which the flags have explained already
		return wrong
	}
	return err
}
