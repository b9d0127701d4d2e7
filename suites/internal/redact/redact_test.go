package redact_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/format"

	"acronis-conformance/suites/internal/redact"
)

// Values that look like what the API issues; none was ever valid.
const (
	header   = "eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCJ9"
	payload  = "eyJzdWIiOiI0NzExIiwic2NvcGUiOltdfQ"
	token    = header + "." + payload + ".c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"
	unsigned = "eyJhbGciOiJub25lIn0." + payload + "."
	secret   = `p@ss/wörd+"1 &<x>\9`
	clientID = "0b3a8a4e-5d0f-4b0e-9d38-3f9a1f6f2a10"
)

func TestToldSecretIsFoundInEverySpelling(t *testing.T) {
	asJSON, _ := json.Marshal(secret)
	ascii := strings.Trim(strconv.QuoteToASCII(secret), `"`)
	query := url.QueryEscape(secret)
	for name, text := range map[string]string{
		"as it is": "x" + secret + "y",
		"query":    "a=" + query,
		"query, lower": "a=" + strings.NewReplacer("%2F", "%2f", "%2B", "%2b", "%C3%B6", "%c3%b6", "%3C", "%3c", "%3E",
			"%3e", "%5C", "%5c").Replace(query),
		"path":             "/a/" + url.PathEscape(secret),
		"URL in a URL":     "target=" + url.QueryEscape("https://h/?x="+query),
		"JSON":             string(asJSON),
		"JSON, ASCII":      `"` + ascii + `"`,
		"JSON, slashes":    `"` + strings.ReplaceAll(ascii, "/", `\/`) + `"`,
		"Go":               fmt.Sprintf("%q", secret),
		"HTML":             html.EscapeString(secret),
		"base64":           base64.StdEncoding.EncodeToString([]byte(secret)),
		"id:secret":        base64.StdEncoding.EncodeToString([]byte(clientID + ":" + secret)),
		"id:secret, other": base64.RawURLEncoding.EncodeToString([]byte("some other id 1:" + secret)),
		"id:secret, third": base64.StdEncoding.EncodeToString([]byte("id:" + query + "#")),
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			r := redact.New()
			r.Learn("ACRONIS_PASSWORD", secret)
			got := r.String(text)
			g.Expect(got).To(MatchRegexp(`\$\{?ACRONIS_PASSWORD\b`), got)
			for _, piece := range []string{"p@ss", "p%40ss", "rd+", "rd%2B", "cEBzc", "BAc3M", "wQHNz"} {
				g.Expect(got).NotTo(ContainSubstring(piece))
			}
		})
	}
}

func TestBase64AroundASecretIsReplacedAsAWhole(t *testing.T) {
	g := NewWithT(t)
	r := redact.New()
	r.Learn("ACRONIS_CLIENT_SECRET", "s3cret-of-the-client")
	for _, id := range []string{"a", "ab", "abc", clientID} {
		encoded := base64.StdEncoding.EncodeToString([]byte(id + ":s3cret-of-the-client"))
		g.Expect(r.String("got <" + encoded + ">")).To(Equal("got <$ACRONIS_CLIENT_SECRET>"))
	}
}

func TestPlaceholderIsToldFromWhatFollows(t *testing.T) {
	g := NewWithT(t)
	r := redact.New()
	r.Learn("acronis token", "opaque-123")
	g.Expect(r.String("opaque-123")).To(Equal("$ACRONIS_TOKEN"))
	g.Expect(r.String("opaque-123x opaque-123-x")).To(Equal("${ACRONIS_TOKEN}x $ACRONIS_TOKEN-x"))
}

func TestOverlappingSecretsLeaveNothing(t *testing.T) {
	g := NewWithT(t)
	r := redact.New()
	r.Learn("A", "abcdefgh")
	r.Learn("B", "efghijklmnop")
	g.Expect(r.String("<abcdefghijklmnop>")).To(Equal("<$B>"))
}

// The part of a secret that stands before another one does not hide its name.
func TestSecretsThatBeginAlike(t *testing.T) {
	for _, before := range []string{"access_token=", "access_token=Ca", "id_token: ", `"jwt": "`} {
		g := NewWithT(t)
		r := redact.New()
		r.LearnResponse(http.Header{"Set-Cookie": {"sid=" + before + "nary-0123456789"}}, nil)
		for _, text := range []string{before + "Canary-9876543210", `x="` + before + `Canary-9876543210"`} {
			g.Expect(r.String(text)).NotTo(ContainSubstring("9876543210"), text)
		}
		if !strings.HasSuffix(before, "a") {
			g.Expect(r.String(before)).To(Equal(before))
		}
	}
}

func TestShortValuesAreIgnored(t *testing.T) {
	g := NewWithT(t)
	r := redact.New()
	r.Learn("X", "")
	r.Learn("X", "12345")
	r.Learn("X", "ööööö")
	g.Expect(r.Secrets()).To(BeEmpty())
	g.Expect(r.String("12345 ööööö")).To(Equal("12345 ööööö"))
}

func TestLaterNameWins(t *testing.T) {
	g := NewWithT(t)
	r := redact.New()
	r.LearnResponse(http.Header{"Content-Type": {"application/json"}}, []byte(`{"access_token":"`+token+`"}`))
	g.Expect(r.String(token)).To(Equal("$ACRONIS_TOKEN"))
	r.Learn("ACRONIS_FOREIGN_TOKEN", token)
	g.Expect(r.String(token)).To(Equal("$ACRONIS_FOREIGN_TOKEN"))
	r.LearnRequest(http.Header{"Authorization": {"Bearer " + token}}, nil, nil)
	g.Expect(r.String(token)).To(Equal("$ACRONIS_FOREIGN_TOKEN"), "what is found never renames what was told")
}

// None of these secrets was told.
func TestUntoldSecretsInText(t *testing.T) {
	for text, want := range map[string]string{
		"got " + token + ", sorry":                        "got $ACRONIS_JWT, sorry",
		"got " + unsigned + " ?":                          "got $ACRONIS_JWT ?",
		"cut " + token[:60] + "...":                       "cut $ACRONIS_JWT",
		"/x/access_token: swordfish":                      "/x/access_token: $ACRONIS_TOKEN",
		"/x/client_secret: swordfish\nnext line":          "/x/client_secret: $ACRONIS_CLIENT_SECRET\nnext line",
		"/x/no-token: s3cr3t was sent":                    "/x/no-token: $ACRONIS_NO_TOKEN was sent",
		"/x/no-token: it s3cr3t":                          "/x/no-token: $ACRONIS_NO_TOKEN s3cr3t",
		"no-token: it was refused":                        "no-token: $ACRONIS_NO_TOKEN was refused",
		"Authorization: Bearer s3cr3t":                    "Authorization: Bearer $ACRONIS_TOKEN",
		"map[Authorization:[Bearer s3cr3t] Accept:[*/*]]": "map[Authorization:[Bearer $ACRONIS_TOKEN] Accept:[*/*]]",
		"sent Basic dXNlcjpzM2NyZXQ= to it":               "sent Basic $ACRONIS_CREDENTIALS to it",
		"sent basic%20dXNlcjpzM2NyZXQ%3D":                 "sent basic%20$ACRONIS_CREDENTIALS",
		"sent Bearer 0123456789abcdef":                    "sent Bearer $ACRONIS_TOKEN",
		"GET https://h/x?access_token=s3cr3t&a=b: EOF":    "GET https://h/x?access_token=$ACRONIS_TOKEN&a=b: EOF",
		"to=https%3A%2F%2Fh%3Fott%3Ds3cr3t%26a%3Db":       "to=https%3A%2F%2Fh%3Fott%3D$ACRONIS_OTT%26a%3Db",
		"dial https://me:s3cr3t@h/x":                      "dial https://me:$ACRONIS_PASSWORD@h/x",
		"grant_type=password&password=s3cr3t%21&totp_code=1": "" +
			"grant_type=password&password=$ACRONIS_PASSWORD&totp_code=$ACRONIS_TOTP_CODE",
		`got {"client_secret": "s3\"cr3t", "a": 1`:    `got {"client_secret": "$ACRONIS_CLIENT_SECRET", "a": 1`,
		`cut {"client_secret": "s3cr`:                 `cut {"client_secret": "$ACRONIS_CLIENT_SECRET`,
		`"{\"refreshToken\":\"s3cr3t\",\"a\":\"b\"}"`: `"{\"refreshToken\":\"$ACRONIS_REFRESH_TOKEN\",\"a\":\"b\"}"`,
		`{'id_token': 's3cr3t'}`:                      `{'id_token': '$ACRONIS_ID_TOKEN'}`,
		`{"totp_code": 123456,`:                       `{"totp_code": "$ACRONIS_TOTP_CODE (number)",`,
		"got -----BEGIN RSA PRIVATE KEY-----\nMIIE\nabcd\n-----END RSA PRIVATE KEY-----!": "" +
			"got $ACRONIS_PRIVATE_KEY!",
		"cut -----BEGIN PRIVATE KEY-----\nMIIE\nabc": "cut $ACRONIS_PRIVATE_KEY",
		"client_secret: sunshine":                    "client_secret: $ACRONIS_CLIENT_SECRET",
		"password: correct-horse-battery":            "password: $ACRONIS_PASSWORD",
		"Set-Cookie: sid=s3cr3t; Path=/; HttpOnly":   "Set-Cookie: sid=$ACRONIS_COOKIE; Path=/; HttpOnly",
		`curl --header "Authorization: Bearer s3cr3t" --include`: "" +
			`curl --header "Authorization: Bearer $ACRONIS_TOKEN" --include`,
		`echo {\"Authorization\": \"Bearer s3cr3t\"}`: `echo {\"Authorization\": ` +
			`\"Bearer $ACRONIS_TOKEN\"}`,
		`curl -d '{"user_code":"ABCD-EFGH"}'`: `curl -d '{"user_code":"$ACRONIS_USER_CODE"}'`,
		"url=https://h/?ott=s3cr3t&x=1, state=password=s3cr3t": "url=https://h/?ott=$ACRONIS_OTT&x=1, " +
			"state=password=$ACRONIS_PASSWORD",
		`log: "cut": "{'password': 's3cr3t'}"`: `log: "cut": "{'password': '$ACRONIS_PASSWORD'}"`,
		`smtp_password="two words 1"`:          `smtp_password="$ACRONIS_SMTP_PASSWORD"`,
		`Proxy-Authorization: Digest username="me", response="s3cr3t`: `Proxy-Authorization: ` +
			`Digest $ACRONIS_CREDENTIALS"me", response="s3cr3t`,
	} {
		t.Run(text, func(t *testing.T) {
			g := NewWithT(t)
			r := redact.New()
			g.Expect(r.String(text)).To(Equal(want))
			g.Expect(r.String(want)).To(Equal(want), "redacting twice changes nothing")
		})
	}
}

// Reports stay readable: no alarm on prose, on names of fields and on answers that only speak of secrets.
func TestHarmlessTextStays(t *testing.T) {
	for _, text := range []string{
		"Basic authentication is required", "basic auth: see the guide",
		`WWW-Authenticate: Bearer realm="api", error="invalid_token"`,
		"open /x/.acronis/expired-token: permission denied", "401/no-token: it was refused",
		"read /run/secrets/client_secret: no such file",
		"invalid token: expired", "Authorization: missing", "the authorization: please log in", "cookie: none",
		"grant_type=password", "token_type=bearer&expires_in=7200", "https://h/api/2/idp/token", "user@example.com",
		`{"error":{"code":1006,"domain":"PlatformAccountServer","message":"Tenant is still enabled"}}`,
		"https://h/x?code=404", "unsupported_token_type", "2030-01-01T00:00:00+00:00", "tokens: 3",
		"eyJ is how JWTs begin.",
	} {
		t.Run(text, func(t *testing.T) {
			NewWithT(t).Expect(redact.New().String(text)).To(Equal(text))
		})
	}
}

func TestHeader(t *testing.T) {
	g := NewWithT(t)
	r := redact.New()
	r.Learn("ACRONIS_HOME_TOKEN", token)
	h := http.Header{
		"Authorization": {"Bearer " + token, "bearer opaque", "Basic dTpw", "Bearer", "naked-s3cr3t", "",
			`Digest username="u", response="r"`},
		"Proxy-Authorization": {"Basic dTpw"},
		"Cookie":              {"sid=1234; lang=de"},
		"Set-Cookie":          {"sid=1234; Path=/; Secure; Max-Age=60", "session_only"},
		"X-Auth-Token":        {"opaque"},
		"Location":            {"https://h/cb?code=opaque-1&state=x#access_token=opaque-2"},
		"X-Echo":              {"you sent " + token},
		"Www-Authenticate":    {`Bearer realm="x"`},
	}
	want := http.Header{
		"Authorization": {"Bearer $ACRONIS_HOME_TOKEN", "bearer $ACRONIS_TOKEN", "Basic $ACRONIS_CREDENTIALS",
			"Bearer", "$ACRONIS_TOKEN", "", "Digest $ACRONIS_CREDENTIALS"},
		"Proxy-Authorization": {"Basic $ACRONIS_CREDENTIALS"},
		"Cookie":              {"sid=$ACRONIS_COOKIE; lang=$ACRONIS_COOKIE"},
		"Set-Cookie":          {"sid=$ACRONIS_COOKIE; Path=/; Secure; Max-Age=60", "$ACRONIS_COOKIE"},
		"X-Auth-Token":        {"$ACRONIS_X_AUTH_TOKEN"},
		"Location":            {"https://h/cb?code=$ACRONIS_CODE&state=x#access_token=$ACRONIS_TOKEN"},
		"X-Echo":              {"you sent $ACRONIS_HOME_TOKEN"},
		"Www-Authenticate":    {`Bearer realm="x"`},
	}
	before := h.Clone()
	g.Expect(r.Header(h)).To(Equal(want))
	g.Expect(h).To(Equal(before), "the header of the exchange is left as it is")
	g.Expect(r.Header(want)).To(Equal(want), "redacting twice changes nothing")
	g.Expect(r.Header(nil)).To(BeNil())
}

func TestSecretsOfAnExchangeAreFoundElsewhere(t *testing.T) {
	g := NewWithT(t)
	r := redact.New()
	credentials := base64.StdEncoding.EncodeToString([]byte(clientID + ":s3cret-one"))
	found := r.LearnRequest(http.Header{
		"Authorization": {"Basic " + credentials},
		"Content-Type":  {"application/x-www-form-urlencoded"},
		"Cookie":        {"sid=s3ss10n-0123456789; lang=de-DE"},
	}, url.Values{"access_token": {"s3cret-two"}, "limit": {"100000"}},
		[]byte("password=s3cret%2Dthree&username=longname"))
	found = append(found, r.LearnResponse(http.Header{"Location": {"https://h/#id_token=s3cret-four"},
		"Set-Cookie": {"sid=0ther-s3ss10n-0123456789; Path=/long/enough/to/be/one"}},
		[]byte(`{"smtp_password":"s3cret-five","name":"longname"}`))...)
	g.Expect(found).To(ConsistOf(
		redact.Secret{Name: "ACRONIS_CLIENT_SECRET", Value: "s3cret-one"}, redact.Secret{Name: "ACRONIS_COOKIE",
			Value: "s3ss10n-0123456789"},
		redact.Secret{Name: "ACRONIS_CREDENTIALS", Value: credentials},
		redact.Secret{Name: "ACRONIS_TOKEN", Value: "s3cret-two"}, redact.Secret{Name: "ACRONIS_PASSWORD",
			Value: "s3cret-three"},
		redact.Secret{Name: "ACRONIS_ID_TOKEN", Value: "s3cret-four"}, redact.Secret{Name: "ACRONIS_COOKIE",
			Value: "0ther-s3ss10n-0123456789"},
		redact.Secret{Name: "ACRONIS_SMTP_PASSWORD", Value: "s3cret-five"},
	))
	g.Expect(r.String("s3cret-one s3cret-two s3cret-three s3cret-four s3cret-five longname 100000")).
		To(Equal("$ACRONIS_CLIENT_SECRET $ACRONIS_TOKEN $ACRONIS_PASSWORD $ACRONIS_ID_TOKEN $ACRONIS_SMTP_PASSWORD " +
			"longname 100000"))
	g.Expect(r.String("seen: "+base64.StdEncoding.EncodeToString([]byte("Basic "+credentials+" and more")))).NotTo(
		ContainSubstring(
			base64.StdEncoding.EncodeToString([]byte("Basic " + credentials))[8:40]),
		"credentials that were encoded once more")
	g.Expect(r.LearnRequest(nil, url.Values{"access_token": {"s3cret-two"}}, nil)).To(BeEmpty(), "known already")
	g.Expect(r.Secrets()).To(ConsistOf(found))
}

func TestWordsOfFaultListsAreNotTakenForSecrets(t *testing.T) {
	g := NewWithT(t)
	r := redact.New()
	body := r.Body("application/json",
		[]byte(`{"password":["required","must contain 8 characters"],"token":"token_expired","login":"required"}`))
	g.Expect(string(body)).To(
		Equal(`{"password":"$ACRONIS_PASSWORD (array)","token":"$ACRONIS_REGISTRATION_TOKEN","login":"required"}`))
	g.Expect(r.Secrets()).To(BeEmpty())
}

func TestAllowedValueIsShown(t *testing.T) {
	g := NewWithT(t)
	r := redact.New()
	r.Allow("not-a-token")
	r.Allow(token)
	r.Allow("told-before")
	r.Learn("ACRONIS_TOKEN", "told-before")
	g.Expect(r.Header(http.Header{"Authorization": {"Bearer not-a-token", "Bearer " + token, "Bearer told-before"}})).
		To(Equal(http.Header{"Authorization": {"Bearer not-a-token", "Bearer $ACRONIS_TOKEN",
			"Bearer $ACRONIS_TOKEN"}}))
	g.Expect(r.LearnRequest(http.Header{"Authorization": {"Bearer not-a-token"}}, nil, nil)).To(BeEmpty())
	g.Expect(string(r.Body("", []byte(`{"password":"not-a-token"}`)))).To(Equal(`{"password":"not-a-token"}`))
	g.Expect(r.URL("/x?access_token=not-a-token&ott=not-a-token-2")).To(
		Equal("/x?access_token=not-a-token&ott=$ACRONIS_OTT"))
}

func TestErrorKeepsItsCauseButShowsNoSecret(t *testing.T) {
	g := NewWithT(t)
	r := redact.New()
	cause := &url.Error{Op: "Get", URL: "https://h/x?ott=s3cr3t", Err: io.ErrUnexpectedEOF}
	err := r.Error(fmt.Errorf("world: %w", cause))
	g.Expect(err).To(MatchError("world: Get \"https://h/x?ott=$ACRONIS_OTT\": unexpected EOF"))
	g.Expect(errors.Is(err, io.ErrUnexpectedEOF)).To(BeTrue())
	var found *url.Error
	g.Expect(errors.As(err, &found)).To(BeTrue())
	g.Expect(found).To(BeIdenticalTo(cause))
	g.Expect(format.Object(err, 1)).NotTo(ContainSubstring("s3cr3t"), "gomega prints the fields of errors")
	g.Expect(fmt.Sprintf("%#v %+v", err, err)).NotTo(ContainSubstring("s3cr3t"))
	g.Expect(r.Error(io.EOF)).To(BeIdenticalTo(io.EOF))
	g.Expect(r.Error(nil)).To(Succeed())
}

func TestRedactorAndSecretsShowNothingOfThemselves(t *testing.T) {
	g := NewWithT(t)
	r := redact.New()
	r.Learn("ACRONIS_TOKEN", "s3cr3t-1")
	shown := fmt.Sprintf("%v %+v %#v %s", r, r, r, r.Secrets()) + fmt.Sprintf("%#v", r.Secrets()[0]) + format.Object(r,
		1) + format.Object(r.Secrets(), 1)
	g.Expect(shown).NotTo(ContainSubstring("s3cr3t"))
	g.Expect(shown).To(ContainSubstring("$ACRONIS_TOKEN"))
}

func TestConcurrentUse(t *testing.T) {
	r := redact.New()
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 50 {
				value := fmt.Sprintf("secret-%d-%d", i, j)
				r.Learn("ACRONIS_X", value)
				if got := r.String("a " + value); got != "a $ACRONIS_X" {
					t.Errorf("got %q", got)
				}
				r.Body("", []byte(`{"password":"`+value+`x"}`))
				r.Allow(value)
				r.Secrets()
			}
		})
	}
	group.Wait()
}
