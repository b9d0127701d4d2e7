package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"acronis-conformance/suites/internal/config"

	. "github.com/onsi/gomega"
)

var writeReference = flag.Bool("reference", false, "write .github/REFERENCE.md instead of comparing with it")

// The reference in the repository is what the code says: make reference writes it.
func TestReference(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join("..", "..", "..", ".github", "REFERENCE.md")
	text := referenceText()
	if *writeReference {
		g.Expect(os.WriteFile(path, []byte(text), 0o644)).To(Succeed())
	}
	written, err := os.ReadFile(path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(text).To(Equal(string(written)), "run `make reference`")
	for _, c := range commands() {
		c.flags().VisitAll(func(f *flag.Flag) {
			g.Expect(f.Usage).NotTo(BeEmpty(), "-%s of %s", f.Name, c.name)
		})
	}
}

// referenceText is every command, flag, key and variable, as the code has them.
func referenceText() string {
	var b strings.Builder
	b.WriteString("# Reference\n\nThis file is written by `make reference`.\n\n## Commands\n\n" +
		"Exit codes: 0 the target conforms, 1 a violation or a floor that is missed, 2 unusable or too little " +
		"tested.\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "\n### conformance %s\n\n%s.\n", strings.TrimSpace(c.name+" "+c.arguments),
			sentenceCase(c.summary))
		first := true
		c.flags().VisitAll(func(f *flag.Flag) {
			if first {
				b.WriteString("\n| flag | default | meaning |\n| --- | --- | --- |\n")
			}
			first = false
			value, usage := flag.UnquoteUsage(f)
			name := strings.TrimSpace("-" + f.Name + " " + strings.ToUpper(value))
			byDefault := f.DefValue
			if byDefault == "false" || byDefault == "0" {
				byDefault = ""
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", name, code(byDefault), tableCell(usage))
		})
	}
	section := func(title, column string, entries []config.Entry) {
		fmt.Fprintf(&b, "\n## %s\n\n| %s | default | meaning |\n| --- | --- | --- |\n", title, column)
		for _, e := range entries {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", e.Name, code(e.Default), tableCell(e.Meaning))
		}
	}
	section("Keys of ginkgo.yml", "key", config.Keys())
	section("Variables", "variable", config.Variables())
	return b.String()
}

func sentenceCase(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

func tableCell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}
