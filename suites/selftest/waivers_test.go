package selftest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// soon is a day so many days ahead, as waivers name it.
func soon(days int) string { return time.Now().UTC().AddDate(0, 0, days).Format(time.DateOnly) }

// waiverOf is an entry of the file: it accepts a fault (rule, path, found) in the specs of a pattern.
func waiverOf(pattern, fault, expires, more string) string {
	return fmt.Sprintf("- {spec: %s, fault: {%s}, reason: known, link: https://tracker.example.com/1, owner: us, "+
		"expires: %s%s}\n", pattern, fault, expires, more)
}

// The target of oneViolation answers 409 in the place of 401: that status, and a body that speaks of 401.
const (
	anotherStatus = "rule: status, path: status, found: '409'"
	anotherCode   = "rule: code-equals-status, path: $.error.code, found: '*'"
)

// A waiver excuses a fault, and never stays longer than it is needed.
var _ = Describe("waivers", func() {
	DescribeTable("decide on the run", func(ctx SpecContext, conforms bool, waivers string, code int,
		verdict report.Verdict, reason string) {
		serve := oneViolation
		if conforms {
			serve = func() map[string]string { return startMock() }
		}
		d := newDesk(serve(), small, readOnly, floors("0.01", 99, 1))
		d.writeSmall()
		d.waive(waivers)
		o := d.run(ctx, "gate", "-target=staging")
		Expect(o.code).To(Equal(code), o.output)
		Expect(o.result).NotTo(BeNil(), o.output)
		Expect(o.result.Verdict).To(Equal(verdict), o.result.Reason)
		Expect(d.decision().ExitCode).To(Equal(code))
		if reason != "" {
			Expect(strings.Join(append(o.result.Problems, o.result.Reason,
				strings.Join(withVerdict(o.result, report.Violation), "\n")), "\n")).To(ContainSubstring(reason))
		}
		if code == 0 {
			Expect(withVerdict(o.result, report.Waived)).To(HaveExactElements(ContainSubstring("waived until " +
				soon(30) + " by us")))
			Expect(o.flat()).To(ContainSubstring("; 1 waived"))
		}
	},
		Entry("waived: pass", limit, false, waiverOf(redSpec, anotherStatus, soon(30), "")+waiverOf(redSpec,
			anotherCode, soon(30), ""), 0, report.Pass, ""),
		Entry("by a pattern, for this target", limit, false, waiverOf("401/garbage-*/FetchApplications", anotherStatus,
			soon(30), ", targets: [staging]")+
			waiverOf(redSpec, anotherCode, soon(30), ""), 0, report.Pass, ""),
		Entry("one of two faults", limit, false, waiverOf(redSpec, anotherStatus, soon(30), ""), 1, report.Violation,
			"neither waived nor known: $.error.code: "),
		Entry("for another target", limit, false, waiverOf(redSpec, anotherStatus, soon(30), ", targets: [mock]"), 1,
			report.Violation, redSpec),
		Entry("no longer needed", limit, true, waiverOf(redSpec, anotherStatus, soon(30), ""), 2, report.Error,
			"waiver no longer needed"),
		Entry("no longer needed, beside a violation", limit, false,
			waiverOf("401/no-token/FetchApplications", anotherStatus, soon(30),
				""), 1, report.Violation, "waiver no longer needed"),
		Entry("fits no spec of another contract", limit, true,
			waiverOf("401/garbage-token/FetchUser", anotherStatus, soon(30), ""), 2, report.Error, "fits no spec"),
	)

	It("that end soon are named by doctor and by the run, and hold", limit, func(ctx SpecContext) {
		d := newDesk(oneViolation())
		d.waive(waiverOf(redSpec, anotherStatus, soon(14), "") + waiverOf(redSpec, anotherCode, soon(30), ""))
		o := d.look(ctx, "doctor", "-target=staging")
		Expect(o.code).To(Equal(0), o.output)
		Expect(o.flat()).To(And(ContainSubstring("warning waivers "),
			ContainSubstring("waiver "+redSpec+": its last day is "+soon(
				14)+": see https://tracker.example.com/1, or ask us for another date")))
		o = d.run(ctx, "run", "-target=staging", "-focus="+redSpec+"$")
		Expect(o.code).To(Equal(0), o.output)
		Expect(o.flat()).To(ContainSubstring("waiver " + redSpec + ": its last day is " + soon(14)))
	})

	It("are not judged stale where only a part runs", limit, func(ctx SpecContext) {
		d := newDesk(startMock())
		d.waive(waiverOf("401/garbage-token/FetchTenant", anotherStatus, soon(30), ""))
		o := d.run(ctx, "run", "-target=staging", few)
		Expect(o.code).To(Equal(0), o.output)
	})

	// The way to adopt the suite on a service that has debts; and what a waiver of the old form hid: a token endpoint
	// that gives tokens for a wrong secret.
	It("accept the word of a refusal, and not a token for a wrong secret", long, SpecTimeout(3*time.Minute),
		func(ctx SpecContext) {
			d := newDesk(nil)
			const debt, grave = "request-tokens-error-undocumented", "request-tokens-ignores-the-secret"
			o := d.run(ctx, "run", "-target=mock", "-filter=RequestTokens", "-defect="+debt)
			Expect(o.code).To(Equal(1), o.output)
			Expect(o.result.FaultsOf(report.Violation)).To(HaveExactElements(And(HaveField("Path", "$.error"),
				HaveField("Gravity", report.ErrorBody))))
			waive := []string{"waive", "-config=" + d.path("ginkgo.yml"), "-from=" + d.path("conformance.json"),
				"-owner=us", "-reason=known", "-link=https://t.example/1", "-expires=" + soon(30)}
			w := d.finish(ctx, d.start(binaries.Conformance, waive...))
			Expect(w.code).To(Equal(0), w.output)

			o = d.run(ctx, "run", "-target=mock", "-filter=RequestTokens", "-defect="+debt)
			Expect(o.code).To(Equal(0), o.output)
			Expect(withVerdict(o.result, report.Waived)).NotTo(BeEmpty())
			Expect(o.flat()).To(ContainSubstring(fmt.Sprintf("; %d waived", o.result.Totals.Specs.Waived)))

			o = d.run(ctx, "gate", "-target=mock")
			Expect(o.code).To(Equal(2), "nothing of it is needed: %s", o.output)
			Expect(o.flat()).To(ContainSubstring("waiver no longer needed"))

			for _, served := range []string{"", "-served"} {
				o = d.run(ctx, "run", "-target=mock", "-filter=RequestTokens", "-defect="+debt+","+grave)
				Expect(o.code).To(Equal(1), o.output)
				Expect(withVerdict(o.result,
					report.Violation)).To(ContainElement(HavePrefix("401/wrong-secret/RequestTokens: ")))
				Expect(o.result.FaultsOf(report.Violation)[0]).To(And(HaveField("Gravity", report.Served),
					HaveField("Sentence", ContainSubstring("requests that must be rejected with 401 succeed (200)"))))
				arguments := slices.Clone(waive)
				if served != "" {
					arguments = append(arguments, served)
				}
				w = d.finish(ctx, d.start(binaries.Conformance, arguments...))
				Expect(w.code).To(Equal(map[string]int{"": 2, "-served": 0}[served]), w.output)
			}
			o = d.run(ctx, "run", "-target=mock", "-filter=RequestTokens", "-defect="+debt+","+grave)
			Expect(o.code).To(Equal(0), "in so many words, and with a reason: %s", o.output)
		})
})

// further changes the objects that are answered with.
func further(wrong func(a *http.Response, body map[string]any)) func(*http.Response) {
	return func(a *http.Response) {
		if !strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") {
			return
		}
		content, err := io.ReadAll(a.Body)
		Expect(err).NotTo(HaveOccurred())
		decoder := json.NewDecoder(bytes.NewReader(content))
		decoder.UseNumber()
		var body map[string]any
		if decoder.Decode(&body) == nil && body != nil {
			wrong(a, body)
			content, err = json.Marshal(body)
			Expect(err).NotTo(HaveOccurred())
		}
		a.Body, a.ContentLength = io.NopCloser(bytes.NewReader(content)), int64(len(content))
		a.Header.Set("Content-Length", fmt.Sprint(len(content)))
	}
}

// What the live service is publicly known for is listed with its source, and is never more than that.
var _ = Describe("known deviations", func() {
	// Every answer is as the live service is known to give it, and perhaps one is otherwise still.
	serve := func(defect string, wrong func(a *http.Response, body map[string]any),
		changes ...func(string) string) *desk {
		environment := startMock("-quiet", "-variation=live-answers", "-defect="+defect)
		if wrong != nil {
			between(environment, &proxy{change: further(wrong)})
		}
		return newDesk(environment, changes...)
	}
	It("fail no gate, and are counted and listed in every view", long, SpecTimeout(5*time.Minute), func(
		ctx SpecContext) {
		d := serve("", nil)
		o := d.run(ctx, "gate", "-target=staging")
		Expect(o.result).NotTo(BeNil(), o.output)
		Expect(o.result.FaultsOf(report.Violation)).To(BeEmpty())
		Expect(o.code).To(Equal(0), o.output)
		known := o.result.FaultsOf(report.Known)
		Expect(len(known)).To(BeNumerically(">=", 15))
		Expect(o.flat()).To(And(ContainSubstring("known deviations of the live service: "),
			ContainSubstring(fmt.Sprintf("%d known", o.result.Totals.Specs.Known)),
			ContainSubstring("known deviation: an answer to FetchApplications recorded on one data center in November "+
				"2025, https://")))
		expectJUnit(o)
		for name, text := range map[string]string{
			"summary.md":        "### Known deviations of the live service: ",
			"index.html":        "Known deviations of the live service",
			"conformance.sarif": "known deviation: ", "junit.xml": "known deviation: ",
		} {
			content, err := os.ReadFile(d.path(name))
			Expect(err).NotTo(HaveOccurred())
			Expect(string(content)).To(ContainSubstring(text), name)
		}
		Expect(withVerdict(o.result, report.Pass)).To(ContainElement("409/stale-version/SetTenantOfferingItems: "),
			"426 is the documented code of another page")
	})

	DescribeTable("are never more than that", func(ctx SpecContext, filter, defect string,
		wrong func(a *http.Response, body map[string]any), sentence string) {
		d := serve(defect, wrong)
		o := d.run(ctx, "run", "-target=staging", "-filter="+filter)
		Expect(o.result).NotTo(BeNil(), o.output)
		Expect(o.result.Verdict).To(Equal(report.Violation), o.result.Reason)
		Expect(o.code).To(Equal(1), o.output)
		Expect(o.result.FaultsOf(report.Violation)).To(HaveExactElements(HaveField("Sentence",
			ContainSubstring(sentence))))
	},
		Entry("one more word", limit, "FetchUser && 20x", "", func(_ *http.Response, body map[string]any) {
			if body["external_operation_status"] != nil {
				body["external_operation_status"] = "paused"
			}
		}, `$.external_operation_status is "paused"`),
		Entry("one more application type", limit, "FetchApplications && 20x", "",
			func(a *http.Response, body map[string]any) {
				if items, isList := body["items"].([]any); isList && a.Request.URL.Path == "/api/2/applications" {
					items[0].(map[string]any)["type"] = "another"
				}
			}, `$.items[*].type is "another"`),
		Entry("one missing property of an answer", limit, "FetchApplications && 20x", "",
			func(a *http.Response, body map[string]any) {
				if items, isList := body["items"].([]any); isList && a.Request.URL.Path == "/api/2/applications" {
					delete(items[0].(map[string]any), "name")
				}
			}, "required property $.items[*].name is missing"),
		Entry("one missing property of a refusal", limit, "FetchTenant && 403", "",
			func(a *http.Response, body map[string]any) {
				if inside, isError := body["error"].(map[string]any); isError && a.StatusCode == http.StatusForbidden {
					delete(inside, "message")
				}
			}, "required property $.error.message is missing"),
		Entry("a token for a wrong secret", limit, "RequestTokens && wrong-secret", "request-tokens-ignores-the-secret",
			nil,
			"wrong-secret: requests that must be rejected with 401 succeed (200)"),
	)

	It("count as violations where the target says so", limit, func(ctx SpecContext) {
		d := serve("", nil, replaced("known_deviations: report", "known_deviations: fail  "))
		o := d.run(ctx, "run", "-target=staging", "-filter=RequestTokens && wrong-secret")
		Expect(o.code).To(Equal(1), o.output)
		Expect(o.result.FaultsOf(report.Violation)).To(HaveExactElements(HaveField("Sentence",
			HavePrefix(`$.error is "invalid_client"`))))
	})
})
