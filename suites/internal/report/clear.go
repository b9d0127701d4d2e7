package report

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
)

// marks are the files that a run writes into its directory, each with what tells it from a file of someone else that
// has the same name. They also fit what earlier versions have written.
var marks = map[string]*regexp.Regexp{
	"conformance.json":  regexp.MustCompile(`^\s*\{\s*"version":\s*\d+,\s*"run":`),
	"conformance.har":   regexp.MustCompile(`"creator":\s*\{\s*"name":\s*"conformance"`),
	"conformance.sarif": regexp.MustCompile(`"automationDetails":\s*\{\s*"id":\s*"conformance/`),
	"ctrf.json":         regexp.MustCompile(`^\s*\{\s*"reportFormat":\s*"CTRF",[^{}]*"generatedBy":\s*"conformance"`),
	"gate.json":         regexp.MustCompile(`^\s*\{[^{}]*"pass":\s*(true|false)`),
	"junit.xml":         regexp.MustCompile(`<testsuites name="Acronis Account Management API v2"`),
	"index.html": regexp.MustCompile(
		`content="default-src &#39;none&#39;; img-src data:; base-uri &#39;none&#39;; form-action &#39;none&#39;`),
	"summary.md": regexp.MustCompile(`(?m)^\| code \| specs \| .*\| reference cells \|$`),
	"badge.svg":  regexp.MustCompile(`aria-label="conformance: `),
}

// markedWithin is how much of a file is looked at: each mark stands at its beginning.
const markedWithin = 64 << 10

// Clear removes the reports of an earlier run from the directory, so that none of them is ever taken for one of the
// next run. A file that has the name of a report and was not written by this suite stays, and is an error: a run
// would overwrite it.
func Clear(dir string) error {
	own, foreign := reportsIn(dir)
	for _, path := range own {
		// another process of the run may do the same
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("the report of an earlier run cannot be removed: %w: remove it, or name another "+
				"directory "+
				"for the reports", err)
		}
	}
	return foreign
}

// Replaceable returns an error where a report would replace a file in the directory that this suite has not written.
func Replaceable(dir string) error {
	_, foreign := reportsIn(dir)
	return foreign
}

// reportsIn lists the reports in the directory. The error names a file that has the name of one and is none.
func reportsIn(dir string) (own []string, foreign error) {
	for _, name := range slices.Sorted(maps.Keys(marks)) {
		path := filepath.Join(dir, name)
		is, err := marked(path, marks[name])
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
			// What is not a directory holds no report.
		case is:
			own = append(own, path)
		case foreign != nil:
		case err != nil:
			foreign = fmt.Errorf(
				"the report of an earlier run cannot be read: %w: remove it, or name another directory for the reports",
				err)
		default:
			foreign = fmt.Errorf(
				"%s was not written by this suite, and a report would replace it: move it, or name another directory "+
					"for the "+
					"reports", path)
		}
	}
	return own, foreign
}

// marked reports whether the file begins as this suite writes it.
func marked(path string, mark *regexp.Regexp) (bool, error) {
	file, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer func() { _ = file.Close() }() // it was only read
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return false, err
	}
	head, err := io.ReadAll(io.LimitReader(file, markedWithin))
	return mark.Match(head), err
}
