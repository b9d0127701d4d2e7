package config

import (
	"fmt"
	"strings"
)

// Error is one thing that is wrong with the configuration. Its text is one sentence: where, what, and what to do about
// it; it never holds the value of a secret.
type Error struct {
	Path         string // of ginkgo.yml
	Line, Column int    // from 1; 0 where the fault has no place in the file
	Key          string // such as targets.staging.url; empty where the fault concerns the whole file
	Message      string
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Path)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", e.Line, e.Column)
	}
	if e.Key != "" {
		b.WriteString(": " + e.Key)
	}
	b.WriteString(": " + e.Message)
	return b.String()
}
