package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"acronis-conformance/suites/internal/config"
)

// progress tells the person who waits for a run on a live target how far it is, in whole lines: the specs' own output
// goes on between them.
type progress struct {
	total int // requests of the plan; 0 where it is not known
	rate  config.Rate
	width int // of the terminal, in characters
}

// line says what is done and what is left, after so many requests in that time. What is left takes as long as the rate
// limit makes it, or longer where the target is slower than that. Until a twentieth of the run is done, the rate counts
// for what is missing to that: the first answers take long, since connections are opened and tokens granted.
func (p progress) line(done int, elapsed time.Duration) string {
	if p.total == 0 {
		return fmt.Sprintf("%d requests so far", done)
	}
	text := fmt.Sprintf("%d of %d requests", done, max(p.total, done))
	if done == 0 || done >= p.total {
		return text
	}
	perSecond, limit := float64(done)/elapsed.Seconds(), ""
	if p.rate.Limited() {
		presumed := max(float64(p.total)/20-float64(done), 0)
		perSecond = (float64(done) + presumed) / (elapsed.Seconds() + presumed/p.rate.PerSecond())
		perSecond = min(perSecond, p.rate.PerSecond())
		limit = " at " + p.rate.String()
	}
	left := time.Duration(float64(max(p.total-done, 0)) / perSecond * float64(time.Second)).Round(time.Second)
	for _, more := range []string{fmt.Sprintf(", about %v left", left), limit} {
		if len(text)+len(more) > p.width {
			break
		}
		text += more
	}
	return text
}

// interval is the time between two lines: some twenty for a run, and none too often.
func (p progress) interval() time.Duration {
	const seldom = 15 * time.Second
	if p.total == 0 || !p.rate.Limited() {
		return seldom
	}
	planned := time.Duration(float64(p.total) / p.rate.PerSecond() * float64(time.Second))
	return min(max(planned/20, time.Second), seldom)
}

// watch writes a line now and then, until the context ends.
func (p progress) watch(ctx context.Context, w io.Writer, used func() (int, error)) {
	began := time.Now()
	ticker := time.NewTicker(p.interval())
	defer ticker.Stop()
	before := 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		// A count that cannot be read is not a reason to disturb the run: the next one may be.
		done, err := used()
		if err != nil || p.total > 0 && done >= p.total && done == before {
			continue // all is sent, and that was said
		}
		before = done
		fmt.Fprintf(w, "\n%s\n", p.line(done, time.Since(began)))
	}
}

// showProgress plans the run and tells its size; on a terminal, it also tells how far the run is, through the directory
// in which its processes share their pace.
func (c *cli) showProgress(ctx context.Context, o options, cfg *config.File) (stop func(), err error) {
	sent, err := o.sent()
	if err != nil {
		return nil, err
	}
	p := progress{rate: cfg.Target.Rate, width: 80}
	if columns, set := c.env("COLUMNS"); set {
		if width, err := strconv.Atoi(columns); err == nil && width > 0 {
			p.width = width
		}
	}
	if planned, err := c.rehearse(ctx, o, cfg); err == nil { // without a plan, the requests sent are shown
		p.total = planned.Run.Requests.Total()
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if p.total > 0 {
		fmt.Fprintln(c.stderr, p.size(cfg.Name))
	}
	if !c.interactive {
		return func() {}, nil
	}
	watching, end := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.watch(watching, c.stderr, sent)
	}()
	return func() { end(); <-done }, nil
}

// size says how much is to be sent.
func (p progress) size(target string) string {
	text := fmt.Sprintf("%d requests to send to %s", p.total, target)
	if p.rate.Limited() {
		takes := time.Duration(float64(p.total) / p.rate.PerSecond() * float64(time.Second)).Round(time.Second)
		text += fmt.Sprintf(", about %v at %s", takes, p.rate)
	}
	return text
}
