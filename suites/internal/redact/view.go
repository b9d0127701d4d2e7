package redact

import (
	"html"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// view is a text that was made of another one by decoding. It knows where each of its bytes comes from.
type view struct {
	text     string
	from, to []int32 // place of each byte in the first text; nil: the same
}

// place returns where a part of the view stands in the first text.
func (v view) place(start, end int) (from, to int) {
	if v.from == nil || start >= end {
		return start, end
	}
	return int(v.from[start]), int(v.to[end-1])
}

// back moves spans of the view to the first text.
func (v view) back(spans []span) []span {
	for i := range spans {
		spans[i].start, spans[i].end = v.place(spans[i].start, spans[i].end)
	}
	return spans
}

// rounds is how often a text may have been escaped.
const rounds = 4

// unescaped undoes the escapes of URLs, JSON, HTML and programming languages, as often as there are any.
func unescaped(v view) view {
	for range rounds {
		i := strings.IndexAny(v.text, `%\&`)
		if i < 0 {
			return v
		}
		next, changed := unescapeOnce(v, i)
		if !changed {
			return v
		}
		v = next
	}
	return v
}

// unescapeOnce undoes one layer of escapes. There is none before first.
func unescapeOnce(v view, first int) (view, bool) {
	b := builder{source: v}
	changed := false
	b.keep(first)
	for i := first; i < len(v.text); {
		if c := v.text[i]; c == '%' || c == '\\' || c == '&' {
			if text, length := escape(v.text[i:]); length > 0 {
				b.put(text, i, i+length)
				i += length
				changed = true
				continue
			}
		}
		b.put(v.text[i:i+1], i, i+1)
		i++
	}
	return b.view(), changed
}

// builder makes a view of a view.
type builder struct {
	source   view
	text     []byte
	from, to []int32
}

// keep copies the beginning of the source.
func (b *builder) keep(length int) {
	b.text = make([]byte, 0, len(b.source.text))
	b.from, b.to = make([]int32, 0, len(b.source.text)), make([]int32, 0, len(b.source.text))
	for i := range length {
		b.put(b.source.text[i:i+1], i, i+1)
	}
}

// put adds what stands for a part of the source.
func (b *builder) put(text string, start, end int) {
	from, to := b.source.place(start, end)
	b.text = append(b.text, text...)
	for range len(text) {
		b.from, b.to = append(b.from, int32(from)), append(b.to, int32(to))
	}
}

func (b *builder) view() view { return view{string(b.text), b.from, b.to} }

// escape returns what the escape at the beginning of s stands for, and its length; 0: there is none.
func escape(s string) (text string, length int) {
	switch s[0] {
	case '%':
		if c, ok := number(s, 1, 2, 16); ok {
			return string([]byte{byte(c)}), 3
		}
		if c, ok := number(s, 2, 4, 16); ok && s[1] == 'u' { // as JavaScript's escape writes it
			return string(c), 6
		}
	case '\\':
		return backslash(s)
	case '&':
		return entity(s)
	}
	return "", 0
}

func backslash(s string) (text string, length int) {
	if len(s) < 2 {
		return "", 0
	}
	switch s[1] {
	case '"', '\'', '\\', '/':
		return s[1:2], 2
	case 'n':
		return "\n", 2
	case 'r':
		return "\r", 2
	case 't':
		return "\t", 2
	case 'x':
		if c, ok := number(s, 2, 2, 16); ok {
			return string([]byte{byte(c)}), 4
		}
	case 'U':
		if c, ok := number(s, 2, 8, 16); ok {
			return string(c), 10
		}
	case '0', '1', '2', '3':
		if c, ok := number(s, 1, 3, 8); ok {
			return string([]byte{byte(c)}), 4
		}
	case 'u':
		if end := strings.IndexByte(s[:min(len(s), maxEntity)], '}'); end > 3 && s[2] == '{' {
			if c, ok := number(s, 3, end-3, 16); ok {
				return string(c), end + 1
			}
		}
		c, ok := number(s, 2, 4, 16)
		if !ok {
			return "", 0
		}
		if utf16.IsSurrogate(c) && strings.HasPrefix(s[6:], `\u`) {
			if low, ok := number(s, 8, 4, 16); ok {
				if both := utf16.DecodeRune(c, low); both != utf8.RuneError {
					return string(both), 12
				}
			}
		}
		return string(c), 6
	}
	return "", 0
}

// maxEntity is the length of the longest reference to a character that is looked for.
const maxEntity = 12

func entity(s string) (text string, length int) {
	end := strings.IndexByte(s[:min(len(s), maxEntity)], ';')
	if end < 0 {
		// HTML takes &#65 for &#65; too.
		for end = 2; end < min(len(s), maxEntity) && ('0' <= s[end] && s[end] <= '9'); end++ {
		}
		if !strings.HasPrefix(s, "&#") || end == 2 {
			return "", 0
		}
		end--
	}
	reference := s[:end+1]
	if text = html.UnescapeString(reference); text == reference {
		return "", 0
	}
	return text, len(reference)
}

// number reads so many digits of s.
func number(s string, at, digits, base int) (rune, bool) {
	if len(s) < at+digits {
		return 0, false
	}
	n, err := strconv.ParseUint(s[at:at+digits], base, 32)
	return rune(n), err == nil
}

// squeezed leaves out white space, so that what was wrapped or folded is whole again, and NUL, so that ASCII in
// UTF-16 is text.
func squeezed(v view) view {
	first := strings.IndexAny(v.text, " \t\r\n\v\f\x00")
	if first < 0 {
		return v
	}
	b := builder{source: v}
	b.keep(first)
	for i := first; i < len(v.text); i++ {
		switch v.text[i] {
		case ' ', '\t', '\r', '\n', '\v', '\f', 0:
		default:
			b.put(v.text[i:i+1], i, i+1)
		}
	}
	return b.view()
}
