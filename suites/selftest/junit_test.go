package selftest_test

import (
	"os"
	"path/filepath"
	"slices"

	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/report/junittest"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// expectJUnit holds junit.xml against the result of a run with failures: whatever is red says why.
func (d *desk) expectJUnit(o outcome) {
	GinkgoHelper()
	file := expectJUnit(o)
	Expect(file.All("failure")).NotTo(BeEmpty(), "nothing is proved without a failure")
	for _, failure := range file.All("failure") {
		Expect(failure.Attributes["message"]).NotTo(BeEmpty())
		Expect(failure.Text).To(ContainSubstring("curl -s"))
	}
}

// expectJUnit holds junit.xml of any run against its schema and against the result: its names are the specs' ids, the
// outcome of a case is the spec's verdict, and what makes the run unusable is a case of its own.
func expectJUnit(o outcome) *junittest.Element {
	GinkgoHelper()
	opened, err := os.Open(filepath.Join(o.folder, "junit.xml"))
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = opened.Close() }()
	file, err := junittest.Read(opened)
	Expect(err).NotTo(HaveOccurred())

	verdicts := map[string]report.Verdict{}
	for _, s := range o.result.Specs {
		verdicts[s.ID] = s.Verdict
	}
	below := o.result.Totals.Specs.Error == 0 && slices.Contains([]report.Verdict{report.Error, report.Inconclusive},
		o.result.Verdict)
	if len(o.result.Problems) > 0 || below { // which no case says
		verdicts["run"] = report.Error
	}
	outcomes := map[report.Verdict]string{report.Violation: "failure", report.Error: "error", report.Waived: "skipped",
		report.Known: "skipped", report.Inconclusive: "skipped"}
	for _, c := range file.All("testcase") {
		name := c.Attributes["name"]
		verdict, known := verdicts[name]
		Expect(known).To(BeTrue(), "%s is the id of no spec, or comes twice", name)
		delete(verdicts, name)
		outcome, red := outcomes[verdict]
		if !red {
			Expect(c.Inside).To(BeEmpty(), name)
			continue
		}
		Expect(c.Inside).To(HaveLen(1), name)
		Expect(c.Inside[0].Name).To(Equal(outcome), name)
		Expect(c.Inside[0].Attributes["type"]).To(Equal(string(verdict)), name)
		Expect(c.Inside[0].Attributes["message"]).NotTo(BeEmpty(), name)
	}
	Expect(verdicts).To(BeEmpty(), "what JUnit does not name")
	return file
}
