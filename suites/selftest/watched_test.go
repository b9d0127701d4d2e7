package selftest_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gexec"
)

// watched is what a run left, and how much memory the specs' processes needed at most.
type watched struct {
	outcome
	peak uint64
}

// runWatched runs a few specs in one process, with short time-outs, and looks at its memory meanwhile.
func runWatched(ctx context.Context, environment map[string]string, arguments ...string) watched {
	GinkgoHelper()
	folder := GinkgoT().TempDir()
	config := filepath.Join(folder, "ginkgo.yml")
	Expect(os.WriteFile(config, []byte(timely()), 0o600)).To(Succeed())
	all := []string{"run", "-config=" + config, "-reports=" + folder, "-target=staging", "-procs=1"}
	if !slices.ContainsFunc(arguments, func(a string) bool { return strings.HasPrefix(a, "-focus=") }) {
		all = append(all, "-focus="+focus)
	}
	command := exec.CommandContext(ctx, binaries.Conformance, append(all, arguments...)...)
	command.Dir = folder
	command.Env = append(os.Environ(), pairs(environment)...)
	session, err := gexec.Start(command, GinkgoWriter, GinkgoWriter)
	Expect(err).NotTo(HaveOccurred())
	o := watched{outcome: outcome{folder: folder}}
	var pids []int
	for running := true; running; {
		select {
		case <-session.Exited:
			running = false
		case <-time.After(20 * time.Millisecond):
			if len(pids) == 0 {
				pids = processes("-reports=" + folder)
			}
			for _, pid := range pids {
				o.peak = max(o.peak, highWater(pid))
			}
		}
	}
	o.code, o.output = session.ExitCode(), string(session.Out.Contents())+string(session.Err.Contents())
	if result, err := report.Read(filepath.Join(folder, "conformance.json")); err == nil {
		o.result = result
	}
	return o
}

// processes finds those of the compiled suite that have the argument. The resource usage that the kernel reports at
// the end would also count what the process was a copy of before it became the suite.
func processes(argument string) []int {
	var found []int
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if executable, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid)); err != nil ||
			executable != binaries.Conformance {
			continue
		}
		line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		arguments := strings.Split(string(line), "\x00")
		if filepath.Base(arguments[0]) == filepath.Base(binaries.Suite) && slices.Contains(arguments, argument) {
			found = append(found, pid)
		}
	}
	return found
}

// highWater is the most memory that the process has had, in bytes; 0 where it is gone.
func highWater(pid int) uint64 {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(status)) {
		if value, found := strings.CutPrefix(line, "VmHWM:"); found {
			kilobytes, _ := strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			return kilobytes << 10
		}
	}
	return 0
}
