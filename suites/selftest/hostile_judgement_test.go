package selftest_test

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// underLoad is for specs that run the command once, on a machine that does much else.
const underLoad = SpecTimeout(4 * time.Minute)

// One fault, and what the suite must make of it: exit code, verdict, the gravest fault, and how much is judged besides.
// Other targets of this kind are in isolation_test.go (no isolation at all), judged_answers_test.go (errors called
// success, bodies that change), waivers_test.go (debts) and wire_test.go (throttling).
var _ = Describe("a target with one fault", func() {
	It("that is a token for a wrong secret fails the gate, whatever is waived of its refusals", long,
		SpecTimeout(5*time.Minute),
		func(ctx SpecContext) {
			environment := startMock("-variation=live-answers", "-defect=request-tokens-ignores-the-secret")
			d := newDesk(environment, replaced("known_deviations: report", "known_deviations: fail  "))
			d.waive(waiverOf("401/*/RequestTokens", `rule: enum, path: $.error, found: '"invalid_client"'`, soon(30),
				""))
			o := d.run(ctx, "gate", "-target=staging")
			Expect(o.code).To(Equal(1), o.output)
			Expect(d.decision().Pass).To(BeFalse())
			gravest := o.result.FaultsOf(report.Violation)[0]
			Expect(gravest.Gravity).To(Equal(report.Served))
			Expect(gravest.Specs).To(HaveEach(HavePrefix("401/")))
			Expect(gravest.Operations).To(ConsistOf("RequestTokens"))
			Expect(o.result.Totals.Specs.Waived).To(BeNumerically(">", 0), "the word of the other refusals is waived")
		})

	// The object that the accepted request changed is made again, so that the other specs are judged.
	It("that is one accepted expired token loses no other spec", underLoad, func(ctx SpecContext) {
		var good string
		g := startGateway(func(g *gateway, _ http.ResponseWriter, r *http.Request) bool {
			expired := strings.HasSuffix(r.Header.Get("Authorization"), g.environment["ACRONIS_EXPIRED_TOKEN"])
			if expired && r.Method == http.MethodPut && strings.Count(r.URL.Path, "/") == 4 {
				r.Header.Set("Authorization", good)
			}
			return false
		})
		good = tokenOf(g)
		o := newDesk(g.environment).run(ctx, "run", "-target=staging", "-focus=/UpdateTenant$", "-procs=2")
		Expect(o.code).To(Equal(1), o.output)
		faults := o.result.FaultsOf(report.Violation)
		Expect(faults).To(HaveLen(1), o.output)
		Expect(faults[0].Gravity).To(Equal(report.Served))
		Expect(faults[0].Specs).To(ConsistOf("401/expired-token/UpdateTenant"))
		Expect(len(o.result.Specs)).To(BeNumerically(">", 30))
		Expect(withVerdict(o.result, report.Inconclusive)).To(BeEmpty())
		Expect(withVerdict(o.result, report.Error)).To(BeEmpty())
	})

	It("that is every Content-Type accepted is judged for all other codes", underLoad, func(ctx SpecContext) {
		environment := startMock("-variation=any-content-type-accepted,missing-content-type-accepted")
		o := newDesk(environment).run(ctx, "run", "-target=staging", "-procs=2",
			"-focus=/(CreateTenant|UpdateTenant|UpdateUser|UpdateInfrastructuresLocation)$")
		Expect(o.code).To(Equal(0), o.output)
		accepted := 0
		for _, s := range o.result.Specs {
			if s.Code == "415" && strings.Contains(s.Probe, "content-type") {
				Expect(s.Verdict).To(Equal(report.Inconclusive), s.ID)
				Expect(s.Accepted).To(BeTrue(), s.ID)
				accepted++
				continue
			}
			Expect(s.Verdict).To(Equal(report.Pass), "%s: %s", s.ID, s.Reason)
		}
		Expect(accepted).To(Equal(8), "two for each operation")
		lenient := o.result.FaultsOf(report.Inconclusive)
		Expect(lenient).NotTo(BeEmpty())
		Expect(lenient).To(HaveEach(HaveField("Gravity", report.Lenient)))
	})

	// What specs have deleted, and is not found any longer, is answered with a failure as well: no pause helps.
	It("that is a 50x in place of each 4xx does not hold the clean-up up", long, underLoad, func(ctx SpecContext) {
		var mu sync.Mutex
		refused := map[string]int{} // in the clean-up, by request
		g := startGateway(func(g *gateway, w http.ResponseWriter, r *http.Request) bool {
			status, header, body := g.upstream(r)
			if status/100 == 4 {
				status = http.StatusInternalServerError
				if strings.Contains(r.UserAgent(), "spec cleanup") {
					mu.Lock()
					refused[r.Method+" "+r.URL.Path]++
					mu.Unlock()
				}
			}
			deliver(w, status, header, body)
			return true
		})
		o := newDesk(g.environment).run(ctx, "run", "-target=staging", "-procs=2",
			"-focus=(20x/valid-token|404/deleted-object|401/no-token)/.*(Delete|Restore|Unregister)")
		Expect(o.code).To(Equal(1), o.output)
		Expect(len(refused)).To(BeNumerically(">=", 8), "objects that specs have deleted are looked for")
		again := 0
		for _, times := range refused {
			again += times - 1
		}
		// Five objects with three tries of three requests each, and in each process what four others have under way.
		Expect(again).To(And(BeNumerically(">", 0), BeNumerically("<=", 2*(5+4)*8)))
	})

	// A plan sends nothing, and so waits for no rate: at one request in a minute it would take days.
	It("is planned without waiting for its rate", underLoad, func(ctx SpecContext) {
		connections, environment := tripwire()
		o := newDesk(environment, replaced("rate: 1000000/s", "rate: 1/m")).look(ctx, "plan", "-target=staging")
		Expect(o.code).To(Equal(0), o.output)
		Expect(o.flat()).To(MatchRegexp(`\d+ requests`))
		Expect(connections.Load()).To(BeZero())
	})
})
