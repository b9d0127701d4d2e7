package contract

import (
	"context"
	"fmt"
	"slices"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/spec"
)

// refusedStale sends other values with the version from before the change, and asks that a read shows all as it was
// left: a change that is refused is not made (reference, 409; guide, "Optimistic locking"). One that is served is the
// affair of 409/stale-version.
func (c change) refusedStale(ctx context.Context, v view, u update, left *exchange.Exchange) (wrong []schemas.Violation,
	looks []*exchange.Exchange, err error) {
	stale, err := filledIn(v.vars, c.stale)
	if err != nil {
		return nil, nil, err
	}
	says, op := stale.(map[string]any), spec.Contract().Operation(c.writer)
	if slices.Contains(op.Body.Required, "version") { // else it is a parameter, and there from before
		says["version"] = u.before["version"]
	}
	r := u.request.Clone()
	if err := r.SetBody(op.Body.MediaType, says); err != nil {
		return nil, nil, err
	}
	e, err := v.s.Send(ctx, v.id, r, nil)
	looks = spec.Exchanges(e)
	if err != nil {
		return nil, looks, err
	}
	before := c.shown(left, v.vars)
	wrong, more, err := readUntil(ctx, v.s, v.id, u.read, func(read *exchange.Exchange) (wrong []schemas.Violation) {
		if e.Status()/100 != 4 {
			return nil // it is read all the same, since further changes go on from there
		}
		for _, d := range c.listing(v.reader).differences(nil, before, c.shown(read, v.vars), nil) {
			d.Detail = fmt.Sprintf("it was %s before a change with an old version, which was refused with %d",
				written(valueAt(before, d.Path)), e.Status())
			d.Path, d.Rule = c.place(d.Path), "refused"
			wrong = append(wrong, d)
		}
		return wrong
	})
	return wrong, append(looks, more...), err
}
