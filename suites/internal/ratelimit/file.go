package ratelimit

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gofrs/flock"
)

// file is the path of the file in which the state is kept.
type file string

// update reads the state, lets change at it, and stores it, while no other process or goroutine does. What change
// returns an error for is not stored.
func (f file) update(change func(*state) error) (err error) {
	lock := flock.New(string(f) + ".lock") // a file of its own: on Windows a locked one cannot be read
	if err := lock.Lock(); err != nil {
		return fmt.Errorf("the pace of the run: lock of %s: %w", f, err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	opened, err := os.OpenFile(string(f), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("the pace of the run: %w", err)
	}
	defer opened.Close()
	var s state
	// Only the first value counts: the rest of a longer state may follow it, since the file never shrinks.
	if err := json.NewDecoder(opened).Decode(&s); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("the pace of the run: %s: %w", f, err)
	}
	if err := change(&s); err != nil {
		return err
	}
	encoded, err := json.Marshal(s)
	if err != nil {
		return err
	}
	// One call, which a killed process has either made or not.
	if _, err := opened.WriteAt(append(encoded, '\n'), 0); err != nil {
		return fmt.Errorf("the pace of the run: %w", err)
	}
	return nil
}
