package redact_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/redact"
)

// tokens is an answer with so many tokens, which begin alike as all JSON Web Tokens do.
func tokens(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"items":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"access_token":"%s.%s.%s%s"}`, header, payload, rand.Text(), strings.Repeat("x", 100))
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

// ones is a body of so many bytes with as many values as that can hold.
func ones(size int) []byte {
	return append(append([]byte("["), bytes.Repeat([]byte("1,"), size/2)...), "1]"...)
}

// raced divides the work where the race detector makes it slow, and lets it allocate more.
var raced = 1

// cost returns what a function allocates, in bytes, and the processor's time that it takes, which does not depend on
// what else runs.
func cost(do func()) (allocated uint64, took time.Duration) {
	took = time.Hour
	for range 2 / min(raced, 2) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := spent()
		do()
		took = min(took, spent()-start)
		runtime.ReadMemStats(&after)
		allocated = after.TotalAlloc - before.TotalAlloc
	}
	return allocated, took
}

// spent is the processor's time that this process has taken.
func spent() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err) // the arguments are right
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// The cost is compared with that of an eighth of the work: it is at most 24 times as much, where the square would be
// 64 times.
const (
	times    = 8
	maxTimes = 3 * times
	maxBytes = 200 << 20
)

func TestCostIsBounded(t *testing.T) {
	for name, c := range map[string]struct {
		n  int
		do func(n int) func()
	}{
		"40,000 tokens": {40_000, func(n int) func() {
			body := tokens(n)
			return func() {
				r := redact.New()
				r.LearnResponse(nil, body)
				r.Excerpt("application/json", body, 16<<10)
			}
		}},
		"10 MB of [1,1,...]": {10 << 20, func(n int) func() {
			body := ones(n)
			return func() {
				r := redact.New()
				r.LearnResponse(nil, body)
				r.Excerpt("application/json", body, 16<<10)
			}
		}},
		"10 MB of short secrets": {10 << 20, func(n int) func() {
			var b bytes.Buffer
			for i := range n / 18 {
				fmt.Fprintf(&b, `,{"token":"%07x"}`, i)
			}
			body := append(append([]byte("[0"), b.Bytes()...), ']')
			return func() {
				r := redact.New()
				r.LearnResponse(nil, body)
				r.Excerpt("application/json", body, 16<<10)
			}
		}},
		"10 MB of text": {10 << 20, func(n int) func() {
			body := []byte(strings.Repeat("password=abc-123 ", n/17))
			return func() {
				r := redact.New()
				r.LearnResponse(nil, body)
				r.Excerpt("text/plain", body, 16<<10)
			}
		}},
		"a form of 10 MB": {10 << 20, func(n int) func() {
			body := []byte(strings.Repeat("a=b&password=abc-123&", n/21))
			return func() {
				r := redact.New()
				r.LearnResponse(nil, body)
				r.Excerpt("application/x-www-form-urlencoded", body, 16<<10)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			_, little := cost(c.do(c.n / raced / times))
			allocated, much := cost(c.do(c.n / raced))
			t.Logf("%v for an eighth, %v for all, %d MB allocated", little, much, allocated>>20)
			g.Expect(much).To(BeNumerically("<", maxTimes*little))
			g.Expect(allocated).To(BeNumerically("<", maxBytes))
		})
	}
}

// Only what is shown is redacted.
func TestExcerptOfALargeBodyCostsLittle(t *testing.T) {
	pair, n := `"a password=abc-123",`, 500_000/raced
	for name, c := range map[string]struct{ media, body string }{
		"text": {"text/plain", strings.Repeat(pair, n)}, "form": {"application/x-www-form-urlencoded",
			strings.Repeat("a=b&password=abc-123&", n)},
		"JSON": {"application/json", "[" + strings.Repeat(pair, n) + "1]"}, "one string": {"application/json", `"` +
			strings.Repeat("a password=abc-123,", n) + `"`},
		"broken JSON": {"application/json", "[" + strings.Repeat(pair, n)},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			r := redact.New()
			body := []byte(c.body)
			allocated, _ := cost(func() { r.LearnResponse(http.Header{"Content-Type": {c.media}}, body) })
			g.Expect(allocated).To(BeNumerically("<", raced*20<<20), "free text is read up to a limit")
			allocated, _ = cost(func() {
				shown, cut := r.Excerpt(c.media, body, 16<<10)
				g.Expect(cut).To(BeTrue())
				g.Expect(len(shown)).To(SatisfyAll(BeNumerically("<=", 16<<10), BeNumerically(">", 8<<10)))
				g.Expect(string(shown)).To(SatisfyAll(ContainSubstring("$ACRONIS_PASSWORD"),
					Not(ContainSubstring("abc"))))
			})
			g.Expect(allocated).To(BeNumerically("<", raced*(4+strings.Count(name, "one")*32)<<20),
				"a string is read as a whole")
		})
	}
}

// Eight times as many secrets cost no more than three times as much to look for.
func TestCostDoesNotGrowWithTheSecrets(t *testing.T) {
	g := NewWithT(t)
	item := `{"id":"` + clientID +
		`","name":"Tenant: one","created_at":"2030-01-01T00:00:00+00:00","contact":{"email":"a@example.com"}},`
	body := []byte(`{"items":[` + strings.Repeat(item, 50) + `{}]}`)
	knowing := func(n int) func() {
		r := redact.New()
		r.LearnResponse(nil, tokens(n))
		return func() {
			for range 20 {
				r.Excerpt("application/json", body, 16<<10)
			}
		}
	}
	_, little := cost(knowing(500 / raced))
	_, much := cost(knowing(times * 500 / raced))
	g.Expect(much).To(BeNumerically("<", 3*little))
}

// A target that sends secrets without end fills no memory: from some point on, nothing of its answers is shown.
func TestMoreSecretsThanAreKept(t *testing.T) {
	g := NewWithT(t)
	r := redact.New()
	for range 4 {
		r.LearnResponse(nil, tokens(30_000))
	}
	secret := canary(t)
	r.LearnResponse(nil, jsonOf(map[string]any{"access_token": secret}))
	r.Learn("ACRONIS_TOLD", "told-"+secret)
	g.Expect(len(r.Secrets())).To(BeNumerically("<", 120_000))
	body, cut := r.Excerpt("text/plain", []byte("echo "+secret), 100)
	g.Expect(string(body)).To(
		MatchRegexp(`^\(\d+ bytes that are not shown, since not all of the target's secrets are known, sha256 ` +
			`[0-9a-f]{16}\)$`))
	g.Expect(cut).To(BeFalse())
	g.Expect(r.Header(http.Header{"X-Echo": {secret}, "Content-Type": {"application/json"}})).
		To(Equal(http.Header{"X-Echo": {"$ACRONIS_SECRET"}, "Content-Type": {"application/json"}}))
	g.Expect(r.String("told-"+secret)).To(Equal("$ACRONIS_TOLD"), "what the suite is told is always known")
}

// Texts that are made to be slow cost no more than their length.
func TestHostileText(t *testing.T) {
	periodic := strings.Repeat("aA1", 3000)
	for name, part := range map[string]string{
		"letters": "a", "repeats of a secret": "aA1", "paths": "/token: ", "keys": "token: ", "pairs": "token=",
		"percent": "%25", "percent, twice": "%2525", "entities": "&#37;",
		"backslashes": `\\`, `\u`: `\u005c`, "zeros in base64": "AAAA", "text in base64": "cGFzc3dvcmQ9",
		"gzip in base64": "H4sIAAAAAAAA", "hexadecimal": "3336",
		"open objects": `{"token":`, "open arrays": "[", "strings": `"token":"a1b2c3",`, "headers": "authorization: ",
		"cookies": "cookie: a=b;", "credentials": "basic dTpw ",
		"addresses": "://u:p@", "elements": "<token>", "fields": "name=token ", "NUL": "a\x00", "tokens": "eyJ",
		"white space": " a", "bytes": "\xff\x00a",
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			r := redact.New()
			r.Learn("ACRONIS_X", periodic)
			r.Learn("ACRONIS_Y", strings.Repeat("a", 5000))
			_, little := cost(func() { r.String(strings.Repeat(part, (4<<10)/len(part))) })
			allocated, much := cost(func() { r.String(strings.Repeat(part, times*(4<<10)/len(part))) })
			g.Expect(much).To(BeNumerically("<", maxTimes*max(little, 2*time.Millisecond)))
			g.Expect(allocated).To(BeNumerically("<", maxBytes))
		})
	}
}
