package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/waiver"

	. "github.com/onsi/gomega"
)

// faulty is a result with two faults, of which one is that a request is served, in a directory with a configuration.
func faulty(t *testing.T) (dir string) {
	t.Helper()
	g := NewWithT(t)
	contract, err := schemas.Load()
	g.Expect(err).NotTo(HaveOccurred())
	spec := func(id, actual string, d report.Difference) report.Spec {
		return report.Spec{ID: id, Code: "401", Probe: "no-token", Subject: "FetchTenant", Operation: "FetchTenant",
			Method: "GET", Path: "/tenants/{tenant_id}",
			Source: schemas.FromReference, Verdict: report.Violation, Actual: actual,
			Differences: []report.Difference{d}}
	}
	specs := []report.Spec{
		spec("401/no-token/FetchTenant", "200 OK", report.Difference{Path: "status", Rule: "status", Found: "200",
			Detail: "expected 401"}),
		spec("401/garbage-token/FetchTenant", "401 Unauthorized",
			report.Difference{Path: "$.error.domain", Rule: "required", Detail: "the property is missing"}),
	}
	dir = t.TempDir()
	g.Expect(report.Write(filepath.Join(dir, "conformance.json"),
		report.Build(report.Input{Contract: contract, Run: report.Run{ID: "1"}, Target: report.Target{Name: "staging"},
			Specs: specs}))).To(Succeed())
	g.Expect(os.WriteFile(filepath.Join(dir, "ginkgo.yml"), []byte("targets: {mock: {embedded: true}}\n"),
		0o600)).To(Succeed())
	return dir
}

func TestWaive(t *testing.T) {
	expires := time.Now().AddDate(0, 1, 0).Format(time.DateOnly)
	whole := []string{"-owner=us", "-expires=" + expires, "-reason=known", "-link=https://t.example/1"}
	for name, c := range map[string]struct {
		arguments []string
		code      int
		paths     []string // of the waived faults
		says      string
	}{
		"all but what is served": {whole, conforms, []string{"$.error.domain"}, "not waived: "},
		"all": {append([]string{"-served"}, whole...), conforms,
			[]string{"status", "$.error.domain"}, ""},
		"one": {append([]string{"-fault=wbiiia64"}, whole...), conforms,
			[]string{"$.error.domain"}, ""},
		"one that is served": {append([]string{"-fault=i7rjsy5i"}, whole...), unusable, nil,
			"add -served if that is to be accepted"},
		"one that there is not": {append([]string{"-fault=aaaaaaaa"}, whole...), unusable, nil,
			"the run 1 on staging has no fault aaaaaaaa that makes it fail: choose from "},
		"without an owner": {whole[1:], unusable, nil, "-owner is missing"},
		"without a reason": {append([]string{"-reason= "}, whole[:2]...), unusable, nil, "-reason is missing"},
		"a day that there is not": {append(whole[:1:1], "-expires=2030-02-31", "-reason=r", "-link=https://l.example"),
			unusable, nil, "-expires 2030-02-31 is not a date"},
		"a day that is far ahead": {append(whole[:1:1], "-expires=2999-01-01", "-reason=r", "-link=https://l.example"),
			unusable, nil, "expires more than a year ahead"},
		"a result that is missing": {append([]string{"-from=none.json"}, whole...), unusable, nil, "none.json"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			dir := faulty(t)
			var stdout, stderr bytes.Buffer
			program := &cli{stdout: &stdout, stderr: &stderr, env: os.LookupEnv}
			arguments := []string{"waive", "-config=" + filepath.Join(dir, "ginkgo.yml"), "-from=" +
				filepath.Join(dir, "conformance.json")}
			g.Expect(program.main(t.Context(), append(arguments, c.arguments...))).To(Equal(c.code), stderr.String())
			g.Expect(stderr.String()).To(ContainSubstring(c.says))
			file := filepath.Join(dir, "fixtures", "waivers.yml")
			if c.paths == nil {
				g.Expect(file).NotTo(BeAnExistingFile())
				return
			}
			list, err := waiver.Load(file, time.Now())
			g.Expect(err).NotTo(HaveOccurred())
			var paths []string
			for _, w := range list.Waivers {
				paths = append(paths, w.Fault.Path)
				g.Expect(w.Targets).To(Equal([]string{"staging"}))
				g.Expect(w.Served).To(Equal(w.Fault.Path == "status"))
			}
			g.Expect(paths).To(Equal(c.paths))
			g.Expect(stdout.String()).To(And(ContainSubstring("waived until "+expires+" on staging: "),
				HaveSuffix(file+"\n")))
		})
	}
}
