package redact

import (
	"net/http"
	"regexp"
	"strings"
)

// maxHeaderValue is how much of one value of a header is shown.
const maxHeaderValue = 8 << 10

// Header returns a copy of h without secrets. Authorization keeps its scheme, a cookie its name and attributes. A
// name that holds a secret is replaced too.
func (r *Redactor) Header(h http.Header) http.Header {
	if h == nil {
		return nil
	}
	redacted := make(http.Header, len(h))
	for name, values := range h {
		shown := r.headerKey(name)
		for _, value := range values {
			redacted[shown] = append(redacted[shown], r.headerValue(name, value))
		}
		if len(values) == 0 {
			redacted[shown] = values
		}
	}
	return redacted
}

// anyCaseJWT matches a JSON Web Token in the name of a header, whose letters net/http has changed.
var anyCaseJWT = regexp.MustCompile(`(?i)ey[ji][a-z0-9_-]{8,}\.[a-z0-9_-]{4,}(?:\.[a-z0-9_-]*)?`)

// headerKey redacts the name of a header.
func (r *Redactor) headerKey(name string) string {
	return anyCaseJWT.ReplaceAllLiteralString(r.String(name), "$"+jwtName)
}

// headerValue redacts a value, of which it shows the beginning where it is very long.
func (r *Redactor) headerValue(header, value string) string {
	if len(value) >= minLength && r.overflown() && !safeHeaders[fold(header)] {
		return "$" + unknownName
	}
	if len(value) > maxHeaderValue {
		value = r.beginning(value, maxHeaderValue)
	}
	switch fold(header) {
	case "authorization", "proxyauthorization":
		return r.credentials(value)
	case "cookie", "setcookie":
		return r.cookie(value)
	case "location", "contentlocation", "referer", "link", "refresh":
		return r.URL(value)
	}
	if name, ok := secretKey(header, inText); ok {
		return r.standIn(name, value)
	}
	return r.String(value)
}

// safeHeaders are those, folded, whose values are shown even where not all secrets are known.
var safeHeaders = map[string]bool{"contenttype": true, "contentlength": true, "contentencoding": true, "date": true,
	"accept": true}

// credentials redacts the value of an Authorization header and keeps its scheme.
func (r *Redactor) credentials(value string) string {
	scheme, rest := splitCredentials(value)
	switch {
	case rest == "":
		return value
	case scheme == "":
		return r.standIn(tokenName, rest)
	case strings.EqualFold(scheme, "Bearer"):
		return r.String(scheme) + " " + r.standIn(tokenName, rest)
	default:
		return r.String(scheme) + " " + r.standIn(credentialsName, rest)
	}
}

// schemes are the words that may stand alone in an Authorization header without being a secret.
var schemes = map[string]bool{"bearer": true, "basic": true, "digest": true, "negotiate": true, "ntlm": true}

// splitCredentials splits an Authorization header. A single word is a scheme if it is known as one, and a secret
// otherwise.
func splitCredentials(value string) (scheme, rest string) {
	value = strings.TrimSpace(value)
	scheme, rest, found := strings.Cut(value, " ")
	if !found && !schemes[strings.ToLower(value)] {
		return "", value
	}
	return scheme, strings.TrimSpace(rest)
}

// cookie redacts the values of a Cookie or Set-Cookie header and keeps names and attributes.
func (r *Redactor) cookie(value string) string {
	parts := strings.Split(value, ";")
	for i, part := range parts {
		name, secret, found := strings.Cut(part, "=")
		switch {
		case !found && (i > 0 || part == ""), cookieAttributes[fold(name)]:
			// HttpOnly, Path=/
		case !found:
			parts[i] = r.standIn(cookieName, part)
		default:
			parts[i] = name + "=" + r.standIn(cookieName, secret)
		}
	}
	return r.String(strings.Join(parts, ";")) // names and attributes too, and what the ; of &#65; has parted
}

// cookieAttributes are the attributes of Set-Cookie that have a value, folded.
var cookieAttributes = map[string]bool{
	"path": true, "domain": true, "expires": true, "maxage": true, "samesite": true, "priority": true,
}

// minCookie is the length from which on the value of a cookie is learned: shorter ones are settings (theme=dark).
const minCookie = 16

// learnedCookie reports whether a cookie is a secret wherever it stands.
func learnedCookie(name, value string) bool {
	_, named := secretKey(strings.TrimSpace(name), inForm)
	return named || len(value) >= minCookie
}
