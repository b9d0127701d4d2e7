package redact_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/redact"
	"acronis-conformance/suites/internal/redact/redacttest"
)

// canary returns a secret that no one has seen before.
func canary(t *testing.T) string {
	t.Helper()
	return redacttest.Canary()
}

func TestKnownSecretInEveryForm(t *testing.T) {
	for _, form := range append(redacttest.Forms, redacttest.Wraps...) {
		t.Run(form.Name, func(t *testing.T) {
			g := NewWithT(t)
			secret := canary(t)
			finder := redacttest.NewFinder(secret)
			r := redact.New()
			r.LearnResponse(http.Header{"X-Session-Id": {secret}}, nil)
			text := form.Spell(secret)
			for where, shown := range map[string]string{
				"text":          r.String("got <" + text + ">, sorry"),
				"the same text": r.String(text),
				"JSON": string(r.Body("application/json", jsonOf(map[string]any{"message": "no " + text,
					text: 1}))),
				"form": string(r.Body("application/x-www-form-urlencoded",
					[]byte("a=b&message="+url.QueryEscape(text)))),
				"HTML": string(r.Body("text/html", []byte("<p>"+text+"</p>"))),
				"URL": r.URL("https://h/x/" + url.PathEscape(text) + "?y=" + url.QueryEscape(text) + "#" +
					url.QueryEscape(text)),
				"header": fmt.Sprint(r.Header(http.Header{"X-Debug": {text}, "Set-Cookie": {"a=b; Path=/" + text},
					"Location": {"/?a=" + url.QueryEscape(text)}})),
				"error": r.Error(fmt.Errorf("malformed %q", text)).Error(),
			} {
				g.Expect(shown).To(ContainSubstring("ACRONIS_"), where)
				g.Expect(finder.Find(shown)).To(BeEmpty(), where)
			}
			g.Expect(string(r.Body("text/html", []byte("<p>"+text+"</p>")))).To(SatisfyAll(HavePrefix("<p>"),
				HaveSuffix("</p>")), "what is around it stays")
		})
	}
}

func jsonOf(value any) []byte {
	encoded, _ := json.Marshal(value) // of texts and numbers
	return encoded
}

// A secret that is named is one, in whatever form its name comes with it.
func TestNamedSecretInEveryForm(t *testing.T) {
	for _, form := range redacttest.Forms {
		for how, named := range map[string]string{
			"JSON": `{"a":1,"access_token":%q}`, "list": `{"password":[%q]}`, "pair": "x=1&sig=%s&y=2",
			"header": "X-Amz-Signature: %s", "cookie": "Set-Cookie: sid=%s; Path=/",
			"XML": "<secret>%s</secret>", "field": `<input name="csrf_token" value="%s">`,
		} {
			t.Run(how+", "+form.Name, func(t *testing.T) {
				g := NewWithT(t)
				secret := canary(t)
				text := form.Spell(fmt.Sprintf(named, secret))
				finder := redacttest.NewFinder(secret)
				r := redact.New()
				g.Expect(finder.Find(r.String(text))).To(BeEmpty())
				g.Expect(finder.Find(string(redact.New().Body("text/plain", []byte(text))))).To(BeEmpty())
				g.Expect(finder.Find(string(redact.New().Body("application/json",
					jsonOf(map[string]any{"message": text}))))).To(
					BeEmpty())
				g.Expect(finder.Find(fmt.Sprint(redact.New().Header(http.Header{"X-Debug": {text}})))).To(BeEmpty())
				g.Expect(finder.Find(redact.New().URL("/x?a=" + url.QueryEscape(text)))).To(BeEmpty())

				r.LearnResponse(http.Header{}, []byte(text))
				g.Expect(r.String("again: "+secret)).NotTo(ContainSubstring(secret), "what was named once is known")
			})
		}
	}
}

func TestPackedBodies(t *testing.T) {
	secret := canary(t)
	document := fmt.Sprintf(`{"access_token":%q,"padding":%q}`, secret, strings.Repeat("x", 100))
	for name, body := range map[string]string{
		"gzip": redacttest.Pack(document, "gzip"), "gzip in gzip": redacttest.Pack(redacttest.Pack(document, "gzip"),
			"gzip"), "zstd": redacttest.Pack(document, "zstd"), "deflate": redacttest.Pack(document, "zlib"),
		"gzip in zstd": redacttest.Pack(redacttest.Pack(document, "gzip"), "zstd"),
		"UTF-16, LE": redacttest.UTF16(document,
			binary.LittleEndian), "UTF-16, BE": redacttest.UTF16(document, binary.BigEndian),
		"UTF-16 with a mark": "\xff\xfe" + redacttest.UTF16(document, binary.LittleEndian),
		"UTF-16 in gzip":     redacttest.Pack(redacttest.UTF16(document, binary.BigEndian), "gzip"),
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			text, undone, ok := redact.Readable([]byte(body))
			g.Expect(ok).To(BeTrue())
			g.Expect(undone).NotTo(BeEmpty())
			g.Expect(string(text)).To(Equal(document))
			r := redact.New()
			r.LearnResponse(nil, []byte(body))
			g.Expect(r.String("x " + secret)).To(Equal("x $ACRONIS_TOKEN"))
		})
	}
	for name, body := range map[string]string{"bare deflate": redacttest.Pack(document, "deflate"),
		"br": redacttest.Pack(document, "br"), "bytes": "\x00\x01\xfe\xff" +
			secret, "broken gzip": "\x1f\x8b\x08\x00zzzzzzzz\xff\xff\xff"} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			_, _, ok := redact.Readable([]byte(body))
			g.Expect(ok).To(BeFalse(), "nothing tells what it is")
		})
	}
	g := NewWithT(t)
	text, undone, ok := redact.Readable([]byte("mostly \xff text, and much of it"))
	g.Expect(string(text)).To(Equal("mostly \uFFFD text, and much of it"))
	g.Expect(undone).To(BeEmpty())
	g.Expect(ok).To(BeTrue())
}

// Escapes of programming languages are undone, whichever they are.
func TestEscapesOfLanguages(t *testing.T) {
	const secret = "a-S3cret.value_of/the~client"
	for _, format := range []string{`\x%02x`, `\%03o`, `\u%04x`, `\u{%x}`, `\U%08x`, `%%u%04X`, `%%%02X`, `&#%d;`} {
		t.Run(format, func(t *testing.T) {
			g := NewWithT(t)
			r := redact.New()
			r.Learn("ACRONIS_CLIENT_SECRET", secret)
			var escaped strings.Builder
			for _, c := range []byte(secret) {
				fmt.Fprintf(&escaped, format, c)
			}
			g.Expect(r.String("refused: " + escaped.String() + " end")).To(Equal("refused: $ACRONIS_CLIENT_SECRET end"))
		})
	}
}
