package render

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"acronis-conformance/suites/internal/report"
)

// historyPage is what the template of the page is given.
type historyPage struct {
	frame
	Heading string
	Verdict report.Verdict
	Targets []targetHistory
}

type targetHistory struct {
	Name  string
	Table *historyTable
}

// History writes the nights, the oldest first, as a page: a table for each target, in the order in which they come.
func History(w io.Writer, nights []report.Night) error {
	if len(nights) == 0 {
		return errors.New("a history page needs a run")
	}
	p := historyPage{}
	var last []string
	for _, own := range report.GroupBy(nights, func(n report.Night) string { return n.Target }) {
		p.Targets = append(p.Targets, targetHistory{line(own[0].Target, 60), tableOf(own, nil, nil)})
		night := own[len(own)-1]
		last = append(last, fmt.Sprintf("%s on %s: %s, %s", line(night.Target, 60), day(night.Started), night.Verdict,
			counted(len(night.Faults), "fault", "faults")))
		if p.Verdict == "" || night.Verdict.Gravity() > p.Verdict.Gravity() {
			p.Verdict = night.Verdict
		}
	}
	p.Heading = strings.Join(last, "; ")
	p.frame = newFrame("History · "+p.Heading, p.Verdict, asset("page.css")+asset("comparison.css"), "")
	return templates().ExecuteTemplate(w, "history.html", p)
}
