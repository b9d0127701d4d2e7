package contract

import (
	"context"
	"fmt"
	"slices"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// What a write has done is shown by lists as well, and not by the object's own read alone.
var _ = Describe("20x success in lists", Label("20x"), func() {
	DescribeTableSubtree("a list shows what was written", func(written, reader string, look listedLook) {
		for _, writing := range spec.Operations(spec.Named(written)) {
			for _, op := range spec.Operations(spec.Named(reader)) {
				spec.Register(look.on(writing, op))
			}
		}
	},
		Entry("a tenant that was changed", "UpdateTenant", "FetchTenantsBatch",
			listedLook{parameter: "uuids", name: "tenant_id", answered: true}),
		Entry("a user who was changed", "UpdateUser", "FetchUsersBatch",
			listedLook{parameter: "uuids", name: "user_id", answered: true}),
		Entry("a client that was changed", "UpdateClient", "FetchClientsBatch",
			listedLook{parameter: "uuids", name: "client_id", drop: "origin_id", answered: true}),
		Entry("a storage that was changed", "UpdateInfrastructure", "FetchInfrastructuresBatch",
			listedLook{parameter: "uuids", name: "infra_id", answered: true}),
		Entry("a location that was changed", "UpdateInfrastructuresLocation", "FetchInfrastructuresLocationsBatch",
			listedLook{parameter: "uuids", name: "location_id", answered: true}),
		Entry("a tenant that was restored", "RestoreDeletedTenant", "FetchTenantsBatch",
			listedLook{parameter: "uuids", name: "tenant_id", shown: property("deleted_at", nil)}),
		Entry("a user who was restored", "RestoreDeletedUser", "FetchUsersBatch",
			listedLook{parameter: "uuids", name: "user_id", shown: property("deleted_at", nil)}),
		Entry("a tenant in production", "UpdateTenantPricingSettings", "FetchTenantsBatch",
			listedLook{parameter: "uuids", name: "tenant_id", shown: property("pricing_mode", "production")}),
		Entry("a tenant with a brand", "EnableCustomBranding", "FetchTenantsBatch",
			listedLook{parameter: "uuids", name: "tenant_id", shown: property("brand_enabled", true)}),
		Entry("a tenant without its brand", "DisableCustomBranding", "FetchTenantsBatch",
			listedLook{parameter: "uuids", name: "tenant_id", shown: property("brand_enabled", false)}),
		Entry("a tenant whose brand was changed", "ModifyCustomBranding", "FetchTenantsBatch",
			listedLook{parameter: "uuids", name: "tenant_id", answered: true}),
		Entry("a tenant with a logo", "UploadTenantBrandLogo", "FetchTenantsBatch",
			listedLook{parameter: "uuids", name: "tenant_id", answered: true}),
		Entry("a tenant with another identity provider", "UpdateTenantDefaultIdpId", "FetchTenantsBatch",
			listedLook{parameter: "uuids", name: "tenant_id", answered: true}),
		Entry("a tenant with a second factor", "ManageTenantMFAStatus", "FetchTenantsBatch",
			listedLook{parameter: "uuids", name: "tenant_id", shown: not("mfa_status", "disabled")}),
		Entry("a service that was turned on", "TurnOnTenantApplication", "FetchTenantsApplicationsBatch",
			listedLook{parameter: "tenants", name: "tenant_id", shown: holdsService(true)}),
		Entry("a service that was turned off", "TurnOffTenantApplication", "FetchTenantsApplicationsBatch",
			listedLook{parameter: "tenants", name: "tenant_id", shown: holdsService(false)}),
	)
	for _, op := range spec.Operations(spec.Named("FetchTenant")) {
		for _, parameter := range []string{"embed_path", "allow_deleted"} {
			spec.Register(sameWith(op, parameter))
		}
	}
	for _, op := range spec.Operations(spec.Named("FetchTenantOfferingItems")) {
		spec.Register(availableOnly(op))
	}
})

var sameInLists = spec.Cites(`what a list shows of an object after a write is what the write has made of it `+
	`(reference, the schemas of the write's answer and of the list)`, spec.Reference)

// listedLook is how a list is asked for the object that the control of a write was made on, and what its item shows.
type listedLook struct {
	parameter, name string // the query parameter, and the name under which the object has its value
	drop            string // a parameter of the list's valid call that is left out
	answered        bool   // the item is as the answer to the write has shown the object
	shown           effect // asked of the item
}

func (l listedLook) on(written, op *schemas.Operation) spec.Spec {
	sp := reading(op, written, "list-after", written.ID).Promised(sameInLists)
	sp.Writes, sp.Settles = true, true // it rests on a write
	sp.Prepare = func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
		vars, err := s.Vars(session.ControlKey(written, spec.Catalogue().Call(written.ID)), id)
		if err != nil {
			return spec.Case{}, err
		}
		by := list{query: map[string]string{l.parameter: "${" + l.name + "}"}, drop: words(l.drop)}
		r, err := by.ask(s, op, vars)
		if service := spec.Catalogue().Call(written.ID).Vars["application_id"]; service != "" && err == nil {
			vars["application_id"], err = vars.Fill(service)
		}
		return spec.Case{Request: r, Check: func(_ context.Context, e *exchange.Exchange) ([]schemas.Violation,
			[]*exchange.Exchange, error) {
			if e.Status() != op.Success() {
				return nil, nil, nil // the oracle has said so
			}
			item := itemNamed(listOf(e), vars[l.name])
			switch {
			case item == nil:
				return noEffect("$.items", others(listOf(e)), written.ID+
						" has succeeded, and its object is not listed"),
					nil, nil
			case !l.answered:
				return inItem(l.shown(item, vars)), nil, nil
			case !sound(s.Controls[written.ID].Exchange) || !sound(e):
				return nil, nil, nil // their own specs say so
			}
			return asAnsweredAt("$.items[*]", spec.Object(s.Controls[written.ID].Exchange), item), nil, nil
		}}, err
	}
	return sp
}

// itemNamed returns the item with the id, or the one that is about the tenant with it.
func itemNamed(items []any, id any) map[string]any {
	for _, item := range items {
		fields, _ := item.(map[string]any)
		for _, name := range []string{"id", "client_id", "tenant"} {
			if id != nil && fields[name] == id {
				return fields
			}
		}
	}
	return nil
}

// inItem moves what is wrong with an item to its place in the list.
func inItem(wrong []schemas.Violation) []schemas.Violation {
	for i := range wrong {
		wrong[i].Path = "$.items[*]" + wrong[i].Path[len("$"):]
	}
	return wrong
}

// holdsService asks for the service of the call among those of a tenant, or that it is not among them.
func holdsService(on bool) effect {
	return func(shown map[string]any, vars fixtures.Vars) []schemas.Violation {
		services, _ := shown["applications"].([]any)
		if slices.Contains(services, vars["application_id"]) == on {
			return nil
		}
		return noEffect("$.applications", others(services), fmt.Sprintf("that %v is among them must be %v by now",
			vars["application_id"], on))
	}
}

// sameWith reads an object with a parameter that can only add to what is shown, and then without it: all that both
// reads show is the same.
func sameWith(op *schemas.Operation, parameter string) spec.Spec {
	l := list{query: map[string]string{parameter: "true"}, of: family, vars: first}
	sp := l.on(op, "with", parameter)
	sp.Cite = sameObjects
	sp.Prepare = func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
		vars, err := s.Vars(l.of.Key, id)
		if err != nil {
			return spec.Case{}, err
		}
		r, err := l.ask(s, op, vars)
		if err != nil {
			return spec.Case{}, err
		}
		plain, err := list{vars: first}.ask(s, op, vars)
		return spec.Case{Request: r, Check: func(ctx context.Context, e *exchange.Exchange) ([]schemas.Violation,
			[]*exchange.Exchange, error) {
			if !sound(e) {
				return nil, nil, nil // the oracle has said so
			}
			again, err := s.Send(ctx, id, plain, nil)
			if err != nil || !sound(again) {
				return nil, spec.Exchanges(again), err
			}
			return unequal("$", spec.Object(e), spec.Object(again)), spec.Exchanges(again), nil
		}}, err
	}
	return sp
}

// availableOnly asks for the available items in both documented forms of yes, and for all in both of no. The forms of
// one value give one list, and what is available, and what is listed without the parameter, is among all (reference,
// parameter available_only).
func availableOnly(op *schemas.Operation) spec.Spec {
	asked := func(value string) list {
		return list{of: own("customer_of_what_was", "lists"), vars: map[string]string{"tenant_id": "child_id"},
			query: map[string]string{"available_only": value, "edition": "*"}}
	}
	l := asked("1")
	sp := l.on(op, "filter", "available_only")
	sp.Prepare = l.look(op, func(ctx context.Context, a further, items []any) (wrong []schemas.Violation, _ error) {
		keys := map[string][]string{"1": itemKeys(items)}
		for _, value := range []string{"true", "0", "false"} {
			_, some, err := a.about(ctx, op.ID, asked(value))
			if err != nil {
				return nil, err
			}
			keys[value] = itemKeys(some)
		}
		for _, pair := range [][2]string{{"1", "true"}, {"0", "false"}} {
			if one, other := keys[pair[0]], keys[pair[1]]; !slices.Equal(one, other) {
				wrong = append(wrong, faultAt("$.items", "filter", fmt.Sprint(len(one))+" items",
					fmt.Sprintf("available_only=%s lists %d, and =%s, which says the same, lists %d", pair[0], len(one),
						pair[1], len(other))))
			}
		}
		unasked := asked("")
		delete(unasked.query, "available_only")
		_, some, err := a.about(ctx, op.ID, unasked)
		if err != nil {
			return wrong, err
		}
		for _, key := range slices.Concat(keys["true"], itemKeys(some)) {
			if !slices.Contains(keys["false"], key) {
				wrong = append(wrong, faultAt("$.items", "filter", key, "it is not among all items"))
			}
		}
		return wrong, nil
	})
	return sp
}

// itemKeys names the offering items of one tenant, in some order.
func itemKeys(items []any) []string {
	keys := []string{}
	for _, item := range items {
		keys = append(keys, itemKey("", item))
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}
