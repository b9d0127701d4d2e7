package selftest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"acronis-conformance/suites/internal/target"

	"github.com/goccy/go-yaml"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// Nobody runs a pipeline before it is needed, so what it says about the rest of the project is held against the project here.
var _ = Describe("the pipelines", func() {
	It("give the suite the variables of ginkgo.yml, and no others", func(SpecContext) {
		known := found(`\$\{(\w+)\}`, "ginkgo.yml")
		Expect(found(`secrets\.(\w+)`, workflows()...)).To(HaveEach(BeElementOf(known)))
		Expect(found(`\b(ACRONIS_\w+)`, pipelines()...)).To(HaveEach(BeElementOf(known)))
		for _, live := range []string{".github/workflows/nightly.yml", ".github/workflows/release.yml", ".gitlab-ci.yml", ".deploy/cronjob.yml"} {
			Expect(found(`\b(ACRONIS_\w+)`, live)).To(ContainElements("ACRONIS_DATACENTER_URL", "ACRONIS_CLIENT_ID", "ACRONIS_CLIENT_SECRET"), live)
		}
		for _, container := range cronJob().containers() {
			for _, variable := range container.Env {
				Expect(variable.ValueFrom.SecretKeyRef.Key).To(Equal(variable.Name))
			}
		}
	}, SpecTimeout(time.Minute))

	It("leave a run that they stop the time to clean up", func(SpecContext) {
		environment := map[string]string{"ACRONIS_DATACENTER_URL": "https://eu2.example.com", "ACRONIS_CLIENT_ID": "a", "ACRONIS_CLIENT_SECRET": "b"}
		config, err := target.Load(filepath.Join(binaries.Root, "ginkgo.yml"), "staging", func(name string) (string, bool) {
			value, set := environment[name]
			return value, set
		})
		Expect(err).NotTo(HaveOccurred())
		// The specs under way have half a minute to end. The clean-up of everything takes some 700 requests, whose waiting its time-out
		// does not count.
		needed := 30*time.Second + config.Timeouts.Cleanup + 750*config.Target.Rate.Interval()
		Expect(cronJob().grace()).To(BeNumerically(">", needed))
		stops := found(`--kill-after=(\w+)`, pipelines()...)
		for _, seconds := range found(`--stop-timeout=(\w+)`, pipelines()...) {
			stops = append(stops, seconds+"s")
		}
		for _, stop := range stops {
			Expect(time.ParseDuration(stop)).To(BeNumerically(">", needed), stop)
		}
		Expect(found(`(?m)bin/conformance (?:run|gate)\b.*$`, pipelines()...)).To(HaveLen(len(found(`timeout .*--kill-after=.* bin/conformance`, pipelines()...))))
	}, SpecTimeout(time.Minute))

	It("take no test result from a cache", func(SpecContext) {
		tests := found(`(?m)^.*\bgo test\b.*$`, append(pipelines(), "Makefile", ".ci/run")...)
		Expect(tests).NotTo(BeEmpty())
		Expect(tests).To(HaveEach(ContainSubstring(" -count=1 ")))
	}, SpecTimeout(time.Minute))

	It("call the command itself, as it is", func(ctx SpecContext) {
		Expect(found(`(?m)^[^#\n]*\bmake ([\w-]+)`, workflows()...)).To(HaveEach(BeElementOf("build", "proof", "test-browser")), "make turns every exit code of the command into 2")
		calls := [][]string{imageCommand()}
		for _, container := range cronJob().containers() {
			calls = append(calls, container.Args)
		}
		for _, line := range found(`bin/conformance +([a-z].*)`, append(pipelines(), "Makefile")...) {
			calls = append(calls, strings.Fields(line))
		}
		help, err := exec.CommandContext(ctx, binaries.Conformance, "help").CombinedOutput()
		Expect(err).NotTo(HaveOccurred())
		for _, call := range calls {
			Expect(string(help)).To(MatchRegexp(`(?m)^  %s +\S`, regexp.QuoteMeta(call[0])))
			flags, err := exec.CommandContext(ctx, binaries.Conformance, call[0], "-h").CombinedOutput()
			Expect(err).NotTo(HaveOccurred())
			for _, argument := range call[1:] {
				if name, _, isFlag := strings.Cut(argument, "="); isFlag && strings.HasPrefix(name, "-") {
					Expect(string(flags)).To(MatchRegexp(`(?m)^  %s\b`, name), "%s takes %s", call[0], name)
				}
			}
		}
	}, SpecTimeout(time.Minute))

	It("build with the Go of go.mod", func(SpecContext) {
		version := found(`(?m)^go (\d+\.\d+)`, "go.mod")
		Expect(version).To(HaveLen(1))
		Expect(found(`golang:(\d+\.\d+)`, pipelines()...)).To(And(Not(BeEmpty()), HaveEach(version[0])))
	}, SpecTimeout(time.Minute))
})

// workflows are GitHub's pipelines.
func workflows() []string {
	GinkgoHelper()
	paths, err := filepath.Glob(filepath.Join(binaries.Root, ".github", "workflows", "*.yml"))
	Expect(err).NotTo(HaveOccurred())
	Expect(paths).NotTo(BeEmpty())
	for i, path := range paths {
		paths[i], err = filepath.Rel(binaries.Root, path)
		Expect(err).NotTo(HaveOccurred())
	}
	return paths
}

// pipelines are all files that run the suite without a person.
func pipelines() []string {
	GinkgoHelper()
	return append(workflows(), ".gitlab-ci.yml", ".deploy/Dockerfile", ".deploy/cronjob.yml")
}

// found lists what the expression, or its group, matches in the project's files.
func found(expression string, paths ...string) []string {
	GinkgoHelper()
	var all []string
	for _, path := range paths {
		for _, match := range regexp.MustCompile(expression).FindAllStringSubmatch(string(projectFile(path)), -1) {
			all = append(all, match[len(match)-1])
		}
	}
	return all
}

func projectFile(path string) []byte {
	GinkgoHelper()
	content, err := os.ReadFile(filepath.Join(binaries.Root, path))
	Expect(err).NotTo(HaveOccurred())
	return content
}

// imageCommand is what the image runs unless it is told otherwise.
func imageCommand() []string {
	GinkgoHelper()
	written := found(`(?m)^CMD (.*)$`, ".deploy/Dockerfile")
	Expect(written).To(HaveLen(1))
	var command []string
	Expect(json.Unmarshal([]byte(written[0]), &command)).To(Succeed())
	return command
}

// manifest is what is read of a Kubernetes object.
type manifest struct {
	Kind string
	Spec struct {
		JobTemplate struct {
			Spec struct {
				Template struct {
					Spec struct {
						TerminationGracePeriodSeconds int `yaml:"terminationGracePeriodSeconds"`
						Containers                    []container
					}
				}
			}
		} `yaml:"jobTemplate"`
	}
}

type container struct {
	Args []string
	Env  []struct {
		Name      string
		ValueFrom struct {
			SecretKeyRef struct{ Name, Key string } `yaml:"secretKeyRef"`
		} `yaml:"valueFrom"`
	}
}

func (m manifest) containers() []container { return m.Spec.JobTemplate.Spec.Template.Spec.Containers }

func (m manifest) grace() time.Duration {
	return time.Duration(m.Spec.JobTemplate.Spec.Template.Spec.TerminationGracePeriodSeconds) * time.Second
}

// cronJob is the CronJob of the manifest.
func cronJob() manifest {
	GinkgoHelper()
	decoder := yaml.NewDecoder(bytes.NewReader(projectFile(".deploy/cronjob.yml")))
	for {
		var m manifest
		err := decoder.Decode(&m)
		Expect(errors.Is(err, io.EOF)).To(BeFalse(), "there is no CronJob")
		Expect(err).NotTo(HaveOccurred())
		if m.Kind == "CronJob" {
			Expect(m.containers()).NotTo(BeEmpty())
			return m
		}
	}
}
