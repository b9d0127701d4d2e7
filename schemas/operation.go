package schemas

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
)

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

	segments []string // of the path
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

func (c *Contract) newOperation(method, path string, item *openapi3.PathItem, spec *openapi3.Operation) (*Operation,
	error) {
	if spec.OperationID == "" {
		spec.OperationID = builtInIDs()[method+" "+path]
	}
	if spec.OperationID == "" {
		return nil, fmt.Errorf("operationId is missing")
	}
	op := &Operation{ID: spec.OperationID, Method: method, Path: path, segments: strings.Split(path, "/"), spec: spec,
		contract: c}
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
