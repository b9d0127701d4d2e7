package render

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/gomega"
	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
)

func TestHAR(t *testing.T) {
	g := NewWithT(t)
	r := sample(t)
	e := r.Specs[0].Exchanges[0]
	e.URL += "?a=1&b=%26&a=%zz"
	e.Attempts = slices.Clone(e.Attempts)
	r.Specs[0].Exchanges = []exchange.Evidence{e}
	e.Attempts[0].Body = &exchange.Text{Text: base64.StdEncoding.EncodeToString([]byte{0}), Base64: true, Size: 1}
	attempts := 0
	for _, s := range r.Specs {
		for _, e := range s.Exchanges {
			attempts += len(e.Attempts)
		}
	}
	for _, s := range r.World {
		for _, e := range s.Exchanges {
			attempts += len(e.Attempts)
		}
	}
	var b bytes.Buffer
	g.Expect(HAR(&b, r)).To(Succeed())
	var file struct{ Log struct{ Entries []harEntry } }
	g.Expect(json.Unmarshal(b.Bytes(), &file)).To(Succeed())
	g.Expect(file.Log.Entries).To(HaveLen(attempts))
	last := file.Log.Entries[0].Started
	for _, e := range file.Log.Entries {
		if e.Started.Before(last) || (e.Response.Status == 0) != (e.Response.Error != "") {
			t.Errorf("%s at %s: out of order, or a status of %d with the error %q", e.Comment, e.Started,
				e.Response.Status,
				e.Response.Error)
		}
		last = e.Started
		if e.Comment == r.Specs[0].ID {
			g.Expect(e.Request.QueryString).To(Equal([]harPair{{"a", "1"}, {"b", "&"}, {"a", "%zz"}}))
			g.Expect(e.Response.Content.Encoding).To(Equal("base64"))
		}
	}
	for _, required := range []string{`"cache":{}`, `"cookies":[]`, `"headersSize":-1`, `"timings":{`} {
		g.Expect(b.String()).To(ContainSubstring(required))
	}
}

// A control stands in the archive once, though the specs that judge it carry it too.
func TestHARHoldsAControlOnce(t *testing.T) {
	g := NewWithT(t)
	r := sample(t)
	control := slices.IndexFunc(r.World, func(s report.Step) bool { return s.ID == "control/FetchTenant" })
	e := r.World[control].Exchanges[0]
	e.Spec = "control/FetchTenant"
	e.URL += "?unmistakable"
	r.World[control].Exchanges = []exchange.Evidence{e}
	for i := range 3 {
		r.Specs[i].Exchanges = append(slices.Clone(r.Specs[i].Exchanges), e)
	}
	var b bytes.Buffer
	g.Expect(HAR(&b, r)).To(Succeed())
	var file struct{ Log struct{ Entries []harEntry } }
	g.Expect(json.Unmarshal(b.Bytes(), &file)).To(Succeed())
	var comments []string
	for _, entry := range file.Log.Entries {
		if strings.HasSuffix(entry.Request.URL, "?unmistakable") {
			comments = append(comments, entry.Comment)
		}
	}
	g.Expect(comments).To(Equal([]string{"control/FetchTenant"}))
}

// A fault is one rule, whatever probes it is met with; the gravest comes first.
func TestSARIFRules(t *testing.T) {
	g := NewWithT(t)
	var b bytes.Buffer
	g.Expect(SARIF(&b, sample(t))).To(Succeed())
	file, err := sarif.FromBytes(b.Bytes())
	g.Expect(err).NotTo(HaveOccurred())
	var rules []string
	for _, rule := range file.Runs[0].Tool.Driver.Rules {
		rules = append(rules, *rule.ID+": "+*rule.ShortDescription.Text)
	}
	g.Expect(rules).To(HaveExactElements(
		"vxpk5epr: alg-none: requests that must be rejected with 401 succeed (200)",
		"iaeauqau: the status is 404, the documentation promises 405",
		"ivztg26o: $.error.code is a string, the documentation promises an integer",
		"f4mn5rse: $.error.details is an array, the documentation promises an object",
		"wbiiia64: required property $.error.domain is missing",
		`ndrtbxaf: required property $.items\[*\].version is missing`,
		ContainSubstring(`: $.type is "agent": the value is none of`),
	))
}

// A spec that shows several faults is a result of the gravest: a wrong status comes before a broken body, however
// widespread that is.
func TestSARIFNamesTheGravestFault(t *testing.T) {
	g := NewWithT(t)
	r := sample(t, func(s *report.Spec) {
		if s.Code == "401" && s.Resource == "reports" {
			s.Verdict = report.Violation
			s.Differences = append(slices.Clone(s.Differences), report.Difference{Path: "$.error.details", Rule: "type",
				Found: "[]", Detail: "expected object, not array"})
		}
	})
	var b bytes.Buffer
	g.Expect(SARIF(&b, r)).To(Succeed())
	file, err := sarif.FromBytes(b.Bytes())
	g.Expect(err).NotTo(HaveOccurred())
	rules := map[string]int{}
	for _, result := range file.Runs[0].Results {
		if strings.HasPrefix(*result.Message.Text, "401/alg-none/") {
			rules[*result.RuleID]++
		}
	}
	g.Expect(rules).To(Equal(map[string]int{"vxpk5epr": 6}))
}

func TestSARIF(t *testing.T) {
	g := NewWithT(t)
	for _, r := range []*report.Result{sample(t), failing(hostile(t, 0)),
		small(map[string]report.Verdict{"A": report.Pass})} {
		var b bytes.Buffer
		g.Expect(SARIF(&b, r)).To(Succeed())
		file, err := sarif.FromBytes(b.Bytes())
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(file.Validate()).To(Succeed())
		g.Expect(file.Runs[0].Results).To(HaveLen(wanted(r)))
		g.Expect(strings.ContainsFunc(b.String(), steers)).To(BeFalse())
	}
}

// wanted counts the results that a file must have.
func wanted(r *report.Result) int {
	n := 0
	for _, s := range r.Specs {
		if s.Verdict == report.Violation || s.Verdict == report.Waived || s.Verdict == report.Known {
			n++
		}
	}
	return n
}

func TestSARIFPlaces(t *testing.T) {
	g := NewWithT(t)
	var b bytes.Buffer
	g.Expect(SARIF(&b, sample(t))).To(Succeed())
	file, err := sarif.FromBytes(b.Bytes())
	g.Expect(err).NotTo(HaveOccurred())
	contract, err := os.ReadFile("../../../" + contractFile)
	g.Expect(err).NotTo(HaveOccurred())
	lines := strings.Split(string(contract), "\n")
	suppressed := 0
	for _, result := range file.Runs[0].Results {
		place := result.Locations[0]
		at := lines[*place.PhysicalLocation.Region.StartLine-1]
		if name := *place.LogicalLocations[0].Name; strings.HasPrefix(name, "PATCH.") {
			g.Expect(at).To(ContainSubstring("/tenants/{tenant_id}:"),
				"a method that a path does not have is shown at the path")
		} else {
			g.Expect(at).To(ContainSubstring("operationId: " + name))
		}
		suppressed += len(result.Suppressions)
	}
	g.Expect(suppressed).To(Equal(2), "what is waived, and what is known")
}

func TestBadge(t *testing.T) {
	g := NewWithT(t)
	for _, c := range []struct {
		verdict report.Verdict
		want    string
	}{
		{report.Violation, "conformance: 5 faults"}, {report.Pass, "conformance: pass, "}, {report.Inconclusive,
			"conformance: inconclusive"}, {report.Error, "conformance: error"},
	} {
		r := sample(t)
		r.Verdict = c.verdict
		var b bytes.Buffer
		g.Expect(Badge(&b, r)).To(Succeed())
		g.Expect(xml.Unmarshal(b.Bytes(), new(struct{ XMLName xml.Name }))).To(Succeed())
		g.Expect(b.String()).To(ContainSubstring("<title>" + c.want))
		g.Expect(b.String()).To(ContainSubstring(colorOf(c.verdict)))
	}
}

func TestWriteAll(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	g.Expect(os.WriteFile(filepath.Join(dir, "index.html"), []byte("old"), 0o600)).To(Succeed())
	paths, err := WriteAll(dir, sample(t), nil)
	g.Expect(err).NotTo(HaveOccurred())
	files, err := os.ReadDir(dir)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(files).To(HaveLen(len(paths)), "nothing temporary stays")
	for _, path := range paths {
		info, err := os.Stat(path)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(info.Size()).To(BeNumerically(">", 100))
		g.Expect(info.Mode().Perm()).To(Equal(os.FileMode(0o644)))
	}
	g.Expect(report.Clear(dir)).To(Succeed(), "the next run knows its files again")
	files, err = os.ReadDir(dir)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(files).To(BeEmpty())
}

func TestWriteAllSaysWhatToDo(t *testing.T) {
	g := NewWithT(t)
	_, err := WriteAll(filepath.Join(t.TempDir(), "missing"), sample(t), nil)
	g.Expect(err).To(MatchError(And(ContainSubstring("index.html cannot be written"),
		ContainSubstring("name another directory"))))
}
