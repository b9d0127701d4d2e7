package render

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report"

	"github.com/google/uuid"
	. "github.com/onsi/gomega"
)

// The samples are results as a run over the whole reference would leave them: as many specs, as large, with every
// verdict. They are the same in every test, but for what a test changes in its own copy.
const sampleHost = "https://eu2-cloud.example.com"

var sampleStart = time.Date(2026, 11, 20, 1, 30, 0, 0, time.UTC)

// sampler makes a sample. Its ids are random, so that they compress as badly as real ones.
type sampler struct {
	contract *schemas.Contract
	random   *rand.Rand
	clock    time.Time
	in       report.Input
}

// sample returns a result over the whole reference, in a copy of the caller's own, but for the exchanges; edit sees
// every spec before the result is built.
func sample(t testing.TB, edit ...func(*report.Spec)) *report.Result {
	t.Helper()
	in, err := sampled()
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	in.Specs = slices.Clone(in.Specs)
	for i := range in.Specs {
		for _, e := range edit {
			e(&in.Specs[i])
		}
	}
	return report.Build(in)
}

var sampled = sync.OnceValues(func() (report.Input, error) {
	contract, err := schemas.Load()
	if err != nil {
		return report.Input{}, err
	}
	s := &sampler{contract: contract, random: rand.New(rand.NewPCG(1, 2)), clock: sampleStart}
	s.in = report.Input{
		Contract: contract,
		Run: report.Run{ID: "20261120t013000-k3v9qd", Suite: "1.0.0", Contract: contract.Version(), Seed: 1732066200,
			Processes: 4,
			Started:   sampleStart, Ended: sampleStart.Add(431 * time.Second), WallSeconds: 431,
			WallWithoutWaitingSeconds: 427,
			Requests:                  report.Requests{World: 214, Controls: 95, Specs: 1871, Cleanup: 131}},
		Target: report.Target{Name: "staging", URL: sampleHost, Allow: []string{"read", "write"}, Assumed: "lenient",
			Rate: "10/s", Budget: 20000},
		Preflight: []report.Check{
			{Name: "DNS and TLS", State: report.CheckOK, Detail: "TLS 1.3, the certificate is valid for 61 days"},
			{Name: "clock", State: report.CheckOK, Detail: "0.4 s behind the target"},
			{Name: "expired token", State: report.CheckWarning, Detail: "none is configured",
				Remedy: "set ACRONIS_EXPIRED_TOKEN, or the specs wait for a token to expire"},
		},
		Leftovers: []report.Leftover{{Kind: "tenant", ID: s.id(), Name: "conformance-20261120t013000-k3v9qd-home",
			Reason: "answered with 409 Conflict", Command: "make sweep CONFIRM=yes"}},
	}
	s.specs()
	s.world()
	return s.in, nil
})

func (s *sampler) id() string {
	id, err := uuid.NewRandomFromReader(source{s.random})
	if err != nil {
		panic(err)
	}
	return id.String()
}

type source struct{ random *rand.Rand }

func (r source) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(r.random.Uint32())
	}
	return len(p), nil
}

func (s *sampler) specs() {
	probes401 := []string{"no-token", "garbage-token", "expired-token", "tampered-token", "alg-none", "other-issuer",
		"revoked-token"}
	for _, op := range s.contract.Operations() {
		s.spec(op, "20x", "valid-token", "", op.Success(), func(*report.Spec) {})
		if op.Security.Token {
			for _, probe := range probes401 {
				s.spec(op, "401", probe, "", 401, func(*report.Spec) {})
			}
		}
		if op.Writes() && op.Body != nil {
			for _, variant := range []string{"array", "cut-json", "empty", "name-type"} {
				s.spec(op, "400", "bad-body", variant, 400, func(*report.Spec) {})
			}
			for _, variant := range []string{"none", "text", "xml"} {
				s.spec(op, "415", "content-type", variant, 415, func(*report.Spec) {})
			}
		}
		if strings.Contains(op.Path, "{") {
			for _, probe := range []string{"foreign-tenant", "own-ancestor", "role-too-small"} {
				s.spec(op, "403", probe, "", 403, func(*report.Spec) {})
			}
			s.spec(op, "404", "unknown-id", "", 404, func(*report.Spec) {})
			for _, variant := range []string{"brackets", "digits", "long", "upper-case"} {
				s.spec(op, "400", "malformed-id", variant, 400, func(*report.Spec) {})
			}
		}
		if op.Documents(409) {
			s.spec(op, "409", "stale-version", "", 409, func(*report.Spec) {})
		}
		s.spec(op, "50x", "injected-failure", "", 503, func(sp *report.Spec) {
			sp.Injected, sp.Source = true,
				schemas.FromClause
		})
	}
	for _, path := range s.contract.Paths() {
		for _, method := range schemas.Methods {
			if !slices.Contains(path.Methods, method) {
				s.other("405", "wrong-method", "", method, path.Template, 405)
			}
		}
		if !strings.HasSuffix(path.Template, "}") {
			continue
		}
		s.other("404", "unknown-route", "behind", "GET", path.Template+"/{unknown}", 404)
	}
	s.faults()
}

// faults gives some specs another verdict than pass.
func (s *sampler) faults() {
	served := `{"id":"` + s.id() + `","name":"conformance-home","version":7}`
	edit := map[string]func(*report.Spec){
		"401/alg-none/": func(sp *report.Spec) {
			if sp.Resource == "reports" {
				s.violate(sp, 200, served, "a request that must be refused is served (200)")
			}
		},
		"405/wrong-method/PATCH.tenants.{tenant_id}": func(sp *report.Spec) {
			s.violate(sp, 404, `{"error":{"code":404,"domain":"PlatformAccountServer","message":"Not `+
				`Found","context":{},"details":{}}}`, "the status is 404, the documentation promises 405")
		},
		"403/foreign-tenant/UpdateTenant": func(sp *report.Spec) {
			s.violate(sp, 403, `{"error":{"code":"403","message":"Access denied","context":{"tenant_id":"`+s.id()+
				`"},"details":[]}}`, "the status is 403 as promised, but the answer is not what is promised with it",
				report.Difference{Path: "$.error.code", Rule: "type", Found: `"403"`,
					Detail: "expected integer, not string"},
				report.Difference{Path: "$.error.details", Rule: "type", Found: "[]",
					Detail: "expected object, not array"},
				report.Difference{Path: "$.error.domain", Rule: "required", Detail: "the property is missing"})
		},
		"20x/valid-token/FetchTenantUsages": func(sp *report.Spec) {
			sp.Verdict, sp.Reason = report.Waived,
				"ACC-1412: usages lack their version until 1 February 2027 (owner: platform)"
			sp.Differences = []report.Difference{{Path: "$.items[0].version", Rule: "required",
				Detail: "the property is missing", Accepted: &report.Acceptance{
					Verdict: report.Waived, Reason: "usages lack their version",
					Link:  "https://tracker.example.com/1412",
					Owner: "platform", Expires: "2027-02-01"}}}
		},
		"20x/valid-token/FetchClient": func(sp *report.Spec) {
			sp.Verdict, sp.Reason = report.Known,
				"the status is 200 as promised, but the answer is not what is promised with it"
			sp.Differences = []report.Difference{{Path: "$.type", Rule: "enum", Found: `"agent"`,
				Detail: "the value is none of [api_client]", Accepted: &report.Acceptance{
					Verdict: report.Known, Reason: "an answer recorded in 2025",
					Link: "https://docs.example.com/clients"}}}
		},
		"409/stale-version/": func(sp *report.Spec) {
			if sp.Resource == "infra" {
				sp.Verdict, sp.Reason, sp.Accepted = report.Inconclusive,
					"accepted: the request is served (200), and the documentation does not say that it must be refused",
					true
			}
		},
		"403/role-too-small/": func(sp *report.Spec) {
			if sp.Resource == "registration_tokens" || sp.Resource == "applications" {
				sp.Verdict, sp.Reason, sp.Exchanges, sp.Actual, sp.Requests = report.Inconclusive,
					"role "+sp.Resource+"_admin: the target gives the sandbox no such user", nil, "", 0
			}
		},
		"50x/injected-failure/SetTenantOfferingItems": func(sp *report.Spec) {
			sp.Verdict, sp.Reason = report.Error, "the target gave no answer: read tcp: connection reset by peer"
			sp.Actual = "no answer: read tcp: connection reset by peer"
			sp.Exchanges[0].Attempts[0] = exchange.EvidenceAttempt{Start: sp.Started, MS: 4012,
				Error: "read tcp: connection reset by peer"}
		},
		"20x/valid-token/FetchTenant": func(sp *report.Spec) {
			last := sp.Exchanges[0].Attempts[0]
			first := s.attempt(503,
				`{"error":{"code":503,"domain":"PlatformAccountServer","message":"Service Unavailable"}}`)
			first.Start = last.Start.Add(-1310 * time.Millisecond)
			sp.Exchanges[0].Attempts, sp.Exchanges[0].Transient, sp.Requests = []exchange.EvidenceAttempt{first, last},
				true, 2
		},
	}
	prefixes := slices.Sorted(maps.Keys(edit)) // in order, since the changes draw from the same source of randomness
	for i := range s.in.Specs {
		for _, prefix := range prefixes {
			if sp := &s.in.Specs[i]; sp.ID == prefix || strings.HasSuffix(prefix, "/") && strings.HasPrefix(sp.ID,
				prefix) {
				edit[prefix](sp)
			}
		}
	}
}

func (s *sampler) violate(sp *report.Spec, status int, body, reason string, differences ...report.Difference) {
	sp.Verdict, sp.Reason, sp.Differences = report.Violation, reason, differences
	sp.Actual = fmt.Sprintf("%d %s, application/json, %s", status, http.StatusText(status), body)
	if len(differences) == 0 {
		sp.Differences = []report.Difference{{Path: "status", Rule: "status", Found: fmt.Sprint(status),
			Detail: "expected " + sp.Code}}
	}
	start := sp.Exchanges[0].Attempts[0].Start
	sp.Exchanges[0].Attempts[0] = s.attempt(status, body)
	sp.Exchanges[0].Attempts[0].Start = start
}

func (s *sampler) spec(op *schemas.Operation, code, probe, variant string, want int, also func(*report.Spec)) {
	sp := s.record(code, probe, variant, op.ID, op.Method, op.Path, want)
	sp.Operation, sp.Resource, sp.Write, sp.Control = op.ID, op.Resource, op.Writes(), "control/"+op.ID
	if op.Documents(want) {
		sp.Source = schemas.FromReference
	}
	if code == "20x" {
		sp.Actual = fmt.Sprintf("%d %s, application/json, {…", want, http.StatusText(want))
		sp.Exchanges[0].Attempts[0] = s.attempt(want, s.success(op))
		sp.Advice = []string{"the reference's schema does not list $.items[*].created_at"}
	}
	also(&sp)
	s.in.Specs = append(s.in.Specs, sp)
}

func (s *sampler) other(code, probe, variant, method, path string, want int) {
	s.in.Specs = append(s.in.Specs, s.record(code, probe, variant, method+strings.ReplaceAll(path, "/", "."), method,
		path, want))
}

func (s *sampler) record(code, probe, variant, subject, method, path string, want int) report.Spec {
	name := probe
	if variant != "" {
		name += "-" + variant
	}
	clause, _ := s.contract.Clause(want)
	sp := report.Spec{ID: code + "/" + name + "/" + subject, Code: code, Probe: probe, Variant: variant,
		Subject: subject, Method: method, Path: path,
		Source: schemas.FromClause, Basis: report.Basis{Rejection: report.Documented,
			Code: report.Assumed}, Verdict: report.Pass,
		Requirement: clause.Requirement, Link: clause.Source, Expected: fmt.Sprintf(
			"%d %s, the error envelope if the body is JSON", want, http.StatusText(want)),
		Requests: 1, Process: 1 + s.random.IntN(4), Started: s.clock, Labels: []string{code, probe}}
	if code == "401" || code == "405" || code == "20x" {
		sp.Basis.Code = report.Documented
	}
	if code != "20x" && code != "50x" {
		sp.Advice = []string{fmt.Sprintf("RFC 9110: a %d carries more than the target sends", want)}
	}
	body := fmt.Sprintf(
		`{"error":{"code":%d,"context":{"request_id":"%s"},"details":{"info":"%s"},`+
			`"domain":"PlatformAccountServer","message":"%s"}}`,
		want, s.id(), name, http.StatusText(want))
	sp.Actual = fmt.Sprintf("%d %s, application/json, %s", want, http.StatusText(want), body)
	sp.Exchanges = []exchange.Evidence{s.exchange(sp.ID, method, path, want, body)}
	sp.Seconds = float64(sp.Exchanges[0].Attempts[0].MS) / 1000
	return sp
}

func (s *sampler) exchange(id, method, path string, status int, body string) exchange.Evidence {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		if strings.HasPrefix(segment, "{") {
			segments[i] = s.id()
		}
	}
	address := sampleHost + "/api/2" + strings.Join(segments, "/")
	e := exchange.Evidence{Spec: id, Method: method, URL: address,
		Headers:  http.Header{"Authorization": {"Bearer $ACRONIS_TOKEN"}},
		Attempts: []exchange.EvidenceAttempt{s.attempt(status, body)},
		Curl: fmt.Sprintf(`curl -s %s --request %s --header "Authorization: Bearer ${ACRONIS_TOKEN:?}" --include`,
			address, method)}
	if method == http.MethodPost || method == http.MethodPut {
		text := fmt.Sprintf(
			`{"name":"conformance-20261120t013000-k3v9qd-%s","parent_id":"%s","kind":"customer","enabled":true,`+
				`"contact":{"email":"conformance@example.com"}}`, s.id()[:8], s.id())
		e.Body = &exchange.Text{Text: text, Size: len(text)}
		e.Headers.Set("Content-Type", "application/json")
		e.Curl = strings.TrimSuffix(e.Curl, "--include") + "--data '" + text + "' --include"
	}
	return e
}

func (s *sampler) attempt(status int, body string) exchange.EvidenceAttempt {
	wait := 20 + s.random.IntN(90)
	if s.random.IntN(40) == 0 {
		wait *= 12
	}
	s.clock = s.clock.Add(time.Duration(wait) * time.Millisecond)
	a := exchange.EvidenceAttempt{Start: s.clock, MS: int64(wait), Status: status, Proto: "HTTP/2.0",
		Headers: http.Header{
			"Content-Type": {"application/json; charset=utf-8"}, "Date": {s.clock.Format(http.TimeFormat)},
			"Server":                    {"nginx"},
			"Strict-Transport-Security": {"max-age=31536000"}, "X-Request-Id": {s.id()}, "Content-Length": {fmt.Sprint(
				len(body))},
		}}
	if status != http.StatusNoContent && body != "" {
		a.Body = &exchange.Text{Text: body, Size: len(body)}
	}
	return a
}

// success is a list of up to forty objects.
func (s *sampler) success(op *schemas.Operation) string {
	items := []any{}
	for range 1 + s.random.IntN(40) {
		items = append(items, map[string]any{"id": s.id(), "name": "conformance " + s.id()[:6],
			"version": s.random.IntN(900), "enabled": true,
			"parent_id": s.id(), "kind": "customer", "created_at": s.clock.Format(
				time.RFC3339), "contact": map[string]any{"email": op.Resource + "@example.com", "phone": nil}})
	}
	body, err := json.Marshal(map[string]any{"items": items, "timestamp": s.clock.Format(time.RFC3339)})
	if err != nil {
		panic(err)
	}
	return string(body)
}

func (s *sampler) world() {
	step := func(phase report.Phase, id string, op *schemas.Operation) {
		e := s.exchange(string(phase), op.Method, op.Path, op.Success(), s.success(op))
		s.in.World = append(s.in.World, report.Step{ID: id, Phase: phase, Operation: op.ID, OK: true, Requests: 1,
			Process: 1, Started: e.Attempts[0].Start,
			Seconds: float64(e.Attempts[0].MS) / 1000, Exchanges: []exchange.Evidence{e}})
	}
	for i := range 60 {
		step(report.PhaseWorld, fmt.Sprintf("world/%d", i+1), s.contract.Operation("CreateTenant"))
	}
	for _, op := range s.contract.Operations() {
		step(report.PhaseControl, "control/"+op.ID, op)
	}
	for i := range 40 {
		step(report.PhaseCleanup, fmt.Sprintf("cleanup/%d", i+1), s.contract.Operation("DeleteTenant"))
	}
	last := &s.in.World[len(s.in.World)-1]
	last.OK, last.Reason = false, "answered with 409 Conflict"
}

func TestSample(t *testing.T) {
	g := NewWithT(t)
	r := sample(t)
	g.Expect(r.Problems).To(BeEmpty())
	g.Expect(len(r.Specs)).To(BeNumerically("~", 1850, 150))
	g.Expect(r.Verdict).To(Equal(report.Violation))
	for _, n := range []int{r.Totals.Specs.Pass, r.Totals.Specs.Violation, r.Totals.Specs.Waived, r.Totals.Specs.Known,
		r.Totals.Specs.Inconclusive, r.Totals.Specs.Error} {
		g.Expect(n).To(BeNumerically(">", 0))
	}
}
