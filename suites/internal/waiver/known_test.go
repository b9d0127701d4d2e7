package waiver

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/report"
)

// Every known deviation is one that a body can have: an answer of each operation that is named, with nothing but that
// in it, shows just this fault, and is covered.
func TestEveryKnownDeviationIsAFaultOfItsOperations(t *testing.T) {
	contract, err := schemas.Load()
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	known, err := Known()
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	NewWithT(t).Expect(len(known.Waivers)).To(BeNumerically(">", 20))
	all := builtInSpecs(t)
	for _, w := range known.Waivers {
		for _, pattern := range w.Specs {
			t.Run(fmt.Sprintf("%d %s", w.Line, pattern), func(t *testing.T) {
				g := NewWithT(t)
				g.Expect(slices.ContainsFunc(all, func(id string) bool { return fits(pattern, id) })).To(BeTrue())
				if w.Fault.Rule == "status" {
					return // any answer can have another status
				}
				parts := strings.Split(pattern, "/")
				op := contract.Operation(parts[2])
				g.Expect(op).NotTo(BeNil())
				g.Expect(showing(op, parts[0], w)).To(BeTrue(), "no answer of %s shows %v", op.ID, w.Fault)
			})
		}
	}
}

// builtInSpecs reads the list of the suite's specs, which this package must not import: the suite is built on it.
func builtInSpecs(t *testing.T) (ids []string) {
	list, err := os.ReadFile("../../contract/testdata/specs.txt")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	for line := range strings.Lines(string(list)) {
		family, subjects, _ := strings.Cut(strings.TrimSpace(line), ": ")
		probe, _, _ := strings.Cut(family, " ")
		for subject := range strings.FieldsSeq(subjects) {
			ids = append(ids, probe+"/"+subject)
		}
	}
	return ids
}

// showing reports whether an answer of the operation can show the fault of a known deviation, and is covered then.
func showing(op *schemas.Operation, code string, w *Waiver) bool {
	status, err := strconv.Atoi(code)
	statuses := []int{status}
	if err != nil {
		statuses = op.Codes
	}
	for _, path := range []string{strings.Replace(w.Fault.Path, "$*", "$", 1),
		strings.Replace(w.Fault.Path, "$*", "$.items[*]", 1),
		strings.Replace(w.Fault.Path, "$*", "$.access_policies[*]", 1), strings.Replace(w.Fault.Path, "$*",
			"$.items[*].access_policies[*]", 1)} {
		body, err := json.Marshal(holding(strings.Split(strings.TrimPrefix(path, "$."), "."), w.Fault))
		if err != nil {
			return false
		}
		for _, status := range statuses {
			for _, lod := range []string{"full", "basic", "stamps"} {
				for _, v := range op.CheckResponse(status, lod, body) {
					s := report.Spec{ID: fmt.Sprintf("%d/probe/%s", status, op.ID), Code: fmt.Sprint(status),
						Operation: op.ID, Verdict: report.Violation,
						Actual: fmt.Sprintf("%d ", status), Differences: []report.Difference{{Path: v.Path,
							Rule: v.Rule, Found: v.Found, Detail: v.Detail}}}
					Conclude(&s, "staging", day("2026-11-26T00:00:00Z"), &List{Waivers: []*Waiver{w}})
					if s.Verdict == report.Known && v.Path == strings.ReplaceAll(path, "[*]", "[0]") {
						return true
					}
				}
			}
		}
	}
	return false
}

// holding is a document that holds the value at the path, or the object that lacks it.
func holding(path []string, f Fault) any {
	name, list := strings.CutSuffix(path[0], "[*]")
	var inside any
	switch {
	case len(path) > 1:
		inside = holding(path[1:], f)
	case f.Rule == "required":
		return map[string]any{}
	default:
		_ = json.Unmarshal([]byte(f.Found), &inside)
	}
	if list {
		inside = []any{inside}
	}
	return map[string]any{name: inside}
}

// What is known is never more than that fault.
func TestKnownDeviationsCoverNothingElse(t *testing.T) {
	g := NewWithT(t)
	known, err := Known()
	g.Expect(err).NotTo(HaveOccurred())
	enum := func(path, found string) report.Difference {
		return report.Difference{Path: path, Rule: "enum", Found: found, Detail: "the value is none of [a]"}
	}
	required := func(path string) report.Difference {
		return report.Difference{Path: path, Rule: "required", Detail: "the property is missing"}
	}
	for name, c := range map[string]struct {
		id          string
		differences []report.Difference
		verdict     report.Verdict
	}{
		"a known word": {"401/wrong-secret/RequestTokens",
			[]report.Difference{enum("$.error", `"invalid_client"`)}, report.Known},
		"another word": {"401/wrong-secret/RequestTokens",
			[]report.Difference{enum("$.error", `"invalid_clients"`)}, report.Violation},
		"the word elsewhere": {"401/wrong-secret/RequestTokens",
			[]report.Difference{enum("$.errors", `"invalid_client"`)}, report.Violation},
		"the word of another": {"401/wrong-secret/RevokeToken",
			[]report.Difference{enum("$.error", `"invalid_client"`)}, report.Violation},
		"a token for a secret": {"401/wrong-secret/RequestTokens",
			[]report.Difference{{Path: "status", Rule: "status", Found: "200",
				Detail: "expected 401"}}, report.Violation},
		"a known type": {"20x/valid-token/FetchApplications",
			[]report.Difference{enum("$.items[3].type", `"ipn"`),
				enum("$.items[4].type", `"greathorn"`)}, report.Known},
		"one more type": {"20x/valid-token/FetchApplications",
			[]report.Difference{enum("$.items[3].type", `"ipn"`), enum("$.items[4].type", `"new"`)}, report.Violation},
		"a missing property": {"20x/valid-token/FetchApplications",
			[]report.Difference{enum("$.items[3].type", `"ipn"`), required("$.items[3].id")}, report.Violation},
		"a short rejection": {"403/own-ancestor/FetchTenant",
			[]report.Difference{required("$.error.details"), required("$.error.domain")}, report.Known},
		"one without a message": {"403/own-ancestor/FetchTenant",
			[]report.Difference{required("$.error.details"), required("$.error.message")}, report.Violation},
		"a short 404": {"404/unknown-id/FetchTenant", []report.Difference{required("$.error.details")},
			report.Violation},
		"a document elsewhere": {"20x/valid-token/FetchOpenIDConfiguration",
			[]report.Difference{{Path: "status", Rule: "status", Found: "404", Detail: "expected 200"}},
			report.Violation},
		"another path elsewhere": {"405/wrong-method/PUT.users",
			[]report.Difference{{Path: "status", Rule: "status", Found: "404",
				Detail: "expected 405"}}, report.Violation},
		"what may be null": {"20x/valid-token/FetchUser",
			[]report.Difference{{Path: "$.origin_id", Rule: "type", Found: "null",
				Detail: "expected string, not null"}}, report.Known},
		"what may not be a number": {"20x/valid-token/FetchUser",
			[]report.Difference{{Path: "$.origin_id", Rule: "type", Found: "1",
				Detail: "expected string, not integer"}}, report.Violation},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			code, _, _ := strings.Cut(c.id, "/")
			s := report.Spec{ID: c.id, Code: code, Verdict: report.Violation, Reason: "r",
				Actual: strings.ReplaceAll(code, "x", "0") + " ", Differences: slices.Clone(c.differences)}
			Conclude(&s, "staging", day("2026-11-26T00:00:00Z"), nil, known)
			g.Expect(s.Verdict).To(Equal(c.verdict), s.Reason)
			if c.verdict == report.Known {
				g.Expect(s.Reason).To(ContainSubstring("known deviation: "))
			}
		})
	}
}
