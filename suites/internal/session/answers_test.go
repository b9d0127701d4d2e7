package session_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"acronis-conformance/fixtures/mock"
	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/session"
)

// What is wrong with an answer is kept by the operation that its request called, the one who sent it, and told once:
// not again where a spec of the operation reports it, though for just what was found where that is waived.
func TestAnswersOfARun(t *testing.T) {
	g := NewWithT(t)
	ctx := context.Background()
	_, o := surroundings(t)
	broken, err := mock.Start(mock.Options{Defects: []string{"first-token-cached", "account-sees-no-kind"}})
	g.Expect(err).NotTo(HaveOccurred())
	defer broken.Close()
	o.Access.URL, o.Access.ClientID, o.Access.ClientSecret = broken.URL, broken.ClientID, broken.ClientSecret
	o.Config.Target.Allow = []config.Permission{config.Read}
	s, err := session.Open(ctx, o, session.NewNeeds())
	g.Expect(err).NotTo(HaveOccurred())
	defer func() { g.Expect(s.Discard()).To(Succeed()) }()

	at := func(operation string) []string {
		all, err := s.Answers()
		g.Expect(err).NotTo(HaveOccurred())
		var faults []string
		for _, f := range all[operation].Faults {
			g.Expect(f.Exchange.Curl).NotTo(ContainSubstring(o.Access.ClientSecret))
			faults = append(faults, f.By+" "+f.Difference.Rule+" "+f.Difference.Path)
		}
		return faults
	}
	g.Expect(at("RequestTokens")).To(Equal([]string{"preflight cache header Cache-Control"}))
	g.Expect(at("FetchTenant")).To(Equal([]string{"preflight required $.kind"}))
	g.Expect(at("FetchClient")).To(BeEmpty())
	all, err := s.Answers()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(all["FetchClient"].Served).To(BeTrue())
	g.Expect(all).NotTo(HaveKey("FetchUser"))

	cached := report.Difference{Rule: "cache", Path: "header Cache-Control", Found: `"max-age=60"`}
	s.Reported("FetchTenant", []report.Difference{cached})
	g.Expect(at("RequestTokens")).To(HaveLen(1), "another operation's specs report it")
	waived := cached
	waived.Found, waived.Accepted = `"max-age=99"`, &report.Acceptance{Verdict: report.Waived}
	s.Reported("RequestTokens", []report.Difference{waived})
	g.Expect(at("RequestTokens")).To(HaveLen(1), "what is waived is not what was found")
	waived.Found = cached.Found
	s.Reported("RequestTokens", []report.Difference{waived})
	g.Expect(at("RequestTokens")).To(BeEmpty())
	s.Reported("FetchTenant", []report.Difference{{Rule: "required", Path: "$.kind"}})
	g.Expect(at("FetchTenant")).To(BeEmpty())

	word := func(found string) string {
		const note = `{"operation":"FetchApplications",` +
			`"fault":{"difference":{"path":"$.type","rule":"enum","found":%q}}}`
		return fmt.Sprintf(note, found)
	}
	words := word("hci2") + word("hci3") + word("hci2")
	g.Expect(os.WriteFile(filepath.Join(s.Dir, "answers-4.jsonl"), []byte(words), 0o600)).To(Succeed())
	g.Expect(at("FetchApplications")).To(HaveLen(2), "each word is a fault")

	// What was given to another one before, in whichever process. To the same one it may be given again.
	given := func(owner, by string) string {
		const note = `{"operation":"RequestOneTimeToken","given":{"kind":"k","value":"v","owner":%q},` +
			`"fault":{"by":%q,"difference":{"path":"$.ott","rule":"unique"}}}`
		return fmt.Sprintf(note, owner, by)
	}
	both := given("a", "x") + given("a", "y")
	g.Expect(os.WriteFile(filepath.Join(s.Dir, "answers-5.jsonl"), []byte(both), 0o600)).To(Succeed())
	g.Expect(at("RequestOneTimeToken")).To(BeEmpty())
	other := given("b", "z")
	g.Expect(os.WriteFile(filepath.Join(s.Dir, "answers-6.jsonl"), []byte(other), 0o600)).To(Succeed())
	g.Expect(at("RequestOneTimeToken")).To(Equal([]string{"z unique $.ott"}))

	// Other processes keep files of their own. One that is killed may leave half a line.
	line := func(by, path string) string {
		const note = `{"operation":"FetchUser","fault":{"by":%q,"difference":{"path":%q,"rule":"type"}}}`
		return fmt.Sprintf(note+"\n", by, path)
	}
	others := []byte(line("x", "$.items[3].id") + line("y", "$.items[7].id") + `{"operation":"FetchUser","serv`)
	g.Expect(os.WriteFile(filepath.Join(s.Dir, "answers-2.jsonl"), others, 0o600)).To(Succeed())
	g.Expect(at("FetchUser")).To(Equal([]string{"x type $.items[3].id"}))
	others = append(others, `ed":true}`+"\n"+line("z", "$.login")...)
	g.Expect(os.WriteFile(filepath.Join(s.Dir, "answers-2.jsonl"), others, 0o600)).To(Succeed())
	g.Expect(at("FetchUser")).To(Equal([]string{"x type $.items[3].id", "z type $.login"}), "it was not at its end yet")
	g.Expect(os.WriteFile(filepath.Join(s.Dir, "answers-3.jsonl"), []byte("nothing"), 0o600)).To(Succeed())
	_, err = s.Answers()
	g.Expect(err).To(MatchError(ContainSubstring("answers-3.jsonl")))
}
