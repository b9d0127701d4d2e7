package ratelimit

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// The test binary is a process of a run where this variable names the run's directory.
const (
	asProcess = "PACE_TEST_FOLDER"
	holds     = "PACE_TEST_HOLDS"
)

var processLimits = Limits{Concurrency: 1, Budget: 50}

func TestMain(m *testing.M) {
	if dir := os.Getenv(asProcess); dir != "" {
		process(dir)
		return
	}
	os.Exit(m.Run())
}

// process sends what the budget gives, or takes its slot and keeps it.
func process(dir string) {
	p, err := New(dir, processLimits)
	if err != nil {
		panic(err)
	}
	sent := 0
	for {
		release, err := p.Acquire(context.Background(), time.Time{})
		if err != nil {
			fmt.Println(sent)
			return
		}
		sent++
		if os.Getenv(holds) != "" {
			fmt.Println("holds")
			time.Sleep(time.Hour)
		}
		release()
	}
}

func start(t *testing.T, dir string, environment ...string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	g := NewWithT(t)
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(append(os.Environ(), asProcess+"="+dir), environment...)
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(command.Start()).To(Succeed())
	return command, bufio.NewScanner(out)
}

func TestRealProcessesShareTheBudget(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	total := 0
	var outputs []*bufio.Scanner
	var commands []*exec.Cmd
	for range 3 {
		command, output := start(t, dir)
		commands, outputs = append(commands, command), append(outputs, output)
	}
	for i, output := range outputs {
		g.Expect(output.Scan()).To(BeTrue())
		sent := 0
		_, err := fmt.Sscan(output.Text(), &sent)
		g.Expect(err).NotTo(HaveOccurred())
		total += sent
		g.Expect(commands[i].Wait()).To(Succeed())
	}
	g.Expect(total).To(Equal(50))
}

func TestAKilledProcessFreesItsSlot(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	command, output := start(t, dir, holds+"=yes")
	g.Expect(output.Scan()).To(BeTrue())
	g.Expect(strings.TrimSpace(output.Text())).To(Equal("holds"))

	p, err := New(dir, processLimits)
	g.Expect(err).NotTo(HaveOccurred())
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = p.Acquire(ctx, time.Time{})
	g.Expect(err).To(MatchError(context.DeadlineExceeded), "the only slot is taken")

	g.Expect(command.Process.Kill()).To(Succeed())
	g.Expect(command.Wait()).NotTo(Succeed())
	release, err := p.Acquire(t.Context(), time.Time{})
	g.Expect(err).NotTo(HaveOccurred())
	release()
	g.Expect(p.Used()).To(Equal(2))
}
