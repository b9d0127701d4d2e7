package judge

import (
	"fmt"
	"maps"
	"slices"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
)

// readAlone are the reads of one object, with its kind.
var readAlone = map[string]string{"FetchTenant": "tenant", "FetchUser": "user", "FetchClient": "client",
	"FetchCurrentUserInfo": "user", "FetchInfrastructure": "storage", "FetchInfrastructuresLocation": "location"}

// fixed are the properties that stay for good: no call changes them. Objects without a version are compared in them
// alone.
var fixed = map[string][]string{
	"tenant": {"created_at"}, "user": {"tenant_id", "created_at"},
	"client": {"tenant_id", "type", "token_endpoint_auth_method", "created_by", "created_at"},
}

// atVersion are further properties that only a change of the object itself changes.
var atVersion = map[string][]string{"tenant": {"update_lock"}}

// read judges a read of an object by what the same caller was shown of it before, by a read or by the answer to a
// write: at one version an object is as it is (guide, "Optimistic locking"), and some of it stays for good.
func (m *Memory) read(s success, kind string, a exchange.Attempt) (wrong []schemas.Violation) {
	id := firstText(s.body["id"], s.body["client_id"])
	sound := a.Status == s.op.Success() && !a.Truncated && a.Error == "" && id != "" &&
		len(s.op.CheckBody(a.Status, "", a.JSONBody())) == 0
	if !sound || s.body["deleted_at"] != nil {
		return nil // what becomes of the name of what was deleted is not documented
	}
	now := look{shown: s.body}
	if s.body["version"] != nil {
		now.version = fmt.Sprint(s.body["version"])
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	wrong = m.stays(s, kind, id)
	key := placeOf(kind, s.header)
	before, seen := m.looks[id][key]
	var names []string
	if now.version != "" && before.version == now.version {
		names = slices.Concat(callersOwn[kind], atVersion[kind])
	}
	if seen && before.version == now.version { // what was not shown before is known from now on
		now.sent, now.shown = before.sent, maps.Clone(s.body)
		maps.Copy(now.shown, before.shown)
	}
	m.keep(id, key, now)
	for _, name := range names {
		was, there := before.shown[name]
		found, still := s.body[name]
		told := slices.Contains(fixed[kind], name)
		if told || !there || !still || !s.op.Lists(a.Status, name) || alikeWithin(name, was, found) {
			continue
		}
		if asked, wasSent := before.sent[name]; wasSent && !alike(name, asked, was) {
			continue // what a write has not kept is told elsewhere
		}
		wrong = append(wrong, breach("$."+name, "as-read", written(found), "it was %s before, at the same version",
			written(was))...)
	}
	return wrong
}

// stays judges what no call changes by what any caller was shown of it first. A caller who may not see it may be shown
// nothing.
func (m *Memory) stays(s success, kind, id string) (wrong []schemas.Violation) {
	anyone := place{in: "fixed"}
	before := m.looks[id][anyone].shown
	first := map[string]any{}
	for _, name := range fixed[kind] {
		found, there := s.body[name]
		was, known := before[name]
		switch {
		case !there || nothing(found) || !s.op.Lists(s.op.Success(), name):
		case !known:
			first[name] = found
		case !sameAsSent(was, found):
			wrong = append(wrong, breach("$."+name, "as-read", written(found),
				"it was %s before, and no call changes it", written(was))...)
		}
	}
	if len(first) > 0 {
		maps.Copy(first, before)
		m.keep(id, anyone, look{shown: first})
	}
	return wrong
}

// alikeWithin compares as alike does, and of two locks of updates whose they are: a lock may come from above.
func alikeWithin(name string, one, other any) bool {
	mine, isObject := one.(map[string]any)
	theirs, isOther := other.(map[string]any)
	if name != "update_lock" || !isObject || !isOther || mine["enabled"] != true || theirs["enabled"] != true {
		return alike(name, one, other)
	}
	return sameAsSent(mine["owner_id"], theirs["owner_id"])
}
