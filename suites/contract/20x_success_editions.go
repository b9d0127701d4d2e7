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

// Another edition takes the place of the one that a tenant has of a service.
var _ = Describe("20x success of another edition", Label("20x"), func() {
	for _, op := range spec.Operations(spec.Named("SwitchTenantEdition")) {
		for _, reader := range spec.Operations(spec.Named("FetchTenantOfferingItems")) {
			for _, offers := range spec.Operations(spec.Named("FetchOfferingItemsAvailableForTenantChild")) {
				spec.Register(otherEdition(op, reader, offers))
			}
		}
	}
})

var switchedEdition = spec.Cites(`the answer to the switch of an edition is what the tenant is offered from then on, `+
	`of the target edition (reference, SwitchTenantEdition)`, spec.Reference)

// otherEdition switches a tenant to an edition that it can have and does not have. Afterwards what the answer lists as
// on is shown so by a read, and, as is assumed, no item of the service is on that belongs to another edition.
func otherEdition(op, reader, offers *schemas.Operation) spec.Spec {
	of := own("supplied_customer", "20x/other-edition")
	sp := reading(op, op, "other-edition", "").Promised(switchedEdition)
	sp.Basis, sp.Writes = spec.RejectionDocumented, true
	sp.Objects = func(n session.Needs) { n.Add(*of) }
	sp.Prepare = func(ctx context.Context, s *session.Session, id string) (spec.Case, error) {
		vars, err := s.Vars(of.Key, id)
		if err != nil {
			return spec.Case{}, err
		}
		offered, err := list{query: ofAllEditions.query, vars: map[string]string{"tenant_id": "side"}}.ask(s, offers,
			vars)
		if err != nil {
			return spec.Case{}, err
		}
		e, err := s.Send(ctx, id, offered, nil)
		if err != nil {
			return spec.Case{}, err
		}
		target := anotherEdition(spec.Items(e), vars["application_id"], vars["edition"])
		if target == nil {
			return spec.Case{}, spec.Inconclusive("the service of the tenant's item is offered in one edition only")
		}
		vars["edition"] = target
		read, err := list{query: ofAllEditions.query}.ask(s, reader, vars)
		if err != nil {
			return spec.Case{}, err
		}
		early, checks, err := checkSwitchesNothing(ctx, view{s: s, id: id, vars: vars}, read)
		if err != nil {
			return spec.Case{}, err
		}
		r, err := s.Catalogue.Request(op.ID, vars)
		return spec.Case{Request: r, Locks: of.Key, Check: func(ctx context.Context, written *exchange.Exchange) (
			[]schemas.Violation, []*exchange.Exchange, error) {
			if !sound(written) || len(early) > 0 {
				return early, checks, nil // of the switch, the oracle has said so
			}
			var former []schemas.Violation
			wrong, looks, err := readUntil(ctx, s, id, read, func(e *exchange.Exchange) []schemas.Violation {
				former = ofOneEdition(spec.Items(e), vars["application_id"], target)
				return slices.Concat(asAnswered(written, e), former)
			})
			if err == nil && len(wrong) == len(former) { // that a switch turns the former edition off is not written
				wrong, err = spec.AssumedOnly(s, wrong)
			}
			return wrong, looks, err
		}}, err
	}
	return sp
}

// checkSwitchesNothing asks what the switch would bring, and that the item of the tenant is still on (reference,
// PerformTenantEditionSwitchCheck).
func checkSwitchesNothing(ctx context.Context, v view, read fixtures.Request) (wrong []schemas.Violation,
	looks []*exchange.Exchange, err error) {
	r, err := v.s.Catalogue.Request("PerformTenantEditionSwitchCheck", v.vars)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range []fixtures.Request{r, read} {
		e, err := v.s.Send(ctx, v.id, r, nil)
		looks = append(looks, spec.Exchanges(e)...)
		if err != nil || !sound(e) {
			return nil, looks, err // their own specs say so
		}
	}
	if isOn(spec.Object(looks[len(looks)-1]), v.vars) {
		return nil, looks, nil
	}
	return noEffect("$.items", "a list without it", fmt.Sprintf("the item %v was on before the check of an edition, "+
		"which switches nothing", v.vars["item_name"])), looks, nil
}

// anotherEdition returns an edition of the service, other than that one, in which items are offered.
func anotherEdition(items []any, application, edition any) any {
	for _, item := range items {
		fields, _ := item.(map[string]any)
		if other := fields["edition"]; fields["application_id"] == application && other != nil && other != edition {
			return other
		}
	}
	return nil
}

func ofOneEdition(items []any, application, edition any) (wrong []schemas.Violation) {
	for i, item := range items {
		fields, _ := item.(map[string]any)
		found := fields["edition"]
		if fields["application_id"] == application && plain(fields["status"]) == "1" && found != nil &&
			found != edition {
			wrong = append(wrong, faultAt(itemAt(i, ".edition"), "effect", fmt.Sprint(found),
				fmt.Sprintf("the edition of the service was switched to %v", edition)))
		}
	}
	return wrong
}
