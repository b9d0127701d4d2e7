package judge

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"acronis-conformance/schemas"
)

// named asks that what is found is named: a tenant by its name and kind, a user by the login (reference, search).
func named(s success) []schemas.Violation {
	needed := map[any][]string{"tenant": {"name", "kind"}, "user": {"login"}}[s.body["obj_type"]]
	var wrong []schemas.Violation
	for _, name := range needed {
		if s.body[name] == nil {
			wrong = append(wrong, breach("$."+name, "named", "none", "a %v that is found has it",
				s.body["obj_type"])...)
		}
	}
	return wrong
}

// notOlder asks that the answer to a change shows no older version than the one that was named: a change raises it
// (guide, "Optimistic locking"), and what changes nothing may leave it.
func notOlder(s success) []schemas.Violation {
	sent, wasSent := s.sent["version"].(json.Number)
	if !wasSent {
		sent = json.Number(s.query.Get("version"))
	}
	found, _ := s.body["version"].(json.Number)
	was, unsent := sent.Float64()
	is, unshown := found.Float64()
	if unsent != nil || unshown != nil || is >= was {
		return nil
	}
	return breach("$.version", "state", found.String(), "it was %s before the change, and versions only grow", sent)
}

// newer asks that the answer to a new logo shows another version than the one that was named: every change of the brand
// raises it (guide, "Branding"). To turn on what is on already changes nothing.
func newer(s success) []schemas.Violation {
	wrong := notOlder(s)
	found, isShown := s.body["version"].(json.Number)
	if len(wrong) > 0 || !isShown || found.String() != s.query.Get("version") {
		return wrong
	}
	return breach("$.version", "state", found.String(),
		"it was the same before, and every change of the brand raises it")
}

// lockOwned asks that a lock names its owner, a tenant whose users alone may update what is locked (reference,
// update_lock).
func lockOwned(s success) []schemas.Violation {
	on, _ := at(s.body, "update_lock.enabled")
	owner, isShown := at(s.body, "update_lock.owner_id")
	if on != true || !isShown || owner != nil {
		return nil
	}
	return breach("$.update_lock.owner_id", "lock", "null", "the tenant is locked, and a lock has an owner")
}

// ownIsEffective asks that a tenant's own value of a setting, and its lock, hold where the answer says that the tenant
// is their source.
func ownIsEffective(s success) []schemas.Violation {
	owner, _ := at(s.body, "effective.owner.id")
	tenant, _ := owner.(string)
	if tenant == "" || !strings.EqualFold(tenant, s.path["tenant_id"]) {
		return nil
	}
	for _, name := range []string{"value", "lock"} {
		own, isOwn := at(s.body, "own."+name)
		effective, isShown := at(s.body, "effective."+name)
		if isOwn && isShown && written(own) != written(effective) {
			return breach("$.effective."+name, "state", written(effective),
				"the tenant's own is %s, and holds by the answer itself", written(own))
		}
	}
	return nil
}

// someOfAll asks that no more users have a second factor than there are users (reference, tenant's MFA status).
func someOfAll(s success) []schemas.Violation {
	for _, name := range []string{"users", "users_count"} {
		some := strings.Replace("users_with_totp_enabled_count", "_count", strings.TrimPrefix(name, "users"), 1)
		all, isAll := s.body[name].(json.Number)
		with, isSome := s.body[some].(json.Number)
		count, err := all.Int64()
		part, unread := with.Int64()
		if isAll && isSome && err == nil && unread == nil && part > count {
			return breach("$."+some, "state", with.String(), "of %s users no more can have a second factor", all)
		}
	}
	return nil
}

// usagesAsSent asks that each item of the answer is about one that was sent (reference, update of usages).
func usagesAsSent(s success) []schemas.Violation {
	sent, wasSent := s.sent["items"].([]any)
	shown, isShown := s.body["items"].([]any)
	if !wasSent || !isShown {
		return nil
	}
	for i, item := range shown {
		fields, _ := item.(map[string]any)
		for _, name := range []string{"tenant_id", "resource_id", "usage_type", "offering_item", "infra_id"} {
			found, isText := fields[name].(string)
			if isText && !slices.ContainsFunc(sent, func(other any) bool {
				one, _ := other.(map[string]any)
				asked, _ := one[name].(string)
				return one[name] == nil || strings.EqualFold(asked, found)
			}) {
				return breach(fmt.Sprintf("$.items[%d].%s", i, name), "asked-for", found,
					"no item that was sent has it")
			}
		}
	}
	return nil
}

// endsAsAsked asks that a registration token lives for as many seconds as were asked for (reference, registration
// tokens). What is more than the year that one may live can be cut short.
func endsAsAsked(s success) []schemas.Violation {
	life, isAsked := Seconds(s.sent["expires_in"])
	made, isMade := moment(s.body["created_at"])
	ends, isEnd := moment(s.body["expires_at"])
	if !isAsked || !isMade || !isEnd || life > longestRegistration || (ends.Sub(made)-life).Abs() <= ClockSkew {
		return nil
	}
	return breach("$.expires_at", "lifetime", quote(fmt.Sprint(s.body["expires_at"])),
		"it was made at %v, to live for %v", s.body["created_at"], life)
}

// longestRegistration is how long a registration token may live: a year.
const longestRegistration = 365 * 24 * time.Hour

// moment reads a timestamp in one of the documented forms; without a zone it is UTC.
func moment(value any) (time.Time, bool) {
	text, _ := value.(string)
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if at, err := time.Parse(form, text); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

func written(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}

// rolesAsSent asks that the answer lists the roles that the user has from then on: those that were sent replace all
// others (guide, "Access policies").
func rolesAsSent(s success) []schemas.Violation {
	sent, wasSent := s.sent["items"].([]any)
	shown, isShown := s.body["items"].([]any)
	if !wasSent || !isShown {
		return nil
	}
	key := func(item any) string {
		role, _ := item.(map[string]any)
		return fmt.Sprintf("%v on %v", role["role_id"], role["tenant_id"])
	}
	listed := map[string]bool{}
	for _, item := range shown {
		listed[key(item)] = true
	}
	for _, item := range sent {
		if !listed[key(item)] {
			return breach("$.items", "state", fmt.Sprint(len(shown))+" items",
				"the role %s was sent, and is not listed", key(item))
		}
	}
	for i, item := range shown {
		if !slices.ContainsFunc(sent, func(other any) bool { return key(other) == key(item) }) {
			return breach(fmt.Sprintf("$.items[%d]", i), "state", key(item),
				"the roles that were sent replace all others")
		}
	}
	return nil
}
