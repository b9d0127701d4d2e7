package selftest_test

import (
	"fmt"
	"os"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// A pipeline that looks at the reports of a run which could not start must not find those of an earlier one.
var _ = Describe("a green report", func() {
	reports := []string{"conformance.json", "junit.xml", "index.html", "summary.md", "conformance.har",
		"conformance.sarif", "badge.svg"}
	green := func(ctx SpecContext, d *desk) {
		GinkgoHelper()
		o := d.run(ctx, "run", few)
		Expect(o.code).To(Equal(0), o.output)
		for _, name := range reports {
			Expect(d.path(name)).To(BeARegularFile())
		}
	}

	DescribeTable("does not outlive the command", func(ctx SpecContext, change func(d *desk), arguments ...string) {
		for _, command := range []string{"run", "gate"} {
			d := newDesk(nil)
			green(ctx, d)
			d.write("gate.json", `{"version":1,"pass":true}`)
			change(d)
			o := d.run(ctx, command, arguments...)
			Expect(o.code).To(Equal(2), o.output)
			for _, name := range reports {
				if o.result == nil {
					Expect(d.path(name)).NotTo(BeAnExistingFile())
				}
			}
			if o.result != nil {
				Expect(o.result.Verdict).To(BeEquivalentTo("error"))
				Expect(d.read("summary.md")).To(ContainSubstring("ERROR"))
				Expect(d.read("badge.svg")).To(ContainSubstring("conformance: error"))
			}
			if command == "gate" {
				Expect(d.decision()).To(SatisfyAll(HaveField("Pass", false), HaveField("ExitCode", 2)))
				continue
			}
			Expect(d.path("gate.json")).NotTo(BeAnExistingFile())
		}
	},
		Entry("on a wrong flag", limit, func(*desk) {}, "-nonsense"),
		Entry("on an unknown target", limit, func(*desk) {}, "-target=nowhere"),
		Entry("without a variable", limit, func(*desk) {}, "-target=staging"),
		Entry("on a configuration that is none", limit, func(d *desk) { d.write("ginkgo.yml", "target: [") }),
		Entry("where the host is dead", long, limit, func(d *desk) {
			d.environment = map[string]string{"ACRONIS_DATACENTER_URL": deadURL(), "ACRONIS_CLIENT_ID": "a",
				"ACRONIS_CLIENT_SECRET": "b"}
		}, "-target=staging"),
	)

	It("does not outlive a bare ginkgo, and a file of somebody else does", limit, func(ctx SpecContext) {
		d := newDesk(nil)
		own := func(target string) []string {
			return []string{"-config=" + d.path("ginkgo.yml"), "-reports=" + d.folder, "-target=" + target}
		}
		green(ctx, d)
		o := d.ginkgo(ctx, own("nowhere"))
		Expect(o.code).NotTo(Equal(0), o.output)
		Expect(o.output).To(ContainSubstring("unknown target nowhere"))
		for _, name := range reports {
			Expect(d.path(name)).NotTo(BeAnExistingFile())
		}

		green(ctx, d)
		d.write("summary.md", "# mine")
		o = d.ginkgo(ctx, own("mock"), few[1:])
		Expect(o.code).NotTo(Equal(0), o.output)
		Expect(o.output).To(ContainSubstring(fmt.Sprintf("%s was not written by this suite", d.path("summary.md"))))
		Expect(os.ReadFile(d.path("summary.md"))).To(BeEquivalentTo("# mine"))
		Expect(d.path("conformance.json")).NotTo(BeAnExistingFile())
	})

	It("of another page is not a report: nothing is sent, and it stays as it is", limit, func(ctx SpecContext) {
		connections, environment := tripwire()
		d := newDesk(environment)
		d.write("index.html", "<h1>mine</h1>")
		o := d.run(ctx, "run", "-target=staging", few)
		Expect(o.code).To(Equal(2), o.output)
		Expect(o.output).To(ContainSubstring(d.path("index.html") + " was not written by this suite"))
		Expect(d.read("index.html")).To(Equal("<h1>mine</h1>"))
		Expect(connections.Load()).To(BeZero())
	})
})
