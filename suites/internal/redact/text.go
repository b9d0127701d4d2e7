package redact

import (
	"encoding/base64"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What secrets look like, whoever issued them, and where they stand in free text.
var (
	// A JSON Web Token: two parts at least, so that one cut short or without a signature is found too.
	jwt = regexp.MustCompile(`(?:eyJ|eyAi|ewo)[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*){0,3}`)

	basic  = regexp.MustCompile(`(?i)\b(basic)(\s+|%20|\+)([A-Za-z0-9+/_-]{4,}(?:=|%3D){0,2})`)
	bearer = regexp.MustCompile(`(?i)\b(bearer)(\s+|%20|\+)([A-Za-z0-9._~+/-]{16,}=*)`)

	// https://user:password@host
	userInfo = regexp.MustCompile(`(://[^/\s:@"']*:)([^/\s@"']+)(@)`)

	// A header in a dump, also as Go prints a map of headers.
	authorization = regexp.MustCompile(`(?i)\b(authorization\\*["']?\s*[:=]\s*[\["'\\]*)([^\r\n"'\]\\]+)`)
	cookies       = regexp.MustCompile(`(?i)\b((?:set-)?cookie\\*["']?\s*[:=]\s*[\["'\\]*)([^\r\n"'\]\\]+)`)
)

// keyed finds a key and, right behind it, its value. Both are told apart because a value may hold further pairs: the value of
// "url=https://host/?ott=..." must be looked at even though url names no secret.
type keyed struct {
	mark  string // in every text that the pattern fits
	key   *regexp.Regexp
	value *regexp.Regexp
	in    place
}

var keyedPatterns = []keyed{
	// key=value
	{"=", regexp.MustCompile(`([A-Za-z][\w.-]*(?:\[\w*\])?)=`), regexp.MustCompile(`^(?:"[^"]*"|'[^']*'|(?:[^&\s"'<>#\\]|\\[^"'nrtu])+)`), inText},
	// key%3Dvalue, in a URL inside a URL
	{"%3", regexp.MustCompile(`(?:%[0-9A-Fa-f]{2})?([A-Za-z][\w.-]*)%3[Dd]`), regexp.MustCompile(`^(?:[^&\s"'<>#%\\]|%25[0-9A-Fa-f]{2})+`), inText},
	// "key": "value", of JSON that is cut, broken or stands in a text
	{`"`, regexp.MustCompile(`"([A-Za-z][\w.-]*)"\s*:\s*`), regexp.MustCompile(`^(?:"(?:[^"\\]|\\.)*(?:"|\\?$)|-?[0-9][0-9.eE+-]*)`), inJSON},
	{`'`, regexp.MustCompile(`'([A-Za-z][\w.-]*)'\s*:\s*`), regexp.MustCompile(`^(?:'(?:[^'\\]|\\.)*(?:'|\\?$)|-?[0-9][0-9.eE+-]*)`), inJSON},
	// the same inside a JSON string
	{`\`, regexp.MustCompile(`\\+"([A-Za-z][\w.-]*)\\+"\s*:\s*`), regexp.MustCompile(`^(?:\\+".*?(?:\\+"|$)|-?[0-9][0-9.eE+-]*)`), inJSON},
	// key: value, of a log or of YAML
	{":", regexp.MustCompile(`([A-Za-z][\w.-]*):[ \t]+`), regexp.MustCompile(`^[^\s"',;&<>]+`), inYAML},
}

// String redacts free text.
func (r *Redactor) String(s string) string {
	if len(s) < minLength {
		return s
	}
	s = r.replaceKnown(s)

	// Each pattern is tried only where its mark is in the text: bodies are many, and most of their strings are harmless.
	if strings.Contains(s, "eyJ") || strings.Contains(s, "eyAi") || strings.Contains(s, "ewo") {
		s = jwt.ReplaceAllLiteralString(s, "$"+jwtName)
	}
	if containsFold(s, "authorization") {
		s = replace(authorization, s, func(m []string) string {
			if prose(m[2]) {
				return m[0]
			}
			return m[1] + r.credentials(m[2])
		})
	}
	if containsFold(s, "cookie") {
		s = replace(cookies, s, func(m []string) string {
			if prose(m[2]) {
				return m[0]
			}
			return m[1] + r.cookie(m[2])
		})
	}
	if containsFold(s, "basic") {
		s = replace(basic, s, func(m []string) string {
			if !looksBasic(m[3]) {
				return m[0]
			}
			return m[1] + m[2] + r.standIn(credentialsName, m[3])
		})
	}
	if containsFold(s, "bearer") {
		s = replace(bearer, s, func(m []string) string {
			if !strings.ContainsAny(m[3], "0123456789") {
				return m[0]
			}
			return m[1] + m[2] + r.standIn(tokenName, m[3])
		})
	}
	if strings.Contains(s, "://") && strings.Contains(s, "@") {
		s = replace(userInfo, s, func(m []string) string { return m[1] + r.standIn(passwordName, m[2]) + m[3] })
	}
	for _, p := range keyedPatterns {
		if strings.Contains(s, p.mark) {
			s = r.replaceKeyed(p, s)
		}
	}
	return s
}

// Bytes redacts free text.
func (r *Redactor) Bytes(b []byte) []byte {
	s := string(b)
	if redacted := r.String(s); redacted != s {
		return []byte(redacted)
	}
	return b
}

func (r *Redactor) replaceKnown(s string) string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.forms.replace(s)
}

// replaceKeyed replaces the values of secret keys.
func (r *Redactor) replaceKeyed(p keyed, s string) string {
	var b strings.Builder
	done := 0
	for _, m := range p.key.FindAllStringSubmatchIndex(s, -1) {
		key, start := s[m[2]:m[3]], m[1]
		name, ok := secretKey(key, p.in)
		if !ok || start < done || headerName(name) { // headers have patterns of their own
			continue
		}
		value := p.value.FindString(s[start:])
		// "invalid token: expired." is prose, but no prose calls it access_token, except at the end of a path, where no key stands:
		// "open /x/expired-token: permission denied".
		path := m[2] > 0 && s[m[2]-1] == '/' && sentence(s[start:])
		if value == "" || p.in == inYAML && prose(value) && (!strings.ContainsAny(key, "_-.") || path) {
			continue
		}
		b.WriteString(s[done:start])
		b.WriteString(r.unquoted(name, value, p.in))
		done = start + len(value)
	}
	if done == 0 {
		return s
	}
	b.WriteString(s[done:])
	return b.String()
}

// opening matches the quote that a value begins with, which is \" inside a JSON string.
var opening = regexp.MustCompile(`^\\*["']`)

// unquoted returns the stand-in of a value in the quotes of the value.
func (r *Redactor) unquoted(name, value string, in place) string {
	quote := opening.FindString(value)
	if quote != "" {
		inner, closed := strings.CutSuffix(value[len(quote):], quote)
		if !closed { // the text is cut
			return quote + r.standIn(name, inner)
		}
		return quote + r.standIn(name, inner) + quote
	}
	if in == inJSON {
		return `"$` + name + ` (number)"`
	}
	bare := strings.TrimRight(value, ".,;:)]}") // the punctuation of a sentence
	return r.standIn(name, bare) + value[len(bare):]
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

// plain says whether a value is a word of prose rather than a secret: registered as a secret it would blank harmless text all over
// the reports. Of answers more is taken for prose than of what was sent: lists of faults use the names of secrets too,
// {"password": "must contain 8 characters", "token": "token_expired"}.
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

// prose says whether all words of a text are plain.
func prose(text string) bool {
	for word := range strings.FieldsSeq(text) {
		if !plain(strings.Trim(word, ".,;:!?()"), true) {
			return false
		}
	}
	return true
}

// sentence says whether a line goes on with two plain words at least: a secret is one word.
func sentence(text string) bool {
	line, _, _ := strings.Cut(text, "\n")
	words := strings.Fields(line)
	return len(words) > 1 && prose(words[0]+" "+words[1])
}

// replace is regexp.ReplaceAllStringFunc with the groups of the match.
func replace(re *regexp.Regexp, s string, with func(groups []string) string) string {
	matches := re.FindAllStringSubmatchIndex(s, -1)
	if matches == nil {
		return s
	}
	var b strings.Builder
	done := 0
	for _, m := range matches {
		groups := make([]string, len(m)/2)
		for i := range groups {
			if m[2*i] >= 0 {
				groups[i] = s[m[2*i]:m[2*i+1]]
			}
		}
		b.WriteString(s[done:m[0]])
		b.WriteString(with(groups))
		done = m[1]
	}
	b.WriteString(s[done:])
	return b.String()
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
