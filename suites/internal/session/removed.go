package session

import (
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"acronis-conformance/fixtures"
)

// removedPrefix begins the names of the files that tell the other processes which objects are gone.
const removedPrefix = "removed-"

// tellRemoved tells the process that has made an object that a request has deleted it, or restored it. A service may
// hide it from then on as it hides what is foreign, and the clean-up is not to take that for a refusal.
func (s *Session) tellRemoved(r fixtures.Request) error {
	if restored, restores := strings.CutSuffix(r.Path, "/restore"); restores {
		if err := os.Remove(s.removedFile(restored)); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	if r.Method != http.MethodDelete {
		return nil
	}
	return os.WriteFile(s.removedFile(r.Path), nil, 0o600)
}

func (s *Session) removedFile(path string) string {
	return filepath.Join(s.Dir, removedPrefix+url.PathEscape(path))
}

// learnRemoved takes note of what the other processes have deleted.
func (s *Session) learnRemoved() {
	files, err := filepath.Glob(filepath.Join(s.Dir, removedPrefix+"*"))
	if err != nil {
		return // only of a malformed pattern
	}
	for _, file := range files {
		if path, err := url.PathUnescape(strings.TrimPrefix(filepath.Base(file), removedPrefix)); err == nil {
			s.registry.Removed(path)
		}
	}
}
