package redact

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// Unreadable stands for bytes that are not text: they may hold a secret in a form that cannot be decoded.
func Unreadable(b []byte) string {
	return fmt.Sprintf("(%d bytes that are not text, sha256 %s)", len(b), Hash(b))
}

// Hash returns the beginning of the SHA-256 sum of b, in hexadecimal digits: enough to tell bytes apart.
func Hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

const (
	// minUnreadable is the length from which on bytes that are not text are replaced, maxReadable how many characters
	// may stand between two of them.
	minUnreadable = 16
	maxReadable   = 8
)

// unreadable returns where a text holds bytes that are not text.
func unreadable(text string) []span {
	var spans []span
	start, end, bad, readable := 0, 0, 0, 0
	done := func() {
		if end-start >= minUnreadable && bad >= (end-start)/4 {
			spans = append(spans, span{start: start, end: end, name: unknownName,
				text: Unreadable([]byte(text[start:end]))})
		}
		bad = 0
	}
	for i := 0; i < len(text); {
		c, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case c == utf8.RuneError && size == 1 || unicode.IsControl(c) && !unicode.IsSpace(c):
			if bad == 0 {
				start = i
			}
			bad, readable, end = bad+1, 0, i+size
		case bad > 0:
			if readable++; readable > maxReadable {
				done()
			}
		}
		i += size
	}
	if bad > 0 {
		done()
	}
	return spans
}
