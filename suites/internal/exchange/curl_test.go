package exchange_test

import (
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/redact"
)

// seen is a request as a target sees it.
type seen struct {
	Method, URI, Host, Body string
	Length                  int64
	Header                  http.Header
}

// observer hands on every request.
func observer(t *testing.T) (base string, requests chan seen) {
	t.Helper()
	requests = make(chan seen, 10)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		header := r.Header.Clone()
		header.Del("User-Agent")
		if header.Get("Accept") == "*/*" { // curl's own, which means the same as none
			header.Del("Accept")
		}
		requests <- seen{r.Method, r.RequestURI, r.Host, string(body), r.ContentLength, header}
	}))
	t.Cleanup(s.Close)
	return s.URL, requests
}

// bash runs a line in an empty directory.
func bash(t *testing.T, line string, env ...string) string {
	t.Helper()
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	command := exec.CommandContext(ctx, "bash", "-c", line)
	command.Dir = dir
	command.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "LC_ALL=C.UTF-8"}, env...)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s\n%s", err, out, line)
	}
	if files, _ := filepath.Glob(dir + "/*"); len(files) > 0 {
		t.Fatalf("the line left %v behind: %s", files, line)
	}
	return string(out)
}

func needCurl(t *testing.T) {
	t.Helper()
	for _, program := range []string{"bash", "curl", "base64"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed: the curl lines of the reports are not tried", program)
		}
	}
}

const (
	id     = "0b3a8a4e-5d0f-4b0e-9d38-3f9a1f6f2a10"
	nasty  = "a'b\"c`touch pwned`$(touch pwned)$HOME\\!x ;&|<>*?[a-z]{1,2}~#\n\r\t\x1b\x7f\u202eé€ \\n %41 $'x'"
	secret = `p@ss 'wörd' "1" +&=%$HOME`
)

func TestCurlRepeatsTheRequest(t *testing.T) {
	needCurl(t)
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	basic := func(user, password string) http.Header {
		return http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))}}
	}
	for name, r := range map[string]exchange.Request{
		"GET": {Method: "GET", Path: "/tenants"},
		"GET with a token": {Method: "GET", Path: "/tenants",
			Header: http.Header{"Authorization": {"Bearer t0ken-123"}}},
		"tampered token": {Method: "GET", Path: "/x",
			Header: http.Header{"Authorization": {"Bearer not-a-token"}}},
		"query": {Method: "GET", Path: "/x", Query: url.Values{"uuids": {"a,b"}, "q": {nasty},
			"access_token": {"t0ken-123"}}},
		"dots, braces and slashes": {Method: "GET", Path: "/a/../b/./c//d/..", Query: url.Values{"x": {"{a,b}[1-3]"}}},
		"odd path":                 {Method: "GET", Path: "/$HOME/%60touch%20pwned%60/'/!x;a=b&c*[1-2]~@(x)"},
		"HEAD":                     {Method: "HEAD", Path: "/x"},
		"DELETE":                   {Method: "DELETE", Path: "/x", Query: url.Values{"version": {"1"}}},
		"DELETE with a body":       {Method: "DELETE", Path: "/x", Body: []byte("{}")},
		"GET with a body": {Method: "GET", Path: "/x", Body: []byte("{}"),
			Header: http.Header{"Content-Type": {"application/json"}}},
		"odd method":           {Method: "a!'`$b", Path: "/x"},
		"PATCH without a body": {Method: "PATCH", Path: "/x"},
		"POST without a body": {Method: "POST", Path: "/x",
			Header: http.Header{"Content-Type": {"application/json"}}},
		"POST without Content-Type": {Method: "POST", Path: "/x", Body: []byte(`{"a":1}`)},
		"Content-Type without a word": {Method: "POST", Path: "/x", Body: []byte(`{"a":1}`),
			Header: http.Header{"Content-Type": {""}, "X-Empty": {""}}},
		"Content-Type in lower case": {Method: "POST", Path: "/x", Body: []byte(`{"a":1}`),
			Header: http.Header{"content-type": {"text/plain"}}},
		"Accept": {Method: "GET", Path: "/x", Header: http.Header{"Accept": {"text/csv"}}},
		"odd headers": {Method: "GET", Path: "/x",
			Header: http.Header{"X-A": {"a'b\"c`touch pwned`$(touch pwned)$HOME\\!é", "two"}, "X-B": {"tab\there"},
				"X-C!#$%&'*+": {"x"}}},
		"another host": {Method: "GET", Path: "/x", Header: http.Header{"Host": {"other.example"}}},
		"JSON": {Method: "POST", Path: "/x",
			Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{"name":"it's \"q\" $HOME ` +
				"`x`" +
				` <&>"}`)},
		"JSON over lines": {Method: "PUT", Path: "/x",
			Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte("{\n\t\"a\": 1\r\n}\n")},
		"nasty body": {Method: "POST", Path: "/x", Header: http.Header{"Content-Type": {"text/plain"}},
			Body: []byte(nasty)},
		"body that looks like a file": {Method: "POST", Path: "/x", Body: []byte("@/etc/passwd")},
		"body that looks like a flag": {Method: "POST", Path: "/x", Body: []byte("--output pwned")},
		"broken JSON": {Method: "POST", Path: "/x",
			Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{"a":`)},
		"password in JSON": {Method: "POST", Path: "/x",
			Header: http.Header{"Content-Type": {"application/json"}},
			Body:   []byte(`{"a":"it's","password":"s3cret-pw"}`)},
		"form": {Method: "POST", Path: "/x", Header: form, Body: []byte("a=b&c=%20+d&e&@f=g")},
		"form with secrets": {Method: "POST", Path: "/x", Header: form,
			Body: []byte("grant_type=password&username=a%40b+c&password=" + url.QueryEscape(secret) +
				"&client_secret=cl1ent-s3cret&@x=y")},
		"Basic of a client": {Method: "POST", Path: "/idp/token", Header: basic(id, "cl1ent-s3cret"),
			Body: []byte("grant_type=client_credentials")},
		"Basic of a user":          {Method: "GET", Path: "/x", Header: basic("o'hara $x", secret)},
		"Basic without a password": {Method: "GET", Path: "/x", Header: basic("someone", "")},
		"binary": {Method: "PUT", Path: "/x", Header: http.Header{"Content-Type": {"image/png"}},
			Body: []byte("\x89PNG\r\n\x1a\n\x00\xff'`")},
		"fault": {Method: "GET", Path: "/x", Fault: &exchange.Fault{Header: "X-Fault", Status: 503,
			Attempts: -1}, NoRepeat: true},
		"long": {Method: "POST", Path: "/x", Body: []byte(strings.Repeat("0123456789abcde\n", 2000))},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			base, requests := observer(t)
			redactor := redact.New()
			redactor.Learn("ACRONIS_HOME_TOKEN", "t0ken-123")
			redactor.Learn("ACRONIS_CLIENT_SECRET", "cl1ent-s3cret")
			redactor.Allow("not-a-token")
			e, err := newClient(t, exchange.Options{BaseURL: base, Redactor: redactor}).Do(t.Context(), r)
			g.Expect(err).NotTo(HaveOccurred())
			want := <-requests

			line := e.Curl(redactor)
			g.Expect(line).NotTo(ContainSubstring("\n"), "one line")
			g.Expect(exchange.Printable(line)).To(Equal(line))
			for _, hidden := range []string{"t0ken-123", "cl1ent-s3cret", "s3cret-pw", "p@ss", "p%40ss"} {
				g.Expect(line).NotTo(ContainSubstring(hidden))
			}
			out := bash(t, line, "ACRONIS_HOME_TOKEN=t0ken-123", "ACRONIS_CLIENT_SECRET=cl1ent-s3cret",
				"ACRONIS_PASSWORD="+passwordOf(name))
			g.Expect(out).To(HavePrefix("HTTP/1.1 200 OK"), line)
			g.Expect(requests).To(HaveLen(1), line)
			g.Expect(<-requests).To(Equal(want), line)
		})
	}
}

// passwordOf is what the variable holds: curl escapes it in a form and in Basic, and no one in JSON.
func passwordOf(name string) string {
	if name == "password in JSON" {
		return "s3cret-pw"
	}
	return secret
}

func TestCurlInTheFormOfTheGuide(t *testing.T) {
	g := NewWithT(t)
	e := &exchange.Exchange{URL: "https://eu2-cloud.acronis.com/api/2/tenants/1",
		Request: exchange.Request{Method: "GET",
			Header: http.Header{"Authorization": {"Bearer s3cr3t"}}}}
	g.Expect(e.Curl(redact.New())).To(Equal(
		`curl -s https://eu2-cloud.acronis.com/api/2/tenants/1 --header "Authorization: Bearer ${ACRONIS_TOKEN:?}" ` +
			`--include`))

	e.Request = exchange.Request{Method: "POST", Header: http.Header{"Authorization": {"Bearer s3cr3t"}},
		Body: []byte(`{"a":1}`)}
	g.Expect(e.Curl(nil)).To(Equal(`curl -s https://eu2-cloud.acronis.com/api/2/tenants/1 --request POST` +
		` --header "Authorization: Bearer ${ACRONIS_TOKEN:?}" --header 'Content-Type:' --data '{"a":1}' --include`))

	e.Request = exchange.Request{Method: "POST", Header: http.Header{"Authorization": {"Basic " +
		base64.StdEncoding.EncodeToString([]byte(id+":cl1ent-s3cret"))}},
		Body: []byte(strings.Repeat("x", 100_000))}
	g.Expect(e.Curl(nil)).To(Equal(`curl -s https://eu2-cloud.acronis.com/api/2/tenants/1 --request POST` +
		` --user "` + id + `:${ACRONIS_CLIENT_SECRET:?}" --header 'Content-Type:' --data-binary @body --include` +
		`  # the body, 100000 bytes, is not shown: put it into a file named body`))
}

// A variable that is not a stand-in of a secret is text.
func TestCurlExpandsNothingElse(t *testing.T) {
	needCurl(t)
	g := NewWithT(t)
	base, requests := observer(t)
	e, err := newClient(t, exchange.Options{BaseURL: base}).Do(t.Context(), exchange.Request{Method: "POST", Path: "/x",
		Header: http.Header{"Authorization": {"Bearer t0ken-123"}, "X-A": {"$HOME ${PATH} $ACRONIS_TOKEN"}},
		Body: []byte(
			`$HOME $(id) t0ken-123`)})
	g.Expect(err).NotTo(HaveOccurred())
	<-requests
	bash(t, e.Curl(nil), "ACRONIS_TOKEN=t0ken-123")
	last := <-requests
	g.Expect(last.Header.Get("X-A")).To(Equal("$HOME ${PATH} t0ken-123"),
		"a text that looks like a stand-in is taken for one, which is harmless")
	g.Expect(last.Body).To(Equal("$HOME $(id) t0ken-123"))
}

// Without the secret the line must not send a request that means something else.
func TestCurlStopsWhereAVariableIsUnset(t *testing.T) {
	for _, header := range []string{"Bearer s3cr3t", "Basic " +
		base64.StdEncoding.EncodeToString([]byte(id+":cl1ent-s3cret"))} {
		e := &exchange.Exchange{URL: "http://127.0.0.1:9/x", Request: exchange.Request{Method: "POST",
			Header: http.Header{"Authorization": {header}, "X-A": {"it's\n\u00e9"}}}}
		line := "curl() { echo sent; }; " + e.Curl(redact.New())
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		command := exec.CommandContext(ctx, "bash", "-c", line)
		command.Env = []string{"PATH=" + os.Getenv("PATH")}
		out, err := command.CombinedOutput()
		if err == nil || strings.Contains(string(out), "sent") || !strings.Contains(string(out), "ACRONIS_") {
			t.Errorf("%s\n%s: %v", line, out, err)
		}
	}
}
