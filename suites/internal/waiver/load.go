package waiver

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// FileError is one thing that is wrong with a file of waivers. Its text is one sentence: where, what, and what to do.
type FileError struct {
	Path    string
	Line    int // 0 where the whole file is concerned
	Message string
}

func (e *FileError) Error() string {
	if e.Line == 0 {
		return e.Path + ": " + e.Message
	}
	return fmt.Sprintf("%s:%d: %s", e.Path, e.Line, e.Message)
}

// written is a waiver, or a known deviation, as it stands in the file.
type written struct {
	line    int
	Spec    patterns      `yaml:"spec"`
	Fault   *writtenFault `yaml:"fault"`
	Served  bool          `yaml:"served"`
	Reason  string        `yaml:"reason"`
	Link    string        `yaml:"link"`
	Owner   string        `yaml:"owner"`
	Expires string        `yaml:"expires"`
	Targets []string      `yaml:"targets"`
}

type writtenFault struct {
	Rule  string `yaml:"rule"`
	Path  string `yaml:"path"`
	Found string `yaml:"found"`
}

// UnmarshalYAML notes where the waiver stands.
func (w *written) UnmarshalYAML(node ast.Node) error {
	type plain written
	w.line = node.GetToken().Position.Line
	return yaml.NodeToValue(node, (*plain)(w), yaml.Strict())
}

// patterns are one text or a list of them.
type patterns []string

// UnmarshalYAML reads either form.
func (p *patterns) UnmarshalYAML(node ast.Node) error {
	if _, list := node.(*ast.SequenceNode); list {
		return yaml.NodeToValue(node, (*[]string)(p))
	}
	var one string
	err := yaml.NodeToValue(node, &one)
	*p = patterns{one}
	return err
}

// Load reads a file of waivers on a day. A key that is unknown and a waiver that lacks anything are errors, each a
// *FileError.
func Load(file string, day time.Time) (*List, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		if at := new(fs.PathError); errors.As(err, &at) {
			err = at.Err
		}
		return nil,
			&FileError{Path: file,
				Message: fmt.Sprintf("cannot be read: %v: waivers: [] is what it holds where nothing is waived", err)}
	}
	return parse(file, data, day)
}

func parse(file string, data []byte, day time.Time) (*List, error) {
	var document struct {
		Waivers *[]written `yaml:"waivers"`
	}
	if err := yaml.UnmarshalWithOptions(data, &document, yaml.Strict()); err != nil {
		return nil, syntax(file, err)
	}
	if document.Waivers == nil {
		return nil,
			&FileError{Path: file, Message: "has no list named waivers: write waivers: [] where nothing is waived"}
	}
	return collect(file, *document.Waivers, func(w written) (*Waiver, string) { return w.waiver(day) })
}

// collect makes a list of what a file holds.
func collect(file string, all []written, check func(written) (*Waiver, string)) (*List, error) {
	l := &List{path: file}
	for _, one := range all {
		one.trim()
		w, wrong := check(one)
		if wrong == "" {
			wrong = l.twin(w)
		}
		if wrong != "" {
			name := (&Waiver{Specs: one.Spec}).name()
			return nil, &FileError{Path: file, Line: one.line, Message: strings.TrimSpace("waiver "+name) + ": " +
				wrong}
		}
		l.Waivers = append(l.Waivers, w)
	}
	return l, nil
}

// syntax says in one line what the YAML library shows in many.
func syntax(file string, err error) error {
	e := &FileError{Path: file}
	e.Message, _, _ = strings.Cut(err.Error(), "\n")
	var located yaml.Error
	if errors.As(err, &located) {
		e.Message, _, _ = strings.Cut(located.GetMessage(), "\n")
		if token := located.GetToken(); token != nil && token.Position != nil {
			e.Line = token.Position.Line
		}
	}
	switch {
	case errors.As(err, new(*yaml.UnknownFieldError)):
		e.Message += ": known are waivers, in a waiver spec, fault, served, reason, link, owner, expires and " +
			"targets, " +
			"and in a fault rule, path and found"
	case errors.As(err, new(*yaml.TypeError)), errors.As(err, new(*yaml.UnexpectedNodeTypeError)):
		e.Message = "the value is of the wrong type: waivers is a list, each with texts and a fault of three texts, " +
			"served is true or false, and targets is a list of texts"
	default:
		e.Message = "the file is not valid YAML: " + e.Message
	}
	return e
}

func (w *written) trim() {
	for i := range w.Spec {
		w.Spec[i] = strings.TrimSpace(w.Spec[i])
	}
	texts := []*string{&w.Reason, &w.Link, &w.Owner, &w.Expires}
	if w.Fault != nil {
		texts = append(texts, &w.Fault.Rule, &w.Fault.Path, &w.Fault.Found)
	}
	for _, text := range texts {
		*text = strings.TrimSpace(*text)
	}
}

// waiver returns the waiver, or what is wrong with it and what to do.
func (w written) waiver(day time.Time) (_ *Waiver, wrong string) {
	if wrong := cmp.Or(w.specs(), w.fault(), w.why()); wrong != "" {
		return nil, wrong
	}
	waiver := w.plain()
	waiver.Owner, waiver.Served, waiver.Targets = w.Owner, w.Served, w.Targets
	var err error
	switch waiver.Expires, err = time.Parse(time.DateOnly, w.Expires); {
	case w.Owner == "":
		return nil, "has no owner: name the person or the team that answers for it"
	case w.Expires == "":
		return nil, "has no expires: name its last day, such as " + day.AddDate(0, 3, 0).Format(time.DateOnly)
	case err != nil:
		return nil, fmt.Sprintf("expires is not a day: %q should look like %s, and exist", w.Expires,
			day.AddDate(0, 3, 0).Format(time.DateOnly))
	case waiver.Expires.After(day.AddDate(1, 0, 0)):
		return nil, fmt.Sprintf("expires more than a year ahead: name a day until %s, and look at it again then",
			day.AddDate(1, 0, 0).UTC().Format(time.DateOnly))
	case slices.Contains(w.Targets, ""):
		return nil, "its targets hold an empty name: remove it"
	}
	return waiver, ""
}

// deviation returns the known deviation, or what is wrong with it.
func (w written) deviation() (_ *Waiver, wrong string) {
	if wrong := cmp.Or(w.specs(), w.fault(), w.why()); wrong != "" {
		return nil, wrong
	}
	if w.Owner+w.Expires != "" || w.Served || len(w.Targets) > 0 {
		return nil, "is a known deviation, which has neither owner, expires, served nor targets"
	}
	return w.plain(), ""
}

func (w written) plain() *Waiver {
	return &Waiver{Specs: w.Spec, Fault: Fault(*w.Fault), Reason: w.Reason, Link: w.Link, Line: w.line}
}

// specs says what is wrong with the patterns of specs.
func (w written) specs() (wrong string) {
	if len(w.Spec) == 0 {
		return "has no spec: name the id of a spec, or a pattern such as 401/*/FetchTenant"
	}
	for _, pattern := range w.Spec {
		parts := strings.Split(pattern, "/")
		switch {
		case pattern == "":
			return "has no spec: name the id of a spec, or a pattern such as 401/*/FetchTenant"
		case malformed(pattern):
			return "its spec is not a pattern: close the brackets, or put \\ before them"
		case strings.Trim(pattern, "*?/") == "":
			return "its spec fits everything: name a code and an operation or a probe"
		case len(parts) != 3:
			return "its spec can fit no id: an id is code/probe/subject, and * does not reach over a /"
		case unnamed(parts[1]) && unnamed(parts[2]):
			return fmt.Sprintf("its spec fits all of %s: name an operation or a probe", parts[0])
		}
	}
	return ""
}

// unnamed reports whether a part of a pattern names nothing.
func unnamed(part string) bool { return strings.Trim(brackets.ReplaceAllString(part, ""), "*?") == "" }

var brackets = regexp.MustCompile(`\[[^\]]*\]`)

// fault says what is wrong with the fault.
func (w written) fault() (wrong string) {
	if w.Fault == nil {
		return "has no fault: it accepts one fault and not a spec: " +
			"let conformance waive -from reports/conformance.json -fault ID write it, or copy rule, path and found " +
			"of the " +
			"fault from there"
	}
	for _, part := range []struct{ name, text string }{{"rule", w.Fault.Rule}, {"path", w.Fault.Path},
		{"found", w.Fault.Found}} {
		if part.text == "" {
			return fmt.Sprintf("its fault has no %s: copy it from the fault in conformance.json", part.name)
		}
	}
	if strings.Trim(w.Fault.Rule, "*") == "" || strings.Trim(w.Fault.Path, "*") == "" {
		return "its fault fits everything: name its rule and its path"
	}
	return ""
}

// why says what is wrong with reason and link.
func (w written) why() (wrong string) {
	link, err := url.Parse(w.Link)
	switch {
	case w.Reason == "":
		return "has no reason: say in a sentence what is wrong"
	case w.Link == "":
		return "has no link: name the page where it is followed up"
	case err != nil || link.Scheme != "https" && link.Scheme != "http" || link.Host == "":
		return "its link is no URL: write it with https://"
	}
	return ""
}

func malformed(pattern string) bool {
	_, err := path.Match(pattern, "")
	return err != nil
}

// twin says where the same waiver stands already: the second one would never be looked at.
func (l *List) twin(w *Waiver) (wrong string) {
	for _, other := range l.Waivers {
		same := slices.ContainsFunc(w.Specs, func(spec string) bool { return slices.Contains(other.Specs, spec) })
		if same && other.Fault == w.Fault && (len(other.Targets) == 0 || len(w.Targets) == 0 ||
			slices.ContainsFunc(w.Targets, other.holdsOn)) {
			return fmt.Sprintf("stands in line %d already: remove one of them", other.Line)
		}
	}
	return ""
}
