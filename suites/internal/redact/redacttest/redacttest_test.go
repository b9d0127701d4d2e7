package redacttest

import (
	"testing"

	. "github.com/onsi/gomega"
)

func TestFinderFindsEveryForm(t *testing.T) {
	g := NewWithT(t)
	secret := Canary()
	f := NewFinder(Canary(), secret, Canary())
	for _, form := range append(Forms, Wraps[:9]...) {
		if form.Name != "UTF-16" { // which is text only without its zero bytes
			g.Expect(f.Find("got <"+form.Spell(secret)+">")).To(ContainSubstring(secret), form.Name)
		}
	}
	g.Expect(f.Find("got <" + Canary() + ">")).To(BeEmpty())
	g.Expect(f.Find("")).To(BeEmpty())
}

func TestIndex(t *testing.T) {
	g := NewWithT(t)
	x := NewIndex("abcd", "abcdef", "xyz-1", "none")
	g.Expect(x.FindAll([]byte("..abcdef abcd xyz-1"))).To(Equal(map[string]int{"abcd": 2, "abcdef": 2, "xyz-1": 14}))
	g.Expect(x.FindAll([]byte("abc"))).To(BeEmpty())
	g.Expect(x.FindAll([]byte("xyz-"))).To(BeEmpty(), "cut short")
}
