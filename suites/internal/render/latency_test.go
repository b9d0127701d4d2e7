package render

import (
	"testing"
	"time"

	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/gomega"
)

func TestLatencies(t *testing.T) {
	g := NewWithT(t)
	r := small(map[string]report.Verdict{"A": report.Pass, "B": report.Pass})
	add := func(s *report.Spec, method, url string, ms ...int64) {
		e := exchange.Evidence{Method: method, URL: url}
		for _, m := range ms {
			status := 401
			if m < 0 {
				status, m = 0, -m
			}
			e.Attempts = append(e.Attempts, exchange.EvidenceAttempt{Start: time.Now(), MS: m, Status: status})
		}
		s.Exchanges = append(s.Exchanges, e)
	}
	add(&r.Specs[0], "GET", "https://h/api/2/A?x=1", 40, 10, -9000)
	add(&r.Specs[0], "GET", "https://h/api/2/B", 7000)  // a look at something else
	add(&r.Specs[0], "POST", "https://h/api/2/A", 7000) // another operation
	add(&r.Specs[1], "GET", "https://h/api/2/B", 5)
	r.Specs[1].Injected = true
	e := exchange.Evidence{Method: "GET", URL: "https://h/api/2/A", Attempts: []exchange.EvidenceAttempt{{MS: 20,
		Status: 200}}}
	r.World = []report.Step{{ID: "control/A", Operation: "A", Exchanges: []exchange.Evidence{e}}}
	g.Expect(latencies(r)).To(Equal(map[string]latency{"A": {Count: 3, Median: 20, Worst: 40}}))
}

// A control stands once among the answers that latency is made of, though the specs that judge it carry it too.
func TestLatenciesCountAControlOnce(t *testing.T) {
	g := NewWithT(t)
	r := small(map[string]report.Verdict{"A": report.Pass})
	e := exchange.Evidence{Spec: "control/A", Method: "GET", URL: "https://h/api/2/A",
		Attempts: []exchange.EvidenceAttempt{{MS: 20, Status: 200}}}
	r.Specs[0].Exchanges = []exchange.Evidence{e}
	r.World = []report.Step{{ID: "control/A", Operation: "A", Exchanges: []exchange.Evidence{e}}}
	g.Expect(latencies(r)["A"].Count).To(Equal(1))
}

func TestMilliseconds(t *testing.T) {
	g := NewWithT(t)
	g.Expect(milliseconds(0)).To(Equal("<1"), "no answer takes no time")
	g.Expect(milliseconds(1)).To(Equal("1"))
	g.Expect(milliseconds(4012)).To(Equal("4,012"))
}
