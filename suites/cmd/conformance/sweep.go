package main

import (
	"context"
	"flag"
	"fmt"
	"time"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/preflight"
	"acronis-conformance/suites/internal/target"
)

// sweep lists what runs that were killed left on the target, and deletes it only where the environment says CONFIRM=yes.
func sweep(ctx context.Context, c *cli, args []string) error {
	var s selection
	var age time.Duration
	flags := flag.NewFlagSet("sweep", flag.ContinueOnError)
	s.registerTarget(flags)
	flags.DurationVar(&age, "age", 6*time.Hour, "only what a run left that began longer ago than this `duration`: a run may still be under way")
	if err := c.parse(flags, args); err != nil {
		return err
	}
	confirmed, _ := c.env("CONFIRM")
	open := c.lookAt
	if confirmed == "yes" {
		open = c.configure
	}
	config, err := open(s)
	if err != nil {
		return err
	}
	if config.Target.Embedded {
		return fmt.Errorf("%s is served anew for each run, so nothing is left on it: name another target with -target", config.Name)
	}
	client, redactor, err := newClient(config, preflight.Access{URL: config.Target.URL, ClientSecret: string(config.Target.ClientSecret)})
	if err != nil {
		return err
	}
	defer client.Close()
	world, do, err := logIn(ctx, config, client)
	if err != nil {
		return redactor.Error(err)
	}
	before := time.Now().Add(-age)
	if confirmed == "yes" {
		if !config.Target.MayWrite() {
			return fmt.Errorf("the target %s permits no write: allow it in ginkgo.yml", config.Name)
		}
		removed, left, err := fixtures.Sweep(ctx, world, do, before)
		c.list("removed", removed)
		c.list("left", left)
		if err == nil && len(left) > 0 {
			err = fmt.Errorf("%d objects could not be removed", len(left))
		}
		return redactor.Error(err)
	}
	found, err := fixtures.FindLeftovers(ctx, world, do, before)
	if err != nil {
		return redactor.Error(err)
	}
	c.list("found", found)
	fmt.Fprintf(c.stdout, "%d objects of runs that began more than %v ago; CONFIRM=yes deletes them\n", len(found), age)
	return nil
}

func (c *cli) list(what string, leftovers []fixtures.RunLeftover) {
	for _, l := range leftovers {
		fmt.Fprintf(c.stdout, "%s %s %s %s of %s", what, l.Kind, l.ID, exchange.Printable(l.Name), l.Started.Format(time.RFC3339))
		if l.Reason != "" {
			fmt.Fprintf(c.stdout, ": %s", exchange.Printable(l.Reason))
		}
		fmt.Fprintln(c.stdout)
	}
}

// logIn gets a token of the configured client and finds its tenant.
func logIn(ctx context.Context, config *target.Config, client *exchange.Client) (*fixtures.World, fixtures.Do, error) {
	contract, err := schemas.Load()
	if err != nil {
		return nil, nil, err
	}
	catalogue, err := fixtures.LoadCatalogue(contract)
	if err != nil {
		return nil, nil, err
	}
	do := func(ctx context.Context, r fixtures.Request) (fixtures.Answer, error) {
		e, err := client.Do(ctx, exchange.Request{Spec: "sweep", Method: r.Method, Path: r.Path, Query: r.Query, Header: r.Header, Body: r.Body})
		if err != nil {
			return fixtures.Answer{}, err
		}
		last := e.Last()
		return fixtures.Answer{Status: last.Status, Header: last.Header, Body: last.Body}, nil
	}
	b := fixtures.NewBuilder(catalogue, "sweep", do)
	t := config.Target
	err = b.LogIn(ctx, fixtures.Credentials{ClientID: t.ClientID, ClientSecret: string(t.ClientSecret)})
	return b.World, do, err
}
