package replay_test

import (
	"net/http"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/replay"
	"acronis-conformance/suites/internal/report"
)

// Ids that only the recorded run knew.
const (
	client   = "11111111-1111-4111-8111-111111111111"
	partner  = "22222222-2222-4222-8222-222222222222"
	customer = "33333333-3333-4333-8333-333333333333"
	box      = "44444444-4444-4444-8444-444444444444"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// sent is the evidence of a request that a run sent so many seconds after noon.
func sent(by string, second int, authorization, method, path, body string, status int,
	answer string) exchange.Evidence {
	e := exchange.Evidence{Spec: by, Method: method, URL: "http://127.0.0.1:1/api/2" + path, Headers: http.Header{},
		Attempts: []exchange.EvidenceAttempt{{Start: noon.Add(time.Duration(second) * time.Second), Status: status}}}
	if authorization != "" {
		e.Headers.Set("Authorization", authorization)
	}
	if body != "" {
		e.Headers.Set("Content-Type", "application/json")
		e.Body = &exchange.Text{Text: body}
	}
	if answer != "" {
		e.Attempts[0].Body = &exchange.Text{Text: answer}
	}
	return e
}

// recorded is a small run: it found its tenant, made one and one below it, looked at something that no one recorded,
// and tried it.
func recorded() *report.Result {
	const bearer = "Bearer $ACRONIS_TOKEN"
	control := sent("control/FetchTenant", 3, bearer, "GET", "/tenants/"+customer, "", 200,
		`{"id":"`+customer+`","parent_id":"`+box+`"}`)
	r := &report.Result{
		World: []report.Step{
			{ID: "world/1", Phase: report.PhaseWorld, Operation: "FetchClient", Exchanges: []exchange.Evidence{
				sent("world", 0, bearer, "GET", "/clients/"+client, "", 200,
					`{"client_id":"`+client+`","tenant_id":"`+partner+`"}`)}},
			{ID: "world/2", Phase: report.PhaseWorld, Operation: "CreateTenant", Exchanges: []exchange.Evidence{
				sent("world", 1, bearer, "POST", "/tenants", `{"name":"Box","kind":"partner","parent_id":"`+partner+
					`"}`, 201,
					`{"id":"`+box+`","parent_id":"`+partner+`"}`)}},
			{ID: "world/3", Phase: report.PhaseWorld, Operation: "CreateTenant", Exchanges: []exchange.Evidence{
				sent("world", 2, bearer, "POST", "/tenants", `{"name":"Customer","kind":"customer","parent_id":"`+box+
					`"}`, 201,
					`{"id":"`+customer+`","parent_id":"`+box+`"}`)}},
			{ID: "control/FetchTenant", Phase: report.PhaseControl, Operation: "FetchTenant",
				Exchanges: []exchange.Evidence{control}},
			{ID: "cleanup/1", Phase: report.PhaseCleanup, Exchanges: []exchange.Evidence{
				sent("cleanup", 9, bearer, "PUT", "/tenants/"+box, `{"enabled":false,"version":1}`, 200, `{"id":"`+box+
					`"}`)}},
		},
		Specs: []report.Spec{
			{ID: "20x/valid-token/FetchTenant", Exchanges: []exchange.Evidence{control}},
			{ID: "401/no-token/FetchTenant", Exchanges: []exchange.Evidence{sent("401/no-token/FetchTenant", 5, "",
				"GET",
				"/tenants/"+customer, "", 401, "")}},
			{ID: "401/garbage-token/FetchTenant", Exchanges: []exchange.Evidence{sent("401/garbage-token/FetchTenant",
				6,
				"Bearer garbage", "GET", "/tenants/"+customer, "", 401, "")}},
			{ID: "401/expired-token/DeleteTenant", Exchanges: []exchange.Evidence{sent("401/expired-token/DeleteTenant",
				6,
				"Bearer $ACRONIS_EXPIRED_TOKEN", "DELETE", "/tenants/"+customer+"?version=1", "", 401, "")}},
			{ID: "403/foreign-tenant/FetchTenant", Exchanges: []exchange.Evidence{sent("403/foreign-tenant/FetchTenant",
				7,
				bearer, "GET", "/tenants/"+customer, "", 403, "")}},
			{ID: "400/malformed-json/CreateTenant",
				Exchanges: []exchange.Evidence{sent("400/malformed-json/CreateTenant", 8,
					bearer, "POST", "/tenants", `{"name":`, 400, "")}},
		},
	}
	r.Run.Requests = report.Requests{World: 3, Controls: 1, Specs: 5, Cleanup: 1}
	return r
}

func TestRequests(t *testing.T) {
	g := NewWithT(t)
	all, err := replay.Requests(recorded())
	g.Expect(err).NotTo(HaveOccurred())
	var order []string
	for _, r := range all {
		order = append(order, r.Method+" "+r.Path[len("/api/2"):min(len(r.Path), len("/api/2/tenants"))])
	}
	g.Expect(order).To(Equal([]string{"GET /clients", "POST /tenants", "POST /tenants", "GET /tenants", "GET /tenants",
		"GET /tenants", "DELETE /tenants",
		"GET /tenants", "POST /tenants", "PUT /tenants"}), "as many as were sent, in their order")
	g.Expect(all[1].Body).To(ContainSubstring("Box"))
}

func TestLoop(t *testing.T) {
	g := NewWithT(t)
	all, err := replay.Requests(recorded())
	g.Expect(err).NotTo(HaveOccurred())
	out, err := replay.Loop(t.Context(), all)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(out.Requests).To(Equal(10))
	g.Expect(out.Same).To(Equal(10), "the same objects, and credentials that are as good")
	g.Expect(out.Spent).To(BeNumerically(">", 0))
}

func TestAnswersThatDiffer(t *testing.T) {
	g := NewWithT(t)
	r := recorded()
	r.Specs[1].Exchanges[0].Attempts[0].Status = http.StatusTeapot
	all, err := replay.Requests(r)
	g.Expect(err).NotTo(HaveOccurred())
	out, err := replay.Loop(t.Context(), all)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(out.Same).To(Equal(9))

	r.Specs[1].Exchanges[0].Attempts = nil
	_, err = replay.Requests(r)
	g.Expect(err).To(MatchError("401/no-token/FetchTenant: GET /api/2/tenants/" + customer + ": nothing was sent"))
}
