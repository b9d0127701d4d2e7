package contract

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"strings"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"
)

// list is a valid call of a list with other query parameters, and what its answer must then look like.
type list struct {
	query map[string]string // templates over the names of the object
	drop  []string          // parameters of the valid call that are left out
	upper string            // the parameter of the valid call that is written in capitals
	vars  map[string]string // names of the call that take the object's value of another name
	as    fixtures.Actor    // who asks, where it is not the one of the valid call; the configured client, of its tenant
	lod   string
	of    *session.Object // the object that is asked for, where it is not that of the valid call
	check func(items []any, vars fixtures.Vars) []schemas.Violation
	guess bool   // what the parameter does is only assumed
	says  string // what the parameter does, where its name does not tell
	blank bool   // a target that is true to the documentation may have nothing to list
}

// deleted asks for an object that was deleted, as the parameter allow_deleted permits.
func deleted(object, parameter, id string) list {
	return list{
		query: map[string]string{parameter: "${" + id + "}", "allow_deleted": "true"},
		of:    &session.Object{Key: fixtures.Own(object, "lists"), Side: fixtures.Home, Object: object},
		check: func(items []any, vars fixtures.Vars) []schemas.Violation {
			wrong := every("id", id)(items, vars)
			for i, item := range items {
				fields, _ := item.(map[string]any)
				if fields["deleted_at"] == nil {
					wrong = append(wrong, schemas.Violation{Path: fmt.Sprintf("$.items[%d].deleted_at", i),
						Rule:  "deleted",
						Found: "null", Detail: "a deleted object says when it was deleted"})
				}
			}
			return wrong
		},
	}
}

// deletedLeftOut asks for the same object without that parameter.
func deletedLeftOut(object, parameter, id string) list {
	l := deleted(object, parameter, id)
	delete(l.query, "allow_deleted")
	l.check = func(items []any, _ fixtures.Vars) []schemas.Violation {
		if len(items) == 0 {
			return nil
		}
		return []schemas.Violation{{Path: "$.items", Rule: "deleted", Found: fmt.Sprint(len(items)) + " items",
			Detail: "the list shows a deleted object, though the request does not ask for those"}}
	}
	return l
}

// own and shared are objects that a list is asked about: own is one that others may look at, and no one changes.
func own(object, owner string) *session.Object {
	return &session.Object{Key: fixtures.Own(object, owner), Side: fixtures.Home, Object: object}
}

func shared(object string) *session.Object {
	return &session.Object{Key: fixtures.Shared(fixtures.Home, object), Side: fixtures.Home, Object: object}
}

// worded looks for a text that only words of the object under the name begin with.
func worded(text, name string) list {
	return list{query: map[string]string{"text": text}, of: own("worded_user", "search"), check: found(name)}
}

// askedSoundly is what the success of a call rests on that is valid by the reference: on that, unless what is asked
// for is a guess of ours. What the caller may not do, or the target does not have, its control has shown before.
func askedSoundly(op *schemas.Operation, guess bool) report.Basis {
	if guess || spec.Catalogue().Call(op.ID).Assumed {
		return spec.RejectionDocumented
	}
	return spec.Documented
}

func (l list) on(op *schemas.Operation, name, variant string) spec.Spec {
	call := spec.Catalogue().Call(op.ID)
	key := session.VictimKey(op, call)
	if l.of != nil {
		key = l.of.Key
	}
	var cite spec.Citation
	if l.says != "" {
		parameter, _, _ := strings.Cut(variant, "-")
		cite = spec.Cites("with the parameter "+parameter+", "+l.says+" (reference, its description)", spec.Reference)
	}
	return spec.Spec{
		Code: "20x", Probe: name, Variant: variant, Subject: op.ID, Operation: op, Method: op.Method, Path: op.Path,
		Want: op.Success(), Cite: cite, Lod: l.lod, Basis: askedSoundly(op, l.guess), Control: op.ID, Settles: true,
		Objects: func(n session.Needs) {
			spec.NeedTargetObject(n, op)
			if l.of != nil {
				n.Add(*l.of)
			}
		},
		Prepare: func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
			vars, err := s.Vars(key, id)
			if err != nil {
				return spec.Case{}, err
			}
			r, err := l.ask(s, op, vars)
			return spec.Case{Request: r, Check: func(ctx context.Context, e *exchange.Exchange) ([]schemas.Violation,
				[]*exchange.Exchange, error) {
				switch {
				case e.Status() == http.StatusNotFound && !l.guess: // a list of nothing is empty
					return madeNotFound(), nil, nil
				case e.Status() != op.Success():
					return nil, nil, nil // the oracle has said so
				}
				items, wrong, looks, err := allPages(ctx, s, id, r, e)
				if err != nil || len(wrong) > 0 {
					return wrong, looks, err
				}
				if l.lod != "" { // a shorter form lacks what the reference lists for the longer ones
					items = spec.WholeItems(e)
				}
				wrong = l.check(items, vars)
				if l.guess || l.blank && (len(items) == 0 || len(inside(items, "usages")) == 0 &&
					op.ID == "FetchTenantsUsagesBatch") {
					wrong, err = spec.AssumedOnly(s, wrong)
				}
				return wrong, looks, err
			}}, err
		},
	}
}

// ask is the valid call with the list's own query.
func (l list) ask(s *session.Session, op *schemas.Operation, vars fixtures.Vars) (fixtures.Request, error) {
	of := maps.Clone(vars)
	for name, other := range l.vars {
		of[name] = vars[other]
	}
	if l.as == fixtures.Configured { // which the run gives nothing, so that nothing rests on what other lists hold
		of["tenant_id"] = s.Sandbox.Tenant
	}
	r, err := s.Catalogue.Request(op.ID, of)
	if err != nil {
		return fixtures.Request{}, err
	}
	r.As = cmp.Or(l.as, r.As)
	for _, name := range l.drop {
		r.Query.Del(name)
	}
	for name, template := range l.query {
		value, err := vars.Fill(template)
		if err != nil {
			return fixtures.Request{}, err
		}
		r.Query.Set(name, value)
	}
	if l.upper != "" {
		r.Query.Set(l.upper, strings.ToUpper(r.Query.Get(l.upper)))
	}
	return r, nil
}
