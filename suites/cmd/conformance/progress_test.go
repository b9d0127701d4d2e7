package main

import (
	"bytes"
	"context"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/config"
)

func TestProgressLine(t *testing.T) {
	ten := config.Rate{Requests: 10, Per: time.Second}
	for name, c := range map[string]struct {
		progress progress
		done     int
		elapsed  time.Duration
		want     string
	}{
		"at the rate limit": {progress{total: 3787, rate: ten, width: 80}, 1187, 2 * time.Minute,
			"1187 of 3787 requests, about 4m23s left at 10/s"},
		"slower than the rate limit": {progress{total: 300, rate: ten, width: 80}, 100, 100 * time.Second,
			"100 of 300 requests, about 3m20s left at 10/s"},
		"without a rate limit": {progress{total: 300, width: 80}, 100, 10 * time.Second,
			"100 of 300 requests, about 20s left"},
		"without a plan":    {progress{rate: ten, width: 80}, 12, time.Second, "12 requests so far"},
		"nothing sent yet":  {progress{total: 300, rate: ten, width: 80}, 0, time.Second, "0 of 300 requests"},
		"more than planned": {progress{total: 300, rate: ten, width: 80}, 310, time.Minute, "310 of 310 requests"},
		"a terminal of 40 characters": {progress{total: 3787, rate: ten, width: 40}, 1187, 2 * time.Minute,
			"1187 of 3787 requests, about 4m23s left"},
		"a terminal of 30 characters": {progress{total: 3787, rate: ten, width: 30}, 1187, 2 * time.Minute,
			"1187 of 3787 requests"},
	} {
		t.Run(name, func(t *testing.T) {
			NewWithT(t).Expect(c.progress.line(c.done, c.elapsed)).To(Equal(c.want))
		})
	}
}

func TestProgressComesSome20Times(t *testing.T) {
	g := NewWithT(t)
	ten := config.Rate{Requests: 10, Per: time.Second}
	g.Expect(progress{total: 1000, rate: ten}.interval()).To(Equal(5 * time.Second))
	g.Expect(progress{total: 100000, rate: ten}.interval()).To(Equal(15 * time.Second))
	g.Expect(progress{total: 10, rate: ten}.interval()).To(Equal(time.Second))
	g.Expect(progress{total: 1000}.interval()).To(Equal(15 * time.Second))
}

func TestProgressEndsWithTheRun(t *testing.T) {
	g := NewWithT(t)
	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	asked := 0
	progress{total: 10, rate: config.Rate{Requests: 10, Per: time.Second}, width: 80}.watch(ctx, &out,
		func() (int, error) {
			if asked++; asked == 2 {
				cancel()
			}
			return asked, nil
		})
	g.Expect(out.String()).To(
		MatchRegexp(`^\n1 of 10 requests, about 9s left at 10/s\n\n2 of 10 requests, about 8s left at 10/s\n$`))
}

// Between the last request and the end of the run lies what Ginkgo prints: nothing comes between its lines any longer.
func TestProgressSaysOnceThatAllIsSent(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	asked := 0
	progress{total: 10, rate: config.Rate{Requests: 10, Per: time.Second}, width: 80}.watch(ctx, &out,
		func() (int, error) {
			if asked++; asked == 3 {
				cancel()
			}
			return 10, nil
		})
	NewWithT(t).Expect(out.String()).To(Equal("\n10 of 10 requests\n"))
}
