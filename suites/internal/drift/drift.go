// Package drift compares the contract that the suite judges by with another OpenAPI document of the same API, a newly
// published one above all: what a later version of the documentation promises, drops or demands, before it is found
// out as violations.
package drift

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3conv"
	"github.com/oasdiff/oasdiff/checker"
	"github.com/oasdiff/oasdiff/diff"
	"github.com/oasdiff/oasdiff/load"
)

// Drift is how a document departs from the base. It is empty where both promise the same in other words.
type Drift struct {
	Base, Document string   // title and version of the two
	Breaking       []Change // clients that relied on the base may fail
	Other          []Change
}

// Change is one difference, in the order of paths and methods.
type Change struct {
	// method and path, such as GET /tenants/{tenant_id}; the part of the document where it is about no operation
	Operation string
	Rule      string // what kind of difference, such as response-property-type-changed
	Text      string // a sentence, without its full stop
}

// Empty reports whether there is no difference.
func (d *Drift) Empty() bool { return len(d.Breaking)+len(d.Other) == 0 }

// Compare finds what operations, codes, parameters, required properties and types the document adds to the base,
// removes from it, or changes. Prose, examples and addresses of servers promise nothing and are left out. A document
// that is not valid OpenAPI, or that refers to anything outside itself, is an error.
func Compare(ctx context.Context, base, document []byte) (*Drift, error) {
	before, err := read(ctx, base)
	if err != nil {
		return nil, fmt.Errorf("the built-in contract: %w", err)
	}
	after, err := read(ctx, document)
	if err != nil {
		return nil, err
	}
	christen(after, before)
	d := &Drift{Base: title(before), Document: title(after)}
	if minor(before) != minor(after) {
		openapi3conv.Upgrade(before) // the versions of OpenAPI say the same in different ways, null for one
		openapi3conv.Upgrade(after)
	}
	changes, err := differences(before, after)
	if err != nil {
		return nil, fmt.Errorf("the documents cannot be compared: %w", err)
	}
	slices.SortStableFunc(changes, func(a, b checker.Change) int {
		return cmp.Or(cmp.Compare(a.GetPath(), b.GetPath()), cmp.Compare(a.GetOperation(), b.GetOperation()))
	})
	localize := checker.NewDefaultLocalizer()
	for _, change := range changes {
		c := Change{Operation: strings.TrimSpace(change.GetOperation() + " " + change.GetPath()), Rule: change.GetId(),
			Text: change.GetUncolorizedText(localize)}
		if c.Operation == "" {
			c.Operation = change.GetSection()
		}
		if change.IsBreaking() {
			d.Breaking = append(d.Breaking, c)
		} else {
			d.Other = append(d.Other, c)
		}
	}
	return d, nil
}

// read parses a document and looks whether it is one. Its examples and defaults promise nothing, so it may get its own
// ones wrong.
func read(ctx context.Context, document []byte) (*openapi3.T, error) {
	doc, err := openapi3.NewLoader().LoadFromData(document)
	switch {
	case err != nil:
		return nil, fmt.Errorf("it is no OpenAPI document: %s", sentence(err))
	case !strings.HasPrefix(doc.OpenAPI, "3."):
		return nil, fmt.Errorf("it is no OpenAPI 3 document, which says so at its top: openapi: %q", doc.OpenAPI)
	}
	if err := doc.Validate(ctx, openapi3.DisableExamplesValidation(),
		openapi3.DisableSchemaDefaultsValidation()); err != nil {
		return nil, fmt.Errorf("it is not a valid OpenAPI document: %s", sentence(err))
	}
	if doc.Paths.Len() == 0 {
		return nil, fmt.Errorf("it has no paths")
	}
	return doc, nil
}

// sentence puts an error that may quote a part of the document into one line of a length that can be read.
func sentence(err error) string {
	line := []rune(strings.Join(strings.Fields(err.Error()), " "))
	if len(line) > maxSentence {
		return string(line[:maxSentence-1]) + "…"
	}
	return string(line)
}

const maxSentence = 300

// christen names the operations that a document leaves without an id as the base does: the published one has such an
// operation, and that the base had to find a name for it is not a difference.
func christen(doc, base *openapi3.T) {
	for path, item := range doc.Paths.Map() {
		named := base.Paths.Value(path)
		for method, op := range item.Operations() {
			if named != nil && named.GetOperation(method) != nil && op.OperationID == "" {
				op.OperationID = named.GetOperation(method).OperationID
			}
		}
	}
}

func title(doc *openapi3.T) string { return doc.Info.Title + " " + doc.Info.Version }

// minor returns the version of OpenAPI without its last part.
func minor(doc *openapi3.T) string { return doc.OpenAPI[:strings.LastIndex(doc.OpenAPI, ".")] }

// differences compares two documents.
func differences(before, after *openapi3.T) (checker.Changes, error) {
	one, other := merged(before, after)
	found, sources, err := diff.GetWithOperationsSourcesMap(diff.NewConfig(), one, other)
	if err != nil {
		return nil, err
	}
	return checker.CheckBackwardCompatibilityUntilLevel(checker.NewConfig(checker.GetAllChecks()), found, sources,
		checker.INFO), nil
}

// merged puts schemas that extend others into one each, so that writing the same schema in another way is no
// difference. Where that cannot be done in one of the documents, both stay as they are.
func merged(before, after *openapi3.T) (one, other *load.SpecInfo) {
	one, other = &load.SpecInfo{Spec: before}, &load.SpecInfo{Spec: after}
	for _, option := range []load.Option{load.WithFlattenParams(), load.WithFlattenAllOf()} {
		flat := []*load.SpecInfo{{Spec: one.Spec}, {Spec: other.Spec}}
		if _, err := option(nil, flat); err == nil {
			one, other = flat[0], flat[1]
		}
	}
	return one, other
}
