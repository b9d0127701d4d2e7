package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"acronis-conformance/fixtures"
)

// handedPrefix begins the names of the files in which processes leave to process 1 what they have made again.
const handedPrefix = "made-again-"

// learnOthers takes note of what the other processes have left to this one, and of what they have deleted of all.
func (s *Session) learnOthers() error {
	err := s.exchangeMade()
	s.learnRemoved()
	return err
}

// exchangeMade leaves the objects that this process made again to process 1, or takes over there what the others have
// left. Where it cannot be left, this process removes it.
func (s *Session) exchangeMade() error {
	if s.process > 1 {
		handed := s.registry.HandOver()
		content, err := json.Marshal(handed)
		if err == nil {
			err = os.WriteFile(filepath.Join(s.Dir, fmt.Sprint(handedPrefix, s.process)), content, 0o600)
		}
		if err != nil {
			s.registry.Adopt(handed)
		}
		return nil
	}
	files, err := filepath.Glob(filepath.Join(s.Dir, handedPrefix+"*"))
	for _, file := range files {
		var handed []fixtures.Made
		content, unread := os.ReadFile(file)
		if unread == nil {
			unread = json.Unmarshal(content, &handed)
		}
		err = errors.Join(err, unread)
		s.registry.Adopt(handed)
	}
	return err
}
