package redact

import (
	"net/http"
	"strings"
)

// Header returns a copy of h without secrets. Authorization keeps its scheme, a cookie its name and attributes.
func (r *Redactor) Header(h http.Header) http.Header {
	if h == nil {
		return nil
	}
	redacted := make(http.Header, len(h))
	for name, values := range h {
		values = append([]string(nil), values...)
		for i, value := range values {
			values[i] = r.headerValue(name, value)
		}
		redacted[name] = values
	}
	return redacted
}

func (r *Redactor) headerValue(header, value string) string {
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

// credentials redacts the value of an Authorization header and keeps its scheme.
func (r *Redactor) credentials(value string) string {
	scheme, rest := splitCredentials(value)
	switch {
	case rest == "":
		return value
	case scheme == "":
		return r.standIn(tokenName, rest)
	case strings.EqualFold(scheme, "Bearer"):
		return scheme + " " + r.standIn(tokenName, rest)
	default:
		return scheme + " " + r.standIn(credentialsName, rest)
	}
}

// schemes are the words that may stand alone in an Authorization header without being a secret.
var schemes = map[string]bool{"bearer": true, "basic": true, "digest": true, "negotiate": true, "ntlm": true}

// splitCredentials splits an Authorization header. A single word is a scheme if it is known as one, and a secret otherwise.
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
			parts[i] = r.replaceKnown(part)
		case !found:
			parts[i] = r.standIn(cookieName, part)
		default:
			parts[i] = name + "=" + r.standIn(cookieName, secret)
		}
	}
	return strings.Join(parts, ";")
}

// cookieAttributes are the attributes of Set-Cookie that have a value, folded.
var cookieAttributes = map[string]bool{
	"path": true, "domain": true, "expires": true, "maxage": true, "samesite": true, "priority": true,
}
