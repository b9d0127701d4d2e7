package report

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2/reporters"
	"github.com/onsi/ginkgo/v2/types"
	. "github.com/onsi/gomega"
)

// failing is a spec as Ginkgo reports it.
func failing(id, message string) types.SpecReport {
	at := types.CodeLocation{FileName: "/suites/contract/401_unauthorized.go", LineNumber: 35}
	return types.SpecReport{ContainerHierarchyTexts: []string{"401 unauthorized"},
		ContainerHierarchyLocations: []types.CodeLocation{at}, ContainerHierarchyLabels: [][]string{{"401"}},
		LeafNodeType: types.NodeTypeIt, LeafNodeText: id, LeafNodeLocation: at, LeafNodeLabels: []string{"read"},
		State: types.SpecStateFailed, RunTime: time.Millisecond, RunningInParallel: true,
		Failure: types.Failure{Message: message, Location: at, FailureNodeType: types.NodeTypeIt,
			FailureNodeContext: types.FailureNodeIsLeafNode, FailureNodeLocation: at}}
}

func passing() types.SpecReport {
	return types.SpecReport{LeafNodeType: types.NodeTypeIt, State: types.SpecStatePassed, RunningInParallel: true}
}

func fullText(id, fault string) string {
	return fmt.Sprintf("%s\nreplay:      conformance replay %s\nfault:       %s it is wrong\nactual:      200", id, id,
		fault)
}

// condensed is what is left of Ginkgo's output of these specs. It comes in pieces of that size; 0: as it is written.
func condensed(t *testing.T, color bool, size int, specs ...types.SpecReport) string {
	t.Helper()
	var raw, out strings.Builder
	reporter := reporters.NewDefaultReporter(types.ReporterConfig{NoColor: !color}, &raw)
	if size == 0 {
		c := NewCondenser(&out)
		reporter = reporters.NewDefaultReporter(types.ReporterConfig{NoColor: !color}, c)
		defer func() { NewWithT(t).Expect(c.Close()).To(Succeed()) }()
	}
	reporter.SuiteWillBegin(types.Report{SuiteDescription: "the suite"})
	for _, s := range specs {
		reporter.DidRun(s)
	}
	reporter.SuiteDidEnd(types.Report{SpecReports: specs})
	if size > 0 {
		c := NewCondenser(&out)
		for text := raw.String(); text != ""; text = text[min(size, len(text)):] {
			_, err := c.Write([]byte(text[:min(size, len(text))]))
			NewWithT(t).Expect(err).NotTo(HaveOccurred())
		}
		NewWithT(t).Expect(c.Close()).To(Succeed())
	}
	return out.String()
}

func TestCondense(t *testing.T) {
	specs := []types.SpecReport{passing(), passing(), failing("401/a/A", fullText("401/a/A", "x")),
		failing("401/a/B", FailureAgain("401/a/B", "fault x")), passing(),
		failing("401/a/C", FailureAgain("401/a/C", "fault x")), passing(),
		failing("401/a/D", FailureLine("401/a/D", "fault x: it is wrong", "conformance replay 401/a/D")),
		failing("401/a/E", FailureLine("401/a/E", "fault x: it is wrong", "conformance replay 401/a/E")),
		passing(), failing("401/a/F", "Unexpected error:\n    boom"),
		failing("401/a/G", FailureAgain("401/a/G", "error")),
		passing(), failing("401/a/H", FailureAgain("401/a/H", "fault x"))}
	const want = `Will run 0 of 0 specs
••
------------------------------
• [FAILED] [0.001 seconds]
401 unauthorized [It] 401/a/A [401, read]
/suites/contract/401_unauthorized.go:35

  [FAILED] 401/a/A
  replay:      conformance replay 401/a/A
  fault:       x it is wrong
  actual:      200
  In [It] at: /suites/contract/401_unauthorized.go:35 @ 01/01/01 00:00:00
------------------------------
F•F•
[FAILED] 401/a/D: fault x: it is wrong; conformance replay 401/a/D
[FAILED] 401/a/E: fault x: it is wrong; conformance replay 401/a/E
•
------------------------------
• [FAILED] [0.001 seconds]
401 unauthorized [It] 401/a/F [401, read]
/suites/contract/401_unauthorized.go:35

  [FAILED] Unexpected error:
      boom
  In [It] at: /suites/contract/401_unauthorized.go:35 @ 01/01/01 00:00:00
------------------------------
F•F

8 failures: the first ones of each fault stand above, and all of them in the reports
Ran 14 of 0 Specs in 0.000 seconds
FAIL! -- 6 Passed | 8 Failed | 0 Pending | 0 Skipped
`
	for _, color := range []bool{false, true} {
		whole := condensed(t, color, 0, specs...)
		for _, size := range []int{1, 2, 7, 100, 1 << 20} {
			if got := condensed(t, color, size, specs...); got != whole {
				t.Errorf("in pieces of %d bytes, it is another text: %s", size, got)
			}
		}
		got := regexp.MustCompile(` +(\n|$)`).ReplaceAllString(plainText(whole), "$1") // as the text above has it
		_, got, _ = strings.Cut(got, "\nWill run")
		NewWithT(t).Expect("Will run" + got).To(Equal(want))
	}
}

// What is green, or has few failures, passes as it is.
func TestCondenseLeavesTheRest(t *testing.T) {
	g := NewWithT(t)
	for _, specs := range [][]types.SpecReport{
		{}, {passing(), passing()}, {failing("401/a/A", fullText("401/a/A", "x"))},
		{failing("401/a/A", "boom"), passing(), failing("401/a/B", "x: y again"), passing()},
	} {
		var raw strings.Builder
		reporter := reporters.NewDefaultReporter(types.ReporterConfig{}, &raw)
		reporter.SuiteWillBegin(types.Report{SuiteDescription: "the suite"})
		for _, s := range specs {
			reporter.DidRun(s)
		}
		reporter.SuiteDidEnd(types.Report{SpecReports: specs})
		g.Expect(condensed(t, true, 0, specs...)).To(Equal(raw.String()))
	}
}

// Many faults, of which each would be shown in full, do not fill the terminal either.
func TestCondenseManyFaults(t *testing.T) {
	g := NewWithT(t)
	var specs []types.SpecReport
	for i := range 2000 {
		id := fmt.Sprint("401/a/", i)
		specs = append(specs, failing(id, fullText(id, fmt.Sprint("f", i))), passing())
	}
	text := condensed(t, false, 0, specs...)
	g.Expect(len(text)).To(BeNumerically("<", 50_000))
	g.Expect(strings.Count(text, "actual:")).To(Equal(maxFullFailures))
	g.Expect(text).To(ContainSubstring("[FAILED] 401/a/20: fault f20 it is wrong; conformance replay 401/a/20\n"))
	g.Expect(strings.Count(text, "[FAILED] 401/a/")).To(Equal(maxFullFailures + maxShortFailures))
}

// Dots are shown as they come, and what a broken run leaves half written is shown in the end.
func TestCondenseHoldsNothingBack(t *testing.T) {
	g := NewWithT(t)
	var out strings.Builder
	c := NewCondenser(&out)
	for _, text := range []string{"•", "•", "S"} {
		_, err := c.Write([]byte(text))
		g.Expect(err).NotTo(HaveOccurred())
	}
	g.Expect(out.String()).To(Equal("••S"))
	_, err := c.Write([]byte("\n" + ginkgoDashes + "\n• [FAILED] [1 seconds]\n401/a/A: fault x again"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(out.String()).To(Equal("••S"))
	g.Expect(c.Close()).To(Succeed())
	g.Expect(out.String()).To(Equal("••S\n" + ginkgoDashes +
		"\n• [FAILED] [1 seconds]\n401/a/A: fault x again\n"))

	c = NewCondenser(fullDisk{})
	_, err = c.Write([]byte("a line\n"))
	g.Expect(err).To(MatchError("no space left"))
	g.Expect(c.Close()).To(MatchError("no space left"))
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left") }
