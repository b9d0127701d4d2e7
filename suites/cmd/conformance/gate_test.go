package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/target"

	. "github.com/onsi/gomega"
)

// Whatever keeps the gate from deciding, what an earlier one decided does not stay.
func TestNoEarlierDecisionStays(t *testing.T) {
	const config = "target: mock\ntargets:\n  mock: {embedded: true}\n  live: {url: 'https://example.com', client_id: a, client_secret: '${SECRET}'}\n"
	for name, row := range map[string]struct {
		arguments []string
		config    string
		why       string // in the last line
	}{
		"a configuration that there is not": {[]string{"-config=FOLDER/none.yml"}, config, "none.yml: cannot be read"},
		"a configuration that is none":      {nil, "target: [", "ginkgo.yml:1:"},
		"a baseline that there is not":      {[]string{"-target=mock", "-baseline=none.json"}, config, "none.json"},
		"a secret that is not set":          {[]string{"-target=live"}, config, "the variable SECRET is not set, and the target live needs it"},
		"a target that nobody named":        {nil, config, "the target mock is served by this program, so that a gate on it says nothing"},
		"a selection that is none":          {[]string{"-procs=-1"}, config, "-procs -1 is no number of processes"},
		"a flag that there is not":          {[]string{"-nonsense"}, config, "the command line is wrong"},
		"an argument":                       {[]string{"everything"}, config, `gate takes no argument "everything"`},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			folder := t.TempDir()
			file := filepath.Join(folder, "reports", "gate.json")
			g.Expect(os.Mkdir(filepath.Dir(file), 0o700)).To(Succeed())
			g.Expect(os.WriteFile(file, []byte(`{"pass":true}`), 0o600)).To(Succeed())
			g.Expect(os.WriteFile(filepath.Join(folder, "ginkgo.yml"), []byte(row.config), 0o600)).To(Succeed())
			var stdout bytes.Buffer
			program := &cli{stdout: &stdout, stderr: &bytes.Buffer{}, env: func(string) (string, bool) { return "", false }}
			arguments := []string{"gate", "-config=" + filepath.Join(folder, "ginkgo.yml")}
			for _, a := range row.arguments {
				arguments = append(arguments, strings.ReplaceAll(a, "FOLDER", folder))
			}
			g.Expect(program.main(t.Context(), arguments)).To(Equal(unusable))
			var d decision
			content, err := os.ReadFile(file)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(json.Unmarshal(content, &d)).To(Succeed())
			g.Expect(d.Pass).To(BeFalse())
			g.Expect(d.ExitCode).To(Equal(unusable))
			g.Expect(d.Reasons).To(HaveExactElements(ContainSubstring(row.why)))
			g.Expect(stdout.String()).To(Equal("FAIL: " + d.Reasons[0] + "\n"))
		})
	}
}

func TestDecide(t *testing.T) {
	result := func(v report.Verdict, asserted, total int) *report.Result {
		r := &report.Result{Verdict: v, Reason: "the reason", Target: report.Target{Name: "staging"}}
		r.Totals.Reference = report.CellCounts{Total: total, Asserted: asserted, Inconclusive: total - asserted}
		return r
	}
	barred := result(report.Pass, 8, 10)
	for range 2 {
		barred.Cells = append(barred.Cells, report.Cell{Source: "reference", Verdict: report.Inconclusive, Reason: "role usage_reader"})
	}
	floors := target.Gate{Asserted: 0.95, Inconclusive: 1}
	for name, row := range map[string]struct {
		result *report.Result
		code   int
		line   string
	}{
		"everything reached":        {result(report.Pass, 10, 10), conforms, "PASS: staging conforms, and every floor of the gate is reached"},
		"a violation":               {result(report.Violation, 10, 10), violates, "FAIL: the reason"},
		"a violation, and too few":  {result(report.Violation, 1, 2), violates, "FAIL: the reason; 1 of 2 reference cells are asserted, 95 % are asked for"},
		"a run that broke off":      {result(report.Error, 0, 10), unusable, "FAIL: the reason"},
		"nothing put to the test":   {result(report.Inconclusive, 0, 10), unusable, "FAIL: the reason"},
		"roles that nobody can get": {barred, conforms, "PASS: staging conforms, and every floor of the gate is reached (2 reference cells are set aside: the target gives no role for them)"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			d := decide(row.result, floors)
			g.Expect(d.String()).To(Equal(row.line))
			g.Expect(d.ExitCode).To(Equal(row.code))
			g.Expect(d.Pass).To(Equal(row.code == conforms))
			if row.code != violates {
				g.Expect(d.ExitCode).To(Equal(exitCode(row.result.Verdict)), "one verdict, one exit code")
			}
		})
	}
	NewWithT(t).Expect(decide(barred, floors).SetAside).To(Equal(2))
}
