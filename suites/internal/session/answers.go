package session

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/judge"
	"acronis-conformance/suites/internal/redact"
	"acronis-conformance/suites/internal/report"
)

// Answers is what the answers to one operation's requests came to, in all processes and the one who sent them.
type Answers struct {
	Served bool          // a documented success was among them
	Faults []AnswerFault // what is wrong with them and no spec of the operation reports, each thing once
}

// Sound reports whether the operation was served, and nothing is wrong with its answers.
func (a Answers) Sound() bool { return a.Served && len(a.Faults) == 0 }

// Successes leaves the faults of successes.
func (a Answers) Successes(op *schemas.Operation) Answers {
	a.Faults = slices.DeleteFunc(slices.Clone(a.Faults), func(f AnswerFault) bool { return f.Status != op.Success() })
	return a
}

// Resembling leaves the faults of successes, where these are answers of the operation by what they hold: at least one
// of the properties that the reference requires.
func (a Answers) Resembling(op *schemas.Operation) Answers {
	a = a.Successes(op)
	missing := 0
	for _, f := range a.Faults {
		d := f.Difference
		if d.Path == "$" || strings.HasPrefix(d.Path, "header ") {
			return Answers{Served: a.Served}
		}
		if d.Rule == "required" && strings.Count(d.Path, ".") == 1 {
			missing++
		}
	}
	if missing > 0 && missing >= len(op.CheckResponse(op.Success(), "", []byte("{}"))) {
		return Answers{Served: a.Served}
	}
	return a
}

// AnswerFault is one thing that is wrong with an answer. It holds no secrets.
type AnswerFault struct {
	By         string            `json:"by"` // the spec, the control or the phase that sent the request
	Status     int               `json:"status"`
	Difference report.Difference `json:"difference"`
	Exchange   exchange.Evidence `json:"exchange"`
}

// answerNote is a line of the file in which a process keeps what it saw of an operation.
type answerNote struct {
	Operation string       `json:"operation"`
	Served    bool         `json:"served,omitempty"`
	Fault     *AnswerFault `json:"fault,omitempty"`
	Reported  *reported    `json:"reported,omitempty"`
	Given     *judge.Gift  `json:"given,omitempty"` // with the fault that it is where another one was given it before
}

// reported is what a spec of the operation says by itself. Of a status, and of what is waived, it speaks of just
// what was found.
type reported struct {
	Rule  string `json:"rule"`
	Place string `json:"place"`
	Found string `json:"found,omitempty"`
	Exact bool   `json:"exact,omitempty"`
}

// answers judges every answer of a process and writes down what is wrong, for process 1 to read.
type answers struct {
	path string

	mu     sync.Mutex
	file   *os.File
	seen   map[string]bool
	memory judge.Memory
	faults int
	read   map[string]notes // by file
	err    error
}

// maxFaults bounds what a process writes down: a target can break an enumeration in another way with each answer.
const maxFaults = 500

const answersPrefix = "answers-"

func newAnswers(dir string, process int, settle time.Duration) *answers {
	return &answers{path: filepath.Join(dir, fmt.Sprintf("%s%d.jsonl", answersPrefix, process)),
		seen: map[string]bool{}, memory: judge.Memory{Settle: settle}}
}

// note writes the line once for each key.
func (a *answers) note(key string, line func() answerNote) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.seen[key] || a.err != nil {
		return
	}
	a.seen[key] = true
	if a.file == nil {
		if a.file, a.err = os.OpenFile(a.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600); a.err != nil {
			return
		}
	}
	n := line()
	if n.Fault != nil && n.Given == nil {
		if a.faults++; a.faults > maxFaults {
			return
		}
	}
	encoded, err := json.Marshal(n)
	if err == nil {
		_, err = a.file.Write(append(encoded, '\n'))
	}
	a.err = err
}

func (a *answers) close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.file == nil {
		return a.err
	}
	err := a.file.Close()
	a.file = nil
	return errors.Join(a.err, err)
}

// judgeAnswers judges every answer of an exchange by the operation that the request calls, if there is one. A
// failure that the request asked for may be a gateway's.
func (s *Session) judgeAnswers(e *exchange.Exchange) {
	op := s.contract.Called(e.Request.Method, e.Request.Path)
	if op == nil {
		return
	}
	for _, attempt := range e.Attempts {
		if e.Request.Fault != nil && attempt.Status/100 == 5 {
			continue
		}
		if attempt.Status == op.Success() {
			s.answers.note(op.ID, func() answerNote { return answerNote{Operation: op.ID, Served: true} })
		}
		fault := func(d report.Difference) *AnswerFault {
			return &AnswerFault{By: e.Request.Spec, Status: attempt.Status, Difference: d,
				Exchange: e.Evidence(s.Redactor)}
		}
		wrong := append(s.Judge.Answer(op, e.Request, attempt), s.answers.memory.Answer(op, e.Request, attempt)...)
		for _, v := range wrong {
			d := Difference(s.Redactor, v)
			s.answers.note(fmt.Sprintln(op.ID, attempt.Status, sameFault(d)), func() answerNote {
				return answerNote{Operation: op.ID, Fault: fault(d)}
			})
		}
		for _, gift := range judge.Gifts(op, e.Request, attempt) {
			s.answers.note(fmt.Sprintln(gift), func() answerNote {
				return answerNote{Operation: op.ID, Given: &gift, Fault: fault(Difference(s.Redactor, gift.Shared()))}
			})
		}
	}
}

// Reported keeps that a spec of the operation reports the differences by itself: what they are about is told once.
func (s *Session) Reported(operation string, differences []report.Difference) {
	if operation == "" {
		return
	}
	for _, d := range differences {
		r := reported{Rule: d.Rule, Place: place(d.Path), Exact: d.Accepted != nil || d.Rule == "status"}
		if r.Exact {
			r.Found = d.Found
		}
		s.answers.note(fmt.Sprintln(operation, r), func() answerNote {
			return answerNote{Operation: operation, Reported: &r}
		})
	}
}

// Answers reads what all processes have written down so far, by operation.
func (s *Session) Answers() (map[string]Answers, error) {
	if err := s.answers.failed(); err != nil {
		return nil, fmt.Errorf("the answers of the run could not all be judged: %w", err)
	}
	files, err := filepath.Glob(filepath.Join(s.Dir, answersPrefix+"*.jsonl"))
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	var all []answerNote
	s.answers.mu.Lock()
	defer s.answers.mu.Unlock()
	for _, path := range files {
		soFar := s.answers.read[path]
		if err := soFar.readOn(path); err != nil {
			return nil, fmt.Errorf("the answers of the run: %w", err)
		}
		if s.answers.read == nil {
			s.answers.read = map[string]notes{}
		}
		s.answers.read[path] = soFar
		all = append(all, soFar.found...)
	}
	return gather(all), nil
}

func (a *answers) failed() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}

// notes are those of a file, as far as it is read: each look at the answers goes on from there.
type notes struct {
	found []answerNote
	end   int64 // of the last whole line
}

func (n *notes) readOn(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	begin, err := file.Seek(n.end, io.SeekStart)
	if err != nil {
		return err
	}
	for decoder := json.NewDecoder(bufio.NewReader(file)); ; {
		var note answerNote
		switch err := decoder.Decode(&note); {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil // a process was killed in the middle of a line, or has not written it to the end
		case err != nil:
			return fmt.Errorf("%s: %w", path, err)
		}
		n.found, n.end = append(n.found, note), begin+decoder.InputOffset()
	}
}

// gather leaves each fault once, and out what specs report themselves.
func gather(notes []answerNote) map[string]Answers {
	told := map[string]bool{}
	for _, n := range notes {
		if n.Reported != nil {
			told[fmt.Sprintln(n.Operation, *n.Reported)] = true
		}
	}
	all, seen, owners := map[string]Answers{}, map[string]bool{}, map[string]string{}
	for _, n := range notes {
		if g := n.Given; g != nil {
			first, given := owners[g.Kind+g.Value]
			if owners[g.Kind+g.Value] = cmp.Or(first, g.Owner); !given || first == g.Owner {
				continue
			}
		}
		a := all[n.Operation]
		a.Served = a.Served || n.Served
		if n.Fault != nil {
			d := n.Fault.Difference
			at := reported{Rule: d.Rule, Place: place(d.Path)}
			exact := at
			exact.Found, exact.Exact = d.Found, true
			key := fmt.Sprintln(n.Operation, n.Fault.Status, sameFault(d))
			if !told[fmt.Sprintln(n.Operation, at)] && !told[fmt.Sprintln(n.Operation, exact)] && !seen[key] {
				seen[key] = true
				a.Faults = append(a.Faults, *n.Fault)
			}
		}
		all[n.Operation] = a
	}
	for _, a := range all {
		slices.SortFunc(a.Faults, func(x, y AnswerFault) int {
			return cmp.Or(cmp.Compare(x.Status, y.Status), cmp.Compare(x.Difference.Path, y.Difference.Path),
				cmp.Compare(x.Difference.Rule, y.Difference.Rule))
		})
	}
	return all
}

// sameFault is what one fault has in common with another that is told once. A word that is not on a closed list is
// one of its own, as in the reports.
func sameFault(d report.Difference) string {
	if d.Rule == "enum" && len(d.Found) < maxWord {
		return fmt.Sprintln(d.Rule, place(d.Path), d.Found)
	}
	return fmt.Sprintln(d.Rule, place(d.Path))
}

const maxWord = 40

var position = regexp.MustCompile(`\[[0-9]+\]`)

// place is a path in which it does not matter which item of a list it leads through.
func place(path string) string { return position.ReplaceAllString(path, "[*]") }

// truncatedTail is how a shortened value ends: it may be the first half of a secret, which the redactor would not
// know.
var truncatedTail = regexp.MustCompile(`[\w+/=.~-]*…$`)

// Difference is a violation as reports show it.
func Difference(r *redact.Redactor, v schemas.Violation) report.Difference {
	found := truncatedTail.ReplaceAllString(v.Found, "…")
	return report.Difference{Path: r.String(v.Path), Rule: v.Rule, Found: r.String(found), Detail: r.String(v.Detail)}
}
