package render

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/gomega"
	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
)

// fourFaults is a red run of four faults on many operations, made with a defect: what must be rejected is served, a
// wrong code, a broken error body, and a success that lacks what is promised.
func fourFaults(t *testing.T) *report.Result {
	r := sample(t, func(s *report.Spec) {
		s.Differences, s.Accepted, s.Advice, s.Basis = nil, false, nil, report.Basis{Rejection: report.Documented,
			Code: report.Documented}
		s.Verdict, s.Reason = report.Pass, ""
		fail := func(status int, d report.Difference) {
			s.Verdict, s.Reason, s.Differences = report.Violation, "the answer is not what is promised",
				[]report.Difference{d}
			s.Actual = fmt.Sprint(status)
		}
		switch {
		case s.Code == "401" && s.Probe == "alg-none":
			fail(200, report.Difference{Path: "status", Rule: "status", Found: "200", Detail: "expected 401"})
		case s.Code == "405":
			fail(404, report.Difference{Path: "status", Rule: "status", Found: "404", Detail: "expected 405"})
		case s.Code == "400":
			fail(400, report.Difference{Path: "$.error.details", Rule: "required", Detail: "the property is missing"})
		case s.Code == "20x":
			fail(200, report.Difference{Path: "$.items", Rule: "type", Found: "{}",
				Detail: "expected array, not object"})
		}
	})
	r.Run.Defects = []string{"a", "b"}
	return r
}

// A reader of any view hears of the gravest fault first, and of each of the four once: with its operations, an exchange
// and the command that runs it again.
func TestAReaderHearsOfFourFaults(t *testing.T) {
	r := fourFaults(t)
	faults := r.FaultsOf(report.Violation)
	if len(faults) != 4 || faults[0].Gravity != report.Served || faults[3].Gravity != report.SuccessBody {
		t.Fatalf("not the four faults: %+v", faults)
	}
	views := map[string]func(g Gomega) string{
		"terminal": func(g Gomega) string {
			var b strings.Builder
			g.Expect(report.Table(&b, r, 200, false)).To(Succeed())
			return b.String()
		},
		"summary.md": func(Gomega) string { return string(summaryOf(t, r, nil)) },
		"JUnit": func(g Gomega) string {
			path := filepath.Join(t.TempDir(), "junit.xml")
			g.Expect(report.WriteJUnit(path, r)).To(Succeed())
			text := readFile(t, path)
			return text[strings.Index(text, "<system-out>"):]
		},
		"SARIF": func(g Gomega) string {
			var b bytes.Buffer
			g.Expect(SARIF(&b, r)).To(Succeed())
			file, err := sarif.FromBytes(b.Bytes())
			g.Expect(err).NotTo(HaveOccurred())
			var rules strings.Builder
			for _, rule := range file.Runs[0].Tool.Driver.Rules {
				fmt.Fprintf(&rules, "%s\n", *rule.FullDescription.Text)
			}
			return rules.String()
		},
		"annotations": func(g Gomega) string {
			var b strings.Builder
			g.Expect(report.Annotate(&b, r, func(string) (string, bool) { return "true", true })).To(Succeed())
			return b.String()
		},
		"page": func(Gomega) string {
			var cards strings.Builder
			for _, n := range elements(t, pageOf(t, r)) {
				if strings.HasPrefix(attribute(n, "class"), "finding v-v") {
					cards.WriteString(textOf(n) + "\n")
				}
			}
			return cards.String()
		},
	}
	for name, view := range views {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			text := strings.NewReplacer("&#xA;", "\n", "&#34;", `"`, "&#39;", "'").Replace(view(g))
			last := -1
			for _, f := range faults {
				replay := "conformance replay -target=staging -defect=a,b " + f.ID
				g.Expect(strings.Count(text, replay)).To(Equal(1), "%s stands once, as what is pasted", replay)
				at := strings.Index(text, replay)
				g.Expect(at).To(BeNumerically(">", last), "%s comes in its order", f.Sentence)
				last = at
				g.Expect(text).To(ContainSubstring(line(f.Where(), 60)[:20]), "how far it goes")
				g.Expect(text).To(ContainSubstring(f.Example), "a spec, with its operation")
				g.Expect(text).To(ContainSubstring(r.Spec(f.Example).Exchanged()), "an exchange")
			}
		})
	}
	for _, s := range r.Specs {
		if f, shows := r.FaultOf(&s); shows && f.Sentence == "" {
			t.Errorf("%s has no fault to be told", s.ID)
		}
	}
	var badge bytes.Buffer
	NewWithT(t).Expect(Badge(&badge, r)).To(Succeed())
	NewWithT(t).Expect(badge.String()).To(ContainSubstring("<title>conformance: 4 faults</title>"))
}
