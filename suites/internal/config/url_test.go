package config

import (
	"testing"

	. "github.com/onsi/gomega"
)

func TestURLs(t *testing.T) {
	for text, want := range map[string]string{
		"https://eu2-cloud.acronis.com":      "https://eu2-cloud.acronis.com",
		"https://EU2-cloud.acronis.com:443/": "https://eu2-cloud.acronis.com",
		"https://host:8443":                  "https://host:8443",
		"http://127.0.0.1:8080":              "http://127.0.0.1:8080",
		"http://localhost:80/":               "http://localhost",
		"http://[::1]:8080":                  "http://[::1]:8080",
		"http://10.0.0.1":                    "",
		"http://localhost.example.com":       "",
		"https://host/?":                     "",
		"https://host#":                      "",
		"https://host:":                      "",
		"https://host:0":                     "",
		"https:host":                         "",
		"ftp://host":                         "",
		"//host":                             "",
		"https://host//":                     "",
	} {
		t.Run(text, func(t *testing.T) {
			g := NewWithT(t)
			variables := environment()
			variables["ACRONIS_DATACENTER_URL"] = text
			config, err := Load(shipped(t), "staging", lookup(variables))
			if want == "" {
				g.Expect(err).To(HaveOccurred())
				return
			}
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(config.Target.URL).To(Equal(want))
		})
	}
}
