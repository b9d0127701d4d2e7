package report

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"acronis-conformance/suites/internal/exchange"
)

// Replay is the command that runs again the specs of a fault, or one spec, by its id: with the target, the
// configuration and the defects of the run. It is for a shell.
func (r *Result) Replay(id string) string { return r.Run.Replay(r.Target.Name, id) }

// Replay is the command for a run on that target.
func (r Run) Replay(target, id string) string {
	words := slices.Clone(r.ReplayCommand)
	if len(words) == 0 {
		words = []string{"conformance", "replay"}
		if r.Config != "" && filepath.Base(r.Config) != "ginkgo.yml" { // which is found without the flag
			words = append(words, "-config="+r.Config)
		}
	}
	if target != "" {
		words = append(words, "-target="+target)
	}
	if len(r.Defects) > 0 {
		words = append(words, "-defect="+strings.Join(r.Defects, ","))
	}
	words = append(words, id)
	for i, word := range words {
		words[i] = shellWord(word)
	}
	return strings.Join(words, " ")
}

// plainWord needs no quotes in a shell.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:=@%+,-]+$`)

func shellWord(text string) string {
	text = exchange.Printable(text)
	if plainWord.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// Exchanged is the spec's first exchange in a line: GET https://host/api/2/tenants/1: 404. It is empty where the spec
// sent nothing.
func (s *Spec) Exchanged() string {
	if len(s.Exchanges) == 0 {
		return ""
	}
	e := s.Exchanges[0]
	answer := "no answer"
	for _, a := range e.Attempts {
		if a.Status != 0 {
			answer = fmt.Sprint(a.Status)
		}
	}
	return cut(fmt.Sprintf("%s %s: %s", e.Method, e.URL, answer), 300)
}

// Spec finds a spec by its id; nil where there is none.
func (r *Result) Spec(id string) *Spec {
	for i := range r.Specs {
		if r.Specs[i].ID == id {
			return &r.Specs[i]
		}
	}
	return nil
}

// Describe says in a few lines what a reader needs of a fault: its title, how far it goes, an exchange that shows it,
// and the command that runs it again. The last two are for copying, and never broken.
func (r *Result) Describe(f Fault) []string {
	lines := []string{f.ID + " " + f.Sentence, f.Where() + ", such as " + f.Example}
	if s := r.Spec(f.Example); s != nil && s.Exchanged() != "" {
		lines = append(lines, s.Exchanged())
	}
	return append(lines, r.Replay(f.ID))
}
