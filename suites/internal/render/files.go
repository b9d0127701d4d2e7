package render

import (
	"io"
	"path/filepath"

	"acronis-conformance/suites/internal/report"
)

// views are the files that are made of a result. The baseline may be nil.
var views = []struct {
	name  string
	write func(w io.Writer, r, baseline *report.Result) error
}{
	{"index.html", func(w io.Writer, r, _ *report.Result) error { return HTML(w, r) }},
	{"summary.md", Summary},
	{"conformance.har", func(w io.Writer, r, _ *report.Result) error { return HAR(w, r) }},
	{"conformance.sarif", func(w io.Writer, r, _ *report.Result) error { return SARIF(w, r) }},
	{"ctrf.json", func(w io.Writer, r, _ *report.Result) error { return CTRF(w, r) }},
	{"badge.svg", func(w io.Writer, r, _ *report.Result) error { return Badge(w, r) }},
}

// WriteAll writes every view of a result into the folder and returns their paths. The baseline may be nil. A reader sees either the
// whole of a file or the one that was there before.
func WriteAll(folder string, r, baseline *report.Result) ([]string, error) {
	var paths []string
	for _, view := range views {
		path := filepath.Join(folder, view.name)
		if err := report.Replace(path, func(w io.Writer) error { return view.write(w, r, baseline) }); err != nil {
			return paths, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}
