package waiver

import (
	"os"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/report"
)

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
			`:2: waiver 401/*/FetchTenant: expires is not a day: "2030-06-31" should look like 2030-04-01, and exist`},
		"another form": {"2030-06-30", "30.06.2030",
			`:2: waiver 401/*/FetchTenant: expires is not a day: "30.06.2030" should look like 2030-04-01, and exist`},
		"no spec": {"- spec: 401/*/FetchTenant\n  fault", "- fault",
			":2: waiver: has no spec: name the id of a spec, or a pattern such as 401/*/FetchTenant"},
		"bad pattern": {"401/*/FetchTenant", "401/[a/FetchTenant",
			":2: waiver 401/[a/FetchTenant: its spec is not a pattern: close the brackets, or put \\ before them"},
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
			`:7: the file is not valid YAML: mapping key "owner" already defined at [6:3]`},
		"of another type": {"[staging]", "{staging: 1}",
			":8: the value is of the wrong type: waivers is a list, each with texts and a fault of three texts, " +
				"served is " +
				"true or false, and targets is a list of texts"},
		"no text": {"accounts", "[a]", ":6: the value is of the wrong type"},
		"no list": {"waivers:\n- spec", "waivers:\n  spec", ":2: the value is of the wrong type"},
		"no YAML": {"waivers:\n", "waivers: [\n", ":1: the file is not valid YAML: "},
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
