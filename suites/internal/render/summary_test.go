package render

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/gomega"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	renderer "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"
)

// rendered is Markdown as the page of a pipeline shows it, with raw HTML left in, so that a test sees what got through.
func rendered(t testing.TB, markdown []byte) []*html.Node {
	t.Helper()
	var b bytes.Buffer
	converter := goldmark.New(goldmark.WithExtensions(extension.GFM),
		goldmark.WithRendererOptions(renderer.WithUnsafe()))
	NewWithT(t).Expect(converter.Convert(markdown, &b)).To(Succeed())
	return elements(t, b.Bytes())
}

func summaryOf(t testing.TB, r, baseline *report.Result) []byte {
	t.Helper()
	var b bytes.Buffer
	NewWithT(t).Expect(Summary(&b, r, baseline)).To(Succeed())
	return b.Bytes()
}

func TestSummary(t *testing.T) {
	g := NewWithT(t)
	before := sample(t, func(s *report.Spec) {
		if s.ID == "401/alg-none/FetchReport" {
			s.Verdict, s.Reason, s.Differences = report.Pass, "", nil
		}
		if s.ID == "20x/valid-token/FetchUser" {
			s.Verdict, s.Reason = report.Violation, "the status is 500"
		}
	})
	text := string(summaryOf(t, sample(t), before))
	g.Expect(text).To(HavePrefix("## ❌ VIOLATION on staging\n"))
	rejections := 0
	for _, s := range before.Specs {
		if s.Code == "401" {
			rejections++
		}
	}
	for _, part := range []string{
		fmt.Sprintf("| 401 | %d | %d | **6** | 0 | 0 | 0 | 0 | ", rejections, rejections-6),
		"### 5 faults in 8 specs\n\n#### Served, though it must be rejected\n\n**alg-none: requests that must be " +
			"rejected with 401 succeed (200)** (vxpk5epr)\n\n```\nconformance replay -target=staging vxpk5epr\n```\n",
		"- 6 specs of 401 on 6 operations, such as `401/alg-none/CreateReport`",
		"- also `401/alg-none/DeleteReport`",
		"#### Broken error answers",
		"curl -s https://eu2-cloud.example.com/api/2/",
		"**&#36;.error.code is a string, the documentation promises an integer; &#36;.error.details is an array",
		"### Errors: 1 reason, 1 spec",
		"### Since `20261120t013000-k3v9qd` of 2026-11-20 01:30:00 UTC",
		"- **newly failing: 1**\n  - alg-none: requests that must be rejected with 401 succeed (200) (vxpk5epr): " +
			"1 spec " +
			"of 401 on FetchReport, such as `401/alg-none/FetchReport`\n",
		"- **newly passing: 1**\n  - `20x/valid-token/FetchUser`\n",
		"### Left behind: 1 object\n\n- tenant ",
		"### Waived: 1 fault\n\n- required property &#36;.items&#91;&#42;&#93;.version is missing (ndrtbxaf): 1 " +
			"spec of " +
			"20x on FetchTenantUsages: waived until 2027-02-01 by platform: usages lack their version, " +
			"[https&#58;//tracker.example.com/1412](https://tracker.example.com/1412)\n",
		"### Known deviations of the live service: 1 fault\n\n- &#36;.type is \"agent\": the value is none of " +
			"&#91;api&#95;client&#93; (",
		": 1 spec of 20x on FetchClient: known deviation: an answer recorded in 2025, " +
			"[https&#58;//docs.example.com/clients](https://docs.example.com/clients)\n",
		"### Served though nothing documents a rejection: 1 fault\n\n" +
			"- stale-version: requests that are assumed to be rejected with 409 succeed (409) (",
		"### Inconclusive: ",
		"user\n",
	} {
		g.Expect(text).To(ContainSubstring(part))
	}
	g.Expect(text).NotTo(ContainSubstring("newly broken"))
	g.Expect(string(summaryOf(t, sample(t), nil))).NotTo(ContainSubstring("Since"))
	g.Expect(string(summaryOf(t, sample(t), sample(t)))).To(ContainSubstring("Nothing changed."))
}

// A page of a pipeline is cut beyond its limits, so a run in which everything fails must still have a short summary.
func TestSummaryIsShort(t *testing.T) {
	g := NewWithT(t)
	n := 0
	r := sample(t, func(s *report.Spec) {
		n++
		s.Verdict, s.Reason, s.Actual = report.Violation, fmt.Sprintf("reason %d", n), strings.Repeat("x", 9000)
	})
	text := summaryOf(t, r, sample(t))
	g.Expect(len(text)).To(BeNumerically("<", 40_000))
	g.Expect(string(text)).To(ContainSubstring("more; `index.html` has them all"))
}

// What a hostile target answers makes no link, no picture, no heading and no element.
func TestSummaryHostile(t *testing.T) {
	g := NewWithT(t)
	allowed := map[string]bool{}
	for _, n := range rendered(t, summaryOf(t, failing(sample(t)), sample(t))) {
		allowed[n.Data] = true
	}
	delete(allowed, "a")
	for salt := range payloads {
		r := failing(hostile(t, salt))
		text := summaryOf(t, r, hostile(t, salt+1))
		g.Expect(strings.ContainsFunc(string(text), steers)).To(BeFalse())
		headings := 0
		for _, n := range rendered(t, text) {
			if !allowed[n.Data] {
				t.Errorf("the summary has got <%s %v> %s", n.Data, n.Attr, textOf(n))
			}
			if n.Data == "h1" || n.Data == "h2" {
				headings++
			}
			for child := n.FirstChild; child != nil && n.Data != "code"; child = child.NextSibling {
				if child.Type == html.TextNode && strings.Contains(child.Data, "@") {
					t.Errorf("the summary calls somebody: %s", child.Data)
				}
			}
		}
		g.Expect(headings).To(Equal(1))
	}
}

// failing gives every verdict that a summary shows.
func failing(r *report.Result) *report.Result {
	for i := range r.Specs {
		r.Specs[i].Verdict = []report.Verdict{report.Violation, report.Error, report.Violation,
			report.Inconclusive}[i%4]
	}
	r.Faults = report.Faults(r.Specs)
	return r
}

func TestPlain(t *testing.T) {
	g := NewWithT(t)
	for text, want := range map[string]string{
		"plain words, with commas": "plain words, with commas",
		"a|b":                      "a&#124;b",
		"<b>":                      "&#60;b&#62;",
		"1. list":                  "1&#46; list",
		"- list":                   "&#45; list",
		"29 specs":                 "29 specs",
		"a\nb":                     "a b",
		"see www.x.org http://x":   "see www&#46;x.org http&#58;//x",
	} {
		g.Expect(plain(text)).To(Equal(want))
	}
}

func TestCode(t *testing.T) {
	g := NewWithT(t)
	g.Expect(code("a")).To(Equal("`a`"))
	g.Expect(code("a`b``c")).To(Equal("```a`b``c```"))
	g.Expect(code("`a`")).To(Equal("`` `a` ``"))
	g.Expect(code("a|b")).To(Equal("a&#124;b"))
	g.Expect(block("a\n```\nb\x1b")).To(Equal("````\na\n```\nb\\x1b\n````"))
	g.Expect(linked("text", "javascript:alert(1)")).To(Equal("text"))
	g.Expect(linked("text", "https://example.com/a)b")).To(Equal("text"))
	g.Expect(linked("text", "https://example.com/a")).To(Equal("[text](https://example.com/a)"))
}
