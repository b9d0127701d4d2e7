package redact

import (
	"net/url"
	"strings"
)

// URL redacts a URL, or a path with a query.
func (r *Redactor) URL(s string) string {
	before, query, found := strings.Cut(s, "?")
	if !found {
		return r.String(s)
	}
	query, fragment, hasFragment := strings.Cut(query, "#")
	s = r.String(before) + "?" + r.form(query)
	if hasFragment {
		s += "#" + r.form(fragment)
	}
	return s
}

// form redacts key=value pairs of a form or a query, and leaves their order and spelling.
func (r *Redactor) form(s string) string {
	pairs := strings.Split(s, "&")
	for i, pair := range pairs {
		rawKey, rawValue, found := strings.Cut(pair, "=")
		key, value := unescape(rawKey), unescape(rawValue)
		if name, ok := secretKey(key, inForm); ok && found {
			if standIn := r.standIn(name, value); standIn != value {
				rawValue = standIn
			}
			pairs[i] = r.formText(rawKey) + "=" + rawValue
			continue
		}
		pairs[i] = r.formText(rawKey)
		if found {
			pairs[i] += "=" + r.formText(rawValue)
		}
	}
	return strings.Join(pairs, "&")
}

// formText redacts an escaped text, which is escaped anew only where it held a secret.
func (r *Redactor) formText(raw string) string {
	text := unescape(raw)
	redacted := r.String(text)
	if redacted == text {
		return r.String(raw)
	}
	// The stand-ins stay readable.
	return strings.NewReplacer("%24", "$", "%7B", "{", "%7D", "}").Replace(url.QueryEscape(redacted))
}

// unescape undoes the escaping of forms; what cannot be undone stays.
func unescape(s string) string {
	if text, err := url.QueryUnescape(s); err == nil {
		return text
	}
	return s
}
