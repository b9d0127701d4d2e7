package main

import (
	"acronis-conformance/fixtures"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"acronis-conformance/fixtures/mock"
	"acronis-conformance/suites/contract"
	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/preflight"
	"acronis-conformance/suites/internal/ratelimit"
	"acronis-conformance/suites/internal/redact"
	"acronis-conformance/suites/internal/report"
	"acronis-conformance/suites/internal/spec"
	"acronis-conformance/suites/internal/tokencache"
	"acronis-conformance/suites/internal/waiver"
)

// doctor looks at the target, as every run does first, and prints a line for each thing that it looked at.
func doctor(ctx context.Context, c *cli, args []string) error {
	var o options
	flags, asJSON := o.flagsOfDoctor()
	if err := c.parse(flags, args); err != nil {
		return err
	}
	cfg, err := c.configureReadOnly(o)
	if err != nil {
		return err
	}
	loaded, err := spec.LoadInputs(cfg, contract.Specs())
	if err != nil {
		return err
	}
	access := accessTo(cfg.Target)
	if cfg.Target.Embedded {
		running, err := mock.Start(mock.Options{})
		if err != nil {
			return err
		}
		defer func() { _ = running.Close() }()
		access = preflight.Access{URL: running.URL, ClientID: running.ClientID, ClientSecret: running.ClientSecret,
			ExpiredToken: running.ExpiredToken, FaultHeader: mock.FaultHeader}
	}
	conn, err := connect("doctor", cfg, access)
	if err != nil {
		return err
	}
	defer conn.end()
	ctx, cancel := ratelimit.WithTimeout(ctx, cfg.Timeouts.World)
	defer cancel()
	found := preflight.Look(ctx, preflight.Options{Config: cfg, Access: access, Client: conn.client,
		Redactor: conn.redactor, KeptToken: kept(cfg)})
	found.Checks = append(found.Checks, accepted(loaded, cfg)...)
	failed := preflight.Failure(found.Checks) != nil
	if *asJSON {
		err = writeJSON(c.stdout, diagnosis{1, cfg.Name, !failed, found.Checks})
	} else {
		err = preflight.Print(c.stdout, found.Checks)
	}
	if err == nil && failed {
		err = &exit{code: unusable}
	}
	return err
}

func (o *options) flagsOfDoctor() (flags *flag.FlagSet, asJSON *bool) {
	flags = flag.NewFlagSet("doctor", flag.ContinueOnError)
	o.registerTarget(flags)
	return flags, flags.Bool("json", false, "print the checks as JSON")
}

// diagnosis is what doctor -json prints.
type diagnosis struct {
	Version int            `json:"version"`
	Target  string         `json:"target"`
	Usable  bool           `json:"usable"`
	Checks  []report.Check `json:"checks"`
}

// accepted says which violations are accepted on the target.
func accepted(loaded *spec.Inputs, cfg *config.File) []report.Check {
	now := time.Now()
	_, ending := loaded.Waivers.Check(nil, cfg.Name, now)
	check := report.Check{Name: report.WaiversCheck, State: report.CheckOK, Detail: loaded.Waivers.Describe(cfg.Name,
		now)}
	if err := waiver.Join(ending); err != nil {
		check.State, check.Detail = report.CheckWarning, err.Error()
	}
	known := report.Check{Name: "known deviations", State: report.CheckOK, Detail: "they count as violations on " +
		cfg.Name}
	switch {
	case cfg.Target.Embedded:
		return []report.Check{check}
	case loaded.Known != nil:
		known.Detail = fmt.Sprintf(
			"%d faults that the live service is publicly known for are reported and fail nothing",
			len(loaded.Known.Waivers))
	}
	return []report.Check{check, known}
}

func accessTo(t config.Target) preflight.Access {
	return preflight.Access{URL: t.URL, ClientID: t.ClientID, ClientSecret: string(t.ClientSecret),
		ExpiredToken: string(t.ExpiredToken), FaultHeader: t.FaultHeader}
}

// kept finds the expired token that an earlier run has kept.
func kept(cfg *config.File) func(time.Time) (token, reason string) {
	return func(now time.Time) (string, string) {
		t := cfg.Target
		token, reason, err := tokencache.Load(cfg.TokenFile(), t.Host(), t.ClientID, t.ClientSecret, now)
		if err != nil {
			reason = "the token that an earlier run kept cannot be read: " + err.Error()
		}
		return string(token), reason
	}
}

// visit is what a command needs that sends a few requests by itself, at the target's pace.
type connection struct {
	client   *exchange.Client
	registry *fixtures.Registry // the only source of ids for writes
	redactor *redact.Redactor
	paceDir  string
}

// call begins a visit by the command of that name, which the target finds in its logs.
func connect(name string, cfg *config.File, access preflight.Access) (_ *connection, err error) {
	log.SetOutput(io.Discard) // net/http logs stray bytes of a server as they came, secrets and all
	conn := &connection{redactor: redact.New(), registry: fixtures.NewRegistry()}
	conn.registry.Protect(access.ClientID, "the configured client")
	conn.redactor.Learn("ACRONIS_CLIENT_SECRET", access.ClientSecret)
	conn.redactor.Learn("ACRONIS_EXPIRED_TOKEN", access.ExpiredToken)
	if conn.paceDir, err = os.MkdirTemp("", "conformance-pace-"); err != nil {
		return nil, err
	}
	pacer, err := ratelimit.New(conn.paceDir, ratelimit.Of(cfg.Target))
	if err == nil {
		conn.client, err = exchange.NewClient(exchange.Options{
			BaseURL: access.URL, RootCAs: cfg.Target.RootCAs, AttemptTimeout: cfg.Timeouts.Attempt,
			Redactor: conn.redactor,
			Limiter:  pacer,
			Permit: func(r exchange.Request) error {
				return conn.registry.Permit(r.Method, r.Path, r.Query, r.Header, r.Body)
			},
			Version: exchange.Version, Run: name + "-" + time.Now().UTC().Format("20060102t150405"),
			Retry: exchange.Retry{Repeats: cfg.Retry.Repeats, Min: cfg.Retry.Min, Max: cfg.Retry.Max},
		})
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(conn.paceDir))
	}
	return conn, nil
}

func (conn *connection) end() {
	conn.client.Close()
	_ = os.RemoveAll(conn.paceDir) // no other process reads it
}
