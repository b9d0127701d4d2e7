package spec

import (
	"maps"
	"strings"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/session"
)

// NeedControl asks for the control of the operation: its valid request, which must succeed.
func NeedControl(n session.Needs, operation string) {
	n.Controls[operation] = true
	op, call := suite.contract.Operation(operation), suite.catalogue.Call(operation)
	if key := session.ControlKey(op, call); key != "" {
		n.Add(session.Object{Key: key, Side: fixtures.Home, Object: call.Object})
	}
}

// NeedTargetObject asks for the object that the operation's mutated requests are aimed at, and for its state before
// them.
func NeedTargetObject(n session.Needs, op *schemas.Operation) {
	call := suite.catalogue.Call(op.ID)
	if key := session.VictimKey(op, call); key != "" {
		n.Add(session.Object{Key: key, Side: fixtures.Home, Object: call.Object})
	}
	if w := ReadBack(op, session.VictimKey(op, call), fixtures.Home); w != nil {
		n.Watch(*w)
	}
}

// ReadBack is the read that shows whether a refused write took effect; nil where the operation does not write or no
// read shows it.
func ReadBack(op *schemas.Operation, key string, as fixtures.Actor) *session.Watch {
	call := suite.catalogue.Call(op.ID)
	if !op.Writes() || suite.contract.Operation(call.Witness) == nil || key == "" {
		return nil
	}
	return &session.Watch{Key: key, As: as, Witness: call.Witness, Where: call.Where}
}

// asName makes an id a name that every property takes.
var asName = strings.NewReplacer("/", "-", "_", "-", "{", "", "}", "")

// CallOn builds the operation's valid call on the object under the key.
func CallOn(s *session.Session, op *schemas.Operation, key, id string) (fixtures.Request, fixtures.Vars, error) {
	vars, err := s.CallVars(op.ID, key, asName.Replace(id))
	if err != nil {
		return fixtures.Request{}, nil, err
	}
	r, err := s.Catalogue.Request(op.ID, vars)
	return r, maps.Clone(vars), err
}
