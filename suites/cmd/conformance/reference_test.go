package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/contract"
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

// The numbers that README shows are those of this suite.
func TestReadme(t *testing.T) {
	g := NewWithT(t)
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "README.md"))
	g.Expect(err).NotTo(HaveOccurred())
	promised, err := schemas.Load()
	g.Expect(err).NotTo(HaveOccurred())
	specs, cells, provoked := map[string]int{}, 0, 0
	for _, id := range contract.Specs() {
		specs[id[:3]]++
		specs["all"]++
	}
	for _, c := range promised.Cells() {
		if c.Source == schemas.FromReference {
			cells++
		}
	}
	provoked = cells - contract.Unprovokable()
	row := regexp.MustCompile(`(?m)^(20x|\d{3}|50x|all) +(\d+) +(\d+) .* (\d+)/(\d+)$`)
	rows := row.FindAllStringSubmatch(string(text), -1)
	g.Expect(len(rows)).To(BeNumerically(">", 3), "README shows how a run ends")
	for _, row := range rows {
		g.Expect(row[2:4]).To(HaveEach(fmt.Sprint(specs[row[1]])), row[0])
	}
	g.Expect(rows[len(rows)-1][4:]).To(Equal([]string{fmt.Sprint(provoked), fmt.Sprint(cells)}))
	g.Expect(string(text)).To(ContainSubstring(fmt.Sprintf("PASS on mock: %d specs meet the contract, and %d of %d "+
		"reference cells are asserted", specs["all"], provoked, cells)))
}

// Every variable that the program reads is in the reference.
func TestReferenceHasEveryVariable(t *testing.T) {
	g := NewWithT(t)
	known := map[string]bool{insideRun: true} // which only the program sets
	for _, e := range config.Variables() {
		for name := range strings.SplitSeq(e.Name, ", ") {
			known[name] = true
		}
	}
	read := regexp.MustCompile(`(?:\benv|Getenv|LookupEnv)\("([A-Z_]+)"\)`)
	found := 0
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range read.FindAllSubmatch(source, -1) {
			found++
			if !known[string(m[1])] {
				t.Errorf("%s reads %s: name it in config.Variables", path, m[1])
			}
		}
		return err
	})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(found).To(BeNumerically(">", 3))
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
