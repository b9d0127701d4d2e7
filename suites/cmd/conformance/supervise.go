package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/ratelimit"
)

// supervise runs the specs.
func (o options) supervise(ctx context.Context, command *exec.Cmd, cfg *config.File) error {
	if o.rehearse {
		return runUntil(ctx, command)
	}
	sent, err := o.sent()
	if err != nil {
		return err
	}
	return supervise(ctx, command, cfg.Timeouts.Cleanup+ratelimit.Of(cfg.Target).Silent()+30*time.Second, sent)
}

// runUntil runs a command that has nothing to clean up, and kills it with all its processes at the end of the context.
func runUntil(ctx context.Context, command *exec.Cmd) error {
	ownGroup(command)
	if err := command.Start(); err != nil {
		return fmt.Errorf("%s: %w", command.Path, err)
	}
	stop := context.AfterFunc(ctx, func() { kill(command.Process.Pid) })
	defer stop()
	err := command.Wait()
	return errors.Join(context.Cause(ctx), err)
}

// supervise runs the command in a process group of its own, and passes the end of the context on to the whole group:
// neither ginkgo nor make does that with a signal which only the first process gets. The group then removes what it
// made, for as long as that takes at the target's pace: its clean-up has a time-out that does not count the waiting.
// One that sends nothing for longer than any clean-up does is stuck, and is killed.
func supervise(ctx context.Context, command *exec.Cmd, silent time.Duration, sent func() (int, error)) error {
	ownGroup(command)
	if err := command.Start(); err != nil {
		return fmt.Errorf("%s: %w", command.Path, err)
	}
	done := make(chan error, 1)
	go func() { done <- command.Wait() }()
	group := command.Process.Pid
	select {
	case err := <-done:
		return errors.Join(err, endGroup(group, silent, sent))
	case <-ctx.Done():
	}
	endInOrder(group) // a group that is gone already has nothing left to be told
	look := time.NewTicker(min(silent/10, time.Second))
	defer look.Stop()
	stuck := silence(silent, sent)
	for {
		select {
		case err := <-done:
			return errors.Join(context.Cause(ctx), err, endGroup(group, silent, sent))
		case <-look.C:
		}
		if err := stuck(); err != nil {
			kill(group)
			return errors.Join(context.Cause(ctx), err, <-done)
		}
	}
}

// silence returns a function that returns an error once nothing has been sent for too long.
func silence(longest time.Duration, sent func() (int, error)) func() error {
	last, since := -1, time.Now()
	return func() error {
		// A count that cannot be read is not a sign of life.
		if n, err := sent(); err == nil && n != last {
			last, since = n, time.Now()
		}
		if time.Since(since) > longest {
			return fmt.Errorf("the clean-up sent nothing for %v and was killed: make sweep finds what is left", longest)
		}
		return nil
	}
}

// endGroup ends what is left of a process group whose first process has ended: where ginkgo was killed, the suite's
// processes would go on without anybody who waits for them. Nothing tells of the end of processes that are not children
// of this one, so it is looked for.
func endGroup(group int, silent time.Duration, sent func() (int, error)) error {
	if !alive(group) {
		return nil
	}
	endInOrder(group)
	look := time.NewTicker(min(silent/10, 50*time.Millisecond))
	defer look.Stop()
	for stuck := silence(silent, sent); alive(group); <-look.C {
		if err := stuck(); err != nil {
			kill(group)
			return err
		}
	}
	return nil
}
