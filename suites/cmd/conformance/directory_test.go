package main

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
)

// fullResult and partResult are the beginnings of results, as report.Write writes them.
const (
	fullResult  = `{"version": 2, "run": {"id": "full", "filtered": false}, "target": {}, "verdict": "violation"}`
	partResult  = `{"version": 2, "run": {"id": "part", "filtered": true}, "target": {}, "verdict": "pass"}`
	errorResult = `{"version": 2, "run": {"id": "error", "filtered": false}, "target": {}, "verdict": "error"}`
)

// workspace is a directory with a ginkgo.yml and files in it.
func workspace(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	files["ginkgo.yml"] = "target: mock\ntargets:\n  mock: {embedded: true, allow: [read, write]}\n"
	for name, content := range files {
		path := filepath.Join(dir, name)
		NewWithT(t).Expect(os.MkdirAll(filepath.Dir(path), 0o755)).To(Succeed())
		NewWithT(t).Expect(os.WriteFile(path, []byte(content), 0o600)).To(Succeed())
	}
	return dir
}

// A run of a part of the specs never replaces what a full run has left, wherever that is.
func TestReportsDir(t *testing.T) {
	dir := workspace(t, map[string]string{"full/conformance.json": fullResult, "part/conformance.json": partResult,
		"error/conformance.json": errorResult})
	for name, c := range map[string]struct {
		options options
		want    string
	}{
		"a full run":                      {options{}, "reports"},
		"by label":                        {options{labels: "409"}, "reports/selection"},
		"by text":                         {options{focus: "409/"}, "reports/selection"},
		"by id":                           {options{ids: []string{"409/a/B"}}, "reports/selection"},
		"none":                            {options{dry: true}, "reports/selection"},
		"a full run beside a full one":    {options{reports: "full"}, "full"},
		"by id, beside a full one":        {options{reports: "full", ids: []string{"409/a/B"}}, "full/selection"},
		"by id, beside a part":            {options{reports: "part", ids: []string{"409/a/B"}}, "part"},
		"by id, beside a failed start":    {options{reports: "error", ids: []string{"409/a/B"}}, "error"},
		"by id, in a directory of itself": {options{reports: "new", ids: []string{"409/a/B"}}, "new"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			o := c.options
			o.config = filepath.Join(dir, "ginkgo.yml")
			if o.reports != "" {
				o.reports = filepath.Join(dir, o.reports)
			}
			g.Expect(o.reportsDir()).To(Equal(filepath.Join(dir, c.want)))
		})
	}
}

func TestAFullRunKeepsThePreviousResult(t *testing.T) {
	for name, c := range map[string]struct {
		files    map[string]string
		previous string // empty: there is none
	}{
		"the first run":        {map[string]string{}, ""},
		"after a full run":     {map[string]string{"reports/conformance.json": fullResult}, fullResult},
		"after a failed start": {map[string]string{"reports/conformance.json": errorResult}, ""},
		"after two": {map[string]string{"reports/conformance.json": fullResult,
			"reports/previous.json": errorResult}, fullResult},
		"after a failed second": {map[string]string{"reports/conformance.json": errorResult,
			"reports/previous.json": fullResult}, fullResult},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			dir := workspace(t, c.files)
			g.Expect(options{config: filepath.Join(dir, "ginkgo.yml")}.clear(nil, nil)).To(Succeed())
			g.Expect(filepath.Join(dir, "reports/conformance.json")).NotTo(BeAnExistingFile())
			if c.previous == "" {
				g.Expect(filepath.Join(dir, "reports/previous.json")).NotTo(BeAnExistingFile())
				return
			}
			g.Expect(os.ReadFile(filepath.Join(dir, "reports/previous.json"))).To(BeEquivalentTo(c.previous))
		})
	}
	t.Run("a file of somebody else", func(t *testing.T) {
		g := NewWithT(t)
		dir := workspace(t, map[string]string{"reports/conformance.json": fullResult, "reports/previous.json": "mine"})
		g.Expect(options{config: filepath.Join(dir, "ginkgo.yml")}.clear(nil, nil)).To(
			MatchError(ContainSubstring("previous.json was not written by this suite")))
		g.Expect(os.ReadFile(filepath.Join(dir, "reports/previous.json"))).To(BeEquivalentTo("mine"))
	})
}

// A run of a part leaves the reports of the full run alone even where its command line is wrong.
func TestAPartLeavesTheFullReports(t *testing.T) {
	for _, arguments := range [][]string{{"-focus=("}, {"401/none/Here", "-procs=-1"}, {"-nonsense", "-focus=a"},
		{"-defect=none", "-filter=409"}, {"-keep", "-focus=401"}, {"-focus=a", "409/b/C"}} {
		g := NewWithT(t)
		dir := workspace(t, map[string]string{"reports/conformance.json": fullResult,
			"reports/selection/conformance.json": partResult})
		code, stdout, stderr := invoke(t, "run", append([]string{"-config=" + filepath.Join(dir, "ginkgo.yml")},
			arguments...)...)
		g.Expect(code).To(Equal(unusable))
		g.Expect(stdout).To(BeEmpty())
		g.Expect(stderr).To(Or(HavePrefix("conformance: "), HavePrefix("flag provided but not defined")), "%v",
			arguments)
		g.Expect(os.ReadFile(filepath.Join(dir, "reports/conformance.json"))).To(BeEquivalentTo(fullResult))
		g.Expect(filepath.Join(dir, "reports/selection/conformance.json")).NotTo(BeAnExistingFile())
	}
}
