package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"acronis-conformance/suites/internal/replay"
	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/gomega"
)

func TestMeasurement(t *testing.T) {
	g := NewWithT(t)
	m := &measurement{result: &report.Result{}, wall: 4 * time.Second, cpu: 6 * time.Second, memory: 200e6,
		loop: replay.Outcome{Requests: 3000, Same: 2970, Spent: 2 * time.Second}}
	m.result.Run.Processes = 2
	m.result.Run.Requests = report.Requests{World: 400, Controls: 100, Specs: 2000, Cleanup: 500}
	m.result.Totals.Specs.Total = 1600
	m.result.Totals.Reference.Asserted, m.result.Totals.Clause.Asserted = 370, 430
	var b bytes.Buffer
	g.Expect(m.print(&b)).To(Succeed())
	g.Expect(b.String()).To(Equal(`The suite on the mock, 2 processes, without the specs that wait: 800 cells asserted.

                                       in all   per cell
  specs                                  1600       2.00
  requests                               3000       3.75
  wall                                 4.00 s    5.00 ms
  CPU                                  6.00 s    7.50 ms
  peak memory of one process         200.0 MB   250.0 kB
  the same requests, a bare loop       2.00 s    2.50 ms

The run takes 2.00 times as long as the loop: 3000 requests, one after the other on a mock of their own,
99.0 % of them answered as in the run.
`))
}

func TestBenchRefuses(t *testing.T) {
	config := filepath.Join(t.TempDir(), "ginkgo.yml")
	NewWithT(t).Expect(os.WriteFile(config, []byte("target: mock\ntargets:\n  mock: {embedded: true, allow: [read]}\n"+
		"  live: {url: 'https://example.com', client_id: a, client_secret: b, allow: [read]}\n"), 0o600)).To(Succeed())
	for target, sentence := range map[string]string{
		"live": "live is not embedded, and bench measures on the mock only: name another target with -target",
	} {
		g := NewWithT(t)
		var stdout, stderr bytes.Buffer
		program := &cli{stdout: &stdout, stderr: &stderr, env: os.LookupEnv}
		g.Expect(program.main(t.Context(), []string{"bench", "-config", config, "-target", target})).To(Equal(2))
		g.Expect(stderr.String()).To(ContainSubstring(sentence), target)
		g.Expect(stdout.String()).To(BeEmpty())
	}
	var stderr bytes.Buffer
	program := &cli{stdout: &stderr, stderr: &stderr, env: os.LookupEnv}
	g := NewWithT(t)
	g.Expect(program.main(t.Context(), []string{"bench", "-config", config, "-procs=-1"})).To(Equal(2))
	g.Expect(stderr.String()).To(
		Equal("conformance: -procs -1 is not a number of processes: leave it out for one per core\n"))
}
