package render

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/report"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
)

// contractFile is where the reference lies in the repository. Code scanning shows a finding beside a line of a file: the operation's.
const contractFile = "schemas/openapi.yaml"

// SARIF writes the violations for code scanning (version 2.1.0): a rule for every fault, a result for every spec. Waived ones are in it
// as suppressed. The fingerprint is the spec's id, so that a finding is known again in the next run.
func SARIF(w io.Writer, r *report.Result) error {
	run := sarif.NewRunWithInformationURI("conformance", "https://developer.acronis.com/doc/account-management/v2/")
	run.Tool.Driver.WithVersion(line(r.Run.Suite, 60))
	run.AutomationDetails = sarif.NewRunAutomationDetails().WithID("conformance/" + line(r.Target.Name, 60) + "/")
	run.Invocations = []*sarif.Invocation{invocation(r)}
	lines, faults := contractLines(), faultsOf(r)
	for i := range r.Specs {
		s := &r.Specs[i]
		f, faulty := faults[s.ID]
		if !faulty {
			continue
		}
		rule := run.AddRule(ruleOf(f)).WithName(ruleOf(f)).WithDescription(embedded(f.Text))
		if web(s.Link) != "" {
			rule.WithHelpURI(s.Link)
		}
		run.AddResult(resultOf(s, f, lines))
	}
	if run.Results == nil {
		run.Results = []*sarif.Result{} // a reader must tell none from not looked
	}
	file := sarif.NewReport()
	file.AddRun(run)
	return file.PrettyWrite(w)
}

// faultsOf finds the fault of every spec that is in violation, waived or not; of several the most widespread, by the id of the spec.
func faultsOf(r *report.Result) map[string]report.Finding {
	var specs []report.Spec
	for _, s := range r.Specs {
		if s.Verdict == report.Violation || s.Verdict == report.Waived {
			s.Verdict = report.Violation // so that it goes by what is wrong with it, not by its waiver
			specs = append(specs, s)
		}
	}
	faults := make(map[string]report.Finding, len(specs))
	for _, f := range report.Findings(&report.Result{Specs: specs}, report.Violation) {
		for _, s := range f.Specs {
			if _, known := faults[s.ID]; !known {
				faults[s.ID] = f
			}
		}
	}
	return faults
}

func invocation(r *report.Result) *sarif.Invocation {
	i := sarif.NewInvocation().WithExecutionSuccessful(r.Verdict != report.Error)
	if !r.Run.Started.IsZero() && !r.Run.Ended.IsZero() {
		i.WithStartTimeUtc(r.Run.Started.UTC().Format("2006-01-02T15:04:05.000Z")).WithEndTimeUtc(r.Run.Ended.UTC().Format("2006-01-02T15:04:05.000Z"))
	}
	return i
}

func resultOf(s *report.Spec, f report.Finding, lines map[string]int) *sarif.Result {
	message := fmt.Sprintf("%s: %s. Required: %s. Expected: %s. Actual: %s.", s.ID, f.Text, s.Requirement, s.Expected, s.Actual)
	for _, d := range s.Differences {
		message += fmt.Sprintf(" %s: %s.", d.Path, d.Detail)
	}
	at := max(lines[s.Operation], lines[s.Path], 1)
	result := sarif.NewRuleResult(ruleOf(f)).WithLevel("error").WithMessage(sarif.NewTextMessage(embedded(message))).
		AddLocation(sarif.NewLocation().
			WithPhysicalLocation(sarif.NewPhysicalLocation().WithArtifactLocation(sarif.NewSimpleArtifactLocation(contractFile)).WithRegion(sarif.NewSimpleRegion(at, at))).
			AddLogicalLocation(sarif.NewLogicalLocation().WithName(line(s.Subject, 300)).WithFullyQualifiedName(line(s.Method+" "+s.Path, 300)).WithKind("resource"))).
		WithPartialFingerprints(map[string]string{"spec/v1": line(s.ID, 300)})
	if s.Verdict == report.Waived {
		result.AddSuppression(sarif.NewSuppression().WithKind("external").WithStatus("accepted").WithJustification(line(s.Reason, 300)))
	}
	return result
}

func ruleOf(f report.Finding) string { return line(f.Key, 120) }

// embedded writes a text as a message of SARIF, in which brackets would make a link.
func embedded(text string) string {
	return strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`).Replace(line(text, 1500))
}

// contractLines finds operations and paths in the reference: the line of each, counted from 1.
func contractLines() map[string]int {
	lines := map[string]int{}
	for i, text := range bytes.Split(schemas.Reference(), []byte("\n")) {
		switch text := strings.TrimSpace(string(text)); {
		case strings.HasPrefix(text, "operationId:"):
			lines[strings.Trim(strings.TrimPrefix(text, "operationId:"), ` "'`)] = i + 1
		case strings.HasPrefix(text, "/") && strings.HasSuffix(text, ":"):
			lines[strings.TrimSuffix(text, ":")] = i + 1
		}
	}
	return lines
}
