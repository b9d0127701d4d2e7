package exchange

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable makes visible what would steer a terminal or deceive a reader: control and escape characters, carriage
// returns, invisible characters and those that turn the direction of writing. Newlines and tabs stay.
func Printable(s string) string {
	if plainASCII(s) || !strings.ContainsFunc(s, hidden) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		c, size := utf8.DecodeRuneInString(s)
		switch {
		case c == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case !hidden(c):
			b.WriteRune(c)
		case c == '\r':
			b.WriteString(`\r`)
		case c < 0x80:
			fmt.Fprintf(&b, `\x%02x`, c)
		case c < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			fmt.Fprintf(&b, `\U%08x`, c)
		}
		s = s[size:]
	}
	return b.String()
}

// plainASCII reports whether a text holds nothing but printable ASCII, newlines and tabs, as nearly all do.
func plainASCII(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < ' ' || c > '~') && c != '\n' && c != '\t' {
			return false
		}
	}
	return true
}

// hidden reports whether a character is not shown as itself. An invalid byte comes as utf8.RuneError, which itself
// may be shown.
func hidden(c rune) bool {
	return c != '\n' && c != '\t' && (c == utf8.RuneError || !unicode.IsGraphic(c) || unicode.Is(unicode.Zl, c) ||
		unicode.Is(unicode.Zp, c))
}
