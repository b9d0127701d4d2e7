package schemas

import (
	"encoding/json"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

func named(properties []Property) map[string]Property {
	out := map[string]Property{}
	for _, p := range properties {
		out[p.Name] = p
	}
	return out
}

func TestRequestProperties(t *testing.T) {
	g := NewWithT(t)
	c := contract(t)
	list := c.Operation("CreateTenant").RequestProperties()
	var names []string
	for _, p := range list {
		names = append(names, p.Name)
	}
	g.Expect(names).To(Equal([]string{"ancestral_access", "company_billing_contact", "contact", "customer_id",
		"default_idp_id", "enabled",
		"internal_tag", "kind", "language", "name", "parent_id", "settings", "update_lock"}))

	tenant := named(list)
	g.Expect(tenant["name"]).To(Equal(Property{Name: "name", Type: "string", Required: true,
		Schema: map[string]any{"type": "string"}}))
	g.Expect(tenant["kind"].Schema["enum"]).To(ConsistOf("root", "partner", "folder", "customer", "unit"))
	g.Expect(tenant["kind"].Required).To(BeTrue())
	g.Expect(tenant["parent_id"].Type).To(Equal("string"), "through a $ref")
	g.Expect(tenant["parent_id"].Schema["minLength"]).To(Equal(json.Number("36")))
	g.Expect(tenant["internal_tag"].Nullable).To(BeTrue())
	g.Expect(tenant["enabled"].Type).To(Equal("boolean"))
	g.Expect(tenant["contact"].Type).To(Equal("object"))
	g.Expect(tenant["contact"].Schema["additionalProperties"]).To(BeFalse(), "a request is closed")

	pricing := named(c.Operation("UpdateTenantPricingSettings").RequestProperties())["currency"]
	g.Expect(pricing.Type).To(Equal("string"), "nullable beside allOf")
	g.Expect(pricing.Nullable).To(BeTrue())
	g.Expect(pricing.Schema["enum"]).To(And(ContainElement("EUR"), ContainElement(BeNil())))

	value := named(c.Operation("UpdateTenantApplicationSetting").RequestProperties())["value"]
	g.Expect(value.Type).To(BeEmpty())
	g.Expect(value.Nullable).To(BeTrue())

	brand := named(c.Operation("ModifyCustomBranding").RequestProperties())
	g.Expect(brand).To(And(HaveKey("company_name"), HaveKey("smtp_server")), "both parts of allOf")
	g.Expect(brand["smtp_port"].Type).To(Equal("integer"))

	g.Expect(c.Operation("FetchTenant").RequestProperties()).To(BeEmpty())
	g.Expect(c.Operation("RequestTokens").RequestProperties()).To(BeEmpty())
}

func TestRequiredPropertiesAgreeWithTheBody(t *testing.T) {
	g := NewWithT(t)
	for _, op := range contract(t).Operations() {
		if op.Body == nil {
			continue
		}
		var required []string
		for _, p := range append(op.RequestProperties(), op.FormProperties()...) {
			if p.Required {
				required = append(required, p.Name)
			}
		}
		g.Expect(required).To(ConsistOf(op.Body.Required), op.ID)
	}
}

func TestFormProperties(t *testing.T) {
	g := NewWithT(t)
	c := contract(t)
	form := named(c.Operation("RequestTokens").FormProperties())
	g.Expect(form).To(HaveLen(13))
	g.Expect(form["grant_type"].Required).To(BeTrue())
	g.Expect(form["not_required_introspection"].Type).To(Equal("boolean"))
	g.Expect(named(c.Operation("RequestDeviceAuthorization").FormProperties())["scope"].Type).To(Equal("array"))
	g.Expect(c.Operation("CreateTenant").FormProperties()).To(BeEmpty())
}

func TestPropertiesOfASchemaThatContainsItself(t *testing.T) {
	g := NewWithT(t)
	c, err := Parse(small(
		`{type: object, required: [a], properties: {a: {$ref: '#/components/schemas/thing'}, b: {$ref: `+
			`'#/components/schemas/any', description: c}}}`, "    any: {}"))
	g.Expect(err).NotTo(HaveOccurred())
	properties := c.Operation("PutThing").RequestProperties()
	g.Expect(properties).To(HaveLen(2))
	g.Expect(properties[0].Required).To(BeTrue())
	g.Expect(properties[0].Type).To(BeEmpty(), "the inner one is left open")
	g.Expect(properties[1].Type).To(BeEmpty())
	g.Expect(properties[1].Nullable).To(BeTrue())
}

func TestPropertiesOfComposedSchemas(t *testing.T) {
	g := NewWithT(t)
	c, err := Parse(small(`{properties: {
      both: {nullable: true, allOf: [{$ref: '#/components/schemas/text'}, {maxLength: 3}]},
      all: {allOf: [{type: string}, {enum: [a, null]}]},
      word: {enum: [a, null]},
      none: {}}}`, "    text: {type: string}"))
	g.Expect(err).NotTo(HaveOccurred())
	properties := named(c.Operation("PutThing").RequestProperties())
	for name, want := range map[string]struct {
		kind string
		null bool
	}{
		"both": {"string", true},
		"all":  {"string", false}, // both parts have a say on null
		"word": {"", true},
		"none": {"", true},
	} {
		g.Expect(properties[name].Type).To(Equal(want.kind), name)
		g.Expect(properties[name].Nullable).To(Equal(want.null), name)
	}
}

func TestAPropertyMayBeChangedByItsCaller(t *testing.T) {
	g := NewWithT(t)
	op := contract(t).Operation("CreateTenant")
	op.RequestProperties()[0].Schema["type"] = "changed"
	g.Expect(op.RequestProperties()[0].Schema["type"]).To(Equal("boolean"))
}

func TestChoices(t *testing.T) {
	g := NewWithT(t)
	places := map[string][]any{}
	for _, choice := range contract(t).Operation("CreateReport").Choices() {
		places[strings.Join(choice.Path, " ")] = choice.Values
	}
	g.Expect(places).To(HaveLen(5))
	g.Expect(places["schedule type"]).To(ConsistOf("once", "monthly"))
	g.Expect(places["parameters formats []"]).To(ContainElement("csv_v2_0"), "in a list")
	g.Expect(contract(t).Operation("SetTenantOfferingItems").Choices()).To(Equal([]Choice{
		{Path: []string{"offering_items", Item, "status"}, Values: []any{json.Number("0"), json.Number("1")}},
	}))
	currency := contract(t).Operation("UpdateTenantPricingSettings").Choices()[0]
	g.Expect(currency.Path).To(Equal([]string{"currency"}))
	g.Expect(currency.Values).To(ContainElements("EUR", BeNil()), "what may be null")
	g.Expect(contract(t).Operation("FetchTenant").Choices()).To(BeEmpty())
}
