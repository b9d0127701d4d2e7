package selftest_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gexec"
)

// few are specs of one small object: enough to have something to judge, and soon over.
const few = "-focus=401/(no-token|garbage-token)/FetchTenant$"

// limit is for specs that run the command a few times.
const (
	limitDuration = time.Minute
	limit         = SpecTimeout(limitDuration)
	pollEvery     = 5 * time.Millisecond
)

// long marks what takes a run of the whole suite or two, waits, or is one of many of a kind: `make test` leaves it to
// `make system`.
var long = Label("long")

// sample marks what `make test` runs all the same, of what is long and of the proof.
var sample = Label("sample")

// sampled is the label of a sample for one in so many.
func sampled(i, step int) Labels {
	if i%step == 0 {
		return sample
	}
	return nil
}

// desk is the directory of someone who works with the command: ginkgo.yml, what lies beside it, and the reports. It
// stays the same over several commands.
type desk struct {
	folder      string
	environment map[string]string
}

// newDesk puts a ginkgo.yml there: the project's own without a rate, changed.
func newDesk(environment map[string]string, changes ...func(config string) string) *desk {
	GinkgoHelper()
	d := &desk{folder: GinkgoT().TempDir(), environment: environment}
	config := unpaced()
	for _, change := range changes {
		config = change(config)
	}
	d.write("ginkgo.yml", config)
	return d
}

// replaced changes one place of ginkgo.yml, which has to be there.
func replaced(old, with string) func(string) string {
	return func(config string) string {
		GinkgoHelper()
		Expect(config).To(ContainSubstring(old), "the shipped ginkgo.yml has changed")
		return strings.Replace(config, old, with, 1)
	}
}

func (d *desk) path(name string) string { return filepath.Join(d.folder, name) }

func (d *desk) write(name, content string) {
	GinkgoHelper()
	Expect(os.MkdirAll(filepath.Dir(d.path(name)), 0o755)).To(Succeed())
	Expect(os.WriteFile(d.path(name), []byte(content), 0o600)).To(Succeed())
}

// waive puts a file of waivers where the suite looks for it.
func (d *desk) waive(waivers string) {
	GinkgoHelper()
	d.write("fixtures/waivers.yml", "waivers:\n"+waivers)
}

// start starts a binary in the directory.
func (d *desk) start(binary string, arguments ...string) *gexec.Session {
	GinkgoHelper()
	command := exec.Command(binary, arguments...)
	command.Dir = d.folder
	command.Env = append(append(os.Environ(), spendsMemory...), pairs(d.environment)...)
	session, err := gexec.Start(command, GinkgoWriter, GinkgoWriter)
	Expect(err).NotTo(HaveOccurred())
	return session
}

// finish waits for the end of what was started.
func (d *desk) finish(ctx context.Context, session *gexec.Session) outcome {
	GinkgoHelper()
	DeferCleanup(func() { session.Kill() })
	Eventually(ctx, session).Should(gexec.Exit())
	o := outcome{code: session.ExitCode(), output: string(session.Out.Contents()) + string(session.Err.Contents()),
		folder: d.folder}
	if result, err := report.Read(d.path("conformance.json")); err == nil {
		o.result = result
	}
	return o
}

// run runs a command that takes a configuration and reports.
func (d *desk) run(ctx context.Context, name string, arguments ...string) outcome {
	GinkgoHelper()
	return d.finish(ctx, d.start(binaries.Conformance, append([]string{name, "-config=" + d.path("ginkgo.yml"),
		"-reports=" + d.folder}, oneProcess(name, arguments)...)...))
}

// look runs a command that writes no reports.
func (d *desk) look(ctx context.Context, name string, arguments ...string) outcome {
	GinkgoHelper()
	return d.finish(ctx, d.start(binaries.Conformance, append([]string{name, "-config=" + d.path("ginkgo.yml")},
		arguments...)...))
}

// ginkgo runs the compiled suite in two processes, as people do who like the plain tool.
func (d *desk) ginkgo(ctx context.Context, own []string, arguments ...string) outcome {
	GinkgoHelper()
	arguments = append([]string{"run", "--no-color", "--silence-skips", "--procs=2"}, arguments...)
	arguments = append(append(arguments, binaries.Suite, "--"), own...)
	return d.finish(ctx, d.start(binaries.Ginkgo, arguments...))
}

// lines makes one line of text that was wrapped for a terminal.
var lines = regexp.MustCompile(`\s+`)

func (o outcome) flat() string { return lines.ReplaceAllString(o.output, " ") }
