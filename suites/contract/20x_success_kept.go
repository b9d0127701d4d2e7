package contract

import (
	"acronis-conformance/suites/internal/spec"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"

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
	for _, c := range changes {
		for _, op := range spec.Operations(spec.Named(c.writer)) {
			for _, reader := range spec.Operations(spec.Named(c.reader)) {
				spec.Register(c.on(op, reader))
			}
		}
	}
})

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

// change updates an object.
type change struct {
	keeping
	to      body     // other values for all that the update can change
	little  body     // instead: as little as an update can name, and the rest must stay
	follows []string // properties of the read that follow what is sent
	guess   bool     // that the rest stays is only assumed
}

type body = map[string]any

var creations = []creation{
	{keeping: of("CreateTenant", "complete_customer", "FetchTenant"), extra: billed},
	{keeping: of("CreateUser", "complete_user", "FetchUser")},
	// The list has to show the origin of a user, where the user's own read may leave it out.
	{keeping: of("CreateUser", "user_for_a_time", "FetchUsersBatch").in("origin").listed("id user_id")},
	{keeping: of("CreateClient", "complete_client", "FetchClient")},
	{keeping: of("CreateInfrastructuresLocation", "location", "FetchInfrastructuresLocation")},
	{keeping: of("RegisterInfrastructure", "complete_infra", "FetchInfrastructure")},
	{keeping: of("CreateReport", "complete_report", "FetchReport")},
	{keeping: of("CreateRegistrationToken_0", "registration_token_by_body", "FetchRegistrationTokens_1").
		listed("id token_id").called(map[string]string{"tenant_id": "tenant_uuid"}), extra: endsInAnHour},
	{keeping: of("CreateRegistrationToken_1", "registration_token", "FetchRegistrationTokens_1").listed("id token_id"),
		extra: endsInAnHour},
	{keeping: of("SetTenantOfferingItems", "customer_with_a_quota", "FetchTenantOfferingItems").listed("name item_name")},
	{keeping: of("UpdateUserAccessPolicies", "roled_user", "FetchUserAccessPolicies").listed("role_id role")},
}

var changes = []change{
	{keeping: of("UpdateTenant", "complete_customer", "FetchTenant"), follows: []string{"contacts"}, to: body{
		"name": "${unique}-renamed", "enabled": true, "customer_id": "other number of ${unique}", "language": "es",
		"internal_tag": "other tag of ${unique}", "contact": otherContact}},
	{keeping: of("UpdateTenant", "customer", "FetchTenant").in("customer_type"), to: body{"customer_type": "enterprise"}},
	{keeping: of("UpdateTenant", "partner", "FetchTenant").in("kind"), to: body{"kind": "folder"}},
	{keeping: of("UpdateUser", "complete_user", "FetchUser"), to: body{
		"login": "${unique}-renamed", "enabled": true, "external_id": "other number of ${unique}", "language": "es",
		"notifications": []any{"reports"}, "contact": otherContact}},
	{keeping: of("UpdateUser", "user_for_a_time", "FetchUser").in("disable_after"),
		to: body{"disable_after": "2098-12-31T23:00:00"}},
	{keeping: of("UpdateClient", "complete_client", "FetchClient"), to: body{
		"data": body{"client_name": "${unique} renamed"}, "redirect_uris": []any{"https://three.example.com/${unique}"},
		"origin_id": "other origin of ${unique}", "status": "disabled"}},
	{keeping: of("UpdateInfrastructuresLocation", "location", "FetchInfrastructuresLocation"),
		to: body{"name": "${unique}-renamed"}},
	{keeping: of("UpdateInfrastructure", "complete_infra", "FetchInfrastructure"), to: body{
		"name": "${unique}-renamed", "location_id": "${second_id}", "capabilities": []any{"backup", "files_cloud"},
		"url": "https://other.example.com/${unique}", "content_url": "https://content.example.org/${unique}",
		"content_mobile_url": "https://mobile.example.org/${unique}"}},
	{keeping: of("UpdateReport", "complete_report", "FetchReport"), follows: []string{"generation_date"}, to: body{
		"parameters": body{"level": "accounts", "kind": "usage_current", "hide_zero_usage": false, "show_skus": false},
		"schedule":   body{"enabled": false}}},
	{keeping: of("UpdateTenantApplicationSetting", "set_customer", "FetchTenantApplicationSetting").
		called(map[string]string{"value": "own.value", "lock": "own.lock", "exclusive": "own.exclusive"}),
		follows: []string{"effective"}, to: body{"value": false, "lock": true, "exclusive": true}},
	{keeping: of("ModifyCustomBranding", "branded_partner", "FetchCustomBrandingOptions"), to: brandOf(
		"company_name service_name support_phone support_url home_url help_url knowledgebase_url user_guide_url terms_url " +
			"platform_terms_url privacy_policy_url upsell_url mobile_app_android_download_url mobile_app_ios_download_url " +
			"white_labeled_agent")},
	{keeping: of("ModifyCustomBranding", "branded_partner", "FetchCustomBrandingOptions").in("mail"), to: body{
		"smtp_override": 1, "smtp_server": "mail.example.org", "smtp_port": 587, "smtp_user": "conformance",
		"smtp_encryption": "TLS", "smtp_reply_address": "reply@example.com"}},
	{keeping: of("ModifyCustomBranding", "branded_partner", "FetchCustomBrandingOptions").in("platform"), to: brandOf(
		"account_server_url agent_gateway_url backup_console_url color color_scheme owns_custom_legal_docs reg_server_url " +
			"router_url")},
	{keeping: of("UpdateTenantPricingSettings", "priced_customer", "FetchTenantPricingSettings"),
		follows: []string{"production_start_date"}, to: body{"mode": "production", "currency": "USD"}},
	{keeping: of("UpdateTenantOfferingItemsPrices", "supplied_at_a_price", "FetchTenantOfferingItemsPrices").
		listed("name item_name"), to: body{"items": []any{
		body{"application_id": "${application_id}", "name": "${item_name}", "price": "7.25"}}}},

	{keeping: of("UpdateTenant", "complete_customer", "FetchTenant"), little: body{}},
	{keeping: of("UpdateTenant", "customer_of_a_type", "FetchTenant").in("customer_type"), little: body{}},
	{keeping: of("UpdateUser", "complete_user", "FetchUser"), little: body{}},
	{keeping: of("UpdateUser", "user_for_a_time", "FetchUser").in("origin"), little: body{}},
	{keeping: of("UpdateClient", "complete_client", "FetchClient"), little: body{"status": "disabled"}},
	{keeping: of("UpdateClient", "disabled_client", "FetchClient").in("status"),
		little: body{"data": body{"client_name": "${unique} renamed"}}},
	{keeping: of("UpdateInfrastructure", "complete_infra", "FetchInfrastructure"), little: body{}},
	{keeping: of("UpdateReport", "complete_report", "FetchReport"), follows: []string{"generation_date"},
		little: body{"schedule": body{"enabled": false}}},
	{keeping: of("ModifyCustomBranding", "complete_brand", "FetchCustomBrandingOptions"),
		little: body{"company_name": "${unique} renamed"}},
	{keeping: of("ModifyCustomBranding", "platform_brand", "FetchCustomBrandingOptions").in("platform"),
		little: body{"service_name": "${unique} renamed"}},
	{keeping: of("UpdateTenantPricingSettings", "priced_customer", "FetchTenantPricingSettings").in("mode"),
		little: body{"currency": "USD"}},
	{keeping: of("UpdateTenantPricingSettings", "customer_with_a_currency", "FetchTenantPricingSettings").in("currency"),
		follows: []string{"production_start_date"}, little: body{"mode": "production"}},
	{keeping: of("SetTenantOfferingItems", "customer_with_a_quota", "FetchTenantOfferingItems").listed("name item_name"),
		guess: true, little: body{"offering_items": []any{
			body{"application_id": "${second_application_id}", "name": "${second_item_name}", "status": 0}}}},
}

// unsent are the documented properties of request bodies that none of the rows sends, each with the reason.
var unsent = map[string]map[string]string{
	"CreateTenant": {"default_idp_id": oneIDP, "update_lock": shutOut, "settings": unread},
	"UpdateTenant": {"default_idp_id": oneIDP, "update_lock": shutOut, "ancestral_access": shutOut,
		"brand_id": platformGives, "external_operation_status": platformGives,
		"parent_id": "see 20x/shows-moved/FetchTenant"},
	"CreateUser":             {"idp_id": oneIDP, "use_existing_identity": unread},
	"UpdateUser":             {"idp_id": oneIDP},
	"RegisterInfrastructure": {"backend_type": "only a root administrator changes it"},
	"UpdateInfrastructure":   {"backend_type": "only a root administrator changes it"},
	"CreateReport":           {"generation_date": "it follows from the schedule"},
	"UpdateReport":           {"recipients": "somebody would be sent mail"},
	"ModifyCustomBranding": {"id": platformGives, "logotype": platformGives,
		"smtp_password": "it reads back empty (guide, branding)"},
	"SetTenantOfferingItems":   {"check_usage": "it says how to change, and not what"},
	"UpdateUserAccessPolicies": {"paging": platformGives},
	"UpdateTenantDefaultIdpId": {"idp_id": oneIDP, "apply_to_children": oneIDP},
	"SwitchTenantEdition":      {"application_id": oneEdition, "target_edition": oneEdition},
	"ManageTenantMFAStatus":    {"enabled": "see 20x/took-effect/ManageTenantMFAStatus"},
	"ManageUserMFAStatus":      {"enabled": "no read need show it"},
	"UpdateTenantsUsages":      {"items": "usages are refreshed after hours"},
	"SetUserPassword":          {"password": "a password is never read"},
	"RequestOneTimeToken":      usedOnce("purpose user_id login external_id audit_data"),
	"LogInWithOneTimeToken":    usedOnce("ott"),

	"DeviceAuthorizationApproval_1": usedOnce("code tenant_uuid"),
}

const (
	unread        = "no read shows it"
	oneEdition    = "there may be one edition only"
	oneIDP        = "there is no second identity provider, and the first one shows nothing"
	shutOut       = "it shuts out those above, and the clean-up with them: specs of 403 look at it"
	platformGives = "the platform gives it"
)

// usedOnce are the properties of what is used once, and kept nowhere.
func usedOnce(names string) map[string]string {
	all := map[string]string{}
	for name := range strings.FieldsSeq(names) {
		all[name] = "it is used once"
	}
	return all
}

var otherContact = map[string]any{
	"email": "second@example.com", "firstname": "Other", "lastname": "Name", "title": "Ms.", "phone": "+1 555 0202",
	"website": "https://two.example.com", "industry": "Trade", "organization_size": "20", "country": "France",
	"state": "Bretagne", "city": "Brest", "zipcode": "29200", "address1": "Rue 1", "address2": "Etage 1",
}

// brandOf gives each option of a brand a value of its own kind, which no other one has.
func brandOf(options string) map[string]any {
	values := body{
		"color": "#336699", "support_phone": "+1 555 0303", "white_labeled_agent": true, "owns_custom_legal_docs": true,
	}
	chosen := map[string]any{}
	for name := range strings.FieldsSeq(options) {
		chosen[name] = cmp.Or(values[name], any("the "+strings.ReplaceAll(name, "_", " ")))
		if strings.HasSuffix(name, "_url") {
			chosen[name] = "https://" + strings.ReplaceAll(name, "_", "-") + ".example.com"
		}
	}
	return chosen
}

// billed asks for the contact that bills are sent to: a read lists it among the contacts, by its type (spec.Reference,
// contact).
func billed(shown map[string]any, _ fixtures.Vars) []schemas.Violation {
	contacts, _ := shown["contacts"].([]any)
	for _, item := range contacts {
		contact, _ := item.(map[string]any)
		types, _ := contact["types"].([]any)
		named := contact["email"] == "bills@example.com" && contact["firstname"] == "Accounts"
		if named && slices.Contains(types, any("company_billing")) {
			return nil
		}
	}
	return []schemas.Violation{{Path: "$.contacts", Rule: "kept", Found: fmt.Sprint(len(contacts)) + " contacts",
		Detail: "it was created with a contact that bills are sent to"}}
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

// shown returns the object in the answer of a read, with what is the caller's own in it; nil where it is not there.
func (k keeping) shown(e *exchange.Exchange, vars fixtures.Vars) map[string]any {
	whole, err := schemas.ReadJSON(e.Last().Body)
	if err != nil {
		return nil
	}
	answer, _ := whole.(map[string]any)
	property, name, listed := strings.Cut(k.item, " ")
	if !listed {
		return answer
	}
	items, _ := answer["items"].([]any)
	for _, item := range items {
		if fields, _ := item.(map[string]any); fields != nil && fmt.Sprint(fields[property]) == fmt.Sprint(vars[name]) {
			return fields
		}
	}
	return nil
}

// sent is what was sent, under the names by which the read shows it. Of a list of items it is the first.
func (k keeping) sent(body map[string]any) map[string]any {
	if k.item != "" {
		for _, list := range []string{"items", "offering_items"} {
			if items, _ := body[list].([]any); len(items) > 0 {
				body, _ = items[0].(map[string]any)
			}
		}
	}
	all := map[string]any{}
	for name, value := range body {
		outer, inner, nested := strings.Cut(cmp.Or(k.as[name], name), ".")
		if !nested {
			all[outer] = value
			continue
		}
		within, _ := all[outer].(map[string]any)
		if within == nil {
			within = map[string]any{}
			all[outer] = within
		}
		within[inner] = value
	}
	return all
}

// again are properties that the service sets by itself, with every write or with each object.
var renewed = []string{
	"version", "id", "issuer_id", "created_at", "updated_at", "deleted_at", "last_access_at", "last_access_from_ip",
	"smtp_password",
}

// listing reports whether the reference lists a property of the object for the read, by the names that lead to it.
type listing func(path ...string) bool

func (k keeping) listing(reader *schemas.Operation) listing {
	return func(path ...string) bool {
		if k.item != "" {
			path = append([]string{"items"}, path...)
		}
		return reader.Lists(reader.Success(), path...)
	}
}

// free reports whether an object is the caller's own, with all that is in it.
func (l listing) free(path []string) bool { return l(append(slices.Clone(path), "")...) }

// compare says what is shown otherwise than it was sent, where the reference lists it for the read. What a read may
// leave out, and does, is returned by its path.
func (k keeping) compare(lists listing, sent, shown body) (wrong []schemas.Violation, absent []string) {
	var inside func(path []string, sent, shown map[string]any, free bool)
	inside = func(path []string, sent, shown map[string]any, free bool) {
		for _, name := range slices.Sorted(maps.Keys(sent)) {
			at := append(slices.Clone(path), name)
			if slices.Contains(renewed, name) || !lists(at...) {
				continue
			}
			value, there := shown[name]
			asked, isObject := sent[name].(map[string]any)
			found, isShownAsOne := value.(map[string]any)
			switch {
			case !there && !free:
				absent = append(absent, strings.Join(at, "."))
			case isObject && isShownAsOne:
				inside(at, asked, found, lists.free(at))
			case !lists.same(at, sent[name], value):
				wrong = append(wrong, schemas.Violation{Path: k.place(at...), Rule: "kept", Found: written(value),
					Detail: "it was sent as " + written(sent[name])})
			}
		}
	}
	inside(nil, sent, shown, false)
	return wrong, absent
}

func (k keeping) place(path ...string) string {
	if k.item != "" {
		return "$.items[*]." + strings.Join(path, ".")
	}
	return "$." + strings.Join(path, ".")
}

func written(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}

// same reports whether a value is shown as it was. Logins and addresses may be kept in small letters, times in another
// form, and lists in another order. Whether nothing is null, an empty text or an empty list is free.
func (l listing) same(path []string, was, is any) bool {
	if blank(was) || blank(is) {
		return blank(was) == blank(is)
	}
	switch w := was.(type) {
	case []any:
		i, isList := is.([]any)
		left := slices.Clone(i)
		for _, item := range w {
			at := slices.IndexFunc(left, func(other any) bool { return l.same(path, item, other) })
			if at < 0 {
				return false
			}
			left = slices.Delete(left, at, at+1)
		}
		return isList && len(left) == 0
	case map[string]any:
		i, isObject := is.(map[string]any)
		return isObject && len(l.differences(path, w, i, nil)) == 0
	}
	return sameText(path[len(path)-1], fmt.Sprint(was), fmt.Sprint(is))
}

func sameText(name, was, is string) bool {
	if was == is || (name == "login" || name == "email") && strings.EqualFold(was, is) {
		return true
	}
	x, err := strconv.ParseFloat(was, 64)
	y, unread := strconv.ParseFloat(is, 64)
	if err == nil || unread == nil {
		return err == nil && unread == nil && x == y
	}
	before, isTime := instant(was)
	now, isShownAsOne := instant(is)
	return isTime && isShownAsOne && before.Equal(now)
}

// differences says what an object shows otherwise than before, but for what is free to change. The path of each
// begins below the object.
func (l listing) differences(path []string, was, is map[string]any, free []string) []schemas.Violation {
	var wrong []schemas.Violation
	for _, name := range slices.Sorted(maps.Keys(was)) {
		at := append(slices.Clone(path), name)
		before, isObject := was[name].(map[string]any)
		now, stillOne := is[name].(map[string]any)
		switch {
		case slices.Contains(renewed, name) || slices.Contains(free, name) || !l(at...):
		case isObject && stillOne:
			wrong = append(wrong, l.differences(at, before, now, nil)...)
		case !l.same(at, was[name], is[name]):
			wrong = append(wrong, schemas.Violation{Path: strings.Join(at, "."), Rule: "left-alone", Found: written(is[name]),
				Detail: fmt.Sprintf("it was %s, and the request did not name it", written(was[name]))})
		}
	}
	return wrong
}

func blank(value any) bool {
	list, isList := value.([]any)
	return value == nil || value == "" || isList && len(list) == 0
}

// instant reads a timestamp in one of the documented forms, to the second. One that names no zone is in UTC.
func instant(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.Truncate(time.Second), true
		}
	}
	return time.Time{}, false
}

// on compares what a read shows of the object with what it was created with.
func (c creation) on(op, reader *schemas.Operation) spec.Spec {
	sp := reading(reader, reader, "kept", c.variant)
	sp.Asserts, sp.Subject, sp.Writes, sp.Settles = op, op.ID, true, true
	key := fixtures.Own(c.object, sp.ID())
	sp.Objects = func(n session.Needs) { n.Add(session.Object{Key: key, Side: fixtures.Home, Object: c.object}) }
	sp.Prepare = func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
		vars, err := s.Vars(key, id)
		if err != nil {
			return spec.Case{}, err
		}
		body, err := s.Catalogue.Sent(c.object, op.ID, vars)
		if err != nil {
			return spec.Case{}, err
		}
		r, err := s.Catalogue.Request(reader.ID, vars)
		also := func(ctx context.Context, e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
			shown := c.shown(e, vars)
			switch {
			case e.Status()/100 != 2 || spec.Object(e) == nil:
				return nil, nil, nil // the read's own specs say so
			case shown == nil:
				return noEffect("$.items", "a list without it", "what was created is not shown"), nil, nil
			}
			wrong, absent := c.compare(c.listing(reader), c.sent(body), shown)
			if c.extra != nil {
				wrong = append(wrong, c.extra(shown, vars)...)
			}
			more, looks, err := c.dropped(ctx, view{s, id, reader, vars}, absent)
			return append(wrong, more...), looks, err
		}
		return spec.Case{Request: r, Check: also}, err
	}
	return sp
}

// dropped tells what was not kept from what the read never shows: an update names it once more, and then it is shown,
// or it is not.
func (c creation) dropped(ctx context.Context, v view, absent []string) (wrong []schemas.Violation,
	looks []*exchange.Exchange, err error) {
	i := slices.IndexFunc(changes, func(other change) bool { return other.object == c.object && other.to != nil })
	if i < 0 || !slices.ContainsFunc(absent, func(path string) bool { return valueAt(changes[i].to, path) != nil }) {
		return nil, nil, nil
	}
	u, err := changes[i].begin(ctx, v, spec.Contract().Operation(changes[i].writer))
	looks = spec.Exchanges(u.look)
	if err != nil {
		return nil, looks, err
	}
	e, err := v.s.Send(ctx, v.id, u.request, nil)
	looks = append(looks, spec.Exchanges(e)...)
	if err != nil || e.Status()/100 != 2 {
		return nil, looks, err // the update's own specs say so
	}
	again := func(e *exchange.Exchange) (wrong []schemas.Violation) {
		for _, path := range absent {
			if found := valueAt(c.shown(e, v.vars), path); !blank(found) {
				wrong = append(wrong, schemas.Violation{Path: c.place(path), Rule: "kept", Found: "none",
					Detail: "it was sent, and a read shows it only after an update that sends it again"})
			}
		}
		return wrong
	}
	wrong, more, err := readUntil(ctx, v.s, v.id, u.read, again)
	return wrong, append(looks, more...), err
}

// valueAt follows names with dots between them.
func valueAt(object map[string]any, path string) any {
	var found any = object
	for name := range strings.SplitSeq(path, ".") {
		inner, _ := found.(map[string]any)
		found = inner[name]
	}
	return found
}

// view is an object, and how a spec reads it.
type view struct {
	s      *session.Session
	id     string // of the spec
	reader *schemas.Operation
	vars   fixtures.Vars
}

// update is a change of an object that was looked at before.
type update struct {
	read, request fixtures.Request
	look          *exchange.Exchange
	before        map[string]any
	sent          map[string]any // under the names of the read
}

// begin reads the object, and builds the update.
func (c change) begin(ctx context.Context, v view, op *schemas.Operation) (u update, err error) {
	if u.read, err = v.s.Catalogue.Request(v.reader.ID, v.vars); err != nil {
		return u, err
	}
	if u.look, err = v.s.Send(ctx, v.id, u.read, nil); err != nil {
		return u, err
	}
	if u.before = c.shown(u.look, v.vars); u.look.Status()/100 != 2 || u.before == nil {
		return u, spec.Inconclusive("the read that would show it fails: see 20x/valid-token/" + v.reader.ID)
	}
	u.before = c.listing(v.reader).own(nil, u.before, c.made(v))
	if u.request, err = v.s.Catalogue.Request(op.ID, v.vars); err != nil {
		return u, err
	}
	template := c.to
	if template == nil {
		template = c.little
	}
	filled, err := filledIn(v.vars, template)
	if err != nil {
		return u, err
	}
	body := filled.(map[string]any)
	if c.to != nil || c.item == "" { // what says as little as it can of a list says it of another item
		u.sent = c.sent(body)
	}
	if slices.Contains(op.Body.Required, "version") {
		body["version"] = u.before["version"]
	}
	return u, u.request.SetBody(op.Body.MediaType, body)
}

// made is what the object was created with; nil where no row creates it.
func (c change) made(v view) map[string]any {
	for _, other := range creations {
		if other.reader != c.reader {
			continue
		}
		if body, err := v.s.Catalogue.Sent(c.object, other.writer, v.vars); err == nil {
			return other.sent(body)
		}
	}
	return nil
}

// own returns what is shown without that in a free object which the run has not put there: it may come and go.
func (l listing) own(path []string, shown, sent map[string]any) map[string]any {
	kept := map[string]any{}
	for name, value := range shown {
		mine, wasSent := sent[name]
		if len(path) > 0 && l.free(path) && !wasSent {
			continue
		}
		if inner, isObject := value.(map[string]any); isObject {
			asked, _ := mine.(map[string]any)
			value = l.own(append(slices.Clone(path), name), inner, asked)
		}
		kept[name] = value
	}
	return kept
}

// filledIn replaces the names in the texts of a template.
func filledIn(vars fixtures.Vars, template any) (any, error) {
	var failed error
	var fill func(any) any
	fill = func(value any) any {
		switch value := value.(type) {
		case string:
			text, err := vars.Fill(value)
			failed = errors.Join(failed, err)
			return text
		case []any:
			list := make([]any, len(value))
			for i, item := range value {
				list[i] = fill(item)
			}
			return list
		case map[string]any:
			object := map[string]any{}
			for name, property := range value {
				object[name] = fill(property)
			}
			return object
		}
		return value
	}
	return fill(template), failed
}

// on changes the object, and compares what a read shows of it with what was sent and with what it showed before.
func (c change) on(op, reader *schemas.Operation) spec.Spec {
	probe := "kept"
	if c.to == nil {
		probe = "left-alone"
	}
	sp := reading(op, op, probe, c.variant)
	sp.Basis, sp.Writes = spec.RejectionDocumented, true
	key := fixtures.Own(c.object, sp.ID())
	sp.Objects = func(n session.Needs) { n.Add(session.Object{Key: key, Side: fixtures.Home, Object: c.object}) }
	sp.Prepare = func(ctx context.Context, s *session.Session, id string) (spec.Case, error) {
		vars, err := s.Vars(key, id)
		if err != nil {
			return spec.Case{}, err
		}
		u, err := c.begin(ctx, view{s, id, reader, vars}, op)
		also := func(ctx context.Context, e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
			if e.Status()/100 != 2 {
				return nil, spec.Exchanges(u.look), nil // the oracle has said so
			}
			wrong, looks, err := readUntil(ctx, s, id, u.read, func(e *exchange.Exchange) []schemas.Violation {
				return c.changed(reader, u, c.shown(e, vars))
			})
			if c.to != nil && len(wrong) == 0 && err == nil {
				named := cmp.Or(u.before["version"], any(u.request.Query.Get("version")))
				wrong = raised(spec.Object(e), named) // in the answer to the change itself, by which clients go on
			}
			if c.guess && err == nil {
				wrong, err = spec.AssumedOnly(s, wrong)
			}
			return wrong, append(spec.Exchanges(u.look), looks...), err
		}
		return spec.Case{Request: u.request, Locks: key, Check: also}, err
	}
	return sp
}

// changed compares an object after an update with what was sent and with what it was.
func (c change) changed(reader *schemas.Operation, u update, after map[string]any) []schemas.Violation {
	if after == nil {
		return noEffect("$.items", "a list without it", "what was changed is not shown any more")
	}
	lists := c.listing(reader)
	wrong, absent := c.compare(lists, u.sent, after)
	for _, path := range absent {
		if was := valueAt(u.before, path); !blank(was) {
			wrong = append(wrong, schemas.Violation{Path: c.place(path), Rule: "kept", Found: "none",
				Detail: "it was shown before it was sent"})
		}
	}
	free := append(slices.Collect(maps.Keys(u.sent)), c.follows...)
	for _, d := range lists.differences(nil, u.before, after, free) {
		d.Path = c.place(d.Path)
		wrong = append(wrong, d)
	}
	return wrong
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
	var wrong []string
	for _, op := range spec.Contract().Operations() {
		for _, p := range op.RequestProperties() {
			excused := unsent[op.ID][p.Name] != "" || p.Name == "version" || !op.Writes()
			if sent[op.ID][p.Name] == excused {
				wrong = append(wrong, fmt.Sprintf("%s %s: sent %v, excused %v", op.ID, p.Name, sent[op.ID][p.Name], excused))
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
