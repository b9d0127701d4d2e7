package session

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/ratelimit"
)

// The clean-ups of all processes together keep the time-out, also where each takes what it may.
func TestCleanupTimeout(t *testing.T) {
	g := NewWithT(t)
	limiter, err := ratelimit.New(t.TempDir(), ratelimit.Limits{})
	g.Expect(err).NotTo(HaveOccurred())
	cfg := &config.File{Timeouts: config.Timeouts{Cleanup: 2 * time.Minute}}
	first, second := &Session{config: cfg, limiter: limiter, process: 1}, &Session{config: cfg, limiter: limiter,
		process: 2}
	g.Expect(first.CleanupTimeout()).To(Equal(2*time.Minute), "no other process took any of it")
	g.Expect(second.CleanupTimeout()).To(Equal(time.Minute))
	g.Expect(limiter.CleanedUp(50 * time.Second)).To(Succeed())
	g.Expect(first.CleanupTimeout()).To(Equal(70 * time.Second))
	g.Expect(limiter.CleanedUp(61 * time.Second)).To(Succeed())
	g.Expect(first.CleanupTimeout()).To(Equal(time.Minute), "process 1 has the sandbox to remove")
}
