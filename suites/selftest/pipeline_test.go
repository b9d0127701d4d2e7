package selftest_test

import (
	"bytes"
	"cmp"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"acronis-conformance/suites/internal/config"

	"github.com/goccy/go-yaml"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// No one runs a pipeline before it is needed, so what it says about the rest of the project is held against the
// project here.
var _ = Describe("the pipelines", func() {
	It("give the suite the variables of ginkgo.yml, and no others", func(SpecContext) {
		known := found(`\$\{(\w+)\}`, "ginkgo.yml")
		Expect(found(`secrets\.(\w+)`, workflows()...)).To(HaveEach(BeElementOf(known)))
		Expect(found(`\b(ACRONIS_\w+)`, pipelines()...)).To(HaveEach(BeElementOf(known)))
		for _, live := range []string{".github/workflows/conformance.yml", ".gitlab-ci.yml", ".deploy/cronjob.yml"} {
			Expect(found(`\b(ACRONIS_\w+)`, live)).To(ContainElements("ACRONIS_DATACENTER_URL", "ACRONIS_CLIENT_ID",
				"ACRONIS_CLIENT_SECRET"), live)
		}
		for _, container := range cronJob().containers() {
			for _, variable := range container.Env {
				if strings.HasPrefix(variable.Name, "ACRONIS_") {
					Expect(variable.ValueFrom.SecretKeyRef.Key).To(Equal(variable.Name))
				}
			}
		}
	}, SpecTimeout(time.Minute))

	It("leave a run that they stop the time to clean up", func(SpecContext) {
		environment := map[string]string{"ACRONIS_DATACENTER_URL": "https://eu2.example.com", "ACRONIS_CLIENT_ID": "a",
			"ACRONIS_CLIENT_SECRET": "b"}
		cfg, err := config.Load(filepath.Join(binaries.Root, "ginkgo.yml"), "staging", func(name string) (string,
			bool) {
			value, set := environment[name]
			return value, set
		})
		Expect(err).NotTo(HaveOccurred())
		// The specs under way have half a minute to end. The clean-up of everything takes some 700 requests, whose
		// waiting its time-out does not count.
		needed := 30*time.Second + cfg.Timeouts.Cleanup + 750*cfg.Target.Rate.Interval()
		Expect(cronJob().grace()).To(BeNumerically(">", needed))
		stops := found(`--kill-after=(\w+)`, pipelines()...)
		for _, seconds := range found(`--stop-timeout=(\w+)`, pipelines()...) {
			stops = append(stops, seconds+"s")
		}
		for _, stop := range stops {
			Expect(time.ParseDuration(stop)).To(BeNumerically(">", needed), stop)
		}
		Expect(found(`(?m)bin/conformance (?:run|gate)\b.*$`, pipelines()...)).To(
			HaveLen(len(found(`timeout .*--kill-after=.* bin/conformance`, pipelines()...))))
	}, SpecTimeout(time.Minute))

	It("take no test result from a cache", func(SpecContext) {
		tests := found(`(?m)^.*\bgo test\b.*$`, append(pipelines(), "Makefile", ".ci/run")...)
		Expect(tests).NotTo(BeEmpty())
		Expect(tests).To(HaveEach(ContainSubstring(" -count=1 ")))
	}, SpecTimeout(time.Minute))

	It("call the command itself, as it is", func(ctx SpecContext) {
		Expect(found(`(?m)^[^#\n]*\bmake ([\w-]+)`, workflows()...)).
			To(HaveEach(BeElementOf("build", "proof", "release",
				"test-browser")), "make turns every exit code of the command into 2")
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
		images := found(`golang:([\w.]+)`, pipelines()...)
		Expect(images).To(And(Not(BeEmpty()), HaveEach(HavePrefix(version[0]+"."))))
		Expect(append(images, found(`go-version: "(.*)"`, workflows()...)...)).To(HaveEach(images[0]),
			"one Go everywhere")
	}, SpecTimeout(time.Minute))

	It("take actions by commit, with the tag beside it", func(SpecContext) {
		commits := map[string]string{}
		for _, use := range found(`(?m)^[ -]*uses: +([^. ].*)$`, workflows()...) {
			Expect(use).To(MatchRegexp(`^[\w-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`))
			action, commit, _ := strings.Cut(use, "@")
			repository := strings.Join(strings.Split(action, "/")[:2], "/")
			Expect(commit).To(Equal(cmp.Or(commits[repository], commit)), "one commit of %s everywhere", repository)
			commits[repository] = commit
		}
		Expect(commits).NotTo(BeEmpty())
	}, SpecTimeout(time.Minute))

	It("take images by digest, with the tag before it", func(SpecContext) {
		images := found(`(?m)^[ -]*(?:image|container): *(\S+)`, pipelines()...)
		images = append(images, found(`(?m)^FROM +(.*?)(?: AS \w+)?$`, ".deploy/Dockerfile")...)
		images = append(images, found(`--from=(\S+)`, ".deploy/Dockerfile")...)
		digests := map[string]string{}
		for _, image := range images {
			if slices.Contains([]string{"scratch", "build", "acronis-conformance:latest"}, image) {
				continue // nothing, the stage of that name, and the image that the Dockerfile makes
			}
			Expect(image).To(MatchRegexp(`^[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$`))
			tag, digest, _ := strings.Cut(image, "@")
			Expect(digest).To(Equal(cmp.Or(digests[tag], digest)), "one digest of %s everywhere", tag)
			digests[tag] = digest
		}
		Expect(digests).NotTo(BeEmpty())
	}, SpecTimeout(time.Minute))

	It("read the secrets of an environment, on the default branch only", func(SpecContext) {
		var readers int
		for _, path := range workflows() {
			for name, job := range readWorkflow(path).Jobs {
				if job.Environment == "" {
					Expect(fmt.Sprint(job)).NotTo(ContainSubstring("secrets."), "%s of %s", name, path)
					continue
				}
				readers++
				Expect(strings.Fields(job.If)).To(Or(
					HaveExactElements(strings.Fields(onDefaultBranch("${{ "))),
					HaveExactElements(strings.Fields(onDefaultBranch("${{ github.event_name == 'schedule' || "))),
				), "%s of %s", name, path)
			}
		}
		Expect(readers).To(Equal(1), "conformance.yml, which the others call")
		rules := found(`(?m)^    - if: (.*)$`, ".gitlab-ci.yml")
		Expect(rules).To(ConsistOf(HaveSuffix(" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH")))
	}, SpecTimeout(time.Minute))

	It("publish a release only after its gate, and nothing from a cache", func(SpecContext) {
		release := readWorkflow(".github/workflows/release.yml")
		Expect(release.On).To(HaveLen(1), "a tag or a release that starts the workflow is published before the gate")
		Expect(release.On).To(HaveKey("workflow_dispatch"))
		const suite = "./.github/workflows/conformance.yml"
		for name, job := range release.Jobs {
			switch name {
			case "version":
				Expect(job.Permissions).To(HaveEach("read"))
			case "gate":
				Expect(job.Uses).To(Equal(suite))
				Expect(job.With).To(And(HaveKeyWithValue("gate", true), HaveKeyWithValue("remember", false)))
				Expect(job.Permissions).To(HaveEach("read"))
			default:
				Expect(job.Needs).To(Equal("gate"), name)
				Expect(job.If).To(BeEmpty(), "a condition can let %s run after a gate that failed", name)
				Expect(job.Uses).To(BeEmpty())
			}
		}
		steps := readWorkflow(suite).Jobs["conformance"].Steps
		Expect(steps).To(ContainElement(HaveField("Run", ContainSubstring("bin/conformance gate "))))
		for _, step := range append(steps, release.Jobs["publish"].Steps...) {
			if strings.HasPrefix(step.Uses, "actions/cache") {
				Expect(step.If).To(ContainSubstring("inputs.remember"))
			}
			if strings.HasPrefix(step.Uses, "actions/setup-") {
				Expect(step.With).To(HaveKeyWithValue("cache", false), "%s caches unless it is told not to", step.Uses)
			}
		}
		Expect(release.Jobs).To(And(HaveKey("gate"), HaveKey("publish")))
	}, SpecTimeout(time.Minute))

	It("give each run in a cluster a directory, and bound what it stores beside", func(SpecContext) {
		pod := cronJob().pod()
		mounted := map[string][]string{} // by volume
		for _, container := range pod.Containers {
			Expect(container.Args).To(ContainElement("-reports=reports/$(POD_NAME)"))
			Expect(container.Env).To(ContainElement(And(
				HaveField("Name", "POD_NAME"), HaveField("ValueFrom.FieldRef.FieldPath", "metadata.name"),
			)))
			for _, mount := range container.VolumeMounts {
				mounted[mount.Name] = append(mounted[mount.Name], mount.MountPath)
			}
		}
		for _, volume := range pod.Volumes {
			Expect(mounted).To(HaveKey(volume.Name))
			if volume.EmptyDir != nil {
				Expect(volume.EmptyDir).To(HaveKeyWithValue("sizeLimit", MatchRegexp(`^\d+Mi$`)), volume.Name)
			}
			if volume.ConfigMap != nil {
				Expect(found(`ACRONIS_CA_FILE: (\S+)/ca\.pem`, ".deploy/cronjob.yml")).To(Equal(mounted[volume.Name]))
			}
		}
		Expect(mounted).To(HaveLen(len(pod.Volumes)))
	}, SpecTimeout(time.Minute))

	It("give the image the licence of every module that is linked", func(ctx SpecContext) {
		commands := found(`licenses\.sh (\S+ (?:\\\n)?[^\\&]+)`, ".deploy/Dockerfile")
		Expect(commands).To(HaveLen(1))
		packages := strings.Fields(strings.ReplaceAll(commands[0], "\\", ""))[1:]
		built := found(`(?m)^\t@go (?:build|test -c) .* (\S+)$`, "Makefile")
		Expect(packages).To(ConsistOf(built), "the licences are those of what make build makes")
		directory := GinkgoT().TempDir()
		script := exec.CommandContext(ctx, ".deploy/licenses.sh", append([]string{directory}, packages...)...)
		script.Dir = binaries.Root
		output, err := script.CombinedOutput()
		Expect(err).NotTo(HaveOccurred(), string(output))
		for _, binary := range []string{binaries.Conformance, binaries.Ginkgo} {
			info, err := buildinfo.ReadFile(binary)
			Expect(err).NotTo(HaveOccurred())
			Expect(info.Deps).NotTo(BeEmpty())
			for _, module := range info.Deps {
				texts, err := filepath.Glob(filepath.Join(directory, module.Path, "LICEN*"))
				Expect(err).NotTo(HaveOccurred())
				Expect(texts).NotTo(BeEmpty(), module.Path)
			}
		}
		// A test binary does not say what it links: this one does that no other links.
		Expect(filepath.Join(directory, "github.com", "onsi", "gomega", "LICENSE")).To(BeARegularFile())
	}, SpecTimeout(2*time.Minute))
})

// onDefaultBranch is the condition that keeps a job to the default branch.
func onDefaultBranch(start string) string {
	return start + "github.ref == format('refs/heads/{0}', github.event.repository.default_branch) }}"
}

// workflow is what is read of a workflow of GitHub.
type workflow struct {
	On   map[string]any
	Jobs map[string]struct {
		If, Environment, Needs, Uses string
		With                         map[string]any
		Permissions                  map[string]string
		Steps                        []struct {
			Uses, Run, If string
			With          map[string]any
			Env           map[string]string
		}
	}
}

func readWorkflow(path string) workflow {
	GinkgoHelper()
	var w workflow
	Expect(yaml.Unmarshal(projectFile(path), &w)).To(Succeed(), path)
	Expect(w.Jobs).NotTo(BeEmpty())
	return w
}

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
					Spec pod
				}
			}
		} `yaml:"jobTemplate"`
	}
}

type pod struct {
	TerminationGracePeriodSeconds int `yaml:"terminationGracePeriodSeconds"`
	Containers                    []container
	Volumes                       []struct {
		Name      string
		EmptyDir  map[string]string `yaml:"emptyDir"`
		ConfigMap map[string]any    `yaml:"configMap"`
	}
}

type container struct {
	Args []string
	Env  []struct {
		Name      string
		ValueFrom struct {
			SecretKeyRef struct{ Name, Key string } `yaml:"secretKeyRef"`
			FieldRef     struct {
				FieldPath string `yaml:"fieldPath"`
			} `yaml:"fieldRef"`
		} `yaml:"valueFrom"`
	}
	VolumeMounts []struct {
		Name      string
		MountPath string `yaml:"mountPath"`
	} `yaml:"volumeMounts"`
}

func (m manifest) pod() pod { return m.Spec.JobTemplate.Spec.Template.Spec }

func (m manifest) containers() []container { return m.pod().Containers }

func (m manifest) grace() time.Duration {
	return time.Duration(m.pod().TerminationGracePeriodSeconds) * time.Second
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
