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
	"runtime"
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
		if err := r.takeAll(number, file); err != nil {
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

// takeAll takes the records of a process. Most of the work is their decoding, which all cores do.
func (r *Records) takeAll(process int, file string) error {
	type record struct {
		keep func(*Records)
		err  error
	}
	inOrder, ended := make(chan chan record, 2*runtime.GOMAXPROCS(0)), make(chan error, 1)
	go func() {
		defer close(inOrder)
		ended <- eachLine(file, func(line []byte) {
			done, whole := make(chan record, 1), bytes.Clone(line)
			inOrder <- done
			go func() {
				keep, err := take(process, whole)
				done <- record{keep, err}
			}()
		})
	}()
	for done := range inOrder {
		switch one := <-done; {
		case one.err == nil:
			one.keep(r)
		case !slices.Contains(r.damaged, filepath.Base(file)):
			r.damaged = append(r.damaged, filepath.Base(file))
		}
	}
	return <-ended
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
		var keep func(*Records)
		if keep, err = take(1, line); err == nil {
			keep(&r)
		}
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

// take decodes a record, and returns what keeps it.
func take(process int, line []byte) (keep func(*Records), err error) {
	line, opens := bytes.CutPrefix(line, []byte(kindOpens))
	kind, value, has := bytes.Cut(line, []byte(valueOpens))
	value, closes := bytes.CutSuffix(value, []byte(recordCloses))
	if !opens || !has || !closes {
		return nil, errors.New("the line is not a record")
	}
	switch Kind(kind) {
	case KindHeader:
		return decoded(value, func(r *Records, h Header) { r.Header = h })
	case KindChecks:
		return decoded(value, func(r *Records, more []Check) { r.Checks = append(r.Checks, more...) })
	case KindLimits:
		return decoded(value, func(r *Records, more []Limit) { r.Limits = append(r.Limits, more...) })
	case KindLeftovers:
		return decoded(value, func(r *Records, more []Leftover) { r.Leftovers = append(r.Leftovers, more...) })
	case KindStep:
		return decoded(value, func(r *Records, one Step) { r.Steps = append(r.Steps, one) })
	case KindSpec:
		return decoded(value, func(r *Records, one Spec) { r.Specs = append(r.Specs, one) })
	case KindEnd:
		return decoded(value, func(r *Records, sent Requests) { r.sent[process] = sent })
	}
	return nil, fmt.Errorf("kind %q is unknown", kind)
}

func decoded[T any](value []byte, keep func(*Records, T)) (func(*Records), error) {
	var one T
	err := json2.Unmarshal(value, &one)
	return func(r *Records) { keep(r, one) }, err
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
