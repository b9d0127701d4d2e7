package contract

import (
	"context"
	"maps"
	"slices"
	"strings"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/spec"
)

// longestTag has as many characters as a tag may have (guide, "Creating a tenant").
var longestTag = strings.Repeat("tag ", 63) + "tags"

// inTurn changes an object by one property after the other, each in a request that names no other; where the order
// counts, there are several bodies. In the end a read shows them all, and the rest as it was (reference, updates: all
// properties but the version may be left out). What each answer shows is compared with the one before, as all answers
// are. A refusal is judged elsewhere.
func inTurn(writer string, turns ...body) furtherChange {
	return func(ctx context.Context, v view, read *exchange.Exchange) (wrong []schemas.Violation,
		looks []*exchange.Exchange, err error) {
		c := change{keeping: of(writer, "", v.reader.ID),
			follows: words("contacts production_start_date generation_date")}
		u := update{before: c.shown(read, v.vars), sent: map[string]any{}}
		version := u.before["version"]
		for _, turn := range turns {
			filled, err := filledIn(v.vars, turn)
			if err != nil {
				return nil, looks, err
			}
			maps.Copy(u.sent, filled.(map[string]any))
			for _, name := range slices.Sorted(maps.Keys(turn)) {
				says := body{name: u.sent[name]}
				if slices.Contains(spec.Contract().Operation(writer).Body.Required, "version") { // not of reports
					says["version"] = version
				}
				r, err := v.s.Catalogue.Request(writer, v.vars)
				if err == nil {
					err = r.SetBody("application/json", says)
				}
				if err != nil {
					return nil, looks, err
				}
				e, err := v.s.Send(ctx, v.id, r, nil)
				looks = append(looks, spec.Exchanges(e)...)
				if err != nil || !sound(e) {
					return nil, looks, err
				}
				version = spec.Object(e)["version"]
			}
		}
		again, err := v.s.Catalogue.Request(v.reader.ID, v.vars)
		if err != nil {
			return nil, looks, err
		}
		wrong, more, err := readUntil(ctx, v.s, v.id, again, func(e *exchange.Exchange) []schemas.Violation {
			return c.changed(v.reader, u, c.shown(e, v.vars))
		})
		return wrong, append(looks, more...), err
	}
}

// nullified gives a setting the value null, which is one as any other (reference, settings).
func nullified(ctx context.Context, v view, _ *exchange.Exchange) (wrong []schemas.Violation,
	looks []*exchange.Exchange, err error) {
	r, err := v.s.Catalogue.Request("UpdateTenantApplicationSetting", v.vars)
	if err == nil {
		err = r.SetBody("application/json", body{"value": nil})
	}
	if err != nil {
		return nil, nil, err
	}
	e, err := v.s.Send(ctx, v.id, r, nil)
	looks = spec.Exchanges(e)
	if err != nil || !sound(e) {
		return nil, looks, err
	}
	read, err := v.s.Catalogue.Request(v.reader.ID, v.vars)
	if err != nil {
		return nil, looks, err
	}
	wrong, more, err := readBack(ctx, v.s, v.id, read, v.vars, property("own.value", nil))
	return wrong, append(looks, more...), err
}
