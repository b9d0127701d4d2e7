package selftest_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// observed is a target that can be slowed down and made to fail, and what a run on it has shown.
type observed struct {
	outcome
	proxy *proxy
	mu    sync.Mutex
	came  []time.Time // the requests of specs
	busy  int
	most  int // of them at a time
}

// enter counts a request that comes, and returns how many came so far.
func (w *observed) enter() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.came = append(w.came, time.Now())
	w.busy++
	w.most = max(w.most, w.busy)
	return len(w.came)
}

func (w *observed) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy--
}

// verdict is that of the only spec.
func (w *observed) verdict() any {
	GinkgoHelper()
	Expect(w.result).NotTo(BeNil(), w.output)
	Expect(w.result.Specs).To(HaveLen(1))
	return w.result.Specs[0].Verdict
}

func (w *observed) exitCode() any { return w.code }

// tries counts the most requests that one object's deletion was tried with.
func (w *observed) tries() int {
	tries := map[string]int{}
	for _, r := range w.proxy.all() {
		if r.method == http.MethodDelete {
			tries[r.path]++
		}
	}
	most := 0
	for _, n := range tries {
		most = max(most, n)
	}
	return most
}

// apart is the time between the first two requests of specs.
func (w *observed) apart() time.Duration {
	GinkgoHelper()
	w.mu.Lock()
	defer w.mu.Unlock()
	Expect(len(w.came)).To(BeNumerically(">", 1))
	return w.came[1].Sub(w.came[0])
}

// slow delays requests of that phase or spec, named as in the User-Agent.
func slow(spec string, delay time.Duration) func(*observed, http.ResponseWriter, *http.Request) bool {
	return func(_ *observed, _ http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.UserAgent(), "spec "+spec) {
			select {
			case <-r.Context().Done():
			case <-time.After(delay):
			}
		}
		return false
	}
}

// refusing answers all requests of specs with 503.
func refusing(_ *observed, w http.ResponseWriter, r *http.Request) bool {
	return strings.Contains(r.UserAgent(), "spec 401/") && answer(w, http.StatusServiceUnavailable, envelope)
}

// emptyAtFirst answers the first request of that phase or spec with an empty list, after longer than the shortest time
// to settle.
func emptyAtFirst(spec string) func(*observed, http.ResponseWriter, *http.Request) bool {
	return func(w *observed, to http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.UserAgent(), "spec "+spec) {
			return false
		}
		defer w.leave()
		if w.enter() > 1 {
			return false
		}
		time.Sleep(20 * time.Millisecond)
		return answer(to, http.StatusOK, `{"items": []}`)
	}
}

// setting is a key of ginkgo.yml with two values, and what has to differ.
type setting struct {
	mock      []string // its arguments
	interfere func(w *observed, answer http.ResponseWriter, r *http.Request) bool
	arguments []string
	values    [2]func(config string) string
	shows     func(w *observed) any
	is        [2]any
}

// keepEverything refuses every deletion.
func keepEverything(_ *proxy, w http.ResponseWriter, r *http.Request) bool {
	return r.Method == http.MethodDelete && answer(w, http.StatusConflict, envelope)
}

const one = "-focus=401/no-token/FetchTenant$"

func shipped(config string) string { return config }

// staging adds a line to the target staging.
func staging(line string) func(string) string {
	return replaced("    concurrency: 4 ", "    "+line+"\n    concurrency: 4 ")
}

// What a user writes into ginkgo.yml has its effect. The keys that are not here have their own specs: url, client_id,
// client_secret and ca_file those of a live target, allow, production and budget those of permissions, gate and
// contract those of exit codes.
var _ = Describe("a key of ginkgo.yml", long, func() {
	DescribeTable("has its effect", func(ctx SpecContext, s setting) {
		for i, change := range s.values {
			w := &observed{}
			environment := startMock(s.mock...)
			w.proxy = between(environment, &proxy{interfere: func(_ *proxy, answer http.ResponseWriter,
				r *http.Request) bool {
				if strings.Contains(r.UserAgent(), "spec 401/") {
					w.enter()
					defer w.leave()
				}
				return s.interfere != nil && s.interfere(w, answer, r)
			}})
			w.outcome = newDesk(environment, change).run(ctx, "run", append([]string{"-target=staging"},
				s.arguments...)...)
			Expect(s.shows(w)).To(Equal(s.is[i]), "value %d: %s", i+1, w.output)
		}
	},
		Entry("expired_token", sample, limit, setting{
			arguments: []string{"-focus=401/expired-token/FetchTenant$"},
			values:    [2]func(string) string{shipped, replaced("expired_token: ${ACRONIS_EXPIRED_TOKEN}", "")},
			shows:     (*observed).verdict, is: [2]any{report.Pass, report.Inconclusive},
		}),
		Entry("fault_header", limit, setting{
			arguments: []string{"-focus=50x/injected-failure/FetchTenant$"},
			values:    [2]func(string) string{shipped, replaced("fault_header: ${ACRONIS_FAULT_HEADER}", "")},
			shows:     (*observed).verdict, is: [2]any{report.Pass, report.Inconclusive},
		}),
		Entry("strict", sample, limit, setting{
			mock: []string{"-variation=challenges-absent"}, arguments: []string{one},
			values: [2]func(string) string{shipped, staging("strict: true")},
			shows:  (*observed).verdict, is: [2]any{report.Pass, report.Violation},
		}),
		Entry("assumed", limit, setting{
			mock:      []string{"-variation=malformed-ids-not-found"},
			arguments: []string{"-focus=400/malformed-path-tenant_id/FetchTenant$"},
			values:    [2]func(string) string{shipped, staging("assumed: strict")},
			shows:     (*observed).verdict, is: [2]any{report.Inconclusive, report.Violation},
		}),
		Entry("timeouts.attempt", limit, setting{
			interfere: slow("401/", 2*time.Second), arguments: []string{one},
			values: [2]func(string) string{shipped, replaced("attempt: 10s", "attempt: 1s")},
			shows:  (*observed).verdict, is: [2]any{report.Pass, report.Error},
		}),
		Entry("timeouts.spec", limit, setting{
			interfere: slow("401/", 2*time.Second), arguments: []string{one},
			values: [2]func(string) string{shipped, replaced("spec: 60s", "spec: 1s")},
			shows:  (*observed).exitCode, is: [2]any{0, 2},
		}),
		Entry("timeouts.world", limit, setting{
			interfere: slow("world", 200*time.Millisecond), arguments: []string{one},
			values: [2]func(string) string{shipped, replaced("world: 3m", "world: 1s")},
			shows:  (*observed).exitCode, is: [2]any{0, 2},
		}),
		Entry("timeouts.cleanup", limit, setting{
			interfere: func(_ *observed, w http.ResponseWriter, r *http.Request) bool {
				return keepEverything(nil, w,
					r)
			},
			arguments: []string{one},
			values: [2]func(string) string{replaced("cleanup: 2m", "cleanup: 5s"), replaced("cleanup: 2m",
				"cleanup: 1ms")},
			shows: func(w *observed) any { return w.tries() > 1 }, is: [2]any{true, false},
		}),
		Entry("timeouts.settle", limit, setting{
			interfere: emptyAtFirst("20x/"), arguments: []string{"-focus=20x/filter-edition/FetchTenantOfferingItems$"},
			values: [2]func(string) string{replaced("settle: 1ms", "settle: 20s"), shipped},
			shows:  (*observed).verdict, is: [2]any{report.Pass, report.Violation},
		}),
		Entry("retry.repeats", limit, setting{
			interfere: refusing, arguments: []string{one},
			values: [2]func(string) string{shipped, replaced("repeats: 2", "repeats: 1")},
			shows:  func(w *observed) any { return len(w.came) }, is: [2]any{3, 2},
		}),
		Entry("retry.min and retry.max", limit, setting{
			interfere: refusing, arguments: []string{one},
			values: [2]func(string) string{replaced("min: 1s, max: 2s", "min: 2s, max: 2s"),
				replaced("min: 1s, max: 2s",
					"min: 1s, max: 1s")},
			shows: func(w *observed) any { return w.apart() > 1990*time.Millisecond }, is: [2]any{true, false},
		}),
		Entry("concurrency", limit, setting{
			interfere: slow("401/", 100*time.Millisecond), arguments: []string{"-procs=3",
				"-focus=401/.*/FetchTenant$"},
			values: [2]func(string) string{shipped, replaced("concurrency: 4", "concurrency: 1")},
			shows:  func(w *observed) any { return w.most > 1 }, is: [2]any{true, false},
		}),
		Entry("rate", limit, setting{
			arguments: []string{"-procs=1", "-focus=401/.*/FetchTenant$"},
			values:    [2]func(string) string{replaced("rate: 1000000/s", "rate: 10/s"), shipped},
			shows: func(w *observed) any {
				gaps := []time.Duration{}
				for i := 1; i < len(w.came); i++ {
					gaps = append(gaps, w.came[i].Sub(w.came[i-1]))
				}
				slices.Sort(gaps)
				return gaps[len(gaps)/2] > 80*time.Millisecond
			}, is: [2]any{true, false},
		}),
	)

	It("target is that of the run, unless a variable or a flag names another", limit, func(ctx SpecContext) {
		environment := startMock()
		d := newDesk(environment, replaced("target: mock", "target: staging"))
		Expect(d.run(ctx, "run", few).result.Target.Name).To(Equal("staging"))
		environment["ACRONIS_TARGET"] = "mock"
		Expect(d.run(ctx, "run", few).result.Target.Name).To(Equal("mock"))
		Expect(d.run(ctx, "run", few, "-target=staging").result.Target.Name).To(Equal("staging"))
	})
})
