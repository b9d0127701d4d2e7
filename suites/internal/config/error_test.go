package config

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// authority returns a certificate in PEM form.
func authority(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// mistakes are the shipped file with one thing wrong: each key once at least. The sentence is what follows the file's
// name.
var mistakes = []struct {
	name     string
	replace  string // a part of the shipped file
	with     string
	selected string
	unset    string            // a variable
	set      map[string]string // variables
	sentence string
}{
	// The file.
	{name: "not YAML", replace: "targets:\n", with: "targets: {\n",
		sentence: `:8:12: the file is not valid YAML: ',' or '}' must be specified`},
	{name: "two documents", replace: "timeouts:", with: "---\ntimeouts:",
		sentence: `:28:1: the file holds 2 YAML documents, and only one is read: remove the others`},
	{name: "unknown key", replace: "retry:", with: "retries:",
		sentence: `:31:1: retries: is an unknown key: known here are target, targets, timeouts, retry, contract, ` +
			`gate and notify`},
	{name: "key twice", replace: "retry:", with: "target:",
		sentence: `:31:1: target: stands there twice: remove one of them`},
	{name: "key without value", replace: "target: mock", with: "target:",
		sentence: `:2:1: target: has no value: give it one or remove the key`},

	// target and targets.
	{name: "target of a wrong type", replace: "target: mock", with: "target: [mock]",
		sentence: `:2:1: target: wants text, not a list`},
	{name: "unknown default target", replace: "target: mock", with: "target: moc",
		sentence: `:2:1: target: unknown target moc: choose from mock and staging`},
	{name: "unknown selected target", selected: "stagign",
		sentence: `: target: unknown target stagign: choose from mock and staging`},
	{name: "unknown target in the environment", set: map[string]string{EnvTarget: "prod\x1b[31m"},
		sentence: `: target: unknown target "prod\x1b[31m": choose from mock and staging`},
	{name: "no target selected", replace: "target: mock\n", with: "\n",
		sentence: `: target: no target is selected: name one of mock and staging here, in ACRONIS_TARGET or with ` +
			`-target`},
	{name: "targets of a wrong type", replace: "targets:\n", with: "targets: [x]\nrest:\n",
		sentence: `:4:1: targets: wants keys and values, not a list`},
	{name: "misspelt targets", replace: "targets:\n", with: "tragets:\n",
		sentence: `:4:1: tragets: is an unknown key: known here are target, targets, timeouts, retry, contract, gate ` +
			`and notify`},

	// An embedded target.
	{name: "embedded of a wrong type", replace: "embedded: true", with: "embedded: yes",
		sentence: `:7:5: targets.mock.embedded: wants true or false, not text`},
	{name: "embedded with a URL", replace: "embedded: true", with: "embedded: true\n    url: https://x",
		sentence: `:8:5: targets.mock.url: has no meaning for an embedded target, which is served in process: ` +
			`remove it`},
	{name: "embedded in production", replace: "embedded: true", with: "embedded: true\n    production: true",
		sentence: `:8:5: targets.mock.production: has no meaning for an embedded target, which is served in process: ` +
			`remove it`},
	{name: "unknown key in a target", replace: "embedded: true", with: "embeded: true",
		sentence: `:7:5: targets.mock.embeded: is an unknown key: known here are embedded, allow, production, rate, ` +
			`concurrency, budget, ` +
			`strict, assumed, known_deviations, url, client_id, client_secret, expired_token, fault_header and ` +
			`ca_file`},
	{name: "strict of a wrong type", replace: "strict: true ", with: "strict: 1 ",
		sentence: `:9:5: targets.mock.strict: wants true or false, not a whole number`},
	{name: "assumed of a wrong type", replace: "assumed: strict", with: "assumed: true",
		sentence: `:10:5: targets.mock.assumed: wants text, not true or false: put the value in quotes`},
	{name: "assumed unknown", replace: "assumed: strict", with: "assumed: loose",
		sentence: `:10:5: targets.mock.assumed: knows no loose: write strict or lenient`},
	{name: "known deviations unknown", replace: "known_deviations: report", with: "known_deviations: hide",
		sentence: `:25:5: targets.staging.known_deviations: knows no hide: write report or fail`},
	{name: "known deviations of the mock", replace: "assumed: strict",
		with: "assumed: strict\n    known_deviations: report",
		sentence: `:11:5: targets.mock.known_deviations: has no meaning for an embedded target, which is served in ` +
			`process: remove it`},

	// What a target allows; the other targets are looked at as well.
	{name: "allow of a wrong type", replace: "allow: [read, write]\n", with: "allow: write\n",
		sentence: `:8:5: targets.mock.allow: wants a list such as [read, write], not text`},
	{name: "allow unknown", replace: "allow: [read, write]\n", with: "allow: [read, delete]\n",
		sentence: `:8:5: targets.mock.allow: knows no permission delete: write [read] or [read, write]`},
	{name: "allow twice", replace: "allow: [read, write]\n", with: "allow: [read, read]\n",
		sentence: `:8:5: targets.mock.allow: lists read twice: write [read] or [read, write]`},
	{name: "allow without read", replace: "allow: [read, write]\n", with: "allow: [write]\n",
		sentence: `:8:5: targets.mock.allow: lacks read, without which no spec can run: write [read] or [read, write]`},
	{name: "allow empty", replace: "allow: [read, write]\n", with: "allow: []\n",
		sentence: `:8:5: targets.mock.allow: lacks read, without which no spec can run: write [read] or [read, write]`},
	{name: "allow with a list inside", replace: "allow: [read, write]\n", with: "allow: [read, [write]]\n",
		sentence: `:8:19: targets.mock.allow: wants text, not a list`},
	{name: "production of a wrong type", replace: "production: false", with: "production: off",
		sentence: `:21:5: targets.staging.production: wants true or false, not text`},
	{name: "rate without a unit", replace: "rate: 10/s", with: `rate: "10"`,
		sentence: `:22:5: targets.staging.rate: wants a rate: "10" is not a rate: write requests per second, minute ` +
			`or hour, such as 10/s, 600/m or 5000/h`},
	{name: "rate of a wrong type", replace: "rate: 10/s", with: `rate: 10`,
		sentence: `:22:5: targets.staging.rate: wants text, not a whole number: put the value in quotes`},
	{name: "rate with which no run can end", replace: "rate: 10/s", with: `rate: 59/h`,
		sentence: `:22:5: targets.staging.rate: is too slow for any run to end: 59/h is a request every ` +
			`1m1.016949152s, a run sends dozens, ` +
			`and its tokens expire after some two hours: allow 1/m at least`},
	{name: "concurrency zero", replace: "concurrency: 4", with: "concurrency: 0",
		sentence: `:23:5: targets.staging.concurrency: wants a whole number of at least 1, not 0`},
	{name: "concurrency of a wrong type", replace: "concurrency: 4", with: "concurrency: four",
		sentence: `:23:5: targets.staging.concurrency: wants a whole number of at least 1, not text`},
	{name: "budget of a wrong type", replace: "budget: 20000", with: "budget: 2.5",
		sentence: `:24:5: targets.staging.budget: wants a whole number of at least 1, not a number`},
	{name: "budget too large", replace: "budget: 20000", with: "budget: 99999999999",
		sentence: `:24:5: targets.staging.budget: wants a whole number of at least 1, not 99999999999`},

	// Where a live target is, and how to get in.
	{name: "url missing", replace: "    url: ${ACRONIS_DATACENTER_URL} ", with: "    ",
		sentence: `:13:3: targets.staging: lacks url: add scheme and host of the data center, or embedded: true to ` +
			`be served in process`},
	{name: "url unset", selected: "staging", unset: "ACRONIS_DATACENTER_URL",
		sentence: `:14:5: targets.staging.url: the variable ACRONIS_DATACENTER_URL is not set, and the target ` +
			`staging needs it: ` +
			`set it, or select another target`},
	{name: "url of a wrong type", replace: "url: ${ACRONIS_DATACENTER_URL}", with: "url: {a: b}",
		sentence: `:14:5: targets.staging.url: wants text, not keys and values`},
	{name: "url with a path", selected: "staging",
		set: map[string]string{"ACRONIS_DATACENTER_URL": "https://eu2-cloud.acronis.com/api/2"},
		sentence: `:14:5: targets.staging.url: the value of ACRONIS_DATACENTER_URL has a path, and the suite adds ` +
			`/api/2 itself: ` + example},
	{name: "url without a scheme", selected: "staging",
		set: map[string]string{"ACRONIS_DATACENTER_URL": "eu2-cloud.acronis.com"},
		sentence: `:14:5: targets.staging.url: the value of ACRONIS_DATACENTER_URL begins neither with https:// nor ` +
			`with http://: ` + example},
	{name: "url without a host", selected: "staging", set: map[string]string{"ACRONIS_DATACENTER_URL": "https://:443"},
		sentence: `:14:5: targets.staging.url: the value of ACRONIS_DATACENTER_URL names no host: ` + example},
	{name: "url in clear", selected: "staging",
		set: map[string]string{"ACRONIS_DATACENTER_URL": "http://eu2-cloud.acronis.com"},
		sentence: `:14:5: targets.staging.url: the value of ACRONIS_DATACENTER_URL would send the client secret in ` +
			`clear, ` +
			`which http may do on a loopback host alone: ` + example},
	{name: "url with an IPv6 zone", selected: "staging",
		set: map[string]string{"ACRONIS_DATACENTER_URL": "https://[fe80::1%25eth0]:8443"},
		sentence: `:14:5: targets.staging.url: the value of ACRONIS_DATACENTER_URL names a zone of IPv6, which an ` +
			`address of a data center does not have: ` + example},
	{name: "url with credentials", selected: "staging", set: map[string]string{"ACRONIS_DATACENTER_URL": "https://u:" +
		secretCanary + "@host"},
		sentence: `:14:5: targets.staging.url: the value of ACRONIS_DATACENTER_URL holds credentials, which belong ` +
			`into client_id and client_secret: ` + example},
	{name: "url with a query", selected: "staging", set: map[string]string{"ACRONIS_DATACENTER_URL": "https://host?" +
		secretCanary},
		sentence: `:14:5: targets.staging.url: the value of ACRONIS_DATACENTER_URL has a query or a fragment: ` +
			example},
	{name: "url with a bad port", selected: "staging",
		set: map[string]string{"ACRONIS_DATACENTER_URL": "https://host:70000"},
		sentence: `:14:5: targets.staging.url: the value of ACRONIS_DATACENTER_URL has a port that is not a number ` +
			`from 1 to 65535: ` + example},
	{name: "url that is a secret", selected: "staging", set: map[string]string{"ACRONIS_DATACENTER_URL": "%%" +
		secretCanary},
		sentence: `:14:5: targets.staging.url: the value of ACRONIS_DATACENTER_URL is no URL: ` + example},
	{name: "url misspelt variable", replace: "${ACRONIS_DATACENTER_URL}", with: `"${ACRONIS-URL}"`,
		sentence: `:14:5: targets.staging.url: holds a variable that is not written as ${NAME}: use letters, digits ` +
			`and _ between the braces`},
	{name: "client_id unset", selected: "staging", unset: "ACRONIS_CLIENT_ID",
		sentence: `:15:5: targets.staging.client_id: the variable ACRONIS_CLIENT_ID is not set, and the target ` +
			`staging needs it: ` +
			`set it, or select another target`},
	{name: "client_id of a wrong type", replace: "${ACRONIS_CLIENT_ID}", with: "17",
		sentence: `:15:5: targets.staging.client_id: wants text, not a whole number: put the value in quotes`},
	{name: "client_secret empty", selected: "staging", set: map[string]string{"ACRONIS_CLIENT_SECRET": ""},
		sentence: `:16:5: targets.staging.client_secret: the variable ACRONIS_CLIENT_SECRET is not set, and the ` +
			`target staging needs it: ` +
			`set it, or select another target`},
	{name: "client_secret of a wrong type", replace: "${ACRONIS_CLIENT_SECRET}", with: "[" + secretCanary + "]",
		sentence: `:16:5: targets.staging.client_secret: wants text, not a list`},
	{name: "client_secret with a line end", selected: "staging",
		set: map[string]string{"ACRONIS_CLIENT_SECRET": secretCanary + "\n"},
		sentence: `:16:5: targets.staging.client_secret: the value of ACRONIS_CLIENT_SECRET begins or ends with ` +
			`white space: remove it`},
	{name: "expired_token of a wrong type", replace: "${ACRONIS_EXPIRED_TOKEN}", with: "12.5",
		sentence: `:17:5: targets.staging.expired_token: wants text, not a number: put the value in quotes`},
	{name: "expired_token with a control character", selected: "staging",
		set: map[string]string{"ACRONIS_EXPIRED_TOKEN": "a\x00" + secretCanary},
		sentence: `:17:5: targets.staging.expired_token: the value of ACRONIS_EXPIRED_TOKEN holds a control ` +
			`character: remove it`},
	{name: "fault_header with a value", selected: "staging",
		set: map[string]string{"ACRONIS_FAULT_HEADER": "x-fault: 503"},
		sentence: `:18:5: targets.staging.fault_header: the value of ACRONIS_FAULT_HEADER is not the name of an HTTP ` +
			`header: ` +
			`write the name alone, such as x-envoy-fault-abort-request`},
	{name: "ca_file unreadable", selected: "staging", set: map[string]string{"ACRONIS_CA_FILE": "/nowhere/ca.pem"},
		sentence: `:19:5: targets.staging.ca_file: the file that ACRONIS_CA_FILE names cannot be read (no such file ` +
			`or directory): ` +
			`name a readable PEM file, or leave it unset for the system's certificates`},
	{name: "ca_file with a path in the file", selected: "staging", replace: "${ACRONIS_CA_FILE}",
		with: "/nowhere/ca.pem",
		sentence: `:19:5: targets.staging.ca_file: /nowhere/ca.pem cannot be read (no such file or directory): ` +
			`name a readable PEM file, or leave it unset for the system's certificates`},
	{name: "ca_file with the content of the file", selected: "staging",
		set: map[string]string{"ACRONIS_CA_FILE": "-----BEGIN CERTIFICATE-----\n" + secretCanary +
			"\n-----END CERTIFICATE-----\n"},
		sentence: `:19:5: targets.staging.ca_file: the value of ACRONIS_CA_FILE is the content of a file: ` +
			`write it into a file, and give the path of that`},
	{name: "ca_file with a part of the content", selected: "staging",
		set: map[string]string{"ACRONIS_CA_FILE": secretCanary},
		sentence: `:19:5: targets.staging.ca_file: the file that ACRONIS_CA_FILE names cannot be read (no such file ` +
			`or directory): ` +
			`name a readable PEM file, or leave it unset for the system's certificates`},
	{name: "ca_file with a long part of the content", selected: "staging",
		set: map[string]string{"ACRONIS_CA_FILE": strings.Repeat(secretCanary, 200)},
		sentence: `:19:5: targets.staging.ca_file: the file that ACRONIS_CA_FILE names cannot be read (file name too ` +
			`long): ` +
			`name a readable PEM file, or leave it unset for the system's certificates`},
	{name: "ca_file not PEM", selected: "staging", set: map[string]string{"ACRONIS_CA_FILE": "/dev/null"},
		sentence: `:19:5: targets.staging.ca_file: the file that ACRONIS_CA_FILE names holds no certificate in PEM ` +
			`form: ` +
			`name a file with -----BEGIN CERTIFICATE----- in it`},

	// timeouts, retry, gate, contract.
	{name: "timeout without a unit", replace: "attempt: 10s", with: "attempt: 10",
		sentence: `:28:12: timeouts.attempt: wants a duration with its unit, such as 10s, 1m30s or 500ms, not a ` +
			`whole number`},
	{name: "timeout zero", replace: "spec: 60s", with: "spec: 0s",
		sentence: `:28:26: timeouts.spec: wants a duration with its unit, such as 10s, 1m30s or 500ms, not 0s`},
	{name: "timeout negative", replace: "world: 3m", with: "world: -3m",
		sentence: `:28:37: timeouts.world: wants a duration with its unit, such as 10s, 1m30s or 500ms, not -3m`},
	{name: "timeout of a wrong type", replace: "cleanup: 2m", with: "cleanup: [2m]",
		sentence: `:28:48: timeouts.cleanup: wants a duration with its unit, such as 10s, 1m30s or 500ms, not a list`},
	{name: "unknown timeout", replace: "cleanup: 2m", with: "clean: 2m",
		sentence: `:28:48: timeouts.clean: is an unknown key: known here are attempt, spec, world, cleanup and settle`},
	{name: "too many repeats", replace: "repeats: 2", with: "repeats: 3",
		sentence: `:31:9: retry.repeats: wants a whole number from 0 to 2, not 3`},
	{name: "repeats of a wrong type", replace: "repeats: 2", with: `repeats: "2"`,
		sentence: `:31:9: retry.repeats: wants a whole number from 0 to 2, not text`},
	{name: "repeats too soon", replace: "min: 1s", with: "min: 900ms",
		sentence: `:31:21: retry.min: wants a duration from 1s to 2s: the documentation asks for repeats one to two ` +
			`seconds apart`},
	{name: "repeats too late", replace: "max: 2s", with: "max: 3s",
		sentence: `:31:30: retry.max: wants a duration from 1s to 2s: the documentation asks for repeats one to two ` +
			`seconds apart`},
	{name: "repeats swapped", replace: "min: 1s, max: 2s", with: "min: 2s, max: 1s",
		sentence: `:31:21: retry.min: is longer than retry.max: swap them`},
	{name: "unknown retry key", replace: "max: 2s", with: "maximum: 2s",
		sentence: `:31:30: retry.maximum: is an unknown key: known here are repeats, min and max`},
	{name: "retry of a wrong type", replace: "{repeats: 2, min: 1s, max: 2s}", with: "none",
		sentence: `:31:1: retry: wants keys and values, not text`},
	{name: "share in percent", replace: "asserted: 0.85", with: "asserted: 95",
		sentence: `:36:8: gate.asserted: wants a number from 0 to 1, such as 0.95, not 95`},
	{name: "share of a wrong type", replace: "asserted: 0.85", with: "asserted: 95%",
		sentence: `:36:8: gate.asserted: wants a number from 0 to 1, such as 0.95, not text`},
	{name: "share not a number", replace: "asserted: 0.85", with: "asserted: .nan",
		sentence: `:36:8: gate.asserted: wants a number from 0 to 1, such as 0.95, not a number`},
	{name: "most inconclusive negative", replace: "inconclusive: 60", with: "inconclusive: -1",
		sentence: `:36:24: gate.inconclusive: wants a whole number of at least 0, not -1`},
	{name: "most transient of a wrong type", replace: "transient: 10", with: "transient: true",
		sentence: `:36:42: gate.transient: wants a whole number of at least 0, not true or false`},
	{name: "negative leftovers", replace: "transient: 10", with: "leftovers: -1",
		sentence: `:36:42: gate.leftovers: wants a whole number of at least 0, not -1`},
	{name: "unknown gate key", replace: "transient: 10", with: "transients: 10",
		sentence: `:36:42: gate.transients: is an unknown key: known here are asserted, inconclusive, transient, ` +
			`set_aside, accepted and leftovers`},
	{name: "webhook in clear", selected: "staging",
		set:      map[string]string{"ACRONIS_WEBHOOK": "http://chat.example.com/hook"},
		sentence: `:43:3: notify.webhook: the value is not an https address: write the whole address of the webhook`},
	{name: "unknown key of notify", replace: "webhook: ${ACRONIS_WEBHOOK}", with: "mail: a@example.com",
		sentence: `:43:3: notify.mail: is an unknown key: known here are webhook`},
	{name: "contract unreadable", replace: "gate:", with: "contract: none.yaml\ngate:",
		sentence: `:36:1: contract: none.yaml cannot be read (no such file or directory): name a readable file, ` +
			`relative to the directory of ginkgo.yml`},
	{name: "contract of a wrong type", replace: "gate:", with: "contract: 2\ngate:",
		sentence: `:36:1: contract: wants text, not a whole number: put the value in quotes`},
}

func TestMistakes(t *testing.T) {
	original, err := os.ReadFile(shipped(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, mistake := range mistakes {
		t.Run(mistake.name, func(t *testing.T) {
			g := NewWithT(t)
			text := string(original)
			if mistake.replace != "" {
				g.Expect(text).To(ContainSubstring(mistake.replace), "the shipped file has changed")
				text = strings.Replace(text, mistake.replace, mistake.with, 1)
			}
			variables := environment()
			delete(variables, mistake.unset)
			for name, value := range mistake.set {
				variables[name] = value
			}
			file := writeFile(t, "ginkgo.yml", text)
			config, err := Load(file, mistake.selected, lookup(variables))
			g.Expect(config).To(BeNil())
			g.Expect(err).To(MatchError(file + mistake.sentence))
			expectOneSentence(g, err)
		})
	}
}

// Where nothing is replaced, the shipped file has to load; otherwise the table would prove nothing.
func TestMistakesStartFromAGoodFile(t *testing.T) {
	for _, name := range []string{"mock", "staging"} {
		_, err := Load(shipped(t), name, lookup(environment()))
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
	}
}

func TestLoadUnreadable(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	_, err := Load(filepath.Join(dir, "ginkgo.yml"), "", lookup(nil))
	g.Expect(err).To(MatchError(dir + "/ginkgo.yml: cannot be read (no such file or directory): name a readable file"))
	_, err = Load(dir, "", lookup(nil))
	g.Expect(err).To(MatchError(dir + ": cannot be read (is a directory): name a readable file"))
	_, err = Load(writeFile(t, "ginkgo.yml", strings.Repeat("#", largestFile+1)), "", lookup(nil))
	g.Expect(err).To(MatchError(HaveSuffix(": the file is larger than 1048576 bytes: name a readable file")))
	_, err = Load(writeFile(t, "ginkgo.yml", "# nothing\n"), "", lookup(nil))
	g.Expect(err).To(MatchError(HaveSuffix(": the file is empty: it needs targets, one of them at least")))
}

// Variables of the targets that are not selected stay unread: a run on the mock needs none.
func TestOnlyTheSelectedTargetIsResolved(t *testing.T) {
	g := NewWithT(t)
	var asked []string
	_, err := Load(shipped(t), "mock", func(name string) (string, bool) {
		asked = append(asked, name)
		return "", false
	})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(asked).To(BeEmpty())
}

func expectOneSentence(g Gomega, err error) {
	var fault *Error
	g.Expect(errors.As(err, &fault)).To(BeTrue(), "%T", err)
	text := err.Error()
	g.Expect(text).NotTo(ContainSubstring("\n"))
	g.Expect(text).NotTo(ContainSubstring("\x1b"))
	g.Expect(text).NotTo(ContainSubstring(secretCanary))
	g.Expect(fault.Message).NotTo(BeEmpty())
}
