package spec

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"acronis-conformance/fixtures/mock"
	"acronis-conformance/suites/internal/ratelimit"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/session"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("the configuration", func() {
	if suite.configErr != nil {
		It("is usable", func(SpecContext) {}, SpecTimeout(time.Second))
	}
})

// Process 1 makes the sandbox; the others read what they need of it from a private file. Ginkgo hands on only the
// file's path, since its server answers every local user.
var _ = SynchronizedBeforeSuite(func(ctx SpecContext) []byte {
	if suite.configErr != nil {
		Fail(suite.configErr.Error())
	}
	suite.collect()
	access, err := reach()
	Expect(err).NotTo(HaveOccurred())
	o := options(access)
	o.Run = session.NewRunID(time.Now())
	Expect(suite.record(o.Run)).To(Succeed())
	suite.keep(report.KindHeader, header(o))
	checkWaivers()
	needs := session.NewNeeds()
	for _, id := range suite.selected() {
		suite.specs[id].addTo(needs)
	}
	limited, cancel := ratelimit.WithTimeout(ctx, suite.config.Timeouts.World)
	defer cancel()
	suite.session, err = session.Open(limited, o, needs)
	if suite.session != nil {
		suite.keep(report.KindChecks, suite.session.Checks)
		suite.checked = len(suite.session.Checks)
	}
	if err != nil {
		if suite.session != nil && reportBroken(suite.session) {
			Fail(fmt.Sprintf("the set-up failed after answers that break the contract: %v", err))
		}
		Fail(fmt.Sprintf("the set-up failed, which says nothing about the contract: %v", err))
	}
	suite.keep(report.KindLimits, suite.session.Limits())
	if parallelTotal() == 1 {
		suite.ahead = newAhead(
			slices.DeleteFunc(suite.early, func(sp Spec) bool { return !suite.selects(sp.ID()) }),
			suite.session.Concurrency(),
			func(ctx context.Context, sp Spec) *evaluation { return sp.timed(ctx, suite.session, true) })
	}
	path, err := suite.session.Save()
	Expect(err).NotTo(HaveOccurred())
	return []byte(path)
}, func(_ SpecContext, path []byte) {
	if suite.session != nil {
		return // process 1 has it
	}
	suite.collect()
	var err error
	suite.session, err = session.Join(options(session.Access{}), string(path))
	Expect(err).NotTo(HaveOccurred())
	Expect(suite.record(suite.session.Run)).To(Succeed())
}, NodeTimeout(NoTimeout))

// reportBroken records the violations before the set-up ended: what valid calls were answered, and what is wrong with
// successes, by the specs that judge every answer. None of these specs runs any longer. Where no answer was sound, what
// does not resemble an answer of the operation may be that of another host, which the set-up's error names. It reports
// whether there was a violation.
func reportBroken(s *session.Session) (told bool) {
	all, err := s.Answers()
	known := err == nil && slices.ContainsFunc(slices.Collect(maps.Values(all)), session.Answers.Sound)
	for operation, e := range s.Broken(known) {
		if sp, specified := suite.specs["20x/valid-token/"+operation]; specified {
			f := s.Judge.Examine(e, sp.expectation())
			suite.keep(report.KindSpec, concluded(s, sp.record(), f, Exchanges(e)))
			told = true
		}
	}
	if err != nil {
		return told // the set-up's error ends the run in any case
	}
	for _, operation := range slices.Sorted(maps.Keys(all)) {
		op := suite.contract.Operation(operation)
		answers := all[operation].Successes(op)
		if !known {
			answers = answers.Resembling(op)
		}
		sp, specified := suite.specs[everyAnswer(op).ID()]
		if !specified || len(answers.Faults) == 0 {
			continue
		}
		record := sp.record()
		decide(s, &record, judged(s, op, answers, &record))
		accept(&record)
		suite.keep(report.KindSpec, record)
		told = true
	}
	return told
}

// serve starts the embedded mock.
var serve = sync.OnceValues(func() (*mock.Running, error) {
	return mock.Start(mock.Options{Defects: mock.Names(*defectFlag)})
})

// reach serves the embedded mock, or takes the access that the configuration gives.
func reach() (session.Access, error) {
	t := suite.config.Target
	access := session.Access{URL: t.URL, ClientID: t.ClientID, ClientSecret: string(t.ClientSecret),
		ExpiredToken: string(t.ExpiredToken), FaultHeader: t.FaultHeader}
	if !t.Embedded && !*rehearseFlag {
		return access, nil
	}
	running, err := serve()
	if err != nil {
		return session.Access{}, err
	}
	suite.mock = running
	access.URL, access.ClientID, access.ClientSecret = running.URL, running.ClientID, running.ClientSecret
	if t.Embedded || t.ExpiredToken != "" {
		access.ExpiredToken = running.ExpiredToken
	}
	if t.Embedded || t.FaultHeader != "" {
		access.FaultHeader = mock.FaultHeader
	}
	return access, nil
}

// Every process removes what it made; process 1, whose objects hold the others', comes last.
var _ = SynchronizedAfterSuite(func(ctx SpecContext) {
	if GinkgoParallelProcess() != 1 {
		cleanUp(ctx)
	}
}, func(ctx SpecContext) {
	cleanUp(ctx)
	if suite.mock != nil {
		Expect(suite.mock.Close()).To(Succeed())
		suite.mock = nil // and with it all that was made on it
	}
}, NodeTimeout(NoTimeout))

// cleanUpAlone removes what process 1 has made where Ginkgo does not: without its server, which is gone once ginkgo
// is killed, it cannot know when the other processes have finished.
func cleanUpAlone() {
	if suite.session == nil || suite.cleaned {
		return
	}
	suite.cleaned = true
	suite.ahead.end()
	ctx, cancel := ratelimit.WithTimeout(context.Background(), suite.session.CleanupTimeout())
	defer cancel()
	suite.keep(report.KindLeftovers, leftBehind(suite.session.Close(ctx)))
	suite.keep(report.KindEnd, suite.session.Requested())
	_, _ = suite.records.Close(), suite.session.Discard() // no one is left who could be told
}

func cleanUp(ctx context.Context) {
	if suite.session == nil {
		return
	}
	suite.ahead.end()
	suite.cleaned = true
	ctx, cancel := ratelimit.WithTimeout(ctx, suite.session.CleanupTimeout())
	defer cancel()
	if *keepFlag != "" {
		suite.session.Leave()
		Expect(writeVariables(*keepFlag, suite.session)).To(Succeed())
	} else {
		suite.keep(report.KindLeftovers, leftBehind(suite.session.Close(ctx)))
	}
	if GinkgoParallelProcess() == 1 {
		suite.keep(report.KindChecks, suite.session.Checks[suite.checked:])
	}
	suite.keep(report.KindEnd, suite.session.Requested())
	Expect(suite.records.Close()).To(Succeed())
	if GinkgoParallelProcess() == 1 {
		var err error
		suite.answers, err = suite.session.Answers()
		Expect(err).NotTo(HaveOccurred())
		Expect(suite.session.Discard()).To(Succeed())
	}
}

// writeVariables writes what the lines need that repeat the requests of the run, for bash, where only this user can
// read it.
func writeVariables(path string, s *session.Session) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Variables of the run %s on %s, for the curl lines of its reports.\n", s.Run, s.Access.URL)
	for _, v := range s.Variables() {
		fmt.Fprintf(&b, "export %s='%s'\n", v.Name, strings.ReplaceAll(v.Value, "'", `'\''`))
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return report.ReplaceAs(path, 0o600, func(w io.Writer) error {
		_, err := io.WriteString(w, b.String())
		return err
	})
}
