package redact_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"acronis-conformance/suites/internal/redact"
	"acronis-conformance/suites/internal/redact/redacttest"
)

func FuzzBodyStaysJSON(f *testing.F) {
	f.Add(`{"password":"s3cr3t-1","a":[1,{"token":["s3cr3t-1"]}],"b":"x s3cr3t-1"}`)
	f.Add(`"{\"ott\":\"a\"}"`)
	f.Add(`[{"code":"x"}, "a=b&token=c", "\ud800 eyJhbGciOiJub25lIn0.eyJzdWIi."]`)
	for _, form := range append(redacttest.Forms, redacttest.Wraps[:6]...) {
		f.Add("a " + form.Spell("token=a-s3cr3t s3cr3t-1") + " b")
	}
	f.Fuzz(func(t *testing.T, body string) {
		r := redact.New()
		r.Learn("ACRONIS_X", "s3cr3t-1")
		for _, limit := range []int{0, 1, 5, 100} {
			if shown, cut := r.Excerpt("", []byte(body), limit); limit < len(body) && len(shown) > limit ||
				string(shown) == "" && !cut && body != "" {
				t.Errorf("%q became %q within %d bytes", body, shown, limit)
			}
		}
		r.Header(http.Header{"X-" + body: {body}, "Set-Cookie": {body}, "Authorization": {body}})
		r.LearnResponse(http.Header{"Location": {body}}, []byte(body))
		if text := r.URL(body) + r.String(body); strings.Contains(text, "s3cr3t-1") {
			t.Errorf("%q became %q", body, text)
		}
		got := r.Body("", []byte(body))
		if json.Valid([]byte(body)) && !json.Valid(got) {
			t.Errorf("%q became %q, which is no JSON", body, got)
		}
		if bytes.Contains(got, []byte("s3cr3t-1")) {
			t.Errorf("%q became %q", body, got)
		}
	})
}
