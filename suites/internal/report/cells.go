package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"acronis-conformance/schemas"
)

const (
	notSelected = "not selected by the filter"
	noProbe     = "no probe provokes it"
)

// account gives every cell of the reference its verdict, once, and adds the cells of the clauses that specs address.
func (r *Result) account(in Input) []Cell {
	c := in.Contract
	reference, clause := r.assign(c)
	var cells []Cell
	for _, promised := range c.Cells() {
		op := c.Operation(promised.Operation)
		cell := Cell{Subject: op.ID, Operation: op.ID, Method: op.Method, Path: op.Path, Resource: op.Resource,
			Class: class(c, promised.Code), Code: promised.Code, Source: schemas.FromReference}
		key := CellKey{promised.Operation, promised.Code}
		cell.judge(reference[key])
		if cell.Verdict == Inconclusive && cell.Reason == "" {
			cell.Reason = cmp.Or(in.Unprovokable[key], r.silence())
		}
		cells = append(cells, cell)
	}
	var further []Cell
	for _, specs := range clause {
		s := specs[0]
		cell := Cell{Subject: subject(s), Operation: s.Operation, Method: s.Method, Path: s.Path, Resource: s.Resource,
			Class: s.Code, Source: schemas.FromClause}
		cell.Code, _ = strconv.Atoi(s.Code)
		cell.judge(specs)
		further = append(further, cell)
	}
	slices.SortFunc(further, func(a, b Cell) int {
		return cmp.Or(cmp.Compare(a.Class, b.Class), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method),
			cmp.Compare(a.Subject, b.Subject))
	})
	return append(cells, further...)
}

// silence is the reason of a cell that no spec addressed and that no one reviewed.
func (r *Result) silence() string {
	if r.Run.Filtered {
		return notSelected
	}
	return noProbe
}

// baseless is the problem of a spec whose cell the contract does not have.
func baseless(s Spec) string {
	return fmt.Sprintf("spec %s rests on a reference cell that the contract does not have", s.ID)
}

type clauseKey struct{ subject, class string }

// assign finds the cell of each spec. What the fault header asked for proves the clause 50x and no cell of the
// reference.
func (r *Result) assign(c *schemas.Contract) (map[CellKey][]Spec, map[clauseKey][]Spec) {
	reference, clause := map[CellKey][]Spec{}, map[clauseKey][]Spec{}
	for _, s := range r.Specs {
		if s.Injected || s.Source == schemas.FromClause {
			key := clauseKey{subject(s), s.Code}
			clause[key] = append(clause[key], s)
			continue
		}
		code, ok := documented(c, s)
		if !ok {
			r.problem("%s", baseless(s))
			continue
		}
		key := CellKey{s.Operation, code}
		reference[key] = append(reference[key], s)
	}
	return reference, clause
}

// subject is the operation where there is one, since all probes on it share the cell.
func subject(s Spec) string { return cmp.Or(s.Operation, s.Subject) }

// documented returns the operation's own code that a spec speaks of; a family such as 20x stands for the one that it
// documents.
func documented(c *schemas.Contract, s Spec) (int, bool) {
	op := c.Operation(s.Operation)
	if op == nil || s.Source != schemas.FromReference {
		return 0, false
	}
	var codes []int
	for _, code := range op.Codes {
		if class(c, code) == s.Code {
			codes = append(codes, code)
		}
	}
	if len(codes) != 1 {
		return 0, false
	}
	return codes[0], true
}

// class is the column of a code: the clause that speaks of it, else the code itself.
func class(c *schemas.Contract, code int) string {
	if clause, ok := c.Clause(code); ok {
		return clause.Status
	}
	return strconv.Itoa(code)
}

// judge gives a cell the verdict of its specs: the gravest of those that were asserted, else inconclusive. A spec in
// error says nothing about the contract, and so does not assert its cell either. Where more requests were accepted
// than rejected, the rejections do not show that the target keeps the code.
func (cell *Cell) judge(specs []Spec) {
	cell.Verdict = Inconclusive
	passed, accepted, lenient := 0, 0, ""
	for _, s := range specs {
		cell.Specs = append(cell.Specs, s.ID)
		switch {
		case s.Accepted:
			accepted, lenient = accepted+1, cmp.Or(lenient, s.Reason)
		case s.Verdict == Pass:
			passed++
		}
	}
	for _, verdict := range []Verdict{Violation, Waived, Known, Pass, Inconclusive, Error} {
		i := slices.IndexFunc(specs, func(s Spec) bool { return s.Verdict == verdict })
		if i < 0 {
			continue
		}
		switch {
		case verdict == Error:
			cell.Reason = strings.TrimSpace("error: " + specs[i].Reason)
		case verdict == Pass && accepted > passed:
			cell.Reason = fmt.Sprintf("%d of %d requests that ought to be rejected so: %s", accepted, accepted+passed,
				lenient)
		case verdict == Pass:
			cell.Verdict = Pass
		default:
			cell.Verdict, cell.Reason = verdict, specs[i].Reason
		}
		return
	}
}
