package config

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// The environment variables that the configuration knows besides those that ginkgo.yml names.
const (
	// EnvTarget selects a target, unless a flag does.
	EnvTarget = "ACRONIS_TARGET"
	// EnvProductionWrites names the one production host that may be written to.
	EnvProductionWrites = "ACRONIS_ALLOW_PRODUCTION_WRITES"
)

const largestFile = 1 << 20

// Open loads the configuration of a run: the file that Locate finds, or the built-in one.
func Open(path, selected string, env func(string) (string, bool)) (*File, error) {
	return open(path, selected, env, true)
}

// Look is Open for who writes nothing to the target, and so needs no word for a production host that may be written to.
func Look(path, selected string, env func(string) (string, bool)) (*File, error) {
	return open(path, selected, env, false)
}

func open(path, selected string, env func(string) (string, bool), writes bool) (*File, error) {
	path, optional, err := locate(path)
	if err != nil {
		return nil, err
	}
	if !optional {
		return load(path, selected, env, writes)
	}
	d := &document{path: path}
	file := d.load(builtIn, selected, env, writes)
	if d.err != nil {
		d.err.Path = "the built-in " + FileName
		return nil, d.err
	}
	file.BuiltIn = true
	return file, nil
}

// Load reads the ginkgo.yml at path and resolves one target: the selected one, else the one that ACRONIS_TARGET names,
// else the file's default. All targets are checked as they are written; variables and the files they name only for the
// resolved one. Every error is a *Error.
func Load(path, selected string, env func(string) (string, bool)) (*File, error) {
	return load(path, selected, env, true)
}

func load(path, selected string, env func(string) (string, bool), writes bool) (*File, error) {
	d := &document{path: path}
	data, err := read(path)
	if err != nil {
		d.fail(entry{}, "%v: name a readable file", err)
		return nil, d.err
	}
	config := d.load(data, selected, env, writes)
	if d.err != nil {
		return nil, d.err
	}
	return config, nil
}

func read(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, reason(err)
	}
	if len(data) > largestFile {
		return nil, fmt.Errorf("the file is larger than %d bytes", largestFile)
	}
	return data, nil
}

// reason drops the path from an error of package os, since the sentence around it names the path already.
func reason(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return fmt.Errorf("cannot be read (%w)", at.Err)
	}
	return err
}

func (d *document) load(data []byte, selected string, env func(string) (string, bool), writes bool) *File {
	top := d.parse(data)
	config := &File{Path: d.path}
	fallback := top.text("target")
	drafts := d.drafts(top)
	config.Timeouts = top.timeouts()
	config.Retry = top.retry()
	config.Contract = d.file(top, "contract")
	config.Gate = top.gate()
	notify := top.notify()
	top.done()
	if len(drafts) == 0 {
		d.fail(top.entry, "targets is missing: add one target at least")
	}
	if d.err != nil {
		return nil
	}
	for _, draft := range drafts {
		config.Targets = append(config.Targets, draft.name)
	}
	draft := d.choose(top, drafts, selected, fallback, env)
	if draft == nil {
		return nil
	}
	config.Target = draft.resolve(env)
	if !config.Target.Embedded { // which needs no environment
		config.Notify = notify(env)
	}
	if writes {
		draft.production(config.Target, env)
	}
	config.Name = config.Target.Name
	return config
}

// drafts reads all targets as they are written.
func (d *document) drafts(top *mapping) []*draft {
	targets := top.section("targets")
	var drafts []*draft
	for _, name := range targets.names {
		one, _ := targets.get(name)
		drafts = append(drafts, newDraft(d.mapping(one), name))
	}
	return drafts
}

// choose picks the draft of the target that this run is for.
func (d *document) choose(top *mapping, drafts []*draft, selected, fallback string, env func(string) (string,
	bool)) *draft {
	place := entry{key: "target"}
	name := selected
	if name == "" {
		name, _ = env(EnvTarget)
	}
	if name == "" {
		name = fallback
		place = top.entries["target"]
	}
	var names []string
	for _, draft := range drafts {
		if draft.name == name {
			return draft
		}
		names = append(names, printable(draft.name))
	}
	if name == "" {
		d.fail(entry{key: "target"}, "no target is selected: name one of %s here, in %s or with -target", list(names),
			EnvTarget)
		return nil
	}
	d.fail(place, "unknown target %s: choose from %s", printable(name), list(names))
	return nil
}

// file reads the path of a file, relative to the directory of ginkgo.yml, and checks that the file can be read.
func (d *document) file(m *mapping, name string) string {
	e := m.entries[name]
	text := m.text(name)
	if text == "" || d.err != nil {
		return ""
	}
	path := d.resolvePath(text)
	if _, err := read(path); err != nil {
		d.fail(e, "%s %v: name a readable file, relative to the directory of %s", printable(text), err,
			filepath.Base(d.path))
	}
	return path
}

// resolvePath makes a path absolute. Relative ones start at the directory of ginkgo.yml, because Ginkgo runs a suite
// in the suite's own directory, which is not what the writer of a path expects.
func (d *document) resolvePath(path string) string {
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(d.path), path)
	}
	if absolute, err := filepath.Abs(path); err == nil {
		return absolute
	}
	return path
}

func (m *mapping) section(name string) *mapping {
	e, _ := m.get(name)
	return m.document.mapping(e)
}

func (m *mapping) timeouts() Timeouts {
	s := m.section("timeouts")
	defer s.done()
	return Timeouts{
		Attempt: s.duration("attempt", 10*time.Second),
		Spec:    s.duration("spec", time.Minute),
		World:   s.duration("world", 3*time.Minute),
		Cleanup: s.duration("cleanup", 2*time.Minute),
		Settle:  s.duration("settle", 5*time.Second),
	}
}

// retry reads the policy after a 50x. It may be tighter than the documented one, never wider: a client that repeats
// more often hides what the suite is to find.
func (m *mapping) retry() Retry {
	s := m.section("retry")
	defer s.done()
	r := Retry{
		Repeats: s.integer("repeats", 2, 0, 2),
		Min:     s.duration("min", time.Second),
		Max:     s.duration("max", 2*time.Second),
	}
	const documented = "the documentation asks for repeats one to two seconds apart"
	switch {
	case r.Min < time.Second || r.Min > 2*time.Second:
		s.document.fail(s.entries["min"], "wants a duration from 1s to 2s: %s", documented)
	case r.Max < time.Second || r.Max > 2*time.Second:
		s.document.fail(s.entries["max"], "wants a duration from 1s to 2s: %s", documented)
	case r.Min > r.Max:
		s.document.fail(s.entries["min"], "is longer than retry.max: swap them")
	}
	return r
}

func (m *mapping) gate() Gate {
	s := m.section("gate")
	defer s.done()
	return Gate{
		Asserted:     s.share("asserted", 0.85),
		Inconclusive: s.integer("inconclusive", 60, 0, math.MaxInt32),
		Transient:    s.integer("transient", 10, 0, math.MaxInt32),
		SetAside:     s.integer("set_aside", 40, 0, math.MaxInt32),
		Accepted:     s.integer("accepted", 150, 0, math.MaxInt32),
		Leftovers:    s.integer("leftovers", 0, 0, math.MaxInt32),
	}
}

func (m *mapping) duration(name string, fallback time.Duration) time.Duration {
	e, ok := m.get(name)
	if !ok {
		return fallback
	}
	const wants = "wants a duration with its unit, such as 10s, 1m30s or 500ms, not %s"
	node, ok := e.node.(*ast.StringNode)
	if !ok {
		m.document.fail(e, wants, kind(e.node))
		return fallback
	}
	duration, err := time.ParseDuration(node.Value)
	if err != nil || duration <= 0 {
		m.document.fail(e, wants, printable(node.Value))
		return fallback
	}
	return duration
}

func (m *mapping) permissions(name string) []Permission {
	written, ok := m.texts(name)
	if !ok {
		return []Permission{Read}
	}
	e := m.entries[name]
	var permissions []Permission
	for _, text := range written {
		permission := Permission(text)
		switch {
		case permission != Read && permission != Write:
			m.document.fail(e, "knows no permission %s: write [read] or [read, write]", printable(text))
		case slices.Contains(permissions, permission):
			m.document.fail(e, "lists %s twice: write [read] or [read, write]", permission)
		}
		permissions = append(permissions, permission)
	}
	if !slices.Contains(permissions, Read) {
		m.document.fail(e, "lacks read, without which no spec can run: write [read] or [read, write]")
	}
	return permissions
}

// slowest is the longest time between two requests with which a small run ends before its tokens have expired.
const slowest = time.Minute

func (m *mapping) rate(name string) Rate {
	text := m.text(name)
	if text == "" {
		return Rate{}
	}
	rate, err := ParseRate(text)
	if err != nil {
		m.document.fail(m.entries[name], "wants a rate: %s", strings.TrimSpace(err.Error()))
	} else if rate.Interval() > slowest {
		m.document.fail(m.entries[name],
			"is too slow for any run to end: %s is a request every %v, a run sends dozens, and its tokens expire "+
				"after "+
				"some two hours: allow 1/m at least",
			text, rate.Interval())
	}
	return rate
}

func (m *mapping) assumed(name string) Assumed {
	text := m.text(name)
	switch assumed := Assumed(text); assumed {
	case AssumedLenient, AssumedStrict:
		return assumed
	case "":
	default:
		m.document.fail(m.entries[name], "knows no %s: write %s or %s", printable(text), AssumedStrict, AssumedLenient)
	}
	return AssumedLenient
}

func (m *mapping) knownDeviations(name string) KnownDeviations {
	text := m.text(name)
	switch known := KnownDeviations(text); known {
	case ReportKnown, FailKnown:
		return known
	case "":
	default:
		m.document.fail(m.entries[name], "knows no %s: write %s or %s", printable(text), ReportKnown, FailKnown)
	}
	return ""
}
