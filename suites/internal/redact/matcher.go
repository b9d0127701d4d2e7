package redact

import "strings"

// matcher finds any of many texts. Adding one is cheap, since secrets are learned all through a run.
type matcher struct {
	byPrefix map[string][]form    // by the first minLength bytes
	first    [1 << 16 / 64]uint64 // the first two bytes of all texts: most positions are left after one look here
}

func (m *matcher) add(f form) {
	if m.byPrefix == nil {
		m.byPrefix = map[string][]form{}
	}
	key := f.text[:minLength]
	at := int(key[0])<<8 | int(key[1])
	m.first[at/64] |= 1 << (at % 64)
	for i, old := range m.byPrefix[key] {
		if old.text == f.text {
			m.byPrefix[key][i].name = f.name
			return
		}
	}
	m.byPrefix[key] = append(m.byPrefix[key], f)
}

// longest returns the longest text that s has at i.
func (m *matcher) longest(s string, i int) (best form, ok bool) {
	if len(s)-i < minLength {
		return form{}, false
	}
	if at := int(s[i])<<8 | int(s[i+1]); m.first[at/64]&(1<<(at%64)) == 0 {
		return form{}, false
	}
	for _, f := range m.byPrefix[s[i:i+minLength]] {
		if len(f.text) > len(best.text) && strings.HasPrefix(s[i:], f.text) {
			best = f
		}
	}
	return best, best.text != ""
}

// replace puts $NAME in place of every text found. Texts that overlap are replaced together, by the name of the longest.
func (m *matcher) replace(s string) string {
	if len(m.byPrefix) == 0 {
		return s
	}
	var b strings.Builder
	done := 0
	for i := 0; i+minLength <= len(s); i++ {
		found, ok := m.longest(s, i)
		if !ok {
			continue
		}
		start, end, widen := i, i+len(found.text), found.base64
		for j := i + 1; j < end; j++ {
			if other, ok := m.longest(s, j); ok && j+len(other.text) > end {
				end = j + len(other.text)
				widen = widen || other.base64
				if len(other.text) > len(found.text) {
					found = other
				}
			}
		}
		if widen {
			for start > done && base64Char(s[start-1]) && s[start-1] != '=' {
				start--
			}
			for end < len(s) && base64Char(s[end]) {
				end++
			}
		}
		b.WriteString(s[done:start])
		b.WriteString(placeholder(found.name, s[end:]))
		done, i = end, end-1
	}
	if done == 0 {
		return s
	}
	b.WriteString(s[done:])
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

func base64Char(c byte) bool {
	return alphanumeric(c) || strings.IndexByte("+/-_=", c) >= 0
}
