package waiver

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
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

// written is a waiver as it stands in the file.
type written struct {
	line    int
	Spec    string   `yaml:"spec"`
	Reason  string   `yaml:"reason"`
	Link    string   `yaml:"link"`
	Owner   string   `yaml:"owner"`
	Expires string   `yaml:"expires"`
	Targets []string `yaml:"targets"`
}

// UnmarshalYAML notes where the waiver stands.
func (w *written) UnmarshalYAML(node ast.Node) error {
	type plain written
	w.line = node.GetToken().Position.Line
	return yaml.NodeToValue(node, (*plain)(w), yaml.Strict())
}

// Load reads a file of waivers. A key that is unknown and a waiver that lacks anything are errors, each a *FileError.
func Load(file string) (*List, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		if at := new(fs.PathError); errors.As(err, &at) {
			err = at.Err
		}
		return nil, &FileError{Path: file, Message: fmt.Sprintf("cannot be read: %v: waivers: [] is what it holds where nothing is waived", err)}
	}
	return parse(file, data)
}

func parse(file string, data []byte) (*List, error) {
	var document struct {
		Waivers *[]written `yaml:"waivers"`
	}
	if err := yaml.UnmarshalWithOptions(data, &document, yaml.Strict()); err != nil {
		return nil, syntax(file, err)
	}
	if document.Waivers == nil {
		return nil, &FileError{Path: file, Message: "has no list named waivers: write waivers: [] where nothing is waived"}
	}
	l := &List{path: file}
	for _, one := range *document.Waivers {
		w, fault := one.check()
		if fault == "" {
			fault = l.twin(w)
		}
		if fault != "" {
			return nil, &FileError{Path: file, Line: one.line, Message: strings.TrimSpace("waiver "+one.Spec) + ": " + fault}
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
		e.Message += ": known are waivers, and in a waiver spec, reason, link, owner, expires and targets"
	case errors.As(err, new(*yaml.TypeError)), errors.As(err, new(*yaml.UnexpectedNodeTypeError)):
		e.Message = "the value is of the wrong type: waivers is a list, each with texts, and targets is a list of texts"
	default:
		e.Message = "the file is no valid YAML: " + e.Message
	}
	return e
}

// check returns the waiver, or what is wrong with it and what to do.
func (w written) check() (_ *Waiver, fault string) {
	for _, text := range []*string{&w.Spec, &w.Reason, &w.Link, &w.Owner, &w.Expires} {
		*text = strings.TrimSpace(*text)
	}
	waiver := &Waiver{Spec: w.Spec, Reason: w.Reason, Link: w.Link, Owner: w.Owner, Targets: w.Targets, Line: w.line}
	link, err := url.Parse(w.Link)
	switch {
	case w.Spec == "":
		return nil, "has no spec: name the id of a spec, or a pattern such as 401/*/FetchTenant"
	case malformed(w.Spec):
		return nil, "its spec is no pattern: close the brackets, or put \\ before them"
	case strings.Count(w.Spec, "/") != 2:
		return nil, "its spec can fit no id: an id is code/probe/subject, and * does not reach over a /"
	case strings.Trim(w.Spec, "*?/") == "":
		return nil, "its spec fits everything: name a code, a probe or an operation"
	case w.Reason == "":
		return nil, "has no reason: say in a sentence what is wrong"
	case w.Link == "":
		return nil, "has no link: name the page where it is followed up"
	case err != nil || link.Scheme != "https" && link.Scheme != "http" || link.Host == "":
		return nil, "its link is no URL: write it with https://"
	case w.Owner == "":
		return nil, "has no owner: name the person or the team that answers for it"
	case w.Expires == "":
		return nil, "has no expires: name its last day, such as 2030-06-30"
	case slices.Contains(w.Targets, ""):
		return nil, "its targets hold an empty name: remove it"
	}
	if waiver.Expires, err = time.Parse(time.DateOnly, w.Expires); err != nil {
		return nil, fmt.Sprintf("expires is no day: %q should look like 2030-06-30, and exist", w.Expires)
	}
	return waiver, ""
}

func malformed(pattern string) bool {
	_, err := path.Match(pattern, "")
	return err != nil
}

// twin says where the same waiver stands already: the second one would never be looked at.
func (l *List) twin(w *Waiver) (fault string) {
	for _, other := range l.Waivers {
		if other.Spec == w.Spec && (len(other.Targets) == 0 || len(w.Targets) == 0 || slices.ContainsFunc(w.Targets, other.holdsOn)) {
			return fmt.Sprintf("stands in line %d already: remove one of them", other.Line)
		}
	}
	return ""
}
