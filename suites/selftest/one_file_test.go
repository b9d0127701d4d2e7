package selftest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/report"
)

// The program is one file: it holds the suite, the mock, the contract, a ginkgo.yml and Ginkgo's runner.
var _ = Describe("the program alone in a directory", func() {
	// alone runs the program without a PATH and without anything around it.
	alone := func(ctx SpecContext, d *desk, arguments ...string) outcome {
		GinkgoHelper()
		command := exec.CommandContext(ctx, d.path("conformance"), arguments...)
		command.Dir, command.Env = d.folder, append(pairs(d.environment), "PATH=", "TMPDIR="+d.folder)
		output, err := command.CombinedOutput()
		o := outcome{output: string(output), folder: d.folder, code: command.ProcessState.ExitCode()}
		if o.code <= 0 {
			Expect(err).NotTo(HaveOccurred(), o.output)
		}
		return o
	}
	copied := func(environment map[string]string) *desk {
		GinkgoHelper()
		d := &desk{folder: GinkgoT().TempDir(), environment: environment}
		program, err := os.ReadFile(binaries.Conformance)
		Expect(err).NotTo(HaveOccurred())
		Expect(os.WriteFile(d.path("conformance"), program, 0o700)).To(Succeed())
		return d
	}

	It("runs the specs as in the checkout, and leaves nothing but its reports", limit, func(ctx SpecContext) {
		d := copied(nil)
		o := alone(ctx, d, "run", "-procs=2", "-filter=406 || 415")
		Expect(o.code).To(Equal(0), o.output)
		left, err := filepath.Glob(d.path("*"))
		Expect(err).NotTo(HaveOccurred())
		Expect(left).To(ConsistOf(d.path("conformance"), d.path("reports")))

		inside := newDesk(nil)
		want := inside.run(ctx, "run", "-procs=2", "-filter=406 || 415")
		ids := func(r *report.Result) (ids []string) {
			for _, s := range r.Specs {
				ids = append(ids, s.ID+" "+string(s.Verdict))
			}
			return slices.Sorted(slices.Values(ids))
		}
		found, err := filepath.Glob(d.path("reports/conformance.json"))
		Expect(err).NotTo(HaveOccurred())
		if len(found) == 0 {
			found = []string{d.path("reports/selection/conformance.json")}
		}
		result, err := report.Read(found[0])
		Expect(err).NotTo(HaveOccurred())
		Expect(ids(result)).To(Equal(ids(want.result)))
	})

	DescribeTable("does", func(ctx SpecContext, arguments []string, says string) {
		o := alone(ctx, copied(startMock()), arguments...)
		Expect(o.code).To(Equal(0), o.output)
		Expect(o.output).To(ContainSubstring(says))
	},
		Entry("doctor", limit, []string{"doctor", "-target=staging"}, "token"),
		Entry("sweep", limit, []string{"sweep", "-target=staging"}, "deletes them"),
		Entry("plan", limit, []string{"plan", "-target=staging", "-focus=406/"}, "406"),
	)

	It("prefers a ginkgo.yml beside it", limit, func(ctx SpecContext) {
		d := copied(nil)
		d.write("ginkgo.yml", "targets: {}\n")
		o := alone(ctx, d, "run")
		Expect(o.code).To(Equal(2))
		Expect(o.output).To(ContainSubstring("ginkgo.yml: targets"))
	})

	It("is all that make build makes", limit, func(SpecContext) {
		Expect(string(projectFile("Makefile"))).To(
			MatchRegexp(`(?m)^build: .*\n(\t@test .*\n)?\t@go build -o bin/conformance ./suites/cmd/conformance\n\n`))
	})
})
