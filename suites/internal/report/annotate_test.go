package report

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

func annotations(t *testing.T, r *Result, variables map[string]string) string {
	t.Helper()
	var b strings.Builder
	NewWithT(t).Expect(Annotate(&b, r, func(name string) (string, bool) {
		value, set := variables[name]
		return value, set
	})).To(Succeed())
	return b.String()
}

func TestAnnotations(t *testing.T) {
	g := NewWithT(t)
	onGitHub := map[string]string{"GITHUB_ACTIONS": "true"}
	r := Build(sample(t))
	g.Expect(annotations(t, r, nil)).To(BeEmpty())
	g.Expect(annotations(t, r, onGitHub)).To(Equal("::error title=required property $.error is missing::" +
		"1 spec of 401 on FetchTenant, such as 401/no-token/FetchTenant%0A" +
		"GET https://host/api/2/tenants/1: 200%0Aconformance replay -target=staging 3mfjjod5%0Afault 3mfjjod5\n"))

	// What the target answered must not become a command.
	in := sample(t)
	in.Specs[0].Differences[0].Path = "$.a\n::error::b,c%0A"
	got := annotations(t, Build(in), onGitHub)
	g.Expect(strings.Count(got, "\n")).To(Equal(1))
	g.Expect(got).To(HavePrefix("::error title=required property $.a %3A%3Aerror%3A%3Ab%2Cc%250A is missing::"))

	// GitHub drops what is more than ten.
	in.Specs = nil
	for i := range 12 {
		in.Specs = append(in.Specs, wrong("401", fmt.Sprint("Op", i), Difference{Path: fmt.Sprint("$.p", i, "x"),
			Rule: "required"}))
	}
	lines := strings.Split(strings.TrimSuffix(annotations(t, Build(in), onGitHub), "\n"), "\n")
	g.Expect(lines).To(HaveLen(10))
	g.Expect(lines[9]).To(HavePrefix("::error title=3 more faults::"))

	g.Expect(annotations(t, Build(Input{Contract: contract(t), Problems: []string{"wrong credentials"}}), onGitHub)).
		To(Equal("::error title=error on ::wrong credentials\n"))
}
