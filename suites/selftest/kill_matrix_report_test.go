package selftest_test

import (
	"encoding/json"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"acronis-conformance/suites/internal/render"
	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	. "github.com/onsi/gomega"
)

const killEntry = "kill"

// keep attaches what became of a defect to its node.
func keep(k render.Kill) { AddReportEntry(killEntry, encode(k), ReportEntryVisibilityNever) }

func encode(value any) string {
	encoded, err := json.Marshal(value)
	Expect(err).NotTo(HaveOccurred())
	return string(encoded)
}

// The matrix is kept beside the other reports. Only a full one takes the name that stands for the whole.
var _ = ReportAfterSuite("kill matrix", func(_ SpecContext, all Report) {
	mode := render.ProofSample
	if *fullFlag {
		mode = render.ProofFull
	}
	var kills []render.Kill
	for _, spec := range all.SpecReports {
		if !slices.Contains(spec.Labels(), "defect") {
			continue
		}
		if spec.State.Is(types.SpecStateSkipped | types.SpecStatePending) {
			mode = render.ProofPart
			continue
		}
		found := killsOf(spec)
		failed := func(k render.Kill) bool { return k.Verdict == render.Failed }
		if spec.Failed() && !slices.ContainsFunc(found, failed) {
			found = append(found, render.Kill{Defect: spec.LeafNodeText, Verdict: render.Failed,
				Why: spec.FailureMessage(), KilledBy: []string{}, Missing: []string{}, Strays: []string{}})
		}
		kills = append(kills, found...)
	}
	if len(kills) == 0 {
		return
	}
	root, err := filepath.Abs("../..")
	Expect(err).NotTo(HaveOccurred())
	folder := filepath.Join(root, "reports")
	Expect(report.Writable(folder)).To(Succeed())
	proof := render.NewProof(mode, kills)
	name := "proof"
	if mode != render.ProofFull {
		name += "-" + mode
	}
	encoded, err := json.MarshalIndent(proof, "", " ")
	Expect(err).NotTo(HaveOccurred())
	Expect(report.WriteFile(filepath.Join(folder, name+".json"), encoded)).To(Succeed())
	Expect(report.Replace(filepath.Join(folder, name+".md"), func(w io.Writer) error {
		return render.ProofMarkdown(w,
			proof)
	})).To(Succeed())
	Expect(report.Replace(filepath.Join(folder, name+".html"), func(w io.Writer) error {
		return render.ProofHTML(w,
			proof)
	})).To(Succeed())
	AddReportEntry("the proof: "+proof.Heading(), strings.Join([]string{"reports", name + ".html"}, "/"),
		ReportEntryVisibilityAlways)
}, NodeTimeout(time.Minute))

// killsOf reads what a node has kept.
func killsOf(spec types.SpecReport) []render.Kill {
	var kills []render.Kill
	for _, entry := range spec.ReportEntries {
		if encoded, ok := entry.GetRawValue().(string); ok && entry.Name == killEntry {
			var k render.Kill
			Expect(json.Unmarshal([]byte(encoded), &k)).To(Succeed())
			kills = append(kills, k)
		}
	}
	return kills
}
