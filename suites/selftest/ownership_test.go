package selftest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// recorder notes every write that the target is sent, with all that it names.
type recorder struct {
	mu     sync.Mutex
	writes []string
}

func (r *recorder) record(request *http.Request, body []byte) {
	if request.Method == http.MethodGet || strings.HasSuffix(request.URL.Path, "/idp/token") {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.writes = append(r.writes, request.Method+" "+request.URL.RequestURI()+" "+string(body))
}

// naming lists the writes that name one of the ids in any form, other than the creation of the sandbox itself.
func (r *recorder) naming(root string, ids ...string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	sandbox := fmt.Sprintf(`"parent_id":%q`, root)
	return slices.DeleteFunc(slices.Clone(r.writes), func(write string) bool {
		if strings.HasPrefix(write, "POST /api/2/tenants ") {
			write = strings.Replace(write, sandbox, "", 1)
		}
		return !slices.ContainsFunc(ids, func(id string) bool { return strings.Contains(asRead(write), asRead(id)) })
	})
}

// asRead is a text as the most lenient service would read an id in it: without escapes, hyphens, and differences of
// case.
func asRead(text string) string {
	for range 3 {
		if plain, err := url.PathUnescape(text); err == nil {
			text = plain
		}
	}
	return strings.ToLower(strings.ReplaceAll(text, "-", ""))
}

// steering matches a path in which a segment is empty or leads elsewhere.
var steering = regexp.MustCompile(`^\w+ /api/2(/[^ ?]*)?(//|/\.\.?(/|[ ?])|/[ ?])`)

// steering lists the writes whose path leads elsewhere.
func (r *recorder) steering() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.writes), func(write string) bool { return !steering.MatchString(write) })
}

// account is what the target held before the run.
type account struct {
	tenant, client                  string // configured
	customer, user, location, other string // below the tenant; other is a client
	partner, nephew, report         string // likewise, and the nephew is a customer below the partner
}

// nephewsName is that of a sandbox of another run, of somebody who works below the partner.
const nephewsName = "conformance-20260101t000000-abcdef-1"

// seeded makes objects that are not the run's in the tenant of the configured client.
func seeded(g *gateway) account {
	GinkgoHelper()
	a := account{client: g.environment["ACRONIS_CLIENT_ID"]}
	bearer := tokenOf(g)
	send := func(method, path, body string) map[string]any {
		r := httptest.NewRequest(method, "/api/2"+path, strings.NewReader(body))
		r.Header.Set("Authorization", bearer)
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		return g.object(r)
	}
	a.tenant = ownTenant(g)
	in := func(format string) string { return fmt.Sprintf(format, a.tenant) }
	a.customer = send(http.MethodPost, "/tenants",
		in(`{"name":"A customer","kind":"customer","parent_id":%q}`))["id"].(string)
	a.partner = send(http.MethodPost, "/tenants",
		in(`{"name":"A partner","kind":"partner","parent_id":%q}`))["id"].(string)
	a.nephew = send(http.MethodPost, "/tenants", fmt.Sprintf(`{"name":%q,"kind":"customer","parent_id":%q}`,
		nephewsName,
		a.partner))["id"].(string)
	a.report = send(http.MethodPost, "/reports", in(`{"recipients":[],"result_action":"save","parameters":{`+
		`"tenant_id":%q,"level":"accounts","kind":"usage_current","formats":["csv_v2_0"]},"schedule":{"type":"once"}}`),
	)["id"].(string)
	a.user = send(http.MethodPost, "/users",
		in(`{"login":"somebody","contact":{"email":"a@example.com"},"tenant_id":%q}`))["id"].(string)
	a.location = send(http.MethodPost, "/locations", in(`{"name":"A location","owner_tenant_id":%q}`))["id"].(string)
	a.other = send(http.MethodPost, "/clients",
		in(`{"type":"api_client","token_endpoint_auth_method":"client_secret_basic","tenant_id":%q}`),
	)["client_id"].(string)
	return a
}

// expectUnharmed looks at what was there before: no write has named it, and it is as it was.
func expectUnharmed(g *gateway, a account) {
	GinkgoHelper()
	Expect(g.writes.naming(a.tenant, a.tenant, a.client, a.customer, a.partner, a.nephew, a.user, a.location, a.other,
		a.report)).To(BeEmpty())
	shows := func(path string) map[string]any {
		r := httptest.NewRequest(http.MethodGet, "/api/2"+path, nil)
		r.Header.Set("Authorization", tokenOf(g))
		return g.object(r)
	}
	enabled := HaveKeyWithValue("enabled", true)
	Expect(shows("/tenants/" + a.tenant)).To(enabled)
	Expect(shows("/tenants/" + a.customer)).To(And(enabled, HaveKeyWithValue("name", "A customer")))
	Expect(shows("/tenants/" + a.partner)).To(And(enabled, HaveKeyWithValue("name", "A partner")))
	Expect(shows("/tenants/" + a.nephew)).To(And(enabled, HaveKeyWithValue("name", nephewsName)))
	Expect(shows("/users/" + a.user)).To(HaveKeyWithValue("login", "somebody"))
	Expect(shows("/locations/" + a.location)).To(HaveKeyWithValue("name", "A location"))
	Expect(shows("/clients/" + a.client)).To(HaveKeyWithValue("status", "enabled"))
	Expect(shows("/clients/" + a.other)).To(HaveKeyWithValue("status", "enabled"))
	Expect(shows("/reports/" + a.report)).To(HaveKey("version"))
}

// object is the mock's answer to the request.
func (g *gateway) object(r *http.Request) map[string]any {
	GinkgoHelper()
	status, _, body := g.upstream(r)
	var decoded map[string]any
	Expect(json.Unmarshal(body, &decoded)).To(Succeed(), "%d %s", status, body)
	Expect(status/100).To(Equal(2), "%s", body)
	return decoded
}

// lie is a target that answers a creating call with another object than the one created.
type lie struct {
	path  string // of the creating call
	nth   int    // which of these calls is lied to, from 1; 0: all
	key   string // property that holds the id
	names func(a account) string
	shows func(a account) string // path of the object whose read is the answer; nil: the created one under the false id
	code  int
}

var _ = Describe("a target that lies about what was created", long, func() {
	DescribeTable("makes the suite write to nothing that is not its own", func(ctx SpecContext, l lie) {
		var a account
		var mu sync.Mutex
		count := 0
		g := startGateway(func(g *gateway, w http.ResponseWriter, r *http.Request) bool {
			body, _ := io.ReadAll(r.Body)
			again := r.Clone(r.Context())
			r.Body, again.Body = io.NopCloser(strings.NewReader(string(body))),
				io.NopCloser(strings.NewReader(string(body)))
			if r.Method != http.MethodPost || r.URL.Path != "/api/2"+l.path {
				return false
			}
			mu.Lock()
			count++
			lies := l.nth == 0 || count == l.nth
			mu.Unlock()
			status, header, answer := g.upstream(again)
			var object map[string]any
			if lies && status/100 == 2 && json.Unmarshal(answer, &object) == nil {
				if l.shows != nil {
					shown := httptest.NewRequest(http.MethodGet, "/api/2"+l.shows(a), nil)
					shown.Header.Set("Authorization", r.Header.Get("Authorization"))
					_, _, other := g.upstream(shown)
					_ = json.Unmarshal(other, &object)
				}
				object[l.key] = l.names(a)
				answer, _ = json.Marshal(object)
			}
			deliver(w, status, header, answer)
			return true
		})
		a = seeded(g)
		o := runWatched(ctx, g.environment,
			"-focus=20x/(valid-token|shows-as-made)|409/|405/.*DELETE.*(tenant|client|user|location)|"+
				"403/foreign-tenant/(Update|Delete)")
		Expect(o.code).To(Equal(l.code), o.output)
		Expect(o.result).NotTo(BeNil(), o.output)
		Expect(o.result.Verdict).NotTo(Equal(report.Pass))
		expectUnharmed(g, a)
		Expect(o.output).To(Or(ContainSubstring("names an object that is not the one created"),
			ContainSubstring("not known to be the run's own")))
	},
		func(l lie) string { return fmt.Sprintf("POST %s, call %d", l.path, l.nth) },
		Entry("with the tenant of the client, for the sandbox", SpecTimeout(time.Minute), lie{"/tenants", 1, "id",
			func(a account) string { return a.tenant }, func(a account) string { return "/tenants/" + a.tenant }, 1}),
		Entry("with the tenant of the client, in every answer", SpecTimeout(time.Minute), lie{"/tenants", 0, "id",
			func(a account) string { return a.tenant }, nil, 1}),
		Entry("with a customer, for the sandbox", sample, SpecTimeout(time.Minute), lie{"/tenants", 1, "id",
			func(a account) string { return a.customer }, func(a account) string { return "/tenants/" + a.customer },
			1}),
		Entry("with a customer, under the name that was sent", SpecTimeout(time.Minute), lie{"/tenants", 1, "id",
			func(a account) string { return a.customer }, nil, 1}),
		Entry("with a customer, for home", SpecTimeout(time.Minute), lie{"/tenants", 2, "id",
			func(a account) string { return a.customer }, func(a account) string { return "/tenants/" + a.customer },
			1}),
		Entry("with a customer, later", SpecTimeout(time.Minute), lie{"/tenants", 9, "id",
			func(a account) string { return a.customer }, func(a account) string { return "/tenants/" + a.customer },
			1}),
		Entry("with the configured client, for the first client", SpecTimeout(time.Minute),
			lie{"/clients", 1, "client_id",
				func(a account) string { return a.client }, nil, 1}),
		Entry("with the configured client, later", SpecTimeout(time.Minute), lie{"/clients", 5, "client_id",
			func(a account) string { return a.client }, func(a account) string { return "/clients/" + a.client }, 1}),
		Entry("with another client", SpecTimeout(time.Minute), lie{"/clients", 6, "client_id",
			func(a account) string { return a.other }, func(a account) string { return "/clients/" + a.other }, 1}),
		Entry("with a user", SpecTimeout(time.Minute), lie{"/users", 3, "id",
			func(a account) string { return a.user }, func(a account) string { return "/users/" + a.user }, 1}),
		Entry("with a user, in every answer", SpecTimeout(time.Minute), lie{"/users", 0, "id",
			func(a account) string { return a.user }, nil, 1}),
		Entry("with a location", SpecTimeout(time.Minute), lie{"/locations", 1, "id",
			func(a account) string { return a.location }, func(a account) string { return "/locations/" + a.location },
			1}),
		Entry("with an id that steers", sample, SpecTimeout(time.Minute), lie{"/clients", 4, "client_id",
			func(account) string { return ".." }, nil, 1}),
		Entry("with an empty id", SpecTimeout(time.Minute), lie{"/clients", 0, "client_id",
			func(account) string { return "" }, nil, 1}),
		Entry("with an id that leads to a tenant", SpecTimeout(time.Minute), lie{"/users", 2, "id",
			func(a account) string { return "../tenants/" + a.tenant }, nil, 1}),
	)
})

// ownTenant is the tenant of the configured client.
func ownTenant(g *gateway) string {
	GinkgoHelper()
	r := httptest.NewRequest(http.MethodGet, "/api/2/clients/"+g.environment["ACRONIS_CLIENT_ID"], nil)
	r.Header.Set("Authorization", tokenOf(g))
	return g.object(r)["tenant_id"].(string)
}

// tokenOf is the Authorization of the configured client.
func tokenOf(g *gateway) string {
	GinkgoHelper()
	form := url.Values{"grant_type": {"client_credentials"}}
	r := httptest.NewRequest(http.MethodPost, "/api/2/idp/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(g.environment["ACRONIS_CLIENT_ID"], g.environment["ACRONIS_CLIENT_SECRET"])
	return "Bearer " + g.object(r)["access_token"].(string)
}
