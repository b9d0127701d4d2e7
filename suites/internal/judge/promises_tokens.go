package judge

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"acronis-conformance/schemas"
)

// bearer asks for the type of token that the guide sends as Authorization: Bearer. Types are told apart without regard
// to case (RFC 6749, 5.1).
func bearer(s success) []schemas.Violation {
	found, isText := s.body["token_type"].(string)
	if !isText || strings.EqualFold(found, "bearer") {
		return nil
	}
	return breach("$.token_type", "token-type", quote(found), "the token is for Authorization: Bearer")
}

// identity asks that the id token is a signed JWT (OpenID Connect Core, 2), and that both tokens name one issuer. The
// access token need not be a JWT.
func identity(s success) []schemas.Violation {
	text, isText := s.body["id_token"].(string)
	if !isText {
		return nil // the schema says so
	}
	id, isJWT := claims(text)
	if !isJWT {
		return breach("$.id_token", "id-token", "another text", "it is a signed JWT, as OpenID Connect describes it")
	}
	if algorithm := algorithmOf(text); algorithm != "RS256" {
		return breach("$.id_token", "id-token", "signed with "+quote(algorithm),
			"the reference names RS256 for the signature of id tokens")
	}
	access, _ := s.body["access_token"].(string)
	own, _ := claims(access)
	one, saysOne := id["iss"].(string)
	other, saysOther := own["iss"].(string)
	if saysOne && saysOther && strings.TrimSuffix(one, "/") != strings.TrimSuffix(other, "/") {
		return breach("$.id_token", "id-token", "the issuer "+quote(one),
			"the access token beside it names the issuer %s", other)
	}
	return nil
}

// twoHours asks of a token for a secret or a password that it lives for two hours (guide, "Authentication"), where the
// token itself says that it was issued just now: one that was issued before may be given again.
func twoHours(s success, now time.Time) []schemas.Violation {
	switch s.form.Get("grant_type") {
	case "client_credentials", "password", "md5_password":
	default:
		return nil
	}
	access, _ := s.body["access_token"].(string)
	own, isJWT := claims(access)
	issued, said := Seconds(own["iat"])
	if !isJWT || !said || (issued-time.Duration(now.Unix())*time.Second).Abs() > ClockSkew {
		return nil
	}
	if left, said := Seconds(s.body["expires_in"]); said && left < TokenLife-2*ClockSkew {
		return breach("$.expires_in", "lifetime", fmt.Sprint(s.body["expires_in"]),
			"a token lives for two hours, which are 7200 seconds, and this one was issued just now")
	}
	return nil
}

// asTheTokenSays asks that what the introspection says of a live token is what stands in it. The words for the kind of
// account, sub_type, are documented for neither.
func asTheTokenSays(s success) []schemas.Violation {
	own, isJWT := claims(s.form.Get("token"))
	if !isJWT || s.body["active"] != true {
		return nil
	}
	var wrong []schemas.Violation
	for _, name := range []string{"exp", "iss", "sub", "client_id", "owner_tuid", "jti", "aud"} {
		inside, is := own[name]
		found, shown := s.body[name]
		_, several := inside.([]any) // an audience of several may be told as one
		if is && shown && found != nil && !several && fmt.Sprint(found) != fmt.Sprint(inside) {
			wrong = append(wrong, breach("$."+name, "asked-for", fmt.Sprint(found), "in the token itself it is %v",
				inside)...)
		}
	}
	return append(wrong, rightsOfTheToken(own["scope"], s.body["scope"])...)
}

// rightsOfTheToken asks that each role in the token is among those that the introspection tells, where both tell them
// by tenant and role.
func rightsOfTheToken(inside, told any) []schemas.Violation {
	all, isList := told.([]any)
	own, isOwn := inside.([]any)
	if !isList || !isOwn {
		return nil
	}
	key := func(entry any) string {
		fields, _ := entry.(map[string]any)
		if fields["role"] == nil || fields["tuid"] == nil {
			return ""
		}
		return fmt.Sprintf("%v on %v", fields["role"], fields["tuid"])
	}
	known := map[string]bool{}
	for _, entry := range all {
		if key(entry) == "" {
			return nil // in another form
		}
		known[key(entry)] = true
	}
	for _, entry := range own {
		if k := key(entry); k != "" && !known[k] {
			return breach("$.scope", "asked-for", fmt.Sprint(len(all))+" entries", "in the token itself there is %s", k)
		}
	}
	return nil
}

// algorithmOf reads with which algorithm a JWT says that it is signed.
func algorithmOf(token string) string {
	first, _, _ := strings.Cut(token, ".")
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(first, "="))
	if err != nil {
		return ""
	}
	algorithm, _ := object(text)["alg"].(string)
	return algorithm
}

// claims reads what a signed JWT says, without the question whether its signature is good.
func claims(token string) (map[string]any, bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || parts[2] == "" {
		return nil, false
	}
	var header, payload map[string]any
	for part, into := range map[string]*map[string]any{parts[0]: &header, parts[1]: &payload} {
		text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(part, "="))
		if err != nil {
			return nil, false
		}
		decoder := json.NewDecoder(strings.NewReader(string(text)))
		decoder.UseNumber()
		if decoder.Decode(into) != nil {
			return nil, false
		}
	}
	algorithm, _ := header["alg"].(string)
	return payload, algorithm != "" && !strings.EqualFold(algorithm, "none")
}

// userCode is the form of the code that a person types (guide, "Registering devices").
var userCode = regexp.MustCompile(`^[A-Za-z0-9]{4}-[A-Za-z0-9]{4}$`)

func readableCode(s success) []schemas.Violation {
	code, isText := s.body["user_code"].(string)
	if !isText || userCode.MatchString(code) {
		return nil
	}
	return breach("$.user_code", "user-code", fmt.Sprintf("a text of %d characters", len(code)),
		"its form is four letters or digits, a hyphen and four more")
}
