package schemas

import (
	"testing"

	. "github.com/onsi/gomega"
)

func TestList(t *testing.T) {
	g := NewWithT(t)
	found := map[string]string{}
	for _, op := range contract(t).Operations() {
		if property := op.List(); property != "" {
			found[op.ID] = property
		}
	}
	g.Expect(found).To(HaveLen(24))
	for id, property := range map[string]string{
		"FetchTenantsBatch": "items", "FetchTenantChildren": "items", "FetchTenantInfrastructureLocations": "locations",
		"FetchLocationInfrastructures": "infras", "FetchUserAccessPolicies": "items", "Search": "items",
		"FetchTenant": "", "PerformTenantEditionSwitchCheck": "", "FetchOpenIDConfiguration": "",
		"UpdateTenantsUsages":  "",
		"FetchTenantBrandLogo": "",
	} {
		g.Expect(found[id]).To(Equal(property), id)
	}
}
