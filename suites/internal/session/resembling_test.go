package session

import (
	"testing"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/gomega"
)

// Of a set-up that failed only the broken successes are told, and not those of another host: its answers have nothing
// that the operation's have.
func TestResembling(t *testing.T) {
	contract, err := schemas.Load()
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	op := contract.Operation("RequestTokens")
	missing := func(status int, paths ...string) (a Answers) {
		for _, path := range paths {
			a.Faults = append(a.Faults, AnswerFault{Status: status,
				Difference: report.Difference{Path: path, Rule: "required"}})
		}
		return a
	}
	for name, row := range map[string]struct {
		of   Answers
		left int
	}{
		"nothing is wrong":             {missing(200), 0},
		"an answer without its token":  {missing(200, "$.access_token"), 1},
		"another object":               {missing(200, "$.access_token", "$.id_token", "$.token_type"), 0},
		"a page":                       {missing(200, "$"), 0},
		"a refusal":                    {missing(401, "$.error"), 0},
		"a page, by its Content-Type":  {missing(200, "header Content-Type"), 0},
		"an answer after some refusal": {missing(200, "$.id_token"), 1},
	} {
		t.Run(name, func(t *testing.T) { NewWithT(t).Expect(row.of.Resembling(op).Faults).To(HaveLen(row.left)) })
	}
}
