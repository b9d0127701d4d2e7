package contract

import (
	"cmp"
	"fmt"
	"slices"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
)

// nobodys is an id that nothing has: lists leave it out.
const nobodys = "00000000-0000-4000-8000-000000000000"

// empty asks for no items.
func empty(items []any, _ fixtures.Vars) []schemas.Violation {
	if len(items) == 0 {
		return nil
	}
	return []schemas.Violation{{Path: "$.items", Rule: "filter", Found: fmt.Sprint(len(items)) + " items",
		Detail: "nothing fits what the list was asked for"}}
}

// farAhead is a moment after which nothing has changed yet, whatever the clocks say.
const farAhead = "2100-01-01T00:00:00Z"

func nothing(items []any, _ fixtures.Vars) []schemas.Violation {
	if len(items) == 0 {
		return nil
	}
	return []schemas.Violation{{Path: "$.items", Rule: "filter", Found: fmt.Sprint(len(items)) + " items",
		Detail: "the list was asked for what has changed after " + farAhead}}
}

// short asks for one item that has only the form that was asked for: it lacks what only the longer ones have.
func short(longer ...string) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, _ fixtures.Vars) []schemas.Violation {
		if len(items) != 1 {
			return []schemas.Violation{{Path: "$.items", Rule: "filter", Found: fmt.Sprint(len(items)) + " items",
				Detail: "one object was asked for"}}
		}
		fields, _ := items[0].(map[string]any)
		var wrong []schemas.Violation
		for _, name := range longer {
			if _, there := fields[name]; there {
				wrong = append(wrong, schemas.Violation{Path: "$.items[0]." + name, Rule: "lod",
					Found: "a property of a longer form", Detail: "the list was asked for a shorter form of its items"})
			}
		}
		return wrong
	}
}

// without asks that the object whose id is under the name is not among the items, which are objects or ids.
func without(names ...string) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, vars fixtures.Vars) []schemas.Violation {
		for i, item := range items {
			id := item
			if fields, isObject := item.(map[string]any); isObject {
				id = fields["id"]
			}
			is := func(name string) bool { return fmt.Sprint(id) == fmt.Sprint(vars[name]) }
			if slices.ContainsFunc(names, is) {
				return []schemas.Violation{{Path: fmt.Sprintf("$.items[%d]", i), Rule: "deleted", Found: fmt.Sprint(id),
					Detail: "the list shows a deleted object, though the request does not ask for those"}}
			}
		}
		return nil
	}
}

func atMost(limit int) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, _ fixtures.Vars) []schemas.Violation {
		if len(items) <= limit {
			return nil
		}
		return []schemas.Violation{{Path: "$.items", Rule: "limit", Found: fmt.Sprint(len(items)) + " items",
			Detail: fmt.Sprintf("at most %d may come", limit)}}
	}
}

// off asks that the items are off, and that none has a quota (guide, "Managing quotas").
func off(items []any, vars fixtures.Vars) []schemas.Violation {
	wrong := append(all("status", "0")(items, vars), all("type", "count")(items, vars)...)
	for i, item := range items {
		if fields, _ := item.(map[string]any); fields["quota"] != nil {
			wrong = append(wrong, schemas.Violation{Path: fmt.Sprintf("$.items[%d].quota", i), Rule: "quota",
				Found:  "a quota",
				Detail: "an item that is off has none"})
		}
	}
	return wrong
}

// stored asks that each item tells on which storage.
func stored(items []any, vars fixtures.Vars) []schemas.Violation {
	wrong := all("type", "infra")(items, vars)
	for i, item := range items {
		if fields, _ := item.(map[string]any); fields["infra_id"] == nil {
			wrong = append(wrong, schemas.Violation{Path: fmt.Sprintf("$.items[%d].infra_id", i), Rule: "storage",
				Found: "none", Detail: "an item that is stored tells on which storage"})
		}
	}
	return wrong
}

// every asks that the items' property is what the object has under the name, and that there is at least one.
func every(property, name string) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, vars fixtures.Vars) []schemas.Violation {
		wrong := all(property, fmt.Sprint(vars[name]))(items, vars)
		if len(items) == 0 {
			wrong = append(wrong, schemas.Violation{Path: "$.items", Rule: "filter", Found: "no items",
				Detail: "the list lacks what is there"})
		}
		return wrong
	}
}

// found asks that the object whose id is under the name is among the items.
func found(name string) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, vars fixtures.Vars) []schemas.Violation {
		if slices.Contains(idsOf(items), fmt.Sprint(vars[name])) {
			return nil
		}
		return []schemas.Violation{{Path: "$.items", Rule: "found", Found: fmt.Sprint(len(items)) + " others",
			Detail: fmt.Sprintf("what was asked for, %v, is not among what is found", vars[name])}}
	}
}

// foundDeleted asks for an object as found does, and that it says when it was deleted.
func foundDeleted(name string) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, vars fixtures.Vars) []schemas.Violation {
		for i, item := range items {
			fields, _ := item.(map[string]any)
			if fields["id"] == vars[name] && fields["deleted_at"] == nil {
				return []schemas.Violation{{Path: fmt.Sprintf("$.items[%d].deleted_at", i), Rule: "deleted",
					Found: "null", Detail: "a deleted object says when it was deleted"}}
			}
		}
		return found(name)(items, vars)
	}
}

// edition asks that no item is of another edition; those of none are in every list.
func edition(name string) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, _ fixtures.Vars) []schemas.Violation {
		return all("edition", name)(slices.DeleteFunc(slices.Clone(items), func(item any) bool {
			fields, _ := item.(map[string]any)
			return fields["edition"] == nil
		}), nil)
	}
}

// exactly asks for the objects whose ids are under the names, in any order, and for no others.
func exactly(names ...string) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, vars fixtures.Vars) []schemas.Violation {
		return differs(slices.Sorted(slices.Values(idsOf(items))), slices.Sorted(slices.Values(under(vars, names))),
			"the list was asked for others, or for more")
	}
}

// inOrder asks for the same ones in this order.
func inOrder(names ...string) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, vars fixtures.Vars) []schemas.Violation {
		return differs(idsOf(items), under(vars, names), "the list was asked for others, or in another order")
	}
}

func differs(found, asked []string, detail string) []schemas.Violation {
	if slices.Equal(found, asked) {
		return nil
	}
	return []schemas.Violation{{Path: "$.items", Rule: "filter", Found: fmt.Sprint(found), Detail: detail +
		fmt.Sprintf(": %v", asked)}}
}

func under(vars fixtures.Vars, names []string) []string {
	var values []string
	for _, name := range names {
		values = append(values, fmt.Sprint(vars[name]))
	}
	return values
}

// idsOf returns what the items go by, which are objects or ids: their own id, or that of the tenant that they are
// about.
func idsOf(items []any) []string {
	var ids []string
	for _, item := range items {
		if fields, isObject := item.(map[string]any); isObject {
			item = cmp.Or(fields["id"], fields["client_id"], fields["tenant"])
		}
		ids = append(ids, fmt.Sprint(item))
	}
	return ids
}

// levelByLevel asks for the root first, for the child of that name below it, and that no tenant comes before its
// parent, or after the next level has begun.
func levelByLevel(child string) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, vars fixtures.Vars) []schemas.Violation {
		ids := idsOf(items)
		if len(ids) == 0 || ids[0] != vars["tenant_id"] || !slices.Contains(ids, fmt.Sprint(vars[child])) {
			return []schemas.Violation{{Path: "$.items", Rule: "filter", Found: fmt.Sprint(ids),
				Detail: "a subtree begins with its root and holds what is below"}}
		}
		level, deepest := map[any]int{ids[0]: 1}, 1
		for i, item := range items[1:] {
			fields, _ := item.(map[string]any)
			above := level[fields["parent_id"]]
			if above == 0 || above+1 < deepest {
				return []schemas.Violation{{Path: fmt.Sprintf("$.items[%d]", i+1), Rule: "order",
					Found:  fmt.Sprint(fields["id"]),
					Detail: "a subtree is listed level by level, parents before their children"}}
			}
			deepest = above + 1
			level[fields["id"]] = deepest
		}
		return nil
	}
}

// rootFirst asks that the items of the root come before those of the tenants below it.
func rootFirst(items []any, vars fixtures.Vars) []schemas.Violation {
	below := false
	for i, item := range items {
		fields, _ := item.(map[string]any)
		ofRoot := fields["tenant_id"] == vars["tenant_id"]
		if below && ofRoot {
			return []schemas.Violation{{Path: fmt.Sprintf("$.items[%d]", i), Rule: "order",
				Found:  "an item of the root after one of a tenant below it",
				Detail: "the items of a subtree are listed level by level (reference, subtree_root_tenant_id)"}}
		}
		below = below || !ofRoot
	}
	return nil
}

// holdingCounted asks for the objects under the names, where items that are counted can be told from others.
func holdingCounted(names ...string) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, vars fixtures.Vars) []schemas.Violation {
		if vars["item_type"] != "count" && vars["second_item_type"] != "count" {
			names = nil // none of the items is
		}
		return exactly(names...)(items, vars)
	}
}

// omits asks that the object under the name is not among the items.
func omits(name string) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, vars fixtures.Vars) []schemas.Violation {
		if !slices.Contains(idsOf(items), fmt.Sprint(vars[name])) {
			return nil
		}
		return []schemas.Violation{{Path: "$.items", Rule: "filter", Found: fmt.Sprint(vars[name]),
			Detail: "the list holds what the filter leaves out"}}
	}
}

// includes asks for the objects under the names, whatever else there is.
func includes(names ...string) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, vars fixtures.Vars) []schemas.Violation {
		var wrong []schemas.Violation
		for _, name := range names {
			wrong = append(wrong, found(name)(items, vars)...)
		}
		return wrong
	}
}

// within checks the lists that the items hold under the property, as one.
func within(property string, check func([]any, fixtures.Vars) []schemas.Violation) func([]any,
	fixtures.Vars) []schemas.Violation {
	return func(items []any, vars fixtures.Vars) []schemas.Violation {
		return check(inside(items, property), vars)
	}
}

// inside returns what the items hold in their lists under the property.
func inside(items []any, property string) []any {
	var all []any
	for _, item := range items {
		fields, _ := item.(map[string]any)
		some, _ := fields[property].([]any)
		all = append(all, some...)
	}
	return all
}

// contains asks for one item whose list under the property has a part with a value: that under the name, or any.
func contains(property, part, name string) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, vars fixtures.Vars) []schemas.Violation {
		for _, item := range items {
			fields, _ := item.(map[string]any)
			parts, _ := fields[property].([]any)
			for _, one := range parts {
				if value, _ := one.(map[string]any); value[part] != nil && (name == "" || value[part] == vars[name]) {
					return nil
				}
			}
		}
		return []schemas.Violation{{Path: "$.items[0]." + property, Rule: "filter", Found: "none with its " + part,
			Detail: "the list was asked for its items with their " + property}}
	}
}

// bothExpanded asks for one item with both offering items that were turned on; for the first one alone, where the two
// are of different types, of which one may not be expanded.
func bothExpanded(items []any, vars fixtures.Vars) []schemas.Violation {
	wrong := contains("offering_items", "name", "item_name")(items, vars)
	if vars["item_type"] == vars["second_item_type"] {
		wrong = append(wrong, contains("offering_items", "name", "second_item_name")(items, vars)...)
	}
	return wrong
}

// all asks that the items' property has one value.
func all(property, value string) func([]any, fixtures.Vars) []schemas.Violation {
	return func(items []any, _ fixtures.Vars) []schemas.Violation {
		var wrong []schemas.Violation
		for i, item := range items {
			fields, _ := item.(map[string]any)
			if found := fmt.Sprint(fields[property]); found != value {
				wrong = append(wrong, schemas.Violation{Path: fmt.Sprintf("$.items[%d].%s", i, property),
					Rule:   "filter",
					Found:  found,
					Detail: "the list was asked for " + value + " only"})
			}
		}
		return wrong
	}
}
