package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/view"
)

// reports makes every view of a result again, from conformance.json alone.
func reports(_ context.Context, c *cli, args []string) error {
	flags := flag.NewFlagSet("report", flag.ContinueOnError)
	from := flags.String("from", filepath.Join("reports", "conformance.json"), "`path` of the result")
	baseline := flags.String("baseline", "", "`path` of an older result: the summary says what changed since")
	to := flags.String("to", "", "`folder` for the views (default: that of the result)")
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
	folder := *to
	if folder == "" {
		folder = filepath.Dir(*from)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	paths, err := view.WriteAll(folder, result, old)
	for _, path := range paths {
		fmt.Fprintln(c.stdout, path)
	}
	return err
}

// compare puts results side by side and shows where they differ.
func compare(_ context.Context, c *cli, args []string) error {
	return c.sideBySide("compare", args, view.Compare, view.CompareMarkdown)
}

// merge puts the results of several targets into one page.
func merge(_ context.Context, c *cli, args []string) error {
	return c.sideBySide("merge", args, view.Merge, view.MergeMarkdown)
}

func (c *cli) sideBySide(name string, args []string, html, markdown func(io.Writer, []*report.Result) error) error {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	folder := flags.String("to", "reports", "`folder` for the pages")
	flags.SetOutput(c.stderr)
	flags.Usage = func() {
		fmt.Fprintf(c.stderr, "usage: conformance %s [-to FOLDER] A/conformance.json B/conformance.json ...\n", name)
		flags.PrintDefaults()
	}
	paths, err := c.parseFiles(flags, args)
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
	if err := os.MkdirAll(*folder, 0o755); err != nil {
		return err
	}
	page := filepath.Join(*folder, name+".html")
	if err := report.Replace(page, func(w io.Writer) error { return html(w, results) }); err != nil {
		return err
	}
	text := filepath.Join(*folder, name+".md")
	if err := report.Replace(text, func(w io.Writer) error { return markdown(w, results) }); err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "%s\n%s\n", page, text)
	return nil
}
