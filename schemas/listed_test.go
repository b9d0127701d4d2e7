package schemas

import (
	"testing"

	. "github.com/onsi/gomega"
)

func TestLists(t *testing.T) {
	g := NewWithT(t)
	lists := func(operation string, names ...string) bool {
		op := contract(t).Operation(operation)
		return op.Lists(op.Success(), names...)
	}
	g.Expect(lists("FetchTenant", "contact", "city")).To(BeTrue())
	g.Expect(lists("FetchTenant", "contacts", "city")).To(BeTrue())
	g.Expect(lists("FetchTenant", "contact", "fax")).To(BeFalse())
	g.Expect(lists("FetchTenant", "settings")).To(BeFalse())
	g.Expect(lists("FetchClient", "data", "client_name")).To(BeTrue())
	g.Expect(lists("FetchTenantApplicationSetting", "own", "value")).To(BeTrue())
	g.Expect(lists("FetchTenantOfferingItems", "items", "quota", "value")).To(BeTrue())
	g.Expect(lists("FetchTenantOfferingItems", "items", "quota", "limit")).To(BeFalse())
	g.Expect(lists("FetchTenant", "name", "first")).To(BeFalse())
	g.Expect(lists("DeleteUser", "id")).To(BeFalse())
}

func TestAnswers(t *testing.T) {
	g := NewWithT(t)
	answers := func(operation string) string { return contract(t).Operation(operation).Answers() }
	g.Expect(answers("ModifyCustomBranding")).To(Equal(answers("FetchTenant")))
	g.Expect(answers("FetchTenant")).NotTo(BeEmpty())
	g.Expect(answers("FetchCustomBrandingOptions")).NotTo(Equal(answers("FetchTenant")))
	g.Expect(answers("DeleteUser")).To(BeEmpty())
}
