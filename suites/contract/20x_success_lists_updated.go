package contract

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/spec"
)

// changedSince asks a list for what was updated after a second before the first change in it, which is everything, and
// after a second behind the last one, which is nothing: times may be shown in whole seconds.
func changedSince(op *schemas.Operation, object string, query map[string]string, drop string) spec.Spec {
	l := list{query: query, drop: []string{drop}, of: own(object, "lists")}
	sp := l.on(op, "filter", "updated_since-recent")
	sp.Prepare = l.look(op, func(ctx context.Context, whole further, items []any) (wrong []schemas.Violation,
		err error) {
		times := updates(items)
		moments := slices.SortedFunc(maps.Values(times), time.Time.Compare)
		if len(moments) == 0 {
			return nil, spec.Inconclusive("nothing that is listed shows when it was updated")
		}
		for _, since := range []time.Time{moments[0].Add(-time.Second), moments[len(moments)-1].Add(time.Second)} {
			r := whole.request.Clone()
			r.Query.Set("updated_since", since.UTC().Format(time.RFC3339))
			page, err := whole.s.Send(ctx, whole.id, r, nil)
			if *whole.looks = append(*whole.looks, spec.Exchanges(page)...); err != nil {
				return nil, err
			}
			if page.Status() != op.Success() {
				return nil, spec.Inconclusive("the filter is refused: see 20x/filter-updated_since/" + op.ID)
			}
			changed, broken, pages, err := allPages(ctx, whole.s, whole.id, r, page)
			if *whole.looks = append(*whole.looks, pages...); err != nil || len(broken) > 0 {
				return broken, err
			}
			wrong = append(wrong, updatedAfter(since, changed, times)...)
		}
		return wrong, nil
	})
	return sp
}

// updates returns when the items were updated, in whole seconds: they may be shown so.
func updates(items []any) map[string]time.Time {
	times := map[string]time.Time{}
	for _, item := range items {
		fields, _ := item.(map[string]any)
		if at, known := timeOf(fields["updated_at"]); known {
			times[identity(item)] = at.Truncate(time.Second)
		}
	}
	return times
}

// updatedAfter compares a list of what was updated after a moment with the times of all.
func updatedAfter(since time.Time, items []any, times map[string]time.Time) (wrong []schemas.Violation) {
	shown := map[string]bool{}
	for i, item := range items {
		shown[identity(item)] = true
		if at, known := times[identity(item)]; known && !at.Add(time.Second).After(since) {
			wrong = append(wrong, schemas.Violation{Path: fmt.Sprintf("$.items[%d].updated_at", i), Rule: "filter",
				Found:  at.Format(time.RFC3339),
				Detail: "the list was asked for what was updated after " + since.Format(time.RFC3339)})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(times)) {
		if at := times[id]; at.After(since) && !shown[id] {
			detail := fmt.Sprintf("the list lacks %s, which was updated at %s, after %s", id, at.Format(time.RFC3339),
				since.Format(time.RFC3339))
			wrong = append(wrong, faultAt("$.items", "filter", others(items), detail))
		}
	}
	return wrong
}

// timeLayouts are the documented forms of a timestamp; one without a zone is taken for UTC.
var timeLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999"}

func timeOf(value any) (time.Time, bool) {
	text, _ := value.(string)
	for _, layout := range timeLayouts {
		if at, err := time.Parse(layout, text); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}
