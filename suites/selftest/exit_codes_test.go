package selftest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/report"

	"github.com/goccy/go-yaml"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

const redSpec = "401/garbage-token/FetchApplications"

// oneViolation is a target that contradicts the documentation in one place.
func oneViolation() map[string]string {
	GinkgoHelper()
	environment := startMock()
	between(environment, &proxy{change: conflictFor(redSpec)})
	return environment
}

// readOnly takes the permission to write: what may not be written need not be made, so that an unfiltered run is soon
// over.
var readOnly = replaced("allow: [read, write]    #", "allow: [read]    #")

// small names a contract of a few paths: a run of all its specs is soon over, and yet is not a part.
var small = replaced("gate:", "contract: small.yaml\ngate:")

func (d *desk) writeSmall() {
	GinkgoHelper()
	var document map[string]any
	Expect(yaml.Unmarshal(schemas.Reference(), &document)).To(Succeed())
	paths := document["paths"].(map[string]any)
	maps.DeleteFunc(paths, func(path string, _ any) bool {
		return !slices.Contains([]string{"/idp/token", "/clients/{client_id}", "/tenants/{tenant_id}", "/applications",
			"/applications/{application_id}"}, path)
	})
	Expect(paths).To(HaveLen(5))
	encoded, err := yaml.Marshal(document)
	Expect(err).NotTo(HaveOccurred())
	d.write("small.yaml", string(encoded))
}

// floors sets what the gate asks for.
func floors(asserted string, inconclusive, transient int) func(string) string {
	return replaced("gate: {asserted: 0.85, inconclusive: 60, transient: 10}",
		fmt.Sprintf("gate: {asserted: %s, inconclusive: %d, transient: %d}", asserted, inconclusive, transient))
}

// decided is gate.json.
type decided struct {
	Pass     bool     `json:"pass"`
	ExitCode int      `json:"exit_code"`
	Reasons  []string `json:"reasons"`
}

func (d *desk) decision() decided {
	GinkgoHelper()
	return d.decisionIn("gate.json")
}

func (d *desk) decisionIn(file string) decided {
	GinkgoHelper()
	content, err := os.ReadFile(d.path(file))
	Expect(err).NotTo(HaveOccurred())
	var decision decided
	Expect(json.Unmarshal(content, &decision)).To(Succeed())
	return decision
}

var _ = Describe("exit codes", func() {
	Context("of run", func() {
		It("is 0 where the target conforms", limit, func(ctx SpecContext) {
			o := newDesk(startMock()).run(ctx, "run", "-target=staging", few)
			Expect(o.code).To(Equal(0), o.output)
			Expect(o.result).To(HaveField("Verdict", report.Pass))
			Expect(o.result.Run.Filtered).To(BeTrue())
			Expect(o.flat()).To(ContainSubstring("only a part of the specs was selected"))
		})

		It("is 1 where it does not, and JUnit says the same", limit, func(ctx SpecContext) {
			d := newDesk(oneViolation())
			o := d.run(ctx, "run", "-target=staging", "-focus=401/(no|garbage)-token/FetchApplications$")
			Expect(o.code).To(Equal(1), o.output)
			Expect(withVerdict(o.result, report.Violation)).To(HaveExactElements(HavePrefix(redSpec)))
			Expect(o.output).To(ContainSubstring("curl -s"))
			d.expectJUnit(o)
		})

		It("is 2 where the command line is wrong", limit, func(ctx SpecContext) {
			d := newDesk(nil)
			for _, arguments := range [][]string{{"run", "-nonsense"}, {"run", "surplus"}, {"nonsense"}, {}} {
				o := d.finish(ctx, d.start(binaries.Conformance, arguments...))
				Expect(o.code).To(Equal(2), "%q: %s", arguments, o.output)
				Expect(o.output).NotTo(BeEmpty())
			}
		})
	})

	It("of doctor are 0 and 2: it judges nothing", limit, func(ctx SpecContext) {
		d := newDesk(startMock())
		o := d.look(ctx, "doctor", "-target=staging")
		Expect(o.code).To(Equal(0), o.output)
		Expect(o.output).To(MatchRegexp(`(?m)^ok +token`))
		d.environment["ACRONIS_CLIENT_SECRET"] = "another"
		o = d.look(ctx, "doctor", "-target=staging")
		Expect(o.code).To(Equal(2), o.output)
		Expect(o.output).To(MatchRegexp(`(?m)^failed +token`))
		d.environment["ACRONIS_DATACENTER_URL"] = deadURL()
		Expect(d.look(ctx, "doctor", "-target=staging").code).To(Equal(2))
	})

	It("of plan are 0 and 2, and it sends nothing to the target", limit, func(ctx SpecContext) {
		connections, environment := tripwire()
		d := newDesk(environment)
		o := d.look(ctx, "plan", "-target=staging", few)
		Expect(o.code).To(Equal(0), o.output)
		Expect(o.output).To(MatchRegexp(`(?m)^read +GET .*401/no-token/FetchTenant$`))
		Expect(o.output).To(MatchRegexp(`(?m)^write +POST .*world$`))
		o = d.look(ctx, "plan", "-target=nowhere")
		Expect(o.code).To(Equal(2), o.output)
		Expect(connections.Load()).To(BeZero())
	})

	Context("of gate", func() {
		DescribeTable("follow the floors", func(ctx SpecContext, floor func(string) string, code int, reason string) {
			environment := startMock()
			failed := false // one answer, early on
			between(environment, &proxy{interfere: func(p *proxy, w http.ResponseWriter, r *http.Request) bool {
				if failed || !strings.Contains(r.UserAgent(), "control/FetchApplications") {
					return false
				}
				failed = true
				return answer(w, http.StatusServiceUnavailable, envelope)
			}})
			d := newDesk(environment, small, readOnly, floor)
			d.writeSmall()
			o := d.run(ctx, "gate", "-target=staging")
			Expect(o.code).To(Equal(code), o.output)
			Expect(o.result.Transients).To(HaveLen(1))
			decision := d.decision()
			Expect(decision.ExitCode).To(Equal(code))
			Expect(decision.Pass).To(Equal(code == 0))
			if code == 0 {
				Expect(o.output).To(MatchRegexp(`(?m)^PASS: `))
				Expect(decision.Reasons).To(BeEmpty())
				return
			}
			Expect(decision.Reasons).To(HaveExactElements(ContainSubstring(reason)))
			Expect(o.output).To(ContainSubstring("\nFAIL: " + decision.Reasons[0] + "\n"))
		},
			Entry("all reached", limit, floors("0.01", 99, 1), 0, ""),
			Entry("too few asserted", long, limit, floors("0.95", 99, 1), 1,
				"reference cells are asserted, 95 % are asked for"),
			Entry("too many inconclusive", long, limit, floors("0.01", 0, 1), 1,
				"reference cells are inconclusive, 0 are allowed"),
			Entry("too many transients", limit, floors("0.01", 99, 0), 1,
				"1 failures went away after a repeat, 0 are allowed"),
		)

		It("is 1 where the target contradicts the documentation", limit, func(ctx SpecContext) {
			d := newDesk(oneViolation(), small, readOnly, floors("0.01", 99, 1))
			d.writeSmall()
			o := d.run(ctx, "gate", "-target=staging")
			Expect(o.code).To(Equal(1), o.output)
			Expect(d.decision()).To(Equal(decided{ExitCode: 1, Reasons: []string{o.result.Reason}}))
			Expect(o.result.Reason).To(ContainSubstring(redSpec))
		})

		It("is 2 where the target is unusable", limit, func(ctx SpecContext) {
			d := newDesk(startMock(), readOnly)
			d.environment["ACRONIS_DATACENTER_URL"] = deadURL()
			o := d.run(ctx, "gate", "-target=staging")
			Expect(o.code).To(Equal(2), o.output)
			decision := d.decision()
			Expect(decision.ExitCode).To(Equal(2))
			Expect(decision.Reasons).To(HaveExactElements(ContainSubstring("refused")),
				"and not what follows from that")
			Expect(o.output).To(ContainSubstring("\nFAIL: " + decision.Reasons[0] + "\n"))
		})

		It("takes no filter, since a part is never a gate", limit, func(ctx SpecContext) {
			for _, part := range []string{"-filter=401", "-focus=401"} {
				o := newDesk(startMock()).run(ctx, "gate", "-target=staging", part)
				Expect(o.code).To(Equal(2), o.output)
				Expect(o.output).To(ContainSubstring("flag provided but not defined"))
				Expect(o.result).To(BeNil())
			}
		})
	})

	Context("of the commands that work on results", Ordered, func() {
		var d *desk
		BeforeAll(func(ctx SpecContext) {
			d = newDesk(nil)
			Expect(d.run(ctx, "run", few).code).To(Equal(0))
		}, NodeTimeout(limitDuration))

		DescribeTable("are 0 and 2", func(ctx SpecContext, good, bad []string) {
			o := d.finish(ctx, d.start(binaries.Conformance, good...))
			Expect(o.code).To(Equal(0), o.output)
			o = d.finish(ctx, d.start(binaries.Conformance, bad...))
			Expect(o.code).To(Equal(2), o.output)
			Expect(o.output).To(HavePrefix("conformance: "))
		},
			Entry("report", limit, []string{"report", "-from=conformance.json"}, []string{"report", "-from=none.json"}),
			Entry("compare", long, limit, []string{"compare", "-to=pages", "conformance.json", "conformance.json"},
				[]string{"compare", "conformance.json", "none.json"}),
			Entry("merge", long, limit, []string{"merge", "-to=pages", "conformance.json", "conformance.json"},
				[]string{"merge",
					"ginkgo.yml"}),
		)
	})

	It("of drift are 0, 1 and 2", limit, func(ctx SpecContext) {
		d := newDesk(nil)
		reference, err := os.ReadFile(binaries.Root + "/schemas/openapi.yaml")
		Expect(err).NotTo(HaveOccurred())
		d.write("same.yaml", string(reference))
		d.write("other.yaml", strings.Replace(string(reference), "  /clients:\n", "  /customers:\n", 1))
		for document, code := range map[string]int{"same.yaml": 0, "other.yaml": 1, "none.yaml": 2} {
			o := d.finish(ctx, d.start(binaries.Conformance, "drift", "-openapi="+document))
			Expect(o.code).To(Equal(code), "%s: %s", document, o.output)
		}
		Expect(d.finish(ctx, d.start(binaries.Conformance, "drift")).code).To(Equal(2))
	})

	It("of sweep are 0 and 2", limit, func(ctx SpecContext) {
		d := newDesk(startMock())
		o := d.look(ctx, "sweep", "-target=staging")
		Expect(o.code).To(Equal(0), o.output)
		o = d.look(ctx, "sweep", "-target=mock")
		Expect(o.code).To(Equal(2), o.output)
		d.environment["ACRONIS_CLIENT_SECRET"] = "another"
		Expect(d.look(ctx, "sweep", "-target=staging").code).To(Equal(2))
	})
})
