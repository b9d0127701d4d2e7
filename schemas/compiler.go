package schemas

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/xeipuuv/gojsonschema"
)

// compiler makes validators of the reference's schemas when they are first needed, each with no more than the
// definitions it reaches: a process that runs a few specs must not pay for the whole reference. It is safe for
// concurrent use.
type compiler struct {
	components map[string]any // the named schemas as the reference writes them

	mu       sync.Mutex
	compiled map[validatorKey]func() (*gojsonschema.Schema, error)

	descriptions sync.Map // by validatorKey: the *description of the schema with the definitions that it reaches
}

// validatorKey names a validator: what to read, and how to read it.
type validatorKey struct {
	source  any // the name of a component, the *openapi3.Schema of a schema in place, or the file of an error body
	reading reading
}

// newCompiler takes over the named schemas of a document. A $ref in them, or in a schema in place, that is not the
// name of another one is an error, and so is a schema that could never be judged.
func newCompiler(doc *openapi3.T) (*compiler, error) {
	c := &compiler{components: map[string]any{}, compiled: map[validatorKey]func() (*gojsonschema.Schema, error){}}
	if doc.Components != nil {
		for name, schema := range doc.Components.Schemas {
			raw, err := plain(schema)
			if err != nil {
				return nil, fmt.Errorf("schema %s: %w", name, err)
			}
			c.components[name] = raw
		}
	}
	for name, raw := range c.components {
		if err := c.resolves(raw); err != nil {
			return nil, fmt.Errorf("schema %s: %w", name, err)
		}
	}
	for name := range c.components {
		if c.circles(name, nil) {
			return nil, fmt.Errorf("schema %s: through $ref, allOf, anyOf, oneOf or not it consists of itself", name)
		}
	}
	for _, schema := range inPlace(doc) {
		raw, err := plain(schema)
		if err != nil {
			return nil, err
		}
		if err := c.resolves(raw); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// inPlace returns the schemas that stand in the bodies of operations.
func inPlace(doc *openapi3.T) []*openapi3.SchemaRef {
	var schemas []*openapi3.SchemaRef
	add := func(content openapi3.Content) {
		for _, media := range content {
			if media != nil && media.Schema != nil {
				schemas = append(schemas, media.Schema)
			}
		}
	}
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			if op.RequestBody != nil {
				add(op.RequestBody.Value.Content)
			}
			for _, response := range op.Responses.Map() {
				add(response.Value.Content)
			}
		}
	}
	return schemas
}

// plain returns a schema as the document writes it, with json.Number for numbers, which the validator insists on.
func plain(schema *openapi3.SchemaRef) (any, error) {
	text, err := json.Marshal(schema)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var raw any
	err = decoder.Decode(&raw)
	return raw, err
}

// resolves checks the references of a schema, not those of the schemas they lead to.
func (c *compiler) resolves(raw any) error {
	var missing []string
	references(raw, func(target string) {
		name, named := strings.CutPrefix(target, components)
		if !named || c.components[name] == nil {
			missing = append(missing, target)
		}
	})
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("$ref %s leads to no schema of %s", slices.Min(missing), components)
}

// circles reports whether a schema leads back to one of those passed on the way without a step into the value that it
// judges, so that judging would never end. A schema may well contain itself, in its properties or items.
func (c *compiler) circles(name string, passed []string) bool {
	if slices.Contains(passed, name) {
		return true
	}
	passed = append(passed, name)
	var round func(raw any) bool
	round = func(raw any) bool {
		schema, _ := raw.(map[string]any)
		if target, ok := schema["$ref"].(string); ok && c.circles(strings.TrimPrefix(target, components), passed) {
			return true
		}
		if schema["not"] != nil && round(schema["not"]) {
			return true
		}
		return slices.ContainsFunc(slices.Concat(list(schema["allOf"]), list(schema["anyOf"]), list(schema["oneOf"])),
			round)
	}
	return round(c.components[name])
}

// validator compiles a schema of the reference at its first use.
func (c *compiler) validator(schema *openapi3.SchemaRef, how reading) (*gojsonschema.Schema, error) {
	return c.once(keyOf(schema, how), func() (*gojsonschema.Schema, error) {
		described, err := c.described(schema, how)
		if err != nil {
			return nil, err
		}
		return compile(described.parts[0])
	})
}

func keyOf(schema *openapi3.SchemaRef, how reading) validatorKey {
	if schema.Ref != "" {
		return validatorKey{source: schema.Ref, reading: how}
	}
	return validatorKey{source: schema.Value, reading: how}
}

// described translates a schema of the reference, together with the definitions that it reaches, at its first use.
func (c *compiler) described(schema *openapi3.SchemaRef, how reading) (*description, error) {
	key := keyOf(schema, how)
	if known, ok := c.descriptions.Load(key); ok {
		return known.(*description), nil
	}
	raw, err := plain(schema)
	if err != nil {
		return nil, err
	}
	document, err := c.document(raw, how)
	if err != nil {
		return nil, err
	}
	definitions, _ := document["definitions"].(map[string]any)
	known, _ := c.descriptions.LoadOrStore(key, describe(definitions, []map[string]any{document}))
	return known.(*description), nil
}

// file compiles one of the schemas that are kept as JSON Schema.
func (c *compiler) file(name string) (*gojsonschema.Schema, error) {
	return c.once(validatorKey{source: errorFile(name)}, func() (*gojsonschema.Schema, error) {
		text, err := errorBodies.ReadFile(name)
		if err != nil {
			return nil, err
		}
		document, err := ReadJSON(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return compile(document)
	})
}

// errorFile keeps the names of files apart from those of components.
type errorFile string

func (c *compiler) once(key validatorKey, build func() (*gojsonschema.Schema, error)) (*gojsonschema.Schema, error) {
	c.mu.Lock()
	get := c.compiled[key]
	if get == nil {
		get = sync.OnceValues(build)
		c.compiled[key] = get
	}
	c.mu.Unlock()
	return get()
}

// document translates a schema together with the definitions that it reaches.
func (c *compiler) document(raw any, how reading) (map[string]any, error) {
	if err := c.resolves(raw); err != nil {
		return nil, err
	}
	root, ok := how.translate(raw).(map[string]any)
	if !ok {
		return nil, fmt.Errorf("the schema is not an object: %s", excerpt(raw))
	}
	reached := map[string]any{}
	var reach func(any)
	reach = func(raw any) {
		references(raw, func(target string) {
			name := strings.TrimPrefix(target, components)
			if reached[name] == nil {
				reached[name] = how.translate(c.components[name])
				reach(c.components[name])
			}
		})
	}
	reach(raw)
	root["definitions"] = reached
	return root, nil
}

func compile(document any) (*gojsonschema.Schema, error) {
	loader := gojsonschema.NewSchemaLoader()
	loader.Draft, loader.AutoDetect = gojsonschema.Draft7, false
	return loader.Compile(gojsonschema.NewRawLoader(document))
}
