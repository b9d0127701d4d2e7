package render

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"acronis-conformance/suites/internal/report"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	. "github.com/onsi/gomega"
)

// What `make test-browser` sets.
const (
	browserVariable     = "CONFORMANCE_BROWSER"     // path of a Chromium
	axeVariable         = "CONFORMANCE_AXE"         // path of axe-core's axe.min.js
	screenshotsVariable = "CONFORMANCE_SCREENSHOTS" // directory for pictures of the page; none are taken without it
)

// tab is a page in a browser, with everything that it complained about or tried to load.
type tab struct {
	t   testing.TB
	ctx context.Context
	dir string

	mu     sync.Mutex
	faults []string
}

// browser opens headless Chromium.
func browser(t *testing.T) *tab {
	t.Helper()
	path := os.Getenv(browserVariable)
	if path == "" {
		t.Skipf("no browser: run make test-browser, which sets %s and %s", browserVariable, axeVariable)
	}
	dir := t.TempDir()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.UserDataDir(filepath.Join(dir, "profile")), chromedp.Flag("disable-quic",
			true), chromedp.Flag("disable-component-update", true))
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, stop = context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(stop)
	b := &tab{t: t, dir: dir}
	b.ctx, stop = chromedp.NewContext(ctx, chromedp.WithListener(b.listen))
	t.Cleanup(func() {
		_ = chromedp.Cancel(b.ctx) // waits for the browser, so that its profile can be deleted
		stop()
	})
	b.size(1920, 1080)
	call(b, log.Enable, cdp.Empty{})
	call(b, network.Enable, network.EnableParams{})
	call(b, page.Enable, page.EnableParams{})
	return b
}

// load writes a document to a file and opens it.
func (b *tab) load(document []byte) {
	b.t.Helper()
	file := filepath.Join(b.dir, "index.html")
	NewWithT(b.t).Expect(os.WriteFile(file, document, 0o600)).To(Succeed())
	b.do(chromedp.Navigate("about:blank"), chromedp.Navigate("file://"+file))
	b.wait()
}

// wait returns when the page's script, if it has one, is done.
func (b *tab) wait() {
	b.t.Helper()
	b.do(chromedp.WaitReady(chromedp.CSS(`html[data-ready="true"], body.comparison`)))
}

// listen notes what must not happen: errors, dialogs, and requests to anywhere.
func (b *tab) listen(event any) {
	fault := ""
	switch event := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if event.Type == runtime.ConsoleAPICalledTypeError || event.Type == runtime.ConsoleAPICalledTypeWarning {
			fault = fmt.Sprintf("console: %s", event.Args[0].Value)
		}
	case *runtime.EventExceptionThrown:
		fault = "exception: " + event.ExceptionDetails.Text
	case *log.EventEntryAdded:
		if event.Entry.Level == log.EntryLevelError || event.Entry.Level == log.EntryLevelWarning {
			fault = "log: " + event.Entry.Text
		}
	case *network.EventRequestWillBeSent:
		if u := event.Request.URL; !strings.HasPrefix(u, "file://") && !strings.HasPrefix(u, "data:") {
			fault = "request: " + u
		}
	case *page.EventJavascriptDialogOpening:
		fault = "dialog: " + event.Message
	}
	if fault != "" {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.faults = append(b.faults, fault)
	}
}

func (b *tab) complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.faults...)
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	NewWithT(b.t).Expect(chromedp.Do(b.ctx, actions...)).To(Succeed())
}

// get runs an action that has a value.
func get[T any](b *tab, action chromedp.Action[T]) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, action)
	NewWithT(b.t).Expect(err).NotTo(HaveOccurred())
	return value
}

// call sends a command of the protocol.
func call[P, R any](b *tab, command cdp.Command[P, R], parameters P) R {
	b.t.Helper()
	result, err := chromedp.Call(b.ctx, command, parameters)
	NewWithT(b.t).Expect(err).NotTo(HaveOccurred())
	return result
}

// eval runs a script in the page; its value is T.
func eval[T any](b *tab, script string) T {
	b.t.Helper()
	return get(b, chromedp.Evaluate[T](script))
}

// reload opens the page again at a fragment, as someone does who was sent the link.
func (b *tab) reload(fragment string) {
	b.t.Helper()
	address := eval[string](b, `location.href.replace(/#.*/, '')`)
	b.do(chromedp.Navigate("about:blank"), chromedp.Navigate(address+fragment))
	b.wait()
}

// jump follows a link within the open page.
func (b *tab) jump(fragment string) {
	b.t.Helper()
	get(b, chromedp.Evaluate[bool](
		fmt.Sprintf(`new Promise((done) => { addEventListener('popstate', () => done(true), {once: true}); `+
			`location.hash = %q; })`, fragment), chromedp.EvalAwaitPromise))
}

func (b *tab) click(selector string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS(selector)))
}

func (b *tab) press(keys ...string) {
	b.t.Helper()
	for _, key := range keys {
		b.do(chromedp.KeyEvent(key))
	}
}

func (b *tab) text(selector string) string {
	b.t.Helper()
	return eval[string](b, fmt.Sprintf(`(document.querySelector(%q) || {innerText: 'NOTHING'}).innerText`, selector))
}

func (b *tab) count(selector string) int {
	b.t.Helper()
	return eval[int](b, fmt.Sprintf(`document.querySelectorAll(%q).length`, selector))
}

func (b *tab) size(width, height int64) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, height))
}

func (b *tab) scheme(name string) {
	b.t.Helper()
	call(b, emulation.SetEmulatedMedia,
		emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme",
			Value: name}}})
}

// picture keeps what the page looks like, for people.
func (b *tab) picture(name string) {
	b.t.Helper()
	dir := os.Getenv(screenshotsVariable)
	if dir == "" {
		return
	}
	png := get(b, chromedp.CaptureScreenshot())
	NewWithT(b.t).Expect(os.MkdirAll(dir, 0o755)).To(Succeed())
	NewWithT(b.t).Expect(os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644)).To(Succeed())
}

// axe returns what axe-core finds wrong with the page as it is now.
func (b *tab) axe() []string {
	b.t.Helper()
	if !eval[bool](b, `typeof axe === 'object'`) {
		path := os.Getenv(axeVariable)
		NewWithT(b.t).Expect(path).NotTo(BeEmpty(), axeVariable+" must name axe-core's axe.min.js")
		source, err := os.ReadFile(path)
		NewWithT(b.t).Expect(err).NotTo(HaveOccurred())
		eval[int](b, string(source)+";0")
	}
	return get(b, chromedp.Evaluate[[]string](
		`axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}).then(
		(r) => r.violations.flatMap((v) => v.nodes.slice(0, 3).map((n) =>
			v.id + ': ' + n.html.slice(0, 200) + ' ' + (n.any[0] || n.all[0] || n.none[0]).message)))`,
		chromedp.EvalAwaitPromise))
}

// overflows tells by how many pixels the page is wider than the window.
func (b *tab) overflows() int {
	b.t.Helper()
	return eval[int](b, `document.documentElement.scrollWidth - innerWidth`)
}

func pageOf(t testing.TB, r *report.Result) []byte {
	t.Helper()
	var b bytes.Buffer
	NewWithT(t).Expect(HTML(&b, r, nil)).To(Succeed())
	return b.Bytes()
}
