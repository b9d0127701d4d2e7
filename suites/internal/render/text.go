package render

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"acronis-conformance/suites/internal/exchange"
)

// line returns a text on one line, with nothing in it that steers or deceives, cut to at most that many characters.
func line(text string, most int) string {
	return shorten(exchange.Printable(strings.Join(strings.Fields(text), " ")), most)
}

// shorten cuts a text to that many characters; an ellipsis takes the place of the last one.
func shorten(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-1]) + "…"
}

// counted is a number with its noun.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}

// thousands writes a number as people read it: 1,850.
func thousands(n int) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// milliseconds writes a time that was measured in whole milliseconds.
func milliseconds(ms int64) string {
	if ms == 0 {
		return "<1"
	}
	return thousands(int(ms))
}

func utc(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// duration writes seconds as people say them: 0.4 s, 12 s, 7 min 11 s.
func duration(seconds float64) string {
	switch d := time.Duration(seconds * float64(time.Second)).Round(time.Second); {
	case seconds < 9.95:
		return fmt.Sprintf("%.1f s", seconds)
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	default:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
}

// initial is the letter that stands for a verdict where there is no room for the word.
func initial(verdict string) string { return strings.ToUpper(verdict[:min(1, len(verdict))]) }
