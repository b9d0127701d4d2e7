package contract

import (
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// Every answer of a run is as the documentation describes it, the one who asked for it and for whatever end: set-up,
// controls, specs, read-backs, lists and clean-up. What the specs of the operation report themselves is not told
// again. These specs send nothing; they come last, and what comes after them is added when the report is written.
var _ = Describe("20x every answer", Label("20x"), Serial, SpecPriority(-2), func() {
	for _, op := range spec.Operations(func(*schemas.Operation) bool { return true }) {
		spec.RegisterEveryAnswer(op)
	}
})
