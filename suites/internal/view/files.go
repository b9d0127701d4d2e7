package view

import (
	"bufio"
	"fmt"
	"io"
	"os"
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
		if err := WriteFile(path, view.write); err != nil {
			return paths, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// WriteFile writes one view as WriteAll does: it is complete on the disk before it takes its name.
func WriteFile(path string, write func(io.Writer) error) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return unwritable(path, err)
	}
	err = fill(file, write)
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
		return unwritable(path, err)
	}
	return nil
}

func unwritable(path string, err error) error {
	return fmt.Errorf("report %s cannot be written: %w: make room there, or name another folder", path, err)
}

func fill(file *os.File, write func(io.Writer) error) (err error) {
	defer func() {
		if e := file.Close(); err == nil {
			err = e
		}
	}()
	buffer := bufio.NewWriterSize(file, 1<<16)
	if err := write(buffer); err != nil {
		return err
	}
	if err := buffer.Flush(); err != nil {
		return err
	}
	if err := file.Chmod(0o644); err != nil { // temporary files are private, reports are not
		return err
	}
	return file.Sync()
}
