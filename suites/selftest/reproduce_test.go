package selftest_test

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"sync/atomic"
	"time"

	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("a failure", func() {
	It("is replayed until it is gone, beside the result that names it", long, limit, func(ctx SpecContext) {
		environment := startMock()
		var healthy atomic.Bool
		conflict := conflictFor(redSpec)
		between(environment, &proxy{change: func(a *http.Response) {
			if !healthy.Load() {
				conflict(a)
			}
		}})
		d := newDesk(environment)
		first := d.run(ctx, "run", "-target=staging", redSpec, "401/no-token/FetchApplications")
		Expect(first.code).To(Equal(1), first.output)
		Expect(first.result.Faults).NotTo(BeEmpty())
		Expect(first.result.Run.Filter).To(Equal(redSpec + " 401/no-token/FetchApplications"))
		fault := first.result.Faults[0].ID

		for _, name := range []string{fault, redSpec} {
			o := d.look(ctx, "replay", "-target=staging", "-from="+d.path("conformance.json"), name)
			Expect(o.code).To(Equal(1), o.output)
			Expect(o.output).To(MatchRegexp(`(?m)^still there: ` + regexp.QuoteMeta(name)))
			Expect(o.output).To(ContainSubstring("Ran 1 of "))
		}
		healthy.Store(true)
		for _, name := range []string{fault, redSpec} {
			o := d.look(ctx, "replay", "-target=staging", "-quiet", "-from="+d.path("conformance.json"), name)
			Expect(o.code).To(Equal(0), o.output)
			Expect(o.output).To(MatchRegexp(`(?m)^gone: ` + regexp.QuoteMeta(name)))
		}
		Expect(d.path("reports/selection/" + fault + "/conformance.json")).To(BeARegularFile())
		kept, err := report.Read(d.path("conformance.json"))
		Expect(err).NotTo(HaveOccurred())
		Expect(kept.Run.ID).To(Equal(first.result.Run.ID), "a replay leaves what it replays")
	})

	It("is repeated by the lines of the report, once -keep has left the objects", limit, func(ctx SpecContext) {
		environment := startMock("-quiet")
		d := newDesk(environment)
		o := d.run(ctx, "run", "-target=staging", "-keep", "403/foreign-tenant/FetchTenant*", "409/*/CreateUser",
			"401/tampered-token/DeleteTenant", "404/unknown-id/FetchClient")
		Expect(o.code).To(Equal(0), o.output)
		variables := d.path(".acronis/kept.env")
		info, err := os.Stat(variables)
		Expect(err).NotTo(HaveOccurred())
		Expect(info.Mode().Perm()).To(BeEquivalentTo(0o600))
		content, err := os.ReadFile(variables)
		Expect(err).NotTo(HaveOccurred())
		tokens := regexp.MustCompile(`='(eyJ[^']+)'`).FindAllSubmatch(content, -1)
		Expect(tokens).NotTo(BeEmpty())
		for _, token := range tokens {
			Expect(o.output).NotTo(ContainSubstring(string(token[1])), "tokens are for the file alone")
		}
		codes := map[string]int{}
		for _, s := range o.result.Specs {
			e := s.Own()[0]
			Expect(paste(ctx, "", e.Curl)).To(BeZero(), "without its variables, %s sends nothing", e.Curl)
			Expect(paste(ctx, variables, e.Curl)).To(Equal(e.Attempts[0].Status), "%s: %s", s.ID, e.Curl)
			codes[s.Code]++
		}
		Expect(codes).To(HaveLen(4), "a spec of each code")
	})
})

// paste runs a line of a report in bash, and returns the status of the answer; 0 where nothing was sent.
func paste(ctx context.Context, variables, line string) int {
	GinkgoHelper()
	if variables != "" {
		line = "source " + variables + "; " + line
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	output, _ := exec.CommandContext(ctx, "bash", "-c", line).Output() // which fails where a variable is not set
	status := regexp.MustCompile(`^HTTP/\S+ (\d+)`).FindSubmatch(bytes.TrimSpace(output))
	if status == nil {
		return 0
	}
	code, err := strconv.Atoi(string(status[1]))
	Expect(err).NotTo(HaveOccurred())
	return code
}
