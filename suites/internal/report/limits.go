package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"acronis-conformance/schemas"
)

// Floors are what a run on a live target must reach to be more than inconclusive or an error; ginkgo.yml sets them
// under gate. A run on the embedded mock has none.
type Floors struct {
	// least share of the reference cells that can be tested on the target, from 0 to 1; of a full run
	Asserted  float64 `json:"asserted"`
	SetAside  int     `json:"set_aside"` // most reference cells that roles may set aside
	Leftovers int     `json:"leftovers"` // most objects left behind
}

// LimitKind is a part of the target's configuration or account.
type LimitKind string

const (
	// LimitPermission is what the target's allow list leaves out.
	LimitPermission LimitKind = "permission"
	// LimitFaultHeader is that nothing brings a failure about.
	LimitFaultHeader LimitKind = "fault_header"
	// LimitExpiredToken is that there is no expired token.
	LimitExpiredToken LimitKind = "expired_token"
	// LimitRole is that the token names no role that is enough.
	LimitRole LimitKind = "role"
)

var limitKinds = [...]LimitKind{LimitPermission, LimitFaultHeader, LimitExpiredToken, LimitRole}

// Limit is something that keeps specs from being put to the test, and lies with the target's configuration or account.
type Limit struct {
	Kind   LimitKind `json:"kind"`
	Reason string    `json:"reason"` // that of the specs, word for word
}

// SetAside counts the reference cells that are not asserted because of the limits alone, by kind.
func (r *Result) SetAside() map[LimitKind]int {
	count := map[LimitKind]int{}
	for kind, cells := range r.setAside() {
		count[kind] = len(cells)
	}
	return count
}

func (r *Result) setAside() map[LimitKind][]*Cell {
	kinds := map[string]LimitKind{}
	for _, limit := range r.Limits {
		kinds[limit.Reason] = limit.Kind
	}
	limited := map[string]LimitKind{} // by the id of a spec
	for _, s := range r.Specs {
		if kind := kinds[s.Reason]; kind != "" && s.Verdict == Inconclusive {
			limited[s.ID] = kind
		}
	}
	cells := map[LimitKind][]*Cell{}
	for i := range r.Cells {
		c := &r.Cells[i]
		if c.Source != schemas.FromReference || c.Verdict != Inconclusive || len(c.Specs) == 0 ||
			slices.ContainsFunc(c.Specs, func(id string) bool { return limited[id] == "" }) {
			continue
		}
		kind := limited[c.Specs[0]]
		cells[kind] = append(cells[kind], c)
	}
	return cells
}

// shortfall says how much of what can be tested on the target a full run has not asserted; it is empty where that is
// little enough. What no spec addresses cannot be tested on any target.
func (r *Result) shortfall() string {
	if r.Floors == nil || r.Run.Filtered {
		return ""
	}
	var outside []*Cell
	for kind, cells := range r.setAside() {
		if kind == LimitRole && len(cells) > r.Floors.SetAside {
			cells = cells[:r.Floors.SetAside]
		}
		outside = append(outside, cells...)
	}
	var missing []*Cell
	for i := range r.Cells {
		c := &r.Cells[i]
		if c.Source == schemas.FromReference && c.Verdict == Inconclusive && len(c.Specs) > 0 &&
			!slices.Contains(outside,
				c) {
			missing = append(missing, c)
		}
	}
	asserted := r.Totals.Reference.Asserted
	total := asserted + len(missing)
	if float64(asserted) >= r.Floors.Asserted*float64(total) {
		return ""
	}
	text := fmt.Sprintf("%d of the %d reference cells that can be tested here are asserted, and %.0f %% are asked "+
		"for; missing are %s",
		asserted, total, 100*r.Floors.Asserted, reasons(missing))
	if len(outside) > 0 {
		text += "; not counted are " + reasons(outside)
	}
	return text
}

// untestable says which reference cells cannot be tested on the target; it is empty where all can.
func (r *Result) untestable() string {
	var outside []*Cell
	for _, cells := range r.setAside() {
		outside = append(outside, cells...)
	}
	if len(outside) == 0 {
		return ""
	}
	return "; not tested here are " + reasons(outside)
}

// namedReasons is how many reasons a sentence names.
const namedReasons = 3

// reasons counts cells by their reasons, the most frequent ones first.
func reasons(cells []*Cell) string {
	groups := GroupBy(cells, func(c *Cell) string { return c.Reason })
	slices.SortStableFunc(groups, func(a, b []*Cell) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a[0].Reason, b[0].Reason))
	})
	var parts []string
	for _, group := range groups[:min(len(groups), namedReasons)] {
		parts = append(parts, fmt.Sprintf("%d: %s", len(group), shortened(group[0].Reason)))
	}
	others := 0
	for _, group := range groups[len(parts):] {
		others += len(group)
	}
	if others > 0 {
		parts = append(parts, fmt.Sprintf("%d for other reasons", others))
	}
	return strings.Join(parts, "; ")
}

// longestReason is how much of a reason stands in a sentence, in characters.
const longestReason = 120

func shortened(text string) string {
	if letters := []rune(text); len(letters) > longestReason {
		return strings.TrimSpace(string(letters[:longestReason])) + "…"
	}
	return text
}
