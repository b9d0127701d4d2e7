package main

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"acronis-conformance/schemas"
	openapi "acronis-conformance/suites/internal/drift"
	"acronis-conformance/suites/internal/redact"
)

// drift compares the built-in contract with a published OpenAPI document, and violates where there is a difference.
// With -lint it looks for what tools stumble over in one document instead, and violates where it finds anything.
func drift(ctx context.Context, c *cli, args []string) error {
	flags, source, lint := flagsOfDrift()
	if err := c.parse(flags, args); err != nil {
		return err
	}
	if *lint {
		return lintDocument(ctx, c, *source)
	}
	if *source == "" {
		return errors.New("drift needs a document to compare with: name its file or URL with -openapi")
	}
	document, err := openapi.Read(ctx, *source)
	if err != nil {
		return fmt.Errorf("%s: %w", redact.New().URL(*source), err)
	}
	found, err := openapi.Compare(ctx, schemas.Reference(), document)
	if err != nil {
		return fmt.Errorf("%s: %w", redact.New().URL(*source), err)
	}
	if err := found.Print(c.stdout); err != nil {
		return err
	}
	if !found.Empty() {
		return &exit{code: violates}
	}
	return nil
}

func flagsOfDrift() (flags *flag.FlagSet, source *string, lint *bool) {
	flags = flag.NewFlagSet("drift", flag.ContinueOnError)
	source = flags.String("openapi", "", "`file or URL` of the OpenAPI document to compare the built-in contract with")
	lint = flags.Bool("lint", false, "say what generators and validators stumble over in the document, or in the "+
		"built-in contract where -openapi names none")
	return flags, source, lint
}

func lintDocument(ctx context.Context, c *cli, source string) error {
	document := schemas.Reference()
	if source != "" {
		var err error
		if document, err = openapi.Read(ctx, source); err != nil {
			return fmt.Errorf("%s: %w", redact.New().URL(source), err)
		}
	}
	title, found, err := openapi.Lint(ctx, document)
	if err != nil {
		return fmt.Errorf("%s: %w", redact.New().URL(source), err)
	}
	if err := openapi.PrintFindings(c.stdout, title, found); err != nil {
		return err
	}
	if len(found) > 0 {
		return &exit{code: violates}
	}
	return nil
}
