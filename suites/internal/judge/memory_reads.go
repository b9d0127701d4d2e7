package judge

import (
	"fmt"
	"maps"

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
		len(s.op.CheckResponse(a.Status, "", a.Body)) == 0
	if !sound || s.body["deleted_at"] != nil {
		return nil // what becomes of the name of what was deleted is not documented
	}
	now := look{shown: s.body}
	if s.body["version"] != nil {
		now.version = fmt.Sprint(s.body["version"])
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	key := lookKey(kind, s.header)
	before, seen := m.looks[id][key]
	names := fixed[kind]
	if now.version != "" && before.version == now.version {
		names = append(append(names[:len(names):len(names)], callersOwn[kind]...), atVersion[kind]...)
	}
	if seen && before.version == now.version { // what was not shown before is known from now on
		now.sent, now.shown = before.sent, maps.Clone(s.body)
		maps.Copy(now.shown, before.shown)
	}
	m.keep(id, key, now)
	for _, name := range names {
		was, there := before.shown[name]
		found, still := s.body[name]
		if !there || !still || !s.op.Lists(a.Status, name) || alikeWithin(name, was, found) {
			continue
		}
		if asked, wasSent := before.sent[name]; wasSent && !alike(name, asked, was) {
			continue // what a write has not kept is told elsewhere
		}
		detail := "it was %s before, at the same version"
		if now.version == "" || before.version != now.version {
			detail = "it was %s before, and no call changes it"
		}
		wrong = append(wrong, breach("$."+name, "as-read", written(found), detail, written(was))...)
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
