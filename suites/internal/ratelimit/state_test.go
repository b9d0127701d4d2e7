package ratelimit

import (
	"math/rand/v2"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/time/rate"
)

// What comes in the order of the clock gets the very turns that golang.org/x/time/rate gives.
func TestTurnsAreThoseOfATokenBucket(t *testing.T) {
	g := NewWithT(t)
	random := rand.New(rand.NewPCG(1, 2))
	for _, interval := range []time.Duration{time.Millisecond, 100 * time.Millisecond, 12 * time.Minute} {
		var s state
		oracle := rate.NewLimiter(rate.Every(interval), 1)
		now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
		for range 500 {
			now = now.Add(time.Duration(random.ExpFloat64() * float64(interval)))
			want := now.Add(oracle.ReserveN(now, 1).DelayFrom(now))
			g.Expect(s.book(now, time.Time{}, interval)).To(BeTemporally("~", want, time.Microsecond))
		}
		g.Expect(len(s.Turns)).To(BeNumerically("<", 100), "what is past is forgotten")
	}
}

func TestTurnsBookedAheadKeepTheirDistance(t *testing.T) {
	g := NewWithT(t)
	const interval = 100 * time.Millisecond
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(milliseconds int) time.Time { return now.Add(time.Duration(milliseconds) * time.Millisecond) }
	var s state
	g.Expect(s.book(now, at(250), interval)).To(Equal(at(250)))
	g.Expect(s.book(now, time.Time{}, interval)).To(Equal(at(0)))
	g.Expect(s.book(now, time.Time{}, interval)).To(Equal(at(100)))
	g.Expect(s.book(now, time.Time{}, interval)).To(Equal(at(350)), "200 is too near to 250")
	g.Expect(s.book(now, at(340), interval)).To(Equal(at(450)))
	s.cancel(at(100))
	s.cancel(at(101))
	g.Expect(s.book(now, time.Time{}, interval)).To(Equal(at(100)), "a turn that was given back is free")
	g.Expect(s.Turns).To(Equal([]time.Time{at(0), at(100), at(250), at(350), at(450)}))
}

func TestNobodyWaitsForAClockThatWasSetBack(t *testing.T) {
	g := NewWithT(t)
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	s := state{Hold: now.Add(time.Hour), Turns: []time.Time{now.Add(time.Hour)}}
	g.Expect(s.book(now, time.Time{}, time.Second)).To(Equal(now))
	g.Expect(s.Turns).To(Equal([]time.Time{now}))
}
