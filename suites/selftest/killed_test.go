package selftest_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gexec"
)

// A process that is killed, as the kernel does where memory is short, ends the run without Ginkgo's report. What was
// recorded by then stays.
var _ = Describe("a run of which something is killed", long, func() {
	// several are enough specs to be in the midst of them, and few enough for the process that lives on.
	const several = "(401 || 404) && !waiting"

	// midway waits until process 2 has recorded some specs.
	midway := func(ctx SpecContext, d *desk, session *gexec.Session) (recorded func() int) {
		GinkgoHelper()
		DeferCleanup(func() { session.Kill() })
		recorded = func() int {
			files, _ := filepath.Glob(d.path(".run-*/process-2.jsonl"))
			if len(files) == 0 {
				return 0
			}
			content, _ := os.ReadFile(files[0]) // which may be gone by now
			return bytes.Count(content, []byte(`{"kind":"spec"`))
		}
		Eventually(ctx, recorded).WithPolling(pollEvery).Should(BeNumerically(">", 20))
		return recorded
	}
	run := func(d *desk, filter string) *gexec.Session {
		return d.start(binaries.Conformance, "run", "-config="+d.path("ginkgo.yml"), "-reports="+d.folder,
			"-target=staging", "-filter="+filter, "-procs=2")
	}
	expectMade := func(d *desk, o outcome, least int) {
		GinkgoHelper()
		Expect(o.code).To(Equal(2), o.output)
		Expect(o.result).NotTo(BeNil(), o.output)
		Expect(o.result.Verdict).To(Equal(report.Error))
		Expect(o.result.Run.Incomplete).To(BeTrue())
		Expect(len(o.result.Specs)).To(BeNumerically(">=", least))
		sweep := "make sweep TARGET=staging RUN=" + o.result.Run.ID + " CONFIRM=yes"
		Expect(o.result.Reason).To(SatisfyAll(HavePrefix("the run was not completed: "),
			ContainSubstring("(run "+o.result.Run.ID), ContainSubstring(sweep)))
		Expect(o.flat()).To(ContainSubstring("ERROR on staging: the run was not completed"))
		Expect(o.flat()).To(ContainSubstring(sweep))
		expectJUnit(o)
		Expect(d.read("summary.md")).To(ContainSubstring("The run was not completed"))
		Expect(d.path("index.html")).To(BeARegularFile())
		Expect(filepath.Glob(d.path(".run-*"))).To(BeEmpty())
	}

	It("by SIGKILL to process 2 leaves the report of what was recorded", limit, func(ctx SpecContext) {
		environment := startMock()
		admin := logIn(environment)
		d := newDesk(environment)
		session := run(d, several)
		n := midway(ctx, d, session)()
		kill(workerOf(childOf(session.Command.Process.Pid), 2))
		o := d.finish(ctx, session)
		expectMade(d, o, n)
		Expect(o.result.Reason).To(ContainSubstring("process 2 of 2 did not come to an end"))
		Expect(o.result.Leftovers).To(BeEmpty(), "process 1 has removed the sandbox")
		Expect(admin.children()).To(BeEmpty())
	})

	It("by SIGKILL to process 1 names the sandbox that is left", long, limit, func(ctx SpecContext) {
		environment := startMock()
		admin := logIn(environment)
		d := newDesk(environment)
		session := run(d, several)
		n := midway(ctx, d, session)()
		kill(workerOf(childOf(session.Command.Process.Pid), 1))
		o := d.finish(ctx, session)
		expectMade(d, o, n)
		Expect(o.result.Reason).To(ContainSubstring("process 1 of 2 did not come to an end"))
		Expect(o.result.Leftovers).To(HaveExactElements(HaveField("Kind", "sandbox")))
		Expect(o.result.World).NotTo(BeEmpty())
		Expect(admin.children()).NotTo(BeEmpty())
		d.environment["CONFIRM"] = "yes"
		swept := d.look(ctx, "sweep", "-target=staging", "-run="+o.result.Run.ID)
		Expect(swept.code).To(Equal(0), swept.output)
		Expect(admin.children()).To(BeEmpty())
	})

	It("by SIGKILL to ginkgo ends the processes of the suite, and nothing is left", long, limit, func(ctx SpecContext) {
		environment := startMock()
		admin := logIn(environment)
		d := newDesk(environment)
		session := run(d, several)
		n := midway(ctx, d, session)()
		ginkgo := childOf(session.Command.Process.Pid)
		kill(ginkgo)
		o := d.finish(ctx, session)
		expectMade(d, o, n)
		Expect(o.result.Reason).To(ContainSubstring("specs left no result"))
		Expect(syscall.Kill(-ginkgo, 0)).To(MatchError(syscall.ESRCH), "no process of the group is left")
		Expect(admin.children()).To(BeEmpty())
	})

	It("by SIGKILL to all of it tells the next run what there is to sweep", limit, func(ctx SpecContext) {
		d := newDesk(startMock())
		session := run(d, several)
		midway(ctx, d, session)
		ginkgo := childOf(session.Command.Process.Pid)
		kill(session.Command.Process.Pid)
		kill(-ginkgo)
		Eventually(ctx, session).Should(gexec.Exit())
		left, err := filepath.Glob(d.path(".run-*"))
		Expect(err).NotTo(HaveOccurred())
		Expect(left).To(HaveLen(1))
		recorded, err := report.ReadRecords(left[0])
		Expect(err).NotTo(HaveOccurred())
		o := d.finish(ctx, d.start(binaries.Conformance, "report", "-from="+left[0]))
		Expect(o.code).To(Equal(0), o.output)
		Expect(o.result.Run.Incomplete).To(BeTrue())
		Expect(o.result.Specs).To(HaveLen(len(recorded.Specs)))
		Expect(o.result.Leftovers).To(HaveExactElements(HaveField("Kind", "sandbox")))
		Expect(d.path("index.html")).To(BeARegularFile())
		o = d.run(ctx, "run", "-target=staging", few)
		Expect(o.code).To(Equal(0), o.output)
		Expect(o.output).To(ContainSubstring(
			fmt.Sprintf("run %s on staging was killed: make sweep TARGET=staging RUN=%s CONFIRM=yes removes what it "+
				"has left",
				recorded.Header.Run.ID, recorded.Header.Run.ID)))
		Expect(left[0]).NotTo(BeADirectory())
	})

	It("keeps its secrets in what was recorded too", SpecTimeout(5*time.Minute), func(ctx SpecContext) {
		g, p := recording(func(*gateway, *planted, http.ResponseWriter, *http.Request) bool { return false })
		d := newDesk(g.environment)
		session := run(d, "404 && !waiting")
		midway(ctx, d, session)
		files, err := filepath.Glob(d.path(".run-*/process-*.jsonl"))
		Expect(err).NotTo(HaveOccurred())
		Expect(files).To(HaveLen(2))
		for _, file := range files {
			content, err := os.ReadFile(file)
			Expect(err).NotTo(HaveOccurred())
			for _, secret := range p.known() {
				Expect(string(content)).NotTo(ContainSubstring(secret))
			}
		}
		kill(workerOf(childOf(session.Command.Process.Pid), 2))
		o := d.finish(ctx, session)
		Expect(o.result.Run.Incomplete).To(BeTrue())
		expectNoSecret(o, p)
	})
})

func kill(pid int) {
	GinkgoHelper()
	Expect(syscall.Kill(pid, syscall.SIGKILL)).To(Succeed())
}

// workerOf is a process of the suite that ginkgo has started.
func workerOf(ginkgo, number int) int {
	GinkgoHelper()
	for _, child := range childrenOf(ginkgo) {
		arguments, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", child))
		if err == nil && strings.Contains(string(arguments), "--ginkgo.parallel.process="+strconv.Itoa(number)+"\x00") {
			return child
		}
	}
	Fail(fmt.Sprintf("ginkgo runs no process %d", number))
	return 0
}
