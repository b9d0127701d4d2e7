package session_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"acronis-conformance/fixtures"
	"acronis-conformance/suites/internal/session"

	. "github.com/onsi/gomega"
)

// One spec at a time writes to an object, whether other processes take part in the run or none does.
func TestLock(t *testing.T) {
	for name, alone := range map[string]bool{"alone": true, "with other processes": false} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			running, o := surroundings(t)
			defer running.Close()
			o.Alone = alone
			s, err := session.Open(t.Context(), o, session.NewNeeds())
			g.Expect(err).NotTo(HaveOccurred())
			defer s.Close(context.Background())

			first, err := s.Lock(t.Context(), "a tenant")
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(first.MarkModified("401/no-token/UpdateTenant")).To(Succeed())
			other, err := s.Lock(t.Context(), "a user")
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(other.ModifiedBy).To(BeEmpty())
			other.Unlock()

			limited, cancel := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, errors.New("no time is left"))
			defer cancel()
			_, err = s.Lock(limited, "a tenant")
			g.Expect(err).To(MatchError("another spec has locked a tenant: no time is left"))

			first.Unlock()
			second, err := s.Lock(t.Context(), "a tenant")
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(second.ModifiedBy).To(Equal("401/no-token/UpdateTenant"))
			second.Unlock()
		})
	}
}

// An object that was made again is looked at as every spec of the run will, not as the one alone that made it again:
// what it was before tells nothing of what it is.
func TestMadeAgain(t *testing.T) {
	g := NewWithT(t)
	running, o := surroundings(t)
	defer running.Close()
	needs, watch := some()
	other := session.Watch{Key: watch.Key, As: fixtures.Home, Witness: "FetchTenantMFAStatus"}
	needs.Watch(other)
	first, err := session.Open(t.Context(), o, needs)
	g.Expect(err).NotTo(HaveOccurred())
	defer first.Close(context.Background())
	path, err := first.Save()
	g.Expect(err).NotTo(HaveOccurred())
	o.Process = 2
	second, err := session.Join(o, path)
	g.Expect(err).NotTo(HaveOccurred())
	defer second.Close(context.Background())
	for _, s := range []*session.Session{first, second} {
		g.Expect(s.Baselines).To(HaveLen(2))
		for key := range s.Baselines {
			s.Baselines[key] = `200 {"of":"what was"}`
		}
	}

	lock, err := first.Lock(t.Context(), watch.Key)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(lock.MarkServed("401/no-token/UpdateTenant")).To(Succeed())
	g.Expect(lock.Remake(t.Context(), needs.Objects[watch.Key])).To(Succeed())
	lock.Unlock()
	lock, err = second.Lock(t.Context(), watch.Key)
	g.Expect(err).NotTo(HaveOccurred())
	defer lock.Unlock()
	for _, s := range []*session.Session{first, second} {
		for _, w := range []session.Watch{watch, other} {
			where, look, err := s.Changed(t.Context(), "409/stale-version/UpdateTenant", w)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(look).NotTo(BeNil())
			g.Expect(where).To(BeEmpty())
		}
	}
}

// What one process has made again others still use when it ends: process 1 removes it, with what was made in it.
func TestMadeAgainStaysForTheOthers(t *testing.T) {
	g := NewWithT(t)
	running, o := surroundings(t)
	defer running.Close()
	needs, watch := some()
	before := tenants(t, o)
	first, err := session.Open(t.Context(), o, needs)
	g.Expect(err).NotTo(HaveOccurred())
	path, err := first.Save()
	g.Expect(err).NotTo(HaveOccurred())
	o.Process = 2
	second, err := session.Join(o, path)
	g.Expect(err).NotTo(HaveOccurred())

	lock, err := second.Lock(t.Context(), watch.Key)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(lock.MarkServed("401/no-token/UpdateTenant")).To(Succeed())
	g.Expect(lock.Remake(t.Context(), needs.Objects[watch.Key])).To(Succeed())
	lock.Unlock()
	lock, err = first.Lock(t.Context(), watch.Key)
	g.Expect(err).NotTo(HaveOccurred())
	lock.Unlock()
	g.Expect(second.Close(t.Context())).To(BeEmpty())

	where, look, err := first.Changed(t.Context(), "409/stale-version/UpdateTenant", watch)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(look.Status()).To(Equal(200))
	g.Expect(where).To(BeEmpty())
	made := first.Sandbox.Objects[watch.Key]
	r, err := first.Catalogue.Request("CreateRegistrationToken_1", fixtures.Vars{"tenant_id": made["tenant_id"]})
	g.Expect(err).NotTo(HaveOccurred())
	e, err := first.Send(t.Context(), "20x/valid-token/CreateRegistrationToken_1", r, nil)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(e.Status() / 100).To(Equal(2))
	g.Expect(first.Close(t.Context())).To(BeEmpty())
	g.Expect(tenants(t, o)).To(Equal(before))
}
