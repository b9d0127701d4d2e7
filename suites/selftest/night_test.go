package selftest_test

import (
	"io/fs"
	"net/url"
	"os"
	"time"

	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/tokencache"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// No one can make an expired token for a live target; a nightly run keeps one, which has expired by the next night.
var _ = Describe("the second night", func() {
	const asked = "-focus=401/(expired|no)-token/FetchTenant$"

	It("asserts with the expired token of the first", long, limit, func(ctx SpecContext) {
		environment := startMock()
		token := environment["ACRONIS_EXPIRED_TOKEN"] // of the configured client, and two hours past its time
		environment["ACRONIS_EXPIRED_TOKEN"] = ""
		address, err := url.Parse(environment["ACRONIS_DATACENTER_URL"])
		Expect(err).NotTo(HaveOccurred())
		client, secret := environment["ACRONIS_CLIENT_ID"], config.Secret(environment["ACRONIS_CLIENT_SECRET"])
		d := newDesk(environment)
		path := d.path(".acronis/expired-token")

		// The first night: there is none yet, and the message says from when on there is.
		o := d.run(ctx, "run", "-target=staging", asked)
		Expect(o.code).To(Equal(0), o.output)
		Expect(withVerdict(o.result, report.Inconclusive)).To(HaveExactElements(
			SatisfyAll(HavePrefix("401/expired-token/FetchTenant: "),
				ContainSubstring("no earlier run has kept a token"), ContainSubstring("more than two hours"))))
		file, err := os.Stat(path)
		Expect(err).NotTo(HaveOccurred())
		Expect(file.Mode()).To(Equal(fs.FileMode(0o600)))
		content, err := os.ReadFile(path)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(content)).To(SatisfyAll(ContainSubstring(client), ContainSubstring(address.Host),
			Not(ContainSubstring("eyJ")),
			Not(ContainSubstring(string(secret)))))

		// An hour later it is good yet, and so is never used.
		o = d.run(ctx, "run", "-target=staging", asked)
		Expect(o.code).To(Equal(0), o.output)
		Expect(withVerdict(o.result, report.Inconclusive)).To(HaveExactElements(ContainSubstring(
			"the token that an earlier run kept expires at ")))
		kept, reason, err := tokencache.Load(path, address.Host, client, secret, time.Now().Add(3*time.Hour))
		Expect(err).NotTo(HaveOccurred())
		Expect(reason).To(BeEmpty())
		Expect(string(kept)).To(HavePrefix("eyJ"), "three hours later it would be used")

		// The second night, which one that has expired stands for: that of the same client, kept in the same way.
		Expect(os.Remove(path)).To(Succeed())
		entry, err := tokencache.NewEntry(address.Host, client, token)
		Expect(err).NotTo(HaveOccurred())
		Expect(entry.Expiry).To(BeTemporally("<", time.Now().Add(-time.Minute)))
		Expect(tokencache.Store(path, entry, secret, time.Now())).To(Succeed())
		o = d.run(ctx, "run", "-target=staging", asked)
		Expect(o.code).To(Equal(0), o.output)
		Expect(withVerdict(o.result, report.Pass)).To(ContainElement(HavePrefix("401/expired-token/FetchTenant")))
		Expect(o.output).NotTo(ContainSubstring(token))
		_, reason, err = tokencache.Load(path, address.Host, client, secret, time.Now())
		Expect(err).NotTo(HaveOccurred())
		Expect(reason).To(BeEmpty(), "it stays until the next one has expired")

		// What another secret sealed belongs to no one.
		Expect(os.Remove(path)).To(Succeed())
		Expect(tokencache.Store(path, entry, "another", time.Now())).To(Succeed())
		o = d.run(ctx, "run", "-target=staging", asked)
		Expect(o.code).To(Equal(0), o.output)
		Expect(withVerdict(o.result, report.Inconclusive)).To(HaveExactElements(ContainSubstring(
			"is discarded, since it is sealed under another client secret")))
	})

	It("comes for a target that may only be read too", limit, func(ctx SpecContext) {
		environment := startMock()
		environment["ACRONIS_EXPIRED_TOKEN"] = ""
		d := newDesk(environment, readOnly)
		o := d.run(ctx, "run", "-target=staging", "-focus=401/(expired|no)-token/FetchApplications$")
		Expect(o.code).To(Equal(0), o.output)
		Expect(d.path(".acronis/expired-token")).To(BeARegularFile())
	})

	It("is not for the embedded mock, nor for a plan", limit, func(ctx SpecContext) {
		d := newDesk(startMock())
		Expect(d.run(ctx, "run", asked).code).To(Equal(0))
		Expect(d.look(ctx, "plan", "-target=staging", asked).code).To(Equal(0))
		Expect(d.path(".acronis")).NotTo(BeADirectory())
	})
})
