package render

import (
	"strings"
	"testing"

	"acronis-conformance/suites/internal/exchange"

	. "github.com/onsi/gomega"
)

// A body that is shown otherwise than it came is said to be.
func TestBodyThatWasDecoded(t *testing.T) {
	g := NewWithT(t)
	r := sample(t)
	body := &exchange.Text{Text: "plain words", Decoded: "gzip, utf-16", Truncated: true, Size: 50}
	r.Specs[0].Exchanges[0].Attempts[0].Body = body
	var archive strings.Builder
	g.Expect(HAR(&archive, r)).To(Succeed())
	g.Expect(archive.String()).To(ContainSubstring(`"comment":"decoded from gzip, utf-16; cut"`))
	data, err := newPageData(r, budget)
	g.Expect(err).NotTo(HaveOccurred())
	p := unpack(t, data)
	g.Expect(p.Specs[0].Exchanges[0].Attempts[0].Body.Decoded).To(Equal("gzip, utf-16"))
}
