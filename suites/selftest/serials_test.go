package selftest_test

import (
	"bytes"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
)

// serials tell which spec sent a request. The User-Agent names run and serial only, and the suite notes the specs in
// a directory of the run.
type serials struct {
	dir   string // for temporary files of the suite
	mu    sync.Mutex
	specs map[string]string // by "run serial"
	read  map[string]int64  // how much of each file is in specs
}

// watchSerials has the suite make its directories where they are found.
func watchSerials(environment map[string]string) *serials {
	GinkgoHelper()
	if environment["TMPDIR"] == "" {
		environment["TMPDIR"] = GinkgoT().TempDir()
	}
	return &serials{dir: environment["TMPDIR"], specs: map[string]string{}, read: map[string]int64{}}
}

var agent = regexp.MustCompile(`^(\S+ )\(run ([^;]+); (\d+-\d+)\)$`)

// name writes the spec into the User-Agent of a request of the suite, for the test alone: "acronis-conformance/1
// (run x; spec 401/y/Z)".
func (s *serials) name(r *http.Request) {
	m := agent.FindStringSubmatch(r.UserAgent())
	if m == nil {
		return
	}
	if spec := s.find(m[2] + " " + m[3]); spec != "" {
		r.Header.Set("User-Agent", m[1]+"(run "+m[2]+"; spec "+spec+")")
	}
}

func (s *serials) find(key string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if spec, known := s.specs[key]; known {
		return spec
	}
	files, _ := filepath.Glob(filepath.Join(s.dir, "*", "serials-*"))
	for _, file := range files {
		s.readOn(file)
	}
	return s.specs[key]
}

// readOn reads what was added to a file since it was last read, in whole lines. One that is gone belongs to a run that
// is over.
func (s *serials) readOn(file string) {
	f, err := os.Open(file)
	if err != nil {
		return
	}
	defer f.Close()
	text, err := io.ReadAll(io.NewSectionReader(f, s.read[file], math.MaxInt64-s.read[file]))
	if err != nil {
		return
	}
	added := text[:bytes.LastIndexByte(text, '\n')+1]
	s.read[file] += int64(len(added))
	for line := range strings.Lines(string(added)) {
		if parts := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 3); len(parts) == 3 {
			s.specs[parts[0]+" "+parts[1]] = parts[2]
		}
	}
}
