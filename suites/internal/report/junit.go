package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// The elements and attributes are those of the schema that Jenkins reads (junit-10.xsd); others would be refused.
type junitSuites struct {
	XMLName  xml.Name   `xml:"testsuites"`
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Errors   int        `xml:"errors,attr"`
	Time     string     `xml:"time,attr"`
	Suite    junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
	Out        string          `xml:"system-out,omitempty"` // the faults
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Time    string        `xml:"time,attr"`
	Group   string        `xml:"group,attr,omitempty"`
	Failure *junitOutcome `xml:"failure"`
	Error   *junitOutcome `xml:"error"`
	Skipped *junitOutcome `xml:"skipped"`
}

type junitOutcome struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// WriteJUnit stores the result as JUnit XML. The name of a case is the spec's id, so that a server recognises it in
// the next run; what makes the run itself unusable is a case of its own, since a file without cases looks like a
// pass.
func WriteJUnit(path string, r *Result) error {
	return Replace(path, func(w io.Writer) error {
		if _, err := io.WriteString(w, xml.Header); err != nil {
			return err
		}
		// encoding/xml writes U+FFFD for the characters that XML cannot hold.
		e := xml.NewEncoder(w)
		e.Indent("", " ")
		if err := e.Encode(junit(r)); err != nil {
			return err
		}
		_, err := io.WriteString(w, "\n")
		return err
	})
}

func junit(r *Result) junitSuites {
	suite := junitSuite{
		Name:      "Acronis Account Management API v2",
		Time:      seconds(r.Run.WallSeconds),
		Timestamp: r.Run.Started.UTC().Format("2006-01-02T15:04:05"),
		Properties: []junitProperty{
			{"run", r.Run.ID},
			{"suite", r.Run.Suite},
			{"contract", r.Run.Contract},
			{"target", r.Target.Name},
			{"url", r.Target.URL},
			{"seed", strconv.FormatInt(r.Run.Seed, 10)},
			{"filter", r.Run.Filter},
			{"verdict", string(r.Verdict)},
		},
	}
	problems := r.Problems
	if len(problems) == 0 && r.Totals.Specs.Error == 0 && (r.Verdict == Error || r.Verdict == Inconclusive) {
		problems = []string{r.Reason} // no case says so
	}
	if len(problems) > 0 {
		suite.add(junitCase{Name: "run", Class: "conformance.run", Time: seconds(0),
			Error: &junitOutcome{Type: string(Error), Message: problems[0], Text: strings.Join(problems, "\n")}})
	}
	for i := range r.Specs {
		suite.add(junitCaseOf(r, &r.Specs[i]))
	}
	suite.Out = faultsText(r)
	return junitSuites{Name: suite.Name, Tests: suite.Tests, Failures: suite.Failures, Errors: suite.Errors,
		Time: suite.Time, Suite: suite}
}

func (suite *junitSuite) add(c junitCase) {
	suite.Cases = append(suite.Cases, c)
	suite.Tests++
	switch {
	case c.Failure != nil:
		suite.Failures++
	case c.Error != nil:
		suite.Errors++
	case c.Skipped != nil:
		suite.Skipped++
	}
}

// faultsText lists the faults, the gravest first.
func faultsText(r *Result) string {
	var b strings.Builder
	for _, f := range r.FaultsOf(Violation) {
		b.WriteString(strings.Join(r.Describe(f), "\n  ") + "\n")
	}
	return b.String()
}

func junitCaseOf(r *Result, s *Spec) junitCase {
	c := junitCase{Name: s.ID, Class: "conformance." + s.Code, Time: seconds(s.Seconds), Group: s.Resource}
	outcome := &junitOutcome{Type: string(s.Verdict), Message: s.Reason}
	if f, shows := r.FaultOf(s); shows {
		outcome.Message = f.Sentence
		if f.Accepted != nil {
			outcome.Message += " (" + f.Accepted.String() + ")"
		}
	}
	switch s.Verdict {
	case Violation:
		c.Failure, outcome.Text = outcome, explanation(r, s)
	case Error:
		c.Error, outcome.Text = outcome, explanation(r, s)
	case Waived, Known:
		c.Skipped, outcome.Text = outcome, explanation(r, s)
	case Inconclusive:
		c.Skipped = outcome
	}
	return c
}

// explanation is what a person needs to understand a spec without any other file.
func explanation(r *Result, s *Spec) string {
	var b strings.Builder
	fmt.Fprintf(&b, "replay: %s\n", r.Replay(s.ID))
	for _, part := range []struct{ name, text string }{
		{"requirement", s.Requirement}, {"see", s.Link}, {"rule", s.Rule}, {"expected", s.Expected},
		{"actual", s.Actual},
	} {
		if part.text != "" {
			fmt.Fprintf(&b, "%s: %s\n", part.name, part.text)
		}
	}
	for _, d := range s.Differences {
		fmt.Fprintf(&b, "%s: %s (%s)", d.Path, d.Detail, d.Rule)
		if d.Found != "" {
			b.WriteString(", found " + d.Found)
		}
		fmt.Fprintf(&b, ", fault %s", CauseOf(s, d).ID())
		if d.Accepted != nil {
			fmt.Fprintf(&b, ", %s", d.Accepted)
		}
		b.WriteString("\n")
	}
	for _, e := range s.Exchanges {
		if e.Curl != "" {
			fmt.Fprintf(&b, "single request, while the objects exist: %s\n", e.Curl)
		}
	}
	return b.String()
}

func seconds(s float64) string { return strconv.FormatFloat(max(s, 0), 'f', 3, 64) }
