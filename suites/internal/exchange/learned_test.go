package exchange

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	. "github.com/onsi/gomega"

	"acronis-conformance/suites/internal/redact"
)

func TestClientTeachesTheRedactor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		r := redact.New()
		s := &script{statuses: []int{0}, err: errors.New("no answer to s3cret-one")}
		c := scripted(t, s, Options{Redactor: r})
		e, err := c.Do(t.Context(), Request{Method: "GET", Path: "/s3cret-one",
			Header: http.Header{"Authorization": {"Bearer s3cret-one"}}})
		g.Expect(err.Error()).To(And(ContainSubstring("no answer to $ACRONIS_TOKEN"),
			ContainSubstring("/api/2/$ACRONIS_TOKEN"), Not(ContainSubstring("s3cret"))))
		g.Expect(e.Attempts[0].Error).To(Equal("no answer to $ACRONIS_TOKEN"))
		g.Expect(r.Secrets()).To(Equal([]redact.Secret{{Name: "ACRONIS_TOKEN", Value: "s3cret-one"}}))
	})
}

func TestClientTeachesTheRedactorWhatAnAnswerHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		r := redact.New()
		s := &script{statuses: []int{302}, header: http.Header{"Location": {"/cb#access_token=s3cret-one"}}}
		c := scripted(t, s, Options{Redactor: r})
		_, err := c.Do(t.Context(), Request{Method: "GET", Path: "/x"})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(r.String("s3cret-one")).To(Equal("$ACRONIS_TOKEN"))
	})
}
