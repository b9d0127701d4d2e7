package view

import (
	"io"
	"path/filepath"

	"acronis-conformance/suites/internal/report"
)

// WriteAll writes every view of a result into the folder and returns their paths. The baseline may be nil. A reader sees either the
// whole of a file or the one that was there before.
func WriteAll(folder string, r, baseline *report.Result) ([]string, error) {
	var paths []string
	for _, view := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"index.html", func(w io.Writer) error { return HTML(w, r) }},
		{"summary.md", func(w io.Writer) error { return Summary(w, r, baseline) }},
		{"conformance.har", func(w io.Writer) error { return HAR(w, r) }},
		{"conformance.sarif", func(w io.Writer) error { return SARIF(w, r) }},
		{"badge.svg", func(w io.Writer) error { return Badge(w, r) }},
	} {
		path := filepath.Join(folder, view.name)
		if err := report.Replace(path, view.write); err != nil {
			return paths, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}
