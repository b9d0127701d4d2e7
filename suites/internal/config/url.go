package config

import (
	"net"
	"net/url"
	"strconv"
	"strings"
)

const example = "write scheme and host only, such as https://eu2-cloud.acronis.com"

// url checks a data-center URL and returns it as scheme and host. The messages never quote the text as it stands: it
// may be a secret that was put into the wrong variable.
func (t *draft) url(text string) string {
	if t.document.err != nil {
		return ""
	}
	complain := func(what string) string {
		t.document.fail(t.entries["url"], "%s %s: %s", t.origin("url"), what, example)
		return ""
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return complain("is no URL")
	case u.Scheme != "http" && u.Scheme != "https":
		return complain("begins neither with https:// nor with http://")
	case u.Hostname() == "":
		return complain("names no host")
	case strings.Contains(u.Hostname(), "%"):
		return complain("names a zone of IPv6, which an address of a data center does not have")
	case u.User != nil:
		return complain("holds credentials, which belong into client_id and client_secret")
	case u.Path != "" && u.Path != "/":
		return complain("has a path, and the suite adds /api/2 itself")
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(text, "#"):
		return complain("has a query or a fragment")
	case !validPort(u.Port()) || strings.HasSuffix(u.Host, ":"):
		return complain("has a port that is not a number from 1 to 65535")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return complain("would send the client secret in clear, which http may do on a loopback host alone")
	}
	return u.Scheme + "://" + host(u)
}

// host is the host with its port, in the one form that is compared: lower case, without the scheme's own port.
func host(u *url.URL) string {
	own := map[string]string{"http": "80", "https": "443"}[u.Scheme]
	return strings.ToLower(strings.TrimSuffix(u.Host, ":"+own))
}

func validPort(port string) bool {
	number, err := strconv.Atoi(port)
	return port == "" || err == nil && number >= 1 && number <= 65535
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// production holds writing back from a production host, unless the environment names that very host: a host name is
// not typed by accident, while a flag that says yes to everything is left behind in a script.
func (t *draft) production(target Target, env func(string) (string, bool)) {
	if !target.Production || !target.MayWrite() || t.document.err != nil {
		return
	}
	_, host, _ := strings.Cut(target.URL, "://")
	if named, _ := env(EnvProductionWrites); !strings.EqualFold(named, host) {
		t.document.fail(t.entries["production"],
			"the target %s is in production and allows write: take write from its allow list, or set %s=%s",
			printable(t.name), EnvProductionWrites, host)
	}
}
