package ratelimit

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// stopwatch ends a context when its time is up, and stands still while a request waits for the pace.
type stopwatch struct {
	limit  time.Duration
	cancel context.CancelCauseFunc
	outer  *stopwatch // of the context that this one is within; nil: none

	mu      sync.Mutex
	left    time.Duration
	since   time.Time // when it began to run
	timer   *time.Timer
	waiting int // requests
}

type stopwatchKey struct{}

// WithTimeout is context.WithTimeout, but what the context's requests wait for their turn is not counted: a slow pace
// is the target's wish and no one's fault. The cause of its end is a context.DeadlineExceeded; there is no deadline
// to ask for.
func WithTimeout(parent context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(parent)
	outer, _ := parent.Value(stopwatchKey{}).(*stopwatch)
	w := &stopwatch{limit: limit, cancel: cancel, outer: outer, left: limit, since: time.Now()}
	w.timer = time.AfterFunc(limit, w.expire)
	return context.WithValue(ctx, stopwatchKey{}, w), func() {
		w.timer.Stop()
		cancel(context.Canceled)
	}
}

// Elapsed returns how much of the context's time-out is used up; 0 where it has none.
func Elapsed(ctx context.Context) time.Duration {
	w, _ := ctx.Value(stopwatchKey{}).(*stopwatch)
	if w == nil {
		return 0
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiting > 0 {
		return w.limit - w.left
	}
	return w.limit - w.left + time.Since(w.since)
}

func (w *stopwatch) expire() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiting == 0 { // else it fired just as a request began to wait
		w.cancel(fmt.Errorf("not done within %v, not counting what was waited for the pace of the run: %w", w.limit,
			context.DeadlineExceeded))
	}
}

// suspend stops the context's stopwatches, if it has any, until resume is called.
func suspend(ctx context.Context) (resume func()) {
	innermost, _ := ctx.Value(stopwatchKey{}).(*stopwatch)
	for w := innermost; w != nil; w = w.outer {
		w.stop()
	}
	return func() {
		for w := innermost; w != nil; w = w.outer {
			w.run()
		}
	}
}

func (w *stopwatch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiting++; w.waiting == 1 {
		w.timer.Stop()
		w.left -= time.Since(w.since)
	}
}

func (w *stopwatch) run() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiting--; w.waiting == 0 {
		w.since = time.Now()
		w.timer.Reset(w.left)
	}
}
