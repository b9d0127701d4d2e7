package selftest_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gexec"
)

// A run is ended from outside: the one who started it has one process id, and sends a signal there and nowhere else.
var _ = Describe("a run that is ended", func() {
	// midway is a run of everything, in the midst of its specs.
	reaching := func(ctx SpecContext, p *proxy, reached func(recorded) bool, selection string,
		changes ...func(string) string) (*desk, *administrator, *gexec.Session) {
		GinkgoHelper()
		environment := startMock()
		admin := logIn(environment)
		between(environment, p)
		d := newDesk(environment, changes...)
		session := d.start(binaries.Conformance, "run", "-config="+d.path("ginkgo.yml"), "-reports="+d.folder,
			"-target=staging", selection, "-procs=2")
		DeferCleanup(func() { session.Kill() })
		Eventually(ctx, func() bool { return slices.ContainsFunc(p.all(), reached) }).WithPolling(pollEvery).
			Should(BeTrue())
		Expect(admin.children()).NotTo(BeEmpty(), "the sandbox is there")
		return d, admin, session
	}
	midway := func(ctx SpecContext, selection string, changes ...func(string) string) (*desk, *administrator,
		*gexec.Session) {
		GinkgoHelper()
		rejects := func(r recorded) bool { return strings.Contains(r.agent, "spec 4") }
		return reaching(ctx, &proxy{}, rejects, selection, changes...)
	}
	kill := func(ctx SpecContext, session *gexec.Session) {
		GinkgoHelper()
		leader := session.Command.Process.Pid
		group := childOf(leader)
		Expect(syscall.Kill(leader, syscall.SIGKILL)).To(Succeed())
		Expect(syscall.Kill(-group, syscall.SIGKILL)).To(Succeed())
		Eventually(ctx, session).Should(gexec.Exit())
	}
	// before is a run that was killed when it was about to send a write with that body, which the target never gets.
	before := func(ctx SpecContext, body, selection string) (*desk, *administrator) {
		GinkgoHelper()
		about := func(r recorded) bool { return r.method == http.MethodPut && strings.Contains(r.body, body) }
		p := &proxy{interfere: func(p *proxy, w http.ResponseWriter, r *http.Request) bool {
			all := p.all()
			if !about(all[len(all)-1]) {
				return false
			}
			<-r.Context().Done()
			return true
		}}
		d, admin, session := reaching(ctx, p, about, selection)
		kill(ctx, session)
		return d, admin
	}

	DescribeTable("by a signal to the started process alone leaves nothing behind", func(ctx SpecContext,
		signal os.Signal) {
		d, admin, session := midway(ctx, "-filter=!waiting")
		session.Signal(signal)
		o := d.finish(ctx, session) // within the clean-up's two minutes, since the spec's own limit is shorter
		Expect(o.code).To(Equal(2), "what did not run is not known: %s", o.output)
		Expect(admin.children()).To(BeEmpty())
		Expect(o.result).NotTo(BeNil(), o.output)
		Expect(o.result.Leftovers).To(BeEmpty())
		Expect(o.flat()).To(ContainSubstring("ERROR on staging: the run was not completed: Interrupted by User"))
	},
		Entry("SIGTERM", limit, syscall.SIGTERM),
		Entry("SIGINT", long, limit, syscall.SIGINT),
	)

	// The clean-up waits for its turns longer than its time-out, which does not count that, and the half minute that it
	// once got.
	It("at a slow rate is given the time that its clean-up takes", long, SpecTimeout(3*time.Minute), func(
		ctx SpecContext) {
		d, admin, session := midway(ctx, "-filter=409 && tenants", replaced("rate: 1000000/s", "rate: 100/m"),
			replaced("cleanup: 2m", "cleanup: 2s"))
		stopped := time.Now()
		session.Signal(syscall.SIGTERM)
		o := d.finish(ctx, session)
		Expect(time.Since(stopped)).To(BeNumerically(">", 32*time.Second), "or this shows nothing")
		Expect(o.code).To(Equal(2), o.output)
		Expect(admin.children()).To(BeEmpty())
		Expect(o.result).NotTo(BeNil(), o.output)
		Expect(o.result.Leftovers).To(BeEmpty())
	})

	It("by SIGKILL leaves what sweep removes, and sweep removes nothing else", long, limit, func(ctx SpecContext) {
		d, admin, session := midway(ctx, "-filter=!waiting && !403") // which closes a tenant for a while: see below
		kill(ctx, session)
		Expect(admin.children()).To(HaveLen(1), "the sandbox")

		var planted []any
		for _, name := range []string{"Customer", "conformance", "conformance-", "conformance-20260101",
			"my conformance-20260101t000000-abcdef-1",
			"Conformance-20260101t000000-abcdef-1", "conformance-20260101t000000-abcde-1",
			"conformance-20261399t000000-abcdef-1"} {
			tenant := admin.call(http.MethodPost, "/tenants", map[string]any{"name": name, "kind": "customer",
				"parent_id": admin.Tenant})
			planted = append(planted, tenant["id"])
		}

		o := d.look(ctx, "sweep", "-target=staging", "-age=0s")
		Expect(o.code).To(Equal(0), o.output)
		Expect(o.output).To(MatchRegexp(`(?m)^found tenant \S+ conformance-\S+ of `))
		Expect(admin.children()).To(HaveLen(1+len(planted)), "without CONFIRM=yes it only looks")

		d.environment["CONFIRM"] = "yes"
		o = d.look(ctx, "sweep", "-target=staging")
		Expect(o.code).To(Equal(0), o.output)
		Expect(admin.children()).To(HaveLen(1+len(planted)), "a run that began just now may still be under way")

		o = d.look(ctx, "sweep", "-target=staging", "-age=0s")
		Expect(o.code).To(Equal(0), o.output)
		Expect(o.output).To(ContainSubstring("removed tenant"))
		Expect(admin.children()).To(ConsistOf(planted...))

		o = d.look(ctx, "sweep", "-target=staging", "-age=0s")
		Expect(o.code).To(Equal(0), o.output)
		Expect(o.output).NotTo(ContainSubstring("removed"))
	})

	It("while a tenant is locked leaves what goes with the sandbox", limit, func(ctx SpecContext) {
		d, admin := before(ctx, `"update_lock":{"enabled":false}`, "-focus=403/update-lock/")
		d.environment["CONFIRM"] = "yes"
		o := d.look(ctx, "sweep", "-target=staging", "-age=0s")
		Expect(o.code).To(Equal(0), o.output)
		Expect(o.output).To(MatchRegexp(`(?m)^removed tenant \S+ conformance-\S+-inside `))
		Expect(admin.children()).To(BeEmpty())
	})

	It("while a tenant is closed to all above leaves it, and tells what to do", limit, func(ctx SpecContext) {
		d, admin := before(ctx, `"ancestral_access":true`, "-focus=403/limited-access/")
		d.environment["CONFIRM"] = "yes"
		o := d.look(ctx, "sweep", "-target=staging", "-age=0s")
		Expect(o.code).To(Equal(2), o.output)
		Expect(admin.children()).To(HaveLen(1), "what holds it")
		Expect(o.flat()).To(ContainSubstring("give access back and sweep again, or disable and delete it by hand"))
		Expect(o.output).NotTo(ContainSubstring("not the run's own"))
	})
})

// childOf is the one process that the process has started: the first of the group that runs the specs.
func childOf(pid int) int {
	GinkgoHelper()
	children := childrenOf(pid)
	Expect(children).To(HaveLen(1))
	return children[0]
}

func childrenOf(pid int) []int {
	GinkgoHelper()
	// Any thread may have started it.
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	Expect(err).NotTo(HaveOccurred())
	var children []int
	for _, thread := range threads {
		listed, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, thread.Name()))
		Expect(err).NotTo(HaveOccurred())
		for child := range strings.FieldsSeq(string(listed)) {
			number, err := strconv.Atoi(child)
			Expect(err).NotTo(HaveOccurred())
			children = append(children, number)
		}
	}
	return children
}
