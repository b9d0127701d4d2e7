// Package tokencache keeps a token of a run until it has expired, so that a later run holds a genuinely expired one:
// no one can make one for a live target. Until then the token opens the target, and its file may lie in a cache that
// others read; so it is sealed under a key that only the holder of the client secret can derive, with what it is for
// in clear beside it.
package tokencache

import (
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"acronis-conformance/suites/internal/config"
)

// margin is how long a token must have been expired to be used as one: clocks within a data center differ a little.
const margin = time.Minute

// Entry is a token with what it is for.
type Entry struct {
	Host     string // of the target, with its port where it has one
	ClientID string
	Expiry   time.Time
	Token    config.Secret
}

// NewEntry reads the expiry from the token itself. The token is read, not verified: the target has just issued it.
func NewEntry(host, clientID, token string) (Entry, error) {
	var claims jwt.RegisteredClaims
	if _, _, err := jwt.NewParser().ParseUnverified(token, &claims); err != nil || claims.ExpiresAt == nil {
		return Entry{}, fmt.Errorf(
			"the target's tokens do not say when they expire, so none can be kept for a later run: set " +
				"ACRONIS_EXPIRED_TOKEN")
	}
	return Entry{Host: host, ClientID: clientID, Expiry: claims.ExpiresAt.UTC(), Token: config.Secret(token)}, nil
}

// usable reports whether the token is expired for certain.
func (e Entry) usable(now time.Time) bool { return e.usableFrom().Before(now) }

func (e Entry) usableFrom() time.Time { return e.Expiry.Add(margin) }

// sort tells the usable entry that expired last from the one that will expire first. More need not be kept.
func sort(entries []Entry, now time.Time) (usable, waiting *Entry) {
	for i := range entries {
		e := &entries[i]
		switch {
		case e.usable(now) && (usable == nil || e.Expiry.After(usable.Expiry)):
			usable = e
		case !e.usable(now) && (waiting == nil || e.Expiry.Before(waiting.Expiry)):
			waiting = e
		}
	}
	return usable, waiting
}

const howToHelp = "set ACRONIS_EXPIRED_TOKEN, or keep the file %s for a run more than two hours from now, which " +
	"will use a token of this one"

// Load returns the token that the file holds for the client on the host, if it is expired by more than a minute at
// that time, which is to be the target's. Otherwise the reason says why there is none, and what to do; what is of no
// use is passed over, and the next Store discards it. An error means that the file cannot be read.
func Load(path, host, clientID string, secret config.Secret, now time.Time) (token config.Secret, reason string,
	err error) {
	help := fmt.Sprintf(howToHelp, path)
	file, damage, err := read(path)
	if err != nil {
		return "", "", err
	}
	entries, discarded := file.open(host, clientID, secret)
	usable, waiting := sort(entries, now)
	switch {
	case usable != nil:
		return usable.Token, "", nil
	case waiting != nil:
		return "", fmt.Sprintf("the token that an earlier run kept expires at %s: a run after %s will use it",
			waiting.Expiry.Format(time.RFC3339),
			waiting.usableFrom().Format(time.RFC3339)), nil
	case discarded != "":
		return "", fmt.Sprintf("the token that an earlier run kept in %s is discarded, since it is %s: %s", path,
			discarded,
			help), nil
	case damage != "":
		return "", fmt.Sprintf("what an earlier run kept in %s is discarded, since the file is damaged (%s): %s", path,
			damage, help), nil
	}
	return "", "no earlier run has kept a token: " + help, nil
}

// Store keeps the token for a later run, unless one that expires earlier is waiting already: a token that is replaced
// by every run would never have expired at the beginning of the next. One that is usable stays beside it, until the
// one that waits has expired. What is sealed under another secret, or is for another client or host, goes.
func Store(path string, e Entry, secret config.Secret, now time.Time) error {
	file, _, err := read(path) // what is damaged is replaced
	if err != nil {
		return err
	}
	entries, _ := file.open(e.Host, e.ClientID, secret)
	usable, waiting := sort(append(entries, e), now)
	var kept document
	for _, one := range []*Entry{usable, waiting} {
		if one == nil {
			continue
		}
		s, err := seal(*one, secret)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		kept.Tokens = append(kept.Tokens, s)
	}
	return kept.write(path)
}
