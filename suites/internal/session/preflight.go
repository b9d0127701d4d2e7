package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"acronis-conformance/fixtures"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/expired"
	"acronis-conformance/suites/internal/preflight"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/target"
)

// look looks at the target before anything is made there, and finds the expired token that an earlier run has kept.
func (s *Session) look(ctx context.Context) error {
	s.Checks = preflight.Run(ctx, preflight.Options{Config: s.config, Access: preflight.Access(s.Access), Client: counting{s}, Redactor: s.Redactor,
		KeptToken: s.findExpired})
	return preflight.Failure(s.Checks)
}

// counting counts and records the preflight's requests with those of the world.
type counting struct{ s *Session }

func (c counting) Do(ctx context.Context, r exchange.Request) (*exchange.Exchange, error) {
	e, err := c.s.client.Do(ctx, r)
	if e != nil && len(e.Attempts) > 0 {
		c.s.requests[report.PhaseWorld].Add(int64(len(e.Attempts)))
		c.s.record(report.PhaseWorld, c.s.stepID(report.PhaseWorld), "", e, err)
	}
	return e, err
}

// findExpired takes the expired token that an earlier run has kept, by the target's clock, or says why there is none.
func (s *Session) findExpired(now time.Time) (token, reason string) {
	if s.tokenFile == "" {
		return "", ""
	}
	kept, reason, err := expired.Load(s.tokenFile, s.config.Target.Host(), s.Access.ClientID, target.Secret(s.Access.ClientSecret), now)
	if err != nil {
		reason = "the token that an earlier run kept cannot be read: " + err.Error()
	}
	s.Access.ExpiredToken, s.Missing[Expired] = string(kept), reason
	return s.Access.ExpiredToken, reason
}

// keepToken keeps a token of this run, for a later one to find it expired: one of the configured client, narrowed to the sandbox
// where the target can do that, so that it opens nothing any more once the sandbox is gone. Without a sandbox it is narrowed to the
// client's own tenant.
func (s *Session) keepToken(ctx context.Context) error {
	if s.tokenFile == "" {
		return nil
	}
	token := s.World.Tokens[fixtures.Configured]
	if narrowed, err := s.narrow(ctx, token); err == nil {
		token = narrowed
	}
	entry, err := expired.NewEntry(s.config.Target.Host(), s.Access.ClientID, token)
	if err != nil {
		s.Checks = append(s.Checks, report.Check{Name: "token for the next run", State: report.CheckWarning, Detail: "it cannot be kept: " + err.Error()})
		return nil
	}
	return expired.Store(s.tokenFile, entry, target.Secret(s.Access.ClientSecret), time.Now())
}

func (s *Session) narrow(ctx context.Context, token string) (string, error) {
	r := fixtures.Request{Operation: "RequestTokens", As: fixtures.Nobody, Method: http.MethodPost, Path: "/idp/token",
		Header: http.Header{"Authorization": {fixtures.Basic(s.Access.ClientID, s.Access.ClientSecret)}}}
	if err := r.SetBody("application/x-www-form-urlencoded", map[string]any{
		"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": token,
		"scope": fmt.Sprintf("urn:acronis.com:tenant-id:%s", cmp.Or(s.World.Box["tenant_id"], any(s.World.Tenant))),
	}); err != nil {
		return "", err
	}
	answer, err := s.do(report.PhaseWorld)(ctx, r)
	if err != nil {
		return "", err
	}
	if narrowed := granted(answer); narrowed != "" {
		return narrowed, nil
	}
	return "", errors.New("the target grants no narrowed token")
}
