package report

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	. "github.com/onsi/gomega"
)

func table(t *testing.T, r *Result, width int, color bool, reports ...string) string {
	t.Helper()
	var b strings.Builder
	NewWithT(t).Expect(Table(&b, r, width, color, reports...)).To(Succeed())
	return b.String()
}

// large is a result with numbers as a whole run has them.
func large(t *testing.T) *Result {
	in := sample(t)
	for i := range 1800 {
		in.Specs = append(in.Specs, made("401", fmt.Sprintf("probe-%d", i), Pass, ""))
	}
	for i := range 150 {
		in.Specs = append(in.Specs, made("403", fmt.Sprintf("probe-%d", i), []Verdict{Waived, Inconclusive, Error,
			Known}[i%4], "reason"))
	}
	return Build(in)
}

func TestTable(t *testing.T) {
	got := table(t, Build(sample(t)), 100, false, "reports/conformance.json", "reports/junit.xml")
	got = regexp.MustCompile(`(?m) +(\d+)/\d+$`).ReplaceAllString(got, " $1/N") // of how many is the contract's affair
	NewWithT(t).Expect(got).To(Equal(`1 fault:
  3mfjjod5 required property $.error is missing
    1 spec of 401 on FetchTenant, such as 401/no-token/FetchTenant
    GET https://host/api/2/tenants/1: 200
    conformance replay -target=staging 3mfjjod5

served though nothing documents a rejection: 1 fault in 1 spec
  ib2bbo4a foreign-tenant: requests that are assumed to be rejected with 403 succeed (200): 1 spec
    of 403 on FetchTenantsBatch

code  specs  pass  violation  waived  known  inconclusive  error  reference cells
401       1     0          1       0      0             0      0 1/N
403       1     0          0       0      0             1      0 0/N
50x       1     1          0       0      0             0      0 0/N
all       3     1          1       0      0             1      0 1/N

problem: the waiver 401/* is no longer needed
1 piece of advice beyond the documentation
2 50x went away after a repeat
2 requests were throttled (429): a lower rate in ginkgo.yml spares the target
1 object was left behind:
  tenant t-1 home: answered with 409; make sweep CONFIRM=yes
2037 requests: set-up 30, controls 95, specs 1900, clean-up 12
1.8 s without the waiting specs, 6.5 s with them
report reports/conformance.json
report reports/junit.xml
VIOLATION on staging: 1 fault (1 failing spec): required property $.error is missing
  (401/no-token/FetchTenant); 1 left behind (only a part of the specs was selected)
`))
}

// What is accepted is counted and listed with its source, never silently; what says the same many times is said once.
func TestTableGroups(t *testing.T) {
	g := NewWithT(t)
	in := sample(t)
	in.Specs, in.Problems = nil, nil
	known := &Acceptance{Verdict: Known, Reason: "answers recorded in 2025", Link: "https://k.example"}
	waived := &Acceptance{Verdict: Waived, Reason: "the gateway answers", Link: "https://w.example", Owner: "us",
		Expires: "2030-01-31"}
	for i, operation := range []string{"FetchUser", "CreateUser", "FetchTenant", "FetchClient"} {
		s := made("401", fmt.Sprint("p", i), []Verdict{Known, Waived}[i%2], "")
		d := listed([]string{"$.a", "$.b"}[i/2])
		d.Accepted = []*Acceptance{known, waived}[i%2]
		s.Differences, s.Operation = []Difference{d}, operation
		in.Specs = append(in.Specs, s)
		n := made("403", fmt.Sprint("p", i), Inconclusive, []string{"no role", "no token"}[i%2])
		in.Specs = append(in.Specs, n, made("404", fmt.Sprint("p", i), Inconclusive, "no role"))
	}
	in.Leftovers, in.Floors = nil, nil
	for i := range 300 {
		in.Leftovers = append(in.Leftovers, Leftover{Kind: "tenant", ID: fmt.Sprint("t-", i), Name: fmt.Sprint("n-", i),
			Reason: "answered with 409", Command: "make sweep"})
	}
	in.Leftovers = append(in.Leftovers, Leftover{Kind: "client", ID: "c", Name: "m", Reason: "answered with 409",
		Command: "make sweep"})
	in.Preflight = []Check{{Name: WaiversCheck, State: CheckWarning, Detail: "waivers.yml:4: ends in 3 days"}}
	got := table(t, Build(in), 200, false)
	g.Expect(got).To(HavePrefix("waived: 2 faults in 2 specs\n"))
	g.Expect(got).To(ContainSubstring(
		"\n    2 specs of 401 on 2 operations: waived until 2030-01-31 by us: the gateway answers, " +
			"https://w.example\n"))
	g.Expect(got).To(ContainSubstring("\nknown deviations of the live service: 2 faults in 2 specs\n"))
	g.Expect(got).To(ContainSubstring(
		"\n    2 specs of 401 on 2 operations: known deviation: answers recorded in 2025, https://k.example\n"))
	g.Expect(got).To(ContainSubstring("\n8 specs are inconclusive:\n  6: no role\n  2: no token\n"))
	g.Expect(got).To(ContainSubstring("\nwaivers: waivers.yml:4: ends in 3 days\n"))
	g.Expect(got).To(ContainSubstring(
		"\n301 objects were left behind:\n  300 of kind tenant, such as t-0 n-0: answered with 409; make sweep\n  " +
			"client c m: answered with 409; make sweep\n"))
	g.Expect(got).To(MatchRegexp(`PASS on staging: .*; 2 waived, 2 known, 301 left behind`))

	// What does not fit the eye is counted.
	in.Specs = nil
	for i := range shownAccepted + 3 {
		s := made("401", fmt.Sprint("p", i), Known, "")
		d := listed(fmt.Sprint("$.", i))
		d.Accepted = &Acceptance{Verdict: Known, Reason: fmt.Sprint("source ", i)}
		s.Differences = []Difference{d}
		in.Specs = append(in.Specs, s)
	}
	got = table(t, Build(in), 200, false)
	g.Expect(strings.Count(got, "known deviation: source ")).To(Equal(shownAccepted))
	g.Expect(got).To(ContainSubstring("\n  and 3 more, in conformance.json and index.html\n"))
}

func TestTableFits(t *testing.T) {
	r := large(t)
	for width := 20; width <= 120; width++ {
		got := table(t, r, width, false)
		for line := range strings.Lines(got) {
			copied := strings.Contains(line, "conformance replay") || strings.Contains(line, "https://") // never broken
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > width && !copied {
				t.Errorf("width %d: a line of %d: %q", width, n, line)
			}
		}
		if width >= 40 && !strings.Contains(got, " 0/1\n") {
			t.Errorf("width %d: no grid:\n%s", width, got)
		}
	}
}

// On the narrowest terminals the columns that hold nothing are left out first, and a list takes over at last.
func TestTableLeavesOutEmptyColumns(t *testing.T) {
	g := NewWithT(t)
	got := table(t, Build(sample(t)), 28, false)
	g.Expect(got).To(ContainSubstring("\ncode all P V W K I E cells\n"))
	got = table(t, Build(sample(t)), 22, false)
	g.Expect(got).To(ContainSubstring("\ncode all P V I cells\n"))
	got = table(t, large(t), 24, false)
	g.Expect(got).To(ContainSubstring("\n401\n  specs 1801\n  pass 1800\n"))
	whole := large(t)
	whole.Run.Filtered = false
	g.Expect(table(t, whole, 24, false)).To(ContainSubstring("\n20x\n  specs 0\n  pass 0\n"), "nothing was left out")
}

func TestTableColor(t *testing.T) {
	g := NewWithT(t)
	r := large(t)
	plain, painted := table(t, r, 80, false), table(t, r, 80, true)
	g.Expect(plain).NotTo(ContainSubstring("\x1b"))
	g.Expect(regexp.MustCompile("\x1b\\[[0-9]+m").ReplaceAllString(painted, "")).To(Equal(plain))
	g.Expect(painted).To(ContainSubstring("\x1b[31m  3mfjjod5 required property $.error is missing"),
		"so is what it is")
	g.Expect(painted).To(ContainSubstring("\x1b[31m1\x1b[0m"), "the violation is red")
	g.Expect(painted).NotTo(ContainSubstring("m0\x1b"), "a zero is not coloured")
}

// What the target answers must not steer the terminal.
func TestTableEscapes(t *testing.T) {
	g := NewWithT(t)
	got := table(t, Build(Input{Contract: contract(t), Target: Target{Name: "x\x1b[2J"},
		Problems:  []string{"a\r\nb\x1b]0;title\x07 \u202e\xff"},
		Leftovers: []Leftover{{Name: "\x9b31m"}}}), 80, false, "reports/\x1b[1m")
	g.Expect(got).NotTo(MatchRegexp(`[\x00-\x09\x0b-\x1f\x7f-\x9f\x{202e}]`))
	g.Expect(got).To(ContainSubstring("ERROR on x\ufffd[2J: a b\ufffd]0;title\ufffd"))
	g.Expect(got).NotTo(ContainSubstring("problem"), "the verdict says it")
}

// On a terminal of sixty characters, with as many faults as a bad night has.
func TestTableNamesTheTopFaults(t *testing.T) {
	g := NewWithT(t)
	in := sample(t)
	in.Specs = nil
	codes := []string{"400", "401", "403", "404", "405", "406", "409", "415", "426", "500", "501"}
	for _, code := range codes {
		for _, operation := range []string{"FetchTenant", "FetchUser", "FetchClient"} {
			in.Specs = append(in.Specs, wrong(code, operation, Difference{Path: "status", Rule: "status", Found: "418",
				Detail: "expected " + code}))
		}
	}
	in.Specs = append(in.Specs, wrong("20x", "FetchUser", Difference{Path: "$.name\x1b[2J", Rule: "required",
		Detail: "the property is missing"}))
	got := table(t, Build(in), 60, false)
	g.Expect(got).To(HavePrefix(fmt.Sprintf(`%d faults, the gravest first:
  sav3wo5w the status is 418, the documentation promises 400
    3 specs of 400 on 3 operations, such as
      400/probe/FetchClient
    conformance replay -target=staging sav3wo5w
`, len(codes)+1)))
	g.Expect(strings.Count(got, "3 specs of ")).To(Equal(shownFaults), "all but one of them, and the headline")
	g.Expect(got).To(ContainSubstring(" required property $.name\\x1b[2J is missing\n"),
		"that of a single operation is not left out")
	g.Expect(got).To(ContainSubstring("\n  and 2 more, in summary.md and index.html\n"))
	for line := range strings.Lines(got) {
		g.Expect(utf8.RuneCountInString(line)).To(BeNumerically("<=", 61))
	}
}

func TestUseColor(t *testing.T) {
	g := NewWithT(t)
	env := func(pairs ...string) func(string) (string, bool) {
		return func(name string) (string, bool) {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1], true
				}
			}
			return "", false
		}
	}
	g.Expect(UseColor(env(), true)).To(BeTrue())
	g.Expect(UseColor(env(), false)).To(BeFalse())
	g.Expect(UseColor(env("NO_COLOR", "1"), true)).To(BeFalse())
	g.Expect(UseColor(env("NO_COLOR", ""), true)).To(BeTrue())
	g.Expect(UseColor(env("TERM", "dumb"), true)).To(BeFalse())
}
