package waiver

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/report"
)

func day(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

func write(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "waivers.yml")
	NewWithT(t).Expect(os.WriteFile(file, []byte(content), 0o600)).To(Succeed())
	return file
}

func load(t *testing.T, content string) *List {
	t.Helper()
	list, err := Load(write(t, content))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return list
}

// good is a waiver that lacks nothing.
const good = `waivers:
- spec: 401/*/FetchTenant
  reason: it answers 403
  link: https://tracker.example.com/1
  owner: accounts
  expires: 2030-06-30
  targets: [staging]
`

func TestTheProjectsOwnFile(t *testing.T) {
	g := NewWithT(t)
	list, err := Load("../../../fixtures/waivers.yml")
	g.Expect(err).NotTo(HaveOccurred())
	today := time.Now()
	for _, w := range list.Waivers {
		g.Expect(w.Expired(today)).To(BeFalse(), w.Spec)
	}
}

// The example in the file's comment is one that can be taken over.
func TestTheExampleIsGood(t *testing.T) {
	g := NewWithT(t)
	content, err := os.ReadFile("../../../fixtures/waivers.yml")
	g.Expect(err).NotTo(HaveOccurred())
	_, example, found := strings.Cut(string(content), "#\n# waivers:\n")
	g.Expect(found).To(BeTrue())
	example, _, _ = strings.Cut(example, "\n\n")
	list := load(t, "waivers:\n"+strings.ReplaceAll(example, "# ", ""))
	g.Expect(list.Waivers).To(HaveLen(1))
	_, waived := list.For("415/wrong-content-type/CreateTenant", "staging", day("2030-06-30T23:59:59Z"))
	g.Expect(waived).To(BeTrue())
}

func TestFor(t *testing.T) {
	list := load(t, good+`
- {spec: "405/wrong-method/PATCH.tenants.{tenant_id}", reason: r, link: "http://l.example", owner: o, expires: "2030-01-31"}
- {spec: 401/no-token/*, reason: r, link: https://l.example, owner: o, expires: 2030-12-31}
`)
	for _, c := range []struct {
		id, target, day string
		line            int // of the waiver; 0: none
	}{
		{"401/expired-token/FetchTenant", "staging", "2030-06-30T23:59:59Z", 2},
		{"401/expired-token/FetchTenant", "staging", "2030-07-01T00:00:00Z", 0},
		{"401/expired-token/FetchTenant", "staging", "2030-07-01T01:00:00+02:00", 2}, // it is still June in UTC
		{"401/expired-token/FetchTenant", "mock", "2030-06-30T00:00:00Z", 0},
		{"401/expired-token/FetchTenants", "staging", "2030-06-30T00:00:00Z", 0},
		{"401/expired/token/FetchTenant", "staging", "2030-06-30T00:00:00Z", 0},
		{"405/wrong-method/PATCH.tenants.{tenant_id}", "mock", "2030-01-31T12:00:00Z", 9},
		{"401/no-token/FetchTenant", "staging", "2030-06-30T00:00:00Z", 2},
		{"401/no-token/FetchTenant", "mock", "2030-06-30T00:00:00Z", 10},
		{"401/no-token/FetchTenant", "staging", "2030-12-31T00:00:00Z", 10}, // the first one is expired
	} {
		t.Run(c.id+" "+c.target+" "+c.day, func(t *testing.T) {
			g := NewWithT(t)
			w, found := list.For(c.id, c.target, day(c.day))
			g.Expect(found).To(Equal(c.line != 0))
			if found {
				g.Expect(w.Line).To(Equal(c.line))
			}
		})
	}
}

func TestMistakesAreNamedWithTheirLine(t *testing.T) {
	for name, c := range map[string]struct{ replace, with, sentence string }{
		"no owner":        {"  owner: accounts\n", "", ":2: waiver 401/*/FetchTenant: has no owner: name the person or the team that answers for it"},
		"empty owner":     {"owner: accounts", "owner: ' '", ":2: waiver 401/*/FetchTenant: has no owner: name the person or the team that answers for it"},
		"no reason":       {"  reason: it answers 403\n", "", ":2: waiver 401/*/FetchTenant: has no reason: say in a sentence what is wrong"},
		"no link":         {"  link: https://tracker.example.com/1\n", "", ":2: waiver 401/*/FetchTenant: has no link: name the page where it is followed up"},
		"bad link":        {"https://tracker.example.com/1", "TICKET-1", ":2: waiver 401/*/FetchTenant: its link is no URL: write it with https://"},
		"no expires":      {"  expires: 2030-06-30\n", "", ":2: waiver 401/*/FetchTenant: has no expires: name its last day, such as 2030-06-30"},
		"no such day":     {"2030-06-30", "2030-06-31", `:2: waiver 401/*/FetchTenant: expires is no day: "2030-06-31" should look like 2030-06-30, and exist`},
		"another form":    {"2030-06-30", "30.06.2030", `:2: waiver 401/*/FetchTenant: expires is no day: "30.06.2030" should look like 2030-06-30, and exist`},
		"no spec":         {"- spec: 401/*/FetchTenant\n  reason", "- reason", ":2: waiver: has no spec: name the id of a spec, or a pattern such as 401/*/FetchTenant"},
		"bad pattern":     {"401/*/FetchTenant", "401/[a/FetchTenant", ":2: waiver 401/[a/FetchTenant: its spec is no pattern: close the brackets, or put \\ before them"},
		"two parts":       {"401/*/FetchTenant", "401/FetchTenant", ":2: waiver 401/FetchTenant: its spec can fit no id: an id is code/probe/subject, and * does not reach over a /"},
		"everything":      {"401/*/FetchTenant", "'*/*/*'", ":2: waiver */*/*: its spec fits everything: name a code, a probe or an operation"},
		"empty target":    {"[staging]", "['']", ":2: waiver 401/*/FetchTenant: its targets hold an empty name: remove it"},
		"twice":           {"waivers:\n", "waivers:\n- {spec: 401/*/FetchTenant, reason: r, link: https://l.example, owner: o, expires: 2030-01-01}\n", ":3: waiver 401/*/FetchTenant: stands in line 2 already: remove one of them"},
		"unknown key":     {"owner:", "onwer:", `:5: unknown field "onwer": known are waivers, and in a waiver spec, reason, link, owner, expires and targets`},
		"unknown at top":  {"waivers:\n", "waiver: 1\nwaivers:\n", `:1: unknown field "waiver": known are`},
		"a key twice":     {"  owner: accounts\n", "  owner: a\n  owner: b\n", `:6: the file is no valid YAML: mapping key "owner" already defined at [5:3]`},
		"of another type": {"[staging]", "{staging: 1}", ":7: the value is of the wrong type: waivers is a list, each with texts, and targets is a list of texts"},
		"no text":         {"accounts", "[a]", ":5: the value is of the wrong type"},
		"no list":         {"waivers:\n- spec", "waivers:\n  spec", ":2: the value is of the wrong type"},
		"no YAML":         {"waivers:\n", "waivers: [\n", ":1: the file is no valid YAML: "},
		"nothing":         {good, "# nothing\n", ": has no list named waivers: write waivers: [] where nothing is waived"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(good).To(ContainSubstring(c.replace))
			file := write(t, strings.Replace(good, c.replace, c.with, 1))
			_, err := Load(file)
			g.Expect(err).To(MatchError(HavePrefix(file + c.sentence)))
			g.Expect(err.Error()).NotTo(ContainSubstring("\n"))
		})
	}
}

func TestAMissingFileIsNamed(t *testing.T) {
	_, err := Load("nowhere.yml")
	NewWithT(t).Expect(err).To(MatchError("nowhere.yml: cannot be read: no such file or directory: waivers: [] is what it holds where nothing is waived"))
}

// The same pattern for other targets is another waiver.
func TestTwinsForOtherTargets(t *testing.T) {
	g := NewWithT(t)
	list := load(t, good+strings.Replace(strings.TrimPrefix(good, "waivers:\n"), "staging", "mock", 1))
	g.Expect(list.Waivers).To(HaveLen(2))
}

func TestAudit(t *testing.T) {
	const (
		june = "2030-06-30T12:00:00Z"
		july = "2030-07-01T00:00:00Z"
	)
	all := []string{"401/a/FetchTenant", "401/b/FetchTenant", "403/a/FetchTenant"}
	violation, pass := report.Violation, report.Pass
	for name, c := range map[string]struct {
		verdicts map[string]report.Verdict
		all      []string
		target   string
		day      string
		filtered bool
		want     []Kind
	}{
		"needed":                     {map[string]report.Verdict{"401/a/FetchTenant": violation, "401/b/FetchTenant": pass}, all, "staging", june, false, nil},
		"stale":                      {map[string]report.Verdict{"401/a/FetchTenant": pass, "401/b/FetchTenant": report.Inconclusive}, all, "staging", june, false, []Kind{Stale}},
		"nothing of it was asserted": {map[string]report.Verdict{"401/a/FetchTenant": report.Inconclusive, "401/b/FetchTenant": report.Error}, all, "staging", june, false, nil},
		"another spec passes":        {map[string]report.Verdict{"403/a/FetchTenant": pass}, all, "staging", june, false, nil},
		"stale, but for another":     {map[string]report.Verdict{"401/a/FetchTenant": pass}, all, "mock", june, false, nil},
		"stale, but filtered":        {map[string]report.Verdict{"401/a/FetchTenant": pass}, all, "staging", june, true, nil},
		"unmatched":                  {nil, []string{"403/a/FetchTenant"}, "staging", june, false, []Kind{Unmatched}},
		"unmatched on any target":    {nil, []string{"403/a/FetchTenant"}, "mock", june, false, []Kind{Unmatched}},
		"unmatched, but filtered":    {nil, nil, "staging", june, true, nil},
		"expired":                    {map[string]report.Verdict{"401/a/FetchTenant": violation}, all, "staging", july, false, []Kind{Expired}},
		"expired, though filtered":   {nil, nil, "staging", july, true, []Kind{Expired}},
		"expired for another target": {nil, all, "mock", july, false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			list := load(t, good)
			var kinds []Kind
			for _, p := range list.Audit(c.verdicts, c.all, c.target, day(c.day), c.filtered) {
				kinds = append(kinds, p.Kind)
				g.Expect(p.Message).To(HavePrefix(list.path + ":2: waiver 401/*/FetchTenant: "))
			}
			g.Expect(kinds).To(Equal(c.want))
		})
	}
}

func TestAuditSaysWhatToDo(t *testing.T) {
	g := NewWithT(t)
	list := load(t, good)
	list.path = "waivers.yml"
	g.Expect(list.Audit(map[string]report.Verdict{"401/a/FetchTenant": report.Pass}, []string{"401/a/FetchTenant"}, "staging", day("2030-01-01T00:00:00Z"), false)).
		To(ConsistOf(HaveField("Message", "waivers.yml:2: waiver 401/*/FetchTenant: waiver no longer needed: all its specs that were asserted on staging pass: "+
			"remove it, or narrow its pattern or its targets")))
	g.Expect(list.Audit(nil, nil, "staging", day("2031-01-01T00:00:00Z"), true)).
		To(ConsistOf(HaveField("Message", "waivers.yml:2: waiver 401/*/FetchTenant: its last day was 2030-06-30: see https://tracker.example.com/1, "+
			"and remove the waiver, or ask accounts for another date")))
}

func TestCheckTargets(t *testing.T) {
	g := NewWithT(t)
	list := load(t, good)
	list.path = "waivers.yml"
	g.Expect(list.CheckTargets([]string{"mock", "staging"})).To(Succeed())
	g.Expect(list.CheckTargets([]string{"mock", "stagging"})).To(MatchError(`waivers.yml:2: waiver 401/*/FetchTenant: there is no target "staging": choose from mock, stagging`))
}

// Whatever a file holds is either a list whose waivers can be looked up, or one sentence about one place in it.
func FuzzLoad(f *testing.F) {
	whole := "- {spec: 401/no-token/FetchTenant, reason: r, link: 'https://h/1', owner: o, expires: 2030-06-30, targets: [staging]}\n"
	for _, seed := range []string{
		"waivers: []", "waivers:\n" + whole, "waivers:\n" + whole + whole, "waivers:\n- {spec: '*/*/*'}", "waivers: {a: b}", "waivers: &a [*a]", "waivers: null",
		"waivers: &a [{spec: &b [*a, *a]}, *b]", "waivers: []\nwaivers: []", "\ufeffwaivers: []", "waivers: [\"\\x00\"]", "waivers: [\xff]",
		"waivers: " + strings.Repeat("[", 10000), "waivers:\n- {spec: '[', reason: \"\x1b[2J\"}", "waivers:\n- {expires: " + strings.Repeat("9", 10000) + "}", "a: b", "",
	} {
		f.Add([]byte(seed))
	}
	now := day("2029-01-01T00:00:00Z")
	f.Fuzz(func(t *testing.T, data []byte) {
		g := NewWithT(t)
		l, err := parse("waivers.yml", data)
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
		verdicts := map[string]report.Verdict{"401/no-token/FetchTenant": report.Violation}
		for _, p := range l.Audit(verdicts, []string{"401/no-token/FetchTenant"}, "staging", now, false) {
			g.Expect(p.Message).NotTo(BeEmpty())
		}
		l.For("401/no-token/FetchTenant", "staging", now)
	})
}
