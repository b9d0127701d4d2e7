package report

import (
	"testing"

	. "github.com/onsi/gomega"
)

func TestEqualLeftoversAreOneLine(t *testing.T) {
	g := NewWithT(t)
	const command = "make sweep"
	l := func(kind, id, reason string) Leftover {
		return Leftover{Kind: kind, ID: id, Name: "n" + id, Reason: reason, Command: command}
	}
	var lines []string
	for _, same := range SameLeftovers([]Leftover{
		l("user", "1f0c", "GET /users/1f0c was answered with 429"),
		l("tenant", "2", "GET /tenants/2 was answered with 429"),
		l("user", "2a", "GET /users/2a was answered with 429"),
		l("user", "3", "GET /users/3 was answered with 500"),
		l("user", "", "unknown"),
		l("tenant", "9", "unknown"),
		l("token", "42", "GET /token/42 was answered with 429"),
		l("token", "4", "GET /token/4 was answered with 429"),
		l("user", "4", "it holds 8628f2ae-738a-4181-829f-9536ba76db03"),
		l("user", "5", "it holds 1628f2ae-738a-4181-829f-9536ba76db03"),
	}) {
		lines = append(lines, same.String())
	}
	g.Expect(lines).To(Equal([]string{
		"2 of kind user, such as 1f0c n1f0c: GET /users/1f0c was answered with 429; make sweep",
		"tenant 2 n2: GET /tenants/2 was answered with 429; make sweep",
		"user 3 n3: GET /users/3 was answered with 500; make sweep",
		"user  n: unknown; make sweep",
		"tenant 9 n9: unknown; make sweep",
		"2 of kind token, such as 42 n42: GET /token/42 was answered with 429; make sweep",
		"2 of kind user, such as 4 n4: it holds 8628f2ae-738a-4181-829f-9536ba76db03; make sweep",
	}))
	g.Expect(SameLeftovers(nil)).To(BeEmpty())
}
