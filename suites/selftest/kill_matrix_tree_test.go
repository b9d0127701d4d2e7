package selftest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"time"

	"acronis-conformance/fixtures/mock"

	. "github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	. "github.com/onsi/gomega"
)

// A pattern that fits no spec declares nothing: it is mistyped, or its probe was dropped.
var _ = Describe("what the defects declare", func() {
	It("is there, in the tree of all specs", Label("defect"), SpecTimeout(2*time.Minute), func(ctx SpecContext) {
		ids := tree(ctx)
		Expect(len(ids)).To(BeNumerically(">", 1500))
		var wrong []string
		for _, d := range slices.Concat(catalogue(), generatedDefects(), failingDefects()) {
			wrong = append(wrong, idle(d, ids)...)
		}
		Expect(wrong).To(BeEmpty())
	})
	It("is said of every defect of the catalogue, and of no other", Label("defect"), SpecTimeout(time.Minute),
		func(SpecContext) {
			var listed []string
			for _, d := range catalogue() {
				listed = append(listed, d.Name)
				Expect(d.Fails).NotTo(BeEmpty(), "%s stands nowhere in defects.yml", d.Name)
			}
			Expect(listed).To(ContainElements(slices.Collect(maps.Keys(expectations()))),
				"defects.yml names what the mock cannot do")
		})
	It("would be missed, were it not there", Label("defect"), SpecTimeout(time.Minute), func(SpecContext) {
		ids := []string{"401/a/X", "401/b/X", "403/a/X"}
		Expect(idle(defect{mock.Defect{Name: "d"}, expectation{Fails: []string{"401/*/X"}, Except: []string{"401/b/*"},
			MayFail: []string{"403/*/*"}}}, ids)).To(BeEmpty())
		Expect(idle(defect{mock.Defect{Name: "d"}, expectation{Fails: []string{"401/*/X", "401/c/X"},
			Except: []string{"403/a/*"}, MayFail: []string{"404/*/*"}}}, ids)).To(Equal([]string{
			"d: 401/c/X fits no spec", "d: 403/a/* spares nothing that is declared", "d: 404/*/* fits no spec"}))
	})
})

// idle lists the patterns of a defect that fit nothing.
func idle(d defect, ids []string) []string {
	fit := func(pattern, id string) bool { matched, _ := path.Match(pattern, id); return matched }
	var wrong []string
	for _, pattern := range slices.Concat(d.Fails, d.MayFail) {
		if !slices.ContainsFunc(ids, func(id string) bool { return fit(pattern, id) }) {
			wrong = append(wrong, fmt.Sprintf("%s: %s fits no spec", d.Name, pattern))
		}
	}
	unsparing := d
	unsparing.Except = nil
	for _, pattern := range d.Except {
		if !slices.ContainsFunc(ids, func(id string) bool { return fit(pattern, id) && unsparing.ExpectsFailure(id) }) {
			wrong = append(wrong, fmt.Sprintf("%s: %s spares nothing that is declared", d.Name, pattern))
		}
	}
	slices.Sort(wrong)
	return wrong
}

// tree lists the ids of all specs, without running any.
func tree(ctx context.Context) []string {
	GinkgoHelper()
	folder := GinkgoT().TempDir()
	config := filepath.Join(folder, "ginkgo.yml")
	Expect(os.WriteFile(config, []byte(unpaced()), 0o600)).To(Succeed())
	command := exec.CommandContext(ctx, binaries.Suite, "-test.run=TestContract", "-ginkgo.no-color", "-ginkgo.dry-run",
		"-ginkgo.json-report=tree.json",
		"-config="+config, "-reports="+folder, "-target=mock")
	command.Dir = folder
	output, ran := command.CombinedOutput()
	content, err := os.ReadFile(filepath.Join(folder, "tree.json"))
	Expect(err).NotTo(HaveOccurred(), "%v: %s", ran, output)
	var reports []types.Report
	Expect(json.Unmarshal(content, &reports)).To(Succeed())
	var ids []string
	for _, suite := range reports {
		for _, spec := range suite.SpecReports.WithLeafNodeType(types.NodeTypeIt) {
			ids = append(ids, spec.LeafNodeText)
		}
	}
	return ids
}
