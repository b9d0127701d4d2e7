package contract

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
)

// described asks for what the reference names: the values of three lists, and that an address below the API's base is
// an operation of it.
func described(_ context.Context, s *session.Session, _ string, control *session.Control) ([]schemas.Violation,
	[]*exchange.Exchange, error) {
	body := spec.Object(control.Exchange)
	var wrong []schemas.Violation
	for name, value := range map[string]string{"response_types_supported": "code", "subject_types_supported": "public",
		"id_token_signing_alg_values_supported": "RS256"} {
		if values, _ := body[name].([]any); !slices.Contains(values, any(value)) {
			wrong = append(wrong, schemas.Violation{Path: "$." + name, Rule: "described", Found: fmt.Sprint(body[name]),
				Detail: "the reference names " + value})
		}
	}
	for name, id := range map[string]string{"token_endpoint": "RequestTokens", "revocation_endpoint": "RevokeToken",
		"device_authorization_endpoint": "RequestDeviceAuthorization"} {
		op := spec.Contract().Operation(id)
		address, _ := body[name].(string)
		at, err := url.Parse(address)
		if err == nil && address != "" && op != nil && !strings.HasSuffix(at.Path, op.Path) {
			wrong = append(wrong, schemas.Violation{Path: "$." + name, Rule: "described", Found: address,
				Detail: "the reference has it at " + op.Path})
		}
	}
	for _, actor := range slices.Sorted(maps.Keys(s.Sandbox.Tokens)) {
		claims := jwt.MapClaims{}
		_, _, err := jwt.NewParser().ParseUnverified(s.Sandbox.Tokens[actor], claims)
		issuer, said := claims["iss"].(string)
		if err == nil && said && issuer != fmt.Sprint(body["issuer"]) { // to the letter: OpenID Connect Discovery, 4.3
			wrong = append(wrong, schemas.Violation{Path: "$.issuer", Rule: "described",
				Found:  fmt.Sprint(body["issuer"]),
				Detail: fmt.Sprintf("the issuer of the token of %s calls itself %s", actor, issuer)})
			break
		}
	}
	return wrong, nil, nil
}

// keysOpen fetches the keys that the configuration leads to, and verifies every token in hand with the key that it
// names. Keys of another host than the target's cannot be asked for.
func keysOpen(ctx context.Context, s *session.Session, id string, control *session.Control) ([]schemas.Violation,
	[]*exchange.Exchange, error) {
	address := fmt.Sprint(spec.Object(control.Exchange)["jwks_uri"])
	r, here := atTarget(s, address)
	if !here {
		return nil, nil, spec.Inconclusive("the keys are at another host than the target's, at " + address)
	}
	e, err := s.Send(ctx, id, r, nil)
	if err != nil {
		return nil, spec.Exchanges(e), err
	}
	astray := func(format string, arguments ...any) ([]schemas.Violation, []*exchange.Exchange, error) {
		return []schemas.Violation{{Path: "$.jwks_uri", Rule: "described", Found: address, Detail: fmt.Sprintf(format,
			arguments...)}}, spec.Exchanges(e), nil
	}
	if e.Status() != http.StatusOK {
		return astray("the keys are not there (%d)", e.Status())
	}
	var set jwkset.JWKSMarshal
	if err := json.Unmarshal(e.Last().Body, &set); err != nil || len(set.Keys) == 0 {
		return astray("what is there is no set of keys")
	}
	read := 0
	for _, actor := range slices.Sorted(maps.Keys(s.Sandbox.Tokens)) {
		token := s.Sandbox.Tokens[actor]
		if _, _, err := jwt.NewParser().ParseUnverified(token, jwt.MapClaims{}); err != nil {
			continue // it need not be a JWT
		}
		read++
		if _, err := jwt.Parse(token, keyIn(set), jwt.WithoutClaimsValidation()); err != nil {
			return astray("the keys there do not verify the token of %s: %v", actor, err)
		}
	}
	if id, isText := idToken(s); isText {
		if _, err := jwt.Parse(id, keyIn(set), jwt.WithoutClaimsValidation()); err != nil {
			return astray("the keys there do not verify an id token: %v", err)
		}
	}
	if read == 0 {
		return nil, spec.Exchanges(e), spec.Inconclusive("the target's tokens are no JWTs")
	}
	return nil, spec.Exchanges(e), nil
}

// idToken is the id token that came with the valid token request, if that was sent. What is not a JWT is left to the
// request's own specs.
func idToken(s *session.Session) (string, bool) {
	control := s.Controls["RequestTokens"]
	if control == nil || control.Exchange == nil {
		return "", false
	}
	text, _ := spec.Object(control.Exchange)["id_token"].(string)
	_, _, err := jwt.NewParser().ParseUnverified(text, jwt.MapClaims{})
	return text, err == nil
}

// atTarget is a read of an address, where it is one of the target's own.
func atTarget(s *session.Session, address string) (fixtures.Request, bool) {
	at, err := url.Parse(address)
	own, unread := url.Parse(s.Access.URL)
	r := fixtures.Request{As: fixtures.Anonymous, Method: http.MethodGet, Header: http.Header{}, Root: true}
	if err != nil || unread != nil || !strings.EqualFold(at.Host, own.Host) {
		return r, false
	}
	r.Path, r.Query = at.EscapedPath(), at.Query()
	if below, is := strings.CutPrefix(r.Path, "/api/2/"); is {
		r.Path, r.Root = "/"+below, false
	}
	return r, r.Path != ""
}

// keyIn finds the key of a token by its kid. A key that says for what it is, is for that (RFC 7517, 4.2 and 4.4).
func keyIn(set jwkset.JWKSMarshal) jwt.Keyfunc {
	return func(t *jwt.Token) (any, error) {
		for _, marshalled := range set.Keys {
			if marshalled.KID != t.Header["kid"] {
				continue
			}
			if use, alg := marshalled.USE.String(), marshalled.ALG.String(); use != "" && use != "sig" ||
				alg != "" && alg != t.Method.Alg() {
				return nil, fmt.Errorf("the key with its kid says that it is for %q and %q", use, alg)
			}
			key, err := jwkset.NewJWKFromMarshal(marshalled, jwkset.JWKMarshalOptions{},
				jwkset.JWKValidateOptions{SkipAll: true})
			if err != nil {
				return nil, err
			}
			return key.Key(), nil
		}
		return nil, fmt.Errorf("none of the %d keys has its kid", len(set.Keys))
	}
}
