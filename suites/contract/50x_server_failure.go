package contract

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// The service has an operation issue: the client may repeat the request twice, 1 to 2 seconds apart, and gives up
// after that. The failure is asked for by the target's fault header, as a mesh in front of a staging service
// understands it.
var _ = Describe("50x server failure", Label("50x"), func() {
	for _, op := range spec.Operations(func(*schemas.Operation) bool { return true }) {
		spec.Register(injected(op))
	}

	// One operation each that reads, creates and deletes is followed through the documented repeats. All wait at the
	// same time, in one process, so that they take as long as the longest of them.
	Context("with the documented repeats", Ordered, ContinueOnFailure, func() {
		var waits map[string]*wait
		var specs []spec.Spec
		for _, op := range spec.Operations(spec.Named("FetchTenant", "CreateTenant", "DeleteTenant")) {
			for _, failing := range []int{1, 2, -1} {
				specs = append(specs, repeated(op, failing, func() map[string]*wait { return waits }))
			}
		}
		BeforeAll(func(SpecContext) { waits = begin(specs) }, NodeTimeout(spec.Timeout()))
		for _, sp := range specs {
			spec.Register(sp)
		}
	})
})

// injected fails the operation's valid call once, without a repeat.
func injected(op *schemas.Operation) spec.Spec {
	call := spec.Catalogue().Call(op.ID)
	key := session.VictimKey(op, call)
	return spec.Spec{
		Code: "50x", Probe: "injected-failure", Subject: op.ID, Operation: op, Method: op.Method, Path: op.Path,
		Want:  503,
		Basis: spec.Assumed, Injected: true,
		Writes: op.Writes(), Control: op.ID, Objects: func(n session.Needs) { spec.NeedTargetObject(n, op) },
		Prepare: func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
			if s.Access.FaultHeader == "" {
				return spec.Case{}, errors.New(s.SkipReasons[session.Fault50x])
			}
			r, _, err := spec.CallOn(s, op, key, id)
			return spec.Case{Request: r, Fault: &session.Fault{Status: 503, Attempts: 1}, Locks: key,
				Unchanged: spec.ReadBack(op, key, fixtures.Home)}, err
		},
	}
}

// wait is one exchange with its repeats, under way or done.
type wait struct {
	done     chan struct{}
	exchange *exchange.Exchange
	err      error
}

// begin starts the exchanges of the selected specs. They end with the container at the latest: what a creation makes
// after the run was interrupted would be removed by no one.
func begin(specs []spec.Spec) map[string]*wait {
	waits := map[string]*wait{}
	s := spec.Session()
	ctx, cancel := context.WithCancel(context.Background())
	DeferCleanup(func(ended SpecContext) {
		cancel()
		for _, w := range waits {
			select {
			case <-w.done:
			case <-ended.Done():
			}
		}
	}, NodeTimeout(spec.Timeout()))
	for _, sp := range specs {
		if sp.SkipReason(s) != "" || s.Access.FaultHeader == "" {
			continue
		}
		r, _, err := spec.CallOn(s, sp.Operation, waitKey(sp), sp.Variant)
		if err != nil { // it is not selected, or its object could not be made: the spec says so
			continue
		}
		w := &wait{done: make(chan struct{})}
		waits[sp.ID()] = w
		go func() {
			defer GinkgoRecover()
			defer close(w.done)
			failing := map[string]int{"once": 1, "twice": 2, "always": -1}[sp.Variant]
			w.exchange, w.err = s.Send(ctx, sp.ID(), r, &session.Fault{Status: 503, Attempts: failing, Repeat: true})
		}()
	}
	return waits
}

// waitKey is the key of the object that only the spec's exchange is about. Where the spec is not selected there is
// none.
func waitKey(sp spec.Spec) string {
	return fixtures.Own(spec.Catalogue().Call(sp.Operation.ID).Object, "50x-"+sp.Variant+"-"+sp.Operation.ID)
}

// repeated follows the operation's valid call through the repeats: it fails as often as said, then it is served. A
// repeated creation makes one object, not two.
func repeated(op *schemas.Operation, failing int, waits func() map[string]*wait) spec.Spec {
	call := spec.Catalogue().Call(op.ID)
	sp := spec.Spec{
		Code: "50x", Probe: "repeated-failure", Variant: map[int]string{1: "once", 2: "twice",
			-1: "always"}[failing], Subject: op.ID, Operation: op,
		Method: op.Method, Path: op.Path, Want: op.Success(), Basis: spec.Assumed, Writes: op.Writes(), Waiting: true,
		Injected: true, Control: op.ID,
	}
	if failing < 0 {
		sp.Want = 503
	}
	key := waitKey(sp)
	sp.Objects = func(n session.Needs) {
		n.Add(session.Object{Key: key, Side: fixtures.Home, Object: call.Object})
	}
	sp.Prepare = func(ctx context.Context, s *session.Session, id string) (spec.Case, error) {
		if s.Access.FaultHeader == "" {
			return spec.Case{}, errors.New(s.SkipReasons[session.Fault50x])
		}
		w := waits()[id]
		if w == nil {
			_, _, err := spec.CallOn(s, op, key, sp.Variant)
			return spec.Case{}, cmp.Or(err, errors.New("its exchange was not begun"))
		}
		select {
		case <-w.done:
		case <-ctx.Done():
			return spec.Case{Failed: context.Cause(ctx)}, nil
		}
		t := spec.Case{Exchange: w.exchange, Failed: w.err}
		if op.ID == "CreateTenant" && spec.Contract().Operation("FetchTenantChildren") != nil {
			t.Check = func(ctx context.Context, _ *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange,
				error) {
				return countChildren(ctx, s, id, key, failing)
			}
		}
		return t, nil
	}
	return sp
}

// countChildren looks how many tenants the repeated creation made below its parent.
func countChildren(ctx context.Context, s *session.Session, id, key string, failing int) ([]schemas.Violation,
	[]*exchange.Exchange, error) {
	vars, err := s.Vars(key, "")
	if err != nil {
		return nil, nil, err
	}
	r, err := s.Catalogue.Request("FetchTenantChildren", vars)
	if err != nil {
		return nil, nil, err
	}
	r.Path = "/tenants/" + fmt.Sprint(vars["tenant_id"]) + "/children"
	e, err := s.Send(ctx, id, r, nil)
	if err != nil {
		return nil, spec.Exchanges(e), err
	}
	if spec.Object(e) == nil {
		return nil, spec.Exchanges(e), nil // the body is judged by the operation's own specs
	}
	children := spec.Items(e)
	want := 1
	if failing < 0 {
		want = 0
	}
	if len(children) == want {
		return nil, spec.Exchanges(e), nil
	}
	return []schemas.Violation{{Path: "FetchTenantChildren $.items", Rule: "one object",
		Found:  fmt.Sprint(len(children)),
		Detail: fmt.Sprintf("the repeated creation must leave %d object behind", want)}}, spec.Exchanges(e), nil
}
