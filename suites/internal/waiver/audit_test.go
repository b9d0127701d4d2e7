package waiver

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/report"
)

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
