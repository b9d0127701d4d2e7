package render

import (
	"strings"
	"time"

	"acronis-conformance/suites/internal/report"
)

// finding is what the views list: faults that are met in the same specs, or the reason for which specs are in error.
type finding struct {
	Name    string   // in an address: the verdict, and what the same finding has in common in another run
	IDs     []string // of the faults; none of a reason
	Text    string
	Gravity report.Gravity // of the faults
	Verdict report.Verdict
	report.Extent
	Accepted *report.Acceptance // why it is not a violation
	First    *report.Spec       // the spec that shows it
	Letter   string             // in the cells of the matrix, of a violation: A for the gravest
	Replay   string             // the command that runs it again
	Left     string             // how long a waiver still holds
}

// Anchor is the fault's id where the page can be opened at it: the address is #fault- and the id.
func (f finding) Anchor() string {
	if f.Verdict != report.Violation || len(f.IDs) == 0 {
		return ""
	}
	return f.IDs[0]
}

// findingsOf lists the faults that have the verdict, or for errors the reasons, in the order in which a reader is to
// hear of them.
func findingsOf(r *report.Result, verdict report.Verdict) []finding {
	specs := index(r)
	var list []finding
	add := func(f finding, example string) {
		if f.First = specs[example]; f.First != nil { // a result that was not read from a file may hold anything
			f.Name, f.Verdict = line(string(verdict)+"/"+f.Name, 200), verdict
			f.Letter, f.Replay = initial(string(verdict)), r.Replay(f.replayed())
			if verdict == report.Violation {
				f.Letter = letterOf(len(list))
			}
			list = append(list, f)
		}
	}
	if verdict == report.Error {
		for _, reason := range report.Reasons(r, verdict) {
			add(finding{Name: reason.Text, Text: reason.Text, Extent: reason.Extent}, reason.Example)
		}
		return list
	}
	for _, b := range report.Bundles(r.FaultsOf(verdict)) {
		add(finding{Name: b.ID, IDs: b.IDs(), Text: b.Text(), Gravity: b.Gravity, Extent: b.Extent,
			Accepted: b.Accepted, Left: daysLeft(b.Accepted, r.Run.Started)}, b.Example)
	}
	return list
}

// letters stand for faults in the cells; those that verdicts have are left out.
const letters = "ABCDFGHJLMNOQRSTUXYZ"

// letterOf is the letter of the fault at that place of the list. The last ones share that of their verdict.
func letterOf(at int) string {
	if at < len(letters) {
		return letters[at : at+1]
	}
	return initial(string(report.Violation))
}

// faultOfSpec finds for each spec that is a violation the gravest of its faults, by its place in the list.
func faultOfSpec(list []finding) map[string]int {
	places := map[string]int{}
	for i, f := range list {
		for _, id := range f.Specs {
			if _, known := places[id]; !known {
				places[id] = i
			}
		}
	}
	return places
}

// daysLeft says how long a waiver holds from that day on.
func daysLeft(a *report.Acceptance, from time.Time) string {
	if a == nil || a.Expires == "" {
		return ""
	}
	last, err := time.Parse(time.DateOnly, a.Expires)
	if err != nil || from.IsZero() {
		return ""
	}
	days := int(last.Sub(from.UTC().Truncate(24*time.Hour)).Hours() / 24)
	switch {
	case days < 0:
		return "expired"
	case days == 0:
		return "last day"
	}
	return counted(days, "day left", "days left")
}

// index finds the specs of a result by their ids.
func index(r *report.Result) map[string]*report.Spec {
	specs := make(map[string]*report.Spec, len(r.Specs))
	for i := range r.Specs {
		specs[r.Specs[i].ID] = &r.Specs[i]
	}
	return specs
}

// section is a list of findings on the page, the gravest first.
type section struct {
	Title    string
	Count    string // of its findings, in words
	Parts    []part
	Findings int
	Specs    int
	Open     bool
}

// part are the findings that are equally grave.
type part struct {
	Title    string // empty for errors
	Findings []finding
}

func newSection(r *report.Result, title string, verdict report.Verdict) section {
	list := findingsOf(r, verdict)
	specs := map[string]bool{}
	faults := 0
	for _, f := range list {
		faults += max(len(f.IDs), 1)
		for _, id := range f.Specs {
			specs[id] = true
		}
	}
	count := counted(faults, "fault", "faults")
	if verdict == report.Error {
		count = counted(faults, "reason", "reasons")
	}
	return section{Title: title, Count: count, Findings: faults, Specs: len(specs), Open: verdict == report.Violation ||
		verdict == report.Error, Parts: partsOf(list)}
}

func partsOf(list []finding) []part {
	var parts []part
	for _, same := range report.GroupBy(list, func(f finding) report.Gravity { return f.Gravity }) {
		p := part{Findings: same}
		if same[0].Gravity != "" {
			p.Title = same[0].Gravity.Title()
		}
		parts = append(parts, p)
	}
	return parts
}

// shownSpecs is how many specs of a finding stand on the page for each code; the link to the finding shows them all.
const shownSpecs = 12

// codeSpecs are the specs of a finding that are of the same code.
type codeSpecs struct {
	Code  string
	Specs []string
	More  int // that are not shown
}

// Shown are the first specs.
func (c codeSpecs) Shown() []string { return c.Specs[:len(c.Specs)-c.More] }

// perCode divides a finding by its codes, with which the ids of specs begin.
func perCode(f finding) []codeSpecs {
	var list []codeSpecs
	for _, specs := range report.GroupBy(f.Specs, codeOf) {
		list = append(list, codeSpecs{Code: codeOf(specs[0]), Specs: specs, More: max(len(specs)-shownSpecs, 0)})
	}
	return list
}

func codeOf(id string) string {
	code, _, _ := strings.Cut(id, "/")
	return code
}

// findingVerdicts are those whose findings the page opens at an address of their own, in the order of its sections.
var findingVerdicts = [...]report.Verdict{report.Violation, report.Error, report.Waived, report.Known,
	report.Inconclusive}

// worst is the finding that the run's headline names; nil where it names none.
func worst(r *report.Result) *finding {
	if r.Verdict != report.Violation {
		return nil
	}
	list := findingsOf(r, report.Violation)
	if len(list) == 0 {
		return nil
	}
	return &list[0]
}

// faultIDs are the ids of the faults in short: of many only the first.
func faultIDs(ids []string) string {
	const most = 3
	shown := strings.Join(ids[:min(len(ids), most)], ", ")
	if n := len(ids) - most; n > 0 {
		shown += " and " + counted(n, "more", "more")
	}
	return line(shown, 60)
}
