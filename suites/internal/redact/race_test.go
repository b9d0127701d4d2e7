//go:build race

package redact_test

func init() { raced = 8 }
