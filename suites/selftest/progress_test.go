package selftest_test

import (
	"context"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/creack/pty"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// progressLine is the line that tells how far a run is.
var progressLine = regexp.MustCompile(`(?m)^(\d+) of (\d+) requests, about (\S+) left at 20/s\r?$`)

// Who waits for a long run is told how far it is; a pipeline, how long it is.
var _ = Describe("progress", func() {
	// run starts a run of some five seconds, with stdout in a pipe, and returns what came on stderr.
	run := func(ctx context.Context, environment map[string]string, withTerminal bool) string {
		GinkgoHelper()
		d := newDesk(environment, replaced("rate: 1000000/s", "rate: 20/s"))
		command := exec.CommandContext(ctx, binaries.Conformance, "run", "-config="+d.path("ginkgo.yml"),
			"-reports="+d.folder, "-target=staging", few)
		command.Dir = d.folder
		command.Env = append(append(os.Environ(), "CI="), pairs(environment)...)
		var said strings.Builder
		if !withTerminal {
			command.Stderr = &said
			Expect(command.Run()).To(Succeed())
			return said.String()
		}
		ours, theirs, err := pty.Open()
		Expect(err).NotTo(HaveOccurred())
		command.Stderr = theirs
		Expect(command.Start()).To(Succeed())
		Expect(theirs.Close()).To(Succeed())
		_, _ = io.Copy(&said, ours) // a terminal ends with an error where its last user is gone
		Expect(command.Wait()).To(Succeed(), said.String())
		return said.String()
	}

	It("is told on a terminal, by the plan and at the rate limit", limit, func(ctx SpecContext) {
		said := run(ctx, startMock(), true)
		lines := progressLine.FindAllStringSubmatch(said, -1)
		Expect(len(lines)).To(BeNumerically(">=", 2), said)
		for i, line := range lines {
			done, total := number(line[1]), number(line[2])
			Expect(done).To(BeNumerically("<=", total))
			Expect(total).To(BeNumerically(">", 40), "the whole run is planned, and not only its specs")
			left, err := time.ParseDuration(line[3])
			Expect(err).NotTo(HaveOccurred())
			Expect(left).To(BeNumerically(">=", time.Duration(total-done)*time.Second/20-time.Second))
			if i > 0 {
				Expect(done).To(BeNumerically(">=", number(lines[i-1][1])), said)
				Expect(total).To(Equal(number(lines[i-1][2])))
			}
		}
	})

	It("is the size of the run alone where stderr is not a terminal", limit, func(ctx SpecContext) {
		Expect(run(ctx, startMock(),
			false)).To(MatchRegexp(`^planning \.\.\.\n\d+ requests to send to staging, about \S+ at 20/s\n$`))
	})

	It("is the size of the run alone on CI", limit, func(ctx SpecContext) {
		environment := startMock()
		environment["CI"] = "true"
		Expect(run(ctx, environment, true)).NotTo(MatchRegexp(`\d+ of \d+ requests`))
	})
})

func number(text string) int {
	GinkgoHelper()
	n, err := strconv.Atoi(text)
	Expect(err).NotTo(HaveOccurred())
	return n
}

var _ = Describe("what a run could not remove", func() {
	It("is removed by the command that the report gives", limit, func(ctx SpecContext) {
		environment := startMock()
		admin := logIn(environment)
		direct := maps.Clone(environment)
		between(environment, &proxy{interfere: func(_ *proxy, w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodDelete {
				w.WriteHeader(http.StatusForbidden)
			}
			return r.Method == http.MethodDelete
		}})
		o := runSuite(ctx, environment, "run", "-target=staging", few)
		Expect(o.result).NotTo(BeNil(), o.output)
		Expect(o.result.Leftovers).NotTo(BeEmpty())
		Expect(admin.children()).NotTo(BeEmpty())
		for _, left := range o.result.Leftovers {
			Expect(left.Command).To(Equal("make sweep TARGET=staging RUN=" + o.result.Run.ID + " CONFIRM=yes"))
		}
		// The Makefile makes this of it.
		dry, err := exec.CommandContext(ctx, "make", "-n", "-C", binaries.Root, "sweep", "TARGET=staging",
			"RUN="+o.result.Run.ID, "CONFIRM=yes").Output()
		Expect(err).NotTo(HaveOccurred())
		Expect(string(dry)).To(ContainSubstring("bin/conformance sweep -target=staging -run=" + o.result.Run.ID))
		direct["CONFIRM"] = "yes"
		swept := newDesk(direct).look(ctx, "sweep", "-target=staging", "-run="+o.result.Run.ID)
		Expect(swept.code).To(Equal(0), swept.output)
		Expect(admin.children()).To(BeEmpty())
	})
})
