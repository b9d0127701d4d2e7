package proof_test

import (
	"encoding/xml"
	"os"

	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// junitFile is as much of a JUnit file as a CI server reads.
type junitFile struct {
	XMLName  xml.Name `xml:"testsuites"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Suites   []struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
		Cases    []struct {
			Name    string      `xml:"name,attr"`
			Failure *junitFault `xml:"failure"`
			Error   *junitFault `xml:"error"`
			Skipped *junitFault `xml:"skipped"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

type junitFault struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// expectJUnit holds junit.xml against the result: its counts are those of its elements, its names are the specs' ids, and whatever is
// red says why.
func (d *desk) expectJUnit(o outcome) {
	GinkgoHelper()
	content, err := os.ReadFile(d.path("junit.xml"))
	Expect(err).NotTo(HaveOccurred())
	var file junitFile
	Expect(xml.Unmarshal(content, &file)).To(Succeed())
	verdicts := map[string]report.Verdict{}
	for _, s := range o.result.Specs {
		verdicts[s.ID] = s.Verdict
	}
	tests, failures, errors := 0, 0, 0
	for _, suite := range file.Suites {
		failed, broken, skipped := 0, 0, 0
		for _, c := range suite.Cases {
			verdict, known := verdicts[c.Name]
			Expect(known).To(BeTrue(), "%s is the id of no spec", c.Name)
			delete(verdicts, c.Name)
			Expect(c.Failure != nil).To(Equal(verdict == report.Violation), c.Name)
			if c.Failure != nil {
				failed++
				Expect(c.Failure.Message).NotTo(BeEmpty())
				Expect(c.Failure.Text).To(ContainSubstring("curl -s"))
			}
			if c.Error != nil {
				broken++
				Expect(c.Error.Message).NotTo(BeEmpty())
			}
			if c.Skipped != nil {
				skipped++
			}
		}
		Expect([]int{suite.Tests, suite.Failures, suite.Errors, suite.Skipped}).To(Equal([]int{len(suite.Cases), failed, broken, skipped}))
		tests, failures, errors = tests+len(suite.Cases), failures+failed, errors+broken
	}
	Expect([]int{file.Tests, file.Failures, file.Errors}).To(Equal([]int{tests, failures, errors}))
	Expect(verdicts).To(BeEmpty(), "specs that JUnit does not name")
	Expect(failures).To(BeNumerically(">", 0), "nothing is proved without a failure")
}
