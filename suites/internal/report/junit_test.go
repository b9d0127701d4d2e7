package report

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report/junittest"

	. "github.com/onsi/gomega"
)

// parseJUnit writes the file, and reads it as a server does that is particular about its schema.
func parseJUnit(t *testing.T, r *Result) *junittest.Element {
	t.Helper()
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "junit.xml")
	g.Expect(WriteJUnit(path, r)).To(Succeed())
	file, err := os.Open(path)
	g.Expect(err).NotTo(HaveOccurred())
	defer func() { _ = file.Close() }()
	read, err := junittest.Read(file)
	g.Expect(err).NotTo(HaveOccurred())
	return read
}

func TestJUnitCounts(t *testing.T) {
	g := NewWithT(t)
	in := sample(t)
	in.Specs = append(in.Specs, made("401", "w", Waived, "known until June"), made("401", "x", Error, "no answer"),
		made("401", "y", Pass, ""))
	r := Build(in)
	suites := parseJUnit(t, r)
	suite := suites.Inside[0]
	count := func(name string) string { return strconv.Itoa(len(suites.All(name))) }
	g.Expect(suite.Attributes).To(And(
		HaveKeyWithValue("tests", count("testcase")), HaveKeyWithValue("failures", count("failure")),
		HaveKeyWithValue("errors", count("error")), HaveKeyWithValue("skipped", count("skipped"))))
	g.Expect(suites.Attributes).To(And(HaveKeyWithValue("tests", "7"), HaveKeyWithValue("failures", "1"),
		HaveKeyWithValue("errors", "2")))
	g.Expect(suite.Attributes).To(And(HaveKeyWithValue("skipped", "2"), HaveKeyWithValue("timestamp",
		"2026-03-01T12:00:00")))
	var names []string
	for _, c := range suites.All("testcase") {
		names = append(names, c.Attributes["classname"]+" "+c.Attributes["name"])
	}
	g.Expect(names).To(Equal([]string{"conformance.run run", "conformance.401 401/no-token/FetchTenant",
		"conformance.401 401/w/FetchTenant", "conformance.401 401/x/FetchTenant", "conformance.401 401/y/FetchTenant",
		"conformance.403 403/foreign-tenant-by-query/FetchTenantsBatch", "conformance.50x 50x/once/FetchTenant"}))
}

func TestJUnitFailure(t *testing.T) {
	g := NewWithT(t)
	failure := parseJUnit(t, Build(sample(t))).All("failure")[0]
	g.Expect(failure.Attributes).To(Equal(map[string]string{"type": "violation",
		"message": "required property $.error is missing"}))
	g.Expect(failure.Text).To(Equal(`replay: conformance replay -target=staging 401/no-token/FetchTenant
requirement: a request without a token is answered with 401
see: https://developer.acronis.com/
expected: 401 with the envelope
actual: 200 with a tenant
$.error: the property is missing (required), found {}, fault 3mfjjod5
single request, while the objects exist: curl -s https://host/api/2/tenants/1
`))
}

// Servers show what a suite wrote beside its cases.
func TestJUnitListsTheFaults(t *testing.T) {
	in := sample(t)
	in.Run.Defects, in.Run.Config = []string{"a", "b"}, "/etc/my suite.yml"
	NewWithT(t).Expect(parseJUnit(t, Build(in)).All("system-out")[0].Text).To(Equal(
		`3mfjjod5 required property $.error is missing
  1 spec of 401 on FetchTenant, such as 401/no-token/FetchTenant
  GET https://host/api/2/tenants/1: 200
  conformance replay '-config=/etc/my suite.yml' -target=staging -defect=a,b 3mfjjod5
`))
}

// A run without specs must not look like one without failures.
func TestJUnitOfABrokenRun(t *testing.T) {
	g := NewWithT(t)
	suites := parseJUnit(t, Build(Input{Contract: contract(t), Problems: []string{"wrong credentials", "no clean-up"}}))
	g.Expect(suites.Attributes).To(And(HaveKeyWithValue("tests", "1"), HaveKeyWithValue("errors", "1")))
	broken := suites.All("error")[0]
	g.Expect(broken.Attributes["message"]).To(Equal("wrong credentials"))
	g.Expect(broken.Text).To(Equal("wrong credentials\nno clean-up"))
}

func TestJUnitHoldsAnyText(t *testing.T) {
	g := NewWithT(t)
	nasty := "\x00\x1b[31m\ufffe]]>\"'<script>&\r\n\xff end"
	s := made("401", "x", Violation, nasty)
	s.Actual, s.Exchanges = nasty, []exchange.Evidence{{Curl: nasty}}
	failure := parseJUnit(t, Build(Input{Contract: contract(t), Specs: []Spec{s}})).All("failure")[0]
	g.Expect(failure.Attributes["message"]).To(Equal("\\x00\\x1b[31m\\ufffe]]>\"'<script>& \\ufffd end"))
	g.Expect(strings.Count(failure.Text, "<script>")).To(Equal(2))
}

// A server that only counts cases must not take a run for green that is not.
func TestJUnitOfARunThatIsNoPass(t *testing.T) {
	left := []Leftover{{ID: "1", Command: "make sweep"}}
	for name, c := range map[string]struct {
		in     Input
		errors int
	}{
		"pass": {Input{Specs: []Spec{made("401", "a", Pass, "")}}, 0},
		"below its floor": {Input{Floors: &Floors{Asserted: 1}, Specs: []Spec{made("401", "a", Pass, ""),
			made("404", "b", Inconclusive, "other")}}, 1},
		"objects left behind": {Input{Floors: &Floors{}, Leftovers: left, Specs: []Spec{made("401", "a", Pass, "")}},
			1},
		"nothing tested":  {Input{Specs: []Spec{made("401", "a", Inconclusive, "no token")}}, 1},
		"a spec in error": {Input{Specs: []Spec{made("401", "a", Error, "no answer")}}, 1},
		"a problem": {Input{Problems: []string{"wrong"}, Specs: []Spec{made("401", "a", Error, "no answer")}},
			2},
		"a violation": {Input{Floors: &Floors{Asserted: 1}, Specs: []Spec{made("401", "a", Violation, "came 200")}},
			0},
	} {
		t.Run(name, func(t *testing.T) {
			c.in.Contract = contract(t)
			r := Build(c.in)
			suites := junit(r)
			NewWithT(t).Expect(suites.Errors).To(Equal(c.errors), r.Reason)
		})
	}
}
