package report

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"acronis-conformance/suites/internal/exchange"

	. "github.com/onsi/gomega"
)

// allowed are the elements of junit-10.xsd that a report may use, each with its attributes and what may stand inside.
var allowed = map[string]struct{ required, optional, inside []string }{
	"testsuites": {nil, []string{"name", "time", "tests", "failures", "errors"}, []string{"testsuite"}},
	"testsuite": {[]string{"name", "tests", "failures", "errors"},
		[]string{"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"}, []string{"properties", "testcase"}},
	"properties": {nil, nil, []string{"property"}},
	"property":   {[]string{"name", "value"}, nil, nil},
	"testcase":   {[]string{"name"}, []string{"time", "classname", "group"}, []string{"skipped", "error", "failure"}},
	"failure":    {nil, []string{"type", "message"}, nil},
	"error":      {nil, []string{"type", "message"}, nil},
	"skipped":    {nil, []string{"type", "message"}, nil},
}

var surefireTime = regexp.MustCompile(`^(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?$`)

type element struct {
	name       string
	attributes map[string]string
	text       string
	inside     []*element
}

func (e *element) all(name string) []*element {
	var found []*element
	for _, child := range e.inside {
		if child.name == name {
			found = append(found, child)
		}
		found = append(found, child.all(name)...)
	}
	return found
}

// parse reads the XML and checks it against the allowed elements.
func parseJUnit(t *testing.T, r *Result) *element {
	t.Helper()
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "junit.xml")
	g.Expect(WriteJUnit(path, r)).To(Succeed())
	file, err := os.Open(path)
	g.Expect(err).NotTo(HaveOccurred())
	defer func() { _ = file.Close() }()
	decoder := xml.NewDecoder(file)
	top := &element{}
	open := []*element{top}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		g.Expect(err).NotTo(HaveOccurred())
		current := open[len(open)-1]
		switch token := token.(type) {
		case xml.StartElement:
			e := &element{name: token.Name.Local, attributes: map[string]string{}}
			rule, known := allowed[e.name]
			g.Expect(known).To(BeTrue(), "<%s>", e.name)
			if current != top {
				g.Expect(allowed[current.name].inside).To(ContainElement(e.name), "<%s> in <%s>", e.name, current.name)
			}
			for _, a := range token.Attr {
				e.attributes[a.Name.Local] = a.Value
				g.Expect(append(slices.Clone(rule.required), rule.optional...)).To(ContainElement(a.Name.Local), "<%s %s=...>", e.name, a.Name.Local)
				if a.Name.Local == "time" {
					g.Expect(a.Value).To(MatchRegexp(surefireTime.String()))
				}
			}
			for _, name := range rule.required {
				g.Expect(e.attributes).To(HaveKey(name), "<%s>", e.name)
			}
			current.inside = append(current.inside, e)
			open = append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			current.text += string(token)
		}
	}
	g.Expect(top.inside).To(HaveLen(1))
	return top.inside[0]
}

func TestJUnitCounts(t *testing.T) {
	g := NewWithT(t)
	in := sample(t)
	in.Specs = append(in.Specs, made("401", "w", Waived, "known until June"), made("401", "x", Error, "no answer"), made("401", "y", Pass, ""))
	r := Build(in)
	suites := parseJUnit(t, r)
	suite := suites.inside[0]
	count := func(name string) string { return strconv.Itoa(len(suites.all(name))) }
	g.Expect(suite.attributes).To(And(
		HaveKeyWithValue("tests", count("testcase")), HaveKeyWithValue("failures", count("failure")),
		HaveKeyWithValue("errors", count("error")), HaveKeyWithValue("skipped", count("skipped"))))
	g.Expect(suites.attributes).To(And(HaveKeyWithValue("tests", "7"), HaveKeyWithValue("failures", "1"), HaveKeyWithValue("errors", "2")))
	g.Expect(suite.attributes).To(And(HaveKeyWithValue("skipped", "2"), HaveKeyWithValue("timestamp", "2026-03-01T12:00:00")))
	var names []string
	for _, c := range suites.all("testcase") {
		names = append(names, c.attributes["classname"]+" "+c.attributes["name"])
	}
	g.Expect(names).To(Equal([]string{"run run", "401 401/no-token/FetchTenant", "401 401/w/FetchTenant", "401 401/x/FetchTenant", "401 401/y/FetchTenant",
		"403 403/foreign-tenant-by-query/FetchTenantsBatch", "50x 50x/once/FetchTenant"}))
}

func TestJUnitFailure(t *testing.T) {
	g := NewWithT(t)
	failure := parseJUnit(t, Build(sample(t))).all("failure")[0]
	g.Expect(failure.attributes).To(Equal(map[string]string{"type": "violation", "message": "expected 401, got 200"}))
	g.Expect(failure.text).To(Equal(`requirement: a request without a token is answered with 401
see: https://developer.acronis.com/
expected: 401 with the envelope
actual: 200 with a tenant
$.error: the property is missing (required), found {}
repeat: curl -s https://host/api/2/tenants/1
`))
}

// A run without specs must not look like one without failures.
func TestJUnitOfABrokenRun(t *testing.T) {
	g := NewWithT(t)
	suites := parseJUnit(t, Build(Input{Contract: contract(t), Problems: []string{"wrong credentials", "no clean-up"}}))
	g.Expect(suites.attributes).To(And(HaveKeyWithValue("tests", "1"), HaveKeyWithValue("errors", "1")))
	broken := suites.all("error")[0]
	g.Expect(broken.attributes["message"]).To(Equal("wrong credentials"))
	g.Expect(broken.text).To(Equal("wrong credentials\nno clean-up"))
}

func TestJUnitHoldsAnyText(t *testing.T) {
	g := NewWithT(t)
	nasty := "\x00\x1b[31m\ufffe]]>\"'<script>&\r\n\xff end"
	s := made("401", "x", Violation, nasty)
	s.Actual, s.Exchanges = nasty, []exchange.Evidence{{Curl: nasty}}
	failure := parseJUnit(t, Build(Input{Contract: contract(t), Specs: []Spec{s}})).all("failure")[0]
	g.Expect(failure.attributes["message"]).To(Equal("\ufffd\ufffd[31m\ufffd]]>\"'<script>&\r\n\ufffd end"))
	g.Expect(strings.Count(failure.text, "<script>")).To(Equal(2))
}
