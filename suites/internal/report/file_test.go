package report

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"
)

func TestWriteAndRead(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "conformance.json")
	r := Build(sample(t))
	g.Expect(Write(path, r)).To(Succeed())
	again, err := Read(path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(again).To(Equal(r))
	info, err := os.Stat(path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(info.Mode().Perm()).To(Equal(os.FileMode(0o644)))
}

func TestWriteKeepsTheOldFileOnFailure(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "conformance.json")
	g.Expect(os.WriteFile(path, []byte("old"), 0o600)).To(Succeed())
	full := errors.New("disk full")
	err := Replace(path, func(w io.Writer) error {
		_, _ = io.WriteString(w, "half")
		return full
	})
	g.Expect(err).To(BeIdenticalTo(full),
		"what writes knows best what went wrong, and the disk has nothing to do with it")
	g.Expect(os.ReadFile(path)).To(Equal([]byte("old")))
	entries, err := os.ReadDir(dir)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(entries).To(HaveLen(1), "temporary files are removed")
}

// A disk that is full is the disk's fault, also where what writes returns the error that it was given.
func TestADiskThatIsFull(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "conformance.json")
	limit := &syscall.Rlimit{}
	g.Expect(syscall.Getrlimit(syscall.RLIMIT_FSIZE, limit)).To(Succeed())
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	g.Expect(syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1 << 17, Max: limit.Max})).To(Succeed())
	err := WriteFile(path, make([]byte, 1<<18))
	g.Expect(syscall.Setrlimit(syscall.RLIMIT_FSIZE, limit)).To(Succeed())
	g.Expect(err).To(MatchError(And(HavePrefix("report "+path+" cannot be written: "),
		HaveSuffix(": make room there, or name another directory"))))
	g.Expect(os.ReadDir(filepath.Dir(path))).To(BeEmpty())
}

func TestWriteWithoutFolder(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "none", "conformance.json")
	g.Expect(Write(path, Build(sample(t)))).To(MatchError(ContainSubstring("report " + path + " cannot be written")))
	g.Expect(WriteJUnit(path, Build(sample(t)))).NotTo(Succeed())
}

func TestWritable(t *testing.T) {
	g := NewWithT(t)
	dir := filepath.Join(t.TempDir(), "a", "b")
	g.Expect(Writable(dir)).To(Succeed())
	entries, err := os.ReadDir(dir)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(entries).To(BeEmpty())
	file := filepath.Join(dir, "file")
	g.Expect(os.WriteFile(file, nil, 0o600)).To(Succeed())
	g.Expect(Writable(file)).NotTo(Succeed())
	g.Expect(Writable(filepath.Join(file, "under"))).NotTo(Succeed())
}
