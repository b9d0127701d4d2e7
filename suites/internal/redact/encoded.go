package redact

import (
	"bytes"
	"encoding/binary"
	"net/http"
	"slices"
	"unicode"
	"unicode/utf8"

	"acronis-conformance/suites/internal/encoding"
)

const (
	// layers is how often a text may have been put into base64 or hexadecimal digits.
	layers = 3

	// maxUnpacked is how much of what was compressed is looked at, and maxUnpacks how often in one text.
	maxUnpacked = 64 << 10
	maxUnpacks  = 8
)

// digits holds the values of the digits of base64, in both its alphabets; 0xff: not a digit.
var digits = func() (values [256]byte) {
	for i := range values {
		values[i] = 0xff
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		values[c] = byte(i)
	}
	values['-'], values['_'] = values['+'], values['/']
	return values
}()

// hexadecimal is the same for hexadecimal digits.
var hexadecimal = func() (values [256]byte) {
	for i := range values {
		values[i] = 0xff
	}
	for i, c := range []byte("0123456789abcdef") {
		values[c] = byte(i)
		values[bytes.ToUpper([]byte{c})[0]] = byte(i)
	}
	return values
}()

// encoded returns where the first text of the view holds base64 or hexadecimal digits that hide a secret. All of the
// digits around it belong to it.
func (s *scanner) encoded(text string, v view) []span {
	var spans []span
	for _, code := range [...]struct {
		values *[256]byte
		bits   int // of a digit
	}{{&digits, 6}, {&hexadecimal, 4}} {
		shortest := (minLength*8 + code.bits - 1) / code.bits
		for start, end := 0, 0; start < len(v.text); start = end + 1 {
			for end = start; end < len(v.text) && code.values[v.text[end]] != 0xff; end++ {
			}
			if end-start < shortest {
				continue
			}
			for _, p := range s.run(v.text[start:end], code.values, code.bits) {
				p.start, p.end = v.place(start+p.start, start+p.end)
				for p.start > 0 && digits[text[p.start-1]] != 0xff {
					p.start--
				}
				for p.end < len(text) && (digits[text[p.end]] != 0xff || text[p.end] == '=') {
					p.end++
				}
				p.text = ""
				spans = append(spans, p)
			}
		}
	}
	return spans
}

// run looks into one run of digits. What it encodes may begin at any of them, since what stands before may consist of
// digits too.
func (s *scanner) run(run string, values *[256]byte, bits int) []span {
	phases := 4
	if bits == 4 {
		phases = 2
	}
	var spans []span
	inner := s.deeper()
	decoded := make([]byte, 0, len(run)*bits/8)
	for phase := range min(phases, len(run)) {
		decoded = decoded[:0]
		held, n := 0, 0
		for i := phase; i < len(run); i++ {
			held, n = held<<bits|int(values[run[i]]), n+bits
			if n >= 8 {
				n -= 8
				decoded = append(decoded, byte(held>>n))
				held &= 1<<n - 1
			}
		}
		for _, p := range inner.bytes(decoded) {
			p.start, p.end = phase+p.start*8/bits, min(phase+(p.end*8+bits-1)/bits, len(run))
			spans = append(spans, p)
		}
	}
	return spans
}

// bytes returns where bytes that were decoded hold a secret.
func (s *scanner) bytes(b []byte) []span {
	if plain := s.unpacked(b); plain != nil {
		if spans := s.deeper().bytes(plain); len(spans) > 0 {
			return []span{whole(b, spans)}
		}
		return nil
	}
	if bytes.Count(b, []byte{0}) > len(b)/4 { // perhaps UTF-16
		if spans := s.scan(string(bytes.ReplaceAll(b, []byte{0}, nil))); len(spans) > 0 {
			return []span{whole(b, spans)}
		}
		return nil
	}
	var spans []span
	for start, i := 0, 0; i <= len(b); {
		if i < len(b) && plainASCII[b[i]] {
			i++
			continue
		}
		c, size := utf8.DecodeRune(b[i:])
		if i < len(b) && (c != utf8.RuneError || size > 1) && (unicode.IsPrint(c) || unicode.IsSpace(c)) {
			i += size
			continue
		}
		if i-start >= minLength {
			for _, p := range s.scan(string(b[start:i])) {
				p.start, p.end, p.text = start+p.start, start+p.end, ""
				spans = append(spans, p)
			}
		}
		i += max(size, 1)
		start = i
	}
	return spans
}

// plainASCII holds the bytes that are a printable character or white space by themselves.
var plainASCII = func() (is [256]bool) {
	for c := range utf8.RuneSelf {
		is[c] = unicode.IsPrint(rune(c)) || unicode.IsSpace(rune(c))
	}
	return is
}()

// whole returns a span of all bytes, in which those spans were found.
func whole(b []byte, found []span) span {
	cut := !slices.ContainsFunc(found, func(p span) bool { return !p.cut })
	return span{start: 0, end: len(b), name: found[0].name, cut: cut}
}

// unpacked returns the beginning of what b holds compressed; nil: nothing.
func (s *scanner) unpacked(b []byte) []byte {
	coding := Packed(b)
	if coding == "" || s.depth == 0 || *s.unpacks == 0 {
		return nil
	}
	*s.unpacks--
	// what is cut short comes with an error
	plain, _, _ := encoding.Decode(http.Header{"Content-Encoding": {coding}}, b)
	if len(plain) == 0 {
		return nil
	}
	return plain[:min(len(plain), maxUnpacked)]
}

// Packed returns the coding of a body that is compressed, by its first bytes; empty: it is not. A body of br has no
// such mark.
func Packed(b []byte) string {
	switch {
	case len(b) < 8:
		return ""
	case b[0] == 0x1f && b[1] == 0x8b:
		return "gzip"
	case bytes.HasPrefix(b, []byte("\x28\xb5\x2f\xfd")):
		return "zstd"
	case b[0]&0x0f == 8 && binary.BigEndian.Uint16(b)%31 == 0: // RFC 1950
		return "deflate"
	}
	return ""
}
