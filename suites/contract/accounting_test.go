package contract_test

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// mostUnprovokable bounds the reviewed list: it is no place to put what is merely hard.
const mostUnprovokable = 10

var accountFlag = flag.Bool("account", false, "walk the tree of specs without running it, and account for every cell")

// The tree is walked without being run. A run of the specs does not need it: `make test` asks for it.
func TestEveryCellIsAccountedFor(t *testing.T) {
	if !*accountFlag {
		t.Skip("ask for it with -account")
	}
	RegisterFailHandler(Fail)
	g := NewWithT(t)
	suite.prepare()
	g.Expect(suite.configErr).NotTo(HaveOccurred())
	suiteConfig, reporterConfig := GinkgoConfiguration()
	tree := PreviewSpecs("contract", suiteConfig, reporterConfig).SpecReports.WithLeafNodeType(leaves)

	asserted := map[report.CellKey]bool{}
	seen := map[string]bool{}
	for _, leaf := range tree {
		id := leaf.LeafNodeText
		g.Expect(seen[id]).To(BeFalse(), "two specs bear the id %s", id)
		seen[id] = true
		sp := suite.specs[id]
		g.Expect(sp.id()).To(Equal(id), "a spec's text is its id")
		g.Expect(leaf.Labels()).To(ContainElements(sp.code, sp.probe), id)
		g.Expect(leaf.FileName()).To(ContainSubstring("/"+sp.code+"_"), "file, label and id agree")
		if sp.op != nil && sp.source() == schemas.FromReference {
			asserted[report.CellKey{Operation: sp.op.ID, Code: sp.want}] = true
		}
	}

	var open []string
	for _, cell := range suite.contract.Cells() {
		key := report.CellKey{Operation: cell.Operation, Code: cell.Code}
		if _, reviewed := unprovokable[key]; reviewed == asserted[key] {
			open = append(open, fmt.Sprintf("%s %d: asserted %v, on the reviewed list %v", cell.Operation, cell.Code, asserted[key], reviewed))
		}
	}
	g.Expect(open).To(BeEmpty(), "every reference cell has a spec, or a reason on the reviewed list, and not both")
	g.Expect(len(unprovokable)).To(BeNumerically("<=", mostUnprovokable))
	for key := range unprovokable {
		g.Expect(suite.contract.Operation(key.Operation).Documents(key.Code)).To(BeTrue(), "%v is no reference cell", key)
	}
	g.Expect(missing(seen)).To(BeEmpty(), "the contract implies these specs")
}

// missing lists specs that the contract implies, whatever else there is: no change of a probe may drop one unseen.
func missing(seen map[string]bool) []string {
	var implied []string
	for _, op := range suite.contract.Operations() {
		implied = append(implied, "20x/valid-token/"+op.ID, "50x/injected-failure/"+op.ID)
		if op.Security.Token {
			for _, probe := range []string{"no-token", "garbage-token", "expired-token", "tampered-token", "alg-none-token", "other-issuer-token", "revoked-token"} {
				implied = append(implied, "401/"+probe+"/"+op.ID)
			}
			if slices.Contains(op.Takes("path"), "tenant_id") {
				implied = append(implied, "403/foreign-tenant/"+op.ID)
			}
		}
		if op.Body != nil {
			implied = append(implied, "415/wrong-content-type/"+op.ID, "415/no-content-type/"+op.ID)
		}
		if op.Body != nil && op.Body.Demanded {
			implied = append(implied, "400/empty-body/"+op.ID)
		}
	}
	for _, path := range suite.contract.Paths() {
		for _, method := range schemas.Methods {
			if !slices.Contains(path.Methods, method) {
				implied = append(implied, "405/wrong-method/"+method+strings.ReplaceAll(path.Template, "/", "."))
			}
		}
	}
	return slices.DeleteFunc(implied, func(id string) bool { return seen[id] })
}
