package proof_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"acronis-conformance/fixtures/mock"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var fullFlag = flag.Bool("full", false, "every defect, and not the sample; those of the catalogue with the whole suite")

// sampleStep is the sample's: every defect of the catalogue, with the specs that it names, and one in so many of the generated ones, in
// their order.
const sampleStep = 10

// batchSize is how many generated defects one run of the suite is to catch.
const batchSize = 8

// foundations are the operations without which there is no sandbox: where one of them always fails, that is trouble with the target, and
// says nothing about the contract.
var foundations = []string{"RequestTokens", "FetchClient", "FetchTenant", "CreateTenant", "CreateClient"}

// survivors are defects that no spec notices, each with the reason why that is accepted.
var survivors = map[string]string{}

// kill is what became of one defect.
type kill struct {
	Defect   string   `json:"defect"`
	Does     string   `json:"does"`
	Breaks   string   `json:"breaks"`
	KilledBy []string `json:"killed_by"` // the first of the specs that turned red
	Red      int      `json:"red"`
	Survives string   `json:"survives,omitempty"` // why that is accepted
}

const killEntry = "kill"

// Every seeded defect is caught, by a spec of what it breaks, and nothing else turns red.
var _ = Describe("the kill matrix", func() {
	Context("defects of the catalogue", func() {
		for _, d := range mock.Defects() {
			It(d.Name, Label("defect"), SpecTimeout(5*time.Minute), func(ctx SpecContext) { provoke(ctx, d, selectionForCatalogue(d)) })
		}
	})
	Context("defects generated from the contract", func() {
		for i, batch := range batches(sample(mock.Generated())) {
			It(fmt.Sprintf("batch %d: %s and so on", i+1, batch[0].Name), Label("defect"), SpecTimeout(5*time.Minute), func(ctx SpecContext) {
				provokeTogether(ctx, batch)
			})
		}
	})
	Context("operations that always fail", func() {
		needed := func(d mock.Defect) bool { return slices.Contains(foundations, subject(d)) }
		for _, d := range mock.Failing() {
			if needed(d) {
				It(d.Name, Label("defect"), SpecTimeout(5*time.Minute), func(ctx SpecContext) { prevent(ctx, d) })
			}
		}
		for _, d := range sample(slices.DeleteFunc(mock.Failing(), needed)) {
			It(d.Name, Label("defect"), SpecTimeout(5*time.Minute), func(ctx SpecContext) { provoke(ctx, d, selectionFor(d)) })
		}
	})
})

// sample are all defects in a full run, and otherwise one in so many.
func sample(defects []mock.Defect) []mock.Defect {
	if *fullFlag {
		return defects
	}
	var some []mock.Defect
	for i := 0; i < len(defects); i += sampleStep {
		some = append(some, defects[i])
	}
	return some
}

// batches deals the defects out in turn, so that those of one operation, which stand together, come to lie in different batches.
func batches(defects []mock.Defect) [][]mock.Defect {
	dealt := make([][]mock.Defect, (len(defects)+batchSize-1)/batchSize)
	for i, d := range defects {
		dealt[i%len(dealt)] = append(dealt[i%len(dealt)], d)
	}
	return dealt
}

// subject is what the defect breaks: an operation, or a method on a path.
func subject(d mock.Defect) string { return d.Name[:strings.LastIndex(d.Name, ".")] }

// widespread is how many patterns of red specs are so many that one operation in ten is sure to be among them.
const widespread = 20

// selectionForCatalogue is the whole suite in a full run, and otherwise the specs of the operations that have to turn red: what has to
// turn red nearly everywhere shows on one operation in ten, or with the code itself where it is no operation's. The specs that wait only
// run where a defect shows to nobody else.
func selectionForCatalogue(d mock.Defect) string {
	GinkgoHelper()
	switch {
	case d.Repeats:
		return "50x"
	case *fullFlag:
		return "!waiting"
	}
	var named []string
	for _, pattern := range d.Red {
		code, operation := pattern[:strings.Index(pattern, "/")], pattern[strings.LastIndex(pattern, "/")+1:]
		switch {
		case code == "405" || code == "406":
			named = append(named, code)
		case operation != "*" && len(d.Red) <= widespread:
			named = append(named, "("+code+" && "+operation+")")
		}
	}
	return andOneInTen(named)
}

// selectionFor are the specs of the operations that are broken. A defect of the general table has no operation: its code is run.
func selectionFor(defects ...mock.Defect) string {
	GinkgoHelper()
	contract, err := schemas.Load()
	Expect(err).NotTo(HaveOccurred())
	var named []string
	for _, d := range defects {
		if contract.Operation(subject(d)) == nil { // a method: the defect is on a path
			named = append(named, "405")
		} else {
			named = append(named, subject(d))
		}
	}
	return andOneInTen(named)
}

// andOneInTen adds the specs of one operation in ten: what a defect turns red where it should not shows there.
func andOneInTen(labels []string) string {
	GinkgoHelper()
	contract, err := schemas.Load()
	Expect(err).NotTo(HaveOccurred())
	for i, op := range contract.Operations() {
		if i%10 == 0 {
			labels = append(labels, op.ID)
		}
	}
	return "(" + strings.Join(labels, " || ") + ") && !waiting"
}

// prevent runs the suite on a mock that denies what the sandbox needs: the verdict is an error, and it names the operation.
func prevent(ctx context.Context, d mock.Defect) {
	GinkgoHelper()
	result := runWith(ctx, selectionFor(d), d)
	keep(kill{Defect: d.Name, Does: d.Does, Breaks: d.Breaks, KilledBy: []string{"the set-up"}})
	Expect(result.Verdict).To(Equal(report.Error))
	Expect(result.Reason).To(ContainSubstring(subject(d)))
	Expect(reds(result)).To(BeEmpty())
}

// provokeTogether runs the suite on a mock with all defects of a batch. Each must be caught by a spec of its own that was answered with
// the very code that the defect puts in the place of the promised one, so that no other defect can have turned that spec red. Where one
// is not, or something turns red besides, the batch tells nothing: each of its defects is provoked alone, and that decides.
func provokeTogether(ctx context.Context, batch []mock.Defect) {
	GinkgoHelper()
	result := runWith(ctx, selectionFor(batch...), batch...)
	red := reds(result)
	stray := slices.Clone(red)
	kills := []kill{}
	for _, d := range batch {
		instead := d.Name[strings.LastIndex(d.Name, "-")+1:]
		killers := slices.DeleteFunc(slices.Clone(result.Specs), func(s report.Spec) bool {
			return !slices.Contains(red, s.ID) || !d.Reddens(s.ID) || !strings.HasPrefix(s.Actual, instead+" ")
		})
		if len(killers) > 0 {
			kills = append(kills, killed(d, slices.DeleteFunc(slices.Clone(red), func(id string) bool { return !d.Reddens(id) })))
		}
		stray = slices.DeleteFunc(stray, d.Reddens)
	}
	if len(kills) == len(batch) && len(stray) == 0 {
		for _, k := range kills {
			keep(k)
		}
		return
	}
	By(fmt.Sprintf("%d of %d defects were caught, and these turned red besides: %v", len(kills), len(batch), stray))
	for _, d := range batch {
		provoke(ctx, d, selectionFor(d))
	}
}

// killed is the entry of a defect with the specs that turned red by it.
func killed(d mock.Defect, by []string) kill {
	return kill{Defect: d.Name, Does: d.Does, Breaks: d.Breaks, Red: len(by), KilledBy: by[:min(3, len(by))], Survives: survivors[d.Name]}
}

func keep(k kill) { AddReportEntry(killEntry, encode(k), ReportEntryVisibilityNever) }

// provoke runs the suite on a mock with the defect, and compares what turned red with what the defect declares.
func provoke(ctx context.Context, d mock.Defect, labels string) {
	GinkgoHelper()
	result := runWith(ctx, labels, d)
	red := reds(result)
	k := killed(d, slices.DeleteFunc(slices.Clone(red), func(id string) bool { return !d.Reddens(id) }))
	k.Red = len(red)
	keep(k)
	if k.Survives != "" {
		Expect(red).To(BeEmpty(), "the survivor is caught now: take it off the list")
		return
	}
	Expect(red).NotTo(BeEmpty(), "%s: nothing turned red: a spec of %s is missing or asserts too little", d.Does, d.Breaks)
	Expect(k.KilledBy).NotTo(BeEmpty(), "%s: what turned red has nothing to do with %s", d.Does, d.Breaks)
	if d.Spreads {
		return
	}
	stray := slices.DeleteFunc(slices.Clone(red), d.Reddens)
	Expect(stray).To(BeEmpty(), "%s: these turned red besides, though they have nothing to do with it", d.Does)
	Expect(untouched(d, result, red)).To(BeEmpty(), "%s: no spec of these patterns turned red", d.Does)
}

// untouched are the patterns that the defect declares, that specs bear, and of which none turned red.
func untouched(d mock.Defect, r *report.Result, red []string) []string {
	return slices.DeleteFunc(slices.Clone(d.Red), func(pattern string) bool {
		fits := func(id string) bool { matched, _ := path.Match(pattern, id); return matched }
		there := slices.ContainsFunc(r.Specs, func(s report.Spec) bool { return fits(s.ID) && s.Verdict != report.Unprovoked })
		return !there || slices.ContainsFunc(red, fits)
	})
}

// reds lists the specs that are no pass and say why by themselves: one that another spec spoilt points there instead.
func reds(r *report.Result) []string {
	var ids []string
	for _, s := range r.Specs {
		if s.Verdict == report.Violation || s.Verdict == report.Error {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// runWith runs the compiled suite in one process, so that the other cores can run it on other defects.
func runWith(ctx context.Context, labels string, defects ...mock.Defect) *report.Result {
	GinkgoHelper()
	folder := GinkgoT().TempDir()
	config := filepath.Join(folder, "ginkgo.yml")
	// A defect that makes every refusal a failure would have each of them repeated: that takes the waiting specs' time, and shows no more.
	shipped := unpaced()
	if !defects[0].Repeats {
		shipped = strings.Replace(shipped, "repeats: 2", "repeats: 0", 1)
	}
	// Nor is it worth the time to wait for a deletion that a defect prevents.
	hasty := strings.NewReplacer("attempt: 10s", "attempt: 3s", "cleanup: 2m", "cleanup: 2s").Replace(shipped)
	Expect(os.WriteFile(config, []byte(hasty), 0o600)).To(Succeed())
	command := exec.CommandContext(ctx, binaries.Suite, "-test.run=TestContract", "-ginkgo.no-color", "-ginkgo.label-filter="+labels,
		"-config="+config, "-reports="+folder, "-target=mock", "-defect="+names(defects))
	command.Dir = folder
	command.Env = append(os.Environ(), "GOMAXPROCS=1") // as many run side by side as there are cores
	output, err := command.CombinedOutput()
	result, unread := report.Read(filepath.Join(folder, "conformance.json"))
	Expect(unread).NotTo(HaveOccurred(), string(output))
	if len(reds(result)) > 0 || result.Verdict == report.Error {
		Expect(err).To(HaveOccurred(), "a red run that exits with 0")
	}
	return result
}

func names(defects []mock.Defect) string {
	var all []string
	for _, d := range defects {
		all = append(all, d.Name)
	}
	return strings.Join(all, ",")
}

func encode(value any) string {
	encoded, err := json.Marshal(value)
	Expect(err).NotTo(HaveOccurred())
	return string(encoded)
}

// The whole matrix is kept beside the other reports.
var _ = ReportAfterSuite("kill matrix", func(_ SpecContext, all Report) {
	kills := []kill{}
	for _, spec := range all.SpecReports {
		for _, entry := range spec.ReportEntries {
			if encoded, ok := entry.GetRawValue().(string); ok && entry.Name == killEntry {
				var k kill
				Expect(json.Unmarshal([]byte(encoded), &k)).To(Succeed())
				kills = append(kills, k)
			}
		}
	}
	if len(kills) == 0 {
		return
	}
	root, err := filepath.Abs("../..")
	Expect(err).NotTo(HaveOccurred())
	folder := filepath.Join(root, "reports")
	Expect(report.Writable(folder)).To(Succeed())
	encoded, err := json.MarshalIndent(kills, "", " ")
	Expect(err).NotTo(HaveOccurred())
	Expect(report.WriteFile(filepath.Join(folder, "proof.json"), encoded)).To(Succeed())
	var table strings.Builder
	table.WriteString("| defect | breaks | killed by | red |\n| --- | --- | --- | --- |\n")
	for _, k := range kills {
		fmt.Fprintf(&table, "| %s: %s | %s | %s | %d |\n", k.Defect, k.Does, k.Breaks, strings.Join(k.KilledBy, ", "), k.Red)
	}
	Expect(report.WriteFile(filepath.Join(folder, "proof.md"), []byte(table.String()))).To(Succeed())
}, NodeTimeout(time.Minute))
