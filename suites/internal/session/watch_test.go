package session

import (
	"net/http"
	"net/url"
	"testing"

	. "github.com/onsi/gomega"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
)

// What is free may differ between two looks at one object, and what is documented may not.
func TestTwoLooksAreComparedInWhatIsDocumented(t *testing.T) {
	contract, err := schemas.Load()
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	for name, row := range map[string]struct {
		operation    string
		lod          string
		status       int
		before, now  string
		statusNow    int // where it is another
		where, other string
		differs      string // empty: the same
	}{
		"a property that is not listed": {operation: "FetchTenant", status: 200, before: `{"name":"a","trace":1}`,
			now: `{"name":"a","trace":{"id":2}}`},
		"one that comes and goes": {operation: "FetchTenant", status: 200, before: `{"name":"a"}`,
			now: `{"name":"a","trace":[1,2]}`},
		"one inside of an object": {operation: "FetchTenant", status: 200,
			before: `{"contact":{"email":"a@b","seen":1}}`, now: `{"contact":{"email":"a@b","seen":2}}`},
		"one inside of a list's items": {operation: "FetchTenantOfferingItems", status: 200,
			before: `{"items":[{"name":"a","quota":{"value":1,"used":1}}]}`,
			now:    `{"items":[{"name":"a","quota":{"value":1,"used":2}}],"x":1}`},
		"the order of a list": {operation: "FetchTenantChildren", status: 200, before: `{"items":["a","b"]}`,
			now: `{"items":["b","a"]}`},
		"the order of a list whose items say more than is listed": {operation: "FetchUserAccessPolicies", status: 200,
			before: `{"items":[{"id":"a","x":1},{"id":"b","x":2}]}`,
			now:    `{"items":[{"id":"b","x":1},{"id":"a","x":2}]}`},
		"a newline at the end": {operation: "FetchTenant", status: 200, before: `{"name":"a"}`,
			now: "{\"name\":\"a\"}\n"},
		"two forms of one moment": {operation: "FetchTenant", status: 200,
			before: `{"created_at":"2030-01-31T12:00:00"}`,
			now:    `{"created_at":"2030-01-31T12:00:00.5+00:00"}`},
		"what changes by itself": {operation: "FetchTenant", status: 200,
			before: `{"updated_at":"2030-01-31T12:00:00"}`,
			now:    `{"updated_at":"2030-01-31T12:00:01"}`},
		"what an error says": {operation: "FetchTenant", status: 404, before: `{"error":{"code":404,"message":"a"}}`,
			now: `{"error":{"code":"1005","message":"b","trace":1}}`},
		"an error that is no JSON": {operation: "FetchTenant", status: 404, before: `{"error":{}}`, now: `<html>`},
		"a longer form than asked for": {operation: "FetchTenantsBatch", lod: "stamps", status: 200,
			before: `{"items":[{"id":"a","name":"b"}]}`, now: `{"items":[{"id":"a","name":"c"}]}`},
		"what is not among the items that count": {operation: "FetchClientsBatch", status: 200, where: "tenant_id",
			other:  "a",
			before: `{"items":[{"tenant_id":"a"},{"tenant_id":"b"}]}`,
			now:    `{"items":[{"tenant_id":"a"},{"tenant_id":"c"}]}`},
		"an answer that cannot be read": {operation: "FetchTenant", status: 200, before: `{"name":"a"}`,
			now: `{"name":`},

		"a time in another zone": {operation: "FetchTenant", status: 200,
			before: `{"created_at":"2026-01-01T10:00:00.5+02:00"}`, now: `{"created_at":"2026-01-01T08:00:00"}`},
		"a number in another form": {operation: "FetchTenant", status: 200,
			before: `{"version":12}`, now: `{"version":1.20e1}`},
		"a listed property": {operation: "FetchTenant", status: 200, before: `{"name":"a","x":1}`,
			now: `{"name":"b","x":1}`, differs: `$.name was "a" before, and is "b" now`},
		"a listed property that came": {operation: "FetchTenant", status: 200, before: `{"name":"a"}`,
			now: `{"name":"a","brand_uuid":"b"}`, differs: "$.brand_uuid was not there before"},
		"a listed property that went": {operation: "FetchTenant", status: 200, before: `{"name":"a","brand_uuid":"b"}`,
			now: `{"name":"a"}`, differs: "$.brand_uuid was there before"},
		"an empty property that came": {operation: "FetchTenant", status: 200, before: `{"name":"a"}`,
			now: `{"name":"a","internal_tag":""}`},
		"an empty property that went": {operation: "FetchTenant", status: 200,
			before: `{"name":"a","brand_uuid":null}`, now: `{"name":"a"}`},
		"items in another order": {operation: "FetchTenantOfferingItems", status: 200,
			before: `{"items":[{"name":"a","infra_id":"b"},{"name":"a","infra_id":"c"}]}`,
			now:    `{"items":[{"name":"a","infra_id":"c"},{"name":"a","infra_id":"b"}]}`},
		"one of items in another order": {operation: "FetchTenantOfferingItems", status: 200,
			before:  `{"items":[{"name":"a","status":1},{"name":"b","status":1}]}`,
			now:     `{"items":[{"name":"b","status":0},{"name":"a","status":1}]}`,
			differs: "$.items[1].status was 1 before, and is 0 now"},
		"a listed property inside of an object": {operation: "FetchTenant", status: 200,
			before: `{"contact":{"email":"a@b"}}`, now: `{"contact":{"email":"c@d"}}`,
			differs: `$.contact.email was "a@b" before, and is "c@d" now`},
		"the items of a list": {operation: "FetchTenantChildren", status: 200, before: `{"items":["a"]}`,
			now:     `{"items":["a","b"]}`,
			differs: "$.items held 1 items before, and holds 2 now"},
		"a storage that was registered meanwhile": {operation: "FetchTenantOfferingItems", status: 200,
			before: `{"items":[{"name":"a","usage_name":"a","status":1}]}`,
			now: `{"items":[{"name":"b","usage_name":"b","status":0,"infra_id":"c"},` +
				`{"name":"a","usage_name":"a","status":1}]}`},
		"what is used of a storage that was registered meanwhile": {operation: "FetchTenantUsages", status: 200,
			before: `{"items":[]}`, now: `{"items":[{"usage_name":"b","value":0,"infra_id":"c",` +
				`"offering_item":{"status":0}}]}`},
		"a storage that was turned on": {operation: "FetchTenantOfferingItems", status: 200,
			before:  `{"items":[{"name":"b","usage_name":"b","status":0,"infra_id":"c"}]}`,
			now:     `{"items":[{"name":"b","usage_name":"b","status":1,"infra_id":"c"}]}`,
			differs: "$.items held 0 items before, and holds 1 now"},
		"another status": {operation: "FetchTenant", status: 200, statusNow: 404, before: `{"name":"a"}`,
			now:     `{"name":"a"}`,
			differs: "it was read with 200 before, and with 404 now"},
		"among the items that count": {operation: "FetchClientsBatch", status: 200, where: "tenant_id", other: "a",
			before: `{"items":[{"tenant_id":"b"}]}`, now: `{"items":[{"tenant_id":"a"},{"tenant_id":"b"}]}`,
			differs: "$.items held 0 items before, and holds 1 now"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			l := look{op: contract.Operation(row.operation), where: row.where, only: row.other}
			answer := func(status int, body string) *exchange.Exchange {
				return &exchange.Exchange{Request: exchange.Request{Query: url.Values{"lod": {row.lod}}},
					Attempts: []exchange.Attempt{{Status: status, Header: http.Header{}, Body: []byte(body)}}}
			}
			before := l.shows(answer(row.status, row.before))
			now := l.shows(answer(max(row.status, row.statusNow), row.now))
			if row.differs == "" {
				g.Expect(now == "" || now == before || differs(before, now, false) == "").To(
					BeTrue(), "%s\n%s", before, now)
				return
			}
			g.Expect(now).NotTo(Equal(before))
			g.Expect(differs(before, now, false)).To(Equal(row.differs))
		})
	}
}
