package render

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/report"
)

// Results come from other machines. Two that can be read can be shown side by side, and neither draws anything in a
// terminal.
func FuzzComparison(f *testing.F) {
	r := sample(f)
	r.Specs, r.World, r.Cells = r.Specs[:min(2, len(r.Specs))], nil, r.Cells[:min(2, len(r.Cells))]
	small, err := json.Marshal(r)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(small, small)
	f.Add(small, bytes.ReplaceAll(small, []byte(`"pass"`), []byte(`"violation"`)))
	f.Add(small, bytes.ReplaceAll(small, []byte("FetchTenant"), []byte(`\u001b[2J\u202e</script><b>`)))
	f.Add(small, bytes.ReplaceAll(small, []byte("null"), []byte("[]")))
	f.Add(small, []byte(`{"version":2}`))
	for _, hostile := range [][2]string{
		{`"specs":[`, `"specs":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `,"more":[`},
		{`"specs":[`, `"seed":` + strings.Repeat("9", 10_000) + `,"specs":[`},
		{"FetchTenant", "n\xff\xfeo"}, {"FetchTenant", strings.Repeat("x", 10_000)},
		{`"specs":[`, `"specs":[],"specs":[`},
	} {
		f.Add(small, bytes.Replace(small, []byte(hostile[0]), []byte(hostile[1]), 1))
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		g := NewWithT(t)
		var results []*report.Result
		for _, data := range [][]byte{a, b} {
			path := filepath.Join(t.TempDir(), "conformance.json")
			g.Expect(os.WriteFile(path, data, 0o600)).To(Succeed())
			r, err := report.Read(path)
			if err != nil {
				g.Expect(err.Error()).To(ContainSubstring(path), "where it is")
				return
			}
			results = append(results, r)
		}
		for _, write := range []func(*strings.Builder) error{
			func(w *strings.Builder) error { return Compare(w, results) },
			func(w *strings.Builder) error { return Merge(w, results) },
			func(w *strings.Builder) error { return CompareMarkdown(w, results) },
			func(w *strings.Builder) error { return MergeMarkdown(w, results) },
		} {
			var out strings.Builder
			g.Expect(write(&out)).To(Succeed())
			g.Expect(out.String()).NotTo(ContainSubstring("\x1b"))
		}
	})
}
