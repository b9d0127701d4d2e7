package redact

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
	"unicode"
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

// patterns finds in a text what looks like a secret.
type patterns struct {
	*scanner
	text, masked string
	spans        []span
}

// add notes the value at that place, unless it may be shown. What stands for it may be more than its variable.
func (p *patterns) add(name string, start, end int, learned bool) {
	value := p.text[start:end]
	if value == "" || p.redactor.open(value) {
		return
	}
	if learned && p.finder != nil {
		p.finder.add(name, value)
	}
	if own, known := p.redactor.nameOf(value); known {
		name = own
	}
	p.spans = append(p.spans, span{start: start, end: end, name: name})
}

// all tries every pattern whose marks the text holds: texts are many, and most of them are harmless.
func (p *patterns) all(m marks) {
	if strings.Contains(p.masked, "eyJ") || strings.Contains(p.masked, "eyAi") || strings.Contains(p.masked, "ewo") {
		for _, at := range jwt.FindAllStringIndex(p.masked, -1) {
			p.add(jwtName, at[0], at[1], true)
		}
	}
	if strings.Contains(p.masked, "PRIVATE KEY-----") {
		for _, at := range privateKey.FindAllStringIndex(p.masked, -1) {
			p.add(privateKeyName, at[0], at[1], true)
		}
	}
	if m&(equals|colons) != 0 {
		if containsFold(p.masked, "authorization") {
			p.each(authorization, func(g []int) { p.credentials(g[4], g[5]) })
		}
		if containsFold(p.masked, "cookie") {
			p.each(cookies, func(g []int) { p.cookie(g[4], g[5]) })
		}
	}
	if m&(spaces|escapes) != 0 || strings.Contains(p.masked, "+") {
		if containsFold(p.masked, "basic") {
			p.each(basic, func(g []int) {
				if word := p.masked[g[6]:g[7]]; looksBasic(word) {
					p.basic(g[6], g[7])
				}
			})
		}
		if containsFold(p.masked, "bearer") {
			p.each(bearer, func(g []int) {
				if strings.ContainsAny(p.masked[g[6]:g[7]], "0123456789") {
					p.add(tokenName, g[6], g[7], true)
				}
			})
		}
	}
	if m&ats != 0 && strings.Contains(p.masked, "://") {
		p.each(userInfo, func(g []int) { p.add(passwordName, g[4], g[5], true) })
	}
	for _, k := range keyedPatterns {
		if m&k.needs == k.needs && strings.Contains(p.masked, k.mark) {
			p.keyed(k)
		}
	}
}

func (p *patterns) each(re *regexp.Regexp, with func(groups []int)) {
	for _, groups := range re.FindAllStringSubmatchIndex(p.masked, -1) {
		with(groups)
	}
}

// credentials finds those of an Authorization header in a text, and leaves the scheme.
func (p *patterns) credentials(start, end int) {
	value := p.masked[start:end]
	if prose(value) {
		return
	}
	scheme, rest := splitCredentials(value)
	if rest == "" {
		return
	}
	start += strings.LastIndex(value, rest)
	end = start + len(rest)
	switch {
	case scheme == "" || strings.EqualFold(scheme, "Bearer"):
		p.add(tokenName, start, end, true)
	case strings.EqualFold(scheme, "Basic"):
		p.basic(start, end)
	default:
		p.add(credentialsName, start, end, true)
	}
}

// basic finds the credentials of the scheme Basic, and the password in them.
func (p *patterns) basic(start, end int) {
	if user, password, ok := decodeBasic(p.text[start:end]); ok && p.finder != nil {
		p.finder.add(basicName(user), password)
	}
	p.add(credentialsName, start, end, true)
}

// cookie finds the values of a Cookie or Set-Cookie header in a text.
func (p *patterns) cookie(start, end int) {
	if prose(p.masked[start:end]) {
		return
	}
	for i, part := range strings.Split(p.masked[start:end], ";") {
		name, value, found := strings.Cut(part, "=")
		from := start + len(part) - len(value)
		switch {
		case found && !cookieAttributes[fold(name)]:
			p.add(cookieName, from, from+len(value), learnedCookie(name, value))
		case !found && i == 0:
			p.add(cookieName, start, start+len(part), len(part) >= minCookie)
		}
		start += len(part) + 1
	}
}

// keyed finds the values of secret keys.
func (p *patterns) keyed(k keyed) {
	done := 0
	for _, m := range k.key.FindAllStringSubmatchIndex(p.masked, -1) {
		key, start := p.masked[m[2]:m[3]], m[1]
		if start < done || p.masked[m[2]] == mask {
			continue
		}
		name, ok := secretKey(key, k.in)
		if !ok || headerName(name) { // headers have patterns of their own
			continue
		}
		value := k.value.FindString(p.masked[start:])
		// "invalid token: expired." is prose, but no prose calls it access_token, except at the end of a path, where no
		// key stands: "open /x/expired-token: permission denied".
		path := m[2] > 0 && p.masked[m[2]-1] == '/' && sentence(p.masked[start:])
		if value == "" || k.in == inYAML && prose(value) && (!strings.ContainsAny(key, "_-.") || path) ||
			k.in != inJSON &&
				weak(key, value, k.in) {
			continue
		}
		done = start + len(value)
		p.value(name, value, start, k.in)
	}
}

// opening matches the quote that a value begins with, which is \" inside a JSON string.
var opening = regexp.MustCompile(`^\\*["']`)

// quoted matches a string in an array or object.
var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'`)

// value notes the value of a key, without its quotes.
func (p *patterns) value(name, value string, start int, in place) {
	if quote := opening.FindString(value); quote != "" {
		inner := strings.TrimSuffix(value[len(quote):], quote) // a text that is cut lacks it
		p.add(name, start+len(quote), start+len(quote)+len(inner), true)
		return
	}
	if in == inJSON {
		kind := "number"
		switch value[0] {
		case '[':
			kind = "array"
		case '{':
			kind = "object"
		}
		if p.finder != nil {
			for _, item := range quoted.FindAllString(value, -1) {
				p.finder.add(name, item[1:len(item)-1])
			}
		}
		if !p.redactor.open(value) {
			p.spans = append(p.spans, span{start: start, end: start + len(value), name: name, text: `"$` + name + " (" +
				kind +
				`)"`})
		}
		return
	}
	bare := strings.TrimRight(value, ".,;:)]}") // the punctuation of a sentence
	p.add(name, start, start+len(bare), true)
}

// looksBasic tells credentials from prose such as "basic authentication".
func looksBasic(word string) bool {
	word = strings.NewReplacer("%3D", "=", "%3d", "=").Replace(word)
	if _, _, ok := decodeBasic(word); ok {
		return true
	}
	return len(word) >= 16 && strings.ContainsAny(word, "0123456789") && strings.IndexFunc(word, unicode.IsUpper) >= 0
}

var fromURLAlphabet = strings.NewReplacer("-", "+", "_", "/")

// decodeBasic splits the credentials of the scheme Basic.
func decodeBasic(credentials string) (user, password string, ok bool) {
	credentials = fromURLAlphabet.Replace(strings.TrimRight(credentials, "="))
	decoded, err := base64.RawStdEncoding.DecodeString(credentials)
	if err != nil || !utf8.Valid(decoded) {
		return "", "", false
	}
	return strings.Cut(string(decoded), ":")
}

// plain reports whether a value is a word of prose rather than a secret: registered as a secret it would blank
// harmless text all over the reports. Of answers more is taken for prose than of what was sent: lists of faults use
// the names of secrets too, {"password": "must contain 8 characters", "token": "token_expired"}.
func plain(value string, sent bool) bool {
	letters, upper, separators := 0, 0, 0
	for i, c := range value {
		switch {
		case unicode.IsLetter(c):
			letters++
			if unicode.IsUpper(c) && i > 0 {
				upper++
			}
		case !sent && unicode.IsSpace(c):
			return true
		case !sent && strings.ContainsRune("_-.,:;!?", c):
			separators++
		default:
			return false
		}
	}
	if separators > 0 {
		return upper == 0 && letters < 32
	}
	return letters < 16 && (upper == 0 || upper >= letters-1)
}

// prose reports whether all words of a text are plain.
func prose(text string) bool {
	for word := range strings.FieldsSeq(text) {
		if !plain(strings.Trim(word, ".,;:!?()"), true) {
			return false
		}
	}
	return true
}

// sentence reports whether a line goes on with two plain words at least: a secret is one word.
func sentence(text string) bool {
	line, _, _ := strings.Cut(text[:min(len(text), 256)], "\n")
	words := strings.Fields(line)
	return len(words) > 1 && prose(words[0]+" "+words[1])
}

// containsFold is strings.Contains for an ASCII word in any case.
func containsFold(s, word string) bool {
	lower, upper := word[0], word[0]-'a'+'A'
	for i := 0; i+len(word) <= len(s); i++ {
		if (s[i] == lower || s[i] == upper) && strings.EqualFold(s[i:i+len(word)], word) {
			return true
		}
	}
	return false
}
