package redact_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/redact"
	"acronis-conformance/suites/internal/redact/redacttest"
)

// A target repeats to one process what it has told another.
func TestProcessesShareWhatTheyFind(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "secrets.json")
	one, two := redact.New(), redact.New()
	one.Learn("ACRONIS_CLIENT_SECRET", "c0nfigured-secret")
	before, after, other := canary(t), canary(t), canary(t)
	one.LearnResponse(http.Header{"X-Session-Id": {before}}, nil)
	withhold := func(value string) bool { return strings.Contains(value, "c0nfigured") }
	g.Expect(one.Share(path, withhold)).To(Succeed())
	g.Expect(two.Share(path, withhold)).To(Succeed())
	g.Expect(two.String("echo " + before)).To(Equal("echo $ACRONIS_X_SESSION_ID"))

	one.LearnResponse(nil, jsonOf(map[string]any{"access_token": after, "assertion": "x-c0nfigured-secret"}))
	two.LearnRequest(http.Header{"Authorization": {"Bearer " + other}}, nil, nil)
	g.Expect(two.String("echo "+after)).To(Equal("echo $ACRONIS_TOKEN"),
		"whatever it learns, it hears what others have learned")
	g.Expect(string(one.Body("text/plain", []byte("echo "+other)))).To(Equal("echo $ACRONIS_TOKEN"))
	g.Expect(two.String("c0nfigured-secret")).To(Equal("c0nfigured-secret"))

	info, err := os.Stat(path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(info.Mode()).To(BeEquivalentTo(0o600))
	written, err := os.ReadFile(path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(written)).NotTo(ContainSubstring("c0nfigured"))
	for _, secret := range []string{before, after, other} {
		g.Expect(strings.Count(string(written), secret)).To(Equal(1), "what was heard is not told again")
	}
}

func TestContains(t *testing.T) {
	g := NewWithT(t)
	r := redact.New()
	secret := canary(t)
	r.Learn("ACRONIS_X", secret)
	for _, form := range redacttest.Forms {
		g.Expect(r.Contains("got "+form.Spell(secret)+"!")).To(BeTrue(), form.Name)
	}
	g.Expect(r.Contains(redacttest.Pack("got "+secret, "gzip"))).To(BeTrue())
	for _, text := range []string{"", "harmless", secret[:len(secret)-1],
		base64.StdEncoding.EncodeToString([]byte(secret[:30])), "password=abc-123", token} {
		g.Expect(r.Contains(text)).To(BeFalse(), text)
	}
}

func TestProcessesFindAtTheSameTime(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "secrets.json")
	var group sync.WaitGroup
	all := make([]*redact.Redactor, 4)
	for i := range all {
		all[i] = redact.New()
		g.Expect(all[i].Share(path, func(string) bool { return false })).To(Succeed())
		group.Go(func() {
			for n := range 50 {
				all[i].LearnResponse(nil, fmt.Appendf(nil, `{"access_token":"s3cret-%d-of-%d-%s"}`, n, i,
					strings.Repeat("x",
						1000)))
			}
		})
	}
	group.Wait()
	for _, r := range all {
		r.LearnResponse(nil, nil)
		g.Expect(r.Secrets()).To(HaveLen(4 * 50))
	}
}

// Without the file a process would not know what is secret.
func TestNothingIsShownWhereNothingIsShared(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "secrets.json")
	r := redact.New()
	g.Expect(r.Share(filepath.Join(t.TempDir(), "none", "secrets.json"),
		nil)).To(MatchError(HavePrefix("share the secrets that the processes find: ")))
	g.Expect(r.Share(path, func(string) bool { return false })).To(Succeed())
	g.Expect(os.WriteFile(path, []byte("what is this?\n"), 0o600)).To(Succeed())
	g.Expect(string(r.Body("text/plain", []byte("anything")))).To(ContainSubstring(
		"not all of the target's secrets are known"))
}
