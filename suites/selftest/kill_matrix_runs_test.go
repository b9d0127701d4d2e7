package selftest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"acronis-conformance/suites/internal/render"
	"acronis-conformance/suites/internal/report"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// provoked runs the suite on a mock with the defect, and compares what turned red with what the defect declares.
func provoked(ctx context.Context, d defect, labels string) render.Kill {
	GinkgoHelper()
	return judged(d, runWith(ctx, labels, d))
}

// prevented runs the suite on a mock that denies what the sandbox needs: the verdict is an error that names the
// operation, and no spec is red.
func prevented(ctx context.Context, d defect, operation string) render.Kill {
	GinkgoHelper()
	result := runWith(ctx, andOneInTen(nil), d)
	if d.BlocksSetup == "" && slices.ContainsFunc(result.Specs, isRed) {
		// The answer shows it by itself, and ends the set-up. Where its specs did not run, the one that judges every
		// answer says so.
		if k := judged(d, result); k.Declared > 0 || len(k.Strays) > 0 {
			return k
		}
		k := entry(d)
		for _, s := range result.Specs {
			if isRed(s) {
				k.Red++
				k.KilledBy = append(k.KilledBy, s.ID)
			}
		}
		return k
	}
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
		k.Verdict, k.Why = render.Failed, fmt.Sprintf(
			"there is no world without %s, and the verdict of the run is %s, not error: %s", operation, result.Verdict,
			result.Reason)
	case !strings.Contains(result.Reason, operation):
		k.Verdict, k.Why = render.Failed,
			fmt.Sprintf("the reason of the run does not name %s: %s", operation, result.Reason)
	case k.Red > 0:
		k.Verdict, k.Why = render.Failed, "there is no world, and specs turned red all the same"
	}
	return k
}

// provokedTogether runs the suite on a mock with all defects of a batch, but for those that leave no world to run
// specs in. Each must be caught, by specs that only it declares and that show what it did. Where one is not, the
// batch tells nothing of that one, and where something turns red besides, of any: they are provoked in smaller
// batches, in the end alone, and that decides. Most of a batch that is too large are caught at once.
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
	var unclear []string // why defects are to be looked at again
	for _, s := range result.Specs {
		if isRed(s) && !slices.ContainsFunc(together, func(d defect) bool {
			return d.ExpectsFailure(s.ID) || d.AllowsFailure(s.ID) || d.BreaksSetup && dependent(s, subject(d.Defect))
		}) {
			unclear = append(unclear, "red besides: "+saying(s))
		}
	}
	var again []defect
	stray := len(unclear) > 0
	for _, d := range together {
		own := *result
		own.Specs = slices.DeleteFunc(slices.Clone(result.Specs),
			func(s report.Spec) bool { return !d.ExpectsFailure(s.ID) })
		k := judged(d, &own)
		if stray || k.Verdict == render.Failed || !slices.ContainsFunc(own.Specs,
			func(s report.Spec) bool { return isRed(s) && shows(d, s) }) {
			again = append(again, d)
			unclear = append(unclear, d.Name+": "+strings.Join(slices.Concat(k.KilledBy, k.Missing), "; "))
		} else {
			kills = append(kills, k)
		}
	}
	if len(again) == 0 {
		return kills
	}
	By(fmt.Sprintf("of %d defects %d are to be looked at again:\n%s", len(together), len(again),
		strings.Join(unclear, "\n")))
	if len(again) < len(together) { // the others were in the way
		return append(kills, provokedTogether(ctx, again, selection)...)
	}
	half := len(again) / 2
	kills = append(kills, provokedTogether(ctx, again[:half], selection)...)
	return append(kills, provokedTogether(ctx, again[half:], selection)...)
}

// runWith runs the compiled suite on the embedded mock with the defects.
func runWith(ctx context.Context, labels string, defects ...defect) *report.Result {
	GinkgoHelper()
	// A defect that makes every refusal a failure would have each of them repeated: that takes the waiting specs' time,
	// and shows no more.
	config := unpaced()
	if !defects[0].OnlyOnRetry {
		config = strings.Replace(config, "repeats: 2", "repeats: 0", 1)
	}
	// Nor is it worth the time to wait for a deletion that a defect prevents. An answer is waited for: a busy machine
	// may be late with one of the set-up, where the defect is not.
	config = strings.Replace(config, "cleanup: 2m", "cleanup: 2s", 1)
	if defects[0].TooLate {
		config = strings.Replace(config, "attempt: 10s", "attempt: 3s", 1)
	}
	o := runCompiled(ctx, readVerdicts, nil, config, "-ginkgo.label-filter="+labels, "-target=mock", "-outline",
		"-defect="+names(defects))
	if slices.ContainsFunc(o.result.Specs, isRed) || o.result.Verdict == report.Error {
		Expect(o.code).To(Equal(1), "a red run")
	} else {
		Expect(o.code).To(Equal(0), "a green run: %s", o.output)
	}
	return o.result
}

// runCompiled runs the compiled suite in one process on one core: as many run side by side as there are cores.
func runCompiled(ctx context.Context, read func(path string) (*report.Result, error), environment map[string]string,
	config string, arguments ...string) outcome {
	GinkgoHelper()
	o := outcome{folder: GinkgoT().TempDir()}
	path := filepath.Join(o.folder, "ginkgo.yml")
	Expect(os.WriteFile(path, []byte(config), 0o600)).To(Succeed())
	command := exec.CommandContext(ctx, binaries.Suite,
		append([]string{"-test.run=TestContract", "-ginkgo.no-color", "-config=" + path, "-reports=" + o.folder},
			arguments...)...)
	command.Dir = o.folder
	command.Env = slices.Concat(os.Environ(), spendsMemory, []string{"GOMAXPROCS=1"}, pairs(environment))
	output, err := command.CombinedOutput()
	o.output = string(output)
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		o.code, err = exit.ExitCode(), nil
	}
	Expect(err).NotTo(HaveOccurred(), o.output)
	o.result, err = read(filepath.Join(o.folder, "conformance.json"))
	Expect(err).NotTo(HaveOccurred(), o.output)
	return o
}

// readVerdicts reads what a result says, and leaves out the evidence, which is most of it.
func readVerdicts(path string) (*report.Result, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	type verdict struct {
		report.Spec
		Exchanges skipped `json:"exchanges"`
	}
	var read struct {
		report.Result
		Specs []verdict `json:"specs"`
		World skipped   `json:"world"`
	}
	if err := json.Unmarshal(content, &read); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, v := range read.Specs {
		read.Result.Specs = append(read.Result.Specs, v.Spec)
	}
	return &read.Result, nil
}

// skipped is in the place of what is not read.
type skipped struct{}

func (*skipped) UnmarshalJSONFrom(from *jsontext.Decoder) error { return from.SkipValue() }

func names(defects []defect) string {
	var all []string
	for _, d := range defects {
		all = append(all, d.Name)
	}
	return strings.Join(all, ",")
}
