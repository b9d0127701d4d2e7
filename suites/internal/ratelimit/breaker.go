package ratelimit

import (
	"fmt"
	"strings"
	"time"

	"acronis-conformance/suites/internal/exchange"
)

const (
	// maxUnserved is how many exchanges in a row may end throttled or without an answer, and maxUnservedFor for how
	// long, before the run sends nothing more.
	maxUnserved    = 20
	maxUnservedFor = 5 * time.Minute

	// maxFailed is how many exchanges of a kind in a row may fail with a 50x after all repeats, before the repeats of
	// that kind are left out. Where they are left out for another kind already, one exchange is enough.
	maxFailed = 5
)

// breaker decides when a target that serves nothing more ends the run, and when repeats prove nothing more. It is
// part of the state that the processes of a run share.
type breaker struct {
	Unserved int            `json:"unserved,omitempty"` // exchanges in a row that ended throttled or without an answer
	Since    time.Time      `json:"since,omitzero"`     // when the first of them ended
	Failed   map[string]int `json:"failed,omitempty"`   // exchanges in a row that failed after all repeats, by kind
	Stopped  string         `json:"stopped,omitempty"`  // why the run sends nothing more
}

// ended counts how an exchange ended. Those of a clean-up stop nothing.
func (b *breaker) ended(now time.Time, outcome exchange.Outcome, kind string, cleanup bool) {
	switch outcome {
	case exchange.Throttled, exchange.Silent:
		if b.Unserved++; b.Unserved == 1 {
			b.Since = now.Round(0)
		}
	case exchange.Failed:
		b.Unserved = 0
		if kind != "" {
			if b.Failed == nil {
				b.Failed = map[string]int{}
			}
			b.Failed[kind]++
		}
	default:
		b.Unserved = 0
		delete(b.Failed, kind)
	}
	if cleanup || b.Stopped != "" {
		return
	}
	if b.Unserved >= maxUnserved || b.Unserved > 1 && now.Sub(b.Since) >= maxUnservedFor {
		b.Stopped = sentence(outcome, b.Unserved)
	}
}

func sentence(outcome exchange.Outcome, row int) string {
	if outcome == exchange.Throttled {
		return fmt.Sprintf("the target throttles: %d exchanges in a row ended with 429, so the run sends no more: "+
			"lower rate: of the target in ginkgo.yml", row)
	}
	return fmt.Sprintf(
		"the target gives no answer: %d exchanges in a row ended without one, so the run sends no more: "+
			"check the target, and the gateways before it", row)
}

// repeats reports whether a 50x of that kind is still to be repeated.
func (b *breaker) repeats(kind string) bool {
	limit := maxFailed
	if strings.HasPrefix(kind, exchange.KindOfEqual) {
		limit = 1
	}
	for other, row := range b.Failed {
		if other != kind && row >= maxFailed {
			limit = 1
		}
	}
	return b.Failed[kind] < limit
}
