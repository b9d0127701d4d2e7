package ratelimit

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/config"
)

func TestWaitingIsNotTimeSpent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		p, _ := siblings(t, Limits{Rate: config.Rate{Requests: 1, Per: time.Hour}})
		outer, cancelOuter := WithTimeout(t.Context(), 12*time.Second)
		defer cancelOuter()
		ctx, cancel := WithTimeout(outer, 10*time.Second)
		defer cancel()
		var d diary
		for range 3 {
			d.run(ctx, p, time.Time{}, 3*time.Second)
		}
		g.Expect(d.errs).To(BeEmpty())
		g.Expect(d.sent).To(HaveLen(3))
		pass(999 * time.Millisecond)
		g.Expect(ctx.Err()).NotTo(HaveOccurred())
		pass(time.Millisecond)
		g.Expect(context.Cause(ctx)).To(MatchError(context.DeadlineExceeded))
		g.Expect(context.Cause(ctx)).To(
			MatchError(HavePrefix("not done within 10s, not counting what was waited for the pace of the run")))
		g.Expect(outer.Err()).NotTo(HaveOccurred())
		pass(2 * time.Second)
		g.Expect(outer.Err()).To(HaveOccurred(), "it stood still as long as the inner one")
	})
}

// As long as one request waits, the others' work is not counted either.
func TestWaitingSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		p, _ := siblings(t, Limits{Rate: config.Rate{Requests: 1, Per: time.Minute}})
		ctx, cancel := WithTimeout(t.Context(), time.Second)
		defer cancel()
		var d diary
		for range 3 {
			go d.run(ctx, p, time.Time{}, 0)
		}
		pass(2 * time.Minute)
		g.Expect(d.sent).To(HaveLen(3))
		pass(time.Second)
		g.Expect(ctx.Err()).To(HaveOccurred())
	})
}

func TestTimeoutEndsWithItsParent(t *testing.T) {
	g := NewWithT(t)
	parent, stop := context.WithCancel(t.Context())
	ctx, cancel := WithTimeout(parent, time.Hour)
	defer cancel()
	stop()
	g.Expect(context.Cause(ctx)).To(MatchError(context.Canceled))
}
