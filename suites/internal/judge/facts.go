package judge

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
)

// fact is what the reference says of objects without regard to who asks, by which operation and when: those with the
// same properties by agree in the others.
type fact struct {
	kind string
	by   []string // property names; of the enclosing object after a caret, "caller" is who asks
	same []string
	// Only writes tell: what a call beside changes may be late in reads.
	fromWrites bool
}

var (
	// Nothing in the reference changes a service, a registration token, or what an offering item counts.
	aService      = fact{kind: "service", by: []string{"id"}, same: []string{"name", "type", "usages", "api_base_url"}}
	aRegistration = fact{kind: "registration token", by: []string{"id"},
		same: []string{"token", "created_at", "expires_at", "tenant_id", "tenant_uuid", "scopes"}}
	anItem = fact{kind: "offering item", by: []string{"application_id", "name", "edition"},
		same: []string{"usage_name", "type", "measurement_unit"}}
	anOwned   = fact{kind: "owned", by: []string{"id"}, same: []string{"owner_tenant_id", "platform_owned"}}
	aReadonly = fact{kind: "seen", by: []string{"id", "caller"}, same: []string{"readonly"}}
	// At one version an object is as it is (guide, "Optimistic locking"), as far as a caller may see it.
	aRole = fact{kind: "role", by: []string{"id", "version"},
		same: []string{"trustee_id", "trustee_type", "issuer_id", "tenant_id", "role_id", "created_at"}}
	aReport = fact{kind: "report", by: []string{"id", "version"}, same: []string{"result_action", "recipients",
		"parameters.tenant_id", "parameters.level", "parameters.kind", "parameters.hide_zero_usage",
		"parameters.show_skus", "schedule.type",
		"schedule.enabled"}}
	aTenant = fact{kind: "tenant", by: []string{"id", "version", "caller"},
		same: append(withoutContact("tenant"), "created_at", "owner_id")}
	aTenantBeside = fact{kind: "tenant as changed", by: []string{"id", "version", "caller"},
		same: []string{"pricing_mode", "production_start_date", "ancestral_access", "contacts"}, fromWrites: true}
	aUser = fact{kind: "user", by: []string{"id", "version", "caller"}, // another provider may come from above
		same: append(withoutContact("user"), "created_at", "personal_tenant_id")}
	aContact = fact{kind: "contact", by: []string{"^id", "^version", "id", "caller"},
		same: append([]string{"types"}, inContact...)}
)

// withoutContact are the caller's own properties but the contact, which has facts of its own.
func withoutContact(kind string) []string {
	return slices.DeleteFunc(slices.Clone(callersOwn[kind]), func(name string) bool { return name == "contact" })
}

// showing is where the answer of an operation shows such objects: the names that lead to them, lists or not.
type showing struct {
	of   fact
	path []string
}

func objectsAt(path string, of ...fact) (all []showing) {
	var names []string
	if path != "" {
		names = strings.Split(path, ".")
	}
	for _, f := range of {
		all = append(all, showing{f, names})
		if f.kind == "tenant" || f.kind == "user" {
			all = append(all, showing{aContact, append(slices.Clone(names), "contact")},
				showing{aContact, append(slices.Clone(names), "contacts")})
		}
	}
	return all
}

var factsOf = map[string][]showing{
	"FetchApplications": objectsAt("items", aService), "FetchApplication": objectsAt("", aService),

	"CreateRegistrationToken_0": objectsAt("", aRegistration),
	"CreateRegistrationToken_1": objectsAt("", aRegistration),
	"FetchRegistrationTokens_0": objectsAt("items", aRegistration),
	"FetchRegistrationTokens_1": objectsAt("items", aRegistration),

	"FetchTenantOfferingItems": objectsAt("items", anItem), "FetchTenantOfferingItemsBatch": objectsAt("items", anItem),
	"FetchOfferingItemsAvailableForTenantChild": objectsAt("items", anItem),
	"SetTenantOfferingItems":                    objectsAt("items", anItem),
	"SwitchTenantEdition":                       objectsAt("items", anItem),
	"FetchTenantUsages":                         objectsAt("items", anItem),
	"FetchTenantsUsagesBatch":                   objectsAt("items.usages", anItem),

	"CreateInfrastructuresLocation":      objectsAt("", anOwned, aReadonly),
	"FetchInfrastructuresLocation":       objectsAt("", anOwned, aReadonly),
	"UpdateInfrastructuresLocation":      objectsAt("", anOwned, aReadonly),
	"FetchInfrastructuresLocationsBatch": objectsAt("items", anOwned, aReadonly),
	"RegisterInfrastructure":             objectsAt("", anOwned, aReadonly),
	"FetchInfrastructure":                objectsAt("", anOwned, aReadonly),
	"UpdateInfrastructure":               objectsAt("", anOwned, aReadonly),
	"FetchInfrastructuresBatch":          objectsAt("items", anOwned, aReadonly),

	"FetchUserAccessPolicies": objectsAt("items", aRole), "UpdateUserAccessPolicies": objectsAt("items", aRole),

	"CreateReport": objectsAt("", aReport),
	"FetchReport":  objectsAt("", aReport), "UpdateReport": objectsAt("", aReport),

	"CreateTenant": objectsAt("", aTenant, aTenantBeside), "FetchTenant": objectsAt("", aTenant, aTenantBeside),
	"UpdateTenant":             objectsAt("", aTenant, aTenantBeside),
	"EnableCustomBranding":     objectsAt("", aTenant, aTenantBeside),
	"ModifyCustomBranding":     objectsAt("", aTenant, aTenantBeside),
	"UploadTenantBrandLogo":    objectsAt("", aTenant, aTenantBeside),
	"UpdateTenantDefaultIdpId": objectsAt("", aTenant, aTenantBeside),
	"FetchTenantsBatch":        objectsAt("items", aTenant),

	"CreateUser": objectsAt("", aUser), "FetchUser": objectsAt("", aUser), "UpdateUser": objectsAt("", aUser),
	"FetchCurrentUserInfo": objectsAt("", aUser), "LogInWithOneTimeToken": objectsAt("", aUser),
	"FetchUsersBatch": append(objectsAt("items", aUser), objectsAt("items.access_policies", aRole)...),
}

// beside are the writes that change the brand or the provider of a tenant and nothing else of it: the version that they
// name is that of the tenant before (reference, branding; default identity provider).
var beside = map[string]bool{"EnableCustomBranding": true, "ModifyCustomBranding": true,
	"UploadTenantBrandLogo": true, "UpdateTenantDefaultIdpId": true}

// facts judges the objects of an answer by what other answers have shown of them, and learns. The answer to a write
// tells what is known from then on: whether it is what was sent is judged elsewhere.
func (m *Memory) facts(s success, a exchange.Attempt) (wrong []schemas.Violation) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, known := factsOf[s.op.ID]
	if s.op.Method != http.MethodGet && (!known || a.Status == 0 || a.Status/100 == 5) {
		m.doubt(s)
	}
	if !known || a.Status != s.op.Success() || a.Truncated || a.Error != "" {
		return nil
	}
	for _, p := range at {
		objects("$", s.body, nil, p.path, func(where string, object, in map[string]any) {
			if object["deleted_at"] == nil { // what becomes of the name of what was deleted is not documented
				wrong = append(wrong, m.agrees(s, p, where, object, in)...)
			}
		})
	}
	return wrong
}

// agrees compares an object with what is known under its key: in a read, and where no write changes it.
func (m *Memory) agrees(s success, p showing, where string, object, in map[string]any) (wrong []schemas.Violation) {
	key, known := p.of.key(object, in, s.header, nil)
	if !known {
		return nil
	}
	before, compared := m.known[key.object][key], s.op.Method == http.MethodGet || key.object == forGood
	if named := cmp.Or(s.query.Get("version"), text(s.sent["version"])); beside[s.op.ID] && named != "" {
		former, _ := p.of.key(object, in, s.header, named)
		before, compared = slices.Clone(m.known[former.object][former]), true
	}
	if before == nil {
		before = make([]any, len(p.of.same))
	}
	for i, name := range p.of.same {
		found, there := at(object, name)
		if found = ids(found); !there || found == nil {
			continue
		}
		was, full := before[i], append(slices.Clone(p.path), strings.Split(name, ".")...)
		if compared && was != nil && !sameAsSent(was, found) && s.op.Lists(s.op.Success(), full...) {
			wrong = append(wrong, breach(where+"."+name, "as-read", written(found), "the same %s was shown with %s",
				p.of.kind, written(was))...)
			continue
		}
		if !p.of.fromWrites || s.op.Method != http.MethodGet {
			before[i] = found
		}
	}
	if m.known == nil {
		m.known = map[string]map[factKey][]any{}
	}
	if m.known[key.object] == nil {
		m.known[key.object] = map[factKey][]any{}
	}
	m.known[key.object][key] = before
	return wrong
}

// factKey names what a fact is about: the object whose writes may change it, or none, and what tells it apart.
type factKey struct {
	object, rest string
	by           string // the caller's Authorization, where that tells it apart
}

// forGood is the object of what no write changes.
const forGood = ""

// key reports false where a property that tells the object apart is missing. A version that is given stands for the
// object's.
func (f fact) key(object, in map[string]any, header http.Header, version any) (key factKey, known bool) {
	var values []string
	for _, name := range f.by {
		outer, enclosing := strings.CutPrefix(name, "^")
		value := object[name]
		switch {
		case name == "caller":
			key.by = header.Get("Authorization")
			continue
		case enclosing:
			name, value = outer, in[outer]
		}
		if name == "version" && version != nil {
			value = version
		}
		if value == nil && name != "edition" {
			return factKey{}, false
		}
		values = append(values, text(value))
	}
	key.object, key.rest = forGood, f.kind+" "+strings.Join(values, " ")
	if slices.Contains(f.by, "version") || slices.Contains(f.by, "^version") {
		key.object = values[0]
	}
	return key, true
}

// doubt drops what is known at a version of the objects that a write may have changed: of those that it names, and
// where a tenant is restored of all, since the users below it may have got other logins.
func (m *Memory) doubt(s success) {
	for _, id := range s.path {
		delete(m.known, id)
	}
	if s.op.ID == "RestoreDeletedTenant" {
		maps.DeleteFunc(m.known, func(id string, _ map[factKey][]any) bool { return id != forGood })
	}
}

// objects calls for each object to which the names lead from value, through lists, with the one that encloses it.
func objects(where string, value any, in map[string]any, path []string,
	call func(where string, object, in map[string]any)) {
	if list, isList := value.([]any); isList {
		for i, one := range list {
			objects(fmt.Sprintf("%s[%d]", where, i), one, in, path, call)
		}
		return
	}
	object, isObject := value.(map[string]any)
	switch {
	case !isObject:
	case len(path) == 0:
		call(where, object, in)
	default:
		objects(where+"."+path[0], object[path[0]], object, path[1:], call)
	}
}

// ids are those of the objects of a list; any other value is as it is.
func ids(value any) any {
	list, _ := value.([]any)
	var all []any
	for _, one := range list {
		object, isObject := one.(map[string]any)
		if !isObject {
			return value
		}
		id, shown := object["id"]
		if !shown {
			return nil // what may be left out tells nothing apart
		}
		all = append(all, id)
	}
	if all == nil {
		return value
	}
	return all
}

// text is a value as a key: nothing is empty.
func text(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}
