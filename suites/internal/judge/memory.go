package judge

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
)

// Memory keeps what the answers to writes have shown of each object, for the answer to the next change of it, and
// what lists and reads have shown of it, for the next one. The zero value is ready.
type Memory struct {
	Settle time.Duration // until reads show what was written, wherever they are answered

	mu    sync.Mutex
	looks map[string]map[place]look    // by the object's id, and by where it was seen
	known map[string]map[factKey][]any // by the object of the key: see facts

	newest map[string]map[place]newest // by the object's id, and by the read that showed it
}

// look is an object as an answer showed it.
type look struct {
	version string         // empty where objects of the kind have none
	sent    map[string]any // with the write; nil for the item of a list
	shown   map[string]any
}

// callersOwn are the properties of objects that callers set, and that stay until a call names them. Whether a tenant or
// a user is enabled may follow the tenant above.
var callersOwn = map[string][]string{
	"tenant": {"name", "kind", "parent_id", "customer_id", "customer_type", "internal_tag", "language", "contact"},
	"user": {"tenant_id", "login", "external_id", "origin_id", "origin_external_id", "language", "business_types",
		"notifications", "disable_after", "contact"},
	"client": {"tenant_id", "type", "token_endpoint_auth_method", "data", "redirect_uris", "origin_id", "status",
		"created_by", "client_secret_expires_at"},
	"location": {"owner_tenant_id", "name"},
	"storage":  {"location_id", "name", "url", "capabilities", "content_url", "content_mobile_url"},
}

// remembered are the operations whose answer is the object as it is from then on, with the path parameter of those
// that change one.
var remembered = map[string]struct{ kind, changes string }{
	"CreateTenant": {"tenant", ""}, "UpdateTenant": {"tenant", "tenant_id"},
	"CreateUser": {"user", ""}, "UpdateUser": {"user", "user_id"},
	"CreateClient": {"client", ""}, "UpdateClient": {"client", "client_id"},
	"CreateInfrastructuresLocation": {"location", ""}, "UpdateInfrastructuresLocation": {"location", "location_id"},
	"RegisterInfrastructure": {"storage", ""}, "UpdateInfrastructure": {"storage", "infra_id"},
}

// Answer judges an answer by what the answers before it have shown of the same objects.
func (m *Memory) Answer(op *schemas.Operation, r exchange.Request, a exchange.Attempt) []schemas.Violation {
	wrong := append(m.changed(op, r, a), m.grows(op, r, a)...)
	told := func(v schemas.Violation) bool {
		return slices.ContainsFunc(wrong, func(other schemas.Violation) bool { return other.Path == v.Path })
	}
	known := m.facts(success{op: op, path: bound(op.Path, r.Path), query: r.Query, sent: object(r.Body),
		header: r.Header, body: shown(a)}, a)
	return append(wrong, slices.DeleteFunc(known, told)...)
}

// changed judges the answer to a change by the answer to the write before: what a change does not name stays as it is
// (reference, updates: all properties but the version may be left out). That nothing else has changed the object in
// between is known where the change names the version that was shown then; of clients, which have none, where no
// other write came in between. What the write before was sent and did not show is left to its own specs.
func (m *Memory) changed(op *schemas.Operation, r exchange.Request, a exchange.Attempt) []schemas.Violation {
	of, known := remembered[op.ID]
	kind, lists := batched[op.ID]
	read, reads := readAlone[op.ID]
	switch {
	case lists:
		return m.items(success{op: op, body: shown(a), header: r.Header}, kind, a)
	case reads:
		return m.read(success{op: op, body: shown(a), header: r.Header}, read, a)
	case !known && r.Method != http.MethodGet:
		m.forget(bound(op.Path, r.Path))
		return nil
	case !known:
		return nil
	}
	id := bound(op.Path, r.Path)[of.changes]
	s := success{op: op, sent: object(r.Body), raw: r.Body, body: shown(a)}
	sound := a.Status == op.Success() && !a.Truncated && a.Error == "" && s.body != nil && s.sent != nil &&
		len(op.CheckRequest(r.Body)) == 0 && len(op.CheckBody(a.Status, "", a.JSONBody())) == 0
	m.mu.Lock()
	defer m.mu.Unlock()
	if !sound {
		if a.Status/100 != 4 { // what it has done is not known
			delete(m.looks, id)
		}
		return nil
	}
	if id == "" {
		id = firstText(s.body["id"], s.body["client_id"])
	}
	before, seen := m.looks[id][byWrites]
	lastRead := m.looks[id][placeOf(of.kind, r.Header)]
	now := look{sent: s.sent, shown: s.body}
	if s.body["version"] != nil {
		now.version = fmt.Sprint(s.body["version"])
	}
	m.keep(id, byWrites, now)
	if of.changes == "" {
		m.stays(s, of.kind, id) // what reads show of it from now on
	}
	m.keep(id, placeOf(of.kind, r.Header), now)
	named := fmt.Sprint(s.sent["version"])
	same := before.version == "" || named == before.version
	switch {
	case of.changes == "":
		return nil
	case seen && same:
		return append(s.leftAlone(callersOwn[of.kind], before), s.raised(before)...)
	case lastRead.version == named:
		return s.raised(lastRead)
	}
	return nil
}

// raised asks that what the change names, where it is shown as it was sent and otherwise than before, comes with
// another version (guide, "Optimistic locking").
func (s success) raised(before look) []schemas.Violation {
	version := fmt.Sprint(s.body["version"])
	if before.version == "" || version != before.version {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(s.sent)) {
		was, there := before.shown[name]
		now, still := s.body[name]
		known := name != "version" && there && still && s.op.Lists(s.op.Success(), name)
		if known && alike(name, s.sent[name], now) && !alike(name, was, now) {
			return breach("$.version", "state", version, "%s was %s at this version, and a change raises it", name,
				written(was))
		}
	}
	return nil
}

// batched are the lists of objects that have a version, with their kind.
var batched = map[string]string{"FetchUsersBatch": "user", "FetchTenantsBatch": "tenant",
	"FetchInfrastructuresBatch": "storage", "FetchInfrastructuresLocationsBatch": "location"}

// items judges the items of a list by what the same list has shown the same caller of the same objects: at one
// version an object is as it is, by whatever filter and on whatever page it is found (guide, "Optimistic locking").
func (m *Memory) items(s success, kind string, a exchange.Attempt) (wrong []schemas.Violation) {
	items, _ := s.body["items"].([]any)
	if a.Status != s.op.Success() || a.Truncated || a.Error != "" {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, item := range items {
		fields, _ := item.(map[string]any)
		if fields["version"] == nil || fields["deleted_at"] != nil {
			continue // what becomes of the name of what was deleted is not documented
		}
		id, key := fmt.Sprint(fields["id"]), placeOf(s.op.ID, s.header)
		before, seen := m.looks[id][key]
		now := look{version: fmt.Sprint(fields["version"]), shown: fields}
		if !seen || before.version != now.version {
			m.keep(id, key, now)
			continue
		}
		for _, name := range callersOwn[kind] {
			was, there := before.shown[name]
			found, still := fields[name]
			if there && still && s.op.Lists(a.Status, "items", name) && !alike(name, was, found) {
				wrong = append(wrong, breach(fmt.Sprintf("$.items[%d].%s", i, name), "as-read", written(found),
					"the same list showed %s of the same version", written(was))...)
			} else if !there && still {
				before.shown[name] = found
			}
		}
	}
	return wrong
}

// place is where a caller has seen an object: in a list, or in reads of its kind and the answers to writes.
type place struct {
	in string
	by string // the caller's Authorization; empty: any caller
}

// byWrites is where the answer to the last write of an object is kept.
var byWrites = place{}

func placeOf(in string, header http.Header) place { return place{in, header.Get("Authorization")} }

// keep remembers how an object was seen.
func (m *Memory) keep(id string, where place, now look) {
	if m.looks == nil {
		m.looks = map[string]map[place]look{}
	}
	if m.looks[id] == nil {
		m.looks[id] = map[place]look{}
	}
	m.looks[id][where] = now
}

// forget drops the objects that another write names: it may have changed them.
func (m *Memory) forget(ids map[string]string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range ids {
		delete(m.looks, id)
	}
}

// leftAlone compares what the change has not named.
func (s success) leftAlone(names []string, before look) (wrong []schemas.Violation) {
	for _, name := range names {
		was, there := before.shown[name]
		now, still := s.body[name]
		if _, named := s.sent[name]; named || !there || !still || !s.op.Lists(s.op.Success(), name) {
			continue
		}
		if asked, wasSent := before.sent[name]; wasSent && !alike(name, asked, was) {
			continue
		}
		if !alike(name, was, now) || !keepsWhatWasSent(before.sent[name], was, now) {
			wrong = append(wrong, breach("$."+name, "left-alone", written(now),
				"it was %s, and the request did not name it", written(was))...)
		}
	}
	return wrong
}

// inContact are the properties of a contact that callers set.
var inContact = strings.Fields("email firstname lastname title phone website industry organization_size country " +
	"state city zipcode address1 address2")

// alike compares as sameAsSent does: contacts in the properties of callers that both have, and of what is the caller's
// own the names.
func alike(name string, one, other any) bool {
	mine, isObject := one.(map[string]any)
	theirs, isOther := other.(map[string]any)
	switch {
	case !isObject || !isOther:
		return sameAsSent(one, other)
	case name != "contact":
		return true
	}
	return !slices.ContainsFunc(inContact, func(name string) bool {
		value, shown := mine[name]
		found, still := theirs[name]
		return shown && still && !sameAsSent(value, found)
	})
}

// keepsWhatWasSent reports whether an object of the caller's own still holds what was sent in it and shown.
func keepsWhatWasSent(sent, was, now any) bool {
	asked, _ := sent.(map[string]any)
	before, _ := was.(map[string]any)
	after, _ := now.(map[string]any)
	return !slices.ContainsFunc(slices.Collect(maps.Keys(asked)), func(name string) bool {
		return written(before[name]) == written(asked[name]) && written(after[name]) != written(asked[name])
	})
}

// firstText is the first of the values that is a text.
func firstText(values ...any) string {
	for _, v := range values {
		if text, _ := v.(string); text != "" {
			return text
		}
	}
	return ""
}

// shown is the object in an answer; nil where it is none.
func shown(a exchange.Attempt) map[string]any {
	document, _ := a.JSON()
	o, _ := document.(map[string]any)
	return o
}
