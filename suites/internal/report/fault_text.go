package report

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// sentence names a fault to a reader, by all its signs.
func sentence(same []sign) string {
	first := same[0]
	d := first.at
	switch first.Rule {
	case reasonRule:
		return cut(cmp.Or(first.Found, "no reason is given"), 300)
	case adviceRule:
		return cut(d.Detail, 300)
	case statusRule:
		return statusSentence(same)
	}
	where, what := cut(first.Path, 120), cut(d.Detail, 160)
	if where == "$" {
		where = "the body"
	}
	switch wanted, promised := strings.CutPrefix(d.Detail, "expected "); {
	case d.Rule == "type" && promised:
		wanted, _, _ = strings.Cut(wanted, ", not ")
		return fmt.Sprintf("%s is %s, the documentation promises %s", where, articled(cut(kindOf(d), 60)),
			articled(cut(wanted, 60)))
	case d.Rule == "required":
		return "required property " + where + " is missing"
	case d.Rule == "enum" && first.Found == d.Found:
		return fmt.Sprintf("%s is %s: %s", where, cut(d.Found, 70), what)
	case d.Rule == "not-json":
		return "the body is not JSON"
	case d.Rule == "code-equals-status":
		return where + " is the code of another status than that of the answer"
	case d.Rule == effectRule:
		if len(same) > 1 {
			return "rejected requests take effect all the same, such as: " + cut(d.Found, 160)
		}
		return "a rejected request takes effect all the same: " + cut(d.Found, 160)
	case d.Rule == "media-type" && strings.HasPrefix(d.Path, "header "):
		return fmt.Sprintf("the %s is %s: %s", strings.TrimPrefix(where, "header "), cut(d.Found, 60), what)
	case d.Rule == "RFC 9110":
		return fmt.Sprintf("the %s is missing: %s (RFC 9110)", where, what)
	case d.Path == "body", d.Path == "status", d.Path == "$", d.Rule == secretRule:
		return what
	}
	return where + ": " + what
}

// statusSentence names a wrong status to a reader.
func statusSentence(same []sign) string {
	var found, promised []string
	for _, s := range same {
		found, promised = append(found, cut(s.at.Found, 20)), append(promised, strconv.Itoa(promises(s.spec, s.at)))
	}
	was, wanted := enumerated(found, "or"), enumerated(promised, "or")
	status, _ := strconv.Atoi(same[0].at.Found)
	succeeds := promises(same[0].spec, same[0].at)/100 == 2
	switch {
	case status/100 == 5:
		return fmt.Sprintf("the service fails with %s where %s is promised", was, wanted)
	case same[0].gravity == Lenient:
		return fmt.Sprintf("%s: requests that are assumed to be rejected with %s succeed (%s)",
			cut(same[0].spec.Probe, 60), wanted, was)
	case same[0].Serves():
		return fmt.Sprintf("%s: requests that must be rejected with %s succeed (%s)", cut(same[0].spec.Probe, 60),
			wanted, was)
	case status == http.StatusUnauthorized && succeeds:
		return fmt.Sprintf("calls with valid credentials are rejected with 401 where %s is promised", wanted)
	}
	return fmt.Sprintf("the status is %s, the documentation promises %s", was, wanted)
}

// enumerated lists texts, each once: 200, 201 or 204.
func enumerated(texts []string, last string) string {
	slices.Sort(texts)
	texts = slices.Compact(texts)
	n := len(texts) - 1
	if n <= 0 {
		return strings.Join(texts, "")
	}
	return strings.Join(texts[:n], ", ") + " " + last + " " + texts[n]
}

// articled writes types as a sentence does: an object; a string or null.
func articled(types string) string {
	names := strings.Split(strings.ReplaceAll(types, " or ", ", "), ", ")
	for i, name := range names {
		switch {
		case name == "null", name == "":
		case strings.ContainsAny(name[:1], "aeiou"):
			names[i] = "an " + name
		default:
			names[i] = "a " + name
		}
	}
	n := len(names) - 1
	if n == 0 {
		return names[0]
	}
	return strings.Join(names[:n], ", ") + " or " + names[n]
}
