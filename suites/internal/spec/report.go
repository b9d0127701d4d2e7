package spec

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"acronis-conformance/fixtures"
	"acronis-conformance/fixtures/mock"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/waiver"

	. "github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	. "github.com/onsi/gomega"
)

// The report is built from what the processes have recorded, in process 1, after everything else.
var _ = ReportAfterSuite("conformance report", func(_ SpecContext, all Report) {
	if suite.configErr != nil || all.SuiteConfig.DryRun {
		return
	}
	in := report.Input{Contract: suite.contract, Unprovokable: suite.options.Unprovokable,
		Run: describeRun(all.SuiteConfig)}
	in.Run.ID, in.Run.Started, in.Run.Ended = "none", all.StartTime.UTC(), all.EndTime.UTC()
	in.Run.WallSeconds = all.EndTime.Sub(suite.started).Seconds()
	in.Run.Filtered = all.PreRunStats.SpecsThatWillRun < all.PreRunStats.TotalSpecs
	in.Target, in.Floors = describeTarget(), floors()
	if suite.session != nil {
		in.Run.ID = suite.session.Run
		in.Target.URL = suite.session.Access.URL
		in.Limits = suite.session.Limits()
	}
	takeRecords(&in)
	for _, node := range all.SpecReports {
		addProblem(&in, node)
	}
	addLateAnswers(&in, suite.answers)
	if in.Run.Filtered && all.PreRunStats.SpecsThatWillRun == 0 {
		in.Problems = append(in.Problems,
			fmt.Sprintf("no spec fits %s: select by labels such as 401, tenants or read, or by the id of a spec",
				in.Run.Filter))
	}
	if len(in.Problems) == 0 { // an interrupt or a time-out of the whole run fails no spec
		for _, reason := range all.SpecialSuiteFailureReasons {
			in.Problems = append(in.Problems, "the run was not completed: "+reason)
		}
	}
	if len(in.Problems) == 0 { // which else explain it
		in.Problems = append(in.Problems, unlike(suite.selected(), in.Specs)...)
	}
	if !in.Run.Filtered { // what did not run says nothing of a waiver
		for _, p := range suite.waivers.Stale(in.Specs, suite.config.Name, time.Now()) {
			in.Problems = append(in.Problems, p.Message)
		}
	}
	in.Run.WallWithoutWaitingSeconds = in.Run.WallSeconds - waited(in.Specs)
	result := report.Build(in)
	dir := suite.reports
	_, reporting := GinkgoConfiguration()
	Expect(report.Write(filepath.Join(dir, "conformance.json"), result)).To(Succeed())
	Expect(report.WriteJUnit(filepath.Join(dir, "junit.xml"), result)).To(Succeed())
	if *recordsFlag == "" { // or the command that started the run shows the result, and removes them
		if suite.recordsIn != "" {
			Expect(os.RemoveAll(suite.recordsIn)).To(Succeed())
		}
		var table strings.Builder
		Expect(report.Table(&table, result, report.Width(os.LookupEnv),
			report.UseColor(os.LookupEnv, !reporting.NoColor), dir)).To(Succeed())
		AddReportEntry("result", table.String(), ReportEntryVisibilityAlways)
	}
	switch {
	case all.SuiteSucceeded && len(result.Problems) > 0:
		Fail(strings.Join(result.Problems, "\n"))
	case all.SuiteSucceeded && result.Verdict != report.Pass: // a run that put nothing to the test is not success
		Fail(result.Reason)
	}
}, NodeTimeout(time.Minute))

// checkWaivers ends the run before its first request where a waiver must not stay as it is, and notes those that end
// soon.
func checkWaivers() {
	GinkgoHelper()
	wrong, ending := suite.waivers.Check(slices.Sorted(maps.Keys(suite.specs)), suite.config.Name, time.Now())
	if err := waiver.Join(wrong); err != nil {
		Fail(err.Error())
	}
	check := report.Check{Name: report.WaiversCheck, State: report.CheckOK,
		Detail: suite.waivers.Describe(suite.config.Name, time.Now())}
	if err := waiver.Join(ending); err != nil {
		check.State, check.Detail = report.CheckWarning, err.Error()
	}
	suite.keep(report.KindChecks, []report.Check{check})
}

// keep adds a value to the records of this process, at once: a process that is killed leaves them.
func (s *suiteState) keep(kind report.Kind, value any) { s.records.Append(kind, value) }

// record opens the records of this process.
func (s *suiteState) record(run string) (err error) {
	s.recordsIn = *recordsFlag
	if s.recordsIn == "" {
		s.recordsIn = filepath.Join(s.reports, ".run-"+run)
	}
	s.records, err = report.NewRecorder(s.recordsIn, GinkgoParallelProcess())
	return err
}

// How many specs of a fault are told in full, and how many in a line, over all processes of the run. Of the others only
// the fault is named: systems that keep the output of a run cut it.
const (
	fullTexts  = 3
	shortTexts = 20
)

// shown counts a spec of the fault as told, and returns how many the processes of the run have told of with this one.
func (s *suiteState) shown(fault string) int {
	for n := s.told[fault] + 1; n <= shortTexts; n++ {
		file, err := os.OpenFile(filepath.Join(s.recordsIn, fmt.Sprintf("told-%s-%d", fault, n)),
			os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err == nil {
			_ = file.Close() // it is only a mark
		}
		s.told[fault] = n
		if !errors.Is(err, fs.ErrExist) { // where marks cannot be made, each process counts for itself
			return n
		}
	}
	return shortTexts + 1
}

// selected lists the specs that are to run, in process 1.
func (s *suiteState) selected() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(s.specs)), func(id string) bool { return !s.selects(id) })
}

// header describes the run before its first request.
func header(o session.Options) report.Header {
	suiteConfig, _ := GinkgoConfiguration()
	h := report.Header{Version: report.Version, Run: describeRun(suiteConfig), Target: describeTarget(),
		Floors: floors(), Selected: suite.selected(),
		Unprovokable: []report.Unprovoked{}}
	h.Run.ID, h.Run.Started, h.Run.Filtered = o.Run, suite.started.UTC(), len(h.Selected) < len(suite.specs)
	h.Target.URL = o.Access.URL
	for cell, reason := range suite.options.Unprovokable {
		h.Unprovokable = append(h.Unprovokable, report.Unprovoked{Operation: cell.Operation, Code: cell.Code,
			Reason: reason})
	}
	return h
}

// describeRun is the identity of the run, as far as its configuration tells.
func describeRun(c types.SuiteConfig) report.Run {
	selected := *selectedFlag
	if selected == "" {
		selected = filter(c)
	}
	return report.Run{Suite: exchange.Version, Contract: suite.contract.Version(), Seed: c.RandomSeed,
		Processes: c.ParallelTotal, Filter: selected, Config: suite.config.Path, Defects: mock.Names(*defectFlag),
		ReplayCommand: *replayFlag}
}

// unlike says how the specs that were reported differ from those that were to run.
func unlike(selected []string, specs []report.Spec) []string {
	var problems []string
	if missing := report.Missing(selected, specs); len(missing) > 0 {
		problems = append(problems, fmt.Sprintf("%d of %d specs left no result, such as %s", len(missing),
			len(selected),
			missing[0]))
	}
	for _, s := range specs {
		if _, is := slices.BinarySearch(selected, s.ID); !is {
			problems = append(problems, s.ID+" was reported, and was not to run")
		}
	}
	return problems
}

// leftBehind names what could not be removed, and how it is.
func leftBehind(left []fixtures.Leftover) []report.Leftover {
	named := []report.Leftover{}
	for _, l := range left {
		named = append(named, report.Leftover{Kind: l.Kind, ID: l.ID, Name: l.Name, Reason: l.Reason,
			Command: fmt.Sprintf("make sweep TARGET=%s RUN=%s CONFIRM=yes", suite.config.Name, suite.session.Run)})
	}
	return named
}

// takeRecords takes over what the processes have recorded. A run that was not set up has recorded nothing.
func takeRecords(in *report.Input) {
	if suite.records == nil {
		return
	}
	recorded, err := report.ReadRecords(suite.recordsIn)
	if err != nil {
		in.Problems = append(in.Problems, fmt.Sprintf("the records of the run cannot be read: %v", err))
		return
	}
	if damaged := recorded.Damaged(); len(damaged) > 0 {
		in.Problems = append(in.Problems, "the records of the run cannot be read as a whole: "+strings.Join(damaged,
			", "))
	}
	in.Specs, in.World, in.Preflight, in.Leftovers = recorded.Specs, recorded.Steps, recorded.Checks, recorded.Leftovers
	in.Run.Requests = recorded.Requests()
}

// addProblem adds what makes a node that failed a problem of the run: a node of the suite, or a spec that left no
// result.
func addProblem(in *report.Input, node types.SpecReport) {
	// That the run was interrupted is said once, for the run.
	failed := node.State.Is(types.SpecStateFailureStates) && !node.State.Is(types.SpecStateInterrupted)
	if node.LeafNodeType == types.NodeTypeSynchronizedBeforeSuite && node.ParallelProcess > 1 &&
		strings.Contains(node.Failure.Message, "process #1") {
		return // Ginkgo tells every process of what process 1 has said already
	}
	if failed && node.LeafNodeType != types.NodeTypeIt {
		in.Problems = append(in.Problems, node.Failure.Message)
	}
	if failed && node.LeafNodeType == types.NodeTypeIt && !slices.ContainsFunc(in.Specs,
		func(s report.Spec) bool { return s.ID == node.LeafNodeText }) {
		in.Problems = append(in.Problems, fmt.Sprintf("%s: %s", node.LeafNodeText, node.Failure.Message))
	}
}

// waited is the time that the waiting specs added to the run, in seconds: they follow one another in one process.
func waited(specs []report.Spec) float64 {
	total := 0.0
	for _, s := range specs {
		if s.Waiting {
			total += s.Seconds
		}
	}
	return total
}

func filter(c types.SuiteConfig) string {
	text := c.LabelFilter
	for _, focus := range c.FocusStrings {
		text += " --focus=" + focus
	}
	for _, skip := range c.SkipStrings {
		text += " --skip=" + skip
	}
	return text
}

func describeTarget() report.Target {
	t := suite.config.Target
	described := report.Target{Name: t.Name, URL: t.URL, Production: t.Production, Strict: t.Strict,
		Assumed: string(t.Assumed), Concurrency: t.Concurrency, Budget: t.Budget,
		KnownDeviations: string(t.Known)}
	if t.Rate.Limited() {
		described.Rate = t.Rate.String()
	}
	for _, permission := range t.Allow {
		described.Allow = append(described.Allow, string(permission))
	}
	return described
}

// floors are what a live target has to reach. What runs on the mock shows nothing about any.
func floors() *report.Floors {
	if suite.config.Target.Embedded || *rehearseFlag {
		return nil
	}
	gate := suite.config.Gate
	return &report.Floors{Asserted: gate.Asserted, SetAside: gate.SetAside, Leftovers: gate.Leftovers}
}
