package schemas

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// path leads from the root of a JSON document to one of its values: keys are strings, positions in an array are ints.
type path []any

var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// String writes the path as $.items[0].id; keys that would be ambiguous there are quoted: $["a.b"].
func (p path) String() string {
	var b strings.Builder
	b.WriteByte('$')
	for _, step := range p {
		switch step := step.(type) {
		case int:
			b.WriteString("[" + strconv.Itoa(step) + "]")
		case string:
			if plainKey.MatchString(step) {
				b.WriteString("." + step)
			} else {
				b.WriteString("[" + quote(shorten(step, excerptLength)) + "]")
			}
		}
	}
	return b.String()
}

// excerptLength is how many characters of a value a failure message shows.
const excerptLength = 120

// shorten cuts a text to that many characters; an ellipsis takes the place of the last one.
func shorten(text string, length int) string {
	count, cut := 0, 0
	for i := range text {
		switch count {
		case length - 1:
			cut = i
		case length:
			return text[:cut] + "…"
		}
		count++
	}
	return text
}

// excerpt writes a JSON value in at most excerptLength characters, with the keys sorted. It never writes out much
// more than that: the value may be the whole of a large body.
func excerpt(value any) string {
	var b strings.Builder
	writeExcerpt(&b, value)
	return shorten(b.String(), excerptLength)
}

func writeExcerpt(b *strings.Builder, value any) {
	switch value := value.(type) {
	case map[string]any:
		keys := make([]string, 0, len(value))
		for key := range value {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		b.WriteByte('{')
		for i, key := range keys {
			if b.Len() > 4*excerptLength {
				break
			}
			if i > 0 {
				b.WriteByte(',')
			}
			writeExcerpt(b, key)
			b.WriteByte(':')
			writeExcerpt(b, value[key])
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, item := range value {
			if b.Len() > 4*excerptLength {
				break
			}
			if i > 0 {
				b.WriteByte(',')
			}
			writeExcerpt(b, item)
		}
		b.WriteByte(']')
	case string:
		b.WriteString(quote(shorten(value, 2*excerptLength)))
	case json.Number:
		b.WriteString(value.String())
	case nil:
		b.WriteString("null")
	case bool:
		b.WriteString(strconv.FormatBool(value))
	}
}

// quote writes a JSON string without the escapes that encoding/json adds for HTML, so that <b> stays legible.
func quote(text string) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		return strconv.Quote(text)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
