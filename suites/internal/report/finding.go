package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"acronis-conformance/suites/internal/exchange"
)

// Finding is one fault as a reader counts them: every spec that shows it, whichever probe it is of. A list where an object is promised
// is one fault, though it may turn the specs of every operation red.
type Finding struct {
	Key   string // names the fault; the same in every result
	Text  string // a sentence that names it to a reader
	Grave bool   // what must be refused is served, or takes effect, or a secret is shown
	Specs []*Spec
	// Codes are those of the specs, and Operations and Paths what they address; a path counts where its subject is no operation.
	Codes, Operations, Paths []string
}

// cause is one thing that is wrong with a spec. It is shared by all specs that are wrong in the same way.
type cause struct {
	key   string
	grave bool
}

// Findings gathers the specs of a verdict: violations by their causes, everything else by its reason. The most widespread come first. A
// spec with several causes stands in several findings; causes that always come together are one. Every spec is in a finding.
func Findings(r *Result, verdict Verdict) []Finding {
	type sign struct {
		cause
		spec *Spec
	}
	var signs []sign
	for i := range r.Specs {
		s := &r.Specs[i]
		if s.Verdict != verdict {
			continue
		}
		for _, c := range causes(s) {
			signs = append(signs, sign{c, s})
		}
	}
	var list []Finding
	for _, same := range Gather(signs, func(s sign) string { return s.key }) {
		f := Finding{Key: same[0].key}
		for _, s := range same {
			f.Specs, f.Grave = append(f.Specs, s.spec), f.Grave || s.grave
		}
		list = append(list, f)
	}
	together := Gather(list, func(f Finding) string {
		var ids strings.Builder
		for _, s := range f.Specs {
			ids.WriteString(s.ID + "\n")
		}
		return ids.String()
	})
	list = list[:0:0]
	for _, same := range together {
		f := same[0]
		f.Text = sentences(same)
		f.Grave = slices.ContainsFunc(same, func(f Finding) bool { return f.Grave })
		f = f.Of(f.Specs)
		list = append(list, f)
	}
	slices.SortStableFunc(list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(len(b.Specs), len(a.Specs)), cmp.Compare(b.places(), a.places()), bools(b.Grave, a.Grave))
	})
	return list
}

// Of is the same fault as some specs show it.
func (f Finding) Of(specs []*Spec) Finding {
	f.Specs = specs
	f.Codes = distinct(specs, func(s *Spec) string { return s.Code })
	f.Operations = distinct(specs, func(s *Spec) string { return s.Operation })
	f.Paths = distinct(specs, func(s *Spec) string {
		if s.Operation != "" {
			return ""
		}
		return cmp.Or(s.Path, s.Subject)
	})
	return f
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

func distinct(specs []*Spec, of func(*Spec) string) []string {
	var list []string
	for _, s := range specs {
		if text := of(s); text != "" {
			list = append(list, text)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func (f Finding) places() int { return len(f.Operations) + len(f.Paths) }

// Single tells whether the fault is that of a single operation, or of a single path that is none.
func (f Finding) Single() bool { return f.places() == 1 }

// First is the spec that stands for the finding: one that has an exchange to show, in which little else is wrong, and that rests on
// what is documented.
func (f Finding) First() *Spec {
	return slices.MinFunc(f.Specs, func(a, b *Spec) int {
		return cmp.Or(bools(len(a.Exchanges) == 0, len(b.Exchanges) == 0), cmp.Compare(len(a.Differences), len(b.Differences)),
			cmp.Compare(a.Ground.assumptions(), b.Ground.assumptions()), cmp.Compare(a.ID, b.ID))
	})
}

// assumptions counts what of an expectation is not documented.
func (g Ground) assumptions() int {
	n := 0
	for _, basis := range []Basis{g.Refusal, g.Code} {
		if basis != Documented {
			n++
		}
	}
	return n
}

// Spread says how far the fault goes: 812 specs of 401, 403, 404 on 91 operations.
func (f Finding) Spread() string {
	var where []string
	for _, places := range []struct {
		names     []string
		one, many string
	}{{f.Operations, "operation", "operations"}, {f.Paths, "path", "paths"}} {
		switch {
		case f.Single() && len(places.names) == 1:
			where = append(where, cut(places.names[0], 120))
		case len(places.names) > 0:
			where = append(where, counted(len(places.names), places.one, places.many))
		}
	}
	return fmt.Sprintf("%s of %s on %s", counted(len(f.Specs), "spec", "specs"), cut(strings.Join(f.Codes, ", "), 120), strings.Join(where, " and "))
}

// Apart divides findings into those that are met in several places and those of a single operation, so that neither drown the other.
func Apart(list []Finding) (widespread, single []Finding) {
	for _, f := range list {
		if f.Single() {
			single = append(single, f)
		} else {
			widespread = append(widespread, f)
		}
	}
	return widespread, single
}

// Foremost picks that many findings where there is no room for all: the most widespread, but for two places that are kept for faults
// of single operations.
func Foremost(list []Finding, n int) []Finding {
	if len(list) <= n {
		return list
	}
	const kept = 2
	widespread, single := Apart(list)
	first := min(len(widespread), max(n-min(len(single), kept), 0))
	return append(slices.Clip(widespread[:first]), single[:min(len(single), n-first)]...)
}

// Gravest picks the finding that a reader must hear of first: one that lets in what must be refused, else the most widespread.
func Gravest(list []Finding) Finding {
	for _, f := range list {
		if f.Grave {
			return f
		}
	}
	return list[0]
}

// causes says what is wrong with a spec, each thing once, and never nothing.
func causes(s *Spec) []cause {
	var list []cause
	if s.Verdict == Violation {
		for _, d := range s.Differences {
			list = append(list, causeOf(s, d))
		}
		served := func(c cause) bool { return strings.HasPrefix(c.key, servedKey) }
		if slices.ContainsFunc(list, served) { // how it is served is no fault of the refusal
			list = slices.DeleteFunc(list, func(c cause) bool { return !served(c) && !c.grave })
		}
	}
	if len(list) == 0 {
		list = append(list, cause{key: reference.ReplaceAllString(s.Reason, "see another spec")})
	}
	slices.SortStableFunc(list, func(a, b cause) int { return cmp.Compare(a.key, b.key) })
	list = slices.CompactFunc(list, func(a, b cause) bool { return a.key == b.key })
	return list
}

// reference is where a reason sends its reader to another spec, to each another one.
var reference = regexp.MustCompile(`\bsee [0-9][0-9][0-9x]/\S*[^\s:;,.]`)

const (
	statusRule = "status"
	servedKey  = "status/2xx/" // what must be refused
)

// causeOf is what a difference has in common with those of other specs: the place, the rule and the kind of what was found there; of a
// wrong status, the status and the code that is promised.
func causeOf(s *Spec, d Difference) cause {
	found, _ := strconv.Atoi(d.Found)
	switch {
	case d.Rule == statusRule && unavailable(found):
		return cause{key: "status/" + d.Found} // whatever was asked for
	case d.Rule == statusRule && found/100 == 2 && promises(s, d)/100 != 2:
		return cause{key: servedKey + s.Code, grave: s.Ground.Refusal == Documented && promises(s, d)/100 == 4}
	case d.Rule == statusRule && found/100 == 2:
		return cause{key: fmt.Sprintf("status/%d/%d", found, promises(s, d))}
	case d.Rule == statusRule:
		return cause{key: "status/" + d.Found + "/" + s.Code}
	case d.Rule == "unchanged", d.Rule == "secret":
		return cause{key: d.Rule, grave: true}
	case d.Rule == "not-json", d.Rule == "trailing-data":
		return cause{key: d.Rule} // where the reader gave up depends on the rest of the body
	case d.Rule == "type":
		return cause{key: place(d.Path) + "/type/" + kind(d)}
	case d.Rule == "media-type" && strings.HasPrefix(d.Path, "header "):
		media, _, _ := strings.Cut(strings.Trim(d.Found, `"`), ";")
		return cause{key: d.Path + "/" + d.Rule + "/" + media}
	case d.Found == "":
		return cause{key: place(d.Path) + "/" + d.Rule}
	}
	return cause{key: place(d.Path) + "/" + d.Rule + "/" + kind(d)}
}

// unavailable tells whether a status says that nobody was there to judge the request.
func unavailable(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout
}

// promises is the code that a wrong status stands in the place of.
func promises(s *Spec, d Difference) int {
	code, err := strconv.Atoi(strings.TrimPrefix(d.Detail, "expected "))
	if err != nil {
		code, _ = strconv.Atoi(strings.ReplaceAll(s.Code, "x", "0"))
	}
	return code
}

var position = regexp.MustCompile(`\[[0-9]+\]`)

// place is a path in which it does not matter which item of a list it leads through.
func place(path string) string { return position.ReplaceAllString(path, "[*]") }

// kind is the kind of value that was found: that the rule names, else what the excerpt begins as.
func kind(d Difference) string {
	if _, not, said := strings.Cut(d.Detail, ", not "); said && d.Rule == "type" {
		return not
	}
	switch {
	case d.Found == "null", d.Found == "true", d.Found == "false":
		return map[bool]string{true: "null", false: "boolean"}[d.Found == "null"]
	case strings.HasPrefix(d.Found, "{"):
		return "object"
	case strings.HasPrefix(d.Found, "["):
		return "array"
	case strings.HasPrefix(d.Found, `"`):
		return "string"
	case json.Valid([]byte(d.Found)):
		return "number"
	}
	return "text"
}

// sentences names causes that always come together.
func sentences(same []Finding) string {
	const most, long = 3, 300
	var texts []string
	for _, f := range same {
		texts = append(texts, f.sentence())
	}
	more := ""
	if n := len(texts) - most; n > 0 {
		texts, more = texts[:most], fmt.Sprintf("; and %s", counted(n, "more difference", "more differences"))
	}
	return cut(strings.Join(texts, "; "), long) + more
}

// sentence names the fault to a reader.
func (f Finding) sentence() string {
	first := f.Specs[0]
	i := slices.IndexFunc(first.Differences, func(d Difference) bool { return causeOf(first, d).key == f.Key })
	if first.Verdict != Violation || i < 0 {
		reason := first.Reason
		if slices.ContainsFunc(f.Specs, func(s *Spec) bool { return s.Reason != reason }) {
			reason = f.Key
		}
		return cut(cmp.Or(reason, "no reason is given"), 300)
	}
	d := first.Differences[i]
	if d.Rule == statusRule {
		return f.status(d)
	}
	where, what := cut(place(d.Path), 120), cut(d.Detail, 160)
	if where == "$" {
		where = "the body"
	}
	switch wanted, promised := strings.CutPrefix(d.Detail, "expected "); {
	case d.Rule == "type" && promised:
		wanted, _, _ = strings.Cut(wanted, ", not ")
		return fmt.Sprintf("%s is %s, the documentation promises %s", where, articled(kind(d)), articled(wanted))
	case d.Rule == "required":
		return where + " is missing, the documentation promises it"
	case d.Rule == "not-json":
		return "the body is no JSON"
	case d.Rule == "code-equals-status":
		return where + " is the code of another status than that of the answer"
	case d.Rule == "unchanged":
		if len(f.Specs) > 1 {
			return "refused requests take effect all the same, such as: " + cut(d.Found, 160)
		}
		return "a refused request takes effect all the same: " + cut(d.Found, 160)
	case d.Rule == "media-type" && strings.HasPrefix(d.Path, "header "):
		return fmt.Sprintf("the %s is %s: %s", strings.TrimPrefix(where, "header "), cut(d.Found, 60), what)
	case d.Rule == "RFC 9110":
		return fmt.Sprintf("the %s is missing: %s (RFC 9110)", where, what)
	case d.Path == "body", d.Path == "status", d.Path == "$":
		return what
	}
	return where + ": " + what
}

// status names a wrong status to a reader.
func (f Finding) status(d Difference) string {
	var found, promised []string
	for _, s := range f.Specs {
		for _, d := range s.Differences {
			if d.Rule == statusRule && causeOf(s, d).key == f.Key {
				found, promised = append(found, d.Found), append(promised, strconv.Itoa(promises(s, d)))
			}
		}
	}
	was, wanted := enumerated(found, "or"), enumerated(promised, "or")
	status, _ := strconv.Atoi(d.Found)
	succeeds := promises(f.Specs[0], d)/100 == 2
	switch {
	case status/100 == 5:
		return fmt.Sprintf("the service fails with %s where %s is promised", was, wanted)
	case status/100 == 2 && !succeeds:
		return fmt.Sprintf("requests that must be refused with %s are served (%s)", wanted, was)
	case status == http.StatusUnauthorized && succeeds:
		return fmt.Sprintf("calls with valid credentials are refused with 401 where %s is promised", wanted)
	}
	return fmt.Sprintf("the status is %s, the documentation promises %s", was, wanted)
}

// enumerated lists texts, each once: 200, 201 or 204.
func enumerated(texts []string, last string) string {
	slices.Sort(texts)
	texts = slices.Compact(texts)
	n := len(texts) - 1
	if n <= 0 {
		return strings.Join(texts, "")
	}
	return strings.Join(texts[:n], ", ") + " " + last + " " + texts[n]
}

// articled writes types as a sentence does: an object; a string or null.
func articled(types string) string {
	names := strings.Split(strings.ReplaceAll(types, " or ", ", "), ", ")
	for i, name := range names {
		switch {
		case name == "null", name == "":
		case strings.ContainsAny(name[:1], "aeiou"):
			names[i] = "an " + name
		default:
			names[i] = "a " + name
		}
	}
	n := len(names) - 1
	if n == 0 {
		return names[0]
	}
	return strings.Join(names[:n], ", ") + " or " + names[n]
}

// cut writes a text on one line, with nothing in it that steers or deceives, and no longer than that.
func cut(text string, most int) string {
	letters := []rune(exchange.Printable(strings.Join(strings.Fields(text), " ")))
	if len(letters) <= most {
		return string(letters)
	}
	return string(letters[:most-1]) + "…"
}
