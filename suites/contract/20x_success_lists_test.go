package contract_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/session"

	. "github.com/onsi/ginkgo/v2"
)

// list is a valid call of a list with other query parameters, and what its answer must then look like.
type list struct {
	query map[string]string // templates over the names of the object
	drop  []string          // parameters of the valid call that are left out
	lod   string
	more  []session.Object // what must be there beside the object of the valid call
	of    *session.Object  // the object that is asked for, where it is not that of the valid call
	check func(items []any, vars fixtures.Vars) []schemas.Violation
	// patience is how often the list is asked for again, a second apart, until it is as it must be: an index may lag behind.
	patience int
}

// Lists: the filters and the forms that change what comes, and the pages.
var _ = Describe("20x success of lists", Label("20x"), func() {
	DescribeTableSubtree("a list", func(id, name, variant string, l list) {
		for _, op := range operations(named(id)) {
			specify(l.on(op, name, variant))
		}
	},
		Entry("of tenants as stamps", "FetchTenantsBatch", "lod", "stamps", list{query: map[string]string{"lod": "stamps"}, lod: "stamps", check: oneItem}),
		Entry("of tenants in basic form", "FetchTenantsBatch", "lod", "basic", list{query: map[string]string{"lod": "basic"}, lod: "basic", check: oneItem}),
		Entry("of users as stamps", "FetchUsersBatch", "lod", "stamps", list{query: map[string]string{"lod": "stamps"}, lod: "stamps", check: oneItem}),
		Entry("of users in basic form", "FetchUsersBatch", "lod", "basic", list{query: map[string]string{"lod": "basic"}, lod: "basic", check: oneItem}),

		Entry("of a tenant's children", "FetchTenantsBatch", "filter", "parent_id", list{query: map[string]string{"parent_id": "${side}"}, drop: []string{"uuids"},
			check: every("parent_id", "side")}),
		Entry("of a tenant and what is below it", "FetchTenantsBatch", "filter", "subtree_root_id", list{query: map[string]string{"subtree_root_id": "${tenant_id}"},
			drop: []string{"uuids"}, check: every("id", "tenant_id")}),
		Entry("of a tenant's users", "FetchUsersBatch", "filter", "tenant_id", list{query: map[string]string{"tenant_id": "${tenant_id}"}, drop: []string{"uuids"},
			check: every("tenant_id", "tenant_id")}),
		Entry("of a client", "FetchClientsBatch", "filter", "uuids", list{query: map[string]string{"uuids": "${client_id}"}, drop: []string{"origin_id"},
			check: every("client_id", "client_id")}),
		Entry("of the clients of an origin", "FetchClientsBatch", "filter", "origin_id", list{check: every("client_id", "client_id")}),
		Entry("of one edition's offering items", "FetchTenantOfferingItems", "filter", "edition", list{query: map[string]string{"edition": "standard"},
			of: &session.Object{Key: fixtures.Shared(fixtures.Home, "side"), Side: fixtures.Home, Object: "side"}, check: standardEdition}),
		Entry("of tenants that have changed since", "FetchTenantsBatch", "filter", "updated_since", list{
			query: map[string]string{"subtree_root_id": "${tenant_id}", "updated_since": farAhead}, drop: []string{"uuids"}, check: nothing}),
		Entry("of users that have changed since", "FetchUsersBatch", "filter", "updated_since", list{
			query: map[string]string{"tenant_id": "${tenant_id}", "updated_since": farAhead}, drop: []string{"uuids"}, check: nothing}),
		Entry("of offering items that have changed since", "FetchTenantOfferingItemsBatch", "filter", "updated_since", list{
			query: map[string]string{"updated_since": farAhead}, check: nothing}),
		Entry("of metered offering items", "FetchTenantOfferingItems", "filter", "type", list{query: map[string]string{"type": "count"}, check: all("type", "count")}),
		Entry("of offering items that are on", "FetchTenantOfferingItems", "filter", "status", list{query: map[string]string{"status": "1"}, check: all("status", "1")}),
		Entry("of a subtree's offering items", "FetchTenantOfferingItemsBatch", "filter", "subtree_root_tenant_id", list{check: every("tenant_id", "tenant_id")}),
		Entry("of tenants, the deleted ones too", "FetchTenantsBatch", "filter", "allow_deleted", deleted("deleted_customer", "uuids", "tenant_id")),
		Entry("of users, the deleted ones too", "FetchUsersBatch", "filter", "allow_deleted", deleted("deleted_user", "uuids", "user_id")),
		Entry("of tenants, without the deleted ones", "FetchTenantsBatch", "deleted-left-out", "", deletedLeftOut("deleted_customer", "uuids", "tenant_id")),
		Entry("of users, without the deleted ones", "FetchUsersBatch", "deleted-left-out", "", deletedLeftOut("deleted_user", "uuids", "user_id")),
		Entry("of what is found", "Search", "finds", "", list{check: found("tenant_id"), patience: 5}),
		Entry("of what is found, cut short", "Search", "filter", "limit", list{query: map[string]string{"limit": "1", "text": "conformance"}, check: atMostOne}),
	)

	DescribeTableSubtree("a list that takes several pages", func(id string, query map[string]string, drop string, another session.Object) {
		for _, op := range operations(named(id)) {
			specify(paged(op, query, drop, another))
		}
	},
		Entry("of tenants", "FetchTenantsBatch", map[string]string{"parent_id": "${side}", "limit": "1"}, "uuids",
			session.Object{Key: fixtures.Own("customer", "paging"), Side: fixtures.Home, Object: "customer"}),
		Entry("of users", "FetchUsersBatch", map[string]string{"tenant_id": "${tenant_id}", "limit": "1"}, "uuids",
			session.Object{Key: fixtures.Own("user", "paging"), Side: fixtures.Home, Object: "user"}),
		Entry("of offering items", "FetchTenantOfferingItemsBatch", map[string]string{"subtree_root_tenant_id": "${side}", "limit": "1"}, "",
			session.Object{Key: fixtures.Own("supplied_customer", "paging"), Side: fixtures.Home, Object: "supplied_customer"}),
	)
})

// deleted asks for an object that was deleted, as the parameter allow_deleted permits.
func deleted(object, parameter, id string) list {
	return list{
		query: map[string]string{parameter: "${" + id + "}", "allow_deleted": "true"},
		of:    &session.Object{Key: fixtures.Own(object, "lists"), Side: fixtures.Home, Object: object},
		check: func(items []any, vars fixtures.Vars) []schemas.Violation {
			wrong := every("id", id)(items, vars)
			for i, item := range items {
				fields, _ := item.(map[string]any)
				if fields["deleted_at"] == nil {
					wrong = append(wrong, schemas.Violation{Path: fmt.Sprintf("$.items[%d].deleted_at", i), Rule: "deleted", Found: "null", Detail: "a deleted object says when it was deleted"})
				}
			}
			return wrong
		},
	}
}

// deletedLeftOut asks for the same object without that parameter.
func deletedLeftOut(object, parameter, id string) list {
	l := deleted(object, parameter, id)
	delete(l.query, "allow_deleted")
	l.check = func(items []any, _ fixtures.Vars) []schemas.Violation {
		if len(items) == 0 {
			return nil
		}
		return []schemas.Violation{{Path: "$.items", Rule: "deleted", Found: fmt.Sprint(len(items)) + " items", Detail: "the list shows a deleted object, though nobody asked for those"}}
	}
	return l
}

// farAhead is a moment after which nothing has changed yet, whatever the clocks say.
const farAhead = "2100-01-01T00:00:00Z"

func nothing(items []any, _ fixtures.Vars) []schemas.Violation {
	if len(items) == 0 {
		return nil
	}
	return []schemas.Violation{{Path: "$.items", Rule: "filter", Found: fmt.Sprint(len(items)) + " items", Detail: "the list was asked for what has changed after " + farAhead}}
}

func oneItem(items []any, _ fixtures.Vars) []schemas.Violation {
	if len(items) == 1 {
		return nil
	}
	return []schemas.Violation{{Path: "$.items", Rule: "filter", Found: fmt.Sprint(len(items)) + " items", Detail: "one object was asked for"}}
}

func atMostOne(items []any, _ fixtures.Vars) []schemas.Violation {
	if len(items) <= 1 {
		return nil
	}
	return []schemas.Violation{{Path: "$.items", Rule: "limit", Found: fmt.Sprint(len(items)) + " items", Detail: "at most one was asked for"}}
}

// every asks that the items' property is what the object bears under the name, and that there is at least one.
func every(property, name string) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, vars fixtures.Vars) []schemas.Violation {
		wrong := all(property, fmt.Sprint(vars[name]))(items, vars)
		if len(items) == 0 {
			wrong = append(wrong, schemas.Violation{Path: "$.items", Rule: "filter", Found: "no items", Detail: "the list lacks what is there"})
		}
		return wrong
	}
}

// found asks that the object whose id is under the name is among the items.
func found(name string) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, vars fixtures.Vars) []schemas.Violation {
		for _, item := range items {
			if fields, _ := item.(map[string]any); fields["id"] == vars[name] {
				return nil
			}
		}
		return []schemas.Violation{{Path: "$.items", Rule: "found", Found: fmt.Sprint(len(items)) + " others", Detail: "what was searched for by its whole name is not among what is found"}}
	}
}

// standardEdition asks that no item is of another edition; those of none are in every list.
func standardEdition(items []any, _ fixtures.Vars) []schemas.Violation {
	return all("edition", "standard")(slices.DeleteFunc(slices.Clone(items), func(item any) bool {
		fields, _ := item.(map[string]any)
		return fields["edition"] == nil
	}), nil)
}

// all asks that the items' property has one value.
func all(property, value string) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, _ fixtures.Vars) []schemas.Violation {
		var wrong []schemas.Violation
		for i, item := range items {
			fields, _ := item.(map[string]any)
			if found := fmt.Sprint(fields[property]); found != value {
				wrong = append(wrong, schemas.Violation{Path: fmt.Sprintf("$.items[%d].%s", i, property), Rule: "filter", Found: found,
					Detail: "the list was asked for " + value + " only"})
			}
		}
		return wrong
	}
}

func (l list) on(op *schemas.Operation, name, variant string) spec {
	call := suite.catalogue.Call(op.ID)
	key := session.VictimKey(op, call)
	if l.of != nil {
		key = l.of.Key
	}
	return spec{
		code: "20x", probe: name, variant: variant, subject: op.ID, op: op, method: op.Method, path: op.Path, want: op.Success(), lod: l.lod,
		ground: report.Ground{Refusal: report.Documented, Code: report.Assumed}, control: op.ID,
		needs: func(n session.Needs) {
			needVictim(n, op)
			if l.of != nil {
				n.Add(*l.of)
			}
			for _, object := range l.more {
				n.Add(object)
			}
		},
		try: func(_ context.Context, s *session.Session, id string) (trial, error) {
			r, vars, err := callOn(s, op, key, id)
			if err != nil {
				return trial{}, err
			}
			if err := l.ask(s, &r, vars); err != nil {
				return trial{}, err
			}
			return trial{request: r, also: func(ctx context.Context, e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
				if e.Status() != op.Success() {
					return nil, nil, nil
				}
				return l.settled(ctx, s, id, r, e, vars)
			}}, nil
		},
	}
}

// settled checks the list, and as often again as it has patience with it.
func (l list) settled(ctx context.Context, s *session.Session, id string, r fixtures.Request, e *exchange.Exchange, vars fixtures.Vars) (
	wrong []schemas.Violation, looks []*exchange.Exchange, err error) {
	wrong = l.check(itemsOf(e), vars)
	for range l.patience {
		if len(wrong) == 0 {
			break
		}
		select {
		case <-ctx.Done():
			return wrong, looks, context.Cause(ctx)
		case <-time.After(time.Second):
		}
		if e, err = s.Send(ctx, id, r, nil); err != nil {
			return wrong, append(looks, exchangesOf(e)...), err
		}
		looks = append(looks, e)
		wrong = l.check(itemsOf(e), vars)
	}
	return wrong, looks, nil
}

// ask changes the query of the valid call.
func (l list) ask(s *session.Session, r *fixtures.Request, vars fixtures.Vars) error {
	for _, name := range l.drop {
		r.Query.Del(name)
	}
	for name, template := range l.query {
		value, err := vars.Fill(template)
		if err != nil {
			return err
		}
		r.Query.Set(name, value)
	}
	return nil
}

// paged walks through the first two pages of a list with one object each.
func paged(op *schemas.Operation, query map[string]string, drop string, another session.Object) spec {
	l := list{query: query, drop: []string{drop}, more: []session.Object{another}}
	sp := l.on(op, "paging", "")
	key := session.VictimKey(op, suite.catalogue.Call(op.ID))
	sp.try = func(_ context.Context, s *session.Session, id string) (trial, error) {
		r, vars, err := callOn(s, op, key, id)
		if err != nil {
			return trial{}, err
		}
		if err := l.ask(s, &r, vars); err != nil {
			return trial{}, err
		}
		return trial{request: r, also: func(ctx context.Context, e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
			return secondPage(ctx, s, id, r, e)
		}}, nil
	}
	return sp
}

// secondPage follows the cursor of the first page: the second holds something else.
func secondPage(ctx context.Context, s *session.Session, id string, r fixtures.Request, first *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
	if first.Status()/100 != 2 {
		return nil, nil, nil
	}
	wrong := atMostOne(itemsOf(first), nil)
	after := cursorOf(first)
	if after == "" {
		return append(wrong, schemas.Violation{Path: "$.paging.cursors.after", Rule: "paging", Found: "nothing", Detail: "more than one object is there, and nothing leads to the next page"}), nil, nil
	}
	r = r.Clone()
	r.Query.Set("after", after)
	second, err := s.Send(ctx, id, r, nil)
	if err != nil {
		return wrong, exchangesOf(second), err
	}
	if second.Status()/100 != 2 {
		return append(wrong, schemas.Violation{Path: "status", Rule: "paging", Found: fmt.Sprint(second.Status()), Detail: "the cursor of the first page leads nowhere"}), exchangesOf(second), nil
	}
	next := itemsOf(second)
	wrong = append(wrong, atMostOne(next, nil)...)
	if len(next) == 0 || slices.EqualFunc(itemsOf(first), next, func(a, b any) bool { return fmt.Sprint(a) == fmt.Sprint(b) }) {
		wrong = append(wrong, schemas.Violation{Path: "$.items", Rule: "paging", Found: fmt.Sprint(len(next)) + " items", Detail: "the second page holds nothing new"})
	}
	return wrong, exchangesOf(second), nil
}

// itemsOf returns the items of a list's answer.
func itemsOf(e *exchange.Exchange) []any {
	decoded, err := schemas.ReadJSON(e.Last().Body)
	if err != nil {
		return nil
	}
	body, _ := decoded.(map[string]any)
	items, _ := body["items"].([]any)
	return items
}

func cursorOf(e *exchange.Exchange) string {
	decoded, err := schemas.ReadJSON(e.Last().Body)
	if err != nil {
		return ""
	}
	body, _ := decoded.(map[string]any)
	paging, _ := body["paging"].(map[string]any)
	cursors, _ := paging["cursors"].(map[string]any)
	after, _ := cursors["after"].(string)
	return after
}
