package schemas

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

//go:embed clauses.yaml
var clauseTable []byte

// Clause is one row of the general status-code table.
type Clause struct {
	Status      string // 401, or a family: 20x, 50x
	Title       string
	Requirement string
	Source      string // address of the page that holds the table
}

// covers reports whether the clause speaks of the code. The x of a family stands for one digit: 20x is 200 to 209,
// not 226.
func (c Clause) covers(code int) bool {
	family, wide := strings.CutSuffix(c.Status, "x")
	if wide {
		code /= 10
	}
	return strconv.Itoa(code) == family
}

// Clause returns the row of the general table that speaks of the code; the second result is false where none does.
func (c *Contract) Clause(code int) (Clause, bool) {
	i := slices.IndexFunc(c.clauses, func(clause Clause) bool { return clause.covers(code) })
	if i < 0 {
		return Clause{}, false
	}
	return c.clauses[i], true
}

// Clauses returns the general table in the order of the guide.
func (c *Contract) Clauses() []Clause { return slices.Clone(c.clauses) }

var clauseStatus = regexp.MustCompile(`^[1-5][0-9][0-9x]$`)

func loadClauses() ([]Clause, error) { return parseClauses(clauseTable) }

// parseClauses is strict, since a misspelt key would quietly empty a requirement that failures quote.
func parseClauses(table []byte) ([]Clause, error) {
	var file struct {
		Source  string `yaml:"source"`
		Clauses []struct {
			Status      string `yaml:"status"`
			Title       string `yaml:"title"`
			Requirement string `yaml:"requirement"`
		} `yaml:"clauses"`
	}
	if err := yaml.UnmarshalWithOptions(table, &file, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("clauses: %w", err)
	}
	var clauses []Clause
	seen := map[string]bool{}
	for i, row := range file.Clauses {
		switch {
		case !clauseStatus.MatchString(row.Status):
			return nil, fmt.Errorf("clauses: row %d: status %q is neither a code nor a family such as 20x", i+1,
				row.Status)
		case seen[row.Status]:
			return nil, fmt.Errorf("clauses: row %d: status %s stands there twice", i+1, row.Status)
		case row.Title == "" || row.Requirement == "" || file.Source == "":
			return nil, fmt.Errorf("clauses: row %d: title, requirement or source is empty", i+1)
		}
		seen[row.Status] = true
		clauses = append(clauses, Clause{Status: row.Status, Title: row.Title, Requirement: row.Requirement,
			Source: file.Source})
	}
	if len(clauses) == 0 {
		return nil, fmt.Errorf("clauses: the table is empty")
	}
	return clauses, nil
}
