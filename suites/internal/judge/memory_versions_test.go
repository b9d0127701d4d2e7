package judge_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/judge"

	. "github.com/onsi/gomega"
)

// What the same caller has read at one version is not read at a lower one later.
func TestMemoryOfVersions(t *testing.T) {
	contract, err := schemas.Load()
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	const deleted = `,"deleted_at":"2026-01-01T00:00:00"`
	begin := time.Now()
	type look struct {
		op, caller, more string
		version, at      int // at: seconds from the beginning; an answer takes two
	}
	one, list := "FetchTenant", "FetchTenantsBatch"
	for name, row := range map[string]struct {
		looks []look
		at    string // of what is wrong with the last one; empty: nothing

		settle time.Duration
	}{
		"a higher version": {looks: []look{{op: one, version: 9}, {op: one, version: 10, at: 3}}},
		"a lower version":  {looks: []look{{op: one, version: 10}, {op: one, version: 9, at: 3}}, at: "$.version"},
		"a lower version in a list": {looks: []look{{op: list, version: 2}, {op: list, version: 1, at: 3}},
			at: "$.items[0].version"},
		"a lower version where reads may be late": {looks: []look{{op: one, version: 2}, {op: one, version: 1, at: 6}},
			settle: 5 * time.Second},
		"a lower version after that": {looks: []look{{op: one, version: 2}, {op: one, version: 1, at: 8}},
			at: "$.version", settle: 5 * time.Second},
		"asked for at the same time": {looks: []look{{op: one, version: 2}, {op: one, version: 1, at: 1}}},
		"to somebody else": {looks: []look{{op: one, version: 2},
			{op: one, version: 1, at: 3, caller: "b"}}},
		"a list that is late": {looks: []look{{op: one, version: 2}, {op: list, version: 1, at: 3}}},
		"what was deleted in between": {looks: []look{{op: one, version: 2},
			{op: one, version: 1, at: 3, more: deleted}}},
	} {
		t.Run(name, func(t *testing.T) {
			g, m := NewWithT(t), &judge.Memory{Settle: row.settle}
			for i, l := range row.looks {
				body := fmt.Sprintf(`{"id":%q,"version":%d%s}`, tenantID, l.version, l.more)
				if l.op == list {
					body = `{"items":[` + body + `]}`
				}
				r := exchange.Request{Path: "/tenants", Header: http.Header{"Authorization": {"Bearer " + l.caller}}}
				var places []string
				op := contract.Operation(l.op)
				for _, v := range m.Answer(op, r, exchange.Attempt{Status: op.Success(), Body: []byte(body),
					Start: begin.Add(time.Duration(l.at) * time.Second), Duration: 2 * time.Second}) {
					places = append(places, v.Path)
				}
				if row.at == "" || i < len(row.looks)-1 {
					g.Expect(places).To(BeEmpty())
					continue
				}
				g.Expect(places).To(Equal([]string{row.at}))
			}
		})
	}
}
