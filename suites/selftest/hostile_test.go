package selftest_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"acronis-conformance/suites/internal/redact/redacttest"
	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

const (
	// mostMemory is what a run on a hostile server may need beyond a run on a healthy one, and mostRequests how often a
	// row's victim may ask: once, and once more where a connection broke.
	mostMemory   = 64 << 20
	mostRequests = 2

	// leastMemory is less than any run needs: less means that no one looked.
	leastMemory = 10 << 20

	// focus is one refused read and one that succeeds: small enough for a row of the table to take seconds.
	focus   = "(401/no-token|20x/read-again)/FetchTenant$"
	refused = "spec 401/no-token/FetchTenant"
	served  = "spec 20x/read-again/FetchTenant"
	start   = "" // every request from the first one on
)

// row is one hostile server. Of all rows holds besides that no write leaves the sandbox (see newGateway), that no
// secret is in what the run leaves, and that the victim asks mostRequests times at most.
type row struct {
	victim  string // the requests whose User-Agent holds it are answered by the wire
	wire    wire
	code    int
	verdict report.Verdict // of the victim's spec, or of the run where there is no world yet
	says    string         // words that the user reads
}

// quiet shows what a test provokes only where it fails.
func quiet() *log.Logger { return log.New(GinkgoWriter, "gateway: ", 0) }

// timely is the configuration with time-outs that a test can wait for. As in the one that is shipped, the clean-up may
// take longer than a wait that a 429 asks for, which is as long as a spec at most.
func timely() string {
	return strings.NewReplacer("attempt: 10s", "attempt: 2s", "spec: 60s", "spec: 10s", "cleanup: 2m",
		"cleanup: 20s").Replace(unpaced())
}

// healthyPeak is the memory that a run on a healthy server needs. Each process measures it once, before its first
// hostile server, so that the rows need not run in one process.
var healthyPeak uint64

func measureHealthy(ctx SpecContext) {
	if healthyPeak != 0 {
		return
	}
	g := startGateway(func(*gateway, http.ResponseWriter, *http.Request) bool { return false })
	o := runWatched(ctx, g.environment)
	Expect(o.code).To(Equal(0), o.output)
	Expect(withVerdict(o.result, report.Pass)).To(HaveLen(2))
	Expect(o.peak).To(BeNumerically(">", leastMemory), "the suite's memory was seen")
	healthyPeak = o.peak
}

var _ = Describe("a hostile server", long, func() {
	BeforeEach(measureHealthy, NodeTimeout(time.Minute))

	DescribeTable("costs little, and is one clear message", func(ctx SpecContext, r row) {
		g := startGateway(func(g *gateway, w http.ResponseWriter, request *http.Request) bool {
			if !strings.Contains(request.UserAgent(), r.victim) {
				return false
			}
			r.wire.write(g, w, request)
			return true
		})
		o := runWatched(ctx, g.environment)
		expectSound(g, o)
		Expect(r.says).NotTo(BeEmpty())
		Expect(o.output).To(ContainSubstring(r.says))
		Expect(o.code).To(Equal(r.code), o.output)
		Expect(o.result).NotTo(BeNil(), o.output)
		if r.victim == start {
			Expect(o.result.Verdict).To(Equal(r.verdict))
			Expect(o.result.Specs).To(BeEmpty())
			Expect(g.requests("")).To(BeNumerically("<=", mostRequests*2), "two operations come before the sandbox")
			return
		}
		victim := specOf(o.result, r.victim)
		Expect(victim.Verdict).To(Equal(r.verdict), o.output)
		Expect(g.requests(r.victim)).To(Equal(victim.Requests),
			"every sending is told: net/http asks again on a new connection where a kept one was dead")
		Expect(victim.Requests).To(BeNumerically("<=", mostRequests))
		Expect(o.result.Leftovers).To(BeEmpty())
	},
		func(r row) string { return fmt.Sprintf("%s, %s", r.says, r.verdict) },
		hostileEntries(),
	)

	It("that no longer follows requests is refused, and what was made is named", func(ctx SpecContext) {
		var once atomic.Bool
		g := startGateway(func(g *gateway, w http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.UserAgent(), refused) && once.CompareAndSwap(false, true) {
				g.die()
			}
			return false
		})
		o := runWatched(ctx, g.environment)
		expectSound(g, o)
		Expect(o.code).To(Equal(2), o.output)
		Expect(o.output).To(ContainSubstring("nothing listens there"))
		Expect(withVerdict(o.result, report.Violation)).To(BeEmpty())
		Expect(o.result.Leftovers).NotTo(BeEmpty())
		Expect(o.result.Leftovers[0].Reason).To(ContainSubstring("connection refused"))
	}, SpecTimeout(time.Minute))

	It("that dies half way and comes back costs the specs in between, and nothing is left behind", func(
		ctx SpecContext) {
		// A read whose connection drops is sent once more, also by net/http: this is more than that allows.
		dead := []int64{5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
		var count atomic.Int64
		g := startGateway(func(g *gateway, w http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.UserAgent(), "spec 401/no-token/") && slices.Contains(dead, count.Add(1)) {
				conn, _, err := w.(http.Hijacker).Hijack()
				if err == nil {
					reset(conn)
				}
				return true
			}
			return false
		})
		o := runWatched(ctx, g.environment, "-focus=401/no-token/Fetch")
		expectSound(g, o)
		Expect(o.code).To(Equal(2), o.output)
		Expect(withVerdict(o.result, report.Error)).NotTo(BeEmpty())
		Expect(len(withVerdict(o.result, report.Error))).To(BeNumerically("<=", 6))
		Expect(withVerdict(o.result, report.Violation)).To(BeEmpty())
		Expect(len(withVerdict(o.result, report.Pass))).To(BeNumerically(">", 10))
		Expect(o.result.Leftovers).To(BeEmpty())
		Expect(o.output).To(ContainSubstring("connection reset"))
	}, SpecTimeout(2*time.Minute))

	DescribeTable("that redirects is not followed", func(ctx SpecContext, victim string, status int, elsewhere bool,
		code int, words string) {
		var strangers atomic.Int64
		other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strangers.Add(1) }))
		DeferCleanup(other.Close)
		g := startGateway(func(g *gateway, w http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.UserAgent(), victim) {
				return false
			}
			location := r.URL.String()
			if elsewhere {
				location = other.URL + location
			}
			w.Header().Set("Location", location)
			w.WriteHeader(status)
			return true
		})
		o := runWatched(ctx, g.environment)
		expectSound(g, o)
		Expect(o.code).To(Equal(code), o.output)
		Expect(o.output).To(ContainSubstring(words))
		Expect(strangers.Load()).To(BeZero(), "no other host sees a request")
		if strings.Contains(victim, "20x") || strings.Contains(victim, "401") {
			Expect(g.requests(victim)).To(Equal(1))
		}
	},
		Entry("to itself", served, 302, false, 1, "status: found 302: expected ", SpecTimeout(time.Minute)),
		Entry("to itself, to be repeated as it is", served, 308, false, 1, "status: found 308: expected ",
			SpecTimeout(time.Minute)),
		Entry("to another host", served, 301, true, 1, "status: found 301: expected ", SpecTimeout(time.Minute)),
		Entry("to another host, to be repeated as it is", served, 307, true, 1, "status: found 307: expected ",
			SpecTimeout(time.Minute)),
		Entry("to another host where no token is sent", refused, 302, true, 1, "status: found 302: expected ",
			SpecTimeout(time.Minute)),
		Entry("to another host from the first request on, with the credentials", start, 307, true, 2,
			"RequestTokens was answered with 307 Temporary Redirect", SpecTimeout(time.Minute)),
	)

	DescribeTable("with a certificate that is not to be trusted gets no credentials", func(ctx SpecContext,
		forge func(*certificate), trusted bool, words string) {
		g := newGateway(func(*gateway, http.ResponseWriter, *http.Request) bool { return false })
		g.serveTLS(forge, trusted)
		o := runWatched(ctx, g.environment)
		expectSound(g, o)
		Expect(g.requests("")).To(BeZero(), "nothing is sent")
		Expect(o.code).To(Equal(2), o.output)
		Expect(o.output).To(ContainSubstring(words))
		Expect(o.result.Verdict).To(Equal(report.Error))
	},
		Entry("of an unknown authority", func(*certificate) {}, false,
			"signed by an authority that is not trusted here", SpecTimeout(time.Minute)),
		Entry("expired", func(c *certificate) { c.NotAfter = time.Now().Add(-time.Hour) }, true,
			"certificate is not valid: check its dates", SpecTimeout(time.Minute)),
		Entry("for another host",
			func(c *certificate) { c.IPAddresses, c.DNSNames = nil, []string{"elsewhere.example"} },
			true, "certificate is for another host", SpecTimeout(time.Minute)),
	)
})

// hostileEntries are the rows of the table.
func hostileEntries() []TableEntry {
	const refusal = `{"error":{"code":401,"message":"no","domain":"x","details":{"info":"no"},"context":{}}}`
	head := "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\n" + namesSecret
	busy := func(after string) wire {
		return says("HTTP/1.1 429 Too Many Requests\r\n%sRetry-After: %s\r\nContent-Length: 0\r\n\r\n",
			namesSecret, after)
	}
	deep := strings.Repeat(`{"a":[`, 5000) + strings.Repeat(`]}`, 5000)
	long := strings.Repeat("9", 10000)
	rows := []struct {
		name string
		row
	}{
		{"no answer", row{refused, stalls(""), 2, report.Error, "no complete answer in time"}},
		{"no answer from the first request on", row{start, stalls(""), 2, report.Error, "no complete answer in time"}},
		{"closed at once", row{refused, says(""), 2, report.Error, "broke the answer off"}},
		{"no HTTP", row{refused, says("SSH-2.0-OpenSSH_9.2\r\n"), 2, report.Error,
			`malformed HTTP response "SSH-2.0-OpenSSH_9.2"`}},
		{"no HTTP from the first request on", row{start, says("SSH-2.0-OpenSSH_9.2\r\n"), 2, report.Error,
			`malformed HTTP response "SSH-2.0-OpenSSH_9.2"`}},
		{"reset in the body", row{refused, resets(head + "Content-Length: 100\r\n\r\n{"), 2, report.Error,
			"connection reset by peer"}},
		{"a byte per second", row{refused, drips(head + "Content-Length: 100\r\n\r\n"), 2, report.Error,
			"no complete answer in time"}},
		{"a head byte by byte", row{refused, drips("HTTP/1.1 401 "), 2, report.Error, "no complete answer in time"}},
		{"endless headers", row{refused, endlessly(head, "X-A: "+strings.Repeat("x", 1000)+"\r\n"), 2, report.Error,
			"server response headers exceeded 1048576 bytes"}},
		{"endless headers from the first request on", row{start, endlessly(head, "X-A: b\r\n"), 2, report.Error,
			"server response headers exceeded 1048576 bytes"}},
		{"endless body", row{refused, endlessly(head+"\r\n", `{"a":1,`), 2, report.Error,
			"its body is longer than 10 MiB, of which the suite reads no more"}},
		{"endless body from the first request on",
			row{start, endlessly("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n", "a"), 2, report.Error,
				"the answer to RequestTokens is 200, and it holds no token: check the host"}},
		{"endless body of a success", row{served, endlessly("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n",
			`[[[[`), 2, report.Error, "its body is longer than 10 MiB, of which the suite reads no more"}},
		{"body of 1 GiB", row{refused, endlessly(head+"Content-Length: 1073741824\r\n\r\n", `"`+
			strings.Repeat("x", 1<<20)), 2, report.Error,
			"its body is longer than 10 MiB, of which the suite reads no more"}},
		{"gzip bomb", row{refused, bomb(head), 2, report.Error,
			"its body is longer than 10 MiB, of which the suite reads no more"}},
		{"gzip that is none", row{refused, says("%sContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", head,
			len(refusal), refusal), 2, report.Error, "its Content-Encoding is gzip: gzip: invalid header"}},
		{"body shorter than said", row{refused, says("%sContent-Length: %d\r\n\r\n%s", head, len(refusal)+10, refusal),
			2, report.Error, "unexpected EOF"}},
		{"body longer than said", row{refused, says("%sContent-Length: %d\r\n\r\n%s", head, len(refusal)-10, refusal),
			1, report.Violation, "the body ends in the middle of a JSON value"}},
		{"two lengths", row{refused, says("%sContent-Length: 1\r\nContent-Length: 2\r\n\r\n%s", head, refusal), 2,
			report.Error, "message cannot contain multiple Content-Length headers"}},
		{"invalid chunk", row{refused, says("%sTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nxyz\r\n", head), 2,
			report.Error, "invalid byte in chunk length"}},
		{"chunks without an end", row{refused, says("%sTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", head), 2,
			report.Error, "unexpected EOF"}},
		{"flood of 100", row{refused, endlessly("", "HTTP/1.1 100 Continue\r\n\r\n"), 2, report.Error,
			"server response headers exceeded 1048576 bytes"}},
		{"flood of 103", row{refused, endlessly("", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"), 2, report.Error,
			"server response headers exceeded 1048576 bytes"}},
		{"some 100 and 103 and then the answer",
			row{refused, relays(strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"+
				"HTTP/1.1 100 Continue\r\n\r\n", 20), "1.1"), 0, report.Pass,
				"PASS on staging: 2 specs meet the contract"}},
		{"HTTP/1.0", row{refused, relays("", "1.0"), 0, report.Pass, "PASS on staging: 2 specs meet the contract"}},
		{"HTTP/1.0 success", row{served, relays("", "1.0"), 0, report.Pass,
			"PASS on staging: 2 specs meet the contract"}},
		{"invalid UTF-8", row{refused, answers(401, strings.Replace(refusal, "no", "n\xff\xfeo", 1)), 1,
			report.Violation, "$: invalid-utf8: byte 33 is not UTF-8"}},
		{"JSON 10,000 levels deep", row{refused, answers(401, deep), 1, report.Violation,
			"$: too-deep: more than 1000 arrays and objects are nested"}},
		{"success 10,000 levels deep", row{served, answers(200, deep), 1, report.Violation,
			"$: too-deep: more than 1000 arrays and objects are nested"}},
		{"duplicate keys", row{refused, answers(401, strings.Replace(refusal, `"code"`, `"code":401,"code"`, 1)), 1,
			report.Violation, "$.error.code: duplicate-key: the key occurs twice in one object"}},
		{"number of 10,000 digits", row{refused, answers(401, strings.Replace(refusal, "401", long, 1)), 1,
			report.Violation, "$.error.code: number-too-long: the number has 10000 characters"}},
		{"success with a number of 10,000 digits", row{served, answers(200, `{"id":"x","version":`+long+`}`), 1,
			report.Violation, "$.version: number-too-long: the number has 10000 characters"}},
		{"exponent of 10,000 digits", row{refused, answers(401, strings.Replace(refusal, "401", "1e"+long, 1)), 1,
			report.Violation, "$.error.code: number-too-long: the number has 10002 characters"}},
		// All requests wait for that, as long as a spec may take.
		{"429 with a wait of a minute", row{refused, busy("60"), 2, report.Error,
			"the target throttles: it answered with 429 2 times"}},
		{"429 with a wait of ages", row{refused, busy("99999999999999999999"), 2, report.Error,
			"the target throttles: it answered with 429 2 times"}},
		{"429 with a wait of a minute from the first request on", row{start, busy("60"), 2, report.Error,
			"the target throttles: it answered the first request with 429 2 times"}},
		{"429 with a date far ahead from the first request on", row{start, busy("Fri, 31 Dec 9999 23:59:59 GMT"), 2,
			report.Error, "the target throttles: it answered the first request with 429 2 times"}},
		{"terminal control characters", row{refused, answers(401, "\x1b[2J\x1b]0;x\x07 \xe2\x80\xae"), 1,
			report.Violation,
			`$: not-json: found \x1b[2J\x1b]0;x\x07 \u202e`}},
	}
	var entries []TableEntry
	for i, r := range rows {
		entries = append(entries, Entry(r.name, sampled(i, 16), SpecTimeout(3*time.Minute), r.row))
	}
	return entries
}

// expectSound looks for what no server may bring about, and for the secrets that it was given and has named.
func expectSound(g *gateway, o watched) {
	GinkgoHelper()
	secrets := []string{g.canary, g.environment["ACRONIS_CLIENT_SECRET"], g.environment["ACRONIS_EXPIRED_TOKEN"]}
	Expect(secrets).NotTo(ContainElement(BeEmpty()))
	finder := redacttest.NewFinder(secrets...)
	for name, text := range everything(o.outcome) {
		Expect(finder.Find(text)).To(BeEmpty(), "a secret is in %s", name)
	}
	for _, sign := range []string{"panic:", "PANICKED", "goroutine ", "signal: killed", "TIMEDOUT", "INTERRUPTED",
		"\x1b", "\u202e"} {
		Expect(o.output).NotTo(ContainSubstring(sign))
	}
	Expect(o.peak).To(BeNumerically(">", leastMemory), "the suite's memory was seen")
	Expect(o.peak).To(BeNumerically("<", healthyPeak+mostMemory), "%d MiB, and %d MiB where the server is healthy",
		o.peak>>20, healthyPeak>>20)
}

// specOf is the spec that the User-Agent names.
func specOf(r *report.Result, agent string) report.Spec {
	GinkgoHelper()
	i := slices.IndexFunc(r.Specs, func(s report.Spec) bool { return "spec "+s.ID == agent })
	Expect(i).NotTo(Equal(-1), "the report holds the spec")
	return r.Specs[i]
}

// certificate is the server's, before it is signed.
type certificate = x509.Certificate

// serveTLS starts the gateway behind TLS, with a certificate that the test forges.
func (g *gateway) serveTLS(forge func(*certificate), trusted bool) {
	GinkgoHelper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "hostile"}, NotBefore: time.Now().Add(
			-48 * time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	forge(template)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	Expect(err).NotTo(HaveOccurred())
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	Expect(err).NotTo(HaveOccurred())
	g.server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	g.server.StartTLS()
	g.name()
	if trusted {
		file := filepath.Join(GinkgoT().TempDir(), "authority.pem")
		Expect(os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600)).To(Succeed())
		g.environment["ACRONIS_CA_FILE"] = file
	}
}
