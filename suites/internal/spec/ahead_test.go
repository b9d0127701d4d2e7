package spec

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/onsi/ginkgo/v2/types"
)

func reading(probe string) Spec {
	return Spec{Code: "401", Probe: probe, Subject: "FetchTenant", container: "401_unauthorized.go:18", place: probe}
}

// As many as may be in flight are under way beside the spec that Ginkgo runs, each of them once, whatever the order in
// which Ginkgo comes to them: the next one begins when one ends.
func TestAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		evaluated := map[string]int{}
		goOn := make(chan bool)
		a := newAhead([]Spec{reading("d"), reading("b"), reading("a"), reading("c")}, 3,
			func(_ context.Context, sp Spec) *evaluation {
				mu.Lock()
				evaluated[sp.Probe]++
				mu.Unlock()
				<-goOn
				return &evaluation{finding: inconclusive(sp.Probe)}
			})
		defer a.end()
		take := func(probe string, begun bool) {
			t.Helper()
			a.begin("401_unauthorized.go:18")
			synctest.Wait()
			e, err := a.take(t.Context(), reading(probe))
			if err != nil || (e != nil) != begun || e != nil && e.finding.Reason != probe {
				t.Fatalf("%s: %v, %v", probe, e, err)
			}
		}
		begun := func(want map[string]int) {
			t.Helper()
			synctest.Wait()
			if !maps.Equal(evaluated, want) {
				t.Fatalf("evaluated: %v", evaluated)
			}
		}
		take("d", false)
		begun(map[string]int{"a": 1, "b": 1})
		goOn <- true
		begun(map[string]int{"a": 1, "b": 1, "c": 1})
		close(goOn)
		take("b", true)
		take("a", true)
		take("c", true)
		begun(map[string]int{"a": 1, "b": 1, "c": 1})
	})
}

// What became of specs that Ginkgo does not come to is not held without end.
func TestAheadHoldsFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var many []Spec
		for i := range 3 * farthest {
			many = append(many, reading(fmt.Sprintf("%03d", i)))
		}
		var evaluated atomic.Int32
		a := newAhead(many, 2, func(context.Context, Spec) *evaluation { evaluated.Add(1); return &evaluation{} })
		defer a.end()
		a.begin("401_unauthorized.go:18")
		synctest.Wait()
		if got := evaluated.Load(); got != farthest {
			t.Errorf("%d were begun", got)
		}
	})
}

// Containers that Ginkgo comes to later, or has left, take no place of those of the one that it is in.
func TestAheadWithinTheContainer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		elsewhere := reading("a")
		elsewhere.container = "404_not_found.go:21"
		a := newAhead([]Spec{elsewhere, reading("b")}, 2,
			func(_ context.Context, sp Spec) *evaluation { return &evaluation{finding: inconclusive(sp.Probe)} })
		defer a.end()
		a.begin("401_unauthorized.go:18")
		if e, err := a.take(t.Context(), reading("b")); e == nil || err != nil {
			t.Errorf("b is not begun: %v, %v", e, err)
		}
	})
}

// Ginkgo sorts by file, by line as a number, and by text last.
func TestPlace(t *testing.T) {
	at := func(file string, line int) types.CodeLocation {
		return types.CodeLocation{FileName: file, LineNumber: line}
	}
	inOrder := []string{
		place([]types.CodeLocation{at("a.go", 9), at("a.go", 99)}, []string{"z", "y"}),
		place([]types.CodeLocation{at("a.go", 9), at("a.go", 100)}, []string{"a", "b"}),
		place([]types.CodeLocation{at("a.go", 10), at("a.go", 11)}, []string{"a", "a"}),
		place([]types.CodeLocation{at("a.go", 10), at("a.go", 11)}, []string{"a", "b"}),
		place([]types.CodeLocation{at("b.go", 1), at("b.go", 2)}, []string{"a", "a"}),
	}
	if !slices.IsSorted(inOrder) {
		t.Errorf("not in order: %q", inOrder)
	}
}

// What changes what the specs read waits for those under way, and the end of the specs stops them.
func TestAheadEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended atomic.Int32
		a := newAhead([]Spec{reading("a"), reading("b")}, 2, func(ctx context.Context, sp Spec) *evaluation {
			select {
			case <-ctx.Done():
			case <-time.After(time.Minute):
			}
			ended.Add(1)
			return &evaluation{}
		})
		a.begin("401_unauthorized.go:18")
		a.settle()
		if ended.Load() != 1 {
			t.Errorf("%d have ended", ended.Load())
		}
		limited, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := a.take(limited, reading("b")); err != nil {
			t.Errorf("what is not begun is not waited for: %v", err)
		}
		a = newAhead([]Spec{reading("a")}, 2, a.evaluate)
		a.begin("401_unauthorized.go:18")
		if _, err := a.take(limited, reading("a")); !errors.Is(err, context.Canceled) {
			t.Errorf("a spec that is stopped waits for no evaluation: %v", err)
		}
		begin := time.Now()
		a.end()
		if ended.Load() != 2 || time.Since(begin) > 0 {
			t.Errorf("%d have ended, after %v", ended.Load(), time.Since(begin))
		}
	})
}

// Where one request at a time may be in flight, nothing is evaluated ahead.
func TestNothingAhead(t *testing.T) {
	a := newAhead([]Spec{reading("a")}, 1, nil)
	a.begin("401_unauthorized.go:18")
	if e, err := a.take(t.Context(), reading("a")); e != nil || err != nil {
		t.Errorf("%v, %v", e, err)
	}
	a.settle()
	a.end()
}

// Of the specs that write to one object, one at a time is under way.
func TestAheadWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		writing := func(probe string) Spec {
			sp := reading(probe)
			sp.Writes, sp.Want = true, 401
			return sp
		}
		goOn := map[string]chan bool{}
		for _, probe := range []string{"a", "b", "c", "d"} {
			goOn[probe] = make(chan bool)
		}
		a := newAhead([]Spec{writing("a"), writing("b"), reading("c"), writing("d")}, 4,
			func(_ context.Context, sp Spec) *evaluation { <-goOn[sp.Probe]; return &evaluation{} })
		defer a.end()
		underWay := func() string { return strings.Join(slices.Sorted(maps.Keys(a.begun)), " ") }
		a.begin("401_unauthorized.go:18")
		if got := underWay(); got != "401/a/FetchTenant 401/c/FetchTenant" {
			t.Errorf("under way are %s", got)
		}
		goOn["a"] <- true
		goOn["c"] <- true
		synctest.Wait()
		if got := underWay(); got != "401/a/FetchTenant 401/b/FetchTenant 401/c/FetchTenant" {
			t.Errorf("under way are %s", got)
		}
		goOn["b"] <- true
		goOn["d"] <- true
	})
}

// What is to be written or waits is left to its turn.
func TestIndependent(t *testing.T) {
	if !reading("a").independent() || !(Spec{Writes: true, Want: 403}).independent() {
		t.Error("a read, or a write that is to be refused, is not independent")
	}
	for name, sp := range map[string]Spec{"a write": {Writes: true, Want: 204}, "one that waits": {Waiting: true},
		"an injected failure": {Injected: true}} {
		if sp.independent() {
			t.Errorf("%s is independent", name)
		}
	}
}
