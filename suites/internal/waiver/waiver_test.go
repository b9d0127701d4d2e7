package waiver

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
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

// now is the day of all tests but those that name another.
var now = day("2030-01-01T12:00:00Z")

func load(t *testing.T, content string) *List {
	t.Helper()
	list, err := Load(write(t, content), now)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return list
}

// good is a waiver that lacks nothing.
const good = `waivers:
- spec: 401/*/FetchTenant
  fault: {rule: status, path: status, found: '403'}
  reason: it answers 403
  link: https://tracker.example.com/1
  owner: accounts
  expires: 2030-06-30
  targets: [staging]
`

func TestTheProjectsOwnFile(t *testing.T) {
	g := NewWithT(t)
	list, err := Load("../../../fixtures/waivers.yml", time.Now())
	g.Expect(err).NotTo(HaveOccurred())
	today := time.Now()
	for _, w := range list.Waivers {
		g.Expect(w.Expired(today)).To(BeFalse(), w.name())
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
	s := violation("415/wrong-content-type/CreateTenant", "400")
	Conclude(&s, "staging", day("2030-06-30T23:59:59Z"), list)
	g.Expect(s.Verdict).To(Equal(report.Waived))
}

// violation is a spec that was answered with another status than the promised one, and has other differences.
func violation(id, found string, more ...report.Difference) report.Spec {
	parts := strings.Split(id, "/")
	return report.Spec{ID: id, Code: parts[0], Probe: parts[1], Operation: parts[2], Verdict: report.Violation,
		Reason: "r", Actual: found + " ",
		Basis: report.Basis{Rejection: report.Documented, Code: report.Documented},
		Differences: append([]report.Difference{{Path: "status", Rule: "status", Found: found, Detail: "expected " +
			parts[0]}}, more...)}
}

func TestConcludeLooksAtSpecTargetAndDay(t *testing.T) {
	list := load(t, good+`
- {spec: "405/wrong-method/PATCH.tenants.{tenant_id}", fault: {rule: status, path: status, found: "403"}, reason: r, link: "http://l.example", owner: o, expires: "2030-01-31"}
- {spec: [401/no-token/*, 401/garbage-token/FetchUser], fault: {rule: stat*, path: "*us", found: "4*"}, reason: r, link: https://l.example, owner: o, expires: 2030-12-31}
`)
	for _, c := range []struct {
		id, target, day string
		by              string // the last day of the waiver; empty: none
	}{
		{"401/expired-token/FetchTenant", "staging", "2030-06-30T23:59:59Z", "2030-06-30"},
		{"401/expired-token/FetchTenant", "staging", "2030-07-01T00:00:00Z", ""},
		{"401/expired-token/FetchTenant", "staging", "2030-07-01T01:00:00+02:00",
			"2030-06-30"}, // it is still June in UTC
		{"401/expired-token/FetchTenant", "mock", "2030-06-30T00:00:00Z", ""},
		{"401/expired-token/FetchTenants", "staging", "2030-06-30T00:00:00Z", ""},
		{"405/wrong-method/PATCH.tenants.{tenant_id}", "mock", "2030-01-31T12:00:00Z", "2030-01-31"},
		{"401/no-token/FetchTenant", "staging", "2030-06-30T00:00:00Z", "2030-06-30"},
		{"401/no-token/FetchTenant", "mock", "2030-06-30T00:00:00Z", "2030-12-31"},
		{"401/garbage-token/FetchUser", "mock", "2030-06-30T00:00:00Z", "2030-12-31"},
		{"401/no-token/FetchTenant", "staging", "2030-12-31T00:00:00Z", "2030-12-31"}, // the first one is expired
	} {
		t.Run(c.id+" "+c.target+" "+c.day, func(t *testing.T) {
			g := NewWithT(t)
			s := violation(c.id, "403")
			Conclude(&s, c.target, day(c.day), nil, list)
			if c.by == "" {
				g.Expect(s.Verdict).To(Equal(report.Violation))
				g.Expect(s.Reason).To(Equal("r"))
				return
			}
			g.Expect(s.Verdict).To(Equal(report.Waived))
			g.Expect(s.Reason).To(HavePrefix("r (waived until " + c.by + " by "))
			g.Expect(s.Differences[0].Accepted.Expires).To(Equal(c.by))
		})
	}
}

// A waiver accepts a fault, not a spec: whatever else differs makes it a violation, and the reason says what.
func TestConcludeAcceptsAFaultAndNotASpec(t *testing.T) {
	g := NewWithT(t)
	missing := report.Difference{Path: "$.error.domain", Rule: "required", Detail: "the property is missing"}
	list := load(t, good)
	s := violation("401/expired-token/FetchTenant", "403", missing)
	before := slices.Clone(s.Differences)
	given := s.Differences
	Conclude(&s, "staging", now, list)
	g.Expect(given).To(Equal(before), "what was given is left alone")
	g.Expect(s.Verdict).To(Equal(report.Violation))
	g.Expect(s.Reason).To(Equal("r; neither waived nor known: $.error.domain: the property is missing (wbiiia64)"))
	g.Expect(s.Differences[0].Accepted.Verdict).To(Equal(report.Waived))
	g.Expect(s.Differences[1].Accepted).To(BeNil())

	whole := load(t, good+strings.NewReplacer("waivers:\n", "", "rule: status, path: status, found: '403'",
		"rule: required, path: $.error.domain, found: nothing").Replace(good))
	s = violation("401/expired-token/FetchTenant", "403", missing)
	Conclude(&s, "staging", now, whole)
	g.Expect(s.Verdict).To(Equal(report.Waived))

	// What is known and what is waived can stand in one spec; a waiver weighs more.
	known, err := parseKnown("known.yml",
		[]byte("known_deviations:\n- {spec: 401/*/FetchTenant, fault: {rule: required, path: $.error.domain, found: "+
			"nothing}, reason: k, link: https://k.example}\n"))
	g.Expect(err).NotTo(HaveOccurred())
	s = violation("401/expired-token/FetchTenant", "403", missing)
	Conclude(&s, "staging", now, list, known)
	g.Expect(s.Verdict).To(Equal(report.Waived))
	g.Expect(s.Reason).To(ContainSubstring(
		"(waived until 2030-06-30 by accounts: it answers 403, https://tracker.example.com/1; known deviation: k, " +
			"https://k.example)"))

	// Many that are not covered are named in short.
	var many []report.Difference
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		many = append(many, report.Difference{Path: "$." + name, Rule: "required", Detail: "the property is missing"})
	}
	s = violation("401/expired-token/FetchTenant", "403", many...)
	Conclude(&s, "staging", now, list)
	g.Expect(s.Reason).To(HaveSuffix("; and 2 more"))

	// Neither trouble nor what was not put to the test is ever waived.
	for _, verdict := range []report.Verdict{report.Error, report.Inconclusive, report.Pass} {
		s = violation("401/expired-token/FetchTenant", "403")
		s.Verdict = verdict
		Conclude(&s, "staging", now, list)
		g.Expect(s.Verdict).To(Equal(verdict))
	}
}

// A request that must be rejected and is served is covered by a waiver that says so, and by no other, however wide it
// is.
func TestConcludeCoversWhatIsServedInSoManyWordsOnly(t *testing.T) {
	g := NewWithT(t)
	for _, found := range []string{"2xx", "'*'", "2*"} {
		for served, verdict := range map[string]report.Verdict{"": report.Violation,
			"served: false\n  ": report.Violation, "served: true\n  ": report.Waived} {
			s := violation("401/wrong-secret/FetchTenant", "200")
			Conclude(&s, "staging", now, load(t, strings.NewReplacer("'403'", found, "reason:",
				served+"reason:").Replace(good)))
			g.Expect(s.Verdict).To(Equal(verdict), "%s %s", found, served)
		}
	}
}

func TestMatches(t *testing.T) {
	g := NewWithT(t)
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"$.items[*].id", "$.items[*].id", true}, {"$.items[*].id", "$.items[*].a[*].id", false}, {"$*.id",
			"$.items[*].id", true}, {"$*.id", "$.id", true}, {"$*.id", "$.idp", false},
		{"*", "", true}, {"a*", "a", true}, {"*a", "ba", true}, {"a*a", "a", false}, {"a*b*c", "axbxc", true}, {"a*b*c",
			"acb", false}, {"", "a", false}, {"[a]", "a", false},
		{`"a"`, `"a"`, true}, {`"*"`, `"a"`, true}, {"a**b", "ab", true}, {"*[*]", "$.a[*]", true}, {"*[*]*", "$.a",
			false},
	} {
		g.Expect(matches(c.pattern, c.text)).To(Equal(c.want), "%s %s", c.pattern, c.text)
	}
}

func TestMistakesAreNamedWithTheirLine(t *testing.T) {
	for name, c := range map[string]struct{ replace, with, sentence string }{
		"no owner": {"  owner: accounts\n", "",
			":2: waiver 401/*/FetchTenant: has no owner: name the person or the team that answers for it"},
		"empty owner": {"owner: accounts", "owner: ' '",
			":2: waiver 401/*/FetchTenant: has no owner: name the person or the team that answers for it"},
		"no reason": {"  reason: it answers 403\n", "",
			":2: waiver 401/*/FetchTenant: has no reason: say in a sentence what is wrong"},
		"no link": {"  link: https://tracker.example.com/1\n", "",
			":2: waiver 401/*/FetchTenant: has no link: name the page where it is followed up"},
		"bad link": {"https://tracker.example.com/1", "TICKET-1",
			":2: waiver 401/*/FetchTenant: its link is no URL: write it with https://"},
		"no expires": {"  expires: 2030-06-30\n", "",
			":2: waiver 401/*/FetchTenant: has no expires: name its last day, such as 2030-04-01"},
		"no such day": {"2030-06-30", "2030-06-31",
			`:2: waiver 401/*/FetchTenant: expires is no day: "2030-06-31" should look like 2030-04-01, and exist`},
		"another form": {"2030-06-30", "30.06.2030",
			`:2: waiver 401/*/FetchTenant: expires is no day: "30.06.2030" should look like 2030-04-01, and exist`},
		"no spec": {"- spec: 401/*/FetchTenant\n  fault", "- fault",
			":2: waiver: has no spec: name the id of a spec, or a pattern such as 401/*/FetchTenant"},
		"bad pattern": {"401/*/FetchTenant", "401/[a/FetchTenant",
			":2: waiver 401/[a/FetchTenant: its spec is no pattern: close the brackets, or put \\ before them"},
		"two parts": {"401/*/FetchTenant", "401/FetchTenant",
			":2: waiver 401/FetchTenant: its spec can fit no id: an id is code/probe/subject, and * does not reach " +
				"over a /"},
		"everything": {"401/*/FetchTenant", "'*/*/*'",
			":2: waiver */*/*: its spec fits everything: name a code and an operation or a probe"},
		"a star": {"401/*/FetchTenant", "'*'",
			":2: waiver *: its spec fits everything: name a code and an operation or a probe"},
		"a whole code": {"401/*/FetchTenant", "401/*/*",
			":2: waiver 401/*/*: its spec fits all of 401: name an operation or a probe"},
		"one in disguise": {"401/*/FetchTenant", "4?1/?*/[A-Z]*",
			":2: waiver 4?1/?*/[A-Z]*: its spec fits all of 4?1: name an operation or a probe"},
		"half an id": {"401/*/FetchTenant", "401/*",
			":2: waiver 401/*: its spec can fit no id: an id is code/probe/subject, and * does not reach over a /"},
		"no fault": {"  fault: {rule: status, path: status, found: '403'}\n", "",
			":2: waiver 401/*/FetchTenant: has no fault: it accepts one fault and not a spec: let conformance waive " +
				"-from " +
				"reports/conformance.json -fault ID write it, or copy rule, path and found of the fault from there"},
		"no rule": {"rule: status, ", "",
			":2: waiver 401/*/FetchTenant: its fault has no rule: copy it from the fault in conformance.json"},
		"no path": {"path: status, ", "",
			":2: waiver 401/*/FetchTenant: its fault has no path: copy it from the fault in conformance.json"},
		"nothing found": {", found: '403'", "",
			":2: waiver 401/*/FetchTenant: its fault has no found: copy it from the fault in conformance.json"},
		"any rule": {"rule: status", "rule: '*'",
			":2: waiver 401/*/FetchTenant: its fault fits everything: name its rule and its path"},
		"any path": {"path: status", "path: '**'",
			":2: waiver 401/*/FetchTenant: its fault fits everything: name its rule and its path"},
		"unknown in it": {"found:", "fund:", `:3: unknown field "fund": known are`},
		"too far ahead": {"2030-06-30", "2031-01-02",
			":2: waiver 401/*/FetchTenant: expires more than a year ahead: name a day until 2031-01-01, and look " +
				"at it " +
				"again then"},
		"empty target": {"[staging]", "['']",
			":2: waiver 401/*/FetchTenant: its targets hold an empty name: remove it"},
		"twice": {"waivers:\n",
			"waivers:\n- {spec: [401/x/y, 401/*/FetchTenant], fault: {rule: status, path: status, found: '403'}, " +
				"reason: " +
				"r, link: https://l.example, owner: o, expires: 2030-01-01}\n",
			":3: waiver 401/*/FetchTenant: stands in line 2 already: remove one of them"},
		"unknown key": {"owner:", "onwer:",
			`:6: unknown field "onwer": known are waivers, in a waiver spec, fault, served, reason, link, owner, ` +
				`expires and targets, and in a fault rule, path and found`},
		"unknown at top": {"waivers:\n", "waiver: 1\nwaivers:\n", `:1: unknown field "waiver": known are`},
		"a key twice": {"  owner: accounts\n", "  owner: a\n  owner: b\n",
			`:7: the file is no valid YAML: mapping key "owner" already defined at [6:3]`},
		"of another type": {"[staging]", "{staging: 1}",
			":8: the value is of the wrong type: waivers is a list, each with texts and a fault of three texts, " +
				"served is " +
				"true or false, and targets is a list of texts"},
		"no text": {"accounts", "[a]", ":6: the value is of the wrong type"},
		"no list": {"waivers:\n- spec", "waivers:\n  spec", ":2: the value is of the wrong type"},
		"no YAML": {"waivers:\n", "waivers: [\n", ":1: the file is no valid YAML: "},
		"nothing": {good, "# nothing\n",
			": has no list named waivers: write waivers: [] where nothing is waived"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(good).To(ContainSubstring(c.replace))
			file := write(t, strings.Replace(good, c.replace, c.with, 1))
			_, err := Load(file, now)
			g.Expect(err).To(MatchError(HavePrefix(file + c.sentence)))
			g.Expect(err.Error()).NotTo(ContainSubstring("\n"))
		})
	}
}

func TestAMissingFileIsNamed(t *testing.T) {
	_, err := Load("nowhere.yml", now)
	NewWithT(t).Expect(err).To(
		MatchError(
			"nowhere.yml: cannot be read: no such file or directory: waivers: [] is what it holds where nothing " +
				"is waived"))
}

// The same pattern for other targets is another waiver.
func TestTwinsForOtherTargets(t *testing.T) {
	g := NewWithT(t)
	list := load(t, good+strings.Replace(strings.TrimPrefix(good, "waivers:\n"), "staging", "mock", 1))
	g.Expect(list.Waivers).To(HaveLen(2))
}

func TestCheck(t *testing.T) {
	all := []string{"401/a/FetchTenant", "401/b/FetchTenant", "401/a/FetchUser", "403/a/FetchTenant",
		"406/a/CheckLogin", "406/b/CheckLogin"}
	const prefix = "waivers.yml:2: waiver 401/*/FetchTenant: "
	for name, c := range map[string]struct {
		replace, with string
		target, day   string
		wrong, ending string
	}{
		"fine": {"", "", "staging", "2030-01-01T00:00:00Z", "", ""},
		"fits no spec": {"401/*/FetchTenant", "401/*/FetchNothing", "mock", "2030-01-01T00:00:00Z",
			"waivers.yml:2: waiver 401/*/FetchNothing: 401/*/FetchNothing fits no spec: correct it, or remove it", ""},
		"one fits no spec": {"401/*/FetchTenant", "[401/a/FetchTenant, 401/x/FetchTenant]", "staging",
			"2030-01-01T00:00:00Z",
			"waivers.yml:2: waiver 401/a/FetchTenant and 1 more: 401/x/FetchTenant fits no spec: correct it, or " +
				"remove it", ""},
		"fits a whole code": {"401/*/FetchTenant", "401/*/F*", "staging", "2030-01-01T00:00:00Z",
			"waivers.yml:2: waiver 401/*/F*: 401/*/F* fits every spec of 401: name operations or probes", ""},
		"all of an operation": {"401/*/FetchTenant", "406/*/CheckLogin", "staging", "2030-01-01T00:00:00Z", "", ""},
		"expired": {"", "", "staging", "2030-07-01T00:00:00Z", prefix +
			"its last day was 2030-06-30: see https://tracker.example.com/1, and remove the waiver, or ask " +
			"accounts for " +
			"another date", ""},
		"expired elsewhere": {"", "", "mock", "2030-07-01T00:00:00Z", "", ""},
		"ends in 14 days": {"", "", "staging", "2030-06-16T23:00:00Z", "", prefix +
			"its last day is 2030-06-30: see https://tracker.example.com/1, or ask accounts for another date"},
		"ends in 15 days": {"", "", "staging", "2030-06-15T23:00:00Z", "", ""},
		"ends elsewhere":  {"", "", "mock", "2030-06-30T00:00:00Z", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			list := load(t, strings.Replace(good, c.replace, c.with, 1))
			list.path = "waivers.yml"
			wrong, ending := list.Check(all, c.target, day(c.day))
			for _, got := range []struct {
				list []Problem
				want string
			}{{wrong, c.wrong}, {ending, c.ending}} {
				if got.want == "" {
					g.Expect(got.list).To(BeEmpty())
				} else {
					g.Expect(got.list).To(ConsistOf(HaveField("Message", got.want)))
				}
			}
		})
	}
	wrong, _ := load(t, strings.Replace(good, "FetchTenant", "FetchNothing", 1)).Check(nil, "staging", now)
	NewWithT(t).Expect(wrong).To(BeEmpty(), "where the specs are not known, patterns are not judged")
}

// A waiver is stale where its specs were put to the test and did not show its fault, whatever else they show.
func TestStale(t *testing.T) {
	with := func(id string, verdict report.Verdict, found ...string) report.Spec {
		s := violation(id, "403")
		s.Verdict, s.Differences = verdict, nil
		for _, f := range found {
			s.Differences = append(s.Differences, report.Difference{Path: "status", Rule: "status", Found: f,
				Detail: "expected 401"})
		}
		return s
	}
	for name, c := range map[string]struct {
		specs  []report.Spec
		target string
		day    string
		want   bool
	}{
		"needed": {[]report.Spec{with("401/a/FetchTenant", report.Waived, "403"),
			with("401/b/FetchTenant", report.Pass)}, "staging", "2030-01-01T00:00:00Z", false},
		"needed beside another": {[]report.Spec{with("401/a/FetchTenant", report.Violation, "403", "500")},
			"staging", "2030-01-01T00:00:00Z", false},
		"another fault": {[]report.Spec{with("401/a/FetchTenant", report.Violation, "500")}, "staging",
			"2030-01-01T00:00:00Z", true},
		"all pass": {[]report.Spec{with("401/a/FetchTenant", report.Pass),
			with("401/b/FetchTenant", report.Inconclusive)}, "staging", "2030-01-01T00:00:00Z", true},
		"nothing of it was asserted": {[]report.Spec{with("401/a/FetchTenant", report.Inconclusive),
			with("401/b/FetchTenant", report.Error)}, "staging", "2030-01-01T00:00:00Z", false},
		"another spec passes": {[]report.Spec{with("403/a/FetchTenant", report.Pass)}, "staging",
			"2030-01-01T00:00:00Z", false},
		"for another target": {[]report.Spec{with("401/a/FetchTenant", report.Pass)}, "mock",
			"2030-01-01T00:00:00Z", false},
		"expired": {[]report.Spec{with("401/a/FetchTenant", report.Pass)}, "staging",
			"2030-07-01T00:00:00Z", false},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			list := load(t, good)
			list.path = "waivers.yml"
			problems := list.Stale(c.specs, c.target, day(c.day))
			if !c.want {
				g.Expect(problems).To(BeEmpty())
				return
			}
			g.Expect(problems).To(ConsistOf(HaveField("Message",
				"waivers.yml:2: waiver 401/*/FetchTenant: waiver no longer needed: "+
					"no spec that it fits and that was asserted on staging shows its fault: remove it, or narrow its "+
					"targets")))
		})
	}
	g := NewWithT(t)
	list := load(t, strings.Replace(good, "401/*/FetchTenant",
		"[401/a/FetchTenant, 401/b/FetchTenant, 401/c/FetchTenant]", 1))
	list.path = "waivers.yml"
	specs := []report.Spec{with("401/a/FetchTenant", report.Waived, "403"), with("401/b/FetchTenant", report.Pass),
		with("401/c/FetchTenant", report.Inconclusive)}
	g.Expect(list.Stale(specs, "staging", now)).To(ConsistOf(HaveField("Message",
		"waivers.yml:2: waiver 401/a/FetchTenant and 2 more: "+
			"waiver no longer needed for 401/b/FetchTenant, which was asserted on staging without its fault: "+
			"remove it "+
			"from its list")))
}

func TestDescribe(t *testing.T) {
	g := NewWithT(t)
	g.Expect(load(t, good).Describe("staging", now)).To(Equal("1 holds on staging, of accounts"))
	g.Expect(load(t, good).Describe("mock", now)).To(Equal("none holds on mock"))
}

func TestCheckTargets(t *testing.T) {
	g := NewWithT(t)
	list := load(t, good)
	list.path = "waivers.yml"
	g.Expect(list.CheckTargets([]string{"mock", "staging"})).To(Succeed())
	g.Expect(list.CheckTargets([]string{"mock",
		"stagging"})).To(MatchError(
		`waivers.yml:2: waiver 401/*/FetchTenant: there is no target "staging": choose from mock, stagging`))
}

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
