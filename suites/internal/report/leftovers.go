package report

import (
	"fmt"
	"regexp"
	"strings"
)

var uuid = regexp.MustCompile(`[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}`)

// leftoverLines names what was left behind. Objects of one kind that stay for one reason, as hundreds do where a target throttles, are one
// line.
func leftoverLines(leftovers []Leftover) []string {
	type group struct {
		first Leftover
		count int
	}
	var groups []*group
	known := map[string]*group{}
	for _, l := range leftovers {
		key := l.Kind + " " + uuid.ReplaceAllString(l.Reason, "{id}")
		if l.ID != "" {
			key = strings.ReplaceAll(key, "/"+l.ID, "/{id}") // not all ids are UUIDs
		}
		if known[key] == nil {
			known[key] = &group{first: l}
			groups = append(groups, known[key])
		}
		known[key].count++
	}
	var lines []string
	for _, g := range groups {
		which := g.first.Kind
		if g.count > 1 {
			which = fmt.Sprintf("%d times %s, such as", g.count, which)
		}
		lines = append(lines, fmt.Sprintf("%s %s %s: %s; %s", which, g.first.ID, g.first.Name, g.first.Reason, g.first.Command))
	}
	return lines
}
