package selftest_test

import (
	"context"
	"encoding/xml"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// What a full run has left is not replaced by a part of one, even where Ginkgo or go test starts it.
var _ = Describe("a part of the specs without the command", func() {
	const full = `{"version": 2, "run": {"id": "full"}, "target": {}, "verdict": "violation"}`
	configured := func(d *desk) string { return "-config=" + d.path("ginkgo.yml") }
	beside := func() *desk {
		d := newDesk(nil)
		d.write("reports/conformance.json", full)
		d.write("reports/junit.xml", `<testsuites name="Acronis Account Management API v2"></testsuites>`)
		return d
	}
	unchanged := func(d *desk, o outcome) {
		GinkgoHelper()
		Expect(o.code).To(BeZero(), o.output)
		Expect(d.read("reports/conformance.json")).To(Equal(full))
		Expect(d.path("reports/junit.xml")).To(BeARegularFile())
		Expect(d.path("reports/previous.json")).NotTo(BeAnExistingFile())
	}

	DescribeTable("reports into a directory of its own", func(ctx SpecContext, start func(*desk) outcome) {
		d := beside()
		o := start(d)
		unchanged(d, o)
		part, err := report.Read(d.path("reports/selection/conformance.json"))
		Expect(err).NotTo(HaveOccurred())
		Expect(part.Specs).To(HaveLen(1))
		Expect(d.path("reports/selection/junit.xml")).To(BeARegularFile())
		Expect(o.output).To(ContainSubstring(filepath.Join("reports", "selection")))
	},
		Entry("by ginkgo, a focus", limit, func(d *desk) outcome {
			return d.ginkgo(GinkgoT().Context(), []string{configured(d)}, "--focus=401/no-token/FetchTenant$")
		}),
		Entry("by ginkgo, a label", limit, func(d *desk) outcome {
			return d.ginkgo(GinkgoT().Context(), []string{configured(d)}, "--label-filter=no-token && FetchTenant")
		}),
		Entry("by go test", limit, func(d *desk) outcome {
			return d.finish(GinkgoT().Context(), d.start(binaries.Suite, "-ginkgo.focus=401/no-token/FetchTenant$",
				configured(d)))
		}),
	)

	It("writes nothing where it is only listed", limit, func(ctx SpecContext) {
		d := beside()
		o := d.finish(ctx, d.start(binaries.Ginkgo, "run", "--dry-run", "-v", "--no-color", binaries.Suite, "--",
			configured(d)))
		unchanged(d, o)
		Expect(o.output).To(ContainSubstring("401/no-token/FetchTenant"))
		Expect(d.path("reports/selection")).NotTo(BeAnExistingFile())
		d.write("ginkgo.yml", "target: [")
		o = d.finish(ctx, d.start(binaries.Suite, "-ginkgo.dry-run", configured(d)))
		Expect(o.code).NotTo(BeZero())
		Expect(o.output).To(ContainSubstring("ginkgo.yml"))
		Expect(d.read("reports/conformance.json")).To(Equal(full))
	})

	It("keeps the full result aside where everything runs", limit, func(ctx SpecContext) {
		d := newDesk(nil, small)
		d.writeSmall()
		d.write("reports/conformance.json", full)
		o := d.ginkgo(ctx, []string{configured(d)})
		Expect(o.output).To(ContainSubstring(" on mock: "))
		Expect(d.read("reports/previous.json")).To(Equal(full))
		Expect(d.path("reports/conformance.json")).To(BeARegularFile())
		Expect(d.path("reports/selection")).NotTo(BeAnExistingFile())
	})
})

// A run that is red for four reasons, as a reader finds it at night: the gravest fault first, each of them once with
// what to do next, and the command that is told works as it is pasted.
var _ = Describe("a run with four faults", func() {
	const defects = "expired-token-accepted,405-as-404,error-lacks-domain,tenants-under-another-key"

	It("prints what can be read, and leaves the rest to the reports", long, SpecTimeout(5*time.Minute), func(
		ctx SpecContext) {
		d := newDesk(nil)
		o := d.run(ctx, "run", "-procs=2", "-filter=!waiting", "-defect="+defects)
		Expect(o.code).To(Equal(1), o.output)
		Expect(o.result.Totals.Specs.Violation).To(BeNumerically(">", 1000))
		Expect(len(o.output)).To(BeNumerically("<", 150_000), "CI systems cut what is longer")
		Expect(strings.Count(o.output, " faults, the gravest first:")).To(Equal(1))
	})

	It("is told in every report, and each fault is replayed by its line until it is gone", long,
		SpecTimeout(5*time.Minute), func(ctx SpecContext) {
			d := newDesk(nil)
			o := d.run(ctx, "run", "-defect="+defects,
				"-filter=tenants && (expired-token || wrong-method || unknown-id || valid-token)")
			Expect(o.code).To(Equal(1), o.output)
			var faults []report.Fault
			gravities := map[report.Gravity]bool{}
			for _, f := range o.result.FaultsOf(report.Violation) {
				if !gravities[f.Gravity] {
					faults = append(faults, f)
				}
				gravities[f.Gravity] = true
			}
			Expect(faults).To(HaveLen(4), "a fault of each kind")

			var junit struct {
				Faults string `xml:"testsuite>system-out"`
			}
			Expect(xml.Unmarshal([]byte(d.read("junit.xml")), &junit)).To(Succeed())
			_, end, _ := strings.Cut(o.output, " faults, the gravest first:")
			for name, text := range map[string]string{"terminal": end, "junit.xml": junit.Faults,
				"summary.md": d.read("summary.md"), "index.html": d.read("index.html"),
				"conformance.sarif": d.read("conformance.sarif")} {
				last := -1
				for _, f := range faults {
					command := regexp.MustCompile(
						`conformance replay .*-target=mock .*-defect=` + defects + " " + f.ID + `\b`)
					at := command.FindStringIndex(text)
					Expect(at).NotTo(BeNil(), "%s has the command for %s", name, f.Sentence)
					Expect(at[0]).To(BeNumerically(">", last), "%s: %s comes in its order", name, f.Sentence)
					last = at[0]
				}
			}
			for _, f := range faults {
				line := regexp.MustCompile(`(?m)^ *(\S*conformance replay .* ` + f.ID + `)$`).FindStringSubmatch(end)
				Expect(line).NotTo(BeNil())
				pasted := d.paste(ctx, line[1])
				Expect(pasted.code).To(Equal(1), "%s: %s", line[1], pasted.output)
				Expect(pasted.output).To(ContainSubstring("\nstill there: " + f.ID + " "))
				mended := d.paste(ctx, strings.Replace(line[1], defects, "search-inside-words", 1))
				Expect(mended.output).To(ContainSubstring("\ngone: " + f.ID + " "))
			}
		})
})

// paste runs a line in the directory, as a reader of a report does.
func (d *desk) paste(ctx context.Context, line string) outcome {
	GinkgoHelper()
	return d.finish(ctx, d.start("bash", "-c", line))
}
