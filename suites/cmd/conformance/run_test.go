package main

import (
	"context"
	"errors"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	"acronis-conformance/suites/contract"
	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/gomega"
)

// A run that is to end is left alone as long as it sends requests, however long that takes, and killed when it is
// stuck.
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
		took, err := start(t, "trap '' TERM; echo ready; for i in $(seq 15); do sleep 0.1; done",
			func() (int, error) { return int(n.Add(1)), nil })
		g.Expect(err).To(MatchError(cause))
		g.Expect(err).NotTo(MatchError(ContainSubstring("killed")))
		g.Expect(took).To(BeNumerically(">", 3*silent))
	})
	t.Run("stuck", func(t *testing.T) {
		g := NewWithT(t)
		_, err := start(t, deaf, func() (int, error) { return 7, nil })
		g.Expect(err).To(MatchError(ContainSubstring(
			"the clean-up sent nothing for 300ms and was killed: make sweep finds what is left")))
	})
	t.Run("unknown", func(t *testing.T) {
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

// A result is that of the run, and of all that was to run.
func TestShortcoming(t *testing.T) {
	builtIn := func(ids ...string) []string { return append(ids, contract.Specs()...) }
	result := func(ids []string, change func(*report.Result)) *report.Result {
		r := &report.Result{Run: report.Run{ID: "1"}, Verdict: report.Pass}
		for _, id := range ids {
			r.Specs = append(r.Specs, report.Spec{ID: id})
		}
		if change != nil {
			change(r)
		}
		return r
	}
	recorded := func(ids []string) *report.Header {
		return &report.Header{Run: report.Run{ID: "1"}, Selected: ids}
	}
	another := &config.File{Contract: "other.yaml"}
	failed := errors.New("exit status 1")
	for name, row := range map[string]struct {
		result   *report.Result
		recorded *report.Header
		config   *config.File
		failed   error
		says     string
	}{
		"all of it": {result(builtIn(), nil), recorded(builtIn()), &config.File{}, nil, ""},
		"a part": {result([]string{"a"}, func(r *report.Result) { r.Run.Filtered = true }),
			recorded([]string{"a"}), &config.File{}, nil, ""},
		"of another contract": {result([]string{"a"}, nil), recorded([]string{"a"}), another, nil, ""},
		"more than the list":  {result(builtIn("a"), nil), recorded(builtIn("a")), &config.File{}, nil, ""},
		"of a run with a problem": {result(nil, func(r *report.Result) { r.Problems = []string{"p"} }),
			recorded([]string{"a"}), &config.File{}, failed, ""},
		"without a header": {result([]string{"a"}, nil), nil, another, nil,
			"the suite did not report which specs it was to run"},
		"of another run": {result([]string{"a"}, func(r *report.Result) { r.Run.ID = "2" }),
			recorded([]string{"a"}), another, nil, "the result is that of run 2, and this was run 1"},
		"a spec less": {result([]string{"a"}, nil), recorded([]string{"a", "b"}), another, nil,
			"the result holds 1 specs, and 2 were to run"},
		"a spec more": {result([]string{"a", "b"}, nil), recorded([]string{"a"}), another, nil,
			"the result holds 2 specs, and 1 were to run"},
		"another spec": {result([]string{"a"}, nil), recorded([]string{"b"}), another, nil,
			"the result holds 1 specs, and 1 were to run"},
		"a tree that lacks specs": {result(builtIn()[1:], nil), recorded(builtIn()[1:]), &config.File{}, nil,
			"the suite lacks 1 specs of its list, such as " + builtIn()[0]},
		"a pass that failed": {result([]string{"a"}, nil), recorded([]string{"a"}), another, failed,
			"the run failed though no spec did: exit status 1"},
		"a violation, which may fail": {result([]string{"a"}, func(r *report.Result) { r.Verdict = report.Violation }),
			recorded([]string{"a"}), another, failed, ""},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			says := shortcoming(row.result, row.recorded, row.config, row.failed)
			if row.says == "" {
				g.Expect(says).To(BeEmpty())
				return
			}
			g.Expect(says).To(HavePrefix(row.says))
		})
	}
}
