package spec

import (
	"net/http"
	"slices"
	"testing"

	"github.com/onsi/ginkgo/v2/types"
	. "github.com/onsi/gomega"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/judge"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/session"
)

// operation is one of the contract's.
func operation(t *testing.T, id string) *schemas.Operation {
	t.Helper()
	contract, err := schemas.Load()
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return contract.Operation(id)
}

func TestIdentity(t *testing.T) {
	g := NewWithT(t)
	op := operation(t, "DeleteTenant")
	sp := Spec{Code: "401", Probe: "expired-token", Subject: op.ID, Operation: op, Want: 401, Writes: true}
	g.Expect(sp.ID()).To(Equal("401/expired-token/DeleteTenant"))
	g.Expect(sp.labels()).To(ConsistOf("401", "expired-token", "write", "tenants", "DeleteTenant", "reference"))

	sp.Variant, sp.Waiting, sp.Writes = "query", true, false
	g.Expect(sp.ID()).To(Equal("401/expired-token-query/DeleteTenant"))
	g.Expect(sp.labels()).To(ContainElements("read", "waiting"))

	sp.Want = http.StatusTeapot
	g.Expect(sp.Source()).To(Equal(schemas.FromClause), "the operation does not list the code")
	sp.Want, sp.Injected = 401, true
	g.Expect(sp.Source()).To(Equal(schemas.FromClause), "an injected answer shows nothing of the operation")
	sp.Injected, sp.Asserts = false, operation(t, "FetchTenant")
	g.Expect(sp.labels()).To(ContainElement("FetchTenant"), "the promise is that of another operation")
	g.Expect(Spec{Code: "405", Probe: "wrong-method", Resource: "tenants"}.labels()).To(ContainElements("tenants",
		"clause"))
}

func TestRequirement(t *testing.T) {
	g := NewWithT(t)
	was := suite.options
	t.Cleanup(func() { suite.options = was })
	suite.options.Requirements = map[string]Citation{
		"400/missing-field":         Cites("{variant} has to be there", "page"),
		"400/missing-field-version": Cites("a version has to be there", "page"),
		"404/unknown-id":            Cites("an id is unknown ({variant})", "page"),
	}
	asks := func(sp Spec) string { return sp.Requirement().Requirement }
	g.Expect(asks(Spec{Code: "400", Probe: "missing-field", Variant: "name"})).To(Equal("name has to be there"))
	g.Expect(asks(Spec{Code: "400", Probe: "missing-field", Variant: "version"})).To(Equal("a version has to be there"))
	g.Expect(asks(Spec{Code: "404", Probe: "unknown-id"})).To(Equal("an id is unknown"))
	g.Expect(asks(Spec{Code: "404", Probe: "unknown-id", Variant: "login"})).To(Equal("an id is unknown (login)"))
	g.Expect(asks(Spec{Code: "404", Probe: "unknown-id", Cite: Cites("its own", "page")})).To(Equal("its own"))
	g.Expect(Spec{Code: "409", Probe: "unknown"}.Requirement()).To(Equal(Citation{}))
}

func TestPromised(t *testing.T) {
	g := NewWithT(t)
	cite := Cites("a sentence", "page")
	g.Expect(Spec{Basis: Assumed}.Promised(cite)).To(Equal(Spec{Basis: RejectionDocumented, Cite: cite}))
	g.Expect(Spec{Basis: Assumed}.Promised(Citation{})).To(Equal(Spec{Basis: Assumed}), "no sentence, no better basis")
	g.Expect(Probe{Basis: Assumed}.Promised(cite).Basis).To(Equal(RejectionDocumented))
	g.Expect(Probe{Basis: Assumed}.Promised(Citation{}).Basis).To(Equal(Assumed))
}

func TestIndependentOfState(t *testing.T) {
	for _, c := range []struct {
		want        int
		basis       report.Basis
		independent bool
	}{
		{401, Documented, true}, {403, Documented, true}, {405, Documented, true}, {415, Assumed, true},
		{400, Assumed, true}, {400, Documented, false}, {404, Documented, false}, {409, Assumed, false},
		{200, Documented,
			false},
	} {
		NewWithT(t).Expect(Spec{Want: c.want, Basis: c.basis}.independentOfState()).To(Equal(c.independent), "%d",
			c.want)
	}
}

// A spec about something else than the operation that it calls leaves the form of the answer to that operation's own
// specs.
func TestIgnoreForm(t *testing.T) {
	g := NewWithT(t)
	read := operation(t, "FetchTenant")
	answer := func(status int) *exchange.Exchange {
		return &exchange.Exchange{Attempts: []exchange.Attempt{{Status: status}}}
	}
	wrong := judge.Result{Verdict: report.Violation, Reason: "the body breaks the schema"}
	own, other := Spec{Operation: read, Want: 200}, Spec{Operation: read, Want: 200,
		Asserts: operation(t, "UpdateTenant")}
	g.Expect(own.ignoreForm(wrong, answer(200)).Verdict).To(Equal(report.Violation))
	g.Expect(other.ignoreForm(wrong, answer(200)).Verdict).To(Equal(report.Pass))
	refused := other.ignoreForm(wrong, answer(403))
	g.Expect(refused.Verdict).To(Equal(report.Inconclusive))
	g.Expect(refused.Reason).To(ContainSubstring("see 20x/valid-token/FetchTenant"))
}

func TestMutations(t *testing.T) {
	g := NewWithT(t)
	op := operation(t, "UpdateTenant")
	r := fixtures.Request{Operation: op.ID, Method: op.Method, Path: "/tenants/4711", Header: http.Header{}}
	g.Expect(r.SetBody(op.Body.MediaType, map[string]any{"name": "a", "version": 1})).To(Succeed())
	g.Expect(DropField(&r, op, "name")).To(Succeed())
	g.Expect(SetField(&r, op, "kind", "unit")).To(Succeed())
	g.Expect(string(r.Body)).To(MatchJSON(`{"version": 1, "kind": "unit"}`))
	g.Expect(ReplaceSegment(&r, op, "tenant_id", "../4712")).To(Succeed())
	g.Expect(r.Path).To(Equal("/tenants/../4712"))
	g.Expect(ReplaceSegment(&r, op, "user_id", "1")).To(MatchError(ErrNothingToMutate))
	r.Body = []byte("no JSON")
	g.Expect(DropField(&r, op, "name")).To(MatchError(ContainSubstring("UpdateTenant")))

	g.Expect(SetAt(nil, []string{"items", schemas.Item, "id"},
		1)).To(Equal(map[string]any{"items": []any{map[string]any{"id": 1}}}))
	g.Expect(SetAt(map[string]any{"a": 1, "b": 2}, []string{"a"}, 3)).To(Equal(map[string]any{"a": 3, "b": 2}))

	form := fixtures.Request{Body: []byte("grant_type=password&username=a%26b")}
	g.Expect(Form(&form)).To(Equal(map[string]any{"grant_type": "password", "username": "a&b"}))
}

func TestOperations(t *testing.T) {
	g := NewWithT(t)
	was := suite.contract
	t.Cleanup(func() { suite.contract = was })
	suite.contract = nil
	g.Expect(Operations(TakesJSON)).To(BeEmpty(), "the configuration is unusable")
	var err error
	suite.contract, err = schemas.Load()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(Operations(Named("FetchTenant", "NoSuchOperation"))).To(HaveLen(1))
	g.Expect(Operations(TakesForm)).To(ContainElement(HaveField("ID", "RequestTokens")))
	g.Expect(Operations(TakesJSON)).To(ContainElement(HaveField("ID", "CreateTenant")))
	g.Expect(PathIDs(suite.contract.Operation("FetchTenant"))).To(Equal([]string{"tenant_id"}))
	g.Expect(PathSubject("PATCH", "/tenants/{tenant_id}")).To(Equal("PATCH.tenants.{tenant_id}"))
}

// What contradicts an assumption only is a violation where assumptions must be met.
func TestAssumedOnly(t *testing.T) {
	g := NewWithT(t)
	wrong := []schemas.Violation{{Detail: "the order is another one"}}
	s := &session.Session{Judge: &judge.Judge{}}
	_, err := AssumedOnly(s, wrong)
	g.Expect(err).To(Equal(Inconclusive("the order is another one, which is only assumed to be so")))
	s.Judge.Rules.Assumed = true
	g.Expect(AssumedOnly(s, wrong)).To(Equal(wrong))
	g.Expect(AssumedOnly(s, nil)).To(BeEmpty())
}

// What runs is known without a walk through the tree: by labels, and by texts as Ginkgo's focus and skip look at them.
func TestSelection(t *testing.T) {
	before := suite.specs
	defer func() { suite.specs = before }()
	tenants := Spec{Code: "401", Probe: "no-token", Subject: "FetchTenant",
		text: suiteName + " 401 unauthorized 401/no-token/FetchTenant"}
	users := Spec{Code: "404", Probe: "unknown-id", Subject: "FetchUser",
		text: suiteName + " 404 not found 404/unknown-id/FetchUser"}
	suite.specs = map[string]Spec{tenants.ID(): tenants, users.ID(): users}
	for name, row := range map[string]struct {
		config types.SuiteConfig
		want   []string
	}{
		"everything": {types.SuiteConfig{}, []string{tenants.ID(), users.ID()}},
		"a label":    {types.SuiteConfig{LabelFilter: "404 || unknown"}, []string{users.ID()}},
		"a focus on the text of a container": {types.SuiteConfig{FocusStrings: []string{"not found", "not there"}},
			[]string{users.ID()}},
		"a focus on an id": {types.SuiteConfig{FocusStrings: []string{"401/no-token/FetchTenant$"}},
			[]string{tenants.ID()}},
		"a skip":              {types.SuiteConfig{SkipStrings: []string{"unauthorized"}}, []string{users.ID()}},
		"a label and a focus": {types.SuiteConfig{LabelFilter: "401", FocusStrings: []string{"FetchUser"}}, nil},
	} {
		selects := selection(row.config, types.ReporterConfig{})
		var got []string
		for _, id := range []string{tenants.ID(), users.ID()} {
			if selects(id) {
				got = append(got, id)
			}
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%s selects %v, not %v", name, got, row.want)
		}
	}
}
