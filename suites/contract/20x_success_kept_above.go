package contract

import (
	"context"
	"fmt"
	"maps"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/spec"
)

// aboveStays makes a further change of what a tenant has, and asks that the same read of the tenant above shows what it
// showed before: a write is about the tenant that its path names (reference, tenant_id).
func aboveStays(further furtherChange) furtherChange {
	return func(ctx context.Context, v view, read *exchange.Exchange) (wrong []schemas.Violation,
		looks []*exchange.Exchange, err error) {
		vars := maps.Clone(v.vars)
		vars["tenant_id"] = vars["side"]
		r, err := v.s.Catalogue.Request(v.reader.ID, vars)
		if err != nil {
			return nil, nil, err
		}
		before, err := v.s.Send(ctx, v.id, r, nil)
		if err != nil {
			return nil, spec.Exchanges(before), err
		}
		wrong, looks, err = further(ctx, v, read)
		looks = append(spec.Exchanges(before), looks...)
		if err != nil || len(wrong) > 0 || !sound(before) {
			return wrong, looks, err
		}
		after, err := v.s.Send(ctx, v.id, r, nil)
		looks = append(looks, spec.Exchanges(after)...)
		if err != nil || !sound(after) {
			return nil, looks, err
		}
		of := keeping{}
		for _, d := range of.listing(v.reader).differences(nil, spec.Object(before), spec.Object(after), nil) {
			d.Path, d.Rule = of.place(d.Path), "above"
			d.Detail = fmt.Sprintf("at the tenant above, and a change of the tenant %s must not reach it",
				v.vars["tenant_id"])
			wrong = append(wrong, d)
		}
		return wrong, looks, nil
	}
}

// sends sends another body. What becomes of it is not looked at here, and a refusal is judged elsewhere.
func sends(writer string, to body) furtherChange {
	return func(ctx context.Context, v view, _ *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
		filled, err := filledIn(v.vars, to)
		if err != nil {
			return nil, nil, err
		}
		r, err := v.s.Catalogue.Request(writer, v.vars)
		if err == nil {
			err = r.SetBody("application/json", filled.(map[string]any))
		}
		if err != nil {
			return nil, nil, err
		}
		e, err := v.s.Send(ctx, v.id, r, nil)
		return nil, spec.Exchanges(e), err
	}
}
