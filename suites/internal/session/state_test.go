package session_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/session"
)

// prepared is a session of process 1 whose credentials are configured, as those of a live target are, and the options
// of the others.
func prepared(t *testing.T, processes int) (s *session.Session, others session.Options) {
	t.Helper()
	g := NewWithT(t)
	running, options := surroundings(t)
	options.Processes = processes
	options.Config.Target.ClientSecret = config.Secret(running.ClientSecret)
	options.Config.Target.ExpiredToken = config.Secret(running.ExpiredToken)
	needs, _ := some()
	s, err := session.Open(t.Context(), options, needs)
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() {
		g.Expect(s.Close(context.Background())).To(BeEmpty()) // that of the test has ended
		g.Expect(s.Discard()).To(Succeed())
		g.Expect(running.Close()).To(Succeed())
		g.Expect(os.ReadDir(os.TempDir())).To(BeEmpty(), "nothing is left behind")
	})
	return s, session.Options{Config: options.Config, Catalogue: options.Catalogue, Version: "0", Process: 2,
		Processes: processes}
}

func TestStateIsPrivateAndHoldsNoConfiguredCredentials(t *testing.T) {
	g := NewWithT(t)
	s, others := prepared(t, 3)
	path, err := s.Save()
	g.Expect(err).NotTo(HaveOccurred())
	for file, mode := range map[string]fs.FileMode{path: 0o600, filepath.Join(filepath.Dir(path),
		"secrets.json"): 0o600,
		filepath.Dir(path): 0o700 | fs.ModeDir} {
		info, err := os.Stat(file)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(info.Mode()).To(Equal(mode), file)
	}
	state, err := os.ReadFile(path)
	g.Expect(err).NotTo(HaveOccurred())
	id, secret, expired := s.Access.ClientID, string(others.Config.Target.ClientSecret), string(
		others.Config.Target.ExpiredToken)
	secrets, err := os.ReadFile(filepath.Join(filepath.Dir(path), "secrets.json"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(secrets)).To(ContainSubstring(`"ACRONIS_TOKEN"`), "those that the processes find")
	for _, credentials := range []string{secret, expired,
		base64.StdEncoding.EncodeToString([]byte(id + ":" + secret))} {
		g.Expect(string(state)).NotTo(ContainSubstring(credentials))
		g.Expect(string(secrets)).NotTo(ContainSubstring(credentials))
	}

	for process := 2; process <= 3; process++ {
		g.Expect(path).To(BeAnExistingFile(), "process %d has not read it yet", process)
		others.Process = process
		other, err := session.Join(others, path)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(other.Access).To(Equal(s.Access), "the configured credentials are those of the configuration")
		g.Expect(other.InvalidTokens).To(Equal(s.InvalidTokens))
		g.Expect(other.Redactor.String("<" + secret + "> <" + expired + ">")).To(
			Equal("<$ACRONIS_CLIENT_SECRET> <$ACRONIS_EXPIRED_TOKEN>"))
		g.Expect(other.Close(t.Context())).To(BeEmpty())
	}
	g.Expect(path).NotTo(BeAnExistingFile(), "the last process removes it")
}

func TestStateOfASingleProcessIsNotWritten(t *testing.T) {
	g := NewWithT(t)
	s, _ := prepared(t, 1)
	g.Expect(s.Save()).To(BeEmpty())
	g.Expect(filepath.Glob(filepath.Join(s.Dir, "state*"))).To(BeEmpty())
}

// Any user of the machine may tell Ginkgo's server a path.
func TestStateOfOthersIsRefused(t *testing.T) {
	s, others := prepared(t, 2)
	g := NewWithT(t)
	path, err := s.Save()
	g.Expect(err).NotTo(HaveOccurred())
	directory := filepath.Dir(path)
	copied := filepath.Join(t.TempDir(), "state.json")
	state, err := os.ReadFile(path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(os.WriteFile(copied, state, 0o600)).To(Succeed())
	g.Expect(os.Chmod(filepath.Dir(copied), 0o700)).To(Succeed())
	for name, c := range map[string]struct {
		change, restore func() error
		path            string
		says            string
	}{
		"file that others may read": {func() error { return os.Chmod(path, 0o640) },
			func() error { return os.Chmod(path, 0o600) }, path, "state.json can be opened by other users (mode 0640)"},
		"directory that others may enter": {func() error { return os.Chmod(directory, 0o711) },
			func() error { return os.Chmod(directory, 0o700) }, path, "can be opened by other users (mode 0711)"},
		"link": {func() error { return os.Symlink(path, filepath.Join(directory, "link")) },
			func() error { return os.Remove(filepath.Join(directory, "link")) }, filepath.Join(directory,
				"link"), "too many levels of symbolic links"},
		"directory in the place of a file": {func() error { return os.Mkdir(filepath.Join(directory, "d"), 0o700) },
			func() error { return os.Remove(filepath.Join(directory, "d")) }, filepath.Join(directory, "d"),
			"is a directory"},
		"state of another run": {func() error { return nil }, func() error { return nil }, copied,
			"is the state of a run in " + directory},
		"no file": {func() error { return nil }, func() error { return nil },
			filepath.Join(directory, "none"), "no such file"},
		"nothing": {func() error { return nil }, func() error { return nil }, "", "."},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(c.change()).To(Succeed())
			_, err := session.Join(others, c.path)
			g.Expect(c.restore()).To(Succeed())
			g.Expect(err).To(MatchError(ContainSubstring(c.says)))
			g.Expect(fmt.Sprint(err)).To(HavePrefix("read what process 1 prepared: "))
		})
	}
	other, err := session.Join(others, path)
	g.Expect(err).NotTo(HaveOccurred(), "what is refused does no harm")
	g.Expect(other.Close(t.Context())).To(BeEmpty())
}

func TestStateOfAnotherUserIsRefused(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file to another user")
	}
	g := NewWithT(t)
	s, others := prepared(t, 2)
	path, err := s.Save()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(os.Chown(path, 4711, -1)).To(Succeed())
	_, err = session.Join(others, path)
	g.Expect(err).To(MatchError(ContainSubstring("state.json belongs to another user")))
}
