package judge_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/judge"

	. "github.com/onsi/gomega"
)

// At one version a read shows an object as before to the same caller, and some of it stays for good.
func TestMemoryOfReads(t *testing.T) {
	contract, err := schemas.Load()
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	const user = `{"id":"` + userID + `","version":1,"tenant_id":"` + tenantID + `","login":"a.b","contact":` +
		`{"email":"a@example.com","firstname":"A"},"activated":false,"enabled":true,"created_at":` +
		`"2026-01-01T00:00:00","updated_at":"2026-01-01T00:00:00","deleted_at":null,"language":"de",` +
		`"business_types":[],"notifications":["quota","reports"],"access_policies":[],"personal_tenant_id":null}`
	const client = `{"client_id":"` + userID + `","tenant_id":"` + tenantID + `","client_secret_expires_at":0,` +
		`"type":"api_client","token_endpoint_auth_method":"none","created_at":"2026-01-01T00:00:00","created_by":"x",` +
		`"status":"enabled","last_access_at":null,"last_access_from_ip":null,"data":{}}`
	const tenant = `{"id":"` + tenantID + `","version":1,"created_at":"2026-01-01T00:00:00",` +
		`"updated_at":"2026-01-01T00:00:00","deleted_at":null,"name":"n","customer_type":"default","parent_id":"` +
		userID +
		`","kind":"customer","contact":{},"contacts":[],"enabled":true,"brand_id":null,"brand_enabled":false,` +
		`"internal_tag":null,"language":"en","has_children":false,"update_lock":{"enabled":true,"owner_id":"` + userID +
		`"},"ancestral_access":true,"mfa_status":"disabled","pricing_mode":"trial"}`
	changed := strings.ReplaceAll
	for name, row := range map[string]struct {
		read         string
		first, later string
		caller       string // of the later look
		between      bool   // a restoration
		at           string // of what is wrong; empty: nothing
	}{
		"the same": {read: "FetchUser", first: user, later: user},
		"another language at the same version": {read: "FetchUser", first: user, later: changed(user, `"de"`, `"fr"`),
			at: "$.language"},
		"another language at another version": {read: "FetchUser", first: user,
			later: changed(changed(user, `"de"`, `"fr"`), `"version":1`, `"version":2`)},
		"another language to somebody else": {read: "FetchUser", first: user, later: changed(user, `"de"`, `"fr"`),
			caller: "b"},
		"another tenant at another version": {read: "FetchUser", first: user,
			later: changed(changed(user, tenantID, userID), `"version":1`, `"version":2`), at: "$.tenant_id"},
		"another order, case and zone": {read: "FetchUser", first: user, later: changed(changed(changed(user,
			`["quota","reports"]`, `["reports","quota"]`), `"a.b"`, `"A.B"`), `"created_at":"2026-01-01T00:00:00"`,
			`"created_at":"2026-01-01T02:00:00+02:00"`)},
		"what follows the tenant above": {read: "FetchUser", first: user,
			later: changed(changed(user, `"enabled":true`, `"enabled":false`), `"activated":false`,
				`"activated":true`)},
		"more of the contact": {read: "FetchUser", first: user,
			later: changed(user, `"firstname":"A"`, `"firstname":"A","city":"B","email_confirmed":true`)},
		"a restoration under another name": {read: "FetchUser", first: user, later: changed(user, `"a.b"`, `"a.b1"`),
			between: true},
		"a client's other creator": {read: "FetchClient", first: client,
			later: changed(client, `"created_by":"x"`, `"created_by":"y"`), at: "$.created_by"},
		"a client's other creator, to somebody else": {read: "FetchClient", first: client, caller: "b",
			later: changed(client, `"created_by":"x"`, `"created_by":"y"`), at: "$.created_by"},
		"a client's creator hidden from somebody else": {read: "FetchClient", first: client, caller: "b",
			later: changed(client, `"created_by":"x"`, `"created_by":""`)},
		"a client that was changed": {read: "FetchClient", first: client,
			later: changed(changed(client, `"enabled"`, `"disabled"`), `"data":{}`, `"data":{"client_name":"n"}`)},
		"a lock of another tenant": {read: "FetchTenant", first: tenant,
			later: changed(tenant, `"owner_id":"`+userID, `"owner_id":"`+tenantID), at: "$.update_lock"},
		"a lock that came from above": {read: "FetchTenant",
			first: changed(tenant, `"enabled":true,"owner_id":"`+userID+`"`, `"enabled":false,"owner_id":null`),
			later: tenant},
		"another number of children": {read: "FetchTenant", first: tenant,
			later: changed(tenant, `"has_children":false`, `"has_children":true`)},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			var m judge.Memory
			op := contract.Operation(row.read)
			path := "/users/" + userID
			look := func(op *schemas.Operation, shown, caller string) (places []string) {
				if status := op.Success(); shown != "" {
					g.Expect(op.CheckResponse(status, "", []byte(shown))).To(BeEmpty())
				}
				header := http.Header{"Authorization": {"Bearer " + caller}}
				for _, v := range m.Answer(op, exchange.Request{Method: op.Method, Path: path, Header: header},
					exchange.Attempt{Status: op.Success(), Body: []byte(shown)}) {
					places = append(places, v.Path)
				}
				return places
			}
			g.Expect(look(op, row.first, "a")).To(BeEmpty())
			if row.between {
				path += "/restore"
				look(contract.Operation("RestoreDeletedUser"), "", "a")
			}
			caller := "a" + row.caller
			found := look(op, row.later, caller)
			if row.at == "" {
				g.Expect(found).To(BeEmpty())
				return
			}
			g.Expect(found).To(Equal([]string{row.at}))
		})
	}
}

// A token for a secret or a password lives for two hours from when it was issued; one that is given again has less
// left, and of what it was narrowed or refreshed from nothing is known.
func TestFreshTokensLiveForTwoHours(t *testing.T) {
	g := NewWithT(t)
	short := ContainElement(HaveField("Path", "$.expires_in"))
	body := func(issued time.Time, left int) string {
		token := unsigned(fmt.Sprintf(`{"iat":%d}`, issued.Unix()))
		return fmt.Sprintf(`{"access_token":%q,"expires_in":%d}`, token, left)
	}
	now, before := time.Now(), time.Now().Add(-time.Hour)
	const login = "grant_type=password&username=u"
	g.Expect(answered("RequestTokens", "", login, body(now, 3600))).To(short)
	g.Expect(answered("RequestTokens", "", login, body(now, 7100))).NotTo(short)
	g.Expect(answered("RequestTokens", "", login, body(before, 3600))).NotTo(short)
	g.Expect(answered("RequestTokens", "", login, `{"access_token":"opaque","expires_in":3600}`)).NotTo(short)
	g.Expect(answered("RequestTokens", "", "grant_type=refresh_token", body(now, 3600))).NotTo(short)
}
