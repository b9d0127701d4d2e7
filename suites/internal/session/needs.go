package session

import (
	"cmp"
	"maps"
	"slices"

	"acronis-conformance/fixtures"
)

// Object is one object that specs need.
type Object struct {
	Key    string
	Side   fixtures.Actor
	Object string
}

// Needs are what the selected specs need of the sandbox, so that a small selection makes a small sandbox.
type Needs struct {
	Objects       map[string]Object
	Controls      map[string]bool // operations
	Watches       map[string]Watch
	InvalidTokens map[string]bool // bad tokens by probe
}

// NewNeeds returns needs that name nothing.
func NewNeeds() Needs {
	return Needs{Objects: map[string]Object{}, Controls: map[string]bool{}, Watches: map[string]Watch{},
		InvalidTokens: map[string]bool{}}
}

// Add names an object, which is then made on its side.
func (n Needs) Add(o Object) { n.Objects[o.Key] = o }

// Watch names a look at an object.
func (n Needs) Watch(w Watch) { n.Watches[w.key()] = w }

// watches lists the looks in an order that does not depend on the run.
func (n Needs) watches() []Watch {
	return slices.SortedFunc(maps.Values(n.Watches), func(a, b Watch) int { return cmp.Compare(a.key(), b.key()) })
}

// objects lists the objects in an order that does not depend on the run.
func (n Needs) objects() []Object {
	return slices.SortedFunc(maps.Values(n.Objects), func(a, b Object) int { return cmp.Compare(a.Key, b.Key) })
}
