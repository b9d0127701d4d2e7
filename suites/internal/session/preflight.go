package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"acronis-conformance/fixtures"
	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/preflight"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/tokencache"
)

// preflight looks at the target before anything is made there, and finds the expired token that an earlier run has
// kept. It returns what the target calls the configured client's tenant.
func (s *Session) preflight(ctx context.Context) (tenant string, err error) {
	found := preflight.Look(ctx, preflight.Options{Config: s.config, Access: preflight.Access(s.Access),
		Client: counting{s}, Redactor: s.Redactor,
		KeptToken: s.findExpired})
	s.Checks, s.Access, s.OpenIDAtRoot = found.Checks, Access(found.Access), found.OpenIDAtRoot
	for name, reason := range map[string]string{Expired: found.NoExpiredToken, Fault50x: found.NoFaultHeader} {
		if reason != "" {
			s.SkipReasons[name] = reason
		}
	}
	return found.Tenant, preflight.Failure(s.Checks)
}

// counting counts and records the preflight's requests with those of the sandbox.
type counting struct{ s *Session }

func (c counting) Do(ctx context.Context, r exchange.Request) (*exchange.Exchange, error) {
	e, err := c.s.client.Do(ctx, r)
	if e != nil && len(e.Attempts) > 0 {
		c.s.requests[report.PhaseWorld].Add(int64(len(e.Attempts)))
		c.s.registry.Record(fixtures.Request{Method: r.Method, Path: r.Path}, answerOf(e), e.Attempts[0].Start, false)
		c.s.record(report.PhaseWorld, "", "", e, err)
		c.s.judgeAnswers(e)
	}
	return e, err
}

// findExpired takes the expired token that an earlier run has kept, by the target's clock, or says why there is none.
func (s *Session) findExpired(now time.Time) (token, reason string) {
	if s.tokenFile == "" {
		return "", ""
	}
	kept, reason, err := tokencache.Load(s.tokenFile, s.config.Target.Host(), s.Access.ClientID,
		config.Secret(s.Access.ClientSecret), now)
	if err != nil {
		reason = "the token that an earlier run kept cannot be read: " + err.Error()
	}
	return string(kept), reason
}

// keepToken keeps a token of this run, for a later one to find it expired: one of the configured client, narrowed to
// the sandbox where the target can do that, so that it opens nothing any longer once the sandbox is gone. Without a
// sandbox it is narrowed to the client's own tenant. That none can be kept does not end the run.
func (s *Session) keepToken(ctx context.Context) {
	if s.tokenFile == "" {
		return
	}
	err := s.store(ctx)
	if err != nil {
		s.Checks = append(s.Checks, report.Check{Name: "token for the next run", State: report.CheckWarning,
			Detail: "it cannot be kept: " + s.Redactor.String(err.Error())})
	}
}

func (s *Session) store(ctx context.Context) error {
	token, err := s.grant(ctx, report.PhaseWorld, s.Access.ClientID, s.Access.ClientSecret, map[string]any{
		"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": s.Sandbox.Tokens[fixtures.Configured],
		"scope": fmt.Sprintf("urn:acronis.com:tenant-id:%s", cmp.Or(s.Sandbox.Root["tenant_id"],
			any(s.Sandbox.Tenant))),
	})
	if refused := new(fixtures.StepError); errors.As(err, &refused) { // the target knows no narrowed tokens
		token, err = s.Sandbox.Tokens[fixtures.Configured], nil
	}
	if err != nil {
		return err
	}
	entry, err := tokencache.NewEntry(s.config.Target.Host(), s.Access.ClientID, token)
	if err != nil {
		return err
	}
	return tokencache.Store(s.tokenFile, entry, config.Secret(s.Access.ClientSecret), time.Now())
}
