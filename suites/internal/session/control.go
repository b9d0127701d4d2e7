package session

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report"
)

// Control is an operation's valid call, sent once before the specs: the 20x specs judge it, and the operation's
// refusals prove something only because it succeeded.
type Control struct {
	Request  fixtures.Request
	Exchange *exchange.Exchange // nil where it could not be sent
	// Reason says why the control is not proof, empty where it is.
	Reason string
	// Skipped marks a reason that lies with the target's permissions or set-up, and not with the answer to the call.
	Skipped bool
	// NoRole marks the reason that no role which the caller's token names is enough.
	NoRole bool
}

// ControlKey is the key of the object that the operation's control is made on: a twin of the victim where the
// operation writes.
func ControlKey(op *schemas.Operation, call fixtures.Call) string {
	if call.Object == "" {
		return ""
	}
	if op.Writes() {
		return fixtures.Twin(op.ID)
	}
	return fixtures.Shared(fixtures.Home, call.Object)
}

// VictimKey is the key of the object that the operation's refusals are aimed at.
func VictimKey(op *schemas.Operation, call fixtures.Call) string {
	if call.Object == "" {
		return ""
	}
	if op.Writes() {
		return fixtures.Victim(op.ID)
	}
	return fixtures.Shared(fixtures.Home, call.Object)
}

// mostSilent is how many controls may stay without a complete answer before the target counts as dead: one operation
// that never answers is a finding, all of them are trouble with the target.
const mostSilent = 3

// control sends the controls, in the contract's order.
func (s *Session) control(ctx context.Context, needs Needs) error {
	operations := slices.DeleteFunc(slices.Clone(s.contract.Operations()),
		func(op *schemas.Operation) bool { return !needs.Controls[op.ID] })
	var mu sync.Mutex
	silent := 0
	return forEach(ctx, s.Concurrency(), operations, func(ctx context.Context, op *schemas.Operation) error {
		control, err := s.controlOf(ctx, op)
		if err != nil {
			return fmt.Errorf("control of %s: %w", op.ID, err)
		}
		mu.Lock()
		defer mu.Unlock()
		s.Controls[op.ID] = control
		if e := control.Exchange; e != nil && e.Last().Error != "" {
			if silent++; silent == mostSilent {
				return fmt.Errorf("%d operations gave no complete answer, the last of them %s: %s", silent, op.ID,
					e.Last().Error)
			}
		}
		return nil
	})
}

func (s *Session) controlOf(ctx context.Context, op *schemas.Operation) (*Control, error) {
	if may, reason := s.MayWrite(); !may && (op.Writes() || s.Catalogue.Call(op.ID).Object != "" &&
		s.Catalogue.Call(op.ID).Object != "side") {
		return &Control{Reason: reason, Skipped: true}, nil
	}
	if e := s.failed(op.ID); e != nil && e.Disowned != "" {
		return &Control{Exchange: e,
			Reason: "the answer to one of its calls names an object that is not the one created: see 20x/valid-token/" +
				op.ID}, nil
	}
	vars, err := s.CallVars(op.ID, ControlKey(op, s.Catalogue.Call(op.ID)), "control-"+op.ID)
	if e := s.failed(op.ID); err != nil && e != nil {
		// The operation itself failed, or told too little, while its object was made: that was a valid call too, and
		// tells more than that there is no object.
		return &Control{Exchange: e, Reason: answeredWith(op, e.Status())}, nil
	}
	if err != nil {
		return &Control{Reason: err.Error(), Skipped: true}, nil
	}
	r, err := s.Catalogue.Request(op.ID, vars)
	if err != nil {
		return &Control{Reason: err.Error(), Skipped: true}, nil
	}
	if err := s.Sandbox.Authorize(&r); err != nil {
		return &Control{Reason: err.Error(), Skipped: true}, nil
	}
	e, err := s.send(ctx, report.PhaseControl, "control/"+op.ID, "", r, nil)
	if foreign := new(fixtures.NotOwned); errors.As(err, &foreign) {
		return &Control{Reason: err.Error(), Skipped: true}, nil
	}
	if err == nil && e.Status() == http.StatusConflict && s.ConsistencyTimeout() > 0 {
		if again, risen := s.renewed(ctx, op, vars); risen {
			s.record(report.PhaseControl, "", op.ID, e, err)
			r = again
			e, err = s.send(ctx, report.PhaseControl, "control/"+op.ID, "", r, nil)
		}
	}
	if err != nil && (e == nil || ctx.Err() != nil) {
		return nil, err
	}
	s.record(report.PhaseControl, "control/"+op.ID, op.ID, e, err)
	control := &Control{Request: r, Exchange: e}
	switch status := e.Status(); {
	case err != nil:
		control.Reason = fmt.Sprintf("its control got no complete answer: see 20x/valid-token/%s", op.ID)
	case e.Disowned != "":
		control.Reason = "its control names an object that is not the one created: see 20x/valid-token/" + op.ID
	case status/100 == 2:
	case status == 403 && s.lacksRole(op, r):
		control.Skipped, control.NoRole = true, true
		control.Reason = "role " + strings.Join(op.Security.Roles, " or ")
	default:
		control.Reason = answeredWith(op, status)
	}
	return control, nil
}

// renewed is the call with the version that its object has by now, where that is not the one that the call has named: a
// service may go on with what was just made, and raise its version.
func (s *Session) renewed(ctx context.Context, op *schemas.Operation, vars fixtures.Vars) (fixtures.Request, bool) {
	look, err := s.Catalogue.Request(s.Catalogue.Call(op.ID).Witness, vars)
	if vars["version"] == nil || err != nil || s.Sandbox.Authorize(&look) != nil {
		return fixtures.Request{}, false
	}
	e, err := s.send(ctx, report.PhaseControl, "control/"+op.ID, "", look, nil)
	if e != nil {
		s.record(report.PhaseControl, "", look.Operation, e, err)
	}
	version := versionOf(e)
	if version == nil || fmt.Sprint(version) == fmt.Sprint(vars["version"]) {
		return fixtures.Request{}, false
	}
	vars["version"] = version
	r, err := s.Catalogue.Request(op.ID, vars)
	return r, err == nil && s.Sandbox.Authorize(&r) == nil
}

// versionOf is the version that a read of one object shows of it, nil where it shows none.
func versionOf(e *exchange.Exchange) any {
	if e == nil {
		return nil
	}
	decoded, err := e.Last().JSON()
	shown, isObject := decoded.(map[string]any)
	if err != nil || e.Status() != http.StatusOK || !isObject || fmt.Sprint(shown["id"]) != path.Base(e.Request.Path) {
		return nil
	}
	return shown["version"]
}

func (s *Session) failed(operation string) *exchange.Exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failing[operation]
}

func answeredWith(op *schemas.Operation, status int) string {
	return fmt.Sprintf("its control was answered with %s: see 20x/valid-token/%s", statusText(status), op.ID)
}

// CallVars returns the names for a call of the operation on the object under the key. What the call creates has a
// name of its own, and not that of the object that it is made in: names may have to be unique in the whole tree.
func (s *Session) CallVars(operation, key, owner string) (fixtures.Vars, error) {
	vars, err := s.Vars(key, owner)
	if err == nil && fixtures.Names(operation) {
		vars["unique"] = s.Sandbox.Name(owner)
	}
	return vars, err
}

// Vars returns the names of the object under the key, with a name that is unique to the owner.
func (s *Session) Vars(key, owner string) (fixtures.Vars, error) {
	vars := s.Sandbox.Vars(fixtures.Home, s.Sandbox.Name(owner))
	if key == "" {
		return vars, nil
	}
	object, err := s.Sandbox.Object(key)
	if err != nil {
		return nil, err
	}
	maps.Copy(vars, object)
	return vars, nil
}

// lacksRole reports whether the caller's token names roles and none of them is enough for the operation. A role that
// the reference does not use says nothing about what its holder may do.
func (s *Session) lacksRole(op *schemas.Operation, r fixtures.Request) bool {
	held := slices.DeleteFunc(fixtures.Roles(s.Sandbox.Tokens[r.As]),
		func(role string) bool { return !s.usesRole(role) })
	if len(held) == 0 || len(op.Security.Roles) == 0 {
		return false
	}
	return !slices.ContainsFunc(held, func(role string) bool { return fixtures.Suffices(role, op.Security.Roles) })
}

// usesRole reports whether the role, or one that it contains, is enough for any operation of the reference.
func (s *Session) usesRole(role string) bool {
	return slices.ContainsFunc(s.contract.Operations(), func(op *schemas.Operation) bool {
		return fixtures.Suffices(role,
			op.Security.Roles)
	})
}
