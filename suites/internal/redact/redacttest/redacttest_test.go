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
