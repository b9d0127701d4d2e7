package waiver

import (
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
- {spec: "405/wrong-method/PATCH.tenants.{tenant_id}", fault: {rule: status, path: status, found: "403"},
   reason: r, link: "http://l.example", owner: o, expires: "2030-01-31"}
- {spec: [401/no-token/*, 401/garbage-token/FetchUser], fault: {rule: stat*, path: "*us", found: "4*"},
   reason: r, link: https://l.example, owner: o, expires: 2030-12-31}
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

// The same pattern for other targets is another waiver.
func TestTwinsForOtherTargets(t *testing.T) {
	g := NewWithT(t)
	list := load(t, good+strings.Replace(strings.TrimPrefix(good, "waivers:\n"), "staging", "mock", 1))
	g.Expect(list.Waivers).To(HaveLen(2))
}
