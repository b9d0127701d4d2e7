package config

import (
	"fmt"
	"io"
)

const hidden = "[redacted]"

// Secret is a value that must not be printed. Formatting or encoding it gives a placeholder, so that a configuration
// in a log or in a failure message shows nothing; string(s) gives the value itself.
type Secret string

// Format writes the placeholder whatever the verb is; an empty secret is written as empty, which is not a secret.
func (s Secret) Format(f fmt.State, _ rune) {
	if s != "" {
		_, _ = io.WriteString(f, hidden)
	}
}

// MarshalText gives the placeholder to encoders.
func (s Secret) MarshalText() ([]byte, error) {
	if s == "" {
		return nil, nil
	}
	return []byte(hidden), nil
}
