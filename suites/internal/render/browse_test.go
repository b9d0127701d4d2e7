package render

import (
	"bytes"
	"fmt"
	"testing"

	"acronis-conformance/suites/internal/report"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	. "github.com/onsi/gomega"
)

// The states of the page in which it is looked at.
var states = map[string]string{
	"top":    "",
	"spec":   "#spec=403/foreign-tenant/UpdateTenant",
	"cell":   "#cell=401/401/reference/FetchReport",
	"step":   "#step=world/1",
	"list":   "#list=0",
	"fault":  "#fault-vxpk5epr",
	"filter": "#verdict=violation,inconclusive",
}

func TestBrowserMatrix(t *testing.T) {
	b, g := browser(t), NewWithT(t)
	r := sample(t)
	b.load(pageOf(t, r))
	t.Logf("ready after %.0f ms", eval[float64](b, `performance.getEntriesByName('ready')[0].startTime`))
	g.Expect(b.count("[data-c]")).To(Equal(len(r.Cells)))
	for _, v := range report.Verdicts {
		want := 0
		for _, c := range r.Cells {
			if c.Verdict == v {
				want++
			}
		}
		g.Expect(b.count("[data-c]." + "v-" + initialOf(v))).To(Equal(want))
	}

	// A red cell opens its exchange, with the differences marked.
	b.click(`[data-c][aria-label^="UpdateTenant 403: violation"]`)
	g.Expect(b.text("#view")).To(And(
		ContainSubstring("403/foreign-tenant/UpdateTenant"),
		ContainSubstring("is answered with 403"),
		ContainSubstring("403 Forbidden, the error envelope"),
		ContainSubstring("$.error.code"),
		ContainSubstring("PUT https://eu2-cloud.example.com/api/2/tenants/"),
		ContainSubstring("curl -s https://"),
		ContainSubstring("Bearer $ACRONIS_TOKEN"),
		ContainSubstring("X-Request-Id"),
	))
	g.Expect(eval[[]string](b,
		`[...document.querySelectorAll('#view details[open] .hit')].map((e) => e.innerText.trim())`)).To(Equal([]string{
		`"error": {  ◂ domain is missing`, `"code": "403",  ◂ expected integer, not string`,
		`"details": []  ◂ expected object, not array`,
	}))
	g.Expect(b.count(`.m[aria-current="true"]`)).To(Equal(1))
	g.Expect(b.count("#view .spec[open]")).To(Equal(1), "of the cell's specs the gravest is open")

	// Every attempt is shown with its time.
	b.jump("spec=20x/valid-token/FetchTenant")
	g.Expect(b.text("#view")).To(And(ContainSubstring("attempt 1 of 2"), ContainSubstring("503 Service Unavailable"),
		ContainSubstring("attempt 2 of 2"), MatchRegexp(`\d ms · at \d\d:\d\d:\d\d\.\d{3} UTC · \+\d+\.\d\d s`)))
	b.click("#view .copy")
	g.Expect(get(b, chromedp.Poll[string](
		`(document.querySelector('#view .copy').textContent !== 'copy') && document.querySelector('#view `+
			`.copy').textContent`))).To(Equal("copied"))

	// Its control, the documentation and the way back.
	g.Expect(b.count(`#view a[href="https://developer.acronis.com/doc/account-management/v2/guide/overview/codes"]`)).
		To(
			Equal(1))
	b.click(`#view a[href^="#step="]`)
	g.Expect(b.text("#view h2")).To(ContainSubstring("control/FetchTenant"))
	b.do(chromedp.NavigateBack())
	g.Expect(b.text("#view h2")).To(ContainSubstring("20x/valid-token/FetchTenant"))
	g.Expect(b.complaints()).To(BeEmpty())
}

// A comparison opens what a link leads to, and shows what is looked for.
func TestBrowserCompare(t *testing.T) {
	b, g := browser(t), NewWithT(t)
	other := sample(t, func(s *report.Spec) {
		if s.Code == "404" {
			s.Verdict, s.Reason = report.Violation, "the status is 418"
		}
	})
	other.Target.Name = "us5"
	b.load(written(t, Compare, []*report.Result{sample(t), other}))
	shown := func() int {
		return eval[int](b, `[...document.querySelectorAll('.subject')].filter((e) => e.offsetParent).length`)
	}
	all := shown()
	g.Expect(all).To(BeNumerically(">", 40))
	b.click("#text")
	b.press("fetchuser")
	g.Expect(shown()).To(BeNumerically("<", 5))
	g.Expect(b.text("#found")).To(Equal(fmt.Sprintf("%d of %d", shown(), all)))
	b.do(chromedp.SetValue(chromedp.CSS("#code"), "401"))
	eval[bool](b, `document.getElementById('code').dispatchEvent(new Event('change'))`)
	g.Expect(shown()).To(BeZero())
	b.click(".finding summary")
	b.click(".finding .ids a")
	g.Eventually(shown).Should(Equal(1), "a link leads to what a filter hides, too")
	g.Expect(eval[bool](b, `document.querySelector('tr:target').offsetParent !== null`)).To(BeTrue())
	g.Expect(b.complaints()).To(BeEmpty())
}

// A run in which nothing failed, and one that did not come to its specs, have pages too.
func TestBrowserNothingFailed(t *testing.T) {
	b, g := browser(t), NewWithT(t)
	for _, r := range []*report.Result{small(map[string]report.Verdict{"A": report.Pass}), {Verdict: report.Error,
		Reason: "no world", Problems: []string{"no world"}}} {
		b.load(pageOf(t, r))
		b.jump("finding=x")
		g.Expect(b.text("#view")).To(ContainSubstring("This run has no finding"))
		b.jump("list=0")
		g.Expect(b.text("#view")).To(ContainSubstring("This run has no list"))
	}
	g.Expect(b.complaints()).To(BeEmpty())
}

func TestBrowserFilters(t *testing.T) {
	b, g := browser(t), NewWithT(t)
	b.load(pageOf(t, sample(t)))
	lit := func() int { return b.count("[data-c]:not(.off)") }
	all := lit()

	b.click(`[data-verdict="violation"]`)
	g.Expect(b.text("#found")).To(Equal("8 specs in 8 cells"))
	g.Expect(lit()).To(Equal(8))
	g.Expect(b.count("#view .results li")).To(Equal(8))
	g.Expect(eval[string](b, `location.hash`)).To(Equal("#verdict=violation"))
	b.do(chromedp.SetValue(chromedp.CSS("#code"), "401"))
	eval[bool](b, `document.getElementById('code').dispatchEvent(new Event('change'))`)
	g.Expect(b.text("#found")).To(Equal("6 specs in 6 cells"))

	// A link keeps the filters, and closing what it opened shows the list again.
	b.click("#view .results li:nth-child(2) a")
	g.Expect(b.text("#view h2")).To(ContainSubstring("401/alg-none/DeleteReport"))
	g.Expect(eval[string](b, `location.hash`)).To(Equal("#verdict=violation&code=401&spec=401/alg-none/DeleteReport"))
	b.press("n")
	g.Expect(b.text("#view h2")).To(ContainSubstring("401/alg-none/DownloadStoredReport"))
	b.press("p", "p", "p")
	g.Expect(b.text("#view h2")).To(ContainSubstring("401/alg-none/UpdateReport"), "the list is a ring")
	b.press(kb.Escape)
	g.Expect(b.count("#view .results li")).To(Equal(6))
	b.press(kb.Escape)
	g.Expect(b.count("#view *")).To(BeZero())
	g.Expect(lit()).To(Equal(all))

	b.press("/")
	g.Expect(eval[string](b, `document.activeElement.id`)).To(Equal("text"))
	// the browser is sent the key's letter on its own, so it is there all the same
	eval[string](b, `document.activeElement.value = ''`)
	b.press("tenant", " ", "PATCH", " promises")
	get(b, chromedp.Poll[bool](`document.getElementById('found').textContent === '1 spec in 1 cell'`))
	g.Expect(b.text("#view .results")).To(ContainSubstring("405/wrong-method/PATCH.tenants.{tenant_id}"))
	b.click("#clear")
	g.Expect(lit()).To(Equal(all))

	// Cells without a spec are found too.
	b.click("#text")
	b.press("no probe provokes")
	get(b, chromedp.Poll[bool](
		`document.getElementById('found').textContent.startsWith('0 specs in') && `+
			`document.getElementById('text').value.endsWith('provokes')`))
	g.Expect(b.text("#view h2")).To(MatchRegexp(`^\d+ cells without a spec$`))
	b.click("#view .results li a")
	g.Expect(b.text("#view")).To(ContainSubstring("no probe provokes it"))
	b.press(kb.Escape, kb.Escape)

	b.do(chromedp.SetValue(chromedp.CSS("#resource"), "reports"))
	eval[bool](b, `document.getElementById('resource').dispatchEvent(new Event('change'))`)
	g.Expect(eval[int](b, `[...document.querySelectorAll('[data-group]')].filter((g) => g.offsetParent).length`)).To(
		BeNumerically("<=", 2), "the group, and its paths in that of 405")
	g.Expect(b.complaints()).To(BeEmpty())
}

func TestBrowserDeepLinks(t *testing.T) {
	b, g := browser(t), NewWithT(t)
	r := sample(t)
	b.load(pageOf(t, r))
	for _, s := range thin(r.Specs, 290) {
		b.reload("#" + eval[string](b, fmt.Sprintf(`'spec=' + encodeHash(%q)`, s.ID)))
		g.Expect(b.text("#view h2")).To(ContainSubstring(s.ID))
	}
	for _, c := range thin(r.Cells, 41) {
		b.jump("cell=" + address(&c))
		g.Expect(b.text("#view h2")).To(ContainSubstring(subjectOf(&c)))
		g.Expect(b.count("#view details.spec")).To(Equal(len(c.Specs)))
	}
	b.reload("#verdict=inconclusive&text=role&spec=403/role-too-small/FetchApplication")
	g.Expect(b.text("#view h2")).To(ContainSubstring("403/role-too-small/FetchApplication"))
	g.Expect(eval[string](b, `document.getElementById('text').value`)).To(Equal("role"))
	g.Expect(b.count(`[data-verdict="inconclusive"][aria-pressed="true"]`)).To(Equal(1))
	for _, fragment := range []string{"spec=no/such/spec", "cell=x", "list=99", "finding=x", "step=y",
		"list=__proto__"} {
		b.jump(fragment)
		g.Expect(b.text("#view")).To(ContainSubstring("This run has no "))
	}
	b.reload("#nonsense&code=999&verdict=nothing")
	g.Expect(b.count("#view *")).To(BeZero())
	g.Expect(b.complaints()).To(BeEmpty())
}

func TestBrowserKeys(t *testing.T) {
	b, g := browser(t), NewWithT(t)
	r := sample(t)
	b.load(pageOf(t, r))
	focused := func() string {
		return eval[string](b, `document.activeElement.getAttribute('aria-label') || document.activeElement.id`)
	}
	g.Expect(b.count(`[data-c][tabindex="0"]`)).To(Equal(1), "one cell is in the order of Tab")
	eval[bool](b, `document.querySelector('[data-c][tabindex="0"]').focus(), true`)
	first := focused()
	b.press(kb.ArrowRight)
	second := focused()
	g.Expect(second).NotTo(Equal(first))
	b.press(kb.ArrowDown)
	g.Expect(focused()).NotTo(Equal(second))
	b.press(kb.ArrowUp, kb.ArrowLeft)
	g.Expect(focused()).To(Equal(first))
	b.press(kb.End, kb.Home)
	g.Expect(focused()).To(Equal(first))
	for range 200 {
		b.press(kb.ArrowDown)
	}
	g.Expect(focused()).To(MatchRegexp(`^(GET|PATCH|DELETE|PUT|POST) /`),
		"the arrows lead from the operations to the other subjects")
	b.press(kb.Enter)
	g.Expect(b.count("#view article.cell")).To(Equal(1))
	b.press(kb.Escape)
	g.Expect(b.count("#view *")).To(BeZero())

	b.press("n")
	g.Expect(b.text("#view h2")).To(ContainSubstring("401/alg-none/CreateReport"),
		"without a filter, n goes through what failed")
	b.press(kb.Escape, "f")
	g.Expect(eval[int](b, `[...document.querySelectorAll('[data-c]')].filter((m) => m.offsetParent).length`)).
		To(BeZero())
	b.press("f")
	b.click(".matrix:not(.other) [data-group] .group button")
	g.Expect(b.count(`.shut`)).To(Equal(1))
	b.press("?")
	g.Expect(eval[bool](b, `document.getElementById('keys').open`)).To(BeTrue())
	b.press(kb.Escape)
	g.Expect(eval[bool](b, `document.getElementById('keys').open`)).To(BeFalse())
	g.Expect(b.complaints()).To(BeEmpty())
}

// Nothing of what a hostile target answers runs, loads or draws anything, wherever in the page one looks.
func TestBrowserHostile(t *testing.T) {
	b, g := browser(t), NewWithT(t)
	for salt := 0; salt < len(payloads); salt += 6 {
		r := hostile(t, salt)
		b.load(pageOf(t, r))
		elements := eval[[]string](b, `(() => {
			const seen = new Set();
			const look = () => {
				for (const e of document.querySelectorAll('body *')) seen.add(e.tagName.toLowerCase());
			};
			for (const [kind, list] of [['spec', specAt.keys()], ['cell', cellAt.keys()], ['step', stepAt.keys()],
				['list', data.lists.keys()], ["finding", findingAt.keys()], ["fault", faultAt.keys()]])
				for (const value of list) {
					Object.assign(state, {kind, value: String(value)}); // not open, which browsers allow only so often
					show();
					for (const d of document.querySelectorAll('#view details')) d.open = true;
					look();
					if (byId('view').textContent.includes('This run has no')) seen.add('MISSING ' + kind);
				}
			close();
			look();
			return [...seen];
		})()`)
		for _, name := range elements {
			g.Expect(name).NotTo(BeElementOf("img", "iframe", "object", "embed", "link", "style", "template", "video"))
			g.Expect(name).NotTo(HavePrefix("MISSING"))
		}
		g.Expect(b.count("script")).To(Equal(2))
		g.Expect(eval[bool](b, `'pwned' in window`)).To(BeFalse())
		g.Expect(eval[int](b, `document.getAnimations().length`)).To(BeZero())
	}
	g.Expect(b.complaints()).To(BeEmpty())
}

func TestBrowserSides(t *testing.T) {
	b, g := browser(t), NewWithT(t)
	results := neighbours(t)
	for i := range results {
		results[i] = few(results[i])
	}
	var history bytes.Buffer
	first := sample(t)
	g.Expect(History(&history, append(nightsBefore(first, 60), report.Night{Run: "x", Started: first.Run.Started,
		Target: "us5", Verdict: report.Pass}))).To(Succeed())
	for name, document := range map[string][]byte{"compare": written(t, Compare, results[:2]),
		"merge": written(t, Merge, results), "history": history.Bytes()} {
		b.load(document)
		for _, width := range []int64{360, 1280, 1920} {
			b.size(width, 900)
			for _, scheme := range []string{"light", "dark"} {
				b.scheme(scheme)
				where := fmt.Sprintf("%s at %d px, %s", name, width, scheme)
				g.Expect(b.overflows()).To(BeNumerically("<=", 0), where)
				g.Expect(b.axe()).To(BeEmpty(), where)
				b.picture(fmt.Sprintf("%s-%d-%s", name, width, scheme))
			}
		}
	}
	g.Expect(b.complaints()).To(BeEmpty())
}
