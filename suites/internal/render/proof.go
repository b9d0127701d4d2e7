package render

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"acronis-conformance/suites/internal/report"
)

// Proof is what became of the defects that the mock was seeded with: proof.json.
type Proof struct {
	Mode   string      `json:"mode"`
	Totals ProofTotals `json:"totals"`
	Kills  []Kill      `json:"kills"`
}

// The modes of a proof. Only a full one stands for the whole matrix.
const (
	ProofFull = "full" // every defect, those of the catalogue with the whole suite
	// every defect of the catalogue and a fixed part of the generated ones, with a part of the suite
	ProofSample = "sample"
	ProofPart   = "part" // what was selected
)

// ProofTotals counts the defects by their fate.
type ProofTotals struct {
	Defects   int `json:"defects"`
	Killed    int `json:"killed"`
	Prevented int `json:"prevented"`
	Survived  int `json:"survived"`
	Failed    int `json:"failed"`
}

// Fate is what became of a defect.
type Fate string

const (
	// Killed says that the specs which the defect declares turned red, and no others.
	Killed Fate = "killed"
	// Prevented says that there was no world to run specs in, and that the run said so and named the operation.
	Prevented Fate = "prevented"
	// Survived says that nothing notices the defect, and that this is accepted.
	Survived Fate = "survived"
	// Failed says that other specs turned red than those that the defect declares, or that the run told nothing.
	Failed Fate = "failed"
)

// fates are all fates, what needs a look first.
var fates = []Fate{Failed, Survived, Prevented, Killed}

// Kill is what became of one defect.
type Kill struct {
	Defect   string   `json:"defect"`
	Does     string   `json:"does"`
	Breaks   string   `json:"breaks"`
	Verdict  Fate     `json:"verdict"`
	Why      string   `json:"why,omitempty"` // of everything but killed
	Declared int      `json:"declared"`      // specs of the run that the defect declares
	Red      int      `json:"red"`           // specs that turned red
	KilledBy []string `json:"killed_by"`     // the first of those that are declared
	Missing  []string `json:"missing"`       // specs that are declared and did not turn red, with what they said
	Strays   []string `json:"strays"`        // specs that turned red though nothing declares them, with what they said
}

// NewProof counts the defects and sorts them: what needs a look first, then by name.
func NewProof(mode string, kills []Kill) Proof {
	p := Proof{Mode: mode, Kills: slices.Clone(kills), Totals: ProofTotals{Defects: len(kills)}}
	for _, k := range kills {
		switch k.Verdict {
		case Killed:
			p.Totals.Killed++
		case Prevented:
			p.Totals.Prevented++
		case Survived:
			p.Totals.Survived++
		default:
			p.Totals.Failed++
		}
	}
	slices.SortStableFunc(p.Kills, func(a, b Kill) int {
		return cmp.Or(cmp.Compare(slices.Index(fates, a.Verdict), slices.Index(fates, b.Verdict)),
			strings.Compare(a.Defect,
				b.Defect))
	})
	return p
}

// Heading is the proof in a line.
func (p Proof) Heading() string {
	text := fmt.Sprintf("%s of %s noticed", thousands(p.Totals.Killed+p.Totals.Prevented), counted(p.Totals.Defects,
		"defect", "defects"))
	for _, part := range []struct {
		n    int
		said string
	}{{p.Totals.Failed, "failed"}, {p.Totals.Survived, "survived"}} {
		if part.n > 0 {
			text += fmt.Sprintf(", %s %s", thousands(part.n), part.said)
		}
	}
	return text
}

// verdict is that of the proof as a run's would be shown.
func (p Proof) verdict() report.Verdict {
	switch {
	case p.Totals.Failed > 0:
		return report.Violation
	case p.Totals.Survived > 0:
		return report.Waived
	}
	return report.Pass
}

// word says the verdict in the proof's own terms.
func (p Proof) word() string {
	switch p.verdict() {
	case report.Violation:
		return "FAILED"
	case report.Waived:
		return "SURVIVED"
	}
	return "KILLED"
}

// Tag is the verdict in whose colour and with whose letter the fate is shown.
func (k Kill) Tag() report.Verdict {
	switch k.Verdict {
	case Killed:
		return report.Pass
	case Prevented:
		return report.Error
	case Survived:
		return report.Waived
	}
	return report.Violation
}

// More is how many specs turned red beside those that are named.
func (k Kill) More() int { return max(0, k.Red-len(k.Strays)-len(k.KilledBy)) }

// proofPage is what the template of the page is given.
type proofPage struct {
	frame
	Proof
	Verdict report.Verdict
	Word    string
}

// ProofHTML writes the proof as a page of its own: one file that needs nothing else.
func ProofHTML(w io.Writer, p Proof) error {
	style := asset("page.css") + asset("comparison.css") + asset("proof.css")
	return templates().ExecuteTemplate(w, "proof.html", proofPage{
		frame: newFrame("Proof: "+p.Heading(), p.verdict(), style, ""), Proof: p, Verdict: p.verdict(), Word: p.word(),
	})
}

// ProofMarkdown writes the proof as a table.
func ProofMarkdown(w io.Writer, p Proof) error {
	m := &markdown{}
	m.line("# Proof: %s", plain(p.Heading()))
	m.line("")
	m.line("Mode: %s.", plain(p.Mode))
	m.line("")
	m.row("defect", "breaks", "verdict", "killed by", "red", "declared")
	m.row("---", "---", "---", "---", "---", "---")
	for _, k := range p.Kills {
		by := strings.Join(k.KilledBy, ", ")
		if k.Why != "" {
			by = k.Why
		}
		m.row(code(k.Defect)+": "+plain(k.Does), plain(k.Breaks), plain(string(k.Verdict)), plain(by),
			fmt.Sprint(k.Red),
			fmt.Sprint(k.Declared))
	}
	return m.write(w)
}
