// Package junittest holds a JUnit file against the rules that its readers share, in our words: those of the schema
// that Jenkins reads (junit-10.xsd), and beyond them what the older one of Ant asks of the same elements: their
// order, their types, and one outcome to a case. Only tests use it. Of Ant's schema two demands are left out, a host
// name and empty elements for output: Jenkins makes both optional.
package junittest

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Element is an element of the file.
type Element struct {
	Name       string
	Attributes map[string]string
	Text       string
	Inside     []*Element
}

// All returns the elements of that name, at any depth, in their order.
func (e *Element) All(name string) []*Element {
	var found []*Element
	for _, child := range e.Inside {
		if child.Name == name {
			found = append(found, child)
		}
		found = append(found, child.All(name)...)
	}
	return found
}

// The types of attributes.
var (
	anything = regexp.MustCompile(``)
	name     = regexp.MustCompile(`\S`)
	count    = regexp.MustCompile(`^(0|[1-9][0-9]*)$`)
	seconds  = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
	moment   = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$`)
)

// rule says what an element may hold.
type rule struct {
	required, optional map[string]*regexp.Regexp
	inside             []string // in their order
	least, most        int      // of them together; most is without bound where it is 0
	text               bool
}

var outcome = rule{required: map[string]*regexp.Regexp{"type": name},
	optional: map[string]*regexp.Regexp{"message": anything}, text: true}

var rules = map[string]rule{
	"testsuites": {
		optional: map[string]*regexp.Regexp{"name": name, "time": seconds, "tests": count, "failures": count,
			"errors": count, "disabled": count},
		inside: []string{"testsuite"},
	},
	"testsuite": {
		required: map[string]*regexp.Regexp{"name": name, "tests": count, "failures": count, "errors": count},
		optional: map[string]*regexp.Regexp{"skipped": count, "time": seconds, "timestamp": moment, "hostname": name,
			"id": anything, "package": anything,
			"group": anything, "file": anything, "log": anything, "url": anything, "version": anything},
		inside: []string{"properties", "testcase", "system-out", "system-err"},
	},
	"properties": {inside: []string{"property"}, least: 1},
	"property":   {required: map[string]*regexp.Regexp{"name": name, "value": anything}},
	"testcase": {
		required: map[string]*regexp.Regexp{"name": name, "classname": name, "time": seconds},
		optional: map[string]*regexp.Regexp{"group": anything},
		inside:   []string{"skipped", "error", "failure"}, most: 1,
	},
	"skipped":    {optional: map[string]*regexp.Regexp{"type": name, "message": anything}, text: true},
	"error":      outcome,
	"failure":    outcome,
	"system-out": {text: true},
	"system-err": {text: true},
}

// once are the elements that stand in another no more than once.
var once = []string{"properties", "system-out", "system-err"}

// Read reads a file and says where it breaks a rule, or where a count is not that of its elements.
func Read(r io.Reader) (*Element, error) {
	top, err := parse(r)
	if err != nil {
		return nil, err
	}
	if len(top.Inside) != 1 || top.Inside[0].Name != "testsuites" {
		return nil, errors.New("the file is not one <testsuites>")
	}
	file := top.Inside[0]
	return file, errors.Join(file.check(), file.counts())
}

func parse(r io.Reader) (*Element, error) {
	decoder := xml.NewDecoder(r)
	open := []*Element{{}}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return open[0], nil
		}
		if err != nil {
			return nil, err
		}
		current := open[len(open)-1]
		switch token := token.(type) {
		case xml.StartElement:
			e := &Element{Name: token.Name.Local, Attributes: map[string]string{}}
			if token.Name.Space != "" {
				return nil, fmt.Errorf("<%s> has the namespace %q, and the schema has none", e.Name, token.Name.Space)
			}
			for _, a := range token.Attr {
				if _, twice := e.Attributes[a.Name.Local]; twice {
					return nil, fmt.Errorf("<%s> has the attribute %s twice", e.Name, a.Name.Local)
				}
				e.Attributes[a.Name.Local] = a.Value
			}
			current.Inside = append(current.Inside, e)
			open = append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			current.Text += string(token)
		}
	}
}

// check holds an element, and what is inside, against the rules.
func (e *Element) check() error {
	r, known := rules[e.Name]
	if !known {
		return fmt.Errorf("there is no element <%s>", e.Name)
	}
	var faults []error
	fault := func(format string, arguments ...any) {
		faults = append(faults, fmt.Errorf("<%s name=%q>: "+format, append([]any{e.Name, e.Attributes["name"]},
			arguments...)...))
	}
	for attribute := range r.required {
		if _, there := e.Attributes[attribute]; !there {
			fault("the attribute %s is missing", attribute)
		}
	}
	for attribute, value := range e.Attributes {
		kind := r.required[attribute]
		if kind == nil {
			kind = r.optional[attribute]
		}
		switch {
		case kind == nil:
			fault("there is no attribute %s", attribute)
		case !kind.MatchString(value):
			fault("%s=%q is not of the form %s", attribute, value, kind)
		}
	}
	if !r.text && strings.TrimSpace(e.Text) != "" {
		fault("it holds text: %q", strings.TrimSpace(e.Text))
	}
	last := 0
	seen := map[string]bool{}
	for _, child := range e.Inside {
		place := slices.Index(r.inside, child.Name)
		switch {
		case place < 0:
			fault("it cannot hold <%s>", child.Name)
		case place < last:
			fault("<%s> comes after <%s>", child.Name, r.inside[last])
		case seen[child.Name] && slices.Contains(once, child.Name):
			fault("it holds more than one <%s>", child.Name)
		}
		last, seen[child.Name] = max(last, place), true
		faults = append(faults, child.check())
	}
	if n := len(e.Inside); n < r.least || r.most > 0 && n > r.most {
		fault("it holds %d elements", n)
	}
	return errors.Join(faults...)
}

// counts compares the attributes that count with what they count.
func (e *Element) counts() error {
	var faults []error
	for _, suite := range append(e.All("testsuite"), e) {
		for attribute, counted := range map[string]string{"tests": "testcase", "failures": "failure", "errors": "error",
			"skipped": "skipped"} {
			said, there := suite.Attributes[attribute]
			if has := len(suite.All(counted)); there && said != strconv.Itoa(has) {
				faults = append(faults, fmt.Errorf("<%s>: %s=%q, and there are %d <%s>", suite.Name, attribute, said,
					has, counted))
			}
		}
	}
	return errors.Join(faults...)
}
