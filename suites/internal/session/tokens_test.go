package session

import (
	"testing"

	. "github.com/onsi/gomega"
)

func TestATokenIsAlteredInItsMiddle(t *testing.T) {
	for token, want := range map[string]string{
		"head.claims.0123456789abcdef": "head.claims.01234567AAAAcdef",
		"head.claims.0123456AAAAbcdef": "head.claims.0123456AB" + "BBAcdef",
		"0123456789abcdef":             "01234567AAAAcdef",
		"0123456.89abcdef":             "0123456.AAAAcdef",
	} {
		g := NewWithT(t)
		got, err := tamper(token)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(got).To(Equal(want))
	}
	for _, token := range []string{"", "short", "a.long.signature", "head.claims.", "0123456789abcde"} {
		g := NewWithT(t)
		_, err := tamper(token)
		g.Expect(err).To(MatchError(ContainSubstring("no 16 characters")), token)
	}
}
