package spec

import (
	"slices"
	"strings"

	"acronis-conformance/schemas"
)

// Operations lists the contract's operations that fit; none where the configuration is unusable.
func Operations(fit func(*schemas.Operation) bool) []*schemas.Operation {
	if suite.contract == nil {
		return nil
	}
	var fitting []*schemas.Operation
	for _, op := range suite.contract.Operations() {
		if fit(op) {
			fitting = append(fitting, op)
		}
	}
	return fitting
}

// Named reports whether an operation has one of the ids.
func Named(ids ...string) func(*schemas.Operation) bool {
	return func(op *schemas.Operation) bool { return slices.Contains(ids, op.ID) }
}

// TakesJSON reports whether the operation has a JSON body.
func TakesJSON(op *schemas.Operation) bool {
	return op.Body != nil && op.Body.MediaType == "application/json"
}

// TakesForm reports whether the operation has a form for a body.
func TakesForm(op *schemas.Operation) bool {
	return op.Body != nil && op.Body.MediaType == "application/x-www-form-urlencoded"
}

// PathIDs lists the operation's path parameters that name an object of the sandbox. Applications are the platform's
// own.
func PathIDs(op *schemas.Operation) []string {
	return slices.DeleteFunc(op.Takes("path"), func(name string) bool {
		return name == "application_id" ||
			name == "setting_name"
	})
}

// PathSubject writes a method and a path as a subject: PATCH.tenants.{tenant_id}.
func PathSubject(method, path string) string {
	return method + strings.ReplaceAll(path, "/", ".")
}
