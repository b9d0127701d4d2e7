package report

import (
	"fmt"
	"io"
	"regexp"
	"strings"
)

// How many failures a terminal shows over all faults, and how long a list of them; of a fault, the engine tells less.
// Systems that keep the output of a run cut it.
const (
	maxFullFailures   = 20
	maxShortFailures  = 100
	maxListedFailures = 5
)

// FailureLine is the text of a failure in a line.
func FailureLine(spec, cause, replay string) string {
	return fmt.Sprintf("%s: %s; %s", spec, cause, replay)
}

// FailureAgain is the text of a failure whose cause was told often enough.
func FailureAgain(spec, cause string) string { return fmt.Sprintf("%s: %s again", spec, cause) }

// Condenser shortens what Ginkgo prints of a red run. A failure whose text is a line is shown in that line, without the
// frame that Ginkgo puts around it, and one whose cause was told often enough is an F among the dots. Ginkgo's list of
// all failures, at the end, becomes a sentence. All else passes as it is, and as soon as it comes.
type Condenser struct {
	to  io.Writer
	err error

	rest      string   // the beginning of a line that is held back: the line may be one that does not pass
	passing   bool     // the beginning of the line has passed
	dots      bool     // it is a line of dots
	open      bool     // no line break was written behind the last text
	delimiter string   // a line of dashes that is held back: a frame may follow
	condensed bool     // the last frame was shortened, and its delimiters are left out
	inFrame   bool     // of a failure
	frame     []string // its lines
	inList    bool     // of all failures

	full, short int // failures so far
}

// NewCondenser returns a condenser that writes to w.
func NewCondenser(w io.Writer) *Condenser { return &Condenser{to: w} }

// The forms of Ginkgo's default reporter, and of the engine's texts within them.
var (
	ginkgoColor   = regexp.MustCompile(`\x1b\[[0-9;]*m`)
	ginkgoDashes  = strings.Repeat("-", 30)
	ginkgoHeads   = []string{"• [FAILED]", "+ [FAILED]"}
	ginkgoList    = regexp.MustCompile(`^Summarizing (\d+) Failures:$`)
	ginkgoSummary = regexp.MustCompile(`^Ran \d+ of \d+ Specs`)
	failureText   = regexp.MustCompile(`^\s*\[FAILED\] (.*)$`)
	failurePart   = regexp.MustCompile(`^\s*(replay|fault): +(.*)$`)
	failureAgain  = regexp.MustCompile(`^\S+: (fault \S+|error) again$`)
	failureShort  = regexp.MustCompile(`^\S+: (fault \S+|error): `)
)

func plainText(line string) string { return ginkgoColor.ReplaceAllString(line, "") }

// Write takes a part of Ginkgo's output.
func (c *Condenser) Write(p []byte) (int, error) {
	c.rest += string(p)
	for {
		line, rest, ended := strings.Cut(c.rest, "\n")
		if !ended {
			break
		}
		c.rest = rest
		c.line(line)
	}
	if c.rest != "" && (c.passing || !c.mayHold(plainText(c.rest))) {
		c.begin(c.rest)
		c.write(c.rest)
		c.rest, c.passing, c.open = "", true, true
	}
	if c.err != nil {
		return 0, c.err
	}
	return len(p), nil
}

// Close writes what is held back. It closes nothing else.
func (c *Condenser) Close() error {
	if c.inFrame {
		c.whole()
	}
	c.begin(c.rest)
	c.write(c.rest)
	if c.open || c.rest != "" {
		c.write("\n")
	}
	c.rest, c.open = "", false
	return c.err
}

// line takes a line that has ended, or the end of one.
func (c *Condenser) line(line string) {
	text := plainText(line)
	switch {
	case c.passing:
		c.end(line)
	case c.inFrame && text == ginkgoDashes:
		c.failure()
		c.delimiter = line
	case c.inFrame:
		c.frame = append(c.frame, line)
	case c.inList && !ginkgoSummary.MatchString(text):
	case text == ginkgoDashes:
		c.delimiter = line
	case c.delimiter != "" && isFailure(text):
		c.inFrame, c.frame = true, []string{line}
	case tooLong(text):
		c.begin(line)
		c.end(fmt.Sprintf("%s failures: the first ones of each fault stand above, and all of them in the reports",
			ginkgoList.FindStringSubmatch(text)[1]))
		c.inList = true
	default:
		c.inList = false
		c.begin(line)
		c.end(line)
	}
}

func isFailure(text string) bool {
	return strings.HasPrefix(text, ginkgoHeads[0]) || strings.HasPrefix(text, ginkgoHeads[1])
}

func tooLong(text string) bool {
	list := ginkgoList.FindStringSubmatch(text)
	return list != nil && (len(list[1]) > 1 || list[1] > fmt.Sprint(maxListedFailures))
}

// mayHold reports whether a line that begins so may be one that is not passed on as it is.
func (c *Condenser) mayHold(text string) bool {
	begins := func(whole string) bool { return strings.HasPrefix(whole, text) || strings.HasPrefix(text, whole) }
	return c.inFrame || c.inList || strings.Contains(text, "\x1b") || begins(ginkgoDashes) || begins("Summarizing ") ||
		c.delimiter != "" && (begins(ginkgoHeads[0]) || begins(ginkgoHeads[1]))
}

// begin writes what belongs before a line of Ginkgo's: dots that follow a shortened failure go on in its line.
func (c *Condenser) begin(line string) {
	if c.passing {
		return
	}
	text := plainText(line)
	c.dots = strings.HasPrefix(text, "•") || strings.HasPrefix(text, "+")
	if c.open && !(c.condensed && c.dots) {
		c.write("\n")
		c.open = false
	}
	if c.delimiter != "" && !c.condensed {
		c.write(c.delimiter + "\n")
	}
	c.delimiter, c.condensed = "", false
}

// end writes the end of a line; a line of dots stays open, since an F may follow.
func (c *Condenser) end(line string) {
	c.write(line)
	if c.open = c.dots; !c.open {
		c.write("\n")
	}
	c.passing = false
}

// failure shows the failure in the frame.
func (c *Condenser) failure() {
	text, counted := c.brief()
	if text == "" && !counted {
		c.whole()
		return
	}
	if !c.open && !c.condensed { // the dashes end what stands before them
		c.write(c.delimiter + "\n")
	}
	switch {
	case counted:
		c.write("F")
	case c.open:
		c.write("\n" + text + "\n")
	default:
		c.write(text + "\n")
	}
	c.open, c.condensed = counted, true
	c.inFrame, c.frame = false, nil
}

// whole shows the frame as it is.
func (c *Condenser) whole() {
	c.condensed = false
	c.begin("")
	c.write(strings.Join(c.frame, "\n") + "\n")
	c.inFrame, c.frame = false, nil
}

// brief returns the line in which the failure is shown, or reports that it is only counted. What has neither is shown
// as it is, as are failures whose text is not the engine's.
func (c *Condenser) brief() (line string, counted bool) {
	text, parts := "", map[string]string{}
	for _, line := range c.frame {
		line = plainText(line)
		if m := failureText.FindStringSubmatch(line); m != nil && text == "" {
			text = m[1]
		}
		if m := failurePart.FindStringSubmatch(line); m != nil && parts[m[1]] == "" {
			parts[m[1]] = m[2]
		}
	}
	switch {
	case failureAgain.MatchString(text):
		return "", true
	case failureShort.MatchString(text):
	case parts["replay"] == "":
		return "", false
	case c.full < maxFullFailures:
		c.full++
		return "", false
	case parts["fault"] == "":
		text = FailureLine(text, "error", parts["replay"])
	default:
		text = FailureLine(text, "fault "+parts["fault"], parts["replay"])
	}
	c.short++
	return "[FAILED] " + text, c.short > maxShortFailures
}

func (c *Condenser) write(text string) {
	if c.err == nil && text != "" {
		_, c.err = io.WriteString(c.to, text)
	}
}
