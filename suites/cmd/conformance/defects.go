package main

import (
	"fmt"
	"text/tabwriter"

	"acronis-conformance/fixtures/mock"
)

// listDefects prints what the embedded mock can be made to break.
func (c *cli) listDefects() error {
	table := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	for _, d := range mock.Defects() {
		fmt.Fprintf(table, "%s\t%s\t%s\n", d.Name, d.Breaks, d.Does)
	}
	return table.Flush()
}
