package contract_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/session"

	. "github.com/onsi/ginkgo/v2"
)

// The request succeeds, with exactly its documented code, media type and body schema.
var _ = Describe("20x success", Label("20x"), func() {
	// The valid calls were sent once, as controls of the refusals; here they are judged.
	for _, op := range operations(func(*schemas.Operation) bool { return true }) {
		specify(validToken(op))
	}
})

func validToken(op *schemas.Operation) spec {
	sp := spec{
		code: "20x", probe: "valid-token", subject: op.ID, op: op, method: op.Method, path: op.Path, want: op.Success(), ground: documented,
		writes: op.Writes(), lod: suite.catalogue.Call(op.ID).Query["lod"],
		needs: func(n session.Needs) { needControl(n, op.ID) },
		try: func(_ context.Context, s *session.Session, _ string) (trial, error) {
			control := s.Controls[op.ID]
			switch {
			case control == nil:
				return trial{}, errors.New("no control was sent")
			case control.Barred:
				return trial{}, errors.New(control.Reason)
			}
			return trial{exchange: control.Exchange, also: askedFor(op, control)}, nil
		},
	}
	if suite.catalogue.Call(op.ID).Assumed {
		sp.ground.Code = report.Assumed
	}
	return sp
}

// askedFor looks whether the answer is about what was asked for: the object of the path, or the objects that a list names by id.
func askedFor(op *schemas.Operation, control *session.Control) func(context.Context, *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
	return func(_ context.Context, e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
		decoded, err := schemas.ReadJSON(e.Last().Body)
		if err != nil || e.Status() != op.Success() {
			return nil, nil, nil // the oracle has said so
		}
		body, _ := decoded.(map[string]any)
		if asked := control.Request.Query.Get("uuids"); asked != "" {
			return listed(body, strings.Split(asked, ",")), nil, nil
		}
		parameters := op.Takes("path")
		if len(parameters) == 0 || !strings.HasSuffix(op.Path, "}") {
			return nil, nil, nil
		}
		last := parameters[len(parameters)-1]
		for _, name := range []string{"id", last} {
			if found, has := body[name]; has && fmt.Sprint(found) != fmt.Sprint(control.Vars[last]) {
				return []schemas.Violation{{Path: "$." + name, Rule: "asked-for", Found: fmt.Sprint(found),
					Detail: fmt.Sprintf("the answer is about another object than the one asked for, %v", control.Vars[last])}}, nil, nil
			}
		}
		return nil, nil, nil
	}
}

// listed looks whether a list holds the objects that were asked for by id, and no other.
func listed(body map[string]any, asked []string) []schemas.Violation {
	items, _ := body["items"].([]any)
	var wrong []schemas.Violation
	found := map[string]bool{}
	for i, item := range items {
		fields, _ := item.(map[string]any)
		id := fmt.Sprint(fields["id"])
		found[id] = true
		if !slices.Contains(asked, id) {
			wrong = append(wrong, schemas.Violation{Path: fmt.Sprintf("$.items[%d].id", i), Rule: "filter", Found: id, Detail: "the list was asked for other ids"})
		}
	}
	for _, id := range asked {
		if !found[id] {
			wrong = append(wrong, schemas.Violation{Path: "$.items", Rule: "filter", Found: fmt.Sprint(len(items)) + " items", Detail: "the list lacks " + id + ", which it was asked for"})
		}
	}
	return wrong
}
