package session_test

import (
	"context"
	"errors"
	"testing"
	"time"

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
