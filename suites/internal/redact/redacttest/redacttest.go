// Package redacttest makes up secrets for tests, spells them in every way in which a target may send them, and looks
// for them in what a run leaves.
package redacttest

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"html"
	"io"
	"math/big"
	"net/url"
	"strings"
	"unicode/utf16"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// Canary returns a secret that nothing has seen before.
func Canary() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1e9))
	if err != nil {
		panic(err) // there is always randomness
	}
	return fmt.Sprintf("Canary%09d%s", n, rand.Text())
}

// Form is one way to spell a text.
type Form struct {
	Name  string
	Spell func(text string) string
}

// Forms keep a text together, with the name of a secret that may stand in it.
var Forms = []Form{
	{"as it is", func(s string) string { return s }},
	{"percent", percent},
	{"percent, twice", func(s string) string { return url.QueryEscape(percent(s)) }},
	{`\u`, backslashU},
	{`\u, twice`, func(s string) string { return strings.ReplaceAll(backslashU(s), `\`, `\\`) }},
	{`\x`, func(s string) string { return each(s, `\x%02x`) }},
	{"&#", func(s string) string { return each(s, "&#%d;") }},
	{"&#x", func(s string) string { return each(s, "&#x%X;") }},
	{"& names", html.EscapeString},
	{"percent of &#", func(s string) string { return url.QueryEscape(each(s, "&#%d;")) }},
	{"base64", b64},
	{"base64, twice", func(s string) string { return b64(b64(s)) }},
	{"base64, three times", func(s string) string { return b64(b64(b64(s))) }},
	{"base64 for URLs", func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }},
	{"base64 in the middle", func(s string) string { return b64("some id: " + s + ", and more") }},
	{"base64 behind letters", func(s string) string { return "abcde" + b64(s) }},
	{"base64 wrapped", func(s string) string { return wrap(b64(s), 16, "\r\n") }},
	{"base64 wrapped in JSON", func(s string) string { return wrap(b64(s), 16, `\n`) }},
	{"base64 of UTF-16", func(s string) string { return b64(UTF16(s, binary.LittleEndian)) }},
	{"base64 of gzip", func(s string) string { return b64(Pack(s, "gzip")) }},
	{"percent of base64", func(s string) string { return url.QueryEscape(b64(s + "~~~???")) }},
	{"hexadecimal", hexa},
	{"hexadecimal, twice", func(s string) string { return hexa(hexa(s)) }},
	{"hexadecimal, upper case", func(s string) string { return strings.ToUpper(hexa(s)) }},
	{"hexadecimal of base64", func(s string) string { return hexa(b64(s)) }},
	{"base64 of hexadecimal", func(s string) string { return b64(hexa(s)) }},
	{"hexadecimal wrapped", func(s string) string { return wrap(hexa(s), 20, "\n") }},
}

// Wraps break a secret, or leave out a part of it: only one that is known is found in them.
var Wraps = []Form{
	{"lower case", strings.ToLower},
	{"line-wrapped", func(s string) string { return wrap(s, 8, "\n") }},
	{"line-wrapped and indented", func(s string) string { return wrap(s, 10, "\r\n    ") }},
	{"header-folded", func(s string) string { return wrap(s, 12, "\r\n ") }},
	{"wrapped in JSON", func(s string) string { return wrap(s, 9, `\r\n`) }},
	{"UTF-16", func(s string) string { return UTF16(s, binary.LittleEndian) }},
	{"without its end", func(s string) string { return s[:len(s)-5] }},
	{"without its second half", func(s string) string { return s[:len(s)/2] }},
	{"without its beginning", func(s string) string { return s[5:] }},
	{"without its first half", func(s string) string { return s[len(s)/2:] }},
	{"cut, in base64", func(s string) string { return b64("got " + s[:20]) }},
	{"cut before, in base64", func(s string) string { return b64(s[20:] + "?") }},
	{"cut, in percent", func(s string) string { return percent(s[:16]) }},
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
func hexa(s string) string       { return hex.EncodeToString([]byte(s)) }

func wrap(s string, width int, with string) string {
	var lines []string
	for len(s) > width {
		lines = append(lines, s[:width])
		s = s[width:]
	}
	return strings.Join(append(lines, s), with)
}

// UTF16 returns a text in UTF-16, without a mark.
func UTF16(s string, order binary.AppendByteOrder) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, unit)
	}
	return string(b)
}

// Pack compresses a text: gzip, zlib, deflate (bare), br or zstd.
func Pack(s, coding string) string {
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
	default:
		panic(coding + " is not a coding")
	}
	_, _ = io.WriteString(w, s) // into memory
	_ = w.Close()
	return b.String()
}

// Finder looks for secrets, and for their first and last minPiece characters, in every form.
type Finder struct {
	patterns map[uint64][]pattern // by their first bytes
	pairs    [1 << 16]bool        // the first two bytes of all patterns
}

type pattern struct{ text, secret, form string }

const minPiece = 12

// NewFinder returns a Finder of secrets.
func NewFinder(secrets ...string) *Finder {
	f := &Finder{patterns: map[uint64][]pattern{}}
	for _, secret := range secrets {
		for _, piece := range []string{secret, secret[:minPiece], secret[len(secret)-minPiece:]} {
			for _, form := range append(Forms, Wraps[:3]...) {
				text := form.Spell(piece)
				if strings.HasPrefix(form.Name, "base64") && !strings.Contains(form.Name, "wrapped") && len(text) > 16 {
					text = strings.Trim(text[2:len(text)-4], "=") // whatever stands beside it
				}
				if text = strings.ToLower(text); len(text) >= 8 {
					key := first(text)
					f.patterns[key] = append(f.patterns[key], pattern{text, secret, form.Name})
					f.pairs[uint16(key)] = true
				}
			}
		}
	}
	return f
}

func first(s string) uint64 { return binary.LittleEndian.Uint64([]byte(s[:8])) }

var (
	blanks = strings.NewReplacer("\t", "", "\n", "", "\f", "", "\r", "", " ", "", `\r`, "", `\n`, "", "\x00", "",
		`\u0000`, "")
	unescapes = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\/`, `/`, `\u0026`, `&`, `\u003c`, `<`, `\u003e`, `>`)
)

// Find returns where a text shows a secret, as it is or as a reader sees it; empty: nowhere.
func (f *Finder) Find(text string) string {
	for _, where := range f.FindAll(text) {
		return where
	}
	return ""
}

// FindAll returns where a text shows each secret, by the secret.
func (f *Finder) FindAll(text string) map[string]string {
	found := map[string]string{}
	for _, view := range []string{text, blanks.Replace(text), html.UnescapeString(text),
		unescapes.Replace(text)} {
		view = strings.ToLower(view)
		for i := 0; i+8 <= len(view); i++ {
			if !f.pairs[uint16(view[i])|uint16(view[i+1])<<8] {
				continue
			}
			for _, p := range f.patterns[first(view[i:])] {
				if strings.HasPrefix(view[i:], p.text) {
					found[p.secret] = fmt.Sprintf("%s, %s: %q", p.secret, p.form,
						view[max(0, i-80):min(len(view), i+len(p.text)+40)])
				}
			}
		}
	}
	return found
}

// Index finds many texts in one pass over another.
type Index struct {
	starts map[uint32][]string
	pairs  [1 << 16]bool // the first two bytes of all texts
}

// NewIndex returns an Index of texts of at least four bytes.
func NewIndex(texts ...string) *Index {
	x := &Index{starts: map[uint32][]string{}}
	for _, text := range texts {
		start := binary.LittleEndian.Uint32([]byte(text[:4]))
		x.starts[start] = append(x.starts[start], text)
		x.pairs[uint16(start)] = true
	}
	return x
}

// FindAll returns where each of the texts stands first in another.
func (x *Index) FindAll(in []byte) map[string]int {
	found := map[string]int{}
	for i := 0; i+4 <= len(in); i++ {
		if !x.pairs[uint16(in[i])|uint16(in[i+1])<<8] {
			continue
		}
		for _, text := range x.starts[binary.LittleEndian.Uint32(in[i:])] {
			if _, known := found[text]; !known && len(in)-i >= len(text) && string(in[i:i+len(text)]) == text {
				found[text] = i
			}
		}
	}
	return found
}
