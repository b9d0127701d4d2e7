package report

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// column is one column of the table per code.
type column struct {
	names [3]string // from long to short; the longest that fits the terminal is taken
	color string    // of numbers that are not zero
	spare bool      // may be left out on a narrow terminal while all its numbers are zero
}

var codeColumns = []column{
	{names: [3]string{"code", "code", "code"}},
	{names: [3]string{"specs", "specs", "all"}},
	{names: [3]string{"pass", "pass", "P"}, color: green},
	{names: [3]string{"violation", "viol", "V"}, color: red},
	{names: [3]string{"waived", "waiv", "W"}, color: yellow, spare: true},
	{names: [3]string{"known", "known", "K"}, color: yellow, spare: true},
	{names: [3]string{"inconclusive", "inc", "I"}, color: yellow, spare: true},
	{names: [3]string{"error", "err", "E"}, color: red, spare: true},
	{names: [3]string{"reference cells", "cells", "cells"}},
}

// codes writes the table per code, as wide as it may be.
func (t *terminal) codes(r *Result) {
	var rows [][]string
	for _, c := range r.Codes {
		if r.Run.Filtered && c.Totals.Specs.Total == 0 {
			continue // it was not selected
		}
		rows = append(rows, numbers(c.Code, c.Totals))
	}
	rows = append(rows, numbers("all", r.Totals))
	for _, gap := range []string{"  ", " "} {
		for size := range codeColumns[0].names {
			if t.grid(codeColumns, rows, size, gap) {
				return
			}
		}
	}
	if columns, rows := withoutSpare(codeColumns, rows); !t.grid(columns, rows, 2, " ") {
		t.list(columns, rows)
	}
}

func numbers(code string, totals Totals) []string {
	s, c := totals.Specs, totals.Reference
	row := []string{code}
	for _, n := range []int{s.Total, s.Pass, s.Violation, s.Waived, s.Known, s.Inconclusive, s.Error} {
		row = append(row, strconv.Itoa(n))
	}
	return append(row, strconv.Itoa(c.Asserted)+"/"+strconv.Itoa(c.Total))
}

// withoutSpare leaves out the spare columns that hold nothing but zeros.
func withoutSpare(columns []column, rows [][]string) ([]column, [][]string) {
	var kept []column
	fewer := make([][]string, len(rows))
	for i, c := range columns {
		if c.spare && !slices.ContainsFunc(rows, func(row []string) bool { return row[i] != "0" }) {
			continue
		}
		kept = append(kept, c)
		for n, row := range rows {
			fewer[n] = append(fewer[n], row[i])
		}
	}
	return kept, fewer
}

// grid writes the rows in columns, unless they are too wide for the terminal, and reports whether it did. The last
// row is the sum of the others.
func (t *terminal) grid(columns []column, rows [][]string, size int, gap string) bool {
	heading := make([]string, len(columns))
	widths := make([]int, len(columns))
	total := len(gap) * (len(columns) - 1)
	for i, c := range columns {
		heading[i] = c.names[size]
		widths[i] = utf8.RuneCountInString(heading[i])
		for _, row := range rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
		total += widths[i]
	}
	if total > t.width {
		return false
	}
	write := func(row []string, color func(i int) string) {
		var line strings.Builder
		for i, text := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text))
			if i == 0 {
				line.WriteString(t.paint(color(i), text) + pad)
				continue
			}
			line.WriteString(gap + pad + t.paint(color(i), text))
		}
		t.line(line.String())
	}
	write(heading, func(int) string { return bold })
	for n, row := range rows {
		write(row, func(i int) string {
			switch {
			case columns[i].color != "" && row[i] != "0":
				return columns[i].color
			case n == len(rows)-1:
				return bold
			}
			return ""
		})
	}
	return true
}

// list writes a line per number, where no grid fits.
func (t *terminal) list(columns []column, rows [][]string) {
	for _, row := range rows {
		t.wrap(bold, row[0])
		for i, text := range row[1:] {
			t.wrap("", "  "+columns[i+1].names[1]+" "+text)
		}
	}
}
