package selftest_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// actsAs is a service whose tokens name one role alone, and which refuses some valid calls as if that role were not
// enough.
func actsAs(role string) *proxy {
	var mu sync.Mutex
	real := map[string]string{} // tokens of the mock, by those that were given out
	return &proxy{
		change: func(a *http.Response) {
			if a.Request.URL.Path != "/api/2/idp/token" || a.StatusCode != http.StatusOK {
				return
			}
			body, _ := io.ReadAll(a.Body)
			var object map[string]any
			_ = json.Unmarshal(body, &object) // the mock's own
			token, _ := object["access_token"].(string)
			parts := strings.Split(token, ".")
			payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
			var claims map[string]any
			_ = json.Unmarshal(payload, &claims)
			claims["scope"] = []any{"urn:acronis:account-server::" + role}
			payload, _ = json.Marshal(claims)
			given := parts[0] + "." + base64.RawURLEncoding.EncodeToString(payload) + "." + parts[2]
			mu.Lock()
			real[given] = token
			mu.Unlock()
			object["access_token"] = given
			body, _ = json.Marshal(object)
			a.Body, a.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			a.Header.Del("Content-Length")
		},
		interfere: func(_ *proxy, w http.ResponseWriter, r *http.Request) bool {
			mu.Lock()
			token := real[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
			mu.Unlock()
			if token != "" {
				r.Header.Set("Authorization", "Bearer "+token)
			}
			refused := slices.ContainsFunc([]string{"FetchTenantChildren", "FetchRegistrationTokens_0",
				"CheckLoginNameAvailability"},
				func(operation string) bool { return strings.Contains(r.UserAgent(), "control/"+operation) })
			return refused && answer(w, http.StatusForbidden, envelope)
		},
	}
}

// A pass means tested.
var _ = Describe("a full run on a live target", func() {
	full := func(ctx SpecContext, command string, p *proxy, changes ...func(string) string) (*desk, outcome) {
		GinkgoHelper()
		environment := startMock()
		between(environment, p)
		d := newDesk(environment, append(changes, readOnly)...)
		return d, d.run(ctx, command, "-target=staging")
	}

	It("passes where what its configuration lets it test is tested, and says what that leaves out", limit,
		func(ctx SpecContext) {
			_, o := full(ctx, "run", &proxy{})
			Expect(o.code).To(Equal(0), o.output)
			Expect(o.flat()).To(MatchRegexp(
				`PASS on staging: .* reference cells are asserted; not tested here are \d+: target is read-only`))
		})

	It("passes where the reference's roles set a few cells aside, and says so", limit, func(ctx SpecContext) {
		_, o := full(ctx, "run", actsAs("token_introspector"))
		Expect(o.code).To(Equal(0), o.output)
		Expect(o.result.SetAside()[report.LimitRole]).To(BeNumerically(">", 1))
		Expect(o.flat()).To(MatchRegexp(`PASS on staging: .*not tested here are .*\d+: role `))
	})

	DescribeTable("is inconclusive where roles set more aside than may be", func(ctx SpecContext, command string) {
		d, o := full(ctx, command, actsAs("token_introspector"), replaced("transient: 10}",
			"transient: 10, set_aside: 1}"))
		Expect(o.code).To(Equal(2), o.output)
		Expect(o.result.Verdict).To(Equal(report.Inconclusive))
		Expect(o.result.Reason).To(
			MatchRegexp(`^\d+ of the \d+ reference cells that can be tested here are asserted, and 85 % are asked ` +
				`for; missing are .*role `))
		Expect(expectJUnit(o).Attributes).To(HaveKeyWithValue("errors", "1"))
		if command == "gate" {
			Expect(d.decision()).To(SatisfyAll(HaveField("Pass", false), HaveField("ExitCode", 2), HaveField("Reasons",
				HaveExactElements(o.result.Reason))))
		}
	},
		Entry("run", long, limit, "run"),
		Entry("gate", limit, "gate"),
	)

	It("is told nothing by a role that the reference does not use", limit, func(ctx SpecContext) {
		d, o := full(ctx, "gate", actsAs("stargazer"))
		Expect(o.code).To(Equal(1), o.output)
		Expect(d.decision().Pass).To(BeFalse())
		Expect(o.result.SetAside()).NotTo(HaveKey(report.LimitRole))
		Expect(withVerdict(o.result, report.Violation)).To(ContainElement(
			HavePrefix("20x/valid-token/FetchTenantChildren: ")))
	})
})

var _ = Describe("a run that leaves something behind", func() {
	It("is not a pass, and counts it in the last line", limit, func(ctx SpecContext) {
		environment := startMock()
		direct := maps.Clone(environment)
		between(environment, &proxy{interfere: func(_ *proxy, w http.ResponseWriter, r *http.Request) bool {
			return r.Method == http.MethodDelete && answer(w, http.StatusForbidden, envelope)
		}})
		o := newDesk(environment).run(ctx, "run", "-target=staging", few)
		Expect(o.code).To(Equal(2), o.output)
		Expect(o.result.Verdict).To(Equal(report.Error))
		Expect(o.result.Totals.Specs.Pass).To(Equal(2))
		Expect(o.flat()).To(MatchRegexp(
			`ERROR on staging: \d+ objects were left behind, and 0 may be: make sweep TARGET=staging RUN=` +
				o.result.Run.ID +
				` CONFIRM=yes \(the first of them, \S+ \S+: .*DELETE .* 403.*\); \d+ left behind`))

		allowed := newDesk(environment, replaced("transient: 10}", "transient: 10, leftovers: 99}"))
		o = allowed.run(ctx, "run", "-target=staging", few)
		Expect(o.code).To(Equal(0), o.output)
		Expect(o.flat()).To(MatchRegexp(`PASS on staging: .*; \d+ left behind`))

		direct["CONFIRM"] = "yes"
		Expect(newDesk(direct).look(ctx, "sweep", "-target=staging", "-age=0s").code).To(Equal(0))
	})
})
