package selftest_test

import (
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"acronis-conformance/fixtures/mock"
	"acronis-conformance/schemas"
)

// generatedName splits the name of a generated defect: subject, code, what is done, and to what. The subject is an
// operation, or a method on a path.
var generatedName = regexp.MustCompile(`^(.+)\.([1-5][0-9][0-9])-` +
	`(as|without|mistyped|bodiless|with-body|lacking|holding|ignoring|differing|paging|drops|resets|names|answers)` +
	`(?:-([\w.-]+))?$`)

// listWays are what generated defects do to lists.
var listWays = []string{"lacking", "holding", "ignoring", "differing", "paging"}

// subject is what a generated defect breaks: an operation, or a method on a path.
func subject(d mock.Defect) string {
	if parts := generatedName.FindStringSubmatch(d.Name); parts != nil {
		return parts[1]
	}
	return ""
}

// generatedDefects are the defects that the contract yields.
func generatedDefects() []defect { return expecting(mock.Generated()) }

// failingDefects are operations that always fail.
func failingDefects() []defect {
	all := expecting(mock.Failing())
	for i := range all {
		all[i].AtLeastOne, all[i].BreaksSetup = true, true
	}
	return all
}

func expecting(generated []mock.Defect) []defect {
	contract, err := schemas.Load()
	if err != nil {
		panic(err) // the tree of specs needs it
	}
	var all []defect
	for _, d := range generated {
		all = append(all, defect{d, expected(contract, d)})
	}
	return all
}

// disowns reports whether a list shows the tenant of the sandbox otherwise than it was sent. Whatever a read by its id
// shows, it is then not believed to be the run's own, and nothing is made in it.
func disowns(d mock.Defect) bool {
	return d.Name == "FetchTenantsBatch.200-differing-name" || d.Name == "FetchTenantsBatch.200-differing-parent_id"
}

// expected computes what a generated defect has to turn red: at least one of the specs of its code and operation.
// Objects are made with what a success says: where it says something else, those of other operations are not as they
// should be.
func expected(contract *schemas.Contract, d mock.Defect) expectation {
	parts := generatedName.FindStringSubmatch(d.Name)
	if parts == nil {
		panic("this is not the name of a generated defect: " + d.Name)
	}
	subject, code, way, what := parts[1], parts[2], parts[3], parts[4]
	e := expectation{AtLeastOne: true, Fails: specsOf(family(code), "*", subject)}
	op := contract.Operation(subject)
	if op == nil { // a method that the path does not support
		return e
	}
	e.BreaksSetup = strings.HasPrefix(code, "20")
	if disowns(d) {
		e.Fails, e.AtLeastOne = specsOf("20x", "valid-token", "CreateTenant"), false
		return e
	}
	if reader := readerOf(contract, op); e.BreaksSetup && op.Method == http.MethodPost && reader != "" {
		e.MayFail = specsOf("20x", "created-is-found-"+subject, reader)
	}
	switch {
	case code == "400" && slices.Contains(staleIs400, subject):
		e.MayFail = specsOf("409", "stale-version", subject)
	case way == "drops" || way == "resets":
		e.MayFail = append(e.MayFail, specsOf("20x", "*", readerOf(contract, op))...)
		if subject == "CreateUser" && what == "origin_id" {
			e.MayFail = append(e.MayFail, specsOf("20x", "filter-origin_id", "FetchUsersBatch")...)
		}
	case slices.Contains(listWays, way):
		for _, other := range comparedWith[subject] {
			e.MayFail = append(e.MayFail, specsOf("20x", "list-*", other)...)
		}
		if subject != "FetchApplications" { // which belong to no tenant
			e.MayFail = append(e.MayFail, specsOf("403", "foreign*", subject)...)
		}
	}
	return e
}

// family is how the ids of specs write a code: 20x, 404, 50x.
func family(code string) string {
	number, _ := strconv.Atoi(code)
	if number/10 == 20 || number/10 == 50 {
		return strconv.Itoa(number/10) + "x"
	}
	return code
}

// staleIs400 are the operations whose stale version the mock answers with 400, since the reference lists no 409
// there; either will do.
var staleIs400 = []string{"DeleteTenant", "DeleteUser", "DeleteReport", "UpdateTenantPricingSettings",
	"UploadTenantBrandLogo",
	"UpdateTenantOfferingItemsPrices"}

// comparedWith are lists that show the same objects: where the two differ, either may be at fault.
var comparedWith = map[string][]string{
	"FetchTenantOfferingItems": {"FetchTenantOfferingItemsBatch",
		"FetchOfferingItemsAvailableForTenantChild", "FetchTenantOfferingItemsPrices", "FetchTenantsBatch",
		"FetchTenantUsages"},
	"FetchTenantOfferingItemsBatch":    {"FetchTenantOfferingItems"},
	"FetchTenantUsages":                {"FetchTenantsUsagesBatch"},
	"FetchTenantsUsagesBatch":          {"FetchTenantUsages"},
	"FetchAvailableTenantApplications": {"FetchTenantsApplicationsBatch", "FetchApplications"},
	"FetchTenantsApplicationsBatch":    {"FetchAvailableTenantApplications"},
	"FetchUserAccessPolicies":          {"FetchUsersBatch"},
	"FetchUsersBatch":                  {"FetchUserAccessPolicies"},
	"FetchTenantsBatch":                {"FetchRegistrationTokens_0"},
}

// readerOf is the operation that reads what an operation writes: on its own path, or on that of the object which it
// creates.
func readerOf(contract *schemas.Contract, op *schemas.Operation) string {
	for _, other := range contract.Operations() {
		parent, last := path.Split(other.Path)
		created := op.Method == http.MethodPost && parent == op.Path+"/" && strings.HasPrefix(last, "{")
		updated := op.Method == http.MethodPut && other.Path == op.Path
		if other.Method == http.MethodGet && (created || updated) {
			return other.ID
		}
	}
	return ""
}
