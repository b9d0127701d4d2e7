package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"acronis-conformance/schemas"

	. "github.com/onsi/gomega"
)

// written is a result as it is written, indented so that its parts can be told apart.
func written(t testing.TB, in Input) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "conformance.json")
	if err := Write(path, Build(in)); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, data, "", " "); err != nil {
		t.Fatal(err)
	}
	return indented.String()
}

func TestReadRefuses(t *testing.T) {
	good := written(t, sample(t))
	for _, c := range []struct{ name, old, new, message string }{
		{"a newer version", `"version": 2`, `"version": 3`,
			"it has version 3, and this program reads version 2: use the program that wrote it"},
		{"a newer version with new fields", `"version": 2`, `"version": 3, "new": true`, "it has version 3"},
		{"no version", `"version": 2,`, ``, "it has no version, so it is no conformance.json"},
		{"an unknown field", `"verdict": "violation"`, `"verdikt": "violation"`, `unknown field "verdikt"`},
		{"a wrong type", `"seed": 17`, `"seed": "17"`,
			"line 7: run.seed holds a JSON string, which does not belong there"},
		{"a cut file", good[len(good)/2:], "", "it ends too early: the file was cut"},
		{"an empty file", good, " \n", "it is empty"},
		{"no JSON", good, "version: 1", "line 1: it is no JSON: invalid character 'v' looking for beginning of value"},
		{"data after the end", good, good + "{}", "it is no JSON: invalid character '{' after top-level value"},
		{"no run id", `"id": "run-1"`, `"id": ""`, "run.id is missing"},
		{"no target", `"name": "staging"`, `"name": ""`, "target.name is missing"},
		{"an unknown verdict of the run", ` "verdict": "violation",` + "\n" + ` "reason": "1 fault`,
			` "verdict": "ok",` +
				"\n" + ` "reason": "1 fault`, `verdict "ok" is unknown`},
		{"an unknown verdict of a spec", `"verdict": "pass",` + "\n" + `   "requirement"`, `"verdict": "ok",` + "\n" +
			`   "requirement"`, `spec 50x/once/FetchTenant: verdict "ok" is unknown`},
		{"a spec twice", `"id": "50x/once/FetchTenant"`, `"id": "401/no-token/FetchTenant"`,
			`spec id "401/no-token/FetchTenant" is empty or stands there twice`},
		{"a cell of an unknown spec", `"verdict": "violation",` + "\n" + `   "specs": [` + "\n" +
			`    "401/no-token/FetchTenant"`, `"verdict": "violation",` + "\n" + `   "specs": [` + "\n" +
			`    "401/x/FetchTenant"`, `cell FetchTenant 401: spec "401/x/FetchTenant" is not in the file`},
		{"an unknown source", `"source": "clause"`, `"source": "rumour"`, `source "rumour" is unknown`},
		{"edited totals", `"asserted": 1`, `"asserted": 2`,
			"its totals are not what its specs and cells amount to: the file was edited"},
		{"an edited verdict", `"verdict": "violation",` + "\n" + `   "reason": "expected`, `"verdict": "pass",` + "\n" +
			`   "reason": "expected`, "the file was edited"},
		{"edited totals of a code", `"code": "405"`, `"code": "407"`, "the file was edited"},
		{"edited totals of a resource", `"resource": "tenants",` + "\n" + `   "specs": {`, `"resource": "renters",` +
			"\n" +
			`   "specs": {`, "the file was edited"},
		{"a removed spec", `"specs": [` + "\n" + `  {`, `"specs": [], "x": [` + "\n" + `  {`, `unknown field "x"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(good).To(ContainSubstring(c.old), "the sample has changed")
			path := filepath.Join(t.TempDir(), "conformance.json")
			g.Expect(os.WriteFile(path, []byte(strings.Replace(good, c.old, c.new, 1)), 0o600)).To(Succeed())
			_, err := Read(path)
			g.Expect(err).To(MatchError(ContainSubstring(c.message)))
			g.Expect(err).To(MatchError(HavePrefix("result " + path + ": ")))
		})
	}
}

// An edit that keeps the totals in step is found by what the specs amount to.
func TestReadBelievesNoVerdictBesideItsSpecs(t *testing.T) {
	cellOf := func(r *Result, id string) *Cell {
		return &r.Cells[slices.IndexFunc(r.Cells, func(c Cell) bool { return slices.Contains(c.Specs, id) })]
	}
	for _, c := range []struct {
		name    string
		edit    func(*Result)
		message string // empty where the file fits together
	}{
		{"nothing", func(*Result) {}, ""},
		{"the verdict of the run", func(r *Result) { r.Verdict = Pass },
			"its verdict is pass, and its specs amount to violation: the file was edited"},
		{"the problems too", func(r *Result) { r.Verdict, r.Problems = Pass, nil }, "its verdict is pass"},
		{"a spec without its cell", func(r *Result) { r.Specs[0].Verdict = Pass },
			"cell FetchTenant 401 is not what its specs amount to: the file was edited"},
		{"a spec and its cell", func(r *Result) {
			r.Specs[0].Verdict = Pass
			cellOf(r, r.Specs[0].ID).Verdict, cellOf(r, r.Specs[0].ID).Reason = Pass, ""
		}, "its verdict is violation, and its specs amount to error"},
		{"a cell alone", func(r *Result) { r.Cells[0].Verdict = Pass }, "is not what its specs amount to"},
		{"a reason of a cell", func(r *Result) { cellOf(r, r.Specs[0].ID).Reason = "other" },
			"is not what its specs amount to"},
		{"the cell of a spec", func(r *Result) { r.Specs[0].Code = "404" }, "is not what its specs amount to"},
		{"a spec that is gone", func(r *Result) {
			cellOf(r, r.Specs[0].ID).Specs = nil
			r.Specs = r.Specs[1:]
		}, "is not what its specs amount to"},
		{"a spec of no cell", func(r *Result) { r.Specs[0].Code = "599" },
			"spec 401/no-token/FetchTenant addresses no cell"},
		{"an accepted request", func(r *Result) { r.Accepted = nil }, "its lists of accepted requests"},
		{"a transient failure", func(r *Result) { r.Transients = r.Transients[1:] },
			"its lists of accepted requests and of failures that went away"},
		{"the throttled requests", func(r *Result) { r.Run.Requests.Throttled++ }, "its lists of accepted requests"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := NewWithT(t)
			r := Build(sample(t))
			c.edit(r)
			r.Totals, r.Codes, r.Resources = tally(r.Specs, r.Cells)
			r.complete()
			path := filepath.Join(t.TempDir(), "conformance.json")
			g.Expect(Write(path, r)).To(Succeed())
			_, err := Read(path)
			if c.message == "" {
				g.Expect(err).NotTo(HaveOccurred())
				return
			}
			g.Expect(err).To(MatchError(ContainSubstring(c.message)))
		})
	}
}

func TestReadMissing(t *testing.T) {
	_, err := Read(filepath.Join(t.TempDir(), "none.json"))
	NewWithT(t).Expect(err).To(MatchError(os.ErrNotExist))
}

const tiny = `
openapi: 3.0.3
info: {title: tiny, version: "1"}
paths:
  /tenants/{tenant_id}:
    get:
      operationId: FetchTenant
      parameters: [{name: tenant_id, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: ok}, "401": {description: refused}}
`

// Whatever can be read can be shown, and stays the same when it is written again.
func FuzzRead(f *testing.F) {
	small, err := schemas.Parse([]byte(tiny)) // the whole reference makes seeds of which the fuzzer mutates little
	if err != nil {
		f.Fatal(err)
	}
	in := sample(f)
	in.Contract = small
	f.Add([]byte(written(f, in)))
	in.Specs, in.World = nil, nil
	f.Add([]byte(written(f, in)))
	for _, seed := range []string{"", "{}", `{"version": 2}`,
		`{"version": 2,"run":{"id":"a"},"target":{"name":"b"},"verdict":"pass"}`, `{"version": 2,"specs":[null]}`,
		"null",
		"[]"} {
		f.Add([]byte(seed))
	}
	start := `{"version": 2,"run":{"id":"a"},"target":{"name":"b"},"verdict":"pass"`
	for _, hostile := range []string{
		`,"specs":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), strings.Repeat(`,"x":{"a":[{`, 3_000),
		`,"gate":{"a":` + strings.Repeat("9", 10_000) + `}`, `,"seed":1e` + strings.Repeat("9", 10_000),
		`,"problems":["` +
			"\xff\xfe" + `"]`,
		`,"verdict":"violation"`, `,"problems":["\ud800"]`,
	} {
		f.Add([]byte(start + hostile + "}"))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := decode(data)
		if err != nil {
			if err.Error() == "" || r != nil {
				t.Fatal("an error without words, or with a result")
			}
			return
		}
		g := NewWithT(t)
		encoded, err := json.Marshal(r)
		g.Expect(err).NotTo(HaveOccurred())
		again, err := decode(encoded)
		g.Expect(err).NotTo(HaveOccurred())
		twice, err := json.Marshal(again)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(string(twice)).To(Equal(string(encoded)))
		g.Expect(Table(&strings.Builder{}, r, 40, true)).To(Succeed())
		junit(r)
	})
}
