package exchange_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/format"

	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/redact"
)

// leaky is an exchange with a secret, none of them told, wherever one can be.
func leaky() *exchange.Exchange {
	start := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	return &exchange.Exchange{
		Request: exchange.Request{Spec: "401/x/Y", Method: "POST", Path: "/idp/token",
			Query: url.Values{"ott": {"s3cr3t-1"}},
			Header: http.Header{"Authorization": {"Bearer s3cr3t-2"},
				"Content-Type": {"application/x-www-form-urlencoded"}},
			Body: []byte("grant_type=password&password=s3cr3t-3"), Fault: &exchange.Fault{Header: "X-Fault",
				Status:   503,
				Attempts: 1}},
		URL: "https://h/api/2/idp/token?ott=s3cr3t-1",
		Attempts: []exchange.Attempt{
			{Start: start, Duration: 1500 * time.Microsecond, Error: "reset after s3cr3t-2, before s3cr3t-5"},
			{Start: start, Duration: 2 * time.Second, Status: 503, Proto: "HTTP/2.0",
				Header: http.Header{"Set-Cookie": {"sid=s3cr3t-4"}, "X-Echo": {"s3cr3t-1"}},
				Body:   []byte("no s3cr3t-3 here")},
			{Start: start, Status: 200, Header: http.Header{"Content-Type": {"application/json"}},
				Body: []byte(`{"access_token":"s3cr3t-5","note":"s3cr3t-2"}`)},
		},
	}
}

func TestEvidenceHoldsNoSecret(t *testing.T) {
	g := NewWithT(t)
	evidence := leaky().Evidence(redact.New())
	data, err := json.MarshalIndent(evidence, "", " ")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(data)).NotTo(ContainSubstring("s3cr3t"))

	g.Expect(evidence).To(Equal(exchange.Evidence{
		Spec: "401/x/Y", Method: "POST", URL: "https://h/api/2/idp/token?ott=$ACRONIS_OTT",
		Headers: http.Header{"Authorization": {"Bearer $ACRONIS_TOKEN"},
			"Content-Type": {"application/x-www-form-urlencoded"}, "X-Fault": {"503"}},
		Body: &exchange.Text{Text: "grant_type=password&password=$ACRONIS_PASSWORD", Size: 37},
		Attempts: []exchange.EvidenceAttempt{
			{Start: leaky().Attempts[0].Start, MS: 1, Error: "reset after $ACRONIS_TOKEN, before $ACRONIS_TOKEN"},
			{Start: leaky().Attempts[0].Start, MS: 2000, Status: 503, Proto: "HTTP/2.0",
				Headers: http.Header{"Set-Cookie": {"sid=$ACRONIS_COOKIE"}, "X-Echo": {"$ACRONIS_OTT"}},
				Body:    &exchange.Text{Text: "no $ACRONIS_PASSWORD here", Size: 16}},
			{Start: leaky().Attempts[0].Start, Status: 200, Headers: http.Header{"Content-Type": {"application/json"}},
				Body: &exchange.Text{Text: `{"access_token":"$ACRONIS_TOKEN","note":"$ACRONIS_TOKEN"}`, Size: 45}},
		},
		Transient: true,
		Curl: `curl -s "https://h/api/2/idp/token?ott=${ACRONIS_OTT:?}" --request POST --header "Authorization: ` +
			`Bearer ${ACRONIS_TOKEN:?}"` +
			` --header 'Content-Type: application/x-www-form-urlencoded' --header 'X-Fault: 503'` +
			` --data 'grant_type=password' --data-urlencode "password=${ACRONIS_PASSWORD:?}" --include`,
	}))
}

func TestNothingPrintsTheSecretsOfAnExchange(t *testing.T) {
	g := NewWithT(t)
	e := leaky()
	e.Attempts[0].Error = "reset" // the client redacts it
	shown := fmt.Sprintf("%v %+v %#v %s %v %#v %v %#v", e, e, e, e, e.Request, e.Request, e.Attempts, e.Attempts[1]) +
		format.Object(e, 1) + format.Object(e.Request, 1) + format.Object(e.Attempts, 1) +
		format.Object(struct{ E *exchange.Exchange }{e}, 1)
	g.Expect(shown).NotTo(ContainSubstring("s3cr3t"))
	g.Expect(e.String()).To(Equal("POST https://h/api/2/idp/token?ott=$ACRONIS_OTT: 200 after 3 attempts"))
	g.Expect(fmt.Sprint((*exchange.Exchange)(nil))).To(Equal("no exchange"))
}

func TestExchangeTravels(t *testing.T) {
	g := NewWithT(t)
	data, err := json.Marshal(leaky())
	g.Expect(err).NotTo(HaveOccurred())
	var back exchange.Exchange
	g.Expect(json.Unmarshal(data, &back)).To(Succeed())
	g.Expect(&back).To(Equal(leaky()))
}

func TestEmptyExchange(t *testing.T) {
	g := NewWithT(t)
	e := &exchange.Exchange{Request: exchange.Request{Method: "GET"}, URL: "https://h/x"}
	g.Expect(e.Status()).To(BeZero())
	g.Expect(e.Transient()).To(BeFalse())
	evidence := e.Evidence(nil)
	g.Expect(evidence.Attempts).To(BeEmpty())
	g.Expect(json.Marshal(evidence)).To(ContainSubstring(`"attempts":[]`))
	g.Expect(evidence.Curl).To(Equal("curl -s https://h/x --include"))
}

func TestBodyOfEvidence(t *testing.T) {
	long := strings.Repeat("ä", 10_000)
	secretAtTheCut := strings.Repeat("x", 16<<10-4) + " s3cr3t-1 " + "tail"
	binary := "\x89PNG\r\n\x00\xff"
	gzipped := string(compressed(func(w io.Writer) { io.WriteString(w, "not s3cr3t-1") }))
	for name, c := range map[string]struct {
		body string
		want *exchange.Text
	}{
		"none":             {"", nil},
		"text":             {"a\x1bb", &exchange.Text{Text: "a\x1bb", Size: 3}},
		"long":             {long, &exchange.Text{Text: long[:16<<10], Truncated: true, Size: 20_000}},
		"halved character": {"x" + long, &exchange.Text{Text: "x" + long[:16<<10-2], Truncated: true, Size: 20_001}},
		"secret at the cut": {secretAtTheCut, &exchange.Text{Text: strings.Repeat("x", 16<<10-4) + " $AC",
			Truncated: true,
			Size:      len(secretAtTheCut)}},
		"binary": {binary, &exchange.Text{Text: "(8 bytes that are not text, sha256 817fa18dd0a40dcb)",
			SHA256: "817fa18dd0a40dcb", Size: len(binary)}},
		"NUL": {"a\x00b", &exchange.Text{Text: "(3 bytes that are not text, sha256 59b271ae1bbcb1d3)",
			SHA256: "59b271ae1bbcb1d3", Size: 3}},
		"gzip": {gzipped, &exchange.Text{Text: "not $ACRONIS_X", Decoded: "gzip", Size: len(gzipped)}},
		"UTF-16": {"\x00n\x00o\x00t\x00 \x00s\x003\x00c\x00r\x003\x00t\x00-\x001",
			&exchange.Text{Text: "not $ACRONIS_X", Decoded: "utf-16", Size: 24}},
		"one byte is wrong": {"this text has \xff one byte that is not UTF-8",
			&exchange.Text{Text: "this text has \uFFFD one byte that is not UTF-8", Size: 42}},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			r := redact.New()
			r.Learn("ACRONIS_X", "s3cr3t-1")
			e := &exchange.Exchange{URL: "https://h/",
				Attempts: []exchange.Attempt{{Status: 200, Body: []byte(c.body)}}}
			g.Expect(e.Evidence(r).Attempts[0].Body).To(Equal(c.want))
		})
	}
	r := redact.New()
	r.Learn("ACRONIS_X", "s3cr3t-1")
	for body, want := range map[string]*exchange.Text{
		binary:  {Text: base64.StdEncoding.EncodeToString([]byte(binary)), Base64: true, Size: len(binary)},
		gzipped: {Text: "not $ACRONIS_X", Decoded: "gzip", Size: len(gzipped)},
	} {
		e := &exchange.Exchange{URL: "https://h/", Request: exchange.Request{Method: "PUT", Body: []byte(body)}}
		NewWithT(t).Expect(e.Evidence(r).Body).To(Equal(want), "the suite knows what it has sent itself")
	}
	e := &exchange.Exchange{URL: "https://h/", Attempts: []exchange.Attempt{{Status: 200, Body: []byte("x"),
		Truncated: true}}}
	NewWithT(t).Expect(e.Evidence(nil).Attempts[0].Body).To(Equal(&exchange.Text{Text: "x", Truncated: true, Size: 1}))
}

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "",
		"plain ü € \U0001F600\n\t": "plain ü € \U0001F600\n\t",
		"\x1b[31mred\x1b]0;t\a":    `\x1b[31mred\x1b]0;t\x07`,
		"fine\rFAIL":               `fine\rFAIL`,
		"a\r\nb":                   "a\\r\nb",
		"\x00\x7f\b":               `\x00\x7f\x08`,
		"\u0085\u009b31m":          `\u0085\u009b31m`,
		"abc\u202ecba\u2066\u200b": `abc\u202ecba\u2066\u200b`,
		"line\u2028sep":            `line\u2028sep`,
		"bad \xff\xc3 utf8":        `bad \xff\xc3 utf8`,
		"\ufeffbom":                `\ufeffbom`,
		"\U000e0041":               `\U000e0041`,
		"\ufffd":                   `\ufffd`,
	} {
		NewWithT(t).Expect(exchange.Printable(text)).To(Equal(want))
	}
}
