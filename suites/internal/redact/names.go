package redact

import (
	"slices"
	"strings"
	"sync"
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
	privateKeyName  = prefix + "PRIVATE_KEY"
	unknownName     = prefix + "SECRET" // where there is no telling which
)

// place is where a name and its value stand.
type place int

const (
	inJSON place = iota
	inForm       // a form body or the query of a URL
	inText
	inYAML // or in prose, which looks the same
)

// secretKeys are the names, folded, under which secrets travel, besides those that end in one of secretSuffixes: in
// OAuth and OpenID, in signed URLs of cloud storages and of content networks, in sessions, webhooks and logins with a
// second factor.
var secretKeys = set(
	"ott otc pin pass sid sig sas otpcode totpcode mfacode smscode devicecode usercode authcode authorizationcode " +
		"verificationcode " +
		"recoverycode backupcode securitycode accesscode onetimecode pairingcode codeverifier idtokenhint refresh " +
		"bearer ticket authticket serviceticket " +
		"loginticket samlresponse samlart connectionstring passwordhash passwordconfirm passwordconfirmation " +
		"passwordrepeat passwordsalt tokenvalue " +
		"secretvalue secretstring rememberme hdnea hdnts")

// secretSuffixes end such names: access_token, smtp_password, client_secret, X-Amz-Signature, JSESSIONID.
var secretSuffixes = strings.Fields(
	"token password passwd passphrase passcode pincode pwd secret assertion jwt otp totp hmac signature credential " +
		"csrf xsrf " +
		"sessionid sessid sessionkey cookie authorization apikey accesskey accesskeysecret secretkey privatekey " +
		"signingkey encryptionkey sharedkey " +
		"accountkey storagekey masterkey authkey sshkey sastoken sharedaccesssignature")

func set(words string) map[string]bool {
	all := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		all[word] = true
	}
	return all
}

// weakKeys are secret keys that are words of prose as well, so that in free text the value decides.
var weakKeys = set("pin pass sid sig sas refresh bearer ticket signature credential session otc")

// weak reports whether a key in free text is a word, such as tokens, and what follows it no secret.
func weak(key, value string, in place) bool {
	if _, many := naming(key); !many && !weakKeys[fold(key)] {
		return false
	}
	if in == inYAML {
		return len(value) < 8 || !strings.ContainsAny(value, "0123456789")
	}
	return len(value) < 4 || prose(value)
}

// headerName reports whether a name is that of a header with a structure of its own.
func headerName(name string) bool {
	return strings.HasSuffix(name, "AUTHORIZATION") || strings.HasSuffix(name, "COOKIE")
}

// secretKey reports whether a secret is expected under a name, and how to call it.
func secretKey(key string, in place) (name string, ok bool) {
	if len(key) > maxKeyBytes {
		return secretKeyOf(key, in)
	}
	asked := keyIn{key, in}
	keys.mu.Lock()
	known, is := keys.known[asked]
	keys.mu.Unlock()
	if is {
		return known.name, known.ok
	}
	name, ok = secretKeyOf(key, in)
	keys.mu.Lock()
	defer keys.mu.Unlock()
	if len(keys.known) >= maxKeys {
		clear(keys.known)
	}
	keys.known[asked] = keyName{name, ok}
	return name, ok
}

// keys are those that were asked for of late: the same ones stand in every answer.
var keys = struct {
	mu    sync.Mutex
	known map[keyIn]keyName
}{known: map[keyIn]keyName{}}

type (
	keyIn struct {
		key string
		in  place
	}
	keyName struct {
		name string
		ok   bool
	}
)

const (
	maxKeys     = 4 << 10
	maxKeyBytes = 64
)

func secretKeyOf(key string, in place) (name string, ok bool) {
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
	case "code", "key", "auth":
		// An authorization or device code, a key of an API; in JSON a code is the number of an error, and the others
		// have many meanings.
		if in == inForm {
			return prefix + variable(snake(key)), true
		}
		return "", false
	}
	if strings.HasPrefix(key, "$"+prefix) {
		return "", false // the stand-in of a secret that was a key
	}
	if one, many := naming(key); one || many {
		return prefix + variable(snake(key)), true
	}
	return "", false
}

// naming reports whether a key names a secret, or several.
func naming(key string) (one, many bool) {
	// token2, X-Hub-Signature-256, X-Hmac-Sha256.
	folded := strings.TrimSuffix(strings.TrimRight(fold(key), "0123456789"), "sha")
	last := folded // connect.sid
	if i := strings.LastIndexAny(key, "._-"); i >= 0 {
		last = fold(key[i:])
	}
	if last == "sid" || last == "sig" || last == "pin" || isSecret(folded) {
		return true, false
	}
	single, plural := strings.CutSuffix(folded, "s")
	return false, plural && isSecret(single)
}

func isSecret(folded string) bool {
	return secretKeys[folded] || slices.ContainsFunc(secretSuffixes,
		func(suffix string) bool { return strings.HasSuffix(folded, suffix) })
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
