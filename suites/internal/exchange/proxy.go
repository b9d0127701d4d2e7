package exchange

import (
	"net/url"
	"os"
	"strings"

	"acronis-conformance/suites/internal/redact"
)

// proxyVariables are those from which net/http takes its proxies.
var proxyVariables = []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"}

// learnProxies tells the redactor the credentials of the proxies: a proxy may repeat them when it refuses a request.
func learnProxies(r *redact.Redactor) {
	for _, name := range proxyVariables {
		value := os.Getenv(name)
		// What stands before the host is a secret even where the whole is not a URL.
		if at := strings.LastIndexByte(value, '@'); at >= 0 {
			_, credentials, found := strings.Cut(value[:at], "://")
			if !found {
				credentials = value[:at]
			}
			user, password, found := strings.Cut(credentials, ":")
			if !found {
				password = user // a token in the place of a user
			}
			r.Learn("ACRONIS_PROXY_PASSWORD", password)
			if plain, err := url.PathUnescape(password); err == nil {
				r.Learn("ACRONIS_PROXY_PASSWORD", plain)
			}
		}
	}
}
