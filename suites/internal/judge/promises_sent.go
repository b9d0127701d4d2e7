package judge

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"acronis-conformance/schemas"
)

// asSent asks that the answer to a write shows what was sent, property by property, where the reference lists it for
// the answer (reference, the schemas of request and answer). A request that breaks its own schema, which a service may
// read as it likes, is left alone, and so are the properties that the row names.
func asSent(but ...string) promise {
	return func(s success) []schemas.Violation {
		known := s.sent["use_existing_identity"] == true // whose contact and language are there already
		if len(s.sent) == 0 || len(s.body) == 0 || known || len(s.op.CheckRequest(s.raw)) > 0 {
			return nil
		}
		return s.unlikeSent(nil, s.sent, s.body, append(but, "version", "external_operation_status"))
	}
}

// unlikeSent compares two objects in the properties that both have, and returns the first one in which they differ.
func (s success) unlikeSent(path []string, sent, shown map[string]any, but []string) []schemas.Violation {
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		place := append(slices.Clone(path), name)
		where := strings.Join(place, ".")
		found, there := shown[name]
		if !there || slices.Contains(but, where) || !s.op.Lists(s.op.Success(), place...) {
			continue
		}
		asked, isObject := sent[name].(map[string]any)
		inner, isShownAsOne := found.(map[string]any)
		if isObject && isShownAsOne {
			if wrong := s.unlikeSent(place, asked, inner, but); wrong != nil {
				return wrong
			}
			continue
		}
		if !sameAsSent(sent[name], found) {
			return breach("$."+where, "state", written(found), "it was sent as %s", written(sent[name]))
		}
	}
	return nil
}

// sameAsSent compares values: texts without regard to case and to blanks around them, times to the second, lists
// without regard to order. Whether nothing is null, an empty text or an empty list is free. Credentials in an address
// are cut out.
func sameAsSent(sent, shown any) bool {
	if nothing(sent) || nothing(shown) {
		return nothing(sent) && nothing(shown)
	}
	if list, isList := sent.([]any); isList {
		other, isOther := shown.([]any)
		within := func(some, all []any) bool {
			return !slices.ContainsFunc(some, func(one any) bool {
				return !slices.ContainsFunc(all, func(other any) bool { return sameAsSent(one, other) })
			})
		}
		return isOther && within(list, other) && within(other, list)
	}
	one, other := strings.TrimSpace(fmt.Sprint(sent)), strings.TrimSpace(fmt.Sprint(shown))
	if address, err := url.Parse(one); strings.EqualFold(one, other) || err == nil && address.User != nil {
		return true
	}
	from, isTime := moment(sent)
	to, isOther := moment(shown)
	return isTime && isOther && from.Sub(to).Abs() <= ClockSkew
}

func nothing(value any) bool {
	list, isList := value.([]any)
	return value == nil || value == "" || isList && len(list) == 0
}

// itemsAsSent asks that the answer shows each offering item that was sent as it was sent: on or off, and with its quota
// (reference, update of offering items). An item that the answer does not list may be missing.
func itemsAsSent(s success) []schemas.Violation {
	sent, _ := s.sent["offering_items"].([]any)
	shown, _ := s.body["items"].([]any)
	if len(shown) == 0 || len(s.op.CheckRequest(s.raw)) > 0 {
		return nil
	}
	key := func(item map[string]any) string {
		return fmt.Sprint(item["application_id"], " ", item["name"], " ", item["infra_id"])
	}
	for i, item := range shown {
		fields, _ := item.(map[string]any)
		for _, other := range sent {
			asked, _ := other.(map[string]any)
			if key(asked) != key(fields) {
				continue
			}
			for _, name := range []string{"status", "quota.value", "quota.overage"} {
				want, wasSent := at(asked, name)
				found, isShown := at(fields, name)
				if wasSent && isShown && fmt.Sprint(want) != fmt.Sprint(found) {
					return breach(fmt.Sprintf("$.items[%d].%s", i, name), "state", written(found), "it was sent as %s",
						written(want))
				}
			}
		}
	}
	return nil
}

// ofItsTenant asks that the tenant that the answer names as the source of a setting is called one (reference,
// settings).
func ofItsTenant(s success) []schemas.Violation {
	owner, _ := at(s.body, "effective.owner.id")
	tenant, _ := owner.(string)
	kind, _ := at(s.body, "effective.owner.type")
	if tenant == "" || kind == nil || kind == "tenant" || !strings.EqualFold(tenant, s.path["tenant_id"]) {
		return nil
	}
	return breach("$.effective.owner.type", "state", fmt.Sprint(kind), "the source that it names is a tenant")
}

// trimmed asks that a text has no blanks around it, whatever was sent (guide, "Creating a user account", Important).
func trimmed(property string) promise {
	return func(s success) []schemas.Violation {
		found, isText := s.body[property].(string)
		if !isText || found == strings.TrimSpace(found) {
			return nil
		}
		return breach("$."+property, "trimmed", quote(found), "the platform takes the blanks around it away")
	}
}

// gives asks that what is given to be sent back is not empty.
func gives(properties ...string) promise {
	return func(s success) []schemas.Violation {
		for _, name := range properties {
			if found, there := s.body[name]; there && found == "" {
				return breach("$."+name, "given", "an empty text", "it is given to be sent back")
			}
		}
		return nil
	}
}
