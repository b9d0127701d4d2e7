// Package config reads ginkgo.yml: where the suite runs and what it may do there.
//
// A target is the embedded mock or a live data center. Load resolves only the selected target's variables, so that a
// run on the mock needs no environment at all, and reports the first thing that is wrong as one *Error: a bad
// configuration has to be found before a single request is sent.
package config

import (
	"crypto/x509"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Permission is what a target lets the suite do.
type Permission string

const (
	// Read lets the suite send requests that change nothing.
	Read Permission = "read"
	// Write lets the suite create, change and delete objects in its own sandbox.
	Write Permission = "write"
)

// Assumed says what becomes of an expectation that the documentation does not carry.
type Assumed string

const (
	// AssumedLenient reports an unmet assumption without judging it: it is the default, since the documentation
	// decides.
	AssumedLenient Assumed = "lenient"
	// AssumedStrict demands that what is only assumed be met as well, as on the mock.
	AssumedStrict Assumed = "strict"
)

// KnownDeviations says what becomes of what the live service is publicly known to do otherwise than documented.
type KnownDeviations string

const (
	// ReportKnown lists known deviations with their sources, and fails nothing: it is the default.
	ReportKnown KnownDeviations = "report"
	// FailKnown takes them for violations.
	FailKnown KnownDeviations = "fail"
)

// File is a run's configuration: ginkgo.yml with one target selected and its variables resolved.
type File struct {
	Path     string   // of the file that was read, or of where the built-in one stands in for it
	BuiltIn  bool     // there is no file at the path
	Name     string   // of the selected target
	Targets  []string // names of all targets in the file
	Target   Target
	Timeouts Timeouts
	Retry    Retry
	Contract string // absolute path of an OpenAPI document that replaces the built-in one; empty for the built-in one
	Gate     Gate
	Notify   Notify
}

// Target is a place where the suite runs, and what it may do there.
type Target struct {
	Name         string
	Embedded     bool   // served in process; URL and credentials are empty
	URL          string // scheme and host, without a trailing slash
	ClientID     string
	ClientSecret Secret
	ExpiredToken Secret         // empty if not configured
	FaultHeader  string         // name of the request header that provokes a 50x; empty where the target knows none
	CAFile       string         // absolute path; empty for the system's roots
	RootCAs      *x509.CertPool // what CAFile holds; nil for the system's roots
	Allow        []Permission
	Production   bool
	Rate         Rate // requests per time, for the whole run; the zero value, of embedded targets alone, sets no limit
	Concurrency  int  // requests in flight, for the whole run; 0 likewise
	Budget       int  // requests in one run; 0 likewise
	Strict       bool // what HTTP in general asks beyond the documentation counts as well
	Assumed      Assumed
	Known        KnownDeviations // empty on an embedded target, where nothing is known
}

// Host is the host of the URL, with its port where that is not the scheme's own; empty for an embedded target.
func (t Target) Host() string {
	_, host, _ := strings.Cut(t.URL, "://")
	return host
}

// TokenFile is where a run keeps its token until a later run finds it expired: beside ginkgo.yml, outside the reports,
// which others read.
func (c *File) TokenFile() string {
	return filepath.Join(filepath.Dir(c.Path), ".acronis", "expired-token")
}

// MayWrite reports whether the suite may create, change and delete objects on the target.
func (t Target) MayWrite() bool { return slices.Contains(t.Allow, Write) }

// AssumedStrict reports whether expectations that are only assumed must be met as well.
func (t Target) AssumedStrict() bool { return t.Assumed == AssumedStrict }

// Rehearse takes away what makes a run wait, for a run on the embedded mock in the target's place: it sends the same
// requests at once.
func (c *File) Rehearse() {
	c.Target.Rate, c.Target.Concurrency, c.Target.Budget = Rate{}, 32, 0
	c.Timeouts.Settle = time.Nanosecond
	c.Retry.Min, c.Retry.Max = time.Nanosecond, time.Nanosecond
}

// Timeouts bound the parts of a run, so that a dead host ends it instead of hanging it.
type Timeouts struct {
	Attempt time.Duration // one HTTP attempt, from connect to the last byte of the body
	Spec    time.Duration // one spec, without waiting for the rate limit
	World   time.Duration // the making of the sandbox
	Cleanup time.Duration // the removal of the sandbox, also after an interrupt
	Settle  time.Duration // until reads show what was written; the embedded mock shows it at once
}

// Retry is what the client does after a 50x; the documentation allows at most two repeats, one to two seconds apart.
type Retry struct {
	Repeats  int
	Min, Max time.Duration
}

// Gate is what a run must reach for a release to pass. A run on a live target that is below Asserted or above
// Leftovers is not a pass either.
type Gate struct {
	Asserted     float64 // least share of reference cells asserted, from 0 to 1
	Inconclusive int     // most inconclusive reference cells
	Transient    int     // most 50x that went away after a repeat
	SetAside     int     // most reference cells that are not counted because the token names no role that is enough
	Accepted     int     // most requests that are served though nothing documents a refusal
	Leftovers    int     // most objects left behind
}

// Notify is who hears of a full run.
type Notify struct {
	Webhook Secret // address that takes a POST of {"text": "..."}, as Slack and Teams do; empty for none
}
