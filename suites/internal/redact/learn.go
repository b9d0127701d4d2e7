package redact

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
)

// maxLearned bounds what is learned of one value.
const maxLearned = 64 << 10

// LearnRequest learns the secrets of a request that the suite sends, and returns those that were new.
func (r *Redactor) LearnRequest(header http.Header, query url.Values, body []byte) []Secret {
	f := finder{redactor: r, sent: true, budget: maxRead}
	f.header(header)
	for key, values := range query {
		for _, value := range values {
			if name, ok := secretKey(key, inForm); ok {
				f.add(name, value)
			} else {
				f.text(value)
			}
		}
	}
	f.body(header.Get("Content-Type"), body)
	r.tell(f.found)
	return f.found
}

// LearnResponse learns the secrets of an answer, and returns those that were new.
func (r *Redactor) LearnResponse(header http.Header, body []byte) []Secret {
	f := finder{redactor: r, budget: maxRead}
	f.header(header)
	f.body(header.Get("Content-Type"), body)
	r.tell(f.found)
	return f.found
}

func (r *Redactor) learnBody(mediaType string, body []byte, sent bool) {
	f := finder{redactor: r, sent: sent, budget: maxRead}
	f.body(mediaType, body)
	r.tell(f.found)
}

// finder collects the secrets of one request or answer.
type finder struct {
	redactor *Redactor
	sent     bool
	found    []Secret
	budget   int // bytes of free text that are still read
}

// maxRead is how much free text of one request or answer is read for what looks like a secret. What stands under the
// name of a secret in JSON is found wherever it is.
const maxRead = 64 << 10

func (f *finder) add(name, value string) {
	if len(value) > maxLearned {
		f.add(name, value[:maxLearned])
		value = value[len(value)-maxLearned:]
	}
	if !plain(value, f.sent) && !f.redactor.open(value) && f.redactor.learn(name, value, false) {
		f.found = append(f.found, Secret{name, value})
	}
}

// text finds secrets in free text, also where it is encoded.
func (f *finder) text(s string) {
	if len(s) < minLength {
		return
	}
	s = s[:min(len(s), f.budget)]
	f.budget -= len(s)
	reader := f.redactor.scanner()
	reader.finder = f
	reader.scan(s)
}

func (f *finder) header(h http.Header) {
	for header, values := range h {
		for _, value := range values {
			switch fold(header) {
			case "authorization", "proxyauthorization":
				f.credentials(value)
			case "cookie", "setcookie":
				f.cookie(value)
			case "location", "contentlocation", "referer", "link", "refresh":
				f.url(value)
			default:
				if name, ok := secretKey(header, inText); ok {
					f.add(name, value)
				} else {
					f.text(value)
				}
			}
		}
	}
}

func (f *finder) credentials(value string) {
	scheme, rest := splitCredentials(value)
	user, password, ok := "", "", false
	if strings.EqualFold(scheme, "Basic") {
		user, password, ok = decodeBasic(rest)
	}
	if !ok {
		f.add(tokenName, rest)
		return
	}
	f.add(basicName(user), password)
	if !f.redactor.open(password) {
		f.add(credentialsName, rest) // an echo may encode them once more
	}
}

// basicName names the secret behind a user. API clients are called by a UUID, users by a login.
func basicName(user string) string {
	if uuid.Validate(user) == nil {
		return secretName
	}
	return passwordName
}

func (f *finder) cookie(value string) {
	for part := range strings.SplitSeq(value, ";") {
		name, secret, _ := strings.Cut(part, "=")
		if !cookieAttributes[fold(name)] && learnedCookie(name, secret) {
			f.add(cookieName, strings.Trim(secret, `" `))
		}
	}
}

func (f *finder) url(s string) {
	before, query, _ := strings.Cut(s, "?")
	before, _, _ = strings.Cut(before, "#")
	f.text(before)
	query, _, _ = strings.Cut(query, "#")
	f.form(query)
	_, fragment, _ := strings.Cut(s, "#")
	f.form(fragment)
}

func (f *finder) form(s string) {
	for pair := range strings.SplitSeq(s, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if name, ok := secretKey(unescape(key), inForm); ok {
			f.add(name, unescape(value))
		} else {
			f.text(pair)
		}
	}
}

func (f *finder) body(mediaType string, body []byte) {
	if len(body) == 0 || !f.redactor.first(mediaType, body, f.sent) {
		return
	}
	body, _, _ = Readable(body)
	switch {
	case mayBeJSON(body) && f.json(body):
	case isForm(mediaType):
		f.form(string(body))
	default:
		f.text(string(body[:min(len(body), max(f.budget, 0))]))
	}
}

// level is an object or array that is open.
type level struct{ outer, current string } // what strings in it are called if they stand in a secret's place

// json reads a JSON text as a stream, since it may hold millions of values. It reports whether the text is JSON.
func (f *finder) json(body []byte) bool {
	decoder := jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true),
		jsontext.AllowInvalidUTF8(true))
	levels := []level{{}}
	for {
		token, err := decoder.ReadToken()
		if err != nil {
			return errors.Is(err, io.EOF) && decoder.StackDepth() == 0
		}
		depth := decoder.StackDepth()
		switch token.Kind() {
		case '{', '[':
			name := levels[depth-1].current
			levels = append(levels[:depth], level{name, name})
		case '"':
			here := &levels[depth]
			kind, read := decoder.StackIndex(depth)
			if kind != '{' || read%2 == 0 {
				if f.reads(here.current) {
					f.value(here.current, token.String())
				}
				continue
			}
			key := token.String()
			here.current = here.outer
			if own, ok := secretKey(key, inJSON); ok {
				here.current = own
			}
			f.text(key)
		case '0':
			if !f.reads(levels[depth].current) {
				continue
			}
			if number := token.String(); len(number) >= minNumber {
				f.value(levels[depth].current, number)
			}
		}
	}
}

// reads reports whether a value of that name is looked at.
func (f *finder) reads(name string) bool { return name != "" || f.budget > 0 }

// minNumber is the length from which on a number is learned: shorter ones stand elsewhere by chance.
const minNumber = 8

// value takes a string of a JSON text. A name is what it is called if it stands in a secret's place.
func (f *finder) value(name, text string) {
	switch {
	case strings.HasSuffix(name, "AUTHORIZATION"):
		f.credentials(text)
	case strings.HasSuffix(name, "COOKIE"):
		f.cookie(text)
	case name != "":
		f.add(name, text)
	default:
		f.text(text)
	}
}
