package selftest_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// A server without isolation is the gravest fault, and no reason to test nothing.
var _ = Describe("a target that serves what it must refuse with 403", func() {
	DescribeTable("violates isolation, and is judged for the rest too", func(ctx SpecContext, objects bool) {
		token := ""
		g := startGateway(func(g *gateway, w http.ResponseWriter, r *http.Request) bool {
			body, _ := io.ReadAll(r.Body)
			again := r.Clone(r.Context())
			again.Body, r.Body = io.NopCloser(bytes.NewReader(body)), io.NopCloser(bytes.NewReader(body))
			status, header, answer := g.upstream(again)
			if status == http.StatusForbidden {
				status = http.StatusOK
				if objects && r.Method == http.MethodGet {
					all := httptest.NewRequest(http.MethodGet, r.URL.String(), nil)
					all.Header.Set("Authorization", token)
					status, header, answer = g.upstream(all)
				}
			}
			deliver(w, status, header, answer)
			return true
		})
		token = tokenOf(g)
		o := runWatched(ctx, g.environment, "-focus=(403/|20x/valid-token|401/no-token)")
		Expect(o.code).To(Equal(1), o.output)
		Expect(o.result.Verdict).To(Equal(report.Violation))
		read := specWith(o.result, "403/foreign-tenant/FetchTenant")
		Expect(read.Verdict).To(Equal(report.Violation))
		Expect(specWith(o.result, "403/own-ancestor/FetchTenant").Verdict).To(Equal(report.Violation))
		Expect(specWith(o.result, "20x/valid-token/UpdateTenant").Verdict).To(Equal(report.Pass))
		Expect(specWith(o.result, "401/no-token/UpdateTenant").Verdict).To(Equal(report.Pass))
		write := specWith(o.result, "403/foreign-tenant/UpdateTenant")
		if objects {
			Expect(write.Verdict).To(Equal(report.Inconclusive))
			Expect(write.Reason).To(ContainSubstring("see 403/foreign-tenant/FetchTenant"))
			Expect(write.Requests).To(BeZero(), "nothing is written where reads show that it might take effect")
		} else {
			Expect(write.Verdict).To(Equal(report.Violation))
		}
		Expect(strings.ToLower(o.output)).To(ContainSubstring("served"))
	},
		Entry("with the object", long, true, SpecTimeout(2*time.Minute)),
		Entry("with the error envelope", long, false, SpecTimeout(2*time.Minute)),
	)
})

// specWith is the spec of that id.
func specWith(r *report.Result, id string) report.Spec {
	GinkgoHelper()
	for _, s := range r.Specs {
		if s.ID == id {
			return s
		}
	}
	Fail("the report holds no spec " + id)
	return report.Spec{}
}
