package judge_test

import (
	"net/http"
	"strings"
	"testing"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/judge"
	"acronis-conformance/suites/internal/redact"

	. "github.com/onsi/gomega"
)

func TestSecretsInAnswers(t *testing.T) {
	contract, err := schemas.Load()
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	token := "a-token-that-is-long-enough"
	for name, row := range map[string]struct {
		operation, body string
		tells           bool
	}{
		"the token repeated": {"FetchTenant", `{"error":{"code":403,"domain":null,"message":"no: ` + token +
			`","details":{}}}`, true},
		"the token not repeated":        {"FetchTenant", envelope403, false},
		"a client's secret shown again": {"FetchClient", `{"client_secret":"x"}`, true},
		"a registration's token shown":  {"FetchClient", `{"registration_access_token":"x"}`, true},
		"a client's secret left empty":  {"FetchClient", `{"client_secret":""}`, false},
		"the one answer that shows it":  {"CreateClient", `{"client_secret":"x"}`, false},
		"a mail password in a list":     {"FetchCustomBrandingOptions", `{"items":[{"smtp_password":"x"}]}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			e := &exchange.Exchange{
				Request: exchange.Request{Header: http.Header{"Authorization": {"Bearer " + token}}},
				Attempts: []exchange.Attempt{{Status: 403, Header: http.Header{"Content-Type": {"application/json"}},
					Body: []byte(row.body)}},
			}
			want := judge.Expectation{Operation: contract.Operation(row.operation), Code: 403, Basis: documented}
			strict := (&judge.Judge{Contract: contract, Redactor: redact.New(), Rules: judge.Rules{Strict: true}}).
				Examine(e,
					want)
			lenient := (&judge.Judge{Contract: contract, Redactor: redact.New()}).Examine(e, want)
			secret := HaveField("Rule", "secret")
			if row.tells {
				g.Expect(strict.Differences).To(ContainElement(secret))
				// which the documentation speaks of
				if strings.Contains(row.body, "client_secret") || strings.Contains(row.body, "smtp_password") {
					g.Expect(lenient.Differences).To(ContainElement(secret))
					return
				}
				g.Expect(lenient.Advice).To(ContainElement(Or(ContainSubstring("repeats"), ContainSubstring("secret"))))
			} else {
				g.Expect(strict.Differences).NotTo(ContainElement(secret))
			}
			g.Expect(lenient.Differences).NotTo(ContainElement(secret))
		})
	}
}
