package judge_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/judge"

	. "github.com/onsi/gomega"
)

// What the answers of different operations show of one object agrees, whatever list it is in.
func TestMemoryOfFacts(t *testing.T) {
	contract, err := schemas.Load()
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	const service = `{"id":"` + userID + `","name":"Backup","type":"backup","usages":["vms"],` +
		`"api_base_url":"https://a"}`
	const location = `{"id":"` + userID + `","owner_tenant_id":"` + tenantID + `","platform_owned":false,"name":"l",` +
		`"version":0,"readonly":false}`
	const item = `{"application_id":"` + userID + `","name":"vms","edition":null,"usage_name":"vms","tenant_id":"` +
		tenantID + `","status":1,"type":"count","measurement_unit":"quantity"}`
	const role = `{"id":"` + userID + `","version":1,"trustee_id":"` + userID + `","trustee_type":"user",` +
		`"issuer_id":"` + userID + `","tenant_id":"` + tenantID + `","role_id":"unit_admin"}`
	tenant := func(version, contact string) string {
		return `{"id":"` + tenantID + `","version":` + version + `,"name":"n",` +
			`"pricing_mode":"trial","deleted_at":null,"contacts":[{"id":"` +
			userID + `","zipcode":"1"}],"contact":{"id":"` + userID + `","zipcode":"` + contact + `"}}`
	}
	list := func(item string) string { return `{"items":[` + item + `]}` }
	changed := strings.ReplaceAll
	type look struct{ op, path, shown, caller string }
	for name, row := range map[string]struct {
		looks []look
		at    string // of what is wrong with the last one; empty: nothing
	}{
		"a service": {looks: []look{{op: "FetchApplication", shown: service},
			{op: "FetchApplications", shown: list(service)}}},
		"a service of another name": {looks: []look{{op: "FetchApplication", shown: service},
			{op: "FetchApplications", shown: list(changed(service, "Backup", "Other"))}}, at: "$.items[0].name"},
		"a service without its usages": {looks: []look{{op: "FetchApplications", shown: list(service)},
			{op: "FetchApplication", shown: changed(service, `"vms"`, ``)}}, at: "$.usages"},
		"an item of another unit elsewhere": {looks: []look{{op: "FetchTenantOfferingItems", shown: list(item)},
			{op: "FetchTenantOfferingItemsBatch", shown: list(changed(changed(item, "quantity", "bytes"), tenantID,
				userID))}}, at: "$.items[0].measurement_unit"},
		"an item of another unit in the answer to a write": {looks: []look{
			{op: "FetchTenantOfferingItems", shown: list(item)},
			{op: "SetTenantOfferingItems", shown: list(changed(item, "quantity", "bytes"))}},
			at: "$.items[0].measurement_unit"},
		"an item of another edition": {looks: []look{{op: "FetchTenantOfferingItems", shown: list(item)},
			{op: "FetchTenantOfferingItems", shown: list(changed(changed(item, "quantity", "bytes"), "null",
				`"standard"`))}}},
		"a location that somebody else may not change": {looks: []look{
			{op: "FetchInfrastructuresLocation", shown: location},
			{op: "FetchInfrastructuresLocationsBatch", caller: "b",
				shown: list(changed(location, `"readonly":false`, `"readonly":true`))}}},
		"a location that cannot be changed in lists": {looks: []look{
			{op: "FetchInfrastructuresLocation", shown: location},
			{op: "FetchInfrastructuresLocationsBatch",
				shown: list(changed(location, `"readonly":false`, `"readonly":true`))}}, at: "$.items[0].readonly"},
		"a role of a group": {looks: []look{{op: "UpdateUserAccessPolicies", shown: list(role)},
			{op: "FetchUserAccessPolicies", shown: list(changed(role, `"user"`, `"user_group"`))}},
			at: "$.items[0].trustee_type"},
		"a role at another version": {looks: []look{{op: "UpdateUserAccessPolicies", shown: list(role)},
			{op: "FetchUserAccessPolicies", shown: list(changed(changed(role, "unit_admin", "company_admin"),
				`"version":1`, `"version":2`))}}},
		"a brand that changes the pricing": {looks: []look{
			{op: "CreateTenant", shown: tenant("1", "1")},
			{op: "EnableCustomBranding", path: "?version=1",
				shown: changed(tenant("2", "1"), `"trial"`, `"suspended"`)}}, at: "$.pricing_mode"},
		"a read that shows the pricing late": {looks: []look{{op: "FetchTenant", shown: tenant("1", "1")},
			{op: "FetchTenant", shown: changed(tenant("1", "1"), `"trial"`, `"suspended"`)}}},
		"a brand that changes the name": {looks: []look{{op: "FetchTenant", shown: tenant("1", "1")},
			{op: "EnableCustomBranding", path: "?version=1", shown: changed(tenant("2", "1"), `"n"`, `"m"`)}},
			at: "$.name"},
		"contacts without ids": {looks: []look{{op: "FetchTenant", shown: tenant("1", "1")},
			{op: "UpdateTenant", shown: changed(tenant("2", "1"), `"id":"`+userID+`",`, "")},
			{op: "UpdateTenantDefaultIdpId", path: "?version=2", shown: tenant("3", "1")}}},
		"a contact in two forms": {looks: []look{{op: "FetchTenant", shown: tenant("1", "2")}},
			at: "$.contacts[0].zipcode"},
		"another name after a pricing": {looks: []look{{op: "FetchTenant", shown: tenant("1", "1")},
			{op: "UpdateTenantPricingSettings", shown: `{}`},
			{op: "FetchTenantsBatch", shown: list(changed(tenant("1", "1"), `"n"`, `"m"`))}}},
		"another name after a restoration": {looks: []look{{op: "FetchTenant", shown: tenant("1", "1")},
			{op: "RestoreDeletedTenant"},
			{op: "FetchTenantsBatch", shown: list(changed(tenant("1", "1"), `"n"`, `"m"`))}}},
		"another name of what is deleted": {looks: []look{{op: "FetchTenant", shown: tenant("1", "1")},
			{op: "FetchTenantsBatch", shown: list(changed(changed(tenant("1", "1"), `"n"`, `"m"`),
				`"deleted_at":null`, `"deleted_at":"2026-01-01T00:00:00"`))}}},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			var m judge.Memory
			for i, l := range row.looks {
				op := contract.Operation(l.op)
				r := exchange.Request{Method: op.Method, Path: changed(op.Path, "{tenant_id}", tenantID),
					Header: http.Header{"Authorization": {"Bearer " + l.caller}}}
				if l.path != "" {
					r.Query = map[string][]string{"version": {"1"}}
				}
				var places []string
				for _, v := range m.Answer(op, r, exchange.Attempt{Status: op.Success(), Body: []byte(l.shown)}) {
					places = append(places, v.Path)
				}
				if row.at == "" || i < len(row.looks)-1 {
					g.Expect(places).To(BeEmpty())
					continue
				}
				g.Expect(places).To(Equal([]string{row.at}))
			}
		})
	}
}

// A list that is read holds an object once, and nothing is made or changed in days to come.
func TestListsHoldObjectsOnce(t *testing.T) {
	g := NewWithT(t)
	once := ContainElement(HaveField("Rule", "once"))
	g.Expect(answered("FetchTenantUsers", "", "", `{"items":["`+userID+`","`+tenantID+`"]}`)).NotTo(once)
	g.Expect(answered("FetchTenantUsers", "", "", `{"items":["`+userID+`","`+userID+`"]}`)).To(once)
	item := func(edition string) string {
		return `{"application_id":"` + userID + `","name":"vms","edition":"` + edition + `"}`
	}
	list := func(items ...string) string { return `{"items":[` + strings.Join(items, ",") + `]}` }
	g.Expect(answered("FetchTenantOfferingItems", "", "", list(item("standard"), item("advanced")))).NotTo(once)
	g.Expect(answered("FetchTenantOfferingItems", "", "", list(item("standard"), item("standard")))).To(once)
	deleted := strings.Replace(item("standard"), "{", `{"deleted_at":"2026-01-01T00:00:00",`, 1)
	g.Expect(answered("FetchTenantOfferingItems", "", "", list(deleted, item("standard")))).NotTo(once)

	ahead := ContainElement(HaveField("Path", "$.contact.updated_at"))
	shown := func(at string) string { return `{"contact":{"updated_at":"` + at + `"}}` }
	now := time.Now().UTC()
	const form = "2006-01-02T15:04:05"
	g.Expect(answered("FetchTenant", "", "", shown(now.Add(time.Hour).Format(form)))).NotTo(ahead)
	g.Expect(answered("FetchTenant", "", "", shown(now.AddDate(0, 0, 2).Format(form)))).To(ahead)
	g.Expect(answered("FetchTenant", "", "", `{"licence":{"created_at":"2099-01-01T00:00:00"}}`)).NotTo(
		ContainElement(HaveField("Path", "$.licence.created_at")))
}
