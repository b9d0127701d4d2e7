package redact

import (
	"regexp"
	"strings"
)

// index finds texts, whole or cut short at either end, in any case of letters. It takes one step per byte that it
// compares: its cost depends neither on how many texts there are nor on what they have in common, as all JSON Web
// Tokens do. Texts are added throughout a run, which automata of the Aho-Corasick kind do not allow, and those do not
// find a text that is cut short.
type index struct {
	heads tree
	tails tree // of the texts read backwards
}

func (x *index) add(text, name string) {
	text = lower(text)
	x.heads.insert(text, name)
	x.tails.insert(reversed(text), name)
}

const (
	// minCut is the length from which a part of a secret is replaced. It may be shorter, down to minLength, where it is
	// half of the secret at least.
	minCut = 12

	// maxSteps bounds the steps of one search beside some for each byte: texts of repeated letters could cost the
	// product of their lengths.
	maxSteps = 1 << 20
)

// find returns where the texts stand in s. Where the search would cost too much, that is all of s.
func (x *index) find(s string) []span {
	if len(s) < minLength {
		return nil
	}
	folded := lower(s)
	budget := maxSteps + 64*len(s)
	var spans []span
	for i := range len(folded) - 1 {
		if x.heads.begins(folded[i], folded[i+1]) {
			if m := x.heads.walk(folded, i, 1, &budget); m.length >= minLength && m.counts(s[i:i+m.length]) {
				spans = append(spans, span{start: i, end: i + m.length, name: m.name, cut: !m.holds})
			}
		}
		if x.tails.begins(folded[i+1], folded[i]) {
			if m := x.tails.walk(folded, i+1, -1, &budget); m.length >= minLength && m.counts(s[i+2-m.length:i+2]) {
				spans = append(spans, span{start: i + 2 - m.length, end: i + 2, name: m.name, cut: !m.holds})
			}
		}
		if budget < 0 {
			return []span{{start: 0, end: len(s), name: unknownName}}
		}
	}
	return spans
}

// tree is a radix tree of texts.
type tree struct {
	root  [256]*node
	pairs [1 << 16 / 64]uint64 // the first two bytes of all texts: most positions are left after one look here
}

type node struct {
	label    string // what leads here from the node above
	next     []*node
	name     string // of the text that ends here; empty: none does
	below    string // name of a text that ends here or below
	shortest int    // length of the shortest of those
}

func (t *tree) begins(first, second byte) bool {
	at := int(first)<<8 | int(second)
	return t.pairs[at/64]&(1<<(at%64)) != 0
}

func (t *tree) insert(text, name string) {
	pair := int(text[0])<<8 | int(text[1])
	t.pairs[pair/64] |= 1 << (pair % 64)
	at, rest := &t.root[text[0]], text
	for {
		n := *at
		if n == nil {
			*at = &node{label: rest, name: name, below: name, shortest: len(text)}
			return
		}
		same := 0
		for same < len(n.label) && same < len(rest) && n.label[same] == rest[same] {
			same++
		}
		if same < len(n.label) {
			upper := &node{label: n.label[:same], next: []*node{n}, below: n.below, shortest: n.shortest}
			n.label = n.label[same:]
			*at, n = upper, upper
		}
		n.shortest = min(n.shortest, len(text))
		if rest = rest[same:]; rest == "" {
			n.name, n.below = name, name
			return
		}
		if at = n.child(rest[0]); at == nil {
			n.next = append(n.next, &node{label: rest, name: name, below: name, shortest: len(text)})
			return
		}
	}
}

func (n *node) child(first byte) **node {
	for i := range n.next {
		if n.next[i].label[0] == first {
			return &n.next[i]
		}
	}
	return nil
}

// match is the longest beginning that s, read from one position in one direction, shares with a text of the tree.
type match struct {
	length   int
	name     string
	whole    bool // it is a text
	holds    bool // it begins with a text
	shortest int  // length of the shortest text that begins so
}

// walk reads s from position i on: forwards where step is 1, backwards where it is -1. Where no more than a part of a
// text is found, and that part does not count, but a shorter text is found whole, that is the match.
func (t *tree) walk(s string, i, step int, budget *int) match {
	var m, whole match
	for n := t.root[s[i]]; n != nil; {
		k := 0
		for k < len(n.label) && 0 <= i && i < len(s) && s[i] == n.label[k] {
			k, i = k+1, i+step
		}
		*budget -= k + 1
		m = match{length: m.length + k, name: n.below, shortest: n.shortest}
		if k < len(n.label) {
			break
		}
		if n.name != "" {
			m.name, m.whole = n.name, true
			whole = m
		}
		if i < 0 || i >= len(s) {
			break
		}
		below := n.child(s[i])
		if below == nil {
			break
		}
		n = *below
	}
	whole.holds, m.holds = true, whole.length > 0
	if m.holds && !m.whole && m.length < minCut {
		return whole
	}
	return m
}

// common matches parts of a secret that stand in other texts too: the beginning of a URL, the end of an address, a key.
var common = regexp.MustCompile(`^(?:(?i:https?)://[\w.-]*(?::\d*)?/?|[\w.]{0,3}@[\w.-]+|[\w.-]+["']?\s*[=:]\s*["']?)$`)

// counts reports whether a part of a secret is one itself.
func (m match) counts(part string) bool {
	switch {
	case m.whole:
		return true
	case m.length >= minCut:
		return !common.MatchString(part)
	default:
		return 2*m.length >= m.shortest && !plain(part, true)
	}
}

// lower folds ASCII only, so that the length stays.
func lower(s string) string {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			folded := []byte(s)
			for ; i < len(folded); i++ {
				if 'A' <= folded[i] && folded[i] <= 'Z' {
					folded[i] += 'a' - 'A'
				}
			}
			return string(folded)
		}
	}
	return s
}

func reversed(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := len(s) - 1; i >= 0; i-- {
		b.WriteByte(s[i])
	}
	return b.String()
}
