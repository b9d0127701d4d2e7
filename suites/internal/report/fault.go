package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Fault is the one cause that the violations of many specs share: a rule that is broken at a place, and what was
// found there. People read faults first, and a waiver accepts one. What is accepted in some specs and not in others
// stands in the list once for each verdict, with the same id.
type Fault struct {
	ID       string      `json:"id"`       // see Cause.ID
	Sentence string      `json:"sentence"` // names the fault to a reader
	Rule     string      `json:"rule"`
	Path     string      `json:"path"`  // status, header Content-Type, or a JSON path with [*] for positions
	Found    string      `json:"found"` // a kind of value, or the value itself where only some words are allowed
	Gravity  Gravity     `json:"gravity"`
	Verdict  Verdict     `json:"verdict"` // violation, waived, known; inconclusive for lenient faults, pass for advice
	Example  string      `json:"example"` // id of the spec that shows it best
	Accepted *Acceptance `json:"accepted,omitempty"`
	Extent
}

// Extent is how far a fault goes. All lists are sorted and hold each name once.
type Extent struct {
	Specs      []string `json:"specs"` // ids
	Codes      []string `json:"codes"` // of the specs
	Operations []string `json:"operations"`
	Paths      []string `json:"paths,omitempty"` // of the specs whose subject is not an operation
}

// Acceptance says why a difference is not a violation.
type Acceptance struct {
	Verdict Verdict `json:"verdict"` // waived or known
	Reason  string  `json:"reason"`  // of a waiver, or the public source of a known deviation
	Link    string  `json:"link,omitempty"`
	Owner   string  `json:"owner,omitempty"`   // of a waiver
	Expires string  `json:"expires,omitempty"` // last day of a waiver
}

// String says it in a sentence.
func (a Acceptance) String() string {
	text := "waived"
	if a.Verdict == Known {
		text = "known deviation"
	}
	for _, part := range []struct{ before, text string }{
		{" until ", a.Expires}, {" by ", a.Owner}, {": ", a.Reason}, {", ", a.Link},
	} {
		if part.text != "" {
			text += part.before + part.text
		}
	}
	return text
}

// Gravity is how much a fault matters, whatever is accepted of it.
type Gravity string

const (
	// Served is a request that must be rejected and is served.
	Served Gravity = "served"
	// Effect is a rejected request that takes effect all the same.
	Effect Gravity = "effect"
	// SecretShown is an answer that shows a secret.
	SecretShown Gravity = "secret"
	// WrongCode is another status than the promised one.
	WrongCode Gravity = "code"
	// ErrorBody is an answer to a rejected request that breaks its schema, its media type or what the guides say of it.
	ErrorBody Gravity = "error-body"
	// SuccessBody is the same for an answer that serves a request.
	SuccessBody Gravity = "success-body"
	// Lenient is a request that is served, though it is assumed that it must be rejected.
	Lenient Gravity = "lenient"
	// AdviceOnly is what HTTP in general asks beyond the documentation.
	AdviceOnly Gravity = "advice"
)

// gravities are in the order in which a reader hears of them.
var gravities = [...]Gravity{Served, Effect, SecretShown, WrongCode, ErrorBody, SuccessBody, Lenient, AdviceOnly}

// Title is a heading for the faults of that gravity.
func (g Gravity) Title() string {
	switch g {
	case Served:
		return "Served, though it must be rejected"
	case Effect:
		return "Rejected, and took effect all the same"
	case SecretShown:
		return "Shows a secret"
	case WrongCode:
		return "Wrong status"
	case ErrorBody:
		return "Broken error answers"
	case SuccessBody:
		return "Broken answers to what is served"
	case Lenient:
		return "Served, though nothing documents a rejection"
	}
	return "Advice beyond the documentation"
}

// Rank orders gravities: the gravest has the lowest.
func (g Gravity) Rank() int { return slices.Index(gravities[:], g) }

// Faults finds the faults of the specs: violations first, then what is waived and what is known, lenient faults, and
// advice; of these the gravest first, and of the equally grave the most widespread.
func Faults(specs []Spec) []Fault {
	var signs []sign
	for i := range specs {
		signs = append(signs, signsOf(&specs[i])...)
	}
	list := []Fault{}
	for _, same := range GroupBy(signs, sign.key) {
		list = append(list, faultOf(same))
	}
	slices.SortFunc(list, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(b.Verdict.Gravity(), a.Verdict.Gravity()),
			cmp.Compare(a.Gravity.Rank(), b.Gravity.Rank()), bools(!a.foreign(), !b.foreign()),
			cmp.Compare(len(b.Specs), len(a.Specs)), cmp.Compare(b.places(), a.places()),
			slices.Compare(a.Codes, b.Codes), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Found, b.Found), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Example, b.Example))
	})
	return list
}

// foreign reports whether what is served belongs to another tenant: nothing is graver.
func (f Fault) foreign() bool {
	return f.Gravity == Served && strings.HasPrefix(f.Example, "403/foreign-tenant")
}

// faultOf makes a fault of its signs.
func faultOf(same []sign) Fault {
	first := same[0]
	f := Fault{ID: first.ID(), Rule: first.Rule, Path: first.Path, Found: first.Found, Gravity: first.gravity,
		Verdict: first.verdict, Accepted: first.accepted}
	var specs []*Spec
	for _, s := range same {
		specs = append(specs, s.spec)
		if s.gravity.Rank() < f.Gravity.Rank() {
			f.Gravity = s.gravity
		}
	}
	f.Extent = extentOf(specs)
	f.Example = clearest(specs).ID
	f.Sentence = cut(sentence(same), 320)
	return f
}

// ExtentOf is how far something goes that these specs show, and the id of the spec that shows it best.
func ExtentOf(specs []*Spec) (spread Extent, example string) {
	return extentOf(specs), clearest(specs).ID
}

func extentOf(specs []*Spec) Extent {
	return Extent{
		Specs:      distinct(specs, func(s *Spec) string { return s.ID }),
		Codes:      distinct(specs, func(s *Spec) string { return s.Code }),
		Operations: distinct(specs, func(s *Spec) string { return s.Operation }),
		Paths: slices.Clip(distinct(specs, func(s *Spec) string {
			if s.Operation != "" {
				return ""
			}
			return cmp.Or(s.Path, s.Subject)
		})),
	}
}

func bools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// distinct lists texts, each once and sorted; never nil.
func distinct(specs []*Spec, of func(*Spec) string) []string {
	list := []string{}
	for _, s := range specs {
		if text := of(s); text != "" {
			list = append(list, text)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func (s Extent) places() int { return len(s.Operations) + len(s.Paths) }

// Single reports whether the fault is met on a single operation, or on a single path that is not an operation.
func (s Extent) Single() bool { return s.places() == 1 }

// Where says how far the fault goes: 812 specs of 401, 403, 404 on 91 operations.
func (s Extent) Where() string {
	var where []string
	for _, places := range []struct {
		names     []string
		one, many string
	}{{s.Operations, "operation", "operations"}, {s.Paths, "path", "paths"}} {
		switch {
		case s.Single() && len(places.names) == 1:
			where = append(where, cut(places.names[0], 120))
		case len(places.names) > 0:
			where = append(where, counted(len(places.names), places.one, places.many))
		}
	}
	return fmt.Sprintf("%s of %s on %s", counted(len(s.Specs), "spec", "specs"), cut(strings.Join(s.Codes, ", "), 120),
		strings.Join(where, " and "))
}

// clearest is the spec that stands for the others: one that has an exchange to show, in which little else is wrong,
// and that rests on what is documented.
func clearest(specs []*Spec) *Spec {
	return slices.MinFunc(specs, func(a, b *Spec) int {
		return cmp.Or(bools(len(a.Exchanges) == 0, len(b.Exchanges) == 0),
			cmp.Compare(len(a.Differences), len(b.Differences)),
			cmp.Compare(a.Basis.assumptions(), b.Basis.assumptions()), cmp.Compare(a.ID, b.ID))
	})
}

// assumptions counts what of an expectation is not documented.
func (g Basis) assumptions() int {
	n := 0
	for _, basis := range []Certainty{g.Rejection, g.Code} {
		if basis != Documented {
			n++
		}
	}
	return n
}

// FaultsOf are the faults that have the verdict, the gravest first.
func (r *Result) FaultsOf(v Verdict) []Fault {
	var list []Fault
	for _, f := range r.Faults {
		if f.Verdict == v {
			list = append(list, f)
		}
	}
	return list
}

// FaultOf is the gravest fault of a spec that has the spec's verdict; false where it has none.
func (r *Result) FaultOf(s *Spec) (Fault, bool) {
	for _, f := range r.Faults {
		if _, shows := slices.BinarySearch(f.Specs, s.ID); shows && f.Verdict == s.Verdict && f.Gravity != AdviceOnly {
			return f, true
		}
	}
	return Fault{}, false
}

// Serves reports whether the fault is that requests are served which must be rejected, or are assumed to be.
func (f Fault) Serves() bool { return Cause{Rule: f.Rule, Found: f.Found}.Serves() }

// Nameless reports whether the fault is only a reason, which has no place that a waiver could name.
func (f Fault) Nameless() bool { return f.Rule == reasonRule }
