package redact

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"sync"
)

// shared is the file through which the processes of a run tell each other what they find.
type shared struct {
	mu       sync.Mutex
	file     *os.File
	read     int64                   // up to here
	withhold func(value string) bool // what is not written
}

// Share makes the Redactors of all processes that share the file know what each of them finds: a target may repeat to
// one process what it has told another. The file is made for this user alone, in a directory that must be this user's
// alone too. What withhold reports true for is not written.
func (r *Redactor) Share(path string, withhold func(value string) bool) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("share the secrets that the processes find: %w", err)
	}
	r.shared = &shared{file: file, withhold: withhold}
	return r.exchange(r.Secrets())
}

// tell shares what was found. Where that fails, nothing of the target's answers is shown any longer.
func (r *Redactor) tell(found []Secret) {
	if err := r.exchange(found); err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.full = true
	}
}

// exchange writes what was found and learns what others have written. A line is written as a whole, so that it is
// read as one.
func (r *Redactor) exchange(found []Secret) error {
	s := r.shared
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	for _, secret := range found {
		if s.withhold(secret.Value) {
			continue
		}
		if err := encoder.Encode(secret); err != nil {
			return err
		}
	}
	if lines.Len() > 0 {
		if _, err := s.file.Write(lines.Bytes()); err != nil {
			return err
		}
	}
	info, err := s.file.Stat()
	if err != nil || info.Size() == s.read {
		return err
	}
	more := make([]byte, info.Size()-s.read)
	n, err := s.file.ReadAt(more, s.read)
	if n < len(more) {
		return err
	}
	more = more[:bytes.LastIndexByte(more, '\n')+1] // another process may be writing
	for line := range bytes.Lines(more) {
		var secret Secret
		if err := json.Unmarshal(line, &secret); err != nil {
			return err
		}
		r.learn(secret.Name, secret.Value, false)
	}
	s.read += int64(len(more))
	return nil
}
