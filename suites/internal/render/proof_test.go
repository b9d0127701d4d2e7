package render

import (
	"bytes"
	"testing"

	. "github.com/onsi/gomega"
)

func TestProof(t *testing.T) {
	g := NewWithT(t)
	p := NewProof(ProofSample, []Kill{
		{Defect: "b", Does: "does b", Breaks: "clause 401", Verdict: Killed, Declared: 9, Red: 9,
			KilledBy: []string{"401/x/<A>", "401/y/B"}},
		{Defect: "a", Verdict: Killed, KilledBy: []string{"404/x/A"}, Declared: 1, Red: 1},
		{Defect: "c", Verdict: Prevented, Why: "CreateTenant was answered with 500"},
		{Defect: "d", Verdict: Survived, Why: "nothing shows it"},
		{Defect: "e", Verdict: Failed, Why: "no", Missing: []string{"405/x/Y: pass"},
			Strays: []string{"415/x/Z: served"},
			Red:    1},
	})
	g.Expect(p.Totals).To(Equal(ProofTotals{Defects: 5, Killed: 2, Prevented: 1, Survived: 1, Failed: 1}))
	g.Expect(p.Heading()).To(Equal("3 of 5 defects noticed, 1 failed, 1 survived"))
	var order []string
	for _, k := range p.Kills {
		order = append(order, k.Defect)
	}
	g.Expect(order).To(Equal([]string{"e", "d", "c", "a", "b"}))

	var page, table bytes.Buffer
	g.Expect(ProofHTML(&page, p)).To(Succeed())
	g.Expect(page.String()).To(And(ContainSubstring("401/x/&lt;A&gt;"), ContainSubstring("and 7 further specs"),
		ContainSubstring("missing: 405/x/Y: pass"),
		ContainSubstring("stray: 415/x/Z: served"), ContainSubstring(">FAILED<"), Not(ContainSubstring("<A>"))))
	g.Expect(ProofMarkdown(&table, p)).To(Succeed())
	g.Expect(table.String()).To(And(ContainSubstring("| `e`: "), ContainSubstring("prevented"),
		Not(ContainSubstring("<A>"))))
}
