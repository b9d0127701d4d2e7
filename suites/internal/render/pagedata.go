package render

import (
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
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

// budget is how large the page's data may be, so that the page stays below 3 MB.
const budget = 2_600_000

// limits are how many bytes of a body are shown, in a spec that passed and elsewhere.
type limits struct{ passed, other int }

// allLimits are those that are tried; the first that keep the budget are taken.
var allLimits = [...]limits{
	{16 << 10, 16 << 10}, {4 << 10, 16 << 10}, {1 << 10, 16 << 10}, {1 << 10, 4 << 10}, {256, 1 << 10}, {0, 256},
}

// newPageData returns the data of the page, compressed, in letters that mean nothing to HTML; if it can be, in at most
// that many.
func newPageData(r *report.Result, most int) (string, error) {
	for i, limit := range allLimits {
		packed := &bounded{most: most, unbounded: i == len(allLimits)-1}
		err := writePageData(packed, r, limit)
		if err == nil {
			return packed.String(), nil
		}
		if !errors.Is(err, errTooLarge) {
			return "", fmt.Errorf("pack the page's data: %w", err)
		}
	}
	return "", nil // the last one is not bounded
}

// bounded is a buffer that takes no more than its limit.
type bounded struct {
	strings.Builder
	most      int
	unbounded bool
}

var errTooLarge = errors.New("too large")

func (b *bounded) Write(p []byte) (int, error) {
	if !b.unbounded && b.Len()+len(p) > b.most {
		return 0, errTooLarge
	}
	return b.Builder.Write(p)
}

// writePageData writes the data, compressed, one item after the other.
func writePageData(w io.Writer, r *report.Result, limit limits) error {
	letters := base64.NewEncoder(base64.RawURLEncoding, w)
	compressed, err := gzip.NewWriterLevel(letters, gzip.BestSpeed)
	if err != nil {
		return err
	}
	p := dataBuilder{result: r, limits: limit, statuses: map[int]string{}, index: map[string]ref{"": 0},
		all: []string{""}}
	return errors.Join(p.write(compressed), compressed.Close(), letters.Close())
}

// dataBuilder makes the items of the page's data, and collects the texts that these refer to.
type dataBuilder struct {
	result   *report.Result
	limits   limits
	statuses map[int]string // their names
	index    map[string]ref
	all      []string // the texts

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
		at = ref(len(p.all))
		p.index[s] = at
		p.all = append(p.all, s)
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

// write writes what the page's script is given: what the page shows only on demand. Cells, specs and steps are those
// of the result, in its order. The texts come last, when all are known.
func (p *dataBuilder) write(w io.Writer) error {
	r := p.result
	p.faults = findingsOf(r, report.Violation)
	p.places = faultOfSpec(p.faults)
	p.specs, p.steps = make(map[string]int, len(r.Specs)), make(map[string]int, len(r.World))
	for i := range r.Specs {
		p.specs[r.Specs[i].ID] = i
	}
	for i := range r.World {
		p.steps[r.World[i].ID] = i
	}
	var findings []finding
	for _, verdict := range findingVerdicts {
		findings = append(findings, findingsOf(r, verdict)...)
	}
	s := newStream(w)
	s.raw("{")
	array(s, "", "cells", r.Cells, p.cell)
	array(s, ",", "specs", r.Specs, p.spec)
	array(s, ",", "steps", r.World, p.step)
	array(s, ",", "lists", listsOf(r), func(l *list) listData {
		return listData{Title: p.text(l.Title), Specs: p.indices(l.Specs)}
	})
	array(s, ",", "findings", findings, p.finding)
	s.member(",", "statuses", p.statuses)
	// the command that runs a spec again, without the spec's id
	s.member(",", "replay", exchange.Printable(strings.TrimSuffix(r.Replay("0"), "0")))
	array(s, ",", "texts", p.all, func(text *string) string { return *text })
	s.raw("}")
	return s.err
}

func (p *dataBuilder) cell(c *report.Cell) cellData {
	reason := c.Reason
	if at := gravestFault(c, p.places, len(p.faults)); c.Verdict == report.Violation && at < len(p.faults) {
		reason = p.faults[at].Text
	}
	return cellData{
		Subject: p.text(c.Subject), Operation: p.text(c.Operation), Method: p.text(c.Method), Path: p.text(c.Path),
		Resource: p.text(c.Resource), Class: p.text(c.Class), Code: c.Code, Source: p.text(string(c.Source)),
		Verdict: p.text(string(c.Verdict)), Reason: p.text(reason), Specs: p.indices(c.Specs),
	}
}

func (p *dataBuilder) step(s *report.Step) stepData {
	return stepData{ID: p.text(s.ID), Phase: p.text(string(s.Phase)), Operation: p.text(s.Operation), OK: s.OK,
		Reason: p.text(s.Reason), Seconds: s.Seconds, Exchanges: p.exchanges(s.Exchanges, p.limit(s.OK))}
}

func (p *dataBuilder) finding(f *finding) listData {
	note := f.Where()
	if f.Accepted != nil {
		note += "; " + line(f.Accepted.String(), 300)
	}
	return listData{ID: p.text(f.Name), Title: p.text(f.Text), Note: p.text(note), First: p.specs[f.First.ID],
		Specs: p.indices(f.Specs), Faults: p.texts(f.IDs), Replay: p.text(f.Replay)}
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
		return p.limits.passed
	}
	return p.limits.other
}

func (p *dataBuilder) spec(s *report.Spec) specData {
	reason := s.Reason
	if at, shows := p.places[s.ID]; shows && s.Verdict == report.Violation {
		reason = p.faults[at].Text
	}
	out := specData{
		ID: p.text(s.ID), Code: p.text(s.Code), Probe: p.text(probeName(s)), Operation: p.text(s.Operation),
		Method: p.text(s.Method), Path: p.text(s.Path), Resource: p.text(s.Resource), Source: p.text(string(s.Source)),
		Rejection: p.text(string(s.Basis.Rejection)), Basis: p.text(string(s.Basis.Code)),
		Verdict: p.text(string(s.Verdict)), Reason: p.text(reason),
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
func traits(s *report.Spec) []string {
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
	for i := range list {
		e := &list[i]
		x := exchangeData{Method: p.text(e.Method), URL: p.text(e.URL), Headers: p.headers(e.Headers),
			Body: p.body(e.Body, limit), Attempts: make([]attemptData, 0, len(e.Attempts)), Transient: e.Transient,
			Curl: p.text(e.Curl)}
		for j := range e.Attempts {
			a := &e.Attempts[j]
			if name := http.StatusText(a.Status); name != "" {
				p.statuses[a.Status] = name
			}
			x.Attempts = append(x.Attempts, attemptData{Start: a.Start.UnixMilli(), MS: a.MS, Status: a.Status,
				Proto: p.text(a.Proto), Headers: p.headers(a.Headers), Body: p.body(a.Body, limit),
				Error: p.text(a.Error)})
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
	return &bodyData{Text: p.text(text), Base64: b.Base64, Decoded: b.Decoded, Size: b.Size,
		Cut: b.Truncated || len(text) < len(b.Text)}
}
