package proof_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"acronis-conformance/fixtures/mock"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/view"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var fullFlag = flag.Bool("full", false, "every defect, and not the sample; those of the catalogue with the whole suite")

// sampleStep is the sample's: every defect of the catalogue, with the specs that it names, and one in so many of the generated ones, in
// their order.
const sampleStep = 10

// batchSize is how many generated defects one run of the suite is to catch.
const batchSize = 12

// survivors are defects that no spec notices, each with the reason why that is accepted.
var survivors = map[string]string{}

// Every seeded defect is caught: the specs that it declares turn red, and no others.
var _ = Describe("the kill matrix", func() {
	Context("defects of the catalogue", func() {
		for _, d := range mock.Defects() {
			It(d.Name, Label("defect"), SpecTimeout(5*time.Minute), func(ctx SpecContext) {
				if d.Prevents != "" {
					conclude(prevented(ctx, d, d.Prevents))
				} else {
					conclude(provoked(ctx, d, selectionForCatalogue(d)))
				}
			})
		}
	})
	Context("defects generated from the contract", func() {
		for i, batch := range batches(sample(generated())) {
			It(fmt.Sprintf("batch %d: %s and so on", i+1, batch[0].Name), Label("defect"), SpecTimeout(5*time.Minute), func(ctx SpecContext) {
				conclude(provokedTogether(ctx, batch)...)
			})
		}
	})
	Context("calls of the sandbox that always fail", func() {
		for _, d := range sandboxDefects() {
			It(d.Name, Label("defect"), SpecTimeout(5*time.Minute), func(ctx SpecContext) { conclude(provokedAlone(ctx, d)) })
		}
	})
	Context("other operations that always fail", func() {
		for _, d := range sample(slices.DeleteFunc(mock.Failing(), inSandbox)) {
			It(d.Name, Label("defect"), SpecTimeout(5*time.Minute), func(ctx SpecContext) { conclude(provoked(ctx, d, selectionFor(d))) })
		}
	})
})

// generated are the defects that the contract yields, but for those of the sandbox's own list.
func generated() []mock.Defect {
	listed := map[string]bool{}
	for _, d := range sandboxDefects() {
		listed[d.Name] = true
	}
	return slices.DeleteFunc(mock.Generated(), func(d mock.Defect) bool { return listed[d.Name] })
}

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

// batches deals the defects out in turn. Those of one operation stand together, and come to lie in a batch each.
func batches(defects []mock.Defect) [][]mock.Defect {
	of, most := map[string]int{}, 0
	for _, d := range defects {
		of[subject(d)]++
		most = max(most, of[subject(d)])
	}
	dealt := make([][]mock.Defect, max(most, (len(defects)+batchSize-1)/batchSize))
	for i, d := range defects {
		dealt[i%len(dealt)] = append(dealt[i%len(dealt)], d)
	}
	return dealt
}

// generatedName takes the name of a generated defect apart: subject, code, and what is done.
var generatedName = regexp.MustCompile(`^(.+)\.([1-5][0-9][0-9])-(as|without|mistyped|bodiless|with-body)(?:-([\w.]+))?$`)

// subject is what the defect breaks: an operation, or a method on a path.
func subject(d mock.Defect) string {
	if parts := generatedName.FindStringSubmatch(d.Name); parts != nil {
		return parts[1]
	}
	return ""
}

// widespread is how many codes a defect shows with that shows nearly everywhere.
const widespread = 5

// selectionForCatalogue is the whole suite in a full run, and otherwise the specs that have to turn red and one operation in ten. What has
// to turn red nearly everywhere shows there. The specs that wait only run where a defect shows to nobody else.
func selectionForCatalogue(d mock.Defect) string {
	GinkgoHelper()
	switch {
	case d.Repeats:
		return "50x"
	case *fullFlag:
		return "!waiting"
	}
	var codes, named []string
	for _, pattern := range slices.Concat(d.Red, d.Spreads) {
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
	return andOneInTen(append(codes, named...))
}

// selectionFor are the specs of the operations that are broken. A defect of the general table has no operation: its code is run.
func selectionFor(defects ...mock.Defect) string {
	GinkgoHelper()
	var named []string
	for _, d := range defects {
		if contract().Operation(subject(d)) == nil { // a method: the defect is on a path
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

// provoked runs the suite on a mock with the defect, and compares what turned red with what the defect declares.
func provoked(ctx context.Context, d mock.Defect, labels string) view.Kill {
	GinkgoHelper()
	return judged(d, runWith(ctx, labels, d))
}

// provokedAlone runs the suite on a mock with a generated defect, which may leave no world to run specs in.
func provokedAlone(ctx context.Context, d mock.Defect) view.Kill {
	GinkgoHelper()
	if possible(ctx, d) {
		return provoked(ctx, d, selectionFor(d))
	}
	return prevented(ctx, d, subject(d))
}

// prevented runs the suite on a mock that denies what the sandbox needs: the verdict is an error that names the operation, and no spec is
// red.
func prevented(ctx context.Context, d mock.Defect, operation string) view.Kill {
	GinkgoHelper()
	result := runWith(ctx, andOneInTen(nil), d)
	k := entry(d)
	k.Verdict, k.Why = view.Prevented, result.Reason
	for _, s := range result.Specs {
		if isRed(s) {
			k.Red++
			k.Strays = append(k.Strays, saying(s))
		}
	}
	switch {
	case result.Verdict != report.Error:
		k.Verdict, k.Why = view.Failed, fmt.Sprintf("there is no world without %s, and the verdict of the run is %s, not error: %s", operation, result.Verdict, result.Reason)
	case !strings.Contains(result.Reason, operation):
		k.Verdict, k.Why = view.Failed, fmt.Sprintf("the reason of the run does not name %s: %s", operation, result.Reason)
	case k.Red > 0:
		k.Verdict, k.Why = view.Failed, "there is no world, and specs turned red all the same"
	}
	return k
}

// provokedTogether runs the suite on a mock with all defects of a batch. Each must be caught by a spec of its own whose answer shows just
// what the defect did, so that no other defect can have turned that spec red. Where one is not, or something turns red besides, the batch
// tells nothing of that one, or of any: they are provoked in smaller batches, in the end alone, and that decides.
func provokedTogether(ctx context.Context, batch []mock.Defect) []view.Kill {
	GinkgoHelper()
	var together []mock.Defect
	var kills, alone []view.Kill
	for _, d := range batch {
		if possible(ctx, d) {
			together = append(together, d)
		} else {
			alone = append(alone, prevented(ctx, d, subject(d)))
		}
	}
	if len(together) == 0 {
		return alone
	}
	result := runWith(ctx, selectionFor(together...), together...)
	stray := slices.DeleteFunc(slices.Clone(result.Specs), func(s report.Spec) bool {
		return !isRed(s) || slices.ContainsFunc(together, func(d mock.Defect) bool {
			return d.Reddens(s.ID) || d.Starves && dependent(s, subject(d))
		})
	})
	for _, d := range together {
		own := *result
		own.Specs = slices.DeleteFunc(slices.Clone(result.Specs), func(s report.Spec) bool { return !d.Reddens(s.ID) })
		if slices.ContainsFunc(own.Specs, func(s report.Spec) bool { return isRed(s) && shows(d, s) }) {
			kills = append(kills, judged(d, &own))
		}
	}
	if len(stray) == 0 && len(kills) > 0 {
		alone = append(alone, kills...)
		together = slices.DeleteFunc(together, func(d mock.Defect) bool {
			return slices.ContainsFunc(kills, func(k view.Kill) bool { return k.Defect == d.Name })
		})
	}
	if len(together) == 0 {
		return alone
	}
	By(fmt.Sprintf("%d defects were caught, %d are to be looked at again, and %d specs turned red besides", len(kills), len(together), len(stray)))
	if len(together) == 1 {
		return append(alone, provoked(ctx, together[0], selectionFor(together[0])))
	}
	half := len(together) / 2
	return slices.Concat(alone, provokedTogether(ctx, together[:half]), provokedTogether(ctx, together[half:]))
}

// shows tells whether the answer that a spec got is what a generated defect makes of it.
func shows(d mock.Defect, s report.Spec) bool {
	parts := generatedName.FindStringSubmatch(d.Name)
	at := func(path string) bool {
		return slices.ContainsFunc(s.Differences, func(difference report.Difference) bool {
			return strings.HasPrefix(anyItem.ReplaceAllString(difference.Path, ""), path)
		})
	}
	switch way, what := parts[3], parts[4]; way {
	case "as":
		return strings.HasPrefix(s.Actual, what+" ")
	case "without", "mistyped":
		return at("$." + what)
	case "bodiless":
		return at("header Content-Type") || at("body")
	case "with-body":
		return at("header Content-Length")
	}
	return false
}

var anyItem = regexp.MustCompile(`\[\d+\]`)

// entry is that of a defect of which nothing is known yet.
func entry(d mock.Defect) view.Kill {
	return view.Kill{Defect: d.Name, Does: d.Does, Breaks: d.Breaks, Verdict: view.Killed, KilledBy: []string{}, Missing: []string{}, Strays: []string{}}
}

// named is how many of the specs that turned red an entry names.
const named = 3

// judged compares the specs that turned red with those that the defect declares: no more, and no fewer. A spec whose object another one of
// the declared has spoilt, or whose call that one shows to fail, points there, which is as good.
func judged(d mock.Defect, r *report.Result) view.Kill {
	k := entry(d)
	red := map[string]bool{}
	for _, s := range r.Specs {
		red[s.ID] = isRed(s)
	}
	var quiet []string
	for _, s := range r.Specs {
		declared := d.Reddens(s.ID)
		if declared {
			k.Declared++
		}
		switch {
		case red[s.ID] && declared:
			k.Red++
			k.KilledBy = append(k.KilledBy, s.ID)
		case red[s.ID]:
			k.Red++
			if !d.MayRedden(s.ID) && !(d.Starves && dependent(s, subject(d))) {
				k.Strays = append(k.Strays, saying(s))
			}
		case declared && !slices.ContainsFunc(pointsTo(s), func(id string) bool { return red[id] && d.Reddens(id) }):
			quiet = append(quiet, saying(s))
		}
	}
	if !d.Any || len(k.KilledBy) == 0 {
		k.Missing = append(k.Missing, quiet...)
	}
	accepted := survivors[d.Name]
	switch {
	case accepted != "" && k.Red == 0:
		k.Verdict, k.Why, k.Missing = view.Survived, accepted, []string{}
	case accepted != "":
		k.Verdict, k.Why = view.Failed, "the survivor is caught now: take it off the list"
	case k.Declared == 0:
		k.Verdict, k.Why = view.Failed, "none of the specs that it declares was run"
	case len(k.KilledBy) == 0:
		k.Verdict, k.Why = view.Failed, fmt.Sprintf("nothing notices it: a spec of %s is missing or asserts too little", d.Breaks)
	case len(k.Missing)+len(k.Strays) > 0:
		k.Verdict, k.Why = view.Failed, fmt.Sprintf("other specs turned red than it declares: missing %d, stray %d", len(k.Missing), len(k.Strays))
	}
	k.KilledBy = k.KilledBy[:min(named, len(k.KilledBy))]
	return k
}

// conclude keeps what became of defects, and fails where that is not as it should be.
func conclude(kills ...view.Kill) {
	GinkgoHelper()
	var b strings.Builder
	for _, k := range kills {
		keep(k)
		if k.Verdict != view.Failed {
			continue
		}
		fmt.Fprintf(&b, "%s: %s\n%s\n", k.Defect, k.Does, k.Why)
		for _, list := range []struct {
			title string
			specs []string
		}{{"these did not turn red", k.Missing}, {"these turned red besides", k.Strays}} {
			if len(list.specs) > 0 {
				fmt.Fprintf(&b, "%s:\n  %s\n", list.title, strings.Join(list.specs, "\n  "))
			}
		}
	}
	if b.Len() > 0 {
		Fail(b.String())
	}
}

// isRed tells whether the spec is no pass and says why by itself.
func isRed(s report.Spec) bool { return s.Verdict == report.Violation || s.Verdict == report.Error }

// saying is the spec with what it says.
func saying(s report.Spec) string {
	return strings.TrimSuffix(fmt.Sprintf("%s: %s, %s", s.ID, s.Verdict, s.Reason), ", ")
}

var pointer = regexp.MustCompile(`\bsee ([^\s:]+)`)

// pointsTo are the specs to which one that could not be provoked points.
func pointsTo(s report.Spec) []string {
	if s.Verdict != report.Unprovoked {
		return nil
	}
	var ids []string
	for _, found := range pointer.FindAllStringSubmatch(s.Reason, -1) {
		ids = append(ids, found[1])
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
	code := 0
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		code, err = exit.ExitCode(), nil
	}
	Expect(err).NotTo(HaveOccurred(), string(output))
	if slices.ContainsFunc(result.Specs, isRed) || result.Verdict == report.Error {
		Expect(code).To(Equal(1), "a red run")
	} else {
		Expect(code).To(Equal(0), "a green run: %s", output)
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
