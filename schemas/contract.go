// Package schemas is the contract: what the documentation of the Acronis Account Management API v2 promises.
//
// It loads the reference (an OpenAPI 3.0.3 document), the general status-code table and the error bodies once, and
// answers questions about them: operations, paths, cells, and whether a body keeps its promise. It imports nothing of
// this project.
package schemas

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
)

//go:embed openapi.yaml
var reference []byte

// Reference returns a copy of the built-in OpenAPI document.
func Reference() []byte { return slices.Clone(reference) }

// Source says which part of the documentation a cell rests on.
type Source string

const (
	// FromReference marks a cell of the operation's own list of codes.
	FromReference Source = "reference"
	// FromClause marks a cell of the general status-code table, which holds for every endpoint.
	FromClause Source = "clause"
)

// Methods are the HTTP methods that the reference uses, plus PATCH, which it uses nowhere.
var Methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// Contract answers questions about one version of the documentation. It is safe for concurrent use.
type Contract struct {
	doc        *openapi3.T
	operations []*Operation
	byID       map[string]*Operation
	clauses    []Clause
	compiler   *compiler
}

// Cell is one (subject, status code) pair of the contract.
type Cell struct {
	Operation string // operationId
	Code      int
	Source    Source
}

// Path is one path template of the reference.
type Path struct {
	Template string
	Methods  []string // supported, sorted
}

var load = sync.OnceValues(func() (*Contract, error) { return Parse(reference) })

// Load returns the built-in contract; it is parsed once per process.
func Load() (*Contract, error) { return load() }

// Parse reads an OpenAPI 3.0 document of the API, in YAML or JSON. A document that is not valid, that refers to
// anything outside itself, or that has an operation without an id, is an error.
func Parse(document []byte) (*Contract, error) {
	doc, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		return nil, fmt.Errorf("OpenAPI document: %w", err)
	}
	// Later versions of OpenAPI write other things with the same words: their nullable, for one, is a type.
	if !strings.HasPrefix(doc.OpenAPI, "3.0.") {
		return nil, fmt.Errorf("OpenAPI document: version %q is not 3.0", doc.OpenAPI)
	}
	// Examples and defaults promise nothing, so a document may get its own ones wrong.
	err = doc.Validate(context.Background(), openapi3.DisableExamplesValidation(),
		openapi3.DisableSchemaDefaultsValidation())
	if err != nil {
		return nil, fmt.Errorf("OpenAPI document: %w", err)
	}
	if doc.Paths.Len() == 0 {
		return nil, fmt.Errorf("OpenAPI document: it has no paths")
	}
	clauses, err := loadClauses()
	if err != nil {
		return nil, err
	}
	c := &Contract{doc: doc, byID: map[string]*Operation{}, clauses: clauses}
	c.compiler, err = newCompiler(doc)
	if err != nil {
		return nil, fmt.Errorf("OpenAPI document: %w", err)
	}
	for path, item := range doc.Paths.Map() {
		for method, spec := range item.Operations() {
			op, err := c.newOperation(method, path, item, spec)
			if err != nil {
				return nil, fmt.Errorf("OpenAPI document: %s %s: %w", method, path, err)
			}
			if other := c.byID[op.ID]; other != nil {
				return nil, fmt.Errorf("OpenAPI document: operationId %s stands at %s %s and at %s %s", op.ID,
					other.Method,
					other.Path, method, path)
			}
			c.byID[op.ID] = op
			c.operations = append(c.operations, op)
		}
	}
	slices.SortFunc(c.operations, func(a, b *Operation) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(slices.Index(Methods, a.Method), slices.Index(Methods,
			b.Method)))
	})
	return c, nil
}

// Document is what the contract was read from; it must not be changed.
func (c *Contract) Document() *openapi3.T { return c.doc }

// Operations returns all operations, ordered by path and method.
func (c *Contract) Operations() []*Operation { return c.operations }

// Operation returns the operation with that id, or nil.
func (c *Contract) Operation(id string) *Operation { return c.byID[id] }

// Version returns title and version of the document.
func (c *Contract) Version() string { return c.doc.Info.Title + " " + c.doc.Info.Version }

// Paths returns every path template with its supported methods, ordered by template.
func (c *Contract) Paths() []Path {
	var paths []Path
	for _, op := range c.operations {
		if n := len(paths); n > 0 && paths[n-1].Template == op.Path {
			paths[n-1].Methods = append(paths[n-1].Methods, op.Method)
			continue
		}
		paths = append(paths, Path{Template: op.Path, Methods: []string{op.Method}})
	}
	for _, p := range paths {
		slices.Sort(p.Methods)
	}
	return paths
}

// Cells returns the reference's (operation, code) pairs, ordered by operation and code.
func (c *Contract) Cells() []Cell {
	var cells []Cell
	for _, op := range c.operations {
		for _, code := range op.Codes {
			cells = append(cells, Cell{Operation: op.ID, Code: code, Source: FromReference})
		}
	}
	return cells
}

// Match returns the operations whose path template matches a literal path below /api/2, most specific template first:
// a literal segment beats a parameter. /tenants/usages matches /tenants/usages before /tenants/{tenant_id}.
func (c *Contract) Match(path string) []*Operation {
	segments := strings.Split(path, "/")
	var found []*Operation
	for _, op := range c.operations {
		if matches(op.segments, segments) {
			found = append(found, op)
		}
	}
	slices.SortStableFunc(found, func(a, b *Operation) int {
		return cmp.Compare(strings.Count(a.Path, "{"), strings.Count(b.Path, "{"))
	})
	return found
}

// Called returns the operation that a request with the method on a literal path below /api/2 calls. It is nil where
// there is none: also where only a less specific template has the method, since the path of the request is then that
// of another resource.
func (c *Contract) Called(method, path string) *Operation {
	found := c.Match(path)
	for _, op := range found {
		if op.Method == method && op.Path == found[0].Path {
			return op
		}
	}
	return nil
}

func matches(parts, segments []string) bool {
	if len(parts) != len(segments) {
		return false
	}
	for i, part := range parts {
		if strings.HasPrefix(part, "{") && segments[i] != "" {
			continue
		}
		if part != segments[i] {
			return false
		}
	}
	return true
}
