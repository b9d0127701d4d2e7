package contract

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	. "github.com/onsi/gomega"
)

const (
	// maxUnprovokable bounds the reviewed list: it is not a place to put what is merely hard.
	maxUnprovokable = 10

	// goldenList holds the specs by family: `make specs` writes it, so that a review shows what a change adds and
	// loses.
	goldenList = "testdata/specs.txt"
)

var (
	accountFlag = flag.Bool("account", false, "walk the tree of specs without running it, and account for every cell")
	specsFlag   = flag.Bool("specs", false, "write the list of specs instead of comparing with it; with -account")
)

// The tree is walked without being run. A run of the specs does not need it: `make test` asks for it.
func TestEveryCellIsAccountedFor(t *testing.T) {
	if !*accountFlag {
		t.Skip("ask for it with -account")
	}
	RegisterFailHandler(Fail)
	g := NewWithT(t)
	g.Expect(spec.Load(options())).To(Succeed())
	suiteConfig, reporterConfig := GinkgoConfiguration()
	asserted, seen := map[report.CellKey]bool{}, map[string]bool{}
	for _, leaf := range PreviewSpecs("contract", suiteConfig, reporterConfig).SpecReports.WithLeafNodeType(
		types.NodeTypeIt) {
		id := leaf.LeafNodeText
		g.Expect(seen[id]).To(BeFalse(), "two specs have the id %s", id)
		seen[id] = true
		sp := spec.ByID(id)
		g.Expect(sp.ID()).To(Equal(id), "a spec's text is its id")
		g.Expect(leaf.Labels()).To(ContainElements(sp.Code, sp.Probe), id)
		g.Expect(leaf.FileName()).To(ContainSubstring("/"+sp.Code+"_"), "file, label and id agree")
		g.Expect(sp.Requirement()).NotTo(Equal(spec.Citation{}), "requirements.go lacks %s", id)
		if sp.Operation != nil && sp.Source() == schemas.FromReference {
			asserted[report.CellKey{Operation: sp.Operation.ID, Code: sp.Want}] = true
		}
	}
	var open []string
	for _, cell := range spec.Contract().Cells() {
		key := report.CellKey{Operation: cell.Operation, Code: cell.Code}
		if _, reviewed := unprovokable[key]; reviewed == asserted[key] {
			open = append(open, fmt.Sprintf("%s %d: asserted %v, on the reviewed list %v", cell.Operation, cell.Code,
				asserted[key], reviewed))
		}
	}
	g.Expect(open).To(BeEmpty(), "every reference cell has a spec, or a reason on the reviewed list, and not both")
	g.Expect(len(unprovokable)).To(BeNumerically("<=", maxUnprovokable))
	g.Expect(idle(seen)).To(BeEmpty(), "no spec asks for these rows of requirements.go")
	g.Expect(lacking(seen)).To(BeEmpty(), "the contract implies these specs")
	g.Expect(lackingOfLists(seen)).To(BeEmpty(),
		"the contract implies these specs of lists, or a reason on the list unfiltered")
	g.Expect(unkept()).To(BeEmpty(),
		"every property of a request body is sent and read back, or there is a reason not to")

	list := families(seen)
	if *specsFlag {
		g.Expect(os.WriteFile(goldenList, []byte(list), 0o644)).To(Succeed())
	}
	golden, err := os.ReadFile(goldenList)
	g.Expect(err).NotTo(HaveOccurred())
	lost, added := compared(string(golden), list)
	g.Expect(lost).To(BeEmpty(),
		"specs of %s are lost or have another basis: bring them back, or run `make specs` and say why in the commit",
		goldenList)
	g.Expect(added).To(BeEmpty(), "specs are new: run `make specs`")
	g.Expect(list).To(Equal(string(golden)))
}

// idle lists the rows of the requirements that no spec quotes.
func idle(seen map[string]bool) []string {
	quoted := map[string]bool{}
	for id := range seen {
		if sp := spec.ByID(id); sp.Cite == (spec.Citation{}) {
			row := sp.Code + "/" + sp.Probe
			if _, known := requirements[row+"-"+sp.Variant]; known {
				row += "-" + sp.Variant
			}
			quoted[row] = true
		}
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(requirements)), func(row string) bool { return quoted[row] })
}

// lacking lists what must be there whatever a probe chooses: every operation with a token has all probes of 401, and
// every operation a valid call, an injected failure and, where it takes a body, another media type.
func lacking(seen map[string]bool) []string {
	var implied []string
	for _, op := range spec.Contract().Operations() {
		implied = append(implied, "20x/valid-token/"+op.ID, "20x/every-answer/"+op.ID, "50x/injected-failure/"+op.ID)
		if op.Body != nil {
			implied = append(implied, "415/wrong-content-type/"+op.ID, "415/no-content-type/"+op.ID)
		}
		if op.Security.Token {
			for _, token := range []string{"no", "garbage", "expired", "tampered", "alg-none", "other-issuer",
				"revoked"} {
				implied = append(implied, "401/"+token+"-token/"+op.ID)
			}
		}
	}
	for _, path := range spec.Contract().Paths() {
		for _, method := range schemas.Methods {
			if !slices.Contains(path.Methods, method) {
				implied = append(implied, "405/wrong-method/"+method+strings.ReplaceAll(path.Template, "/", "."))
			}
		}
	}
	return slices.DeleteFunc(implied, func(id string) bool { return seen[id] })
}

// unfiltered are the parameters of lists of which the documentation says too little, or which nothing that can be
// made shows.
var unfiltered = map[string]string{
	"FetchTenantOfferingItemsBatch allow_deleted": "no call deletes an item",
	"FetchTenantOfferingItems available_only":     "what is available is a matter of internal business rules",
	"FetchTenantOfferingItems for_ui": "it leaves out what is in a grace period, which no call " +
		"brings about",
	"FetchTenantOfferingItems include_secondary": "which items are secondary is not documented",
	"FetchAvailableTenantApplications for_ui": "it leaves out what is in a grace period, which no call " +
		"brings about",
	"FetchOfferingItemsAvailableForTenantChild kind":   "what it leaves out is not documented",
	"FetchUserAccessPolicies includeUserGroupPolicies": "no call makes a group of users",
	"Search text": "20x/finds shows it",
}

// lackingOfLists lists what must be there for every list: what it holds, and for each parameter that it filters; its
// items, where they are objects that another read shows; and its pages, where their number can be asked for.
func lackingOfLists(seen map[string]bool) (missing []string) {
	has := func(prefix, operation string) bool {
		for id := range seen {
			if strings.HasPrefix(id, prefix) && strings.HasSuffix(id, "/"+operation) {
				return true
			}
		}
		return false
	}
	for _, op := range spec.Contract().Operations() {
		if op.List() == "" {
			continue
		}
		if !has("20x/list-holds", op.ID) {
			missing = append(missing, "20x/list-holds/"+op.ID)
		}
		if !has("20x/list-as-read", op.ID) && !listsIDs[op.ID] {
			missing = append(missing, "20x/list-as-read/"+op.ID)
		}
		if op.Param("query", "limit") != nil && op.Param("query", "after") != nil && !has("20x/paging/", op.ID) {
			missing = append(missing, "20x/paging/"+op.ID)
		}
		for _, name := range op.Takes("query") {
			shown := slices.Contains([]string{"after", "limit", "lod", "order"}, name) ||
				unfiltered[op.ID+" "+name] != ""
			if !shown && !has("20x/filter-"+name, op.ID) && !has("20x/list-holds-"+name+"/", op.ID) {
				missing = append(missing, "20x/filter-"+name+"/"+op.ID)
			}
		}
	}
	return missing
}

// listsIDs are lists of ids, or of objects that no other read shows: 20x/list-holds knows what belongs to them.
var listsIDs = map[string]bool{
	"FetchTenantChildren": true, "FetchTenantUsers": true, "FetchTenantReports": true,
	"FetchTenantInfrastructureLocations": true,
	"FetchLocationInfrastructures":       true, "FetchStoredReports": true,
}

// families lists the specs, a line per probe, basis and source: "401/no-token documented/documented reference: A B C".
func families(seen map[string]bool) string {
	subjects := map[string][]string{}
	for id := range seen {
		sp := spec.ByID(id)
		family := fmt.Sprintf("%s %s/%s %s %s", strings.TrimSuffix(id, "/"+sp.Subject), sp.Basis.Rejection,
			sp.Basis.Code,
			sp.Source(), sp.Mode())
		subjects[family] = append(subjects[family], sp.Subject)
	}
	var list strings.Builder
	for _, family := range slices.Sorted(maps.Keys(subjects)) {
		slices.Sort(subjects[family])
		fmt.Fprintf(&list, "%s: %s\n", family, strings.Join(subjects[family], " "))
	}
	return list.String()
}

// compared says which specs the one list has and the other lacks, each with its family.
func compared(golden, list string) (lost, added []string) {
	split := func(text string) map[string]bool {
		specs := map[string]bool{}
		for line := range strings.Lines(text) {
			family, subjects, _ := strings.Cut(strings.TrimSpace(line), ": ")
			for subject := range strings.FieldsSeq(subjects) {
				specs[family+": "+subject] = true
			}
		}
		return specs
	}
	was, is := split(golden), split(list)
	for spec := range was {
		if !is[spec] {
			lost = append(lost, spec)
		}
	}
	for spec := range is {
		if !was[spec] {
			added = append(added, spec)
		}
	}
	slices.Sort(lost)
	slices.Sort(added)
	return lost, added
}
