package waiver

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/report"
)

// seen are faults as a result holds them, with texts that YAML or the patterns could take for something else.
func seen() []report.Fault {
	return []report.Fault{
		{ID: "aaaaaaaa", Rule: "enum", Path: "$.items[*].type", Found: `"no: 'way' #1"`,
			Extent: report.Extent{Specs: []string{"20x/valid-token/FetchApplications"}}},
		{ID: "bbbbbbbb", Rule: "status", Path: "status", Found: "2xx",
			Extent: report.Extent{Specs: []string{"401/no-token/FetchTenant",
				"405/wrong-method/PUT.tenants.{tenant_id}"}}},
		{ID: "cccccccc", Rule: "RFC 9110", Path: "header Allow", Found: "none",
			Extent: report.Extent{Specs: []string{"405/wrong-method/PATCH.x"}}},
		{ID: "dddddddd", Rule: "type", Path: "$.a", Found: "null",
			Extent: report.Extent{Specs: []string{"20x/valid-token/FetchTenant"}}},
		{ID: "eeeeeeee", Rule: "status", Path: "status", Found: "0404",
			Extent: report.Extent{Specs: []string{"20x/valid-token/FetchUser"}}},
	}
}

var grounds = Grounds{Reason: "- known: \"x\" # it is", Link: "https://t.example/1", Owner: "yes",
	Expires: "2030-06-30", Target: "staging", Served: true}

// What stands in the file stays, comments and all; what is added is just the faults in just their specs, and can be
// read again.
func TestAppend(t *testing.T) {
	entry := "spec: 415/wrong-content-type/CreateTenant\n  fault: {rule: status, path: status, found: '400'}\n  " +
		"reason: r\n  link: https://l.example\n  owner: o\n  expires: 2030-02-01\n"
	for name, c := range map[string]struct{ before, kept string }{
		"nothing yet":        {"# head\nwaivers: [] # none\n\n# tail\n", "# head\nwaivers: # none\n\n# tail\n"},
		"no line at the end": {"waivers: []", "waivers:"},
		"one": {"# head\nwaivers:\n# before\n- " + entry + "# after\n",
			"# head\nwaivers:\n# before\n- " + entry + "# after\n"},
		"one that is indented": {"waivers:\n  - " + strings.ReplaceAll(entry, "\n  ", "\n    "), "waivers:\n  - " +
			strings.ReplaceAll(entry, "\n  ", "\n    ")},
		"a document mark before it": {"---\nwaivers: []\n", "---\nwaivers:\n"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			file := write(t, c.before)
			old, err := Load(file, now)
			g.Expect(err).NotTo(HaveOccurred())
			added := Entries(seen(), grounds)
			g.Expect(Append(file, added, now)).To(Succeed())
			content, err := os.ReadFile(file)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(string(content)).To(HavePrefix(c.kept))
			list, err := Load(file, now)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(list.Waivers).To(HaveLen(len(old.Waivers) + len(added)))
			for i, w := range list.Waivers[len(old.Waivers):] {
				g.Expect(same(w, added[i])).To(BeTrue(), "%v %v", *w, *added[i])
			}
			info, err := os.Stat(file)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(info.Mode().Perm()).To(Equal(os.FileMode(0o600)))
			entries, err := os.ReadDir(filepath.Dir(file))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(entries).To(HaveLen(1), "nothing temporary stays")
		})
	}
}

// An entry accepts what it was made of, and served only where that was asked for.
func TestEntriesCoverTheirFaults(t *testing.T) {
	g := NewWithT(t)
	for _, served := range []bool{true, false} {
		s := violation("401/no-token/FetchTenant", "200")
		asked := grounds
		asked.Served = served
		list := &List{Waivers: Entries(report.Faults([]report.Spec{s}), asked)}
		Conclude(&s, "staging", now, list)
		g.Expect(s.Verdict == report.Waived).To(Equal(served))
		s = violation("401/no-token/FetchTenant", "200")
		Conclude(&s, "production", now, list)
		g.Expect(s.Verdict).To(Equal(report.Violation), "it was seen on another target")
	}
	g.Expect(Entries(seen(), grounds)[0].Served).To(BeFalse(), "it says so of nothing that is not served")
}

func TestAppendMakesTheFile(t *testing.T) {
	g := NewWithT(t)
	file := filepath.Join(t.TempDir(), "fixtures", "waivers.yml")
	g.Expect(Append(file, Entries(seen(), grounds), now)).To(Succeed())
	list, err := Load(file, now)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(list.Waivers).To(HaveLen(len(seen())))
}

// A link stays one, and what it leads to is written.
func TestAppendFollowsLinks(t *testing.T) {
	g := NewWithT(t)
	file := write(t, "waivers: []\n")
	link := filepath.Join(t.TempDir(), "waivers.yml")
	g.Expect(os.Symlink(file, link)).To(Succeed())
	g.Expect(Append(link, Entries(seen(), grounds), now)).To(Succeed())
	list, err := Load(file, now)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(list.Waivers).To(HaveLen(len(seen())))
}

// What would not be read again is not written.
func TestAppendWritesAllOrNothing(t *testing.T) {
	for name, c := range map[string]struct {
		before   string
		grounds  func(*Grounds)
		sentence string
	}{
		"a file that is wrong": {"waivers:\n- {spec: 401/no-token/FetchTenant}\n", func(*Grounds) {},
			"has no fault: it accepts one fault and not a spec"},
		"a list in brackets": {"waivers: [{spec: 401/a/b, fault: {rule: r, path: p, found: f}, reason: r, link: " +
			"https://l.example, owner: o, expires: 2030-02-01}]\n", func(*Grounds) {},
			"its list is written in brackets"},
		"too far ahead": {"waivers: []\n", func(g *Grounds) { g.Expires = "2031-06-30" },
			"expires more than a year ahead"},
		"a link that is none": {"waivers: []\n", func(g *Grounds) { g.Link = "TICKET-1" }, "its link is no URL"},
		"one that stands there": {"waivers:\n- {spec: 405/wrong-method/PATCH.x, fault: {rule: RFC 9110, path: header " +
			"Allow, found: none}, reason: r, link: https://l.example, owner: o, expires: 2030-02-01}\n",
			func(*Grounds) {},
			"stands in line 2 already"},
		"an owner of blanks alone": {"waivers: []\n", func(g *Grounds) { g.Owner = " " }, "has no owner"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			file := write(t, c.before)
			asked := grounds
			c.grounds(&asked)
			g.Expect(Append(file, Entries(seen(), asked), now)).To(MatchError(ContainSubstring(c.sentence)))
			content, err := os.ReadFile(file)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(string(content)).To(Equal(c.before))
		})
	}
}
