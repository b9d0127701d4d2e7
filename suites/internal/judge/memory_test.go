package judge_test

import (
	"net/http"
	"strings"
	"testing"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/judge"

	. "github.com/onsi/gomega"
)

const (
	madeUser = `{"id":"` + userID + `","version":1,"tenant_id":"` + tenantID + `","login":"A.B","contact":` +
		`{"email":"a@example.com","firstname":"A"},"activated":false,"enabled":true,"created_at":` +
		`"2026-01-01T00:00:00","updated_at":"2026-01-01T00:00:00","deleted_at":null,"language":"de",` +
		`"business_types":["buyer"],"notifications":["quota","reports"],"disable_after":"2099-01-01T00:00:00"}`
	madeClient = `{"client_id":"` + userID + `","tenant_id":"` + tenantID + `","client_secret_expires_at":0,` +
		`"type":"api_client","token_endpoint_auth_method":"none","client_secret":"x","registration_access_token":"x",` +
		`"created_at":"2026-01-01T00:00:00","created_by":"x","status":"enabled","last_access_at":null,` +
		`"last_access_from_ip":null,"data":{"client_name":"n"},"redirect_uris":["https://a"]}`
)

// What a change does not name stays as the write before has shown it.
func TestMemory(t *testing.T) {
	contract, err := schemas.Load()
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	create := `{"tenant_id":"` + tenantID + `","login":"a.b","business_types":["buyer"]}`
	client := `{"type":"api_client","tenant_id":"` + tenantID + `","token_endpoint_auth_method":"none",` +
		`"data":{"client_name":"n"}}`
	changed := strings.ReplaceAll
	for name, row := range map[string]struct {
		kind, made, create string
		change, shown      string
		status             int
		between            string // a write in between, as method and path
		at                 string // of what is wrong; empty: nothing
	}{
		"nothing else changes": {change: `{"version":1,"language":"fr"}`,
			shown: changed(changed(madeUser, `"de"`, `"fr"`), `"version":1`, `"version":2`)},
		"a change that leaves the version": {change: `{"version":1,"language":"fr"}`,
			shown: changed(madeUser, `"de"`, `"fr"`), at: "$.version"},
		"a switch that leaves the version": {change: `{"version":1,"enabled":false}`,
			shown: changed(madeUser, `"enabled":true`, `"enabled":false`), at: "$.version"},
		"nothing is changed": {change: `{"version":1,"language":"de"}`, shown: madeUser},
		"other notifications": {change: `{"version":1,"language":"fr"}`,
			shown: changed(madeUser, `["quota","reports"]`, `[]`), at: "$.notifications"},
		"another name in the contact": {change: `{"version":1,"language":"fr"}`,
			shown: changed(madeUser, `"firstname":"A"`, `"firstname":"B"`), at: "$.contact"},
		"what is not documented in the contact": {change: `{"version":1,"language":"fr"}`,
			made:  changed(madeUser, `"firstname":"A"`, `"firstname":"A","added_later":1,"updated_at":"x"`),
			shown: changed(madeUser, `"firstname":"A"`, `"firstname":"A","added_later":2,"updated_at":"y"`)},
		"a part of the contact was sent": {change: `{"version":1,"contact":{"title":"Dr."}}`,
			shown: changed(changed(madeUser, `"firstname":"A"`, `"firstname":"B"`), `"version":1`, `"version":2`)},
		"another order, case, zone and an empty text": {change: `{"version":1,"language":"fr"}`,
			shown: changed(changed(changed(madeUser, `["quota","reports"]`, `["reports","quota"]`), `"A.B"`, `"a.b"`),
				`"2099-01-01T00:00:00"`, `"2099-01-01T02:00:00+02:00"`)},
		"what was not kept is told elsewhere": {change: `{"version":1,"language":"fr"}`,
			made: changed(madeUser, `["buyer"]`, `[]`), shown: changed(madeUser, `["buyer"]`, `[]`)},
		"what was shown late": {change: `{"version":1,"language":"fr"}`,
			made: changed(madeUser, `["buyer"]`, `[]`), shown: madeUser},
		"a change in between": {change: `{"version":2,"language":"fr"}`,
			shown: changed(madeUser, `["quota","reports"]`, `[]`)},
		"a restoration in between": {change: `{"version":1,"language":"fr"}`, between: "POST /restore",
			shown: changed(madeUser, `["quota","reports"]`, `[]`)},
		"a refusal": {change: `{"version":1,"language":"fr"}`, shown: `{"error":{}}`, status: 409},
		"a client keeps its data": {kind: "Client", change: `{"status":"disabled"}`,
			shown: changed(madeClient, `"status":"enabled"`, `"status":"disabled"`)},
		"a client loses its data": {kind: "Client", change: `{"status":"disabled"}`,
			shown: changed(madeClient, `{"client_name":"n"}`, `{}`), at: "$.data"},
		"a client gets other data beside": {kind: "Client", change: `{"status":"disabled"}`,
			shown: changed(madeClient, `{"client_name":"n"}`, `{"client_name":"n","more":1}`)},
		"a client gets another name": {kind: "Client", change: `{"status":"disabled"}`,
			shown: changed(madeClient, `"client_name":"n"`, `"client_name":"m"`), at: "$.data"},
		"a client loses its addresses": {kind: "Client", change: `{"status":"disabled"}`,
			shown: changed(madeClient, `["https://a"]`, `[]`), at: "$.redirect_uris"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			var m judge.Memory
			kind, path, made, sent := "User", "/users/"+userID, madeUser, create
			if row.kind != "" {
				kind, path, made, sent = row.kind, "/clients/"+userID, madeClient, client
			}
			if row.made != "" {
				made = row.made
			}
			answer := func(id, path, sent string, status int, shown string) (places []string) {
				op := contract.Operation(id)
				r := exchange.Request{Method: op.Method, Path: path, Body: []byte(sent),
					Header: http.Header{"Content-Type": {"application/json"}}}
				a := exchange.Attempt{Status: status, Body: []byte(shown),
					Header: http.Header{"Content-Type": {"application/json"}}}
				for _, v := range m.Answer(op, r, a) {
					places = append(places, v.Path)
				}
				return places
			}
			op := contract.Operation("Create" + kind)
			g.Expect(answer(op.ID, op.Path, sent, op.Success(), made)).To(BeEmpty())
			if row.between != "" {
				g.Expect(answer("RestoreDeletedUser", path+"/restore", "", 204, "")).To(BeEmpty())
			}
			status := row.status
			if status == 0 {
				status = 200
			}
			found := answer("Update"+kind, path, row.change, status, row.shown)
			if row.at == "" {
				g.Expect(found).To(BeEmpty())
				return
			}
			g.Expect(found).To(Equal([]string{row.at}))
		})
	}
}

// At one version a list shows an object as before, by whatever filter and to the same caller.
func TestMemoryOfLists(t *testing.T) {
	contract, err := schemas.Load()
	g := NewWithT(t)
	g.Expect(err).NotTo(HaveOccurred())
	var m judge.Memory
	op := contract.Operation("FetchUsersBatch")
	list := func(caller, user string) (places []string) {
		r := exchange.Request{Method: op.Method, Path: op.Path, Header: http.Header{"Authorization": {caller}}}
		for _, v := range m.Answer(op, r, exchange.Attempt{Status: 200,
			Body: []byte(`{"timestamp":"2026-01-01T00:00:00","items":[` + user + `]}`)}) {
			places = append(places, v.Path)
		}
		return places
	}
	renamed := strings.ReplaceAll(madeUser, `"firstname":"A"`, `"firstname":"B"`)
	stamp := `{"id":"` + userID + `","version":1,"tenant_id":"` + tenantID + `"}`
	g.Expect(list("a", stamp)).To(BeEmpty())
	g.Expect(list("a", madeUser)).To(BeEmpty())
	g.Expect(list("b", renamed)).To(BeEmpty(), "another caller may be shown less")
	g.Expect(list("a", strings.ReplaceAll(renamed, `"version":1`, `"version":2`))).To(BeEmpty(), "it was changed")
	g.Expect(list("a", madeUser)).To(BeEmpty(), "an older look")
	g.Expect(list("a", strings.ReplaceAll(madeUser, `"enabled":true`, `"enabled":false`))).To(BeEmpty())
	g.Expect(list("a", strings.ReplaceAll(renamed, `"deleted_at":null`, `"deleted_at":"2026-01-01T00:00:00"`))).
		To(BeEmpty())
	g.Expect(list("a", renamed)).To(Equal([]string{"$.items[0].contact"}))
}

// What tells callers and objects from each other is given to one alone.
func TestGifts(t *testing.T) {
	contract, err := schemas.Load()
	g := NewWithT(t)
	g.Expect(err).NotTo(HaveOccurred())
	gifts := func(operation, media, sent, shown string) []judge.Gift {
		op := contract.Operation(operation)
		return judge.Gifts(op, exchange.Request{Method: op.Method, Path: op.Path, Body: []byte(sent),
			Header: http.Header{"Content-Type": {media}}}, exchange.Attempt{Status: op.Success(), Body: []byte(shown)})
	}
	const form, json = "application/x-www-form-urlencoded", "application/json"
	device := func(client string) []judge.Gift {
		return gifts("RequestDeviceAuthorization", form, "client_id="+client, `{"user_code":"A","device_code":"B"}`)
	}
	g.Expect(device("a")).To(HaveExactElements(
		SatisfyAll(HaveField("Kind", "user code"), HaveField("Property", "user_code")),
		SatisfyAll(HaveField("Kind", "device code"), HaveField("Property", "device_code"))))
	g.Expect(device("a")[0].Value).NotTo(Equal(device("a")[1].Value))
	g.Expect(device("a")).To(Equal(device("a")), "who asks twice may get the same")
	g.Expect(device("a")[0].Value).To(Equal(device("b")[0].Value))
	g.Expect(device("a")[0].Owner).NotTo(Equal(device("b")[0].Owner))
	g.Expect(device("a")[0].Value).NotTo(Equal("A"), "what is kept is a hash")
	login := func(selector, name string) judge.Gift {
		return gifts("RequestOneTimeToken", json, `{"purpose":"verify","`+selector+`":"`+name+`"}`, `{"ott":"x"}`)[0]
	}
	g.Expect(login("login", "a").Owner).To(Equal(login("login", "A").Owner))
	g.Expect(login("login", "a").Owner).NotTo(Equal(login("login", "b").Owner))
	g.Expect(login("login", "a").Kind).NotTo(Equal(login("user_id", "b").Kind), "both may name one user")
	token := func(id string) judge.Gift {
		return gifts("CreateRegistrationToken_0", json, `{}`, `{"id":`+id+`,"token":"x"}`)[0]
	}
	g.Expect(token("1").Owner).NotTo(Equal(token("2").Owner))
	g.Expect(gifts("RequestTokens", form, "grant_type=refresh_token", `{"access_token":"x"}`)).To(BeEmpty())
	g.Expect(gifts("RequestTokens", form, "grant_type=password&username=u", `{"access_token":"x"}`)).To(HaveLen(1))
	g.Expect(gifts("FetchUser", json, ``, `{}`)).To(BeEmpty())
	op := contract.Operation("RequestTokens")
	client := func(sent string) string {
		header := http.Header{"Content-Type": {form}, "Authorization": {"Basic YTpi"}}
		return judge.Gifts(op, exchange.Request{Body: []byte("grant_type=client_credentials" + sent), Header: header},
			exchange.Attempt{Status: 200, Body: []byte(`{"access_token":"x"}`)})[0].Owner
	}
	g.Expect(client("")).To(Equal(client("&client_id=a")), "it may name itself twice")
}
