package redact

import (
	"cmp"
	"slices"
	"strings"
)

// span is a part of a text that is not shown.
type span struct {
	start, end int
	name       string // of the variable that is put there
	text       string // what is put there in place of the variable alone
	cut        bool   // it is only a part of a secret
}

// merged sorts spans and joins those that overlap. The longest of them names what they become.
func merged(spans []span) []span {
	if len(spans) < 2 {
		return spans
	}
	slices.SortStableFunc(spans, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	done := spans[:1]
	for _, s := range spans[1:] {
		last := &done[len(done)-1]
		if s.start >= last.end {
			done = append(done, s)
			continue
		}
		whole := span{start: last.start, end: max(last.end, s.end), name: last.name, text: last.text, cut: last.cut &&
			s.cut}
		if s.end-s.start > last.end-last.start {
			whole.name, whole.text = s.name, s.text
		}
		if longest := max(s.end-s.start, last.end-last.start); longest < whole.end-whole.start {
			whole.text = ""
		}
		*last = whole
	}
	return done
}

// apply replaces the spans, which are sorted and do not overlap, in the beginning of s that ends there or with a span.
func apply(s string, spans []span, until int) string {
	if len(spans) == 0 {
		return s[:until]
	}
	var b strings.Builder
	done := 0
	for _, p := range spans {
		if p.start >= until {
			break
		}
		b.WriteString(s[done:p.start])
		if p.text != "" {
			b.WriteString(p.text)
		} else {
			b.WriteString(placeholder(p.name, s[p.end:]))
		}
		done = p.end
	}
	b.WriteString(s[done:max(done, until)])
	return b.String()
}

// placeholder returns $NAME, or ${NAME} where the text that follows would be taken for a part of the name.
func placeholder(name, next string) string {
	if next != "" && (next[0] == '_' || alphanumeric(next[0])) {
		return "${" + name + "}"
	}
	return "$" + name
}

func alphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}
