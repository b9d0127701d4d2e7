package redact

import (
	"net/http"
	"testing"

	. "github.com/onsi/gomega"
)

// A text that was harmless is looked at again once a secret is known that it holds.
func TestHarmlessUntilASecretIsKnown(t *testing.T) {
	g := NewWithT(t)
	r := New()
	const text = "made by qwertz-uiop-17"
	g.Expect(r.String(text)).To(Equal(text))
	g.Expect(r.String(text)).To(Equal(text))
	r.Learn("ACRONIS_WORD", "qwertz-uiop-17")
	g.Expect(r.String(text)).To(Equal("made by $ACRONIS_WORD"))

	other := New()
	body := []byte(`{"note":"made by qwertz-uiop-17"}`)
	g.Expect(other.Body("application/json", body)).To(Equal(body))
	other.LearnResponse(http.Header{"Content-Type": {"application/json"}}, []byte(`{"password":"qwertz-uiop-17"}`))
	g.Expect(other.Body("application/json", body)).To(BeEquivalentTo(`{"note":"made by $ACRONIS_PASSWORD"}`))
}

// What was shown and held no secret is still read for secrets, and what was learned while a text was looked at counts.
func TestHarmlessToShowIsNotHarmlessToLearn(t *testing.T) {
	g := NewWithT(t)
	h := &harmless{}
	_, before := h.has("abcdefgh", toShow)
	h.note("abcdefgh", toShow, before)
	for kind, is := range map[scanKind]bool{toShow: true, toLearnSent: false, toLearnReceived: false} {
		known, _ := h.has("abcdefgh", kind)
		g.Expect(known).To(Equal(is), "%d", kind)
	}
	h.forget()
	h.note("abcdefgh", toShow, before)
	known, _ := h.has("abcdefgh", toShow)
	g.Expect(known).To(BeFalse(), "a secret became known meanwhile")
}
