package selftest_test

import (
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// make passes on what was named, and names nothing by itself: what a command says of a target has to be about the one
// that was asked for.
var _ = Describe("make", func() {
	// said runs a recipe of the project's Makefile without building, in the desk's directory, with the commands beside
	// it.
	said := func(ctx context.Context, d *desk, arguments ...string) string {
		GinkgoHelper()
		makefile := regexp.MustCompile(`(?m)^(build: ##.*\n)(\t.*\n)+`).
			ReplaceAllString(string(projectFile("Makefile")),
				"$1")
		d.write("Makefile", makefile)
		d.write("go.mod", "module somewhere\n")
		Expect(os.MkdirAll(d.path("bin"), 0o755)).To(Succeed())
		Expect(os.Link(binaries.Conformance, filepath.Join(d.path("bin"), "conformance"))).To(Or(Succeed(),
			MatchError(os.ErrExist)))
		command := exec.CommandContext(ctx, "make", append([]string{"-s"}, arguments...)...)
		command.Dir, command.Env = d.folder, append(os.Environ(), pairs(d.environment)...)
		output, _ := command.CombinedOutput() // the exit code is make's own
		return string(output)
	}
	deadTarget := func() map[string]string {
		environment := maps.Clone(startMock())
		environment["ACRONIS_DATACENTER_URL"] = deadURL()
		return environment
	}

	DescribeTable("looks at the target that ACRONIS_TARGET names", func(ctx SpecContext, recipe string) {
		d := newDesk(deadTarget())
		d.environment["ACRONIS_TARGET"] = "staging"
		Expect(said(ctx, d, recipe)).To(ContainSubstring("refused"))
	},
		Entry("run", limit, "run"), Entry("gate", limit, "gate"), Entry("doctor", long, limit, "doctor"),
		Entry("sweep", long, limit,
			"sweep"))

	It("plans for the target that ACRONIS_TARGET names", limit, func(ctx SpecContext) {
		d := newDesk(deadTarget())
		d.environment["ACRONIS_TARGET"] = "staging"
		Expect(said(ctx, d, "plan", "FOCUS=401/no-token/FetchTenant")).To(ContainSubstring(" requests on staging: "))
	})

	It("gates on the embedded mock only where it is named", limit, func(ctx SpecContext) {
		d := newDesk(nil, small)
		d.writeSmall()
		Expect(said(ctx, d, "gate")).To(HavePrefix("FAIL: the target mock is served by this program"))
		Expect(d.decisionIn("reports/gate.json")).To(HaveField("ExitCode", 2))
		Expect(said(ctx, d, "gate", "TARGET=mock")).NotTo(ContainSubstring("is served by this program"))
		d.environment = map[string]string{"ACRONIS_TARGET": "mock"}
		Expect(said(ctx, d, "gate")).NotTo(ContainSubstring("is served by this program"))
	})
})
