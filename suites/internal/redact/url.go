package redact

import (
	"net/url"
	"strings"
)

// URL redacts a URL, or a path with a query.
func (r *Redactor) URL(s string) string {
	before, query, found := strings.Cut(s, "?")
	if !found {
		before, fragment, found := strings.Cut(s, "#")
		if !found {
			return r.String(s)
		}
		return r.String(before) + "#" + r.form(fragment)
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
			pairs[i] = r.String(rawKey) + "=" + rawValue
			continue
		}
	}
	return r.String(strings.Join(pairs, "&")) // &#65; has an & of its own
}

// unescape undoes the escaping of forms; what cannot be undone stays.
func unescape(s string) string {
	if text, err := url.QueryUnescape(s); err == nil {
		return text
	}
	return s
}
