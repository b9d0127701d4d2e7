package render

import (
	"bytes"
	"fmt"
	"regexp"
	"testing"

	"acronis-conformance/suites/internal/report"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	. "github.com/onsi/gomega"
)

// A fault is found by its letter, by its card and by its address, and all three show where it is.
func TestBrowserFaults(t *testing.T) {
	b, g := browser(t), NewWithT(t)
	b.load(pageOf(t, sample(t)))
	lit := func() []string {
		return eval[[]string](b, `[...document.querySelectorAll('[data-c]:not(.dim)')].map((m) => m.textContent)`)
	}
	all := len(lit())
	g.Expect(b.text(".legend")).To(ContainSubstring("fault A, the gravest"))
	g.Expect(b.text("#overview .finding")).To(HavePrefix("A\n"), "the gravest card comes first")

	// Its card dims what is not its own, for as long as one points at it.
	point := func(kind string) {
		eval[bool](b, fmt.Sprintf(`document.querySelectorAll('.finding')[1].dispatchEvent(new Event(%q))`, kind))
	}
	point("mouseenter")
	g.Expect(lit()).To(Equal([]string{"B"}))
	point("mouseleave")
	g.Expect(lit()).To(HaveLen(all))

	// The command is copied.
	g.Expect(b.text(".finding[open] pre")).To(Equal("conformance replay -target=staging vxpk5epr"))
	b.click(".finding[open] .copy")
	g.Expect(get(b, chromedp.Poll[string](
		`(document.querySelector('.finding .copy').textContent !== 'copy') && document.querySelector('.finding `+
			`.copy').textContent`))).To(Equal("copied"))

	// A link opens it, in this page and in another one.
	b.click(`.finding[open] a[href="#fault-vxpk5epr"]`)
	g.Expect(eval[string](b, `location.hash`)).To(Equal("#fault-vxpk5epr"))
	g.Expect(lit()).To(Equal([]string{"A", "A", "A", "A", "A", "A"}))
	b.reload("#fault-iaeauqau")
	g.Expect(lit()).To(Equal([]string{"B"}))
	g.Expect(b.text("#view h2")).To(Equal("the status is 404, the documentation promises 405"))
	g.Expect(b.text("#view pre")).To(Equal("conformance replay -target=staging iaeauqau"))
	b.press(kb.Escape)
	g.Expect(lit()).To(HaveLen(all))
	b.jump("fault-none")
	g.Expect(b.text("#view")).To(ContainSubstring("This run has no fault named so"))
	g.Expect(lit()).To(HaveLen(all))

	// A reason says the fault, and a spec how it is run again.
	b.jump("spec=405/wrong-method/PATCH.tenants.{tenant_id}")
	g.Expect(b.text("#view .callout")).To(Equal("the status is 404, the documentation promises 405"))
	g.Expect(b.text("#view pre")).To(
		Equal("conformance replay -target=staging '405/wrong-method/PATCH.tenants.{tenant_id}'"))
	g.Expect(eval[bool](b,
		`[...document.querySelectorAll('.matrix tbody .what[title]')].some((e) => e.title === 'DELETE `+
			`/applications/{application_id}/bindings/tenants/{tenant_id}' || e.title.length > 40)`)).
		To(BeTrue(), "a path that is cut is shown on hover")
	g.Expect(b.complaints()).To(BeEmpty())
}

// With the keyboard alone one gets from a card to its specs and back.
func TestBrowserFaultsByKey(t *testing.T) {
	b, g := browser(t), NewWithT(t)
	b.load(pageOf(t, sample(t)))
	eval[bool](b, `document.querySelector('.finding[open] a[href^="#fault-"]').focus(), true`)
	b.press(kb.Enter)
	g.Expect(b.text("#view h2")).To(HavePrefix("alg-none"))
	b.press(kb.Escape)
	g.Expect(eval[string](b, `document.activeElement.getAttribute('href')`)).To(Equal("#fault-vxpk5epr"))
	eval[bool](b, `document.querySelectorAll('.finding > summary')[1].focus(), true`)
	b.press(kb.Enter)
	g.Expect(b.count(".finding.v-v[open]")).To(Equal(2))
	g.Expect(b.complaints()).To(BeEmpty())
}

// What is waived or known tells by whom, why, and for how long.
func TestBrowserAccepted(t *testing.T) {
	b, g := browser(t), NewWithT(t)
	b.load(pageOf(t, sample(t)))
	eval[int](b, `document.querySelectorAll('details').forEach((d) => { d.open = true; }), 0`)
	g.Expect(b.text(".finding.v-w")).To(And(ContainSubstring("73 days left"), ContainSubstring("platform"),
		ContainSubstring("usages lack their version")))
	g.Expect(b.text(".finding.v-k")).To(ContainSubstring("an answer recorded in 2025"))
	g.Expect(b.count(`.finding.v-k a[href="https://docs.example.com/clients"], .finding.v-w ` +
		`a[href="https://tracker.example.com/1412"]`)).To(Equal(2))
	for _, width := range []int64{360, 1280} {
		b.size(width, 900)
		g.Expect(b.overflows()).To(BeNumerically("<=", 0))
		eval[int](b, `document.querySelector('.finding.v-w').scrollIntoView(), 0`)
		b.picture(fmt.Sprintf("accepted-%d", width))
	}
	g.Expect(b.complaints()).To(BeEmpty())
}

// Sixty nights fit every screen, scrolled in their own place, and are read without colours.
func TestBrowserHistory(t *testing.T) {
	b, g := browser(t), NewWithT(t)
	r := few(sample(t))
	var page bytes.Buffer
	g.Expect(HTML(&page, r, nightsBefore(r, 60))).To(Succeed())
	b.load(page.Bytes())
	for _, width := range []int64{360, 1280, 1920} {
		b.size(width, 900)
		for _, scheme := range []string{"light", "dark"} {
			b.scheme(scheme)
			where := fmt.Sprintf("history-%d-%s", width, scheme)
			g.Expect(b.overflows()).To(BeNumerically("<=", 0), where)
			g.Expect(b.axe()).To(BeEmpty(), where)
			eval[int](b, `document.getElementById('history').scrollIntoView(), 0`)
			b.picture(where)
		}
	}
	g.Expect(b.count(".nights thead .night")).To(Equal(60))
	g.Expect(b.count(".nights tbody tr")).To(Equal(4))
	g.Expect(b.text(".nights tbody tr:nth-child(3)")).To(And(ContainSubstring("it comes <b>and</b> goes"),
		ContainSubstring("flapping")))
	b.click(`.nights a`)
	g.Expect(b.text("#view h2")).To(HavePrefix("alg-none"))
	g.Expect(b.complaints()).To(BeEmpty())
}

// On a phone what a group counts keeps clear of the rows below.
func TestBrowserGroupsOnAPhone(t *testing.T) {
	b, g := browser(t), NewWithT(t)
	n := 0
	b.load(pageOf(t, sample(t, func(s *report.Spec) {
		n++
		s.Verdict, s.Reason = []report.Verdict{report.Violation, report.Error, report.Inconclusive,
			report.Pass}[n%4], "the status is 418"
	})))
	for _, fold := range []bool{false, true} {
		if fold {
			b.press("f")
		}
		b.size(360, 900)
		g.Expect(eval[[]string](b, `[...document.querySelectorAll('.matrix .group')].flatMap((row) => {
			const next = row.nextElementSibling;
			const below = next && next.offsetParent ? next : row.parentElement.nextElementSibling;
			if (!below || !row.offsetParent) return [];
			const top = below.getBoundingClientRect().top;
			return [...row.querySelectorAll('button, button *')]
				.filter((e) => e.offsetParent && e.getBoundingClientRect().bottom > top + 1).map((e) => e.innerText);
		})`)).To(BeEmpty(), "folded: %v", fold)
		eval[int](b, `document.querySelector('.matrix').scrollIntoView(), 0`)
		b.picture(fmt.Sprintf("groups-360-%v", fold))
	}
}

var pdfPage = regexp.MustCompile(`/Type\s*/Page\b`)

// Print shows what failed and the matrix; with an open cell, the cell once, and the matrix.
func TestBrowserPrint(t *testing.T) {
	b, g := browser(t), NewWithT(t)
	b.load(pageOf(t, sample(t)))
	b.press("f")
	pages := func() int {
		pdf := get(b, chromedp.PrintToPDF())
		g.Expect(string(pdf[:5])).To(Equal("%PDF-"))
		return len(pdfPage.FindAll(pdf, -1))
	}
	whole := pages()
	g.Expect(whole).To(BeNumerically(">", 2))
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	g.Expect(eval[bool](b, `document.querySelector('.filters').offsetParent === null`)).To(BeTrue())
	g.Expect(eval[int](b,
		`[...document.querySelectorAll('[data-c]')].filter((m) => m.offsetParent === null).length`)).To(BeZero(),
		"groups are unfolded for print")
	g.Expect(b.text("#overview")).To(And(ContainSubstring("conformance replay"), ContainSubstring("curl -s https://")),
		"a printed failure can be repeated")

	b.size(760, 1000) // as wide as a sheet of paper
	b.reload("#cell=401/401/reference/FetchReport")
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	g.Expect(eval[string](b, `getComputedStyle(document.getElementById('detail')).position`)).To(Equal("static"),
		"what is fixed is printed on every page")
	g.Expect(eval[bool](b,
		`document.getElementById('detail').getBoundingClientRect().top >= `+
			`document.getElementById('matrix').getBoundingClientRect().bottom - 1`)).To(BeTrue())
	g.Expect(pages()).To(And(BeNumerically(">", 2), BeNumerically("<=", whole)),
		"the matrix, and one cell instead of the overview")
	g.Expect(b.complaints()).To(BeEmpty())
}
