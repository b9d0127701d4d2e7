package render

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"testing"

	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/gomega"
	"github.com/xeipuuv/gojsonschema"
)

//go:embed testdata/ctrf.schema.json
var ctrfSchema []byte

// readCTRF writes the file, and reads it as a collector does that validates it.
func readCTRF(t *testing.T, r *report.Result) ctrf {
	t.Helper()
	g := NewWithT(t)
	var b bytes.Buffer
	g.Expect(CTRF(&b, r)).To(Succeed())
	checked, err := gojsonschema.Validate(gojsonschema.NewBytesLoader(ctrfSchema),
		gojsonschema.NewBytesLoader(b.Bytes()))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(checked.Errors()).To(BeEmpty())
	var read ctrf
	g.Expect(json.Unmarshal(b.Bytes(), &read)).To(Succeed())
	return read
}

func TestCTRF(t *testing.T) {
	g := NewWithT(t)
	r := sample(t)
	read := readCTRF(t, r).Results
	c := r.Totals.Specs
	g.Expect(read.Summary).To(Equal(ctrfSummary{Tests: c.Total, Passed: c.Pass, Failed: c.Violation + c.Error,
		Skipped: c.Waived + c.Known + c.Inconclusive, Start: r.Run.Started.UnixMilli(), Stop: r.Run.Ended.UnixMilli()}))
	g.Expect(read.Extra.Faults).To(HaveLen(len(r.FaultsOf(report.Violation))))
	first := read.Extra.Faults[0]
	g.Expect(first.ID).To(Equal(r.Faults[0].ID))
	g.Expect(first.Replay).To(Equal("conformance replay -target=staging " + first.ID))
	for _, one := range read.Tests {
		if one.Name == r.Faults[0].Example {
			g.Expect(one.Status).To(Equal("failed"))
			g.Expect(one.Message).To(Equal(r.Faults[0].Sentence))
			g.Expect(one.Trace).To(HavePrefix("replay: conformance replay -target=staging " + one.Name + "\n"))
		}
	}
}

// A run that broke off has no specs, and yet a collector must see that it failed.
func TestCTRFOfABrokenRun(t *testing.T) {
	r := &report.Result{Verdict: report.Error, Problems: []string{"wrong\x1bcredentials"}}
	read := readCTRF(t, r).Results
	NewWithT(t).Expect(read.Tests).To(Equal([]ctrfTest{{Name: "run", Status: "failed", RawStatus: "error",
		Message: `wrong\x1bcredentials`}}))
	NewWithT(t).Expect(read.Summary.Failed).To(Equal(1))
}
