package basis

import (
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/target"
)

// What the live service is known for is accepted on live targets that say nothing else, and never on the embedded mock.
func TestKnownDeviationsAreOfLiveTargets(t *testing.T) {
	for known, want := range map[target.KnownDeviations]bool{target.ReportKnown: true, target.FailKnown: false,
		"": false} {
		g := NewWithT(t)
		loaded, err := Load(&target.Config{Path: filepath.Join(t.TempDir(), "ginkgo.yml"),
			Target: target.Target{Known: known}}, nil)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(loaded.Known != nil).To(Equal(want), string(known))
	}
}
