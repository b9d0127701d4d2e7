package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	// SelectionDir is the directory, below that of the reports, for those of a part of the specs.
	SelectionDir = "selection"
	// ResultFile holds the result, beside its views.
	ResultFile = "conformance.json"
	// PreviousFile is the result of the full run before the last one.
	PreviousFile = "previous.json"
)

// Directory returns where the reports of a run go, whatever starts it. Those of a part of the specs never replace those
// of a full run: they go to a directory below dir, unless dir was named for them and holds no full result.
func Directory(dir string, named, partial bool) string {
	if partial && (!named || ReadHead(filepath.Join(dir, ResultFile)).Full()) {
		return filepath.Join(dir, SelectionDir)
	}
	return dir
}

// Head is the beginning of a result; the whole of it may be large.
type Head struct {
	Run     Run
	Verdict Verdict
}

// Full reports whether it is the result of all specs. One that says nothing about the target is none.
func (h *Head) Full() bool {
	return h != nil && h.Run.ID != "" && !h.Run.Filtered && !h.Run.Incomplete && h.Verdict != Error
}

// ReadHead reads the head of a result; it is nil where the file is not one.
func ReadHead(path string) *Head {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer func() { _ = file.Close() }() // it was only read
	decoder := json.NewDecoder(file)
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil
	}
	h := &Head{}
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

// KeepPrevious puts the result of the last full run aside.
func KeepPrevious(dir string) error {
	last, previous := filepath.Join(dir, ResultFile), filepath.Join(dir, PreviousFile)
	if !ReadHead(last).Full() {
		return nil
	}
	if _, err := os.Lstat(previous); err == nil && ReadHead(previous) == nil {
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
