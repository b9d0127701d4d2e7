package selftest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// Focus that is left in the code makes a green run of a few specs. It is looked for before anything else is.
var _ = DescribeTable("make lint, where the code holds", func(ctx SpecContext, line string, caught bool) {
	folder := GinkgoT().TempDir()
	for _, name := range []string{"suites/contract", "fixtures", "schemas"} {
		Expect(os.MkdirAll(filepath.Join(folder, name), 0o755)).To(Succeed())
	}
	line = strings.ReplaceAll(line, "~", "") // this file is looked through as well
	Expect(os.WriteFile(filepath.Join(folder, "suites/contract/x_test.go"),
		[]byte("package contract_test\n\n"+line+"\n"), 0o600)).To(Succeed())
	output, err := exec.CommandContext(ctx, "make", "-C", folder, "-f", filepath.Join(binaries.Root, "Makefile"),
		"lint").CombinedOutput()
	Expect(err).To(HaveOccurred(), "there is no module in that folder, if nothing else")
	const sentence = "focus is left in the code, so that other specs do not run"
	if !caught {
		Expect(string(output)).NotTo(ContainSubstring(sentence))
		return
	}
	Expect(string(output)).To(SatisfyAll(ContainSubstring(sentence),
		ContainSubstring("suites/contract/x_test.go:3:"+line)))
},
	Entry("a focused spec", `var _ = F~It("x", func() {})`, true, SpecTimeout(time.Minute)),
	Entry("a focused container", `var _ = F~Describe("x", func() {})`, true, SpecTimeout(time.Minute)),
	Entry("a focused table", `var _ = F~DescribeTable("x", func() {})`, true, SpecTimeout(time.Minute)),
	Entry("a focused table of trees", `var _ = F~DescribeTableSubtree("x", func() {})`, true, SpecTimeout(time.Minute)),
	Entry("a focused row", `var row = F~Entry("x", 1)`, true, SpecTimeout(time.Minute)),
	Entry("a decorator", `var _ = It("x", Focus~, func() {})`, true, SpecTimeout(time.Minute)),
	Entry("a decorator at the end", `var _ = It("x", func() {}, Focus~)`, true, SpecTimeout(time.Minute)),
	Entry("no focus", `var _ = It("FOCUS selects by id, as Focus does", func() {})`, false, SpecTimeout(time.Minute)),
)
