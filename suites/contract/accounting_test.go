package contract_test

import (
	"flag"
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// mostUnprovokable bounds the reviewed list: it is no place to put what is merely hard.
const mostUnprovokable = 10

var accountFlag = flag.Bool("account", false, "walk the tree of specs without running it, and account for every cell")

// The tree is walked without being run. A run of the specs does not need it: `make test` asks for it.
func TestEveryCellIsAccountedFor(t *testing.T) {
	if !*accountFlag {
		t.Skip("ask for it with -account")
	}
	RegisterFailHandler(Fail)
	g := NewWithT(t)
	suite.prepare()
	g.Expect(suite.configErr).NotTo(HaveOccurred())
	suiteConfig, reporterConfig := GinkgoConfiguration()
	tree := PreviewSpecs("contract", suiteConfig, reporterConfig).SpecReports.WithLeafNodeType(leaves)

	asserted := map[report.CellKey]bool{}
	seen := map[string]bool{}
	for _, leaf := range tree {
		id := leaf.LeafNodeText
		g.Expect(seen[id]).To(BeFalse(), "two specs bear the id %s", id)
		seen[id] = true
		sp := suite.specs[id]
		g.Expect(sp.id()).To(Equal(id), "a spec's text is its id")
		g.Expect(leaf.Labels()).To(ContainElements(sp.code, sp.probe), id)
		g.Expect(leaf.FileName()).To(ContainSubstring("/"+sp.code+"_"), "file, label and id agree")
		if sp.op != nil && sp.source() == schemas.FromReference {
			asserted[report.CellKey{Operation: sp.op.ID, Code: sp.want}] = true
		}
	}

	var open []string
	for _, cell := range suite.contract.Cells() {
		key := report.CellKey{Operation: cell.Operation, Code: cell.Code}
		if _, reviewed := unprovokable[key]; reviewed == asserted[key] {
			open = append(open, fmt.Sprintf("%s %d: asserted %v, on the reviewed list %v", cell.Operation, cell.Code, asserted[key], reviewed))
		}
	}
	g.Expect(open).To(BeEmpty(), "every reference cell has a spec, or a reason on the reviewed list, and not both")
	g.Expect(len(unprovokable)).To(BeNumerically("<=", mostUnprovokable))
	for key := range unprovokable {
		g.Expect(suite.contract.Operation(key.Operation).Documents(key.Code)).To(BeTrue(), "%v is no reference cell", key)
	}
	g.Expect(missing(seen)).To(BeEmpty(), "the contract implies these specs")
	g.Expect(counted(seen)).To(BeEmpty())
	for id := range spared {
		g.Expect(seen[id]).To(BeFalse(), "%s has a spec: it need not be spared any more", id)
	}
	holdsTheFloor(g, seen)
}

// leastSpecs is how many specs each code has. The table is kept by hand, so that none is dropped unseen together with what implies it.
var leastSpecs = map[string]int{
	"20x": 254, "400": 351, "401": 638, "403": 206, "404": 156, "405": 210, "406": 3, "409": 33, "415": 95, "50x": 104,
}

// counted says where the number of specs is not that of the table, and what to do about it.
func counted(seen map[string]bool) []string {
	count := map[string]int{}
	for id := range seen {
		code, _, _ := strings.Cut(id, "/")
		count[code]++
	}
	var wrong []string
	for _, code := range slices.Sorted(maps.Keys(leastSpecs)) {
		switch has, least := count[code], leastSpecs[code]; {
		case has < least:
			wrong = append(wrong, fmt.Sprintf("%s has %d specs, and had %d: bring back the %d that were dropped; if they were dropped on purpose, lower leastSpecs in the commit that says why",
				code, has, least, least-has))
		case has > least:
			wrong = append(wrong, fmt.Sprintf("%s has %d specs, and had %d: raise leastSpecs to %d, so that the new ones are not dropped unseen", code, has, least, has))
		}
		delete(count, code)
	}
	for code := range count {
		wrong = append(wrong, code+" has no line in leastSpecs: add one")
	}
	return wrong
}

// missing lists what the contract implies and no spec has.
func missing(seen map[string]bool) []string {
	return slices.DeleteFunc(implied(), func(pattern string) bool {
		if !strings.Contains(pattern, "*") {
			return seen[pattern]
		}
		for id := range seen {
			if fits, err := path.Match(pattern, id); err == nil && fits {
				return true
			}
		}
		return false
	})
}

// implied lists the specs that the contract and the catalogue imply, whatever else there is: no change of a probe may drop one unseen. It
// reads both by itself, and asks none of the functions by which the probes choose. An asterisk stands for a name that is left open.
func implied() []string {
	var all []string
	for _, op := range suite.contract.Operations() {
		all = slices.Concat(all, impliedByAny(op), impliedByToken(op), impliedByParameters(op), impliedByBody(op), impliedByState(op))
	}
	for _, probe := range slices.Sorted(maps.Keys(byHand)) {
		for _, subject := range strings.Fields(byHand[probe]) {
			all = append(all, probe+"/"+subject)
		}
	}
	return append(all, impliedByRoutes()...)
}

// byHand are the specs that rest on a sentence of the documentation about one operation.
var byHand = map[string]string{
	"20x/changed-is-shown":               "UpdateTenantPricingSettings",
	"20x/default-edition":                "FetchOfferingItemsAvailableForTenantChild FetchTenantOfferingItems",
	"20x/default-limit":                  "Search",
	"20x/moved-away":                     "FetchTenantChildren",
	"20x/filter-status-off":              "FetchTenantOfferingItems",
	"20x/filter-type-infra":              "FetchTenantOfferingItems",
	"20x/shows-as-made":                  "FetchTenant FetchUser",
	"20x/shows-first-version":            "FetchInfrastructure FetchInfrastructuresLocation",
	"20x/shows-moved":                    "FetchTenant",
	"20x/shows-off":                      "FetchTenantOfferingItems",
	"20x/shows-renamed":                  "FetchUser",
	"20x/default-include_grand_children": "FetchTenantUsers",
	"20x/deleted-left-out-users":         "Search",
	"20x/filter-allow_deleted":           "FetchTenantChildren FetchTenantUsers Search",
	"20x/filter-editions":                "FetchTenantOfferingItemsBatch FetchTenantUsages",
	"20x/filter-external_ids":            "FetchUsersBatch",
	"20x/filter-include_grand_children":  "FetchTenantUsers",
	"20x/filter-offering_items":          "FetchTenantOfferingItemsBatch",
	"20x/filter-subtree_root_tenant_id":  "FetchTenantOfferingItemsBatch FetchUsersBatch",
	"20x/filter-tenants":                 "FetchTenantsApplicationsBatch",
	"20x/filter-with_access_policies":    "FetchUsersBatch",
	"20x/filter-with_contacts":           "FetchTenantsBatch",
	"20x/filter-with_offering_items":     "FetchTenantsBatch",
	"20x/finds-contact":                  "Search",
	"20x/finds-customer_id":              "Search",
	"20x/finds-email":                    "Search",
	"20x/finds-nothing-inside":           "Search",
	"20x/finds-user-email":               "Search",
	"20x/finds-user-name":                "Search",
	"20x/finds-word":                     "Search",
	"20x/forced":                         "RestoreDeletedTenant RestoreDeletedUser",
	"20x/order-login":                    "FetchTenantUsers",
	"20x/order-name":                     "FetchTenantChildren",
	"20x/order-subtree_root_id":          "FetchTenantsBatch",
	"20x/replaces":                       "UpdateUserAccessPolicies",
	"20x/shows-children":                 "FetchTenant",
	"20x/shows-deleted":                  "FetchTenant FetchUser",
	"20x/shows-own-tenant":               "FetchTenant FetchUser",
	"20x/shows-production":               "FetchTenantPricingSettings",
	"20x/shows-trial":                    "FetchTenantPricingSettings",
	"20x/version-raised":                 "ModifyCustomBranding UploadTenantBrandLogo",
	"401/deleted-tenant":                 "RequestTokens",
	"401/disabled-tenant":                "RequestTokens",
	"404/deleted-tenant":                 "FetchTenant FetchUser",
	"409/stale-version": "DeleteReport DeleteTenant DeleteUser UpdateTenantOfferingItemsPrices " +
		"UpdateTenantPricingSettings UploadTenantBrandLogo",
	"20x/filter-edition":                        "FetchTenantOfferingItems",
	"20x/filter-limit":                          "Search",
	"20x/filter-origin_id":                      "FetchClientsBatch FetchUsersBatch",
	"20x/filter-parent_id":                      "FetchTenantsBatch",
	"20x/filter-status":                         "FetchTenantOfferingItems",
	"20x/filter-subtree_root_id":                "FetchTenantsBatch",
	"20x/filter-tenant_id":                      "FetchUsersBatch",
	"20x/filter-type":                           "FetchTenantOfferingItems",
	"20x/filter-uuids":                          "FetchClientsBatch FetchInfrastructuresBatch FetchInfrastructuresLocationsBatch FetchTenantsBatch FetchUsersBatch",
	"20x/finds":                                 "Search",
	"20x/dead-token":                            "IntrospectToken",
	"20x/token-in-query":                        "FetchTenant",
	"20x/finds-login":                           "Search",
	"20x/finds-nothing":                         "Search",
	"20x/filter-usage_names":                    "FetchTenantOfferingItems FetchTenantOfferingItemsBatch FetchTenantUsages",
	"20x/unknown-left-out":                      "FetchTenantsBatch FetchUsersBatch FetchInfrastructuresLocationsBatch FetchInfrastructuresBatch",
	"400/unfit-kind-below-customer":             "CreateTenant",
	"401/empty-secret":                          "RequestTokens RevokeToken",
	"401/wrong-password":                        "RequestTokens",
	"403/foreign-tenant-owner":                  "RegisterInfrastructure",
	"20x/finds-capitals":                        "Search",
	"20x/deleted-left-out":                      "FetchTenantChildren FetchTenantUsers Search",
	"20x/took-effect":                           "DeleteRegistrationToken DeleteTenantApplicationSetting DisableCustomBranding EnableCustomBranding ManageTenantMFAStatus ModifyCustomBranding RestoreDeletedTenant RestoreDeletedUser SetTenantOfferingItems TurnOffTenantApplication TurnOnTenantApplication UpdateTenantApplicationSetting UpdateUserAccessPolicies UpdateTenantOfferingItemsPrices SetUserPassword UpdateTenantPricingSettings DeleteClient",
	"400/unfit-kind":                            "CreateTenant",
	"401/disabled-client":                       "RequestTokens",
	"20x/grant-password":                        "RequestTokens",
	"20x/grant-md5_password":                    "RequestTokens",
	"20x/grant-refresh_token":                   "RequestTokens",
	"20x/grant-jwt-bearer":                      "RequestTokens",
	"20x/grant-device_code":                     "RequestTokens",
	"20x/lifetime":                              "RequestTokens",
	"20x/described":                             "FetchOpenIDConfiguration",
	"20x/keys":                                  "FetchOpenIDConfiguration",
	"20x/live-token":                            "IntrospectToken",
	"20x/dead-token-revoked":                    "IntrospectToken",
	"20x/dead-token-foreign":                    "IntrospectToken",
	"20x/basic":                                 "FetchCurrentUserInfo",
	"400/contradictory-query-two-tokens":        "FetchTenant",
	"401/invented-refresh-token":                "RequestTokens",
	"401/invented-code":                         "RequestTokens",
	"401/invented-device-code":                  "RequestTokens",
	"401/invented-assertion":                    "RequestTokens",
	"401/altered-assertion":                     "RequestTokens",
	"401/wrong-basic":                           "FetchCurrentUserInfo FetchTenant UpdateTenant",
	"20x/grant-client_secret_post":              "RequestTokens",
	"20x/session":                               "LogInWithOneTimeToken",
	"20x/selected-login":                        "RequestOneTimeToken",
	"20x/selected-external_id":                  "RequestOneTimeToken",
	"400/contradictory-body-unknown-token-type": "RevokeToken",
	"401/wrong-form-secret":                     "RequestTokens",
	"401/public-client":                         "RequestTokens",
	"401/unknown-basic":                         "FetchTenant",
	"401/wrong-basic-client":                    "FetchClient",
	"401/unlisted-basic":                        "FetchInfrastructuresLocation",
	"401/deleted-client":                        "RequestTokens",
	"401/disabled-user":                         "RequestTokens",
	"401/disabled-client-token":                 "FetchApplications",
	"401/deleted-client-token":                  "FetchApplications",
	"401/disabled-tenant-token":                 "FetchApplications",
	"401/deleted-tenant-token":                  "FetchApplications",
	"401/disabled-user-token":                   "FetchCurrentUserInfo",
	"401/deleted-user-token":                    "FetchCurrentUserInfo",
	"401/paired-access-token":                   "FetchCurrentUserInfo",
	"401/paired-refresh-token":                  "RequestTokens",
	"401/dead-refresh-token":                    "RequestTokens",
	"401/id-token":                              "FetchCurrentUserInfo",
	"20x/read-again":                            "CheckLoginNameAvailability",
	"400/contradictory-body-future-period":      "CreateReport",
	"400/contradictory-body-no-grant-type":      "RequestTokens",
	"400/contradictory-body-no-token":           "IntrospectToken RevokeToken",
	"400/contradictory-body-two-users":          "RequestOneTimeToken",
	"400/contradictory-body-unknown-grant-type": "RequestTokens",
	"400/contradictory-query-101-ids":           "FetchTenantsBatch FetchUsersBatch",
	"400/contradictory-query-external-ids":      "FetchUsersBatch",
	"400/contradictory-query-no-filter":         "FetchTenantsBatch",
	"400/contradictory-query-two-filters":       "FetchTenantsBatch",
	"400/contradictory-query-unknown-kind":      "FetchOfferingItemsAvailableForTenantChild",
	"400/enabled-tenant":                        "DeleteTenant",
	"401/unknown-client":                        "RequestTokens RevokeToken",
	"401/used-one-time-token":                   "LogInWithOneTimeToken",
	"401/wrong-secret":                          "RequestTokens RevokeToken",
	"403/foreign-tenant-listed":                 "FetchRegistrationTokens_0",
	"403/foreign-tenant-parent":                 "UpdateTenant",
	"403/foreign-tenant-role":                   "UpdateUserAccessPolicies",
	"403/foreign-tenant-scope":                  "RequestTokens",
	"404/unknown-id-login":                      "GetForgotLink",
	"404/unknown-id-subtree_root_tenant_id":     "FetchTenantOfferingItemsBatch",
	"404/unknown-id-tenant":                     "Search",
	"406/unacceptable-login-letter":             "CheckLoginNameAvailability",
	"406/unacceptable-login-short":              "CheckLoginNameAvailability",
	"406/unacceptable-login-space":              "CheckLoginNameAvailability",
	"409/duplicate":                             "CreateTenant CreateUser CreateInfrastructuresLocation RegisterInfrastructure UpdateUserAccessPolicies",
	"409/in-use":                                "DeleteInfrastructuresLocation",
	"409/repeated":                              "EnableCustomBranding DisableCustomBranding",
	"409/taken-login":                           "CheckLoginNameAvailability RestoreDeletedUser UpdateUser",
	"409/taken-name":                            "RestoreDeletedTenant UpdateTenant UpdateInfrastructure UpdateInfrastructuresLocation",
	"50x/repeated-failure-once":                 "FetchTenant CreateTenant DeleteTenant",
	"50x/repeated-failure-twice":                "FetchTenant CreateTenant DeleteTenant",
	"50x/repeated-failure-always":               "FetchTenant CreateTenant DeleteTenant",
}

// spared are the specs that a rule below would have, and no probe has, each for a reason.
var spared = map[string]string{
	"400/missing-field-timestamp/UpdateUserAccessPolicies":                     "official clients leave it out",
	"400/missing-field-recipients/CreateReport":                                "official clients leave it out",
	"403/own-ancestor/DeleteTenant":                                            "a server that obeys would take the whole world away",
	"403/role-too-small/FetchCurrentUserInfo":                                  "everybody may ask who they are",
	"403/foreign-tenant-body/UpdateTenantsUsages":                              "the answer holds an error per item",
	"403/foreign-tenant-body/IntrospectToken":                                  "a foreign token is one that is not active",
	"403/foreign-tenant-body/DeviceAuthorizationApproval_1":                    "its code belongs to no tenant",
	"20x/created-is-found-CreateClient/FetchClientsBatch":                      "the filter of its origin shows it",
	"20x/created-is-found-CreateRegistrationToken_0/FetchRegistrationTokens_1": "the pair without a tenant is deprecated",
	"20x/changed-is-shown/UpdateTenantApplicationSetting":                      "its value is the caller's own, in any form",
	"404/deleted-object/FetchTenantApplicationSetting":                         "a setting that is deleted has its default again",
	"20x/read-again/FetchApplication":                                          "an application is the platform's own, and may change",
}

// unless drops what is spared.
func unless(all ...string) []string {
	return slices.DeleteFunc(all, func(id string) bool { return spared[id] != "" })
}

// startParameters are the query parameters by which a list starts at a tenant.
var startParameters = []string{"parent_id", "subtree_root_id", "subtree_root_tenant_id", "tenant_id", "tenant_uuid"}

func impliedByAny(op *schemas.Operation) []string {
	all := []string{"20x/valid-token/" + op.ID, "50x/injected-failure/" + op.ID}
	if op.Documents(415) {
		all = append(all, "415/unsupported-accept/"+op.ID)
	}
	if op.Documents(400) && strings.Contains(op.Path, "/brand") {
		all = append(all, "400/customer-tenant/"+op.ID)
	}
	return all
}

func impliedByToken(op *schemas.Operation) []string {
	if !op.Security.Token {
		return nil
	}
	var all []string
	for _, probe := range []string{"no-token", "garbage-token", "expired-token", "tampered-token", "alg-none-token", "other-issuer-token", "revoked-token"} {
		all = append(all, "401/"+probe+"/"+op.ID)
	}
	if len(op.Security.Roles) > 0 {
		all = append(all, "403/role-too-small/"+op.ID)
	}
	if strings.Contains(op.Path, "{tenant_id}") {
		all = append(all, "403/own-ancestor/"+op.ID)
	}
	call := suite.catalogue.Call(op.ID)
	switch {
	case strings.Contains(strings.NewReplacer("{application_id}", "", "{setting_name}", "").Replace(op.Path), "{"):
		all = append(all, "403/foreign-tenant/"+op.ID)
	case op.Body != nil && call.Object != "":
		all = append(all, "403/foreign-tenant-body/"+op.ID)
	case call.Query["uuids"] != "" || op.ID == "FetchClientsBatch":
		all = append(all, "403/foreign-tenant-uuids/"+op.ID)
	case call.Object != "" && call.Object != "device_code":
		all = append(all, "403/foreign-tenant-query/"+op.ID)
	}
	return unless(all...)
}

func impliedByParameters(op *schemas.Operation) []string {
	var all []string
	for _, p := range op.Params {
		only := strings.Count(op.Path, "{") == 1
		switch {
		case p.In == "path" && p.Pattern != "":
			all = append(all, "400/malformed-path-"+p.Name+"/"+op.ID)
		case p.In == "query" && p.Required:
			all = append(all, "400/missing-query-"+p.Name+"/"+op.ID)
		}
		switch {
		case p.In == "path" && only:
			all = append(all, "404/unknown-id/"+op.ID)
		case p.In == "path":
			all = append(all, "404/unknown-id-"+p.Name+"/"+op.ID)
		case p.In == "query" && (p.Pattern != "" || p.Format != "" || len(p.Enum) > 0 || p.Type != "string"):
			all = append(all, "400/malformed-query-"+p.Name+"/"+op.ID)
		}
		if p.In == "query" && slices.Contains(startParameters, p.Name) && op.Security.Token && suite.catalogue.Call(op.ID).Query[p.Name] == "" {
			all = append(all, "403/foreign-tenant-"+p.Name+"/"+op.ID, "404/unknown-id-"+p.Name+"/"+op.ID)
		}
	}
	return all
}

func impliedByBody(op *schemas.Operation) []string {
	if op.Body == nil {
		return nil
	}
	all := []string{"415/wrong-content-type/" + op.ID, "415/no-content-type/" + op.ID}
	if op.Body.Demanded {
		all = append(all, "400/empty-body/"+op.ID)
	}
	if op.Body.MediaType != "application/json" {
		return all
	}
	all = append(all, "400/malformed-json/"+op.ID, "400/wrong-type-*/"+op.ID)
	for _, p := range op.RequestProperties() {
		if p.Required {
			all = append(all, "400/missing-field-"+p.Name+"/"+op.ID)
		}
	}
	for _, name := range op.Body.Required {
		all = append(all, "400/wrong-type-"+name+"/"+op.ID)
	}
	for _, p := range op.RequestProperties() {
		if p.Schema["enum"] != nil {
			all = append(all, "400/unknown-value-"+p.Name+"/"+op.ID)
		}
	}
	return unless(all...)
}

// impliedByState are the specs that compare two answers: what was made, changed, deleted, read or listed.
func impliedByState(op *schemas.Operation) []string {
	var all []string
	at := func(method, path string) *schemas.Operation {
		for _, other := range suite.contract.Operations() {
			if other.Method == method && other.Path == path {
				return other
			}
		}
		return nil
	}
	byID := strings.HasSuffix(op.Path, "}")
	switch {
	case op.Method == http.MethodPost && op.Body != nil && (strings.HasPrefix(op.ID, "Create") || strings.HasPrefix(op.ID, "Register")):
		for _, other := range suite.contract.Operations() {
			if other.Method == http.MethodGet && strings.HasPrefix(other.Path, op.Path+"/{") && strings.Count(other.Path, "/") == strings.Count(op.Path, "/")+1 {
				all = append(all, "20x/created-is-found-"+op.ID+"/"+other.ID)
			}
		}
		all = append(all, "20x/created-is-found-"+op.ID+"/"+suite.catalogue.Call(op.ID).Witness)
	case op.Method == http.MethodPut && byID && at(http.MethodGet, op.Path) != nil:
		all = append(all, "20x/changed-is-shown/"+op.ID)
	case op.Method == http.MethodDelete && byID && at(http.MethodGet, op.Path) != nil:
		all = append(all, "404/deleted-object/"+at(http.MethodGet, op.Path).ID)
	case op.Method == http.MethodGet && (byID && slices.Contains(op.MediaTypes(200), "application/json") || suite.catalogue.Call(op.ID).Query["uuids"] != ""):
		all = append(all, "20x/read-again/"+op.ID)
	}
	if op.Documents(409) && op.Method != http.MethodGet && !strings.HasSuffix(op.Path, "/restore") {
		all = append(all, "409/stale-version/"+op.ID)
	}
	for _, p := range op.Params {
		switch {
		case p.In != "query" || op.Method != http.MethodGet:
		case p.Name == "lod":
			all = append(all, "20x/lod-stamps/"+op.ID, "20x/lod-basic/"+op.ID)
		case p.Name == "after" && slices.Contains(op.Takes("query"), "limit"): // without a limit, nobody can make pages
			all = append(all, "20x/paging/"+op.ID)
		case p.Name == "updated_since":
			all = append(all, "20x/filter-updated_since/"+op.ID)
		case p.Name == "allow_deleted" && slices.Contains(op.Takes("query"), "lod"):
			all = append(all, "20x/filter-allow_deleted/"+op.ID, "20x/deleted-left-out/"+op.ID)
		}
	}
	return unless(all...)
}

// impliedByRoutes are the paths and methods that the contract does not have.
func impliedByRoutes() []string {
	var all, templates []string
	under := map[string]bool{}
	for _, p := range suite.contract.Paths() {
		templates = append(templates, p.Template)
		for _, method := range schemas.Methods {
			if !slices.Contains(p.Methods, method) {
				all = append(all, "405/wrong-method/"+method+strings.ReplaceAll(p.Template, "/", "."))
			}
		}
		for at, letter := range p.Template {
			if letter == '/' {
				under[p.Template[:at]] = true
			}
		}
	}
	// A template has the unknown name where it ends in a parameter, and before that is as the path is.
	known := func(path string) bool {
		return slices.ContainsFunc(templates, func(template string) bool {
			at := strings.LastIndex(template, "/{")
			return at >= 0 && !strings.Contains(template[at+1:], "/") && template[:at] == path
		})
	}
	for _, template := range templates {
		if !known(template) {
			all = append(all, "404/unknown-route-behind/GET"+strings.ReplaceAll(template, "/", ".")+".{unknown}")
		}
	}
	for prefix := range under {
		if !known(prefix) {
			all = append(all, "404/unknown-route-under/GET"+strings.ReplaceAll(prefix, "/", ".")+".{unknown}")
		}
	}
	return all
}

// holdsTheFloor drops every probe once, and every spec once, and expects to be told.
func holdsTheFloor(g *WithT, seen map[string]bool) {
	probes := map[string]bool{}
	for id := range seen {
		probes[suite.specs[id].code+"/"+suite.specs[id].probe] = true
	}
	for probe := range probes {
		left := maps.Clone(seen)
		maps.DeleteFunc(left, func(id string, _ bool) bool { return suite.specs[id].code+"/"+suite.specs[id].probe == probe })
		g.Expect(missing(left)).NotTo(BeEmpty(), "the contract implies the probe "+probe)
	}
	for id := range seen {
		delete(seen, id)
		g.Expect(counted(seen)).To(HaveLen(1), id)
		seen[id] = true
	}
}
