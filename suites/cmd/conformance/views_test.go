package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/gomega"
)

// saved is a result of no specs, in its own directory.
func saved(t *testing.T) string {
	t.Helper()
	g := NewWithT(t)
	contract, err := schemas.Load()
	g.Expect(err).NotTo(HaveOccurred())
	path := filepath.Join(t.TempDir(), "conformance.json")
	g.Expect(report.Write(path, report.Build(report.Input{Contract: contract, Run: report.Run{ID: "1"},
		Target: report.Target{Name: "staging"}}))).To(Succeed())
	return path
}

func TestReportMakesEveryView(t *testing.T) {
	g := NewWithT(t)
	to := filepath.Join(t.TempDir(), "views")
	var stdout, stderr bytes.Buffer
	program := &cli{stdout: &stdout, stderr: &stderr, env: os.LookupEnv}
	g.Expect(program.main(t.Context(), []string{"report", "-from=" + saved(t), "-to=" + to})).To(Equal(conforms),
		stderr.String())
	for _, name := range []string{"index.html", "summary.md", "junit.xml", "conformance.har", "conformance.sarif",
		"badge.svg"} {
		g.Expect(filepath.Join(to, name)).To(BeARegularFile())
		g.Expect(stdout.String()).To(ContainSubstring(name))
	}
}

func TestReportReplacesItsOwnFilesAlone(t *testing.T) {
	g := NewWithT(t)
	from := saved(t)
	to := filepath.Dir(from)
	for range 2 {
		code, _, stderr := invoke(t, "report", "-from="+from)
		g.Expect(code).To(Equal(conforms), stderr)
	}
	g.Expect(os.WriteFile(filepath.Join(to, "summary.md"), []byte("# mine"), 0o600)).To(Succeed())
	code, _, stderr := invoke(t, "report", "-from="+from)
	g.Expect(code).To(Equal(unusable))
	g.Expect(stderr).To(ContainSubstring("summary.md was not written by this suite"))
	g.Expect(os.ReadFile(filepath.Join(to, "summary.md"))).To(BeEquivalentTo("# mine"))
}

// What is asked for wrongly leaves no dir, and is not blamed on the disk.
func TestNothingIsMadeOfTooFewResults(t *testing.T) {
	for _, arguments := range [][]string{{"compare"}, {"merge"}, {"compare", saved(t)}} {
		g := NewWithT(t)
		to := filepath.Join(t.TempDir(), "pages")
		var stderr bytes.Buffer
		program := &cli{stdout: &bytes.Buffer{}, stderr: &stderr, env: os.LookupEnv}
		g.Expect(program.main(t.Context(), append([]string{arguments[0], "-to=" + to}, arguments[1:]...))).
			To(Equal(unusable))
		g.Expect(stderr.String()).To(
			MatchRegexp(`^conformance: side by side stand two results or more, and there is [^:]*: name another ` +
				`conformance.json\n$`))
		g.Expect(to).NotTo(BeADirectory())
	}
}
