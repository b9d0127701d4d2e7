package drift

import (
	"fmt"
	"io"
	"strings"

	"acronis-conformance/suites/internal/exchange"
)

// Print writes the differences, breaking ones first, those of one operation together.
func (d *Drift) Print(w io.Writer) error {
	var b strings.Builder
	if d.Empty() {
		fmt.Fprintf(&b, "%s promises what the built-in contract (%s) promises: no difference\n", d.Document, d.Base)
	} else {
		fmt.Fprintf(&b, "%s differs from the built-in contract (%s):\n", d.Document, d.Base)
	}
	section(&b, d.Breaking, "breaking")
	section(&b, d.Other, "other")
	_, err := io.WriteString(w, exchange.Printable(b.String())) // names come from a document of someone else
	return err
}

func section(b *strings.Builder, changes []Change, kind string) {
	switch len(changes) {
	case 0:
		return
	case 1:
		fmt.Fprintf(b, "\n1 %s difference\n", kind)
	default:
		fmt.Fprintf(b, "\n%d %s differences\n", len(changes), kind)
	}
	operation := ""
	for _, c := range changes {
		if c.Operation != operation {
			operation = c.Operation
			fmt.Fprintf(b, "  %s\n", operation)
		}
		fmt.Fprintf(b, "    %s [%s]\n", c.Text, c.Rule)
	}
}
