package report

import (
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"acronis-conformance/schemas"

	. "github.com/onsi/gomega"
)

// recorded writes what a process has recorded; the values are those of the kinds.
func recorded(t *testing.T, dir string, process int, records ...any) string {
	t.Helper()
	g := NewWithT(t)
	r, err := NewRecorder(dir, process)
	g.Expect(err).NotTo(HaveOccurred())
	for _, value := range records {
		var kind Kind
		switch value.(type) {
		case Header:
			kind = KindHeader
		case []Check:
			kind = KindChecks
		case []Limit:
			kind = KindLimits
		case Step:
			kind = KindStep
		case Spec:
			kind = KindSpec
		case []Leftover:
			kind = KindLeftovers
		case Requests:
			kind = KindEnd
		}
		r.Append(kind, value)
	}
	g.Expect(r.Close()).To(Succeed())
	return r.file.Name()
}

func headerOf(ids ...string) Header {
	return Header{Version: Version, Run: Run{ID: "run-1", Processes: 2, Started: noon}, Target: Target{Name: "staging"},
		Floors: &Floors{}, Selected: ids,
		Unprovokable: []Unprovoked{{"FetchTenant", 404, "reviewed"}}}
}

func TestRecordsMakeAResult(t *testing.T) {
	g := NewWithT(t)
	dir := filepath.Join(t.TempDir(), ".run-1")
	full := sample(t)
	first, second := full.Specs[0], full.Specs[1]
	first.Verdict, first.Differences, second.Process = Pass, nil, 2
	step := full.World[0]
	step.Phase, step.Requests = PhaseWorld, 7
	recorded(t, dir, 1, headerOf(first.ID, second.ID, "404/deleted-object/FetchTenant"), full.Preflight, full.Limits,
		step, first, full.Leftovers, Requests{World: 7, Specs: 5, Cleanup: 3})
	recorded(t, dir, 2, second)
	info, err := os.Stat(filepath.Join(dir, "process-2.jsonl"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(info.Mode()).To(Equal(fs.FileMode(0o600)))

	r, err := ReadRecords(dir)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(r.Unended()).To(Equal([]int{2}))
	g.Expect(r.Missing()).To(Equal([]string{"404/deleted-object/FetchTenant"}))
	result := Build(r.Input(contract(t)))
	g.Expect(result.Verdict).To(Equal(Error))
	g.Expect(result.Reason).To(
		Equal("the run was not completed: process 2 of 2 did not come to an end, and 1 of 3 specs left no result"))
	g.Expect(result.Run.Incomplete).To(BeTrue())
	g.Expect(result.Specs).To(HaveLen(2))
	g.Expect(result.Preflight).To(Equal(full.Preflight))
	g.Expect(result.Limits).To(Equal(full.Limits))
	g.Expect(result.World).To(HaveLen(1))
	g.Expect(result.Leftovers).To(Equal(full.Leftovers))
	g.Expect(cell(t, result, "FetchTenant", "404").Reason).To(Equal("reviewed"))
	throttled := result.Run.Requests.Throttled
	g.Expect(result.Run.Requests).To(Equal(Requests{World: 7, Specs: 5 + second.Requests, Cleanup: 3,
		Throttled: throttled}))
	g.Expect(result.Run.Ended).To(BeTemporally("==", noon.Add(250*time.Millisecond)), "the last of what is known")

	path := filepath.Join(t.TempDir(), "conformance.json")
	g.Expect(Write(path, result)).To(Succeed())
	_, err = Read(path)
	g.Expect(err).NotTo(HaveOccurred())
}

func TestRecordsOfAViolation(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	violation := sample(t).Specs[0]
	recorded(t, dir, 1, headerOf(violation.ID, "401/x/FetchTenant"), violation)
	r, err := ReadRecords(dir)
	g.Expect(err).NotTo(HaveOccurred())
	result := Build(r.Input(contract(t)))
	g.Expect(result.Verdict).To(Equal(Violation), "a fact about the target")
	g.Expect(result.Problems).To(HaveExactElements(
		"the run was not completed: processes 1 and 2 of 2 did not come to an end, and 1 of 2 specs left no result"))
}

// A process that is killed may leave half a line, and nothing that comes before is lost for it.
func TestRecordsThatAreCut(t *testing.T) {
	one := Spec{ID: "401/a/FetchTenant", Code: "401", Operation: "FetchTenant", Subject: "FetchTenant",
		Source: schemas.FromReference, Verdict: Pass}
	for name, c := range map[string]struct {
		tail    string
		specs   int
		problem string // of the rest
	}{
		"nothing":       {"", 1, "process 2 of 2 did not come to an end"},
		"half a record": {`{"kind":"spec","value":{"id":"401/b/Fe`, 1, "process 2 of 2 did not come to an end"},
		"a record, no end": {`{"kind":"spec","value":{"id":"401/b/FetchTenant"}}`, 1,
			"process 2 of 2 did not come to an end"},
		"nonsense":           {"nonsense\n", 1, "and process-2.jsonl cannot be read as a whole"},
		"a kind of nothing":  {`{"kind":"spex","value":{}}` + "\n", 1, "and process-2.jsonl cannot be read as a whole"},
		"a value of nothing": {`{"kind":"spec","value":[]}` + "\n", 1, "and process-2.jsonl cannot be read as a whole"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			dir := t.TempDir()
			recorded(t, dir, 1, headerOf(one.ID), Requests{})
			file := recorded(t, dir, 2, one)
			opened, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
			g.Expect(err).NotTo(HaveOccurred())
			_, err = opened.WriteString(c.tail)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(opened.Close()).To(Succeed())
			r, err := ReadRecords(dir)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(r.Specs).To(HaveLen(c.specs))
			g.Expect(r.Input(contract(t)).Problems[0]).To(ContainSubstring(c.problem))
		})
	}
}

func TestRecordsOfNothing(t *testing.T) {
	g := NewWithT(t)
	_, err := ReadRecords(filepath.Join(t.TempDir(), "none"))
	g.Expect(err).To(MatchError(fs.ErrNotExist))
	dir := t.TempDir()
	recorded(t, dir, 2, Requests{})
	_, err = ReadRecords(dir)
	g.Expect(err).To(MatchError(fs.ErrNotExist), "only process 1 knows what the run is")
	other := headerOf()
	other.Version = 9
	recorded(t, dir, 1, other)
	_, err = ReadRecords(dir)
	g.Expect(err).To(MatchError("its records have version 9, and this program reads version 2"))
}

func TestRecorderAtTheSameTime(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	r, err := NewRecorder(dir, 1)
	g.Expect(err).NotTo(HaveOccurred())
	_, err = NewRecorder(dir, 1)
	g.Expect(err).To(MatchError(ContainSubstring("the records of the run cannot be written")),
		"two processes never share a file")
	r.Append(KindHeader, headerOf())
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() { r.Append(KindStep, Step{ID: "a <step>", Phase: PhaseWorld}) })
	}
	group.Wait()
	r.Append(KindStep, func() {})
	g.Expect(r.Close()).To(MatchError(ContainSubstring("the records of the run cannot be written")))
	r.Append(KindStep, Step{}) // of a spec that did not end in time
	read, err := ReadRecords(dir)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(read.Steps).To(HaveLen(50))
	var none *Recorder
	none.Append(KindStep, Step{})
	g.Expect(none.Close()).To(Succeed())
}
