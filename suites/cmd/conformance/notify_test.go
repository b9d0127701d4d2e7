package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/gomega"
)

func TestNotify(t *testing.T) {
	const secret = "not-a-real-secret-value"
	result := &report.Result{Verdict: report.Violation, Reason: "4 faults", Target: report.Target{Name: "eu2"}}
	notified := func(t *testing.T, status int, target config.Target, summary string) (texts []string, stderr string) {
		t.Helper()
		g := NewWithT(t)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			var said map[string]string
			if json.Unmarshal(body, &said) == nil && r.Method == http.MethodPost &&
				r.Header.Get("Content-Type") == "application/json" {
				texts = append(texts, said["text"])
			}
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
		}))
		defer server.Close()
		dir := t.TempDir()
		g.Expect(os.WriteFile(filepath.Join(dir, "summary.md"), []byte(summary), 0o600)).To(Succeed())
		var said bytes.Buffer
		cfg := &config.File{Target: target, Notify: config.Notify{Webhook: config.Secret(server.URL + "/hook-" +
			secret)}}
		cfg.Target.ClientSecret = secret
		(&cli{stdout: io.Discard, stderr: &said}).notify(t.Context(), cfg, dir, result)
		g.Expect(said.String()).NotTo(ContainSubstring("hook-"))
		return texts, said.String()
	}
	t.Run("tells verdict and summary, redacted", func(t *testing.T) {
		texts, stderr := notified(t, 200, config.Target{}, "the token "+secret+" stands here")
		NewWithT(t).Expect(texts).To(
			Equal([]string{"VIOLATION on eu2: 4 faults\n\nthe token $ACRONIS_CLIENT_SECRET stands here"}))
		NewWithT(t).Expect(stderr).To(BeEmpty())
	})
	t.Run("bounds the text", func(t *testing.T) {
		texts, _ := notified(t, 200, config.Target{}, strings.Repeat("a line of the summary\n", 1000))
		NewWithT(t).Expect(texts).To(HaveLen(1))
		NewWithT(t).Expect(len(texts[0])).To(BeNumerically("<=", maxNotice))
		NewWithT(t).Expect(texts[0]).To(HaveSuffix("a line of the summary\n..."))
	})
	t.Run("says that it was refused", func(t *testing.T) {
		_, stderr := notified(t, 404, config.Target{}, "")
		NewWithT(t).Expect(stderr).To(Equal("conformance: the webhook was not told: it answered with 404\n"))
	})
	t.Run("is not led elsewhere", func(t *testing.T) {
		texts, stderr := notified(t, 307, config.Target{}, "")
		NewWithT(t).Expect(texts).To(HaveLen(1))
		NewWithT(t).Expect(stderr).To(ContainSubstring("it answered with 307"))
	})
	t.Run("is not told of the mock", func(t *testing.T) {
		texts, stderr := notified(t, 200, config.Target{Embedded: true}, "")
		NewWithT(t).Expect(texts).To(BeEmpty())
		NewWithT(t).Expect(stderr).To(BeEmpty())
	})
	t.Run("cannot be reached", func(t *testing.T) {
		var said bytes.Buffer
		cfg := &config.File{Notify: config.Notify{Webhook: config.Secret("http://127.0.0.1:1/hook-" + secret)}}
		(&cli{stdout: io.Discard, stderr: &said}).notify(t.Context(), cfg, t.TempDir(), result)
		NewWithT(t).Expect(said.String()).
			To(And(HavePrefix("conformance: the webhook was not told: it cannot be reached"),
				Not(ContainSubstring("hook-"))))
	})
}
