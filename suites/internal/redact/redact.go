// Package redact keeps secrets out of everything that leaves the process: reports, logs, failure messages.
//
// A secret is known in three ways: it was told (Learn), it was seen under a name that says so, in a header, a query,
// a form or a JSON body (LearnRequest, LearnResponse, Body), or it looks like one (a JWT, Basic credentials,
// "password=..." in free text). What is known is replaced wherever it turns up later, also escaped, encoded, wrapped
// or cut short, by the name of a variable: $ACRONIS_TOKEN.
//
// What is replaced is decided on decoded text: escapes are undone, base64 and hexadecimal digits decoded, line breaks
// left out, and what is found there is replaced where it came from.
package redact

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// minLength is the number of characters from which on a value is replaced wherever it stands. Shorter ones occur by
// chance.
const minLength = 6

// Secret is one value and the name of the variable that stands for it. Marshalled, it holds the value: it may travel
// to another process of the same run, and nowhere else.
type Secret struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Format shows the name only, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "$"+s.Name) }

// GomegaString keeps the value out of failure messages, where gomega would print every field.
func (s Secret) GomegaString() string { return "$" + s.Name }

// Redactor replaces secrets by $NAME. It is safe for concurrent use.
type Redactor struct {
	mu      sync.RWMutex
	known   map[string]known // by value
	names   map[string]bool
	allowed map[string]bool
	index   index
	seed    maphash.Seed
	read    map[uint64]bool // bodies whose secrets were learned, by hash
	kept    int             // bytes that found secrets take, about
	full    bool            // one was found that is not kept
	shared  *shared         // nil: with no one
	clean   harmless
	values  map[string]string // by name, where each name stands for one value; nil: it may stand for several
}

// known is what is known about a secret value.
type known struct {
	name string
	told bool // by Learn: found values never rename it
}

// New returns a Redactor that knows no secret yet, only what secrets look like.
func New() *Redactor {
	return &Redactor{known: map[string]known{}, names: map[string]bool{}, allowed: map[string]bool{},
		seed: maphash.MakeSeed(), read: map[uint64]bool{}}
}

// Format shows nothing of what the Redactor knows, whatever the verb.
func (r *Redactor) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redact.Redactor") }

// GomegaString shows nothing of what the Redactor knows.
func (r *Redactor) GomegaString() string { return "redact.Redactor" }

// Learn registers a secret under the name of a variable: "ACRONIS_TOKEN" makes it appear as $ACRONIS_TOKEN. Told
// again under another name, a secret takes that name. Values shorter than six characters are ignored.
func (r *Redactor) Learn(name, secret string) {
	name = variable(name)
	r.learn(name, secret, true)
	// A value read from a file often ends in a newline that is not sent.
	if trimmed := strings.TrimSpace(secret); trimmed != secret {
		r.learn(name, trimmed, true)
	}
}

// Allow registers a made-up value that is not a secret, "not-a-token" for instance, so that the evidence of a probe
// that sends it in a secret's place stays exact. It holds for the whole value only, and neither for what was told as
// a secret nor for what looks like one.
func (r *Redactor) Allow(value string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.allowed[value] = true
	r.clean.forget()
}

// Secrets returns what was told and found so far, by name and value, so that other processes of the run can learn it
// too.
func (r *Redactor) Secrets() []Secret {
	r.mu.RLock()
	defer r.mu.RUnlock()
	secrets := make([]Secret, 0, len(r.known))
	for value, k := range r.known {
		secrets = append(secrets, Secret{k.name, value})
	}
	slices.SortFunc(secrets, func(a, b Secret) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value,
			b.Value))
	})
	return secrets
}

// Placeholder reports whether name is a variable that the Redactor uses in place of a secret.
func (r *Redactor) Placeholder(name string) bool {
	if strings.HasPrefix(name, prefix) {
		return true
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.names[name]
}

const (
	// maxKept bounds the memory that the secrets take which a target sends. Once there are more, nothing of its answers
	// is shown.
	maxKept = 32 << 20

	// overhead is about what is kept besides a secret's own bytes.
	overhead = 256
)

// overflown reports whether a secret was found that is not known any longer.
func (r *Redactor) overflown() bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.full
}

// learn registers a value and reports whether it was new.
func (r *Redactor) learn(name, value string, told bool) bool {
	if utf8.RuneCountInString(value) < minLength {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	old, found := r.known[value]
	if r.values != nil {
		name = r.distinct(name, value, old.name)
	}
	if found && (!told || old == known{name, true}) {
		return false
	}
	if !found && !told {
		if r.kept+len(value)+overhead > maxKept {
			r.full = true
			return false
		}
		r.kept += len(value) + overhead
	}
	r.known[value] = known{name, told}
	r.names[name] = true
	for _, form := range formsOf(value) {
		r.index.add(form, name)
	}
	r.clean.forget()
	return !found
}

// Distinguish lets each name stand for one value from now on: a further value gets a number, $ACRONIS_TOKEN_2, so that
// lines for a shell can be repeated.
func (r *Redactor) Distinguish() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.values = map[string]string{}
	for value, k := range r.known {
		r.values[k.name] = value
	}
}

// distinct returns the name under which the value can be told from others.
func (r *Redactor) distinct(name, value, old string) string {
	candidate := name
	for n := 2; ; n++ {
		if other, taken := r.values[candidate]; !taken || other == value {
			break
		}
		candidate = fmt.Sprintf("%s_%d", name, n)
	}
	if r.values[old] == value {
		delete(r.values, old)
	}
	r.values[candidate] = value
	return candidate
}

// first reports whether a body is new to the Redactor: each is met several times, when it comes, when it is judged
// and when it is shown.
func (r *Redactor) first(mediaType string, body []byte, sent bool) bool {
	var h maphash.Hash
	h.SetSeed(r.seed)
	maphash.WriteComparable(&h, struct {
		mediaType string
		sent      bool
	}{mediaType, sent})
	_, _ = h.Write(body) // never fails
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.read[h.Sum64()] {
		return false
	}
	r.read[h.Sum64()] = true
	return true
}

// formsOf returns what a secret is looked for as. Text is looked at as it stands and without its escapes, so the
// secret is too.
func formsOf(secret string) []string {
	forms := []string{secret}
	add := func(form string) {
		if len(form) >= minLength && !slices.Contains(forms, form) {
			forms = append(forms, form)
		}
	}
	plain := unescaped(view{text: secret})
	add(plain.text)
	add(squeezed(plain).text)
	if strings.Contains(secret, " ") { // as forms escape it
		add(strings.ReplaceAll(plain.text, " ", "+"))
	}
	if lines := strings.FieldsFunc(secret, func(c rune) bool { return c == '\n' || c == '\r' }); len(lines) > 1 {
		for _, line := range lines { // writers see lines
			if len(line) >= minLine {
				add(line)
			}
		}
	}
	return forms
}

// minLine is the length from which on a line of a secret of several lines (a key, say) is replaced on its own.
const minLine = 16

// find returns where known secrets stand in a text as they are.
func (r *Redactor) find(text string) []span {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.index.find(text)
}

// nameOf returns the name of a value that is known as a secret.
func (r *Redactor) nameOf(value string) (string, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	k, ok := r.known[value]
	return k.name, ok
}

// standsIn matches what the Redactor puts in place of a secret: $ACRONIS_TOKEN, "$ACRONIS_PASSWORD (number)".
var standsIn = regexp.MustCompile(`^\$\{?([A-Z_][A-Z0-9_]*)(?::\?)?\}?(?: \((?:number|object|array)\))?$`)

// open reports whether a value may be shown although it stands where a secret does: it was allowed, or stands for a
// secret already.
func (r *Redactor) open(value string) bool {
	if m := standsIn.FindStringSubmatch(value); m != nil && r.Placeholder(m[1]) {
		return true
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	_, secret := r.known[value]
	return r.allowed[value] && !secret && !jwt.MatchString(value)
}

// Value redacts a value that stands under a name: it is shown if no secret is expected under that name, or if it was
// allowed.
func (r *Redactor) Value(name, value string) string {
	if secret, ok := secretKey(name, inForm); ok {
		return r.standIn(secret, value)
	}
	return r.String(value)
}

// standInFor is standIn for a value that stands under the key of a secret in JSON, where a header may be echoed too.
func (r *Redactor) standInFor(name, value string) string {
	switch {
	case strings.HasSuffix(name, "AUTHORIZATION"):
		return r.credentials(value)
	case strings.HasSuffix(name, "COOKIE"):
		return r.cookie(value)
	}
	return r.standIn(name, value)
}

// standIn returns what is shown in place of a value that stands where a secret does: its own name if it has one, else
// the given one.
func (r *Redactor) standIn(name, value string) string {
	if value == "" || r.open(value) {
		return value
	}
	if own, ok := r.nameOf(value); ok {
		name = own
	}
	return "$" + name
}
