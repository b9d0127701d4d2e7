package report

import (
	"net/http"
	"testing"
	"time"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func contract(t testing.TB) *schemas.Contract {
	t.Helper()
	c, err := schemas.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sample is a run with something in every list, so that no field of the result is left out of a test.
func sample(t testing.TB) Input {
	t.Helper()
	body := &exchange.Text{Text: `{"error":{}}`, Base64: true, Truncated: true, Size: 12}
	header := http.Header{"X-Request-Id": {"req-1"}}
	sent := exchange.Evidence{
		Spec: "401/no-token/FetchTenant", Method: "GET", URL: "https://host/api/2/tenants/1", Headers: header,
		Body: body,
		Attempts: []exchange.EvidenceAttempt{
			{Start: noon, MS: 3, Status: 503, Proto: "HTTP/1.1", Headers: header, Body: body},
			{Start: noon, MS: 1, Status: 429},
			{Start: noon.Add(time.Second), MS: 2, Status: 200, Proto: "HTTP/1.1", Error: "reset"},
		},
		Transient: true, Curl: `curl -s https://host/api/2/tenants/1`,
	}
	return Input{
		Contract: contract(t),
		Run: Run{ID: "run-1", Suite: "1.0.0", Contract: contract(t).Version(), Seed: 17, Processes: 2, Started: noon,
			Ended:       noon.Add(time.Minute),
			WallSeconds: 6.5, WallWithoutWaitingSeconds: 1.75, Filtered: true, Filter: "401", Incomplete: true,
			Requests: Requests{World: 30, Controls: 95, Specs: 1900, Cleanup: 12}},
		Target: Target{Name: "staging", URL: "https://host", Allow: []string{"read", "write"}, Production: true,
			Strict: true, Assumed: "strict",
			Rate: "10/s", Concurrency: 4, Budget: 20000},
		Floors:    &Floors{Asserted: 0.85, SetAside: 40, Leftovers: 0},
		Limits:    []Limit{{Kind: LimitExpiredToken, Reason: "no expired token was given"}},
		Preflight: []Check{{Name: "clock", State: CheckWarning, Detail: "3 s behind", Remedy: "set the clock"}},
		Specs: []Spec{
			{ID: "401/no-token/FetchTenant", Code: "401", Probe: "no-token", Variant: "v", Subject: "FetchTenant",
				Operation: "FetchTenant",
				Method:    "GET", Path: "/tenants/{tenant_id}", Resource: "tenants", Source: schemas.FromReference,
				Basis:   Basis{Documented, Documented},
				Verdict: Violation, Reason: "expected 401, got 200",
				Requirement: "a request without a token is answered with 401",
				Link:        "https://developer.acronis.com/", Expected: "401 with the envelope",
				Actual: "200 with a tenant",
				Differences: []Difference{{Path: "$.error", Rule: "required", Found: "{}",
					Detail: "the property is missing"}},
				Advice: []string{"WWW-Authenticate is missing"}, Labels: []string{"401"}, Write: true,
				Waiting:  true,
				Control:  "control/FetchTenant",
				Requests: 2, Process: 1, Started: noon, Seconds: 0.25, Exchanges: []exchange.Evidence{sent}},
			{ID: "50x/once/FetchTenant", Code: "50x", Probe: "once", Subject: "FetchTenant", Operation: "FetchTenant",
				Method: "GET",
				Path:   "/tenants/{tenant_id}", Resource: "tenants", Source: schemas.FromClause,
				Basis: Basis{Documented,
					Documented}, Verdict: Pass,
				Injected: true, Started: noon, Exchanges: []exchange.Evidence{sent}},
			{ID: "403/foreign-tenant-by-query/FetchTenantsBatch", Code: "403", Probe: "foreign-tenant",
				Subject: "FetchTenantsBatch", Operation: "FetchTenantsBatch",
				Method: "GET", Path: "/tenants", Resource: "tenants", Source: schemas.FromReference,
				Basis: Basis{Assumed,
					Assumed}, Verdict: Inconclusive,
				Reason: "accepted", Accepted: true, Started: noon, Exchanges: []exchange.Evidence{{Method: "GET"}}},
		},
		World: []Step{{ID: "control/FetchTenant", Phase: PhaseControl, Operation: "FetchTenant", OK: true, Reason: "r",
			Requests: 1, Process: 1,
			Started: noon, Seconds: 0.1, Exchanges: []exchange.Evidence{sent}}},
		Leftovers: []Leftover{{Kind: "tenant", ID: "t-1", Name: "home", Reason: "answered with 409",
			Command: "make sweep CONFIRM=yes"}},
		Unprovokable: map[CellKey]string{{"CreateReport", 500}: "no request brings it about"},
		Problems:     []string{"the waiver 401/* is no longer needed"},
	}
}
