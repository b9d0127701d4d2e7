package preflight

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report"
)

// asked is the failure that the fault header is to bring about.
const asked = http.StatusServiceUnavailable

// faultHeader asks for a failure of a read that has just succeeded.
func (r *run) faultHeader(ctx context.Context) (report.Check, bool) {
	if r.Access.FaultHeader == "" {
		r.noFault = "the target names no fault header: set ACRONIS_FAULT_HEADER where a mesh or a test hook can " +
			"inject " +
			"a failure"
		return warn("set ACRONIS_FAULT_HEADER if a mesh before the target has one, such as x-envoy-fault-abort-request",
			"there is none, so that 50x will be inconclusive")
	}
	e, err := r.get(ctx, "/clients/"+url.PathEscape(r.Access.ClientID), &exchange.Fault{Header: r.Access.FaultHeader,
		Status: asked, Attempts: -1})
	if err != nil {
		return unreachable(err)
	}
	// What is neither served nor what was asked for comes from whatever acts on the header. So is what is served on a
	// target where every assumption must be met.
	if e.Status() != asked && (e.Status()/100 != 2 || r.Config.Target.AssumedStrict()) {
		return warn("make the fault filter answer with what the header asks for",
			"a read that asks for a %d by %s gets a %d", asked, r.Access.FaultHeader, e.Status())
	}
	if e.Status() != asked {
		r.noFault = fmt.Sprintf("the target ignores the fault header: a read that asks for a %d by %s gets a %d", asked,
			r.Access.FaultHeader, e.Status())
		r.Access.FaultHeader = ""
		return warn("correct ACRONIS_FAULT_HEADER, or switch on the fault filter of the mesh",
			"%s, so that 50x will be inconclusive", r.noFault)
	}
	return ok("%s is answered", r.Access.FaultHeader)
}

// margin is how long a token must have been expired by the target's clock.
const margin = time.Minute

// expiredToken makes sure that the token is one that is refused because it expired, and for no other reason.
func (r *run) expiredToken(ctx context.Context) (report.Check, bool) {
	const remedy = "unset ACRONIS_EXPIRED_TOKEN, or give it a token of this client that is expired"
	if r.Access.ExpiredToken == "" && r.KeptToken != nil {
		r.Access.ExpiredToken, r.noToken = r.KeptToken(r.now())
		r.Redactor.Learn("ACRONIS_EXPIRED_TOKEN", r.Access.ExpiredToken)
	}
	token := r.Access.ExpiredToken
	if token == "" {
		r.noToken = cmp.Or(r.noToken, "no expired token was given: set ACRONIS_EXPIRED_TOKEN")
		return warn("", "there is none, so that it will be inconclusive: %s", r.noToken)
	}
	claims, _ := claimsOf(token)
	expiry, err := claims.GetExpirationTime()
	if err != nil || expiry == nil {
		return r.opaqueToken(ctx, token, remedy)
	}
	if until := expiry.Add(margin); until.After(r.now()) {
		return fail(remedy, "it is good until %s by the target's clock, and expired for certain a minute later",
			expiry.UTC().Format(time.RFC3339))
	}
	fresh, _ := claimsOf(r.token)
	for _, claim := range []string{"iss", "client_id"} {
		if theirs, ours := claims[claim], fresh[claim]; theirs != nil && ours != nil && theirs != ours {
			return warn(remedy,
				"its %s is %q, and that of this client's tokens is %q: it may be refused for that alone",
				claim, theirs, ours)
		}
	}
	return ok("it expired at %s", expiry.UTC().Format(time.RFC3339))
}

// opaqueToken tries a token that does not say when it expires. Where it is refused, that may be for anything:
// introspection does not tell either, as the documentation has it answer every dead token with active: false alone. So
// it is not an expired token to the run.
func (r *run) opaqueToken(ctx context.Context, token, remedy string) (report.Check, bool) {
	e, err := r.getAs(ctx, token, "/clients/"+url.PathEscape(r.Access.ClientID), nil)
	if err != nil {
		return unreachable(err)
	}
	if e.Status()/100 == 2 {
		return fail(remedy, "it is still good: a read with it is served")
	}
	r.Access.ExpiredToken = ""
	r.noToken = fmt.Sprintf(
		"the token that was given does not say when it expired, so that nothing tells it from one that was never "+
			"good; "+
			"a read with it is answered with %d", e.Status())
	return warn(remedy, "it is not used: %s", r.noToken)
}
