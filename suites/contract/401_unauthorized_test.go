package contract_test

import (
	"context"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/session"

	. "github.com/onsi/ginkgo/v2"
)

// The token in the Authorization header is expired or invalid.
var _ = Describe("401 unauthorized", Label("401"), func() {
	DescribeTableSubtree("every operation that demands a token refuses", func(p probe) {
		for _, op := range operations(func(op *schemas.Operation) bool { return op.Security.Token }) {
			specify(p.on(op, "", p.spoil))
		}
	},
		Entry("no token", probe{code: 401, name: "no-token", ground: documented, spoil: func(r *fixtures.Request, _ *session.Session) error {
			r.As = fixtures.Nobody
			return nil
		}}),
		Entry("what is no token", probe{code: 401, name: "garbage-token", ground: documented, spoil: func(r *fixtures.Request, _ *session.Session) error {
			r.Header.Set("Authorization", "Bearer "+session.Garbage)
			return nil
		}}),
		Entry("an expired token", probe{code: 401, name: session.Expired, ground: documented, forged: session.Expired, spoil: unspoilt}),
		Entry("a token whose signature was changed", probe{code: 401, name: session.Tampered, ground: documented, forged: session.Tampered, spoil: unspoilt}),
		Entry("a token that claims to need no signature", probe{code: 401, name: session.AlgNone, ground: documented, forged: session.AlgNone, spoil: unspoilt}),
		Entry("a token signed with a key of somebody else", probe{code: 401, name: session.OtherIssuer, ground: documented, forged: session.OtherIssuer, spoil: unspoilt}),
		Entry("a revoked token", probe{code: 401, name: session.Revoked, ground: refusal, forged: session.Revoked, spoil: unspoilt}),
	)

	// The reference has 400 as well as 401 for a factor of authentication that failed, so that the code is only assumed.
	// The operations with credentials of their own are tried with the sandbox's client, never with the configured one, which too
	// many wrong secrets might lock out.
	DescribeTableSubtree("operations with credentials of their own refuse", func(p probe, ids ...string) {
		for _, op := range operations(named(ids...)) {
			specify(p.on(op, "", p.spoil))
		}
	},
		Entry("a wrong client secret", probe{code: 401, name: "wrong-secret", ground: refusal, spoil: func(r *fixtures.Request, s *session.Session) error {
			return withClient(r, s, "", session.Garbage)
		}}, "RequestTokens", "RevokeToken"),
		Entry("an empty client secret", probe{code: 401, name: "empty-secret", ground: refusal, spoil: func(r *fixtures.Request, s *session.Session) error {
			return withClient(r, s, "", "")
		}}, "RequestTokens", "RevokeToken"),
		Entry("a user's wrong password", probe{code: 401, name: "wrong-password", ground: refusal, spoil: func(r *fixtures.Request, s *session.Session) error {
			user, err := s.World.Object("actor/" + string(fixtures.Reader))
			if err != nil {
				return err
			}
			return r.SetBody("application/x-www-form-urlencoded", map[string]any{"grant_type": "password", "username": user["login"], "password": session.Garbage})
		}}, "RequestTokens"),
		Entry("an unknown client", probe{code: 401, name: "unknown-client", ground: refusal, spoil: func(r *fixtures.Request, s *session.Session) error {
			return withClient(r, s, "00000000-0000-4000-8000-000000000000", session.Garbage)
		}}, "RequestTokens", "RevokeToken"),
	)

	// A client that was disabled gets no token (guide, "Managing API clients"). That a one-time token is good for one time only is what
	// its name says; the documentation does not.
	for _, op := range operations(named("RequestTokens")) {
		specify(worthless(op, "disabled-client", "disabled_client", refusal))
		// Nor does the client of a tenant that was disabled, or deleted (guide, "Disabling a tenant", "Deleting a tenant").
		specify(worthless(op, "disabled-tenant", "disabled_household", refusal))
		specify(worthless(op, "deleted-tenant", "deleted_household", refusal))
	}
	for _, op := range operations(named("LogInWithOneTimeToken")) {
		specify(worthless(op, "used-one-time-token", "used_one_time_token", assumed))
	}
})

// worthless is the operation's valid call with credentials that are good for nothing any more.
func worthless(op *schemas.Operation, name, object string, ground report.Ground) spec {
	key := fixtures.Own(object, "401")
	return spec{
		code: "401", probe: name, subject: op.ID, op: op, method: op.Method, path: op.Path, want: 401, ground: ground, writes: true, control: op.ID,
		needs: func(n session.Needs) { n.Add(session.Object{Key: key, Side: fixtures.Home, Object: object}) },
		try: func(_ context.Context, s *session.Session, id string) (trial, error) {
			r, _, err := callOn(s, op, key, id)
			return trial{request: r}, err
		},
	}
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
