package redact

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// beyond is how much more is looked at than is shown, so that a secret at the cut is known for one.
const beyond = 4 << 10

// Body redacts a body. What stands under the name of a secret is replaced whatever it is, and learned, so that an
// echo of it elsewhere is replaced too. JSON stays valid, and is left as it is but for the secrets: order, spacing,
// numbers. mediaType is the Content-Type, with or without parameters; a body that is valid JSON is taken for JSON
// whatever it calls itself.
func (r *Redactor) Body(mediaType string, body []byte) []byte {
	redacted, _ := r.Excerpt(mediaType, body, len(body))
	return redacted
}

// Excerpt is Body for the beginning of a body, of which no more than limit bytes are shown. It reports whether that
// is not all. Its cost depends on the limit, and not on the body.
func (r *Redactor) Excerpt(mediaType string, body []byte, limit int) (redacted []byte, cut bool) {
	if len(body) == 0 {
		return body, false
	}
	r.learnBody(mediaType, body, false)
	if r.overflown() {
		return fmt.Appendf(nil,
			"(%d bytes that are not shown, since not all of the target's secrets are known, sha256 %s)",
			len(body), Hash(body)), false
	}
	shown, ok := "", false
	if mayBeJSON(body) {
		shown, cut, ok = r.json(body, limit)
	}
	if !ok {
		cut = len(body) > limit
		head := string(body[:min(len(body), limit+beyond)])
		if isForm(mediaType) {
			shown = r.formBeginning(head, limit)
		} else {
			shown = r.beginning(head, limit)
		}
	}
	if limit < len(body) && len(shown) > limit { // what stands for a secret may be longer than that
		cut = true
		for limit > 0 && !utf8.RuneStart(shown[limit]) {
			limit--
		}
		shown = shown[:limit]
	}
	return []byte(shown), cut
}

// beginning redacts the beginning of a text. What begins before the limit is replaced as a whole.
func (r *Redactor) beginning(s string, limit int) string {
	if len(s) <= limit {
		return r.String(s)
	}
	s = s[:min(len(s), limit+beyond)]
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return apply(s, r.scanner().scan(s), limit)
}

// formBeginning redacts the beginning of a form.
func (r *Redactor) formBeginning(s string, limit int) string {
	if len(s) <= limit {
		return r.form(s)
	}
	if next := strings.IndexByte(s[limit:], '&'); next >= 0 {
		s = s[:limit+next]
	}
	return r.form(s)
}

// mayBeJSON reports whether a body begins as JSON does.
func mayBeJSON(body []byte) bool {
	start := bytes.TrimLeft(body[:min(len(body), beyond)], " \t\r\n")
	return len(start) > 0 && strings.IndexByte(`{["-0123456789`, start[0]) >= 0
}

func isForm(mediaType string) bool {
	media, _, err := mime.ParseMediaType(mediaType)
	if err != nil {
		media, _, _ = strings.Cut(mediaType, ";")
	}
	return strings.EqualFold(strings.TrimSpace(media), "application/x-www-form-urlencoded")
}

// json redacts a JSON text up to the limit. It reports whether there is more, and whether it is JSON as far as it was
// read.
func (r *Redactor) json(body []byte, limit int) (shown string, cut, ok bool) {
	w := newRewriter(r.scanner(), body, limit)
	w.value("")
	end := w.end()
	if w.broken {
		return "", false, false
	}
	return apply(string(body[:end]), w.spans, end), end < len(body), true
}

// jsonText returns where secrets stand in a text that is JSON; nothing where it is not.
func (s *scanner) jsonText(text string) []span {
	w := newRewriter(s, []byte(text), len(text))
	w.value("")
	if w.end(); w.broken {
		return nil
	}
	return w.spans
}

// rewriter notes what is to be exchanged in a JSON text.
type rewriter struct {
	scanner *scanner
	source  []byte
	limit   int // what begins behind it is not looked at
	decoder *jsontext.Decoder
	spans   []span
	stopped bool // at the limit
	broken  bool // the source is not JSON
}

func newRewriter(s *scanner, source []byte, limit int) *rewriter {
	return &rewriter{scanner: s, source: source, limit: limit,
		decoder: jsontext.NewDecoder(bytes.NewBuffer(source), jsontext.AllowDuplicateNames(true),
			jsontext.AllowInvalidUTF8(true))}
}

// end returns where the part of the source ends that was looked at.
func (w *rewriter) end() int {
	if w.stopped || w.broken {
		return int(w.decoder.InputOffset())
	}
	if rest := w.source[w.decoder.InputOffset():]; len(bytes.TrimLeft(rest, " \t\r\n")) > 0 {
		w.broken = true
	}
	return len(w.source)
}

// next returns the next token and where it stands.
func (w *rewriter) next() (token jsontext.Token, start, end int) {
	start = int(w.decoder.InputOffset())
	token, err := w.decoder.ReadToken()
	w.broken = w.broken || err != nil
	end = int(w.decoder.InputOffset())
	for start < end && strings.IndexByte(" \t\r\n,:", w.source[start]) >= 0 {
		start++
	}
	return token, start, end
}

func (w *rewriter) put(start, end int, text string) {
	w.spans = append(w.spans, span{start: start, end: end, text: encode(text)})
}

// value looks at one value. A name is what the value is called if it stands in a secret's place.
func (w *rewriter) value(name string) {
	token, start, end := w.next()
	switch kind := token.Kind(); kind {
	case '{', '[':
		if closing := w.decoder.PeekKind(); name != "" && closing != '}' && closing != ']' {
			w.put(start, w.skip(), "$"+name+containerSuffix[kind])
			return
		}
		w.members(kind)
	case '"':
		text := token.String()
		redacted := ""
		if name != "" {
			redacted = w.scanner.redactor.standInFor(name, text)
		} else {
			redacted = w.text(text)
		}
		if redacted != text {
			w.put(start, end, redacted)
		}
	case '0':
		number := token.String()
		if own, ok := w.scanner.redactor.nameOf(number); ok {
			name = own
		}
		switch redacted := w.digits(number); {
		case name != "" && !w.scanner.redactor.open(number):
			w.put(start, end, "$"+name+" (number)")
		case redacted != number:
			w.put(start, end, redacted)
		}
	}
	// true, false and null hold no secret, and whether they stand there is worth seeing.
}

// digits redacts a number: hexadecimal digits of hexadecimal digits are one.
func (w *rewriter) digits(number string) string {
	if len(number) < 2*minLength {
		return number
	}
	return w.text(number)
}

// text redacts a string, of which it leaves the beginning where it is longer than what is shown of all.
func (w *rewriter) text(text string) string {
	if len(text) > w.limit {
		return w.scanner.redactor.beginning(text, w.limit)
	}
	return apply(text, w.scanner.scan(text), len(text))
}

var containerSuffix = map[jsontext.Kind]string{'{': " (object)", '[': " (array)"}

// members looks at the rest of an object or array.
func (w *rewriter) members(opening jsontext.Kind) {
	for !w.broken && !w.stopped {
		switch w.decoder.PeekKind() {
		case '}', ']', 0: // 0 is an error
			w.next()
			return
		}
		if w.stopped = int(w.decoder.InputOffset()) >= w.limit; w.stopped {
			return
		}
		name := ""
		if opening == '{' {
			token, start, end := w.next()
			key := token.String()
			name, _ = secretKey(key, inJSON)
			if redacted := w.text(key); redacted != key {
				w.put(start, end, redacted)
			}
		}
		w.value(name)
	}
}

// skip reads to the end of an object or array and returns where it is.
func (w *rewriter) skip() (end int) {
	for depth := 1; depth > 0; {
		if int(w.decoder.InputOffset()) >= w.limit {
			w.stopped = true
			return int(w.decoder.InputOffset())
		}
		token, _, at := w.next()
		switch token.Kind() {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case 0:
			return at
		}
		end = at
	}
	return end
}

// encode returns s as a JSON string that leaves <, > and & readable.
func encode(s string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}
