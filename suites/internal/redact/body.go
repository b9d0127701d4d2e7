package redact

import (
	"bytes"
	"encoding/json"
	"mime"
	"strings"
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
	w := &rewriter{redactor: r, source: body, decoder: json.NewDecoder(bytes.NewReader(body))}
	w.decoder.UseNumber()
	w.value("")
	if w.done == 0 {
		return body
	}
	w.out.Write(body[w.done:])
	return w.out.Bytes()
}

// rewriter copies a JSON text and exchanges single values in it.
type rewriter struct {
	redactor *Redactor
	source   []byte
	decoder  *json.Decoder
	out      bytes.Buffer
	done     int // source is copied up to here
}

// next returns the next token and where it stands. The text is known to be valid, so there is no error.
func (w *rewriter) next() (token json.Token, start, end int) {
	start = int(w.decoder.InputOffset())
	token, _ = w.decoder.Token()
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
	switch token := token.(type) {
	case json.Delim:
		if name != "" && w.decoder.More() {
			w.put(start, w.skip(), "$"+name+containerSuffix[token])
			return
		}
		w.members(token)
	case string:
		redacted := w.redactor.String(token)
		if name != "" {
			redacted = w.redactor.standInFor(name, token)
		}
		if redacted != token {
			w.put(start, end, redacted)
		}
	case json.Number:
		if own, ok := w.redactor.nameOf(token.String()); ok {
			name = own
		}
		if name != "" && !w.redactor.open(token.String()) {
			w.put(start, end, "$"+name+" (number)")
		}
	}
	// true, false and null hold no secret, and whether they stand there is worth seeing.
}

var containerSuffix = map[json.Delim]string{'{': " (object)", '[': " (array)"}

// members copies the rest of an object or array.
func (w *rewriter) members(opening json.Delim) {
	for w.decoder.More() {
		name := ""
		if opening == '{' {
			token, start, end := w.next()
			key, _ := token.(string)
			name, _ = secretKey(key, inJSON)
			if redacted := w.redactor.String(key); redacted != key {
				w.put(start, end, redacted)
			}
		}
		w.value(name)
	}
	w.next()
}

// skip reads to the end of an object or array and returns where it is.
func (w *rewriter) skip() (end int) {
	for depth := 1; depth > 0; {
		token, _, at := w.next()
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
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
