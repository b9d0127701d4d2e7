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
	"maps"
	"net/http"
	"slices"
	"strconv"
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

// Operation is one method on one path of the reference.
type Operation struct {
	ID       string // operationId, such as FetchTenant
	Method   string // upper case
	Path     string // template below /api/2, such as /tenants/{tenant_id}
	Resource string // the reference's tag, such as tenants
	Security Security
	Params   []Param
	Body     *Body // nil where the operation takes none
	Codes    []int // documented by the reference, ascending

	spec     *openapi3.Operation
	contract *Contract
}

// Security is what an operation demands of the caller.
type Security struct {
	Token bool     // a Bearer token is demanded
	Basic bool     // Basic is accepted instead of a token
	Roles []string // any one of them is enough, without prefix: tenant_viewer
}

// Param is a parameter of an operation outside its body.
type Param struct {
	Name     string
	In       string // path, query or header
	Required bool
	Type     string // string, integer or boolean
	Enum     []string
	Pattern  string
	Format   string
	Min      *float64
	Default  string
}

// Body is the request body of an operation.
type Body struct {
	MediaType string   // the only media type that the reference lists
	Required  []string // required properties of its schema and of the schemas that it extends, sorted
	// Demanded reports whether a request without the body breaks the contract: its schema requires properties, or it is
	// a form or a PNG. The reference sets requestBody.required nowhere.
	Demanded bool
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

func (c *Contract) newOperation(method, path string, item *openapi3.PathItem, spec *openapi3.Operation) (*Operation,
	error) {
	if spec.OperationID == "" {
		spec.OperationID = builtInIDs()[method+" "+path]
	}
	if spec.OperationID == "" {
		return nil, fmt.Errorf("operationId is missing")
	}
	op := &Operation{ID: spec.OperationID, Method: method, Path: path, spec: spec, contract: c}
	if len(spec.Tags) > 0 {
		op.Resource = spec.Tags[0]
	}
	for _, parameters := range []openapi3.Parameters{item.Parameters, spec.Parameters} {
		for _, p := range parameters {
			op.Params = append(op.Params, newParam(p.Value))
		}
	}
	if spec.Security != nil {
		op.Security = newSecurity(*spec.Security)
	}
	if spec.RequestBody != nil {
		op.Body = newBody(spec.RequestBody.Value)
	}
	for code := range spec.Responses.Map() {
		status, err := strconv.Atoi(code)
		if err != nil {
			return nil, fmt.Errorf("response %q is not a status code", code)
		}
		op.Codes = append(op.Codes, status)
	}
	slices.Sort(op.Codes)
	return op, nil
}

// builtInIDs are the ids of the reference's operations by method and path. A document that leaves an operation
// without an id calls it as the reference does: the published document has one such operation.
var builtInIDs = sync.OnceValue(func() map[string]string {
	ids := map[string]string{}
	doc, err := openapi3.NewLoader().LoadFromData(reference)
	if err != nil {
		return ids // Load says so
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			ids[method+" "+path] = op.OperationID
		}
	}
	return ids
})

func newParam(p *openapi3.Parameter) Param {
	param := Param{Name: p.Name, In: p.In, Required: p.Required}
	if p.Schema == nil || p.Schema.Value == nil {
		return param
	}
	s := p.Schema.Value
	if types := s.Type.Slice(); len(types) > 0 {
		param.Type = types[0]
	}
	for _, v := range s.Enum {
		param.Enum = append(param.Enum, fmt.Sprint(v))
	}
	param.Pattern, param.Format, param.Min = s.Pattern, s.Format, s.Min
	if s.Default != nil {
		param.Default = fmt.Sprint(s.Default)
	}
	return param
}

func newSecurity(requirements openapi3.SecurityRequirements) Security {
	var s Security
	for _, alternative := range requirements {
		for scheme, scopes := range alternative {
			switch scheme {
			case "basicAuth":
				s.Basic = true
			default:
				s.Token = true
				for _, scope := range scopes {
					s.Roles = append(s.Roles, scope[strings.LastIndex(scope, ":")+1:])
				}
			}
		}
	}
	return s
}

func newBody(b *openapi3.RequestBody) *Body {
	types := slices.Sorted(maps.Keys(b.Content))
	if len(types) == 0 {
		return nil
	}
	body, content := &Body{MediaType: types[0]}, b.Content[types[0]]
	if content.Schema != nil && content.Schema.Value != nil {
		body.Required = requiredOf(content.Schema.Value)
	}
	body.Demanded = len(body.Required) > 0 || body.MediaType != "application/json"
	return body
}

func requiredOf(s *openapi3.Schema) []string {
	required := slices.Clone(s.Required)
	for _, extended := range s.AllOf {
		required = append(required, requiredOf(extended.Value)...)
	}
	slices.Sort(required)
	return slices.Compact(required)
}

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
		if matches(op.Path, segments) {
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

func matches(template string, segments []string) bool {
	parts := strings.Split(template, "/")
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

// Documents reports whether the reference lists the code for the operation.
func (o *Operation) Documents(code int) bool { return slices.Contains(o.Codes, code) }

// Source tells what promises the code for the operation: its own list, or else the general table. The second result
// is false where neither knows the code.
func (o *Operation) Source(code int) (Source, bool) {
	if o.Documents(code) {
		return FromReference, true
	}
	_, known := o.contract.Clause(code)
	return FromClause, known
}

// Success returns the operation's documented 20x code.
func (o *Operation) Success() int {
	for _, code := range o.Codes {
		if code/100 == 2 {
			return code
		}
	}
	return 0
}

// MediaTypes returns the media types that the reference lists for a response, sorted; none where it promises no body.
func (o *Operation) MediaTypes(code int) []string {
	response := o.spec.Responses.Value(strconv.Itoa(code))
	if response == nil || response.Value == nil {
		return nil
	}
	types := make([]string, 0, len(response.Value.Content))
	for mediaType := range response.Value.Content {
		types = append(types, mediaType)
	}
	slices.Sort(types)
	return types
}

// Param returns the parameter of that name and place (path, query, header), or nil.
func (o *Operation) Param(in, name string) *Param {
	for i := range o.Params {
		if o.Params[i].In == in && o.Params[i].Name == name {
			return &o.Params[i]
		}
	}
	return nil
}

// Takes lists the names of the operation's parameters at that place (path, query, header).
func (o *Operation) Takes(in string) []string {
	var names []string
	for _, p := range o.Params {
		if p.In == in {
			names = append(names, p.Name)
		}
	}
	return names
}

// Writes reports whether a served call changes something: every method but GET, except for the two POSTs that only ask.
func (o *Operation) Writes() bool {
	switch o.ID {
	case "IntrospectToken", "CheckPassword":
		return false
	}
	return o.Method != http.MethodGet
}
