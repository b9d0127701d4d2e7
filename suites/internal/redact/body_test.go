package redact_test

import (
	"encoding/json"
	"testing"

	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/redact"
)

func TestBody(t *testing.T) {
	for name, c := range map[string]struct{ media, body, want string }{
		"answer with tokens": {"application/json",
			"{\n  \"access_token\": \"" + token +
				"\",\n  \"id_token\":\"x\", \"expires_on\": 1893456000.000, \"token_type\":\"bearer\"\n}\n",
			"{\n  \"access_token\": \"$ACRONIS_TOKEN\",\n  \"id_token\":\"$ACRONIS_ID_TOKEN\", \"expires_on\": " +
				"1893456000.000, \"token_type\":\"bearer\"\n}\n"},
		"whatever it is": {"application/json",
			`{"password":{"a":["x"]},"ott":["y"],"totp_code":123456,"id_token":null,"token":"",` +
				`"assertion":true,"client_secret":{},"b":[1,2]}`,
			`{"password":"$ACRONIS_PASSWORD (object)","ott":"$ACRONIS_OTT (array)","totp_code":"$ACRONIS_TOTP_CODE ` +
				`(number)","id_token":null,"token":"","assertion":true,"client_secret":{},"b":[1,2]}`},
		"same key twice": {"", `{"password":"one-1","password":"two-2"}`,
			`{"password":"$ACRONIS_PASSWORD","password":"$ACRONIS_PASSWORD"}`},
		"order of keys": {"", `{"message":"no abc-1234 here","device_code":"abc-1234"}`,
			`{"message":"no $ACRONIS_DEVICE_CODE here","device_code":"$ACRONIS_DEVICE_CODE"}`},
		"secret as key": {"", `{"password":"abc-1234","context":{"abc-1234":1}}`,
			`{"password":"$ACRONIS_PASSWORD","context":{"$ACRONIS_PASSWORD":1}}`},
		"user code in a URL": {"",
			`{"verification_uri_complete":"https://h/?user_code=ABCD-EFGH","user_code":"ABCD-EFGH"}`,
			`{"verification_uri_complete":"https://h/?user_code=$ACRONIS_USER_CODE","user_code":"$ACRONIS_USER_CODE"}`},
		"registration token": {"application/json; charset=utf-8", `{"id":7,"token":"AB12-CD34-EF56"}`,
			`{"id":7,"token":"$ACRONIS_REGISTRATION_TOKEN"}`},
		"escaped value": {"", `{"password":"p\u00e4\/ss1","text":"not p\u00E4/ss1"}`,
			`{"password":"$ACRONIS_PASSWORD","text":"not $ACRONIS_PASSWORD"}`},
		"camel case": {"", `{"refreshToken":"abc"}`, `{"refreshToken":"$ACRONIS_REFRESH_TOKEN"}`},
		"echoed header": {"", `{"headers":{"Authorization":"Bearer abc-1234"},"note":"abc-1234"}`,
			`{"headers":{"Authorization":"Bearer $ACRONIS_TOKEN"},"note":"$ACRONIS_TOKEN"}`},
		"JSON in JSON": {"", `{"debug":"{\"password\":\"abc\"}"}`,
			`{"debug":"{\"password\":\"$ACRONIS_PASSWORD\"}"}`},
		"bare string":       {"", `"` + token + `"`, `"$ACRONIS_JWT"`},
		"calls itself text": {"text/plain", `{"password":"abc"}`, `{"password":"$ACRONIS_PASSWORD"}`},
		"broken JSON":       {"application/json", `{"password":"abc-1`, `{"password":"$ACRONIS_PASSWORD`},
		"form": {"application/x-www-form-urlencoded; charset=utf-8",
			"grant_type=client_credentials&client_id=x&client_secret=a%20b&scope=&code=xyz&flag",
			"grant_type=client_credentials&client_id=x&client_secret=$ACRONIS_CLIENT_SECRET&scope=" +
				"&code=$ACRONIS_CODE&flag"},
		"form, escaped key": {"application/x-www-form-urlencoded", "pass%77ord=abc&a=%zz",
			"pass%77ord=$ACRONIS_PASSWORD&a=%zz"},
		"form, secret in a URL": {"application/x-www-form-urlencoded", "u=https%3A%2F%2Fh%2F%3Fott%3Dabc",
			"u=https%3A%2F%2Fh%2F%3Fott%3D$ACRONIS_OTT"},
		"error envelope": {"application/json",
			`{"error":{"code":"badRequest","message":"token <expired> & gone","details":{"info":null}}}`,
			`{"error":{"code":"badRequest","message":"token <expired> & gone","details":{"info":null}}}`},
		"not UTF-8": {"application/octet-stream", "\xff\x00password=abc\x00", "\xff\x00password=$ACRONIS_PASSWORD"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			got := string(redact.New().Body(c.media, []byte(c.body)))
			g.Expect(got).To(Equal(c.want))
			g.Expect(json.Valid([]byte(got))).To(Equal(json.Valid([]byte(c.body))), "JSON stays JSON")
			g.Expect(string(redact.New().Body(c.media, []byte(got)))).To(Equal(got), "redacting twice changes nothing")
		})
	}
}
