package selftest_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/rpc"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"acronis-conformance/suites/internal/redact/redacttest"
	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gexec"
)

var _ = Describe("what a run hands to its processes", func() {
	// Ginkgo's server asks no one who he is, and its address stands in the processes' command lines.
	It("tells another user of the machine no secret", long, func(ctx SpecContext) {
		var specs atomic.Int64
		g, p := recording(func(g *gateway, p *planted, w http.ResponseWriter, r *http.Request) bool {
			if n := int(specs.Add(1)); strings.Contains(r.UserAgent(), "spec 401/") && n%3 == 0 {
				echo(w, n/3, 418, p.known())
				return true
			}
			return false
		})
		d := newDesk(g.environment)
		session := d.start(binaries.Conformance, "run", "-config="+d.path("ginkgo.yml"), "-reports="+d.folder,
			"-target=staging", "-procs=2",
			"-focus=401/(no-token|garbage-token|expired-token)/", "-v")
		got := spy(ctx, session, "-reports="+d.folder)
		o := d.finish(ctx, session)
		Expect(o.code).To(Equal(1), o.output)
		Expect(len(withVerdict(o.result, report.Violation))).To(BeNumerically(">", 20))

		Expect(got.state).To(MatchRegexp(`^`+regexp.QuoteMeta(g.environment["TMPDIR"])+`/conformance-\d+/state\.json$`),
			"the path alone")
		Expect(got.modes).To(SatisfyAny(BeEmpty(), HaveEach(SatisfyAny(BeEquivalentTo(0o600),
			BeEquivalentTo(fs.ModeDir|0o700)))), "which no other user can read")
		Expect(len(got.reports)).To(BeNumerically(">", 1000), "what the other process reported")
		for secret, where := range p.places {
			for spelling, form := range spellings(secret) {
				Expect(got.reports).NotTo(ContainSubstring(form), "%s, %s", where, spelling)
			}
		}
		expectNoSecret(o, p)
		Expect(os.ReadDir(g.environment["TMPDIR"])).To(BeEmpty(), "nothing of it stays")
	}, SpecTimeout(3*time.Minute))

	It("is removed where the set-up fails", func(ctx SpecContext) {
		g := startGateway(func(g *gateway, w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/clients") {
				return false
			}
			return answer(w, http.StatusForbidden, envelope)
		})
		o := runSuite(ctx, g.environment, "run", "-target=staging", "-procs=2", few)
		Expect(o.code).To(Equal(2), o.output)
		Expect(os.ReadDir(g.environment["TMPDIR"])).To(BeEmpty())
	}, SpecTimeout(2*time.Minute))
})

// loot is what Ginkgo's server told.
type loot struct {
	state   string
	modes   []fs.FileMode // of the file that it names, and of its directory, while it was there
	reports string        // of the processes but the first, in JSON
}

// parallelHost is Ginkgo's server in the command line of a process.
var parallelHost = regexp.MustCompile(`ginkgo\.parallel\.host=([\d.:]+)`)

// spy asks Ginkgo's server for all that it gives to the processes, for as long as the run takes.
func spy(ctx SpecContext, session *gexec.Session, argument string) loot {
	var got loot
	var client *rpc.Client
	for ctx.Err() == nil {
		select {
		case <-session.Exited:
			return got
		case <-time.After(pollEvery):
		}
		if client == nil {
			for _, pid := range processes(argument) {
				line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)) // it may have ended
				if host := parallelHost.FindSubmatch(line); host != nil {
					client, _ = rpc.DialHTTPPath("tcp", string(host[1]), "/") // or else at the next look
				}
			}
			continue
		}
		var state struct {
			Data  []byte
			State types.SpecState
		}
		if got.state == "" && client.Call("Server.BeforeSuiteState", struct{}{}, &state) == nil {
			got.state = string(state.Data)
			for _, path := range []string{got.state, filepath.Dir(got.state)} {
				if info, err := os.Stat(path); err == nil {
					got.modes = append(got.modes, info.Mode())
				}
			}
		}
		var all types.Report
		if got.reports == "" && client.Call("Server.AggregatedNonprimaryProcsReport", struct{}{}, &all) == nil {
			encoded, _ := json.Marshal(all) // of plain data
			got.reports = string(encoded)
		}
	}
	return got
}

var _ = Describe("a secret in the environment", func() {
	DescribeTable("of a proxy is in no output", func(ctx SpecContext, command, echo, says string) {
		password, secret := redacttest.Canary(), redacttest.Canary()
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		Expect(err).NotTo(HaveOccurred())
		basic := base64.StdEncoding.EncodeToString([]byte("me:" + password))
		handle := func(w http.ResponseWriter, r *http.Request) {
			wire(func(_ *gateway, conn net.Conn, _ *http.Request) {
				_, _ = io.WriteString(conn, strings.NewReplacer("PASSWORD", password, "BASIC", basic).Replace(echo))
			}).write(&gateway{ending: make(chan struct{})}, w, r)
		}
		server := &http.Server{ErrorLog: quiet(), Handler: http.HandlerFunc(handle)}
		go func() { _ = server.Serve(listener) }() // until it is closed
		DeferCleanup(server.Close)
		d := newDesk(map[string]string{
			"ACRONIS_DATACENTER_URL": "https://conformance.example",
			"ACRONIS_CLIENT_ID":      "0b3a8a4e-5d0f-4b0e-9d38-3f9a1f6f2a10", "ACRONIS_CLIENT_SECRET": secret,
			"HTTPS_PROXY": fmt.Sprintf("http://me:%s@%s", password, listener.Addr()), "NO_PROXY": "", "no_proxy": "",
		})
		o := d.look(ctx, command, "-target=staging")
		if command == "run" {
			o = d.run(ctx, command, "-target=staging", few)
		}
		Expect(o.code).To(Equal(2), o.output)
		Expect(o.output).To(ContainSubstring(says), "the refusal was shown")
		finder := redacttest.NewFinder(password, secret)
		Expect(finder.Find(o.output)).To(BeEmpty())
		expectHidden(d.folder, finder)
	},
		Entry("that tells the password", SpecTimeout(2*time.Minute), "run", "HTTP/1.1 407 refused me:PASSWORD\r\n\r\n",
			"407"),
		Entry("that tells the header", long, SpecTimeout(2*time.Minute), "doctor", "HTTP/1.1 407 refused BASIC\r\n\r\n",
			"407"),
		Entry("that does not speak HTTP", long, SpecTimeout(2*time.Minute), "doctor", "HTTP/1.1 PASSWORD no\r\n\r\n",
			"$ACRONIS_PROXY_PASSWORD"),
		Entry("that tells a sweep", SpecTimeout(2*time.Minute), "sweep", "HTTP/1.1 502 refused BASIC\r\n\r\n", "502"),
	)

	DescribeTable("in the place of a path is in no output", func(ctx SpecContext, content func(canary string) string) {
		g := startGateway(func(*gateway, http.ResponseWriter, *http.Request) bool { return false })
		canary := redacttest.Canary()
		g.environment["ACRONIS_CA_FILE"] = content(canary)
		d := newDesk(g.environment)
		finder := redacttest.NewFinder(canary)
		for _, o := range []outcome{d.run(ctx, "run", "-target=staging", few), d.run(ctx, "gate", "-target=staging"),
			d.look(ctx, "doctor", "-target=staging"),
			d.look(ctx, "sweep", "-target=staging"),
			d.ginkgo(ctx, []string{"-config=" + d.path("ginkgo.yml"), "-reports=" + d.folder, "-target=staging"})} {
			Expect(o.code).NotTo(BeZero(), o.output)
			Expect(o.output).To(ContainSubstring("ACRONIS_CA_FILE"))
			Expect(finder.Find(o.output)).To(BeEmpty())
		}
		expectHidden(d.folder, finder)
	},
		Entry("a certificate", SpecTimeout(2*time.Minute), func(canary string) string {
			return "-----BEGIN CERTIFICATE-----\n" + canary + "\n-----END CERTIFICATE-----\n"
		}),
		Entry("a key in one line", long, SpecTimeout(2*time.Minute), func(canary string) string {
			return "-----BEGIN PRIVATE KEY----- " + canary + " -----END PRIVATE KEY-----"
		}),
		Entry("the middle of a key", SpecTimeout(2*time.Minute), func(canary string) string { return canary }),
		Entry("much of a key", long, SpecTimeout(2*time.Minute),
			func(canary string) string { return strings.Repeat(canary, 100) }),
	)
})

// expectHidden looks for secrets in every file of a directory.
func expectHidden(folder string, finder *redacttest.Finder) {
	GinkgoHelper()
	Expect(filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		Expect(finder.Find(string(text))).To(BeEmpty(), path)
		return err
	})).To(Succeed())
}

var _ = Describe("an answer that is made to be slow", long, func() {
	// mostBytes is what a run may need beyond a run on a healthy server.
	const mostBytes = 200 << 20
	BeforeEach(measureHealthy, NodeTimeout(2*time.Minute))

	DescribeTable("costs little time and memory", func(ctx SpecContext, body func() string, says string) {
		text := body()
		g := startGateway(func(g *gateway, w http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.UserAgent(), refused) {
				return false
			}
			answers(http.StatusUnauthorized, text).write(g, w, r)
			return true
		})
		o := runWatched(ctx, g.environment)
		Expect(o.code).To(Equal(1), o.output)
		Expect(o.output).To(ContainSubstring(says))
		Expect(specOf(o.result, refused).Verdict).To(Equal(report.Violation),
			"it was judged in the time that a spec has")
		Expect(withVerdict(o.result, report.Pass)).To(HaveLen(1))
		Expect(o.peak).To(BeNumerically("<", healthyPeak+mostBytes), "%d MiB, and %d MiB where the server is healthy",
			o.peak>>20, healthyPeak>>20)
	},
		Entry("40,000 tokens", SpecTimeout(3*time.Minute), func() string {
			var b strings.Builder
			for i := range 40_000 {
				fmt.Fprintf(&b, `,{"access_token":"eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiI0NzExIn0.`+
					`%s%0100d"}`, redacttest.Canary(), i)
			}
			return "[" + b.String()[1:] + "]"
		}, "$ACRONIS_TOKEN"),
		Entry("10 MB of [1,1,...]", SpecTimeout(3*time.Minute), func() string {
			return "[" + strings.Repeat("1,", 5<<20-2) +
				"1]"
		}, "too-many-values"),
		Entry("10 MB of one secret", SpecTimeout(3*time.Minute), func() string {
			return `{"password":"` +
				strings.Repeat("aB3", 3<<20) + `"}`
		}, "$ACRONIS_PASSWORD"),
		Entry("10 MB of text that names secrets", SpecTimeout(3*time.Minute),
			func() string { return strings.Repeat("password=abc-123 ", 600_000) }, "$ACRONIS_PASSWORD"),
		Entry("10 MB of base64", SpecTimeout(3*time.Minute), func() string {
			return strings.Repeat("cGFzc3dvcmQ9",
				870_000)
		}, "the body"),
	)
})
