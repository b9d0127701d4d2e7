package render

import (
	"fmt"
	"io"
	"strings"

	"acronis-conformance/suites/internal/exchange"
)

// markdown collects lines of Markdown as GitHub and GitLab read it.
type markdown struct{ text strings.Builder }

func (m *markdown) line(format string, arguments ...any) {
	fmt.Fprintf(&m.text, format+"\n", arguments...)
}

// row writes the cells of a table, which are Markdown already.
func (m *markdown) row(cells ...string) { m.line("| %s |", strings.Join(cells, " | ")) }

func (m *markdown) write(w io.Writer) error {
	_, err := io.WriteString(w, m.text.String())
	return err
}

// plain writes a text as itself: whatever would mean something to Markdown or HTML, or would call on people or link
// anywhere, is written as a character reference.
func plain(text string) string {
	var b strings.Builder
	text = line(text, 300)
	for i, c := range text {
		switch {
		case c < 0x80 && strings.ContainsRune("&<>|`*_[]\\~#!$^", c), c == ':' && strings.HasPrefix(text[i:],
			"://"), c == '.' && strings.HasSuffix(strings.ToLower(text[:i]), "www"):
			fmt.Fprintf(&b, "&#%d;", c)
		case i == 0 && strings.ContainsRune("+-=", c), (c == '.' || c == ')') && strings.Trim(text[:i],
			"0123456789") == "":
			fmt.Fprintf(&b, "&#%d;", c) // no list, no rule, no heading
		case c == '@':
			b.WriteString("`@`") // people are looked for after references are resolved, but not in code
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// code writes a text as a code span, in which nothing means anything. Bars would end the cell of a table, so they are
// for plain.
func code(text string) string {
	text = line(text, 300)
	if text == "" || strings.ContainsRune(text, '|') {
		return plain(text)
	}
	fence := strings.Repeat("`", longestRun(text, '`')+1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") || strings.HasPrefix(text, " ") {
		return fence + " " + text + " " + fence
	}
	return fence + text + fence
}

// block writes a text as a code block; its lines stay lines.
func block(text string) string {
	text = exchange.Printable(text)
	fence := strings.Repeat("`", max(3, longestRun(text, '`')+1))
	return fence + "\n" + strings.TrimSuffix(text, "\n") + "\n" + fence
}

func longestRun(text string, c rune) int {
	longest, run := 0, 0
	for _, r := range text {
		if r != c {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// linked writes a link with a text of ours; only the text, where the address does not lead to the web.
func linked(text, address string) string {
	if web(address) == "" || strings.ContainsAny(address, "<>()[]`\"|\\") {
		return text
	}
	return "[" + text + "](" + address + ")"
}
