package judge

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
)

// leastSecret is the length from which a credential counts as one: what is shorter may stand in an answer by chance.
const leastSecret = 16

// secret notes that an answer tells what it must not. The documentation says so of few secrets only, so that
// elsewhere it is advice.
func (j *Judge) secret(f *Result, what string) {
	if !j.Rules.Strict {
		f.Advice = append(f.Advice, what)
		return
	}
	f.Differences = append(f.Differences, schemas.Violation{Path: "body", Rule: "secret", Found: "a secret",
		Detail: what})
}

// echoed tells which of the request's own credentials the answer repeats; empty where it repeats none.
func echoed(sent http.Header, body []byte) string {
	scheme, credentials, _ := strings.Cut(sent.Get("Authorization"), " ")
	name := "the request's token"
	if scheme == "Basic" {
		name = "the request's client secret"
		decoded, err := base64.StdEncoding.DecodeString(credentials)
		if err != nil {
			return ""
		}
		_, credentials, _ = strings.Cut(string(decoded), ":")
	}
	if len(credentials) < leastSecret || !strings.Contains(string(body), credentials) {
		return ""
	}
	return name
}

// shownOnce are secrets that the answer to their creation shows, and no other should.
var shownOnce = []string{"client_secret", "registration_access_token", "smtp_password"}

// documentedSecret reports whether the documentation says that the secret at the path is never shown again: the guide
// does of a client's secret, and the reference of a mail server's password.
func documentedSecret(path string) bool {
	return strings.HasSuffix(path, ".client_secret") || strings.HasSuffix(path, ".smtp_password")
}

// secretShown is what is wrong with an answer that shows it.
func secretShown(path string) schemas.Violation {
	return schemas.Violation{Path: path, Rule: "secret", Found: "a secret", Detail: "the answer shows the secret " +
		path}
}

// shownSecrets lists where an answer shows such a secret again.
func shownSecrets(op *schemas.Operation, a exchange.Attempt) []string {
	may := func(word string) bool { return bytes.Contains(a.Body, []byte(word)) }
	if op == nil || op.ID == "CreateClient" ||
		!may("secret") && !may("registration_access_token") && !may("smtp_password") {
		return nil
	}
	decoded, err := a.JSON()
	if err != nil {
		return nil
	}
	return findSecrets("$", decoded)
}

func findSecrets(path string, value any) []string {
	var found []string
	switch v := value.(type) {
	case map[string]any:
		for name, field := range v {
			if text, isText := field.(string); isText && text != "" && slices.Contains(shownOnce, name) {
				found = append(found, path+"."+name)
			}
			found = append(found, findSecrets(path+"."+name, field)...)
		}
	case []any:
		for _, item := range v {
			found = append(found, findSecrets(path+"[]", item)...)
		}
	}
	slices.Sort(found)
	return found
}
