package ratelimit

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// slots are the requests that may be in flight at a time. A slot is the lock of a file, which ends with its process
// at the latest.
type slots struct {
	dir   string
	count int // 0: as many as anybody likes
}

// poll is how often a request that waits looks for a free slot: the system tells no one when any of several locks
// becomes free.
const poll = 5 * time.Millisecond

// enter waits for a slot.
func (s slots) enter(ctx context.Context) (leave func(), err error) {
	if s.count == 0 {
		return func() {}, nil
	}
	for first := rand.IntN(s.count); ; {
		for i := range s.count {
			if leave, err = s.take((first + i) % s.count); leave != nil || err != nil {
				return leave, err
			}
		}
		if err := sleep(ctx, poll); err != nil {
			return nil, err
		}
	}
}

// take takes that slot, and returns nil where it is someone else's.
func (s slots) take(number int) (leave func(), err error) {
	lock := flock.New(filepath.Join(s.dir, "slot-"+strconv.Itoa(number)))
	taken, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("the pace of the run: lock of %s: %w", lock, err)
	}
	if !taken {
		return nil, nil
	}
	return sync.OnceFunc(func() { _ = lock.Unlock() }), nil
}
