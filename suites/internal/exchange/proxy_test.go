package exchange_test

import (
	"encoding/base64"
	"testing"

	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/redact"
)

func TestCredentialsOfProxiesAreKnown(t *testing.T) {
	for value, password := range map[string]string{
		"http://me:pr0xy-p4ss@proxy.example:3128":   "pr0xy-p4ss",
		"http://me:pr0xy%2Fp4%40ss@proxy.example":   "pr0xy/p4@ss",
		"me:pr0xy-p4ss@proxy.example:3128":          "pr0xy-p4ss",
		"http://me:pr0xy p4ss@proxy.example:port/?": "pr0xy p4ss",
		"http://me:pr0xy@p4ss@proxy.example":        "pr0xy@p4ss",
		"http://t0ken-0f-the-proxy@proxy.example":   "t0ken-0f-the-proxy",
	} {
		for _, name := range []string{"HTTP_PROXY", "https_proxy"} {
			t.Run(name+"="+value, func(t *testing.T) {
				g := NewWithT(t)
				t.Setenv(name, value)
				r := redact.New()
				newClient(t, exchange.Options{BaseURL: "https://h", Redactor: r})
				g.Expect(r.String("refused <" + password + ">")).To(Equal("refused <$ACRONIS_PROXY_PASSWORD>"))
				g.Expect(r.String("refused <" + base64.StdEncoding.EncodeToString([]byte("me:"+password)) + ">")).To(Equal("refused <$ACRONIS_PROXY_PASSWORD>"))
				g.Expect(r.String("invalid proxy address " + value)).NotTo(ContainSubstring("p4"))
			})
		}
	}
}
