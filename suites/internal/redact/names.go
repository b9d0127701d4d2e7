package redact

import (
	"strings"
	"unicode"
)

// prefix begins every name that the Redactor gives by itself.
const prefix = "ACRONIS_"

const (
	tokenName       = prefix + "TOKEN"
	jwtName         = prefix + "JWT"
	secretName      = prefix + "CLIENT_SECRET"
	passwordName    = prefix + "PASSWORD"
	credentialsName = prefix + "CREDENTIALS"
	cookieName      = prefix + "COOKIE"
)

// place is where a name and its value stand.
type place int

const (
	inJSON place = iota
	inForm       // a form body or the query of a URL
	inText
	inYAML // or in prose, which looks the same
)

// secretKeys are the names, folded, under which secrets travel.
var secretKeys = map[string]bool{
	"ott": true, "otp": true, "otpcode": true, "totpcode": true, "devicecode": true, "usercode": true, "codeverifier": true,
	"authorization": true, "proxyauthorization": true, "cookie": true, "setcookie": true, "privatekey": true, "secretkey": true,
}

// headerName says whether a name is that of a header with a structure of its own.
func headerName(name string) bool {
	return strings.HasSuffix(name, "AUTHORIZATION") || strings.HasSuffix(name, "COOKIE")
}

// secretSuffixes end such names: access_token, smtp_password, client_secret.
var secretSuffixes = []string{"token", "password", "passwd", "passphrase", "secret", "assertion", "apikey"}

// secretKey says whether a secret is expected under a name, and how to call it.
func secretKey(key string, in place) (name string, ok bool) {
	key, _, _ = strings.Cut(key, "[") // token[], token[0]
	folded := fold(key)
	switch folded {
	case "accesstoken", "bearertoken":
		return tokenName, true
	case "token":
		// In this API a form carries an access token to revoke or to look into, a JSON body a registration token.
		if in == inJSON {
			return prefix + "REGISTRATION_TOKEN", true
		}
		return tokenName, true
	case "code":
		// An authorization or device code; in JSON it is the number of an error.
		if in == inForm {
			return prefix + "CODE", true
		}
		return "", false
	}
	if strings.HasPrefix(key, "$"+prefix) {
		return "", false // the stand-in of a secret that was a key
	}
	if secretKeys[folded] {
		return prefix + variable(snake(key)), true
	}
	for _, suffix := range secretSuffixes {
		if strings.HasSuffix(folded, suffix) {
			return prefix + variable(snake(key)), true
		}
	}
	return "", false
}

// fold makes accessToken, access_token and Access-Token the same.
func fold(key string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == '_' || c == '-' || c == '.' || c == ' ':
			return -1
		case 'A' <= c && c <= 'Z':
			return c + 'a' - 'A'
		}
		return c
	}, key)
}

// snake turns refreshToken into refresh_Token.
func snake(key string) string {
	var b strings.Builder
	lower := false
	for _, c := range key {
		if lower && unicode.IsUpper(c) {
			b.WriteByte('_')
		}
		lower = unicode.IsLower(c)
		b.WriteRune(c)
	}
	return b.String()
}

// variable makes a name that a shell takes for a variable.
func variable(name string) string {
	name = strings.Map(func(c rune) rune {
		switch {
		case 'a' <= c && c <= 'z':
			return c - 'a' + 'A'
		case 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_':
			return c
		}
		return '_'
	}, name)
	if name == "" || '0' <= name[0] && name[0] <= '9' {
		name = "_" + name
	}
	return name
}
