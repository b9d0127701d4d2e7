package schemas

import (
	"testing"

	. "github.com/onsi/gomega"
)

// published is the one complete error body that the documentation shows: the answer to deleting an enabled tenant.
const published = `{"error":{"code":1006,"domain":"PlatformAccountServer","message":"Tenant is still enabled",
 "details":{"info":"Tenant \"4711\" is still enabled","addition":[{"id":"4711"}]},"context":{"id":"4711"}}}`

func TestEnvelopePasses(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
	}{
		"published":               {400, published},
		"least":                   {404, `{"error":{"code":"notFound","domain":null,"message":"","details":{}}}`},
		"code is the status":      {403, `{"error":{"code":403,"domain":"a","message":"b","details":{"info":null}}}`},
		"status as a decimal":     {403, `{"error":{"code":403.0,"domain":"a","message":"b","details":{}}}`},
		"platform code":           {403, `{"error":{"code":1002,"domain":"a","message":"b","details":{}}}`},
		"number below the errors": {403, `{"error":{"code":399,"domain":"a","message":"b","details":{}}}`},
		"number above the errors": {403, `{"error":{"code":600,"domain":"a","message":"b","details":{}}}`},
		"every key": {409,
			`{"error":{"code":1,"domain":"a","message":"b","details":{"info":"c"},"context":{},"data":["d"]}}`},
		"extra keys": {409, `{"id":1,"error":{"code":1,"domain":"a","message":"b","details":{"x":[]},"x":{}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			NewWithT(t).Expect(contract(t).CheckEnvelope(c.status, []byte(c.body))).To(BeNil())
		})
	}
}

// brokenEnvelopes are bodies of a 403, with the violations that they must be charged with as 'path rule'.
var brokenEnvelopes = map[string]struct {
	body string
	want []string
}{
	"no body": {``, []string{"$ empty"}},
	"HTML":    {`<h1>Forbidden</h1>`, []string{"$ not-json"}},
	"another status as text": {`{"error":{"code":"404","domain":"a","message":"b","details":{}}}`,
		[]string{"$.error.code code-equals-status"}},
	"two bodies": {published + published, []string{"$ trailing-data"}},
	"twice the same key": {`{"error":{"code":1,"code":1,"domain":"a","message":"b","details":{}}}`,
		[]string{"$.error.code duplicate-key"}},
	"null":          {`null`, []string{"$ type"}},
	"array":         {`[` + published + `]`, []string{"$ type"}},
	"text":          {`"forbidden"`, []string{"$ type"}},
	"empty object":  {`{}`, []string{"$.error required"}},
	"error is null": {`{"error":null}`, []string{"$.error type"}},
	"error is text": {`{"error":"access_denied"}`, []string{"$.error type"}},
	"error is empty": {`{"error":{}}`, []string{"$.error.code required", "$.error.details required",
		"$.error.domain required", "$.error.message required"}},
	"short form": {`{"error":{"code":403,"message":"Forbidden"}}`, []string{"$.error.details required",
		"$.error.domain required"}},
	"code is null": {`{"error":{"code":null,"domain":"a","message":"b","details":{}}}`,
		[]string{"$.error.code type"}},
	"code is a fraction": {`{"error":{"code":1.5,"domain":"a","message":"b","details":{}}}`,
		[]string{"$.error.code type"}},
	"code is a list": {`{"error":{"code":[403],"domain":"a","message":"b","details":{}}}`,
		[]string{"$.error.code type"}},
	"code is another status": {`{"error":{"code":404,"domain":"a","message":"b","details":{}}}`,
		[]string{"$.error.code code-equals-status"}},
	"code is the lowest error": {`{"error":{"code":400,"domain":"a","message":"b","details":{}}}`,
		[]string{"$.error.code code-equals-status"}},
	"code is the highest": {`{"error":{"code":599,"domain":"a","message":"b","details":{}}}`,
		[]string{"$.error.code code-equals-status"}},
	"domain is missing": {`{"error":{"code":1,"message":"b","details":{}}}`, []string{"$.error.domain required"}},
	"domain is a number": {`{"error":{"code":1,"domain":1,"message":"b","details":{}}}`,
		[]string{"$.error.domain type"}},
	"message is null": {`{"error":{"code":1,"domain":"a","message":null,"details":{}}}`,
		[]string{"$.error.message type"}},
	"message is missing": {`{"error":{"code":1,"domain":"a","details":{}}}`, []string{"$.error.message required"}},
	"details is text": {`{"error":{"code":1,"domain":"a","message":"b","details":"c"}}`,
		[]string{"$.error.details type"}},
	"details is a list": {`{"error":{"code":1,"domain":"a","message":"b","details":[]}}`,
		[]string{"$.error.details type"}},
	"info is an object": {`{"error":{"code":1,"domain":"a","message":"b","details":{"info":{}}}}`,
		[]string{"$.error.details.info type"}},
	"context is null": {`{"error":{"code":1,"domain":"a","message":"b","details":{},"context":null}}`,
		[]string{"$.error.context type"}},
	"data holds a number": {`{"error":{"code":1,"domain":"a","message":"b","details":{},"data":["c",1]}}`,
		[]string{"$.error.data[1] type"}},
	"data is text": {`{"error":{"code":1,"domain":"a","message":"b","details":{},"data":"c"}}`,
		[]string{"$.error.data type"}},
	"several": {`{"error":{"code":404,"domain":1,"details":[]}}`, []string{"$.error.details type",
		"$.error.domain type", "$.error.message required", "$.error.code code-equals-status"}},
}

func charges(violations []Violation) []string {
	var out []string
	for _, v := range violations {
		out = append(out, v.Path+" "+v.Rule)
	}
	return out
}

func TestEnvelopeFails(t *testing.T) {
	for name, c := range brokenEnvelopes {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			got := contract(t).CheckEnvelope(403, []byte(c.body))
			g.Expect(charges(got)).To(Equal(c.want), "%v", got)
			for _, v := range got {
				g.Expect(v.Detail).NotTo(BeEmpty())
			}
		})
	}
}
