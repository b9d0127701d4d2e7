package report

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

var firstNight = time.Date(2030, 1, 1, 2, 0, 0, 0, time.UTC)

// nightAt is a made-up night, so many days after the first.
func nightAt(day int, verdict Verdict, faults ...NightFault) Night {
	return Night{Run: "r" + string(rune('a'+day)), Started: firstNight.AddDate(0, 0, day), Target: "staging",
		Suite:    "1",
		Contract: "v2", Verdict: verdict, Faults: append([]NightFault{}, faults...), Cells: NightCells{300, 375}}
}

func TestHistoryIsReadAsWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.jsonl")
	if nights, err := ReadHistory(path); err != nil || nights != nil {
		t.Fatalf("no file: %v, %v", nights, err)
	}
	first, second := nightAt(0, Pass), nightAt(1, Violation, NightFault{"abc", "a <title>", 3, 7})
	second.CellsChanged = map[string]Verdict{"401/401/reference/FetchTenant": Violation}
	again := second
	again.Seconds = 12
	for _, n := range []Night{second, first, again} { // a step that is repeated adds nothing
		if err := AppendHistory(path, n); err != nil {
			t.Fatal(err)
		}
	}
	nights, err := ReadHistory(path)
	if err != nil || !reflect.DeepEqual(nights, []Night{first, again}) {
		t.Errorf("got %+v, %v", nights, err)
	}
	data, _ := os.ReadFile(path)
	if strings.Count(string(data), "\n") != 2 || !strings.Contains(string(data), "a <title>") {
		t.Errorf("not a line for each night:\n%s", data)
	}
}

func TestUnreadableHistoryNamesItsLine(t *testing.T) {
	for name, line := range map[string]string{"cut": `{"run":"a","sta`, "empty": `{}`,
		"two values": `{"run":"a","started":"2030-01-01T02:00:00Z","verdict":"pass"} {}`,
		"verdict":    `{"run":"a","started":"2030-01-01T02:00:00Z","verdict":"good"}`} {
		path := filepath.Join(t.TempDir(), "history.jsonl")
		if err := os.WriteFile(path, []byte("\n"+line+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadHistory(path); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%s: %v", name, err)
		}
		if err := AppendHistory(path, nightAt(0, Pass)); err == nil {
			t.Errorf("%s: a file that cannot be read was replaced", name)
		}
	}
}

func TestFaultsOverNights(t *testing.T) {
	grave, light := NightFault{"grave", "served", 0, 3}, NightFault{"light", "wrong", 3, 9}
	h := HistoryOf([]Night{nightAt(0, Violation, light), nightAt(1, Pass), nightAt(2, Error),
		nightAt(3, Violation, grave, light), nightAt(4, Error)})
	if len(h.Faults) != 2 || h.Faults[0].ID != "grave" {
		t.Fatalf("the gravest must come first: %+v", h.Faults)
	}
	first, second := h.Faults[0], h.Faults[1]
	if !reflect.DeepEqual(first.Counts, []int{0, 0, -1, 3, -1}) || first.Flapping || !first.Current() {
		t.Errorf("%+v", first)
	}
	if !reflect.DeepEqual(second.Counts, []int{9, 0, -1, 9, -1}) || !second.Flapping ||
		!second.First.Equal(firstNight) || !second.Last.Equal(firstNight.AddDate(0, 0, 3)) {
		t.Errorf("%+v", second)
	}
}

func TestCellsThatGoBackAndForthAreUnstable(t *testing.T) {
	nights := []Night{nightAt(0, Pass), nightAt(1, Pass), nightAt(2, Pass), nightAt(3, Pass)}
	nights[1].CellsChanged = map[string]Verdict{"a": Violation, "b": Violation, "c": Inconclusive}
	nights[2].CellsChanged = map[string]Verdict{"a": Pass}
	nights[3].CellsChanged = map[string]Verdict{"c": Pass}
	nights[3].Suite = "2" // the change of which explains it
	h := HistoryOf(nights)
	if !reflect.DeepEqual(h.Unstable, []UnstableCell{{"a", 2, Pass}}) {
		t.Errorf("got %+v", h.Unstable)
	}
}

func TestNightOfARun(t *testing.T) {
	before, now := Build(sample(t)), Build(sample(t))
	if n := NightOf(now, before); n.CellsChanged != nil || n.Run != now.Run.ID ||
		n.Cells.Total != now.Totals.Reference.Total {
		t.Errorf("%+v", n)
	}
	now.Cells[0].Verdict = Known
	if n := NightOf(now, before); len(n.CellsChanged) != 1 || n.CellsChanged[now.Cells[0].Key()] != Known {
		t.Errorf("%+v", n.CellsChanged)
	}
	if n := NightOf(now, nil); n.CellsChanged != nil {
		t.Errorf("%+v", n.CellsChanged)
	}
	if n := NightOf(now, before); len(n.Faults) != len(now.FaultsOf(Violation)) || n.Faults[0].Title == "" {
		t.Errorf("%+v", n.Faults)
	}
}
