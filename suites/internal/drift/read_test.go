package drift_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/drift"
)

func TestRead(t *testing.T) {
	g := NewWithT(t)
	file := filepath.Join(t.TempDir(), "openapi.yaml")
	g.Expect(os.WriteFile(file, []byte(base), 0o600)).To(Succeed())
	served := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/openapi.yaml":
			_, _ = w.Write([]byte(base))
		case "/moved":
			http.Redirect(w, r, "/openapi.yaml", http.StatusFound)
		case "/endless":
			for chunk := []byte(strings.Repeat("# ", 1<<19)); ; {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		default:
			http.NotFound(w, r)
		}
	}))
	defer served.Close()
	for _, source := range []string{file, served.URL + "/openapi.yaml", served.URL + "/moved"} {
		document, err := drift.Read(t.Context(), source)
		g.Expect(err).NotTo(HaveOccurred(), source)
		g.Expect(string(document)).To(Equal(base), source)
	}
	for source, sentence := range map[string]string{
		file + ".bak":              "the file cannot be opened: no such file or directory",
		filepath.Dir(file):         "it cannot be read to its end",
		served.URL + "/none":       "the server answered 404 Not Found",
		served.URL + "/endless":    "it has more than 20 MB",
		"http://127.0.0.1:1/":      "connection refused",
		"http://":                  "it cannot be fetched",
		"ftp://example.com/a.yaml": "ftp is not a scheme that documents are fetched by",
	} {
		_, err := drift.Read(t.Context(), source)
		g.Expect(err).To(MatchError(ContainSubstring(sentence)), source)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := drift.Read(ended, served.URL+"/openapi.yaml")
	g.Expect(err).To(MatchError(context.Canceled))
}
