package spec

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/onsi/ginkgo/v2/types"
	. "github.com/onsi/gomega"
)

// Whatever leaves specs out, whether Ginkgo or the command is asked for it, leaves what a full run has reported.
func TestAPartHasItsOwnDirectory(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"full", "other"} {
		NewWithT(t).Expect(os.MkdirAll(filepath.Join(dir, name), 0o755)).To(Succeed())
	}
	NewWithT(t).Expect(os.WriteFile(filepath.Join(dir, "full/conformance.json"),
		[]byte(`{"version": 2, "run": {"id": "full"}, "target": {}, "verdict": "pass"}`), 0o600)).To(Succeed())
	wasConfig, wasReports := *configFlag, *reportsFlag
	t.Cleanup(func() { *configFlag, *reportsFlag = wasConfig, wasReports })
	*configFlag = filepath.Join(dir, "ginkgo.yml")
	one := []string{"x"}
	for name, c := range map[string]struct {
		config types.SuiteConfig
		part   bool
	}{
		"everything":            {types.SuiteConfig{ParallelTotal: 4, RandomSeed: 1}, false},
		"labels":                {types.SuiteConfig{LabelFilter: "401"}, true},
		"versions":              {types.SuiteConfig{SemVerFilter: ">= 1.0.0"}, true},
		"focus":                 {types.SuiteConfig{FocusStrings: one}, true},
		"skip":                  {types.SuiteConfig{SkipStrings: one}, true},
		"a file":                {types.SuiteConfig{FocusFiles: one}, true},
		"all files but for one": {types.SuiteConfig{SkipFiles: one}, true},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			s := &suiteState{partial: selects(c.config)}
			g.Expect(s.partial).To(Equal(c.part))
			for reports, part := range map[string]string{"": "reports/selection", "full": "full/selection",
				"other": "other"} {
				*reportsFlag, *configFlag = "", filepath.Join(dir, "ginkgo.yml")
				want := "reports"
				if reports != "" {
					*reportsFlag, want = filepath.Join(dir, reports), reports
				}
				if c.part {
					want = part
				}
				g.Expect(s.reportsDir()).To(Equal(filepath.Join(dir, want)))
			}
		})
	}
}
