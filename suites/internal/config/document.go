package config

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// document reads one YAML file by its tree and not into a struct, since a struct forgets where each value stood, and
// every error has to say so. It keeps the first error only: what comes after a fault is often only its consequence.
type document struct {
	path  string
	err   *Error
	asked map[string]bool // the keys that were asked for, where it is not nil
}

// entry is a value with its key and its place.
type entry struct {
	key  string // such as targets.staging.url
	at   *token.Token
	node ast.Node
}

// mapping is a YAML mapping. It remembers which keys were asked for, so that those left over are errors.
type mapping struct {
	document *document
	entry    entry
	names    []string // in the order of the file
	entries  map[string]entry
	known    []string
}

func (d *document) fail(e entry, format string, arguments ...any) {
	if d.err != nil {
		return
	}
	d.err = &Error{Path: d.path, Key: e.key, Message: fmt.Sprintf(format, arguments...)}
	if e.at != nil && e.at.Position != nil {
		d.err.Line, d.err.Column = max(e.at.Position.Line, 1), max(e.at.Position.Column, 1)
	}
}

// parse returns the mapping at the top of the file.
func (d *document) parse(data []byte) *mapping {
	top := entry{}
	file, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		var syntax yaml.Error
		if errors.As(err, &syntax) {
			top.at = syntax.GetToken()
			err = errors.New(syntax.GetMessage())
		}
		d.fail(top, "the file is not valid YAML: %s", sentence(err.Error()))
		return d.mapping(top)
	}
	var filled []*ast.DocumentNode
	for _, one := range file.Docs {
		if one.Body != nil {
			filled = append(filled, one)
		}
	}
	if len(filled) == 0 {
		d.fail(top, "the file is empty: it needs targets, one of them at least")
		return d.mapping(top)
	}
	if len(filled) > 1 {
		d.fail(entry{at: filled[1].Start}, "the file holds %d YAML documents, and only one is read: remove the others",
			len(filled))
	}
	top.node = filled[0].Body
	return d.mapping(top)
}

// mapping reads an entry as a mapping; it is empty where the entry is none.
func (d *document) mapping(e entry) *mapping {
	m := &mapping{document: d, entry: e, entries: map[string]entry{}}
	if e.node == nil {
		return m
	}
	node, ok := e.node.(ast.MapNode)
	if !ok {
		d.fail(e, "wants keys and values, not %s", kind(e.node))
		return m
	}
	for pairs := node.MapRange(); pairs.Next(); {
		m.add(pairs.Key(), pairs.Value())
	}
	return m
}

func (m *mapping) add(key ast.MapKeyNode, value ast.Node) {
	e := entry{key: m.entry.key, at: key.GetToken(), node: value}
	text, ok := scalarKey(key)
	if !ok {
		m.document.fail(e, "has a key that is not plain text: write it as letters")
		return
	}
	if e.key != "" {
		e.key += "."
	}
	e.key += printable(text)
	if _, twice := m.entries[text]; twice {
		m.document.fail(e, "stands there twice: remove one of them")
	}
	if _, empty := value.(*ast.NullNode); empty || value == nil {
		m.document.fail(e, "has no value: give it one or remove the key")
	}
	m.names = append(m.names, text)
	m.entries[text] = e
}

func scalarKey(key ast.MapKeyNode) (string, bool) {
	switch k := key.(type) {
	case *ast.StringNode:
		return k.Value, true
	case *ast.IntegerNode:
		return k.GetToken().Value, true
	}
	return "", false
}

// get returns the entry of that name; the second result is false where the file has none.
func (m *mapping) get(name string) (entry, bool) {
	m.known = append(m.known, name)
	if m.document.asked != nil {
		m.document.asked[strings.TrimPrefix(m.entry.key+"."+name, ".")] = true
	}
	e, ok := m.entries[name]
	return e, ok
}

// done makes every key that was not read an error.
func (m *mapping) done() {
	for _, name := range m.names {
		if !slices.Contains(m.known, name) {
			m.document.fail(m.entries[name], "is an unknown key: known here are %s", list(m.known))
		}
	}
}

// text reads a text; it is empty where the file has none.
func (m *mapping) text(name string) string {
	e, ok := m.get(name)
	if !ok {
		return ""
	}
	text, ok := m.document.text(e)
	if ok && text == "" {
		m.document.fail(e, "is empty: give it a value or remove the key")
	}
	return text
}

func (d *document) text(e entry) (string, bool) {
	switch node := e.node.(type) {
	case *ast.StringNode:
		return node.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		d.fail(e, "wants text, not %s: put the value in quotes", kind(e.node))
	default:
		d.fail(e, "wants text, not %s", kind(e.node))
	}
	return "", false
}

// texts reads a list of texts.
func (m *mapping) texts(name string) ([]string, bool) {
	e, ok := m.get(name)
	if !ok {
		return nil, false
	}
	sequence, ok := e.node.(*ast.SequenceNode)
	if !ok {
		m.document.fail(e, "wants a list such as [read, write], not %s", kind(e.node))
		return nil, false
	}
	var texts []string
	for _, item := range sequence.Values {
		text, _ := m.document.text(entry{key: e.key, at: item.GetToken(), node: item})
		texts = append(texts, text)
	}
	return texts, true
}

// flag reports whether the key is true.
func (m *mapping) flag(name string) bool {
	e, ok := m.get(name)
	if !ok {
		return false
	}
	node, ok := e.node.(*ast.BoolNode)
	if !ok {
		m.document.fail(e, "wants true or false, not %s", kind(e.node))
		return false
	}
	return node.Value
}

// integer reads a whole number within bounds.
func (m *mapping) integer(name string, fallback, least, most int) int {
	e, ok := m.get(name)
	if !ok {
		return fallback
	}
	wants := fmt.Sprintf("a whole number from %d to %d", least, most)
	if most == math.MaxInt32 {
		wants = fmt.Sprintf("a whole number of at least %d", least)
	}
	if _, ok := e.node.(*ast.IntegerNode); !ok {
		m.document.fail(e, "wants %s, not %s", wants, kind(e.node))
		return fallback
	}
	written := e.node.GetToken().Value
	number, err := strconv.Atoi(written)
	if err != nil || number < least || number > most {
		m.document.fail(e, "wants %s, not %s", wants, printable(written))
		return fallback
	}
	return number
}

// share reads a number from 0 to 1.
func (m *mapping) share(name string, fallback float64) float64 {
	e, ok := m.get(name)
	if !ok {
		return fallback
	}
	switch e.node.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
	default:
		m.document.fail(e, "wants a number from 0 to 1, such as 0.95, not %s", kind(e.node))
		return fallback
	}
	written := e.node.GetToken().Value
	number, err := strconv.ParseFloat(written, 64)
	if err != nil || !(number >= 0 && number <= 1) {
		m.document.fail(e, "wants a number from 0 to 1, such as 0.95, not %s", printable(written))
		return fallback
	}
	return number
}

// kind says in words what a node is; never its value, which might be a secret on the wrong line.
func kind(node ast.Node) string {
	switch node.(type) {
	case *ast.StringNode:
		return "text"
	case *ast.LiteralNode:
		return "a block of lines"
	case *ast.IntegerNode:
		return "a whole number"
	case *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	case *ast.BoolNode:
		return "true or false"
	case *ast.SequenceNode:
		return "a list"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "keys and values"
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode, *ast.TagNode:
		return "an anchor, an alias or a tag"
	}
	return "nothing"
}

// list joins names as a sentence does.
func list(names []string) string {
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " and " + names[last]
	}
	return strings.Join(names, "")
}

// sentence keeps the first line of a message, printable.
func sentence(message string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(message), "\n")
	return printable(strings.TrimSpace(line))
}

const longest = 120

// printable shortens what the file says, and quotes it where a terminal would not show it as it stands.
func printable(text string) string {
	if runes := []rune(text); len(runes) > longest {
		text = string(runes[:longest]) + "..."
	}
	if text == "" || text != strings.TrimSpace(text) || strings.ContainsFunc(text,
		func(r rune) bool { return !strconv.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}
