package selftest_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"acronis-conformance/suites/internal/render"
	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/ginkgo/v2"
)

// shows reports whether the answer that a spec got is what the defect makes of it: no other of its batch shows there.
// Where one of the catalogue does not say where it shows, no other of its batch declares the spec.
func shows(d defect, s report.Spec) bool {
	at := func(path string) bool {
		return slices.ContainsFunc(s.Differences, func(difference report.Difference) bool {
			found, under := strings.CutPrefix(anyItem.ReplaceAllString(difference.Path, ""), path)
			return under && (found == "" || found[0] == '.')
		})
	}
	parts := generatedName.FindStringSubmatch(d.Name)
	if parts == nil {
		return d.At == "" || at(d.At)
	}
	switch way, what := parts[3], parts[4]; way {
	case "as":
		return strings.HasPrefix(s.Actual, what+" ")
	case "without", "mistyped":
		return at("$." + what)
	case "bodiless":
		return at("header Content-Type") || at("body")
	case "with-body":
		return at("header Content-Length")
	case "drops", "resets":
		return at("$."+what) || s.Operation != subject(d.Defect) // a read of something else tells it in its own words
	case "names":
		return at("$.id") || at("$.client_id")
	case "answers":
		return true
	case "differing":
		return slices.ContainsFunc(s.Differences, func(difference report.Difference) bool {
			return strings.Contains(anyItem.ReplaceAllString(difference.Path, "")+".", "."+what+".")
		})
	case "lacking", "holding", "ignoring", "paging":
		return true // what a list holds is told in the words of many specs
	}
	return false
}

var anyItem = regexp.MustCompile(`\[(?:\d+|\*)\]`)

// entry is that of a defect of which nothing is known yet.
func entry(d defect) render.Kill {
	return render.Kill{Defect: d.Name, Does: d.Does, Breaks: d.Breaks, Verdict: render.Killed, KilledBy: []string{},
		Missing: []string{}, Strays: []string{}}
}

// named is how many of the specs that turned red an entry names.
const named = 3

// judged compares the specs that turned red with those that the defect declares: no more, and no fewer. A spec whose
// object another one of the declared has spoilt, or whose call that one shows to fail, points there, which is as good.
func judged(d defect, r *report.Result) render.Kill {
	k := entry(d)
	red := map[string]bool{}
	for _, s := range r.Specs {
		red[s.ID] = isRed(s)
	}
	var quiet []string
	for _, s := range r.Specs {
		declared := d.ExpectsFailure(s.ID)
		if declared {
			k.Declared++
		}
		switch {
		case red[s.ID] && declared && (d.At == "" || shows(d, s)):
			k.Red++
			k.KilledBy = append(k.KilledBy, s.ID)
		case red[s.ID] && !declared:
			k.Red++
			if !d.AllowsFailure(s.ID) && !(d.BreaksSetup && dependent(s, subject(d.Defect))) {
				k.Strays = append(k.Strays, saying(s))
			}
		case declared && !slices.ContainsFunc(pointsTo(s),
			func(id string) bool { return red[id] && d.ExpectsFailure(id) }):
			quiet = append(quiet, saying(s))
		}
	}
	if !d.AtLeastOne || len(k.KilledBy) == 0 {
		k.Missing = append(k.Missing, quiet...)
	}
	accepted := survivors[d.Name]
	switch {
	case accepted != "" && k.Red == 0:
		k.Verdict, k.Why, k.Missing = render.Survived, accepted, []string{}
	case accepted != "":
		k.Verdict, k.Why = render.Failed, "the survivor is caught now: take it off the list"
	case k.Declared == 0:
		k.Verdict, k.Why = render.Failed, "none of the specs that it declares was run"
	case len(k.KilledBy) == 0:
		k.Verdict, k.Why = render.Failed,
			fmt.Sprintf("nothing notices it: a spec of %s is missing or asserts too little", d.Breaks)
	case len(k.Missing)+len(k.Strays) > 0:
		k.Verdict, k.Why = render.Failed, fmt.Sprintf("other specs turned red than it declares: missing %d, stray %d",
			len(k.Missing), len(k.Strays))
	}
	k.KilledBy = k.KilledBy[:min(named, len(k.KilledBy))]
	return k
}

// listed is how many specs a failure lists of each sort.
const listed = 20

// conclude keeps what became of defects, and fails where that is not as it should be.
func conclude(kills ...render.Kill) {
	GinkgoHelper()
	var b strings.Builder
	for _, k := range kills {
		keep(k)
		if k.Verdict != render.Failed {
			continue
		}
		fmt.Fprintf(&b, "%s: %s\n%s\n", k.Defect, k.Does, k.Why)
		for _, list := range []struct {
			title string
			specs []string
		}{{"these did not turn red", k.Missing}, {"these turned red besides", k.Strays}} {
			if len(list.specs) > 0 {
				first := list.specs[:min(listed, len(list.specs))]
				fmt.Fprintf(&b, "%s:\n  %s\n", list.title, strings.Join(first, "\n  "))
			}
			if more := len(list.specs) - listed; more > 0 {
				fmt.Fprintf(&b, "  and %d more: reports/proof*.json has them all\n", more)
			}
		}
	}
	if b.Len() > 0 {
		Fail(b.String())
	}
}

// isRed reports whether the spec is not a pass and says why by itself.
func isRed(s report.Spec) bool { return s.Verdict == report.Violation || s.Verdict == report.Error }

// saying is the spec with what it says.
func saying(s report.Spec) string {
	return strings.TrimSuffix(fmt.Sprintf("%s: %s, %s", s.ID, s.Verdict, s.Reason), ", ")
}

var pointer = regexp.MustCompile(`\bsee ([^\s:]+)`)

// pointsTo are the specs to which one that could not be provoked points.
func pointsTo(s report.Spec) []string {
	if s.Verdict != report.Inconclusive {
		return nil
	}
	var ids []string
	for _, found := range pointer.FindAllStringSubmatch(s.Reason, -1) {
		ids = append(ids, found[1])
	}
	return ids
}
