package contract

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"
)

// on compares what a read shows of the object with what it was created with.
func (c creation) on(op, reader *schemas.Operation) spec.Spec {
	sp := reading(reader, reader, "kept", c.variant)
	sp.Asserts, sp.Subject, sp.Writes, sp.Settles = op, op.ID, true, true
	key := fixtures.Own(c.object, sp.ID())
	sp.Objects = func(n session.Needs) { n.Add(session.Object{Key: key, Side: fixtures.Home, Object: c.object}) }
	sp.Prepare = func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
		vars, err := s.Vars(key, id)
		if err != nil {
			return spec.Case{}, err
		}
		body, err := s.Catalogue.Sent(c.object, op.ID, vars)
		if err != nil {
			return spec.Case{}, err
		}
		r, err := s.Catalogue.Request(reader.ID, vars)
		also := func(ctx context.Context, e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
			shown := c.shown(e, vars)
			switch {
			case e.Status()/100 != 2 || spec.Object(e) == nil:
				return nil, nil, nil // the read's own specs say so
			case shown == nil:
				return noEffect("$.items", "a list without it", "what was created is not shown"), nil, nil
			}
			wrong, absent := c.compare(c.listing(reader), c.sent(body), shown)
			if c.extra != nil {
				wrong = append(wrong, c.extra(shown, vars)...)
			}
			more, looks, err := c.dropped(ctx, view{s, id, reader, vars}, absent)
			return append(wrong, more...), looks, err
		}
		return spec.Case{Request: r, Check: also}, err
	}
	return sp
}

// dropped tells what was not kept from what the read never shows: an update names it once more, and then it is shown,
// or it is not.
func (c creation) dropped(ctx context.Context, v view, absent []string) (wrong []schemas.Violation,
	looks []*exchange.Exchange, err error) {
	i := slices.IndexFunc(changes, func(other change) bool { return other.object == c.object && other.to != nil })
	if i < 0 || !slices.ContainsFunc(absent, func(path string) bool { return valueAt(changes[i].to, path) != nil }) {
		return nil, nil, nil
	}
	u, err := changes[i].begin(ctx, v, spec.Contract().Operation(changes[i].writer))
	looks = spec.Exchanges(u.look)
	if err != nil {
		return nil, looks, err
	}
	absent = slices.DeleteFunc(absent, func(path string) bool { // servers of two versions may answer by turns
		return !session.Blank(valueAt(c.shown(u.look, v.vars), path))
	})
	if len(absent) == 0 {
		return nil, looks, nil
	}
	e, err := v.s.Send(ctx, v.id, u.request, nil)
	looks = append(looks, spec.Exchanges(e)...)
	if err != nil || e.Status()/100 != 2 {
		return nil, looks, err // the update's own specs say so
	}
	again := func(e *exchange.Exchange) (wrong []schemas.Violation) {
		for _, path := range absent {
			if found := valueAt(c.shown(e, v.vars), path); !session.Blank(found) {
				wrong = append(wrong, schemas.Violation{Path: c.place(path), Rule: "kept", Found: "none",
					Detail: "it was sent, and a read shows it only after an update that sends it again"})
			}
		}
		return wrong
	}
	wrong, more, err := readUntil(ctx, v.s, v.id, u.read, again)
	return wrong, append(looks, more...), err
}

// view is an object, and how a spec reads it.
type view struct {
	s      *session.Session
	id     string // of the spec
	reader *schemas.Operation
	vars   fixtures.Vars
}

// update is a change of an object that was looked at before.
type update struct {
	read, request fixtures.Request
	look          *exchange.Exchange
	before        map[string]any
	sent          map[string]any // under the names of the read
}

// begin reads the object, and builds the update.
func (c change) begin(ctx context.Context, v view, op *schemas.Operation) (u update, err error) {
	if u.read, err = v.s.Catalogue.Request(v.reader.ID, v.vars); err != nil {
		return u, err
	}
	if u.look, err = v.s.Send(ctx, v.id, u.read, nil); err != nil {
		return u, err
	}
	if u.before = c.shown(u.look, v.vars); u.look.Status()/100 != 2 || u.before == nil {
		return u, spec.Inconclusive("the read that would show it fails: see 20x/valid-token/" + v.reader.ID)
	}
	u.before = c.listing(v.reader).own(nil, u.before, c.made(v))
	if u.request, err = v.s.Catalogue.Request(op.ID, v.vars); err != nil {
		return u, err
	}
	body, err := c.body(v, u.request)
	if err != nil {
		return u, err
	}
	if c.little == nil || c.item == "" { // what says as little as it can of a list says it of another item
		u.sent = c.sent(body)
	}
	if slices.Contains(op.Body.Required, "version") {
		body["version"] = u.before["version"]
	}
	if quota, limits := valueAt(c.sent(body), "quota").(map[string]any); limits {
		quota["version"] = valueAt(u.before, "quota.version")
	}
	return u, u.request.SetBody(op.Body.MediaType, body)
}

// body is what the update sends, but for the version.
func (c change) body(v view, valid fixtures.Request) (map[string]any, error) {
	if c.to == nil && c.little == nil {
		sent, err := schemas.ReadJSON(valid.Body)
		if err != nil {
			return nil, err
		}
		body, _ := sent.(map[string]any)
		return body, nil
	}
	template := c.to
	if template == nil {
		template = c.little
	}
	filled, err := filledIn(v.vars, template)
	if err != nil {
		return nil, err
	}
	return filled.(map[string]any), nil
}

// made is what the object was created with; nil where no row creates it.
func (c change) made(v view) map[string]any {
	for _, other := range creations {
		if other.reader != c.reader {
			continue
		}
		if body, err := v.s.Catalogue.Sent(c.object, other.writer, v.vars); err == nil {
			return other.sent(body)
		}
	}
	return nil
}

// own returns what is shown without that in a free object which the run has not put there: it may come and go.
func (l listing) own(path []string, shown, sent map[string]any) map[string]any {
	kept := map[string]any{}
	for name, value := range shown {
		mine, wasSent := sent[name]
		if len(path) > 0 && l.free(path) && !wasSent {
			continue
		}
		if inner, isObject := value.(map[string]any); isObject {
			asked, _ := mine.(map[string]any)
			value = l.own(append(slices.Clone(path), name), inner, asked)
		}
		kept[name] = value
	}
	return kept
}

// filledIn replaces the names in the texts of a template.
func filledIn(vars fixtures.Vars, template any) (any, error) {
	var failed error
	var fill func(any) any
	fill = func(value any) any {
		switch value := value.(type) {
		case string:
			text, err := vars.Fill(value)
			failed = errors.Join(failed, err)
			return text
		case []any:
			list := make([]any, len(value))
			for i, item := range value {
				list[i] = fill(item)
			}
			return list
		case map[string]any:
			object := map[string]any{}
			for name, property := range value {
				object[name] = fill(property)
			}
			return object
		}
		return value
	}
	return fill(template), failed
}

// on changes the object, and compares what a read shows of it with what was sent and with what it showed before.
func (c change) on(op, reader *schemas.Operation) spec.Spec {
	probe := "kept"
	if c.little != nil {
		probe = "left-alone"
	}
	sp := reading(op, op, probe, c.variant)
	// Which values a target takes is its own affair; that a change may leave all of them out is the reference's.
	sp.Basis = askedSoundly(op, c.guess || !c.says(enumerated) && (c.little == nil || len(c.little) > 0))
	sp.Writes = true
	key := fixtures.Own(c.object, sp.ID())
	sp.Objects = func(n session.Needs) { n.Add(session.Object{Key: key, Side: fixtures.Home, Object: c.object}) }
	sp.Prepare = func(ctx context.Context, s *session.Session, id string) (spec.Case, error) {
		vars, err := s.Vars(key, id)
		if err != nil {
			return spec.Case{}, err
		}
		u, err := c.begin(ctx, view{s, id, reader, vars}, op)
		if c.later && err == nil {
			err = untilLater(ctx, vars)
		}
		also := func(ctx context.Context, written *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange,
			error) {
			if written.Status()/100 != 2 {
				return nil, spec.Exchanges(u.look), nil // the oracle has said so
			}
			shows := func(e *exchange.Exchange) []schemas.Violation {
				wrong := c.changed(reader, u, c.shown(e, vars))
				if name := reader.Answers(); name != "" && name == op.Answers() {
					wrong = append(wrong, asAnswered(written, e)...)
				}
				if c.later {
					wrong = append(wrong, updatedLater(spec.Object(e))...)
				}
				return wrong
			}
			wrong, looks, err := readUntil(ctx, s, id, u.read, shows)
			if c.little == nil && len(wrong) == 0 && err == nil {
				// In the answer to the change, by which clients go on. That reads show it is changed-is-shown's affair.
				wrong = raised(spec.Object(written), cmp.Or(u.before["version"], any(u.request.Query.Get("version"))))
				wrong = append(wrong, c.limitRisen(u, c.shown(written, vars))...)
				wrong = append(wrong, sameChildren(spec.Object(written), u.before)...)
				if c.later {
					wrong = append(wrong, updatedLater(spec.Object(written))...)
				}
			}
			if c.stale != nil && len(wrong) == 0 && err == nil {
				var more []*exchange.Exchange
				wrong, more, err = c.refusedStale(ctx, view{s, id, reader, vars}, u, looks[len(looks)-1])
				looks = append(looks, more...)
			}
			if c.further != nil && len(wrong) == 0 && err == nil {
				var more []*exchange.Exchange
				wrong, more, err = c.further(ctx, view{s, id, reader, vars}, looks[len(looks)-1])
				looks = append(looks, more...)
			}
			if c.guess && err == nil {
				wrong, err = c.assumedOnly(s, wrong)
			}
			return wrong, append(spec.Exchanges(u.look), looks...), err
		}
		return spec.Case{Request: u.request, Locks: key, Check: also}, err
	}
	return sp
}

// assumedOnly leaves what an update names to be shown on every target, where only that the rest stays is assumed.
func (c change) assumedOnly(s *session.Session, wrong []schemas.Violation) ([]schemas.Violation, error) {
	named := slices.DeleteFunc(slices.Clone(wrong), func(v schemas.Violation) bool { return v.Rule == leftAlone })
	if c.little != nil && len(named) > 0 {
		return named, nil
	}
	return spec.AssumedOnly(s, wrong)
}

// enumerated are the properties whose values the documentation lists one by one: a service takes each of them (guide,
// "Supported language codes", "Pricing mode"; reference, notifications and currencies).
var enumerated = words("language notifications currency kind enabled")

// says reports whether the change names some properties, and no others than those.
func (c change) says(names []string) bool {
	other := func(name string) bool { return !slices.Contains(names, name) }
	said := slices.AppendSeq(slices.Collect(maps.Keys(c.to)), maps.Keys(c.little))
	return len(said) > 0 && !slices.ContainsFunc(said, other)
}

// limitRisen asks for a higher version of a quota or a price that was changed (guide, "Optimistic locking", "Managing
// quotas").
func (c change) limitRisen(u update, shown map[string]any) (wrong []schemas.Violation) {
	if c.item != "" && u.before["version"] != nil { // of a price; other objects of lists are not changed, but replaced
		for _, v := range raised(shown, u.before["version"]) {
			v.Path = c.place("version")
			wrong = append(wrong, v)
		}
	}
	if quota, limits := shown["quota"].(map[string]any); limits && u.sent["quota"] != nil {
		for _, v := range raised(quota, valueAt(u.before, "quota.version")) {
			v.Path = c.place("quota", "version")
			wrong = append(wrong, v)
		}
	}
	return wrong
}

// changed compares an object after an update with what was sent and with what it was.
func (c change) changed(reader *schemas.Operation, u update, after map[string]any) []schemas.Violation {
	if after == nil {
		return noEffect("$.items", "a list without it", "what was changed is no longer shown")
	}
	lists := c.listing(reader)
	wrong, absent := c.compare(lists, u.sent, after)
	for _, path := range absent {
		if was := valueAt(u.before, path); !session.Blank(was) {
			wrong = append(wrong, schemas.Violation{Path: c.place(path), Rule: "kept", Found: unshown,
				Detail: "it was shown before it was sent"})
		}
	}
	if c.little == nil {
		wrong = append(wrong, c.limitRisen(u, after)...)
	}
	if c.item == "" && after["created_at"] != nil {
		wrong = append(wrong, unequal("$.created_at", after["created_at"], u.before["created_at"])...)
	}
	free := append(slices.Collect(maps.Keys(u.sent)), c.follows...)
	for _, d := range lists.differences(nil, u.before, after, free) {
		d.Path = c.place(d.Path)
		wrong = append(wrong, d)
	}
	return wrong
}
