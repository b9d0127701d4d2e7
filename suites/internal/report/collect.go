package report

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"acronis-conformance/suites/internal/exchange"
)

// GroupBy divides a list into lists of what has the same key, in the order in which the keys come.
func GroupBy[T any, K comparable](list []T, key func(T) K) [][]T {
	index := map[K]int{}
	var gathered [][]T
	for _, item := range list {
		k := key(item)
		at, known := index[k]
		if !known {
			at = len(gathered)
			index[k] = at
			gathered = append(gathered, nil)
		}
		gathered[at] = append(gathered[at], item)
	}
	return gathered
}

// collect gathers the lists that a reader would otherwise have to search the specs for.
func (r *Result) collect() {
	type remark struct{ text, id string }
	var remarks []remark
	for _, s := range r.Specs {
		if s.Accepted {
			r.Accepted = append(r.Accepted, s.ID)
		}
		for _, text := range s.Advice {
			remarks = append(remarks, remark{text, s.ID})
		}
		if !s.Injected { // there the suite asked for the failure itself
			r.transient(s.ID, s.Operation, s.Own())
		}
		r.throttled(s.Own())
	}
	for _, step := range r.World {
		r.transient(step.ID, step.Operation, step.Exchanges)
		r.throttled(step.Exchanges)
	}
	for _, same := range GroupBy(remarks, func(m remark) string { return m.text }) {
		a := Advice{Text: same[0].text}
		for _, m := range same {
			a.Specs = append(a.Specs, m.id)
		}
		a.Specs = slices.Compact(a.Specs) // a spec may be given the same advice twice
		r.Advice = append(r.Advice, a)
	}
	slices.SortStableFunc(r.Advice, func(a, b Advice) int {
		return cmp.Or(cmp.Compare(len(b.Specs), len(a.Specs)), cmp.Compare(a.Text, b.Text))
	})
	slices.SortStableFunc(r.Transients, func(a, b Transient) int { return a.Time.Compare(b.Time) })
}

func (r *Result) transient(by, operation string, exchanges []exchange.Evidence) {
	for _, e := range exchanges {
		i := slices.IndexFunc(e.Attempts, func(a exchange.EvidenceAttempt) bool { return a.Status/100 == 5 })
		if !e.Transient || i < 0 {
			continue
		}
		failed := e.Attempts[i]
		r.Transients = append(r.Transients, Transient{By: by, Operation: operation, Method: e.Method, URL: e.URL,
			Status: failed.Status, Time: failed.Start, RequestID: requestID(failed.Headers)})
	}
}

// throttled counts the answers with which the target asked for patience.
func (r *Result) throttled(exchanges []exchange.Evidence) {
	for _, e := range exchanges {
		for _, a := range e.Attempts {
			if a.Status == http.StatusTooManyRequests {
				r.Run.Requests.Throttled++
			}
		}
	}
}

// requestID finds the name under which the target's operators can look the request up.
func requestID(h http.Header) string {
	return cmp.Or(h.Get("X-Request-Id"), h.Get("X-Correlation-Id"), h.Get("Request-Id"))
}

// complete makes every list one that JSON writes as [], so that readers need not know null.
func (r *Result) complete() {
	fill(&r.Preflight)
	fill(&r.Limits)
	fill(&r.Problems)
	fill(&r.Faults)
	fill(&r.Codes)
	fill(&r.Resources)
	fill(&r.Cells)
	fill(&r.Specs)
	fill(&r.World)
	fill(&r.Leftovers)
	fill(&r.Accepted)
	fill(&r.Transients)
	fill(&r.Advice)
	fill(&r.Target.Allow)
	for i := range r.Specs {
		attempted(&r.Specs[i].Exchanges)
	}
	for i := range r.World {
		attempted(&r.World[i].Exchanges)
	}
}

func fill[T any](list *[]T) {
	if *list == nil {
		*list = []T{}
	}
}

// attempted fills the attempts of exchanges that never got as far as one, in a copy of the list, which is the caller's.
func attempted(exchanges *[]exchange.Evidence) {
	if !slices.ContainsFunc(*exchanges, func(e exchange.Evidence) bool { return e.Attempts == nil }) {
		return
	}
	*exchanges = slices.Clone(*exchanges)
	for i := range *exchanges {
		fill(&(*exchanges)[i].Attempts)
	}
}

// LeftoverGroup are leftovers of the same kind that are there for the same reason.
type LeftoverGroup struct {
	Leftover // the first of them
	Count    int
}

// SameLeftovers gathers equal leftovers: of hundreds that a failed clean-up leaves, a reader needs one line.
func SameLeftovers(list []Leftover) []LeftoverGroup {
	type key struct{ kind, reason, command string }
	var groups []LeftoverGroup
	for _, same := range GroupBy(list, func(l Leftover) key { return key{l.Kind, sameReason(l), l.Command} }) {
		groups = append(groups, LeftoverGroup{same[0], len(same)})
	}
	return groups
}

var uuid = regexp.MustCompile(`[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}`)

// sameReason is the reason without the ids in it. Not all ids are UUIDs.
func sameReason(l Leftover) string {
	reason := uuid.ReplaceAllString(valid(l.Reason), "{id}")
	if l.ID != "" {
		reason = strings.ReplaceAll(reason, "/"+l.ID, "/{id}")
	}
	return reason
}

// String names the group in a line.
func (g LeftoverGroup) String() string {
	named := fmt.Sprintf("%s %s %s", g.Kind, g.ID, g.Name)
	if g.Count > 1 {
		named = fmt.Sprintf("%d of kind %s, such as %s %s", g.Count, g.Kind, g.ID, g.Name)
	}
	return fmt.Sprintf("%s: %s; %s", named, cut(g.Reason, 200), g.Command)
}
