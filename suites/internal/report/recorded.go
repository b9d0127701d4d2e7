package report

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	json2 "github.com/go-json-experiment/json"

	"acronis-conformance/schemas"
)

// Records is what the processes of a run have recorded.
type Records struct {
	Header    Header
	Checks    []Check
	Limits    []Limit
	Steps     []Step
	Specs     []Spec
	Leftovers []Leftover
	sent      map[int]Requests // by the number of a process that came to its end
	damaged   []string         // files that hold a line that is not a record
}

// ReadRecords reads what the processes have recorded in the directory. Without a header there is nothing to make a
// result of, which is an error that is fs.ErrNotExist.
func ReadRecords(dir string) (*Records, error) {
	files, err := filepath.Glob(filepath.Join(dir, "process-*.jsonl"))
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	r := &Records{sent: map[int]Requests{}}
	for _, file := range files {
		number, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "process-"), ".jsonl"))
		err := eachLine(file, func(line []byte) {
			if err := r.take(number, line); err != nil && !slices.Contains(r.damaged, filepath.Base(file)) {
				r.damaged = append(r.damaged, filepath.Base(file))
			}
		})
		if err != nil {
			return nil, err
		}
	}
	switch {
	case r.Header.Run.ID == "":
		return nil, fmt.Errorf("no process has recorded anything: %w", fs.ErrNotExist)
	case r.Header.Version != Version:
		return nil, fmt.Errorf("its records have version %d, and this program reads version %d", r.Header.Version,
			Version)
	}
	return r, nil
}

// ReadHeader reads what is known of the run before its first request, and nothing else. Without it, the error is
// fs.ErrNotExist.
func ReadHeader(dir string) (*Header, error) {
	file, err := os.Open(recordsOf(dir, 1))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	line, err := bufio.NewReader(file).ReadBytes('\n')
	var r Records
	if err == nil {
		err = r.take(1, line)
	}
	if err != nil || r.Header.Run.ID == "" {
		return nil, fmt.Errorf("no process has recorded anything: %w", errors.Join(err, fs.ErrNotExist))
	}
	return &r.Header, nil
}

// eachLine calls do with each whole line of a file; the last one may have been cut off when its process was killed. The
// line is overwritten by the next one.
func eachLine(path string, do func(line []byte)) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	var line []byte
	for from := bufio.NewReader(file); ; {
		part, err := from.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			do(line)
			line = line[:0]
		case errors.Is(err, io.EOF):
			return nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return err
		}
	}
}

func (r *Records) take(process int, line []byte) error {
	line, opens := bytes.CutPrefix(line, []byte(kindOpens))
	kind, value, has := bytes.Cut(line, []byte(valueOpens))
	value, closes := bytes.CutSuffix(value, []byte(recordCloses))
	if !opens || !has || !closes {
		return errors.New("the line is not a record")
	}
	switch Kind(kind) {
	case KindHeader:
		return json2.Unmarshal(value, &r.Header)
	case KindChecks:
		return extend(&r.Checks, value)
	case KindLimits:
		return extend(&r.Limits, value)
	case KindLeftovers:
		return extend(&r.Leftovers, value)
	case KindStep:
		return add(&r.Steps, value)
	case KindSpec:
		return add(&r.Specs, value)
	case KindEnd:
		var sent Requests
		err := json2.Unmarshal(value, &sent)
		r.sent[process] = sent
		return err
	}
	return fmt.Errorf("kind %q is unknown", kind)
}

func add[T any](list *[]T, value []byte) error {
	var one T
	err := json2.Unmarshal(value, &one)
	if err == nil {
		*list = append(*list, one)
	}
	return err
}

func extend[T any](list *[]T, value []byte) error {
	var more []T
	err := json2.Unmarshal(value, &more)
	*list = append(*list, more...)
	return err
}

// Unended lists the processes that did not come to their end.
func (r *Records) Unended() []int {
	var numbers []int
	for process := range max(r.Header.Run.Processes, 1) {
		if !r.Ended(process + 1) {
			numbers = append(numbers, process+1)
		}
	}
	return numbers
}

// Ended reports whether the process came to its end.
func (r *Records) Ended(process int) bool {
	_, ended := r.sent[process]
	return ended
}

// Missing lists the selected specs that were not recorded.
func (r *Records) Missing() []string { return Missing(r.Header.Selected, r.Specs) }

// Missing lists the ids that no spec has.
func Missing(ids []string, specs []Spec) []string {
	has := map[string]bool{}
	for _, s := range specs {
		has[s.ID] = true
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return has[id] })
}

// Input is what a result is built from where the run did not come to build one itself. Its first problem says what is
// missing.
func (r *Records) Input(contract *schemas.Contract) Input {
	in := Input{Run: r.Header.Run, Target: r.Header.Target, Contract: contract, Floors: r.Header.Floors,
		Limits: r.Limits, Preflight: r.Checks,
		Specs: r.Specs, World: r.Steps, Leftovers: r.Leftovers, Unprovokable: map[CellKey]string{}}
	for _, cell := range r.Header.Unprovokable {
		in.Unprovokable[CellKey{cell.Operation, cell.Code}] = cell.Reason
	}
	in.Run.Incomplete = true
	in.Run.Requests = r.Requests()
	in.Run.Ended = in.Run.Started
	waited := 0.0
	for _, s := range r.Specs {
		in.Run.Ended = later(in.Run.Ended, s.Started, s.Seconds)
		if s.Waiting {
			waited += s.Seconds
		}
	}
	for _, s := range r.Steps {
		in.Run.Ended = later(in.Run.Ended, s.Started, s.Seconds)
	}
	in.Run.WallSeconds = in.Run.Ended.Sub(in.Run.Started).Seconds()
	in.Run.WallWithoutWaitingSeconds = in.Run.WallSeconds - waited
	in.Problems = []string{r.problem()}
	return in
}

func later(known, started time.Time, seconds float64) time.Time {
	if ended := started.Add(time.Duration(seconds * float64(time.Second))); ended.After(known) {
		return ended
	}
	return known
}

func (r *Records) problem() string {
	text := "the run was not completed: "
	switch unended := r.Unended(); {
	case len(unended) > 0:
		var names []string
		for _, n := range unended {
			names = append(names, strconv.Itoa(n))
		}
		text += fmt.Sprintf("%s %s of %d did not come to an end", map[bool]string{true: "process",
			false: "processes"}[len(names) == 1],
			strings.Join(names, " and "), max(r.Header.Run.Processes, 1))
	default:
		text += "its processes wrote no report"
	}
	if n := len(r.Missing()); n > 0 {
		text += fmt.Sprintf(", and %d of %d specs left no result", n, len(r.Header.Selected))
	}
	if len(r.damaged) > 0 {
		text += ", and " + strings.Join(r.damaged, ", ") + " cannot be read as a whole"
	}
	return text
}

// Damaged lists the files that hold a line that is not a record.
func (r *Records) Damaged() []string { return r.damaged }

// Requests counts what was sent: as the processes say that came to their end, and of the others by what they have
// recorded.
func (r *Records) Requests() Requests {
	var total Requests
	for _, process := range slices.Sorted(maps.Keys(r.sent)) {
		total.add(r.sent[process])
	}
	unended := r.Unended()
	for _, s := range r.Steps {
		if !slices.Contains(unended, s.Process) {
			continue
		}
		switch s.Phase {
		case PhaseWorld:
			total.World += s.Requests
		case PhaseControl:
			total.Controls += s.Requests
		case PhaseCleanup:
			total.Cleanup += s.Requests
		}
	}
	for _, s := range r.Specs {
		if slices.Contains(unended, s.Process) {
			total.Specs += s.Requests
		}
	}
	return total
}

func (r *Requests) add(more Requests) {
	r.World += more.World
	r.Controls += more.Controls
	r.Specs += more.Specs
	r.Cleanup += more.Cleanup
}
