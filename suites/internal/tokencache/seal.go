package tokencache

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"acronis-conformance/suites/internal/config"
)

// sealed is an entry as the file holds it. The one who changes what stands in clear breaks the seal.
type sealed struct {
	Host     string    `json:"host"`
	ClientID string    `json:"client_id"`
	Expiry   time.Time `json:"expiry"`
	Salt     []byte    `json:"salt"`
	Sealed   []byte    `json:"sealed"` // the nonce first
}

// purpose keeps the key apart from any other that might be derived from the same secret.
const purpose = "acronis-conformance expired token 1"

func seal(e Entry, secret config.Secret) (sealed, error) {
	s := sealed{Host: e.Host, ClientID: e.ClientID, Expiry: e.Expiry.UTC().Truncate(time.Second), Salt: make([]byte,
		sha256.Size)}
	_, _ = rand.Read(s.Salt) // never fails
	box, clear, err := s.box(secret)
	if err != nil {
		return sealed{}, err
	}
	s.Sealed = box.Seal(nil, nil, []byte(e.Token), clear)
	return s, nil
}

func (s sealed) open(secret config.Secret) (Entry, error) {
	box, clear, err := s.box(secret)
	if err != nil {
		return Entry{}, err
	}
	token, err := box.Open(nil, nil, s.Sealed, clear)
	if err != nil {
		return Entry{}, err
	}
	return Entry{Host: s.Host, ClientID: s.ClientID, Expiry: s.Expiry, Token: config.Secret(token)}, nil
}

// box returns what seals and opens, and the data in clear that the seal covers too.
func (s sealed) box(secret config.Secret) (box cipher.AEAD, clear []byte, err error) {
	key, err := hkdf.Key(sha256.New, []byte(secret), s.Salt, purpose, 32)
	if err != nil {
		return nil, nil, fmt.Errorf("key of the seal: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, nil, err
	}
	if box, err = cipher.NewGCMWithRandomNonce(block); err != nil {
		return nil, nil, err
	}
	clear, err = json.Marshal([]string{s.Host, s.ClientID, s.Expiry.Format(time.RFC3339Nano)})
	return box, clear, err
}
