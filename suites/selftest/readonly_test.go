package selftest_test

import (
	"net/http"
	"strings"
	"sync/atomic"

	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// A target says what may be done to it.
var _ = Describe("permissions", func() {
	It("to read alone send nothing that could change anything", limit, func(ctx SpecContext) {
		environment := startMock()
		p := between(environment, &proxy{})
		d := newDesk(environment, readOnly)
		o := d.run(ctx, "run", "-target=staging", "-filter=!waiting")
		Expect(o.code).To(Equal(0), o.output)
		Expect(p.all()).NotTo(BeEmpty())
		for _, r := range p.all() {
			switch r.method + " " + r.path {
			case "POST /api/2/idp/token": // the configured client logs in
			case "POST /api/2/users/check_password": // the one POST of the reference that only answers a question
			default:
				Expect(r.method).To(Equal(http.MethodGet), "%s by %s", r.path, r.agent)
			}
		}
		Expect(o.result.Totals.Specs.Pass).To(BeNumerically(">", 100))
		Expect(withVerdict(o.result, report.Error)).To(BeEmpty())
		for _, s := range o.result.Specs {
			if s.Verdict == report.Inconclusive {
				// The mock names its own address for its keys, and not that of the proxy.
				Expect(s.Reason).To(Or(Equal("target is read-only"),
					HavePrefix("the keys are at another host than the target's")), s.ID)
				Expect(s.Requests).To(BeZero(), s.ID)
			}
			if s.Write {
				Expect(s.Verdict).To(Equal(report.Inconclusive), s.ID)
			}
		}
	})

	DescribeTable("to write to production need a word", func(ctx SpecContext, word func(host string) string, code int) {
		environment := startMock()
		_, host, _ := strings.Cut(environment["ACRONIS_DATACENTER_URL"], "//")
		p := between(environment, &proxy{})
		_, proxied, _ := strings.Cut(p.URL, "//")
		environment["ACRONIS_ALLOW_PRODUCTION_WRITES"] = strings.ReplaceAll(word(proxied), "OTHER", host)
		o := newDesk(environment, replaced("production: false", "production: true")).run(ctx, "run", "-target=staging",
			few)
		Expect(o.code).To(Equal(code), o.output)
		if code != 0 {
			Expect(o.output).To(ContainSubstring("ACRONIS_ALLOW_PRODUCTION_WRITES"))
			Expect(p.all()).To(BeEmpty())
		}
	},
		Entry("none", limit, func(string) string { return "" }, 2),
		Entry("for another host", limit, func(string) string { return "OTHER" }, 2),
		Entry("for everything", limit, func(string) string { return "*" }, 2),
		Entry("for this host", limit, func(host string) string { return host }, 0),
	)

	It("to send so many requests end the run with a clear error, and yet the sandbox is removed", limit,
		func(ctx SpecContext) {
			environment := startMock()
			admin := logIn(environment)
			p := between(environment, &proxy{})
			d := newDesk(environment, replaced("budget: 20000", "budget: 37"))
			o := d.run(ctx, "run", "-target=staging", "-focus=401/.*/FetchTenant$")
			Expect(o.code).To(Equal(2), o.output)
			Expect(o.flat()).To(ContainSubstring(
				"the budget of 37 requests is used up: raise budget in ginkgo.yml, or select fewer specs"))
			Expect(o.result.Verdict).To(Equal(report.Error))
			Expect(o.result.Leftovers).To(BeEmpty())
			Expect(admin.children()).To(BeEmpty())
			Expect(o.result.Run.Requests.Total() - o.result.Run.Requests.Cleanup).To(Equal(37))
			Expect(p.all()).To(HaveLen(o.result.Run.Requests.Total()))
		})
})

// What happens to every service now and then is not a violation.
var _ = Describe("a target that stumbles", func() {
	DescribeTable("is not red", func(ctx SpecContext, stumble func(p *proxy, w http.ResponseWriter, r *http.Request,
		n int64) bool, transients bool) {
		environment := startMock()
		admin := logIn(environment)
		var stumbled, seen atomic.Int64
		p := between(environment, &proxy{interfere: func(p *proxy, w http.ResponseWriter, r *http.Request) bool {
			if !stumble(p, w, r, seen.Add(1)) {
				return false
			}
			stumbled.Add(1)
			return true
		}})
		o := newDesk(environment).run(ctx, "run", "-target=staging", "-focus=(20x|401|404)/.*/FetchTenant$", "-procs=1")
		Expect(o.code).To(Equal(0), o.output)
		Expect(o.result.Totals.Specs.Violation + o.result.Totals.Specs.Error).To(BeZero())
		Expect(stumbled.Load()).To(BeNumerically(">", 1))
		Expect(len(o.result.Transients) > 0).To(Equal(transients))
		Expect(o.result.Run.Requests.Total()).To(Equal(len(p.all())), "every attempt is counted")
		Expect(admin.children()).To(BeEmpty())
	},
		Entry("with 429 and Retry-After", limit, func(_ *proxy, w http.ResponseWriter, r *http.Request, n int64) bool {
			if n%30 != 0 {
				return false
			}
			w.Header().Set("Retry-After", "1")
			return answer(w, http.StatusTooManyRequests, envelope)
		}, false),
		Entry("with connections that drop", limit, func(p *proxy, w http.ResponseWriter, r *http.Request,
			n int64) bool {
			if r.Method != http.MethodGet || n%7 != 0 || !p.reused(r) {
				return false
			}
			connection, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_ = connection.Close() // it drops
			}
			return true
		}, false),
		Entry("with a burst of 50x", limit, func(_ *proxy, w http.ResponseWriter, r *http.Request, n int64) bool {
			if n != 20 && n != 21 && n != 50 {
				return false
			}
			return answer(w, http.StatusBadGateway, envelope)
		}, true),
	)
})
