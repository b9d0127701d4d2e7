package selftest_test

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// ever is what differs between two runs that do the same: ids, the names of runs, secrets, and what the mock numbers
// or counts.
var ever = []struct {
	what        *regexp.Regexp
	placeholder string
}{
	{regexp.MustCompile(`(?i)\d{8}t\d{6}-[a-z2-7]{6}`), "{run}"},
	{regexp.MustCompile(`[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}`), "{id}"},
	{regexp.MustCompile(`eyJ[A-Za-z0-9_.=-]+`), "{token}"},
	{regexp.MustCompile(`(Basic|Pw1-|PW1-)\s?[A-Za-z0-9+/=]+`), "{secret}"},
	{regexp.MustCompile(`(version["=:]+)\d+`), "$1{version}"},
	{regexp.MustCompile(`(boundary=)[0-9a-f]+`), "$1{boundary}"},
	{regexp.MustCompile(`(\bott["=:]+)[\w-]{32}`), "$1{ott}"},
	{regexp.MustCompile(`((?:token|secret|code|password)["=:]+)[\w-]{32,}`), "$1{secret}"},
	{regexp.MustCompile(`(\bcode["=:]+)[A-Z0-9]{4}-[A-Z0-9]{4}\b`), "$1{user code}"},
	{regexp.MustCompile(`(\bafter=)[^& ]+`), "$1{cursor}"},
	{regexp.MustCompile(`(/registration_tokens/)\d+`), "$1{number}"},
	{regexp.MustCompile(`(\bupdated_since=)[^& ]+`), "$1{time}"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(Z|[+-]\d\d:\d\d)?`), "{time}"},
}

// normalised is a request without what is different ever again.
func (r recorded) normalised() string {
	text := fmt.Sprintf("%s %s?%s by %s with %s, %s: %s", r.method, r.path, r.query, r.agent,
		r.header.Get("Authorization"),
		r.header.Get("Content-Type"), r.body)
	for _, one := range ever {
		text = one.what.ReplaceAllString(text, one.placeholder)
	}
	return text
}

// withoutLooks leaves out what the clean-up reads.
func withoutLooks(requests []string) []string {
	return slices.DeleteFunc(slices.Clone(requests), func(request string) bool {
		return strings.HasPrefix(request, "GET ") && strings.Contains(request, "; spec cleanup)")
	})
}

var _ = Describe("two runs with one seed", func() {
	sent := func(ctx SpecContext, arguments ...string) []string {
		GinkgoHelper()
		environment := startMock()
		p := between(environment, &proxy{})
		// With more than one request in flight, set-up and clean-up send theirs in the order in which answers come.
		o := newDesk(environment, replaced("concurrency: 4", "concurrency: 1")).run(ctx, "run",
			append([]string{"-target=staging", "-filter=!waiting"}, arguments...)...)
		Expect(o.code).To(Equal(0), o.output)
		var requests []string
		for _, r := range p.all() {
			requests = append(requests, r.normalised())
		}
		Expect(len(requests)).To(BeNumerically(">", 3000))
		return requests
	}
	difference := func(a, b []string) string {
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] {
				return fmt.Sprintf("request %d:\n%s\n%s", i, a[i], b[i])
			}
		}
		return fmt.Sprint(cmp.Compare(len(a), len(b)))
	}

	It("send the same requests in the same order in one process, and the same set in several", long,
		SpecTimeout(4*limitDuration), func(ctx SpecContext) {
			first := sent(ctx, "-seed=42", "-procs=1")
			second := sent(ctx, "-seed=42", "-procs=1")
			Expect(difference(first, second)).To(Equal("0"))

			other := sent(ctx, "-seed=43", "-procs=1")
			Expect(difference(first, other)).NotTo(Equal("0"), "another seed is another order")

			parallel := sent(ctx, "-seed=42", "-procs=2")
			for _, requests := range [][]string{first, other, parallel} {
				slices.Sort(requests)
			}
			Expect(difference(first, other)).To(Equal("0"))
			// Each process reads what it has made itself before it removes that, several objects with one call.
			Expect(difference(withoutLooks(first), withoutLooks(parallel))).To(Equal("0"))
		})
})
