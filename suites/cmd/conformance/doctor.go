package main

import (
	"context"
	"flag"
	"time"

	"acronis-conformance/fixtures/mock"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/expired"
	"acronis-conformance/suites/internal/preflight"
	"acronis-conformance/suites/internal/redact"
	"acronis-conformance/suites/internal/target"
)

// doctor looks at the target, as every run does first, and prints a line for each thing that it looked at.
func doctor(ctx context.Context, c *cli, args []string) error {
	var s selection
	flags := flag.NewFlagSet("doctor", flag.ContinueOnError)
	s.registerTarget(flags)
	if err := c.parse(flags, args); err != nil {
		return err
	}
	config, err := c.lookAt(s)
	if err != nil {
		return err
	}
	access := accessTo(config.Target)
	if config.Target.Embedded {
		running, err := mock.Start(mock.Options{})
		if err != nil {
			return err
		}
		defer func() { _ = running.Close() }() // nothing of it is needed any more
		access = preflight.Access{URL: running.URL, ClientID: running.ClientID, ClientSecret: running.ClientSecret,
			ExpiredToken: running.ExpiredToken, FaultHeader: mock.FaultHeader}
	}
	client, redactor, err := newClient(config, access)
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, config.Timeouts.World)
	defer cancel()
	found := preflight.Run(ctx, preflight.Options{Config: config, Access: access, Client: client, Redactor: redactor, KeptToken: kept(config)})
	if err := preflight.Print(c.stdout, found); err != nil {
		return err
	}
	if preflight.Failure(found) != nil {
		return &exit{code: unusable}
	}
	return nil
}

func accessTo(t target.Target) preflight.Access {
	return preflight.Access{URL: t.URL, ClientID: t.ClientID, ClientSecret: string(t.ClientSecret), ExpiredToken: string(t.ExpiredToken), FaultHeader: t.FaultHeader}
}

// kept finds the expired token that an earlier run has kept.
func kept(config *target.Config) func(time.Time) (token, reason string) {
	return func(now time.Time) (string, string) {
		t := config.Target
		token, reason, err := expired.Load(config.TokenFile(), t.Host(), t.ClientID, t.ClientSecret, now)
		if err != nil {
			reason = "the token that an earlier run kept cannot be read: " + err.Error()
		}
		return string(token), reason
	}
}

// newClient is a client for the commands that send a few requests by themselves.
func newClient(config *target.Config, access preflight.Access) (*exchange.Client, *redact.Redactor, error) {
	redactor := redact.New()
	redactor.Learn("ACRONIS_CLIENT_SECRET", access.ClientSecret)
	redactor.Learn("ACRONIS_EXPIRED_TOKEN", access.ExpiredToken)
	client, err := exchange.NewClient(exchange.Options{
		BaseURL: access.URL, RootCAs: config.Target.RootCAs, AttemptTimeout: config.Timeouts.Attempt, Version: "doctor", Run: "none", Redactor: redactor,
		Retry: exchange.Retry{Repeats: config.Retry.Repeats, Min: config.Retry.Min, Max: config.Retry.Max},
	})
	return client, redactor, err
}
