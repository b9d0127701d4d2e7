package contract

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
	"github.com/onsi/ginkgo/v2/types"
)

const (
	leaves  = types.NodeTypeIt
	skipped = types.SpecStateSkipped
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
	documented = report.Basis{Rejection: report.Documented, Code: report.Documented}
	refusal    = report.Basis{Rejection: report.Documented, Code: report.Assumed}
	assumed    = report.Basis{Rejection: report.Assumed, Code: report.Assumed}
)

// spec is one probe on one subject.
type spec struct {
	code    string // label and first part of the id: 401, 20x
	probe   string
	variant string
	subject string
	op      *schemas.Operation // that is called; nil where the reference knows no such call
	about   *schemas.Operation // whose promise it is, where that is another operation than the one called
	method  string
	path    string
	// resource is the label of a spec on a path, where no operation has it.
	resource string
	want     int
	or       int // another code that keeps the promise as well; 0 where there is none
	ground   report.Basis
	cite     citation // what promises more of it than the general table does; empty where nothing does
	lod      string

	writes   bool // on a faulty server the request changes something that exists
	waiting  bool // the documentation makes it wait
	injected bool // the answer is asked for by the fault header
	settles  bool // it reads what was written a moment ago, which a target may show only after a while: it is asked for again until then

	control string // the operation whose control proves the unspoilt request
	needs   func(session.Needs)
	try     func(ctx context.Context, s *session.Session, id string) (trial, error) // an error is the reason why it is inconclusive
}

// trial is what a spec does: a request or an exchange that took place already, and what is watched over.
type trial struct {
	request  fixtures.Request
	fault    *session.Fault
	exchange *exchange.Exchange // instead of a request
	failed   error              // why that exchange is no complete one
	hold     string             // key of the object that the request aims at
	lock     *session.Lock      // of that object
	watch    *session.Watch
	also     look
}

// look finds what the one answer alone does not tell, such as an object that is not the one asked for, perhaps with requests of its own.
type look func(ctx context.Context, e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error)

func (sp spec) id() string {
	probe := sp.probe
	if sp.variant != "" {
		probe += "-" + sp.variant
	}
	return sp.code + "/" + probe + "/" + sp.subject
}

// addTo names what the spec needs of the world.
func (sp spec) addTo(n session.Needs) {
	if sp.control != "" {
		needControl(n, sp.control)
	}
	if sp.needs != nil {
		sp.needs(n)
	}
}

func needControl(n session.Needs, operation string) {
	n.Controls[operation] = true
	op, call := suite.contract.Operation(operation), suite.catalogue.Call(operation)
	if key := session.ControlKey(op, call); key != "" {
		n.Add(session.Object{Key: key, Side: fixtures.Home, Object: call.Object})
	}
}

// needVictim names the object that the operation's refusals aim at, and what shows that it stays as it is.
func needVictim(n session.Needs, op *schemas.Operation) {
	call := suite.catalogue.Call(op.ID)
	if key := session.VictimKey(op, call); key != "" {
		n.Add(session.Object{Key: key, Side: fixtures.Home, Object: call.Object})
	}
	if w := watchOf(op, session.VictimKey(op, call), fixtures.Home); w != nil {
		n.Watch(*w)
	}
}

// watchOf is the look at the object that tells whether a refused write took effect; nil where the operation does not write or
// nothing shows it.
func watchOf(op *schemas.Operation, key string, as fixtures.Actor) *session.Watch {
	call := suite.catalogue.Call(op.ID)
	if !op.Writes() || suite.contract.Operation(call.Witness) == nil || key == "" {
		return nil
	}
	return &session.Watch{Key: key, As: as, Witness: call.Witness, Where: call.Where}
}

// specify adds the spec to the tree. Its text is its id alone, so that reports and filters find it by that.
func specify(sp spec) {
	GinkgoHelper()
	suite.specs[sp.id()] = sp
	It(sp.id(), sp.labels()[1:], SpecTimeout(suite.timeout()), func(ctx SpecContext) { sp.run(ctx) })
}

// labels are what filters select the spec by. The first one, its code, is that of the container around it.
func (sp spec) labels() Labels {
	labels := Label(sp.code, sp.probe, sp.mode())
	if subject := sp.promiser(); subject != nil {
		labels = append(labels, subject.Resource, subject.ID)
	} else if sp.resource != "" {
		labels = append(labels, sp.resource)
	}
	labels = append(labels, string(sp.source()))
	if sp.waiting {
		labels = append(labels, "waiting")
	}
	return labels
}

func (sp spec) mode() string {
	if sp.writes {
		return "write"
	}
	return "read"
}

// source tells what the spec's cell rests on. A failure that was injected proves the clause only.
func (sp spec) source() schemas.Source {
	op, code := sp.promiser(), sp.want
	if sp.about != nil {
		code = sp.about.Success()
	}
	if op != nil && !sp.injected && op.Documents(code) {
		return schemas.FromReference
	}
	return schemas.FromClause
}

// promiser is the operation whose cell the spec asserts.
func (sp spec) promiser() *schemas.Operation {
	if sp.about != nil {
		return sp.about
	}
	return sp.op
}

func (sp spec) expectation() judge.Expectation {
	return judge.Expectation{Operation: sp.op, Code: sp.want, Or: sp.or, Basis: sp.ground, Lod: sp.lod,
		Injected: sp.injected && sp.want/100 == 5}
}

func (sp spec) run(ctx SpecContext) {
	GinkgoHelper()
	s := suite.session
	record := sp.record()
	started := time.Now()
	limited, cancel := ratelimit.WithTimeout(ctx, s.Timeouts().Spec)
	defer cancel()
	finding, exchanges := sp.examine(limited, s)
	record.Started, record.Seconds = started.UTC(), time.Since(started).Seconds()
	conclude(s, record, finding, exchanges)
}

// examine provokes the code and judges what comes.
func (sp spec) examine(ctx context.Context, s *session.Session) (judge.Result, []*exchange.Exchange) {
	if reason := sp.barred(s); reason != "" {
		return inconclusive(reason), nil
	}
	t, err := sp.try(ctx, s, sp.id())
	if err != nil {
		return inconclusive(err.Error()), nil
	}
	if t.failed != nil {
		return broken(t.failed), exchangesOf(t.exchange)
	}
	if t.hold != "" && sp.writes {
		lock, err := s.Lock(ctx, t.hold)
		if err != nil {
			return broken(err), nil
		}
		defer lock.Unlock()
		if lock.ModifiedBy != "" {
			if err := sp.remake(ctx, lock, t.hold); err != nil {
				return broken(err), nil
			}
		}
		if lock.Renewed && t.exchange == nil { // the request is for the object that was
			if t, err = sp.try(ctx, s, sp.id()); err != nil {
				return inconclusive(err.Error()), nil
			}
		}
		switch t.lock = lock; {
		case lock.ModifiedBy == "":
		case sp.standsAlone():
			t.watch = nil
		default:
			return inconclusive("see " + lock.ModifiedBy + ": it changed the object that this spec aims at"), nil
		}
	}
	if t.exchange != nil {
		return sp.judge(ctx, s, t, t.exchange)
	}
	if err := s.World.Authorize(&t.request); err != nil {
		return inconclusive(err.Error()), nil
	}
	return sp.ask(ctx, s, t)
}

// remake makes the object anew that a request changed which should have been rejected.
func (sp spec) remake(ctx context.Context, lock *session.Lock, key string) error {
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
func (sp spec) standsAlone() bool {
	switch sp.want {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusUnsupportedMediaType:
		return true
	case http.StatusBadRequest:
		return sp.ground != documented // what is documented of 400 is a state: an enabled tenant is not deleted
	}
	return false
}

// ask sends the request, and sends it again as long as the target may need to show what was written.
func (sp spec) ask(ctx context.Context, s *session.Session, t trial) (judge.Result, []*exchange.Exchange) {
	var all []*exchange.Exchange
	for begin := time.Now(); ; {
		e, err := s.Send(ctx, sp.id(), t.request, t.fault)
		if err != nil {
			return broken(err), append(all, exchangesOf(e)...)
		}
		finding, exchanges := sp.judge(ctx, s, t, e)
		all = append(all, exchanges...)
		if !sp.settles || finding.Verdict == report.Pass || time.Since(begin) >= s.Settle() {
			return finding, all
		}
		select {
		case <-ctx.Done():
			return broken(context.Cause(ctx)), all
		case <-time.After(time.Second):
		}
	}
}

// judge judges the exchange, and what else the spec looks at.
func (sp spec) judge(ctx context.Context, s *session.Session, t trial, e *exchange.Exchange) (judge.Result, []*exchange.Exchange) {
	exchanges := exchangesOf(e)
	if e.Status() == http.StatusUnauthorized && sp.want != http.StatusUnauthorized {
		if dead, looks, err := s.Dead(ctx, sp.id(), t.request.As); dead || err != nil {
			return broken(cmp.Or(err, fmt.Errorf("the token of %s has ended during the run: the target takes it for nothing any more", t.request.As))), append(exchanges, looks...)
		}
	}
	var finding judge.Result
	// The matcher is the one oracle; its finding also tells what falls short of a violation.
	if _, err := s.Judge.ConformTo(sp.expectation(), &finding).Match(e); err != nil {
		return broken(err), exchanges
	}
	finding = sp.onlyWhatIsShown(finding, e)
	if finding.Verdict == report.Error {
		return finding, exchanges // what cannot be judged is not to be compared with anything either
	}
	more, seen, err := sp.aftermath(ctx, s, t, e)
	exchanges = append(exchanges, seen...)
	if reason, isExcuse := errors.AsType[excuse](err); isExcuse {
		return inconclusive(string(reason)), exchanges
	}
	if reason, blank := errors.AsType[unseen](err); blank {
		if finding.Verdict == report.Pass {
			finding.Verdict, finding.Reason = report.Inconclusive, string(reason)
		}
		return finding, exchanges
	}
	if err != nil {
		return broken(err), exchanges
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
func (sp spec) onlyWhatIsShown(f judge.Result, e *exchange.Exchange) judge.Result {
	served := e.Status()/100 == 2
	switch {
	case sp.about == nil && (sp.or/100 != 2 || !served):
		return f
	case served:
		return judge.Result{Verdict: report.Pass, Expected: f.Expected, Actual: f.Actual, Advice: f.Advice}
	default:
		return inconclusive("the read that would show it is refused: see 20x/valid-token/" + sp.op.ID)
	}
}

// aftermath looks whether a refused write took effect after all, and at what else the spec asks for.
func (sp spec) aftermath(ctx context.Context, s *session.Session, t trial, e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
	var wrong []schemas.Violation
	var seen []*exchange.Exchange
	if t.watch != nil {
		changed, look, err := s.Changed(ctx, sp.id(), *t.watch)
		if look != nil {
			seen = append(seen, look)
		}
		if err != nil {
			return nil, seen, err
		}
		// What is served takes effect, and the status says so already; what is refused must not, but for a repeat that meets the effect of
		// the attempt before.
		if changed != "" && e.Status()/100 != 2 && !e.Failed() {
			wrong = append(wrong, schemas.Violation{Path: t.watch.Witness, Rule: "unchanged", Found: changed,
				Detail: fmt.Sprintf("the request was answered with %d and took effect all the same", e.Status())})
		}
	}
	if t.hold != "" && sp.writes && (len(wrong) > 0 || e.Failed() || e.Status()/100 == 2 && sp.want/100 != 2) {
		if err := t.lock.MarkModified(sp.id()); err != nil {
			return nil, seen, err
		}
	}
	if t.also == nil {
		return wrong, seen, nil
	}
	more, looks, err := t.also(ctx, e)
	return append(wrong, more...), append(seen, looks...), err
}

// barred says why the spec cannot be provoked on this target, before anything is sent.
func (sp spec) barred(s *session.Session) string {
	if may, reason := s.MayWrite(); sp.writes && !may {
		return reason
	}
	if sp.control == "" {
		return ""
	}
	control := s.Controls[sp.control]
	if control == nil {
		return "no control was sent"
	}
	return control.Reason
}

func inconclusive(reason string) judge.Result {
	return judge.Result{Verdict: report.Inconclusive, Reason: reason}
}

// broken is a failure of target or suite, which says nothing about the contract.
func broken(err error) judge.Result {
	return judge.Result{Verdict: report.Error, Reason: err.Error()}
}

func exchangesOf(e *exchange.Exchange) []*exchange.Exchange {
	if e == nil {
		return nil
	}
	return []*exchange.Exchange{e}
}

// reference is the documentation that holds the operations' own lists of codes.
const reference = "https://developer.acronis.com/doc/account-management/v2/"

// record is the spec's entry in the report, without what is not known yet.
func (sp spec) record() report.Spec {
	r := report.Spec{
		ID: sp.id(), Code: sp.code, Probe: sp.probe, Variant: sp.variant, Subject: sp.subject, Method: sp.method, Path: sp.path,
		Source: sp.source(), Basis: sp.ground, Write: sp.writes, Waiting: sp.waiting, Injected: sp.injected,
		Labels: CurrentSpecReport().Labels(), Process: GinkgoParallelProcess(),
	}
	if subject := sp.promiser(); subject != nil {
		r.Operation, r.Resource, r.Method, r.Path = subject.ID, subject.Resource, subject.Method, subject.Path
	}
	if clause, known := suite.contract.Clause(sp.want); known {
		r.Requirement, r.Link = clause.Requirement, clause.Source
	} else { // only the reference knows the code
		r.Requirement, r.Link = fmt.Sprintf("%s is answered with %d where the reference says so", sp.subject, sp.want), reference
	}
	if sp.cite != (citation{}) {
		r.Requirement, r.Link = sp.cite.requirement, sp.cite.link
	}
	if sp.control != "" {
		r.Control = "control/" + sp.control
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

// message tells a person what was promised, what came, and how to see it again: in full for the first specs of a fault,
// in a line for the next ones. The record is redacted already; what it says of a fault, such as "expired-token: requests
// ...", would look like a secret with its name.
func message(s *session.Session, record report.Spec, f judge.Result) string {
	suiteConfig, _ := GinkgoConfiguration()
	run, faults := describeRun(suiteConfig), report.Faults([]report.Spec{record})
	var b strings.Builder
	fmt.Fprintln(&b, record.ID)
	if len(faults) > 0 {
		fault := faults[0]
		switch nth := suite.shown(fault.ID); {
		case nth > shortTexts:
			return fmt.Sprintf("%s: fault %s again", record.ID, fault.ID)
		case nth > fullTexts:
			return fmt.Sprintf("%s: fault %s: %s; %s", record.ID, fault.ID, fault.Sentence,
				run.Replay(suite.config.Name, record.ID))
		}
	}
	fmt.Fprintf(&b, "replay:      %s\n", run.Replay(suite.config.Name, record.ID))
	for _, fault := range faults {
		if fault.Gravity != report.AdviceOnly {
			fmt.Fprintf(&b, "fault:       %s %s\n", fault.ID, fault.Sentence)
		}
	}
	fmt.Fprintf(&b, "%srequirement: %s\n             %s\n", s.Redactor.String(f.String()), record.Requirement, record.Link)
	for i, e := range record.Exchanges {
		label := "single request, while the objects exist:"
		if i > 0 {
			label = "then:"
		}
		fmt.Fprintf(&b, "%s\n             %s\n", label, e.Curl)
	}
	return b.String()
}

func encode(value any) string {
	encoded, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprintf("%q", "not encodable: "+err.Error())
	}
	return string(encoded)
}

// callOn builds the operation's valid call on the object under the key.
func callOn(s *session.Session, op *schemas.Operation, key, id string) (fixtures.Request, fixtures.Vars, error) {
	vars, err := s.CallVars(op.ID, key, strings.NewReplacer("/", "-", "_", "-", "{", "", "}", "").Replace(id))
	if err != nil {
		return fixtures.Request{}, nil, err
	}
	r, err := s.Catalogue.Request(op.ID, vars)
	return r, maps.Clone(vars), err
}

// probe spoils the valid call of an operation.
type probe struct {
	code   int
	name   string
	ground report.Basis
	cite   citation
	forged string // the bad token that it sends
	spoil  func(r *fixtures.Request, s *session.Session) error
}

// unspoilt leaves the call as it is, for probes that only send it with a bad token.
func unspoilt(*fixtures.Request, *session.Session) error { return nil }

var errNothingToSpoil = errors.New("the call holds nothing that could be spoilt so")

// on is the spec of the probe on the operation: its valid call on its victim, spoilt in one place.
func (p probe) on(op *schemas.Operation, variant string, spoil func(r *fixtures.Request, s *session.Session) error) spec {
	key := session.VictimKey(op, suite.catalogue.Call(op.ID))
	return spec{
		code: fmt.Sprint(p.code), probe: p.name, variant: variant, subject: op.ID, op: op, method: op.Method, path: op.Path,
		want: p.code, ground: p.ground, cite: p.cite, writes: op.Writes(), control: op.ID,
		needs: func(n session.Needs) {
			needVictim(n, op)
			if p.forged != "" {
				n.Forged[p.forged] = true
			}
		},
		try: func(_ context.Context, s *session.Session, id string) (trial, error) {
			r, _, err := callOn(s, op, key, id)
			if err != nil {
				return trial{}, err
			}
			if p.forged != "" {
				if s.Forged[p.forged] == "" {
					return trial{}, errors.New(s.Missing[p.forged])
				}
				r.Header.Set("Authorization", "Bearer "+s.Forged[p.forged])
			}
			if err := spoil(&r, s); err != nil {
				return trial{}, err
			}
			return trial{request: r, hold: key, watch: watchOf(op, key, fixtures.Home)}, nil
		},
	}
}
