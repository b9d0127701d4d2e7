package selftest_test

import (
	"bytes"
	_ "embed"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"acronis-conformance/fixtures/mock"

	"github.com/goccy/go-yaml"
)

// defect is a defect of the mock, and what the suite has to make of it.
type defect struct {
	mock.Defect
	expectation
}

// expectation is what the suite has to make of a defect. All patterns are over the ids of specs, as path.Match takes
// them.
type expectation struct {
	Fails   []string // the specs that have to turn red
	Except  []string // of these, the specs that cannot show it
	MayFail []string // specs that may turn red as well, since they look at what the defect changes
	// At is where each of Fails has to find it: $.error.code. Defects that show in different places share a run, though
	// they declare the same specs.
	At string

	// AtLeastOne marks a defect that any one of Fails catches: how many show it depends on how they provoke what it
	// changes.
	AtLeastOne bool
	// BreaksSetup marks a defect that denies other specs what they need: what they then report does not count.
	BreaksSetup bool
	// BlocksSetup names the operation without which no sandbox can be made, where the defect denies it: no spec can
	// run.
	BlocksSetup string
	// OnlyOnRetry marks a defect that only shows when a failed request is repeated, and so to the specs that wait for
	// that.
	OnlyOnRetry bool
	// TooLate marks a defect that lets callers wait: they are to give up soon.
	TooLate bool
	// Alone marks a defect that disturbs the specs of others: it shares no run.
	Alone bool
}

// everyAnswer begins the ids of the specs that judge what no other spec of an operation reports, the one who asked
// for it.
const everyAnswer = "20x/every-answer/"

// ExpectsFailure reports whether the spec with that id has to turn red. Those that judge every answer are only
// declared by name: they do not repeat what the operation's own specs report.
func (e expectation) ExpectsFailure(id string) bool {
	fails := e.Fails
	if strings.HasPrefix(id, everyAnswer) {
		fails = slices.DeleteFunc(slices.Clone(fails), func(pattern string) bool {
			return !strings.HasPrefix(pattern,
				everyAnswer)
		})
	}
	return matchesAny(fails, id) && !matchesAny(e.Except, id)
}

// AllowsFailure reports whether the spec with that id may turn red as well. What a defect does to the answers of an
// operation that it declares may show wherever such an answer is judged, and in the true answers of those that show
// the same objects, where they come later.
func (e expectation) AllowsFailure(id string) bool {
	operation, isEveryAnswer := strings.CutPrefix(id, everyAnswer)
	of := func(pattern string) bool {
		declared := path.Base(pattern)
		return matchesAny([]string{declared}, operation) || slices.ContainsFunc(sameObjects, func(all []string) bool {
			return slices.Contains(all, operation) && slices.Contains(all, declared)
		})
	}
	return matchesAny(e.MayFail, id) || isEveryAnswer && slices.ContainsFunc(slices.Concat(e.Fails, e.MayFail), of)
}

// sameObjects are operations whose answers are compared with each other.
var sameObjects = [][]string{
	{"FetchApplications", "FetchApplication"},
	{"CreateRegistrationToken_0", "CreateRegistrationToken_1", "FetchRegistrationTokens_0",
		"FetchRegistrationTokens_1"},
	{"FetchTenantOfferingItems", "FetchTenantOfferingItemsBatch", "FetchOfferingItemsAvailableForTenantChild",
		"SetTenantOfferingItems", "SwitchTenantEdition", "FetchTenantUsages", "FetchTenantsUsagesBatch"},
	{"FetchInfrastructuresLocation", "FetchInfrastructuresLocationsBatch", "CreateInfrastructuresLocation",
		"UpdateInfrastructuresLocation"},
	{"FetchInfrastructure", "FetchInfrastructuresBatch", "RegisterInfrastructure", "UpdateInfrastructure"},
	{"FetchUserAccessPolicies", "UpdateUserAccessPolicies", "FetchUsersBatch"},
	{"CreateReport", "FetchReport", "UpdateReport"},
	{"CreateTenant", "FetchTenant", "UpdateTenant", "FetchTenantsBatch", "EnableCustomBranding", "ModifyCustomBranding",
		"UploadTenantBrandLogo", "UpdateTenantDefaultIdpId"},
	{"CreateUser", "FetchUser", "UpdateUser", "FetchUsersBatch", "FetchCurrentUserInfo", "LogInWithOneTimeToken"},
}

func matchesAny(patterns []string, id string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		matched, err := path.Match(pattern, id)
		return err == nil && matched
	})
}

// specsOf returns the patterns for the specs of a code and a probe on each of the operations.
func specsOf(code, probe string, operations ...string) []string {
	var patterns []string
	for _, id := range operations {
		patterns = append(patterns, code+"/"+probe+"/"+id)
	}
	return patterns
}

//go:embed defects.yml
var defectsFile []byte

// expectations are those of the mock's catalogue, by name.
var expectations = sync.OnceValue(func() map[string]expectation {
	parsed, err := parseExpectations(defectsFile)
	if err != nil {
		panic(err) // the tree of specs needs them
	}
	return parsed
})

func parseExpectations(content []byte) (map[string]expectation, error) {
	var file struct {
		Sets    map[string][]string
		Defects map[string]struct {
			Fails, Except []any
			MayFail       []any `yaml:"may_fail"`
			At            string
			BreaksSetup   bool   `yaml:"breaks_setup"`
			BlocksSetup   string `yaml:"blocks_setup"`
			OnlyOnRetry   bool   `yaml:"only_on_retry"`
			TooLate       bool   `yaml:"too_late"`
			Alone         bool
		}
	}
	if err := yaml.NewDecoder(bytes.NewReader(content), yaml.Strict()).Decode(&file); err != nil {
		return nil, fmt.Errorf("suites/selftest/defects.yml: %w", err)
	}
	all := map[string]expectation{}
	for name, d := range file.Defects {
		all[name] = expectation{Fails: flattened(d.Fails), Except: flattened(d.Except), MayFail: flattened(d.MayFail),
			At: d.At, BreaksSetup: d.BreaksSetup, BlocksSetup: d.BlocksSetup, OnlyOnRetry: d.OnlyOnRetry,
			TooLate: d.TooLate, Alone: d.Alone}
	}
	return all, nil
}

// flattened returns the patterns of a list in which lists may stand, one for each operation.
func flattened(list []any) []string {
	var patterns []string
	for _, item := range list {
		switch item := item.(type) {
		case []any:
			patterns = append(patterns, flattened(item)...)
		case []string: // a set, as the decoder reads an alias
			for _, pattern := range item {
				patterns = append(patterns, eachOperation(pattern)...)
			}
		default:
			patterns = append(patterns, eachOperation(fmt.Sprint(item))...)
		}
	}
	return patterns
}

// eachOperation splits a pattern that ends with several operations.
func eachOperation(pattern string) (patterns []string) {
	directory, operations := path.Split(pattern)
	for operation := range strings.SplitSeq(operations, "|") {
		patterns = append(patterns, directory+operation)
	}
	return patterns
}

// catalogue are the defects of the mock's catalogue, in its order.
func catalogue() []defect {
	var all []defect
	for _, d := range mock.Defects() {
		all = append(all, defect{d, expectations()[d.Name]})
	}
	return all
}
