package judge

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

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

// ownIsEffective asks that a tenant's own value of a setting holds where the answer says that the tenant is its source.
func ownIsEffective(s success) []schemas.Violation {
	own, isOwn := at(s.body, "own.value")
	effective, isShown := at(s.body, "effective.value")
	owner, _ := at(s.body, "effective.owner.id")
	tenant, _ := owner.(string)
	ofTheTenant := tenant != "" && strings.EqualFold(tenant, s.path["tenant_id"])
	if !isOwn || !isShown || !ofTheTenant || written(own) == written(effective) {
		return nil
	}
	return breach("$.effective.value", "state", written(effective),
		"the tenant's own value is %s, and holds by the answer itself", written(own))
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
