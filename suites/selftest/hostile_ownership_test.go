package selftest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
)

// deceit is a target that lies outside the id in the answer to a creating call.
type deceit struct {
	// answers returns what answers in the mock's place. The account is there when the run begins.
	answers func(a *account) func(g *gateway, w http.ResponseWriter, r *http.Request) bool
	focus   string // empty: one refused read and one that succeeds
	code    int
	says    string
	left    types.GomegaMatcher // the run's own tenants that are on the target afterwards, by name
}

var _ = Describe("a target that lies about whose an object is", long, func() {
	DescribeTable("makes the suite write to nothing that is not its own", func(ctx SpecContext, d deceit) {
		a := new(account)
		var answer func(g *gateway, w http.ResponseWriter, r *http.Request) bool
		g := startGateway(func(g *gateway, w http.ResponseWriter, r *http.Request) bool {
			return a.tenant != "" && answer(g, w, r)
		})
		seed := seeded(g)
		answer = d.answers(a)
		*a = seed
		arguments := []string{}
		if d.focus != "" {
			arguments = append(arguments, "-focus="+d.focus)
		}
		o := runWatched(ctx, g.environment, arguments...)
		Expect(o.code).To(Equal(d.code), o.output)
		Expect(lines.ReplaceAllString(o.output, " ")).To(ContainSubstring(d.says))
		Expect(o.output).NotTo(ContainSubstring("panic:"))
		expectUnharmed(g, *a)
		Expect(ownTenants(g, *a)).To(d.left)
		if d.code == 0 {
			Expect(o.result.Leftovers).To(BeEmpty())
		}
	},
		// What the answers to creating calls name beside the id.
		Entry("with the owner of a location in braces", sample, limit, related("owner_tenant_id", "{%s}")),
		Entry("with the owner of a location as a URN", limit, related("owner_tenant_id", "urn:uuid:%s")),
		Entry("with the owner of a location and a space", limit, related("owner_tenant_id", "%s ")),
		Entry("with the owner of a location without hyphens", limit, related("owner_tenant_id", "bare %s")),
		Entry("with the tenant of a user", limit, related("tenant_id", "%s")),
		Entry("with an identity provider", limit, func() deceit {
			d := related("default_idp_id", "%s")
			d.focus, d.code, d.says = "(20x/valid-token|401/no-token)/UpdateTenantDefaultIdpId", 2,
				"no read-back has shown it to be the run's own"
			return d
		}()),
		Entry("with the login of somebody", limit, deceit{
			focus: "(401|20x)/.*(RequestTokens|ForgotLink|FetchCurrentUserInfo)|401/wrong-password", code: 0,
			says: `the login in it is "somebody", and "conformance-`, left: BeEmpty(),
			answers: func(a *account) func(*gateway, http.ResponseWriter, *http.Request) bool {
				return func(g *gateway, w http.ResponseWriter, r *http.Request) bool {
					body, _ := io.ReadAll(r.Body)
					r.Body = io.NopCloser(bytes.NewReader(body))
					user, _, _ := r.BasicAuth()
					if strings.Contains(string(body)+r.URL.RawQuery+user, "somebody") {
						// as a write to it
						g.writes.record(httptest.NewRequest(http.MethodPost, "/users/"+a.user, nil), nil)
					}
					return r.Method == http.MethodPost && r.URL.Path == "/api/2/users" &&
						amended(g, w, r, func(user map[string]any) { user["login"] = "somebody" })
				}
			}}),
		Entry("in the list of what is stored", limit, deceit{focus: "(400|401|405)/.*[Ss]tored", code: 1,
			says: "DownloadStoredReport was answered with 404", left: BeEmpty(),
			answers: func(a *account) func(*gateway, http.ResponseWriter, *http.Request) bool {
				return func(_ *gateway, w http.ResponseWriter, r *http.Request) bool {
					return strings.HasSuffix(r.URL.Path, "/stored") && answersWith(w, map[string]any{"items": []any{
						map[string]any{"id": a.report, "format": "csv_v2_0"}}})
				}
			}}),
		Entry("in the batch read alone", limit, deceit{focus: "(20x/valid-token|401/no-token)/.*User", code: 1,
			says: "it was left as it is", left: BeEmpty(), answers: echoes}),
		// The sandbox itself.
		Entry("by no body for the sandbox", limit, unnamed(http.StatusCreated, 1, `holds no "id"`)),
		Entry("by a failure for a sandbox that was made", limit, unnamed(http.StatusInternalServerError, 2,
			"CreateTenant was answered with")),
		Entry("by no answer for a sandbox that was made", limit, unnamed(0, 2, "broke the answer off")),
		Entry("by the word that the sandbox is deleted", sample, limit, deletion(http.StatusOK)),
		Entry("by the word that the sandbox is accepted for deletion", limit, deletion(http.StatusAccepted)),
		Entry("by the word that the sandbox is not there", limit, deletion(http.StatusNotFound)),
		Entry("by a redirect of the sandbox's deletion", limit, deletion(http.StatusPermanentRedirect)),
		// The configured client.
		Entry("by another tenant for the client", limit, tenants(1)),
		Entry("by another tenant for the client, the second time", limit, func() deceit {
			d := tenants(2) // and no call gives a client another tenant
			d.code, d.says = 1, "and no call changes it"
			return d
		}()),
		// Redirects of every write.
		Entry("by redirects of all writes", limit,
			deceit{code: 1, focus: "(20x/valid-token|401/no-token)/(Create|Update).*",
				says: "308", left: Not(BeEmpty()),
				answers: func(a *account) func(*gateway, http.ResponseWriter, *http.Request) bool {
					var writes atomic.Int64
					return func(_ *gateway, w http.ResponseWriter, r *http.Request) bool {
						if r.Method == http.MethodGet || strings.HasPrefix(r.URL.Path, "/api/2/idp/") ||
							writes.Add(1) < 40 {
							return false
						}
						w.Header().Set("Location", "/api/2/tenants/"+a.customer)
						w.WriteHeader(http.StatusPermanentRedirect)
						return true
					}
				}}),
	)

	DescribeTable("makes a sweep remove nothing that is not a run's", func(ctx SpecContext, said string,
		edit func(a account, r *http.Request, answer map[string]any)) {
		var a account
		g := startGateway(func(g *gateway, w http.ResponseWriter, r *http.Request) bool {
			return a.tenant != "" && r.Method == http.MethodGet &&
				amended(g, w, r, func(answer map[string]any) { edit(a, r, answer) })
		})
		a = seeded(g)
		g.environment["CONFIRM"] = "yes"
		o := newDesk(g.environment).look(ctx, "sweep", "-target=staging", "-age=0s")
		Expect(o.code).To(Equal(2), o.output)
		Expect(o.flat()).To(ContainSubstring(said))
		expectUnharmed(g, a)
		Expect(g.requests("")).To(BeNumerically("<", 500), "a list that never ends is left")
	},
		Entry("where the list of children holds the tenant of another", limit, "it is left as it is",
			func(a account, r *http.Request, answer map[string]any) {
				if r.URL.Query().Get("parent_id") == a.tenant {
					answer["items"] = append(answer["items"].([]any), tenantOf(a.nephew, nephewsName, a.partner))
				}
			}),
		Entry("where the list lies about its parent too", limit, `it is read with the parent_id`,
			func(a account, r *http.Request, answer map[string]any) {
				switch {
				case r.URL.Query().Get("parent_id") == a.tenant:
					answer["items"] = append(answer["items"].([]any), tenantOf(a.nephew, nephewsName, a.tenant))
				case r.URL.Query().Get("subtree_root_id") == a.nephew:
					answer["items"] = []any{tenantOf(a.nephew, nephewsName, a.tenant)}
				}
			}),
		Entry("where all clients bear a tag in the list", limit, `it is read with the tenant_id`,
			func(a account, r *http.Request, answer map[string]any) {
				if r.URL.Path == "/api/2/clients" {
					answer["items"] = []any{map[string]any{"client_id": a.other, "tenant_id": a.nephew,
						"data": map[string]any{"client_name": nephewsName}}, map[string]any{"client_id": a.other,
						"tenant_id": a.tenant, "data": map[string]any{"client_name": nephewsName}}}
				}
				if r.URL.Path == "/api/2/clients/"+a.other {
					answer["tenant_id"] = a.customer // as it might be
				}
			}),
		Entry("where a read by id repeats the tag, and the batch read does not", limit,
			`it is read with the name "A customer"`,
			func(a account, r *http.Request, answer map[string]any) {
				items, _ := answer["items"].([]any)
				for _, item := range items {
					if one := item.(map[string]any); one["id"] == a.customer && r.URL.Query().Get("uuids") == "" {
						one["name"] = nephewsName
					}
				}
				if r.URL.Path == "/api/2/tenants/"+a.customer {
					answer["name"] = nephewsName
				}
			}),
		Entry("where the locations bear a tag in the list", limit, `it is read with the name "A location"`,
			func(a account, r *http.Request, answer map[string]any) {
				if r.URL.Path == "/api/2/locations" {
					for _, item := range answer["items"].([]any) {
						item.(map[string]any)["name"] = nephewsName
					}
				}
			}),
		Entry("where the lists have no end", limit, "the list has no end",
			func(_ account, r *http.Request, answer map[string]any) {
				if answer["items"] != nil {
					answer["paging"] = map[string]any{"cursors": map[string]any{
						"after": fmt.Sprint("x", r.URL.Query().Get("after"))}}
				}
			}),
	)
})

// related is a target that names a customer of somebody under that property in each answer to a creating call.
func related(property, format string) deceit {
	return deceit{focus: "20x/valid-token/|405/.*(DELETE|PUT).*(tenant|location|infra|user)", code: 1,
		says: "VIOLATION on staging", left: BeEmpty(),
		answers: func(a *account) func(*gateway, http.ResponseWriter, *http.Request) bool {
			return func(g *gateway, w http.ResponseWriter, r *http.Request) bool {
				return r.Method == http.MethodPost && !strings.HasPrefix(r.URL.Path, "/api/2/idp/") &&
					amended(g, w, r, func(object map[string]any) {
						named := fmt.Sprintf(strings.TrimPrefix(format, "bare "), a.customer)
						if strings.HasPrefix(format, "bare ") {
							named = strings.ReplaceAll(named, "-", "")
						}
						if object[property] != nil {
							object[property] = named
						}
					})
			}
		}}
}

// echoes is a target whose creations of users name somebody's. The batch read shows that user as what was sent, and the
// read by id shows who it is.
func echoes(a *account) func(*gateway, http.ResponseWriter, *http.Request) bool {
	var sent atomic.Pointer[map[string]any]
	return func(g *gateway, w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost && r.URL.Path == "/api/2/users" {
			return amended(g, w, r, func(user map[string]any) {
				user["id"] = a.user
				sent.Store(&user)
			})
		}
		user := sent.Load()
		return r.URL.Query().Get("uuids") == a.user && user != nil &&
			answersWith(w, map[string]any{"items": []any{*user}})
	}
}

// unnamed is a target that makes the sandbox and answers so; 0: it hangs up.
func unnamed(status, code int, says string) deceit {
	return deceit{code: code, says: says, left: BeEmpty(),
		answers: func(*account) func(*gateway, http.ResponseWriter, *http.Request) bool {
			var made atomic.Bool
			return func(g *gateway, w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodPost || r.URL.Path != "/api/2/tenants" || !made.CompareAndSwap(false, true) {
					return false
				}
				_, _, _ = g.upstream(r)
				if status == 0 {
					panic(http.ErrAbortHandler)
				}
				w.WriteHeader(status)
				return true
			}
		}}
}

// deletion is a target that keeps the sandbox and answers its deletion so.
func deletion(status int) deceit {
	return deceit{code: 2, says: "1 left behind", left: HaveLen(1),
		answers: func(a *account) func(*gateway, http.ResponseWriter, *http.Request) bool {
			return func(g *gateway, w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodDelete || !strings.HasPrefix(r.URL.Path, "/api/2/tenants/") {
					return false
				}
				read := httptest.NewRequest(http.MethodGet, r.URL.Path, nil)
				read.Header.Set("Authorization", tokenOf(g))
				if g.object(read)["parent_id"] != a.tenant {
					return false
				}
				w.Header().Set("Location", "/api/2/tenants/"+a.customer+"?version=1")
				w.WriteHeader(status)
				return true
			}
		}}
}

// tenants is a target that calls a partner of somebody the tenant of the configured client, from the nth time on.
func tenants(nth int64) deceit {
	return deceit{code: 2, says: "the client's token holds roles on", left: BeEmpty(),
		answers: func(a *account) func(*gateway, http.ResponseWriter, *http.Request) bool {
			var asked atomic.Int64
			return func(g *gateway, w http.ResponseWriter, r *http.Request) bool {
				return r.URL.Path == "/api/2/clients/"+a.client && asked.Add(1) >= nth &&
					amended(g, w, r, func(client map[string]any) { client["tenant_id"] = a.partner })
			}
		}}
}

func tenantOf(id, name, parent string) map[string]any {
	return map[string]any{"id": id, "name": name, "parent_id": parent, "kind": "customer", "enabled": true,
		"version": 1}
}

// amended passes the mock's answer on as the edit has left it, where it is an object and a success.
func amended(g *gateway, w http.ResponseWriter, r *http.Request, edit func(object map[string]any)) bool {
	status, header, body := g.upstream(r)
	var object map[string]any
	if json.Unmarshal(body, &object) == nil && status/100 == 2 && object != nil {
		edit(object)
		body, _ = json.Marshal(object)
	}
	deliver(w, status, header, body)
	return true
}

// answersWith answers with an object.
func answersWith(w http.ResponseWriter, object map[string]any) bool {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(object)
	return true
}

// ownTenants lists the tenants of runs that are in the configured client's tenant, by name.
func ownTenants(g *gateway, a account) []string {
	GinkgoHelper()
	r := httptest.NewRequest(http.MethodGet, "/api/2/tenants?parent_id="+a.tenant, nil)
	r.Header.Set("Authorization", tokenOf(g))
	var names []string
	for _, item := range g.object(r)["items"].([]any) {
		if name := item.(map[string]any)["name"].(string); strings.HasPrefix(name, "conformance-") {
			names = append(names, name)
		}
	}
	return slices.Compact(names)
}
