package contract

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// The token in the Authorization header is expired or invalid.
var _ = Describe("401 unauthorized", Label("401"), func() {
	DescribeTableSubtree("every operation that demands a token refuses", func(p spec.Probe) {
		p.Cite = cmp.Or(p.Cite, deadCredentials[p.Name])
		for _, op := range spec.Operations(func(op *schemas.Operation) bool { return op.Security.Token }) {
			spec.Register(p.On(op, "", p.Mutate))
		}
	},
		Entry("no token", spec.Probe{Code: 401, Name: "no-token", Basis: spec.Documented,
			Mutate: func(r *fixtures.Request,
				_ *session.Session) error {
				r.As = fixtures.Anonymous
				return nil
			}}),
		Entry("a malformed token", spec.Probe{Code: 401, Name: "garbage-token", Basis: spec.Documented,
			Mutate: func(r *fixtures.Request, _ *session.Session) error {
				r.Header.Set("Authorization", "Bearer "+session.InvalidToken)
				return nil
			}}),
		Entry("an expired token", spec.Probe{Code: 401, Name: session.Expired, Basis: spec.Documented,
			InvalidToken: session.Expired}),
		Entry("a token that was changed, in its signature if it has one", spec.Probe{Code: 401, Name: session.Tampered,
			Basis:        spec.Documented,
			InvalidToken: session.Tampered}),
		Entry("a token that claims to need no signature", spec.Probe{Code: 401, Name: session.AlgNone,
			Basis: spec.Documented, InvalidToken: session.AlgNone}),
		Entry("a token signed with a key of somebody else", spec.Probe{Code: 401, Name: session.OtherIssuer,
			Basis: spec.Documented, InvalidToken: session.OtherIssuer}),
		Entry("a revoked token", spec.Probe{Code: 401, Name: session.Revoked, Basis: spec.RejectionDocumented,
			InvalidToken: session.Revoked}),
	)

	// The reference has 400 as well as 401 for a factor of authentication that failed, so that the code is only
	// assumed. The operations with credentials of their own are tried with the sandbox's client, never with the
	// configured one, which too many wrong secrets might lock out.
	DescribeTableSubtree("operations with credentials of their own refuse", func(p spec.Probe, ids ...string) {
		p.Cite = cmp.Or(p.Cite, failedProof)
		for _, op := range spec.Operations(spec.Named(ids...)) {
			spec.Register(p.On(op, "", p.Mutate))
		}
	},
		Entry("a wrong client secret", spec.Probe{Code: 401, Name: "wrong-secret", Basis: spec.RejectionDocumented,
			Mutate: func(r *fixtures.Request, s *session.Session) error {
				return withClient(r, s, "", session.InvalidToken)
			}}, "RequestTokens", "RevokeToken"),
		Entry("an empty client secret", spec.Probe{Code: 401, Name: "empty-secret", Basis: spec.RejectionDocumented,
			Mutate: func(r *fixtures.Request, s *session.Session) error {
				return withClient(r, s, "", "")
			}}, "RequestTokens", "RevokeToken"),
		// A client without a secret has to say who it is all the same (reference, RevokeToken).
		Entry("no client at all", spec.Probe{Code: 401, Name: "no-client", Basis: spec.RejectionDocumented,
			Mutate: func(r *fixtures.Request, _ *session.Session) error {
				r.Header.Del("Authorization")
				return nil
			}}, "RevokeToken"),
		Entry("a user's wrong password", spec.Probe{Code: 401, Name: "wrong-password", Basis: spec.RejectionDocumented,
			Mutate: func(r *fixtures.Request, s *session.Session) error {
				user, err := s.Sandbox.Object("actor/" + string(fixtures.Reader))
				if err != nil {
					return err
				}
				wrong := inOtherLetters(fmt.Sprint(s.Sandbox.Tenants[fixtures.Home]["password"]))
				// It tells the password, and a line that repeats the request must not bring that one.
				s.Redactor.Learn("ACRONIS_PASSWORD_IN_OTHER_LETTERS", wrong)
				return r.SetBody(form, map[string]any{"grant_type": "password", "username": user["login"],
					"password": wrong})
			}}, "RequestTokens"),
		Entry("the MD5 sum of a wrong password", spec.Probe{Code: 401, Name: "wrong-md5-password",
			Basis: spec.RejectionDocumented, Mutate: func(r *fixtures.Request, s *session.Session) error {
				user, err := s.Sandbox.Object("actor/" + string(fixtures.Reader))
				if err != nil {
					return err
				}
				return r.SetBody(form, map[string]any{"grant_type": "md5_password", "username": user["login"],
					"password": "d41d8cd98f00b204e9800998ecf8427e"}) // of an empty password
			}}, "RequestTokens"),
		Entry("an unknown client", spec.Probe{Code: 401, Name: "unknown-client", Basis: spec.RejectionDocumented,
			Mutate: func(r *fixtures.Request, s *session.Session) error {
				return withClient(r, s, "00000000-0000-4000-8000-000000000000", session.InvalidToken)
			}}, "RequestTokens", "RevokeToken"),
	)

	// The ways to a token that prove something else than a password.
	DescribeTableSubtree("no token is given for", func(p spec.Probe) {
		p.Cite = cmp.Or(p.Cite, failedProof)
		for _, op := range spec.Operations(spec.Named("RequestTokens")) {
			spec.Register(p.On(op, "", p.Mutate))
		}
	},
		Entry("an invented refresh token", spec.Probe{Code: 401, Name: "invented-refresh-token",
			Basis: spec.RejectionDocumented, Mutate: asking("refresh_token", "refresh_token")}),
		Entry("an invented authorization code", spec.Probe{Code: 401, Name: "invented-code",
			Basis: spec.RejectionDocumented, Mutate: asking("authorization_code", "code")}),
		Entry("an invented device code", spec.Probe{Code: 401, Name: "invented-device-code",
			Basis: spec.RejectionDocumented, Mutate: asking("urn:ietf:params:oauth:grant-type:device_code",
				"device_code")}),
		Entry("an invented assertion", spec.Probe{Code: 401, Name: "invented-assertion",
			Basis:  spec.RejectionDocumented,
			Mutate: asking(jwtBearer, "assertion")}),
		Entry("an assertion whose signature was changed", spec.Probe{Code: 401, Name: "altered-assertion",
			Basis: spec.RejectionDocumented, InvalidToken: session.Tampered,
			Mutate: func(r *fixtures.Request, s *session.Session) error {
				vars, err := s.Vars(fixtures.Victim(r.Operation), "")
				if err != nil {
					return err
				}
				r.Header.Set("Authorization", fixtures.Basic(fmt.Sprint(vars["client_id"]),
					fmt.Sprint(vars["client_secret"])))
				return r.SetBody(form, map[string]any{"grant_type": jwtBearer,
					"assertion": s.InvalidTokens[session.Tampered], "scope": tenantScope + fmt.Sprint(vars["side"])})
			}}),
	)

	// The operations that list Basic take a user's login and password; whether they take a client's id and secret is
	// not known, but no one takes wrong ones. Those that do not list it are only assumed to refuse it.
	DescribeTableSubtree("operations that take Basic refuse", func(p spec.Probe, ids ...string) {
		for _, op := range spec.Operations(spec.Named(ids...)) {
			spec.Register(p.On(op, "", p.Mutate))
		}
	},
		Entry("a user's wrong password", spec.Probe{Code: 401, Name: "wrong-basic", Basis: spec.Documented,
			Mutate: func(r *fixtures.Request, s *session.Session) error {
				return asReader(r, s, session.InvalidToken)
			}}, "FetchCurrentUserInfo", "FetchTenant", "UpdateTenant"),
		Entry("an account that does not exist", spec.Probe{Code: 401, Name: "unknown-basic", Basis: spec.Documented,
			Mutate: func(r *fixtures.Request, _ *session.Session) error {
				r.Header.Set("Authorization",
					fixtures.Basic("00000000-0000-4000-8000-000000000000", session.InvalidToken))
				return nil
			}}, "FetchTenant"),
		Entry("a client's wrong secret", spec.Probe{Code: 401, Name: "wrong-basic-client", Basis: spec.Documented,
			Mutate: func(r *fixtures.Request, s *session.Session) error {
				vars, err := s.Vars(fixtures.Shared(fixtures.Home, "client"), "")
				r.Header.Set("Authorization", fixtures.Basic(fmt.Sprint(vars["client_id"]), session.InvalidToken))
				return err
			}}, "FetchClient"),
		Entry("a right password where the reference lists no Basic", spec.Probe{Code: 401, Name: "unlisted-basic",
			Basis: spec.Assumed, Mutate: func(r *fixtures.Request, s *session.Session) error {
				return asReader(r, s, fmt.Sprint(s.Sandbox.Tenants[fixtures.Home]["password"]))
			}}, "FetchInfrastructuresLocation"),
	)

	// Credentials that were good once. Those without a citation are only assumed to open nothing: the documentation
	// does not say that a client which is disabled or deleted takes its tokens along, that a one-time token is good for
	// one time only, that an id token is not an access token, and that nothing is not proof of who calls: their names
	// do.
	DescribeTableSubtree("rejected credentials", func(id, name, object string,
		ground report.Basis, bring credentials) {
		for _, op := range spec.Operations(spec.Named(id)) {
			sp := worthless(op, name, object, ground, bring)
			sp.Cite = deadCredentials[name]
			spec.Register(sp)
		}
	},
		Entry("a disabled client's secret", "RequestTokens", "disabled-client", "disabled_client",
			spec.RejectionDocumented,
			itsOwn),
		Entry("a disabled client's secret in the form", "RequestTokens", "disabled-client-form", "disabled_client",
			spec.RejectionDocumented, byForm(secretForm)),
		Entry("a wrong secret in the form", "RequestTokens", "wrong-form-secret", "posting_client",
			spec.RejectionDocumented, func(r *fixtures.Request, vars fixtures.Vars) error {
				r.Header.Del("Authorization")
				return r.SetBody(form, map[string]any{"grant_type": "client_credentials",
					"client_id":     vars["client_id"],
					"client_secret": session.InvalidToken})
			}),
		Entry("nothing but the id of a client without a secret", "RequestTokens", "public-client", "public_client",
			spec.Assumed, func(r *fixtures.Request, vars fixtures.Vars) error {
				r.Header.Del("Authorization")
				return r.SetBody(form, map[string]any{"grant_type": "client_credentials",
					"client_id": vars["client_id"]})
			}),
		Entry("a deleted client's secret", "RequestTokens", "deleted-client", "deleted_client",
			spec.RejectionDocumented,
			itsOwn),
		Entry("a password in the place of its MD5 sum", "RequestTokens", "plain-md5-password", "logged_in_user",
			spec.RejectionDocumented,
			inForm("md5_password", map[string]string{"username": "login", "password": "password"})),
		Entry("a client's secret, below a disabled tenant", "RequestTokens", "disabled-tenant",
			"disabled_partners_client",
			spec.RejectionDocumented, itsOwn),
		Entry("a client's secret, in a deleted tenant", "RequestTokens", "deleted-tenant", "deleted_customers_client",
			spec.RejectionDocumented, itsOwn),
		Entry("a disabled user's password", "RequestTokens", "disabled-user", "disabled_login",
			spec.RejectionDocumented,
			inForm("password", map[string]string{"username": "login", "password": "password"})),
		Entry("the MD5 sum of a disabled user's password", "RequestTokens", "disabled-user-md5", "disabled_login",
			spec.RejectionDocumented, byForm(md5Form)),
		Entry("a password that was replaced", "RequestTokens", "replaced-password", "far_written_user",
			spec.RejectionDocumented,
			inForm("password", map[string]string{"username": "login", "password": "password"})),
		Entry("a deleted user's password", "RequestTokens", "deleted-user", "deleted_login", spec.RejectionDocumented,
			inForm("password", map[string]string{"username": "login", "password": "password"})),
		Entry("the password of a user whose tenant is disabled", "RequestTokens", "disabled-tenants-user",
			"disabled_customers_user", spec.RejectionDocumented,
			inForm("password", map[string]string{"username": "login", "password": "password"})),
		Entry("the token of a user whose tenant is disabled", "FetchCurrentUserInfo", "disabled-tenants-user-token",
			"disabled_customers_user", spec.RejectionDocumented, bearing("access_token")),
		Entry("a disabled client's token", "FetchApplications", "disabled-client-token", "disabled_client",
			spec.Assumed,
			bearing("access_token")),
		Entry("a deleted client's token", "FetchApplications", "deleted-client-token", "deleted_client", spec.Assumed,
			bearing("access_token")),
		Entry("a client's token, below a disabled tenant", "FetchApplications", "disabled-tenant-token",
			"disabled_partners_client", spec.RejectionDocumented, bearing("access_token")),
		Entry("a client's token, in a deleted tenant", "FetchApplications", "deleted-tenant-token",
			"deleted_customers_client", spec.RejectionDocumented, bearing("access_token")),
		Entry("a disabled user's token", "FetchCurrentUserInfo", "disabled-user-token", "disabled_login",
			spec.Documented,
			bearing("access_token")),
		Entry("a deleted user's token", "FetchCurrentUserInfo", "deleted-user-token", "deleted_login",
			spec.RejectionDocumented, bearing("access_token")),
		Entry("a disabled user's password as Basic", "FetchCurrentUserInfo", "disabled-user-basic", "disabled_login",
			spec.Documented, byPassword),
		Entry("a deleted user's password as Basic", "FetchCurrentUserInfo", "deleted-user-basic", "deleted_login",
			spec.RejectionDocumented, byPassword),
		Entry("the password, as Basic, of a user whose tenant is disabled", "FetchCurrentUserInfo",
			"disabled-tenants-user-basic", "disabled_customers_user", spec.RejectionDocumented, byPassword),
		Entry("the password, as Basic, of a user far below a disabled tenant", "FetchCurrentUserInfo",
			"disabled-tenant-basic", "disabled_partners_client", spec.RejectionDocumented, byPassword),
		Entry("a password that was replaced, as Basic", "FetchCurrentUserInfo", "replaced-password-basic",
			"far_written_user", spec.RejectionDocumented, byPassword),
		Entry("an access token whose refresh token was revoked", "FetchCurrentUserInfo", "paired-access-token",
			"revoked_pairs", spec.RejectionDocumented, bearing("second_access_token")),
		Entry("a refresh token whose access token was revoked", "RequestTokens", "paired-refresh-token",
			"revoked_pairs",
			spec.RejectionDocumented,
			inForm("refresh_token", map[string]string{"refresh_token": "refresh_token"})),
		Entry("a refresh token that was revoked", "RequestTokens", "dead-refresh-token", "revoked_pairs",
			spec.RejectionDocumented,
			inForm("refresh_token", map[string]string{"refresh_token": "second_refresh_token"})),
		Entry("a one-time token that was used", "LogInWithOneTimeToken", "used-one-time-token", "used_one_time_token",
			spec.Assumed, itsOwn),
		Entry("an id token", "FetchCurrentUserInfo", "id-token", "logged_in_user", spec.Assumed, bearing("id_token")),
	)

	// Services look at tokens each for itself: the tokens of accounts that are gone are tried on one read of each.
	for _, op := range spec.Operations(firstReads()) {
		spec.Register(ofGoneAccount(op, "disabled-user-token", "disabled_login", spec.Documented))
		spec.Register(ofGoneAccount(op, "deleted-client-token", "deleted_client", spec.Assumed))
	}
})

// firstReads picks the first read below each first segment of a path, but for those that the table above has.
func firstReads() func(*schemas.Operation) bool {
	seen := map[string]bool{"applications": true, "idp": true}
	return func(op *schemas.Operation) bool {
		service, _, _ := strings.Cut(strings.TrimPrefix(op.Path, "/"), "/")
		if !op.Security.Token || op.Writes() || seen[service] {
			return false
		}
		seen[service] = true
		return true
	}
}

// ofGoneAccount is the operation's valid call with the token of an account that is gone or disabled by now.
func ofGoneAccount(op *schemas.Operation, name, object string, ground report.Basis) spec.Spec {
	of := own(object, "401")
	sp := spec.Probe{Code: 401, Name: name, Basis: ground, Cite: deadCredentials[name]}.On(op, "",
		func(r *fixtures.Request, s *session.Session) error {
			vars, err := s.Vars(of.Key, "")
			return cmp.Or(err, bearing("access_token")(r, vars))
		})
	sp.Writes, sp.Settles = true, true // the account was made for it
	return with(of, sp)
}

// credentials put what an object has to show for itself into a call.
type credentials func(r *fixtures.Request, vars fixtures.Vars) error

// itsOwn are the credentials of the valid call.
func itsOwn(*fixtures.Request, fixtures.Vars) error { return nil }

// bearing brings the object's token of that name.
func bearing(name string) credentials {
	return func(r *fixtures.Request, vars fixtures.Vars) error {
		r.As = fixtures.Anonymous
		token, err := given(vars, name)
		r.Header.Set("Authorization", "Bearer "+token)
		return err
	}
}

const (
	form        = "application/x-www-form-urlencoded"
	jwtBearer   = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	tenantScope = "urn:acronis.com:tenant-id:"
)

// given is what the object has under the name, which not every target gives.
func given(vars fixtures.Vars, name string) (string, error) {
	if vars[name] == nil {
		return "", fmt.Errorf("the target has given no %s", name)
	}
	return fmt.Sprint(vars[name]), nil
}

// byPassword brings the object's login and password as Basic.
func byPassword(r *fixtures.Request, vars fixtures.Vars) error {
	r.As = fixtures.Anonymous
	login, missing := given(vars, "login")
	password, unset := given(vars, "password")
	r.Header.Set("Authorization", fixtures.Basic(login, password))
	return cmp.Or(missing, unset)
}

// inForm brings what the object has under the names, by the parameters of a form.
func inForm(grantType string, names map[string]string) credentials {
	return func(r *fixtures.Request, vars fixtures.Vars) error {
		body := map[string]any{"grant_type": grantType}
		for parameter, name := range names {
			value, err := given(vars, name)
			if err != nil {
				return err
			}
			body[parameter] = value
		}
		if vars[fixtures.LoginAlone] == true {
			r.Header.Del("Authorization") // or that would be what is refused
		}
		return r.SetBody(form, body)
	}
}

// asking asks for a token with something that no one gave out.
func asking(grantType, name string) func(*fixtures.Request, *session.Session) error {
	return func(r *fixtures.Request, s *session.Session) error {
		body := map[string]any{"grant_type": grantType, name: session.InvalidToken}
		if grantType == jwtBearer {
			body["scope"] = tenantScope + fmt.Sprint(s.Sandbox.Tenants[fixtures.Home]["side"])
		}
		return r.SetBody(form, body)
	}
}

// worthless is the operation's valid call with credentials that are good for nothing any longer. That may take a
// while to be seen; but where a token is spent when it is taken, to ask again would find it refused in the end.
func worthless(op *schemas.Operation, name, object string, ground report.Basis, bring credentials) spec.Spec {
	key := fixtures.Own(object, "401")
	return spec.Spec{
		Code: "401", Probe: name, Subject: op.ID, Operation: op, Method: op.Method, Path: op.Path, Want: 401,
		Basis:   ground,
		Writes:  true,
		Control: op.ID, Settles: object != "revoked_pairs" && object != "used_one_time_token",
		Objects: func(n session.Needs) { n.Add(session.Object{Key: key, Side: fixtures.Home, Object: object}) },
		Prepare: func(_ context.Context, s *session.Session, id string) (spec.Case, error) {
			r, vars, err := spec.CallOn(s, op, key, id)
			if err == nil {
				err = bring(&r, vars)
			}
			return spec.Case{Request: r}, err
		},
	}
}

// asReader calls as home's reader, with a password and not with a token.
func asReader(r *fixtures.Request, s *session.Session, password string) error {
	user, err := s.Sandbox.Object("actor/" + string(fixtures.Reader))
	r.As = fixtures.Anonymous
	r.Header.Set("Authorization", fixtures.Basic(fmt.Sprint(user["login"]), password))
	return err
}

// withClient authenticates the request as another client, or with another secret.
func withClient(r *fixtures.Request, s *session.Session, id, secret string) error {
	if id == "" {
		vars, err := s.Vars(fixtures.Victim(r.Operation), "")
		if err != nil {
			return err
		}
		id, _ = vars["client_id"].(string)
	}
	r.Header.Set("Authorization", fixtures.Basic(id, secret))
	return nil
}
