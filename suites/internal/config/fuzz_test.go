package config

import (
	"fmt"
	"os"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

func FuzzLoad(f *testing.F) {
	shipped, err := os.ReadFile("../../../ginkgo.yml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(shipped), "")
	f.Add(string(shipped), "staging")
	for _, seed := range []string{"", "a", "[]", "targets: {a: {embedded: true}}", "targets: &a {x: *a}", "? [a]\n: b",
		"<<: {a: b}", "a: !!binary x",
		"targets:\n- a", "target: |\n a", "---\n---\n", "\ufeffa: b", "a: \"\\x00\"", "{a: b, a: c}", "\t", "a:\n\tb",
		"- - -", "%YAML 1.2\n---\na: b"} {
		f.Add(seed, "a")
	}
	for _, hostile := range []string{
		"targets: " + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), "targets: " + strings.Repeat("{a: ",
			10_000) + "b" + strings.Repeat("}", 10_000),
		strings.Repeat("- ", 10_000) + "a", "targets: {a: {embedded: true, concurrency: " + strings.Repeat("9",
			10_000) +
			"}}",
		"targets: {a: {embedded: true, rate: 1e" + strings.Repeat("9", 10_000) +
			"/s}}", "targets: {a: {embedded: true}, \xff\xfe: {}}",
		"targets: {a: {embedded: true}}\ntargets: {a: {embedded: true}}",
		"targets: {a: {embedded: true, embedded: false}}",
		"a: &a [x]\n" + strings.Repeat("b: &b [*a, *a]\n", 100),
	} {
		f.Add(hostile, "a")
	}
	variables := lookup(environment())
	f.Fuzz(func(t *testing.T, text, selected string) {
		g := NewWithT(t)
		d := &document{path: "/nowhere/ginkgo.yml"}
		config := d.load([]byte(text), selected, variables, true)
		if d.err != nil {
			expectOneSentence(g, d.err)
			return
		}
		g.Expect(config.Name).NotTo(BeEmpty(), fmt.Sprintf("%q", text))
		g.Expect(config.Target.Allow).To(ContainElement(Read))
		g.Expect(config.Retry.Repeats).To(BeNumerically("<=", 2))
		g.Expect(config.Target.Embedded).To(Equal(config.Target.URL == ""))
	})
}
