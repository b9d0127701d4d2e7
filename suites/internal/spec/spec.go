package spec

import (
	"context"
	"fmt"
	"strings"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/judge"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/session"

	. "github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
)

// What an expectation rests on: is the rejection documented, and is its code?
var (
	Documented          = report.Basis{Rejection: report.Documented, Code: report.Documented}
	RejectionDocumented = report.Basis{Rejection: report.Documented, Code: report.Assumed}
	Assumed             = report.Basis{Rejection: report.Assumed, Code: report.Assumed}
)

// Citation is a sentence of the documentation: what it requires, in our words with page and section, and a link to
// the page.
type Citation struct {
	Requirement string
	Link        string
}

// Cites returns the citation of a requirement on the page of the link.
func Cites(requirement, link string) Citation { return Citation{Requirement: requirement, Link: link} }

// Reference is the page that holds the operations' own lists of codes.
const Reference = "https://developer.acronis.com/doc/account-management/v2/"

// Spec is one probe on one subject: one It of the tree.
type Spec struct {
	Code      string // label and first part of the id: 401, 20x
	Probe     string
	Variant   string
	Subject   string
	Operation *schemas.Operation // that is called; nil where the reference knows no such call
	Asserts   *schemas.Operation // whose promise it is, where that is another operation than the one called
	Method    string
	Path      string
	Resource  string // label of a spec on a path that no operation has
	Want      int
	Or        int // another code that keeps the promise as well; 0 where there is none
	Basis     report.Basis
	Cite      Citation // what promises more of it than the general table does; empty where nothing does
	Lod       string

	Writes   bool // on a faulty server the request changes something that exists
	Waiting  bool // the documentation makes it wait
	Injected bool // the answer is asked for by the fault header
	Settles  bool // it reads what was just written, which a target may show late: it is sent again until then

	Control string // the operation whose control proves the valid request
	Objects func(session.Needs)
	// Prepare builds the case. Its error is the reason why the spec is inconclusive.
	Prepare func(ctx context.Context, s *session.Session, id string) (Case, error)

	container string // the outermost one around it: its file and line
	place     string // that of the spec in Ginkgo's order, within its container
	text      string // what Ginkgo's focus looks at
}

// Case is what a spec does: a request, or an exchange that has taken place, and what is checked around it.
type Case struct {
	Request  fixtures.Request
	Fault    *session.Fault
	Exchange *exchange.Exchange // instead of a request
	Failed   error              // why that exchange is not complete
	Locks    string             // key of the object that the request aims at
	lock     *session.Lock      // of that object
	// the spec that changed that object and should not have, where it could not be made again; empty: none
	modifiedBy string
	Unchanged  *session.Watch // the read-back that must show the state before a refused write; nil for none
	Check      Check
}

// Check finds what one answer alone does not show, perhaps with requests of its own. It returns what contradicts the
// documentation and the exchanges that show it. An error is Inconclusive, Excused, or a failure that says nothing
// about the contract.
type Check func(ctx context.Context, e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error)

// ID is stable over runs: 401/expired-token/FetchTenant.
func (sp Spec) ID() string {
	probe := sp.Probe
	if sp.Variant != "" {
		probe += "-" + sp.Variant
	}
	return sp.Code + "/" + probe + "/" + sp.Subject
}

// addTo adds what the spec needs of the sandbox.
func (sp Spec) addTo(n session.Needs) {
	if sp.Control != "" {
		NeedControl(n, sp.Control)
	}
	if sp.Objects != nil {
		sp.Objects(n)
	}
}

// Register adds the spec to the tree. Its text is its id alone, so that reports and filters find it by that.
func Register(sp Spec) {
	GinkgoHelper()
	_, known := suite.specs[sp.ID()] // Ginkgo builds the tree a second time where it is looked at first
	sp = enter(sp)
	if !known && sp.independent() && !CurrentTreeConstructionNodeReport().IsInOrderedContainer {
		suite.early = append(suite.early, sp)
	}
	It(sp.ID(), sp.labels()[1:], SpecTimeout(suite.timeout()), func(ctx SpecContext) { sp.run(ctx) })
}

// enter notes where in the tree the spec stands, and keeps it.
func enter(sp Spec) Spec {
	GinkgoHelper()
	around := CurrentTreeConstructionNodeReport()
	sp.container = around.ContainerHierarchyLocations[1].String() // below the root of the tree
	texts := append(around.ContainerHierarchyTexts[1:], sp.ID())
	sp.place = place(append(around.ContainerHierarchyLocations, types.NewCodeLocation(1)), texts)
	sp.text = suiteName + " " + strings.Join(texts, " ")
	suite.specs[sp.ID()] = sp
	return sp
}

// place sorts as Ginkgo orders the specs of a container: by the lines of the nodes around them, then by their texts.
func place(locations []types.CodeLocation, texts []string) string {
	var b strings.Builder
	for _, l := range locations {
		fmt.Fprintf(&b, "%s:%06d ", l.FileName, l.LineNumber)
	}
	return b.String() + strings.Join(texts, " ")
}

// labels are what filters select the spec by. The first one, its code, is that of the container around it.
func (sp Spec) labels() Labels {
	labels := Label(sp.Code, sp.Probe, sp.Mode())
	if subject := sp.asserting(); subject != nil {
		labels = append(labels, subject.Resource, subject.ID)
	} else if sp.Resource != "" {
		labels = append(labels, sp.Resource)
	}
	labels = append(labels, string(sp.Source()))
	if sp.Waiting {
		labels = append(labels, "waiting")
	}
	return labels
}

// Mode is "write" if the request would change an object on a faulty server, else "read".
func (sp Spec) Mode() string {
	if sp.Writes {
		return "write"
	}
	return "read"
}

// Source reports what the spec's cell is: one of the operation's own list, or of the general table. An injected
// failure proves the table only.
func (sp Spec) Source() schemas.Source {
	op, code := sp.asserting(), sp.Want
	if sp.Asserts != nil {
		code = sp.Asserts.Success()
	}
	if op != nil && !sp.Injected && op.Documents(code) {
		return schemas.FromReference
	}
	return schemas.FromClause
}

// asserting is the operation whose cell the spec asserts.
func (sp Spec) asserting() *schemas.Operation {
	if sp.Asserts != nil {
		return sp.Asserts
	}
	return sp.Operation
}

func (sp Spec) expectation() judge.Expectation {
	return judge.Expectation{Operation: sp.Operation, Code: sp.Want, Or: sp.Or, Basis: sp.Basis, Lod: sp.Lod,
		Injected: sp.Injected && sp.Want/100 == 5}
}

// Promised gives the spec the basis that its source allows: rejection documented, code assumed.
func (sp Spec) Promised(c Citation) Spec {
	if c != (Citation{}) {
		sp.Basis, sp.Cite = RejectionDocumented, c
	}
	return sp
}
