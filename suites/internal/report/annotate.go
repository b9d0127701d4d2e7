package report

import (
	"fmt"
	"io"
	"strings"
)

// shownAnnotations is how many annotations GitHub shows of one step: it drops the others.
const shownAnnotations = 10

// Annotate writes the faults as workflow commands, the gravest first, so that GitHub shows them beside the run; nothing
// unless the environment is that of GitHub Actions.
func Annotate(w io.Writer, r *Result, env func(string) (string, bool)) error {
	if value, _ := env("GITHUB_ACTIONS"); value == "" {
		return nil
	}
	var b strings.Builder
	add := func(title, text string) {
		fmt.Fprintf(&b, "::error title=%s::%s\n", property.Replace(title), message.Replace(text))
	}
	list := r.FaultsOf(Violation)
	for i, f := range list {
		if i == shownAnnotations-1 && len(list) > shownAnnotations {
			add(counted(len(list)-i, "more fault", "more faults"), "summary.md and index.html have them all")
			break
		}
		lines := r.Describe(f)
		add(cut(f.Sentence, 200), strings.Join(lines[1:], "\n")+"\nfault "+f.ID)
	}
	if r.Verdict != Violation && r.Verdict != Pass {
		add(string(r.Verdict)+" on "+cut(r.Target.Name, 60), cut(r.Reason, 600))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// What means something in a workflow command is written as the runner reads it: https://github.com/actions/toolkit.
var (
	message  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
