package judge

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
)

// success is an operation's documented success with the request that it answers.
type success struct {
	op     *schemas.Operation
	path   map[string]string // values of the path parameters
	query  url.Values
	form   url.Values
	sent   map[string]any // the request's JSON object
	raw    []byte         // the request's body
	header http.Header
	body   map[string]any // the answer's JSON object; nil where it is none
	start  time.Time
}

// promise is what the guides say of a success beyond its schema.
type promise func(success) []schemas.Violation

// promises lists them by operation.
var promises = map[string][]promise{
	"RequestTokens": {uncached, ends, refreshOnlyOffline, bearer, identity,
		gives("access_token", "refresh_token")},
	"IntrospectToken":            {asTheTokenSays, bearer},
	"RequestDeviceAuthorization": {readableCode, gives("device_code", "verification_uri")},
	"RequestOneTimeToken":        {gives("ott")},
	"Search":                     {each("items", named)},

	"FetchTenantBrandLogo": {func(s success) []schemas.Violation { // reference, "Logo"
		return s.contains("Cache-Control", "max-age=86400", "must-revalidate")
	}},

	"CreateTenant":                  {newTenant, asSent()},
	"CreateUser":                    {newUser, trimmed("login"), asSent()},
	"CreateClient":                  {asSent()},
	"CreateReport":                  {asSent(reportForm...), startsFirst},
	"CreateInfrastructuresLocation": {asSent()},

	"FetchTenant": {about("id", "tenant_id"), lockOwned},
	"UpdateTenant": {about("id", "tenant_id"), lockOwned, state("enabled", "enabled"), notOlder,
		shows("deleted_at", nil), asSent()},
	"EnableCustomBranding":     {about("id", "tenant_id"), shows("brand_enabled", true), notOlder},
	"ModifyCustomBranding":     {about("id", "tenant_id"), shows("brand_enabled", true), notOlder},
	"UploadTenantBrandLogo":    {about("id", "tenant_id"), newer},
	"UpdateTenantDefaultIdpId": {about("id", "tenant_id"), state("default_idp_id", "idp_id"), notOlder},
	"FetchUser":                {about("id", "user_id"), trimmed("login")},
	"UpdateUser": {about("id", "user_id"), state("enabled", "enabled"), notOlder, shows("deleted_at", nil),
		trimmed("login"), asSent("contact.email")}, // of an activated user it changes once it is confirmed
	"FetchClient":  {about("client_id", "client_id")},
	"UpdateClient": {about("client_id", "client_id"), state("status", "status"), asSent()},

	"FetchInfrastructure":           {about("id", "infra_id"), bareURL},
	"UpdateInfrastructure":          {about("id", "infra_id"), bareURL, notOlder, asSent()},
	"RegisterInfrastructure":        {bareURL, asSent()},
	"FetchInfrastructuresBatch":     {each("items", bareURL)},
	"FetchInfrastructuresLocation":  {about("id", "location_id")},
	"UpdateInfrastructuresLocation": {about("id", "location_id"), notOlder, asSent()},

	"FetchReport": {about("id", "report_id"), startsFirst},
	"UpdateReport": {about("id", "report_id"), state("schedule.enabled", "schedule.enabled"),
		asSent(reportForm...), startsFirst},
	"FetchApplication": {about("id", "application_id")},
	"FetchTenantApplicationSetting": {about("name", "setting_name"), about("application_id", "application_id"),
		ownIsEffective, ofItsTenant},
	"UpdateTenantApplicationSetting": {about("name", "setting_name"), about("application_id", "application_id"),
		state("own.value", "value"), state("own.lock", "lock"), state("own.exclusive", "exclusive"), ownIsEffective,
		ofItsTenant},

	"FetchTenantOfferingItems": {each("items", about("tenant_id", "tenant_id"), offHasNoQuota, storedSomewhere)},
	"SetTenantOfferingItems": {each("items", about("tenant_id", "tenant_id"), offHasNoQuota, storedSomewhere),
		itemsAsSent},
	"SwitchTenantEdition":           {each("items", about("tenant_id", "tenant_id"), offHasNoQuota, storedSomewhere)},
	"FetchTenantOfferingItemsBatch": {each("items", offHasNoQuota, storedSomewhere)},
	"FetchTenantUsages":             {each("items", about("tenant_uuid", "tenant_id"))},
	"FetchRegistrationTokens_1":     {each("items", about("tenant_uuid", "tenant_id"))},
	"CreateRegistrationToken_0":     {endsAsAsked, asSent("tenant_id")}, // which the answer shows in another form
	"CreateRegistrationToken_1":     {about("tenant_uuid", "tenant_id"), endsAsAsked, asSent()},
	"FetchUserAccessPolicies":       {each("items", about("trustee_id", "user_id"))},
	"UpdateUserAccessPolicies": {each("items", about("trustee_id", "user_id"), shows("deleted_at", nil)),
		rolesAsSent},

	"FetchTenantPricingSettings":  {trialEndsLater},
	"UpdateTenantPricingSettings": {trialEndsLater, state("mode", "mode"), state("currency", "currency"), notOlder},
	"ManageTenantMFAStatus":       {secondFactor, someOfAll},
	"FetchTenantMFAStatus":        {someOfAll},

	"UpdateTenantsUsages": {usagesAsSent},
}

// reportForm are the properties of a report that the service writes in its own form, or works out.
var reportForm = []string{"parameters.formats", "parameters.period", "generation_date", "recipients"}

// kept judges a success by what the guides promise of it. The reference's schema does not say any of it.
func kept(op *schemas.Operation, r exchange.Request, a exchange.Attempt) []schemas.Violation {
	list := promises[op.ID]
	if a.Status != op.Success() {
		return nil
	}
	s := success{
		op: op, path: bound(op.Path, r.Path), query: r.Query, sent: object(r.Body), raw: r.Body,
		header: a.Header, body: shown(a), start: a.Start,
	}
	s.form = formOf(r)
	wrong := append(s.madeFirst("$", nil, s.body, s.tomorrow()), once(s)...)
	for _, p := range list {
		wrong = append(wrong, p(s)...)
	}
	return wrong
}

// formOf reads the form that a request sends; what is unreadable names nothing.
func formOf(r exchange.Request) (form url.Values) {
	if mediaType(r.Header) == "application/x-www-form-urlencoded" {
		form, _ = url.ParseQuery(string(r.Body))
	}
	return form
}

// bound reads the values of a template's parameters from a literal path.
func bound(template, path string) map[string]string {
	values := map[string]string{}
	segments := strings.Split(path, "/")
	for i, part := range strings.Split(template, "/") {
		name, isParameter := strings.CutPrefix(part, "{")
		if !isParameter || i >= len(segments) {
			continue
		}
		if value, err := url.PathUnescape(segments[i]); err == nil {
			values[strings.TrimSuffix(name, "}")] = value
		}
	}
	return values
}

func object(body []byte) map[string]any {
	if len(body) == 0 {
		return nil
	}
	document, err := schemas.ReadJSON(body)
	if err != nil {
		return nil
	}
	o, _ := document.(map[string]any)
	return o
}

// at follows names such as own.value; the second result reports whether it is there.
func at(o map[string]any, path string) (any, bool) {
	first, rest, deeper := strings.Cut(path, ".")
	value, there := o[first]
	if !deeper || !there {
		return value, there
	}
	inner, isObject := value.(map[string]any)
	if !isObject {
		return nil, false
	}
	return at(inner, rest)
}

// breach is one broken promise.
func breach(path, rule, found, format string, arguments ...any) []schemas.Violation {
	return []schemas.Violation{{Path: path, Rule: rule, Found: found, Detail: fmt.Sprintf(format, arguments...)}}
}

// each asks the promises of every object of a list.
func each(list string, of ...promise) promise {
	return func(s success) []schemas.Violation {
		items, _ := s.body[list].([]any)
		var wrong []schemas.Violation
		for i, item := range items {
			s.body, _ = item.(map[string]any)
			for _, p := range of {
				for _, v := range p(s) {
					v.Path = strings.Replace(v.Path, "$", fmt.Sprintf("$.%s[%d]", list, i), 1)
					wrong = append(wrong, v)
				}
			}
		}
		return wrong
	}
}

// about asks that the answer is about the object that the path names. A property that may be missing may.
func about(property, parameter string) promise {
	return func(s success) []schemas.Violation {
		found, isText := s.body[property].(string)
		if asked := s.path[parameter]; isText && asked != "" && !strings.EqualFold(found, asked) {
			return breach("$."+property, "asked-for", found, "the request is about %s", asked)
		}
		return nil
	}
}

// state asks that the answer to a change shows what was sent under the name. What was sent in another type than
// that of the answer, which a service may read as it likes, is left alone.
func state(property, name string) promise {
	return func(s success) []schemas.Violation {
		sent, wasSent := at(s.sent, name)
		found, isShown := at(s.body, property)
		if !wasSent || !isShown || sent == nil || fmt.Sprintf("%T", sent) != fmt.Sprintf("%T", found) {
			return nil
		}
		if was, is := fmt.Sprint(sent), fmt.Sprint(found); was != is {
			return breach("$."+property, "state", is, "it was changed to %s", was)
		}
		return nil
	}
}

// shows asks for one value.
func shows(property string, value any) promise {
	return func(s success) []schemas.Violation {
		if found, there := s.body[property]; there && found != value {
			return breach("$."+property, "state", fmt.Sprint(found), "after the request it is %v", value)
		}
		return nil
	}
}

// secondFactor asks that a tenant whose second factor was switched is in that state. Switching it off takes a
// while, by the reference.
func secondFactor(s success) []schemas.Violation {
	on, isSent := s.sent["enabled"].(bool)
	found, isShown := s.body["mfa_status"].(string)
	if !isSent || !isShown || on == (found == "enabled") {
		return nil
	}
	return breach("$.mfa_status", "state", found, "enabled was changed to %v", on)
}

// unlessSent asks for the values of a new object that the request names no others for.
func (s success) unlessSent(defaults map[string]any) []schemas.Violation {
	var wrong []schemas.Violation
	for _, name := range slices.Sorted(maps.Keys(defaults)) {
		found, there := s.body[name]
		if _, sent := s.sent[name]; sent || !there || found == defaults[name] {
			continue
		}
		wrong = append(wrong, breach("$."+name, "new", fmt.Sprint(found),
			"of a new object it is %v, where the request does not say otherwise", defaults[name])...)
	}
	return wrong
}

// newTenant asks for a tenant as a new one is (guide, "Provisioning a customer tenant", "Provisioning a partner
// tenant"; reference, tenant).
func newTenant(s success) []schemas.Violation {
	defaults := map[string]any{"enabled": true, "deleted_at": nil, "language": "en", "ancestral_access": true}
	switch s.body["kind"] {
	case "customer":
		defaults["pricing_mode"] = "trial"
	case "partner":
		defaults["pricing_mode"] = "production"
	}
	return s.unlessSent(defaults)
}

// newUser asks for a user as a new one is (guide, "Creating a user account").
func newUser(s success) []schemas.Violation {
	defaults := map[string]any{"enabled": true, "deleted_at": nil, "language": "en", "activated": false}
	if s.sent["use_existing_identity"] == true { // who is known already may have a password
		delete(defaults, "activated")
	}
	return s.unlessSent(defaults)
}

// uncached asks for the headers by which no one keeps a token: RFC 6749, which the guide follows.
func uncached(s success) []schemas.Violation {
	return append(s.contains("Cache-Control", "no-store"), s.contains("Pragma", "no-cache")...)
}

// contains asks for a header that has all the words.
func (s success) contains(name string, words ...string) []schemas.Violation {
	found := strings.Join(s.header.Values(name), ", ")
	for _, word := range words {
		if !strings.Contains(strings.ToLower(found), word) {
			return breach("header "+name, "cache", quote(found), "the answer must have %s", strings.Join(words, ", "))
		}
	}
	return nil
}

const (
	// TokenLife is how long a token lives (guide, "Authentication").
	TokenLife = 2 * time.Hour
	// ClockSkew is how far clocks may be apart.
	ClockSkew = 5 * time.Minute
)

// ends holds what an answer with a token says of its end against the hour on it: no token lives for more than two
// hours.
func ends(s success) []schemas.Violation {
	var wrong []schemas.Violation
	if left, said := Seconds(s.body["expires_in"]); said && (left <= 0 || left > TokenLife+ClockSkew) {
		wrong = breach("$.expires_in", "lifetime", fmt.Sprint(s.body["expires_in"]),
			"a token lives for two hours, which are 7200 seconds")
	}
	now, err := http.ParseTime(s.header.Get("Date"))
	if err != nil {
		now = s.start
	}
	if len(wrong) == 0 {
		wrong = twoHours(s, now)
	}
	end, said := Seconds(s.body["expires_on"])
	if left, both := Seconds(s.body["expires_in"]); said && both && len(wrong) == 0 {
		if apart := end - time.Duration(now.Unix())*time.Second - left; apart.Abs() > ClockSkew {
			return breach("$.expires_on", "lifetime", fmt.Sprint(s.body["expires_on"]),
				"it is the second at which the token ends, and expires_in says that this is %v seconds after %d",
				s.body["expires_in"], now.Unix())
		}
	}
	if said {
		if left := end - time.Duration(now.Unix())*time.Second; left < -ClockSkew || left > TokenLife+ClockSkew {
			wrong = append(wrong, breach("$.expires_on", "lifetime", fmt.Sprint(s.body["expires_on"]),
				"it is the second at which the token ends, since 1970, and at %d that is within two hours",
				now.Unix())...)
		}
	}
	return wrong
}

// Seconds reads a number of them. One that no duration can hold is as many as that can.
func Seconds(value any) (time.Duration, bool) {
	number, isNumber := value.(json.Number)
	n, err := number.Int64()
	return time.Duration(min(n, int64(math.MaxInt64/time.Second))) * time.Second, isNumber && err == nil
}

// refreshOnlyOffline asks that a refresh token comes with the scope offline_access only (reference, token request).
// What scope a code or an earlier refresh token stands for is not known here.
func refreshOnlyOffline(s success) []schemas.Violation {
	grant := s.form.Get("grant_type")
	named := grant == "client_credentials" || grant == "password" || grant == "md5_password"
	asked := slices.Contains(strings.Fields(s.form.Get("scope")), "offline_access")
	if !named || asked || s.body["refresh_token"] == nil {
		return nil
	}
	return breach("$.refresh_token", "asked-for", "a refresh token",
		"it comes with the scope offline_access only, which was not asked for")
}

// offHasNoQuota asks that an item that is off has none (guide, "Managing quotas").
func offHasNoQuota(s success) []schemas.Violation {
	if fmt.Sprint(s.body["status"]) != "0" || s.body["quota"] == nil {
		return nil
	}
	return breach("$.quota", "quota", "a quota", "an item that is off has none")
}

// storedSomewhere asks that an item of the type infra tells on which storage (reference, offering items).
func storedSomewhere(s success) []schemas.Violation {
	if s.body["type"] != "infra" || s.body["infra_id"] != nil {
		return nil
	}
	return breach("$.infra_id", "storage", "none", "an item that is stored tells on which storage")
}

// bareURL asks that the address of a storage shows no credentials: the reference cuts them out.
func bareURL(s success) []schemas.Violation {
	address, _ := s.body["url"].(string)
	if at, err := url.Parse(address); err == nil && at.User != nil {
		return breach("$.url", "secret", "a secret", "the credentials of the storage are shown")
	}
	return nil
}

// trialEndsLater asks of a tenant in trial that production lies ahead (guide, "Pricing mode"). A day is as exact as
// it gets.
func trialEndsLater(s success) []schemas.Violation {
	start, isText := s.body["production_start_date"].(string)
	if s.body["mode"] != "trial" || !isText || len(start) < len(time.DateOnly) {
		return nil
	}
	now, err := http.ParseTime(s.header.Get("Date"))
	if err != nil {
		now = s.start
	}
	if day := start[:len(time.DateOnly)]; day < now.UTC().Add(-24*time.Hour).Format(time.DateOnly) {
		return breach("$.production_start_date", "trial", strconv.Quote(start), "in trial, production lies ahead")
	}
	return nil
}
