package selftest_test

import (
	"net"
	"time"

	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// A live target is only a URL and credentials: here the mock, in a process of its own.
var _ = Describe("a live target", func() {
	DescribeTable("is green where it keeps the contract", func(ctx SpecContext, arguments ...string) {
		environment := startMock(arguments...)
		o := runSuite(ctx, environment, "run", "-target=staging", "-filter=!waiting", "-procs=2")
		Expect(o.result).NotTo(BeNil(), o.output)
		Expect(withVerdict(o.result, report.Violation)).To(BeEmpty())
		Expect(withVerdict(o.result, report.Error)).To(BeEmpty())
		Expect(o.result.Leftovers).To(BeEmpty())
		Expect(o.result.Totals.Reference.Asserted).To(BeNumerically(">=", 365))
		Expect(o.code).To(Equal(0), o.output)
		file := expectJUnit(o)
		Expect(file.Attributes).To(SatisfyAll(HaveKeyWithValue("failures", "0"), HaveKeyWithValue("errors", "0")))
	},
		Entry("over HTTP", long, SpecTimeout(5*time.Minute)),
		Entry("over TLS with an authority of its own", long, SpecTimeout(5*time.Minute), "-tls"),
	)

	DescribeTable("that is unusable is one clear error, and no spec is red", func(ctx SpecContext,
		spoil func(map[string]string), sentence string) {
		environment := startMock("-tls")
		spoil(environment)
		o := runSuite(ctx, environment, "run", "-target=staging")
		Expect(o.code).To(Equal(2), o.output)
		Expect(o.output).To(ContainSubstring(sentence))
		if o.result != nil {
			Expect(o.result.Verdict).To(Equal(report.Error))
			Expect(withVerdict(o.result, report.Violation)).To(BeEmpty())
			Expect(expectJUnit(o).Attributes).To(SatisfyAll(HaveKeyWithValue("tests", "1"),
				HaveKeyWithValue("errors", "1")))
		}
	},
		Entry("wrong credentials", func(e map[string]string) { e["ACRONIS_CLIENT_SECRET"] = "not-the-secret" }, "401",
			SpecTimeout(2*time.Minute)),
		Entry("a dead port", func(e map[string]string) { e["ACRONIS_DATACENTER_URL"] = deadURL() }, "refused",
			long, SpecTimeout(2*time.Minute)),
		Entry("an authority that is not known here", func(e map[string]string) { delete(e, "ACRONIS_CA_FILE") },
			"signed by an authority that is not trusted here", long, SpecTimeout(2*time.Minute)),
		Entry("no secret at all", func(e map[string]string) { e["ACRONIS_CLIENT_SECRET"] = "" },
			"ACRONIS_CLIENT_SECRET", SpecTimeout(2*time.Minute)),
	)
})

// deadURL names a loopback port that nothing listens on.
func deadURL() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = listener.Close() }()
	return "http://" + listener.Addr().String()
}
