package contract

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// What was created is found, and what was changed is shown.
var _ = Describe("20x success", Label("20x"), func() {
	// What a write changed, a read shows.
	DescribeTableSubtree("what was created is found", func(created, reader, id string) {
		for _, creating := range spec.Operations(spec.Named(created)) {
			for _, op := range spec.Operations(spec.Named(reader)) {
				spec.Register(createdIsFound(creating, op, id))
			}
		}
	},
		Entry("a tenant", "CreateTenant", "FetchTenant", "tenant_id"),
		Entry("a user", "CreateUser", "FetchUser", "user_id"),
		Entry("a client", "CreateClient", "FetchClient", "client_id"),
		Entry("a storage", "RegisterInfrastructure", "FetchInfrastructure", "infra_id"),
		Entry("a location", "CreateInfrastructuresLocation", "FetchInfrastructuresLocation", "location_id"),
		Entry("a report", "CreateReport", "FetchReport", "report_id"),
		Entry("a tenant, below its parent", "CreateTenant", "FetchTenantChildren", ""),
		Entry("a user, in its tenant", "CreateUser", "FetchTenantUsers", ""),
		Entry("a location, at its owner", "CreateInfrastructuresLocation", "FetchTenantInfrastructureLocations", ""),
		Entry("a storage, at its location", "RegisterInfrastructure", "FetchLocationInfrastructures", ""),
		Entry("a report, at its tenant", "CreateReport", "FetchTenantReports", ""),
		Entry("a registration token, at its tenant", "CreateRegistrationToken_1", "FetchRegistrationTokens_1", ""),
	)
	DescribeTableSubtree("what was changed is shown", func(changed string) {
		for _, changing := range spec.Operations(spec.Named(changed)) {
			for _, op := range spec.Operations(spec.Named(spec.Catalogue().Call(changing.ID).Witness)) {
				spec.Register(changedIsShown(changing, op))
			}
		}
	},
		Entry("a tenant", "UpdateTenant"),
		Entry("a user", "UpdateUser"),
		Entry("a client", "UpdateClient"),
		Entry("a storage", "UpdateInfrastructure"),
		Entry("a location", "UpdateInfrastructuresLocation"),
		Entry("a tenant's pricing", "UpdateTenantPricingSettings"),
		Entry("a report's schedule", "UpdateReport"),
	)
})

// createdIsFound reads the object that the control of a creating operation made: by its id, or in the list that must
// hold it now.
func createdIsFound(created, op *schemas.Operation, id string) spec.Spec {
	sp := reading(op, created, "created-is-found", created.ID)
	sp.Writes, sp.Settles = true, true // it rests on a write
	sp.Prepare = func(_ context.Context, s *session.Session, owner string) (spec.Case, error) {
		control := s.Controls[created.ID]
		answer := spec.Object(control.Exchange)
		if answer == nil {
			return spec.Case{}, errors.New("the answer to the creation is unreadable: see 20x/valid-token/" +
				created.ID)
		}
		made := answer["id"]
		if made == nil {
			made = answer["client_id"]
		}
		vars, err := s.Vars(session.ControlKey(created, spec.Catalogue().Call(created.ID)), owner)
		if err != nil {
			return spec.Case{}, err
		}
		if id != "" {
			vars[id] = made
		}
		r, err := s.Catalogue.Request(op.ID, vars)
		return spec.Case{Request: r, Check: func(_ context.Context, e *exchange.Exchange) ([]schemas.Violation,
			[]*exchange.Exchange, error) {
			if e.Status()/100 != 2 {
				return nil, nil, nil
			}
			if spec.Mentions(e, made) {
				wrong := asAsked(control, id, e)
				if id != "" {
					wrong = append(wrong, asAnswered(control.Exchange, e)...)
				}
				return wrong, nil, nil
			}
			return []schemas.Violation{{Path: "$", Rule: "created", Found: "an answer without it",
				Detail: fmt.Sprintf("what was created, %v, is not shown", made)}}, nil, nil
		}}, err
	}
	return sp
}

// asAsked compares what a read of the object by its id shows with what its creation asked for. What a report was
// asked for comes in the service's own form.
func asAsked(control *session.Control, id string, e *exchange.Exchange) []schemas.Violation {
	asked, err := spec.Body(&control.Request)
	shown := spec.Object(e)
	if id == "" || id == "report_id" || err != nil || shown == nil {
		return nil
	}
	return append(holds("$", shown, asked), holds("$", shown, any(fresh[control.Request.Operation]))...)
}

// fresh is what is true of a new object, the one who made it (guide, "Creating a user account", "Creating a tenant",
// "Provisioning a customer tenant").
var fresh = map[string]map[string]any{
	"CreateTenant": {"enabled": true, "deleted_at": nil, "pricing_mode": "trial"},
	"CreateUser":   {"enabled": true, "activated": false, "deleted_at": nil, "mfa_status": "disabled"},
}

// changedIsShown reads the object that the control of a changing operation was made on.
func changedIsShown(changed, op *schemas.Operation) spec.Spec {
	sp := reading(op, changed, "changed-is-shown", "")
	sp.Asserts, sp.Subject = changed, changed.ID
	sp.Writes, sp.Settles = true, true // it rests on a write
	sp.Prepare = func(_ context.Context, s *session.Session, owner string) (spec.Case, error) {
		control := s.Controls[changed.ID]
		r, vars, err := spec.CallOn(s, op, session.ControlKey(changed, spec.Catalogue().Call(changed.ID)), owner)
		if err != nil {
			return spec.Case{}, err
		}
		asked, err := spec.Body(&control.Request)
		named := cmp.Or(asked["version"], vars["version"]) // reports are changed without naming it
		delete(asked, "version")
		return spec.Case{Request: r, Check: func(_ context.Context, e *exchange.Exchange) ([]schemas.Violation,
			[]*exchange.Exchange, error) {
			shown := spec.Object(e)
			if shown == nil || e.Status()/100 != 2 {
				return nil, nil, nil // the oracle has said so
			}
			wrong := append(holds("$", shown, asked), raised(shown, named)...)
			return append(wrong, asAnswered(control.Exchange, e)...), nil, nil
		}}, err
	}
	return sp
}

// raised asks for a higher version than the one before: each change raises it (guide, "Optimistic locking").
func raised(shown map[string]any, named any) []schemas.Violation {
	before, err := strconv.ParseFloat(fmt.Sprint(named), 64)
	now, unread := strconv.ParseFloat(fmt.Sprint(shown["version"]), 64)
	if err != nil || unread != nil || now > before {
		return nil
	}
	return []schemas.Violation{{Path: "$.version", Rule: "changed", Found: fmt.Sprint(shown["version"]),
		Detail: fmt.Sprintf("a change must raise the version, which was %v", named)}}
}

// holds compares what is shown with what was asked for, property by property.
func holds(path string, shown, asked any) []schemas.Violation {
	want, isObject := asked.(map[string]any)
	if !isObject {
		// which may be kept in small letters
		inAnyCase := strings.HasSuffix(path, ".login") || strings.HasSuffix(path, ".email")
		if fmt.Sprint(shown) == fmt.Sprint(asked) || inAnyCase && strings.EqualFold(fmt.Sprint(shown),
			fmt.Sprint(asked)) {
			return nil
		}
		return []schemas.Violation{{Path: path, Rule: "changed", Found: fmt.Sprint(shown),
			Detail: fmt.Sprintf("it was changed to %v", asked)}}
	}
	has, _ := shown.(map[string]any)
	var wrong []schemas.Violation
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if value, there := has[name]; there {
			wrong = append(wrong, holds(path+"."+name, value, want[name])...)
		}
	}
	return wrong
}
