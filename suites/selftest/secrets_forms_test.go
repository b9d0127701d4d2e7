package selftest_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"acronis-conformance/suites/internal/redact/redacttest"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// leak is one way in which a hostile server shows secrets. It is given one that was named before, in another answer,
// and one that was not; what it sends names the latter.
type leak struct {
	name         string
	known, named string
	answer       func(known, named string) string // what is written on the connection
	sent         string                           // by which request it was sent; empty: by none
}

// leaks are the rows of the table: every form, and every place of an answer.
func leaks() []*leak {
	var all []*leak
	add := func(name string, answer func(known, named string) string) {
		all = append(all, &leak{name: name, known: redacttest.Canary(), named: redacttest.Canary(), answer: answer})
	}
	for _, form := range redacttest.Forms {
		add("in the form "+form.Name, func(known, named string) string {
			return everywhere(form.Spell(known), form.Spell("access_token="+named))
		})
	}
	for _, form := range redacttest.Wraps {
		add("in the form "+form.Name, func(known, _ string) string {
			return everywhere(form.Spell(known),
				form.Spell(known))
		})
	}
	document := func(known, named string) string {
		return fmt.Sprintf(
			`{"error":{"code":401,"message":"no %s","domain":"x","details":{"refresh_token":%q,"pad":%q}}}`,
			known, named, strings.Repeat("pad ", 50))
	}
	for name, body := range map[string]func(string) string{
		"gzip": func(s string) string { return redacttest.Pack(s, "gzip") }, "deflate": func(
			s string) string {
			return redacttest.Pack(s, "zlib")
		},
		"bare deflate": func(s string) string { return redacttest.Pack(s, "deflate") }, "br": func(
			s string) string {
			return redacttest.Pack(s, "br")
		},
		"zstd": func(s string) string { return redacttest.Pack(s, "zstd") }, "gzip in gzip": func(
			s string) string {
			return redacttest.Pack(redacttest.Pack(s, "gzip"), "gzip")
		},
		"UTF-16":             func(s string) string { return redacttest.UTF16(s, binary.BigEndian) },
		"UTF-16 with a mark": func(s string) string { return "\xff\xfe" + redacttest.UTF16(s, binary.LittleEndian) },
		"bytes that are not text": func(s string) string {
			return "\x00\x01\xfe\xff\x80\x81" + redacttest.UTF16(s, binary.LittleEndian) + "\xff\xff\xff"
		},
		"text with a wrong byte":    func(s string) string { return strings.Replace(s, "pad", "p\xffd", 1) },
		"JSON that is cut":          func(s string) string { return s[:strings.Index(s, `","pad"`)] },
		"JSON behind a mark":        func(s string) string { return "\ufeff" + s },
		"JSON that calls itself so": func(s string) string { return s },
	} {
		packed := func(known, named string) string { return body(document(known, named)) }
		add("in a body: "+name, func(known, named string) string {
			return plainly("", "application/json",
				packed(known, named))
		})
		coding := map[string]string{"gzip": "gzip", "deflate": "deflate", "bare deflate": "deflate", "br": "br",
			"zstd": "zstd", "gzip in gzip": "gzip, gzip"}[name]
		if coding != "" {
			add("in a body that says: "+name, func(known, named string) string {
				return plainly("Content-Encoding: "+coding+"\r\n", "application/json", packed(known, named))
			})
		}
	}
	for _, before := range []int{0, 1, 7, 20, 44} { // bytes of the secret before the cut of what is shown
		add(fmt.Sprintf("at the cut of a body, %d bytes before it", before), func(known, named string) string {
			return plainly("", "text/plain", strings.Repeat("x", 16<<10-before-1)+" "+known+" access_token="+named)
		})
		add(fmt.Sprintf("at the cut of JSON, %d bytes before it", before), func(known, named string) string {
			return plainly("", "application/json", `{"a":"`+strings.Repeat("x",
				16<<10-before-8)+`","`+known+`":1,"access_token":"`+named+`"}`)
		})
	}
	header := func(name, lines string) {
		add("in "+name, func(known, named string) string {
			return plainly(strings.NewReplacer("KNOWN", known, "NAMED", named).Replace(lines), "application/json",
				envelope)
		})
	}
	header("the name of a header", "X-KNOWN: 1\r\nKNOWN: 2\r\nX-Session-Id: NAMED\r\n")
	header("the name of a cookie",
		"Set-Cookie: KNOWN=1; Path=/\r\nSet-Cookie: a=b; KNOWN=1\r\nSet-Cookie: connect.sid=NAMED; HttpOnly\r\n")
	header("an attribute of a cookie", "Set-Cookie: a=b; Path=/KNOWN; Domain=NAMED; sid=NAMED\r\n")
	header("a Location", "Location: https://elsewhere.example/KNOWN?sig=NAMED#id_token=NAMED\r\n")
	header("a challenge", "WWW-Authenticate: Bearer realm=\"KNOWN\", access_token=\"NAMED\"\r\n")
	header("a Link", "Link: <https://h/KNOWN?X-Amz-Signature=NAMED>; rel=next\r\nRefresh: 5; "+
		"url=/?jwt=NAMED\r\nETag: \"KNOWN\"\r\n")
	header("an early hint", "") // replaced below
	all[len(all)-1].answer = func(known, named string) string {
		return "HTTP/1.1 103 Early Hints\r\nLink: </" + known + ">\r\nX-Token: " + named + "\r\n\r\n" + plainly("",
			"application/json", envelope)
	}
	broken := func(name, answer string) {
		add("in "+name, func(known, named string) string {
			return strings.NewReplacer("KNOWN", known, "NAMED", named).Replace(answer)
		})
	}
	broken("the status line", "HTTP/1.1 418 KNOWN jwt=NAMED\r\nContent-Length: 0\r\n\r\n")
	broken("a status that is none", "HTTP/1.1 KNOWN jwt=NAMED\r\n\r\n")
	broken("an answer that is none", "KNOWN jwt=NAMED\r\n\r\n")
	broken("a protocol that is none", "HTTP/KNOWN 200 jwt=NAMED\r\n\r\n")
	broken("a header that is none", "HTTP/1.1 401 No\r\nKNOWN session_id=NAMED\r\n\r\n")
	broken("a length that is none", "HTTP/1.1 401 No\r\nContent-Length: KNOWN token=NAMED\r\n\r\n")
	broken("an encoding of the transfer that is none",
		"HTTP/1.1 401 No\r\nTransfer-Encoding: KNOWN token=NAMED\r\n\r\n")
	broken("a Content-Encoding that is none",
		"HTTP/1.1 401 No\r\nContent-Encoding: KNOWN\r\nContent-Length: 2\r\n\r\n{}")
	broken("a Content-Type that is none",
		"HTTP/1.1 401 No\r\nContent-Type: KNOWN; token=NAMED\r\nContent-Length: 2\r\n\r\n{}")
	broken("a trailer", "HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\nTrailer: X-Token, "+
		"KNOWN\r\n\r\n2\r\n{}\r\n0\r\nX-Token: NAMED\r\nKNOWN: 1\r\n\r\n")
	broken("a chunk",
		"HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\n2;KNOWN=NAMED\r\n{}\r\nKNOWN token=NAMED\r\n")
	broken("what follows the answer", "HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\n{}KNOWN token=NAMED\r\n")
	return all
}

// plainly is an answer whose status no probe expects, so that its spec fails and shows it.
func plainly(headers, media, body string) string {
	return fmt.Sprintf("HTTP/1.1 418 No\r\n%sContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", headers, media,
		len(body), body)
}

// everywhere shows texts in the headers, as far as they can stand there, and in a body of a kind that differs from
// row to row.
func everywhere(known, named string) string {
	headers := ""
	if printable := regexp.MustCompile(`^(?:[ -~]|\r\n )*$`); printable.MatchString(known + named) {
		headers = "X-Debug: " + known + "\r\nX-Other: got " + named + " there\r\nLocation: /?a=" +
			url.QueryEscape(known) +
			"&b=" + url.QueryEscape(named) + "\r\n" +
			"Set-Cookie: a=" + known + "; Path=/" + known + "; Comment=" + named + "\r\n"
	}
	switch len(known) % 4 {
	case 0:
		// of texts
		body, _ := json.Marshal(map[string]any{"error": map[string]any{"code": 401, "message": "no " + known,
			"domain": named, "details": map[string]any{known: 1}}})
		return plainly(headers, "application/json", string(body))
	case 1:
		return plainly(headers, "text/html", "<html><p title='"+html.EscapeString(named)+"'>"+html.EscapeString(
			known)+"</p></html>")
	case 2:
		return plainly(headers, "application/x-www-form-urlencoded", "error="+url.QueryEscape(known)+"&"+
			url.QueryEscape(
				named)+"=x&raw="+known)
	default:
		return plainly(headers, "text/plain", "refused: "+known+"\n\n"+named+"\n")
	}
}

var _ = Describe("a secret that was unknown before", Ordered, ContinueOnFailure, func() {
	rows := leaks()
	var o outcome
	var sinks map[string]string
	leaked := map[string][]string{} // where each secret stands
	var temporary string

	BeforeAll(func(ctx SpecContext) {
		var mu sync.Mutex
		next := 0
		g := startGateway(func(g *gateway, w http.ResponseWriter, r *http.Request) bool {
			agent := r.UserAgent()
			if !strings.Contains(agent, "spec 401/no-token/") && !strings.Contains(agent, "spec 401/garbage-token/") {
				return name(g, w, r, rows)
			}
			mu.Lock()
			if next == len(rows) {
				mu.Unlock()
				return false
			}
			row := rows[next]
			row.sent = agent
			next++
			mu.Unlock()
			wire(func(_ *gateway, conn net.Conn, _ *http.Request) {
				_, _ = io.WriteString(conn, row.answer(row.known, row.named))
			}).write(g, w, r)
			return true
		})
		temporary = g.environment["TMPDIR"]
		o = runSuite(ctx, g.environment, "gate", "-target=staging", "-procs=2", "-v", hasty())
		Expect(o.code).To(Equal(1), o.output)
		Expect(o.result).NotTo(BeNil(), o.output)
		sinks = everything(o)
		var secrets []string
		for _, row := range rows {
			secrets = append(secrets, row.known, row.named)
		}
		finder := redacttest.NewFinder(secrets...)
		for sink, text := range sinks {
			for secret, where := range finder.FindAll(text) {
				leaked[secret] = append(leaked[secret], sink+": "+where)
			}
		}
	}, NodeTimeout(5*time.Minute))

	for _, row := range rows {
		It("is in no output: "+row.name, func(SpecContext) {
			Expect(row.sent).NotTo(BeEmpty(), "the row was sent")
			Expect(leaked[row.known]).To(BeEmpty(), "named before, in the answer to %s", row.sent)
			Expect(leaked[row.named]).To(BeEmpty(), "named there, in the answer to %s", row.sent)
		}, SpecTimeout(6*time.Minute)) // which the first one shares with the run
	}

	It("is looked for in every output", func() {
		for _, sink := range []string{"output", "conformance.json", "junit.xml", "conformance.sarif", "conformance.har",
			"index.html", "index.html, unpacked", "summary.md",
			"badge.svg", "gate.json"} {
			Expect(sinks).To(HaveKeyWithValue(sink, Not(BeEmpty())))
		}
		Expect(sinks["conformance.json"]).To(ContainSubstring("bytes that are not text, sha256 "))
		Expect(strings.Count(sinks["output"], "$ACRONIS_")).To(BeNumerically(">", 20), "what failed is shown")
		Expect(strings.Count(sinks["conformance.json"], "$ACRONIS_")).To(BeNumerically(">", len(rows)))
		Expect(os.ReadDir(temporary)).To(BeEmpty(), "what the processes shared is gone")
	})
})

// name answers a request of the set-up as the mock does, and names there the secrets that the specs will be shown
// again.
func name(g *gateway, w http.ResponseWriter, r *http.Request, rows []*leak) bool {
	if !strings.HasSuffix(r.URL.Path, "/idp/token") {
		return false
	}
	status, header, body := g.upstream(r)
	var document map[string]any
	if json.Unmarshal(body, &document) != nil || status != http.StatusOK {
		return false
	}
	names := []string{"session_id", "sig", "pwd", "jwt", "refresh", "X-Amz-Signature", "pin"}
	nested := map[string]any{}
	for i, row := range rows {
		switch i % 4 {
		case 0:
			header.Add("Set-Cookie", fmt.Sprintf("sid%d=%s; Path=/", i, row.known))
		case 1:
			header.Add("X-Webhook-Signature", row.known)
		default:
			key := names[i%len(names)]
			listed, _ := nested[key].([]string)
			nested[key] = append(listed, row.known)
		}
	}
	document["debug"] = nested
	body, _ = json.Marshal(document) // which was JSON before
	header.Del("Content-Length")
	for key, values := range header {
		w.Header()[key] = values
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
	return true
}

// everything is what a run has left, by the name of the file, with the terminal's output and what the page unpacks.
func everything(o outcome) map[string]string {
	GinkgoHelper()
	sinks := map[string]string{"output": o.output}
	Expect(filepath.WalkDir(o.folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		sinks[filepath.Base(path)] = string(text)
		return err
	})).To(Succeed())
	data := regexp.MustCompile(`id="data">([\w-]+)<`).FindStringSubmatch(sinks["index.html"])
	Expect(data).NotTo(BeNil(), "the page holds data")
	packed, err := base64.RawURLEncoding.DecodeString(data[1])
	Expect(err).NotTo(HaveOccurred())
	unpacked, err := gzip.NewReader(bytes.NewReader(packed))
	Expect(err).NotTo(HaveOccurred())
	text, err := io.ReadAll(unpacked)
	Expect(err).NotTo(HaveOccurred())
	sinks["index.html, unpacked"] = string(text)
	return sinks
}
