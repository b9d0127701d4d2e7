package contract

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"
)

var fittingPages = spec.Cites(`a page has limit items at most; paging.cursors.after leads to the next one and is all `+
	`that has to be sent, and where nothing is left there is none (reference, parameters limit and after)`,
	spec.Reference)

// maxPages bounds the way through a list whose pages lead on and on.
const maxPages = 100

// allPages returns the items of a list on all its pages, of which the first one came already.
func allPages(ctx context.Context, s *session.Session, id string, r fixtures.Request, page *exchange.Exchange) (
	items []any, wrong []schemas.Violation, looks []*exchange.Exchange, err error,
) {
	items = listOf(page)
	for number := 1; spec.Cursor(page) != "" && number < maxPages; number++ {
		r = r.Clone()
		r.Query.Set("after", spec.Cursor(page))
		if page, err = s.Send(ctx, id, r, nil); err != nil {
			return items, nil, append(looks, spec.Exchanges(page)...), err
		}
		looks = append(looks, page)
		if page.Status()/100 != 2 {
			return items, deadCursor(page, number), looks, nil
		}
		items = append(items, listOf(page)...)
	}
	return items, nil, looks, nil
}

func deadCursor(page *exchange.Exchange, number int) []schemas.Violation {
	return []schemas.Violation{{Path: "status", Rule: "paging", Found: fmt.Sprint(page.Status()),
		Detail: fmt.Sprintf("the cursor of page %d leads nowhere", number)}}
}

// paged goes through a list in a few pages and compares them with the same list in one go (reference, limit and after).
func paged(op *schemas.Operation, object string, query map[string]string, drop string) spec.Spec {
	l := list{query: query, drop: []string{drop}, of: own(object, "lists")}
	sp := l.on(op, "paging", "")
	sp.Cite = fittingPages
	sp.Prepare = l.look(op, func(ctx context.Context, whole further, items []any) ([]schemas.Violation, error) {
		limit := max(1, (len(items)+3)/4) // four pages
		wrong, pages, err := pageWalk{op, whole.id, whole.request, items, limit}.pageByPage(ctx, whole.s)
		*whole.looks = append(*whole.looks, pages...)
		return wrong, err
	})
	return sp
}

// pageWalk is a list that is to be gone through in pages.
type pageWalk struct {
	op    *schemas.Operation
	id    string // of the spec
	whole fixtures.Request
	all   []any // the items of the whole list
	limit int
}

// pageByPage asks for the list again, so many items to a page. The cursor holds the filters and is sent without them,
// but for parameters that the reference requires. No page is longer than was asked for, none repeats an item, the last
// one leads nowhere, and together they are the whole list.
func (w pageWalk) pageByPage(ctx context.Context, s *session.Session) (
	wrong []schemas.Violation, looks []*exchange.Exchange, err error,
) {
	op, id, r, all, limit := w.op, w.id, w.whole, w.all, w.limit
	fault := func(path, found, detail string) {
		wrong = append(wrong, schemas.Violation{Path: path, Rule: "paging", Found: found, Detail: detail})
	}
	r = r.Clone()
	r.Query.Set("limit", fmt.Sprint(limit))
	seen := map[string]bool{}
	for number := 1; number <= maxPages; number++ {
		page, err := s.Send(ctx, id, r, nil)
		if looks = append(looks, spec.Exchanges(page)...); err != nil {
			return wrong, looks, err
		}
		if page.Status()/100 != 2 {
			return deadCursor(page, number-1), looks, nil
		}
		items, after := listOf(page), spec.Cursor(page)
		wrong = append(wrong, atMost(limit)(items, nil)...)
		for i, item := range items {
			wrong = append(wrong, asInTheWhole(i, item, w.all)...)
			if seen[identity(item)] {
				fault("$.items", identity(item), fmt.Sprintf("page %d holds what a page before held", number))
			}
			seen[identity(item)] = true
		}
		switch {
		case len(wrong) > 0:
			return wrong, looks, nil
		case after == "" && len(seen) < len(all):
			fault("$.paging.cursors.after", "nothing",
				fmt.Sprintf("of %d objects %d came, and nothing leads on from page %d", len(all), len(seen), number))
			return wrong, looks, nil
		case after != "" && len(seen) >= len(all):
			fault("$.paging.cursors.after", "a cursor",
				fmt.Sprintf("%d objects are there and page %d is the last one, and it leads on", len(all), number))
			return wrong, looks, nil
		case after == "":
			for _, item := range all {
				if !seen[identity(item)] {
					fault("$.items", "pages without it",
						fmt.Sprintf("%s is in the whole list, and on none of the pages", identity(item)))
				}
			}
			return wrong, looks, nil
		}
		next := r.Clone()
		maps.DeleteFunc(next.Query, func(name string, _ []string) bool {
			p := op.Param("query", name)
			return name != "limit" && (p == nil || !p.Required)
		})
		next.Query.Set("after", after)
		r = next
	}
	fault("$.paging.cursors.after", "a cursor", fmt.Sprintf("%d objects are on more than %d pages", len(all), maxPages))
	return wrong, looks, nil
}

// asInTheWhole compares an item of a page with the same one in the whole list, in the properties that both have. What
// is listed here is changed by nothing, and a page holds nothing else.
func asInTheWhole(i int, item any, all []any) []schemas.Violation {
	at := slices.IndexFunc(all, func(other any) bool { return identity(other) == identity(item) })
	if at < 0 {
		return []schemas.Violation{faultAt(itemAt(i, ""), "paging", identity(item), "the whole list does not hold it")}
	}
	return asRead{list: list{query: map[string]string{"with_contacts": "true", "with_access_policies": "true"}}}.
		unlike(itemAt(i, ""), item, all[at])
}

// identity tells one item of a list from another: by its id, or by all that it is, but for what changes by itself.
func identity(item any) string {
	fields, isObject := item.(map[string]any)
	if !isObject {
		return fmt.Sprint(item)
	}
	for _, name := range []string{"id", "client_id", "tenant"} {
		if fields[name] != nil {
			return fmt.Sprint(fields[name])
		}
	}
	var parts []string
	for _, name := range []string{"tenant_id", "tenant_uuid", "application_id", "name", "edition", "infra_id"} {
		if fields[name] != nil {
			parts = append(parts, fmt.Sprint(fields[name]))
		}
	}
	return strings.Join(parts, " ")
}

// listOf returns the items of a list's answer, whatever the reference calls them, as far as the contract documents
// them.
func listOf(e *exchange.Exchange) []any {
	body := spec.Object(e)
	for _, name := range []string{"items", "locations", "infras"} {
		if items, isList := body[name].([]any); isList {
			return items
		}
	}
	return nil
}

// storedOn asks for the items on one of the storages that the items of the tenant name.
func storedOn(op *schemas.Operation) spec.Spec {
	l := list{query: map[string]string{"edition": "*"}, of: shared("side")}
	sp := l.on(op, "filter", "infra_uuid")
	sp.Prepare = func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
		vars, err := s.Vars(l.of.Key, id)
		if err != nil {
			return spec.Case{}, err
		}
		whole, err := l.ask(s, op, vars)
		return spec.Case{Request: whole, Check: func(
			ctx context.Context, e *exchange.Exchange,
		) ([]schemas.Violation, []*exchange.Exchange, error) {
			storage := any(nil)
			for _, item := range listOf(e) {
				if fields, _ := item.(map[string]any); fields["infra_id"] != nil {
					storage = fields["infra_id"]
				}
			}
			switch {
			case e.Status() != op.Success():
				return nil, nil, nil
			case storage == nil:
				return nil, nil, spec.Inconclusive("no offering item of the tenant names a storage")
			}
			r := whole.Clone()
			r.Query.Set("infra_uuid", fmt.Sprint(storage))
			page, err := s.Send(ctx, id, r, nil)
			if err != nil || page.Status() != op.Success() {
				return nil, spec.Exchanges(page), err
			}
			items, wrong, looks, err := allPages(ctx, s, id, r, page)
			wrong = append(wrong, every("infra_id", "storage")(items, fixtures.Vars{"storage": storage})...)
			return wrong, append(spec.Exchanges(page), looks...), err
		}}, err
	}
	return sp
}
