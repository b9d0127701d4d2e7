package contract

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"
)

// effect looks whether an answer shows what an earlier call has done to the object.
type effect func(shown map[string]any, vars fixtures.Vars) []schemas.Violation

// readBack reads until it is shown what must be shown, as long as the target may need for it.
func readBack(ctx context.Context, s *session.Session, id string, read fixtures.Request, vars fixtures.Vars,
	shown effect) (wrong []schemas.Violation, looks []*exchange.Exchange, err error) {
	return readUntil(ctx, s, id, read, func(e *exchange.Exchange) []schemas.Violation {
		return shown(spec.Object(e),
			vars)
	})
}

// readUntil is readBack for what looks at the whole answer. Where nothing is wrong but that something is not shown, it
// looks again at once: servers of two versions that answer by turns may differ in what need not be shown.
func readUntil(ctx context.Context, s *session.Session, id string, read fixtures.Request,
	shown func(*exchange.Exchange) []schemas.Violation) (wrong []schemas.Violation, looks []*exchange.Exchange,
	err error) {
	for begin, turn := time.Now(), 0; ; {
		var more []*exchange.Exchange
		wrong, more, err = readOnce(ctx, s, id, read, shown)
		looks = append(looks, more...)
		if err != nil || len(wrong) == 0 {
			return wrong, looks, err
		}
		if time.Since(begin) >= s.ConsistencyTimeout() {
			if turn++; notShown(wrong) && turn <= session.ByTurns {
				continue
			}
			return wrong, looks, nil
		}
		select {
		case <-ctx.Done():
			return nil, looks, context.Cause(ctx)
		case <-time.After(time.Second):
		}
	}
}

func readOnce(ctx context.Context, s *session.Session, id string, read fixtures.Request,
	shown func(*exchange.Exchange) []schemas.Violation) ([]schemas.Violation, []*exchange.Exchange, error) {
	e, err := s.Send(ctx, id, read, nil)
	looks := spec.Exchanges(e)
	switch body := spec.WholeObject(e); {
	case err != nil:
		return nil, looks, err
	case e.Status() == http.StatusNotFound:
		return noEffect("status", "404", "what was written is not found"), looks, nil
	case e.Status()/100 != 2 || body == nil:
		return nil, looks, spec.Inconclusive("the read that would show it fails: see 20x/valid-token/" +
			read.Operation)
	}
	return shown(e), looks, nil
}

func noEffect(path, found, detail string) []schemas.Violation {
	return []schemas.Violation{{Path: path, Rule: "effect", Found: found, Detail: detail}}
}

// madeNotFound is the violation of a read that does not find what it is about, whose making succeeded.
func madeNotFound() []schemas.Violation {
	return noEffect("status", "404", "what was made is not found")
}

// property asks for one value at a path such as own.value.
func property(path string, value any) effect {
	return func(shown map[string]any, _ fixtures.Vars) []schemas.Violation {
		var found any = shown
		last := ""
		for name := range strings.SplitSeq(path, ".") {
			object, _ := found.(map[string]any)
			found, last = object[name], name
		}
		if found == value || found != nil && value != nil && sameText(last, fmt.Sprint(found), fmt.Sprint(value)) {
			return nil
		}
		return noEffect("$."+path, fmt.Sprint(found), fmt.Sprintf("it must be %v by now", value))
	}
}

// notItsOwn asks that the tenant is not the source of a setting that it has dropped.
func notItsOwn(shown map[string]any, vars fixtures.Vars) []schemas.Violation {
	effective, _ := shown["effective"].(map[string]any)
	owner, _ := effective["owner"].(map[string]any)
	if owner["id"] == nil || owner["id"] != vars["tenant_id"] {
		return nil
	}
	return noEffect("$.effective.owner.id", fmt.Sprint(owner["id"]), "the tenant has dropped its own value")
}

// called asks that the object has the value that it holds under the other name.
func called(name, other string) effect {
	return func(shown map[string]any, vars fixtures.Vars) []schemas.Violation {
		if _, told := shown[name]; !told {
			return nil
		}
		return property(name, vars[other])(shown, vars)
	}
}

// lists asks that what the object has under the name is among the items, which are ids or objects with one.
func lists(name string) effect {
	return func(shown map[string]any, vars fixtures.Vars) []schemas.Violation {
		if among(shown, vars[name]) {
			return nil
		}
		return noEffect("$.items", "a list without it", fmt.Sprintf("%v must be listed by now", vars[name]))
	}
}

// lacks asks for the contrary.
func lacks(name string) effect {
	return func(shown map[string]any, vars fixtures.Vars) []schemas.Violation {
		if !among(shown, vars[name]) {
			return nil
		}
		return noEffect("$.items", fmt.Sprint(vars[name]), "it must no longer be listed")
	}
}

func among(shown map[string]any, id any) bool {
	items, _ := shown["items"].([]any)
	return slices.ContainsFunc(items, func(item any) bool {
		if fields, isObject := item.(map[string]any); isObject {
			item = cmp.Or(fields["id"], fields["client_id"])
		}
		return fmt.Sprint(item) == fmt.Sprint(id)
	})
}

// onlyRole asks for the role and no other: the list replaces the whole of what was there (guide, "Assigning user
// roles"). That it stands there twice, where it was given twice, is another spec's affair.
func onlyRole(role string) effect {
	return func(shown map[string]any, _ fixtures.Vars) []schemas.Violation {
		items, _ := shown["items"].([]any)
		other := func(item any) bool {
			fields, _ := item.(map[string]any)
			return fields["role_id"] != role
		}
		if len(items) > 0 && !slices.ContainsFunc(items, other) {
			return nil
		}
		return noEffect("$.items", fmt.Sprint(len(items))+" roles", "the user must hold "+role+
			" by now, and nothing else")
	}
}

func both(one, other effect) effect {
	return func(shown map[string]any, vars fixtures.Vars) []schemas.Violation {
		return append(one(shown, vars), other(shown, vars)...)
	}
}

// risen asks for a higher version than the object had before.
func risen(shown map[string]any, vars fixtures.Vars) []schemas.Violation {
	return raised(shown, vars["version"])
}

// notBelow asks that the version is no lower than the one before: it only grows (guide, "Optimistic locking").
func notBelow(shown map[string]any, vars fixtures.Vars) []schemas.Violation {
	return grown("$.version", vars["version"], shown["version"])
}

// suffixed asks that the object is called as before, with something behind it.
func suffixed(name string) effect {
	return func(shown map[string]any, vars fixtures.Vars) []schemas.Violation {
		before, now := fmt.Sprint(vars[name]), fmt.Sprint(shown[name])
		if strings.HasPrefix(now, before) && now != before {
			return nil
		}
		return noEffect("$."+name, now,
			fmt.Sprintf("another one is called %s by now: it must have that name with a suffix", before))
	}
}

// inTrial asks for the trial, after which production begins (guide, "Provisioning a customer tenant", "Pricing mode").
func inTrial(shown map[string]any, _ fixtures.Vars) []schemas.Violation {
	wrong := property("mode", "trial")(shown, nil)
	start := fmt.Sprint(shown["production_start_date"])
	if day := start[:min(len(start), len(time.DateOnly))]; shown["production_start_date"] != nil &&
		day < time.Now().UTC().Format(time.DateOnly) {
		wrong = append(wrong, noEffect("$.production_start_date", start, "in trial, production lies ahead")...)
	}
	return wrong
}

// only asks for a list of one value.
func only(name string, value any) effect {
	return func(shown map[string]any, _ fixtures.Vars) []schemas.Violation {
		if found, _ := shown[name].([]any); slices.Equal(found, []any{value}) {
			return nil
		}
		return noEffect("$."+name, fmt.Sprint(shown[name]), fmt.Sprintf("it must hold %v and nothing else", value))
	}
}

func moved(shown map[string]any, vars fixtures.Vars) []schemas.Violation {
	wrong := both(both(property("parent_id", vars["second_id"]), property("enabled", true)),
		property("name", fmt.Sprint(vars["name"], "-renamed")))(shown, vars)
	if made := vars["child_made"]; made != nil && shown["created_at"] != nil {
		wrong = append(wrong, unequal("$.created_at", shown["created_at"], made)...)
	}
	return wrong
}

func hasOwnTenant(shown map[string]any, _ fixtures.Vars) []schemas.Violation {
	if shown["personal_tenant_id"] != nil {
		return nil
	}
	return noEffect("$.personal_tenant_id", "null", "a user of a customer has a tenant of its own")
}

func isOwnTenant(shown map[string]any, vars fixtures.Vars) []schemas.Violation {
	wrong := property("kind", "unit")(shown, nil)
	if _, told := shown["owner_id"]; told { // which it need not be
		wrong = append(wrong, property("owner_id", vars["user_id"])(shown, nil)...)
	}
	return wrong
}

func atVersion(version string) effect {
	return func(shown map[string]any, _ fixtures.Vars) []schemas.Violation {
		if found := fmt.Sprint(shown["version"]); found != version {
			return noEffect("$.version", found, "a new object of this kind has version "+version)
		}
		return nil
	}
}

func isDeleted(shown map[string]any, _ fixtures.Vars) []schemas.Violation {
	if shown["deleted_at"] != nil {
		return nil
	}
	return noEffect("$.deleted_at", "null", "a deleted object says when it was deleted")
}

// asBefore compares an object with what a read showed of it before it was deleted, in the properties that both show,
// but for those that the row names.
func asBefore(reader string, but ...string) effect {
	return func(shown map[string]any, vars fixtures.Vars) (wrong []schemas.Violation) {
		op := spec.Contract().Operation(reader)
		before, _ := vars["before"].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(before)) {
			now, both := shown[name]
			byItself := slices.Contains(renewed, name) && name != "created_at"
			if !both || slices.Contains(but, name) || byItself || name == "contacts" ||
				name == "external_operation_status" || op == nil || !op.Lists(op.Success(), name) {
				continue
			}
			wrong = append(wrong, unequal("$."+name, now, before[name])...)
		}
		return slices.DeleteFunc(wrong, func(v schemas.Violation) bool {
			return v.Path != "$.created_at" && slices.Contains(renewed, v.Path[strings.LastIndex(v.Path, ".")+1:])
		})
	}
}

// switchedOn asks that the item of the payload is on, switchedOff that it is not.
func switchedOn(shown map[string]any, vars fixtures.Vars) []schemas.Violation {
	if isOn(shown, vars) {
		return nil
	}
	return noEffect("$.items", "a list without it", fmt.Sprintf("the item %v must be on by now", vars["item_name"]))
}

func switchedOff(shown map[string]any, vars fixtures.Vars) []schemas.Violation {
	if !isOn(shown, vars) {
		return nil
	}
	return noEffect("$.items", "a list with it", fmt.Sprintf("the item %v must be off by now", vars["item_name"]))
}

func isOn(shown map[string]any, vars fixtures.Vars) bool {
	items, _ := shown["items"].([]any)
	return slices.ContainsFunc(items, func(item any) bool {
		fields, _ := item.(map[string]any)
		return fields["name"] == vars["item_name"] && fields["application_id"] == vars["application_id"] &&
			fmt.Sprint(fields["status"]) == "1"
	})
}

// priced asks for the price of the payload.
func priced(shown map[string]any, vars fixtures.Vars) []schemas.Violation {
	items, _ := shown["items"].([]any)
	for _, item := range items {
		fields, _ := item.(map[string]any)
		if price, err := strconv.ParseFloat(fmt.Sprint(fields["price"]), 64); fields["name"] == vars["item_name"] &&
			err == nil && price == 12.5 {
			return nil
		}
	}
	return noEffect("$.items", "a list without it", fmt.Sprintf("the item %v must cost 12.50 by now",
		vars["item_name"]))
}

// provided asks for the identity provider that the object knows, where a read shows one.
func provided(shown map[string]any, vars fixtures.Vars) []schemas.Violation {
	found, there := shown["default_idp_id"]
	if !there || vars["default_idp_id"] == nil || found == vars["default_idp_id"] {
		return nil
	}
	return noEffect("$.default_idp_id", fmt.Sprint(shown["default_idp_id"]), fmt.Sprintf("it must be %v by now",
		vars["default_idp_id"]))
}

// counted asks for a number, where there is one.
func counted(name, number string) effect {
	return func(shown map[string]any, _ fixtures.Vars) []schemas.Violation {
		if found, there := shown[name]; there && plain(found) != number {
			return noEffect("$."+name, fmt.Sprint(found), "there are "+number)
		}
		return nil
	}
}

// atLeast asks for a number that is no smaller, where there is one.
func atLeast(name string, least int64) effect {
	return func(shown map[string]any, _ fixtures.Vars) []schemas.Violation {
		if found, err := strconv.ParseInt(plain(shown[name]), 10, 64); err == nil && found < least {
			return noEffect("$."+name, fmt.Sprint(found), fmt.Sprintf("there are %d at least", least))
		}
		return nil
	}
}

// noMoreThanListed asks that a tenant counts no more users than it lists with all that can be asked for: hidden ones,
// and those below. Which of them it counts is not documented.
func noMoreThanListed(ctx context.Context, a further, shown map[string]any) ([]schemas.Violation, error) {
	_, users, err := a.about(ctx, "FetchTenantUsers", list{vars: inner, query: map[string]string{
		"include_hidden": "true", "include_grand_children": "true"}})
	count, unread := strconv.ParseInt(plain(shown["users_count"]), 10, 64)
	if err != nil || unread != nil || count <= int64(len(users)) {
		return nil, err
	}
	return noEffect("$.users_count", fmt.Sprint(count), fmt.Sprintf("the tenant lists %d users, hidden ones and those "+
		"of the tenants below too", len(users))), nil
}

// counts asks that what the object has under the name is among the usages of a service.
func counts(name string) effect {
	return func(shown map[string]any, vars fixtures.Vars) []schemas.Violation {
		usages, _ := shown["usages"].([]any)
		if slices.Contains(usages, vars[name]) {
			return nil
		}
		return noEffect("$.usages", fmt.Sprint(len(usages))+" others",
			fmt.Sprintf("an offering item of the service counts %v", vars[name]))
	}
}

// noMore asks for nothing beside what the answer to the write has shown.
func noMore(map[string]any, fixtures.Vars) []schemas.Violation { return nil }
