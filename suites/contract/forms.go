package contract

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"strings"

	"acronis-conformance/fixtures"
)

// secretForm asks for a token of a client that sends its secret in the form.
func secretForm(vars fixtures.Vars) map[string]any {
	return map[string]any{"grant_type": "client_credentials", "client_id": vars["client_id"],
		"client_secret": vars["client_secret"]}
}

// md5Form asks for a token of a user by the MD5 sum of the password.
func md5Form(vars fixtures.Vars) map[string]any {
	sum := md5.Sum([]byte(fmt.Sprint(vars["password"])))
	return map[string]any{"grant_type": "md5_password", "username": vars["login"],
		"password": hex.EncodeToString(sum[:])}
}

// byForm brings all that proves who calls in the form, but for the client beside a user.
func byForm(of func(fixtures.Vars) map[string]any) credentials {
	return func(r *fixtures.Request, vars fixtures.Vars) error {
		body := of(vars)
		if body["client_id"] != nil || vars[fixtures.LoginAlone] == true {
			r.Header.Del("Authorization") // or that would be what is refused
		}
		return r.SetBody(form, body)
	}
}

// inOtherLetters is a password in capitals, or in small letters where it has no others.
func inOtherLetters(password string) string {
	if upper := strings.ToUpper(password); upper != password {
		return upper
	}
	return strings.ToLower(password)
}
