package redact

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
)

// form is one spelling of a secret.
type form struct {
	text   string
	name   string
	base64 bool // a piece of base64: what surrounds it belongs to it
}

// minLine is the length from which on a line of a secret of several lines (a key, say) is replaced on its own, since writers see lines.
const minLine = 16

// formsOf returns the spellings in which a secret is met: as it is, escaped for URLs, JSON, HTML and Go, and inside base64.
func formsOf(secret string) []form {
	var forms []form
	seen := map[string]bool{}
	add := func(text string, base64 bool) {
		if len(text) >= minLength && !seen[text] {
			seen[text] = true
			forms = append(forms, form{text: text, base64: base64})
		}
	}
	query := url.QueryEscape(secret)
	for _, text := range []string{secret, query, lowerHex(query), url.PathEscape(secret), lowerHex(url.PathEscape(secret)), url.QueryEscape(query)} {
		add(text, false)
	}
	for _, text := range jsonForms(secret) {
		add(text, false)
	}
	quoted := strconv.Quote(secret)
	add(quoted[1:len(quoted)-1], false)
	add(html.EscapeString(secret), false)
	add(strings.ReplaceAll(html.EscapeString(secret), "&#34;", "&quot;"), false)
	for _, text := range base64Forms(secret) {
		add(text, true)
	}
	// Client credentials are form-encoded before they are put into Basic (RFC 6749, 2.3.1).
	for _, text := range base64Forms(query) {
		add(text, true)
	}
	if lines := strings.FieldsFunc(secret, func(c rune) bool { return c == '\n' || c == '\r' }); len(lines) > 1 {
		for _, line := range lines {
			if len(line) >= minLine {
				add(line, false)
			}
		}
	}
	return forms
}

var percent = regexp.MustCompile(`%[0-9A-F]{2}`)

func lowerHex(escaped string) string { return percent.ReplaceAllStringFunc(escaped, strings.ToLower) }

// jsonForms returns the contents of the JSON strings that encoders make of s.
func jsonForms(s string) []string {
	plain := encode(s)
	plain = plain[1 : len(plain)-1]
	escaped, _ := json.Marshal(s) // a string always marshals
	forms := []string{plain, string(escaped[1 : len(escaped)-1]), strings.ReplaceAll(plain, "/", `\/`)}
	for _, format := range []string{`\u%04x`, `\u%04X`} {
		var b strings.Builder
		for _, c := range plain {
			switch {
			case c < 0x80:
				b.WriteRune(c)
			case c < 0x10000:
				fmt.Fprintf(&b, format, c)
			default:
				high, low := utf16.EncodeRune(c)
				fmt.Fprintf(&b, format+format, high, low)
			}
		}
		forms = append(forms, b.String(), strings.ReplaceAll(b.String(), "/", `\/`))
	}
	return forms
}

// base64Forms returns the pieces of base64 that any text containing s has, one for each of the three positions that s may begin at.
// So "id:secret" is found without knowing the id. The characters at either end depend on the neighbours too and are left out; the
// matcher takes the whole run of base64 around a piece.
func base64Forms(s string) []string {
	var forms []string
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 {
			first := (before*8 + 5) / 6
			last := (before + len(s)) * 8 / 6
			if first < last {
				forms = append(forms, encoding.EncodeToString([]byte("\x00\x00\x00"[:before] + s))[first:last])
			}
		}
	}
	return forms
}
