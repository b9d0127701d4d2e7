package waiver

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"acronis-conformance/suites/internal/report"
)

// Grounds are what a person says of the faults that he or she accepts.
type Grounds struct {
	Reason, Link, Owner string
	Expires             string // such as 2030-06-30
	Target              string // on which the faults were seen, and are accepted
	Served              bool   // accept requests that must be rejected and are served, too
}

// Entries are waivers of just these faults in just the specs that show them.
func Entries(faults []report.Fault, g Grounds) []*Waiver {
	var list []*Waiver
	expires, _ := time.Parse(time.DateOnly, g.Expires)
	for _, f := range faults {
		list = append(list, &Waiver{Specs: f.Specs, Fault: Fault{Rule: f.Rule, Path: f.Path, Found: f.Found},
			Served: g.Served && f.Serves(),
			Reason: g.Reason, Link: g.Link, Owner: g.Owner, Expires: expires, Targets: []string{g.Target}})
	}
	return list
}

// Append adds waivers to the file, behind those that stand there, and leaves the rest of it as it is, with its
// comments. A file that there is not is made. The file is replaced as a whole, or not at all: what cannot be read
// again on that day, as Load would, is not written.
func Append(file string, waivers []*Waiver, day time.Time) error {
	old, err := os.ReadFile(file)
	mode := os.FileMode(0o644)
	switch info, statErr := os.Stat(file); {
	case errors.Is(err, fs.ErrNotExist):
		old = []byte("waivers: []\n")
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
	case err != nil:
		return err
	case statErr == nil:
		mode = info.Mode().Perm()
	}
	before, err := parse(file, old, day)
	if err != nil {
		return fmt.Errorf("%w: correct it first, nothing was written", err)
	}
	text, err := appended(string(old), waivers)
	if err != nil {
		return &FileError{Path: file, Message: err.Error()}
	}
	after, err := parse(file, []byte(text), day)
	if err != nil {
		return fmt.Errorf("%w: nothing was written", err)
	}
	if !slices.EqualFunc(after.Waivers, slices.Concat(before.Waivers, waivers), same) {
		return &FileError{Path: file,
			Message: "the waivers cannot be put behind those that stand there: " +
				"write its list in the form of the example in the file, nothing was written"}
	}
	target := file
	if resolved, err := filepath.EvalSymlinks(file); err == nil {
		target = resolved
	}
	return report.ReplaceAs(target, mode, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
}

// same reports whether two waivers say the same, wherever they stand.
func same(a, b *Waiver) bool {
	return slices.Equal(a.Specs, b.Specs) && a.Fault == b.Fault && a.Served == b.Served && a.Reason == b.Reason &&
		a.Link == b.Link &&
		a.Owner == b.Owner && a.Expires.Equal(b.Expires) && slices.Equal(a.Targets, b.Targets)
}

// appended is the file's text with the waivers behind those that stand there.
func appended(text string, waivers []*Waiver) (string, error) {
	file, err := parser.ParseBytes([]byte(text), 0)
	if err != nil {
		return "", err
	}
	list := listOf(file)
	if list == nil {
		return "", errors.New("has no list named waivers: write waivers: [] where nothing is waived")
	}
	indent := ""
	switch {
	case !list.IsFlowStyle:
		indent = strings.Repeat(" ", max(list.Start.Position.Column-1, 0))
	case len(list.Values) > 0:
		return "", errors.New("its list is written in brackets: " +
			"write each waiver on lines of its own, as the example in the file does")
	default: // waivers: []
		if text, err = withoutBrackets(text, list); err != nil {
			return "", err
		}
	}
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	for _, w := range waivers {
		entry, err := w.yaml(indent)
		if err != nil {
			return "", err
		}
		text += entry
	}
	return text, nil
}

// listOf finds the list of waivers.
func listOf(file *ast.File) *ast.SequenceNode {
	for _, document := range file.Docs {
		pairs, ok := document.Body.(ast.MapNode)
		if !ok {
			continue
		}
		for all := pairs.MapRange(); all.Next(); {
			list, isList := all.Value().(*ast.SequenceNode)
			if isList && all.Key().GetToken().Value == "waivers" {
				return list
			}
		}
	}
	return nil
}

// withoutBrackets takes the empty list away, so that entries can follow in lines of their own. A comment behind it
// stays.
func withoutBrackets(text string, list *ast.SequenceNode) (string, error) {
	lines := strings.SplitAfter(text, "\n")
	from, to := list.Start.Position, list.End.Position
	if from.Line != to.Line || from.Line > len(lines) {
		return "", errors.New("its empty list goes over several lines: write waivers: []")
	}
	letters := []rune(lines[from.Line-1])
	if to.Column > len(letters) || from.Column < 1 {
		return "", errors.New("its empty list cannot be found: write waivers: []")
	}
	head, tail := strings.TrimRight(string(letters[:from.Column-1]), " "), string(letters[to.Column:])
	lines[from.Line-1] = head + tail
	return strings.Join(lines, ""), nil
}

// yaml writes the waiver as an entry of the file.
func (w *Waiver) yaml(indent string) (string, error) {
	var b strings.Builder
	first := true
	for _, field := range []struct {
		name  string
		value any
		omit  bool
	}{
		{"spec", one(w.Specs), false},
		{"fault", yaml.MapSlice{{Key: "rule", Value: w.Fault.Rule}, {Key: "path", Value: w.Fault.Path},
			{Key: "found", Value: w.Fault.Found}}, false},
		{"served", w.Served, !w.Served},
		{"reason", w.Reason, false},
		{"link", w.Link, false},
		{"owner", w.Owner, false},
		{"expires", w.Expires.Format(time.DateOnly), false},
		{"targets", w.Targets, len(w.Targets) == 0},
	} {
		if field.omit {
			continue
		}
		encoded, err := yaml.MarshalWithOptions(yaml.MapSlice{{Key: field.name, Value: field.value}},
			yaml.IndentSequence(true))
		if err != nil {
			return "", err
		}
		for line := range strings.Lines(string(encoded)) {
			lead := "  "
			if first {
				lead, first = "- ", false
			}
			b.WriteString(indent + lead + line)
		}
	}
	return b.String(), nil
}

// one is a text where there is only one, and else the list.
func one(list []string) any {
	if len(list) == 1 {
		return list[0]
	}
	return list
}
