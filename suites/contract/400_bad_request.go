package contract

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	"github.com/google/uuid"
	. "github.com/onsi/ginkgo/v2"
)

// The request cannot be carried out, and the body is a JSON object with the error details.
var _ = Describe("400 bad request", Label("400"), func() {
	bad := func(name string) spec.Probe { return spec.Probe{Code: 400, Name: name, Basis: spec.Assumed} }

	// The body, with one thing wrong at a time.
	for _, op := range spec.Operations(spec.TakesJSON) {
		spec.Register(bad("malformed-json").On(op, "", func(r *fixtures.Request, _ *session.Session) error {
			r.Header.Set("Content-Type", op.Body.MediaType)
			r.Body = []byte(`{"conformance": `)
			return nil
		}))
	}
	for _, op := range spec.Operations(spec.Named("UploadTenantBrandLogo")) {
		spec.Register(bad("not-a-picture").On(op, "", func(r *fixtures.Request, _ *session.Session) error {
			r.Body = []byte("This is not a picture.")
			return nil
		}))
	}
	for _, op := range spec.Operations(func(op *schemas.Operation) bool { return op.Body != nil && op.Body.Demanded }) {
		spec.Register(bad("empty-body").On(op, "", func(r *fixtures.Request, _ *session.Session) error {
			r.Body = []byte{}
			return nil
		}))
		for _, name := range required(op) {
			p := bad("missing-field")
			if op.ID == "CreateTenant" {
				p = p.Promised(presentInTenant)
			}
			spec.Register(p.On(op, name, func(r *fixtures.Request, _ *session.Session) error {
				return spec.DropField(r, op,
					name)
			}))
		}
	}
	for _, op := range spec.Operations(spec.TakesJSON) {
		for _, property := range typed(op) {
			spec.Register(bad("wrong-type").On(op, property.Name, func(r *fixtures.Request, _ *session.Session) error {
				return spec.SetField(r, op, property.Name, wrongValue(property))
			}))
		}
	}

	// A value that is none of those that the reference lists for its place. Forms are probed by hand.
	for _, op := range spec.Operations(spec.TakesJSON) {
		for _, choice := range op.Choices() {
			steps := slices.DeleteFunc(slices.Clone(choice.Path),
				func(step string) bool { return step == schemas.Item })
			variant := strings.Join(steps, ".")
			spec.Register(bad("unknown-value").On(op, variant, func(r *fixtures.Request, _ *session.Session) error {
				body, err := spec.Body(r)
				if err != nil {
					return err
				}
				spec.SetAt(body, choice.Path, unknownValue(choice))
				return r.SetBody(op.Body.MediaType, body)
			}))
		}
	}

	// Path and query, where the reference restricts them.
	for _, op := range spec.Operations(func(*schemas.Operation) bool { return true }) {
		for _, parameter := range op.Params {
			switch {
			case parameter.In == "path" && parameter.Pattern != "":
				spec.Register(bad("malformed-path").On(op, parameter.Name, func(r *fixtures.Request,
					_ *session.Session) error {
					return spec.ReplaceSegment(r, op, parameter.Name, "conformance")
				}))
			case parameter.In == "query" && parameter.Required:
				spec.Register(bad("missing-query").On(op, parameter.Name, func(r *fixtures.Request,
					_ *session.Session) error {
					r.Query.Del(parameter.Name)
					return nil
				}))
			}
			if parameter.In == "query" && restricted(parameter) {
				sp := bad("malformed-query").On(op, parameter.Name, func(r *fixtures.Request,
					_ *session.Session) error {
					r.Query.Set(parameter.Name, "conformance")
					return nil
				})
				if parameter.Name == "lod" {
					sp.Lod = schemas.AnyForm // of what it is served with, nothing is said
				}
				spec.Register(sp)
			}
		}
	}

	DescribeTableSubtree("a query that contradicts itself", func(id, variant string, query url.Values) {
		for _, op := range spec.Operations(spec.Named(id)) {
			p := bad("contradictory-query").Promised(contradictions[variant])
			spec.Register(p.On(op, variant, func(r *fixtures.Request, _ *session.Session) error {
				r.Query = maps.Clone(query)
				return nil
			}))
		}
	},
		Entry("tenants without any filter", "FetchTenantsBatch", "no-filter", url.Values{}),
		Entry("tenants by two filters that exclude each other", "FetchTenantsBatch", "two-filters",
			url.Values{"uuids": {uuid.Nil.String()}, "parent_id": {uuid.Nil.String()}}),
		Entry("more tenants than a list may name", "FetchTenantsBatch", "101-ids", url.Values{"uuids": {manyIDs()}}),
		Entry("more users than a list may name", "FetchUsersBatch", "101-ids", url.Values{"uuids": {manyIDs()}}),
		Entry("more clients than a list may name", "FetchClientsBatch", "101-ids", url.Values{"uuids": {manyIDs()}}),
		Entry("tenants of a parent with paths that only ids have", "FetchTenantsBatch", "relative-path",
			url.Values{"parent_id": {uuid.Nil.String()}, "include_relative_path": {"true"}}),
		Entry("users of organizations without a root", "FetchUsersBatch", "inside-organization",
			url.Values{"inside_organization": {"true"}, "uuids": {uuid.Nil.String()}}),
		Entry("users by external ids without their tenant", "FetchUsersBatch", "external-ids",
			url.Values{"external_ids": {"conformance"}}),
		Entry("offering items for a kind of child that does not exist", "FetchOfferingItemsAvailableForTenantChild",
			"unknown-kind", url.Values{"kind": {"conformance"}}),
	)

	for _, op := range spec.Operations(spec.Named("FetchTenant")) {
		p := bad("contradictory-query").Promised(contradictions["two-tokens"])
		spec.Register(p.On(op, "two-tokens", func(r *fixtures.Request, s *session.Session) error {
			r.Query.Set("access_token", s.Sandbox.Tokens[fixtures.Home])
			return nil
		}))
	}

	DescribeTableSubtree("a form or an object that contradicts itself", func(id, variant string,
		set func(body, of map[string]any)) {
		for _, op := range spec.Operations(spec.Named(id)) {
			p := bad("contradictory-body").Promised(contradictions[variant])
			spec.Register(p.On(op, variant, func(r *fixtures.Request, s *session.Session) error {
				of, err := s.Sandbox.Object(session.VictimKey(op, spec.Catalogue().Call(op.ID)))
				if err != nil {
					return err
				}
				body, err := spec.Body(r)
				if spec.TakesForm(op) {
					body, err = spec.Form(r)
				}
				if err != nil {
					return err
				}
				set(body, of)
				return r.SetBody(op.Body.MediaType, body)
			}))
		}
	},
		Entry("no grant type", "RequestTokens", "no-grant-type",
			func(body, _ map[string]any) { delete(body, "grant_type") }),
		Entry("an unknown grant type", "RequestTokens", "unknown-grant-type",
			func(body, _ map[string]any) { body["grant_type"] = "conformance" }),
		Entry("no token to revoke", "RevokeToken", "no-token", func(body, _ map[string]any) { delete(body, "token") }),
		Entry("a kind of token that does not exist", "RevokeToken", "unknown-token-type",
			func(body, _ map[string]any) { body["token_type_hint"] = "conformance" }),
		Entry("no token to look into", "IntrospectToken", "no-token",
			func(body, _ map[string]any) { delete(body, "token") }),
		Entry("two ways to name a user", "RequestOneTimeToken", "two-users",
			func(body, user map[string]any) { body["login"] = user["login"] }),
		Entry("no way to name a user", "RequestOneTimeToken", "no-user",
			func(body, _ map[string]any) { delete(body, "user_id") }),
		Entry("a role for partners on a customer", "UpdateUserAccessPolicies", "partners-role",
			func(body, _ map[string]any) { eachItem(body, "role_id", "partner_admin") }),
		Entry("a role for units on a customer", "UpdateUserAccessPolicies", "units-role",
			func(body, _ map[string]any) { eachItem(body, "role_id", "unit_admin") }),
		Entry("a period in the future", "CreateReport", "future-period", func(body, _ map[string]any) {
			body["parameters"].(map[string]any)["period"] = map[string]any{"start": "2999-01-01", "end": "2999-01-31"}
		}),
	)

	for _, op := range spec.Operations(spec.Named("CreateTenant")) {
		unfit := bad("unfit-kind").Promised(fittingKind)
		spec.Register(unfit.On(op, "", func(r *fixtures.Request, _ *session.Session) error {
			return spec.SetField(r, op, "kind", "unit")
		}))
		spec.Register(unfit.On(op, "below-customer", func(r *fixtures.Request, s *session.Session) error {
			return spec.SetField(r, op, "parent_id", s.Sandbox.Tenants[fixtures.Home]["org"])
		}))
	}

	for _, op := range spec.Operations(spec.Named("EnableCustomBranding", "ModifyCustomBranding",
		"DisableCustomBranding", "FetchTenantBrandLogo", "UploadTenantBrandLogo")) {
		spec.Register(bad("customer-tenant").Promised(brandable).On(op, "", func(r *fixtures.Request,
			s *session.Session) error {
			side := s.Sandbox.Tenants[fixtures.Home]
			if r.Query.Has("version") && side["org_version"] != nil {
				r.Query.Set("version", fmt.Sprint(side["org_version"]))
			}
			return spec.ReplaceSegment(r, op, "tenant_id", fmt.Sprint(side["org"]))
		}))
	}

	for _, op := range spec.Operations(spec.Named("DeleteTenant")) {
		spec.Register(enabledTenant(op, "", own("customer", "400-unfit")))
		spec.Register(enabledTenant(op, "unit", own("unit", "400-unfit")))
		spec.Register(enabledTenant(op, "folder", own("folder", "400-unfit")))
		spec.Register(enabledTenant(op, "partner", own("partner", "400-unfit")))
	}

	// A login that no user may have: a user is given none either.
	for _, op := range spec.Operations(spec.Named("CreateUser", "UpdateUser")) {
		p := bad("unacceptable-login").Promised(acceptableLogin)
		spec.Register(p.On(op, "", func(r *fixtures.Request, s *session.Session) error {
			return spec.SetField(r, op, "login", s.Sandbox.Name("é"))
		}))
	}

	// The guide speaks of three letters and of 1 to 300 results, and not of what else happens.
	DescribeTableSubtree("a search out of range", func(parameter, variant, value string) {
		for _, op := range spec.Operations(spec.Named("Search")) {
			spec.Register(bad("out-of-range").On(op, variant, func(r *fixtures.Request, _ *session.Session) error {
				r.Query.Set(parameter, value)
				return nil
			}))
		}
	},
		Entry("for two letters", "text", "text", "ab"),
		Entry("for no results", "limit", "least-limit", "0"),
		Entry("for more results than there may be", "limit", "greatest-limit", "301"),
	)

	// A registration token lives for a year at most. A service may cut short what is asked for.
	for _, op := range spec.Operations(spec.Named("CreateRegistrationToken_0", "CreateRegistrationToken_1")) {
		spec.Register(bad("out-of-range").On(op, "expires_in", func(r *fixtures.Request, _ *session.Session) error {
			return spec.SetField(r, op, "expires_in", 367*24*60*60)
		}))
	}
})

// enabledTenant deletes a tenant that is still enabled: the guide's own example of an error, platform code 1006.
func enabledTenant(op *schemas.Operation, variant string, of *session.Object) spec.Spec {
	key := of.Key
	watch := session.Watch{Key: key, As: fixtures.Home, Witness: "FetchTenant"}
	return spec.Spec{
		Code: "400", Probe: "enabled-tenant", Variant: variant, Subject: op.ID, Operation: op, Method: op.Method,
		Path: op.Path, Want: 400,
		Basis: spec.Documented, Cite: disabledFirst, Writes: true, Control: op.ID,
		Objects: func(n session.Needs) {
			n.Add(*of)
			n.Watch(watch)
		},
		Prepare: func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
			r, _, err := spec.CallOn(s, op, key, id)
			return spec.Case{Request: r, Locks: key, Unchanged: &watch, Check: platformCode("1006")}, err
		},
	}
}

// platformCode looks for the documented number of the error; it may come as a string.
func platformCode(code string) spec.Check {
	return func(_ context.Context, e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
		body := spec.Object(e)
		if body == nil || e.Status() != http.StatusBadRequest {
			return nil, nil, nil // the oracle has said so
		}
		fault, _ := body["error"].(map[string]any)
		if found := fmt.Sprint(fault["code"]); found != code {
			return []schemas.Violation{{Path: "$.error.code", Rule: "platform-code", Found: found,
				Detail: "the guide gives this error the code " + code}}, nil, nil
		}
		return nil, nil, nil
	}
}

// eachItem sets a property of all items of a body.
func eachItem(body map[string]any, name string, value any) {
	items, _ := body["items"].([]any)
	for _, item := range items {
		if fields, isObject := item.(map[string]any); isObject {
			fields[name] = value
		}
	}
}

// leftOut are required properties that official clients leave out and get through with.
var leftOut = map[string][]string{"UpdateUserAccessPolicies": {"timestamp"}, "CreateReport": {"recipients"}}

// required lists the properties that the body must have. Forms are probed by hand, since the reference leaves their
// rules to prose.
func required(op *schemas.Operation) []string {
	if !spec.TakesJSON(op) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(op.Body.Required),
		func(name string) bool { return slices.Contains(leftOut[op.ID], name) })
}

// typed lists the properties that are given a wrong type: the required ones, or the first where none is.
func typed(op *schemas.Operation) []schemas.Property {
	properties := slices.DeleteFunc(op.RequestProperties(), func(p schemas.Property) bool { return p.Type == "" })
	needed := slices.DeleteFunc(slices.Clone(properties), func(p schemas.Property) bool { return !p.Required })
	if len(needed) == 0 && len(properties) > 0 {
		return properties[:1]
	}
	return needed
}

// wrongValue is of another type than the property, in a way that no lenient reader takes for it: clients do send
// numbers and booleans as strings.
func wrongValue(p schemas.Property) any {
	if p.Type == "object" || p.Type == "array" {
		return "conformance"
	}
	return map[string]any{"conformance": true}
}

// unknownValue is none of the values of the place, and of their type.
func unknownValue(choice schemas.Choice) any {
	if _, isNumber := choice.Values[0].(json.Number); isNumber {
		return 7
	}
	return "conformance"
}

func restricted(p schemas.Param) bool {
	return len(p.Enum) > 0 || p.Pattern != "" || p.Format != "" || p.Type == "integer" || p.Type == "boolean"
}

func manyIDs() string {
	many := make([]string, 101)
	for i := range many {
		many[i] = uuid.NewString()
	}
	return strings.Join(many, ",")
}
