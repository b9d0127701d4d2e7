package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"acronis-conformance/suites/internal/render"
	"acronis-conformance/suites/internal/report"
)

// reports makes every view of a result again, from conformance.json alone.
func reports(_ context.Context, c *cli, args []string) error {
	flags := flag.NewFlagSet("report", flag.ContinueOnError)
	from := flags.String("from", filepath.Join("reports", "conformance.json"), "`path` of the result")
	baseline := flags.String("baseline", "", "`path` of an older result: the summary says what changed since")
	to := flags.String("to", "", "`directory` for the views (default: that of the result)")
	if err := c.parse(flags, args); err != nil {
		return err
	}
	result, err := report.Read(*from)
	if err != nil {
		return err
	}
	var old *report.Result
	if *baseline != "" {
		if old, err = report.Read(*baseline); err != nil {
			return err
		}
	}
	dir := *to
	if dir == "" {
		dir = filepath.Dir(*from)
	}
	if err := report.Replaceable(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	paths, err := render.WriteAll(dir, result, old)
	if err == nil {
		junit := filepath.Join(dir, "junit.xml")
		if err = report.WriteJUnit(junit, result); err == nil {
			paths = append(paths, junit)
		}
	}
	for _, path := range paths {
		fmt.Fprintln(c.stdout, path)
	}
	return err
}

// compare puts results side by side and shows where they differ.
func compare(_ context.Context, c *cli, args []string) error {
	return c.sideBySide("compare", args, render.Compare, render.CompareMarkdown)
}

// merge puts the results of several targets into one page.
func merge(_ context.Context, c *cli, args []string) error {
	return c.sideBySide("merge", args, render.Merge, render.MergeMarkdown)
}

func (c *cli) sideBySide(name string, args []string, html, markdown func(io.Writer, []*report.Result) error) error {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	dir := flags.String("to", "reports", "`directory` for the pages")
	flags.SetOutput(c.stderr)
	flags.Usage = func() {
		fmt.Fprintf(c.stderr, "usage: conformance %s [-to DIR] A/conformance.json B/conformance.json ...\n", name)
		flags.PrintDefaults()
	}
	paths, err := c.parseMixed(flags, args)
	if err != nil {
		return err
	}
	var results []*report.Result
	for _, path := range paths {
		result, err := report.Read(path)
		if err != nil {
			return err
		}
		results = append(results, result)
	}
	// Nothing is written, nor a directory made, for results that cannot be put together.
	var page, text bytes.Buffer
	if err := html(&page, results); err != nil {
		return err
	}
	if err := markdown(&text, results); err != nil {
		return err
	}
	if err := os.MkdirAll(*dir, 0o755); err != nil {
		return err
	}
	for _, one := range []struct {
		name    string
		content bytes.Buffer
	}{{name + ".html", page}, {name + ".md", text}} {
		path := filepath.Join(*dir, one.name)
		if err := report.WriteFile(path, one.content.Bytes()); err != nil {
			return err
		}
		fmt.Fprintln(c.stdout, path)
	}
	return nil
}
