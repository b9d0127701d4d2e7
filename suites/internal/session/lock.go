package session

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"acronis-conformance/fixtures"
	"acronis-conformance/suites/internal/report"
)

// lockPoll is how often a spec that waits for an object tries its lock: flock does not notify.
const lockPoll = 5 * time.Millisecond

// maxRemakes bounds how often an object is made again after a request changed it that should have been rejected.
const maxRemakes = 3

// shared is what the processes know of an object that specs write to, beside what process 1 prepared. It is kept in
// the object's lock file.
type shared struct {
	// id of the spec that changed the object and should not have; empty: none
	ModifiedBy string             `json:"modified_by,omitempty"`
	ServedBy   string             `json:"served_by,omitempty"` // the same, where the change is sure
	Remakes    int                `json:"remakes,omitempty"`
	Vars       fixtures.Vars      `json:"vars,omitempty"` // of the object as it was made again
	Known      fixtures.Knowledge `json:"known,omitzero"`
	Baselines  map[string]string  `json:"baselines,omitempty"`
}

// Lock is an object that one spec at a time writes to, over all processes.
type Lock struct {
	// ModifiedBy is the id of the spec that changed the object and should not have; empty where it is as it was made.
	ModifiedBy string
	// Renewed reports whether the object is another one than this process knew: requests that name it have to be built
	// again.
	Renewed bool

	session *Session
	key     string
	release func()
	state   shared
}

// turns lock objects within a process.
type turns struct {
	mu sync.Mutex
	of map[string]chan struct{} // by key: full while the object is locked
}

// take locks an object, and returns what releases it.
func (t *turns) take(ctx context.Context, key string) (release func(), err error) {
	t.mu.Lock()
	turn := t.of[key]
	if turn == nil {
		turn = make(chan struct{}, 1)
		t.of[key] = turn
	}
	t.mu.Unlock()
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// lock locks an object, and returns what releases it. A file costs several calls of the system, and a look at it every
// few milliseconds.
func (s *Session) lock(ctx context.Context, key string) (release func(), err error) {
	if s.turns != nil {
		return s.turns.take(ctx, key)
	}
	lock := flock.New(s.lockFile(key) + ".lock")
	if _, err := lock.TryLockContext(ctx, lockPoll); err != nil {
		return nil, err
	}
	return func() { _ = lock.Unlock() }, nil
}

// Lock acquires the object's lock. The caller must call Unlock. An error says why the lock cannot be had before the
// context ends.
func (s *Session) Lock(ctx context.Context, key string) (*Lock, error) {
	release, err := s.lock(ctx, key)
	if err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("another spec has locked %s: %w", key, context.Cause(ctx))
		}
		return nil, fmt.Errorf("lock of %s: %w", key, err)
	}
	l := &Lock{session: s, key: key, release: release}
	if err := l.read(); err != nil {
		l.Unlock()
		return nil, fmt.Errorf("lock of %s: %w", key, err)
	}
	return l, nil
}

// Unlock releases the object.
func (l *Lock) Unlock() { l.release() }

// read takes over what another process has left in the lock file.
func (l *Lock) read() error {
	content, err := os.ReadFile(l.session.lockFile(l.key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // nothing has happened to the object
	}
	if err != nil {
		return err
	}
	numbers := json.NewDecoder(bytes.NewReader(content))
	numbers.UseNumber() // as process 1 has them: a float is written otherwise, 1.7e+12
	if err := numbers.Decode(&l.state); err != nil {
		return err
	}
	l.ModifiedBy = l.state.ModifiedBy
	s := l.session
	if l.state.Remakes > s.remakes[l.key] && l.state.Vars != nil {
		s.remakes[l.key], s.Sandbox.Objects[l.key] = l.state.Remakes, l.state.Vars
		s.registry.Learn(l.state.Known)
		l.forget()
		maps.Copy(s.Baselines, l.state.Baselines)
		s.registerSecrets()
		l.Renewed = true
	}
	return nil
}

// forget drops what the watches showed of the object before it was made again, and returns them.
func (l *Lock) forget() []Watch {
	own := slices.DeleteFunc(slices.Clone(l.session.Watches), func(w Watch) bool { return w.Key != l.key })
	for _, w := range own {
		delete(l.session.Baselines, w.key())
	}
	return own
}

func (l *Lock) write() error {
	content, err := json.Marshal(l.state)
	if err != nil {
		return err
	}
	return os.WriteFile(l.session.lockFile(l.key), content, 0o600)
}

// MarkModified records that a spec changed the object and should not have: it is made again before the next spec
// writes to it.
func (l *Lock) MarkModified(spec string) error {
	l.ModifiedBy, l.state.ModifiedBy = spec, spec
	return l.write()
}

// MarkServed is MarkModified for a change that is sure: the request was served.
func (l *Lock) MarkServed(spec string) error {
	l.state.ServedBy = spec
	return l.MarkModified(spec)
}

// ServedAbove returns the spec whose request changed the tenant above all that the run makes and should not have; empty
// where none did. What lies below has changed with it.
func (s *Session) ServedAbove(ctx context.Context) (string, error) {
	above, err := s.Lock(ctx, fixtures.RootKey)
	if err != nil {
		return "", err
	}
	defer above.Unlock()
	return above.state.ServedBy, nil
}

// Remake makes the object again and looks at it as all watches of the run do, so that a request that was served by
// mistake does not hide other faults. It does nothing where that was done often enough, or where the object cannot be
// made again: then ModifiedBy stays.
func (l *Lock) Remake(ctx context.Context, object Object) error {
	s := l.session
	if object.Key != l.key || l.state.Remakes >= maxRemakes {
		return nil
	}
	l.state.Remakes++
	name := strings.Map(func(c rune) rune {
		if c == '/' || c == '_' || c == '{' || c == '}' {
			return '-'
		}
		return c
	}, fmt.Sprintf("%s-%d", l.key, l.state.Remakes))
	builder := fixtures.Resume(s.Catalogue, s.Sandbox, name, s.do(report.PhaseWorld))
	delete(s.Sandbox.Failed, l.key)
	if err := builder.Make(ctx, object.Key, object.Side, object.Object); err != nil {
		return err
	}
	if s.Sandbox.Failed[l.key] != "" {
		return l.write() // what it was is still known, and that it was changed
	}
	watches := l.forget()
	l.state.Baselines = map[string]string{}
	if err := s.registry.Confirm(ctx, s.Sandbox, s.do(report.PhaseWorld), s.grace(), s.Concurrency()); err != nil {
		return err
	}
	if err := s.baseline(ctx, watches); err != nil {
		return err
	}
	for _, w := range watches {
		if shown, known := s.Baselines[w.key()]; known {
			l.state.Baselines[w.key()] = shown
		}
	}
	s.registerSecrets()
	s.remakes[l.key] = l.state.Remakes
	l.state.Vars, l.state.Known = s.Sandbox.Objects[l.key], s.registry.Knowledge().Only(ids(s.Sandbox.Objects[l.key]))
	l.ModifiedBy, l.state.ModifiedBy, l.Renewed = "", "", true
	return l.write()
}

// ids lists the texts among the values that may be ids.
func ids(vars fixtures.Vars) []string {
	var found []string
	for _, value := range vars {
		found = append(found, fmt.Sprint(value))
	}
	return found
}

// lockFile holds what the processes share about an object. Its lock is a file beside it: on Windows a locked file
// cannot be read.
func (s *Session) lockFile(key string) string {
	return filepath.Join(s.Dir, "object-"+url.PathEscape(cmp.Or(key, "none")))
}
