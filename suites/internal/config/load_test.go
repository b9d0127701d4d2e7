package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// secretCanary stands in every secret of these tests, and must stand in no error.
const secretCanary = "canary-7d1e"

// environment is what the target staging of the tests needs.
func environment() map[string]string {
	return map[string]string{
		"ACRONIS_DATACENTER_URL": "https://eu2-cloud.acronis.com",
		"ACRONIS_CLIENT_ID":      "5f6c5a5c-0d0e-4c1c-8a8e-1b1b1b1b1b1b",
		"ACRONIS_CLIENT_SECRET":  secretCanary,
	}
}

func lookup(variables map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	}
}

// shipped returns the path of the project's own ginkgo.yml.
func shipped(t *testing.T) string {
	t.Helper()
	path, err := Locate("")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// writeFile writes a file into a directory of the test's own.
func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoadShippedMock(t *testing.T) {
	g := NewWithT(t)
	path := shipped(t)
	config, err := Load(path, "", lookup(nil))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(*config).To(Equal(File{
		Path: path,
		Name: "mock", Targets: []string{"mock", "staging"},
		Target: Target{
			Name: "mock", Embedded: true, Allow: []Permission{Read, Write}, Strict: true, Assumed: AssumedStrict,
		},
		Timeouts: Timeouts{Attempt: 10 * time.Second, Spec: time.Minute, World: 3 * time.Minute,
			Cleanup: 2 * time.Minute,
			Settle:  5 * time.Second},
		Retry: Retry{Repeats: 2, Min: time.Second, Max: 2 * time.Second},
		Gate:  Gate{Asserted: 0.85, Inconclusive: 60, Transient: 10, SetAside: 40, Accepted: 150},
	}))
}

func TestLoadShippedStaging(t *testing.T) {
	g := NewWithT(t)
	config, err := Load(shipped(t), "staging", lookup(environment()))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(config.Target).To(Equal(Target{
		Name: "staging", URL: "https://eu2-cloud.acronis.com", ClientID: "5f6c5a5c-0d0e-4c1c-8a8e-1b1b1b1b1b1b",
		ClientSecret: secretCanary, Allow: []Permission{Read, Write}, Assumed: AssumedLenient, Known: ReportKnown,
		Rate: Rate{Requests: 10, Per: time.Second}, Concurrency: 4, Budget: 20000,
	}))
	g.Expect(config.Target.MayWrite()).To(BeTrue())
	g.Expect(config.Target.AssumedStrict()).To(BeFalse())
}

func TestLoadOptionalVariables(t *testing.T) {
	g := NewWithT(t)
	variables := environment()
	variables["ACRONIS_EXPIRED_TOKEN"] = "old"
	variables["ACRONIS_FAULT_HEADER"] = "x-envoy-fault-abort-request"
	variables["ACRONIS_CA_FILE"] = writeFile(t, "ca.pem", authority(t))
	config, err := Load(shipped(t), "staging", lookup(variables))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(config.Target.ExpiredToken)).To(Equal("old"))
	g.Expect(config.Target.FaultHeader).To(Equal("x-envoy-fault-abort-request"))
	g.Expect(config.Target.CAFile).To(Equal(variables["ACRONIS_CA_FILE"]))
	g.Expect(config.Target.RootCAs).NotTo(BeNil())
}

func TestLoadSelection(t *testing.T) {
	file := writeFile(t, "ginkgo.yml", `
target: a
targets:
  a: {embedded: true}
  b: {embedded: true}
  c: {embedded: true}
`)
	for _, c := range []struct{ selected, variable, want string }{
		{"", "", "a"}, {"", "b", "b"}, {"c", "b", "c"},
	} {
		t.Run(c.selected+c.variable, func(t *testing.T) {
			g := NewWithT(t)
			config, err := Load(file, c.selected, lookup(map[string]string{EnvTarget: c.variable}))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(config.Name).To(Equal(c.want))
		})
	}
}

// The least that a file has to say gives read access alone, and everything else as documented.
func TestLoadDefaults(t *testing.T) {
	g := NewWithT(t)
	config, err := Load(writeFile(t, "ginkgo.yml", "target: a\ntargets: {a: {embedded: true}}"), "", lookup(nil))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(config.Target.Allow).To(Equal([]Permission{Read}))
	g.Expect(config.Target.MayWrite()).To(BeFalse())
	g.Expect(config.Target.Assumed).To(Equal(AssumedLenient))
	g.Expect(config.Target.Rate.Limited()).To(BeFalse())
	g.Expect(config.Retry).To(Equal(Retry{Repeats: 2, Min: time.Second, Max: 2 * time.Second}))
	g.Expect(config.Timeouts.Spec).To(Equal(time.Minute))
	g.Expect(config.Gate.Asserted).To(Equal(0.85))
}

func TestLoadContractBesideTheFile(t *testing.T) {
	g := NewWithT(t)
	file := writeFile(t, "ginkgo.yml", "target: a\ntargets: {a: {embedded: true}}\ncontract: next.yaml")
	next := filepath.Join(filepath.Dir(file), "next.yaml")
	g.Expect(os.WriteFile(next, []byte("openapi: 3.0.3"), 0o600)).To(Succeed())
	config, err := Load(file, "", lookup(nil))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(config.Contract).To(Equal(next))
}

func TestLoadProduction(t *testing.T) {
	const live = `
target: a
targets:
  a: {url: "https://EU2.example.com:443", client_id: x, client_secret: "${SECRET}", production: true, allow: [%s]}
`
	variables := map[string]string{"SECRET": secretCanary}
	load := func(t *testing.T, allow, named string) error {
		variables := maps.Clone(variables)
		variables[EnvProductionWrites] = named
		_, err := Load(writeFile(t, "ginkgo.yml", fmt.Sprintf(live, allow)), "", lookup(variables))
		return err
	}
	for named, accepted := range map[string]bool{
		"": false, "yes": false, "example.com": false, "https://eu2.example.com": false, "eu2.example.com": true,
		"EU2.example.com": true,
	} {
		t.Run(named, func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(load(t, "read", named)).To(Succeed(), "reading is always allowed")
			_, err := Look(writeFile(t, "ginkgo.yml", fmt.Sprintf(live, "read, write")), "", lookup(variables))
			g.Expect(err).NotTo(HaveOccurred(), "who writes nothing needs no word")
			err = load(t, "read, write", named)
			if accepted {
				g.Expect(err).NotTo(HaveOccurred())
				return
			}
			g.Expect(err).To(MatchError(
				HaveSuffix(":4:85: targets.a.production: the target a is in production and allows write: " +
					"take write from its allow list, or set ACRONIS_ALLOW_PRODUCTION_WRITES=eu2.example.com")))
		})
	}
}

// Without a word about it, a live target is not stormed; the mock has no limits.
func TestLiveTargetsAreSpared(t *testing.T) {
	g := NewWithT(t)
	config, err := Load(writeFile(t, "ginkgo.yml",
		"target: a\ntargets: {a: {url: 'https://example.com', client_id: x, client_secret: y}}"), "", lookup(nil))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(config.Target.Rate.String()).To(Equal("10/s"))
	g.Expect(config.Target.Concurrency).To(Equal(4))
	g.Expect(config.Target.Budget).To(Equal(20000))
}

func TestOpenFindsTheFile(t *testing.T) {
	g := NewWithT(t)
	t.Chdir(filepath.Dir(writeFile(t, "ginkgo.yml", "target: a\ntargets: {a: {embedded: true}, b: {embedded: true}}")))
	config, err := Open("", "", lookup(map[string]string{EnvTarget: "b"}))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(config.Name).To(Equal("b"))
	g.Expect(filepath.IsAbs(config.Path)).To(BeTrue())
	_, err = Open("elsewhere.yml", "", lookup(nil))
	g.Expect(err).To(MatchError(HavePrefix("elsewhere.yml: cannot be read")))
}

func TestSecretIsNeverPrinted(t *testing.T) {
	g := NewWithT(t)
	config := File{Target: Target{ClientSecret: secretCanary, ExpiredToken: secretCanary}}
	encoded, err := json.Marshal(config.Target.ClientSecret)
	g.Expect(err).NotTo(HaveOccurred())
	var printed strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		fmt.Fprintf(&printed, verb, config)
		fmt.Fprintf(&printed, verb, config.Target.ClientSecret)
	}
	g.Expect(printed.String() + string(encoded)).NotTo(ContainSubstring(secretCanary))
	g.Expect(printed.String()).NotTo(ContainSubstring(fmt.Sprintf("%x", secretCanary)))
	g.Expect(fmt.Sprint(Secret(""))).To(BeEmpty())
}

func TestParseRate(t *testing.T) {
	g := NewWithT(t)
	for _, text := range []string{"10/s", "600/m", "5000/h"} {
		rate, err := ParseRate(text)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(rate.String()).To(Equal(text))
	}
	g.Expect(Rate{Requests: 600, Per: time.Minute}.PerSecond()).To(Equal(10.0))
	g.Expect(Rate{}.PerSecond()).To(BeZero())
	g.Expect(Rate{}.String()).To(BeEmpty())
	for _, text := range []string{"", "10", "/s", "0/s", "-1/s", "+1/s", "1.5/s", "10/d", "10/s/s", "10 /s",
		"99999999999/s"} {
		_, err := ParseRate(text)
		g.Expect(err).To(HaveOccurred(), text)
	}
}

func TestLocate(t *testing.T) {
	g := NewWithT(t)
	top := t.TempDir()
	project := filepath.Join(top, "outer", "project")
	inner := filepath.Join(project, "suites", "contract")
	g.Expect(os.MkdirAll(inner, 0o700)).To(Succeed())
	touch := func(elements ...string) string {
		path := filepath.Join(elements...)
		g.Expect(os.WriteFile(path, nil, 0o600)).To(Succeed())
		return path
	}
	touch(project, "go.mod")
	touch(top, "ginkgo.yml")
	t.Chdir(inner)
	g.Expect(Locate("")).To(Equal(filepath.Join(inner, "ginkgo.yml")), "what lies above go.mod is another project's")
	want := touch(project, "ginkgo.yml")
	g.Expect(Locate("")).To(Equal(want))
	g.Expect(Locate(project)).To(Equal(want), "a directory stands for its file")
	g.Expect(Locate("other.yml")).To(Equal("other.yml"))
}

// Where there is no ginkgo.yml, the project's own is in force; a file that is named has to be there.
func TestBuiltIn(t *testing.T) {
	g := NewWithT(t)
	own, err := os.ReadFile(shipped(t))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(builtIn)).To(Equal(string(own)), "run `make specs`")

	directory := t.TempDir()
	for _, path := range []string{"", directory} {
		t.Chdir(directory)
		file, err := Open(path, "", lookup(nil))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(file.BuiltIn).To(BeTrue())
		g.Expect(file.Name).To(Equal("mock"))
		g.Expect(filepath.Dir(file.Path)).To(Equal(directory))
	}
	_, err = Open("", "staging", lookup(nil))
	g.Expect(err).To(MatchError(MatchRegexp(`^the built-in ginkgo.yml(:\d+:\d+)?: targets.staging.url: `)))
	_, err = Open("ginkgo.yml", "", lookup(nil))
	g.Expect(err).To(MatchError(ContainSubstring("name a readable file")))
}
