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

	. "github.com/onsi/ginkgo/v2"
)

// The service has an operation issue: the client may repeat the request twice, 1 to 2 seconds apart, and gives up after that. The
// failure is asked for by the target's fault header, as a mesh in front of a staging service understands it.
var _ = Describe("50x server failure", Label("50x"), func() {
	for _, op := range operations(func(*schemas.Operation) bool { return true }) {
		specify(injected(op))
	}

	// One operation each that reads, creates and deletes is followed through the documented repeats. All wait at the same time, in
	// one process, so that they take as long as the longest of them.
	Context("with the documented repeats", Ordered, ContinueOnFailure, func() {
		var waits map[string]*wait
		var specs []spec
		for _, op := range operations(named("FetchTenant", "CreateTenant", "DeleteTenant")) {
			for _, failing := range []int{1, 2, -1} {
				specs = append(specs, repeated(op, failing, func() map[string]*wait { return waits }))
			}
		}
		BeforeAll(func(SpecContext) { waits = begin(specs) }, NodeTimeout(suite.timeout()))
		for _, sp := range specs {
			specify(sp)
		}
	})
})

// injected fails the operation's valid call once, without a repeat.
func injected(op *schemas.Operation) spec {
	call := suite.catalogue.Call(op.ID)
	key := session.VictimKey(op, call)
	return spec{
		code: "50x", probe: "injected-failure", subject: op.ID, op: op, method: op.Method, path: op.Path, want: 503, ground: assumed, injected: true,
		writes: op.Writes(), control: op.ID, needs: func(n session.Needs) { needVictim(n, op) },
		try: func(_ context.Context, s *session.Session, id string) (trial, error) {
			if s.Access.FaultHeader == "" {
				return trial{}, errors.New(s.Missing[session.Fault50x])
			}
			r, _, err := callOn(s, op, key, id)
			return trial{request: r, fault: &session.Fault{Status: 503, Attempts: 1}, hold: key, watch: watchOf(op, key, fixtures.Home)}, err
		},
	}
}

// wait is one exchange with its repeats, under way or done.
type wait struct {
	done     chan struct{}
	exchange *exchange.Exchange
	err      error
}

// begin starts the exchanges of the selected specs. They end with the container at the latest: what a creation makes after the run was
// interrupted would be removed by nobody.
func begin(specs []spec) map[string]*wait {
	waits := map[string]*wait{}
	s := suite.session
	ctx, cancel := context.WithCancel(context.Background())
	DeferCleanup(func(ended SpecContext) {
		cancel()
		for _, w := range waits {
			select {
			case <-w.done:
			case <-ended.Done():
			}
		}
	}, NodeTimeout(suite.timeout()))
	for _, sp := range specs {
		if sp.barred(s) != "" || s.Access.FaultHeader == "" {
			continue
		}
		r, _, err := callOn(s, sp.op, waitKey(sp), sp.variant)
		if err != nil { // it is not selected, or its object could not be made: the spec says so
			continue
		}
		w := &wait{done: make(chan struct{})}
		waits[sp.id()] = w
		go func() {
			defer GinkgoRecover()
			defer close(w.done)
			failing := map[string]int{"once": 1, "twice": 2, "always": -1}[sp.variant]
			w.exchange, w.err = s.Send(ctx, sp.id(), r, &session.Fault{Status: 503, Attempts: failing, Repeat: true})
		}()
	}
	return waits
}

// waitKey is the key of the object that only the spec's exchange is about. Where the spec is not selected there is none.
func waitKey(sp spec) string {
	return fixtures.Own(suite.catalogue.Call(sp.op.ID).Object, "50x-"+sp.variant+"-"+sp.op.ID)
}

// repeated follows the operation's valid call through the repeats: it fails as often as said, then it is served. A repeated creation
// makes one object, not two.
func repeated(op *schemas.Operation, failing int, waits func() map[string]*wait) spec {
	call := suite.catalogue.Call(op.ID)
	sp := spec{
		code: "50x", probe: "repeated-failure", variant: map[int]string{1: "once", 2: "twice", -1: "always"}[failing], subject: op.ID, op: op,
		method: op.Method, path: op.Path, want: op.Success(), ground: assumed, writes: op.Writes(), waiting: true, injected: true, control: op.ID,
	}
	if failing < 0 {
		sp.want = 503
	}
	key := waitKey(sp)
	sp.needs = func(n session.Needs) {
		n.Add(session.Object{Key: key, Side: fixtures.Home, Object: call.Object})
	}
	sp.try = func(ctx context.Context, s *session.Session, id string) (trial, error) {
		if s.Access.FaultHeader == "" {
			return trial{}, errors.New(s.Missing[session.Fault50x])
		}
		w := waits()[id]
		if w == nil {
			_, _, err := callOn(s, op, key, sp.variant)
			return trial{}, cmp.Or(err, errors.New("its exchange was not begun"))
		}
		select {
		case <-w.done:
		case <-ctx.Done():
			return trial{failed: context.Cause(ctx)}, nil
		}
		t := trial{exchange: w.exchange, failed: w.err}
		if op.ID == "CreateTenant" && suite.contract.Operation("FetchTenantChildren") != nil {
			t.also = func(ctx context.Context, _ *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
				return countChildren(ctx, s, id, key, failing)
			}
		}
		return t, nil
	}
	return sp
}

// countChildren looks how many tenants the repeated creation made below its parent.
func countChildren(ctx context.Context, s *session.Session, id, key string, failing int) ([]schemas.Violation, []*exchange.Exchange, error) {
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
		return nil, exchangesOf(e), err
	}
	if objectOf(e) == nil {
		return nil, exchangesOf(e), nil // the body is judged by the operation's own specs
	}
	children := itemsOf(e)
	want := 1
	if failing < 0 {
		want = 0
	}
	if len(children) == want {
		return nil, exchangesOf(e), nil
	}
	return []schemas.Violation{{Path: "FetchTenantChildren $.items", Rule: "one object", Found: fmt.Sprint(len(children)),
		Detail: fmt.Sprintf("the repeated creation must leave %d object behind", want)}}, exchangesOf(e), nil
}
