package contract

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// What is sent is kept, by what a read shows and not by the answer alone; and what is not sent stays as it is.
var _ = Describe("20x success of what is kept", Label("20x"), func() {
	for _, c := range creations {
		for _, op := range spec.Operations(spec.Named(c.writer)) {
			for _, reader := range spec.Operations(spec.Named(c.reader)) {
				spec.Register(c.on(op, reader))
			}
		}
	}
	for _, c := range append(changes, validCalls()...) {
		if !c.later {
			c.register()
		}
	}
})

// What shows times apart waits for them: when these specs come, most of that has passed.
var _ = Describe("20x success of what is kept, later", Label("20x"), SpecPriority(-1), func() {
	for _, c := range changes {
		if c.later {
			c.register()
		}
	}
})

func (c change) register() {
	GinkgoHelper()
	for _, op := range spec.Operations(spec.Named(c.writer)) {
		for _, reader := range spec.Operations(spec.Named(c.reader)) {
			spec.Register(c.on(op, reader))
		}
	}
}

// keeping is an object that a call writes, and what a read shows of it.
type keeping struct {
	writer, reader string
	object         string // of fixtures/objects.yml
	variant        string
	// item is "id token_id" where the read is a list: of its items it is the one whose id the object holds as token_id.
	item string
	as   map[string]string // how the read calls what is sent, where it calls it otherwise
}

func of(writer, object, reader string) keeping {
	return keeping{writer: writer, object: object, reader: reader}
}

func (k keeping) in(variant string) keeping {
	k.variant = variant
	return k
}

func (k keeping) listed(item string) keeping {
	k.item = item
	return k
}

func (k keeping) called(as map[string]string) keeping {
	k.as = as
	return k
}

// creation is an object that was created with everything that can be said of one.
type creation struct {
	keeping
	extra effect
}

// change updates an object, with the operation's valid call where neither to nor little is given.
type change struct {
	keeping
	to      body     // other values for all that the update can change
	little  body     // instead: as little as an update can name, and the rest must stay
	follows []string // properties of the read that follow what is sent
	guess   bool     // that the rest stays is only assumed
	stale   body     // values to be sent with the version from before the change
	further furtherChange
	later   bool // it is made a second after the object, whose time of the last change must show it
}

type body = map[string]any

var creations = []creation{
	{keeping: of("CreateTenant", "complete_customer", "FetchTenant"), extra: billed},
	{keeping: of("CreateUser", "complete_user", "FetchUser")},
	// The list has to show the origin of a user, where the user's own read may leave it out.
	{keeping: of("CreateUser", "user_for_a_time", "FetchUsersBatch").in("origin").listed("id user_id")},
	{keeping: of("CreateClient", "complete_client", "FetchClient")},
	{keeping: of("CreateClient", "managed_client", "FetchClient").in("managed")},
	{keeping: of("CreateInfrastructuresLocation", "location", "FetchInfrastructuresLocation")},
	{keeping: of("RegisterInfrastructure", "complete_infra", "FetchInfrastructure")},
	{keeping: of("CreateReport", "complete_report", "FetchReport")},
	{keeping: of("CreateReport", "report_with_recipients", "FetchReport").in("recipients")},
	{keeping: of("CreateRegistrationToken_0", "registration_token_by_body", "FetchRegistrationTokens_1").
		listed("id token_id").called(map[string]string{"tenant_id": "tenant_uuid"}), extra: endsInAnHour},
	{keeping: of("CreateRegistrationToken_1", "registration_token", "FetchRegistrationTokens_1").listed("id token_id"),
		extra: endsInAnHour},
	{keeping: of("SetTenantOfferingItems", "customer_with_a_quota", "FetchTenantOfferingItems").
		listed("name item_name")},
	{keeping: of("UpdateUserAccessPolicies", "roled_user", "FetchUserAccessPolicies").listed("role_id role")},
}

var changes = []change{
	{keeping: of("UpdateTenant", "complete_customer", "FetchTenant"), follows: []string{"contacts"}, later: true,
		to: body{
			"name": "${unique}-renamed", "enabled": true, "customer_id": "other number of ${unique}",
			"language":     "pt-BR",
			"internal_tag": longestTag, "contact": otherContact},
		stale: body{"internal_tag": "old", "language": "de"}},
	{keeping: of("UpdateTenant", "customer", "FetchTenant").in("customer_type"),
		to: body{"customer_type": "enterprise"}},
	{keeping: of("UpdateTenant", "partner", "FetchTenant").in("kind"),
		to:      body{"kind": "folder", "language": "zh-TW"},
		further: inTurn("UpdateTenant", body{"kind": "partner"})},
	// That null empties what may be null, and what becomes of the kinds of a contact, is only assumed.
	{keeping: of("UpdateTenant", "complete_customer", "FetchTenant").in("cleared"), follows: []string{"contacts"},
		guess: true, to: body{"internal_tag": nil, "customer_id": nil, "contact": body{
			"email": "first@example.com", "types": []any{"primary", "billing"}}}},
	{keeping: of("UpdateUser", "complete_user", "FetchUser"), later: true, to: body{
		"login": "${unique}-renamed", "enabled": true, "external_id": "other number of ${unique}", "language": "zh-TW",
		"notifications": []any{"reports", "quota"}, "contact": numbered(otherContact, "2")},
		stale:   body{"external_id": "an old one of ${unique}", "language": "fr"},
		further: inTurn("UpdateUser", body{"language": "de"})},
	{keeping: of("UpdateUser", "user_for_a_time", "FetchUser").in("disable_after"),
		to: body{"disable_after": "2098-12-31T23:00:00", "notifications": []any{}, "language": "es-419"}},
	{keeping: of("UpdateClient", "complete_client", "FetchClient"), to: body{
		"data": body{"client_name": "${unique} renamed"}, "redirect_uris": []any{"https://three.example.com/${unique}",
			"https://four.example.com/${unique}"}, // fewer than before, and not one alone
		"origin_id": "other origin of ${unique}", "status": "disabled"}},
	{keeping: of("UpdateInfrastructuresLocation", "location", "FetchInfrastructuresLocation"),
		to: body{"name": "${unique}-renamed"}, stale: body{"name": "${unique}-old"},
		further: inTurn("UpdateInfrastructuresLocation", body{"name": "${unique}"})},
	{keeping: of("UpdateInfrastructure", "complete_infra", "FetchInfrastructure"), to: body{
		"name": "${unique}-renamed", "location_id": "${second_id}", "capabilities": []any{"files_cloud"},
		"url": "https://other.example.com/${unique}", "content_url": "https://content.example.org/${unique}",
		"content_mobile_url": "https://mobile.example.org/${unique}"},
		stale:   body{"name": "${unique}-old"},
		further: holdsStorage("second_id", "second_version")},
	{keeping: of("UpdateReport", "complete_report", "FetchReport"), follows: []string{"generation_date"}, to: body{
		"parameters": body{"level": "accounts", "kind": "usage_current", "hide_zero_usage": false, "show_skus": false},
		"schedule":   body{"enabled": false}},
		further: inTurn("UpdateReport", body{"schedule": body{"enabled": true}})},
	{keeping: of("UpdateReport", "report_with_recipients", "FetchReport").in("recipients"),
		follows: []string{"generation_date"}, to: body{"recipients": []any{}}},
	{keeping: of("UpdateTenantApplicationSetting", "set_customer", "FetchTenantApplicationSetting").
		called(map[string]string{"value": "own.value", "lock": "own.lock", "exclusive": "own.exclusive"}),
		follows: []string{"effective"}, to: body{"value": false, "lock": true, "exclusive": true},
		further: aboveStays(nullified)},
	{keeping: of("ModifyCustomBranding", "branded_partner", "FetchCustomBrandingOptions"), to: brandOf(
		"company_name service_name support_phone support_url home_url help_url knowledgebase_url user_guide_url " +
			"terms_url " +
			"platform_terms_url privacy_policy_url upsell_url mobile_app_android_download_url " +
			"mobile_app_ios_download_url " +
			"white_labeled_agent"),
		stale: body{"service_name": "the old one", "support_phone": "+12025550155"}},
	{keeping: of("ModifyCustomBranding", "branded_partner", "FetchCustomBrandingOptions").in("mail"), to: body{
		"smtp_override": 1, "smtp_server": "mail.example.org", "smtp_port": 587, "smtp_user": "conformance",
		"smtp_encryption": "TLS", "smtp_reply_address": "reply@example.com"}},
	{keeping: of("ModifyCustomBranding", "branded_partner", "FetchCustomBrandingOptions").in("platform"), to: brandOf(
		"account_server_url agent_gateway_url backup_console_url color color_scheme owns_custom_legal_docs " +
			"reg_server_url " +
			"router_url")},
	{keeping: of("UpdateTenantPricingSettings", "priced_customer", "FetchTenantPricingSettings"),
		follows: []string{"production_start_date"}, to: body{"mode": "production", "currency": "USD"},
		stale: body{"currency": "JPY"}},
	{keeping: of("UpdateTenantOfferingItemsPrices", "supplied_at_a_price", "FetchTenantOfferingItemsPrices").
		listed("name item_name"), to: body{"items": []any{
		body{"application_id": "${application_id}", "name": "${item_name}", "price": "7.25"}}},
		further: aboveStays(sends("UpdateTenantOfferingItemsPrices", body{"items": []any{
			body{"application_id": "${application_id}", "name": "${item_name}", "price": "8.25"}}}))},

	{keeping: of("SetTenantOfferingItems", "customer_with_a_quota", "FetchTenantOfferingItems").in("quota").
		listed("name item_name"), to: body{"offering_items": []any{
		body{"application_id": "${application_id}", "name": "${item_name}", "status": 1,
			"quota": body{"value": 30, "overage": 7}}}}, further: twoQuotas},

	{keeping: of("UpdateTenant", "complete_customer", "FetchTenant"), little: body{}},
	{keeping: of("UpdateTenant", "customer_of_a_type", "FetchTenant").in("customer_type"), little: body{}},
	{keeping: of("UpdateTenant", "complete_customer", "FetchTenant").in("customer_id"),
		little: body{"customer_id": "other number of ${unique}"}, further: inTurn("UpdateTenant", body{
			"name": "${unique}-renamed", "enabled": true, "language": "pt-BR", "internal_tag": "tag",
			"customer_type": "enterprise"})},
	{keeping: of("UpdateTenant", "complete_customer", "FetchTenant").in("contact"), follows: []string{"contacts"},
		little: body{"contact": otherContact}},
	{keeping: of("UpdateUser", "complete_user", "FetchUser"), little: body{},
		further: beside("SetUserPassword", nil, "activated")},
	{keeping: of("UpdateUser", "complete_user", "FetchUser").in("enabled"), little: body{"enabled": true}},
	{keeping: of("UpdateUser", "complete_user", "FetchUser").in("login"), little: body{"login": "${unique}-renamed"}},
	{keeping: of("UpdateUser", "complete_user", "FetchUser").in("notifications"),
		little: body{"notifications": allNotifications}},
	{keeping: of("UpdateUser", "complete_user", "FetchUser").in("contact"), little: body{"contact": otherContact}},
	{keeping: of("UpdateUser", "user_for_a_time", "FetchUser").in("origin"), little: body{}},
	{keeping: of("UpdateClient", "complete_client", "FetchClient"),
		little: body{"data": body{"client_name": "${unique} renamed"}}},
	{keeping: of("UpdateClient", "complete_client", "FetchClient").in("origin_id"),
		little: body{"origin_id": "other origin of ${unique}"}},
	{keeping: of("UpdateClient", "disabled_client", "FetchClient").in("status"),
		little: body{"origin_id": "other origin of ${unique}"}},
	{keeping: of("UpdateInfrastructure", "complete_infra", "FetchInfrastructure"), little: body{},
		further: beside("UpdateInfrastructuresLocation", map[string]string{"version": "location_version"})},
	{keeping: of("UpdateInfrastructure", "complete_infra", "FetchInfrastructure").in("url"),
		little: body{"url": "https://other.example.com/${unique}"}, further: inTurn("UpdateInfrastructure", body{
			"name": "${unique}-renamed", "location_id": "${second_id}", "capabilities": []any{"files_cloud"},
			"content_url":        "https://content.example.org/${unique}",
			"content_mobile_url": "https://mobile.example.org/${unique}"})},
	{keeping: of("UpdateInfrastructure", "complete_infra", "FetchInfrastructure").in("capabilities"),
		little: body{"capabilities": []any{"files_cloud"}, "name": "${unique}-renamed"}},
	{keeping: of("UpdateReport", "complete_report", "FetchReport"), follows: []string{"generation_date"},
		little: body{"schedule": body{"enabled": false}}},
	{keeping: of("ModifyCustomBranding", "complete_brand", "FetchCustomBrandingOptions"),
		little: body{"company_name": "${unique} renamed"}},
	{keeping: of("ModifyCustomBranding", "complete_brand", "FetchCustomBrandingOptions").in("phone"),
		// An empty upsell_url hides the links to buy (guide, "Branding").
		little: body{"support_phone": "+12025550144", "upsell_url": ""}},
	{keeping: of("ModifyCustomBranding", "platform_brand", "FetchCustomBrandingOptions").in("platform"),
		little: body{"service_name": "${unique} renamed"}},
	{keeping: of("UpdateTenantPricingSettings", "priced_customer", "FetchTenantPricingSettings").in("mode"),
		little: body{"currency": "NZD"}, further: aboveStays(inTurn("UpdateTenantPricingSettings",
			body{"mode": "production"}, body{"currency": "ZAR"}))},
	{keeping: of("UpdateTenantPricingSettings", "customer_with_a_currency", "FetchTenantPricingSettings").
		in("currency"),
		follows: []string{"production_start_date"}, little: body{"mode": "production"}},
	{keeping: of("SetTenantOfferingItems", "customer_with_a_quota", "FetchTenantOfferingItems").
		listed("name item_name"),
		guess: true, little: body{"offering_items": []any{
			body{"application_id": "${second_application_id}", "name": "${second_item_name}", "status": 0}}}},
}

// validCalls are the updates that no row names: what their valid call sends must be kept, by the single read that
// calls.yml names as their witness.
func validCalls() (derived []change) {
	rows := map[string]bool{}
	for _, c := range creations {
		rows[c.writer] = true
	}
	for _, c := range changes {
		rows[c.writer] = true
	}
	says := func(p schemas.Property) bool { return p.Name != "version" }
	for _, op := range spec.Operations(spec.TakesJSON) {
		call := spec.Catalogue().Call(op.ID)
		witness := spec.Contract().Operation(call.Witness)
		updates := (op.Method == http.MethodPut || op.Method == http.MethodPatch) &&
			slices.ContainsFunc(op.RequestProperties(), says)
		if updates && witness != nil && witness.List() == "" && !rows[op.ID] && unsent[op.ID] == nil {
			derived = append(derived, change{keeping: of(op.ID, call.Object, witness.ID)})
		}
	}
	return derived
}

// allNotifications are those that the reference lists.
var allNotifications = []any{"maintenance", "quota", "reports", "backup_error", "backup_warning", "backup_info",
	"backup_daily_report", "backup_critical", "device_control_warning", "certificate_management_error",
	"certificate_management_warning", "certificate_management_info"}

var otherContact = map[string]any{
	"email": "second@example.com", "firstname": "Other", "lastname": "Name", "title": "Ms.", "phone": "+12025550122",
	"website": "https://two.example.com/start", "industry": "Trade", "organization_size": "20", "country": "France",
	"state": "Bretagne", "city": "Brest", "zipcode": "29200", "address1": "Rue 1", "address2": "Etage 1",
}

// numbered is the contact of a user, which alone has a number.
func numbered(contact body, number string) body {
	all := maps.Clone(contact)
	all["aan"] = "number " + number
	return all
}

// brandOf gives each option of a brand a value of its own kind, which no other one has.
func brandOf(options string) map[string]any {
	values := body{
		"color": "#336699", "support_phone": "+12025550133", "white_labeled_agent": true,
		"owns_custom_legal_docs": true,
	}
	chosen := map[string]any{}
	for name := range strings.FieldsSeq(options) {
		chosen[name] = cmp.Or(values[name], any("the "+strings.ReplaceAll(name, "_", " ")))
		if strings.HasSuffix(name, "_url") {
			chosen[name] = "https://" + strings.ReplaceAll(name, "_", "-") + ".example.com/start"
		}
	}
	return chosen
}

// billed asks for the contact that bills are sent to: a read lists it among the contacts, by its type (spec.Reference,
// contact). They are empty by default, and the read of one tenant takes no with_contacts (spec.Reference, tenant).
func billed(shown map[string]any, _ fixtures.Vars) []schemas.Violation {
	contacts, are := shown["contacts"].([]any)
	if are && len(contacts) == 0 || slices.ContainsFunc(contacts, isBilled) {
		return nil
	}
	return []schemas.Violation{{Path: "$.contacts", Rule: "kept", Found: fmt.Sprint(len(contacts)) + " contacts",
		Detail: "it was created with a contact that bills are sent to"}}
}

// billedAmong asks a list of one tenant for that contact.
func billedAmong(items []any, _ fixtures.Vars) []schemas.Violation {
	for _, item := range items {
		fields, _ := item.(map[string]any)
		if contacts, _ := fields["contacts"].([]any); slices.ContainsFunc(contacts, isBilled) {
			return nil
		}
	}
	return []schemas.Violation{{Path: "$.items[0].contacts", Rule: "filter", Found: "others",
		Detail: "the tenant was created with a contact that bills are sent to"}}
}

func isBilled(item any) bool {
	contact, _ := item.(map[string]any)
	types, told := contact["types"].([]any)
	named := contact["email"] == "bills@example.com" && contact["firstname"] == "Accounts"
	return named && (!told || slices.Contains(types, any("company_billing")))
}

// endsInAnHour asks of a registration token that it ends when it was to (spec.Reference, registration tokens).
func endsInAnHour(shown map[string]any, _ fixtures.Vars) []schemas.Violation {
	from, known := instant(fmt.Sprint(shown["created_at"]))
	to, ends := instant(fmt.Sprint(shown["expires_at"]))
	if !known || !ends || (to.Sub(from)-time.Hour).Abs() < time.Minute {
		return nil
	}
	return []schemas.Violation{{Path: "$.items[*].expires_at", Rule: "kept", Found: fmt.Sprint(shown["expires_at"]),
		Detail: "it was to end an hour after it was created"}}
}

// unkept lists the documented properties of requests that no row sends and no reason excuses, and the reasons that
// excuse nothing.
func unkept() []string {
	sent := map[string]map[string]bool{}
	note := func(operation string, names ...string) {
		if sent[operation] == nil {
			sent[operation] = map[string]bool{}
		}
		for _, name := range names {
			sent[operation][name] = true
		}
	}
	for _, c := range creations {
		note(c.writer, spec.Catalogue().Names(c.object, c.writer)...)
	}
	for _, c := range changes {
		note(c.writer, slices.Collect(maps.Keys(c.to))...)
	}
	for _, c := range validCalls() {
		note(c.writer, spec.Catalogue().Names(c.object, c.writer)...)
	}
	var wrong []string
	for _, op := range spec.Contract().Operations() {
		// No row and no reason is needed where calls.yml names no read that shows what a call has done.
		unread := sent[op.ID] == nil && unsent[op.ID] == nil && spec.Catalogue().Call(op.ID).Witness == ""
		for _, p := range op.RequestProperties() {
			excused := unread || unsent[op.ID][p.Name] != "" || p.Name == "version" || !op.Writes()
			if sent[op.ID][p.Name] == excused {
				wrong = append(wrong, fmt.Sprintf("%s %s: sent %v, excused %v", op.ID, p.Name, sent[op.ID][p.Name],
					excused))
			}
		}
	}
	for operation, names := range unsent {
		for name := range names {
			op := spec.Contract().Operation(operation)
			is := func(p schemas.Property) bool { return p.Name == name }
			if op == nil || !slices.ContainsFunc(op.RequestProperties(), is) {
				wrong = append(wrong, fmt.Sprintf("%s has no property %s to excuse", operation, name))
			}
		}
	}
	return wrong
}
