package contract

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	"github.com/google/uuid"
	. "github.com/onsi/ginkgo/v2"
)

// The request succeeds, with exactly its documented code, media type and body schema.
var _ = Describe("20x success", Label("20x"), func() {
	// The valid calls were sent once, as controls of the refusals; here they are judged.
	for _, op := range spec.Operations(func(*schemas.Operation) bool { return true }) {
		spec.Register(validToken(op))
	}

	for _, op := range spec.Operations(spec.Named("IntrospectToken")) {
		spec.Register(deadToken(op, "", func(*session.Session) string { return session.InvalidToken }))
	}
	for _, op := range spec.Operations(spec.Named("FetchTenant", "IntrospectToken")) {
		spec.Register(tokenInQuery(op))
	}
	// A read changes nothing: what it showed is what it shows again.
	for _, op := range spec.Operations(func(op *schemas.Operation) bool { return !op.Writes() && readsOneObject(op) }) {
		spec.Register(readAgain(op))
	}
})

// readsOneObject reports whether the valid call reads an object that nothing else touches, by its id or as a list of
// one, or asks whether a login is free.
func readsOneObject(op *schemas.Operation) bool {
	_, listed := spec.Catalogue().Call(op.ID).Query["uuids"]
	byID := strings.HasSuffix(op.Path, "}") && len(spec.PathIDs(op)) > 0
	return (byID || listed) && slices.Contains(op.MediaTypes(op.Success()), "application/json") ||
		op.ID == "CheckLoginNameAvailability"
}

// readAgain reads once more what the control has read.
func readAgain(op *schemas.Operation) spec.Spec {
	sp := reading(op, op, "read-again", "")
	sp.Prepare = func(_ context.Context, s *session.Session, _ string) (spec.Case, error) {
		control := s.Controls[op.ID]
		return spec.Case{Request: control.Request.Clone(), Check: func(_ context.Context,
			e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
			if e.Status()/100 != 2 || session.Same(op, control.Exchange, e) {
				return nil, nil, nil
			}
			return []schemas.Violation{{Path: "$", Rule: "safe", Found: "another state than before",
				Detail: "a read changed what it shows"}}, nil, nil
		}}, nil
	}
	return sp
}

func validToken(op *schemas.Operation) spec.Spec {
	sp := spec.Spec{
		Code: "20x", Probe: "valid-token", Subject: op.ID, Operation: op, Method: op.Method, Path: op.Path,
		Want: op.Success(), Basis: spec.Documented,
		Writes: op.Writes(), Lod: spec.Catalogue().Call(op.ID).Query["lod"],
		Objects: func(n session.Needs) { spec.NeedControl(n, op.ID) },
		Prepare: func(_ context.Context, s *session.Session, _ string) (spec.Case, error) {
			control := s.Controls[op.ID]
			switch {
			case control == nil:
				return spec.Case{}, errors.New("no control was sent")
			case control.Skipped:
				return spec.Case{}, errors.New(control.Reason)
			}
			return spec.Case{Request: control.Request, Exchange: control.Exchange, Check: askedFor(s, op, control)}, nil
		},
	}
	if spec.Catalogue().Call(op.ID).Assumed {
		sp.Basis.Code = report.Assumed
	}
	return sp
}

// telling are the writes whose answer is the object as it is from then on.
var telling = []string{"CreateTenant", "UpdateTenant", "CreateUser", "UpdateUser", "CreateClient", "UpdateClient",
	"CreateInfrastructuresLocation",
	"UpdateInfrastructuresLocation", "RegisterInfrastructure", "UpdateInfrastructure"}

// deadToken looks into what is good for nothing to the caller: that is not an error, and the answer says so
// (spec.Reference, token introspection).
func deadToken(op *schemas.Operation, variant string, token func(*session.Session) string, forged ...string) spec.Spec {
	sp := spec.Probe{Code: 200, Name: "dead-token", Basis: spec.Documented}.On(op, variant, func(r *fixtures.Request,
		s *session.Session) error {
		if token(s) == "" {
			for _, name := range forged {
				if why := s.SkipReasons[name]; why != "" {
					return errors.New(why)
				}
			}
			return spec.ErrNothingToMutate
		}
		return r.SetBody(op.Body.MediaType, map[string]any{"token": token(s)})
	})
	needs := sp.Objects
	sp.Objects = func(n session.Needs) {
		needs(n)
		for _, name := range forged {
			n.InvalidTokens[name] = true
		}
	}
	sp.Code = "20x"
	try := sp.Prepare
	sp.Prepare = func(ctx context.Context, s *session.Session, id string) (spec.Case, error) {
		t, err := try(ctx, s, id)
		t.Check = func(_ context.Context, e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
			if e.Status()/100 != 2 || spec.Object(e) == nil || spec.Object(e)["active"] == false {
				return nil, nil, nil
			}
			return []schemas.Violation{{Path: "$.active", Rule: "active", Found: fmt.Sprint(spec.Object(e)["active"]),
				Detail: "a token that is good for nothing is not active"}}, nil, nil
		}
		return t, err
	}
	return sp
}

// tokenInQuery sends the token as the query parameter access_token, which is as good as the header (guide,
// "Authentication").
func tokenInQuery(op *schemas.Operation) spec.Spec {
	sp := spec.Probe{Code: 200, Name: "token-in-query", Basis: spec.Documented}.On(op, "", func(r *fixtures.Request,
		s *session.Session) error {
		r.As = fixtures.Anonymous
		r.Query.Set("access_token", s.Sandbox.Tokens[fixtures.Home])
		return nil
	})
	sp.Code = "20x"
	return sp
}

// askedFor looks whether the answer is about what was asked for: the objects that a list names by id, and what a
// change was to change.
func askedFor(s *session.Session, op *schemas.Operation, control *session.Control) spec.Check {
	return func(ctx context.Context, e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
		body := spec.Object(e)
		if body == nil || e.Status() != op.Success() {
			return nil, nil, nil // the oracle has said so
		}
		switch op.ID {
		case "FetchCurrentUserInfo":
			return meAsRead(ctx, s, op, e)
		case "UploadTenantBrandLogo": // of a tenant whose brand is on
			if on, told := body["brand_enabled"]; told && on != true {
				return noEffect("$.brand_enabled", fmt.Sprint(on), "the brand was on, and has a logo now"), nil, nil
			}
		case "DeviceAuthorizationApproval_0":
			return ofTheDevice(ctx, s, control, body)
		case "UpdateTenantsUsages":
			wrong, err := spec.AssumedOnly(s, eachAnswered(control, e))
			return wrong, nil, err
		case "FetchStoredReports":
			return inFormatsAsked(s, control, e), nil, nil
		}
		if op.ID == "FetchClientsBatch" {
			return ofTheOrigin(s, control, e), nil, nil
		}
		if asked := control.Request.Query.Get("uuids"); asked != "" {
			return listed(body, strings.Split(asked, ",")), nil, nil
		}
		if op.ID == "FetchOfferingItemsAvailableForTenantChild" && len(spec.Items(e)) == 0 {
			wrong, err := spec.AssumedOnly(s, []schemas.Violation{{Path: "$.items", Rule: "shown", Found: "no items",
				Detail: "a tenant with offering items has some for its children"}})
			return wrong, nil, err
		}
		if slices.Contains(telling, op.ID) {
			if asked, err := spec.Body(&control.Request); err == nil {
				delete(asked, "version")
				return holds("$", body, asked), nil, nil
			}
		}
		return nil, nil, nil
	}
}

// eachAnswered asks for as many items as were sent: each may have its own error (reference, update of usages).
func eachAnswered(control *session.Control, e *exchange.Exchange) []schemas.Violation {
	sent, err := spec.Body(&control.Request)
	asked, _ := sent["items"].([]any)
	if shown := spec.Items(e); err == nil && len(shown) < len(asked) {
		return []schemas.Violation{faultAt("$.items", "complete", others(shown),
			fmt.Sprintf("%d were sent, each of which can have its error", len(asked)))}
	}
	return nil
}

// sentTo is what the named call sent when the object of the control was made; nil where that is not known.
func sentTo(s *session.Session, control *session.Control, creating string) map[string]any {
	op := spec.Contract().Operation(control.Request.Operation)
	vars, err := s.Vars(session.ControlKey(op, spec.Catalogue().Call(op.ID)), "")
	if err != nil {
		return nil
	}
	sent, err := s.Catalogue.Sent(spec.Catalogue().Call(op.ID).Object, creating, vars)
	if err != nil {
		return nil
	}
	return sent
}

// inFormatsAsked asks that the files of a report are in the formats that it was ordered in (reference, reports).
func inFormatsAsked(s *session.Session, control *session.Control, e *exchange.Exchange) (wrong []schemas.Violation) {
	asked, _ := valueAt(sentTo(s, control, "CreateReport"), "parameters.formats").([]any)
	for i, item := range spec.Items(e) {
		file, _ := item.(map[string]any)
		if format := file["report_format"]; len(asked) > 0 && !slices.Contains(asked, format) {
			wrong = append(wrong, faultAt(itemAt(i, ".report_format"), "asked-for", fmt.Sprint(format),
				fmt.Sprintf("the report was ordered in %v", asked)))
		}
	}
	return wrong
}

// ofTheOrigin asks that a client that is found by its origin is shown as it was made, with what is the caller's own.
func ofTheOrigin(s *session.Session, control *session.Control, e *exchange.Exchange) (wrong []schemas.Violation) {
	sent := sentTo(s, control, "CreateClient")
	for i, item := range spec.WholeItems(e) {
		client, _ := item.(map[string]any)
		if fmt.Sprint(client["origin_id"]) != fmt.Sprint(sent["origin_id"]) {
			continue
		}
		wrong = append(wrong, holds(itemAt(i, ""), client, sent)...)
		was, _ := sent["data"].(map[string]any)
		is, isShown := client["data"].(map[string]any)
		if isShown && is["client_name"] != was["client_name"] {
			wrong = append(wrong, faultAt(itemAt(i, ".data.client_name"), "as-read", fmt.Sprint(is["client_name"]),
				fmt.Sprintf("the client was made with the name %v", was["client_name"])))
		}
	}
	return wrong
}

// ofTheDevice asks that who is to approve a device is shown the client and the name with which it asked, and the
// tenant for which the device would act: the caller's own, where the request names no other. A tenant may be shown by
// an older id, which other reads do not tell. What is_current_tenant means is not documented.
func ofTheDevice(ctx context.Context, s *session.Session, control *session.Control, shown body) (
	wrong []schemas.Violation, looks []*exchange.Exchange, err error) {
	sent := sentTo(s, control, "RequestDeviceAuthorization")
	wrong = ofTheRoles(shown["scope"], sent["scope"])
	delete(sent, "scope")
	wrong = append(wrong, holds("$", map[string]any(shown), sent)...)
	caller, err := s.Sandbox.Object("actor/" + string(control.Request.As))
	id, isText := shown["tenant_id"].(string)
	if err != nil || !isText || uuid.Validate(id) != nil {
		return wrong, nil, nil
	}
	if own := fmt.Sprint(caller["tenant_id"]); !strings.EqualFold(id, own) {
		return append(wrong, faultAt("$.tenant_id", "asked-for", id, "the caller's tenant is "+own)), nil, nil
	}
	read, err := s.Catalogue.Request("FetchTenant", fixtures.Vars{"tenant_id": id})
	if err != nil || shown["tenant_name"] == nil {
		return wrong, nil, nil // a contract without it tells nothing
	}
	e, err := s.Send(ctx, "20x/valid-token/"+control.Request.Operation, read, nil)
	if err == nil && sound(e) {
		wrong = append(wrong, unequal("$.tenant_name", shown["tenant_name"], spec.Object(e)["name"])...)
	}
	return wrong, spec.Exchanges(e), err
}

// ofTheRoles asks that a device's scopes are for the roles that it asked for. The tenant may have been filled in, and
// whether several come as one text or as a list is free.
func ofTheRoles(shown, sent any) []schemas.Violation {
	roles := func(scopes any) (all []string) {
		for text := range strings.FieldsSeq(strings.Trim(fmt.Sprint(scopes), "[]")) {
			all = append(all, text[strings.LastIndex(text, ":")+1:])
		}
		slices.Sort(all)
		return slices.Compact(all)
	}
	if shown == nil || sent == nil || slices.Equal(roles(shown), roles(sent)) {
		return nil
	}
	return []schemas.Violation{faultAt("$.scope", "asked-for", fmt.Sprint(shown), fmt.Sprint("the device asked for ",
		sent))}
}

// meAsRead compares what a user reads of itself with what the reads of the user and of its tenant by their ids show.
func meAsRead(ctx context.Context, s *session.Session, op *schemas.Operation, own *exchange.Exchange) (
	wrong []schemas.Violation, looks []*exchange.Exchange, err error) {
	me := spec.Object(own)
	read := func(id string, vars fixtures.Vars) (body, error) {
		r, err := s.Catalogue.Request(id, vars)
		if err != nil {
			return nil, nil // a contract without it tells nothing
		}
		e, err := s.Send(ctx, "20x/valid-token/"+op.ID, r, nil)
		looks = append(looks, spec.Exchanges(e)...)
		if err != nil || !sound(e) {
			return nil, err // its own specs say so
		}
		return spec.Object(e), nil
	}
	user, err := read("FetchUser", fixtures.Vars{"user_id": me["id"]})
	if err != nil || user == nil {
		return nil, looks, err
	}
	wrong = asAnswered(own, looks[len(looks)-1])
	if mine, later := me["personal_tenant_id"], user["personal_tenant_id"]; mine != nil {
		if _, shown := user["personal_tenant_id"]; shown { // it may come later than its user, and stays
			wrong = append(wrong, unequal("$.personal_tenant_id", mine, later)...)
		}
	}
	tenant, err := read("FetchTenant", fixtures.Vars{"tenant_id": user["tenant_id"]})
	for mine, name := range map[string]string{"tenant_kind": "kind", "tenant_pricing_model": "pricing_mode"} {
		if err == nil && tenant[name] != nil && me[mine] != nil {
			wrong = append(wrong, unequal("$."+mine, me[mine], tenant[name])...)
		}
	}
	return wrong, looks, err
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
			wrong = append(wrong, schemas.Violation{Path: fmt.Sprintf("$.items[%d].id", i), Rule: "filter", Found: id,
				Detail: "the list was asked for other ids"})
		}
	}
	for _, id := range asked {
		if !found[id] {
			wrong = append(wrong, schemas.Violation{Path: "$.items", Rule: "filter", Found: fmt.Sprint(len(items)) +
				" items",
				Detail: "the list lacks " + id + ", which it was asked for"})
		}
	}
	return wrong
}
