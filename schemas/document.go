package schemas

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Limits of a JSON body. Nothing that the API answers comes near them; they keep a broken or hostile target from
// stalling a run.
const (
	maxBytes        = 10 << 20
	maxDepth        = 1000 // arrays and objects open at the same time
	maxValues       = 500_000
	maxNumberLength = 1000 // characters
	maxExponent     = 400  // either way
)

// BodyError says why a body is not the one plain JSON document that it has to be.
type BodyError struct {
	// empty, too-large, invalid-utf8, lone-surrogate, not-json, duplicate-key, too-deep, too-many-values,
	// number-too-long ...
	Rule   string
	Path   string // JSON path of the place, or of the value around it
	Detail string // a sentence
}

func (e *BodyError) Error() string { return fmt.Sprintf("%s: %s (%s)", e.Path, e.Detail, e.Rule) }

// ReadJSON reads a body that must be exactly one JSON value and returns it as encoding/json would, with json.Number for
// numbers; a whole number that is written otherwise, such as 1.0 or 1e0, is returned as its digits, so that two forms
// of one number are equal. It is stricter than encoding/json, which keeps the last of two equal keys, replaces what is
// not UTF-8, and leaves what follows the value unread: each of these lets two readers of one body see different things.
// Every error is a *BodyError.
func ReadJSON(body []byte) (any, error) {
	switch {
	case len(bytes.TrimLeft(body, " \t\r\n")) == 0:
		return nil, &BodyError{"empty", "$", "the body is empty"}
	case len(body) > maxBytes:
		return nil, &BodyError{"too-large", "$", fmt.Sprintf("the body has %d bytes, more than %d", len(body),
			maxBytes)}
	case !utf8.Valid(body):
		return nil, &BodyError{"invalid-utf8", "$", fmt.Sprintf("byte %d is not UTF-8", invalidByte(body))}
	}
	// Duplicate names and half characters are found here, where the place can be told.
	r := &reader{tokens: jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true),
		jsontext.AllowInvalidUTF8(true))}
	value, err := r.value()
	if err != nil {
		return nil, err
	}
	end := r.tokens.InputOffset()
	if _, err := r.tokens.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, &BodyError{"trailing-data", "$", fmt.Sprintf("more follows the JSON value, which ends at byte %d",
			end)}
	}
	if at := loneSurrogate(body); at >= 0 {
		return nil, &BodyError{"lone-surrogate", "$", fmt.Sprintf("the escape %s at byte %d is half a character",
			body[at:at+6], at)}
	}
	return value, nil
}

// JSON is a body that is read when that is first asked for, and once, and judged once by each promise: many look at one
// answer. What it reads is shared, and must not be changed.
type JSON struct {
	bytes []byte
	read  func() (any, error)

	mu       sync.Mutex
	verdicts []verdictBy
}

// verdictBy is what is wrong with a body by what an operation promises for a code and a level of detail.
type verdictBy struct {
	promise promise
	wrong   []Violation
}

type promise struct {
	operation *Operation
	code      int
	lod       string
}

// NewJSON returns the body of these bytes, which must not change either.
func NewJSON(bytes []byte) *JSON {
	return &JSON{bytes: bytes, read: sync.OnceValues(func() (any, error) { return ReadJSON(bytes) })}
}

// Read returns what ReadJSON returns for the body.
func (j *JSON) Read() (any, error) { return j.read() }

// judged returns the verdict by a promise, which is found where it is not known.
func (j *JSON) judged(by promise, find func() []Violation) []Violation {
	j.mu.Lock()
	defer j.mu.Unlock()
	at := slices.IndexFunc(j.verdicts, func(v verdictBy) bool { return v.promise == by })
	if at < 0 {
		at, j.verdicts = len(j.verdicts), append(j.verdicts, verdictBy{by, find()})
	}
	return slices.Clone(j.verdicts[at].wrong)
}

// reader builds a document from a stream of tokens.
type reader struct {
	tokens  *jsontext.Decoder
	at      []step // the value being read
	depth   int
	values  int      // read so far
	members []member // of the objects that are not read to their end
}

// step is a key, or the index of an item, on the way to a value.
type step struct {
	key   string
	index int // -1 for a key
}

type member struct {
	key   string
	value any
}

func (r *reader) value() (any, error) {
	token, err := r.next()
	if err != nil {
		return nil, err
	}
	if r.values++; r.values > maxValues {
		return nil, &BodyError{"too-many-values", "$", fmt.Sprintf("the body holds more than %d values", maxValues)}
	}
	switch token.Kind() {
	case '{', '[':
		if r.depth++; r.depth > maxDepth {
			return nil, &BodyError{"too-deep", "$", fmt.Sprintf("more than %d arrays and objects are nested", maxDepth)}
		}
		defer func() { r.depth-- }()
		if token.Kind() == '{' {
			return r.object()
		}
		return r.array()
	case '0':
		text := token.String()
		if err := r.number(text); err != nil {
			return nil, err
		}
		return json.Number(whole(text)), nil
	case '"':
		return token.String(), nil
	case 't', 'f':
		return token.Bool(), nil
	}
	return nil, nil // null: there is no other token where a value stands
}

func (r *reader) object() (any, error) {
	outer := len(r.members)
	for r.tokens.PeekKind() != '}' {
		token, err := r.next()
		if err != nil {
			return nil, err
		}
		key := token.String() // anything but a text is a syntax error
		r.at = append(r.at, step{key, -1})
		value, err := r.value()
		if err != nil {
			return nil, err
		}
		r.members = append(r.members, member{key, value})
		r.at = r.at[:len(r.at)-1]
	}
	if _, err := r.next(); err != nil {
		return nil, err
	}
	object := make(map[string]any, len(r.members)-outer) // which then does not grow
	for _, m := range r.members[outer:] {
		if _, twice := object[m.key]; twice {
			r.at = append(r.at, step{m.key, -1})
			return nil, r.breach("duplicate-key", "the key occurs twice in one object")
		}
		object[m.key] = m.value
	}
	r.members = r.members[:outer]
	return object, nil
}

func (r *reader) array() (any, error) {
	array := []any{}
	for r.tokens.PeekKind() != ']' {
		r.at = append(r.at, step{index: len(array)})
		item, err := r.value()
		if err != nil {
			return nil, err
		}
		array = append(array, item)
		r.at = r.at[:len(r.at)-1]
	}
	_, err := r.next()
	return array, err
}

// number refuses what arithmetic with unlimited precision, as schema validators do it, would choke on.
func (r *reader) number(text string) error {
	if len(text) > maxNumberLength {
		return r.breach("number-too-long", fmt.Sprintf("the number has %d characters, more than %d", len(text),
			maxNumberLength))
	}
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		// Out of range for int is an error too, and means the same.
		if exponent, err := strconv.Atoi(text[i+1:]); err != nil || exponent > maxExponent || exponent < -maxExponent {
			return r.breach("exponent-too-large", fmt.Sprintf("the exponent %s lies beyond ±%d",
				shorten(text[i+1:], 12),
				maxExponent))
		}
	}
	return nil
}

// whole returns the digits of a whole number that is written with a fraction or an exponent; any other number as it is.
// What has many digits stays short as it is written.
func whole(text string) string {
	if !strings.ContainsAny(text, ".eE") {
		return text
	}
	number, ok := new(big.Rat).SetString(text)
	if !ok || !number.IsInt() || number.Num().BitLen() > 64 {
		return text
	}
	return number.Num().String()
}

func (r *reader) next() (jsontext.Token, error) {
	token, err := r.tokens.ReadToken()
	switch {
	case err == nil:
		return token, nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return token, r.breach("not-json", "the body ends in the middle of a JSON value")
	}
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		return token, r.breach("not-json", fmt.Sprintf("%v, near byte %d", syntax.Err, syntax.ByteOffset))
	}
	return token, r.breach("not-json", err.Error())
}

func (r *reader) breach(rule, detail string) *BodyError {
	var at path
	for _, s := range r.at {
		if s.index < 0 {
			at = append(at, s.key)
		} else {
			at = append(at, s.index)
		}
	}
	return &BodyError{Rule: rule, Path: at.String(), Detail: detail}
}

func invalidByte(body []byte) int {
	for i := 0; i < len(body); {
		char, size := utf8.DecodeRune(body[i:])
		if char == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// loneSurrogate finds an escape in a JSON document, such as \ud800, that is one half of a character without the
// other: no UTF-8 can hold it. It returns its offset, or -1.
func loneSurrogate(document []byte) int {
	for i := 0; ; {
		next := bytes.IndexByte(document[i:], '\\')
		if next < 0 {
			return -1
		}
		i += next
		switch half(document[i:]) {
		case 0:
			i += 2
		case 'h':
			if half(document[i+6:]) != 'l' {
				return i
			}
			i += 12
		default:
			return i
		}
	}
}

// half reports whether the text begins with the escape of a high (h) or low (l) surrogate, or with neither (0).
func half(text []byte) byte {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0
	}
	unit, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	switch {
	case err != nil || unit < 0xd800 || unit > 0xdfff:
		return 0
	case unit < 0xdc00:
		return 'h'
	}
	return 'l'
}
