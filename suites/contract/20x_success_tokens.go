package contract

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/judge"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	"github.com/golang-jwt/jwt/v5"
	. "github.com/onsi/ginkgo/v2"
)

// What the identity provider gives, and what it says of its tokens and of itself.
var _ = Describe("20x success of the identity provider", Label("20x"), func() {
	// The ways to a token that the reference lists, but for the code of a page that people log in on. How an assertion
	// is limited and how a device's code is approved is known from clients only.
	DescribeTableSubtree("a token is given for", func(g grant) {
		for _, op := range spec.Operations(spec.Named("RequestTokens")) {
			spec.Register(g.on(op))
		}
	},
		Entry("a secret in the form, as the client was made for", grant{name: "client_secret_post",
			object: "posting_client", unsigned: true, form: secretForm}),
		Entry("a password", grant{name: "password", object: "logged_in_user",
			form: func(vars fixtures.Vars) map[string]any {
				return map[string]any{"grant_type": "password", "username": vars["login"], "password": vars["password"],
					"scope": "offline_access"}
			}}),
		Entry("a password with letters beyond ASCII", grant{name: "password-beyond-ascii", object: "far_written_user",
			first: true, form: func(vars fixtures.Vars) map[string]any {
				return map[string]any{"grant_type": "password", "username": vars["login"],
					"password": fmt.Sprint(vars["password"], " Größe 鍵")}
			}}),
		Entry("a password, with two scopes", grant{name: "two-scopes", object: "logged_in_user", takes: "refresh_token",
			assumed: 4, scopes: true, form: func(vars fixtures.Vars) map[string]any {
				return map[string]any{"grant_type": "password", "username": vars["login"], "password": vars["password"],
					"scope": "openid offline_access"}
			}}),
		Entry("the MD5 sum of a password", grant{name: "md5_password", object: "logged_in_user",
			form: md5Form}),
		Entry("a refresh token", grant{name: "refresh_token", object: "logged_in_user", takes: "refresh_token",
			form: func(vars fixtures.Vars) map[string]any {
				return map[string]any{"grant_type": "refresh_token", "refresh_token": vars["refresh_token"]}
			}}),
		Entry("another token, in one tenant alone", grant{name: "jwt-bearer", object: "client_token", assumed: 4,
			form: func(vars fixtures.Vars) map[string]any {
				return map[string]any{"grant_type": jwtBearer, "assertion": vars["access_token"], "scope": tenantScope +
					fmt.Sprint(vars["tenant_id"])}
			}}),
		// With 400 it is not open yet, where the approval is seen late.
		Entry("the approved code of a device", grant{name: "device_code", object: "approved_device", assumed: 400,
			unsigned: true, form: func(vars fixtures.Vars) map[string]any {
				return map[string]any{"grant_type": "urn:ietf:params:oauth:grant-type:device_code",
					"device_code": vars["device_code"], "client_id": vars["client_id"]}
			}}),
	)

	// The controls are looked at once more: these send nothing, but for the keys.
	DescribeTableSubtree("an answer that the control has got tells", func(id, name string, tells tale) {
		for _, op := range spec.Operations(spec.Named(id)) {
			spec.Register(retold(op, name, tells))
		}
	},
		Entry("how long its token lives", "RequestTokens", "lifetime", lifetime),
		Entry("what the provider can do", "FetchOpenIDConfiguration", "described", described),
		Entry("where the keys of the tokens are", "FetchOpenIDConfiguration", "keys", keysOpen),
		Entry("that a token is alive", "IntrospectToken", "live-token", alive),
		Entry("who has logged in", "LogInWithOneTimeToken", "session", opened),
	)
	for _, op := range spec.Operations(spec.Named("IntrospectToken")) {
		spec.Register(deadToken(op, "revoked",
			func(s *session.Session) string { return s.InvalidTokens[session.Revoked] }, session.Revoked))
		spec.Register(deadToken(op, "expired",
			func(s *session.Session) string { return s.InvalidTokens[session.Expired] }, session.Expired))
		for _, account := range []string{"user disabled_login", "client disabled_client"} {
			kind, object, _ := strings.Cut(account, " ")
			of := own(object, "401")
			ofDisabled := deadToken(op, "disabled-"+kind, func(s *session.Session) string {
				account, _ := s.Sandbox.Object(of.Key)
				token, _ := account["access_token"].(string)
				return token
			})
			ofDisabled.Settles = true
			ofDisabled = with(of, ofDisabled)
			if kind == "client" { // that its token is dead follows from what it opens, and is not said
				ofDisabled = assumedDead(ofDisabled)
			}
			spec.Register(ofDisabled)
		}
		spec.Register(deadToken(op, "foreign",
			func(s *session.Session) string { return s.Sandbox.Tokens[fixtures.Foreign] }))
	}
	for _, op := range spec.Operations(spec.Named("IntrospectToken")) {
		spec.Register(liveToken(op))
	}
	for _, op := range spec.Operations(spec.Named("RequestOneTimeToken")) {
		spec.Register(selected(op, "login", "login"))
		spec.Register(selected(op, "external_id", "unique"))
	}
	for _, op := range spec.Operations(spec.Named("FetchCurrentUserInfo")) {
		spec.Register(withBasic(op))
	}
})

// assumedDead leaves what a spec of introspection finds to those who ask for what is only assumed.
func assumedDead(sp spec.Spec) spec.Spec {
	try := sp.Prepare
	sp.Prepare = func(ctx context.Context, s *session.Session, id string) (spec.Case, error) {
		t, err := try(ctx, s, id)
		check := t.Check
		t.Check = func(ctx context.Context, e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
			wrong, looks, err := check(ctx, e)
			if err == nil {
				wrong, err = spec.AssumedOnly(s, wrong)
			}
			return wrong, looks, err
		}
		return t, err
	}
	return sp
}

// grant is a way to a token, for an object that has what it takes.
type grant struct {
	name, object string
	takes        string // what not every target gives the object
	form         func(fixtures.Vars) map[string]any
	unsigned     bool // the client says in the form who it is
	assumed      int  // the code, or the hundred of codes, that no sentence rules out
	scopes       bool // several are named, of which one alone has brought a refresh token
	first        bool // the user has not logged in before: whether a client authenticates beside one is to be seen
}

func (g grant) on(op *schemas.Operation) spec.Spec {
	key := fixtures.Own(g.object, "grant")
	return spec.Spec{
		Code: "20x", Probe: "grant", Variant: g.name, Subject: op.ID, Operation: op, Method: op.Method, Path: op.Path,
		Want: op.Success(), Basis: spec.Documented,
		Writes: op.Writes(), Control: op.ID,
		Objects: func(n session.Needs) { n.Add(session.Object{Key: key, Side: fixtures.Home, Object: g.object}) },
		Prepare: func(ctx context.Context, s *session.Session, id string) (spec.Case, error) {
			r, vars, err := spec.CallOn(s, op, key, id)
			if err == nil && g.takes != "" {
				_, err = given(vars, g.takes)
			}
			if err != nil {
				return spec.Case{}, err
			}
			if g.unsigned || vars[fixtures.LoginAlone] == true {
				r.Header.Del("Authorization")
			}
			if err := r.SetBody(form, g.form(vars)); err != nil || !g.first {
				return spec.Case{Request: r, Check: g.given(s, id, vars)}, err
			}
			r, e, err := eitherWay(ctx, s, id, r)
			return spec.Case{Request: r, Exchange: e, Check: g.given(s, id, vars)}, err
		},
	}
}

// eitherWay logs in with a client's authentication, and without it where that is refused: a target may take either.
func eitherWay(ctx context.Context, s *session.Session, id string, r fixtures.Request) (fixtures.Request,
	*exchange.Exchange, error) {
	e, err := s.Send(ctx, id, r, nil)
	if err != nil || e.Status()/100 != 4 {
		return r, e, err
	}
	alone := r.Clone()
	alone.Header.Del("Authorization")
	if second, err := s.Send(ctx, id, alone, nil); err != nil || second.Status()/100 == 2 {
		return alone, second, err
	}
	return r, e, nil
}

// given looks at the answer, and at what its token opens.
func (g grant) given(s *session.Session, id string, vars fixtures.Vars) spec.Check {
	return func(ctx context.Context, e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
		body := spec.Object(e)
		switch word := fmt.Sprint(body["error"]); {
		case e.Status()/100 == 4 && strings.Contains(word, "totp"):
			return nil, nil, spec.Excused("the target asks the user for a second factor: " + word)
		case (e.Status() == g.assumed || e.Status()/100 == g.assumed) && !s.Judge.Rules.Assumed:
			return nil, nil, spec.Excused(fmt.Sprintf("refused with %d: that the token is given is only assumed",
				e.Status()))
		case e.Status()/100 != 2 || body == nil:
			return nil, nil, nil // the oracle has said so
		}
		var wrong []schemas.Violation
		if g.scopes && body["refresh_token"] == nil {
			wrong = append(wrong, schemas.Violation{Path: "$.refresh_token", Rule: "promised", Found: "none",
				Detail: "offline_access alone has brought one, and it is one of the two scopes that were named"})
		}
		if vars["user_id"] == nil || g.scopes {
			return wrong, nil, nil
		}
		who, err := s.Catalogue.Request("FetchCurrentUserInfo", vars)
		if err != nil {
			return wrong, nil, nil // a contract without it tells nothing
		}
		who.As = fixtures.Anonymous
		who.Header.Set("Authorization", fmt.Sprintf("Bearer %v", body["access_token"]))
		seen, err := s.Send(ctx, id, who, nil)
		if err != nil {
			return wrong, spec.Exchanges(seen), err
		}
		switch user := spec.Object(seen); {
		case seen.Status() == http.StatusUnauthorized:
			wrong = append(wrong, schemas.Violation{Path: "$.access_token", Rule: "opens", Found: "401",
				Detail: "the token that was given opens nothing"})
		case seen.Status()/100 == 2 && user != nil && user["id"] != vars["user_id"]:
			wrong = append(wrong, schemas.Violation{Path: "$.access_token", Rule: "opens",
				Found:  fmt.Sprint(user["id"]),
				Detail: fmt.Sprintf("the token speaks for another user than %v", vars["user_id"])})
		}
		if scope, _ := g.form(vars)["scope"].(string); scope == "offline_access" && body["refresh_token"] == nil &&
			s.Judge.Rules.Assumed {
			wrong = append(wrong, schemas.Violation{Path: "$.refresh_token", Rule: "promised", Found: "none",
				Detail: "who asks for offline_access is given a refresh token"})
		}
		return wrong, spec.Exchanges(seen), nil
	}
}

// tale looks at what the control of an operation was answered.
type tale func(ctx context.Context, s *session.Session, id string, control *session.Control) ([]schemas.Violation,
	[]*exchange.Exchange, error)

// retold judges the control's exchange by something else than its form.
func retold(op *schemas.Operation, name string, tells tale) spec.Spec {
	return spec.Spec{
		Code: "20x", Probe: name, Subject: op.ID, Operation: op, Method: op.Method, Path: op.Path, Want: op.Success(),
		Basis:  spec.Documented,
		Writes: op.Writes(), Control: op.ID,
		Prepare: func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
			control := s.Controls[op.ID]
			return spec.Case{Request: control.Request, Exchange: control.Exchange, Check: func(ctx context.Context,
				e *exchange.Exchange) ([]schemas.Violation, []*exchange.Exchange, error) {
				if e.Status()/100 != 2 || spec.Object(e) == nil {
					return nil, nil, nil // the oracle has said so
				}
				return tells(ctx, s, id, control)
			}}, nil
		},
	}
}

// lifetime asks of a client's first token that it lives for two hours, by all that the answer says of it. That it
// does not live for longer is promised of every answer with a token.
func lifetime(_ context.Context, s *session.Session, _ string, control *session.Control) ([]schemas.Violation,
	[]*exchange.Exchange, error) {
	body := spec.Object(control.Exchange)
	var wrong []schemas.Violation
	if left, said := judge.Seconds(body["expires_in"]); said && left > 0 && left < judge.TokenLife-judge.ClockSkew {
		wrong = append(wrong, schemas.Violation{Path: "$.expires_in", Rule: "lifetime",
			Found: fmt.Sprint(body["expires_in"]), Detail: "a token lives for two hours, which are 7200 seconds"})
	}
	// What is written in a token is known from clients only.
	claims := jwt.MapClaims{}
	_, _, err := jwt.NewParser(jwt.WithJSONNumber()).ParseUnverified(fmt.Sprint(body["access_token"]), claims)
	end, said := judge.Seconds(claims["exp"])
	on, compared := judge.Seconds(body["expires_on"])
	if err == nil && said && compared && s.Judge.Rules.Assumed && (end-on).Abs() > judge.ClockSkew {
		wrong = append(wrong, schemas.Violation{Path: "$.expires_on", Rule: "lifetime",
			Found: fmt.Sprint(body["expires_on"]), Detail: fmt.Sprintf("the token itself ends at %v", claims["exp"])})
	}
	return wrong, nil, nil
}

// alive asks of a token that was just given that it is active, and is the client's that got it.
func alive(_ context.Context, s *session.Session, _ string, control *session.Control) ([]schemas.Violation,
	[]*exchange.Exchange, error) {
	body := spec.Object(control.Exchange)
	if body["active"] != true {
		return []schemas.Violation{{Path: "$.active", Rule: "active", Found: fmt.Sprint(body["active"]),
			Detail: "a token that was just given is active"}}, nil, nil
	}
	vars, err := s.Vars(session.ControlKey(spec.Contract().Operation(control.Request.Operation),
		spec.Catalogue().Call(control.Request.Operation)), "")
	if err != nil {
		return nil, nil, spec.Inconclusive(err.Error())
	}
	if client := body["client_id"]; client != nil && client != vars["client_id"] {
		return []schemas.Violation{{Path: "$.client_id", Rule: "asked-for", Found: fmt.Sprint(client),
			Detail: fmt.Sprintf("the token is that of the client %v", vars["client_id"])}}, nil, nil
	}
	return nil, nil, nil
}

// liveToken introspects the token of a user, which differs from a client's in what it says: each answer is held against
// the token itself.
func liveToken(op *schemas.Operation) spec.Spec {
	of := own("logged_in_user", "grant")
	sp := reading(op, op, "live-token", "user")
	sp.Basis = spec.RejectionDocumented
	sp.Objects = func(n session.Needs) { n.Add(*of) }
	sp.Prepare = func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
		r, vars, err := spec.CallOn(s, op, of.Key, id)
		if err != nil {
			return spec.Case{}, err
		}
		return spec.Case{Request: r, Check: func(_ context.Context, e *exchange.Exchange) ([]schemas.Violation,
			[]*exchange.Exchange, error) {
			body := spec.Object(e)
			if e.Status()/100 != 2 || body == nil || body["active"] == true {
				return nil, nil, nil // the oracle has said so
			}
			return []schemas.Violation{{Path: "$.active", Rule: "active", Found: fmt.Sprint(body["active"]),
				Detail: "a user who was just given a token can still use it"}}, nil, nil
		}}, r.SetBody(op.Body.MediaType, map[string]any{"token": vars["access_token"]})
	}
	return sp
}

// opened asks of a login with a one-time token that it is that of the token's user, and comes with a session (guide,
// "One-time tokens").
func opened(ctx context.Context, s *session.Session, spoken string, control *session.Control) ([]schemas.Violation,
	[]*exchange.Exchange, error) {
	var wrong []schemas.Violation
	if control.Exchange.Last().Header.Get("Set-Cookie") == "" {
		wrong = append(wrong, schemas.Violation{Path: "header Set-Cookie", Rule: "session", Found: "none",
			Detail: "who logs in is given a session, in a cookie"})
	}
	vars, err := s.Vars(fixtures.Twin(control.Request.Operation), "")
	if err != nil {
		return wrong, nil, spec.Inconclusive(err.Error())
	}
	user := spec.Object(control.Exchange)
	wrong = append(wrong, isUser(user, vars)...)
	read, err := s.Catalogue.Request("FetchUser", vars)
	if err != nil || len(wrong) > 0 {
		return wrong, nil, nil // a contract without it tells nothing
	}
	e, err := s.Send(ctx, spoken, read, nil)
	if err != nil || e.Status()/100 != 2 {
		return nil, spec.Exchanges(e), err // its own specs say so
	}
	return asAnswered(control.Exchange, e), spec.Exchanges(e), nil
}

// isUser compares a user's answer with the user that it has to be about.
func isUser(shown map[string]any, vars fixtures.Vars) []schemas.Violation {
	if id, isText := shown["id"].(string); !isText || id == vars["user_id"] {
		return nil // what is not an id at all is left to the operation's own specs
	}
	return []schemas.Violation{{Path: "$.id", Rule: "asked-for", Found: fmt.Sprint(shown["id"]),
		Detail: fmt.Sprintf("it has to be the user %v", vars["user_id"])}}
}

// selected asks for a one-time token for a user by another selector than the id, which the control has, and logs in
// with it. A user is named by exactly one of the three, whichever it is (guide, "One-time tokens").
func selected(op *schemas.Operation, selector, name string) spec.Spec {
	key := fixtures.Own("user", "selected")
	sp := spec.Spec{
		Code: "20x", Probe: "selected", Variant: selector, Subject: op.ID, Operation: op, Method: op.Method,
		Path: op.Path,
		Want: op.Success(), Basis: spec.Documented,
		Writes: op.Writes(), Settles: true, Control: op.ID,
		Objects: func(n session.Needs) { n.Add(session.Object{Key: key, Side: fixtures.Home, Object: "user"}) },
	}
	sp.Prepare = func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
		r, vars, err := spec.CallOn(s, op, key, id)
		if err != nil {
			return spec.Case{}, err
		}
		return spec.Case{Request: r, Check: func(ctx context.Context, e *exchange.Exchange) ([]schemas.Violation,
			[]*exchange.Exchange, error) {
			vars["ott"] = spec.Object(e)["ott"]
			if e.Status()/100 != 2 || vars["ott"] == nil {
				return nil, nil, nil // the oracle has said so
			}
			in, err := s.Catalogue.Request("LogInWithOneTimeToken", vars)
			if err != nil {
				return nil, nil, nil // a contract without it tells nothing
			}
			seen, err := s.Send(ctx, id, in, nil)
			if err != nil || seen.Status()/100 != 2 {
				return nil, spec.Exchanges(seen), err // see 20x/valid-token/LogInWithOneTimeToken
			}
			return isUser(spec.Object(seen), vars), spec.Exchanges(seen), nil
		}}, r.SetBody(op.Body.MediaType, map[string]any{"purpose": "user_login", selector: vars[name]})
	}
	return sp
}
