package render

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"strings"
	"sync"

	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report"
)

//go:embed assets
var assets embed.FS

// scripts are the parts of the page's script, in order; they share one scope.
var scripts = []string{"dom.js", "data.js", "json.js", "detail.js", "filter.js", "keys.js", "main.js"}

// HTML writes the result as a page: one file that needs nothing else, from the disk or from a server. Its head, its
// lists and the matrix are plain HTML; what is shown on demand is compressed data that its script unpacks.
func HTML(w io.Writer, r *report.Result, nights []report.Night) error {
	data, err := newPageData(r, budget)
	if err != nil {
		return err
	}
	style, script := asset("page.css"), ""
	for _, name := range scripts {
		script += asset(name)
	}
	cells := uncoveredCells(r)
	return templates().ExecuteTemplate(w, "page.html", resultPage{
		frame: newFrame(fmt.Sprintf("%s · %s · %s", strings.ToUpper(string(r.Verdict)), r.Target.Name, r.Run.ID),
			r.Verdict, style, script),
		Result: r, Facts: facts(r), Bars: verdictBars(r), Matrix: newMatrix(r), Codes: codeRows(r), Lists: listsOf(r),
		Sections: []section{newSection(r, "Faults", report.Violation), newSection(r, "Errors", report.Error),
			newSection(r, "Waived", report.Waived),
			newSection(r, "Known deviations of the live service", report.Known), newSection(r,
				"Served though nothing documents a rejection", report.Inconclusive)},
		Worst: worst(r), Inconclusive: report.Reasons(r, report.Inconclusive), Leftovers: report.SameLeftovers(
			r.Leftovers), Uncovered: cells, UncoveredCells: countCells(cells), Phases: phases(r), Data: data,
		History: newHistoryTable(r, nights),
	})
}

// resultPage is what the template of the page is given.
type resultPage struct {
	frame
	Result         *report.Result
	Facts          []fact
	Bars           []verdictBar
	Codes          []codeRow
	Matrix         matrix
	Sections       []section
	Worst          *finding
	Inconclusive   []report.Reason
	Leftovers      []report.LeftoverGroup
	Uncovered      []uncovered
	UncoveredCells int
	Lists          []list
	Phases         []phase
	Data           string
	History        *historyTable // nil where there is none
}

// frame is what all pages have.
type frame struct {
	Title  string
	Policy string
	Icon   template.URL
	Style  template.CSS
	Script template.JS
}

// newFrame allows the page its own style and script, by their hashes, and nothing else: were something of the
// target's ever to get into the page unescaped, the browser would not run it, load it or send it anywhere.
func newFrame(title string, verdict report.Verdict, style, script string) frame {
	policy := "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; style-src " + hash(style)
	if script != "" {
		policy += "; script-src " + hash(script)
	}
	return frame{Title: exchange.Printable(title), Policy: policy, Icon: icon(verdict), Style: template.CSS(style),
		Script: template.JS(script)}
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// icon is a dot in the verdict's colour, so that a tab tells how a run ended.
func icon(v report.Verdict) template.URL {
	svg := `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="` +
		colorOf(v) + `"/></svg>`
	return template.URL("data:image/svg+xml," + url.PathEscape(svg))
}

// colorOf is the colour of a verdict outside the page, where there is no style sheet.
func colorOf(v report.Verdict) string {
	switch v {
	case report.Pass:
		return "#1a7f37"
	case report.Violation:
		return "#c4161c"
	case report.Waived:
		return "#946000"
	case report.Known:
		return "#1d6a8a"
	case report.Error:
		return "#5b3a9b"
	}
	return "#57606a"
}

func asset(name string) string {
	data, err := assets.ReadFile("assets/" + name)
	if err != nil {
		panic(err) // it is compiled in
	}
	return string(data)
}

// templates are parsed when they are first needed: most processes make no page.
var templates = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Funcs(functions).ParseFS(assets, "assets/*.html"))
})

var functions = template.FuncMap{
	"class":    func(v report.Verdict) string { return "v-" + initialOf(v) },
	"letter":   func(v report.Verdict) string { return initial(string(v)) },
	"upper":    func(v report.Verdict) string { return strings.ToUpper(string(v)) },
	"safe":     exchange.Printable,
	"short":    func(s string) string { return line(s, 240) },
	"web":      web,
	"count":    counted,
	"n":        thousands,
	"utc":      utc,
	"duration": duration,
	"ms":       milliseconds,
	"address":  address,
	"by":       kindOf,
	"perCode":  perCode,
	"ids":      faultIDs,
	"brief":    func(s string) string { return line(s, 420) },
}

func initialOf(v report.Verdict) string { return strings.ToLower(initial(string(v))) }

// web returns an address if it leads to the web; a report may hold others, which a page must not follow.
func web(address string) string {
	u, err := url.Parse(address)
	strange := func(c rune) bool { return c <= ' ' || c > '~' }
	if err != nil || strings.ContainsFunc(address, strange) || u.Scheme != "https" && u.Scheme != "http" ||
		u.Host == "" {
		return ""
	}
	return address
}

// address is what stands behind #cell= for a cell; the page's script writes the same.
func address(c *report.Cell) string {
	return exchange.Printable(fmt.Sprintf("%s/%d/%s/%s", c.Class, c.Code, c.Source, c.Subject))
}

// kindOf reports whether an id is that of a spec or of a step: the ids of specs begin with a code.
func kindOf(id string) string {
	if id != "" && id[0] >= '1' && id[0] <= '9' {
		return "spec"
	}
	return "step"
}
