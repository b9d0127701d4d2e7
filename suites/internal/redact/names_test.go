package redact_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/redact"
)

// named are names under which secrets travel.
var named = strings.Fields(`
	password passwd pwd pass passphrase passcode pin new_password passwordConfirmation password_hash password1
	db-password
	token access_token accessToken token2 id_token id_token_hint refresh refresh_token device_secret jwt client_jwt
	logout_token
	secret client_secret clientSecret hub.secret webhook_secret client_assertion code_verifier otp totp_code mfa_code
	recovery_code
	sid connect.sid session_id sessionId JSESSIONID PHPSESSID ASP.NET_SessionId session_key sessionToken csrf_token
	_csrf XSRF-TOKEN rememberMe
	sig signature X-Amz-Signature X-Amz-Security-Token X-Amz-Credential X-Goog-Signature q-signature sastoken
	AccountKey SharedAccessKey hdnts hmac
	X-Hub-Signature X-Hub-Signature-256 X-Slack-Signature Stripe-Signature X-Shopify-Hmac-Sha256 X-Gitlab-Token
	X-Telegram-Bot-Api-Secret-Token
	api_key x-api-key apikey secret_access_key aws_secret_access_key private_key signing_key encryption_key ssh_key
	ticket SAMLResponse connection_string
	credentials passwords api_keys ott otc`)

// unnamed are names of what is not a secret, though they are like those.
var unnamed = strings.Fields(`
	token_type token_id token_type_hint tokenUrl token_endpoint token_endpoint_auth_method client_secret_expires_at
	session_mfa_status login_totp_time
	users_with_totp_enabled zipcode inside spinner pinned passed passenger compass signed design side resident state
	nonce code scope grant_type
	client_id key auth status refresh_interval refreshed_at author secretary expires_in kind version`)

func TestNamesOfSecrets(t *testing.T) {
	for _, name := range named {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			secret := canary(t)
			for place, shown := range map[string]func(r *redact.Redactor) string{
				"JSON": func(r *redact.Redactor) string {
					return string(r.Body("application/json", jsonOf(map[string]any{name: secret})))
				},
				"JSON array": func(r *redact.Redactor) string {
					return string(r.Body("application/json", jsonOf(map[string]any{name: []string{secret}})))
				},
				"form": func(r *redact.Redactor) string {
					return string(r.Body("application/x-www-form-urlencoded",
						[]byte(url.Values{name: {secret}}.Encode())))
				},
				"query": func(r *redact.Redactor) string {
					return r.URL("https://h/x?a=b&" + name + "=" + secret + "&c=d#" + name + "=" + secret)
				},
				"text": func(r *redact.Redactor) string {
					return r.String("got https://h/x?a=b&" + name + "=" + secret + "&c=d: no")
				},
				"log": func(r *redact.Redactor) string {
					return r.String("debug: " + name + ": " + secret +
						"\nnext")
				},
				"broken": func(r *redact.Redactor) string {
					return r.String(fmt.Sprintf(`{"a":{%q: %q, "b`, name,
						secret))
				},
				"cut": func(r *redact.Redactor) string {
					return r.String(fmt.Sprintf(`{"a":{%q: "%s`, name,
						secret[:20]))
				},
				"cookie": func(r *redact.Redactor) string {
					return fmt.Sprint(r.Header(http.Header{"Set-Cookie": {name + "=" + secret + "; Path=/"}}))
				},
				"assignment": func(r *redact.Redactor) string { return r.String(name + `="` + secret + `"`) },
			} {
				r := redact.New()
				g.Expect(shown(r)).NotTo(SatisfyAny(ContainSubstring(secret), ContainSubstring(secret[:12]),
					ContainSubstring(secret[len(secret)-12:])), place)
			}
			if name != "refresh" { // which is a header of its own, with a URL
				g.Expect(fmt.Sprint(redact.New().Header(http.Header{http.CanonicalHeaderKey(name): {secret}}))).NotTo(
					ContainSubstring(secret))
			}
			r := redact.New()
			r.LearnResponse(nil, jsonOf(map[string]any{name: secret}))
			g.Expect(r.String("echo " + secret)).NotTo(ContainSubstring(secret))
		})
	}
}

func TestNamesOfNoSecrets(t *testing.T) {
	for _, name := range unnamed {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			value := "Value-12345678"
			r := redact.New()
			body := jsonOf(map[string]any{name: value})
			g.Expect(string(r.Body("application/json", body))).To(Equal(string(body)))
			g.Expect(r.String("got " + name + ": " + value)).To(Equal("got " + name + ": " + value))
			g.Expect(r.Secrets()).To(BeEmpty())
		})
	}
}

// Some names are words, and are followed by prose.
func TestWordsThatNameSecretsToo(t *testing.T) {
	for _, text := range []string{"pass: 2018 specs", "PASS: 12 of 12", "refresh: 5; url=/x", "pin: none",
		"signature: missing", "ticket: ABC-1", "session: 1", "the pass=fail rule",
		"sid: unknown", "sig=none"} {
		NewWithT(t).Expect(redact.New().String(text)).To(Equal(text))
	}
}

// A secret may be the name of something: net/http writes that of a header in its own letters.
func TestSecretsInNames(t *testing.T) {
	g := NewWithT(t)
	secret := canary(t)
	r := redact.New()
	r.LearnResponse(http.Header{"Set-Cookie": {"session_id=" + secret}}, nil)
	shown := r.Header(http.Header{
		http.CanonicalHeaderKey(secret):             {"1"},
		http.CanonicalHeaderKey("x-" + secret):      {"2"},
		http.CanonicalHeaderKey("x-" + secret[:14]): {"3"},
		http.CanonicalHeaderKey(token):              {"4"},
		"Set-Cookie": {secret + "=5; Path=/", "a=b; " + secret + "=6", "a=b; Path=/" +
			secret},
		"Cookie":           {secret + "=7"},
		"Www-Authenticate": {secret + ` realm="x"`, `Bearer realm="` + secret + `"`},
		"Authorization":    {secret + " x"},
	})
	g.Expect(strings.ToLower(fmt.Sprint(shown))).NotTo(SatisfyAny(ContainSubstring(strings.ToLower(secret[:12])),
		ContainSubstring(strings.ToLower(token[:40]))))
	g.Expect(shown["Set-Cookie"]).To(HaveEach(ContainSubstring("$ACRONIS_COOKIE")))
	body := string(r.Body("application/json", jsonOf(map[string]any{secret: map[string]any{"x" +
		strings.ToUpper(secret): 1}})))
	g.Expect(body).To(Equal(`{"$ACRONIS_COOKIE":{"x$ACRONIS_COOKIE":1}}`))
}

func TestLongHeaderIsShownInPart(t *testing.T) {
	g := NewWithT(t)
	secret := canary(t)
	r := redact.New()
	r.Learn("ACRONIS_X", secret)
	for before := 8<<10 - len(secret) - 2; before < 8<<10+2; before++ {
		shown := r.Header(http.Header{"X-Long": {strings.Repeat("x", before) + secret + strings.Repeat("y", 1<<20)}}).
			Get(
				"X-Long")
		g.Expect(len(shown)).To(BeNumerically("<", 9<<10))
		g.Expect(shown).NotTo(ContainSubstring(secret[:6]), "never half of it")
	}
}
