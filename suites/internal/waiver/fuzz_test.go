package waiver

import (
	"errors"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/report"
)

// Whatever a file holds is either a list whose waivers can be looked up, or one sentence about one place in it.
func FuzzLoad(f *testing.F) {
	whole := "- {spec: 401/no-token/FetchTenant, fault: {rule: status, path: status, found: '200'}, reason: r, link: " +
		"'https://h/1', owner: o, expires: 2030-06-30, targets: [staging]}\n"
	for _, seed := range []string{
		"waivers: []", "waivers:\n" + whole, "waivers:\n" + whole + whole, "waivers:\n- {spec: '*/*/*'}",
		"waivers: {a: b}", "waivers: &a [*a]", "waivers: null",
		"waivers: &a [{spec: &b [*a, *a]}, *b]", "waivers: []\nwaivers: []", "\ufeffwaivers: []",
		"waivers: [\"\\x00\"]", "waivers: [\xff]",
		"waivers: " + strings.Repeat("[", 10000), "waivers:\n- {spec: '[', reason: \"\x1b[2J\"}",
		"waivers:\n- {expires: " + strings.Repeat("9", 10000) + "}", "a: b", "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		g := NewWithT(t)
		l, err := parse("waivers.yml", data, now)
		if err != nil {
			fault := new(FileError)
			g.Expect(errors.As(err, &fault)).To(BeTrue(), "%T", err)
			g.Expect(err.Error()).NotTo(ContainSubstring("\n"))
			g.Expect(fault.Message).NotTo(BeEmpty())
			return
		}
		for _, w := range l.Waivers {
			g.Expect([]string{w.Reason, w.Link, w.Owner}).NotTo(ContainElement(""))
			g.Expect(w.Expires.IsZero()).To(BeFalse())
		}
		s := violation("401/no-token/FetchTenant", "200")
		wrong, ending := l.Check([]string{s.ID}, "staging", now)
		for _, p := range slices.Concat(wrong, ending, l.Stale([]report.Spec{s}, "staging", now)) {
			g.Expect(p.Message).NotTo(BeEmpty())
			g.Expect(p.Message).NotTo(ContainSubstring("\n"))
		}
		Conclude(&s, "staging", now, l)
	})
}
