package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"

	json2 "github.com/go-json-experiment/json"

	"acronis-conformance/schemas"
)

// Read reads a result that Write has written. It is strict: every view, the gate and comparisons rest on what it
// returns, so a file that was cut, edited or written by another version is an error and not a guess. What the specs
// and steps of the file amount to is computed again: its cells, totals, lists and verdict have to be just that.
func Read(path string) (*Result, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("result: %w", err)
	}
	r, err := decode(data)
	if err != nil {
		return nil, fmt.Errorf("result %s: %w", path, err)
	}
	return r, nil
}

func decode(data []byte) (*Result, error) {
	// What the suite has written is read in a third of the time. What cannot be read so is read again, which tells what
	// is wrong with it.
	written := new(Result)
	if json2.Unmarshal(data, written, json2.RejectUnknownMembers(true)) == nil && written.Version == Version &&
		written.check() == nil {
		written.complete()
		return written, nil
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	var r Result
	err := d.Decode(&r)
	_, end := d.Token()
	if err != nil || !errors.Is(end, io.EOF) || r.Version != Version {
		if err := otherVersion(data); err != nil {
			return nil, err
		}
	}
	if err != nil {
		return nil, explain(data, err)
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	r.complete()
	return &r, nil
}

// otherVersion reports whether the file is not JSON, or is of another version: that may have fields that this program
// does not know, and then the version is what explains them.
func otherVersion(data []byte) error {
	var head struct {
		Version *int `json:"version"`
	}
	switch err := json.Unmarshal(data, &head); {
	case err != nil:
		return explain(data, err)
	case head.Version == nil:
		return errors.New("it has no version, so it is no conformance.json")
	case *head.Version != Version:
		return fmt.Errorf("it has version %d, and this program reads version %d: use the program that wrote it",
			*head.Version, Version)
	}
	return nil
}

// explain says where in the file the decoder stopped.
func explain(data []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return errors.New("it is empty")
	case errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &syntax) && syntax.Offset >= int64(len(data)):
		return errors.New("it ends too early: the file was cut")
	case errors.As(err, &syntax):
		return fmt.Errorf("line %d: it is no JSON: %w", line(data, syntax.Offset), err)
	case errors.As(err, &kind):
		return fmt.Errorf("line %d: %s holds a JSON %s, which does not belong there", line(data, kind.Offset),
			kind.Field,
			kind.Value)
	}
	return err
}

func line(data []byte, offset int64) int {
	return 1 + bytes.Count(data[:min(max(offset, 0), int64(len(data)))], []byte("\n"))
}

// check finds what a decoder does not: verdicts that there are not, and totals that the specs and cells do not amount
// to.
func (r *Result) check() error {
	switch {
	case r.Run.ID == "":
		return errors.New("run.id is missing")
	case r.Target.Name == "":
		return errors.New("target.name is missing")
	case !r.Verdict.valid():
		return fmt.Errorf("verdict %q is unknown", r.Verdict)
	}
	for _, limit := range r.Limits {
		if !slices.Contains(limitKinds[:], limit.Kind) {
			return fmt.Errorf("limit %q is unknown", limit.Kind)
		}
	}
	known := map[string]bool{}
	for _, s := range r.Specs {
		switch {
		case s.ID == "" || known[s.ID]:
			return fmt.Errorf("spec id %q is empty or stands there twice", s.ID)
		case !s.Verdict.valid():
			return fmt.Errorf("spec %s: verdict %q is unknown", s.ID, s.Verdict)
		case !validSource(s.Source):
			return fmt.Errorf("spec %s: source %q is unknown", s.ID, s.Source)
		}
		known[s.ID] = true
	}
	for _, c := range r.Cells {
		name := fmt.Sprintf("cell %s %s", c.Subject, c.Class)
		if !c.Verdict.valid() || c.Verdict == Error {
			return fmt.Errorf("%s: verdict %q is unknown", name, c.Verdict)
		}
		if !validSource(c.Source) {
			return fmt.Errorf("%s: source %q is unknown", name, c.Source)
		}
		for _, id := range c.Specs {
			if !known[id] {
				return fmt.Errorf("%s: spec %q is not in the file", name, id)
			}
		}
	}
	if err := r.checkCells(); err != nil {
		return err
	}
	totals, codes, resources := tally(r.Specs, r.Cells)
	if totals != r.Totals || !slices.Equal(codes, r.Codes) || !slices.Equal(resources, r.Resources) {
		return errors.New("its totals are not what its specs and cells amount to: the file was edited")
	}
	again := &Result{Specs: r.Specs, World: r.World}
	again.collect()
	if !slices.Equal(again.Accepted, r.Accepted) || again.Run.Requests.Throttled != r.Run.Requests.Throttled ||
		!slices.EqualFunc(again.Transients, r.Transients, func(a, b Transient) bool {
			return reflect.DeepEqual(a,
				b)
		}) {
		return errors.New("its lists of accepted requests and of failures that went away are not those of its " +
			"exchanges: the file was edited")
	}
	r.Faults = Faults(r.Specs) // what follows from the specs is not believed, but found again
	if verdict, _ := r.conclude(); verdict != r.Verdict {
		return fmt.Errorf("its verdict is %s, and its specs amount to %s: the file was edited", r.Verdict, verdict)
	}
	return nil
}

// checkCells compares every cell with the specs that address it. Which cells a contract has is not known here: the
// file may be one of another contract.
func (r *Result) checkCells() error {
	type key struct {
		subject, class string
		source         schemas.Source
	}
	keyOf := func(c Cell) key { return key{c.Subject, c.Class, c.Source} }
	has := map[key]int{}
	for _, c := range r.Cells {
		has[keyOf(c)]++
	}
	addressed := map[key][]Spec{}
	for _, s := range r.Specs {
		k := key{subject(s), s.Code, schemas.FromClause}
		if !s.Injected && s.Source == schemas.FromReference {
			k = key{s.Operation, s.Code, schemas.FromReference}
		}
		// A family of which an operation documents two codes says of neither that it was asserted.
		if has[k] != 1 && !slices.Contains(r.Problems, baseless(s)) {
			return fmt.Errorf("spec %s addresses no cell: the file was edited", s.ID)
		}
		if has[k] == 1 {
			addressed[k] = append(addressed[k], s)
		}
	}
	for _, c := range r.Cells {
		var again Cell
		again.judge(addressed[keyOf(c)])
		if again.Verdict != c.Verdict || !slices.Equal(again.Specs, c.Specs) || len(c.Specs) > 0 &&
			again.Reason != c.Reason {
			return fmt.Errorf("cell %s %s is not what its specs amount to: the file was edited", c.Subject, c.Class)
		}
	}
	return nil
}

func (v Verdict) valid() bool { return slices.Contains(Verdicts[:], v) }

func validSource(s schemas.Source) bool { return s == schemas.FromReference || s == schemas.FromClause }
