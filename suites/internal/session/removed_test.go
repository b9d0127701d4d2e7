package session

import (
	"context"
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

// What one process has made again and another one has deleted is no leftover of process 1, though the target hides it.
func TestRemovedAfterItWasHandedOver(t *testing.T) {
	g := NewWithT(t)
	const id = "bbbbbbbb-0000-4000-8000-000000000001"
	dir := t.TempDir()
	process := func(n int) *Session {
		return &Session{State: State{Dir: dir}, registry: fixtures.NewRegistry(), process: n}
	}
	second, third, first := process(2), process(3), process(1)
	second.registry.Adopt([]fixtures.Made{{Kind: fixtures.Kind{Name: "tenant", Path: "/tenants/", ID: "id",
		Fetch: true}, ID: id}})
	g.Expect(second.learnOthers()).To(Succeed())
	g.Expect(third.tellRemoved(fixtures.Request{Method: http.MethodDelete, Path: "/tenants/" + id})).To(Succeed())
	g.Expect(first.learnOthers()).To(Succeed())
	sandbox := &fixtures.Sandbox{Tokens: map[fixtures.Actor]string{fixtures.Configured: "not a token"}}
	hidden := func(context.Context, fixtures.Request) (fixtures.Answer, error) {
		return fixtures.Answer{Status: http.StatusForbidden}, nil
	}
	g.Expect(second.registry.Remove(t.Context(), sandbox, hidden, 1)).To(BeEmpty())
	g.Expect(first.registry.Remove(t.Context(), sandbox, hidden, 1)).To(BeEmpty())
}
