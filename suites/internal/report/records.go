package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// Every process of a run appends what it has to report to a file in the run's directory, as it arises, so that a
// process that is killed leaves it: process-2.jsonl holds a JSON object per line, {"kind": "spec", "value": ...}.
// Together the files hold all that a result needs: the header and what precedes the specs in that of process 1, and
// in each the process's own specs, steps and sums.

// Kind is what a record holds.
type Kind string

const (
	// KindHeader is a Header; it comes first in the records of process 1.
	KindHeader Kind = "header"
	// KindChecks is a []Check.
	KindChecks Kind = "checks"
	// KindLimits is a []Limit.
	KindLimits Kind = "limits"
	// KindStep is a Step.
	KindStep Kind = "step"
	// KindSpec is a Spec.
	KindSpec Kind = "spec"
	// KindLeftovers is a []Leftover.
	KindLeftovers Kind = "leftovers"
	// KindEnd is a Requests: what the process has sent in all. A process whose records lack it did not come to its end.
	KindEnd Kind = "end"
)

// Header is what is known of a run before its first request.
type Header struct {
	Version      int          `json:"version"` // of the records: that of conformance.json
	Run          Run          `json:"run"`
	Target       Target       `json:"target"`
	Floors       *Floors      `json:"floors,omitempty"`
	Selected     []string     `json:"selected"` // ids of the specs that are to run
	Unprovokable []Unprovoked `json:"unprovokable"`
}

// Unprovoked is a reference cell that no probe provokes, with the reviewed reason.
type Unprovoked struct {
	Operation string `json:"operation"`
	Code      int    `json:"code"`
	Reason    string `json:"reason"`
}

// A record is {"kind":"spec","value":...} in a line. It is put together and taken apart here, since most of it is
// evidence that encoding/json would read twice.
const (
	kindOpens    = `{"kind":"`
	valueOpens   = `","value":`
	recordCloses = "}\n"
)

// Recorder appends the records of one process, in the background: what is recorded is redacted and encoded while the
// next requests are sent. It is safe for concurrent use, and so is a nil one, which keeps nothing.
type Recorder struct {
	queue chan queued
	ended chan struct{}
	file  *os.File
	err   error // the first one; known once ended is closed

	mu     sync.RWMutex
	closed bool
}

// queued is a record whose value is still to be made.
type queued struct {
	kind  Kind
	value func() any
}

// maxQueued bounds what a process that is killed may lose.
const maxQueued = 16

func recordsOf(dir string, process int) string {
	return filepath.Join(dir, fmt.Sprintf("process-%d.jsonl", process))
}

// NewRecorder makes the file of the process in the directory, which it makes too. Only this user can read them.
func NewRecorder(dir string, process int) (*Recorder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the records of the run cannot be written: %w", err)
	}
	file, err := os.OpenFile(recordsOf(dir, process), os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the records of the run cannot be written: %w", err)
	}
	r := &Recorder{queue: make(chan queued, maxQueued), ended: make(chan struct{}), file: file}
	go r.write()
	return r, nil
}

// Append adds a record, whose value is redacted by now. An error is kept for Close: it must not cost the run its
// specs.
func (r *Recorder) Append(kind Kind, value any) { r.AppendMade(kind, func() any { return value }) }

// AppendMade adds a record whose value is made, and redacted, when it is written. After Close, as of a spec that did
// not end in time, it is dropped.
func (r *Recorder) AppendMade(kind Kind, value func() any) {
	if r == nil {
		return
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	if !r.closed {
		r.queue <- queued{kind, value}
	}
}

// write writes the records in their order, each in one piece.
func (r *Recorder) write() {
	defer close(r.ended)
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	for record := range r.queue {
		line.Reset()
		line.WriteString(kindOpens + string(record.kind) + valueOpens)
		err := encoder.Encode(record.value())
		if err == nil {
			line.Truncate(line.Len() - 1) // the encoder ends the line
			line.WriteString(recordCloses)
			_, err = r.file.Write(line.Bytes())
		}
		if r.err == nil && err != nil {
			r.err = fmt.Errorf("the records of the run cannot be written: %w", err)
		}
	}
}

// Close waits until all is written, and returns the first error.
func (r *Recorder) Close() error {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.closed = true
		close(r.queue)
	}
	<-r.ended
	return errors.Join(r.err, r.file.Close())
}
