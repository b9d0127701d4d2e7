package redact

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"
)

// minCookie is the length from which on the value of a cookie is learned: shorter ones are settings (theme=dark).
const minCookie = 16

// LearnRequest learns the secrets of a request that the suite sends, and returns those that were new.
func (r *Redactor) LearnRequest(header http.Header, query url.Values, body []byte) []Secret {
	f := finder{redactor: r, sent: true}
	f.header(header)
	for key, values := range query {
		if name, ok := secretKey(key, inForm); ok {
			f.add(name, values...)
		}
	}
	f.body(header.Get("Content-Type"), body)
	return f.found
}

// LearnResponse learns the secrets of an answer, and returns those that were new.
func (r *Redactor) LearnResponse(header http.Header, body []byte) []Secret {
	f := finder{redactor: r}
	f.header(header)
	f.body(header.Get("Content-Type"), body)
	return f.found
}

func (r *Redactor) learnBody(mediaType string, body []byte, sent bool) {
	f := finder{redactor: r, sent: sent}
	f.body(mediaType, body)
}

// finder collects the secrets of one request or answer.
type finder struct {
	redactor *Redactor
	sent     bool
	found    []Secret
}

func (f *finder) add(name string, values ...string) {
	for _, value := range values {
		if !plain(value, f.sent) && !f.redactor.open(value) && f.redactor.learn(name, value, false) {
			f.found = append(f.found, Secret{name, value})
		}
	}
}

func (f *finder) header(h http.Header) {
	for header, values := range h {
		for _, value := range values {
			switch fold(header) {
			case "authorization", "proxyauthorization":
				f.credentials(value)
			case "cookie", "setcookie":
				f.cookie(value)
			case "location":
				f.url(value)
			default:
				if name, ok := secretKey(header, inText); ok {
					f.add(name, value)
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
	// API clients are called by a UUID, users by a login.
	name := passwordName
	if uuid.Validate(user) == nil {
		name = secretName
	}
	f.add(name, password)
	if !f.redactor.open(password) {
		f.add(credentialsName, rest) // an echo may encode them once more
	}
}

func (f *finder) cookie(value string) {
	for part := range strings.SplitSeq(value, ";") {
		name, secret, _ := strings.Cut(part, "=")
		if !cookieAttributes[fold(name)] && len(secret) >= minCookie {
			f.add(cookieName, strings.Trim(secret, `" `))
		}
	}
}

func (f *finder) url(s string) {
	u, err := url.Parse(s)
	if err != nil {
		return
	}
	f.form(u.RawQuery)
	f.form(u.Fragment)
}

func (f *finder) form(s string) {
	for pair := range strings.SplitSeq(s, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if name, ok := secretKey(unescape(key), inForm); ok {
			f.add(name, unescape(value))
		}
	}
}

func (f *finder) body(mediaType string, body []byte) {
	if !f.redactor.first(mediaType, body, f.sent) {
		return
	}
	switch kindOf(mediaType, body) {
	case jsonBody:
		var value any
		if json.Unmarshal(body, &value) == nil {
			f.json("", value)
		}
	case formBody:
		f.form(string(body))
	}
}

// json walks a JSON value. A name is what the strings in it are called if it stands in a secret's place.
func (f *finder) json(name string, value any) {
	switch value := value.(type) {
	case string:
		switch {
		case strings.HasSuffix(name, "AUTHORIZATION"):
			f.credentials(value)
		case strings.HasSuffix(name, "COOKIE"):
			f.cookie(value)
		case name != "":
			f.add(name, value)
		}
	case []any:
		for _, item := range value {
			f.json(name, item)
		}
	case map[string]any:
		for key, item := range value {
			inner := name
			if own, ok := secretKey(key, inJSON); ok {
				inner = own
			}
			f.json(inner, item)
		}
	}
}
