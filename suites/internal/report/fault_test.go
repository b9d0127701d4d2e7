package report

import (
	"fmt"
	"strings"
	"testing"

	"acronis-conformance/suites/internal/exchange"

	. "github.com/onsi/gomega"
)

func wrong(code, operation string, differences ...Difference) Spec {
	return Spec{ID: code + "/probe/" + operation, Code: code, Probe: "probe", Subject: operation, Operation: operation,
		Verdict: Violation,
		Basis:   Basis{Documented, Documented}, Reason: "a reason of its own for " + operation,
		Differences: differences, Started: noon}
}

func status(found, expected int) Difference {
	return Difference{Path: "status", Rule: "status", Found: fmt.Sprint(found),
		Detail: fmt.Sprintf("expected %d", expected)}
}

func listed(path string) Difference {
	return Difference{Path: path, Rule: "type", Found: "[]", Detail: "expected object, not array"}
}

// described are faults as a reader sees them.
func described(specs ...Spec) []string {
	var lines []string
	for _, b := range Bundles(Faults(specs)) {
		lines = append(lines, b.Text()+": "+b.Where())
	}
	return lines
}

// A fault of every error body is one, whatever probes and codes it is met with; and that of a single operation that
// hides among the same specs is another.
func TestFaultsByCause(t *testing.T) {
	g := NewWithT(t)
	var specs []Spec
	for _, code := range []string{"401", "403", "404"} {
		for i := range 30 {
			specs = append(specs, wrong(code, fmt.Sprintf("Operation%d", i), listed("$.error.details")))
		}
	}
	specs[7].Differences = append(specs[7].Differences, Difference{Path: "$.error.domain", Rule: "required",
		Detail: "the property is missing"})
	g.Expect(described(specs...)).To(Equal([]string{
		"$.error.details is an array, the documentation promises an object: 90 specs of 401, 403, 404 on 30 operations",
		"required property $.error.domain is missing: 1 spec of 401 on Operation7",
	}))
	list := Faults(specs)
	g.Expect(list[0].Example).To(Equal("401/probe/Operation0"))
	g.Expect(list[0]).To(And(HaveField("Rule", "type"), HaveField("Path", "$.error.details"),
		HaveField("Found", "array"), HaveField("Gravity", ErrorBody)))
	g.Expect(list[1].Single()).To(BeTrue())
}

func TestFaultsAreNamed(t *testing.T) {
	g := NewWithT(t)
	at := func(path, rule, found, detail string) Difference {
		return Difference{Path: path, Rule: rule, Found: found, Detail: detail}
	}
	for want, difference := range map[string]Difference{
		"the status is 404, the documentation promises 403":                        status(404, 403),
		"probe: requests that must be rejected with 403 succeed (200)":             status(200, 403),
		"the service fails with 500 where 403 is promised":                         status(500, 403),
		"calls with valid credentials are rejected with 401 where 200 is promised": status(401, 200),
		"the status is 201, the documentation promises 200":                        status(201, 200),
		"$.error.code is a string, the documentation promises an integer or null": at("$.error.code",
			"type", `"403"`, "expected integer or null, not string"),
		"the body is an array, the documentation promises an object": at("$", "type",
			"[1]", "expected object"),
		"$.items[*].id is null, the documentation promises a string": at("$.items[31].id", "type", "null",
			"expected string, not null"),
		"required property $.error is missing": at("$.error",
			"required", "", "the property is missing"),
		"the body is not JSON": at("$.a",
			"not-json", "<html>", "invalid character '<', near byte 1"),
		"the Content-Type is \"text/html\": the reference promises application/json": at("header Content-Type",
			"media-type", `"text/html"`, "the reference promises application/json"),
		"the header Allow is missing: a 405 carries Allow (RFC 9110)": at("header Allow",
			"RFC 9110", "none", "a 405 carries Allow"),
		"a rejected request takes effect all the same: $.enabled was true before, and is false now": at(
			"FetchTenant $.enabled", "unchanged", "$.enabled was true before, and is false now",
			"the request was answered with 403 and took effect all the same"),
		"the answer shows the secret $.client_secret": at("body",
			"secret", "a secret", "the answer shows the secret $.client_secret"),
		"$.kind is \"c\": the value is none of [a b]": at("$.kind",
			"enum", `"c"`, "the value is none of [a b]"),
		"a reason of its own for FetchTenant": {},
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

func TestFaultsTogetherAndApart(t *testing.T) {
	g := NewWithT(t)
	// What is served is one fault with any success; that it is served in a broken form is another, and never hides it.
	a, b := wrong("401", "FetchTenant", status(200, 401), listed("$.items")), wrong("401", "CreateTenant",
		status(201, 401))
	g.Expect(described(a, b)).To(Equal([]string{
		"probe: requests that must be rejected with 401 succeed (200 or 201): 2 specs of 401 on 2 operations",
		"$.items is an array, the documentation promises an object: 1 spec of 401 on FetchTenant",
	}))
	g.Expect(Faults([]Spec{a, b})[1].Gravity).To(Equal(SuccessBody))
	// What one probe gets served is not what another one does.
	c := wrong("401", "FetchTenant", status(200, 401))
	c.Probe, c.ID = "other", "401/other/FetchTenant"
	g.Expect(described(b, c)).To(HaveLen(2))
	// A service that is not there is one fault, whatever was asked for; one that breaks on a request is a fault of
	// that.
	g.Expect(described(wrong("401", "FetchTenant", status(503, 401)),
		wrong("404", "FetchUser", status(503, 404)))).To(HaveLen(1))
	g.Expect(described(wrong("401", "FetchTenant", status(500, 401)),
		wrong("404", "FetchUser", status(500, 404)))).To(HaveLen(2))
	// Where the reader of a body gave up depends on the rest of it, and media types have parameters.
	at := func(path, rule, found, detail string) Difference {
		return Difference{Path: path, Rule: rule, Found: found, Detail: detail}
	}
	g.Expect(described(wrong("401", "A", at("$.a", "not-json", "x", "near byte 1")),
		wrong("401", "B", at("$.b", "not-json", "y", "near byte 2")))).To(HaveLen(1))
	g.Expect(described(wrong("401", "A", at("header Content-Type", "media-type", `"text/html"`, "x")),
		wrong("401", "B", at("header Content-Type", "media-type", `"text/html; charset=utf-8"`, "x")))).To(HaveLen(1))
	// A word that a closed list lacks is a fault of its own; what differs from run to run is not.
	g.Expect(described(wrong("20x", "A", at("$.type", "enum", `"one"`, "x")),
		wrong("20x", "B", at("$.type", "enum", `"two"`, "x")))).To(HaveLen(2))
	g.Expect(described(wrong("20x", "A", at("$.type", "enum", `"at 1764193004"`, "x")),
		wrong("20x", "B", at("$.type", "enum", `"at 1764193005"`, "x")))).To(HaveLen(1))
	g.Expect(described(wrong("20x", "A", at("$.items[0].id", "filter", "4711", "x")),
		wrong("20x", "B", at("$.items[7].id", "filter", "4712", "x")))).To(HaveLen(1))
	// What only one probe looks at is a fault of that probe.
	search := wrong("20x", "A", at("$.items", "filter", "3 items", "x"))
	search.Probe = "search"
	g.Expect(described(search, wrong("20x", "B", at("$.items", "filter", "3 items", "x")))).To(HaveLen(2))
	// Causes that always come together are shown as one, with a text that stays short.
	var many []Difference
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		many = append(many, Difference{Path: "$." + name, Rule: "required", Detail: "the property is missing"})
	}
	g.Expect(described(wrong("401", "A", many...), wrong("401", "B",
		many...))).To(ConsistOf(And(ContainSubstring("required property $.a is missing"),
		ContainSubstring("; and 2 more faults: 2 specs"))))
	g.Expect(Bundles(Faults([]Spec{wrong("401", "A", many...)}))[0].IDs()).To(HaveLen(5))
	// A path that is not an operation counts as a path.
	other := Spec{ID: "405/wrong-method/PUT.x", Code: "405", Subject: "PUT.x", Method: "PUT", Path: "/x",
		Verdict: Violation, Differences: []Difference{status(404, 405)}}
	twin := other
	twin.ID, twin.Subject, twin.Path = "405/wrong-method/PUT.y", "PUT.y", "/y"
	g.Expect(described(other)).To(ConsistOf(HaveSuffix("1 spec of 405 on /x")))
	g.Expect(described(other, twin)).To(ConsistOf(HaveSuffix("2 specs of 405 on 2 paths")))
}

// The gravest fault comes first, however few specs show it.
func TestFaultsByGravity(t *testing.T) {
	g := NewWithT(t)
	of := func(probe string, s Spec) Spec {
		s.Probe = probe
		s.ID = s.Code + "/" + probe + "/" + s.Operation
		return s
	}
	lenient := of("duplicate", wrong("409", "CreateUser", status(201, 409)))
	lenient.Verdict, lenient.Accepted, lenient.Basis = Inconclusive, true, Basis{Assumed, Assumed}
	advised := of("advised", wrong("404", "FetchTenant"))
	advised.Verdict, advised.Advice = Pass, []string{"RFC 9110: a 404 carries nothing"}
	body := Difference{Path: "$.id", Rule: "required", Detail: "the property is missing"}
	specs := []Spec{
		advised, lenient, of("a", wrong("20x", "FetchUser", body)), of("b", wrong("20x", "FetchTenant", body)), of("a",
			wrong("404", "FetchUser", listed("$.error"))),
		of("a", wrong("400", "FetchUser", status(404, 400))),
		of("a", wrong("401", "FetchUser", Difference{Path: "body", Rule: "secret", Found: "a secret",
			Detail: "the answer shows the secret $.client_secret"})),
		of("a", wrong("409", "UpdateUser", Difference{Path: "FetchUser", Rule: "unchanged",
			Found: "$.name was 1 before, and is 2 now", Detail: "x"})),
		of("expired-token", wrong("401", "FetchUser", status(200, 401))), of("expired-token",
			wrong("401", "FetchTenant", status(200, 401))),
		of("foreign-tenant", wrong("403", "FetchTenant", status(200, 403))),
	}
	var order []string
	for _, f := range Faults(specs) {
		order = append(order, fmt.Sprintf("%s %s %s", f.Verdict, f.Gravity, f.Example[:3]))
	}
	g.Expect(order).To(Equal([]string{
		"violation served 403", "violation served 401", "violation effect 409", "violation secret 401",
		"violation code 400", "violation error-body 404",
		"violation success-body 20x", "inconclusive lenient 409", "pass advice 404",
	}))
}

// A fault has the same id in every run, whichever specs show it, and with it everything that its reader knows it by.
func TestFaultIDs(t *testing.T) {
	g := NewWithT(t)
	id := func(specs ...Spec) string { return Faults(specs)[0].ID }
	one := id(wrong("401", "A", listed("$.error.details")))
	g.Expect(one).To(Equal("f4mn5rse"), "an id that changes makes waivers and issues of its readers worthless")
	g.Expect(one).To(MatchRegexp("^[a-z2-7]{8}$"))
	g.Expect(id(wrong("404", "B", listed("$.error.details")), wrong("403", "C",
		listed("$.error.details")))).To(Equal(one))
	g.Expect(id(wrong("401", "A", listed("$.error.domain")))).NotTo(Equal(one))
	g.Expect(id(wrong("401", "A", Difference{Path: "$.error.details", Rule: "type", Found: "1",
		Detail: "expected object, not integer"}))).NotTo(Equal(one))
	g.Expect(id(wrong("20x", "A", listed("$.error.details")))).NotTo(Equal(one), "of an answer that serves the request")
	g.Expect(id(wrong("20x", "A", Difference{Path: `$["8628f2ae-738a-4181-829f-9536ba76db03"].a`, Rule: "required"}))).
		To(Equal(id(wrong("20x", "A", Difference{Path: `$["53f2ae86-738a-4181-829f-9536ba76db03"].a`,
			Rule: "required"}))), "ids are other ones in every run")
	g.Expect(id(wrong("20x", "A", Difference{Path: "$.items[3].a", Rule: "required"}))).To(Equal(id(wrong("20x", "A",
		Difference{Path: "$.items[0].a", Rule: "required"}))))
}

// What is accepted in one spec and not in another stands in the list twice, under one id, each time with its specs.
func TestFaultsThatAreAccepted(t *testing.T) {
	g := NewWithT(t)
	waived, known := listed("$.a"), listed("$.b")
	waived.Accepted = &Acceptance{Verdict: Waived, Reason: "r", Link: "https://l.example", Owner: "us",
		Expires: "2030-01-31"}
	known.Accepted = &Acceptance{Verdict: Known, Reason: "seen in 2025", Link: "https://k.example"}
	covered, partly, open := wrong("401", "A", waived, known), wrong("401", "B", waived, listed("$.b")), wrong("401",
		"C", listed("$.a"))
	covered.Verdict = Waived
	var lines []string
	for _, f := range Faults([]Spec{covered, partly, open}) {
		lines = append(lines, fmt.Sprintf("%s %s %v %v", f.Verdict, f.Path, f.Operations, f.Accepted))
	}
	g.Expect(lines).To(Equal([]string{
		"violation $.a [C] <nil>",
		"violation $.b [B] <nil>",
		"waived $.a [A B] waived until 2030-01-31 by us: r, https://l.example",
		"known $.b [A] known deviation: seen in 2025, https://k.example",
	}))
	g.Expect(Faults([]Spec{covered, open})[0].ID).To(Equal(Faults([]Spec{covered, open})[1].ID))
	r := &Result{Specs: []Spec{covered, partly, open}, Faults: Faults([]Spec{covered, partly, open})}
	f, shows := r.FaultOf(&partly)
	g.Expect(shows).To(BeTrue())
	g.Expect(f.Path).To(Equal("$.b"), "of its faults the one that makes it a violation")
	f, _ = r.FaultOf(&covered)
	g.Expect(f.Verdict).To(Equal(Waived))
}

func TestReasons(t *testing.T) {
	g := NewWithT(t)
	a, b := wrong("401", "FetchTenant"), wrong("401", "CreateTenant")
	a.Verdict, b.Verdict = Inconclusive, Inconclusive
	a.Reason, b.Reason = "no role", "no role"
	g.Expect(Reasons(&Result{Specs: []Spec{a, b}}, Inconclusive)).To(ConsistOf(HaveField("Text", "no role")))
	a.Reason, b.Reason = "see 401/x/FetchTenant: it changed the object", "see 401/x/CreateTenant: it changed the object"
	list := Reasons(&Result{Specs: []Spec{a, b}}, Inconclusive)
	g.Expect(list).To(HaveLen(1))
	g.Expect(list[0].Text).To(Equal("see another spec: it changed the object"))
	g.Expect(Reasons(&Result{Specs: []Spec{a}}, Inconclusive)[0].Text).To(Equal(a.Reason))
}

// The spec that is shown rests on what is documented, and little else is wrong with it.
func TestFaultsShowAClearSpec(t *testing.T) {
	g := NewWithT(t)
	assumed, crowded, clear := wrong("400", "A", listed("$.a")), wrong("401", "A", listed("$.a"),
		listed("$.b")), wrong("404", "B", listed("$.a"))
	assumed.Basis = Basis{Assumed, Assumed}
	g.Expect(Faults([]Spec{assumed, crowded, clear})[0].Example).To(Equal(clear.ID))
	crowded.Exchanges = []exchange.Evidence{{}}
	g.Expect(Faults([]Spec{assumed, crowded, clear})[0].Example).To(Equal(crowded.ID), "an exchange can be repeated")
}

// Neither the many hide the few nor the few the many.
func TestTopFaults(t *testing.T) {
	g := NewWithT(t)
	var specs []Spec
	for fault := range 8 {
		for i := range 20 - fault {
			specs = append(specs, wrong("404", fmt.Sprintf("Operation%d", i),
				listed(fmt.Sprintf("$.widespread%d", fault))))
		}
	}
	for fault := range 4 {
		specs = append(specs, wrong("404", "FetchTenant", listed(fmt.Sprintf("$.single%d", fault)),
			listed("$.widespread0")))
	}
	specs = append(specs, wrong("403", "FetchUser", status(200, 403)))
	for i := range specs {
		specs[i].ID += fmt.Sprint("-", i)
	}
	list := Bundles(Faults(specs))
	g.Expect(list).To(HaveLen(13))
	single := func(list []Bundle) (of []bool) {
		for _, b := range list {
			of = append(of, b.Single())
		}
		return of
	}
	foremost := Top(list, 5)
	g.Expect(single(foremost)).To(Equal([]bool{true, false, false, true, true}),
		"the gravest first, in the order of all")
	g.Expect(foremost[0].Sentence).To(HavePrefix("probe: requests that must be rejected with 403 succeed (200)"))
	g.Expect(foremost[1].Path).To(Equal("$.widespread0"))
	g.Expect(Top(list, 99)).To(HaveLen(13))
	g.Expect(single(Top(list[1:9], 5))).To(Equal([]bool{false, false, false, false, false}),
		"where there is no single one, no place is kept")
	r := &Result{Specs: specs, Faults: Faults(specs)}
	r.Totals, _, _ = tally(r.Specs, nil)
	g.Expect(r.contradiction()).To(
		HavePrefix(fmt.Sprintf("13 faults (%d failing specs). Most severe: probe: requests that must be rejected "+
			"with 403",
			len(specs))))
}

// Every spec that is red shows a fault, and a target that answers with whatever it likes makes neither a text that
// steers nor a long one.
func TestFaultsHostile(t *testing.T) {
	g := NewWithT(t)
	bad := "<script>alert(1)</script>\x1b[2J\r\n\u202e\u200b\x00\xff" + strings.Repeat("[9]", 9000)
	var specs []Spec
	for i, rule := range []string{"type", "required", "not-json", "status", "unchanged", "secret", "media-type",
		"RFC 9110", "enum", bad, ""} {
		for _, detail := range []string{bad, "expected " + bad + ", not " + bad, ""} {
			for _, path := range []string{bad, "header " + bad, "$", ""} {
				s := wrong("401", fmt.Sprintf("Operation%d%s", i, bad),
					Difference{Path: path, Rule: rule, Found: bad, Detail: detail})
				s.Code, s.Reason, s.Path, s.Subject, s.Probe, s.Advice = bad, bad, bad, bad, bad, []string{bad}
				s.ID = fmt.Sprint(len(specs), s.ID)
				specs = append(specs, s)
			}
		}
	}
	none := wrong("401", "")
	none.Reason = ""
	specs = append(specs, none)
	seen := map[string]bool{}
	for _, f := range Faults(specs) {
		for _, id := range f.Specs {
			seen[id] = true
		}
		g.Expect(f.Sentence).NotTo(BeEmpty())
		g.Expect(len([]rune(f.Sentence))).To(BeNumerically("<=", 330))
		for _, text := range []string{f.Sentence, f.Where()} {
			g.Expect(text).To(Equal(exchange.Printable(text)))
			g.Expect(text).NotTo(ContainSubstring("\n"))
		}
	}
	g.Expect(seen).To(HaveLen(len(specs)))
}
