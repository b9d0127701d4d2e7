//go:build unix

package selftest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// BenchmarkRun prints what a run on the mock costs, from its start to the last byte of every view, without the specs
// that wait as the documentation asks, and how many times the same requests in a bare loop that is. All figures are
// medians.
func BenchmarkRun(b *testing.B) {
	program, root := buildProgram(b)
	var wall, cpu, memory, times, alike []float64
	requests := 0
	for b.Loop() {
		reports := b.TempDir()
		run := measure(b, program, "run", "-config="+filepath.Join(root, "ginkgo.yml"), "-target=mock",
			"-filter=!waiting", "-quiet", "-reports="+reports)
		loop := inOwnProcess(b, filepath.Join(reports, "conformance.json"))
		requests = loop.Requests
		wall, cpu, memory = append(wall, run.wall.Seconds()), append(cpu, run.cpu.Seconds()), append(memory, run.memory)
		times = append(times, run.wall.Seconds()/loop.Spent.Seconds())
		alike = append(alike, 100*float64(loop.Alike)/float64(loop.Requests))
	}
	b.ReportMetric(0, "ns/op") // which would count the loop too
	b.ReportMetric(median(times), "x-loop")
	b.ReportMetric(median(wall), "s")
	b.ReportMetric(median(cpu), "CPU-s")
	b.ReportMetric(median(memory), "peak-MB")
	b.ReportMetric(float64(requests), "requests")
	b.ReportMetric(median(alike), "%-answered-alike")
}

// BenchmarkTenTargets prints how many times the time and the memory of one run it takes to run all specs on ten
// targets and to put the results together.
func BenchmarkTenTargets(b *testing.B) {
	program, root := buildProgram(b)
	var times, memory []float64
	for b.Loop() {
		dir := b.TempDir()
		var ten cost
		var walls, sizes []float64 // of one run
		merge := []string{"merge", "-to=" + dir}
		for i := range 10 {
			reports := filepath.Join(dir, strconv.Itoa(i))
			run := measure(b, program, "run", "-config="+filepath.Join(root, "ginkgo.yml"), "-target=mock",
				"-filter=!waiting", "-quiet", "-reports="+reports)
			walls, sizes = append(walls, run.wall.Seconds()), append(sizes, run.memory)
			ten = ten.and(run)
			merge = append(merge, filepath.Join(reports, "conformance.json"))
		}
		ten = ten.and(measure(b, program, merge...))
		times = append(times, ten.wall.Seconds()/median(walls))
		memory = append(memory, ten.memory/median(sizes))
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(times), "x-time")
	b.ReportMetric(median(memory), "x-memory")
}

// BenchmarkPlan prints how long it takes to plan a run on a data center.
func BenchmarkPlan(b *testing.B) {
	program, root := buildProgram(b)
	for name, value := range map[string]string{"ACRONIS_DATACENTER_URL": "https://example.invalid",
		"ACRONIS_CLIENT_ID": "11111111-1111-4111-8111-111111111111", "ACRONIS_CLIENT_SECRET": "not-a-secret"} {
		b.Setenv(name, value)
	}
	var wall []float64
	for b.Loop() {
		plan := measure(b, program, "plan", "-config="+filepath.Join(root, "ginkgo.yml"), "-target=staging")
		wall = append(wall, plan.wall.Seconds())
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(wall), "s")
}

// buildProgram builds the program, and returns its path and that of the repository.
func buildProgram(b *testing.B) (program, root string) {
	b.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		b.Fatal(err)
	}
	program = filepath.Join(b.TempDir(), "conformance")
	build := exec.Command("go", "build", "-o", program, "./suites/cmd/conformance")
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, output)
	}
	return program, root
}

// cost is what a command took, with all the processes that it started.
type cost struct {
	wall, cpu time.Duration
	memory    float64 // MB of the largest process
}

func (c cost) and(more cost) cost {
	return cost{c.wall + more.wall, c.cpu + more.cpu, max(c.memory, more.memory)}
}

// measure runs a command that must succeed.
func measure(b *testing.B, program string, arguments ...string) cost {
	b.Helper()
	command := exec.Command(program, arguments...)
	command.Dir = b.TempDir()
	begin := time.Now()
	if output, err := command.CombinedOutput(); err != nil {
		b.Fatalf("%v: %v\n%s", arguments, err, output)
	}
	c := cost{wall: time.Since(begin), cpu: command.ProcessState.UserTime() + command.ProcessState.SystemTime()}
	if usage, known := command.ProcessState.SysUsage().(*syscall.Rusage); known {
		c.memory = float64(usage.Maxrss) / 1e3
		if runtime.GOOS == "darwin" { // where it is in bytes
			c.memory /= 1 << 10
		}
	}
	return c
}

// bareLoopOf names the result whose requests a process of this test is to send in a bare loop.
const bareLoopOf = "CONFORMANCE_BARE_LOOP_OF"

// TestMain is also the bare loop in a process of its own: the system counts the memory of a process that starts another
// one as the other's too, so that of the benchmark must stay small.
func TestMain(m *testing.M) {
	path := os.Getenv(bareLoopOf)
	if path == "" {
		os.Exit(m.Run())
	}
	out, err := bareLoop(context.Background(), path)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(out)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// inOwnProcess sends the requests of a result in a bare loop.
func inOwnProcess(b *testing.B, path string) (out looped) {
	b.Helper()
	command := exec.Command(os.Args[0])
	command.Env, command.Stderr = append(os.Environ(), bareLoopOf+"="+path), os.Stderr
	output, err := command.Output()
	if err == nil {
		err = json.Unmarshal(output, &out)
	}
	if err == nil && out.Alike < out.Requests*9/10 {
		err = fmt.Errorf("only %d of %d requests are answered as in the run", out.Alike, out.Requests)
	}
	if err != nil {
		b.Fatalf("the bare loop: %v", err)
	}
	return out
}

func median(figures []float64) float64 {
	slices.Sort(figures)
	return figures[len(figures)/2]
}
