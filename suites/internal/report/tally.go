package report

import (
	"maps"
	"slices"

	"acronis-conformance/schemas"
)

// columns are the codes of the general table. They have totals in every result, so that results can be laid side by
// side.
var columns = [...]string{"20x", "400", "401", "403", "404", "405", "409", "415", "50x"}

// tally counts specs and cells. It needs nothing else, so a reader can count again what a file says.
func tally(specs []Spec, cells []Cell) (Totals, []CodeTotals, []ResourceTotals) {
	var all Totals
	codes, resources := map[string]*Totals{}, map[string]*Totals{}
	for _, code := range columns {
		codes[code] = &Totals{}
	}
	for _, s := range specs {
		for _, t := range []*Totals{&all, at(codes, s.Code), at(resources, s.Resource)} {
			t.Specs.add(s.Verdict)
		}
	}
	for _, c := range cells {
		for _, t := range []*Totals{&all, at(codes, c.Class), at(resources, c.Resource)} {
			if c.Source == schemas.FromReference {
				t.Reference.add(c.Verdict)
			} else {
				t.Clause.add(c.Verdict)
			}
		}
	}
	var perCode []CodeTotals
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		perCode = append(perCode, CodeTotals{Code: code, Totals: *codes[code]})
	}
	perResource := []ResourceTotals{}
	delete(resources, "") // unknown routes belong to none
	for _, resource := range slices.Sorted(maps.Keys(resources)) {
		perResource = append(perResource, ResourceTotals{Resource: resource, Totals: *resources[resource]})
	}
	return all, perCode, perResource
}

func at(totals map[string]*Totals, key string) *Totals {
	if totals[key] == nil {
		totals[key] = &Totals{}
	}
	return totals[key]
}

func (c *Counts) add(v Verdict) {
	c.Total++
	switch v {
	case Pass:
		c.Pass++
	case Violation:
		c.Violation++
	case Waived:
		c.Waived++
	case Known:
		c.Known++
	case Inconclusive:
		c.Inconclusive++
	case Error:
		c.Error++
	}
}

func (c *CellCounts) add(v Verdict) {
	c.Total++
	if v.Asserted() {
		c.Asserted++
	}
	switch v {
	case Pass:
		c.Pass++
	case Violation:
		c.Violation++
	case Waived:
		c.Waived++
	case Known:
		c.Known++
	default:
		c.Inconclusive++
	}
}
