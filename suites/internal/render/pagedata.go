package render

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report"
)

// ref is the place of a text in the page's list of texts. Every text is in the list once: codes, headers and many
// bodies are the same in hundreds of specs.
type ref int

// pageData is what the page's script is given: what the page shows only on demand.
type pageData struct {
	Texts    []string       `json:"texts"`
	Statuses map[int]string `json:"statuses"` // their names
	Cells    []cellData     `json:"cells"`    // as in the result
	Specs    []specData     `json:"specs"`    // as in the result
	Steps    []stepData     `json:"steps"`    // as in the result
	Lists    []listData     `json:"lists"`
	Findings []listData     `json:"findings"`
	Replay   string         `json:"replay"` // the command that runs a spec again, without the spec's id
}

type cellData struct {
	Subject   ref   `json:"subject"`
	Operation ref   `json:"operation"`
	Method    ref   `json:"method"`
	Path      ref   `json:"path"`
	Resource  ref   `json:"resource"`
	Class     ref   `json:"class"`
	Code      int   `json:"code"`
	Source    ref   `json:"source"`
	Verdict   ref   `json:"verdict"`
	Reason    ref   `json:"reason"`
	Specs     []int `json:"specs"`
}

type specData struct {
	ID          ref              `json:"id"`
	Code        ref              `json:"code"`
	Probe       ref              `json:"probe"` // with its variant
	Operation   ref              `json:"operation"`
	Method      ref              `json:"method"`
	Path        ref              `json:"path"`
	Resource    ref              `json:"resource"`
	Source      ref              `json:"source"`
	Rejection   ref              `json:"rejection"`
	Basis       ref              `json:"basis"` // of the code
	Verdict     ref              `json:"verdict"`
	Reason      ref              `json:"reason"`
	Requirement ref              `json:"requirement"`
	Rule        ref              `json:"rule"`
	Link        ref              `json:"link"` // empty unless it leads to the web
	Expected    ref              `json:"expected"`
	Actual      ref              `json:"actual"`
	Differences []differenceData `json:"differences,omitempty"`
	Advice      []ref            `json:"advice,omitempty"`
	Traits      []ref            `json:"traits,omitempty"` // what is special about the spec
	Control     int              `json:"control"`          // step; -1 where there is none
	Seconds     float64          `json:"seconds"`
	Exchanges   []exchangeData   `json:"exchanges,omitempty"`
}

type differenceData struct {
	Path   ref `json:"path"`
	Rule   ref `json:"rule"`
	Found  ref `json:"found"`
	Detail ref `json:"detail"`
}

type stepData struct {
	ID        ref            `json:"id"`
	Phase     ref            `json:"phase"`
	Operation ref            `json:"operation"`
	OK        bool           `json:"ok"`
	Reason    ref            `json:"reason"`
	Seconds   float64        `json:"seconds"`
	Exchanges []exchangeData `json:"exchanges,omitempty"`
}

type exchangeData struct {
	Method    ref           `json:"method"`
	URL       ref           `json:"url"`
	Headers   [][2]ref      `json:"headers,omitempty"`
	Body      *bodyData     `json:"body,omitempty"`
	Attempts  []attemptData `json:"attempts"`
	Transient bool          `json:"transient,omitempty"`
	Curl      ref           `json:"curl"`
}

type attemptData struct {
	Start   int64     `json:"start"` // milliseconds since 1970
	MS      int64     `json:"ms"`
	Status  int       `json:"status"`
	Proto   ref       `json:"proto"`
	Headers [][2]ref  `json:"headers,omitempty"`
	Body    *bodyData `json:"body,omitempty"`
	Error   ref       `json:"error"`
}

type bodyData struct {
	Text    ref    `json:"text"`
	Base64  bool   `json:"base64,omitempty"`
	Decoded string `json:"decoded,omitempty"` // what was undone to show the body as text
	Size    int    `json:"size"`
	Cut     bool   `json:"cut,omitempty"` // the text is only the beginning
}

// listData is a list of specs that the page can show besides those of a cell.
type listData struct {
	ID     ref   `json:"id"`               // of a finding
	Faults []ref `json:"faults,omitempty"` // ids of a finding's faults
	Replay ref   `json:"replay"`           // the command that runs a finding again
	Title  ref   `json:"title"`
	Note   ref   `json:"note"`
	First  int   `json:"first"` // the spec that stands for the others
	Specs  []int `json:"specs"`
}

// budget is how large the pageData data may be, so that the page stays below 3 MB.
const budget = 2_600_000

// limits are how many bytes of a body are shown, in a spec that passed and elsewhere. The first that keep the budget
// are taken.
var limits = [...]struct{ passed, other int }{
	{16 << 10, 16 << 10}, {4 << 10, 16 << 10}, {1 << 10, 16 << 10}, {1 << 10, 4 << 10}, {256, 1 << 10}, {0, 256},
}

// pack returns the data of the page, compressed, in letters that mean nothing to HTML; if it can be, in at most that
// many.
func newPageData(r *report.Result, most int) (string, error) {
	var data string
	for _, limit := range limits {
		p := dataBuilder{result: r, passed: limit.passed, other: limit.other, index: map[string]ref{"": 0}}
		p.out.Texts = []string{""}
		p.all()
		text, err := json.Marshal(p.out)
		if err != nil {
			return "", fmt.Errorf("pack the page's data: %w", err)
		}
		if data, err = compress(text); err != nil {
			return "", fmt.Errorf("pack the page's data: %w", err)
		}
		if len(data) <= most {
			break
		}
	}
	return data, nil
}

func compress(data []byte) (string, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(b.Bytes()), nil
}

// dataBuilder collects the page's data.
type dataBuilder struct {
	result        *report.Result
	passed, other int
	index         map[string]ref
	out           pageData

	specs  map[string]int // by id
	steps  map[string]int // by id
	faults []finding
	places map[string]int // of a spec's fault: see faultOfSpec
}

// text returns the ref of a text, which is made safe to look at.
func (p *dataBuilder) text(s string) ref {
	s = exchange.Printable(s)
	at, known := p.index[s]
	if !known {
		at = ref(len(p.out.Texts))
		p.index[s] = at
		p.out.Texts = append(p.out.Texts, s)
	}
	return at
}

func (p *dataBuilder) texts(list []string) []ref {
	refs := make([]ref, 0, len(list))
	for _, s := range list {
		refs = append(refs, p.text(s))
	}
	return refs
}

func (p *dataBuilder) all() {
	r := p.result
	p.out.Statuses = map[int]string{}
	p.out.Replay = exchange.Printable(strings.TrimSuffix(r.Replay("0"), "0"))
	p.faults = findingsOf(r, report.Violation)
	p.places = faultOfSpec(p.faults)
	p.specs, p.steps = make(map[string]int, len(r.Specs)), make(map[string]int, len(r.World))
	for i, s := range r.Specs {
		p.specs[s.ID] = i
	}
	for i, step := range r.World {
		p.steps[step.ID] = i
	}
	p.out.Cells = make([]cellData, 0, len(r.Cells))
	for i := range r.Cells {
		c := &r.Cells[i]
		reason := c.Reason
		if at := gravestFault(c, p.places, len(p.faults)); c.Verdict == report.Violation && at < len(p.faults) {
			reason = p.faults[at].Text
		}
		p.out.Cells = append(p.out.Cells, cellData{
			Subject: p.text(c.Subject), Operation: p.text(c.Operation), Method: p.text(c.Method), Path: p.text(c.Path),
			Resource: p.text(c.Resource), Class: p.text(c.Class), Code: c.Code, Source: p.text(string(c.Source)),
			Verdict: p.text(string(c.Verdict)), Reason: p.text(reason), Specs: p.indices(c.Specs),
		})
	}
	p.out.Specs = make([]specData, 0, len(r.Specs))
	for _, s := range r.Specs {
		p.out.Specs = append(p.out.Specs, p.spec(s))
	}
	p.out.Steps = make([]stepData, 0, len(r.World))
	for _, s := range r.World {
		p.out.Steps = append(p.out.Steps, stepData{ID: p.text(s.ID), Phase: p.text(string(s.Phase)),
			Operation: p.text(s.Operation), OK: s.OK,
			Reason: p.text(s.Reason), Seconds: s.Seconds, Exchanges: p.exchanges(s.Exchanges, p.limit(s.OK))})
	}
	p.out.Lists, p.out.Findings = []listData{}, []listData{}
	for _, l := range listsOf(r) {
		p.out.Lists = append(p.out.Lists, listData{Title: p.text(l.Title), Specs: p.indices(l.Specs)})
	}
	for _, verdict := range findingVerdicts {
		for _, f := range findingsOf(r, verdict) {
			note := f.Where()
			if f.Accepted != nil {
				note += "; " + line(f.Accepted.String(), 300)
			}
			p.out.Findings = append(p.out.Findings, listData{ID: p.text(f.Name), Title: p.text(f.Text),
				Note:  p.text(note),
				First: p.specs[f.First.ID],
				Specs: p.indices(f.Specs), Faults: p.texts(f.IDs), Replay: p.text(f.Replay)})
		}
	}
}

// indices returns where the specs stand. Ids that no spec has are left out.
func (p *dataBuilder) indices(ids []string) []int {
	places := make([]int, 0, len(ids))
	for _, id := range ids {
		if at, known := p.specs[id]; known {
			places = append(places, at)
		}
	}
	return places
}

func (p *dataBuilder) limit(passed bool) int {
	if passed {
		return p.passed
	}
	return p.other
}

func (p *dataBuilder) spec(s report.Spec) specData {
	if at, shows := p.places[s.ID]; shows && s.Verdict == report.Violation {
		s.Reason = p.faults[at].Text
	}
	out := specData{
		ID: p.text(s.ID), Code: p.text(s.Code), Probe: p.text(probeName(&s)), Operation: p.text(s.Operation),
		Method: p.text(s.Method), Path: p.text(s.Path), Resource: p.text(s.Resource), Source: p.text(string(s.Source)),
		Rejection: p.text(string(s.Basis.Rejection)), Basis: p.text(string(s.Basis.Code)),
		Verdict: p.text(string(s.Verdict)), Reason: p.text(s.Reason),
		Requirement: p.text(s.Requirement), Rule: p.text(s.Rule), Link: p.text(web(s.Link)),
		Expected: p.text(s.Expected), Actual: p.text(s.Actual), Advice: p.texts(s.Advice), Traits: p.texts(traits(s)),
		Control: -1, Seconds: s.Seconds, Exchanges: p.exchanges(s.Exchanges, p.limit(s.Verdict == report.Pass)),
	}
	if at, known := p.steps[s.Control]; known {
		out.Control = at
	}
	for _, d := range s.Differences {
		detail := d.Detail
		if d.Accepted != nil {
			detail += " (" + line(d.Accepted.String(), 300) + ")"
		}
		out.Differences = append(out.Differences, differenceData{p.text(d.Path), p.text(d.Rule), p.text(d.Found),
			p.text(detail)})
	}
	return out
}

// probeName is the probe with its variant, as in the spec's id.
func probeName(s *report.Spec) string {
	if s.Variant == "" {
		return s.Probe
	}
	return s.Probe + "-" + s.Variant
}

// traits says in words what is special about a spec.
func traits(s report.Spec) []string {
	var list []string
	for _, trait := range []struct {
		holds bool
		text  string
	}{
		{s.Write, "writes"},
		{s.Waiting, "waits as documented"},
		{s.Injected, "failure injected"},
		{s.Accepted, "accepted"},
	} {
		if trait.holds {
			list = append(list, trait.text)
		}
	}
	return list
}

func (p *dataBuilder) exchanges(list []exchange.Evidence, limit int) []exchangeData {
	var out []exchangeData
	for _, e := range list {
		x := exchangeData{Method: p.text(e.Method), URL: p.text(e.URL), Headers: p.headers(e.Headers),
			Body: p.body(e.Body,
				limit),
			Attempts: make([]attemptData, 0, len(e.Attempts)), Transient: e.Transient, Curl: p.text(e.Curl)}
		for _, a := range e.Attempts {
			if name := http.StatusText(a.Status); name != "" {
				p.out.Statuses[a.Status] = name
			}
			x.Attempts = append(x.Attempts, attemptData{Start: a.Start.UnixMilli(), MS: a.MS, Status: a.Status,
				Proto:   p.text(a.Proto),
				Headers: p.headers(a.Headers), Body: p.body(a.Body, limit), Error: p.text(a.Error)})
		}
		out = append(out, x)
	}
	return out
}

func (p *dataBuilder) headers(h http.Header) [][2]ref {
	var out [][2]ref
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			out = append(out, [2]ref{p.text(name), p.text(value)})
		}
	}
	return out
}

func (p *dataBuilder) body(b *exchange.Text, limit int) *bodyData {
	if b == nil {
		return nil
	}
	text := b.Text
	if cut := limit; cut < len(text) {
		for cut > 0 && !utf8.RuneStart(text[cut]) { // never half a character
			cut--
		}
		text = text[:cut]
	}
	return &bodyData{Text: p.text(text), Base64: b.Base64, Decoded: b.Decoded, Size: b.Size, Cut: b.Truncated ||
		len(text) < len(b.Text)}
}
