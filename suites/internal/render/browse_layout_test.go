package render

import (
	"fmt"
	"testing"

	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/gomega"
)

// What a folded group says keeps clear of its badges, on every width on which they stand in one line.
func TestBrowserFold(t *testing.T) {
	b, g := browser(t), NewWithT(t)
	r := sample(t, func(s *report.Spec) {
		if s.Verdict == report.Pass && len(s.ID)%2 == 0 {
			s.Verdict, s.Reason = report.Violation, "the status is 418"
		}
	})
	b.load(pageOf(t, r))
	for _, width := range []int64{768, 1000, 1280, 1920, 768, 1000, 1280, 1920} {
		if width == 768 {
			b.press("f")
		}
		b.size(width, 900)
		g.Expect(eval[[]string](b, `[...document.querySelectorAll('.group')].flatMap((row) => {
			const says = [...row.querySelectorAll('button span, button b')].filter((e) => e.offsetParent)
				.map((e) => e.getBoundingClientRect());
			const badges = [...row.querySelectorAll('.shut .sum')].map((e) => e.getBoundingClientRect());
			const meet = (a, b) => a.right > b.left + 1 && b.right > a.left + 1;
			const over = says.some((a, i) => says.some((b, k) => i < k && meet(a, b)));
			if (over) return ['over itself: ' + row.innerText];
			const cover = (s, m) => s.right > m.left && s.left < m.right && s.bottom > m.top && s.top < m.bottom;
			return says.some((s) => badges.some((m) => cover(s, m))) ? [row.innerText] : [];
		})`)).To(BeEmpty(), "%d px", width)
	}
}

// The letters of a verdict stand on the line of the text beside them.
func TestBrowserChipsStandOnTheLine(t *testing.T) {
	b, g := browser(t), NewWithT(t)
	b.load(pageOf(t, sample(t)))
	b.jump("spec=403/foreign-tenant/UpdateTenant")
	off := eval[[]float64](b,
		`[...document.querySelectorAll('h2 .tag, .legend .tag, .finding > summary .tag, .chip .tag')].flatMap((tag) => {
		const range = document.createRange();
		const text = tag.nextSibling.nodeType === 3 ? tag.nextSibling
			: tag.nextElementSibling.querySelector('b').firstChild;
		range.selectNodeContents(text);
		const line = range.getClientRects()[0], chip = tag.getBoundingClientRect();
		return line && chip.height ? [(chip.top + chip.bottom - line.top - line.bottom) / 2] : [];
	})`)
	g.Expect(len(off)).To(BeNumerically(">", 8))
	g.Expect(off).To(HaveEach(BeNumerically("~", 0, 2)))
}

// The page fits a phone, a small and a wide screen.
func TestBrowserWidths(t *testing.T) {
	b, g := browser(t), NewWithT(t)
	b.load(pageOf(t, sample(t)))
	for _, width := range []int64{360, 1280, 1920} {
		b.size(width, 900)
		for name, fragment := range states {
			b.reload(fragment)
			g.Expect(b.overflows()).To(BeNumerically("<=", 0), "%s at %d px", name, width)
			for _, scheme := range []string{"light", "dark"} {
				b.scheme(scheme)
				b.picture(fmt.Sprintf("%s-%d-%s", name, width, scheme))
			}
		}
	}
	g.Expect(b.complaints()).To(BeEmpty())
}

// No one is shut out, by contrast before all, in the light and in the dark.
func TestBrowserAccess(t *testing.T) {
	b, g := browser(t), NewWithT(t)
	b.load(pageOf(t, few(sample(t))))
	for _, width := range []int64{360, 1920} {
		b.size(width, 900)
		for _, scheme := range []string{"light", "dark"} {
			b.scheme(scheme)
			for name, fragment := range states {
				b.reload(fragment)
				g.Expect(b.axe()).To(BeEmpty(), "%s at %d px, %s", name, width, scheme)
			}
		}
	}
	g.Expect(b.complaints()).To(BeEmpty())
}

// few leaves out most of what passed, since axe-core looks at every element and cells that passed look all alike.
func few(r *report.Result) *report.Result {
	cells := r.Cells[:0]
	for i, c := range r.Cells {
		if c.Verdict != report.Pass && c.Verdict != report.Inconclusive || i%25 == 0 || c.Subject == "FetchReport" ||
			c.Subject == "UpdateTenant" {
			cells = append(cells, c)
		}
	}
	r.Cells = cells
	r.World = thin(r.World, 10)
	return r
}

// On a phone what is opened covers the page, and closing it leads back to the cell.
func TestBrowserPhone(t *testing.T) {
	b, g := browser(t), NewWithT(t)
	b.size(360, 740)
	b.load(pageOf(t, sample(t)))
	b.click(`[data-c][aria-label^="FetchReport 401: violation"]`)
	g.Expect(eval[bool](b, `document.getElementById('detail').getBoundingClientRect().height >= innerHeight`)).
		To(BeTrue())
	g.Expect(eval[string](b, `document.activeElement.tagName`)).To(Equal("H2"))
	b.click("#view [data-close]")
	g.Expect(eval[string](b, `document.activeElement.getAttribute('aria-label')`)).To(HavePrefix("FetchReport 401"))
	b.press("f")
	g.Expect(eval[int](b, `[...document.querySelectorAll('[data-c]')].filter((m) => m.offsetParent).length`)).To(
		BeZero(), "what is folded is not shown")
	b.press("f")
	g.Expect(eval[int](b,
		`Math.min(...[...document.querySelectorAll('[data-c]')].map((m) => m.getBoundingClientRect().height))`)).To(
		BeNumerically(">=", 24))
	g.Expect(b.complaints()).To(BeEmpty())
}
