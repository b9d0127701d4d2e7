package redact

import (
	"encoding/base64"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

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

// looksBasic reports whether a word is credentials, and not prose such as "basic authentication".
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

// containsFold reports whether the text contains an ASCII word in any case.
func containsFold(s, word string) bool {
	lower, upper := word[0], word[0]-'a'+'A'
	for i := 0; i+len(word) <= len(s); i++ {
		if (s[i] == lower || s[i] == upper) && strings.EqualFold(s[i:i+len(word)], word) {
			return true
		}
	}
	return false
}
