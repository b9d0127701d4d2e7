package selftest_test

import (
	"net/http"
	"os"
	"strings"
	"sync/atomic"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// A gate loses nothing that the baseline had, and takes no baseline that had little to lose.
var _ = Describe("the baseline of a gate", long, func() {
	// passed is a desk whose gate has passed on staging, with the result in old.json. While later is set, the target
	// does otherwise.
	passed := func(ctx SpecContext, later *atomic.Bool, p *proxy) *desk {
		GinkgoHelper()
		environment := startMock()
		change, interfere := p.change, p.interfere
		p.change = func(a *http.Response) {
			if change != nil && later.Load() {
				change(a)
			}
		}
		p.interfere = func(p *proxy, w http.ResponseWriter, r *http.Request) bool {
			return interfere != nil && later.Load() && interfere(p, w, r)
		}
		between(environment, p)
		d := newDesk(environment, readOnly, floors("0.01", 999, 10))
		o := d.run(ctx, "gate", "-target=staging")
		Expect(o.code).To(Equal(0), o.output)
		Expect(os.Rename(d.path("conformance.json"), d.path("old.json"))).To(Succeed())
		return d
	}
	again := func(ctx SpecContext, d *desk) outcome {
		GinkgoHelper()
		return d.run(ctx, "gate", "-target=staging", "-baseline=old.json")
	}

	It("is kept by a run that asserts and refuses the same", sample, limit, func(ctx SpecContext) {
		var later atomic.Bool
		d := passed(ctx, &later, &proxy{})
		o := again(ctx, d)
		Expect(o.code).To(Equal(0), o.output)
		Expect(o.output).To(ContainSubstring("nothing changed"))
	})

	It("fails where cells are lost", long, limit, func(ctx SpecContext) {
		var later atomic.Bool
		d := passed(ctx, &later, actsAs("token_introspector"))
		later.Store(true)
		o := again(ctx, d)
		Expect(o.code).To(Equal(1), o.output)
		Expect(o.result.Verdict).To(BeEquivalentTo("pass"))
		Expect(d.decision().Reasons).To(HaveExactElements(
			MatchRegexp(`^\d+ reference cells that the baseline asserted are not asserted now: \w+ \d+, `)))
		Expect(o.output).To(ContainSubstring("no longer asserted: FetchTenantChildren"))
	})

	It("fails where more is accepted", long, limit, func(ctx SpecContext) {
		var later atomic.Bool
		d := passed(ctx, &later, &proxy{interfere: func(_ *proxy, _ http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.UserAgent(), "415/unsupported-accept/FetchRegistrationTokens_0") {
				r.Header.Del("Accept") // so that it is served
			}
			return false
		}})
		later.Store(true)
		o := again(ctx, d)
		Expect(o.code).To(Equal(1), o.output)
		Expect(d.decision().Reasons).To(ContainElement(
			"1 requests are served now, and were not in the baseline, though nothing documents a refusal: " +
				"415/unsupported-accept/FetchRegistrationTokens_0"))
		Expect(o.output).To(ContainSubstring("newly accepted: 415/unsupported-accept/FetchRegistrationTokens_0"))
	})

	DescribeTable("is refused before anything is sent", func(ctx SpecContext, make func(ctx SpecContext, d *desk),
		says string) {
		connections, environment := tripwire()
		d := newDesk(environment, readOnly)
		make(ctx, d)
		connections.Store(0)
		o := again(ctx, d)
		Expect(o.code).To(Equal(2), o.output)
		Expect(d.decision().Reasons).To(HaveExactElements(ContainSubstring(says)))
		Expect(connections.Load()).To(BeZero())
	},
		Entry("of another target", limit, func(ctx SpecContext, d *desk) {
			write := newDesk(nil, small, replaced("allow: [read, write]\n", "allow: [read]\n"))
			write.writeSmall()
			o := write.run(ctx, "run")
			Expect(o.code).To(Equal(0), o.output)
			d.write("old.json", write.read("conformance.json"))
		}, "is of the target mock, and this gate is for staging"),
		Entry("of another host", limit, func(ctx SpecContext, d *desk) { d.green(ctx, startMock(), readOnly) },
			"is at http://127.0.0.1:"),
		Entry("of a part", limit, func(ctx SpecContext, d *desk) {
			other := newDesk(startMock(), readOnly)
			Expect(other.run(ctx, "run", "-target=staging", "-filter=401").code).To(Equal(0))
			d.write("old.json", other.read("conformance.json"))
		}, "is the result of a part of the specs: name the conformance.json of a full run that passed"),
		Entry("that is red", sample, limit, func(ctx SpecContext, d *desk) {
			other := newDesk(oneViolation(), readOnly)
			Expect(other.run(ctx, "run", "-target=staging").code).To(Equal(1))
			d.write("old.json", other.read("conformance.json"))
		}, "ended with VIOLATION"),
		Entry("of a target that was dead", limit, func(ctx SpecContext, d *desk) {
			other := newDesk(startMock(), readOnly)
			other.environment["ACRONIS_DATACENTER_URL"] = deadURL()
			Expect(other.run(ctx, "run", "-target=staging").code).To(Equal(2))
			d.write("old.json", other.read("conformance.json"))
		}, "ended with ERROR"),
		Entry("of another contract", limit, func(ctx SpecContext, d *desk) {
			other := &desk{folder: d.folder, environment: startMock()}
			d.environment["ACRONIS_DATACENTER_URL"] = other.environment["ACRONIS_DATACENTER_URL"]
			lesser := newDesk(other.environment, small, readOnly)
			lesser.writeSmall()
			Expect(lesser.run(ctx, "run", "-target=staging").code).To(Equal(0))
			d.write("old.json", lesser.read("conformance.json"))
		}, "is of another contract"),
		Entry("that was edited", limit, func(ctx SpecContext, d *desk) {
			d.green(ctx, startMock(), readOnly)
			d.write("old.json", strings.Replace(d.read("old.json"), `"verdict": "pass"`, `"verdict": "violation"`, 1))
		}, "the file was edited"),
	)
})

// green puts the result of a full run that passed into old.json.
func (d *desk) green(ctx SpecContext, environment map[string]string, changes ...func(string) string) {
	GinkgoHelper()
	other := newDesk(environment, changes...)
	o := other.run(ctx, "run", "-target=staging")
	Expect(o.code).To(Equal(0), o.output)
	d.write("old.json", other.read("conformance.json"))
}
