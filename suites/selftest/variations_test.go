package selftest_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"acronis-conformance/fixtures/mock"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// variationStep is what is run without -full: one variation in so many is run alone, and besides those that travel
// otherwise. Nearly all of them together are always run.
const variationStep = 10

// variationsAtOnce share a run of those of few in a full one.
const variationsAtOnce = 6

// overHTTP2 is the variation over which those of perConnection cannot show: HTTP/2 has pieces, names in small
// letters, and one connection for everything, anyway.
const overHTTP2 = "http2"

var perConnection = []string{"chunked", "small-header-names", "connections-closed"}

// A data center is not the mock. What the documentation leaves free is varied here, and no spec turns red: with few
// variations, and with nearly all of them together.
var _ = Describe("a healthy service that does otherwise what it may", SpecPriority(1), func() {
	var names []string
	for _, v := range mock.Variations() {
		names = append(names, v.Name)
	}
	without := func(left func(name string) bool) []string { return slices.DeleteFunc(slices.Clone(names), left) }
	// Most of their time these wait, for some variations slow the service down: they begin first, and others go on
	// meanwhile.
	together := func(variations ...string) func(SpecContext) {
		return func(ctx SpecContext) {
			environment := startVaried(variations...)
			config := filepath.Join(GinkgoT().TempDir(), "ginkgo.yml")
			Expect(os.WriteFile(config, []byte(patient(variations...)), 0o600)).To(Succeed())
			o := runSuite(ctx, environment, "run", "-target=staging", "-filter=!waiting", "-procs=4", "-config="+config)
			expectNoFalseAlarm(o)
			expectShown(o.result, variations)
		}
	}
	// Reads that lag and requests that are put off would wait for each other, and take longer together than both do.
	It("all but those that lag", Label("variation"), SpecTimeout(40*time.Minute), together(without(lags)...))
	It("all but "+overHTTP2+" and those that put off requests", Label("variation"), SpecTimeout(40*time.Minute),
		together(without(func(name string) bool { return name == overHTTP2 || putsOff(name) })...))
	for i, few := range fewAtOnce(names) {
		It(strings.Join(few, ", "), Label("variation"), sampled(i, 10), SpecTimeout(20*time.Minute), func(
			ctx SpecContext) {
			environment := startVaried(few...)
			// Evidence is a third of the run, and most variations are not looked for in it.
			read, arguments := readVerdicts, []string{"-target=staging", "-ginkgo.label-filter=!waiting", "-outline"}
			if slices.ContainsFunc(few, isOnTheWire) {
				read, arguments = report.Read, arguments[:2]
			}
			o := runCompiled(ctx, read, environment, patient(few...), arguments...)
			expectNoFalseAlarm(o)
			expectShown(o.result, few)
		})
	}
})

// fewAtOnce are all variations in a full run, some at a time: those of a sort stand together in the list, and so one
// of them does not hide what another one brings about. Without -full they are alone.
func fewAtOnce(names []string) [][]string {
	var dealt [][]string
	if *fullFlag {
		dealt = make([][]string, (len(names)+variationsAtOnce-1)/variationsAtOnce)
	}
	for i, name := range names {
		switch {
		case *fullFlag:
			dealt[i%len(dealt)] = append(dealt[i%len(dealt)], name)
		case i%variationStep == 0 || travels(name):
			dealt = append(dealt, []string{name})
		}
	}
	return dealt
}

// onTheWire are the variations that are seen in the evidence, each with what an answer looks like that shows it. One
// of them is a matter of every answer with a body, the others of one at least.
var onTheWire = map[string]struct {
	all   bool
	shows func(a exchange.EvidenceAttempt) bool
}{
	"gzip": {true, func(a exchange.EvidenceAttempt) bool {
		return a.Headers.Get(
			"Content-Encoding") == "gzip"
	}},
	"chunked": {true, func(a exchange.EvidenceAttempt) bool { return a.Headers.Get("Content-Length") == "" }},
	"indented-bodies": {false, func(a exchange.EvidenceAttempt) bool {
		return isJSON(a) && strings.Contains(a.Body.Text,
			"\n  ")
	}},
	"charset-named": {false, func(a exchange.EvidenceAttempt) bool {
		return a.Headers.Get("Content-Type") == "application/json; charset=utf-8"
	}},
	overHTTP2:         {true, func(a exchange.EvidenceAttempt) bool { return a.Proto == "HTTP/2.0" }},
	"gateway-headers": {true, func(a exchange.EvidenceAttempt) bool { return a.Headers.Get("Via") == "1.1 gateway" }},
}

// travels reports whether a variation is one that is looked for.
func travels(name string) bool {
	_, inBytes := bare[name]
	return isOnTheWire(name) || inBytes
}

func isOnTheWire(name string) bool {
	_, known := onTheWire[name]
	return known
}

func isJSON(a exchange.EvidenceAttempt) bool {
	return strings.HasPrefix(a.Headers.Get("Content-Type"), "application/json") && a.Body != nil
}

// startVaried serves a mock with the variations, and looks for those that only the bytes of an answer show.
func startVaried(variations ...string) map[string]string {
	GinkgoHelper()
	environment := startMock("-tls", "-variation", strings.Join(variations, ","))
	expectOnBareWire(environment["ACRONIS_DATACENTER_URL"], variations)
	return environment
}

func expectNoFalseAlarm(o outcome) {
	GinkgoHelper()
	Expect(o.result).NotTo(BeNil(), o.output)
	Expect(withVerdict(o.result, report.Violation)).To(BeEmpty())
	Expect(withVerdict(o.result, report.Error)).To(BeEmpty())
	Expect(o.result.Leftovers).To(BeEmpty())
	Expect(o.code).To(Equal(0), o.output)
}

// lags reports whether a variation shows only after a while what was written.
func lags(name string) bool { return strings.Contains(name, "lag") }

// putsOff reports whether a variation answers some requests with 429 or 503, to be repeated after a while.
func putsOff(name string) bool {
	return strings.HasPrefix(name, "too-many-") || name == "unavailable-now-and-then" || name == "repeats-meet-effects"
}

// patient is the configuration, with the shipped patience where a variation needs it, and with time to remove what was
// made, however busy the machine is.
func patient(variations ...string) string {
	GinkgoHelper()
	config := strings.Replace(unpaced(), "cleanup: 2m", "cleanup: 20m", 1)
	if slices.ContainsFunc(variations, lags) {
		return strings.Replace(config, "settle: 1ms", "settle: 5s", 1)
	}
	return config
}

// expectShown looks for every variation of those in the evidence: one that does nothing proves nothing.
func expectShown(r *report.Result, variations []string) {
	GinkgoHelper()
	if !slices.ContainsFunc(variations, isOnTheWire) {
		return
	}
	var answered []exchange.EvidenceAttempt
	for _, s := range r.Specs {
		for _, e := range s.Exchanges {
			for _, a := range e.Attempts {
				if a.Error == "" && a.Body != nil {
					answered = append(answered, a)
				}
			}
		}
	}
	Expect(len(answered)).To(BeNumerically(">", 1000))
	for _, name := range variations {
		wire, known := onTheWire[name]
		if !known || slices.Contains(perConnection, name) && slices.Contains(variations, overHTTP2) {
			continue
		}
		showing := 0
		for _, a := range answered {
			if wire.shows(a) {
				showing++
			}
		}
		Expect(showing).To(BeNumerically(">", 0), "%s does nothing", name)
		if wire.all {
			Expect(showing).To(Equal(len(answered)), "%s does nothing to some answers", name)
		}
	}
}

// bare is what a variation writes into an answer that net/http hides from the one who reads it.
var bare = map[string]string{"small-header-names": "\r\ncontent-type: ",
	"connections-closed": "\r\nConnection: close\r\n"}

// expectOnBareWire looks at the bytes of an answer over HTTP/1.1. That it is the mock which answers is not a question
// here.
func expectOnBareWire(address string, variations []string) {
	GinkgoHelper()
	for name, written := range bare {
		if !slices.Contains(variations, name) {
			continue
		}
		at, err := url.Parse(address)
		Expect(err).NotTo(HaveOccurred())
		conn, err := tls.Dial("tcp", at.Host, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { _ = conn.Close() }) // the other end may have gone by then
		Expect(conn.SetDeadline(time.Now().Add(10 * time.Second))).To(Succeed())
		_, err = fmt.Fprintf(conn, "GET /api/2/applications HTTP/1.1\r\nHost: %s\r\n\r\n", at.Host)
		Expect(err).NotTo(HaveOccurred())
		head, err := io.ReadAll(io.LimitReader(conn, 200))
		Expect(err).NotTo(HaveOccurred())
		Expect(string(head)).To(ContainSubstring(written), "%s does nothing", name)
	}
}
