package preflight

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"acronis-conformance/fixtures"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report"
)

// credentials gets a token. It is asked for once: a service may lock a client out that fails again and again.
func (r *run) credentials(ctx context.Context) (report.Check, bool) {
	e, err := r.Client.Do(ctx, exchange.Request{Spec: "preflight", Method: http.MethodPost, Path: "/idp/token",
		Header: http.Header{
			"Authorization": {fixtures.Basic(r.Access.ClientID, r.Access.ClientSecret)},
			"Content-Type":  {"application/x-www-form-urlencoded"},
		},
		Body: []byte(url.Values{"grant_type": {"client_credentials"}}.Encode())})
	if err != nil {
		return unreachable(err)
	}
	switch status := e.Status(); {
	case status/100 == 2:
	case status == http.StatusBadRequest || status == http.StatusUnauthorized || status == http.StatusForbidden:
		return stop(fmt.Sprintf(
			"check client_id and client_secret of the target %s, and that the client is enabled and of this data "+
				"center",
			r.Config.Name),
			"the target refuses the client %s: %s", r.Access.ClientID, r.answer("RequestTokens", e))
	case status/100 == 5 || status == http.StatusTooManyRequests:
		return stop("try again later, or ask the target's administrator", "the target gives no token at present: %s",
			r.answer("RequestTokens", e))
	default:
		return stop("check the host in the target's URL",
			"the target has no token endpoint where a data center has it: %s",
			r.answer("RequestTokens", e))
	}
	r.token, _ = fields(e)["access_token"].(string)
	if r.token == "" {
		return stop("check the host in the target's URL", "the answer to RequestTokens is %d, and it holds no token",
			e.Status())
	}
	claims, _ := claimsOf(r.token)
	if expiry, err := claims.GetExpirationTime(); err == nil && expiry != nil {
		return ok("the client %s gets one, good until %s", r.Access.ClientID, expiry.UTC().Format(time.RFC3339))
	}
	return ok("the client %s gets one", r.Access.ClientID)
}

// Tenants of these kinds can hold the sandbox, which is a partner tenant, and those of the others cannot. What the
// documentation does not know is found by the specs: that is not a reason to give up.
var (
	holders = []string{"partner", "folder", "root"}
	others  = []string{"customer", "unit"}
)

// ownTenant asks for the client's tenant, in the guide's way.
func (r *run) ownTenant(ctx context.Context) (report.Check, bool) {
	const ask = "give the client the right to read its own tenant"
	e, err := r.get(ctx, "/clients/"+url.PathEscape(r.Access.ClientID), nil)
	if err != nil {
		return unreachable(err)
	}
	id, _ := fields(e)["tenant_id"].(string)
	if e.Status()/100 != 2 || id == "" {
		return stop(ask, "the client cannot read itself, and with that which tenant is its own: %s",
			r.answer("FetchClient",
				e))
	}
	if wrong := fixtures.Elsewhere(r.token, id); wrong != "" {
		return stop("read the client with its own token, and ask the target's administrator", "%s", wrong)
	}
	r.tenant = id
	if e, err = r.get(ctx, "/tenants/"+url.PathEscape(id), nil); err != nil {
		return unreachable(err)
	}
	own := fields(e)
	kind, _ := own["kind"].(string)
	if e.Status()/100 != 2 {
		return stop(ask, "the client cannot read its own tenant %s: %s", id, r.answer("FetchTenant", e))
	}
	named := fmt.Sprintf("%q (%s, %s)", own["name"], kind, id)
	switch {
	case own["enabled"] == false:
		return fail("enable it, or use a client of another tenant", "%s is disabled", named)
	case !slices.Contains(holders, kind) && !slices.Contains(others, kind):
		return warn("", "%s is of a kind that the documentation does not know: it may not hold the sandbox", named)
	case r.Config.Target.MayWrite() && slices.Contains(others, kind):
		return fail("use a client of a partner tenant, or take write from the target's allow list",
			"%s cannot hold the sandbox, which is a partner tenant", named)
	}
	return ok("%s", named)
}

var (
	// administrators may make tenants, users and clients.
	administrators = []string{"root_admin", "partner_admin", "company_admin", "unit_admin", "tenant_admin"}
	// brandHolders may also change brands, locations and storages.
	brandHolders = []string{"root_admin", "partner_admin"}
	viewers      = append([]string{"readonly_admin", "tenant_viewer"}, administrators...)
)

// rights looks for the roles that the run needs, as far as the token tells.
func (r *run) rights(context.Context) (report.Check, bool) {
	const give = "give the client a role such as partner_admin"
	held := fixtures.Roles(r.token)
	holds := func(one []string) bool {
		return slices.ContainsFunc(held, func(role string) bool { return slices.Contains(one, role) })
	}
	listed := strings.Join(held, ", ")
	_, complete := claimsOf(r.token)
	switch write := r.Config.Target.MayWrite(); {
	case len(held) == 0:
		return warn("read the first errors of the run with that in mind", "the token does not tell the client's roles")
	case write && !holds(administrators) && complete:
		return fail(give+", or take write from the target's allow list", "%s may not make the sandbox", listed)
	case write && !holds(administrators):
		return warn(give+", unless it has one", "%s may not make the sandbox, but the token need not list every role",
			listed)
	case write && !holds(brandHolders):
		return warn(give, "%s may make the sandbox, but brands, locations and storages will be inconclusive", listed)
	case !holds(viewers):
		return warn("give the client a role such as readonly_admin", "%s may read little", listed)
	}
	return ok("%s", listed)
}

// fields is the JSON object of an answer, without any field where it is none.
func fields(e *exchange.Exchange) map[string]any {
	decoded, _ := e.Last().JSON()
	object, _ := decoded.(map[string]any)
	return object
}

// answer shows what was asked for, and the answer's status and the beginning of its body, without secrets.
func (r *run) answer(operation string, e *exchange.Exchange) string {
	last := e.Last()
	excerpt, _ := exchange.Excerpt(r.Redactor, last.Header, last.Body, 4<<10)
	body := strings.Join(strings.Fields(excerpt.Text), " ")
	if runes := []rune(body); len(runes) > 200 {
		body = string(runes[:200]) + "..."
	}
	return strings.TrimSpace(fmt.Sprintf("%s was answered with %d %s %s", operation, last.Status,
		http.StatusText(last.Status), body))
}

// claimsOf reads a token without verifying it, and reports whether its scope lists every role: it does where the
// header says that no introspection is needed. A token that is not a JWT has no claims.
func claimsOf(token string) (claims jwt.MapClaims, complete bool) {
	claims = jwt.MapClaims{}
	parsed, _, err := jwt.NewParser().ParseUnverified(token, claims)
	if err != nil {
		return jwt.MapClaims{}, false
	}
	return claims, fmt.Sprint(parsed.Header["nri"]) == "1"
}
