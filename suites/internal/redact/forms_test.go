package redact_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/redact"
)

// canary returns a secret that nobody has seen before.
func canary(t *testing.T) string {
	t.Helper()
	n, err := rand.Int(rand.Reader, big.NewInt(1e9))
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("Canary%09d%s", n, rand.Text())
}

// forms are the ways in which a text reaches a report.
var forms = map[string]func(text string) string{
	"as it is":                func(s string) string { return s },
	"lower case":              strings.ToLower,
	"percent":                 percent,
	"percent, twice":          func(s string) string { return url.QueryEscape(percent(s)) },
	`\u`:                      backslashU,
	`\u, twice`:               func(s string) string { return strings.ReplaceAll(backslashU(s), `\`, `\\`) },
	`\x`:                      func(s string) string { return each(s, `\x%02x`) },
	"&#":                      func(s string) string { return each(s, "&#%d;") },
	"&#x":                     func(s string) string { return each(s, "&#x%X;") },
	"& names":                 func(s string) string { return html.EscapeString(s) },
	"percent of &#":           func(s string) string { return url.QueryEscape(each(s, "&#%d;")) },
	"base64":                  b64,
	"base64, twice":           func(s string) string { return b64(b64(s)) },
	"base64, three times":     func(s string) string { return b64(b64(b64(s))) },
	"base64 for URLs":         func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
	"base64 in the middle":    func(s string) string { return b64("some id: " + s + ", and more") },
	"base64 behind letters":   func(s string) string { return "abcde" + b64(s) },
	"base64 wrapped":          func(s string) string { return wrapped(b64(s), 16, "\r\n") },
	"base64 wrapped in JSON":  func(s string) string { return wrapped(b64(s), 16, `\n`) },
	"base64 of UTF-16":        func(s string) string { return b64(utf16LE(s)) },
	"base64 of gzip":          func(s string) string { return b64(packed(s, "gzip")) },
	"base64, its percent":     func(s string) string { return url.QueryEscape(b64(s + "~~~???")) },
	"hexadecimal":             func(s string) string { return hex.EncodeToString([]byte(s)) },
	"hexadecimal, twice":      func(s string) string { return hex.EncodeToString([]byte(hex.EncodeToString([]byte(s)))) },
	"hexadecimal, upper case": func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) },
	"hexadecimal of base64":   func(s string) string { return hex.EncodeToString([]byte(b64(s))) },
	"base64 of hexadecimal":   func(s string) string { return b64(hex.EncodeToString([]byte(s))) },
	"hexadecimal, wrapped":    func(s string) string { return wrapped(hex.EncodeToString([]byte(s)), 20, "\n") },
}

// wraps are the forms that break a text where its names and its values are, so that only a known secret is found in them.
var wraps = map[string]func(text string) string{
	"line-wrapped":              func(s string) string { return wrapped(s, 8, "\n") },
	"line-wrapped and indented": func(s string) string { return wrapped(s, 10, "\r\n    ") },
	"header-folded":             func(s string) string { return wrapped(s, 12, " ") },
	"wrapped in JSON":           func(s string) string { return wrapped(s, 9, `\r\n`) },
	"UTF-16":                    utf16LE,
	"without its end":           func(s string) string { return s[:len(s)-5] },
	"without its second half":   func(s string) string { return s[:len(s)/2] },
	"without its beginning":     func(s string) string { return s[5:] },
	"without its first half":    func(s string) string { return s[len(s)/2:] },
	"cut, in base64":            func(s string) string { return b64("got " + s[:20]) },
	"cut before, in base64":     func(s string) string { return b64(s[20:] + "?") },
	"cut, in percent":           func(s string) string { return percent(s[:16]) },
}

func each(s, format string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, format, c)
	}
	return b.String()
}

func percent(s string) string    { return each(s, "%%%02X") }
func backslashU(s string) string { return each(s, `\u%04x`) }
func b64(s string) string        { return base64.StdEncoding.EncodeToString([]byte(s)) }

func wrapped(s string, width int, with string) string {
	var lines []string
	for len(s) > width {
		lines = append(lines, s[:width])
		s = s[width:]
	}
	return strings.Join(append(lines, s), with)
}

func utf16LE(s string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(s)) {
		b.Write([]byte{byte(unit), byte(unit >> 8)})
	}
	return b.String()
}

func utf16BE(s string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(s)) {
		b.Write([]byte{byte(unit >> 8), byte(unit)})
	}
	return b.String()
}

func packed(s, coding string) string {
	var b bytes.Buffer
	var w io.WriteCloser
	switch coding {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "zlib":
		w = zlib.NewWriter(&b)
	case "deflate":
		w, _ = flate.NewWriter(&b, flate.DefaultCompression) // a level that exists
	case "br":
		w = brotli.NewWriter(&b)
	case "zstd":
		w, _ = zstd.NewWriter(&b) // without an option that could be wrong
	}
	_, _ = io.WriteString(w, s) // into memory
	_ = w.Close()
	return b.String()
}

var blank = regexp.MustCompile(`\s|\\[rn]|\x00`)

// expectHidden looks for the secret, and for pieces of it, in every form.
func expectHidden(g *WithT, shown, secret string) {
	shown = strings.ToLower(shown)
	whole := blank.ReplaceAllString(shown, "") // a reader undoes what is in the way
	for _, piece := range []string{secret, secret[:12], secret[len(secret)-12:]} {
		for form, spell := range forms {
			spelled := spell(piece)
			if strings.HasPrefix(form, "base64") && !strings.Contains(form, "wrapped") && len(spelled) > 8 {
				spelled = strings.Trim(spelled[2:len(spelled)-4], "=")
			}
			spelled = strings.ToLower(spelled)
			if strings.Contains(shown, spelled) || strings.Contains(whole, spelled) {
				g.Expect(shown).NotTo(ContainSubstring(spelled), "%s, of %s", form, secret)
			}
		}
	}
}

func TestKnownSecretInEveryForm(t *testing.T) {
	all := map[string]func(string) string{}
	for name, form := range forms {
		all[name] = form
	}
	for name, form := range wraps {
		all[name] = form
	}
	for name, form := range all {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			secret := canary(t)
			r := redact.New()
			r.LearnResponse(http.Header{"X-Session-Id": {secret}}, nil)
			text := form(secret)
			for where, shown := range map[string]string{
				"text":          r.String("got <" + text + ">, sorry"),
				"the same text": r.String(text),
				"JSON":          string(r.Body("application/json", jsonOf(map[string]any{"message": "no " + text, text: 1}))),
				"form":          string(r.Body("application/x-www-form-urlencoded", []byte("a=b&message="+url.QueryEscape(text)))),
				"HTML":          string(r.Body("text/html", []byte("<p>"+text+"</p>"))),
				"URL":           r.URL("https://h/x/" + url.PathEscape(text) + "?y=" + url.QueryEscape(text) + "#" + url.QueryEscape(text)),
				"header":        fmt.Sprint(r.Header(http.Header{"X-Debug": {text}, "Set-Cookie": {"a=b; Path=/" + text}, "Location": {"/?a=" + url.QueryEscape(text)}})),
				"error":         r.Error(fmt.Errorf("malformed %q", text)).Error(),
			} {
				g.Expect(shown).To(ContainSubstring("ACRONIS_"), where)
				expectHidden(g, shown, secret)
			}
			g.Expect(string(r.Body("text/html", []byte("<p>"+text+"</p>")))).To(SatisfyAll(HavePrefix("<p>"), HaveSuffix("</p>")), "what is around it stays")
		})
	}
}

func jsonOf(value any) []byte {
	encoded, _ := json.Marshal(value) // of texts and numbers
	return encoded
}

// A secret that is named is one, in whatever form its name comes with it.
func TestNamedSecretInEveryForm(t *testing.T) {
	for name, form := range forms {
		if name == "lower case" {
			continue
		}
		for how, named := range map[string]string{
			"JSON": `{"a":1,"access_token":%q}`, "list": `{"password":[%q]}`, "pair": "x=1&sig=%s&y=2", "header": "X-Amz-Signature: %s", "cookie": "Set-Cookie: sid=%s; Path=/",
			"XML": "<secret>%s</secret>", "field": `<input name="csrf_token" value="%s">`,
		} {
			t.Run(how+", "+name, func(t *testing.T) {
				g := NewWithT(t)
				secret := canary(t)
				text := form(fmt.Sprintf(named, secret))
				r := redact.New()
				expectHidden(g, r.String(text), secret)
				expectHidden(g, string(redact.New().Body("text/plain", []byte(text))), secret)
				expectHidden(g, string(redact.New().Body("application/json", jsonOf(map[string]any{"message": text}))), secret)
				expectHidden(g, fmt.Sprint(redact.New().Header(http.Header{"X-Debug": {text}})), secret)
				expectHidden(g, redact.New().URL("/x?a="+url.QueryEscape(text)), secret)

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
		"gzip": packed(document, "gzip"), "gzip in gzip": packed(packed(document, "gzip"), "gzip"), "zstd": packed(document, "zstd"), "deflate": packed(document, "zlib"),
		"gzip in zstd": packed(packed(document, "gzip"), "zstd"), "UTF-16, LE": utf16LE(document), "UTF-16, BE": utf16BE(document), "UTF-16 with a mark": "\xff\xfe" + utf16LE(document),
		"UTF-16 in gzip": packed(utf16BE(document), "gzip"),
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
	for name, body := range map[string]string{"bare deflate": packed(document, "deflate"), "br": packed(document, "br"), "bytes": "\x00\x01\xfe\xff" + secret, "broken gzip": "\x1f\x8b\x08\x00zzzzzzzz\xff\xff\xff"} {
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
