package selftest_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// reply is what a gateway makes of an answer of the mock.
type reply struct {
	status      int
	contentType string
	body        []byte
}

// rewritten puts a gateway before a mock that changes the answers to some requests. The change gets method and path
// below the base, and the mock's answer; it reports whether it has changed it.
func rewritten(change func(method, path string, a *reply) bool) *gateway {
	GinkgoHelper()
	return startGateway(func(g *gateway, w http.ResponseWriter, r *http.Request) bool {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		status, header, answered := g.upstream(r)
		a := reply{status, header.Get("Content-Type"), answered}
		if change(r.Method, strings.TrimPrefix(r.URL.Path, "/api/2"), &a) {
			header.Del("Content-Length")
			header.Set("Content-Type", a.contentType)
		}
		for name, values := range header {
			w.Header()[name] = values
		}
		w.WriteHeader(a.status)
		_, _ = w.Write(a.body)
		return true
	})
}

// rulesOf lists rule and path of a spec's differences.
func rulesOf(s report.Spec) []string {
	var rules []string
	for _, d := range s.Differences {
		rules = append(rules, d.Rule+" "+d.Path)
	}
	return rules
}

// What came is judged as what it is, on a target that need not meet assumptions.
var _ = Describe("an answer that is judged as what it is", func() {
	It("is an error that is called a success", SpecTimeout(2*time.Minute), func(ctx SpecContext) {
		g := rewritten(func(method, path string, a *reply) bool {
			changed := method == http.MethodPut && strings.HasPrefix(path, "/users/") && a.status == http.StatusConflict
			if changed {
				a.status = http.StatusOK
			}
			return changed
		})
		o := runWatched(ctx, g.environment, "-focus=409/taken-login/UpdateUser")
		s := specWith(o.result, "409/taken-login/UpdateUser")
		Expect(s.Verdict).To(Equal(report.Violation), s.Reason)
		Expect(s.Accepted).To(BeFalse())
		Expect(rulesOf(s)).To(SatisfyAll(ContainElement("served-error $.error"), ContainElement("required $.login"),
			Not(ContainElement("status status"))))
		Expect(o.code).To(Equal(1), o.output)
	})

	It("is a sound success where nothing promises the refusal", long, SpecTimeout(2*time.Minute), func(
		ctx SpecContext) {
		environment := startMock("-variation", "taken-names-served")
		o := runWatched(ctx, environment, "-focus=409/taken-(login/UpdateUser|name/UpdateTenant)")
		s := specWith(o.result, "409/taken-login/UpdateUser")
		Expect(s.Verdict).To(Equal(report.Inconclusive), s.Reason)
		Expect(s.Accepted).To(BeTrue())
		Expect(specWith(o.result, "409/taken-name/UpdateTenant").Verdict).To(Equal(report.Pass))
		Expect(o.code).To(Equal(0), o.output)
	})

	It("is a refusal with another code, and lacks what it must have", SpecTimeout(2*time.Minute),
		func(ctx SpecContext) {
			environment := startMock("-variation", "malformed-ids-not-found", "-defect", "error-lacks-details")
			o := runWatched(ctx, environment, "-focus=400/malformed-path.*/(FetchTenant|FetchUser|UpdateClient)$")
			Expect(withVerdict(o.result, report.Violation)).To(HaveLen(3))
			for _, s := range o.result.Specs {
				Expect(rulesOf(s)).To(Equal([]string{"required $.error.details"}), s.ID)
				Expect(s.Actual).To(HavePrefix("404"))
			}
		})

	It("is a refusal of what the reference offers, on a target that has just served the rest", SpecTimeout(
		2*time.Minute), func(ctx SpecContext) {
		g := startGateway(func(_ *gateway, _ http.ResponseWriter, r *http.Request) bool {
			if query := r.URL.Query(); strings.HasSuffix(r.URL.Path, "/search") && query.Get("limit") == "300" {
				query.Set("limit", "0")
				r.URL.RawQuery = query.Encode()
			}
			return false
		})
		o := runWatched(ctx, g.environment, "-focus=20x/(list-holds|valid-token)/Search$")
		Expect(specWith(o.result, "20x/valid-token/Search").Verdict).To(Equal(report.Pass))
		Expect(rulesOf(specWith(o.result, "20x/list-holds/Search"))).To(ConsistOf("status status"))
		Expect(o.code).To(Equal(1), o.output)
	})

	// Nothing can be made then. That the host is the API's is known by its other answers: what no rights and no objects
	// explain is a fault of the operation.
	DescribeTable("ends the set-up", func(ctx SpecContext, defect string, code int, faults ...string) {
		o := runWatched(ctx, startMock("-defect", defect), "-focus=404/unknown-id/FetchTenant$")
		var found []string
		for _, line := range withVerdict(o.result, report.Violation) {
			id, _, _ := strings.Cut(line, ":")
			found = append(found, id+" "+strings.Join(rulesOf(specWith(o.result, id)), ", "))
		}
		Expect(found).To(ConsistOf(faults))
		Expect(o.code).To(Equal(code), o.output)
	},
		Entry("as a success without a body", "CreateTenant.201-bodiless", 1,
			"20x/every-answer/CreateTenant media-type header Content-Type", SpecTimeout(time.Minute)),
		Entry("as another success", "CreateTenant.201-as-204", 1, "20x/valid-token/CreateTenant status status",
			SpecTimeout(time.Minute)),
		Entry("as a refusal of what is right", "CreateClient.201-as-415", 1,
			"20x/valid-token/CreateClient status status", SpecTimeout(time.Minute)),
		Entry("as a refusal that the account's rights may explain", "CreateTenant.201-as-403", 2,
			SpecTimeout(time.Minute)),
	)

	It("is a page in the place of every answer", SpecTimeout(2*time.Minute), func(ctx SpecContext) {
		g := rewritten(func(_, _ string, a *reply) bool {
			*a = reply{http.StatusOK, "text/html", []byte("<html>Welcome</html>")}
			return true
		})
		o := runWatched(ctx, g.environment, "-focus=404/unknown-id/FetchTenant$")
		Expect(withVerdict(o.result, report.Violation)).To(BeEmpty())
		Expect(o.code).To(Equal(2), o.output)
	})

	It("changes in what the documentation says nothing of", long, SpecTimeout(2*time.Minute), func(ctx SpecContext) {
		environment := startMock("-variation", "passing-properties,passing-errors")
		o := runWatched(ctx, environment, "-focus=(read-again|changed-is-shown|took-effect|RestoreDeleted|415/|409/)")
		Expect(withVerdict(o.result, report.Violation)).To(BeEmpty())
		Expect(withVerdict(o.result, report.Error)).To(BeEmpty())
		Expect(len(o.result.Specs)).To(BeNumerically(">", 100))
		Expect(o.code).To(Equal(0), o.output)
	})

	DescribeTable("is a body that calls itself JSON", func(ctx SpecContext, id, media, body string,
		verdict report.Verdict, says string) {
		g := rewritten(func(method, path string, a *reply) bool {
			unknown := a.status == http.StatusNotFound && strings.Contains(path, "conformance")
			bad := a.status == http.StatusBadRequest && path == "/tenants"
			changed := unknown || bad || a.status == http.StatusMethodNotAllowed
			if changed {
				a.contentType = media
				a.body = []byte(strings.ReplaceAll(body, "STATUS", fmt.Sprint(a.status)))
			}
			return changed
		})
		o := runWatched(ctx, g.environment, "-focus="+id+"$")
		s := o.result.Specs[0]
		Expect(o.result.Specs).To(HaveLen(1))
		Expect(s.Verdict).To(Equal(verdict), s.Reason)
		Expect(fmt.Sprint(s.Advice, s.Differences)).To(ContainSubstring(says))
	},
		Entry("of another form, on a method that is not supported", "405/wrong-method/PATCH.tenants",
			"application/json",
			`{"error":[1]}`, report.Pass, "must be the error envelope: $.error", SpecTimeout(time.Minute)),
		Entry("and is a page, on a method that is not supported", long, "405/wrong-method/PATCH.tenants",
			"application/json",
			`<html>`, report.Violation, "not-json", SpecTimeout(time.Minute)),
		Entry("of another form, on an unknown route", long, `404/unknown-route-under/GET.idp.\{unknown\}`,
			"application/json",
			`{"error":[1]}`, report.Pass, "must be the error envelope: $.error", SpecTimeout(time.Minute)),
		Entry("and is a word, on an unknown route", long, `404/unknown-route-under/GET.idp.\{unknown\}`,
			"application/json",
			`not found`, report.Violation, "not-json", SpecTimeout(time.Minute)),
		Entry("and holds nothing, where the details are promised", long, "400/missing-field-name/CreateTenant",
			"application/json",
			`{}`, report.Violation, "details", SpecTimeout(time.Minute)),
		Entry("in another charset than its bytes", "405/wrong-method/PATCH.tenants", "application/json; charset=utf-16",
			`{"error":{"code":STATUS,"domain":null,"message":"no","details":{}}}`, report.Pass, "charset=utf-16",
			SpecTimeout(time.Minute)),
	)
})
