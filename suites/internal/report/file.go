package report

import (
	"bufio"
	"encoding/json"
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

// Replace writes a file beside path and renames it once all of it has reached the disk.
func Replace(path string, write func(io.Writer) error) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return unwritable(path, err)
	}
	err = fillFile(file, write)
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name()) // what is half written is of no use
		return unwritable(path, err)
	}
	return nil
}

func unwritable(path string, err error) error {
	return fmt.Errorf("report %s cannot be written: %w: make room there, or name another folder", path, err)
}

func fillFile(file *os.File, write func(io.Writer) error) (err error) {
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
