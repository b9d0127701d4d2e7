package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
)

// Write stores the result as JSON. A reader sees either the whole file or the one that was there before.
func Write(path string, r *Result) error {
	return Replace(path, func(w io.Writer) error { return encode(w, r) })
}

// encode writes the result with an item of its lists on each line: encoding/json would hold all of it in memory, twice
// where it is indented.
func encode(w io.Writer, r *Result) error {
	var line bytes.Buffer
	e := json.NewEncoder(&line)
	e.SetEscapeHTML(false)
	// put writes a text, the value, and what ends the line.
	put := func(before string, v any, after string) error {
		line.Reset()
		line.WriteString(before)
		if err := e.Encode(v); err != nil {
			return err
		}
		line.Truncate(line.Len() - 1) // the encoder's own newline
		line.WriteString(after + "\n")
		_, err := line.WriteTo(w)
		return err
	}
	result := reflect.ValueOf(r).Elem()
	before := "{"
	for i := range result.NumField() {
		name, options, _ := strings.Cut(result.Type().Field(i).Tag.Get("json"), ",")
		field := result.Field(i)
		if options == "omitempty" && field.IsZero() {
			continue
		}
		after := ","
		if i == result.NumField()-1 {
			after = "}"
		}
		name, before = before+`"`+name+`": `, ""
		if field.Kind() != reflect.Slice || field.Len() == 0 {
			if err := put(name, field.Interface(), after); err != nil {
				return err
			}
			continue
		}
		for at := range field.Len() {
			opens, closes := "", ","
			if at == 0 {
				opens = name + "[\n"
			}
			if at == field.Len()-1 {
				closes = "]" + after
			}
			if err := put(opens, field.Index(at).Addr().Interface(), closes); err != nil {
				return err
			}
		}
	}
	return nil
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
