// Package selftest_test tests the suite itself: it runs the compiled suite as users do, with exit code, output and
// reports as judges.
package selftest_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"github.com/onsi/gomega/gexec"
)

func TestProof(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "proof of the suite")
}

// binaries are built once for all processes.
var binaries struct{ Folder, Conformance, Suite, Ginkgo, Mock, Root string }

var _ = SynchronizedBeforeSuite(func(ctx SpecContext) []byte {
	root, err := filepath.Abs("../..")
	Expect(err).NotTo(HaveOccurred())
	binaries.Root = root
	binaries.Folder, err = os.MkdirTemp("", "proof-")
	Expect(err).NotTo(HaveOccurred())
	compile := func(name string, how ...string) string {
		path := filepath.Join(binaries.Folder, name)
		command := exec.CommandContext(ctx, "go", slices.Insert(how, len(how)-1, "-o", path)...)
		command.Dir = root
		output, err := command.CombinedOutput()
		Expect(err).NotTo(HaveOccurred(), string(output))
		return path
	}
	binaries.Conformance = compile("conformance", "build", "./suites/cmd/conformance")
	binaries.Suite, binaries.Ginkgo = filepath.Join(binaries.Folder, "contract.test"), filepath.Join(binaries.Folder,
		"ginkgo")
	for _, name := range []string{binaries.Suite, binaries.Ginkgo} { // which the program is too, under these names
		Expect(os.Symlink(binaries.Conformance, name)).To(Succeed())
	}
	binaries.Mock = compile("mock", "build", "./fixtures/mock/cmd/mock")
	encoded, err := json.Marshal(binaries)
	Expect(err).NotTo(HaveOccurred())
	return encoded
}, func(encoded []byte) {
	Expect(json.Unmarshal(encoded, &binaries)).To(Succeed())
	// of the one who runs these tests: they name their targets themselves
	Expect(os.Unsetenv(config.EnvTarget)).To(Succeed())
}, NodeTimeout(5*time.Minute))

var _ = SynchronizedAfterSuite(func(SpecContext) {}, func(SpecContext) {
	if binaries.Folder != "" {
		Expect(os.RemoveAll(binaries.Folder)).To(Succeed())
	}
}, NodeTimeout(time.Minute))

// outcome is what a run of the suite left.
type outcome struct {
	code   int
	output string
	result *report.Result // nil where none was written
	folder string
}

// runSuite starts the command as a pipeline does: in a directory outside the checkout, with nothing but an environment.
func runSuite(ctx context.Context, environment map[string]string, arguments ...string) outcome {
	GinkgoHelper()
	folder := GinkgoT().TempDir()
	cfg := filepath.Join(folder, "ginkgo.yml")
	Expect(os.WriteFile(cfg, []byte(unpaced()), 0o600)).To(Succeed())
	command := exec.CommandContext(ctx, binaries.Conformance, append([]string{arguments[0], "-config=" + cfg,
		"-reports=" + folder}, oneProcess(arguments[0], arguments[1:])...)...)
	command.Dir = folder
	command.Env = append(append(os.Environ(), spendsMemory...), pairs(environment)...)
	session, err := gexec.Start(command, GinkgoWriter, GinkgoWriter)
	Expect(err).NotTo(HaveOccurred())
	Eventually(ctx, session).Should(gexec.Exit())
	o := outcome{code: session.ExitCode(), output: string(session.Out.Contents()) + string(session.Err.Contents()),
		folder: folder}
	if result, err := report.Read(filepath.Join(folder, "conformance.json")); err == nil {
		o.result = result
	}
	return o
}

// spendsMemory is the environment of processes that hardly collect garbage: the tests have memory, and no time.
var spendsMemory = []string{"GOGC=off", "GOMEMLIMIT=400MiB"}

// oneProcess adds -procs=1 to the arguments of a command that runs specs and names no number. A second process costs
// most of the CPU time of the first again, and shows no more where it is not what a spec is about.
func oneProcess(command string, arguments []string) []string {
	named := func(argument string) bool { return strings.HasPrefix(argument, "-procs=") }
	if command != "run" && command != "gate" || slices.ContainsFunc(arguments, named) {
		return arguments
	}
	return append([]string{"-procs=1"}, arguments...)
}

// unpaced is the project's own ginkgo.yml at a rate that no one reaches: a mock needs no mercy.
func unpaced() string {
	GinkgoHelper()
	shipped, err := os.ReadFile(filepath.Join(binaries.Root, "ginkgo.yml"))
	Expect(err).NotTo(HaveOccurred())
	cfg := strings.NewReplacer("rate: 10/s ", "rate: 1000000/s ", "settle: 5s", "settle: 1ms").Replace(string(shipped))
	Expect(cfg).To(SatisfyAll(ContainSubstring("rate: 1000000/s"), ContainSubstring("settle: 1ms")))
	return cfg
}

// hasty is the argument that names a configuration in which nothing is repeated after a 50x, and clean-up gives up
// soon: where hundreds are made to fail, or nothing can be removed, the waiting would take minutes and show no more.
func hasty() string {
	GinkgoHelper()
	path := filepath.Join(GinkgoT().TempDir(), "ginkgo.yml")
	cfg := strings.NewReplacer("repeats: 2", "repeats: 0", "cleanup: 2m", "cleanup: 5s").Replace(unpaced())
	Expect(cfg).To(SatisfyAll(ContainSubstring("repeats: 0"), ContainSubstring("cleanup: 5s")))
	Expect(os.WriteFile(path, []byte(cfg), 0o600)).To(Succeed())
	return "-config=" + path
}

func pairs(environment map[string]string) []string {
	var all []string
	for name, value := range environment {
		all = append(all, name+"="+value)
	}
	return all
}

// startMock serves the mock in a process of its own and evaluates the export lines that it prints, as a shell would.
func startMock(arguments ...string) map[string]string {
	GinkgoHelper()
	served, end := context.WithCancel(context.Background()) // as long as the spec runs
	command := exec.CommandContext(served, binaries.Mock, append([]string{"-listen", "127.0.0.1:0"}, arguments...)...)
	session, err := gexec.Start(command, nil, GinkgoWriter)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func(ctx SpecContext) {
		defer end()
		session.Terminate()
		Eventually(ctx, session, "10s").Should(gexec.Exit(0))
	}, NodeTimeout(20*time.Second))
	Eventually(session, "20s").Should(gbytes.Say("ACRONIS_FAULT_HEADER.*\n"))
	soon, cancel := context.WithTimeout(served, 10*time.Second)
	defer cancel()
	shell := exec.CommandContext(soon, "bash", "-c", string(session.Out.Contents())+"\nenv")
	shell.Env = []string{"PATH=" + os.Getenv("PATH")}
	output, err := shell.Output()
	Expect(err).NotTo(HaveOccurred())
	environment := map[string]string{}
	lines := bufio.NewScanner(strings.NewReader(string(output)))
	for lines.Scan() {
		if name, value, _ := strings.Cut(lines.Text(), "="); strings.HasPrefix(name, "ACRONIS_") {
			environment[name] = value
		}
	}
	Expect(environment).To(HaveKey("ACRONIS_DATACENTER_URL"))
	return environment
}

// withVerdict lists the specs with a verdict, as id and reason.
func withVerdict(r *report.Result, verdict report.Verdict) []string {
	var ids []string
	for _, s := range r.Specs {
		if s.Verdict == verdict {
			ids = append(ids, fmt.Sprintf("%s: %s", s.ID, s.Reason))
		}
	}
	return ids
}
