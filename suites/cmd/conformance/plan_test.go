package main

import (
	"strings"
	"testing"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/gomega"
)

func TestPlanSaysHowLongARunTakes(t *testing.T) {
	g := NewWithT(t)
	r := &report.Result{Run: report.Run{Requests: report.Requests{World: 600, Specs: 3000}}}
	for rate, ends := range map[string]string{
		"10/s": "; about 6m0s at 10/s\n",
		"20/m": "; about 3h0m0s at 20/m, and its tokens expire after some two hours: raise rate in ginkgo.yml, or " +
			"select fewer specs\n",
	} {
		parsed, err := config.ParseRate(rate)
		g.Expect(err).NotTo(HaveOccurred())
		var b strings.Builder
		printDuration(&b, r, config.Target{Name: "staging", Rate: parsed})
		g.Expect(b.String()).To(Equal("3600 requests on staging: set-up 600, controls 0, specs 3000, clean-up 0" +
			ends))
	}
}

// Probes of the query differ in nothing else, and an operation that only asks is a read whatever its method.
func TestPlan(t *testing.T) {
	g := NewWithT(t)
	contract, err := schemas.Load()
	g.Expect(err).NotTo(HaveOccurred())
	once := make([]exchange.EvidenceAttempt, 1)
	const api = "http://127.0.0.1:1/api/2"
	r := &report.Result{
		World: []report.Step{{Phase: report.PhaseWorld, Exchanges: []exchange.Evidence{
			{Method: "POST", URL: api + "/idp/token", Attempts: once},
			{Method: "POST", URL: api + "/tenants", Attempts: make([]exchange.EvidenceAttempt, 2)},
		}}},
		Specs: []report.Spec{
			{ID: "400/a/FetchTenants", Exchanges: []exchange.Evidence{{Method: "GET", URL: api +
				"/tenants?parent_id=01234567-89ab-cdef-0123-456789abcdef&limit=x", Attempts: once}}},
			{ID: "20x/b/CheckPassword", Write: true, Exchanges: []exchange.Evidence{{Method: "POST", URL: api +
				"/users/check_password", Attempts: once}}},
			{ID: "20x/c/DeleteTenant", Write: true, Exchanges: []exchange.Evidence{
				{Method: "DELETE", URL: api + "/tenants/01234567-89ab-cdef-0123-456789abcdef?version=1",
					Attempts: once},
				{Method: "GET", URL: api + "/tenants/01234567-89ab-cdef-0123-456789abcdef", Attempts: once}}},
			{ID: "405/d/PATCH.tenants", Write: true, Exchanges: []exchange.Evidence{{Method: "PATCH", URL: api +
				"/tenants",
				Attempts: once}}},
			{ID: "401/e/CreateTenant", Exchanges: []exchange.Evidence{{Method: "POST", URL: api + "/tenants",
				Attempts: once}}},
			{ID: "50x/f/FetchTenant", Verdict: report.Inconclusive, Reason: "no header"},
		},
	}
	var b strings.Builder
	planner{&b, contract}.print(r)
	g.Expect(b.String()).To(Equal(`read   POST   /api/2/idp/token  world
write  POST   /api/2/tenants  world
write  POST   /api/2/tenants  world
read   GET    /api/2/tenants?parent_id={id}&limit=x  400/a/FetchTenants
read   POST   /api/2/users/check_password  20x/b/CheckPassword
write  DELETE /api/2/tenants/{id}?version=1  20x/c/DeleteTenant
read   GET    /api/2/tenants/{id}  20x/c/DeleteTenant
write  PATCH  /api/2/tenants  405/d/PATCH.tenants
read   POST   /api/2/tenants  401/e/CreateTenant
none   50x/f/FetchTenant: no header
`))
}
