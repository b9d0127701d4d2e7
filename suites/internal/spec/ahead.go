package spec

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"sync"
)

// ahead evaluates specs that read, and those whose writes are to be refused, while those before them are still under
// way, so that the specs do not wait for each answer in turn. It is for a process that is alone in its run: no other
// one can take a spec that it has begun. Ginkgo still runs, stops and reports the specs one by one. A nil one evaluates
// nothing.
type ahead struct {
	mu        sync.Mutex         // of what follows
	waiting   map[string][]*Spec // that are not begun, by container, in the order of the tree
	begun     map[string]begun   // by id, until Ginkgo runs the spec
	container string             // that Ginkgo is in; empty where none is to be begun
	inFlight  int                // those that are evaluated

	most     int // that are evaluated at a time
	evaluate func(ctx context.Context, sp Spec) *evaluation
	ctx      context.Context // of all evaluations: none outlives the specs
	cancel   context.CancelFunc
	underWay sync.WaitGroup
}

// farthest is how many specs may have been begun before Ginkgo runs them, for each that is evaluated at a time: what
// became of them is held in memory.
const farthest = 8

// begun is a spec that is evaluated ahead.
type begun struct {
	spec Spec
	done chan *evaluation // what became of it, once that is known
}

// independent reports whether it is the same to every other spec when this one runs. A write that is to be refused aims
// at an object that only specs of its operation write to, one at a time; where one was served, so that the object has
// to be made again, the spec is postponed.
func (sp Spec) independent() bool {
	return !(sp.Writes && sp.Want < http.StatusBadRequest) && !sp.Waiting && !sp.Injected
}

// newAhead evaluates the specs ahead, where more than one request may be in flight.
func newAhead(specs []Spec, inFlight int, evaluate func(context.Context, Spec) *evaluation) *ahead {
	if inFlight < 2 {
		return nil
	}
	a := &ahead{waiting: map[string][]*Spec{}, begun: map[string]begun{}, most: inFlight - 1, evaluate: evaluate}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	for i := range specs {
		a.waiting[specs[i].container] = append(a.waiting[specs[i].container], &specs[i])
	}
	for _, waiting := range a.waiting {
		slices.SortStableFunc(waiting, func(sp, other *Spec) int { return cmp.Compare(sp.place, other.place) })
	}
	return a
}

// begin begins the specs of a container, until Ginkgo comes to another one: it runs those of one in the order of the
// tree, but containers in any.
func (a *ahead) begin(container string) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.container = container
	a.fill()
}

// fill begins as many specs as may be evaluated.
func (a *ahead) fill() {
	for a.inFlight < a.most && len(a.begun) < farthest*a.most && len(a.waiting[a.container]) > 0 {
		next := slices.IndexFunc(a.waiting[a.container], func(sp *Spec) bool { return !a.writing(*sp) })
		if next < 0 {
			return // each would wait for the object of one that is under way
		}
		sp, done := *a.waiting[a.container][next], make(chan *evaluation, 1)
		a.waiting[a.container] = slices.Delete(a.waiting[a.container], next, next+1)
		a.begun[sp.ID()] = begun{sp, done}
		a.inFlight++
		a.underWay.Go(func() {
			e := a.evaluate(a.ctx, sp)
			a.mu.Lock()
			defer a.mu.Unlock()
			done <- e
			a.inFlight--
			a.fill()
		})
	}
}

// writing reports whether a spec is under way that writes to the same object.
func (a *ahead) writing(sp Spec) bool {
	for _, other := range a.begun {
		if sp.Writes && other.spec.Writes && sp.Subject == other.spec.Subject && len(other.done) == 0 {
			return true
		}
	}
	return false
}

// take returns what became of a spec that was begun, once that is known; nil where it was not begun, nor will be.
func (a *ahead) take(ctx context.Context, sp Spec) (*evaluation, error) {
	if a == nil {
		return nil, nil
	}
	begun, is := a.claim(sp)
	if !is {
		return nil, nil
	}
	select {
	case e := <-begun.done:
		return e, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// claim gives the spec to Ginkgo, and returns what was begun of it.
func (a *ahead) claim(sp Spec) (begun, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	begun, is := a.begun[sp.ID()]
	delete(a.begun, sp.ID())
	if !is {
		a.waiting[sp.container] = slices.DeleteFunc(a.waiting[sp.container],
			func(other *Spec) bool { return other.place == sp.place })
	}
	return begun, is
}

// settle returns once no spec is evaluated ahead. None is until the next call of begin. A spec that is itself evaluated
// ahead must not call it.
func (a *ahead) settle() {
	if a == nil {
		return
	}
	a.begin("")
	a.underWay.Wait()
}

// end stops what is under way, and returns once it has ended.
func (a *ahead) end() {
	if a == nil {
		return
	}
	a.cancel()
	a.settle()
}
