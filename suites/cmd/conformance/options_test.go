package main

import (
	"acronis-conformance/suites/internal/config"
	"testing"

	. "github.com/onsi/gomega"
)

func TestUnmatched(t *testing.T) {
	selected := []string{"401/no-token/FetchTenant", "401/no-token/FetchTenantUsers",
		"404/unknown-id/GET.tenants.{tenant_id}"}
	for name, c := range map[string]struct {
		options  options
		selected []string
		want     string
	}{
		"an id":             {options{ids: []string{"401/no-token/FetchTenant"}}, selected, ""},
		"an id with braces": {options{ids: []string{"404/unknown-id/GET.tenants.{tenant_id}"}}, selected, ""},
		"a pattern":         {options{ids: []string{"401/*/FetchTenant*"}}, selected, ""},
		"the end of an id": {options{ids: []string{"no-token/FetchTenant"}}, selected,
			"no spec fits no-token/FetchTenant: "},
		"the beginning of an id": {options{ids: []string{"401/no-token/Fetch"}}, selected,
			"no spec fits 401/no-token/Fetch: "},
		"one of two": {options{ids: []string{"401/*", "409/*"}}, selected, "no spec fits 409/*: "},
		"a dot is a dot": {options{ids: []string{"404/unknown-id/GET-tenants.{tenant_id}"}}, selected,
			"no spec fits 404/"},
		"nothing by label": {options{labels: "a && b"}, nil,
			"no spec fits a && b: select by labels such as 401"},
		"nothing by text and label": {options{labels: "a", focus: "b"}, nil, "no spec fits a --focus=b: "},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.options.unmatched(c.selected)
			if c.want == "" {
				NewWithT(t).Expect(err).NotTo(HaveOccurred())
				return
			}
			NewWithT(t).Expect(err).To(MatchError(HavePrefix(c.want)))
		})
	}
}

func TestFlagsMayFollowIDs(t *testing.T) {
	g := NewWithT(t)
	var o options
	ids, err := (&cli{}).parseMixed(o.flagsOfRun(), []string{"401/a/B", "-target=x", "402/c/D", "-dry-run"})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(ids).To(Equal([]string{"401/a/B", "402/c/D"}))
	g.Expect(o.target).To(Equal("x"))
	g.Expect(o.dry).To(BeTrue())
}

// What surely selects something is not asked of the suite first; what may select nothing is.
func TestSurelySelects(t *testing.T) {
	builtIn := &config.File{}
	for name, row := range map[string]struct {
		options options
		config  *config.File
		surely  bool
	}{
		"an id":                      {options{ids: []string{"401/no-token/FetchTenant"}}, builtIn, true},
		"a pattern":                  {options{ids: []string{"401/*", "409/*"}}, builtIn, true},
		"one of two":                 {options{ids: []string{"401/*", "499/*"}}, builtIn, false},
		"a text":                     {options{focus: "no-token/Fetch"}, builtIn, true},
		"no text":                    {options{focus: "499/nothing"}, builtIn, false},
		"the beginning of a text":    {options{focus: "^401/no-token"}, builtIn, false},
		"what is left out":           {options{labels: "!waiting"}, builtIn, true},
		"a label":                    {options{labels: "401"}, builtIn, false},
		"what is left out of an id":  {options{labels: "!401", ids: []string{"401/*"}}, builtIn, false},
		"an id of another contract":  {options{ids: []string{"401/*"}}, &config.File{Contract: "other.yaml"}, false},
		"a label that is no filter":  {options{labels: "&&"}, builtIn, false},
		"a list, which is the suite": {options{ids: []string{"401/*"}, dry: true}, builtIn, false},
	} {
		NewWithT(t).Expect(row.options.surelySelects(row.config)).To(Equal(row.surely), name)
	}
}
