package session

import (
	"net/http"
	"path/filepath"
	"testing"

	"acronis-conformance/fixtures"

	. "github.com/onsi/gomega"
)

// What one process has deleted the others know at the end, but for what was restored since.
func TestRemovedIsTold(t *testing.T) {
	g := NewWithT(t)
	s := &Session{State: State{Dir: t.TempDir()}, registry: fixtures.NewRegistry()}
	send := func(method, path string) {
		g.Expect(s.tellRemoved(fixtures.Request{Method: method, Path: path})).To(Succeed())
	}
	send(http.MethodDelete, "/users/a")
	send(http.MethodDelete, "/users/b")
	send(http.MethodPut, "/users/c")
	send(http.MethodPost, "/users/b/restore")
	send(http.MethodPost, "/users/d/restore")
	g.Expect(filepath.Glob(s.removedFile("*"))).To(BeEmpty(), "a name is a name, and no pattern")
	g.Expect(filepath.Glob(filepath.Join(s.Dir, removedPrefix+"*"))).To(ConsistOf(s.removedFile("/users/a")))
	s.learnRemoved()
}
