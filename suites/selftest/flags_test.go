package selftest_test

import (
	"net/http"
	"os"
	"strings"
	"sync/atomic"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// What a user asks for on the command line is done. The flags that are not here have specs of their own: -seed that
// of repeatable runs,
// -defect the kill matrix, -age those of signals, -openapi and the refusals those of exit codes.
var _ = Describe("a flag", func() {
	It("of run has its effect", limit, func(ctx SpecContext) {
		d := newDesk(nil)
		plain := d.run(ctx, "run", few)
		Expect(plain.code).To(Equal(0), plain.output)
		Expect(plain.output).NotTo(ContainSubstring("401/no-token/FetchTenant"), "a run says little")
		Expect(plain.result.Totals.Specs.Total).To(Equal(2))

		o := d.run(ctx, "run", few, "-v", "-procs=3", "-filter=no-token")
		Expect(o.output).To(ContainSubstring("401/no-token/FetchTenant"))
		Expect(o.result.Run.Processes).To(Equal(3))
		Expect(o.result.Totals.Specs.Total).To(Equal(1))
		Expect(o.result.Run.Filter).To(ContainSubstring("no-token"))
	})

	It("-config and -reports may be left out: ginkgo.yml is found above, and the reports lie beside it", limit,
		func(ctx SpecContext) {
			d := newDesk(nil)
			d.write("go.mod", "module somewhere\n")
			d.write("below/deep/here", "")
			inside := &desk{folder: d.path("below/deep"), environment: d.environment}
			o := inside.finish(ctx, inside.start(binaries.Conformance, "run", few))
			Expect(o.code).To(Equal(0), o.output)
			Expect(d.path("reports/selection/conformance.json")).To(BeARegularFile())
			Expect(d.path("reports/conformance.json")).NotTo(BeAnExistingFile(), "it is for a full run")

			o = inside.finish(ctx, inside.start(binaries.Conformance, "run", few, "-reports=elsewhere"))
			Expect(o.code).To(Equal(0), o.output)
			Expect(inside.path("elsewhere/conformance.json")).To(BeARegularFile())
		})

	It("-baseline and -to of the commands that work on results have their effect", long, limit, func(ctx SpecContext) {
		d := newDesk(oneViolation())
		Expect(d.run(ctx, "run", "-target=staging", "-focus=401/no-token/FetchApplications$").code).To(Equal(0))
		Expect(os.Rename(d.path("conformance.json"), d.path("old.json"))).To(Succeed())
		Expect(d.run(ctx, "run", "-target=staging", "-focus="+redSpec).code).To(Equal(1))

		o := d.finish(ctx, d.start(binaries.Conformance, "report", "-from=conformance.json", "-to=views"))
		Expect(o.code).To(Equal(0), o.output)
		Expect(d.read("views/summary.md")).NotTo(ContainSubstring("### Since"))
		o = d.finish(ctx, d.start(binaries.Conformance, "report", "-from=conformance.json", "-to=changes",
			"-baseline=old.json"))
		Expect(o.code).To(Equal(0), o.output)
		Expect(d.read("changes/summary.md")).To(SatisfyAll(ContainSubstring("### Since"), ContainSubstring(redSpec)))
		for _, name := range []string{"compare", "merge"} {
			o = d.finish(ctx, d.start(binaries.Conformance, name, "-to=sides", "old.json", "conformance.json"))
			Expect(o.code).To(Equal(0), o.output)
			Expect(d.read("sides/" + name + ".md")).To(ContainSubstring("FetchApplications"))
		}
	})

	It("-baseline of gate prints what changed since", limit, func(ctx SpecContext) {
		environment := startMock()
		var broken atomic.Bool
		conflict := conflictFor(redSpec)
		between(environment, &proxy{change: func(a *http.Response) {
			if broken.Load() {
				conflict(a)
			}
		}})
		d := newDesk(environment, small, readOnly, floors("0.01", 99, 1))
		d.writeSmall()
		o := d.run(ctx, "gate", "-target=staging")
		Expect(o.code).To(Equal(0), o.output)
		Expect(o.output).NotTo(ContainSubstring("since run"))
		Expect(os.Rename(d.path("conformance.json"), d.path("old.json"))).To(Succeed())
		broken.Store(true)
		o = d.run(ctx, "gate", "-target=staging", "-baseline=old.json")
		Expect(o.code).To(Equal(1), o.output)
		Expect(o.flat()).To(MatchRegexp(`since run \S+: .*` + redSpec))
		o = d.run(ctx, "gate", "-target=staging", "-baseline=none.json")
		Expect(o.code).To(Equal(2), o.output)
		Expect(o.output).To(ContainSubstring("none.json"))
	})
})

func (d *desk) read(name string) string {
	GinkgoHelper()
	content, err := os.ReadFile(d.path(name))
	Expect(err).NotTo(HaveOccurred())
	return strings.TrimSpace(string(content))
}
