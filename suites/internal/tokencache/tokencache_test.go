package tokencache

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/config"
)

const (
	host   = "eu2-cloud.example.com"
	client = "11111111-2222-4333-8444-555555555555"
	secret = config.Secret("a client's own")
)

var begin = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

// at is a time on the first night.
func at(hours float64) time.Time { return begin.Add(time.Duration(hours * float64(time.Hour))) }

// entry is a token that a run gets at that time, which names it.
func entry(hours float64) Entry {
	return Entry{Host: host, ClientID: client, Expiry: at(hours + 2), Token: config.Secret(fmt.Sprintf("token of %v h",
		hours))}
}

func place(t *testing.T) string { return filepath.Join(t.TempDir(), ".acronis", "expired-token") }

func load(t *testing.T, path string, now time.Time) (string, string) {
	t.Helper()
	token, reason, err := Load(path, host, client, secret, now)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return string(token), reason
}

func TestTheSecondNightHasAnExpiredToken(t *testing.T) {
	g := NewWithT(t)
	path := place(t)
	token, reason := load(t, path, at(0))
	g.Expect(token).To(BeEmpty())
	g.Expect(reason).To(Equal("no earlier run has kept a token: set ACRONIS_EXPIRED_TOKEN, or keep the file " + path +
		" for a run more than two hours from now, which will use a token of this one"))
	g.Expect(Store(path, entry(0), secret, at(0))).To(Succeed())

	for now, want := range map[time.Time]string{
		at(1): "", at(2): "", at(2).Add(margin): "", at(2).Add(margin + time.Second): "token of 0 h",
		at(24): "token of 0 h",
	} {
		token, reason = load(t, path, now)
		g.Expect(token).To(Equal(want))
		if want == "" {
			g.Expect(reason).To(Equal(
				"the token that an earlier run kept expires at 2030-01-01T02:00:00Z: a run after " +
					"2030-01-01T02:01:00Z will use it"))
		} else {
			g.Expect(reason).To(BeEmpty())
		}
	}
}

// However often a target is run against, an expired token is there from two hours on, and not one much older than
// need be.
func TestFrequentRunsDoNotPushTheExpiryAway(t *testing.T) {
	for _, every := range []float64{0.2, 1, 1.9, 2, 3, 24} {
		t.Run(fmt.Sprint(every), func(t *testing.T) {
			g := NewWithT(t)
			path := place(t)
			for run := range 5 + int(6/every) {
				now := float64(run) * every
				token, reason := load(t, path, at(now))
				if now <= 2+margin.Hours() {
					g.Expect(token).To(BeEmpty())
					g.Expect(reason).NotTo(BeEmpty())
				} else {
					var got float64
					_, err := fmt.Sscanf(token, "token of %g h", &got)
					g.Expect(err).NotTo(HaveOccurred(), "at %v: %s", now, reason)
					g.Expect(now - got).To(BeNumerically(">", 2))
					g.Expect(now-got).To(BeNumerically("<=", max(4+3*every, every)), "at %v", now)
				}
				g.Expect(Store(path, entry(now), secret, at(now))).To(Succeed())
				d, _, err := read(path)
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(len(d.Tokens)).To(BeNumerically("<=", 2))
			}
		})
	}
}

func TestATokenThatLivesLongDoesNotBlockOthers(t *testing.T) {
	g := NewWithT(t)
	path := place(t)
	long := entry(0)
	long.Expiry = at(10_000)
	g.Expect(Store(path, long, secret, at(0))).To(Succeed())
	g.Expect(Store(path, entry(1), secret, at(1))).To(Succeed())
	token, _ := load(t, path, at(4))
	g.Expect(token).To(Equal("token of 1 h"))
}

func TestWhatIsForOthersIsDiscarded(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Entry, *config.Secret)
		reason string
	}{
		"another host": {func(e *Entry, _ *config.Secret) { e.Host = "us-cloud.example.com" },
			"for the host us-cloud.example.com"},
		"another client": {func(e *Entry, _ *config.Secret) { e.ClientID = "someone" }, "for the client someone"},
		"another secret": {func(_ *Entry, s *config.Secret) { *s = "a rotated one" },
			"sealed under another client secret, or damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			path := place(t)
			e, s := entry(0), secret
			c.change(&e, &s)
			g.Expect(Store(path, e, s, at(0))).To(Succeed())
			token, reason := load(t, path, at(24))
			g.Expect(token).To(BeEmpty())
			g.Expect(reason).To(HavePrefix("the token that an earlier run kept in " + path +
				" is discarded, since it is " +
				c.reason + ": set ACRONIS_EXPIRED_TOKEN"))
			g.Expect(Store(path, entry(24), secret, at(24))).To(Succeed())
			token, _ = load(t, path, at(48))
			g.Expect(token).To(Equal("token of 24 h"))
			d, _, err := read(path)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(d.Tokens).To(HaveLen(1))
		})
	}
}

// The one who moves the expiry, the host or the client in the file gets nothing.
func TestTheSealCoversWhatStandsInClear(t *testing.T) {
	for name, change := range map[string]func(*sealed){
		"expiry": func(s *sealed) { s.Expiry = s.Expiry.Add(-20 * time.Hour) },
		"host":   func(s *sealed) { s.Host = host },
		"client": func(s *sealed) { s.ClientID = client },
		"salt":   func(s *sealed) { s.Salt[0]++ },
		"sealed": func(s *sealed) { s.Sealed[20]++ },
		"short":  func(s *sealed) { s.Sealed = nil },
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			e := entry(0)
			if name == "host" {
				e.Host = "elsewhere"
			}
			if name == "client" {
				e.ClientID = "someone"
			}
			s, err := seal(e, secret)
			g.Expect(err).NotTo(HaveOccurred())
			got, err := s.open(secret)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(got).To(Equal(e))
			change(&s)
			path := place(t)
			g.Expect(document{Tokens: []sealed{s}}.write(path)).To(Succeed())
			token, reason := load(t, path, at(24))
			g.Expect(token).To(BeEmpty())
			g.Expect(reason).To(ContainSubstring("sealed under another client secret, or damaged"))
		})
	}
}

func TestADamagedFileIsDiscarded(t *testing.T) {
	for name, content := range map[string]string{"empty": "", "cut": `{"tokens": [{"ho`, "other": `{"keys": []}`,
		"text": "token", "large": strings.Repeat(" ", largest+1)} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			path := place(t)
			g.Expect(os.MkdirAll(filepath.Dir(path), 0o700)).To(Succeed())
			g.Expect(os.WriteFile(path, []byte(content), 0o600)).To(Succeed())
			token, reason := load(t, path, at(24))
			g.Expect(token).To(BeEmpty())
			g.Expect(reason).To(And(ContainSubstring("is damaged"), ContainSubstring(path)))
			g.Expect(Store(path, entry(0), secret, at(0))).To(Succeed())
			token, _ = load(t, path, at(24))
			g.Expect(token).To(Equal("token of 0 h"))
		})
	}
}

func TestAnUnreadableFileIsAnError(t *testing.T) {
	g := NewWithT(t)
	folder := t.TempDir()
	_, _, err := Load(folder, host, client, secret, at(0))
	g.Expect(err).To(MatchError(ContainSubstring("the expired token of an earlier run cannot be read")))
	g.Expect(Store(folder, entry(0), secret, at(0))).NotTo(Succeed())
	g.Expect(Store("/dev/null/expired-token", entry(0), secret, at(0))).NotTo(Succeed())
}

func TestTheFileIsPrivateAndHoldsNoSecret(t *testing.T) {
	g := NewWithT(t)
	path := place(t)
	g.Expect(Store(path, entry(0), secret, at(0))).To(Succeed())
	for name, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		info, err := os.Stat(name)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(info.Mode().Perm()).To(Equal(want))
	}
	content, err := os.ReadFile(path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(content)).To(And(ContainSubstring(host), ContainSubstring(client),
		ContainSubstring("2030-01-01T02:00:00Z")))
	g.Expect(string(content)).NotTo(Or(ContainSubstring("token of"), ContainSubstring(string(secret))))
	left, err := os.ReadDir(filepath.Dir(path))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(left).To(HaveLen(1), "no temporary file stays")

	g.Expect(fmt.Sprintf("%v %+v %#v", entry(0), entry(0), entry(0))).NotTo(ContainSubstring("token of"))
	encoded, err := json.Marshal(entry(0))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(encoded)).NotTo(ContainSubstring("token of"))
}

func TestExpiryComesFromTheToken(t *testing.T) {
	g := NewWithT(t)
	token := func(claims jwt.Claims) string {
		signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte("key"))
		g.Expect(err).NotTo(HaveOccurred())
		return signed
	}
	e, err := NewEntry(host, client, token(jwt.MapClaims{"exp": at(2).Unix(),
		"scope": []any{map[string]any{"role": "x"}}, "aud": "a"}))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(e.Expiry).To(Equal(at(2)))
	g.Expect(e.Host + e.ClientID).To(Equal(host + client))
	for _, opaque := range []string{"opaque", "", token(jwt.MapClaims{"sub": "x"})} {
		_, err = NewEntry(host, client, opaque)
		g.Expect(err).To(MatchError(ContainSubstring("do not say when they expire")))
	}
}
