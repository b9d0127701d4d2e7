package render

import (
	"fmt"
	"html/template"
	"io"

	"acronis-conformance/suites/internal/report"
)

// Badge writes the verdict as a small picture (SVG) for a README or a wiki. All that is in it are words and numbers
// of ours.
func Badge(w io.Writer, r *report.Result) error {
	left, right := "conformance", badgeText(r)
	b := badgeImage{Left: left, Right: right, LeftWidth: textWidth(left), RightWidth: textWidth(right),
		Color: colorOf(r.Verdict)}
	b.Width = b.LeftWidth + b.RightWidth
	b.LeftMiddle, b.RightMiddle = b.LeftWidth/2, b.LeftWidth+b.RightWidth/2
	b.LeftText, b.RightText = b.LeftWidth-padding, b.RightWidth-padding
	return badgeTemplate.Execute(w, b)
}

// badgeText is the verdict, or the number of its faults or cells.
func badgeText(r *report.Result) string {
	text := string(r.Verdict)
	switch r.Verdict {
	case report.Violation:
		text = counted(len(r.FaultsOf(report.Violation)), "fault", "faults")
	case report.Pass:
		text = fmt.Sprintf("pass, %d of %d cells", r.Totals.Reference.Asserted, r.Totals.Reference.Total)
	}
	if r.Run.Filtered {
		text += " (partial)"
	}
	return text
}

type badgeImage struct {
	Left, Right                  string
	Width, LeftWidth, RightWidth int
	LeftMiddle, RightMiddle      int
	LeftText, RightText          int
	Color                        string
}

const padding = 12

// textWidth guesses the width of a text at 11 pixels; the picture stretches the text to it, so that the guess need
// not be exact.
func textWidth(text string) int {
	const perLetter = 6.4
	return int(perLetter*float64(len(text))) + padding
}

var badgeTemplate = template.Must(template.New("badge").Parse(
	`<svg xmlns="http://www.w3.org/2000/svg" width="{{.Width}}" height="20" role="img" ` +
		`aria-label="{{.Left}}: {{.Right}}">
<title>{{.Left}}: {{.Right}}</title>
<clipPath id="r"><rect width="{{.Width}}" height="20" rx="3"/></clipPath>
<g clip-path="url(#r)"><rect width="{{.LeftWidth}}" height="20" fill="#444c56"/>` +
		`<rect x="{{.LeftWidth}}" width="{{.RightWidth}}" height="20" fill="{{.Color}}"/></g>
<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">
<text x="{{.LeftMiddle}}" y="14" textLength="{{.LeftText}}">{{.Left}}</text>
<text x="{{.RightMiddle}}" y="14" textLength="{{.RightText}}">{{.Right}}</text>
</g>
</svg>
`))
