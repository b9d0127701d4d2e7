package spec

import (
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/config"
)

// What the live service is known for is accepted on live targets that say nothing else, and never on the embedded mock.
func TestKnownDeviationsAreOfLiveTargets(t *testing.T) {
	for known, want := range map[config.KnownDeviations]bool{config.ReportKnown: true, config.FailKnown: false,
		"": false} {
		g := NewWithT(t)
		loaded, err := LoadInputs(&config.File{Path: filepath.Join(t.TempDir(), "ginkgo.yml"),
			Target: config.Target{Known: known}}, nil)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(loaded.Known != nil).To(Equal(want), string(known))
	}
}
