package selftest_test

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

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/render"
	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var fullFlag = flag.Bool("full", false, "every defect, and not the sample; those of the catalogue with the whole suite")

// sampleStep is the sample's: every defect of the catalogue, with the specs that it names, and one in so many of the generated ones, in
// their order.
const sampleStep = 10

// How many defects one run of the suite is to catch: generated ones, and those of the catalogue that show on few operations.
const (
	generatedBatch = 20
	catalogueBatch = 6
)

// survivors are defects that no spec notices, each with the reason why that is accepted.
var survivors = map[string]string{}

// Every seeded defect is caught: the specs that it declares turn red, and no others.
var _ = Describe("the kill matrix", func() {
	Context("defects of the catalogue", func() {
		for _, batch := range apart(catalogue()) {
			It(titled(batch), Label("defect"), SpecTimeout(5*time.Minute), func(ctx SpecContext) {
				conclude(provokedTogether(ctx, batch, selectionForCatalogue)...)
			})
		}
	})
	Context("defects generated from the contract", func() {
		for _, batch := range batches(sample(generated())) {
			It(titled(batch), Label("defect"), SpecTimeout(5*time.Minute), func(ctx SpecContext) {
				conclude(provokedTogether(ctx, batch, selectionFor)...)
			})
		}
	})
	Context("calls of the sandbox that always fail", func() {
		for _, d := range sandboxDefects() {
			It(d.Name, Label("defect"), SpecTimeout(5*time.Minute), func(ctx SpecContext) { conclude(provokedTogether(ctx, []defect{d}, selectionFor)...) })
		}
	})
	Context("other operations that always fail", func() {
		for _, d := range sample(slices.DeleteFunc(failingDefects(), inSandbox)) {
			It(d.Name, Label("defect"), SpecTimeout(5*time.Minute), func(ctx SpecContext) { conclude(provokedTogether(ctx, []defect{d}, selectionFor)...) })
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

// sample are all defects in a full run, and otherwise one in so many.
func sample(defects []defect) []defect {
	if *fullFlag {
		return defects
	}
	var some []defect
	for i := 0; i < len(defects); i += sampleStep {
		some = append(some, defects[i])
	}
	return some
}

// batches deals the defects out in turn. Those of one operation stand together, and come to lie in a batch each.
func batches(defects []defect) [][]defect {
	of, most := map[string]int{}, 0
	for _, d := range defects {
		of[subject(d.Defect)]++
		most = max(most, of[subject(d.Defect)])
	}
	dealt := make([][]defect, max(most, (len(defects)+generatedBatch-1)/generatedBatch))
	for i, d := range defects {
		dealt[i%len(dealt)] = append(dealt[i%len(dealt)], d)
	}
	return dealt
}

// apart deals defects of the catalogue out to batches in which no two declare specs of the same operation, so that a red spec tells whose it
// is. One that shows on more than operations, or elsewhere than in the specs that it declares, is alone.
func apart(defects []defect) [][]defect {
	var dealt [][]defect
	var taken []map[string]bool // by batch: its operations; nil where it takes no more
	for _, d := range defects {
		operations := declaredOperations(d)
		if operations == nil || d.AtLeastOne || d.BreaksSetup || d.BlocksSetup != "" || d.OnlyOnRetry {
			dealt, taken = append(dealt, []defect{d}), append(taken, nil)
			continue
		}
		i := slices.IndexFunc(taken, func(others map[string]bool) bool {
			return others != nil && !slices.ContainsFunc(operations, func(id string) bool { return others[id] })
		})
		if i < 0 {
			i = len(dealt)
			dealt, taken = append(dealt, nil), append(taken, map[string]bool{})
		}
		dealt[i] = append(dealt[i], d)
		for _, id := range operations {
			taken[i][id] = true
		}
		if len(dealt[i]) == catalogueBatch {
			taken[i] = nil
		}
	}
	return dealt
}

// declaredOperations are those of the specs that a defect declares; none where one of them is of no single operation.
func declaredOperations(d defect) []string {
	GinkgoHelper()
	var ids []string
	for _, pattern := range slices.Concat(d.Fails, d.MayFail) {
		id := pattern[strings.LastIndex(pattern, "/")+1:]
		if contract().Operation(id) == nil {
			return nil
		}
		ids = append(ids, id)
	}
	return ids
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

// selectionForCatalogue is the whole suite in a full run, and otherwise the specs that have to turn red and one operation in ten. What has
// to turn red nearly everywhere shows there. The specs that wait only run where a defect shows to nobody else, which is alone.
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

// selectionFor are the specs of the operations that are broken. A defect of the general table has no operation: its code is run.
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

// provoked runs the suite on a mock with the defect, and compares what turned red with what the defect declares.
func provoked(ctx context.Context, d defect, labels string) render.Kill {
	GinkgoHelper()
	return judged(d, runWith(ctx, labels, d))
}

// prevented runs the suite on a mock that denies what the sandbox needs: the verdict is an error that names the operation, and no spec is
// red.
func prevented(ctx context.Context, d defect, operation string) render.Kill {
	GinkgoHelper()
	result := runWith(ctx, andOneInTen(nil), d)
	k := entry(d)
	k.Verdict, k.Why = render.Prevented, result.Reason
	for _, s := range result.Specs {
		if isRed(s) {
			k.Red++
			k.Strays = append(k.Strays, saying(s))
		}
	}
	switch {
	case result.Verdict != report.Error:
		k.Verdict, k.Why = render.Failed, fmt.Sprintf("there is no world without %s, and the verdict of the run is %s, not error: %s", operation, result.Verdict, result.Reason)
	case !strings.Contains(result.Reason, operation):
		k.Verdict, k.Why = render.Failed, fmt.Sprintf("the reason of the run does not name %s: %s", operation, result.Reason)
	case k.Red > 0:
		k.Verdict, k.Why = render.Failed, "there is no world, and specs turned red all the same"
	}
	return k
}

// provokedTogether runs the suite on a mock with all defects of a batch, but for those that leave no world to run specs in. Each must be caught, by specs that only it declares and that show
// what it did. Where one is not, the batch tells nothing of that one, and where something turns red besides, of any: they are provoked in
// smaller batches, in the end alone, and that decides.
func provokedTogether(ctx context.Context, batch []defect, selection func(...defect) string) []render.Kill {
	GinkgoHelper()
	var together []defect
	var kills []render.Kill
	for _, d := range batch {
		switch {
		case d.BlocksSetup != "":
			kills = append(kills, prevented(ctx, d, d.BlocksSetup))
		case !possible(ctx, d):
			kills = append(kills, prevented(ctx, d, subject(d.Defect)))
		default:
			together = append(together, d)
		}
	}
	switch len(together) {
	case 0:
		return kills
	case 1:
		return append(kills, provoked(ctx, together[0], selection(together[0])))
	}
	result := runWith(ctx, selection(together...), together...)
	stray := slices.ContainsFunc(result.Specs, func(s report.Spec) bool {
		return isRed(s) && !slices.ContainsFunc(together, func(d defect) bool {
			return d.ExpectsFailure(s.ID) || d.AllowsFailure(s.ID) || d.BreaksSetup && dependent(s, subject(d.Defect))
		})
	})
	var again []defect
	for _, d := range together {
		own := *result
		own.Specs = slices.DeleteFunc(slices.Clone(result.Specs), func(s report.Spec) bool { return !d.ExpectsFailure(s.ID) })
		k := judged(d, &own)
		if stray || k.Verdict == render.Failed || !slices.ContainsFunc(own.Specs, func(s report.Spec) bool { return isRed(s) && shows(d, s) }) {
			again = append(again, d)
		} else {
			kills = append(kills, k)
		}
	}
	if len(again) == 0 {
		return kills
	}
	By(fmt.Sprintf("of %d defects %d are to be looked at again: %s", len(together), len(again), names(again)))
	half := (len(again) + 1) / 2
	kills = append(kills, provokedTogether(ctx, again[:half], selection)...)
	if half < len(again) {
		kills = append(kills, provokedTogether(ctx, again[half:], selection)...)
	}
	return kills
}

// shows tells whether the answer that a spec got is what a generated defect makes of it. What one of the catalogue makes of it is told
// nowhere but there; no other defect of its batch is of the same operation.
func shows(d defect, s report.Spec) bool {
	parts := generatedName.FindStringSubmatch(d.Name)
	if parts == nil {
		return true
	}
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
	case "drops", "resets":
		return at("$."+what) || s.Operation != subject(d.Defect) // a read of something else tells it in its own words
	case "names":
		return at("$.id") || at("$.client_id")
	case "answers":
		return true
	case "lacking", "holding", "ignoring", "differing", "paging": // what a list holds is told in the words of many specs
		return true
	}
	return false
}

var anyItem = regexp.MustCompile(`\[\d+\]`)

// entry is that of a defect of which nothing is known yet.
func entry(d defect) render.Kill {
	return render.Kill{Defect: d.Name, Does: d.Does, Breaks: d.Breaks, Verdict: render.Killed, KilledBy: []string{}, Missing: []string{}, Strays: []string{}}
}

// named is how many of the specs that turned red an entry names.
const named = 3

// judged compares the specs that turned red with those that the defect declares: no more, and no fewer. A spec whose object another one of
// the declared has spoilt, or whose call that one shows to fail, points there, which is as good.
func judged(d defect, r *report.Result) render.Kill {
	k := entry(d)
	red := map[string]bool{}
	for _, s := range r.Specs {
		red[s.ID] = isRed(s)
	}
	var quiet []string
	for _, s := range r.Specs {
		declared := d.ExpectsFailure(s.ID)
		if declared {
			k.Declared++
		}
		switch {
		case red[s.ID] && declared:
			k.Red++
			k.KilledBy = append(k.KilledBy, s.ID)
		case red[s.ID]:
			k.Red++
			if !d.AllowsFailure(s.ID) && !(d.BreaksSetup && dependent(s, subject(d.Defect))) {
				k.Strays = append(k.Strays, saying(s))
			}
		case declared && !slices.ContainsFunc(pointsTo(s), func(id string) bool { return red[id] && d.ExpectsFailure(id) }):
			quiet = append(quiet, saying(s))
		}
	}
	if !d.AtLeastOne || len(k.KilledBy) == 0 {
		k.Missing = append(k.Missing, quiet...)
	}
	accepted := survivors[d.Name]
	switch {
	case accepted != "" && k.Red == 0:
		k.Verdict, k.Why, k.Missing = render.Survived, accepted, []string{}
	case accepted != "":
		k.Verdict, k.Why = render.Failed, "the survivor is caught now: take it off the list"
	case k.Declared == 0:
		k.Verdict, k.Why = render.Failed, "none of the specs that it declares was run"
	case len(k.KilledBy) == 0:
		k.Verdict, k.Why = render.Failed, fmt.Sprintf("nothing notices it: a spec of %s is missing or asserts too little", d.Breaks)
	case len(k.Missing)+len(k.Strays) > 0:
		k.Verdict, k.Why = render.Failed, fmt.Sprintf("other specs turned red than it declares: missing %d, stray %d", len(k.Missing), len(k.Strays))
	}
	k.KilledBy = k.KilledBy[:min(named, len(k.KilledBy))]
	return k
}

// listed is how many specs a failure lists of each sort.
const listed = 20

// conclude keeps what became of defects, and fails where that is not as it should be.
func conclude(kills ...render.Kill) {
	GinkgoHelper()
	var b strings.Builder
	for _, k := range kills {
		keep(k)
		if k.Verdict != render.Failed {
			continue
		}
		fmt.Fprintf(&b, "%s: %s\n%s\n", k.Defect, k.Does, k.Why)
		for _, list := range []struct {
			title string
			specs []string
		}{{"these did not turn red", k.Missing}, {"these turned red besides", k.Strays}} {
			if len(list.specs) > 0 {
				fmt.Fprintf(&b, "%s:\n  %s\n", list.title, strings.Join(list.specs[:min(listed, len(list.specs))], "\n  "))
			}
			if more := len(list.specs) - listed; more > 0 {
				fmt.Fprintf(&b, "  and %d more: reports/proof*.json has them all\n", more)
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
	if s.Verdict != report.Inconclusive {
		return nil
	}
	var ids []string
	for _, found := range pointer.FindAllStringSubmatch(s.Reason, -1) {
		ids = append(ids, found[1])
	}
	return ids
}

// runWith runs the compiled suite on the embedded mock with the defects.
func runWith(ctx context.Context, labels string, defects ...defect) *report.Result {
	GinkgoHelper()
	// A defect that makes every refusal a failure would have each of them repeated: that takes the waiting specs' time, and shows no more.
	config := unpaced()
	if !defects[0].OnlyOnRetry {
		config = strings.Replace(config, "repeats: 2", "repeats: 0", 1)
	}
	// Nor is it worth the time to wait for a deletion that a defect prevents.
	config = strings.NewReplacer("attempt: 10s", "attempt: 3s", "cleanup: 2m", "cleanup: 2s").Replace(config)
	o := runCompiled(ctx, nil, config, "-ginkgo.label-filter="+labels, "-target=mock", "-defect="+names(defects))
	if slices.ContainsFunc(o.result.Specs, isRed) || o.result.Verdict == report.Error {
		Expect(o.code).To(Equal(1), "a red run")
	} else {
		Expect(o.code).To(Equal(0), "a green run: %s", o.output)
	}
	return o.result
}

// runCompiled runs the compiled suite in one process on one core: as many run side by side as there are cores.
func runCompiled(ctx context.Context, environment map[string]string, config string, arguments ...string) outcome {
	GinkgoHelper()
	o := outcome{folder: GinkgoT().TempDir()}
	path := filepath.Join(o.folder, "ginkgo.yml")
	Expect(os.WriteFile(path, []byte(config), 0o600)).To(Succeed())
	command := exec.CommandContext(ctx, binaries.Suite,
		append([]string{"-test.run=TestContract", "-ginkgo.no-color", "-config=" + path, "-reports=" + o.folder}, arguments...)...)
	command.Dir = o.folder
	command.Env = append(append(os.Environ(), "GOMAXPROCS=1"), pairs(environment)...)
	output, err := command.CombinedOutput()
	o.output = string(output)
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		o.code, err = exit.ExitCode(), nil
	}
	Expect(err).NotTo(HaveOccurred(), o.output)
	o.result, err = report.Read(filepath.Join(o.folder, "conformance.json"))
	Expect(err).NotTo(HaveOccurred(), o.output)
	return o
}

func names(defects []defect) string {
	var all []string
	for _, d := range defects {
		all = append(all, d.Name)
	}
	return strings.Join(all, ",")
}
