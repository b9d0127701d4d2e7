package render

import (
	"io"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"acronis-conformance/suites/internal/report"
)

// HistoryFile is the name of the history that the page shows, in the directory of the views.
const HistoryFile = "history.jsonl"

// viewInput is what views are made of. Baseline and nights may be nil.
type viewInput struct {
	result, baseline *report.Result
	nights           []report.Night
}

// views are the files that are made of a result.
var views = []struct {
	name  string
	write func(w io.Writer, s viewInput) error
}{
	{"index.html", func(w io.Writer, s viewInput) error { return HTML(w, s.result, s.nights) }},
	{"summary.md", func(w io.Writer, s viewInput) error { return Summary(w, s.result, s.baseline) }},
	{"conformance.har", func(w io.Writer, s viewInput) error { return HAR(w, s.result) }},
	{"conformance.sarif", func(w io.Writer, s viewInput) error { return SARIF(w, s.result) }},
	{"ctrf.json", func(w io.Writer, s viewInput) error { return CTRF(w, s.result) }},
	{"badge.svg", func(w io.Writer, s viewInput) error { return Badge(w, s.result) }},
}

// WriteAll writes every view of a result into the directory and returns their paths. The baseline may be nil. The
// page shows the history that lies there; one that cannot be read is an error, which costs no view. A reader sees
// either the whole of a file or the one that was there before.
func WriteAll(dir string, r, baseline *report.Result) ([]string, error) {
	var paths []string
	nights, unreadable := report.ReadHistory(filepath.Join(dir, HistoryFile))
	from := viewInput{r, baseline, nights}
	var group errgroup.Group
	group.SetLimit(2) // they wait for the disk more than for each other
	failures := make([]error, len(views))
	for i, view := range views {
		path := filepath.Join(dir, view.name)
		paths = append(paths, path)
		group.Go(func() error {
			failures[i] = report.Replace(path, func(w io.Writer) error { return view.write(w, from) })
			return nil
		})
	}
	_ = group.Wait() // each has its own failure
	for i, err := range failures {
		if err != nil { // what hinders the first one mostly hinders the others
			return paths[:i], err
		}
	}
	return paths, unreadable
}
