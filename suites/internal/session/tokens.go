package session

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"acronis-conformance/fixtures"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report"

	"github.com/golang-jwt/jwt/v5"
)

// The bad tokens that a run makes of good ones.
const (
	Tampered    = "tampered-token"
	AlgNone     = "alg-none-token"
	OtherIssuer = "other-issuer-token"
	Revoked     = "revoked-token"
	Expired     = "expired-token"
)

// Fault50x names, among what is missing, the header that brings a failure about.
const Fault50x = "fault header"

// InvalidToken is what a client sends that has no token. It is not a secret, and is shown as it is.
const InvalidToken = "conformance-garbage"

// NewRunID names a run by its time, for the sweep, and a random part.
func NewRunID(now time.Time) string {
	return now.UTC().Format("20060102t150405") + "-" + strings.ToLower(rand.Text()[:6])
}

// makeInvalidTokens makes the bad tokens that the selected specs send.
func (s *Session) makeInvalidTokens(ctx context.Context, needs Needs) error {
	home := s.Sandbox.Tokens[fixtures.Home]
	for probe, alter := range map[string]func(string) (string, error){Tampered: tamper, AlgNone: unsign,
		OtherIssuer: resign} {
		if !needs.InvalidTokens[probe] {
			continue
		}
		token, err := alter(home)
		if err != nil {
			s.SkipReasons[probe] = "the target's tokens cannot be altered: " + err.Error()
			continue
		}
		s.InvalidTokens[probe] = token
	}
	if needs.InvalidTokens[Expired] {
		s.InvalidTokens[Expired] = s.Access.ExpiredToken
	}
	if !needs.InvalidTokens[Revoked] {
		return nil
	}
	if may, reason := s.MayWrite(); !may {
		s.SkipReasons[Revoked] = reason
		return nil
	}
	return s.revoke(ctx)
}

// placeholder names a bad token in the output, so that a curl line does not seem to send a good one.
func placeholder(probe string) string {
	return "ACRONIS_" + strings.ToUpper(strings.ReplaceAll(probe, "-", "_"))
}

// tamper changes the middle of the signature, or of a token that is no JWT: the last character may hold spare bits that
// a verifier ignores.
func tamper(token string) (string, error) {
	begin := 0
	if strings.Count(token, ".") == 2 {
		begin = strings.LastIndex(token, ".") + 1
	}
	if len(token)-begin < 16 {
		return "", fmt.Errorf("they have no 16 characters that could be changed")
	}
	altered := []byte(token)
	for i, middle := 0, (begin+len(token))/2; i < 4; i++ {
		if altered[middle+i] == 'A' {
			altered[middle+i] = 'B'
		} else {
			altered[middle+i] = 'A'
		}
	}
	return string(altered), nil
}

// unsign claims that the token needs no signature.
func unsign(token string) (string, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", fmt.Errorf("they are no JWTs")
	}
	header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
	return header + "." + parts[1] + ".", nil
}

// resign signs the same claims, under the same key id, with a key that the service does not know.
func resign(token string) (string, error) {
	claims := jwt.MapClaims{}
	parsed, parts, err := jwt.NewParser(jwt.WithJSONNumber()).ParseUnverified(token, claims)
	if err != nil {
		return "", fmt.Errorf("they are no JWTs")
	}
	// An RSA signature is as long as its key: the forged one is to look like the service's own.
	bits := 8 * base64.RawURLEncoding.DecodedLen(len(parts[2]))
	key, err := rsa.GenerateKey(rand.Reader, min(max(bits, 1024), 4096))
	if err != nil {
		return "", err
	}
	forged := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	forged.Header["kid"] = parsed.Header["kid"]
	return forged.SignedString(key)
}

// revokedClient is the client whose token is revoked: one of its own, since no one says how many tokens of a client
// live at a time.
var revokedClient = Object{Key: fixtures.Own("client", Revoked), Side: fixtures.Home, Object: "client"}

// revoke revokes a token through the documented call.
func (s *Session) revoke(ctx context.Context) error {
	client, err := s.Sandbox.Object(revokedClient.Key)
	if err != nil {
		s.SkipReasons[Revoked] = err.Error()
		return nil
	}
	id, secret := fmt.Sprint(client["client_id"]), fmt.Sprint(client["client_secret"])
	token, err := s.grant(ctx, report.PhaseWorld, id, secret, map[string]any{"grant_type": "client_credentials"})
	if refused := new(fixtures.StepError); errors.As(err, &refused) {
		s.SkipReasons[Revoked] = "there is no token that could be revoked: " + err.Error()
		return nil
	}
	if err != nil {
		return err
	}
	revoke := fixtures.Request{Operation: "RevokeToken", As: fixtures.Anonymous, Method: http.MethodPost,
		Path:   "/idp/revoke_token",
		Header: http.Header{"Authorization": {fixtures.Basic(id, secret)}}}
	if err := revoke.SetBody("application/x-www-form-urlencoded", map[string]any{"token": token,
		"token_type_hint": "access_token"}); err != nil {
		return err
	}
	answer, err := s.do(report.PhaseWorld)(ctx, revoke)
	if err != nil {
		return err
	}
	if !answer.Good() {
		s.SkipReasons[Revoked] = "the token could not be revoked: " + statusText(answer.Status)
		return nil
	}
	s.InvalidTokens[Revoked] = token
	return nil
}

// grant asks for a token. That the target grants none is a *fixtures.StepError.
func (s *Session) grant(ctx context.Context, phase report.Phase, id, secret string, form map[string]any) (string,
	error) {
	r := fixtures.Request{Operation: "RequestTokens", As: fixtures.Anonymous, Method: http.MethodPost,
		Path: "/idp/token", Header: http.Header{"Authorization": {fixtures.Basic(id, secret)}}}
	if err := r.SetBody("application/x-www-form-urlencoded", form); err != nil {
		return "", err
	}
	answer, err := s.do(phase)(ctx, r)
	if err != nil {
		return "", err
	}
	token := granted(answer)
	if token == "" {
		return "", &fixtures.StepError{Operation: r.Operation, Purpose: "a token", Status: answer.Status}
	}
	return token, nil
}

// Dead reports whether the actor's token is taken for nothing by now, by reads that it could make before: then what
// is refused for its sake is trouble with the target. One of the two may be refused wrongly, and is found out by its
// own specs.
func (s *Session) Dead(ctx context.Context, spec string, as fixtures.Actor) (dead bool, looks []*exchange.Exchange,
	err error) {
	if as == fixtures.Anonymous || s.Sandbox.Tokens[as] == "" {
		return false, nil, nil
	}
	for _, read := range []string{"FetchTenant", "FetchTenantChildren"} {
		r, err := s.Catalogue.Request(read, fixtures.Vars{"tenant_id": s.Sandbox.Tenants[fixtures.Home]["side"]})
		if err != nil {
			return false, looks, nil // a contract without these tells nothing
		}
		r.As = as
		e, err := s.Send(ctx, spec, r, nil)
		if e != nil {
			looks = append(looks, e)
		}
		if err != nil || e.Status() != http.StatusUnauthorized {
			return false, looks, err
		}
	}
	return true, looks, nil
}

// granted is the access token of an answer; empty where it grants none.
func granted(a fixtures.Answer) string {
	decoded, err := a.JSON()
	if err != nil || !a.Good() {
		return ""
	}
	object, _ := decoded.(map[string]any)
	token, _ := object["access_token"].(string)
	return token
}
