package spec

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"acronis-conformance/fixtures"
	"acronis-conformance/fixtures/mock"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/ratelimit"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/waiver"

	. "github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	. "github.com/onsi/gomega"
)

var (
	configFlag  = flag.String("config", "", config.PathUsage)
	reportsFlag = flag.String("reports", "", "`directory` for the reports (default: reports beside ginkgo.yml, and "+
		report.SelectionDir+" below it for a part of the specs)")
	paceFlag = flag.String("pace", "",
		"`directory` in which the processes of the run share their pace, for who watches it (default: one of "+
			"their own)")
	recordsFlag = flag.String("records", "",
		"`directory` in which the processes record what they report, and which is kept (default: one in that of the "+
			"reports)")
	rehearseFlag = flag.Bool("rehearse", false,
		"run on the embedded mock in the target's place, with the target's permissions: nothing is sent to the target")
	outlineFlag = flag.Bool("outline", false,
		"keep headers and bodies out of the evidence, where only the verdicts are looked at")
	defectFlag = flag.String("defect", "",
		"`names` of defects that the embedded mock is served with, to see how a failure looks: a,b")
	listFlag     = flag.String("list", "", "`file` for the ids of the selected specs, which are not run")
	selectedFlag = flag.String("selected", "", "`text` that the result shows as its filter (default: Ginkgo's filters)")
	replayFlag   = wordsFlag("replay-command", "a `word` of the command that runs a spec or a fault again; repeatable")
	keepFlag     = flag.String("keep", "",
		"`file` for the variables of the lines that repeat requests: the run leaves what it made")
	targetFlag = flag.String("target", "",
		"`name` of the target in ginkgo.yml (default: ACRONIS_TARGET, or the file's own)")
)

// suite is what the specs of this process work with. It is set before the tree is built and completed before the
// first spec; after that it is only read.
var suite = suiteState{specs: map[string]Spec{}, told: map[string]int{}, started: time.Now()}

type suiteState struct {
	partial   bool           // only a part of the specs is to run
	reports   string         // the directory of the reports
	recordsIn string         // the directory of the records
	told      map[string]int // how many specs of a fault were told of, as far as this process knows: see shown
	records   *report.Recorder
	checked   int                        // how many of the session's checks are recorded
	answers   map[string]session.Answers // of all processes, once they have ended
	cleaned   bool                       // what this process has made was to be removed
	config    *config.File
	configErr error
	contract  *schemas.Contract // nil where the configuration is unusable: then there are no specs
	catalogue *fixtures.Catalogue
	waivers   *waiver.List
	known     *waiver.List // nil where known deviations are not accepted
	session   *session.Session
	mock      *mock.Running
	specs     map[string]Spec // every spec of the tree by its id
	early     []Spec          // those of them that may be evaluated ahead
	ahead     *ahead          // nil where none is
	options   Options
	selects   func(id string) bool // whether the spec will run, in process 1
	started   time.Time
	collect   func() // collects garbage at the usual pace from then on
}

// Options are what the rules know and a run needs to know.
type Options struct {
	BuiltIn      []string                  // ids of the specs of the built-in contract
	Unprovokable map[report.CellKey]string // cells of the reference that nothing known provokes, with the reason
	// what rules without a citation ask, by 400/missing-field or 403/foreign-tenant-body
	Requirements map[string]Citation
}

// Run runs the specs that are registered.
func Run(t GinkgoTestingT, o Options) {
	suite.options, suite.collect = o, collectLess()
	RegisterFailHandler(Fail)
	log.SetOutput(io.Discard) // net/http logs stray bytes of a server as they came, secrets and all
	suiteConfig, reporterConfig := GinkgoConfiguration()
	suiteConfig.FailOnEmpty = true
	if *listFlag != "" {
		if err := suite.list(*listFlag, suiteConfig, reporterConfig); err != nil {
			fmt.Fprintln(os.Stderr, err)
			t.Fail()
		}
		return
	}
	if suiteConfig.DryRun { // which shows what would run, and leaves the reports of what did
		if suite.load(); suite.configErr != nil {
			fmt.Fprintln(os.Stderr, suite.configErr)
			t.Fail()
			return
		}
		RunSpecs(t, suiteName, suiteConfig, reporterConfig)
		return
	}
	suite.partial = selects(suiteConfig)
	// No report of an earlier run outlives one that cannot start.
	if suite.clear(); suite.configErr == nil {
		suite.prepare()
	}
	if suite.configErr != nil {
		// One placeholder is left, so that there is something to run and process 1 can say what is wrong.
		suite.contract = nil
		suiteConfig.LabelFilter, suiteConfig.FocusStrings, suiteConfig.SkipStrings = "", nil, nil
		suiteConfig.FocusFiles, suiteConfig.SkipFiles = nil, nil
	}
	if GinkgoParallelProcess() == 1 && suite.configErr == nil {
		if suite.config.Target.Embedded || *rehearseFlag {
			go func() { _, _ = serve() }() // while the tree is built
		}
		suite.selects = selection(suiteConfig, reporterConfig)
	}
	RunSpecs(t, suiteName, suiteConfig, reporterConfig)
	cleanUpAlone()
}

const suiteName = "Acronis Account Management API v2: conformance"

// selection tells which specs will run: a small selection makes a small sandbox. Labels and texts are known without a
// walk through the tree, which would take as long as its making.
func selection(suiteConfig types.SuiteConfig, reporterConfig types.ReporterConfig) func(id string) bool {
	fits, misread := types.ParseLabelFilter(suiteConfig.LabelFilter)
	focused, unfocused := regexp.Compile(strings.Join(suiteConfig.FocusStrings, "|"))
	skipped, unskipped := regexp.Compile(strings.Join(suiteConfig.SkipStrings, "|"))
	if len(suiteConfig.FocusFiles)+len(suiteConfig.SkipFiles) == 0 &&
		errors.Join(misread, unfocused, unskipped) == nil { // Ginkgo complains about others
		return func(id string) bool {
			sp := suite.specs[id]
			return fits(sp.labels()) && focused.MatchString(sp.text) &&
				(len(suiteConfig.SkipStrings) == 0 || !skipped.MatchString(sp.text))
		}
	}
	ids := map[string]bool{}
	for _, id := range preview(suiteConfig, reporterConfig) {
		ids[id] = true
	}
	return func(id string) bool { return ids[id] }
}

// preview lists the specs that Ginkgo selects.
func preview(suiteConfig types.SuiteConfig, reporterConfig types.ReporterConfig) []string {
	var ids []string
	for _, s := range PreviewSpecs("contract", suiteConfig, reporterConfig).SpecReports.WithLeafNodeType(
		types.NodeTypeIt) {
		if s.State != types.SpecStateSkipped {
			ids = append(ids, s.LeafNodeText)
		}
	}
	return ids
}

// list writes the ids of the selected specs to the file, a line each, and touches nothing else.
func (s *suiteState) list(path string, suiteConfig types.SuiteConfig, reporterConfig types.ReporterConfig) error {
	if s.load(); s.configErr != nil {
		return s.configErr
	}
	ids := preview(suiteConfig, reporterConfig)
	slices.Sort(ids)
	return os.WriteFile(path, []byte(strings.Join(append(ids, ""), "\n")), 0o600)
}

// Load loads what the tree is built from, for a walk through the tree without running it.
func Load(o Options) error {
	suite.options = o
	suite.load()
	return suite.configErr
}

// ByID returns a spec of the tree; the tree has to be built.
func ByID(id string) Spec { return suite.specs[id] }

// Contract is what the target promises; nil where the configuration is unusable.
func Contract() *schemas.Contract { return suite.contract }

// Catalogue holds the valid calls of the operations.
func Catalogue() *fixtures.Catalogue { return suite.catalogue }

// Session is what specs send with; nil while the tree is built.
func Session() *session.Session { return suite.session }

// Timeout is that of a node that sends requests.
func Timeout() time.Duration { return suite.timeout() }

// load loads what the tree is built from.
func (s *suiteState) load() {
	open := config.Open
	if *rehearseFlag || *listFlag != "" { // nothing is sent to the target
		open = config.Look
	}
	if s.config, s.configErr = open(*configFlag, *targetFlag, os.LookupEnv); s.configErr != nil {
		return
	}
	if *rehearseFlag {
		s.config.Rehearse()
	}
	loaded, err := LoadInputs(s.config, s.options.BuiltIn)
	if s.configErr = err; err != nil {
		return
	}
	s.contract, s.catalogue, s.waivers, s.known = loaded.Contract, loaded.Catalogue, loaded.Waivers, loaded.Known
}

// timeout is that of a spec's node, and only a safety net: Ginkgo's clock also counts what a request waits for the
// rate limiter. The spec's own time-out leaves that out.
func (s *suiteState) timeout() time.Duration {
	if s.config == nil {
		return time.Minute
	}
	return 10*s.config.Timeouts.Spec + ratelimit.Of(s.config.Target).Longest(s.config.Timeouts.Attempt)
}

// NoTimeout is the time-out of nodes around the specs, since Ginkgo wants one: what they do has time-outs that leave
// out the rate limiter, and the configuration is not read yet where a node's time-out is set.
const NoTimeout = 24 * time.Hour

func options(access session.Access) session.Options {
	return session.Options{Config: suite.config, Catalogue: suite.catalogue, Access: access, Version: exchange.Version,
		Outline: *rehearseFlag || *outlineFlag,
		KeepToken: !suite.config.Target.Embedded &&
			!*rehearseFlag, Keep: *keepFlag != "", Pace: *paceFlag, Process: GinkgoParallelProcess(),
		Processes: parallelTotal(), Alone: parallelTotal() == 1, OnStep: func(made func() report.Step) {
			suite.records.AppendMade(report.KindStep, func() any { return made() })
		}}
}

func parallelTotal() int {
	suiteConfig, _ := GinkgoConfiguration()
	return suiteConfig.ParallelTotal
}

// collectLess collects garbage seldom until the function that it returns is called, unless the user has said how often.
// While the tree is built and put in order nearly all that the collector would look at stays, and memory is needed only
// later.
func collectLess() (usual func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(400)
	return func() { debug.SetGCPercent(before) }
}
