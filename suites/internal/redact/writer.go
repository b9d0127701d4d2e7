package redact

import (
	"bytes"
	"io"
	"sync"
)

// maxLine is how much a Writer holds back at most while it waits for the end of a line.
const maxLine = 1 << 20

// Writer redacts what is written to it, line by line, so that a secret in two writes is found too. It is safe for concurrent use.
type Writer struct {
	redactor *Redactor
	mu       sync.Mutex
	out      io.Writer
	held     []byte
}

// Writer returns a writer that hands redacted lines to out. Close it to see the last line if it may lack its newline.
func (r *Redactor) Writer(out io.Writer) *Writer { return &Writer{redactor: r, out: out} }

// Write implements io.Writer.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held = append(w.held, p...)
	end := bytes.LastIndexByte(w.held, '\n') + 1
	if len(w.held)-end > maxLine {
		// A line without an end: better cut between words than never shown.
		end = bytes.LastIndexAny(w.held, " \t\r\n") + 1
		if end == 0 {
			end = len(w.held)
		}
	}
	if err := w.emit(end); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close writes out what is held back. It does not close the writer below.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.emit(len(w.held))
}

func (w *Writer) emit(end int) error {
	if end == 0 {
		return nil
	}
	_, err := w.out.Write(w.redactor.Bytes(w.held[:end]))
	w.held = append([]byte(nil), w.held[end:]...)
	return err
}
