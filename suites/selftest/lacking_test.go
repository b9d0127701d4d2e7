package selftest_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// What a run passes is the suite, and not what someone has left of it.
var _ = Describe("a suite that lacks specs", func() {
	It("is not a pass, however green the rest of it is", long, SpecTimeout(5*time.Minute), func(ctx SpecContext) {
		d := newDesk(nil)
		d.write("empty.go", "package contract\n")
		lost := filepath.Join(binaries.Root, "suites", "contract", "406_not_acceptable.go")
		Expect(lost).To(BeARegularFile())
		overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{lost: d.path("empty.go")}})
		Expect(err).NotTo(HaveOccurred())
		d.write("overlay.json", string(overlay))
		compile := exec.CommandContext(ctx, "go", "build", "-overlay="+d.path("overlay.json"), "-o",
			d.path("conformance"),
			"./suites/cmd/conformance")
		compile.Dir = binaries.Root
		output, err := compile.CombinedOutput()
		Expect(err).NotTo(HaveOccurred(), string(output))

		for _, command := range []string{"run", "gate"} {
			o := d.finish(ctx, d.start(d.path("conformance"), command, "-config="+d.path("ginkgo.yml"), "-reports="+
				d.folder,
				"-target=mock"))
			Expect(o.code).To(Equal(2), o.output)
			Expect(o.result.Reason).To(
				HavePrefix("the suite lacks 3 specs of its list, such as " +
					"406/unacceptable-login-letter/CheckLoginNameAvailability"))
			Expect(d.read("summary.md")).To(ContainSubstring("ERROR on mock"))
		}
		Expect(d.decision()).To(SatisfyAll(HaveField("Pass", false), HaveField("ExitCode", 2)))
	})
})
