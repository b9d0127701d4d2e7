package report

import (
	"slices"
	"time"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
)

// Version is the version of conformance.json that this package writes, and the only one that it reads.
const Version = 2

// Verdict is what became of a spec, of a cell, or of the whole run.
type Verdict string

const (
	// Pass says that the target kept the promise.
	Pass Verdict = "pass"
	// Violation says that the target contradicts the documentation.
	Violation Verdict = "violation"
	// Waived says that the target contradicts the documentation, and that this is known and accepted for a time.
	Waived Verdict = "waived"
	// Known says that the target contradicts the documentation as the live service is publicly known to do.
	Known Verdict = "known"
	// Inconclusive says that the promise could not be put to the test; the reason says why.
	Inconclusive Verdict = "inconclusive"
	// Error says that target or set-up failed, which says nothing about the contract.
	Error Verdict = "error"
)

// Verdicts are all verdicts, in the order in which tables show them.
var Verdicts = [...]Verdict{Pass, Violation, Waived, Known, Inconclusive, Error}

// Asserted reports whether the verdict rests on an answer that was compared with the contract.
func (v Verdict) Asserted() bool { return v == Pass || v == Violation || v == Waived || v == Known }

// Result is everything that one run found. Its JSON form is conformance.json, which schemas/conformance.schema.json
// describes.
type Result struct {
	Version   int     `json:"version"`
	Run       Run     `json:"run"`
	Target    Target  `json:"target"`
	Floors    *Floors `json:"floors,omitempty"` // absent on the embedded mock
	Limits    []Limit `json:"limits"`           // what cannot be tested on the target
	Preflight []Check `json:"preflight"`
	Verdict   Verdict `json:"verdict"`
	Reason    string  `json:"reason"` // one sentence that carries the verdict
	// what makes the run itself unusable, whatever its specs say; a sentence each
	Problems  []string         `json:"problems"`
	Faults    []Fault          `json:"faults"`    // what the specs show, the gravest first: see Faults
	Totals    Totals           `json:"totals"`    // over all codes
	Codes     []CodeTotals     `json:"codes"`     // 20x to 50x, in ascending order
	Resources []ResourceTotals `json:"resources"` // by name
	// those of the reference in the contract's order, then those of the clauses
	Cells     []Cell     `json:"cells"`
	Specs     []Spec     `json:"specs"`     // by id
	World     []Step     `json:"world"`     // what was sent around the specs, in the order of sending
	Leftovers []Leftover `json:"leftovers"` // what clean-up could not delete
	// ids of the specs whose request was served though nothing documents a refusal
	Accepted   []string    `json:"accepted"`
	Transients []Transient `json:"transients"` // 50x that went away after a repeat
	Advice     []Advice    `json:"advice"`     // what HTTP in general asks beyond the documentation
}

// Run is the identity of a run, and what it took.
type Run struct {
	ID          string    `json:"id"`
	Suite       string    `json:"suite"`    // version of the suite
	Contract    string    `json:"contract"` // title and version of the contract
	Seed        int64     `json:"seed"`
	Processes   int       `json:"processes"`
	Started     time.Time `json:"started"`
	Ended       time.Time `json:"ended"`
	WallSeconds float64   `json:"wall_seconds"`
	// without the specs that wait by order of the documentation
	WallWithoutWaitingSeconds float64 `json:"wall_without_waiting_seconds"`
	// only a part of the specs was selected; such a run is never a gate
	Filtered bool     `json:"filtered"`
	Filter   string   `json:"filter,omitempty"`
	Config   string   `json:"config,omitempty"`  // path of the ginkgo.yml of the run
	Defects  []string `json:"defects,omitempty"` // that the embedded mock was served with
	// ReplayCommand begins the commands that run a part of the run again: program and flags as they were typed, such
	// as bin/conformance replay -config=other.yml. Empty: the program is found by its name.
	ReplayCommand []string `json:"replay_command,omitempty"`
	// made of what the processes recorded: one at least did not come to its end
	Incomplete bool     `json:"incomplete,omitempty"`
	Requests   Requests `json:"requests"`
}

// Requests counts what a run sent, by purpose.
type Requests struct {
	World    int `json:"world"`
	Controls int `json:"controls"`
	Specs    int `json:"specs"`
	Cleanup  int `json:"cleanup"`
	// Throttled counts those of them that were answered with 429, and sent again later.
	Throttled int `json:"throttled,omitempty"`
}

// Total is the number of all requests of the run.
func (r Requests) Total() int { return r.World + r.Controls + r.Specs + r.Cleanup }

// Target is where the run took place and what it was allowed to do there, without any secret.
type Target struct {
	Name       string   `json:"name"`
	URL        string   `json:"url"`
	Allow      []string `json:"allow"`
	Production bool     `json:"production"`
	Strict     bool     `json:"strict"`
	Assumed    string   `json:"assumed"`
	Rate       string   `json:"rate,omitempty"` // such as 10/s; absent where there is no limit, as are the next two
	// Concurrency is the number of requests in flight at most.
	Concurrency int `json:"concurrency,omitempty"`
	Budget      int `json:"budget,omitempty"` // requests in the run at most
	// KnownDeviations says what became of what the live service is publicly known to do otherwise: report or fail;
	// absent where it does not apply.
	KnownDeviations string `json:"known_deviations,omitempty"`
}

// CheckState is the outcome of a preflight check.
type CheckState string

const (
	// CheckOK says that nothing is wrong.
	CheckOK CheckState = "ok"
	// CheckWarning says that the run can go on but will show less.
	CheckWarning CheckState = "warning"
	// CheckFailed says that the run cannot go on.
	CheckFailed CheckState = "failed"
)

// WaiversCheck is the name of the check that tells of waivers which end soon.
const WaiversCheck = "waivers"

// Check is one thing that was looked at before the world was made.
type Check struct {
	Name   string     `json:"name"`
	State  CheckState `json:"state"`
	Detail string     `json:"detail"`           // what was found
	Remedy string     `json:"remedy,omitempty"` // what to do about it
}

// Counts counts specs by verdict.
type Counts struct {
	Total        int `json:"total"`
	Pass         int `json:"pass"`
	Violation    int `json:"violation"`
	Waived       int `json:"waived"`
	Known        int `json:"known"`
	Inconclusive int `json:"inconclusive"`
	Error        int `json:"error"`
}

// CellCounts counts cells by verdict.
type CellCounts struct {
	Total        int `json:"total"`
	Asserted     int `json:"asserted"` // everything but inconclusive
	Pass         int `json:"pass"`
	Violation    int `json:"violation"`
	Waived       int `json:"waived"`
	Known        int `json:"known"`
	Inconclusive int `json:"inconclusive"`
}

// Totals is what a run, a code or a resource amounts to.
type Totals struct {
	Specs     Counts     `json:"specs"`
	Reference CellCounts `json:"reference"` // cells of the operations' own lists
	Clause    CellCounts `json:"clause"`    // cells of the general table that specs address
}

// CodeTotals is what one code amounts to.
type CodeTotals struct {
	Code string `json:"code"`
	Totals
}

// ResourceTotals is what one resource amounts to.
type ResourceTotals struct {
	Resource string `json:"resource"`
	Totals
}

// Cell is one (subject, status code) pair of the contract, with what became of it.
type Cell struct {
	Subject   string         `json:"subject"`             // an operation, a method on a path, or a path prefix
	Operation string         `json:"operation,omitempty"` // absent where the subject is none
	Method    string         `json:"method,omitempty"`
	Path      string         `json:"path,omitempty"`
	Resource  string         `json:"resource,omitempty"`
	Class     string         `json:"class"` // the column of the cell: 20x, 401, 50x
	Code      int            `json:"code"`  // 0 in cells of the clause 50x, where any code of the family will do
	Source    schemas.Source `json:"source"`
	Verdict   Verdict        `json:"verdict"`
	Specs     []string       `json:"specs,omitempty"`  // ids of the specs that address the cell
	Reason    string         `json:"reason,omitempty"` // why it is not a pass
}

// Certainty says what carries a part of an expectation.
type Certainty string

const (
	// Documented says that the documentation promises it.
	Documented Certainty = "documented"
	// Assumed says that it is only likely.
	Assumed Certainty = "assumed"
)

// Basis is what carries the expectation of a probe.
type Basis struct {
	Rejection Certainty `json:"refusal"` // that the request is refused at all; for 20x, that it is served
	Code      Certainty `json:"code"`    // that it is answered with this very code
}

// Difference is one place where a body departs from its schema.
type Difference struct {
	Path   string `json:"path"` // JSON path, such as $.error.code
	Rule   string `json:"rule"`
	Found  string `json:"found,omitempty"` // as JSON, shortened
	Detail string `json:"detail"`
	// Accepted says why it is not a violation; absent where it is one.
	Accepted *Acceptance `json:"accepted,omitempty"`
}

// Spec is one probe on one subject, with its verdict and its evidence.
type Spec struct {
	ID          string         `json:"id"`   // code/probe[-variant]/subject
	Code        string         `json:"code"` // 401, or a family: 20x, 50x
	Probe       string         `json:"probe"`
	Variant     string         `json:"variant,omitempty"`
	Subject     string         `json:"subject"`
	Operation   string         `json:"operation,omitempty"`
	Method      string         `json:"method"`
	Path        string         `json:"path"`
	Resource    string         `json:"resource,omitempty"`
	Source      schemas.Source `json:"source"`
	Basis       Basis          `json:"ground"`
	Verdict     Verdict        `json:"verdict"`
	Reason      string         `json:"reason,omitempty"`
	Requirement string         `json:"requirement"` // what the documentation asks, in our words
	// file and line of the rule, such as suites/contract/401_unauthorized.go:26
	Rule        string       `json:"rule,omitempty"`
	Link        string       `json:"link"` // to the page that asks it
	Expected    string       `json:"expected"`
	Actual      string       `json:"actual"`
	Differences []Difference `json:"differences,omitempty"`
	Advice      []string     `json:"advice,omitempty"`
	Labels      []string     `json:"labels,omitempty"`
	Write       bool         `json:"write"`    // the request could change something
	Waiting     bool         `json:"waiting"`  // the spec waits by order of the documentation
	Injected    bool         `json:"injected"` // the answer was asked for by the fault header
	Accepted    bool         `json:"accepted"` // served, though neither refusal nor code is documented
	// id of the step that proves the unspoilt request to succeed
	Control   string              `json:"control,omitempty"`
	Requests  int                 `json:"requests"`
	Process   int                 `json:"process"`
	Started   time.Time           `json:"started"`
	Seconds   float64             `json:"seconds"`
	Exchanges []exchange.Evidence `json:"exchanges,omitempty"`
}

// Own lists the exchanges that the spec sent itself. That of a control, which it only judges, stands in the control's
// step.
func (s Spec) Own() []exchange.Evidence {
	return slices.DeleteFunc(slices.Clone(s.Exchanges), func(e exchange.Evidence) bool {
		return e.Spec != "" &&
			e.Spec != s.ID
	})
}

// Phase says what a step was for.
type Phase string

const (
	// PhaseWorld is the making of the sandbox.
	PhaseWorld Phase = "world"
	// PhaseControl proves that a request succeeds as long as nothing is spoilt.
	PhaseControl Phase = "control"
	// PhaseCleanup removes what the run has made.
	PhaseCleanup Phase = "cleanup"
)

// Step is something that the run sent besides the specs' own requests.
type Step struct {
	ID        string              `json:"id"` // such as control/FetchTenant
	Phase     Phase               `json:"phase"`
	Operation string              `json:"operation,omitempty"`
	OK        bool                `json:"ok"`
	Reason    string              `json:"reason,omitempty"` // why it is not ok
	Requests  int                 `json:"requests"`
	Process   int                 `json:"process"`
	Started   time.Time           `json:"started"`
	Seconds   float64             `json:"seconds"`
	Exchanges []exchange.Evidence `json:"exchanges,omitempty"`
}

// Leftover is an object that the run has made and could not delete.
type Leftover struct {
	Kind    string `json:"kind"` // tenant, client, user
	ID      string `json:"id"`
	Name    string `json:"name"`
	Reason  string `json:"reason"`  // why it is still there
	Command string `json:"command"` // what removes it
}

// Transient is a 50x that went away after a documented repeat. It fails nothing, but the gate counts it.
type Transient struct {
	By        string    `json:"by"` // id of the spec or step
	Operation string    `json:"operation,omitempty"`
	Method    string    `json:"method"`
	URL       string    `json:"url"`
	Status    int       `json:"status"` // of the first attempt that failed
	Time      time.Time `json:"time"`
	RequestID string    `json:"request_id,omitempty"` // as the target named it in its answer
}

// Advice is one remark with the specs that it was made on.
type Advice struct {
	Text  string   `json:"text"`
	Specs []string `json:"specs"`
}
