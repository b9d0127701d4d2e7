package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"acronis-conformance/suites/internal/exchange"

	. "github.com/onsi/gomega"
)

func wrong(code, operation string, differences ...Difference) Spec {
	return Spec{ID: code + "/probe/" + operation, Code: code, Probe: "probe", Subject: operation, Operation: operation, Verdict: Violation,
		Ground: Ground{Documented, Documented}, Reason: "a reason of its own for " + operation, Differences: differences, Started: noon}
}

func status(found, expected int) Difference {
	return Difference{Path: "status", Rule: "status", Found: fmt.Sprint(found), Detail: fmt.Sprintf("expected %d", expected)}
}

func listed(path string) Difference {
	return Difference{Path: path, Rule: "type", Found: "[]", Detail: "expected object, not array"}
}

// described are findings as a reader sees them.
func described(specs ...Spec) []string {
	var lines []string
	for _, f := range Findings(&Result{Specs: specs}, Violation) {
		lines = append(lines, f.Text+": "+f.Spread())
	}
	return lines
}

// One fault of every error body is one finding, whatever probes and codes it is met with; and the fault of a single operation that hides
// among the same specs is another.
func TestFindingsByCause(t *testing.T) {
	g := NewWithT(t)
	var specs []Spec
	for _, code := range []string{"401", "403", "404"} {
		for i := range 30 {
			specs = append(specs, wrong(code, fmt.Sprintf("Operation%d", i), listed("$.error.details")))
		}
	}
	specs[7].Differences = append(specs[7].Differences, Difference{Path: "$.error.domain", Rule: "required", Detail: "the property is missing"})
	g.Expect(described(specs...)).To(Equal([]string{
		"$.error.details is an array, the documentation promises an object: 90 specs of 401, 403, 404 on 30 operations",
		"$.error.domain is missing, the documentation promises it: 1 spec of 401 on Operation7",
	}))
	list := Findings(&Result{Specs: specs}, Violation)
	g.Expect(list[0].First().ID).To(Equal("401/probe/Operation0"))
	g.Expect(list[0].Key).To(Equal("$.error.details/type/array"))
	g.Expect(list[1].Single()).To(BeTrue())
}

func TestFindingsAreNamed(t *testing.T) {
	g := NewWithT(t)
	at := func(path, rule, found, detail string) Difference { return Difference{path, rule, found, detail} }
	for want, difference := range map[string]Difference{
		"the status is 404, the documentation promises 403":                       status(404, 403),
		"requests that must be refused with 403 are served (200)":                 status(200, 403),
		"the service fails with 500 where 403 is promised":                        status(500, 403),
		"calls with valid credentials are refused with 401 where 200 is promised": status(401, 200),
		"the status is 201, the documentation promises 200":                       status(201, 200),
		"$.error.code is a string, the documentation promises an integer or null": at("$.error.code", "type", `"403"`, "expected integer or null, not string"),
		"the body is an array, the documentation promises an object":              at("$", "type", "[1]", "expected object"),
		"$.items[*].id is null, the documentation promises a string":              at("$.items[31].id", "type", "null", "expected string, not null"),
		"$.error is missing, the documentation promises it":                       at("$.error", "required", "", "the property is missing"),
		"the body is no JSON": at("$.a", "not-json", "<html>", "invalid character '<', near byte 1"),
		"the Content-Type is \"text/html\": the reference promises application/json":               at("header Content-Type", "media-type", `"text/html"`, "the reference promises application/json"),
		"the header Allow is missing: a 405 carries Allow (RFC 9110)":                              at("header Allow", "RFC 9110", "none", "a 405 carries Allow"),
		"a refused request takes effect all the same: $.enabled was true before, and is false now": at("FetchTenant $.enabled", "unchanged", "$.enabled was true before, and is false now", "the request was answered with 403 and took effect all the same"),
		"the answer shows the secret $.client_secret":                                              at("body", "secret", "a secret", "the answer shows the secret $.client_secret"),
		"$.kind: the value is none of [a b]":                                                       at("$.kind", "enum", `"c"`, "the value is none of [a b]"),
		"a reason of its own for FetchTenant":                                                      {},
	} {
		s := wrong("403", "FetchTenant", difference)
		if difference == (Difference{}) {
			s.Differences = nil
		}
		if strings.HasSuffix(difference.Detail, "expected 200") {
			s.Code = "20x"
		}
		g.Expect(described(s)).To(ConsistOf(HavePrefix(want + ": 1 spec of ")))
	}
}

func TestFindingsTogetherAndApart(t *testing.T) {
	g := NewWithT(t)
	// What is served is one fault with any success, and how it is served is another specs' business.
	a, b := wrong("401", "FetchTenant", status(200, 401), listed("$.items")), wrong("401", "CreateTenant", status(201, 401))
	g.Expect(described(a, b)).To(Equal([]string{"requests that must be refused with 401 are served (200 or 201): 2 specs of 401 on 2 operations"}))
	// A service that is not there is one fault, whatever was asked for; one that breaks on a request is a fault of that.
	g.Expect(described(wrong("401", "FetchTenant", status(503, 401)), wrong("404", "FetchUser", status(503, 404)))).To(HaveLen(1))
	g.Expect(described(wrong("401", "FetchTenant", status(500, 401)), wrong("404", "FetchUser", status(500, 404)))).To(HaveLen(2))
	// Where the reader of a body gave up depends on the rest of it, and media types have parameters.
	g.Expect(described(wrong("401", "A", Difference{"$.a", "not-json", "x", "near byte 1"}), wrong("401", "B", Difference{"$.b", "not-json", "y", "near byte 2"}))).To(HaveLen(1))
	g.Expect(described(wrong("401", "A", Difference{"header Content-Type", "media-type", `"text/html"`, "x"}), wrong("401", "B", Difference{"header Content-Type", "media-type", `"text/html; charset=utf-8"`, "x"}))).To(HaveLen(1))
	// Causes that always come together are one finding, with a sentence that stays short.
	var many []Difference
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		many = append(many, Difference{Path: "$." + name, Rule: "required", Detail: "the property is missing"})
	}
	g.Expect(described(wrong("401", "A", many...), wrong("401", "B", many...))).To(ConsistOf(And(HavePrefix("$.a is missing"), ContainSubstring("; and 2 more differences: 2 specs"))))
	// A path that is no operation counts as a path.
	other := Spec{ID: "405/wrong-method/PUT.x", Code: "405", Subject: "PUT.x", Method: "PUT", Path: "/x", Verdict: Violation, Differences: []Difference{status(404, 405)}}
	twin := other
	twin.ID, twin.Subject, twin.Path = "405/wrong-method/PUT.y", "PUT.y", "/y"
	g.Expect(described(other)).To(ConsistOf(HaveSuffix("1 spec of 405 on /x")))
	g.Expect(described(other, twin)).To(ConsistOf(HaveSuffix("2 specs of 405 on 2 paths")))
	// What is no violation goes by its reason.
	a.Verdict, b.Verdict = Inconclusive, Inconclusive
	a.Reason, b.Reason = "no role", "no role"
	g.Expect(Findings(&Result{Specs: []Spec{a, b}}, Inconclusive)).To(HaveLen(1))
	a.Reason, b.Reason = "see 401/x/FetchTenant: it changed the object", "see 401/x/CreateTenant: it changed the object"
	list := Findings(&Result{Specs: []Spec{a, b}}, Inconclusive)
	g.Expect(list).To(HaveLen(1))
	g.Expect(list[0].Text).To(Equal("see another spec: it changed the object"))
	g.Expect(Findings(&Result{Specs: []Spec{a}}, Inconclusive)[0].Text).To(Equal(a.Reason))
}

// The spec that is shown rests on what is documented, and little else is wrong with it.
func TestFindingsShowAClearSpec(t *testing.T) {
	g := NewWithT(t)
	assumed, crowded, clear := wrong("400", "A", listed("$.a")), wrong("401", "A", listed("$.a"), listed("$.b")), wrong("404", "B", listed("$.a"))
	assumed.Ground = Ground{Assumed, Assumed}
	g.Expect(Findings(&Result{Specs: []Spec{assumed, crowded, clear}}, Violation)[0].First().ID).To(Equal(clear.ID))
	crowded.Exchanges = []exchange.Evidence{{}}
	g.Expect(Findings(&Result{Specs: []Spec{assumed, crowded, clear}}, Violation)[0].First().ID).To(Equal(crowded.ID), "an exchange can be repeated")
}

// Neither the many hide the few nor the few the many; and who is told one thing is told the gravest.
func TestForemostFindings(t *testing.T) {
	g := NewWithT(t)
	var specs []Spec
	for fault := range 8 {
		for i := range 20 - fault {
			specs = append(specs, wrong("404", fmt.Sprintf("Operation%d", i), listed(fmt.Sprintf("$.widespread%d", fault))))
		}
	}
	for fault := range 4 {
		specs = append(specs, wrong("404", "FetchTenant", listed(fmt.Sprintf("$.single%d", fault)), listed("$.widespread0")))
	}
	specs = append(specs, wrong("403", "FetchUser", status(200, 403)))
	for i := range specs {
		specs[i].ID += fmt.Sprint("-", i)
	}
	list := Findings(&Result{Specs: specs}, Violation)
	g.Expect(list).To(HaveLen(13))
	foremost := Foremost(list, 5)
	g.Expect(slices.Collect(func(yield func(bool) bool) {
		for _, f := range foremost {
			if !yield(f.Single()) {
				return
			}
		}
	})).To(Equal([]bool{false, false, false, true, true}))
	g.Expect(foremost[0].Key).To(HavePrefix("$.widespread0"))
	g.Expect(foremost[3].Grave).To(BeTrue(), "of the single ones the gravest is first")
	g.Expect(Foremost(list, 99)).To(HaveLen(13))
	g.Expect(Gravest(list).Text).To(Equal("requests that must be refused with 403 are served (200)"))
	r := &Result{Specs: specs}
	r.Totals, _, _ = tally(r.Specs, nil)
	g.Expect(r.contradiction()).To(HavePrefix(fmt.Sprintf("%d specs contradict the documentation with 13 faults, the gravest of them: requests that must be refused with 403", len(specs))))
}

// Every spec that is red is in a finding, and a target that answers with whatever it likes makes neither a text that steers nor a long one.
func TestFindingsHostile(t *testing.T) {
	g := NewWithT(t)
	bad := "<script>alert(1)</script>\x1b[2J\r\n\u202e\u200b\x00\xff" + strings.Repeat("[9]", 9000)
	var specs []Spec
	for i, rule := range []string{"type", "required", "not-json", "status", "unchanged", "secret", "media-type", "RFC 9110", "enum", bad, ""} {
		for _, detail := range []string{bad, "expected " + bad + ", not " + bad, ""} {
			for _, path := range []string{bad, "header " + bad, "$", ""} {
				s := wrong("401", fmt.Sprintf("Operation%d%s", i, bad), Difference{Path: path, Rule: rule, Found: bad, Detail: detail})
				s.Code, s.Reason, s.Path, s.Subject = bad, bad, bad, bad
				s.ID = fmt.Sprint(len(specs), s.ID)
				specs = append(specs, s)
			}
		}
	}
	none := wrong("401", "")
	none.Reason = ""
	specs = append(specs, none)
	seen := map[string]bool{}
	for _, f := range Findings(&Result{Specs: specs}, Violation) {
		for _, s := range f.Specs {
			seen[s.ID] = true
		}
		g.Expect(f.Text).NotTo(BeEmpty())
		g.Expect(len([]rune(f.Text))).To(BeNumerically("<=", 330))
		for _, text := range []string{f.Text, f.Spread()} {
			g.Expect(text).To(Equal(exchange.Printable(text)))
			g.Expect(text).NotTo(ContainSubstring("\n"))
		}
	}
	g.Expect(seen).To(HaveLen(len(specs)))
}
