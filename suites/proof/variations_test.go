package proof_test

import (
	"strconv"
	"strings"
	"time"

	"acronis-conformance/fixtures/mock"
	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// variationStep is the sample's: one variation in so many is run alone. All of them together are always run.
const variationStep = 10

// A data center is not the mock. What the documentation leaves free is varied here, and no spec turns red: each variation alone, and
// all of them together.
var _ = Describe("a healthy service that does otherwise what it may", func() {
	var names []string
	for i, v := range mock.Variations() {
		names = append(names, v.Name)
		if *fullFlag || i%variationStep == 0 {
			It(v.Name+": "+v.Does, Label("variation"), SpecTimeout(5*time.Minute), func(ctx SpecContext) { noFalseAlarm(ctx, v.Name, 2) })
		}
	}
	It("all at once", Label("variation"), SpecTimeout(5*time.Minute), func(ctx SpecContext) {
		noFalseAlarm(ctx, strings.Join(names, ","), 4) // most of its time it waits, for some variations slow the service down
	})
})

func noFalseAlarm(ctx SpecContext, variations string, processes int) {
	GinkgoHelper()
	environment := startMock("-tls", "-variation", variations)
	o := runSuite(ctx, environment, "run", "-target=staging", "-filter=!waiting", "-procs="+strconv.Itoa(processes))
	Expect(o.result).NotTo(BeNil(), o.output)
	Expect(withVerdict(o.result, report.Violation)).To(BeEmpty())
	Expect(withVerdict(o.result, report.Error)).To(BeEmpty())
	Expect(o.result.Leftovers).To(BeEmpty())
	Expect(o.code).To(Equal(0), o.output)
}
