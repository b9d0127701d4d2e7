package main

import (
	"fmt"
	"io"

	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/render"
	"acronis-conformance/suites/internal/report"
)

// printChanges says what is different from an older result, worst first.
func printChanges(w io.Writer, old, now *report.Result) {
	changes := render.Diff(old, now)
	fmt.Fprintf(w, "since run %s:\n", old.Run.ID)
	accepted := newlyAccepted(old, now)
	if changes.Empty() && len(accepted) == 0 {
		fmt.Fprintln(w, "  nothing changed")
		return
	}
	for _, f := range changes.Faults() {
		fmt.Fprintf(w, "  newly failing: %s: %s, such as %s\n", f.Text(), f.Where(), exchange.Printable(f.Example))
	}
	for _, list := range []struct {
		title   string
		changes []render.Change
	}{
		{"newly in error", changes.Broken}, {"newly inconclusive", changes.Inconclusive},
		{"newly passing", changes.Passing},
	} {
		for _, change := range list.changes {
			fmt.Fprintf(w, "  %s: %s: %s\n", list.title, change.Spec.ID, exchange.Printable(change.Spec.Reason))
		}
	}
	for _, lost := range changes.Lost {
		fmt.Fprintf(w, "  no longer asserted: %s %d: %s\n", lost.Cell.Subject, lost.Cell.Code,
			exchange.Printable(lost.Cell.Reason))
	}
	for _, id := range accepted {
		fmt.Fprintf(w, "  newly accepted: %s\n", id)
	}
	for _, operation := range changes.NewOperations {
		fmt.Fprintf(w, "  new operation: %s\n", operation)
	}
	for _, operation := range changes.GoneOperations {
		fmt.Fprintf(w, "  operation gone: %s\n", operation)
	}
}
