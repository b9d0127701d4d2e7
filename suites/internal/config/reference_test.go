package config

import (
	"os"
	"regexp"
	"testing"

	. "github.com/onsi/gomega"
)

// The reference names just the keys that the loader asks for, and the variables of the shipped file.
func TestReferenceIsComplete(t *testing.T) {
	g := NewWithT(t)
	data, err := os.ReadFile(shipped(t))
	g.Expect(err).NotTo(HaveOccurred())
	d := &document{path: "ginkgo.yml", asked: map[string]bool{}}
	g.Expect(d.load(data, "mock", lookup(nil), true)).NotTo(BeNil())
	target := regexp.MustCompile(`^targets\.[^.]+`)
	sections := map[string]bool{"timeouts": true, "retry": true, "gate": true, "notify": true, "targets.NAME": true}
	asked := map[string]bool{}
	for key := range d.asked {
		if key = target.ReplaceAllString(key, "targets.NAME"); !sections[key] {
			asked[key] = true
		}
	}
	named := map[string]bool{}
	for _, e := range Keys() {
		named[e.Name] = true
	}
	g.Expect(named).To(Equal(asked))

	variables := map[string]bool{}
	for _, e := range Variables() {
		variables[e.Name] = true
	}
	for _, match := range variable.FindAllStringSubmatch(string(data), -1) {
		if match[1] != "NAME" { // which a comment explains
			g.Expect(variables).To(HaveKey(match[1]))
		}
	}
}
