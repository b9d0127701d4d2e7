package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"acronis-conformance/schemas"
)

// Night is what the history keeps of one full run: a line of history.jsonl.
type Night struct {
	Run      string       `json:"run"`
	Started  time.Time    `json:"started"`
	Target   string       `json:"target"`
	Suite    string       `json:"suite"`
	Contract string       `json:"contract"`
	Verdict  Verdict      `json:"verdict"`
	Cells    NightCells   `json:"cells"`
	Faults   []NightFault `json:"faults"` // violations, the gravest first
	Requests int          `json:"requests"`
	Seconds  float64      `json:"seconds"`
	// CellsChanged holds the cells whose verdict is not that of the run before, by their keys: see Cell.Key.
	CellsChanged map[string]Verdict `json:"cells_changed,omitempty"`
}

// NightCells counts the cells of the reference.
type NightCells struct {
	Asserted int `json:"asserted"`
	Total    int `json:"total"`
}

// NightFault is a fault in one run.
type NightFault struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Rank  int    `json:"rank"`  // of its gravity: the gravest has 0
	Count int    `json:"count"` // of specs
}

// NightOf returns the line of a run. The result of the run before may be nil; then no cell is called changed.
func NightOf(r, before *Result) Night {
	n := Night{Run: r.Run.ID, Started: r.Run.Started.UTC(), Target: r.Target.Name, Suite: r.Run.Suite,
		Contract: r.Run.Contract, Verdict: r.Verdict, Faults: []NightFault{}, Requests: r.Run.Requests.Total(),
		Seconds: r.Run.WallSeconds, Cells: NightCells{r.Totals.Reference.Asserted, r.Totals.Reference.Total}}
	for _, f := range r.FaultsOf(Violation) {
		n.Faults = append(n.Faults, NightFault{ID: f.ID, Title: f.Sentence, Rank: f.Gravity.Rank(),
			Count: len(f.Specs)})
	}
	if before == nil || before.Target.Name != r.Target.Name {
		return n
	}
	old := map[string]Verdict{}
	for _, c := range before.Cells {
		old[c.Key()] = c.Verdict
	}
	for _, c := range r.Cells {
		if was, known := old[c.Key()]; known && was != c.Verdict {
			if n.CellsChanged == nil {
				n.CellsChanged = map[string]Verdict{}
			}
			n.CellsChanged[c.Key()] = c.Verdict
		}
	}
	return n
}

// Key names a cell in every result alike: 401/401/reference/FetchTenant. It is the cell's address on the page, too.
func (c Cell) Key() string {
	return fmt.Sprintf("%s/%d/%s/%s", c.Class, c.Code, cmp.Or(c.Source, schemas.FromReference), c.Subject)
}

// ReadHistory reads a file of nights, the oldest first. A file that does not exist holds none.
func ReadHistory(path string) ([]Night, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	var nights []Night
	number := 0
	for line := range bytes.Lines(data) {
		number++
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		d := json.NewDecoder(bytes.NewReader(line))
		var n Night
		err := d.Decode(&n)
		if _, end := d.Token(); err == nil && !errors.Is(end, io.EOF) {
			err = errors.New("more than one value")
		}
		switch {
		case err != nil:
			return nil, fmt.Errorf("history %s, line %d: %w: remove the line, or move the file away", path, number, err)
		case n.Run == "" || n.Started.IsZero() || !n.Verdict.valid():
			return nil, fmt.Errorf("history %s, line %d: run, started or verdict is missing: remove the line, or move "+
				"the file away", path, number)
		}
		fill(&n.Faults)
		nights = append(nights, n)
	}
	slices.SortStableFunc(nights, func(a, b Night) int { return a.Started.Compare(b.Started) })
	return nights, nil
}

// AppendHistory adds a night to the file, which is replaced as a whole, or not at all. A run that is in it already is
// replaced, so that a step that is repeated adds nothing.
func AppendHistory(path string, n Night) error {
	nights, err := ReadHistory(path)
	if err != nil {
		return err
	}
	nights = append(slices.DeleteFunc(nights, func(old Night) bool { return old.Run == n.Run }), n)
	return Replace(path, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		for _, one := range nights {
			if err := e.Encode(one); err != nil {
				return err
			}
		}
		return nil
	})
}

// FaultHistory is a fault over the nights.
type FaultHistory struct {
	ID, Title   string // the title is that of the last night that saw it
	Rank        int
	First, Last time.Time
	Counts      []int // of specs, one for each night; -1 where the night says nothing, as no run came to its end
	Flapping    bool  // it went away and came back
}

// Current reports whether the last night that says anything saw the fault.
func (f FaultHistory) Current() bool {
	for _, n := range slices.Backward(f.Counts) {
		if n >= 0 {
			return n > 0
		}
	}
	return false
}

// UnstableCell is a cell whose verdict went back and forth while suite and contract stayed the same.
type UnstableCell struct {
	Key     string // see Cell.Key
	Changes int
	Last    Verdict
}

// History is what the nights of one target show together.
type History struct {
	Nights   []Night
	Faults   []FaultHistory // those of the last night first, and of these the gravest
	Unstable []UnstableCell // those that changed most often first
}

// HistoryOf brings the nights of one target together, the oldest first.
func HistoryOf(nights []Night) History {
	h := History{Nights: nights, Faults: faultHistories(nights), Unstable: unstable(nights)}
	slices.SortStableFunc(h.Faults, func(a, b FaultHistory) int {
		return cmp.Or(bools(!a.Current(), !b.Current()), cmp.Compare(a.Rank, b.Rank), b.Last.Compare(a.Last),
			cmp.Compare(a.ID, b.ID))
	})
	slices.SortFunc(h.Unstable, func(a, b UnstableCell) int {
		return cmp.Or(cmp.Compare(b.Changes, a.Changes), cmp.Compare(a.Key, b.Key))
	})
	return h
}

func faultHistories(nights []Night) []FaultHistory {
	index := map[string]int{}
	var list []FaultHistory
	for at, n := range nights {
		for _, f := range n.Faults {
			i, known := index[f.ID]
			if !known {
				i = len(list)
				index[f.ID] = i
				list = append(list, FaultHistory{ID: f.ID, First: n.Started, Counts: make([]int, len(nights))})
			}
			one := &list[i]
			one.Title, one.Rank, one.Last = f.Title, f.Rank, n.Started
			one.Counts[at] = f.Count
		}
	}
	for i := range list {
		seen, gone := false, false
		for at, n := range nights {
			switch count := list[i].Counts[at]; {
			case count > 0:
				list[i].Flapping = list[i].Flapping || gone
				seen = true
			case n.Verdict == Error: // which says nothing of the faults that it does not name
				list[i].Counts[at] = -1
			default:
				gone = seen
			}
		}
	}
	return list
}

// unstable finds the cells that changed more than once between nights of the same suite and contract.
func unstable(nights []Night) []UnstableCell {
	changes := map[string]*UnstableCell{}
	for at := 1; at < len(nights); at++ {
		before, n := nights[at-1], nights[at]
		if before.Suite != n.Suite || before.Contract != n.Contract {
			continue
		}
		for key, verdict := range n.CellsChanged {
			if changes[key] == nil {
				changes[key] = &UnstableCell{Key: key}
			}
			changes[key].Changes++
			changes[key].Last = verdict
		}
	}
	var list []UnstableCell
	for _, c := range changes {
		if c.Changes > 1 {
			list = append(list, *c)
		}
	}
	return list
}
