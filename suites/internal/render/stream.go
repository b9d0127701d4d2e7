package render

import (
	"encoding/json"
	"io"
)

// stream writes a JSON document item by item, so that no view holds a whole document in memory. It keeps the first
// error.
type stream struct {
	w       io.Writer
	encoder *json.Encoder
	err     error
}

func newStream(w io.Writer) *stream { return &stream{w: w, encoder: json.NewEncoder(w)} }

// raw writes a part of the document as it is.
func (s *stream) raw(text string) {
	if s.err == nil {
		_, s.err = io.WriteString(s.w, text)
	}
}

// value writes a value, and ends the line.
func (s *stream) value(v any) {
	if s.err == nil {
		s.err = s.encoder.Encode(v)
	}
}

// member writes a member of an object, which is the first one where the comma is empty.
func (s *stream) member(comma, name string, v any) {
	s.raw(comma + `"` + name + `":`)
	s.value(v)
}

// array writes a member of an object that is an array: an item for each of the list, which is only made when it is
// written.
func array[T, Item any](s *stream, comma, name string, list []T, item func(*T) Item) {
	s.raw(comma + `"` + name + `":[`)
	for i := range list {
		if i > 0 {
			s.raw(",")
		}
		s.value(item(&list[i]))
	}
	s.raw("]")
}
