package config

import (
	"net/url"
	"strings"
)

// notify reads who hears of a full run, unresolved.
func (m *mapping) notify() (resolve func(env func(string) (string, bool)) Notify) {
	s := m.section("notify")
	defer s.done()
	e := s.entries["webhook"]
	text := s.text("webhook")
	checkVariables(s.document, e, text)
	return func(env func(string) (string, bool)) Notify { return resolveNotify(s.document, e, text, env) }
}

// resolveNotify resolves the variables. One may be unset: then nothing is sent. The address is a secret, since it holds
// the right to post, so no message quotes it.
func resolveNotify(d *document, e entry, text string, env func(string) (string, bool)) Notify {
	value, missing := expand(text, env)
	value = strings.TrimSpace(value)
	if missing != "" || value == "" {
		return Notify{}
	}
	u, err := url.Parse(value)
	if err != nil || u.Hostname() == "" || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		d.fail(e, "the value is not an https address: write the whole address of the webhook")
	}
	return Notify{Webhook: Secret(value)}
}
