// Package contract holds the rules: what the documentation of the Acronis Account Management API v2 requires, and how
// each requirement is put to a target.
//
// A file holds the rules of one status code, such as 401_unauthorized.go, and its tables have an entry for each probe,
// with its requirement and source. Package spec, the engine, makes of a rule one spec for each operation or path that
// it applies to, with an id such as 401/expired-token/FetchTenant.
//
// The rules are registered with Ginkgo when the package is loaded. Run hands them to go test and ginkgo, and Main to
// the program conformance. Specs lists their ids without loading a configuration; testdata/specs.txt keeps that list,
// and a test compares it with the rules.
package contract

import (
	_ "embed"
	"slices"
	"strings"
)

//go:embed testdata/specs.txt
var goldenSpecs string

// Specs returns the ids of all specs of the built-in contract, sorted, as `make specs` has written them.
func Specs() []string {
	var ids []string
	for line := range strings.Lines(goldenSpecs) {
		family, subjects, _ := strings.Cut(strings.TrimSpace(line), ": ")
		probe, _, _ := strings.Cut(family, " ")
		for subject := range strings.FieldsSeq(subjects) {
			ids = append(ids, probe+"/"+subject)
		}
	}
	slices.Sort(ids)
	return ids
}
