package spec

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/judge"
	"acronis-conformance/suites/internal/ratelimit"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/waiver"

	. "github.com/onsi/ginkgo/v2"
)

// Names of the report entries.
const (
	specEntry     = "conformance spec"
	leftoverEntry = "conformance leftovers"
	stepsEntry    = "conformance steps"
	requestsEntry = "conformance requests"
	checksEntry   = "conformance preflight"
	answersEntry  = "conformance answers"
)

// The grounds on which an expectation rests: is refusal documented, and is this code?
var (
	Documented          = report.Basis{Rejection: report.Documented, Code: report.Documented}
	RejectionDocumented = report.Basis{Rejection: report.Documented, Code: report.Assumed}
	Assumed             = report.Basis{Rejection: report.Assumed, Code: report.Assumed}
)

// citation is a sentence of the documentation that promises more of a case than the row of the general table does: what it
// asks, in our words with page and section, and a link to the page.
type Citation struct {
	Requirement string
	Link        string
}

// cites returns the citation of a sentence, in our words, on the page of the link.
func Cites(requirement, link string) Citation { return Citation{Requirement: requirement, Link: link} }

// spec is one probe on one subject.
type Spec struct {
	Code      string // label and first part of the id: 401, 20x
	Probe     string
	Variant   string
	Subject   string
	Operation *schemas.Operation // that is called; nil where the reference knows no such call
	Asserts   *schemas.Operation // whose promise it is, where that is another operation than the one called
	Method    string
	Path      string
	// resource is the label of a spec on a path, where no operation has it.
	Resource string
	Want     int
	Or       int // another code that keeps the promise as well; 0 where there is none
	Basis    report.Basis
	Cite     Citation // what promises more of it than the general table does; empty where nothing does
	Lod      string

	Writes   bool // on a faulty server the request changes something that exists
	Waiting  bool // the documentation makes it wait
	Injected bool // the answer is asked for by the fault header
	Settles  bool // it reads what was written a moment ago, which a target may show only after a while: it is asked for again until then

	Control string // the operation whose control proves the unspoilt request
	Objects func(session.Needs)
	Prepare func(ctx context.Context, s *session.Session, id string) (Case, error) // an error is the reason why it is inconclusive
}

// trial is what a spec does: a request or an exchange that took place already, and what is watched over.
type Case struct {
	Request   fixtures.Request
	Fault     *session.Fault
	Exchange  *exchange.Exchange // instead of a request
	Failed    error              // why that exchange is no complete one
	Locks     string             // key of the object that the request aims at
	lock      *session.Lock      // of that object
	Unchanged *session.Watch
	Check     Check
}

// look finds what the one answer alone does not tell, such as an object that is not the one asked for, perhaps with requests of its own.
type Check func(ctx context.Context, e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error)

func (sp Spec) ID() string {
	probe := sp.Probe
	if sp.Variant != "" {
		probe += "-" + sp.Variant
	}
	return sp.Code + "/" + probe + "/" + sp.Subject
}

// addTo names what the spec needs of the world.
func (sp Spec) addTo(n session.Needs) {
	if sp.Control != "" {
		NeedControl(n, sp.Control)
	}
	if sp.Objects != nil {
		sp.Objects(n)
	}
}

func NeedControl(n session.Needs, operation string) {
	n.Controls[operation] = true
	op, call := suite.contract.Operation(operation), suite.catalogue.Call(operation)
	if key := session.ControlKey(op, call); key != "" {
		n.Add(session.Object{Key: key, Side: fixtures.Home, Object: call.Object})
	}
}

// needVictim names the object that the operation's refusals aim at, and what shows that it stays as it is.
func NeedTargetObject(n session.Needs, op *schemas.Operation) {
	call := suite.catalogue.Call(op.ID)
	if key := session.VictimKey(op, call); key != "" {
		n.Add(session.Object{Key: key, Side: fixtures.Home, Object: call.Object})
	}
	if w := ReadBack(op, session.VictimKey(op, call), fixtures.Home); w != nil {
		n.Watch(*w)
	}
}

// watchOf is the look at the object that tells whether a refused write took effect; nil where the operation does not write or
// nothing shows it.
func ReadBack(op *schemas.Operation, key string, as fixtures.Actor) *session.Watch {
	call := suite.catalogue.Call(op.ID)
	if !op.Writes() || suite.contract.Operation(call.Witness) == nil || key == "" {
		return nil
	}
	return &session.Watch{Key: key, As: as, Witness: call.Witness, Where: call.Where}
}

// specify adds the spec to the tree. Its text is its id alone, so that reports and filters find it by that.
func Register(sp Spec) {
	GinkgoHelper()
	suite.specs[sp.ID()] = sp
	It(sp.ID(), sp.labels()[1:], SpecTimeout(suite.timeout()), func(ctx SpecContext) { sp.run(ctx) })
}

// labels are what filters select the spec by. The first one, its code, is that of the container around it.
func (sp Spec) labels() Labels {
	labels := Label(sp.Code, sp.Probe, sp.Mode())
	if subject := sp.asserting(); subject != nil {
		labels = append(labels, subject.Resource, subject.ID)
	} else if sp.Resource != "" {
		labels = append(labels, sp.Resource)
	}
	labels = append(labels, string(sp.Source()))
	if sp.Waiting {
		labels = append(labels, "waiting")
	}
	return labels
}

func (sp Spec) Mode() string {
	if sp.Writes {
		return "write"
	}
	return "read"
}

// source tells what the spec's cell rests on. A failure that was injected proves the clause only.
func (sp Spec) Source() schemas.Source {
	op, code := sp.asserting(), sp.Want
	if sp.Asserts != nil {
		code = sp.Asserts.Success()
	}
	if op != nil && !sp.Injected && op.Documents(code) {
		return schemas.FromReference
	}
	return schemas.FromClause
}

// promiser is the operation whose cell the spec asserts.
func (sp Spec) asserting() *schemas.Operation {
	if sp.Asserts != nil {
		return sp.Asserts
	}
	return sp.Operation
}

func (sp Spec) expectation() judge.Expectation {
	return judge.Expectation{Operation: sp.Operation, Code: sp.Want, Or: sp.Or, Basis: sp.Basis, Lod: sp.Lod,
		Injected: sp.Injected && sp.Want/100 == 5}
}

func (sp Spec) run(ctx SpecContext) {
	GinkgoHelper()
	s := suite.session
	record := sp.record()
	started := time.Now()
	limited, cancel := ratelimit.WithTimeout(ctx, s.Timeouts().Spec)
	defer cancel()
	finding, exchanges := sp.evaluate(limited, s)
	record.Started, record.Seconds = started.UTC(), time.Since(started).Seconds()
	conclude(s, record, finding, exchanges)
}

// examine provokes the code and judges what comes.
func (sp Spec) evaluate(ctx context.Context, s *session.Session) (judge.Result, []*exchange.Exchange) {
	if reason := sp.SkipReason(s); reason != "" {
		return inconclusive(reason), nil
	}
	t, err := sp.Prepare(ctx, s, sp.ID())
	if err != nil {
		return inconclusive(err.Error()), nil
	}
	if t.Failed != nil {
		return targetFailed(t.Failed), Exchanges(t.Exchange)
	}
	if t.Locks != "" && sp.Writes {
		lock, err := s.Lock(ctx, t.Locks)
		if err != nil {
			return targetFailed(err), nil
		}
		defer lock.Unlock()
		if lock.ModifiedBy != "" {
			if err := sp.remake(ctx, lock, t.Locks); err != nil {
				return targetFailed(err), nil
			}
		}
		if lock.Renewed && t.Exchange == nil { // the request is for the object that was
			if t, err = sp.Prepare(ctx, s, sp.ID()); err != nil {
				return inconclusive(err.Error()), nil
			}
		}
		switch t.lock = lock; {
		case lock.ModifiedBy == "":
		case sp.independentOfState():
			t.Unchanged = nil
		default:
			return inconclusive("see " + lock.ModifiedBy + ": it changed the object that this spec aims at"), nil
		}
	}
	if t.Exchange != nil {
		return sp.judge(ctx, s, t, t.Exchange)
	}
	if err := s.World.Authorize(&t.Request); err != nil {
		return inconclusive(err.Error()), nil
	}
	return sp.send(ctx, s, t)
}

// remake makes the object anew that a request changed which should have been rejected.
func (sp Spec) remake(ctx context.Context, lock *session.Lock, key string) error {
	needs := session.NewNeeds()
	sp.addTo(needs)
	var watches []session.Watch
	for _, w := range needs.Watches {
		if w.Key == key {
			watches = append(watches, w)
		}
	}
	return lock.Remake(ctx, needs.Objects[key], watches)
}

// standsAlone reports whether the rejection is decided before the state of the object that the request aims at: by the credentials, by the
// rights of the caller, or for the request's own sake.
func (sp Spec) independentOfState() bool {
	switch sp.Want {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusUnsupportedMediaType:
		return true
	case http.StatusBadRequest:
		return sp.Basis != Documented // what is documented of 400 is a state: an enabled tenant is not deleted
	}
	return false
}

// ask sends the request, and sends it again as long as the target may need to show what was written.
func (sp Spec) send(ctx context.Context, s *session.Session, t Case) (judge.Result, []*exchange.Exchange) {
	var all []*exchange.Exchange
	for begin := time.Now(); ; {
		e, err := s.Send(ctx, sp.ID(), t.Request, t.Fault)
		if err != nil {
			return targetFailed(err), append(all, Exchanges(e)...)
		}
		finding, exchanges := sp.judge(ctx, s, t, e)
		all = append(all, exchanges...)
		if !sp.Settles || finding.Verdict == report.Pass || time.Since(begin) >= s.Settle() {
			return finding, all
		}
		select {
		case <-ctx.Done():
			return targetFailed(context.Cause(ctx)), all
		case <-time.After(time.Second):
		}
	}
}

// judge judges the exchange, and what else the spec looks at.
func (sp Spec) judge(ctx context.Context, s *session.Session, t Case, e *exchange.Exchange) (judge.Result, []*exchange.Exchange) {
	exchanges := Exchanges(e)
	if e.Status() == http.StatusUnauthorized && sp.Want != http.StatusUnauthorized {
		if dead, looks, err := s.Dead(ctx, sp.ID(), t.Request.As); dead || err != nil {
			return targetFailed(cmp.Or(err, fmt.Errorf("the token of %s has ended during the run: the target takes it for nothing any more", t.Request.As))), append(exchanges, looks...)
		}
	}
	var finding judge.Result
	// The matcher is the one oracle; its finding also tells what falls short of a violation.
	if _, err := s.Judge.ConformTo(sp.expectation(), &finding).Match(e); err != nil {
		return targetFailed(err), exchanges
	}
	finding = sp.ignoreForm(finding, e)
	if finding.Verdict == report.Error {
		return finding, exchanges // what cannot be judged is not to be compared with anything either
	}
	more, seen, err := sp.checkSideEffects(ctx, s, t, e)
	exchanges = append(exchanges, seen...)
	if reason, isExcuse := errors.AsType[Excused](err); isExcuse {
		return inconclusive(string(reason)), exchanges
	}
	if reason, blank := errors.AsType[Inconclusive](err); blank {
		if finding.Verdict == report.Pass {
			finding.Verdict, finding.Reason = report.Inconclusive, string(reason)
		}
		return finding, exchanges
	}
	if err != nil {
		return targetFailed(err), exchanges
	}
	if len(more) > 0 {
		// That a refused request took effect is graver than anything about the form of its refusal.
		if finding.Verdict != report.Violation || more[0].Rule == "unchanged" {
			finding.Reason, finding.Accepted = more[0].Detail, false
		}
		finding.Verdict, finding.Differences = report.Violation, append(more, finding.Differences...)
	}
	return finding, exchanges
}

// onlyWhatIsShown leaves the form of an answer to the specs of the operation that gives it, where this one asks for something else: that
// a read shows what another operation did, or that a list leaves out what is foreign.
func (sp Spec) ignoreForm(f judge.Result, e *exchange.Exchange) judge.Result {
	served := e.Status()/100 == 2
	switch {
	case sp.Asserts == nil && (sp.Or/100 != 2 || !served):
		return f
	case served:
		return judge.Result{Verdict: report.Pass, Expected: f.Expected, Actual: f.Actual, Advice: f.Advice}
	default:
		return inconclusive("the read that would show it is refused: see 20x/valid-token/" + sp.Operation.ID)
	}
}

// aftermath looks whether a refused write took effect after all, and at what else the spec asks for.
func (sp Spec) checkSideEffects(ctx context.Context, s *session.Session, t Case, e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
	var wrong []schemas.Violation
	var seen []*exchange.Exchange
	if t.Unchanged != nil {
		changed, look, err := s.Changed(ctx, sp.ID(), *t.Unchanged)
		if look != nil {
			seen = append(seen, look)
		}
		if err != nil {
			return nil, seen, err
		}
		// What is served takes effect, and the status says so already; what is refused must not, but for a repeat that meets the effect of
		// the attempt before.
		if changed != "" && e.Status()/100 != 2 && !e.Failed() {
			wrong = append(wrong, schemas.Violation{Path: t.Unchanged.Witness, Rule: "unchanged", Found: changed,
				Detail: fmt.Sprintf("the request was answered with %d and took effect all the same", e.Status())})
		}
	}
	if t.Locks != "" && sp.Writes && (len(wrong) > 0 || e.Failed() || e.Status()/100 == 2 && sp.Want/100 != 2) {
		if err := t.lock.MarkModified(sp.ID()); err != nil {
			return nil, seen, err
		}
	}
	if t.Check == nil {
		return wrong, seen, nil
	}
	more, looks, err := t.Check(ctx, e)
	return append(wrong, more...), append(seen, looks...), err
}

// barred says why the spec cannot be provoked on this target, before anything is sent.
func (sp Spec) SkipReason(s *session.Session) string {
	if may, reason := s.MayWrite(); sp.Writes && !may {
		return reason
	}
	if sp.Control == "" {
		return ""
	}
	control := s.Controls[sp.Control]
	if control == nil {
		return "no control was sent"
	}
	return control.Reason
}

func inconclusive(reason string) judge.Result {
	return judge.Result{Verdict: report.Inconclusive, Reason: reason}
}

// broken is a failure of target or suite, which says nothing about the contract.
func targetFailed(err error) judge.Result {
	return judge.Result{Verdict: report.Error, Reason: err.Error()}
}

func Exchanges(e *exchange.Exchange) []*exchange.Exchange {
	if e == nil {
		return nil
	}
	return []*exchange.Exchange{e}
}

// reference is the documentation that holds the operations' own lists of codes.
const Reference = "https://developer.acronis.com/doc/account-management/v2/"

// record is the spec's entry in the report, without what is not known yet.
func (sp Spec) record() report.Spec {
	r := report.Spec{
		ID: sp.ID(), Code: sp.Code, Probe: sp.Probe, Variant: sp.Variant, Subject: sp.Subject, Method: sp.Method, Path: sp.Path,
		Source: sp.Source(), Basis: sp.Basis, Write: sp.Writes, Waiting: sp.Waiting, Injected: sp.Injected,
		Labels: CurrentSpecReport().Labels(), Process: GinkgoParallelProcess(),
	}
	if subject := sp.asserting(); subject != nil {
		r.Operation, r.Resource, r.Method, r.Path = subject.ID, subject.Resource, subject.Method, subject.Path
	}
	if clause, known := suite.contract.Clause(sp.Want); known {
		r.Requirement, r.Link = clause.Requirement, clause.Source
	} else { // only the reference knows the code
		r.Requirement, r.Link = fmt.Sprintf("%s is answered with %d where the reference says so", sp.Subject, sp.Want), Reference
	}
	if sp.Cite != (Citation{}) {
		r.Requirement, r.Link = sp.Cite.Requirement, sp.Cite.Link
	}
	if sp.Control != "" {
		r.Control = "control/" + sp.Control
	}
	return r
}

// conclude is the one place where a finding becomes the spec's verdict, its report entry and Ginkgo's state.
func conclude(s *session.Session, record report.Spec, f judge.Result, exchanges []*exchange.Exchange) {
	GinkgoHelper()
	record = concluded(s, record, f, exchanges)
	accept(&record)
	s.Reported(record.Operation, record.Differences)
	announce(s, record, f)
}

// accept takes for known or waived what is.
func accept(record *report.Spec) {
	waiver.Conclude(record, suite.config.Name, time.Now(), suite.waivers, suite.known)
}

// announce attaches the record to the spec's node, and gives the node the state that fits its verdict.
func announce(s *session.Session, record report.Spec, f judge.Result) {
	GinkgoHelper()
	attach(specEntry, report.KindSpec, record)
	switch record.Verdict {
	case report.Pass, report.Waived, report.Known:
	case report.Inconclusive:
		Skip("inconclusive: " + record.Reason)
	default:
		f.Reason = record.Reason // which also says what is accepted, and what is not
		Fail(message(s, record, f))
	}
}

// concluded is the record with the finding and its evidence, redacted.
func concluded(s *session.Session, record report.Spec, f judge.Result, exchanges []*exchange.Exchange) report.Spec {
	for _, e := range exchanges {
		record.Exchanges = append(record.Exchanges, e.Evidence(s.Redactor))
		if e.Request.Spec == record.ID {
			record.Requests += len(e.Attempts)
		}
	}
	decide(s, &record, f)
	return record
}

// decide takes the finding over into the record, redacted.
func decide(s *session.Session, record *report.Spec, f judge.Result) {
	record.Verdict, record.Reason = f.Verdict, s.Redactor.String(f.Reason)
	record.Expected, record.Actual = f.Expected, s.Redactor.String(f.Actual)
	record.Accepted = f.Accepted
	for _, advice := range f.Advice {
		record.Advice = append(record.Advice, s.Redactor.String(advice))
	}
	record.Differences = nil
	for i, d := range f.Differences {
		difference := session.Difference(s.Redactor, d)
		f.Differences[i].Found = difference.Found
		record.Differences = append(record.Differences, difference)
	}
}

// message tells a person what was promised, what came, and how to see it again.
func message(s *session.Session, record report.Spec, f judge.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n", record.ID, f)
	fmt.Fprintf(&b, "requirement: %s\n             %s\n", record.Requirement, record.Link)
	for i, e := range record.Exchanges {
		label := "repeat it:  "
		if i > 0 {
			label = "then:       "
		}
		fmt.Fprintf(&b, "%s %s\n", label, e.Curl)
	}
	if len(record.Exchanges) > 0 {
		fmt.Fprintf(&b, "or all of it, once the run is over and its objects are gone:\n             bin/conformance run -target=%s -focus='%s$'\n", suite.config.Name, record.ID)
	}
	return s.Redactor.String(b.String())
}

func encode(value any) string {
	encoded, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprintf("%q", "not encodable: "+err.Error())
	}
	return string(encoded)
}

// callOn builds the operation's valid call on the object under the key.
func CallOn(s *session.Session, op *schemas.Operation, key, id string) (fixtures.Request, fixtures.Vars, error) {
	vars, err := s.CallVars(op.ID, key, strings.NewReplacer("/", "-", "_", "-", "{", "", "}", "").Replace(id))
	if err != nil {
		return fixtures.Request{}, nil, err
	}
	r, err := s.Catalogue.Request(op.ID, vars)
	return r, maps.Clone(vars), err
}

// probe spoils the valid call of an operation.
type Probe struct {
	Code         int
	Name         string
	Basis        report.Basis
	Cite         Citation
	InvalidToken string // the bad token that it sends
	Mutate       func(r *fixtures.Request, s *session.Session) error
}

// unspoilt leaves the call as it is, for probes that only send it with a bad token.
func AsItIs(*fixtures.Request, *session.Session) error { return nil }

var ErrNothingToMutate = errors.New("the call holds nothing that could be spoilt so")

// on is the spec of the probe on the operation: its valid call on its victim, spoilt in one place.
func (p Probe) On(op *schemas.Operation, variant string, spoil func(r *fixtures.Request, s *session.Session) error) Spec {
	key := session.VictimKey(op, suite.catalogue.Call(op.ID))
	return Spec{
		Code: fmt.Sprint(p.Code), Probe: p.Name, Variant: variant, Subject: op.ID, Operation: op, Method: op.Method, Path: op.Path,
		Want: p.Code, Basis: p.Basis, Cite: p.Cite, Writes: op.Writes(), Control: op.ID,
		Objects: func(n session.Needs) {
			NeedTargetObject(n, op)
			if p.InvalidToken != "" {
				n.Forged[p.InvalidToken] = true
			}
		},
		Prepare: func(_ context.Context, s *session.Session, id string) (Case, error) {
			r, _, err := CallOn(s, op, key, id)
			if err != nil {
				return Case{}, err
			}
			if p.InvalidToken != "" {
				if s.Forged[p.InvalidToken] == "" {
					return Case{}, errors.New(s.Missing[p.InvalidToken])
				}
				r.Header.Set("Authorization", "Bearer "+s.Forged[p.InvalidToken])
			}
			if err := spoil(&r, s); err != nil {
				return Case{}, err
			}
			return Case{Request: r, Locks: key, Unchanged: ReadBack(op, key, fixtures.Home)}, nil
		},
	}
}

// Promised gives a probe the basis that its source allows: the refusal is documented there, and the code is not.
func (p Probe) Promised(c Citation) Probe {
	if c != (Citation{}) {
		p.Basis, p.Cite = RejectionDocumented, c
	}
	return p
}

// Promised does the same to a
func (sp Spec) Promised(c Citation) Spec {
	if c != (Citation{}) {
		sp.Basis, sp.Cite = RejectionDocumented, c
	}
	return sp
}
