package judge

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
)

// Gift is something that a service gives to one caller or object alone, by which it tells that from others.
type Gift struct {
	Kind     string `json:"kind"`     // what is told apart by it
	Property string `json:"property"` // of the answer
	Value    string `json:"value"`    // a hash
	Owner    string `json:"owner"`    // what it is for: another one cannot be given the same; a hash
}

// Gifts returns what an answer gives out. A service that is asked twice for the same may give the same again.
func Gifts(op *schemas.Operation, r exchange.Request, a exchange.Attempt) (all []Gift) {
	owners, gives := givers[op.ID]
	if !gives || a.Status != op.Success() || a.Truncated || a.Error != "" {
		return nil
	}
	s := success{op: op, sent: object(r.Body), raw: r.Body, header: r.Header, body: shown(a)}
	s.form = formOf(r)
	for _, g := range owners(s) {
		value, there := s.body[g.Property]
		if text := fmt.Sprint(value); there && value != nil && text != "" && g.Owner != "" {
			g.Value, g.Owner = hashed(text), hashed(g.Owner)
			all = append(all, g)
		}
	}
	return all
}

// givers tell for what the answers of an operation give something out.
var givers = map[string]func(s success) []Gift{
	"RequestTokens":              tokensOf,
	"RequestDeviceAuthorization": codesOf,
	"RequestOneTimeToken":        oneTimeTokenOf,
	"CreateRegistrationToken_0":  registrationTokenOf,
	"CreateRegistrationToken_1":  registrationTokenOf,
}

// tokensOf: a token speaks for one user or client (guide, "Authentication"; OpenID Connect Core, 2: its subject).
func tokensOf(s success) []Gift {
	owner := ""
	switch s.form.Get("grant_type") {
	case "password", "md5_password":
		owner = "user " + strings.ToLower(s.form.Get("username"))
	case "client_credentials":
		owner = "client " + cmp.Or(s.form.Get("client_id"), basicName(s.header.Get("Authorization")))
	default:
		return nil
	}
	return []Gift{{Kind: "token", Property: "access_token", Owner: owner},
		{Kind: "id token", Property: "id_token", Owner: owner},
		{Kind: "refresh token", Property: "refresh_token", Owner: owner}}
}

// codesOf: by each of its codes one device is told from another (guide, "Registering devices").
func codesOf(s success) []Gift {
	owner := s.form.Get("client_id")
	return []Gift{{Kind: "user code", Property: "user_code", Owner: owner},
		{Kind: "device code", Property: "device_code", Owner: owner}}
}

// oneTimeTokenOf: who logs in with a one-time token is the user whom it was asked for (guide, "One-time tokens"). By
// which of the selectors a user was named twice is not known.
func oneTimeTokenOf(s success) (all []Gift) {
	for _, selector := range []string{"user_id", "login", "external_id"} {
		if name, _ := s.sent[selector].(string); name != "" {
			all = append(all, Gift{Kind: "one-time token by " + selector, Property: "ott",
				Owner: strings.ToLower(name)})
		}
	}
	return all
}

// registrationTokenOf: by its text one registration token is told from another (reference, registration tokens).
func registrationTokenOf(s success) []Gift {
	if s.body["id"] == nil {
		return nil // the schema says so
	}
	return []Gift{{Kind: "registration token", Property: "token", Owner: fmt.Sprint(s.body["id"])}}
}

// Shared is what is wrong with a gift that another owner was given before.
func (g Gift) Shared() schemas.Violation {
	return schemas.Violation{Path: "$." + g.Property, Rule: "unique", Found: "the same as before",
		Detail: "the " + g.Kind + " was given out before, and for another one"}
}

// basicName is who authenticates with Basic.
func basicName(authorization string) string {
	encoded, isBasic := strings.CutPrefix(authorization, "Basic ")
	text, err := base64.StdEncoding.DecodeString(encoded)
	if name, _, _ := strings.Cut(string(text), ":"); isBasic && err == nil {
		return name
	}
	return ""
}

func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
