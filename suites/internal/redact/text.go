package redact

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// What secrets look like, the one who issued them, and where they stand in free text.
var (
	// A JSON Web Token: two parts at least, so that one cut short or without a signature is found too.
	jwt = regexp.MustCompile(`(?:eyJ|eyAi|ewo)[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*){0,3}`)

	basic  = regexp.MustCompile(`(?i)\b(basic)(\s+|%20|\+)([A-Za-z0-9+/_-]{4,}(?:=|%3D){0,2})`)
	bearer = regexp.MustCompile(`(?i)\b(bearer)(\s+|%20|\+)([A-Za-z0-9._~+/-]{16,}=*)`)

	// A private key in PEM form.
	privateKey = regexp.MustCompile(
		`(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)`)

	// https://user:password@host
	userInfo = regexp.MustCompile(`(://[^/\s:@"']*:)([^/\s@"']+)(@)`)

	// A header in a dump, also as Go prints a map of headers.
	authorization = regexp.MustCompile(`(?i)\b(authorization\\*["']?\s*[:=]\s*[\["'\\]*)([^\r\n"'\]\\]+)`)
	cookies       = regexp.MustCompile(`(?i)\b((?:set-)?cookie\\*["']?\s*[:=]\s*[\["'\\]*)([^\r\n"'\]\\]+)`)
)

// keyed finds a key and, right behind it, its value. Both are told apart because a value may hold further pairs: the
// value of "url=https://host/?ott=..." must be looked at even though url names no secret.
type keyed struct {
	mark  string // in every text that the pattern fits
	needs marks  // likewise
	key   *regexp.Regexp
	value *regexp.Regexp
	in    place
}

var keyedPatterns = []keyed{
	// key=value
	{"=", equals, regexp.MustCompile(`([A-Za-z_][\w.-]*(?:\[\w*\])?)=`),
		regexp.MustCompile(`^(?:"[^"]*"|'[^']*'|(?:[^&\s"'<>#\\]|\\[^"'nrtu])+)`), inText},
	// key%3Dvalue, in a URL inside a URL
	{"%3", escapes, regexp.MustCompile(`(?:%[0-9A-Fa-f]{2})?([A-Za-z_][\w.-]*)%3[Dd]`),
		regexp.MustCompile(`^(?:[^&\s"'<>#%\\]|%25[0-9A-Fa-f]{2})+`), inText},
	// "key": "value", of JSON that is cut, broken or stands in a text
	{`"`, quotes | colons, regexp.MustCompile(`"([A-Za-z_][\w.-]*)"\s*:\s*`),
		regexp.MustCompile(`^(?:"(?:[^"\\]|\\.)*(?:"|\\?$)|-?[0-9][0-9.eE+-]*|\[[^\]]+\]?|\{[^}]+\}?)`), inJSON},
	{`'`, quotes | colons, regexp.MustCompile(`'([A-Za-z_][\w.-]*)'\s*:\s*`),
		regexp.MustCompile(`^(?:'(?:[^'\\]|\\.)*(?:'|\\?$)|-?[0-9][0-9.eE+-]*|\[[^\]]+\]?|\{[^}]+\}?)`), inJSON},
	// the same inside a JSON string
	{`\`, escapes | quotes | colons, regexp.MustCompile(`\\+"([A-Za-z_][\w.-]*)\\+"\s*:\s*`),
		regexp.MustCompile(`^(?:\\+".*?(?:\\+"|$)|-?[0-9][0-9.eE+-]*)`), inJSON},
	// <key>value</key>, and the fields of an HTML form
	{"<", angles, regexp.MustCompile(`<([A-Za-z_][\w.-]*)(?:\s[^<>]*)?>`), regexp.MustCompile(`^[^<]+`), inText},
	{"<", angles | equals, regexp.MustCompile(`(?i)\bname\s*=\s*["']?([a-z_][\w.-]*)["']?[^<>]*?\bvalue\s*=\s*`),
		regexp.MustCompile(`^(?:"[^"]*"?|'[^']*'?|[^\s<>"']+)`), inText},
	// key: value, of a log or of YAML
	{":", colons, regexp.MustCompile(`([A-Za-z_][\w.-]*):[ \t]+`), regexp.MustCompile(`^[^\s"',;&<>]+`), inYAML},
}

// scanner finds the secrets of one text: known ones, and what looks like one, as it stands and decoded.
type scanner struct {
	redactor *Redactor
	depth    int     // how many layers of digits are still decoded
	unpacks  *int    // how much more is decompressed
	known    bool    // only known secrets are looked for
	finder   *finder // learns what stands where a secret does; may be nil
}

func (r *Redactor) scanner() *scanner {
	unpacks := maxUnpacks
	return &scanner{redactor: r, depth: layers, unpacks: &unpacks}
}

// deeper returns a scanner for what was decoded.
func (s *scanner) deeper() *scanner {
	inner := *s
	inner.depth--
	return &inner
}

// String redacts free text.
func (r *Redactor) String(s string) string {
	spans := r.scanner().scan(s)
	return apply(s, spans, len(s))
}

// Bytes redacts free text.
func (r *Redactor) Bytes(b []byte) []byte {
	s := string(b)
	if redacted := r.String(s); redacted != s {
		return []byte(redacted)
	}
	return b
}

// Contains reports whether text or other bytes hold a secret that was told or found, in any form but cut short: all
// JSON Web Tokens begin alike.
func (r *Redactor) Contains(s string) bool {
	known := r.scanner()
	known.known = true
	return slices.ContainsFunc(append(known.scan(s), known.bytes([]byte(s))...), func(p span) bool { return !p.cut })
}

// scan returns where secrets stand in a text, in order and apart.
func (s *scanner) scan(text string) []span {
	if len(text) < minLength {
		return nil
	}
	if s.depth < layers || s.known || len(text) > maxHarmlessBytes {
		return s.scanned(text)
	}
	clean, generation := s.redactor.clean.has(text, s.kind())
	if clean {
		return nil
	}
	spans := s.scanned(text)
	if len(spans) == 0 && *s.unpacks > 0 { // else something may not have been looked into
		s.redactor.clean.note(text, s.kind(), generation)
	}
	return spans
}

func (s *scanner) scanned(text string) []span {
	m := marksOf(text)
	spans := s.look(text, m)
	if !utf8.ValidString(text) {
		spans = append(spans, unreadable(text)...)
	}
	v := view{text: text}
	if m&escapes != 0 {
		if v = unescaped(v); v.from != nil {
			spans = append(spans, v.back(s.look(v.text, marksOf(v.text)))...)
			spans = append(spans, v.back(unreadable(v.text))...)
			if strings.Contains(v.text, "+") { // which is a space in a query
				plus := v
				plus.text = strings.ReplaceAll(v.text, "+", " ")
				spans = append(spans, plus.back(s.look(plus.text, marksOf(plus.text)))...)
				plus = squeezed(plus)
				spans = append(spans, plus.back(s.redactor.find(plus.text))...)
			}
		}
	}
	if m&(spaces|escapes) != 0 {
		plain := v.text
		if v = squeezed(v); len(v.text) != len(plain) {
			spans = append(spans, v.back(s.redactor.find(v.text))...)
		}
	}
	if s.depth > 0 {
		spans = append(spans, s.encoded(text, v)...)
	}
	return merged(spans)
}

// marks are kinds of characters that a text holds: what needs another one is not looked for.
type marks uint16

const (
	escapes marks = 1 << iota
	spaces
	quotes
	equals
	colons
	angles
	ats
)

var markOf = func() (of [256]marks) {
	for kind, characters := range map[marks]string{escapes: `%\&`, spaces: " \t\r\n\v\f\x00", quotes: `"'`, equals: "=",
		colons: ":", angles: "<", ats: "@"} {
		for _, c := range []byte(characters) {
			of[c] |= kind
		}
	}
	return of
}()

func marksOf(text string) (m marks) {
	for i := range len(text) {
		m |= markOf[text[i]]
	}
	return m
}

// look finds secrets that stand in a text as they are.
func (s *scanner) look(text string, m marks) []span {
	spans := s.redactor.find(text)
	if s.known {
		return spans
	}
	p := patterns{scanner: s, text: text, masked: masked(text, spans), spans: spans}
	p.all(m)
	if s.depth > 0 && m&quotes != 0 && (text[0] == '{' || text[0] == '[') {
		p.spans = append(p.spans, s.deeper().jsonText(text)...)
		if s.finder != nil {
			s.finder.json([]byte(text))
		}
	}
	return p.spans
}

// mask stands in the place of known secrets while the patterns are tried.
const mask = 1

// masked hides what is known, so that it is not taken for a part of something else. What is only a part of a secret
// may be a part of something else, or the name of it.
func masked(text string, known []span) string {
	if !slices.ContainsFunc(known, func(p span) bool { return !p.cut }) {
		return text
	}
	hidden := []byte(text)
	for _, p := range known {
		for i := p.start; i < p.end && !p.cut; i++ {
			hidden[i] = mask
		}
	}
	return string(hidden)
}
