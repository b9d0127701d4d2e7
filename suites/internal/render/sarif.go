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

// contractFile is where the reference lies in the repository. Code scanning shows a finding beside a line of a file:
// the operation's.
const contractFile = "schemas/openapi.yaml"

// SARIF writes the violations for code scanning (version 2.1.0): a rule for every fault, the gravest first, and a
// result for every spec that shows its gravest fault. What is waived or known is in it as suppressed. The fingerprint
// is the spec's id, so that a finding is known again in the next run.
func SARIF(w io.Writer, r *report.Result) error {
	run := sarif.NewRunWithInformationURI("conformance", "https://developer.acronis.com/doc/account-management/v2/")
	run.Tool.Driver.WithVersion(line(r.Run.Suite, 60))
	run.AutomationDetails = sarif.NewRunAutomationDetails().WithID("conformance/" + line(r.Target.Name, 60) + "/")
	run.Invocations = []*sarif.Invocation{invocation(r)}
	lines, specs := contractLines(), index(r)
	for _, f := range r.Faults {
		if !suppressible(f.Verdict) {
			continue
		}
		rule := run.AddRule(line(f.ID, 60)).WithName(ruleName(f)).WithDescription(embedded(f.Sentence))
		rule.WithFullDescription(sarif.NewMultiformatMessageString().
			WithText(embedded(strings.Join(r.Describe(f), "; "))))
		rule.WithHelp(sarif.NewMultiformatMessageString().WithText(r.Replay(f.ID)))
		if s := specs[f.Example]; s != nil && web(s.Link) != "" {
			rule.WithHelpURI(s.Link)
		}
	}
	for i := range r.Specs {
		s := &r.Specs[i]
		if f, shows := r.FaultOf(s); shows && suppressible(s.Verdict) {
			run.AddResult(resultOf(r, s, f, lines))
		}
	}
	if run.Results == nil {
		run.Results = []*sarif.Result{} // a reader must tell none from not looked
	}
	file := sarif.NewReport()
	file.AddRun(run)
	return file.PrettyWrite(w)
}

// suppressible reports whether a verdict is that of a violation, or of one that is accepted.
func suppressible(v report.Verdict) bool {
	return v == report.Violation || v == report.Waived || v == report.Known
}

func invocation(r *report.Result) *sarif.Invocation {
	i := sarif.NewInvocation().WithExecutionSuccessful(r.Verdict != report.Error)
	if !r.Run.Started.IsZero() && !r.Run.Ended.IsZero() {
		i.WithStartTimeUtc(r.Run.Started.UTC().Format("2006-01-02T15:04:05.000Z")).WithEndTimeUtc(r.Run.Ended.UTC().
			Format(
				"2006-01-02T15:04:05.000Z"))
	}
	return i
}

func resultOf(r *report.Result, s *report.Spec, f report.Fault, lines map[string]int) *sarif.Result {
	message := fmt.Sprintf("%s: %s. Replay: %s. Required: %s. Expected: %s. Actual: %s.", s.ID, f.Sentence,
		r.Replay(s.ID),
		s.Requirement, s.Expected, s.Actual)
	for _, d := range s.Differences {
		message += fmt.Sprintf(" %s: %s.", d.Path, d.Detail)
	}
	at := max(lines[s.Operation], lines[s.Path], 1)
	result := sarif.NewRuleResult(line(f.ID, 60)).WithLevel("error").
		WithMessage(sarif.NewTextMessage(embedded(message))).
		AddLocation(sarif.NewLocation().
			WithPhysicalLocation(sarif.NewPhysicalLocation().WithArtifactLocation(sarif.NewSimpleArtifactLocation(
				contractFile)).WithRegion(sarif.NewSimpleRegion(at, at))).
			AddLogicalLocation(sarif.NewLogicalLocation().WithName(line(s.Subject, 300)).WithFullyQualifiedName(
				line(s.Method+" "+s.Path, 300)).WithKind("resource"))).
		WithPartialFingerprints(map[string]string{"spec/v1": line(s.ID, 300)})
	if s.Verdict != report.Violation {
		why := s.Reason
		if f.Accepted != nil {
			why = f.Accepted.String()
		}
		result.AddSuppression(sarif.NewSuppression().WithKind("external").WithStatus("accepted").
			WithJustification(line(why,
				300)))
	}
	return result
}

// ruleName says what the rule is about, for who reads no sentence.
func ruleName(f report.Fault) string {
	return line(strings.Join([]string{f.Path, f.Rule, f.Found}, " "), 120)
}

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
