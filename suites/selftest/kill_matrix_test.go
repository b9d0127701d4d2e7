package selftest_test

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"acronis-conformance/schemas"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var fullFlag = flag.Bool("full", false, "every defect, and not one in ten; those of the catalogue with the whole suite")

// sampleStep is what is run without -full: every defect of the catalogue, with the specs that it names, and one in so
// many of the generated ones, in their order.
const sampleStep = 10

// How many defects one run of the suite is to catch at most: generated ones, and those of the catalogue.
const (
	refusalBatch   = 100
	successBatch   = 60
	catalogueBatch = 24
)

// batchDuration is more than all runs take into which a batch may have to be split, on a machine that does much else.
const batchDuration = 20 * time.Minute

// survivors are defects that no spec notices, each with the reason why that is accepted.
var survivors = map[string]string{}

// Every seeded defect is caught: the specs that it declares turn red, and no others.
var _ = Describe("the kill matrix", func() {
	Context("defects of the catalogue", func() {
		for i, batch := range apart(catalogue()) {
			It(titled(batch), Label("defect"), sampled(i, 40), SpecTimeout(batchDuration), func(ctx SpecContext) {
				conclude(provokedTogether(ctx, batch, selectionForCatalogue)...)
			})
		}
	})
	Context("defects generated from the contract", func() {
		for i, batch := range batches(chosen(generated())) {
			It(titled(batch), Label("defect"), sampled(i, 10), SpecTimeout(batchDuration), func(ctx SpecContext) {
				conclude(provokedTogether(ctx, batch, selectionFor)...)
			})
		}
	})
	Context("calls of the sandbox that always fail", func() {
		for _, d := range sandboxDefects() {
			It(d.Name, Label("defect"), SpecTimeout(batchDuration), func(ctx SpecContext) {
				conclude(provokedTogether(ctx,
					[]defect{d}, selectionFor)...)
			})
		}
	})
	Context("other operations that always fail", func() {
		for _, batch := range independent(chosen(slices.DeleteFunc(failingDefects(), inSandbox))) {
			It(titled(batch), Label("defect"), SpecTimeout(batchDuration), func(ctx SpecContext) {
				conclude(provokedTogether(ctx, batch, selectionFor)...)
			})
		}
	})
})

// generated are the defects that the contract yields, but for those of the sandbox's own list.
func generated() []defect {
	listed := map[string]bool{}
	for _, d := range sandboxDefects() {
		listed[d.Name] = true
	}
	return slices.DeleteFunc(generatedDefects(), func(d defect) bool { return listed[d.Name] })
}

// chosen are all defects in a full run, and otherwise one in so many.
func chosen(defects []defect) []defect {
	if *fullFlag {
		return defects
	}
	var some []defect
	for i := 0; i < len(defects); i += sampleStep {
		some = append(some, defects[i])
	}
	return some
}

// titled is how the spec of a batch is called.
func titled(batch []defect) string {
	if more := len(batch) - 1; more > 0 {
		return fmt.Sprintf("%s and %d more", batch[0].Name, more)
	}
	return batch[0].Name
}

// widespread is how many codes a defect shows with that shows nearly everywhere.
const widespread = 5

// selectionForCatalogue is the whole suite in a full run, and otherwise the specs that have to turn red and one
// operation in ten. What has to turn red nearly everywhere shows there. The specs that wait only run where a defect
// shows to no one else, which is alone.
func selectionForCatalogue(defects ...defect) string {
	GinkgoHelper()
	switch {
	case defects[0].OnlyOnRetry:
		return "50x"
	case *fullFlag:
		return "!waiting"
	}
	var labels []string
	for _, d := range defects {
		labels = append(labels, labelsOf(d)...)
	}
	return andOneInTen(labels)
}

// labelsOf are those of the specs that have to turn red, or may.
func labelsOf(d defect) []string {
	GinkgoHelper()
	var codes, named []string
	for _, pattern := range slices.Concat(d.Fails, d.MayFail) {
		code, operation := pattern[:strings.Index(pattern, "/")], pattern[strings.LastIndex(pattern, "/")+1:]
		if contract().Operation(operation) != nil {
			named = append(named, "("+code+" && "+operation+")")
		} else { // any, or a path
			codes = append(codes, code)
		}
	}
	if len(codes) >= widespread {
		codes = []string{"405", "406"} // of which no operation is one in ten, or only one
	}
	return append(codes, named...)
}

// selectionFor are the specs of the operations that are broken. A defect of the general table has no operation: its
// code is run.
func selectionFor(defects ...defect) string {
	GinkgoHelper()
	var named []string
	for _, d := range defects {
		if contract().Operation(subject(d.Defect)) == nil { // a method: the defect is on a path
			named = append(named, "405")
		} else {
			named = append(named, subject(d.Defect))
		}
	}
	return andOneInTen(named)
}

// andOneInTen adds the specs of one operation in ten: what a defect turns red where it should not shows there.
func andOneInTen(labels []string) string {
	GinkgoHelper()
	for i, op := range contract().Operations() {
		if i%10 == 0 {
			labels = append(labels, op.ID)
		}
	}
	slices.Sort(labels)
	return "(" + strings.Join(slices.Compact(labels), " || ") + ") && !waiting"
}

func contract() *schemas.Contract {
	GinkgoHelper()
	loaded, err := schemas.Load()
	Expect(err).NotTo(HaveOccurred())
	return loaded
}
