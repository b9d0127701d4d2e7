package selftest_test

import (
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// What go test has run it may answer from its cache the next time, and a live target has changed meanwhile.
var _ = Describe("go test", func() {
	It("is asked for a fresh answer wherever the project asks", SpecTimeout(10*time.Second), func(SpecContext) {
		var files []string
		for _, name := range []string{"Makefile", "README.md", ".gitlab-ci.yml", ".ci", ".github", ".deploy"} {
			path := filepath.Join(binaries.Root, name)
			if _, err := os.Stat(path); err != nil {
				continue // the project need not have each of them
			}
			Expect(filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
				if err == nil && entry.Type().IsRegular() {
					files = append(files, path)
				}
				return err
			})).To(Succeed())
		}
		Expect(files).To(ContainElements(HaveSuffix("Makefile"), HaveSuffix("README.md"), HaveSuffix(".ci/run")))
		asks := 0
		for _, path := range files {
			content, err := os.ReadFile(path)
			Expect(err).NotTo(HaveOccurred())
			for line := range strings.Lines(strings.ReplaceAll(string(content), "\\\n", " ")) {
				for _, command := range goTest.FindAllString(line, -1) {
					asks++
					Expect(command).To(ContainSubstring("-count=1"), "%s: %s", path, line)
				}
			}
		}
		Expect(asks).To(BeNumerically(">", 1))
	})

	// In a checkout of its own, where a run of all specs takes a second: with any flag of the suite nothing is stored
	// anyway.
	It("asks the target each time it is typed without -count=1", long, SpecTimeout(5*time.Minute), func(
		ctx SpecContext) {
		environment := startMock()
		var dead atomic.Bool
		counted := between(environment, &proxy{interfere: func(_ *proxy, w http.ResponseWriter, _ *http.Request) bool {
			return dead.Load() && answer(w, http.StatusBadGateway, envelope)
		}})
		d := newDesk(environment, small, readOnly)
		d.writeSmall()
		// no token can be kept: a file that was written a moment ago keeps go test from storing anything
		d.write(".acronis", "")
		d.environment["ACRONIS_TARGET"] = "staging"
		for _, name := range []string{"go.mod", "go.sum", "schemas", "fixtures", "suites"} {
			from := filepath.Join(binaries.Root, name)
			output, err := exec.CommandContext(ctx, "cp", "-r", from, d.folder).CombinedOutput()
			Expect(err).NotTo(HaveOccurred(), string(output))
		}
		// The directory is a new one each time, and is not part of what is compiled: it comes from the build's cache.
		d.environment["GOFLAGS"] = os.Getenv("GOFLAGS") + " -trimpath"
		asked := 0
		for run := range 3 {
			dead.Store(run == 2)
			o := d.finish(ctx, d.start("go", "test", "./suites/contract"))
			Expect(o.output).NotTo(ContainSubstring("cached"), "run %d", run)
			Expect(o.code == 0).To(Equal(run < 2), o.output)
			Expect(len(counted.all())).To(BeNumerically(">", asked))
			asked = len(counted.all())
		}
	})
})

// goTest is one call of go test in a line, up to the next command.
var goTest = regexp.MustCompile("\\bgo test\\b[^;&|`#]*")
