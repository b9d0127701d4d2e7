package selftest_test

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"net/http"
	"strings"
	"sync/atomic"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/report"

	"github.com/goccy/go-yaml"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// place is a property of a documented answer.
type place struct {
	operation *schemas.Operation
	path      []string // names of properties; "*" for the items of a list
}

func (p place) String() string { return p.operation.ID + " " + strings.Join(p.path, ".") }

// schema is a part of the published reference, with its references resolved.
type schema = map[string]any

// reference reads the published reference apart from the suite's own code.
type reference struct{ document schema }

func readReference() reference {
	GinkgoHelper()
	var document schema
	Expect(yaml.Unmarshal(schemas.Reference(), &document)).To(Succeed())
	return reference{document}
}

func (r reference) resolved(s schema) schema {
	if pointer, is := s["$ref"].(string); is {
		var found any = r.document
		for name := range strings.SplitSeq(strings.TrimPrefix(pointer, "#/"), "/") {
			found = found.(schema)[name]
		}
		return r.resolved(found.(schema))
	}
	if all, is := s["allOf"].([]any); is && len(all) == 1 {
		return r.resolved(all[0].(schema))
	}
	return s
}

// answer is the schema of an operation's success; nil where it is not JSON.
func (r reference) answer(o *schemas.Operation) schema {
	var s any = r.document["paths"].(schema)[o.Path].(schema)[strings.ToLower(o.Method)].(schema)["responses"]
	s = r.resolved(s.(schema)[fmt.Sprint(o.Success())].(schema))
	for _, name := range []string{"content", "application/json", "schema"} {
		within, is := s.(schema)
		if !is {
			return nil
		}
		s = within[name]
	}
	found, _ := s.(schema)
	return found
}

// places lists those of a schema that a property satisfies: required ones, or ones of certain words.
func (r reference) places(s schema, fits func(owner schema, name string, property schema) bool) [][]string {
	s = r.resolved(s)
	var all [][]string
	if items, is := s["items"].(schema); is {
		for _, path := range r.places(items, fits) {
			all = append(all, append([]string{"*"}, path...))
		}
	}
	properties, _ := s["properties"].(schema)
	for name, property := range properties {
		inner := r.resolved(property.(schema))
		if fits(s, name, inner) {
			all = append(all, []string{name})
		}
		for _, path := range r.places(inner, fits) {
			all = append(all, append([]string{name}, path...))
		}
	}
	return all
}

// changeAt applies the function to every object that holds the property, and reports whether there was one.
func changeAt(value any, path []string, do func(object map[string]any, name string) bool) bool {
	switch value := value.(type) {
	case []any:
		changed := false
		for _, item := range value {
			changed = path[0] == "*" && changeAt(item, path[1:], do) || changed
		}
		return changed
	case map[string]any:
		if _, there := value[path[0]]; there && len(path) == 1 {
			return do(value, path[0])
		}
		return len(path) > 1 && changeAt(value[path[0]], path[1:], do)
	}
	return false
}

// What the live service is known for hides nothing else, wherever that is.
var _ = Describe("beside all known deviations, one fault more at a place that is left to chance", long, func() {
	DescribeTable("is a violation", func(ctx SpecContext, fits func(schema, string, schema) bool,
		do func(map[string]any, string) bool) {
		reference := readReference()
		contract, err := schemas.Load()
		Expect(err).NotTo(HaveOccurred())
		var all []place
		for _, op := range contract.Operations() {
			if s := reference.answer(op); s != nil && op.ID != "RequestTokens" { // whose answers every spec needs
				for _, path := range reference.places(s, fits) {
					all = append(all, place{op, path})
				}
			}
		}
		Expect(len(all)).To(BeNumerically(">", 20))
		random := rand.New(rand.NewSource(GinkgoRandomSeed()))
		// Not every documented property is in an answer: the first that is decides.
		for range 8 {
			p := all[random.Intn(len(all))]
			var times atomic.Int64
			environment := startMock("-quiet", "-variation=live-answers")
			between(environment, &proxy{change: further(func(a *http.Response, body map[string]any) {
				called := contract.Called(a.Request.Method, strings.TrimPrefix(a.Request.URL.Path, "/api/2"))
				if called == nil || called.ID != p.operation.ID || a.StatusCode != called.Success() {
					return
				}
				if changeAt(body, p.path, do) {
					times.Add(1)
				}
			})})
			o := newDesk(environment).run(ctx, "run", "-target=staging", "-procs=2", "-focus=20x/.*/"+p.operation.ID+
				"$")
			if times.Load() == 0 {
				continue
			}
			By(p.String())
			Expect(o.code).To(Equal(1), "%v: %s", p, o.output)
			Expect(o.result.FaultsOf(report.Violation)).To(ContainElement(
				HaveField("Operations", ContainElement(p.operation.ID))), p.String())
			return
		}
		Fail("none of eight places was in an answer: run it with another seed")
	},
		Entry("a word that is not documented", underLoad, func(_ schema, _ string, property schema) bool {
			return property["enum"] != nil
		}, func(object map[string]any, name string) bool {
			_, isText := object[name].(string)
			if isText {
				object[name] = "word-of-chance"
			}
			return isText
		}),
		Entry("a required property that is missing", underLoad, func(owner schema, name string, _ schema) bool {
			required, _ := json.Marshal(owner["required"])
			return strings.Contains(string(required), fmt.Sprintf("%q", name))
		}, func(object map[string]any, name string) bool {
			delete(object, name)
			return true
		}),
	)
})
