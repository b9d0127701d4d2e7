package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"acronis-conformance/suites/internal/report"
)

const (
	// selectionDir is the directory, below that of the reports, for those of a part of the specs.
	selectionDir = "selection"
	resultFile   = "conformance.json"
	// previousFile is the result of the full run before the last one.
	previousFile = "previous.json"
)

// reportsDir is where the reports of the run go. Those of a part of the specs never replace those of a full run: they
// go to a directory below, unless another one is named that holds no full result.
func (o options) reportsDir() (string, error) {
	dir, err := o.baseDir()
	if err != nil || !o.partial() {
		return dir, err
	}
	if o.reports == "" || readHead(filepath.Join(dir, resultFile)).full() {
		return filepath.Join(dir, selectionDir), nil
	}
	return dir, nil
}

// head is the beginning of a result; the whole of it may be large.
type head struct {
	Run     report.Run
	Verdict report.Verdict
}

// full reports whether it is the result of all specs. One that says nothing about the target is none.
func (h *head) full() bool {
	return h != nil && h.Run.ID != "" && !h.Run.Filtered && !h.Run.Incomplete && h.Verdict != report.Error
}

// readHead reads the head of a result; it is nil where the file is not one.
func readHead(path string) *head {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer func() { _ = file.Close() }() // it was only read
	decoder := json.NewDecoder(file)
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil
	}
	h := &head{}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return nil
		}
		switch key {
		case "run":
			err = decoder.Decode(&h.Run)
		case "verdict":
			if err := decoder.Decode(&h.Verdict); err != nil {
				return nil
			}
			return h
		default:
			err = decoder.Decode(new(json.RawMessage))
		}
		if err != nil {
			return nil
		}
	}
	return nil
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
		err = keepPrevious(dir)
	}
	if err == nil {
		err = report.Clear(dir)
	}
	if wrong != nil { // which the flags have explained already
		return wrong
	}
	return err
}

// keepPrevious puts the result of the last full run aside.
func keepPrevious(dir string) error {
	last, previous := filepath.Join(dir, resultFile), filepath.Join(dir, previousFile)
	if !readHead(last).full() {
		return nil
	}
	if _, err := os.Lstat(previous); err == nil && readHead(previous) == nil {
		return fmt.Errorf("%s was not written by this suite, and the previous result would replace it: move it, "+
			"or name another directory for the reports", previous)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(last, previous); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the previous result cannot be kept: %w", err)
	}
	return nil
}
