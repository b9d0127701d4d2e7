package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"acronis-conformance/suites/internal/exchange"
)

// Cause identifies a fault. Two differences are the same fault if their causes are equal.
type Cause struct {
	Rule, Path, Found string
	kind              string // of the probe: see CauseOf
}

// ID is short and the same in every run: the first 40 bits of SHA-256 over rule, path, what was found and the kind of
// the probe, each behind a zero byte, in base32. Neither the number of specs nor a value that differs from run to run
// is part of it.
func (c Cause) ID() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{"", c.Rule, c.Path, c.Found, c.kind}, "\x00")))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:5]))
}

// Serves reports whether the cause is that a request was served which must be rejected, or is assumed to be.
func (c Cause) Serves() bool { return c.Rule == statusRule && c.Found == anySuccess }

const (
	statusRule  = "status"
	anySuccess  = "2xx"
	nothing     = "nothing"
	reasonRule  = "reason"
	adviceRule  = "advice"
	effectRule  = "unchanged"
	secretRule  = "secret"
	assumedKind = "assumed"
)

// ofAnyProbe are the rules that are judged on every answer, whichever probe asked for it.
var ofAnyProbe = []string{
	"false", "required", "type", "anyOf", "oneOf", "not", "enum", "minItems", "maxItems", "uniqueItems",
	"minProperties", "maxProperties", "additionalProperties", "minLength", "maxLength", "pattern", "format",
	"multipleOf", "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "code-equals-status", "contract",
	"more", "complete", "present", "no-body", "media-type", "RFC 9110", "empty", "too-large", "invalid-utf8",
	"lone-surrogate", "not-json", "trailing-data", "duplicate-key", "too-deep", "number-too-long", "number-too-large",
	"details", "served-error", "charset",
	"asked-for", "cache", "lifetime", "new", "state", "quota", "storage", "trial",
}

// CauseOf is what a difference has in common with those of other specs: the rule, the place, and the kind of what was
// found there. The kind of the probe tells apart what else would be one fault: for a request that is served, code,
// probe, and whether its rejection is documented; for another wrong status, the code that was promised; for what a
// schema or HTTP says, whether the request was served or rejected; for what a single probe looks at, the probe.
func CauseOf(s *Spec, d Difference) Cause {
	found, _ := strconv.Atoi(d.Found)
	rule, path := valid(d.Rule), place(valid(d.Path))
	switch {
	case d.Rule == statusRule && unavailable(found):
		return Cause{rule, path, d.Found, ""} // whatever was asked for
	case d.Rule == statusRule && found/100 == 2 && promises(s, d)/100 != 2:
		kind := s.Code + "/" + s.Probe
		if s.Basis.Rejection == Assumed {
			kind += " " + assumedKind
		}
		return Cause{rule, path, anySuccess, kind}
	case d.Rule == statusRule && found/100 == 2:
		return Cause{rule, path, d.Found, strconv.Itoa(promises(s, d))}
	case d.Rule == statusRule:
		return Cause{rule, path, valid(d.Found), s.Code}
	case d.Rule == effectRule:
		return Cause{rule, cmp.Or(place(leadingPath.FindString(valid(d.Found))), "$"), "a change", s.Code}
	case d.Rule == "not-json", d.Rule == "trailing-data":
		return Cause{rule, "body", "text", answerOf(s)} // where the reader gave up depends on the rest of the body
	}
	kind := s.Probe
	if slices.Contains(ofAnyProbe, d.Rule) || d.Rule == secretRule {
		kind = answerOf(s)
	}
	return Cause{rule, path, foundKind(d), kind}
}

// leadingPath is the JSON path that begins the description of a change.
var leadingPath = regexp.MustCompile(`^\$\S*`)

// foundKind is what was found in kind. Words of a closed list are named themselves: another word that is not in the
// list is another fault.
func foundKind(d Difference) string {
	switch {
	case d.Found == "":
		return nothing
	case d.Rule == secretRule:
		return "a secret"
	case d.Rule == "media-type" && strings.HasPrefix(d.Path, "header "):
		media, _, _ := strings.Cut(strings.Trim(d.Found, `"`), ";")
		return valid(media)
	case d.Rule == "enum" && word.MatchString(d.Found) && !number.MatchString(d.Found):
		return d.Found
	case d.Found == nothing, d.Found == "none":
		return d.Found
	}
	return kindOf(d)
}

var (
	word = regexp.MustCompile(`^"[A-Za-z0-9_.:/ -]{0,60}"$`)
	// number looks like an id or a time, which differs from run to run.
	number = regexp.MustCompile(`[0-9]{5}|[0-9a-f]{8}-[0-9a-f]{4}`)
)

// answerOf tells answers to what is served from those to what is rejected.
func answerOf(s *Spec) string {
	status := 0
	if digits := leadingStatus.FindString(s.Actual); digits != "" {
		status, _ = strconv.Atoi(digits)
	}
	for _, d := range s.Differences {
		if found, err := strconv.Atoi(d.Found); err == nil && d.Rule == statusRule && status == 0 {
			status = found
		}
	}
	if status == 0 {
		status, _ = strconv.Atoi(strings.ReplaceAll(s.Code, "x", "0"))
	}
	if status/100 == 2 {
		return "success"
	}
	return "error"
}

var leadingStatus = regexp.MustCompile(`^[1-9][0-9][0-9]\b`)

func gravityOf(s *Spec, d Difference, c Cause) Gravity {
	switch {
	case c.Serves() && promises(s, d)/100 == 4 && s.Basis.Rejection != Assumed:
		return Served
	case c.Serves() && promises(s, d)/100 == 4:
		return Lenient
	case c.Rule == effectRule:
		return Effect
	case c.Rule == secretRule:
		return SecretShown
	case c.Rule == statusRule:
		return WrongCode
	case answerOf(s) == "success":
		return SuccessBody
	}
	return ErrorBody
}

// sign is a difference of a spec as the sign of a fault.
type sign struct {
	Cause
	gravity  Gravity
	verdict  Verdict
	accepted *Acceptance
	spec     *Spec
	at       Difference
}

// key is the same for signs that stand in one fault of the list.
func (s sign) key() string {
	text := s.ID() + string(s.verdict)
	if s.accepted != nil {
		text += fmt.Sprintf("%q", *s.accepted)
	}
	return text
}

// signsOf lists what is wrong with a spec: never nothing where it is a violation.
func signsOf(s *Spec) []sign {
	var list []sign
	switch {
	case s.Verdict == Violation || s.Verdict == Waived || s.Verdict == Known:
		for _, d := range s.Differences {
			one := sign{Cause: CauseOf(s, d), verdict: s.Verdict, accepted: d.Accepted, spec: s, at: d}
			if d.Accepted != nil {
				one.verdict = d.Accepted.Verdict
			}
			one.gravity = gravityOf(s, d, one.Cause)
			list = append(list, one)
		}
		if !slices.ContainsFunc(list, func(one sign) bool { return one.verdict == s.Verdict }) {
			reason := reference.ReplaceAllString(valid(s.Reason), "see another spec")
			list = append(list, sign{Cause: Cause{Rule: reasonRule, Path: "spec", Found: cut(reason, 120)},
				gravity: WrongCode, verdict: s.Verdict, spec: s})
		}
	case s.Accepted:
		for _, d := range s.Differences {
			if c := CauseOf(s, d); c.Serves() {
				list = append(list, sign{Cause: c, gravity: Lenient, verdict: s.Verdict, spec: s, at: d})
			}
		}
		if len(list) == 0 {
			at := Difference{Path: statusRule, Rule: statusRule,
				Found: cmp.Or(leadingStatus.FindString(s.Actual), "200"), Detail: "expected " + s.Code}
			list = append(list, sign{Cause: CauseOf(s, at), gravity: Lenient, verdict: s.Verdict, spec: s, at: at})
		}
	}
	for _, text := range s.Advice {
		cause := Cause{Rule: adviceRule, Path: "answer", Found: cut(text, 120), kind: valid(text)}
		list = append(list, sign{Cause: cause, gravity: AdviceOnly, verdict: Pass, spec: s,
			at: Difference{Detail: text}})
	}
	return list
}

// unavailable reports whether a status says that no one was there to judge the request.
func unavailable(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusServiceUnavailable ||
		status == http.StatusGatewayTimeout
}

// promises is the code that a wrong status stands in the place of.
func promises(s *Spec, d Difference) int {
	code, err := strconv.Atoi(strings.TrimPrefix(d.Detail, "expected "))
	if err != nil {
		code, _ = strconv.Atoi(strings.ReplaceAll(s.Code, "x", "0"))
	}
	return code
}

var (
	position = regexp.MustCompile(`\[[0-9]*\]`)
	keyedID  = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
)

// place is a path in which it does not matter which item of a list it leads through.
func place(path string) string {
	return keyedID.ReplaceAllString(position.ReplaceAllString(path, "[*]"), "*")
}

// kindOf is the kind of value that was found: that the rule names, else what the excerpt begins as.
func kindOf(d Difference) string {
	if _, not, said := strings.Cut(d.Detail, ", not "); said && d.Rule == "type" {
		return cut(not, 60)
	}
	switch {
	case d.Found == "null", d.Found == "true", d.Found == "false":
		return map[bool]string{true: "null", false: "boolean"}[d.Found == "null"]
	case strings.HasPrefix(d.Found, "{"):
		return "object"
	case strings.HasPrefix(d.Found, "["):
		return "array"
	case strings.HasPrefix(d.Found, `"`):
		return "string"
	case json.Valid([]byte(d.Found)):
		return "number"
	}
	return "text"
}

// valid replaces what is not UTF-8 as JSON does, so that a cause is the same before and after it was written.
func valid(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	return string([]rune(text))
}

// cut writes a text on one line, with nothing in it that steers or deceives, and no longer than that.
func cut(text string, most int) string {
	letters := []rune(exchange.Printable(strings.Join(strings.Fields(valid(text)), " ")))
	if len(letters) <= most {
		return string(letters)
	}
	return string(letters[:most-1]) + "…"
}
