package redact

import (
	"bytes"
	"encoding/json"
	"mime"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Body redacts a body. What stands under the name of a secret is replaced whatever it is, and learned, so that an echo of it elsewhere
// is replaced too. JSON stays valid, and is left as it is but for the secrets: order, spacing, numbers. mediaType is the Content-Type,
// with or without parameters; a body that is valid JSON is taken for JSON whatever it calls itself.
func (r *Redactor) Body(mediaType string, body []byte) []byte {
	if len(body) == 0 {
		return body
	}
	r.learnBody(mediaType, body, false)
	switch kindOf(mediaType, body) {
	case jsonBody:
		return r.json(body)
	case formBody:
		return []byte(r.form(string(body)))
	default:
		return r.Bytes(body)
	}
}

type kind int

const (
	textBody kind = iota
	jsonBody
	formBody
)

func kindOf(mediaType string, body []byte) kind {
	// A bare word such as 123 or null is JSON by chance only, but redacting it as JSON does no harm.
	if json.Valid(body) {
		return jsonBody
	}
	media, _, err := mime.ParseMediaType(mediaType)
	if err != nil {
		media, _, _ = strings.Cut(mediaType, ";")
	}
	if strings.EqualFold(strings.TrimSpace(media), "application/x-www-form-urlencoded") {
		return formBody
	}
	return textBody
}

// json redacts a valid JSON text.
func (r *Redactor) json(body []byte) []byte {
	w := &rewriter{redactor: r, source: body,
		decoder: jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))}
	w.value("")
	switch {
	case w.broken:
		return r.Bytes(body)
	case w.done == 0:
		return body
	}
	w.out.Write(body[w.done:])
	return w.out.Bytes()
}

// rewriter copies a JSON text and exchanges single values in it.
type rewriter struct {
	redactor *Redactor
	source   []byte
	decoder  *jsontext.Decoder
	out      bytes.Buffer
	done     int  // source is copied up to here
	broken   bool // source is not JSON to this decoder, though it is to others
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
	w.out.Write(w.source[w.done:start])
	w.out.WriteString(encode(text))
	w.done = end
}

// value copies one value. A name is what the value is called if it stands in a secret's place.
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
		redacted := w.redactor.String(text)
		if name != "" {
			redacted = w.redactor.standInFor(name, text)
		}
		if redacted != text {
			w.put(start, end, redacted)
		}
	case '0':
		number := token.String()
		if own, ok := w.redactor.nameOf(number); ok {
			name = own
		}
		if name != "" && !w.redactor.open(number) {
			w.put(start, end, "$"+name+" (number)")
		}
	}
	// true, false and null hold no secret, and whether they stand there is worth seeing.
}

var containerSuffix = map[jsontext.Kind]string{'{': " (object)", '[': " (array)"}

// members copies the rest of an object or array.
func (w *rewriter) members(opening jsontext.Kind) {
	for {
		switch w.decoder.PeekKind() {
		case '}', ']', 0: // 0 is an error
			w.next()
			return
		}
		name := ""
		if opening == '{' {
			token, start, end := w.next()
			key := token.String()
			name, _ = secretKey(key, inJSON)
			if redacted := w.redactor.String(key); redacted != key {
				w.put(start, end, redacted)
			}
		}
		w.value(name)
	}
}

// skip reads to the end of an object or array and returns where it is.
func (w *rewriter) skip() (end int) {
	for depth := 1; depth > 0; {
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
