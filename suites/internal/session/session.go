// Package session is one run of the suite against one target: process 1 opens it (log in, sandbox, controls), the
// other processes join it with what process 1 prepared, and every process sends its requests through it.
package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/judge"
	"acronis-conformance/suites/internal/ratelimit"
	"acronis-conformance/suites/internal/redact"
	"acronis-conformance/suites/internal/report"
)

// phaseSpec counts the specs' own requests; they are not steps of the report.
const phaseSpec report.Phase = "spec"

// Access is all that the suite knows of a target beside its permissions. It is the same for the embedded mock and for
// a data center: there is no back door.
type Access struct {
	URL          string
	ClientID     string
	ClientSecret string
	ExpiredToken string
	FaultHeader  string
}

// Options are what a session needs to know.
type Options struct {
	Config    *config.File
	Catalogue *fixtures.Catalogue
	Access    Access
	Version   string // of the suite
	// Outline keeps headers and bodies out of the evidence: a plan asks for the requests only.
	Outline bool
	// KeepToken lets the run keep a token of its own for the next run to find it expired, and use that of an earlier
	// one.
	KeepToken bool
	// Keep leaves what the run makes, and gives each secret a name that no other one has: see Variables.
	Keep      bool
	Pace      string // the directory in which the processes share their pace; empty for the run's own
	Process   int    // the number of this process, from 1
	Processes int    // how many processes the run has; 0 means one
	Alone     bool   // no other process sends requests of the run
	Run       string // the id of the run that process 1 opens; empty: one is made
	// OnStep is told of each step, one after the other; it may be nil. What it is given makes the step, with its
	// evidence, which may be done later.
	OnStep func(made func() report.Step)
}

// State is what process 1 prepares for the other processes. It holds secrets, so it passes through a private file:
// see Save.
type State struct {
	Run           string
	Dir           string // holds the locks and marks that processes share
	Access        Access
	Sandbox       *fixtures.Sandbox
	Controls      map[string]*Control // by operation
	Watches       []Watch             // of all specs: a spec that makes an object again looks for the others as well
	Baselines     map[string]string   // what a witness showed before the specs, by Watch.key
	InvalidTokens map[string]string   // bad tokens by probe
	SkipReasons   map[string]string   // why a bad token could not be made, by probe
	Checks        []report.Check      // what the preflight found
	Known         fixtures.Knowledge  // which objects are the run's own

	OpenIDAtRoot bool // the OpenID document is at the host's root, and not below /api/2
}

// Session sends requests of one process. Send is safe for concurrent use.
type Session struct {
	State
	Catalogue *fixtures.Catalogue
	Judge     *judge.Judge
	Redactor  *redact.Redactor
	config    *config.File
	contract  *schemas.Contract
	client    *exchange.Client
	registry  *fixtures.Registry
	serials   io.Closer
	limiter   *ratelimit.Limiter
	requests  map[report.Phase]*atomic.Int64
	answers   *answers
	tokenFile string // empty: no token is kept
	process   int
	processes int
	onStep    func(made func() report.Step)
	outline   bool
	steps     int // how many were recorded

	mu sync.Mutex // guards steps, failing and creating
	// by operation: the call of the set-up that the service did not serve as documented
	failing  map[string]*exchange.Exchange
	creating map[string]creation // by id: what a creating call was answered with

	furnishing bool           // the objects are being made
	remakes    map[string]int // by key: how often the object was made again, as far as this process knows
	turns      *turns         // for the objects, where no other process takes part; nil: files lock them
}

func newSession(o Options, state State) (*Session, error) {
	redactor := redact.New()
	redactor.Learn("ACRONIS_CLIENT_SECRET", o.Access.ClientSecret)
	redactor.Learn(placeholder(Expired), o.Access.ExpiredToken)
	redactor.Allow(InvalidToken)
	if o.Keep {
		redactor.Distinguish()
	}
	shared := cmp.Or(o.Pace, state.Dir)
	if o.Processes > 1 {
		if err := redactor.Share(filepath.Join(state.Dir, secretsFile), configured(o.Config.Target).
			Contains); err != nil {
			return nil, err
		}
	}
	limiter, err := ratelimit.New(shared, ratelimit.Of(o.Config.Target))
	if err != nil {
		return nil, err
	}
	if o.Alone {
		limiter.Alone()
	}
	registry := fixtures.NewRegistry()
	registry.Protect(o.Access.ClientID, "the configured client")
	registry.Learn(state.Known)
	// While the run is under way, and where it is killed, this file tells which spec sent a request.
	path := filepath.Join(shared, fmt.Sprintf("serials-%d", o.Process))
	serials, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the serials of the run: %w", err)
	}
	client, err := exchange.NewClient(exchange.Options{
		Limiter: limiter,
		Permit:  func(r exchange.Request) error { return registry.Permit(r.Method, r.Path, r.Query, r.Header, r.Body) },
		BaseURL: o.Access.URL, RootCAs: o.Config.Target.RootCAs, AttemptTimeout: o.Config.Timeouts.Attempt,
		MaxWait: min(time.Minute, o.Config.Timeouts.Spec), // what a spec may take anyway
		Version: o.Version, Run: state.Run, Process: o.Process, Serials: serials, Redactor: redactor,
		Retry: exchange.Retry{Repeats: o.Config.Retry.Repeats, Min: o.Config.Retry.Min, Max: o.Config.Retry.Max},
	})
	if err != nil {
		return nil, err
	}
	var alone *turns
	if o.Alone {
		alone = &turns{of: map[string]chan struct{}{}}
	}
	s := &Session{
		turns: alone,
		State: state, Catalogue: o.Catalogue, Redactor: redactor, config: o.Config, contract: o.Catalogue.Contract(),
		client:  client,
		serials: serials, limiter: limiter,
		registry: registry, requests: map[report.Phase]*atomic.Int64{}, failing: map[string]*exchange.Exchange{},
		creating: map[string]creation{},
		remakes:  map[string]int{},
		process:  o.Process, processes: max(o.Processes, 1),
		answers: newAnswers(state.Dir, o.Process, o.Config.Timeouts.Settle),
		onStep:  o.OnStep,
		outline: o.Outline,
		Judge: &judge.Judge{Contract: o.Catalogue.Contract(), Redactor: redactor,
			Rules: judge.Rules{Strict: o.Config.Target.Strict, Assumed: o.Config.Target.AssumedStrict()}},
	}
	if o.KeepToken {
		s.tokenFile = o.Config.TokenFile()
	}
	for _, phase := range []report.Phase{report.PhaseWorld, report.PhaseControl, phaseSpec, report.PhaseCleanup} {
		s.requests[phase] = &atomic.Int64{}
	}
	return s, nil
}

// Open is process 1's: it logs in, makes the sandbox and what the needs name, and sends the controls. On an error
// everything that was made so far is still to be removed by Close.
func Open(ctx context.Context, o Options, needs Needs) (*Session, error) {
	dir, err := os.MkdirTemp("", "conformance-")
	if err != nil {
		return nil, fmt.Errorf("a directory for the run's locks: %w", err)
	}
	s, err := newSession(o, State{
		Run: cmp.Or(o.Run, NewRunID(
			time.Now())), Dir: dir, Access: o.Access, Controls: map[string]*Control{}, Baselines: map[string]string{},
		InvalidTokens: map[string]string{}, SkipReasons: map[string]string{},
	})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	builder := fixtures.NewBuilder(s.Catalogue, s.Run, s.do(report.PhaseWorld))
	s.Sandbox = builder.Sandbox
	return s, s.Redactor.Error(s.prepare(ctx, builder, needs)) // an answer may repeat what it was sent
}

func (s *Session) prepare(ctx context.Context, builder *fixtures.Builder, needs Needs) error {
	tenant, err := s.preflight(ctx)
	if err != nil {
		return err
	}
	if err := builder.Login(ctx, fixtures.Credentials{ClientID: s.Access.ClientID,
		ClientSecret: s.Access.ClientSecret}); err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	if s.Sandbox.Tenant != tenant {
		return fmt.Errorf("log in: the target says that the client lies in the tenant %s, and a moment ago it said "+
			"%s: nothing is made in either", s.Sandbox.Tenant, tenant)
	}
	s.registry.Protect(s.Sandbox.Tenant, "the tenant of the configured client")
	if may, reason := s.MayWrite(); !may {
		builder.UseOwnTenant(reason)
	} else if err := s.build(ctx, builder); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	s.keepToken(ctx)
	if err := s.createObjects(ctx, builder, needs); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	if err := s.makeInvalidTokens(ctx, needs); err != nil {
		return err
	}
	s.registerSecrets()
	if err := s.control(ctx, needs); err != nil {
		return err
	}
	s.Watches = needs.watches()
	return s.baseline(ctx, s.Watches)
}

// build makes the sandbox, the one thing that is made in a tenant which is not the run's own.
func (s *Session) build(ctx context.Context, builder *fixtures.Builder) error {
	s.registry.Root(s.Sandbox.Tenant)
	defer s.registry.Root("")
	return builder.Build(ctx)
}

// createObjects makes the objects that the needs name, where anything may be made.
func (s *Session) createObjects(ctx context.Context, builder *fixtures.Builder, needs Needs) error {
	if may, reason := s.MayWrite(); !may {
		s.Sandbox.Absent = reason
		return nil
	}
	if needs.InvalidTokens[Revoked] {
		needs.Add(revokedClient)
	}
	s.furnishing = true // whatever is called from here on is a valid call
	defer func() { s.furnishing = false }()
	err := forEach(ctx, s.Concurrency(), needs.objects(), func(ctx context.Context, object Object) error {
		return builder.Make(ctx, object.Key, object.Side, object.Object)
	})
	if err == nil {
		err = s.registry.Confirm(ctx, s.Sandbox, s.do(report.PhaseWorld), s.grace(), s.Concurrency())
	}
	if err != nil {
		return err
	}
	s.tell()
	return fixtures.Pause(ctx, min(s.ConsistencyTimeout(), 3*time.Second)) // the controls read it
}

// Concurrency is how many requests are under way at a time where their order does not matter: what the target lets be
// in flight, for with a data center whose answers take half a second a run would otherwise take minutes; on the mock,
// which has no limit, enough to keep the processors busy.
func (s *Session) Concurrency() int {
	if limit := s.config.Target.Concurrency; limit > 0 {
		return limit
	}
	if processors := runtime.GOMAXPROCS(0); processors > 1 {
		return 2 * processors
	}
	return 1
}

// forEach does something with all items, so many at a time, in their order where it is one at a time. The first
// error ends it.
func forEach[T any](ctx context.Context, concurrency int, items []T, do func(context.Context, T) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(concurrency)
	for _, item := range items {
		group.Go(func() error {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			return do(ctx, item)
		})
	}
	return group.Wait()
}

// registerSecrets names the run's secrets in the output, so that a reader can tell them apart.
func (s *Session) registerSecrets() {
	for name, secrets := range s.Sandbox.Secrets() {
		for _, secret := range secrets {
			s.Redactor.Learn(name, secret)
		}
	}
	for probe, token := range s.InvalidTokens {
		s.Redactor.Learn(placeholder(probe), token)
	}
}

// Requests counts what this process sent in a phase.
func (s *Session) Requests(phase report.Phase) int { return int(s.requests[phase].Load()) }

// Requested counts what this process sent, by phase.
func (s *Session) Requested() report.Requests {
	return report.Requests{World: s.Requests(report.PhaseWorld), Controls: s.Requests(report.PhaseControl),
		Specs:   s.Requests(phaseSpec),
		Cleanup: s.Requests(report.PhaseCleanup)}
}

// MayWrite reports whether specs may change anything, and says why they may not.
func (s *Session) MayWrite() (bool, string) {
	if !s.config.Target.MayWrite() {
		return false, "target is read-only"
	}
	return true, ""
}

// Timeouts returns the target's time-outs.
func (s *Session) Timeouts() config.Timeouts { return s.config.Timeouts }

// CleanupTimeout is how long Close may take, so that all processes together keep the target's time-out: process 1,
// which comes last, has what the others leave of it, and these have half of it at most.
func (s *Session) CleanupTimeout() time.Duration {
	limit := s.config.Timeouts.Cleanup
	if s.process > 1 {
		return limit / 2
	}
	left, err := s.limiter.CleanupLeft(limit)
	if err != nil {
		return limit
	}
	return max(left, limit/2)
}

// Close removes what this process created, last-in first-out, and returns what could not be removed. Process 1 closes
// last, and removes what the others have made again: one that ends first is not to take it from the rest.
func (s *Session) Close(ctx context.Context) []fixtures.Leftover {
	defer func() {
		s.client.Close()
		_ = s.serials.Close()
	}()
	ctx = ratelimit.BeyondBudget(ctx) // what was made is removed, whatever the run may still send
	defer func() { _ = s.limiter.CleanedUp(ratelimit.Elapsed(ctx)) }()
	unread := s.learnOthers()
	left := s.registry.Remove(ctx, s.Sandbox, s.renewing(s.do(report.PhaseCleanup)), s.Concurrency())
	for i := range left {
		left[i].ID, left[i].Name, left[i].Reason = s.Redactor.String(left[i].ID), s.Redactor.String(
			left[i].Name), s.Redactor.String(left[i].Reason)
	}
	if unread != nil {
		left = append(left, fixtures.Leftover{Kind: "object", Reason: fmt.Sprintf(
			"what other processes of the run made again is not known: %v; sweep the run for it", unread)})
	}
	return left
}

// Leave ends the session, and leaves what it has made.
func (s *Session) Leave() {
	s.client.Close()
	_ = s.serials.Close()
}

// Variables are the secrets of the run, by the names that stand for them in the lines which repeat its requests.
func (s *Session) Variables() []redact.Secret { return s.Redactor.Secrets() }

// Discard deletes the directory that the processes shared.
func (s *Session) Discard() error { return errors.Join(s.answers.close(), os.RemoveAll(s.Dir)) }
