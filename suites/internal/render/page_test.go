package render

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/gomega"
	"golang.org/x/net/html"
)

const limit = 3_000_000

// elements returns all elements of a page, and fails if the page is not HTML.
func elements(t testing.TB, document []byte) []*html.Node {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(document))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	var list []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			list = append(list, n)
		}
	}
	return list
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// pageData is what the page's script reads.
type pageData struct {
	Texts    []string       `json:"texts"`
	Statuses map[int]string `json:"statuses"`
	Cells    []cellData     `json:"cells"`
	Specs    []specData     `json:"specs"`
	Steps    []stepData     `json:"steps"`
	Lists    []listData     `json:"lists"`
	Findings []listData     `json:"findings"`
	Replay   string         `json:"replay"`
}

// readPageData is the data of a page as its script reads it.
func readPageData(t testing.TB, document []byte) pageData {
	t.Helper()
	for _, n := range elements(t, document) {
		if attribute(n, "id") != "data" {
			continue
		}
		return unpack(t, strings.TrimSpace(textOf(n)))
	}
	t.Fatal("the page holds no data")
	return pageData{}
}

func unpack(t testing.TB, data string) pageData {
	t.Helper()
	g := NewWithT(t)
	raw, err := base64.RawURLEncoding.DecodeString(data)
	g.Expect(err).NotTo(HaveOccurred())
	z, err := gzip.NewReader(bytes.NewReader(raw))
	g.Expect(err).NotTo(HaveOccurred())
	text, err := io.ReadAll(z)
	g.Expect(err).NotTo(HaveOccurred())
	var p pageData
	g.Expect(json.Unmarshal(text, &p)).To(Succeed())
	return p
}

func TestHTMLHoldsEveryCellOnce(t *testing.T) {
	g := NewWithT(t)
	r := sample(t)
	document := pageOf(t, r)
	g.Expect(len(document)).To(BeNumerically("<", limit))
	seen := map[string]int{}
	for _, n := range elements(t, document) {
		if !has(n, "data-c") {
			continue
		}
		i := attribute(n, "data-c")
		seen[i]++
		var at int
		_, err := fmt.Sscan(i, &at)
		g.Expect(err).NotTo(HaveOccurred())
		c := r.Cells[at]
		letter := strings.ToUpper(string(c.Verdict[:1]))
		if c.Verdict == report.Violation { // the fault's
			letter = map[string]string{"401": "A", "405": "B", "403": "C"}[c.Class]
		}
		if label := attribute(n, "aria-label"); textOf(n) != letter || !strings.Contains(label, c.Class) ||
			!strings.Contains(label, string(c.Verdict)) ||
			strings.Contains(attribute(n, "class"), "round") != (c.Source == schemas.FromClause) {
			t.Errorf("the mark of %s %s is %q, labelled %q", c.Class, c.Subject, textOf(n), label)
		}
	}
	g.Expect(seen).To(HaveLen(len(r.Cells)))
	for i, n := range seen {
		if n != 1 {
			t.Errorf("cell %s has %d badges", i, n)
		}
	}
}

func TestHTMLDataIsTheResult(t *testing.T) {
	g := NewWithT(t)
	r := sample(t)
	p := readPageData(t, pageOf(t, r))
	text := func(at ref) string { return p.Texts[at] }
	g.Expect(p.Specs).To(HaveLen(len(r.Specs)))
	g.Expect(p.Steps).To(HaveLen(len(r.World)))
	g.Expect(p.Texts).To(HaveLen(len(slices.Compact(slices.Sorted(slices.Values(p.Texts))))),
		"every text is in the list once")
	var got, want []any // compared at once, since there are many
	for i, s := range r.Specs {
		pageData := p.Specs[i]
		got = append(got, text(pageData.ID), text(pageData.Verdict), text(pageData.Actual), len(pageData.Exchanges))
		want = append(want, s.ID, string(s.Verdict), s.Actual, len(s.Exchanges))
		for n, e := range s.Exchanges {
			got, want = append(got, text(pageData.Exchanges[n].Curl)), append(want, e.Curl)
			for k, a := range e.Attempts {
				attempt := pageData.Exchanges[n].Attempts[k]
				got, want = append(got, attempt.MS, len(attempt.Headers)), append(want, a.MS, len(a.Headers))
				if a.Body != nil {
					got, want = append(got, text(attempt.Body.Text)), append(want, a.Body.Text)
				}
			}
		}
		if s.Control != "" {
			got, want = append(got, text(p.Steps[pageData.Control].ID)), append(want, s.Control)
		}
	}
	for i, c := range r.Cells {
		got, want = append(got, len(p.Cells[i].Specs)), append(want, len(c.Specs))
	}
	g.Expect(slices.Equal(got, want)).To(BeTrue())
}

// The browser runs what the policy names by hash, and nothing else.
func TestHTMLPolicy(t *testing.T) {
	g := NewWithT(t)
	policy, runs := "", 0
	for _, n := range elements(t, pageOf(t, sample(t))) {
		if attribute(n, "http-equiv") == "Content-Security-Policy" {
			policy = attribute(n, "content")
		}
		if n.Data == "style" || n.Data == "script" && attribute(n, "type") == "" {
			runs++
			sum := sha256.Sum256([]byte(textOf(n)))
			g.Expect(policy).To(ContainSubstring(n.Data + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
				"'"))
		}
		g.Expect(has(n, "style")).To(BeFalse(), "the policy forbids styles in attributes")
	}
	g.Expect(runs).To(Equal(2))
	g.Expect(policy).To(HavePrefix("default-src 'none';"))
	g.Expect(policy).NotTo(ContainSubstring("unsafe"))
}

// What a hostile target answers adds no element and no attribute: the page has the names that the same page has for
// harmless texts.
func TestHTMLHostile(t *testing.T) {
	g := NewWithT(t)
	names := func(document []byte) map[string]bool {
		set := map[string]bool{}
		for _, n := range elements(t, document) {
			for _, a := range n.Attr {
				set[n.Data+" "+a.Key] = true
				if a.Key == "href" && !harmlessLink.MatchString(a.Val) {
					t.Errorf("the page links to %q", a.Val)
				}
			}
			set[n.Data] = true
		}
		return set
	}
	harmless := sample(t)
	harmless.Problems = []string{"one"}
	known := names(pageOf(t, harmless))
	for salt := 0; salt < len(payloads); salt += 3 {
		r := hostile(t, salt)
		document := pageOf(t, r)
		for name := range names(document) {
			if !known[name] {
				t.Errorf("the page has got %q", name)
			}
		}
		scripts := 0
		for _, n := range elements(t, document) {
			if n.Data == "script" {
				scripts++
			}
		}
		g.Expect(scripts).To(Equal(2))
		g.Expect(strings.ContainsFunc(string(document), steers)).To(BeFalse(),
			"control characters and characters that turn the direction are made visible")
		g.Expect(slices.ContainsFunc(readPageData(t, document).Texts,
			func(text string) bool { return strings.ContainsFunc(text, steers) })).To(BeFalse())
	}
}

var harmlessLink = regexp.MustCompile(`^(#|https://|data:image/svg\+xml,%3Csvg)`)

// steers reports whether a character steers a terminal or deceives a reader.
func steers(c rune) bool {
	return c < ' ' && c != '\n' && c != '\t' || c >= 0x7f && c < 0xa0 || c >= 0x200b && c <= 0x200f || c >= 0x2028 &&
		c <= 0x202e || c == 0xfeff
}

// Bodies are cut before the page becomes too large, first where nothing failed.
func TestPackKeepsTheBudget(t *testing.T) {
	g := NewWithT(t)
	random := rand.New(rand.NewPCG(3, 4))
	size := 6 << 10
	r := small(map[string]report.Verdict{"A": report.Pass, "B": report.Violation, "C": report.Pass,
		"D": report.Inconclusive})
	for i := range r.Specs {
		noise := make([]byte, size)
		for i := range noise {
			noise[i] = byte(' ' + random.IntN(94))
		}
		r.Specs[i].Exchanges = []exchange.Evidence{
			{Attempts: []exchange.EvidenceAttempt{{Body: &exchange.Text{Text: string(
				noise), Size: size}}}}}
	}
	for _, c := range []struct{ budget, passed, other int }{{1 << 20, size, size}, {20_000, 1 << 10, size},
		{5_000, 256, 1 << 10}, {1, 0, 256}} {
		data, err := newPageData(r, c.budget)
		g.Expect(err).NotTo(HaveOccurred())
		if c.budget > 1 {
			g.Expect(len(data)).To(BeNumerically("<=", c.budget))
		}
		p := unpack(t, data)
		for i, want := range []int{c.passed, c.other, c.passed, c.other} {
			body := p.Specs[i].Exchanges[0].Attempts[0].Body
			g.Expect(p.Texts[body.Text]).To(HaveLen(want), "budget %d", c.budget)
			g.Expect(body.Size).To(Equal(size))
			g.Expect(body.Cut).To(Equal(want < size))
		}
	}
}

func TestBodyIsCutBetweenCharacters(t *testing.T) {
	g := NewWithT(t)
	p := dataBuilder{index: map[string]ref{}}
	b := p.body(&exchange.Text{Text: "aé", Size: 3}, 2)
	g.Expect(p.all[b.Text]).To(Equal("a"))
	g.Expect(b.Cut).To(BeTrue())
	g.Expect(p.body(nil, 2)).To(BeNil())
}

func TestHTMLOfAnEmptyResult(t *testing.T) {
	document := pageOf(t, &report.Result{Run: report.Run{ID: "x"}, Target: report.Target{Name: "mock"},
		Verdict: report.Error, Reason: "the set-up failed", Problems: []string{"no world"}})
	NewWithT(t).Expect(string(document)).To(And(ContainSubstring("ERROR"), ContainSubstring("the set-up failed"),
		ContainSubstring("no world")))
}

func TestFits(t *testing.T) {
	g := NewWithT(t)
	g.Expect(fits("/tenants/{tenant_id}", "https://h/api/2/tenants/1?x=/a")).To(BeTrue())
	g.Expect(fits("/tenants/{tenant_id}", "https://h/api/2/tenants/1%2F2")).To(BeTrue())
	g.Expect(fits("/tenants/{tenant_id}", "https://h/api/2/tenants/1/users")).To(BeFalse())
	g.Expect(fits("/tenants", "https://h/api/2/users")).To(BeFalse())
	g.Expect(fits("/a/b/c", "/c")).To(BeFalse())
	g.Expect(fits("/a", "%zz")).To(BeFalse())
}

// A page shows the gravest faults first, each with an exchange that can be repeated, and what is accepted with its
// source.
func TestHTMLFindings(t *testing.T) {
	g := NewWithT(t)
	document := pageOf(t, sample(t))
	var violations, accepted []string
	for _, n := range elements(t, document) {
		text := strings.Join(strings.Fields(textOf(n)), " ")
		switch class := attribute(n, "class"); {
		case strings.HasPrefix(class, "finding v-v"), class == "part":
			violations = append(violations, text)
		case strings.HasPrefix(class, "finding v-w"), strings.HasPrefix(class, "finding v-k"):
			accepted = append(accepted, text)
		}
	}
	g.Expect(violations[0]).To(Equal("Served, though it must be rejected"))
	g.Expect(violations[1]).To(
		And(HavePrefix("Aalg-none: requests that must be rejected with 401 succeed (200) 6 specs of 401 on 6 "+
			"operations "+
			"· vxpk5epr conformance replay -target=staging vxpk5epr"),
			ContainSubstring("exchangePOST https://eu2-cloud.example.com/api/2/reports: 200"), ContainSubstring(
				"single request, while the objects existcurl -s https://"),
			ContainSubstring("401/alg-none/UpdateReport")))
	g.Expect(violations[2:6]).To(HaveExactElements(
		Equal("Wrong status"), HavePrefix(
			"Bthe status is 404, the documentation promises 405 1 spec of 405 on /tenants/{tenant_id} · iaeauqau"),
		Equal("Broken error answers"),
		HavePrefix(
			"C$.error.code is a string, the documentation promises an integer; $.error.details is an array, the "+
				"documentation promises an object; required property $.error.domain is missing "+
				"1 spec of 403 on UpdateTenant · ivztg26o, f4mn5rse, wbiiia64")))
	g.Expect(accepted).To(HaveExactElements(
		ContainSubstring("acceptedwaived until 2027-02-01 by platform: usages lack their version, "+
			"https://tracker.example.com/1412, 73 days left source"),
		ContainSubstring(
			"acceptedknown deviation: an answer recorded in 2025, https://docs.example.com/clients source")))
	p := readPageData(t, document)
	g.Expect(p.Findings).To(HaveLen(7),
		"three of violations, an error, what is waived, what is known and a lenient one")
	g.Expect(p.Texts[p.Findings[0].ID]).To(Equal("violation/vxpk5epr"))
	g.Expect(p.Findings[0].Specs).To(HaveLen(6))
	g.Expect(p.Texts).To(ContainElement(
		"the value is none of [api_client] (known deviation: an answer recorded in 2025, "+
			"https://docs.example.com/clients)"), "beside the difference")
	g.Expect(rules(report.Target{KnownDeviations: "fail"})).To(HaveSuffix(", known deviations count as violations"))
	g.Expect(string(document)).To(ContainSubstring(
		`<a href="#fault-vxpk5epr">5 faults (8 failing specs). Most severe: alg-none: requests`))
}

// However much is red, the page holds no list of it twice, and stays small.
func TestHTMLOfARedRunIsSmall(t *testing.T) {
	g := NewWithT(t)
	green, elementsOf := sample(t), func(r *report.Result) (int, int) {
		document := pageOf(t, r)
		g.Expect(len(document)).To(BeNumerically("<", limit))
		return len(document), len(elements(t, document))
	}
	red := sample(t, func(s *report.Spec) {
		s.Verdict, s.Reason = report.Violation, "the answer is not what is promised"
		for _, name := range []string{"code", "details", "domain", "message"} { // each on a share of its own
			if name == "details" || len(s.ID)%len(name) != 0 {
				s.Differences = append(s.Differences, report.Difference{Path: "$.error." + name, Rule: "type",
					Found:  "[]",
					Detail: "expected object, not array"})
			}
		}
	})
	size, count := elementsOf(green)
	redSize, redCount := elementsOf(red)
	g.Expect(redSize).To(BeNumerically("<", size+size/2))
	g.Expect(redCount).To(BeNumerically("<", count+count/2), "what a browser lays out grows no more")
}
