package selftest_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"acronis-conformance/suites/internal/redact/redacttest"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/session"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// planted collects every secret that passes the gateway, whichever side it comes from: the suite knew none of them
// beforehand but the configured ones.
type planted struct {
	mu     sync.Mutex
	places map[string]string // where a secret was seen first, by the secret
	order  []string
}

// secretNames are the properties and form fields that carry secrets.
var secretNames = []string{"access_token", "id_token", "refresh_token", "client_secret", "registration_access_token",
	"ott", "token", "device_code",
	"user_code", "password", "current_password", "new_password", "assertion"}

func (p *planted) add(where, secret string) {
	// Short values and what the suite itself makes up as garbage are not secrets.
	if len(secret) < 6 || secret == session.InvalidToken {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, known := p.places[secret]; !known {
		p.places[secret] = where
		p.order = append(p.order, secret)
	}
}

// known returns the secrets so far, in the order in which they were seen.
func (p *planted) known() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.order)
}

// kinds counts the secrets by the place of their first appearance.
func (p *planted) kinds() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	kinds := map[string]int{}
	for _, where := range p.places {
		kinds[where]++
	}
	return kinds
}

// request notes what the suite sends.
func (p *planted) request(r *http.Request, body []byte) {
	scheme, credentials, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	// what the wrong-secret probes send is not a secret
	if _, password, basic := r.BasicAuth(); !basic || password != session.InvalidToken {
		p.add(scheme, credentials)
	}
	if id, password, basic := r.BasicAuth(); basic && id != "" {
		p.add("Basic password", password)
	}
	p.fields("sent", r.URL.Query())
	if form, err := url.ParseQuery(string(body)); err == nil && strings.HasPrefix(r.Header.Get("Content-Type"),
		"application/x-www-form-urlencoded") {
		p.fields("sent", form)
	}
	p.body("sent", body)
}

func (p *planted) fields(direction string, values url.Values) {
	for _, name := range secretNames {
		for _, value := range values[name] {
			p.add(direction+" "+name, value)
		}
	}
}

// body notes what stands under the names of secrets in a JSON body.
func (p *planted) body(direction string, body []byte) {
	var document any
	if json.Unmarshal(body, &document) == nil {
		p.walk(direction, document)
	}
}

func (p *planted) walk(direction string, value any) {
	switch value := value.(type) {
	case map[string]any:
		for name, inner := range value {
			if text, isText := inner.(string); isText && slices.Contains(secretNames, name) {
				p.add(direction+" "+name, text)
			}
			p.walk(direction, inner)
		}
	case []any:
		for _, inner := range value {
			p.walk(direction, inner)
		}
	}
}

// recording puts a gateway before the mock that notes every secret. What it spoils, it spoils after that.
func recording(spoil func(g *gateway, p *planted, w http.ResponseWriter, r *http.Request) bool) (*gateway, *planted) {
	GinkgoHelper()
	p := &planted{places: map[string]string{}}
	g := startGateway(func(g *gateway, w http.ResponseWriter, r *http.Request) bool {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		p.request(r, body)
		if spoil(g, p, w, r) {
			return true
		}
		status, header, answer := g.upstream(r)
		p.body("issued", answer)
		for name, values := range header {
			w.Header()[name] = values
		}
		w.WriteHeader(status)
		_, _ = w.Write(answer)
		return true
	})
	p.add("configured client secret", g.environment["ACRONIS_CLIENT_SECRET"])
	p.add("configured expired token", g.environment["ACRONIS_EXPIRED_TOKEN"])
	return g, p
}

// echo is an error message that repeats the secrets in every spelling, as services do that put a request into their
// errors.
func echo(w http.ResponseWriter, form int, status int, secrets []string) {
	text := strings.Join(secrets, " and ")
	switch form % 5 {
	case 0: // as it is
		body, _ := json.Marshal(map[string]any{"error": map[string]any{"code": status, "message": "refused: " + text,
			"domain": "x"}})
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write(body)
	case 1: // in headers, and in text
		w.Header().Set("X-Debug", text)
		w.Header().Set("Www-Authenticate", `Bearer error_description="`+text+`"`)
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "bad credentials "+text)
	case 2: // escaped for URLs, in a page
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Location", "https://elsewhere.example/?state="+url.QueryEscape(text))
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<html><pre>"+html.EscapeString(text)+"</pre><a href='/?x="+url.QueryEscape(text)+"'>")
	case 3: // in base64, inside JSON inside JSON
		inner, _ := json.Marshal(map[string]any{"request": base64.StdEncoding.EncodeToString([]byte(text)),
			"raw": text})
		body, _ := json.Marshal(map[string]any{"error": map[string]any{"code": "x", "message": string(inner)}})
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write(body)
	case 4: // in the name of a property, in JSON that is cut
		body, _ := json.Marshal(map[string]any{"a": map[string]any{secrets[0]: secrets}})
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write(body[:len(body)-3])
	}
}

var _ = Describe("a secret", func() {
	DescribeTable("is in no output", func(ctx SpecContext, processes int, world bool) {
		var specs atomic.Int64
		var before atomic.Pointer[[]string] // what the world's part of the run has shown
		g, p := recording(func(g *gateway, p *planted, w http.ResponseWriter, r *http.Request) bool {
			agent := r.UserAgent()
			if !regexp.MustCompile(`spec \d`).MatchString(agent) {
				return false
			}
			known := p.known()
			before.CompareAndSwap(nil, &known)
			if world {
				known = *before.Load()
			}
			n := int(specs.Add(1))
			if n%3 != 0 {
				return false
			}
			secrets := []string{strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), known[n%len(known)],
				known[len(known)-1-n%len(known)]}
			secrets = slices.DeleteFunc(secrets, func(s string) bool { return s == "" })
			echo(w, n/3, []int{401, 418, 400, 500, 200}[n/15%5], secrets)
			return true
		})
		o := runSuite(ctx, g.environment, "run", "-target=staging", "-filter=!waiting", "-v",
			"-procs="+strconv.Itoa(processes), hasty())
		Expect(o.code).To(Equal(1), o.output)
		Expect(len(withVerdict(o.result, report.Violation))).To(BeNumerically(">", 100),
			"the specs that were spoilt fail")
		Expect(p.kinds()).To(SatisfyAll(HaveKey("Basic"), HaveKey("Bearer"), HaveKey("issued access_token"),
			HaveKey("issued client_secret"),
			HaveKey("issued token"), HaveKey("issued ott"), HaveKey("sent password")), "every kind was there to leak")
		expectNoSecret(o, p)
		Expect(o.output).To(ContainSubstring("$ACRONIS_TOKEN"), "curl lines stay of use")
	},
		Entry("of one process, with failures and echoes", long, SpecTimeout(5*time.Minute), 1, false),
		Entry("of two processes, with failures and echoes", long, SpecTimeout(5*time.Minute), 2, true),
	)

	It("is in no output where the target dies half way", long, func(ctx SpecContext) {
		var specs atomic.Int64
		g, p := recording(func(g *gateway, p *planted, w http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.UserAgent(), "spec 4") || specs.Add(1) < 300 {
				return false
			}
			g.die()
			return false
		})
		o := runSuite(ctx, g.environment, "run", "-target=staging", "-filter=!waiting", "-v", hasty())
		Expect(o.code).To(Equal(2), o.output)
		Expect(withVerdict(o.result, report.Error)).NotTo(BeEmpty())
		Expect(o.result.Leftovers).NotTo(BeEmpty())
		expectNoSecret(o, p)
	}, SpecTimeout(5*time.Minute))

	It("is in no output where what follows an answer is none", func(ctx SpecContext) {
		g, p := recording(func(g *gateway, p *planted, w http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.UserAgent(), "spec 401") {
				return false
			}
			status, _, body := g.upstream(r)
			// net/http logs what comes on a connection on which it expects nothing.
			wire(func(_ *gateway, conn net.Conn, _ *http.Request) {
				fmt.Fprintf(conn, "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
					status,
					http.StatusText(status), len(body), body)
				time.Sleep(20 * time.Millisecond)
				fmt.Fprintf(conn, "debug: %s\r\n", strings.Join(p.known(), " "))
				time.Sleep(20 * time.Millisecond)
			}).write(g, w, r)
			return true
		})
		o := runSuite(ctx, g.environment, "run", "-target=staging", "-focus=401/garbage-token/Fetch", "-v")
		Expect(o.result).NotTo(BeNil(), o.output)
		expectNoSecret(o, p)
	}, SpecTimeout(time.Minute))

	DescribeTable("is in no output where the set-up fails", func(ctx SpecContext, path string, padding int) {
		g, p := recording(func(g *gateway, p *planted, w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, path) || r.Method != http.MethodPost && r.Method != http.MethodDelete {
				return false
			}
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(http.StatusForbidden)
			// The message is cut somewhere, and a secret may lie there.
			_, _ = io.WriteString(w, strings.Repeat(".", padding)+strings.Join(append(p.known(),
				r.Header.Get("Authorization")), ","))
			return true
		})
		o := runSuite(ctx, g.environment, "run", "-target=staging", "-focus=401/no-token/(FetchUser|FetchClient)$",
			"-v")
		Expect(o.code).To(Equal(2), o.output)
		expectNoSecret(o, p)
	},
		Entry("at the log-in", SpecTimeout(time.Minute), "/idp/token", 0),
		Entry("at a tenant", SpecTimeout(time.Minute), "/tenants", 150),
		Entry("at a client, at the cut of the message", SpecTimeout(time.Minute), "/clients", 180),
		Entry("at a client, in another place of it", SpecTimeout(time.Minute), "/clients", 190),
	)

	It("is in no output where nothing can be removed", func(ctx SpecContext) {
		g, p := recording(func(g *gateway, p *planted, w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodDelete {
				return false
			}
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, strings.Repeat(".", 185)+strings.Join(p.known(), ","))
			return true
		})
		o := runSuite(ctx, g.environment, "run", "-target=staging", "-focus=401/no-token/(FetchUser|FetchClient)$",
			"-v")
		Expect(o.result).NotTo(BeNil(), o.output)
		Expect(o.result.Leftovers).NotTo(BeEmpty())
		expectNoSecret(o, p)
	}, SpecTimeout(time.Minute))
})

// expectNoSecret looks at every byte that the run has left.
func expectNoSecret(o outcome, p *planted) {
	GinkgoHelper()
	texts := map[string][]byte{"output": []byte(o.output)}
	Expect(filepath.WalkDir(o.folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		texts[path], err = os.ReadFile(path)
		return err
	})).To(Succeed())
	Expect(texts).To(HaveKey(ContainSubstring("junit.xml")))
	what := map[string]string{} // by the text that would be a leak
	for secret, where := range p.places {
		for spelling, form := range spellings(secret) {
			if len(form) >= 4 {
				what[form] = where + ", " + spelling
			}
		}
	}
	index := redacttest.NewIndex(slices.Collect(maps.Keys(what))...)
	var leaks []string
	for name, text := range texts {
		for form, at := range index.FindAll(text) {
			shown := text[max(0, at-160):min(len(text), at+len(form)+40)]
			leaks = append(leaks, fmt.Sprintf("%s, in %s: %q", what[form], filepath.Base(name), shown))
		}
	}
	slices.Sort(leaks)
	Expect(leaks[:min(len(leaks), 12)]).To(BeEmpty(), "%d leaks", len(leaks))
}

// spellings are the forms in which a secret is still one: escaped, encoded, and cut.
func spellings(secret string) map[string]string {
	quoted, _ := json.Marshal(secret)
	forms := map[string]string{
		"as it is": secret, "in a URL": url.QueryEscape(secret), "in a path": url.PathEscape(secret), "in JSON": string(
			quoted[1 : len(quoted)-1]), "in XML": html.EscapeString(secret),
	}
	for before := range 3 { // wherever it stands in what was encoded
		for name, encoding := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding,
			"base64 for URLs": base64.RawURLEncoding} {
			encoded := encoding.EncodeToString([]byte(strings.Repeat("x", before) + secret))
			forms[fmt.Sprintf("in %s at %d", name, before)] = encoded[(before*8+5)/6 : (before+len(secret))*8/6]
		}
	}
	// The beginning of a token is the same for all; its end, the signature, is what counts.
	if parts := strings.Split(secret, "."); len(parts) == 3 && strings.HasPrefix(secret, "ey") {
		if len(parts[2]) > 16 {
			forms["without its head"] = parts[2][:16]
		}
	} else if len(secret) >= 20 {
		forms["its beginning"], forms["its end"] = secret[:12], secret[len(secret)-12:]
	}
	return forms
}
