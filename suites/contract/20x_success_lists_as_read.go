package contract

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// What a list shows of an object is what other reads show of it.
var _ = Describe("20x contents of lists", Label("20x"), func() {
	DescribeTableSubtree("the items of a list are as other reads show them", func(id, variant string, a asRead) {
		for _, op := range spec.Operations(spec.Named(id)) {
			spec.Register(a.on(op, variant))
		}
	},
		Entry("tenants", "FetchTenantsBatch", "",
			asRead{list: withContacts, reads: ownRead("FetchTenant", "tenant_id", "id"), lods: true}),
		Entry("tenants of every kind and state", "FetchTenantsBatch", "states",
			asRead{list: list{of: varied, drop: words("uuids"), query: withContacts.query},
				reads: ownRead("FetchTenant", "tenant_id", "id"), lods: true}),
		Entry("a tenant that was disabled and enabled", "FetchTenantsBatch", "reopened",
			asRead{list: by(own("reopened_customers_client", "grant"), "uuids", "tenant_id", ""),
				reads: ownRead("FetchTenant", "tenant_id", "id")}),
		Entry("the offering items of tenants", "FetchTenantsBatch", "offering_items",
			asRead{list: list{of: supplied,
				query: map[string]string{"uuids": "${first_id}", "expand_offering_items": "true"}},
				in: "offering_items", some: true, other: "FetchTenantOfferingItems",
				by: list{vars: first, query: map[string]string{"edition": "*"}}}),
		Entry("users of every state", "FetchUsersBatch", "states",
			asRead{list: by(varied, "subtree_root_tenant_id", "inner_id", "uuids"),
				reads: ownRead("FetchUser", "user_id", "id"), lods: true}),
		Entry("clients of every state", "FetchClientsBatch", "states",
			asRead{list: by(varied, "uuids", "client_id second_client_id", "origin_id"),
				reads: ownRead("FetchClient", "client_id", "client_id")}),
		Entry("users", "FetchUsersBatch", "",
			asRead{list: by(family, "subtree_root_tenant_id", "tenant_id", "uuids"),
				reads: ownRead("FetchUser", "user_id", "id"), lods: true}),
		Entry("clients", "FetchClientsBatch", "",
			asRead{list: by(family, "uuids", "client_id second_client_id", "origin_id"),
				reads: ownRead("FetchClient", "client_id", "client_id"), also: clientNames}),
		Entry("locations", "FetchInfrastructuresLocationsBatch", "",
			asRead{list: by(storages, "uuids", "location_id second_location_id", ""),
				reads: ownRead("FetchInfrastructuresLocation", "location_id", "id")}),
		Entry("storages", "FetchInfrastructuresBatch", "",
			asRead{list: by(storages, "uuids", "infra_id second_infra_id other_infra_id moved_infra_id", ""),
				reads: ownRead("FetchInfrastructure", "infra_id", "id")}),
		Entry("services", "FetchApplications", "",
			asRead{list: list{of: shared("side")}, reads: ownRead("FetchApplication", "backup", "id")}),
		Entry("what is found", "Search", "",
			asRead{list: searched("tenant_id"), reads: foundRead, also: pathsBelow}),
		Entry("registration tokens", "FetchRegistrationTokens_1", "",
			asRead{list: list{of: tokens}, kept: words("shown second_shown")}),
		Entry("the account's registration tokens", "FetchRegistrationTokens_0", "",
			asRead{list: list{of: ownTokens}, kept: words("shown second_shown")}),
		Entry("prices", "FetchTenantOfferingItemsPrices", "",
			asRead{list: list{of: supplied, vars: first}, kept: words("prices")}),
		Entry("the roles of a user", "FetchUserAccessPolicies", "",
			asRead{list: list{of: family}, whole: true, other: "FetchUsersBatch", by: rolesInBatch,
				otherIn: "access_policies"}),
		Entry("the roles of users", "FetchUsersBatch", "access_policies",
			asRead{list: rolesInBatch, in: "access_policies", whole: true, other: "FetchUserAccessPolicies"}),
		Entry("the services of a tenant", "FetchAvailableTenantApplications", "",
			asRead{list: list{of: supplied, vars: first}, whole: true, other: "FetchTenantsApplicationsBatch",
				by: by(nil, "tenants", "first_id", ""), otherIn: "applications"}),
		Entry("the services of tenants", "FetchTenantsApplicationsBatch", "",
			asRead{list: by(supplied, "tenants", "first_id", ""), in: "applications", whole: true,
				other: "FetchAvailableTenantApplications", by: list{vars: first}}),
		Entry("the offering items of a tenant", "FetchTenantOfferingItems", "",
			asRead{list: list{of: supplied, vars: first}, other: "FetchTenantOfferingItemsBatch",
				by: by(nil, "subtree_root_tenant_id", "first_id", "")}),
		Entry("the offering items of tenants", "FetchTenantOfferingItemsBatch", "",
			asRead{list: by(supplied, "subtree_root_tenant_id", "first_id", ""), other: "FetchTenantOfferingItems",
				by: list{vars: first}}),
		Entry("the offering items of a tenant with a quota", "FetchTenantOfferingItemsBatch", "quota",
			asRead{list: by(limitedInUse, "subtree_root_tenant_id", "tenant_id", ""), other: "FetchTenantOfferingItems",
				by: list{query: map[string]string{"edition": "*"}}}),
		Entry("what a child can be given", "FetchOfferingItemsAvailableForTenantChild", "",
			asRead{list: list{of: supplied}, other: "FetchTenantOfferingItems",
				but: words("tenant_id status locked quota updated_at deleted_at")}),
		Entry("what a child of a tenant with storages can be given", "FetchOfferingItemsAvailableForTenantChild",
			"stored",
			asRead{list: list{of: shared("side"), query: map[string]string{"edition": "*"}}, some: true,
				other: "FetchTenantOfferingItems", by: list{query: map[string]string{"edition": "*"}},
				but: words("tenant_id status locked quota updated_at deleted_at")}),
		Entry("what a tenant uses", "FetchTenantUsages", "",
			asRead{list: list{of: supplied, vars: first}, whole: true, other: "FetchTenantsUsagesBatch",
				by: by(nil, "tenants", "first_id", ""), otherIn: "usages"}),
		Entry("what tenants use", "FetchTenantsUsagesBatch", "",
			asRead{list: by(supplied, "tenants", "first_id", ""), in: "usages", whole: true, other: "FetchTenantUsages",
				by: list{vars: first}}),
	)
})

// asRead compares the items of a list, in the documented properties of both, with what another read shows of the same
// objects: the read of each by its id, another list, or the answer to the call that made them.
type asRead struct {
	list
	in    string // the property of the items that holds lists of what is compared; empty where it is the items
	reads func(item map[string]any) objectRead
	lods  bool // the shorter forms are compared as well

	other   string // a list that holds the same objects
	by      list   // how it is asked
	otherIn string // as in, for that list
	whole   bool   // neither list holds what the other one does not
	some    bool   // either list may hold what the other one does not
	but     []string

	kept []string // names of answers
	also func(a further, items []any) []schemas.Violation
}

// maxOwnReads bounds the objects of a list that are read by their ids.
const maxOwnReads = 12

// objectRead is how one object of a list is read.
type objectRead struct {
	operation string
	name      string // of the call that takes the id
	id        any
	as        func(read map[string]any) map[string]any // the read as the list would show it
}

// ownRead reads the object whose id is the item's property.
func ownRead(operation, name, property string) func(map[string]any) objectRead {
	return func(item map[string]any) objectRead {
		return objectRead{operation, name, item[property], func(read map[string]any) map[string]any { return read }}
	}
}

// foundRead reads what a search has found, which names some of its properties otherwise.
func foundRead(item map[string]any) objectRead {
	if item["obj_type"] == "tenant" {
		return objectRead{"FetchTenant", "tenant_id", item["id"], func(read map[string]any) map[string]any {
			return pick(read, "id", "parent_id", "kind", "name", "deleted_at")
		}}
	}
	return objectRead{"FetchUser", "user_id", item["id"], func(read map[string]any) map[string]any {
		shown := pick(read, "id", "login", "deleted_at")
		shown["parent_id"] = read["tenant_id"]
		if contact, is := read["contact"].(map[string]any); is {
			shown["first_name"], shown["last_name"] = contact["firstname"], contact["lastname"]
		}
		return shown
	}}
}

func pick(object map[string]any, properties ...string) map[string]any {
	some := map[string]any{}
	for _, name := range properties {
		if value, has := object[name]; has {
			some[name] = value
		}
	}
	return some
}

// pathsBelow asks of a path that it names what lies between the root of the search and what was found, each once
// (reference, search).
func pathsBelow(a further, items []any) (wrong []schemas.Violation) {
	for i, item := range items {
		fields, _ := item.(map[string]any)
		names, _ := fields["path"].([]any)
		if once := slices.Compact(slices.Clone(names)); len(once) < len(names) {
			wrong = append(wrong, faultAt(itemAt(i, ".path"), "path", fmt.Sprint(names), "it names a tenant twice"))
		}
		if fields["id"] != a.vars["unit_id"] && fields["id"] != a.vars["unit_user_id"] {
			continue
		}
		if path, _ := fields["path"].([]any); !slices.Contains(path, a.vars["first_name"]) {
			wrong = append(wrong, faultAt(itemAt(i, ".path"), "path", fmt.Sprint(path),
				fmt.Sprintf("it lies below %v", a.vars["first_name"])))
		} else if fields["id"] == a.vars["unit_user_id"] && !slices.Contains(path, a.vars["unit_name"]) {
			wrong = append(wrong, faultAt(itemAt(i, ".path"), "path", fmt.Sprint(path),
				fmt.Sprintf("it lies in %v", a.vars["unit_name"])))
		}
	}
	return wrong
}

// clientNames asks for the names that the clients were made with. They stand in an object of which the reference
// describes nothing.
func clientNames(a further, _ []any) (wrong []schemas.Violation) {
	for i, item := range spec.WholeItems(a.page) {
		fields, _ := item.(map[string]any)
		data, isObject := fields["data"].(map[string]any)
		for _, client := range [][2]string{{"client_id", "-first"}, {"second_client_id", "-second"}} {
			want := fmt.Sprint(a.vars["unique"], client[1])
			if isObject && fields["client_id"] == a.vars[client[0]] && data["client_name"] != want {
				wrong = append(wrong, faultAt(itemAt(i, ".data.client_name"), "as-read",
					fmt.Sprint(data["client_name"]),
					"the client was made with the name "+want))
			}
		}
	}
	return wrong
}

func (l asRead) on(op *schemas.Operation, variant string) spec.Spec {
	sp := l.list.on(op, "list-as-read", variant)
	sp.Cite = sameObjects
	sp.Prepare = l.look(op, func(ctx context.Context, a further, items []any) ([]schemas.Violation, error) {
		if l.in != "" {
			items = inside(items, l.in)
		}
		var wrong []schemas.Violation
		var err error
		switch {
		case l.reads != nil:
			wrong, err = l.asEachRead(ctx, a, items)
		case l.other != "":
			wrong, err = l.asListed(ctx, a, items)
		default:
			wrong = l.asKept(a, items)
		}
		if l.also != nil {
			wrong = append(wrong, l.also(a, items)...)
		}
		if len(wrong) == 0 || err != nil {
			return wrong, err
		}
		return l.steady(ctx, a, items, wrong)
	})
	return sp
}

// steady asks for the list again, and leaves out the places where it shows another number or time now, such as what a
// tenant uses by then or when a client was seen last: two looks cannot be compared there. Whose an object is, and its
// name, do not change meanwhile.
func (l asRead) steady(ctx context.Context, a further, items []any, wrong []schemas.Violation) ([]schemas.Violation,
	error) {
	_, again, err := a.about(ctx, a.op.ID, l.list)
	if err != nil {
		return wrong, err
	}
	if l.in != "" {
		again = inside(again, l.in)
	}
	now := map[string]any{}
	for _, item := range again {
		now[objectKey(item)] = item
	}
	moved := map[string]bool{}
	for i, item := range items {
		if shown, known := now[objectKey(item)]; known {
			for _, v := range l.unlike(itemAt(i, ""), item, shown) {
				_, err := strconv.ParseFloat(v.Found, 64)
				_, isTime := instant(v.Found)
				if err == nil || isTime || strings.HasSuffix(v.Path, ".last_access_from_ip") {
					moved[v.Path] = true
				}
			}
		}
	}
	return slices.DeleteFunc(wrong, func(v schemas.Violation) bool { return moved[v.Path] }), nil
}

// asEachRead reads each object by its id. The shorter forms of the list are compared with the same reads.
func (l asRead) asEachRead(ctx context.Context, a further, items []any) (wrong []schemas.Violation, err error) {
	forms := map[string][]any{"": items}
	for _, lod := range []string{"stamps", "basic"} {
		if !l.lods {
			break
		}
		by := l.list
		by.query = maps.Clone(by.query)
		by.query["lod"] = lod
		_, shorter, err := a.about(ctx, a.op.ID, by)
		if err != nil {
			return nil, err
		}
		forms[lod] = shorter
	}
	reads := map[string]map[string]any{}
	for i, item := range items {
		if i == maxOwnReads {
			break
		}
		fields, isObject := item.(map[string]any)
		if !isObject {
			continue
		}
		read := l.reads(fields)
		a.vars[read.name+"_read"] = read.id
		e, _, err := a.about(ctx, read.operation, list{vars: map[string]string{read.name: read.name + "_read"}})
		if err != nil {
			return wrong, err
		}
		reads[identity(item)] = read.as(spec.Object(e))
	}
	for _, lod := range slices.Sorted(maps.Keys(forms)) {
		for i, item := range forms[lod] {
			if read := reads[identity(item)]; read != nil {
				wrong = append(wrong, l.unlike(itemAt(i, ""), item, read)...)
			}
		}
	}
	return wrong, nil
}

// asListed compares with another list that holds the same objects.
func (l asRead) asListed(ctx context.Context, a further, items []any) (wrong []schemas.Violation, err error) {
	_, shown, err := a.about(ctx, l.other, l.by)
	if err != nil {
		return nil, err
	}
	if l.otherIn != "" {
		shown = inside(shown, l.otherIn)
	}
	theirs := map[string]any{}
	for _, item := range shown {
		theirs[objectKey(item)] = item
	}
	for i, item := range items {
		switch their, known := theirs[objectKey(item)]; {
		case known:
			wrong = append(wrong, l.unlike(itemAt(i, ""), item, their)...)
			delete(theirs, objectKey(item))
		case l.whole || !l.some && isOnItem(item):
			wrong = append(wrong, faultAt(itemAt(i, ""), "as-read", objectKey(item),
				l.other+" does not show it"))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(theirs)) {
		if l.whole || !l.some && isOnItem(theirs[key]) {
			wrong = append(wrong, faultAt("$.items", "as-read", "a list without it",
				l.other+" shows "+key))
		}
	}
	return wrong, nil
}

// asKept compares with the answers to the calls that made the objects.
func (l asRead) asKept(a further, items []any) (wrong []schemas.Violation) {
	kept := map[string]any{}
	for _, name := range l.kept {
		values, several := a.vars[name].([]any)
		if !several {
			values = []any{a.vars[name]}
		}
		for _, value := range values {
			kept[objectKey(value)] = value
		}
	}
	for i, item := range items {
		if made := kept[objectKey(item)]; made != nil {
			wrong = append(wrong, l.unlike(itemAt(i, ""), item, made)...)
		}
	}
	return wrong
}

// isOnItem reports whether it is an offering item that is on.
func isOnItem(item any) bool {
	fields, _ := item.(map[string]any)
	return fmt.Sprint(fields["status"]) == "1" && fields["usage_name"] != nil
}

// objectKey tells an item from others in two lists that may tell differently whose it is.
func objectKey(item any) string {
	fields, isObject := item.(map[string]any)
	if !isObject || fields["id"] != nil {
		return identity(item)
	}
	return itemKey("", item)
}

// unlike compares an item with another look at the same object, in the properties that both have.
func (l asRead) unlike(path string, item, read any) []schemas.Violation {
	mine, isObject := item.(map[string]any)
	if !isObject {
		return nil
	}
	theirs, _ := read.(map[string]any)
	left := append([]string{"external_operation_status"}, l.but...) // it is the state of what goes on meanwhile
	for _, p := range []string{"contacts", "access_policies", "offering_items"} {
		// They are empty by default (reference, tenant): where no one asked for them, and in a read that cannot ask.
		if l.query["with_"+p] != "true" || session.Blank(theirs[p]) {
			left = append(left, p)
		}
	}
	var wrong []schemas.Violation
	for _, name := range slices.Sorted(maps.Keys(mine)) {
		if other, has := theirs[name]; has && !slices.Contains(left, name) {
			wrong = append(wrong, unequal(path+"."+name, mine[name], other)...)
		}
	}
	return wrong
}
