package render

import (
	"math"
	"net/url"
	"slices"
	"strings"

	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report"
)

// latency is how long the target took for its answers to an operation's calls, in milliseconds.
type latency struct {
	Count         int
	Median, Worst int64
}

// latencies returns the latency of every operation that was answered at all. What the fault header asked for is left
// out: a gateway may have answered in the service's place.
func latencies(r *report.Result) map[string]latency {
	type call struct{ method, path string }
	calls := map[string]call{}
	for _, c := range r.Cells {
		if c.Operation != "" {
			calls[c.Operation] = call{c.Method, c.Path}
		}
	}
	times := map[string][]int64{}
	add := func(operation string, exchanges []exchange.Evidence) {
		of, known := calls[operation]
		if !known {
			return
		}
		for _, e := range exchanges {
			if e.Method != of.method || !fits(of.path, e.URL) {
				continue // a look at the object, for instance
			}
			for _, a := range e.Attempts {
				if a.Status != 0 {
					times[operation] = append(times[operation], a.MS)
				}
			}
		}
	}
	for _, s := range r.Specs {
		if !s.Injected {
			add(s.Operation, s.Own())
		}
	}
	for _, step := range r.World {
		add(step.Operation, step.Exchanges)
	}
	all := make(map[string]latency, len(times))
	for operation, ms := range times {
		slices.Sort(ms)
		all[operation] = latency{Count: len(ms), Median: median(ms), Worst: ms[len(ms)-1]}
	}
	return all
}

// median is the middle of sorted numbers; of two, the mean.
func median(sorted []int64) int64 {
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2] + 1) / 2
}

// fits reports whether an address ends as the path template does.
func fits(template, address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	want, got := strings.Split(template, "/")[1:], strings.Split(u.EscapedPath(), "/")
	if len(got) < len(want) {
		return false
	}
	got = got[len(got)-len(want):]
	for i, segment := range want {
		if !strings.HasPrefix(segment, "{") && segment != got[i] {
			return false
		}
	}
	return true
}

// length is the share of the longest bar that a time takes. The scale is that of the square root, so that one slow
// answer does not flatten all the others, and yet stands out.
func length(ms, longest int64) float64 {
	if longest <= 0 {
		return 0
	}
	return math.Sqrt(float64(ms) / float64(longest))
}
