package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/render"
	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/gomega"
)

// Whatever keeps a run from starting, no report of an earlier one stays; the gate says why it decided nothing.
func TestNoEarlierReportStays(t *testing.T) {
	const config = "target: mock\ntargets:\n  mock: {embedded: true}\n  live: {url: 'https://example.com', " +
		"client_id: a, client_secret: '${SECRET}'}\n"
	for name, row := range map[string]struct {
		arguments []string
		config    string
		why       string // in the last line of the gate
	}{
		"a configuration that there is not": {[]string{"-config=DIR/none.yml"}, config, "none.yml: cannot be read"},
		"a configuration that is none":      {nil, "target: [", "ginkgo.yml:1:"},
		"an unknown target":                 {[]string{"-target=nowhere"}, config, "unknown target nowhere"},
		"a secret that is not set": {[]string{"-target=live"}, config,
			"the variable SECRET is not set, and the target live needs it"},
		"a wrong selection":        {[]string{"-procs=-1"}, config, "-procs -1 is not a number of processes"},
		"a flag that there is not": {[]string{"-nonsense"}, config, "the command line is wrong"},
		"a flag without its value": {[]string{"-procs"}, config, "the command line is wrong"},
		"an argument":              {[]string{"everything"}, config, ` takes no argument "everything"`},
	} {
		for _, command := range []string{"run", "gate"} {
			t.Run(command+", "+name, func(t *testing.T) {
				g := NewWithT(t)
				dir := t.TempDir()
				reports := filepath.Join(dir, "reports")
				earlier(t, reports)
				g.Expect(os.WriteFile(filepath.Join(dir, "ginkgo.yml"), []byte(row.config), 0o600)).To(Succeed())
				code, stdout, _ := invoke(t, command, append([]string{"-config=" + filepath.Join(dir, "ginkgo.yml")},
					in(dir, row.arguments)...)...)
				g.Expect(code).To(Equal(unusable))
				if command == "run" && name == "an argument" { // an id, and those of a part of the specs lie elsewhere
					g.Expect(names(t, reports)).To(HaveLen(9))
					return
				}
				if command == "run" {
					g.Expect(names(t, reports)).To(BeEmpty())
					return
				}
				g.Expect(names(t, reports)).To(Equal([]string{"gate.json"}))
				d := decisionOf(t, reports)
				g.Expect(d.Pass).To(BeFalse())
				g.Expect(d.ExitCode).To(Equal(unusable))
				g.Expect(d.Reasons).To(HaveExactElements(ContainSubstring(row.why)))
				g.Expect(stdout).To(Equal("FAIL: " + d.Reasons[0] + "\n"))
			})
		}
	}
	t.Run("where -reports follows a flag that there is not", func(t *testing.T) {
		for _, arguments := range [][]string{{"-nonsense", "-reports=DIR"}, {"-nonsense", "--reports", "DIR"}} {
			g := NewWithT(t)
			reports := t.TempDir()
			earlier(t, reports)
			for i := range arguments {
				arguments[i] = strings.ReplaceAll(arguments[i], "DIR", reports)
			}
			code, _, _ := invoke(t, "run", arguments...)
			g.Expect(code).To(Equal(unusable))
			g.Expect(names(t, reports)).To(BeEmpty())
		}
	})
	t.Run("but who asks for help loses nothing", func(t *testing.T) {
		for _, arguments := range [][]string{{"run", "-h"}, {"gate", "-h"}, {"run", "-defect=list"}} {
			g := NewWithT(t)
			reports := t.TempDir()
			earlier(t, reports)
			code, _, _ := invoke(t, arguments[0], append([]string{"-reports=" + reports}, arguments[1:]...)...)
			g.Expect(code).To(Equal(conforms))
			g.Expect(names(t, reports)).To(HaveLen(9))
		}
	})
}

func TestGateAsksForItsTargetAndBaseline(t *testing.T) {
	for name, row := range map[string]struct {
		arguments []string
		why       string
	}{
		"a baseline that there is not": {[]string{"-target=mock", "-baseline=none.json"}, "none.json"},
		"a target that was not named": {nil,
			"the target mock is served by this program, so that a gate on it says nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			dir := t.TempDir()
			g.Expect(os.WriteFile(filepath.Join(dir, "ginkgo.yml"),
				[]byte("target: mock\ntargets:\n  mock: {embedded: true}\n"), 0o600)).To(Succeed())
			code, _, _ := invoke(t, "gate", append([]string{"-config=" + filepath.Join(dir, "ginkgo.yml")},
				row.arguments...)...)
			g.Expect(code).To(Equal(unusable))
			g.Expect(decisionOf(t, filepath.Join(dir, "reports")).Reasons).
				To(HaveExactElements(ContainSubstring(row.why)))
		})
	}
}

// The reports of a run replace those of an earlier run, and nothing else.
func TestFilesOfOthersStay(t *testing.T) {
	for _, file := range []string{"index.html", "summary.md", "junit.xml", "badge.svg", "gate.json", "conformance.json",
		"conformance.har", "conformance.sarif", "ctrf.json"} {
		for _, command := range []string{"run", "gate"} {
			t.Run(command+", "+file, func(t *testing.T) {
				g := NewWithT(t)
				reports := t.TempDir()
				earlier(t, reports)
				const content = "# My own page, which mentions conformance: pass\n"
				g.Expect(os.WriteFile(filepath.Join(reports, file), []byte(content), 0o600)).To(Succeed())
				g.Expect(os.WriteFile(filepath.Join(reports, "notes.txt"), nil, 0o600)).To(Succeed())
				code, stdout, stderr := invoke(t, command, "-config=none.yml", "-reports="+reports)
				g.Expect(code).To(Equal(unusable))
				g.Expect(stdout + stderr).To(ContainSubstring(filepath.Join(reports, file) +
					" was not written by this suite, and a report would replace it: move it, or name another " +
					"directory for the " +
					"reports"))
				left := []string{file, "notes.txt"}
				if command == "gate" && file != "gate.json" {
					left = append(left, "gate.json")
				}
				g.Expect(names(t, reports)).To(ConsistOf(left))
				g.Expect(os.ReadFile(filepath.Join(reports, file))).To(BeEquivalentTo(content))
			})
		}
	}
}

// earlier fills a directory with every report of a run that passed.
func earlier(t *testing.T, reports string) {
	t.Helper()
	g := NewWithT(t)
	g.Expect(os.MkdirAll(reports, 0o700)).To(Succeed())
	result, err := report.Read(saved(t))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(writeResult(reports, result)).To(Succeed())
	_, err = render.WriteAll(reports, result, nil)
	g.Expect(err).NotTo(HaveOccurred())
	d := newDecision()
	d.Pass = true
	g.Expect(d.write(filepath.Join(reports, "gate.json"))).To(Succeed())
	g.Expect(names(t, reports)).To(HaveLen(9))
}

// invoke runs a command, without any variable.
func invoke(t *testing.T, name string, arguments ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, diagnostics bytes.Buffer
	program := &cli{stdout: &out, stderr: &diagnostics, env: func(string) (string, bool) { return "", false }}
	code = program.main(t.Context(), append([]string{name}, arguments...))
	return code, out.String(), diagnostics.String()
}

func in(dir string, arguments []string) []string {
	var named []string
	for _, a := range arguments {
		named = append(named, strings.ReplaceAll(a, "DIR", dir))
	}
	return named
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	var all []string
	for _, entry := range entries {
		all = append(all, entry.Name())
	}
	return all
}

func decisionOf(t *testing.T, reports string) decision {
	t.Helper()
	g := NewWithT(t)
	var d decision
	content, err := os.ReadFile(filepath.Join(reports, "gate.json"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(json.Unmarshal(content, &d)).To(Succeed())
	return d
}

func TestDecide(t *testing.T) {
	result := func(v report.Verdict, asserted, total int) *report.Result {
		r := &report.Result{Verdict: v, Reason: "the reason", Target: report.Target{Name: "staging"}}
		r.Totals.Reference = report.CellCounts{Total: total, Asserted: asserted, Inconclusive: total - asserted}
		return r
	}
	// withoutRole is a result of which so many cells were not asserted for want of a role.
	withoutRole := func(n int) *report.Result {
		r := result(report.Pass, 10-n, 10)
		r.Limits = []report.Limit{{Kind: report.LimitRole, Reason: "role usage_reader"}}
		for i := range n {
			id := fmt.Sprintf("20x/valid-token/Operation%d", i)
			r.Specs = append(r.Specs, report.Spec{ID: id, Verdict: report.Inconclusive, Reason: r.Limits[0].Reason})
			r.Cells = append(r.Cells, report.Cell{Source: "reference", Verdict: report.Inconclusive,
				Reason: r.Limits[0].Reason, Specs: []string{id}})
		}
		return r
	}
	with := func(r *report.Result, change func(*report.Result)) *report.Result {
		change(r)
		return r
	}
	leave := func(n int) func(*report.Result) {
		return func(r *report.Result) { r.Leftovers = slices.Repeat([]report.Leftover{{Command: "make sweep"}}, n) }
	}
	accept := func(n int) func(*report.Result) {
		return func(r *report.Result) { r.Accepted = slices.Repeat([]string{"400/wrong-type/CreateTenant"}, n) }
	}
	show := func(r *report.Result) {
		r.Totals.Specs = report.Counts{Waived: 2, Known: 1}
	}
	floors := config.Gate{Asserted: 0.95, Inconclusive: 1, SetAside: 3, Accepted: 2, Leftovers: 1}
	const passes = "PASS: staging conforms, and every floor of the gate is reached"
	for name, row := range map[string]struct {
		result *report.Result
		code   int
		line   string
	}{
		"everything reached": {result(report.Pass, 10, 10), conforms, passes},
		"a violation":        {result(report.Violation, 10, 10), violates, "FAIL: the reason"},
		"a violation, and too few": {result(report.Violation, 1, 2), violates,
			"FAIL: the reason; 1 of 2 reference cells are asserted, 95 % are asked for"},
		"a run that broke off":    {result(report.Error, 0, 10), unusable, "FAIL: the reason"},
		"nothing put to the test": {result(report.Inconclusive, 0, 10), unusable, "FAIL: the reason"},
		"roles that cannot be had": {withoutRole(3), conforms, passes +
			" (3 reference cells set aside for want of a role)"},
		"roles for nearly nothing": {withoutRole(4), violates,
			"FAIL: 4 reference cells are set aside for want of a role, 3 may be: give the client a role such as " +
				"partner_admin; 6 of 7 reference cells are asserted, 95 % are asked for (4 reference cells set aside " +
				"for want " +
				"of a role)"},
		"as many accepted as may be": {with(result(report.Pass, 10, 10), accept(2)), conforms,
			passes + " (2 accepted)"},
		"too many accepted": {with(result(report.Pass, 10, 10), accept(3)), violates,
			"FAIL: 3 requests were served though nothing documents a refusal, 2 may be (3 accepted)"},
		"as many left as may be": {with(result(report.Pass, 10, 10), leave(1)), conforms, passes + " (1 left behind)"},
		"too many left": {with(result(report.Pass, 10, 10), leave(2)), unusable,
			"FAIL: 2 objects were left behind, 1 may be: make sweep (2 left behind)"},
		"a violation, and many left": {with(result(report.Violation, 10, 10), leave(2)), violates,
			"FAIL: the reason; 2 objects were left behind, 1 may be: make sweep (2 left behind)"},
		"waived and known": {with(result(report.Pass, 10, 10), show), conforms, passes + " (2 waived, 1 known)"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			d := decide(row.result, floors, nil)
			g.Expect(d.String()).To(Equal(row.line))
			g.Expect(d.ExitCode).To(Equal(row.code))
			g.Expect(d.Pass).To(Equal(row.code == conforms))
		})
	}
	d := decide(with(withoutRole(2), leave(1)), floors, nil)
	d.Waived = 5
	encoded, err := json.Marshal(d)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	NewWithT(t).Expect(string(encoded)).To(ContainSubstring(
		`"set_aside":2,"accepted":0,"waived":5,"known":0,"leftovers":1`))
}

// What the baseline had is not lost in silence.
func TestDecideAgainstABaseline(t *testing.T) {
	result := func(accepted []string, verdicts ...report.Verdict) *report.Result {
		r := &report.Result{Verdict: report.Pass, Target: report.Target{Name: "staging"}, Accepted: accepted}
		for i, v := range verdicts {
			r.Cells = append(r.Cells, report.Cell{Subject: "FetchTenant", Operation: "FetchTenant", Code: 200 + i,
				Class: fmt.Sprint(200 + i), Source: "reference", Verdict: v})
		}
		return r
	}
	floors := config.Gate{Inconclusive: 9, Accepted: 9}
	for name, row := range map[string]struct {
		old, now *report.Result
		reasons  []string
	}{
		"the same":         {result([]string{"a"}, report.Pass), result([]string{"a"}, report.Pass), nil},
		"less is accepted": {result([]string{"a"}, report.Pass), result(nil, report.Pass), nil},
		"more is asserted": {result(nil, report.Pass, report.Inconclusive), result(nil, report.Pass,
			report.Pass), nil},
		"asserted, if waived": {result(nil, report.Pass), result(nil, report.Waived), nil},
		"a cell is lost": {result(nil, report.Pass, report.Pass), result(nil, report.Inconclusive,
			report.Pass),
			[]string{"1 reference cells that the baseline asserted are not asserted now: FetchTenant 200"}},
		"a waived cell is lost": {result(nil, report.Waived), result(nil, report.Inconclusive),
			[]string{"1 reference cells that the baseline asserted are not asserted now: FetchTenant 200"}},
		"more is accepted": {result([]string{"a"}), result([]string{"a", "b", "c", "d", "e"}),
			[]string{"4 requests are served now, and were not in the baseline, though nothing documents a refusal: " +
				"b, c, d " +
				"and 1 more"}},
		"another request is accepted": {result([]string{"a"}), result([]string{"b"}),
			[]string{"1 requests are served now, and were not in the baseline, though nothing documents a refusal: b"}},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			d := decide(row.now, floors, row.old)
			g.Expect(d.Reasons).To(HaveExactElements(row.reasons))
			g.Expect(d.Pass).To(Equal(len(row.reasons) == 0))
			if !d.Pass {
				g.Expect(d.ExitCode).To(Equal(violates))
			}
		})
	}
}

// A pipeline that reads only what the gate decided gets the faults, the gravest first, and no advice.
func TestGateTellsTheFaults(t *testing.T) {
	g := NewWithT(t)
	r, err := report.Read(filepath.Join(faulty(t), "conformance.json"))
	g.Expect(err).NotTo(HaveOccurred())
	r.Specs[0].Advice = []string{"RFC 9110: more headers"}
	r.Faults = report.Faults(r.Specs)
	g.Expect(decide(r, config.Gate{}, nil).Faults).To(HaveExactElements(
		faultSummary{"i7rjsy5i", "no-token: requests that must be rejected with 401 succeed (200)", report.Served,
			report.Violation, 1,
			"401/no-token/FetchTenant"},
		faultSummary{"wbiiia64", "required property $.error.domain is missing", report.ErrorBody, report.Violation, 1,
			"401/garbage-token/FetchTenant"},
	))
	encoded, err := json.Marshal(undecided(errors.New("no target")))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(encoded)).To(ContainSubstring(`"faults":[]`))
}
