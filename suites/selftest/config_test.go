package selftest_test

import (
	"net"
	"os"
	"slices"
	"strings"
	"sync/atomic"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// mistake is one thing that is wrong with what a user gives.
type mistake struct {
	spoil     func(d *desk)              // of the files and variables
	config    func(config string) string // of ginkgo.yml
	arguments []string                   // of the command and, with one dash more, of ginkgo where they select
	sentence  string                     // what is said, once
	reports   func(d *desk) string       // another directory for the reports
}

// A bad configuration is one clear sentence, printed once, with an exit code that tells it from a violation; and
// nothing is sent.
var _ = Describe("a bad configuration", func() {
	mistakes := []any{
		func(ctx SpecContext, m mistake) {
			connections, environment := tripwire()
			config := func(text string) string { return text }
			if m.config != nil {
				config = m.config
			}
			d := newDesk(environment, config)
			if m.spoil != nil {
				m.spoil(d)
			}
			reports := d.folder
			if m.reports != nil {
				reports = m.reports(d)
			}
			sentence := strings.ReplaceAll(m.sentence, "FOLDER", d.folder)

			arguments := []string{"-config=" + d.path("ginkgo.yml")}
			selected := []string{"-target=staging"}
			var selection []string
			for _, argument := range m.arguments {
				if name, value, found := strings.Cut(argument, "="); name == "-filter" && found {
					selection = append(selection, "--label-filter="+value)
				} else if name == "-focus" {
					selection = append(selection, "-"+argument)
				} else {
					selected = []string{argument}
				}
			}

			command := slices.Concat([]string{"run", "-procs=2", "-reports=" + reports}, arguments, selected,
				m.arguments)
			started := d.start(binaries.Conformance, command...) // both at the same time, to save some
			plain := d.ginkgo(ctx, slices.Concat([]string{"-reports=" + reports + "/plain"}, arguments, selected),
				selection...)
			built := d.finish(ctx, started)

			Expect(built.code).To(Equal(2), built.output)
			Expect(strings.Count(built.flat(), sentence)).To(Equal(1), built.output)
			Expect(plain.code).NotTo(Equal(0), plain.output)
			Expect(strings.Count(plain.flat(), sentence)).To(Equal(1), plain.output)
			Expect(connections.Load()).To(BeZero(), "something was sent")
		},
	}
	entry := func(name string, m mistake) { mistakes = append(mistakes, Entry(name, limit, m)) }

	entry("no file", mistake{spoil: func(d *desk) { Expect(os.Remove(d.path("ginkgo.yml"))).To(Succeed()) },
		sentence: "FOLDER/ginkgo.yml: cannot be read (no such file or directory): name a readable file"})
	entry("no YAML", mistake{config: func(string) string { return "targets: [" }, sentence: "FOLDER/ginkgo.yml:1:"})
	entry("target that there is not", mistake{arguments: []string{"-target=nowhere"},
		sentence: "unknown target nowhere: choose from mock and staging"})
	for _, wrong := range []struct{ name, old, with, sentence string }{
		{"unknown key", "gate:", "gates:", "gates: is an unknown key"},
		{"unknown key of a target", "client_id: ${", "clientid: ${", "targets.staging.clientid: is an unknown key"},
		{"target", "target: mock", "target: [mock]", "target: wants text, not a list"},
		{"targets", "targets:", "targets: []\nothers:", "targets: wants keys and values, not a list"},
		{"embedded", "embedded: true", "embedded: 1", "targets.mock.embedded: wants true or false"},
		{"url", "url: ${ACRONIS_DATACENTER_URL}", "url: ftp://host", "targets.staging.url:"},
		{"client_id", "${ACRONIS_CLIENT_ID}", "17", "targets.staging.client_id: wants text"},
		{"client_secret", "${ACRONIS_CLIENT_SECRET}", "[a]", "targets.staging.client_secret: wants text"},
		{"expired_token", "${ACRONIS_EXPIRED_TOKEN}", "12.5", "targets.staging.expired_token: wants text"},
		{"fault_header", "${ACRONIS_FAULT_HEADER}", `"x: y"`, "targets.staging.fault_header:"},
		{"ca_file", "${ACRONIS_CA_FILE}", "none.pem",
			"none.pem cannot be read (no such file or directory): name a readable PEM file"},
		{"allow", "allow: [read, write]    #", "allow: [write]    #", "targets.staging.allow: lacks read"},
		{"production", "production: false", "production: no idea", "targets.staging.production: wants true or false"},
		{"strict", "strict: true ", "strict: very ", "targets.mock.strict: wants true or false"},
		{"assumed", "assumed: strict", "assumed: maybe", "targets.mock.assumed: knows no maybe"},
		{"rate", "rate: 1000000/s", "rate: fast", "targets.staging.rate: wants a rate"},
		{"concurrency", "concurrency: 4", "concurrency: -4", "targets.staging.concurrency: wants a whole number"},
		{"budget", "budget: 20000", "budget: much", "targets.staging.budget: wants a whole number"},
		{"timeouts", "attempt: 10s", "attempt: 10", "timeouts.attempt: wants a duration"},
		{"retry", "repeats: 2", "repeats: 3", "retry.repeats: wants a whole number from 0 to 2, not 3"},
		{"gate", "asserted: 0.85", "asserted: 95", "gate.asserted: wants a number from 0 to 1"},
		{"contract that cannot be read", "gate:", "contract: none.yaml\ngate:", "contract: none.yaml cannot be read"},
	} {
		entry("key "+wrong.name, mistake{config: replaced(wrong.old, wrong.with), sentence: wrong.sentence})
	}
	entry("contract that is none", mistake{config: replaced("gate:", "contract: contract.yaml\ngate:"),
		spoil: func(d *desk) {
			d.write("contract.yaml",
				"openapi: 3.0.3\n")
		}, sentence: "FOLDER/contract.yaml: OpenAPI document: "})
	for _, name := range []string{"ACRONIS_DATACENTER_URL", "ACRONIS_CLIENT_ID", "ACRONIS_CLIENT_SECRET"} {
		entry("variable "+name+" unset", mistake{spoil: func(d *desk) { d.environment[name] = "" },
			sentence: "the variable " + name + " is not set, and the target staging needs it"})
	}
	entry("production without leave to write", mistake{config: replaced("production: false", "production: true"),
		sentence: "ACRONIS_ALLOW_PRODUCTION_WRITES"})
	entry("reports that cannot be written", mistake{
		reports: func(d *desk) string {
			return d.path("ginkgo.yml") +
				"/reports"
		}, sentence: "the reports cannot be written: "})
	const more = "reason: known, link: https://tracker.example.com/1, owner: us"
	for _, w := range []struct{ name, entry, sentence string }{
		{"without an owner", "{spec: 401/*/FetchTenant, FAULT, reason: known, link: https://tracker.example.com/1, " +
			"expires: SOON}",
			"FOLDER/fixtures/waivers.yml:2: waiver 401/*/FetchTenant: has no owner: name the person or the team that " +
				"answers for it"},
		{"without a fault", "{spec: 401/*/FetchTenant, MORE, expires: SOON}",
			"has no fault: it accepts one fault and not a spec: let conformance waive -from reports/conformance.json " +
				"-fault ID write it"},
		{"of a whole code", "{spec: 401/*/*, FAULT, MORE, expires: SOON}",
			"waiver 401/*/*: its spec fits all of 401: name an operation or a probe"},
		{"of a whole code in effect", "{spec: 405/wrong-method/*, FAULT, MORE, expires: SOON}",
			"405/wrong-method/* fits every spec of 405: name operations or probes"},
		{"that is expired", "{spec: 401/*/FetchTenant, FAULT, MORE, expires: 2001-12-31}",
			"its last day was 2001-12-31"},
		{"for more than a year", "{spec: 401/*/FetchTenant, FAULT, MORE, expires: 2999-12-31}",
			"expires more than a year ahead"},
		{"that fits no spec", "{spec: 401/*/FetchNothing, FAULT, MORE, expires: SOON}",
			"401/*/FetchNothing fits no spec: correct it, or remove it"},
		{"for a target that there is not", "{spec: 401/*/FetchTenant, FAULT, MORE, expires: SOON, targets: [nowhere]}",
			`waiver 401/*/FetchTenant: there is no target "nowhere": choose from mock, staging`},
	} {
		entry("waiver "+w.name, mistake{spoil: func(d *desk) {
			d.waive("- " + strings.NewReplacer("FAULT", "fault: {rule: status, path: status, found: '409'}", "MORE",
				more,
				"SOON", soon(30)).Replace(w.entry) + "\n")
		}, sentence: w.sentence})
	}
	entry("waivers that are no YAML", mistake{spoil: func(d *desk) { d.write("fixtures/waivers.yml", "waivers: {") },
		sentence: "FOLDER/fixtures/waivers.yml"})
	entry("filter that fits nothing", mistake{arguments: []string{"-filter=nothing"},
		sentence: "no spec fits nothing: select by labels"})
	entry("focus that fits nothing", mistake{arguments: []string{"-focus=499/nothing"},
		sentence: "no spec fits --focus=499/nothing: select by labels"})

	DescribeTable("is one clear sentence, and nothing is sent", mistakes...)

	DescribeTable("is a clear sentence where only the command can tell", func(ctx SpecContext, argument,
		sentence string) {
		connections, environment := tripwire()
		o := newDesk(environment).run(ctx, "run", "-target=staging", argument)
		Expect(o.code).To(Equal(2), o.output)
		Expect(o.output).To(Equal("conformance: " + sentence + "\n"))
		Expect(connections.Load()).To(BeZero())
	},
		Entry("filter that is none", limit, "-filter=((",
			"-filter (( is not a label expression: write one such as '409 && tenants'"),
		Entry("focus that is none", limit, "-focus=(",
			"-focus ( is not a regular expression: write the id of a spec, or a part of it"),
		Entry("processes", limit, "-procs=-1", "-procs -1 is not a number of processes: leave it out for the default"),
	)
})

// tripwire stands where the target would, and counts who comes.
func tripwire() (connections *atomic.Int64, environment map[string]string) {
	GinkgoHelper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(listener.Close)
	connections = &atomic.Int64{}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			_ = connection.Close() // the one who comes is to go away
		}
	}()
	return connections, map[string]string{"ACRONIS_DATACENTER_URL": "http://" + listener.Addr().String(),
		"ACRONIS_CLIENT_ID":     "no-one",
		"ACRONIS_CLIENT_SECRET": "none"}
}
