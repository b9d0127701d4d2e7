package judge_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/judge"
	"acronis-conformance/suites/internal/redact"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
)

const tenantID, userID = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"

// What the guides promise of a success beyond its schema: each row once as promised, and once not.
func TestPromises(t *testing.T) {
	const tenant, user = "/tenants/" + tenantID, "/users/" + userID
	twoHours := time.Now().Add(judge.TokenLife).Unix()
	set := func(body, property, value string) string { return strings.ReplaceAll(body, property, value) }
	for _, row := range []struct {
		name, operation, path, sent string
		kept, broken                string // answers
		rule, at                    string
	}{
		{"a token lives for two hours", "RequestTokens", "", "", `{"expires_in":7200}`, `{"expires_in":7200000}`,
			"lifetime", "$.expires_in"},
		{"a login has no blanks around it", "CreateUser", "", `{"login":" a.b "}`, `{"login":"a.b"}`,
			`{"login":" a.b "}`, "trimmed", "$.login"},
		{"a one-time token is given", "RequestOneTimeToken", "", "", `{"ott":"x"}`, `{"ott":""}`, "given", "$.ott"},
		{"a registration token lives as long as was asked for", "CreateRegistrationToken_0", "", `{"expires_in":3600}`,
			`{"created_at":"2026-01-01T00:00:00Z","expires_at":"2026-01-01T01:00:00"}`,
			`{"created_at":"2026-01-01T00:00:00Z","expires_at":"2026-01-01T02:00:00"}`, "lifetime", "$.expires_at"},
		{"usages are those that were sent", "UpdateTenantsUsages", "", `{"items":[{"tenant_id":"a"}]}`,
			`{"items":[{"tenant_id":"a"}]}`, `{"items":[{"tenant_id":"b"}]}`, "asked-for", "$.items[0].tenant_id"},
		{"a period starts before it ends", "FetchReport", "", "",
			`{"parameters":{"period":{"start":"2026-01-01","end":"2026-01-01"}}}`,
			`{"parameters":{"period":{"start":"2026-01-02","end":"2026-01-01"}}}`, "period", "$.parameters.period.end"},
		{"a part of the users", "FetchTenantMFAStatus", "", "",
			`{"users":1,"users_with_totp_enabled":1,"users_count":2,"users_with_totp_enabled_count":2}`,
			`{"users_count":1,"users_with_totp_enabled_count":2}`, "state", "$.users_with_totp_enabled_count"},
		{"a lock of its own holds", "FetchTenantApplicationSetting", "/applications/a/settings" + tenant + "/s", "",
			set(`{"own":{"lock":true},"effective":{"owner":{"id":"x"},"lock":true}}`, "x", tenantID),
			set(`{"own":{"lock":true},"effective":{"owner":{"id":"x"},"lock":false}}`, "x", tenantID),
			"state", "$.effective.lock"},
		{"a lock has an owner", "FetchTenant", tenant, "", `{"update_lock":{"enabled":false,"owner_id":null}}`,
			`{"update_lock":{"enabled":true,"owner_id":null}}`, "lock", "$.update_lock.owner_id"},
		{"a tenant is made before it is deleted", "FetchTenantsBatch", "", "",
			`{"items":[{"created_at":"2026-01-02T00:00:00","deleted_at":"2026-01-03T00:00:00"}]}`,
			`{"items":[{"created_at":"2026-01-02T00:00:00","deleted_at":"2026-01-01T00:00:00"}]}`, "state",
			"$.items[0].deleted_at"},
		{"times in different forms are not compared", "FetchTenant", tenant, "",
			`{"contact":{"created_at":"2026-01-02T00:00:00+00:00","updated_at":"2026-01-01T20:00:00"}}`,
			`{"contact":{"created_at":"2026-01-02T00:00:00+00:00","updated_at":"2026-01-01T20:00:00+00:00"}}`, "state",
			"$.contact.updated_at"},
		{"a new customer is in trial", "CreateTenant", "", `{"kind":"customer"}`,
			`{"kind":"customer","pricing_mode":"trial"}`,
			`{"kind":"customer","pricing_mode":"production"}`, "new", "$.pricing_mode"},
		{"a new partner is in production", "CreateTenant", "", `{"kind":"partner"}`,
			`{"kind":"partner","pricing_mode":"production"}`,
			`{"kind":"partner","pricing_mode":"trial"}`, "new", "$.pricing_mode"},
		{"a new tenant is enabled", "CreateTenant", "", `{}`, `{"enabled":true}`, `{"enabled":false}`, "new",
			"$.enabled"},
		{"a new tenant speaks English", "CreateTenant", "", `{}`, `{"language":"en"}`, `{"language":"de"}`, "new",
			"$.language"},
		{"a new user is enabled", "CreateUser", "", `{}`, `{"enabled":true}`, `{"enabled":false}`, "new", "$.enabled"},
		{"a new user has no password", "CreateUser", "", `{}`, `{"activated":false}`, `{"activated":true}`, "new",
			"$.activated"},
		{"an answer shows what was sent", "UpdateUser", user, `{"version":1,"notifications":["quota","reports"]}`,
			`{"notifications":["reports","quota"]}`, `{"notifications":["reports"]}`, "state", "$.notifications"},
		{"an answer shows what was sent inside", "CreateTenant", "",
			`{"name":"n","parent_id":"` + tenantID + `","kind":"folder","contact":{"city":"Rome"}}`,
			`{"contact":{"city":"rome ","phone":"1"}}`, `{"contact":{"city":""}}`, "state", "$.contact.city"},
		{"items are as they were sent", "SetTenantOfferingItems", "",
			`{"offering_items":[{"application_id":"` + tenantID + `","name":"n","status":1}]}`,
			`{"items":[{"application_id":"` + tenantID + `","name":"n","status":1}]}`,
			`{"items":[{"application_id":"` + tenantID + `","name":"n","status":0}]}`, "state", "$.items[0].status"},
		{"the source of a setting is a tenant", "FetchTenantApplicationSetting",
			"/applications/a/settings" + tenant + "/s", "",
			set(`{"effective":{"owner":{"id":"x","type":"tenant"}}}`, "x", tenantID),
			set(`{"effective":{"owner":{"id":"x","type":"user"}}}`, "x", tenantID), "state", "$.effective.owner.type"},
		{"an answer is about the tenant", "UpdateTenant", tenant, "", set(`{"id":"x"}`, "x", tenantID),
			set(`{"id":"x"}`, "x", userID),
			"asked-for", "$.id"},
		{"an answer is about the user", "UpdateUser", user, "", set(`{"id":"x"}`, "x", userID), set(`{"id":"x"}`,
			"x", tenantID),
			"asked-for", "$.id"},
		{"a switch answers the new state", "UpdateUser", user, `{"enabled":false}`, `{"enabled":false}`,
			`{"enabled":true}`,
			"state", "$.enabled"},
		{"a setting answers its value", "UpdateTenantApplicationSetting", "", `{"lock":true}`, `{"own":{"lock":true}}`,
			`{"own":{"lock":false}}`, "state", "$.own.lock"},
		{"a brand that is on is shown", "EnableCustomBranding", "", "", `{"brand_enabled":true}`,
			`{"brand_enabled":false}`,
			"state", "$.brand_enabled"},
		{"a second factor that is on is on", "ManageTenantMFAStatus", "", `{"enabled":true}`,
			`{"mfa_status":"enabled"}`,
			`{"mfa_status":"disabled"}`, "state", "$.mfa_status"},
		{"a second factor goes by and by", "ManageTenantMFAStatus", "", `{"enabled":false}`,
			`{"mfa_status":"disable_in_progress"}`,
			`{"mfa_status":"enabled"}`, "state", "$.mfa_status"},
		{"an item that is off has no quota", "FetchTenantOfferingItems", "", "", `{"items":[{"status":0}]}`,
			`{"items":[{"status":1,"quota":{}},{"status":0,"quota":{}}]}`, "quota", "$.items[1].quota"},
		{"an item is stored somewhere", "FetchTenantOfferingItems", "", "",
			`{"items":[{"type":"infra","infra_id":"x"}]}`,
			`{"items":[{"type":"infra"}]}`, "storage", "$.items[0].infra_id"},
		{"an item is of the tenant", "FetchTenantOfferingItems", tenant + "/offering_items", "",
			set(`{"items":[{"tenant_id":"x"}]}`, "x", tenantID), set(`{"items":[{"tenant_id":"x"}]}`, "x", userID),
			"asked-for", "$.items[0].tenant_id"},
		{"a role is of the user", "FetchUserAccessPolicies", user + "/access_policies", "",
			set(`{"items":[{"trustee_id":"x"}]}`, "x", userID), set(`{"items":[{"trustee_id":"x"}]}`, "x", tenantID),
			"asked-for", "$.items[0].trustee_id"},
		{"the way to a storage is not a secret", "FetchInfrastructure", "", "", `{"url":"https://host/path"}`,
			`{"url":"https://user:word@host/path"}`, "secret", "$.url"},
		{"production begins after the trial", "FetchTenantPricingSettings", "", "",
			`{"mode":"trial","production_start_date":"2999-01-01T00:00:00"}`,
			`{"mode":"trial","production_start_date":"2020-01-01T00:00:00"}`, "trial", "$.production_start_date"},
		{"a token is for Authorization: Bearer", "RequestTokens", "", "", `{"token_type":"Bearer"}`,
			`{"token_type":"mac"}`,
			"token-type", "$.token_type"},
		{"two words on the end of a token agree", "RequestTokens", "", "",
			fmt.Sprintf(`{"expires_in":7200,"expires_on":%d}`, twoHours),
			fmt.Sprintf(`{"expires_in":3600,"expires_on":%d}`, twoHours), "lifetime", "$.expires_on"},
		{"an id token is a JWT", "RequestTokens", "", "", set(`{"id_token":"x"}`, "x", unsigned(`{"iss":"a"}`)),
			`{"id_token":"x"}`, "id-token", "$.id_token"},
		{"two tokens have one issuer", "RequestTokens", "", "",
			set(`{"access_token":"x","id_token":"x"}`, "x", unsigned(`{"iss":"a"}`)),
			fmt.Sprintf(`{"access_token":%q,"id_token":%q}`, unsigned(`{"iss":"a"}`), unsigned(`{"iss":"b"}`)),
			"id-token", "$.id_token"},
		{"a code of a device can be typed", "RequestDeviceAuthorization", "", "", `{"user_code":"ABCD-1234"}`,
			`{"user_code":"ABCD"}`, "user-code", "$.user_code"},
		{"a tenant that is found has a kind", "Search", "", "",
			`{"items":[{"obj_type":"tenant","name":"x","kind":"unit"}]}`,
			`{"items":[{"obj_type":"tenant","name":"x"}]}`, "named", "$.items[0].kind"},
		{"a user that is found has a login", "Search", "", "", `{"items":[{"obj_type":"user","login":"x"}]}`,
			`{"items":[{"obj_type":"user","name":"x"}]}`, "named", "$.items[0].login"},
		{"a version never falls", "UpdateUser", user, `{"version":3}`, `{"version":3}`, `{"version":2}`, "state",
			"$.version"},
		{"a tenant's own setting holds", "FetchTenantApplicationSetting", "/applications/a/settings" + tenant + "/s",
			"",
			set(`{"own":{"value":1},"effective":{"owner":{"id":"x"},"value":1}}`, "x", tenantID),
			set(`{"own":{"value":1},"effective":{"owner":{"id":"x"},"value":2}}`, "x", tenantID), "state",
			"$.effective.value"},
		{"a setting from above may hold in its place", "FetchTenantApplicationSetting",
			"/applications/a/settings" + tenant + "/s", "",
			set(`{"own":{"value":1},"effective":{"owner":{"id":"x"},"value":2}}`, "x", userID),
			set(`{"own":{"value":1},"effective":{"owner":{"id":"x"},"value":2}}`, "x", tenantID), "state",
			"$.effective.value"},
		{"roles are those that were sent", "UpdateUserAccessPolicies", user + "/access_policies",
			`{"items":[{"role_id":"a"},{"role_id":"b"}]}`, `{"items":[{"role_id":"b"},{"role_id":"a"}]}`,
			`{"items":[{"role_id":"b"}]}`, "state", "$.items"},
		{"roles that were not sent are gone", "UpdateUserAccessPolicies", user + "/access_policies",
			`{"items":[{"role_id":"a"}]}`, `{"items":[{"role_id":"a"}]}`,
			`{"items":[{"role_id":"a"},{"role_id":"b"}]}`, "state", "$.items[1]"},
		{"a client's secret is not told twice", "FetchClient", "", "", `{"client_secret":""}`, `{"client_secret":"x"}`,
			"secret", "$.client_secret"},
	} {
		t.Run(row.name, func(t *testing.T) {
			g := NewWithT(t)
			fault := And(HaveField("Rule", row.rule), HaveField("Path", row.at))
			g.Expect(answered(row.operation, row.path, row.sent, row.kept)).NotTo(ContainElement(fault))
			g.Expect(answered(row.operation, row.path, row.sent, row.broken)).To(ContainElement(fault))
		})
	}
}

// answered judges a success of the operation.
func answered(operation, path, sent, body string, header ...string) []schemas.Violation {
	contract, err := schemas.Load()
	if err != nil {
		panic(err)
	}
	op := contract.Operation(operation)
	a := exchange.Attempt{Status: op.Success(), Body: []byte(body), Start: time.Now(), Header: http.Header{}}
	a.Header.Set("Content-Type", op.MediaTypes(op.Success())[0])
	for i := 0; i < len(header); i += 2 {
		a.Header.Set(header[i], header[i+1])
	}
	r := exchange.Request{Method: op.Method, Path: path, Body: []byte(sent), Header: http.Header{}}
	if op.Body != nil {
		r.Header.Set("Content-Type", op.Body.MediaType)
	}
	return (&judge.Judge{Contract: contract, Redactor: redact.New()}).Answer(op, r, a)
}

// unsigned is a JWT of those claims, with a signature that nothing verifies.
func unsigned(claims string) string {
	part := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	return part(`{"alg":"RS256"}`) + "." + part(claims) + "." + part("a signature")
}

// What is said of a live token is what stands in it; of one that is dead, nothing need be said.
func TestIntrospectionFollowsTheToken(t *testing.T) {
	g := NewWithT(t)
	form := "token=" + unsigned(`{"exp":1700000000,"client_id":"c"}`)
	end := ContainElement(HaveField("Path", "$.exp"))
	g.Expect(answered("IntrospectToken", "", form, `{"active":true,"exp":1700000000,"client_id":"c"}`)).NotTo(end)
	g.Expect(answered("IntrospectToken", "", form, `{"active":true,"exp":1}`)).To(end)
	g.Expect(answered("IntrospectToken", "", form, `{"active":false,"exp":1}`)).NotTo(end)
	g.Expect(answered("IntrospectToken", "", "token=opaque", `{"active":true,"exp":1}`)).NotTo(end)
	g.Expect(answered("IntrospectToken", "", "token="+unsigned(`{"sub_type":"client"}`),
		`{"active":true,"sub_type":"api_client"}`)).To(BeEmpty())
}

// Headers say who may keep an answer.
func TestPromisedHeaders(t *testing.T) {
	g := NewWithT(t)
	cached := HaveField("Rule", "cache")
	at := func(name string) types.GomegaMatcher { return ContainElement(HaveField("Path", "header "+name)) }
	token := func(header ...string) []schemas.Violation { return answered("RequestTokens", "", "", "{}", header...) }
	logo := func(header ...string) []schemas.Violation {
		return answered("FetchTenantBrandLogo", "", "", "x", header...)
	}
	g.Expect(token("Cache-Control", "no-store, private", "Pragma", "No-Cache")).NotTo(ContainElement(cached))
	g.Expect(token("Pragma", "no-cache")).To(at("Cache-Control"))
	g.Expect(token("Cache-Control", "no-store")).To(at("Pragma"))
	g.Expect(logo("Cache-Control", "must-revalidate, Max-Age=86400")).NotTo(ContainElement(cached))
	g.Expect(logo("Cache-Control", "max-age=86400")).To(at("Cache-Control"))
}

// A refresh token comes with the scope that asks for one, or with a grant whose scope was named before.
func TestRefreshTokensComeWhenAskedFor(t *testing.T) {
	g := NewWithT(t)
	const body = `{"refresh_token":"r"}`
	unasked := HaveField("Path", "$.refresh_token")
	asked := []string{
		"grant_type=password&scope=a+offline_access", "grant_type=refresh_token", "grant_type=authorization_code",
	}
	for _, form := range asked {
		g.Expect(answered("RequestTokens", "", form, body)).NotTo(ContainElement(unasked), form)
	}
	g.Expect(answered("RequestTokens", "", "grant_type=client_credentials", body)).To(ContainElement(unasked))
}

// A request that breaks its schema may be read in more than one way, and the address of an activated user changes
// later: their answers are not held against what was sent.
func TestAnswersMayDifferFromWhatWasSent(t *testing.T) {
	g := NewWithT(t)
	differs := HaveField("Rule", "state")
	g.Expect(answered("UpdateTenant", "", `{"version":1,"kind":"folder"}`, `{"kind":"partner"}`)).
		To(ContainElement(differs))
	for sent, shown := range map[string]string{
		`{"version":1,"kind":"village"}`:         `{"kind":"partner"}`,
		`{"version":"1","kind":"folder"}`:        `{"kind":"partner"}`,
		`{"version":1,"customer_id":null}`:       `{"customer_id":""}`,
		`{"version":1,"internal_tag":" a tag "}`: `{"internal_tag":"a tag"}`,
	} {
		g.Expect(answered("UpdateTenant", "", sent, shown)).NotTo(ContainElement(differs), sent)
	}
	g.Expect(answered("UpdateUser", "", `{"version":1,"contact":{"email":"new@example.com"}}`,
		`{"contact":{"email":"old@example.com"}}`)).NotTo(ContainElement(differs))
}

// An answer is judged by its status: what the operation does not list is not judged, but for a success, which must
// be another one.
func TestAnswersAreJudgedByWhatCame(t *testing.T) {
	g := NewWithT(t)
	contract, err := schemas.Load()
	g.Expect(err).NotTo(HaveOccurred())
	j := &judge.Judge{Contract: contract, Redactor: redact.New()}
	op := contract.Operation("CreateTenant")
	rules := map[int]string{201: "required", 403: "required", 200: "status", 418: "", 409: "", 503: "", 0: ""}
	for status, rule := range rules {
		header := http.Header{"Content-Type": {"application/json"}}
		wrong := j.Answer(op, exchange.Request{}, exchange.Attempt{Status: status, Body: []byte("{}"), Header: header})
		if rule == "" {
			g.Expect(wrong).To(BeEmpty(), "%d", status)
			continue
		}
		g.Expect(wrong).To(ContainElement(HaveField("Rule", rule)), "%d", status)
	}
	broken := exchange.Attempt{Status: 201, Error: "it breaks off", Header: http.Header{}}
	g.Expect(j.Answer(op, exchange.Request{}, broken)).To(BeEmpty())
}
