package render

import (
	"encoding/json"
	"io"
	"strings"
	"time"

	"acronis-conformance/suites/internal/report"
)

// CTRF writes the result in the common test report format (https://ctrf.io, specification 1.0.0), which collectors of
// test results take. A test is a spec under its id; what makes the run itself unusable is a test named run. The faults
// stand in extra, the gravest first.
func CTRF(w io.Writer, r *report.Result) error {
	results := ctrfResults{
		Tool: ctrfTool{Name: "conformance", Version: line(r.Run.Suite, 60)}, Tests: []ctrfTest{},
		Summary:     ctrfSummary{Start: milliEpoch(r.Run.Started), Stop: milliEpoch(r.Run.Ended)},
		Environment: ctrfEnvironment{App: line(r.Run.Contract, 200), Test: line(r.Target.Name, 60)},
		Extra: ctrfExtra{Run: line(r.Run.ID, 60), Verdict: r.Verdict, Reason: line(r.Reason, 600),
			Faults: []ctrfFault{}},
	}
	for _, f := range r.FaultsOf(report.Violation) {
		results.Extra.Faults = append(results.Extra.Faults, ctrfFault{ID: f.ID, Title: line(f.Sentence, 320),
			Specs: len(f.Specs), Example: line(f.Example, 300), Replay: r.Replay(f.ID)})
	}
	if len(r.Problems) > 0 {
		results.add(ctrfTest{Name: "run", Status: "failed", RawStatus: string(report.Error),
			Message: line(strings.Join(r.Problems, "; "), 600)})
	}
	for i := range r.Specs {
		s := &r.Specs[i]
		t := ctrfTest{Name: line(s.ID, 300), Status: ctrfStatus(s.Verdict), RawStatus: string(s.Verdict),
			Duration: int64(1000 * s.Seconds), Suite: []string{"conformance", line(s.Code, 60)}}
		if s.Verdict != report.Pass {
			t.Message = line(s.Reason, 600)
		}
		if f, shows := r.FaultOf(s); shows {
			t.Message = line(f.Sentence, 320)
			t.Trace = "replay: " + r.Replay(s.ID) + "\nfault: " + f.ID + "\nactual: " + line(s.Actual, 600)
		}
		results.add(t)
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	return e.Encode(ctrf{Format: "CTRF", Version: "1.0.0", GeneratedBy: "conformance", Results: results})
}

type ctrf struct {
	Format      string      `json:"reportFormat"`
	Version     string      `json:"specVersion"`
	GeneratedBy string      `json:"generatedBy"`
	Results     ctrfResults `json:"results"`
}

type ctrfResults struct {
	Tool        ctrfTool        `json:"tool"`
	Summary     ctrfSummary     `json:"summary"`
	Environment ctrfEnvironment `json:"environment"`
	Extra       ctrfExtra       `json:"extra"`
	Tests       []ctrfTest      `json:"tests"`
}

type ctrfTool struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

type ctrfSummary struct {
	Tests   int   `json:"tests"`
	Passed  int   `json:"passed"`
	Failed  int   `json:"failed"`
	Skipped int   `json:"skipped"`
	Pending int   `json:"pending"`
	Other   int   `json:"other"`
	Start   int64 `json:"start"`
	Stop    int64 `json:"stop"`
}

type ctrfEnvironment struct {
	App  string `json:"appName,omitempty"`
	Test string `json:"testEnvironment,omitempty"`
}

type ctrfExtra struct {
	Run     string         `json:"run"`
	Verdict report.Verdict `json:"verdict"`
	Reason  string         `json:"reason"`
	Faults  []ctrfFault    `json:"faults"`
}

type ctrfFault struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Specs   int    `json:"specs"`
	Example string `json:"example"`
	Replay  string `json:"replay"`
}

type ctrfTest struct {
	Name      string   `json:"name"`
	Status    string   `json:"status"`
	Duration  int64    `json:"duration"` // milliseconds
	RawStatus string   `json:"rawStatus"`
	Suite     []string `json:"suite,omitempty"`
	Message   string   `json:"message,omitempty"`
	Trace     string   `json:"trace,omitempty"`
}

func (r *ctrfResults) add(t ctrfTest) {
	r.Tests = append(r.Tests, t)
	r.Summary.Tests++
	switch t.Status {
	case "passed":
		r.Summary.Passed++
	case "failed":
		r.Summary.Failed++
	case "skipped":
		r.Summary.Skipped++
	}
}

// ctrfStatus is the outcome that the format has for a verdict. An error is a failure, so that no collector takes the
// run for a good one; what was not counted as a violation was skipped, as in JUnit.
func ctrfStatus(v report.Verdict) string {
	switch v {
	case report.Pass:
		return "passed"
	case report.Violation, report.Error:
		return "failed"
	}
	return "skipped"
}

// milliEpoch is the time in milliseconds since 1970; 0 where it is not known.
func milliEpoch(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
