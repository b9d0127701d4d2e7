package ratelimit

import (
	"slices"
	"time"
)

// state is what the processes of a run share.
type state struct {
	Used int       `json:"used"`          // requests that were sent
	Last time.Time `json:"last,omitzero"` // when the last one was sent
	Hold time.Time `json:"hold,omitzero"` // no request before
	// booked, in order: those to come, and those past that the next one must keep off
	Turns []time.Time `json:"turns,omitempty"`

	Breaker breaker       `json:"breaker,omitzero"`
	Cleanup time.Duration `json:"cleanup,omitempty"` // that the clean-ups of the processes have taken at most
}

// book finds the first moment at which a request keeps the interval to every other one, and books it. Without turns
// that are booked ahead, it is a golang.org/x/time/rate limiter with a burst of one, whose state could not be shared.
func (s *state) book(now, earliest time.Time, interval time.Duration) time.Time {
	s.tidy(now, interval)
	turn := now.Round(0)
	for _, other := range []time.Time{earliest, s.Hold} {
		if other.After(turn) {
			turn = other.Round(0)
		}
	}
	for _, booked := range s.Turns {
		if turn.Before(booked.Add(interval)) && booked.Before(turn.Add(interval)) {
			turn = booked.Add(interval)
		}
	}
	at, _ := slices.BinarySearchFunc(s.Turns, turn, time.Time.Compare)
	s.Turns = slices.Insert(s.Turns, at, turn)
	return turn
}

// furthest is how far ahead a request may ask for its turn; a target never makes one wait longer than a minute.
const furthest = 2 * time.Minute

// tidy forgets what matters no more: turns long past, and what lies so far ahead that the clock must have been set
// back meanwhile, which would keep everybody waiting.
func (s *state) tidy(now time.Time, interval time.Duration) {
	horizon := now.Add(furthest + time.Duration(len(s.Turns)+1)*interval)
	s.Turns = slices.DeleteFunc(s.Turns, func(turn time.Time) bool {
		return turn.Before(now.Add(-interval)) ||
			turn.After(horizon)
	})
	if s.Hold.After(now.Add(furthest)) {
		s.Hold = time.Time{}
	}
	if s.Last.After(now) {
		s.Last = now
	}
}

// send notes that a request is sent, or returns how long it has to wait.
func (s *state) send(now time.Time, interval time.Duration) time.Duration {
	s.tidy(now, interval)
	next := s.Hold
	if !s.Last.IsZero() && s.Last.Add(interval).After(next) {
		next = s.Last.Add(interval)
	}
	if wait := next.Sub(now); wait > 0 {
		return wait
	}
	s.Used++
	s.Last = now.Round(0)
	return 0
}

// cancel gives a turn back.
func (s *state) cancel(turn time.Time) {
	if at, booked := slices.BinarySearchFunc(s.Turns, turn, time.Time.Compare); booked {
		s.Turns = slices.Delete(s.Turns, at, at+1)
	}
}

// throttled reports whether the target asked for patience of late, and has served nothing since.
func (s *state) throttled(now time.Time) bool { return s.Hold.After(now) || s.Breaker.Unserved > 0 }
