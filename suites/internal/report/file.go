package report

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Write stores the result as JSON. A reader sees either the whole file or the one that was there before.
func Write(path string, r *Result) error {
	return Replace(path, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", " ")
		return e.Encode(r)
	})
}

// WriteFile puts the content into the file's place whole, or leaves what was there.
func WriteFile(path string, content []byte) error {
	return Replace(path, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// Replace puts what is written into the file's place whole, or leaves what was there. An error of write itself is
// returned as it is.
func Replace(path string, write func(io.Writer) error) error {
	err := ReplaceAs(path, 0o644, write)
	if disk := new(DiskError); errors.As(err, &disk) {
		return fmt.Errorf("report %s cannot be written: %w: make room there, or name another directory", path, err)
	}
	return err
}

// DiskError says that a file could not be written, which is not a fault of what was to stand in it.
type DiskError struct{ Cause error }

func (e *DiskError) Error() string { return e.Cause.Error() }

func (e *DiskError) Unwrap() error { return e.Cause }

// ReplaceAs writes a file of that mode beside path, and renames it once all of it has reached the disk. The error is
// a *DiskError, or that of write.
func ReplaceAs(path string, mode os.FileMode, write func(io.Writer) error) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return &DiskError{err}
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name()) // what is half written is of no use
		}
	}()
	buffer := bufio.NewWriterSize(file, 1<<16)
	failed := write(buffer)
	flushed := buffer.Flush() // which also fails where an earlier write to the file has
	err = errors.Join(flushed, file.Chmod(mode), file.Sync(), file.Close())
	switch {
	case flushed == nil && failed != nil:
		return failed
	case err != nil:
		return &DiskError{err}
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return &DiskError{err}
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes the new name of a file in the directory survive a crash.
func syncDir(dir string) error {
	opened, err := os.Open(dir)
	if err != nil {
		return &DiskError{err}
	}
	if err := errors.Join(opened.Sync(), opened.Close()); err != nil {
		return &DiskError{err}
	}
	return nil
}
