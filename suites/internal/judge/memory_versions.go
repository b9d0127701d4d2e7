package judge

import (
	"fmt"
	"strconv"
	"time"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
)

// versioned are the reads that show objects with a version, with where: alone, or as the items of a list.
var versioned = map[string][]string{
	"FetchTenant": nil, "FetchUser": nil, "FetchCurrentUserInfo": nil, "FetchReport": nil,
	"FetchInfrastructure": nil, "FetchInfrastructuresLocation": nil,
	"FetchTenantsBatch": {"items"}, "FetchUsersBatch": {"items"},
	"FetchInfrastructuresBatch": {"items"}, "FetchInfrastructuresLocationsBatch": {"items"},
}

// newest is the highest version that an object was shown with, and until when an older one may still be shown.
type newest struct {
	version int64
	until   time.Time
}

// grows asks that the version that a read shows is not below the one that the same read has shown the same caller: it
// only grows (guide, "Optimistic locking"). What is asked for while reads need not show yet what was written may be
// answered where the newer version has not arrived.
func (m *Memory) grows(op *schemas.Operation, r exchange.Request, a exchange.Attempt) (wrong []schemas.Violation) {
	path, known := versioned[op.ID]
	if !known || a.Status != op.Success() || a.Truncated || a.Error != "" {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	objects("$", shown(a), nil, path, func(where string, object, _ map[string]any) {
		version, err := strconv.ParseInt(text(object["version"]), 10, 64)
		id := text(object["id"])
		if err != nil || id == "" || object["deleted_at"] != nil {
			return
		}
		key := placeOf(op.ID, r.Header)
		before, seen := m.newest[id][key]
		switch {
		case seen && before.version == version, seen && before.version > version && !a.Start.After(before.until):
			return
		case seen && before.version > version:
			wrong = append(wrong, breach(where+".version", "state", fmt.Sprint(version),
				"the same read showed version %d before, and a version only grows", before.version)...)
		}
		if m.newest == nil {
			m.newest = map[string]map[place]newest{}
		}
		if m.newest[id] == nil {
			m.newest[id] = map[place]newest{}
		}
		m.newest[id][key] = newest{version, a.Start.Add(a.Duration + m.Settle)}
	})
	return wrong
}
