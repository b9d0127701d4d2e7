package redact

import (
	"bytes"
	"encoding/binary"
	"net/http"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"acronis-conformance/suites/internal/encoding"
)

// Readable returns the text that a body is, and what had to be undone for it, such as "gzip" or "utf-16"; empty:
// nothing. A body that is not text comes back as it is, with false: no one can tell what it holds.
func Readable(body []byte) (text []byte, undone string, ok bool) {
	var steps []string
	for range layers {
		if utf8.Valid(body) && bytes.IndexByte(body, 0) < 0 {
			return body, strings.Join(steps, ", "), true
		}
		if wide, is := wideText(body); is {
			return wide, strings.Join(append(steps, "utf-16"), ", "), true
		}
		coding := Packed(body)
		if coding == "" {
			break
		}
		// what is cut short comes with an error
		plain, _, _ := encoding.Decode(http.Header{"Content-Encoding": {coding}}, body)
		if len(plain) == 0 {
			break
		}
		body, steps = plain, append(steps, coding)
	}
	if mostlyText(body) {
		return []byte(strings.ToValidUTF8(string(body), "\uFFFD")), strings.Join(steps, ", "), true
	}
	return body, strings.Join(steps, ", "), false
}

// wideText decodes UTF-16, which has a mark at its beginning or the zero bytes of ASCII characters at every second
// place.
func wideText(body []byte) ([]byte, bool) {
	if len(body) < 4 || len(body)%2 != 0 {
		return nil, false
	}
	var order binary.ByteOrder
	switch {
	case body[0] == 0xff && body[1] == 0xfe || body[0] != 0 && body[1] == 0 && body[3] == 0:
		order = binary.LittleEndian
	case body[0] == 0xfe && body[1] == 0xff || body[0] == 0 && body[1] != 0 && body[2] == 0:
		order = binary.BigEndian
	default:
		return nil, false
	}
	units := make([]uint16, 0, len(body)/2)
	for i := 0; i < len(body); i += 2 {
		units = append(units, order.Uint16(body[i:]))
	}
	text := strings.TrimPrefix(string(utf16.Decode(units)), "\ufeff")
	return []byte(text), !strings.ContainsAny(text, "\x00\uFFFD")
}

// maxWrong is one of how many bytes may be wrong in what is taken for text.
const maxWrong = 16

// mostlyText reports whether a body is UTF-8 but for a few bytes.
func mostlyText(body []byte) bool {
	wrong := bytes.Count(body, []byte{0}) * maxWrong // not one
	for i := 0; i < len(body); {
		c, size := utf8.DecodeRune(body[i:])
		if c == utf8.RuneError && size <= 1 {
			wrong++
		}
		i += max(size, 1)
	}
	return wrong*maxWrong <= len(body)
}
