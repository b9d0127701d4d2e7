package judge

import (
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
)

// Answer judges one answer by what the documentation promises for its operation and status, the one who asked for it
// and for whatever end: the reference's media type and schema, and what the guides say beyond them. Where the
// operation does not list the status, only a success is judged, which there has to be another one.
func (j *Judge) Answer(op *schemas.Operation, r exchange.Request, a exchange.Attempt) []schemas.Violation {
	switch {
	case a.Status == 0 || a.Error != "" || a.Truncated:
		return nil // there is no whole answer
	case !op.Documents(a.Status) && a.Status/100 == 2:
		return []schemas.Violation{{Path: "status", Rule: "status", Found: fmt.Sprint(a.Status),
			Detail: fmt.Sprintf("expected %d", op.Success())}}
	case !op.Documents(a.Status):
		return nil
	}
	wrong, _ := j.reference(op, a, r.Query.Get("lod"), false)
	wrong = append(wrong, kept(op, r, a)...)
	for _, path := range shownSecrets(op, a) {
		if documentedSecret(path) {
			wrong = append(wrong, secretShown(path))
		}
	}
	return wrong
}

// answer judges media type, body and headers by what promises them.
func (j *Judge) answer(r exchange.Request, a exchange.Attempt, want Expectation) (wrong []schemas.Violation,
	advice []string) {
	if a.Truncated {
		return nil, []string{fmt.Sprintf("the body is longer than %d MiB, and was not judged", exchange.MaxBody>>20)}
	}
	if a.Error != "" {
		return []schemas.Violation{{Path: "body", Rule: "complete", Found: a.Error, Detail: "the answer breaks off"}},
			nil
	}
	op := want.Operation
	if op != nil && op.Documents(a.Status) && !(want.Injected && failed(a.Status)) {
		wrong, advice = j.reference(op, a, want.Lod, true)
		wrong = append(wrong, kept(op, r, a)...)
	} else {
		wrong, advice = j.clause(op, a)
	}
	for _, remark := range a.Remarks {
		if j.Rules.Strict {
			wrong = append(wrong, schemas.Violation{Path: "headers", Rule: "RFC 9110", Found: "otherwise",
				Detail: remark})
			continue
		}
		advice = append(advice, "RFC 9110: "+remark)
	}
	wrong = append(servedError(op, a), wrong...)
	if lie := charset(a); lie != "" && j.Rules.Strict {
		wrong = append(wrong, schemas.Violation{Path: "header Content-Type", Rule: "charset",
			Found: quote(a.Header.Get("Content-Type")), Detail: lie})
	} else if lie != "" {
		advice = append(advice, "RFC 8259: "+lie)
	}
	for status, header := range map[int]string{http.StatusUnauthorized: "WWW-Authenticate",
		http.StatusMethodNotAllowed: "Allow"} {
		if a.Status != status || a.Header.Get(header) != "" {
			continue
		}
		if j.Rules.Strict {
			wrong = append(wrong, schemas.Violation{Path: "header " + header, Rule: "RFC 9110", Found: "none",
				Detail: fmt.Sprintf("a %d carries %s", status, header)})
			continue
		}
		advice = append(advice, fmt.Sprintf("RFC 9110: a %d carries the header %s", status, header))
	}
	return wrong, advice
}

// reference judges a body by the reference's schema for the code. What the schema does not list is advice, where that
// is asked for.
func (j *Judge) reference(op *schemas.Operation, a exchange.Attempt, lod string, advise bool) ([]schemas.Violation,
	[]string) {
	promised := op.MediaTypes(a.Status)
	if length := a.Header.Get("Content-Length"); a.Status == http.StatusNoContent && length != "" && length != "0" {
		return []schemas.Violation{{Path: "header Content-Length", Rule: "no-body", Found: quote(length),
			Detail: "a 204 promises that there is no body"}}, nil
	}
	if a.Status == http.StatusNoContent || len(promised) == 0 {
		if len(a.Body) == 0 {
			return nil, nil
		}
		detail := fmt.Sprintf("the reference promises no body with %d, one of %d bytes came", a.Status, len(a.Body))
		if a.Status == http.StatusOK { // of the other successes without a body HTTP lets none have one
			return []schemas.Violation{{Path: "body", Rule: "no-body", Found: "a body", Detail: detail}}, nil
		}
		return nil, []string{detail}
	}
	got := mediaType(a.Header)
	if !slices.Contains(promised, got) {
		return []schemas.Violation{{Path: "header Content-Type", Rule: "media-type",
			Found:  quote(a.Header.Get("Content-Type")),
			Detail: "the reference promises " + strings.Join(promised, " or ")}}, nil
	}
	if len(a.Body) == 0 {
		return []schemas.Violation{{Path: "body", Rule: "present", Found: "nothing",
			Detail: "the reference promises a body of " + got}}, nil
	}
	if got == "image/png" && !strings.HasPrefix(string(a.Body), "\x89PNG\r\n\x1a\n") {
		return []schemas.Violation{{Path: "body", Rule: "media-type",
			Found:  quote(string(a.Body[:min(8, len(a.Body))])),
			Detail: "the body is no PNG"}}, nil
	}
	if got != "application/json" {
		return nil, nil
	}
	var advice []string
	if advise {
		for _, path := range op.Additions(a.Status, lod, a.Body) {
			advice = append(advice, "the reference's schema does not list "+path)
		}
	}
	return op.CheckBody(a.Status, lod, a.JSONBody()), advice
}

// clause judges a body that only the general table speaks of.
//
// 400 promises a JSON object that holds the error details; one that holds nothing, such as {}, holds none. Of the
// other codes the table promises no body. One of an operation that calls itself JSON must be the error envelope,
// which is what the operations document; one that does not may come from a gateway, and is advice. Where there is no
// operation (an unknown route, a method that a path does not support) even an object that is not the envelope may
// come from a gateway, so that it is advice in the words of this rule. What calls itself JSON and cannot be read as
// such is a violation there too: the one who sent it, no one can read it. On a strict target all of it must be the
// envelope.
func (j *Judge) clause(op *schemas.Operation, a exchange.Attempt) ([]schemas.Violation, []string) {
	isJSON := mediaType(a.Header) == "application/json"
	switch {
	case a.Status/100 == 2:
		return nil, nil
	case j.Rules.Strict || isJSON && a.Status != http.StatusBadRequest && op != nil:
		wrong := j.envelope(op, a)
		if !isJSON {
			wrong = append(wrong, schemas.Violation{Path: "header Content-Type", Rule: "media-type",
				Found: quote(a.Header.Get("Content-Type")), Detail: "an error body is application/json"})
		}
		return wrong, nil
	case a.Status == http.StatusBadRequest:
		return j.Contract.CheckDetails(a.Body), nil
	case !isJSON || len(a.Body) == 0:
		return nil, []string{fmt.Sprintf("the body of this %d is %s, not the documented error envelope", a.Status,
			quote(a.Header.Get("Content-Type")))}
	}
	wrong := j.envelope(op, a)
	if len(wrong) == 0 {
		return nil, nil
	}
	if _, err := a.JSON(); err != nil {
		return wrong, nil
	}
	more := ""
	if n := len(wrong) - 1; n > 0 {
		more = fmt.Sprintf(", and %d more", n)
	}
	return nil, []string{fmt.Sprintf("a body that calls itself JSON must be the error envelope: %s: %s%s",
		wrong[0].Path,
		wrong[0].Detail, more)}
}

// servedError finds a success whose body tells of an error instead: nothing in it is what the reference documents for
// the code, and it is an error envelope, or an error of OAuth.
func servedError(op *schemas.Operation, a exchange.Attempt) []schemas.Violation {
	if a.Status/100 != 2 || len(a.Body) == 0 {
		return nil
	}
	document, err := a.JSON()
	if err != nil {
		return nil
	}
	body, _ := document.(map[string]any)
	inside, isEnvelope := body["error"].(map[string]any)
	isEnvelope = isEnvelope && (inside["code"] != nil || inside["message"] != nil)
	_, isWord := body["error"].(string)
	_, isDescribed := body["error_description"].(string)
	if !isEnvelope && !(isWord && isDescribed) {
		return nil
	}
	if op != nil {
		documented, described := op.Documented(a.Status, schemas.AnyForm, document)
		if object, isObject := documented.(map[string]any); described && (!isObject || len(object) > 0) {
			return nil
		}
	}
	return []schemas.Violation{{Path: "$.error", Rule: "served-error", Found: "an error",
		Detail: fmt.Sprintf("an answer with %d tells of an error", a.Status)}}
}

// charset says how the charset that the Content-Type of a JSON body names contradicts the bytes; empty where it does
// not. JSON is UTF-8 and needs no such parameter (RFC 8259), so that it may be there or not.
func charset(a exchange.Attempt) string {
	media, parameters, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	named := strings.ToLower(parameters["charset"])
	isUTF8 := named == "" || named == "utf-8" || named == "utf8"
	if err != nil || media != "application/json" || isUTF8 || len(a.Body) == 0 || !utf8.Valid(a.Body) {
		return ""
	}
	isASCII := !slices.ContainsFunc(a.Body, func(b byte) bool { return b >= utf8.RuneSelf })
	wide := strings.HasPrefix(named, "utf-16") || strings.HasPrefix(named, "utf-32") || strings.Contains(named, "ucs")
	if isASCII && !wide {
		return ""
	}
	return fmt.Sprintf("the Content-Type says charset=%s, and the bytes are UTF-8", line(named))
}

// envelope accepts, besides the error envelope, the error body that the reference lists for the operation's other
// refusals: the token endpoints have a shape of their own. An envelope that has the code of another refusal is none
// of these.
func (j *Judge) envelope(op *schemas.Operation, a exchange.Attempt) []schemas.Violation {
	wrong := j.Contract.CheckEnvelope(a.Status, a.Body)
	contradicts := slices.ContainsFunc(wrong, func(v schemas.Violation) bool { return v.Rule == "code-equals-status" })
	if len(wrong) == 0 || op == nil || contradicts {
		return wrong
	}
	for _, code := range op.Codes {
		if code/100 == 4 && len(op.MediaTypes(code)) > 0 && len(op.CheckResponse(code, "", a.Body)) == 0 {
			return nil
		}
	}
	return wrong
}
