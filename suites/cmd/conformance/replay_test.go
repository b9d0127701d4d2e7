package main

import (
	"testing"

	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/gomega"
)

func TestReplayJudges(t *testing.T) {
	fault := report.Fault{ID: "abc", Sentence: "it breaks", Verdict: report.Violation,
		Extent: report.Extent{Specs: []string{"a", "b"}}}
	other := report.Fault{ID: "xyz", Verdict: report.Violation}
	specs := func(verdicts ...report.Verdict) []report.Spec {
		var list []report.Spec
		for i, v := range verdicts {
			list = append(list, report.Spec{ID: string(rune('a' + i)), Verdict: v, Reason: "the reason"})
		}
		return list
	}
	faultOf, specOf := &replayOf{name: "abc", fault: &fault, specs: fault.Specs}, &replayOf{name: "a",
		specs: []string{"a"}}
	for name, c := range map[string]struct {
		of    *replayOf
		now   report.Result
		state replayState
		text  string
	}{
		"a fault that is there": {faultOf, report.Result{Faults: []report.Fault{other, fault}}, stillThere,
			"abc it breaks, shown by 2 of 2 specs"},
		"a fault that is gone": {faultOf, report.Result{Specs: specs(report.Pass, report.Pass)}, gone,
			"abc it breaks"},
		"a fault in place of another": {faultOf, report.Result{Faults: []report.Fault{other},
			Specs: specs(report.Violation,
				report.Pass)}, gone, "abc it breaks, but there are 1 other faults: xyz"},
		"a fault not put to the test": {faultOf, report.Result{Specs: specs(report.Pass, report.Inconclusive)}, unknown,
			"b is inconclusive: the reason"},
		"a fault whose spec is gone": {faultOf, report.Result{Specs: specs(report.Pass)}, unknown, "b did not run"},
		"a run that failed":          {faultOf, report.Result{Problems: []string{"no host"}}, unknown, "no host"},
		"a spec that fails": {specOf, report.Result{Specs: specs(report.Violation)}, stillThere,
			"a: the reason"},
		"a spec that is waived": {specOf, report.Result{Specs: specs(report.Waived)}, stillThere, "a: the reason"},
		"a spec that passes":    {specOf, report.Result{Specs: specs(report.Pass)}, gone, "a"},
		"a spec with trouble": {specOf, report.Result{Specs: specs(report.Error)}, unknown,
			"a is error: the reason"},
	} {
		t.Run(name, func(t *testing.T) {
			state, text := c.of.judge(&c.now)
			NewWithT(t).Expect(state).To(Equal(c.state))
			NewWithT(t).Expect(text).To(Equal(c.text))
		})
	}
}

// What a spec only judged is sent again by those who sent it, and what the set-up sent by the spec of the valid call.
func TestReplayRunsTheSenders(t *testing.T) {
	g := NewWithT(t)
	r := &report.Result{Target: report.Target{Name: "mock"}, Specs: []report.Spec{
		{ID: "20x/every-answer/FetchTenant", Operation: "FetchTenant", Exchanges: []exchange.Evidence{
			{Spec: "401/no-token/FetchTenant"}, {Spec: "world"}, {Spec: "20x/every-answer/FetchTenant"},
			{Spec: "401/no-token/FetchTenant"}}},
		{ID: "20x/valid-token/FetchTenant", Operation: "FetchTenant"}, {ID: "401/no-token/FetchTenant",
			Operation: "FetchTenant"},
	}, Faults: []report.Fault{{ID: "abc", Extent: report.Extent{Specs: []string{"20x/every-answer/FetchTenant"}}}}}
	for _, name := range []string{"abc", "20x/every-answer/FetchTenant"} {
		of, err := newReplay(r, name)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(of.specs).To(Equal([]string{"20x/every-answer/FetchTenant"}))
		g.Expect(of.also).To(Equal([]string{"20x/valid-token/FetchTenant", "401/no-token/FetchTenant"}))
	}
	_, err := newReplay(r, "zzz")
	g.Expect(err).To(MatchError("the run  on mock has neither a fault nor a spec zzz: its faults are abc"))
	g.Expect(fileName("404/unknown-id/GET./tenants/{id}")).To(Equal("404-unknown-id-GET.-tenants-id"))
}

// The commands of the reports begin as the run was typed, so that they find its configuration and its result.
func TestReplayCommand(t *testing.T) {
	dir := workspace(t, map[string]string{"full/conformance.json": fullResult})
	t.Chdir(dir)
	for name, c := range map[string]struct {
		program string
		options options
		want    string
	}{
		"found by its name": {"conformance", options{}, "conformance replay -target=mock 'a b'"},
		"in a checkout": {"bin/conformance", options{ids: []string{"x"}},
			"bin/conformance replay -target=mock 'a b'"},
		"with its own places": {"c", options{config: "my suite.yml", reports: "new"},
			"c replay '-config=my suite.yml' -from=new/conformance.json -target=mock 'a b'"},
		"a part beside a full run": {"c", options{reports: "full", labels: "409"},
			"c replay -from=full/selection/conformance.json -target=mock 'a b'"},
		"a part in a new directory": {"c", options{reports: "new", labels: "409"},
			"c replay -from=new/conformance.json -target=mock 'a b'"},
	} {
		t.Run(name, func(t *testing.T) {
			run := report.Run{Config: "/etc/other.yml",
				ReplayCommand: (&cli{program: c.program}).replayCommand(c.options)}
			NewWithT(t).Expect(run.Replay("mock", "a b")).To(Equal(c.want))
		})
	}
	NewWithT(t).Expect(programName("/tmp/go-build12/b001/exe/conformance")).To(Equal("conformance"))
	NewWithT(t).Expect(programName("./bin/conformance")).To(Equal("./bin/conformance"))
}
