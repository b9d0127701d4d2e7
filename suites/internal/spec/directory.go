package spec

import (
	"flag"
	"path/filepath"

	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/report"

	"github.com/onsi/ginkgo/v2/types"
)

// wordsFlag is a flag that is repeated, once for each word.
func wordsFlag(name, usage string) *[]string {
	words := new([]string)
	flag.Func(name, usage, func(word string) error {
		*words = append(*words, word)
		return nil
	})
	return words
}

// selects reports whether the configuration leaves specs out.
func selects(c types.SuiteConfig) bool {
	return c.LabelFilter != "" || c.SemVerFilter != "" || len(c.FocusStrings)+len(c.SkipStrings)+len(c.FocusFiles)+
		len(c.SkipFiles) > 0
}

// clear removes the reports of an earlier run; the result of a full one is kept aside.
func (s *suiteState) clear() {
	var dir string
	if dir, s.configErr = s.reportsDir(); s.configErr == nil && !s.partial {
		s.configErr = report.KeepPrevious(dir)
	}
	if s.configErr == nil {
		s.configErr = report.Clear(dir)
	}
}

// prepare loads what the tree is built from, and makes sure that the reports can be written.
func (s *suiteState) prepare() {
	if s.reports, s.configErr = s.reportsDir(); s.configErr != nil {
		return
	}
	if s.load(); s.configErr == nil {
		s.configErr = report.Writable(s.reports)
	}
}

// reportsDir is known before the configuration is read.
func (s *suiteState) reportsDir() (string, error) {
	if *reportsFlag != "" {
		return report.Directory(*reportsFlag, true, s.partial), nil
	}
	path, err := config.Locate(*configFlag)
	return report.Directory(filepath.Join(filepath.Dir(path), "reports"), false, s.partial), err
}
