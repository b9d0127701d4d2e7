package ratelimit

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// file is where the state is kept.
type file struct {
	path string

	mu     sync.Mutex // guards what follows
	alone  *state     // where no other process changes it; nil: it is read from the file each time
	stored time.Time  // when it was last stored, where it is changed alone
}

// storeEvery is how often what is sent alone is stored: a person watches it, and a file that is opened for each request
// is a thirtieth of what a run costs.
const storeEvery = 50 * time.Millisecond

// sent is update for a request that is sent: alone, it is stored with one that follows.
func (f *file) sent(change func(*state) error) error {
	f.mu.Lock()
	if f.alone != nil && time.Since(f.stored) < storeEvery {
		defer f.mu.Unlock()
		return change(f.alone)
	}
	f.mu.Unlock()
	return f.update(change)
}

// update reads the state, lets change at it, and stores it, while no other process or goroutine does. What change
// returns an error for is not stored; it must have changed nothing then.
func (f *file) update(change func(*state) error) (err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.alone == nil {
		return f.locked(func(opened *os.File) error { return f.change(opened, change) })
	}
	if err := change(f.alone); err != nil {
		return err
	}
	opened, err := os.OpenFile(f.path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("the pace of the run: %w", err)
	}
	f.stored = time.Now()
	return errors.Join(f.store(opened, f.alone), opened.Close())
}

// look reads the state of a run that this process may have no part in.
func (f *file) look() (s state, err error) {
	err = f.locked(func(opened *os.File) (err error) {
		s, err = f.read(opened)
		return err
	})
	return s, err
}

// locked opens the file while no other process or goroutine does.
func (f *file) locked(do func(opened *os.File) error) (err error) {
	lock := flock.New(f.path + ".lock") // a file of its own: on Windows a locked one cannot be read
	if err := lock.Lock(); err != nil {
		return fmt.Errorf("the pace of the run: lock of %s: %w", f.path, err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	opened, err := os.OpenFile(f.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("the pace of the run: %w", err)
	}
	defer opened.Close()
	return do(opened)
}

func (f *file) read(opened *os.File) (s state, err error) {
	// Only the first value counts: the rest of a longer state may follow it, since the file never shrinks.
	if err := json.NewDecoder(opened).Decode(&s); err != nil && !errors.Is(err, io.EOF) {
		return s, fmt.Errorf("the pace of the run: %s: %w", f.path, err)
	}
	return s, nil
}

func (f *file) change(opened *os.File, change func(*state) error) error {
	s, err := f.read(opened)
	if err == nil {
		err = change(&s)
	}
	if err != nil {
		return err
	}
	return f.store(opened, &s)
}

func (f *file) store(opened *os.File, s *state) error {
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
