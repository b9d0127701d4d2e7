package exchange

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"acronis-conformance/suites/internal/redact"
)

// maxInline is how long a body may be to stand in a command line: Linux refuses an argument of 128 KiB.
const maxInline = 64 << 10

// Curl returns a line for bash that repeats the request, in the form that the guide uses. Secrets are variables,
// ${ACRONIS_TOKEN:?}, without which bash sends nothing; all else is quoted so that pasting it runs nothing but curl.
// Like the client, curl is kept from adding a Content-Type.
func (e *Exchange) Curl(r *redact.Redactor) string { return e.curl(e.teach(r)) }

func (e *Exchange) curl(r *redact.Redactor) string {
	q := quoter{r}
	header := e.Request.sent(1)
	target := r.URL(e.URL)
	parts := []string{"curl -s", q.word(target)}
	if strings.ContainsAny(target, "[]{}") {
		parts = append(parts, "--globoff")
	}
	if path, _, _ := strings.Cut(target, "?"); strings.Contains(path, "/./") || strings.Contains(path, "/../") ||
		strings.HasSuffix(path, "/.") || strings.HasSuffix(path, "/..") {
		parts = append(parts, "--path-as-is")
	}
	switch e.Request.Method {
	case http.MethodGet:
		if len(e.Request.Body) > 0 {
			parts = append(parts, "--request GET")
		}
	case http.MethodHead:
		parts = append(parts, "--head") // curl would wait for a body
	default:
		parts = append(parts, "--request "+q.word(e.Request.Method))
	}
	parts = append(parts, q.headers(header)...)
	body, before, after := q.body(e.Request.Method, header, e.Request.Body)
	if _, given := canonical(header)["Content-Type"]; !given && len(body) > 0 {
		parts = append(parts, "--header 'Content-Type:'")
	}
	parts = append(parts, body...)
	return before + strings.Join(append(parts, "--include"), " ") + after
}

func canonical(h http.Header) http.Header {
	c := http.Header{}
	for name, values := range h {
		c[http.CanonicalHeaderKey(name)] = values
	}
	return c
}

// quoter writes words for bash.
type quoter struct{ redactor *redact.Redactor }

// headers returns an option for every header.
func (q quoter) headers(h http.Header) []string {
	var options []string
	for _, name := range slices.Sorted(maps.Keys(h)) {
		if http.CanonicalHeaderKey(name) == "Authorization" && len(h[name]) == 1 {
			if user, ok := q.user(h[name][0]); ok {
				options = append(options, "--user "+user)
				continue
			}
		}
		for shown, values := range q.redactor.Header(http.Header{name: h[name]}) {
			for _, value := range values {
				if value == "" {
					// curl's way to send a header without a value
					options = append(options, "--header "+q.argument(shown+";"))
				} else {
					options = append(options, "--header "+q.argument(shown+": "+value))
				}
			}
		}
	}
	return options
}

// user returns credentials of the scheme Basic as curl's --user takes them, with the secret as a variable, so that
// the line can be repeated. Credentials that curl would encode in another way are not for it.
func (q quoter) user(authorization string) (string, bool) {
	encoded, basic := strings.CutPrefix(authorization, "Basic ")
	if !basic {
		return "", false
	}
	decoded, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || base64.StdEncoding.EncodeToString(decoded) != encoded || binary(decoded) {
		return "", false
	}
	user, password, ok := strings.Cut(string(decoded), ":")
	if !ok {
		return "", false
	}
	return q.argument(q.redactor.String(user) + ":" + q.redactor.Value("password", password)), true
}

// body returns the options for a body, and what goes before and behind the command.
func (q quoter) body(method string, h http.Header, body []byte) (options []string, before, after string) {
	media := h.Get("Content-Type")
	redacted, long := q.redactor.Excerpt(media, body, maxInline)
	switch {
	case len(body) == 0:
		// The client sends Content-Length: 0 with these, which curl does with empty data only.
		if method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch {
			return []string{"--data ''"}, "", ""
		}
		return nil, "", ""
	case long || binary(body) && q.redactor.Contains(string(body)):
		return []string{"--data-binary @body"}, "", fmt.Sprintf(
			"  # the body, %d bytes, is not shown: put it into a file named body", len(body))
	case binary(body):
		return []string{"--data-binary @-"}, "base64 --decode <<<'" + base64.StdEncoding.EncodeToString(body) + "' | ",
			fmt.Sprintf("  # the body, %d bytes, is not text", len(body))
	case strings.HasPrefix(strings.ToLower(media), "application/x-www-form-urlencoded") &&
		string(redacted) != string(body):
		return q.form(string(redacted)), "", ""
	case redacted[0] == '@':
		return []string{"--data-raw " + q.argument(string(redacted))}, "", ""
	default:
		return []string{"--data " + q.argument(string(redacted))}, "", ""
	}
}

// form returns an option for every pair: where a variable stands, curl must escape what it holds. Curl puts & between
// them.
func (q quoter) form(body string) []string {
	var options []string
	for pair := range strings.SplitSeq(body, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if text, err := url.QueryUnescape(value); err == nil && q.variables(value) != nil && !strings.Contains(key,
			"@") {
			options = append(options, "--data-urlencode "+q.argument(key+"="+text))
			continue
		}
		option := "--data "
		if strings.HasPrefix(pair, "@") {
			option = "--data-raw "
		}
		options = append(options, option+q.argument(pair))
	}
	return options
}

var (
	variable = regexp.MustCompile(`\$(?:\{[A-Z_][A-Z0-9_]*\}|[A-Z_][A-Z0-9_]*)`)
	bare     = regexp.MustCompile(`^[A-Za-z0-9_./:=@%+,-]+$`)
	// doubleSafe is what means nothing to bash between double quotes.
	doubleSafe = regexp.MustCompile(`^[A-Za-z0-9_./:=@%+,; &?*#()<>|~^{}\[\]-]*$`)
)

// variables returns where the stand-ins of secrets are.
func (q quoter) variables(s string) [][]int {
	return slices.DeleteFunc(variable.FindAllStringIndex(s, -1), func(at []int) bool {
		return !q.redactor.Placeholder(strings.Trim(s[at[0]:at[1]], "${}"))
	})
}

// word quotes s if it needs to be.
func (q quoter) word(s string) string {
	if bare.MatchString(s) {
		return s
	}
	return q.argument(s)
}

// argument quotes s: everything in it is text, but for the stand-ins of secrets, which stay variables.
func (q quoter) argument(s string) string {
	variables := q.variables(s)
	if variables == nil {
		return literal(s)
	}
	var mixed strings.Builder
	var plain strings.Builder // what the words are between double quotes, where nothing in them means anything to bash
	done, simple := 0, true
	text := func(s string) {
		if s != "" {
			mixed.WriteString(literal(s))
			plain.WriteString(s)
			simple = simple && doubleSafe.MatchString(s)
		}
	}
	for _, at := range variables {
		text(s[done:at[0]])
		required := "${" + strings.Trim(s[at[0]:at[1]], "${}") + ":?}" // bash stops with an error where it is not set
		mixed.WriteString(`"` + required + `"`)
		plain.WriteString(required)
		done = at[1]
	}
	text(s[done:])
	if simple {
		return `"` + plain.String() + `"`
	}
	return mixed.String()
}

// literal quotes a text without variables. Single quotes stop everything, also the history expansion of an
// interactive bash; what must be seen or could deceive, newlines for instance, is escaped between $' and '.
func literal(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, func(c rune) bool {
		return c == '\n' || c == '\t' ||
			hidden(c)
	}) {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	var b strings.Builder
	b.WriteString("$'")
	for i := 0; i < len(s); {
		c, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case c == '\\' || c == '\'':
			b.WriteString(`\` + string(c))
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t':
			b.WriteString(`\t`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '!' || hidden(c):
			for _, octet := range []byte(s[i : i+size]) {
				fmt.Fprintf(&b, `\x%02x`, octet)
			}
		default:
			b.WriteRune(c)
		}
		i += size
	}
	b.WriteString("'")
	return b.String()
}
