package selftest_test

import (
	"slices"
	"time"

	"acronis-conformance/fixtures/mock"
	"acronis-conformance/suites/internal/render"
	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// The judge of the judges: what the matrix makes of a run is seen without one.
var _ = Describe("a defect", Label("defect"), func() {
	spec := func(id string, verdict report.Verdict, reason string) report.Spec {
		return report.Spec{ID: id, Verdict: verdict, Reason: reason, Operation: "UpdateTenant", Actual: "200 OK"}
	}
	const (
		a, b, other = "401/a/UpdateTenant", "401/b/UpdateTenant", "404/a/UpdateTenant"
		see         = "see " + a + ": it changed the object that this spec aims at"
	)
	declared := defect{mock.Defect{Name: "d", Breaks: "clause 401"}, expectation{Fails: []string{"401/*/*"}}}
	with := func(change func(*defect)) defect {
		d := declared
		change(&d)
		return d
	}
	DescribeTable("is killed where just what it declares turns red", func(_ SpecContext, d defect, verdict render.Fate,
		missing, strays int, specs ...report.Spec) {
		k := judged(d, &report.Result{Specs: specs})
		Expect(k.Verdict).To(Equal(verdict), k.Why)
		Expect(k.Missing).To(HaveLen(missing))
		Expect(k.Strays).To(HaveLen(strays))
	},
		Entry("all of it", declared, render.Killed, 0, 0, spec(a, report.Violation, ""), spec(b, report.Error, ""),
			spec(other, report.Pass, ""), SpecTimeout(time.Second)),
		Entry("all but one, which passes", declared, render.Failed, 1, 0, spec(a, report.Violation, ""),
			spec(b, report.Pass, ""), SpecTimeout(time.Second)),
		Entry("all but one, which is not provoked", declared, render.Failed, 1, 0, spec(a, report.Violation, ""),
			spec(b, report.Inconclusive, "no token"), SpecTimeout(time.Second)),
		Entry("all but one, whose object another has spoilt", declared, render.Killed, 0, 0,
			spec(a, report.Violation, ""), spec(b, report.Inconclusive, see), SpecTimeout(time.Second)),
		Entry("all but one, which points to what is not red", declared, render.Failed, 2, 0, spec(a, report.Pass, ""),
			spec(b, report.Inconclusive, see), SpecTimeout(time.Second)),
		Entry("all but one, which passes and points", declared, render.Failed, 1, 0, spec(a, report.Violation, ""),
			spec(b, report.Pass, see), SpecTimeout(time.Second)),
		Entry("and another", declared, render.Failed, 0, 1, spec(a, report.Violation, ""), spec(other, report.Violation,
			""), SpecTimeout(time.Second)),
		Entry("and another that it may turn red", with(func(d *defect) { d.MayFail = []string{"404/*/*"} }),
			render.Killed, 0, 0,
			spec(a, report.Violation, ""), spec(other, report.Violation, ""), SpecTimeout(time.Second)),
		Entry("all but what cannot show it", with(func(d *defect) { d.Except = []string{b} }), render.Killed, 0, 0,
			spec(a, report.Violation, ""), spec(b, report.Pass, ""), SpecTimeout(time.Second)),
		Entry("what cannot show it", with(func(d *defect) { d.Except = []string{b} }), render.Failed, 0, 1,
			spec(a, report.Violation, ""), spec(b, report.Violation, ""), SpecTimeout(time.Second)),
		Entry("one, where any will do", with(func(d *defect) { d.AtLeastOne = true }), render.Killed, 0, 0,
			spec(a, report.Violation, ""), spec(b, report.Pass, ""), SpecTimeout(time.Second)),
		Entry("none, where any will do", with(func(d *defect) { d.AtLeastOne = true }), render.Failed, 2, 0,
			spec(a, report.Pass, ""), spec(b, report.Pass, ""), SpecTimeout(time.Second)),
		Entry("and what depends on it",
			with(func(d *defect) { d.Name, d.BreaksSetup = "FetchTenant.200-as-500", true }),
			render.Killed, 0, 0,
			spec(a, report.Violation, ""), spec(other, report.Error, ""), SpecTimeout(time.Second)),
		Entry("and what does not depend on it", with(func(d *defect) {
			d.Name, d.BreaksSetup = "FetchUser.200-as-500",
				true
		}), render.Failed, 0, 1,
			spec(a, report.Violation, ""), spec(other, report.Error, ""), SpecTimeout(time.Second)),
		Entry("none of it", declared, render.Failed, 1, 0, spec(a, report.Pass, ""), SpecTimeout(time.Second)),
		Entry("and none of it was run", declared, render.Failed, 0, 0, spec(other, report.Pass, ""),
			SpecTimeout(time.Second)),
	)
	DescribeTable("of the catalogue that shows in one place", func(_ SpecContext, path string, found bool) {
		s := spec(a, report.Violation, "")
		s.Differences = []report.Difference{{Path: path}}
		k := judged(with(func(d *defect) { d.At = "$.error.code" }), &report.Result{Specs: []report.Spec{s}})
		Expect(k.Verdict == render.Killed).To(Equal(found), k.Why)
		Expect(len(k.Missing) == 0).To(Equal(found))
	},
		Entry("is found there", "$.error.code", true, SpecTimeout(time.Second)),
		Entry("is not found elsewhere", "$.error.domain", false, SpecTimeout(time.Second)),
	)
	DescribeTable("that is generated is known by the answer", func(_ SpecContext,
		name, actual, path string, known bool) {
		s := report.Spec{Actual: actual, Differences: []report.Difference{{Path: path}}}
		Expect(shows(defect{Defect: mock.Defect{Name: name}}, s)).To(Equal(known))
	},
		Entry("another code", "FetchUser.200-as-201", "201 Created, no body", "status", true, SpecTimeout(time.Second)),
		Entry("not that code", "FetchUser.200-as-201", "500 Internal Server Error", "status", false,
			SpecTimeout(time.Second)),
		Entry("a path", "PATCH.tenants.{tenant_id}.405-as-404", "404 Not Found", "status", true,
			SpecTimeout(time.Second)),
		Entry("a property", "FetchUser.200-without-login", "200 OK", "$.login", true, SpecTimeout(time.Second)),
		Entry("another property", "FetchUser.200-without-login", "200 OK", "$.id", false, SpecTimeout(time.Second)),
		Entry("a property of an item", "FetchUsersBatch.200-mistyped-items.login", "200 OK", "$.items[7].login", true,
			SpecTimeout(time.Second)),
		Entry("no body", "FetchUser.200-bodiless", "200 OK, no body", "header Content-Type", true,
			SpecTimeout(time.Second)),
		Entry("a body", "DeleteUser.204-with-body", "204 No Content", "header Content-Length", true,
			SpecTimeout(time.Second)),
	)
	It("shares a batch with those alone that it can be told from", SpecTimeout(time.Minute), func(SpecContext) {
		for _, batch := range batches(generatedDefects()) {
			properties := map[string][]string{} // by operation
			for _, d := range batch {
				on := subject(d.Defect)
				Expect(on).NotTo(BeEmpty(), d.Name)
				Expect(properties[on]).NotTo(ContainElement(propertyOf(d)), d.Name)
				properties[on] = append(properties[on], propertyOf(d))
			}
			for on, all := range properties {
				Expect(len(all) > 1 && slices.Contains(all, "")).To(BeFalse(), "%s: %v", on, all)
			}
		}
	})
	DescribeTable("of the catalogue that declares the same specs shares a batch", func(_ SpecContext, at, other string,
		shares bool) {
		batches := apart([]defect{with(func(d *defect) { d.Name, d.At = "a", at }),
			with(func(d *defect) { d.Name, d.At = "b", other })})
		Expect(len(batches) == 1).To(Equal(shares))
	},
		Entry("with one that shows in another place", "$.error.code", "$.error.domain", true,
			SpecTimeout(time.Second)),
		Entry("with none that shows within it", "$.error.details", "$.error.details.info", false,
			SpecTimeout(time.Second)),
		Entry("with none that shows anywhere", "$.error.code", "", false, SpecTimeout(time.Second)),
	)
	DescribeTable("of the catalogue shares a batch", func(_ SpecContext, one, other string, shares bool) {
		declaring := func(name, pattern string) defect {
			return defect{mock.Defect{Name: name}, expectation{Fails: []string{pattern}}}
		}
		if shares {
			Expect(apart([]defect{declaring("a", one), declaring("b", other)})).To(HaveLen(1))
		} else {
			Expect(apart([]defect{declaring("a", one), declaring("b", other)})).To(HaveLen(2))
		}
	},
		Entry("with one on another operation", "20x/kept/CreateUser", "20x/kept/CreateReport", true,
			SpecTimeout(time.Second)),
		Entry("with one on the same operation, of another code", "20x/kept/CreateUser",
			"400/missing-field/CreateUser", true, SpecTimeout(time.Second)),
		Entry("with none of the same spec", "20x/kept/CreateUser", "20x/*/CreateUser", false,
			SpecTimeout(time.Second)),
		Entry("with one on every operation, of another code", "20x/kept/CreateUser", "404/*/*", true,
			SpecTimeout(time.Second)),
		Entry("with none on every operation, of the same code", "404/deleted-object/FetchUser", "404/*/*", false,
			SpecTimeout(time.Second)),
		Entry("with one of another code, where both show everywhere", "401/*/*", "404/*/*", true,
			SpecTimeout(time.Second)),
		Entry("with none of the same code, where both show everywhere", "404/unknown-*/*", "404/*/*", false,
			SpecTimeout(time.Second)),
	)
})
