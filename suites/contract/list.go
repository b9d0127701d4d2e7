// Package contract holds the specs, which are tests: one file per status code, one probe per way to provoke it, one
// spec per probe and subject. The package itself only knows their list, so that a command can tell before a run what
// there is to run.
package contract

import (
	_ "embed"
	"slices"
	"strings"
)

//go:embed testdata/specs.txt
var goldenSpecs string

// Specs returns the ids of all specs of the built-in contract, sorted.
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
