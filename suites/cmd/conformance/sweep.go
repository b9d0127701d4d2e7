package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"time"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/ratelimit"
)

// sweep lists what runs that were killed left on the target, and deletes it only where the environment says
// CONFIRM=yes.
func sweep(ctx context.Context, c *cli, args []string) error {
	var o options
	var age time.Duration
	var run string
	flags := o.flagsOfSweep(&age, &run)
	if err := c.parse(flags, args); err != nil {
		return err
	}
	before := time.Now().Add(-age)
	if run != "" {
		if _, _, is := fixtures.RunOf(fixtures.Tag + run + "-object"); !is {
			return fmt.Errorf("-run %s is not the id of a run: the report names it, such as 20260301t021700-abc234",
				run)
		}
		before = time.Now().Add(time.Hour) // clocks differ, and the id tells the run
	}
	confirmed, _ := c.env("CONFIRM")
	open := c.configureReadOnly
	if confirmed == "yes" {
		open = c.configure
	}
	cfg, err := open(o)
	if err != nil {
		return err
	}
	if cfg.Target.Embedded {
		return fmt.Errorf("%s is served afresh for each run, so nothing stays on it: name another target with -target",
			cfg.Name)
	}
	conn, err := connect("sweep", cfg, accessTo(cfg.Target))
	if err != nil {
		return err
	}
	defer conn.end()
	ctx, cancel := ratelimit.WithTimeout(ctx, cfg.Timeouts.Cleanup)
	defer cancel()
	sandbox, do, err := login(ctx, cfg, conn.client)
	if err != nil {
		return conn.redactor.Error(err)
	}
	found, err := fixtures.FindLeftovers(ctx, sandbox, do, before)
	if err != nil {
		return conn.redactor.Error(err)
	}
	if run != "" {
		found = slices.DeleteFunc(found, func(l fixtures.RunLeftover) bool { return l.Run != run })
	}
	if confirmed != "yes" {
		c.list(conn, "found", found)
		of := fmt.Sprintf("runs that began more than %v ago", age)
		if run != "" {
			of = "the run " + run
		}
		fmt.Fprintf(c.stdout, "%d objects of %s; CONFIRM=yes deletes them\n", len(found), of)
		return nil
	}
	if !cfg.Target.MayWrite() {
		return fmt.Errorf("the target %s permits no write: allow it in ginkgo.yml", cfg.Name)
	}
	conn.registry.Protect(sandbox.Tenant, "the tenant of the configured client")
	removed, left := fixtures.Sweep(ctx, sandbox, do, conn.registry, found)
	c.list(conn, "removed", removed)
	c.list(conn, "left", left)
	if len(left) > 0 {
		return fmt.Errorf("%d objects could not be removed", len(left))
	}
	return nil
}

func (o *options) flagsOfSweep(age *time.Duration, run *string) *flag.FlagSet {
	flags := flag.NewFlagSet("sweep", flag.ContinueOnError)
	o.registerTarget(flags)
	flags.DurationVar(age, "age", 6*time.Hour,
		"only what a run left that began longer ago than this `duration`: a run may still be under way")
	flags.StringVar(run, "run", "", "only what the run of this `id` left, whenever it began")
	return flags
}

func (c *cli) list(conn *connection, what string, leftovers []fixtures.RunLeftover) {
	shown := func(text string) string { return exchange.Printable(conn.redactor.String(text)) }
	for _, l := range leftovers {
		fmt.Fprintf(c.stdout, "%s %s %s %s of %s", what, l.Kind, shown(l.ID), shown(l.Name),
			l.Started.Format(time.RFC3339))
		if l.Reason != "" {
			fmt.Fprintf(c.stdout, ": %s", shown(l.Reason))
		}
		fmt.Fprintln(c.stdout)
	}
}

// logIn gets a token of the configured client and finds its tenant.
func login(ctx context.Context, cfg *config.File, client *exchange.Client) (*fixtures.Sandbox, fixtures.Do, error) {
	contract, err := schemas.Load()
	if err != nil {
		return nil, nil, err
	}
	catalogue, err := fixtures.LoadCatalogue(contract)
	if err != nil {
		return nil, nil, err
	}
	do := func(ctx context.Context, r fixtures.Request) (fixtures.Answer, error) {
		e, err := client.Do(ctx, exchange.Request{Spec: "sweep", Method: r.Method, Path: r.Path, Query: r.Query,
			Header: r.Header, Body: r.Body})
		if err != nil {
			return fixtures.Answer{}, err
		}
		last := e.Last()
		return fixtures.Answer{Status: last.Status, Header: last.Header, Body: last.Body}, nil
	}
	b := fixtures.NewBuilder(catalogue, "sweep", do)
	t := cfg.Target
	err = b.Login(ctx, fixtures.Credentials{ClientID: t.ClientID, ClientSecret: string(t.ClientSecret)})
	return b.Sandbox, do, err
}
