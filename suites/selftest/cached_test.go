package selftest_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
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
})

// goTest is one call of go test in a line, up to the next command.
var goTest = regexp.MustCompile("\\bgo test\\b[^;&|`#]*")
