package main

import (
	"context"
	"errors"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// A run that is to end is left alone as long as it sends requests, however long that takes, and killed when it is stuck.
func TestSupervise(t *testing.T) {
	const silent = 300 * time.Millisecond
	cause := errors.New("stopped")
	start := func(t *testing.T, script string, sent func() (int, error)) (took time.Duration, err error) {
		t.Helper()
		ctx, stop := context.WithCancelCause(t.Context())
		command := exec.Command("bash", "-c", script)
		command.Stdout = writer(func() { stop(cause) }) // it is stopped once it no longer ends with the signal
		began := time.Now()
		err = supervise(ctx, command, silent, sent)
		return time.Since(began), err
	}
	const deaf = "trap '' TERM; echo ready; for i in $(seq 600); do sleep 0.1; done"

	t.Run("at work", func(t *testing.T) {
		g := NewWithT(t)
		var n atomic.Int64
		took, err := start(t, "trap '' TERM; echo ready; for i in $(seq 15); do sleep 0.1; done", func() (int, error) { return int(n.Add(1)), nil })
		g.Expect(err).To(MatchError(cause))
		g.Expect(err).NotTo(MatchError(ContainSubstring("killed")))
		g.Expect(took).To(BeNumerically(">", 3*silent))
	})
	t.Run("stuck", func(t *testing.T) {
		g := NewWithT(t)
		took, err := start(t, deaf, func() (int, error) { return 7, nil })
		g.Expect(err).To(MatchError(ContainSubstring("the clean-up sent nothing for 300ms and was killed: make sweep finds what is left")))
		g.Expect(took).To(BeNumerically("<", 5*time.Second))
	})
	t.Run("nobody knows", func(t *testing.T) {
		g := NewWithT(t)
		_, err := start(t, deaf, func() (int, error) { return 0, errors.New("unreadable") })
		g.Expect(err).To(MatchError(ContainSubstring("was killed")))
	})
}

// writer calls a function with each thing that is written.
type writer func()

func (w writer) Write(p []byte) (int, error) {
	w()
	return len(p), nil
}
