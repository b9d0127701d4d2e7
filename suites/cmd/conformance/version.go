package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
)

// versions is what version prints.
type versions struct {
	Suite    string `json:"suite"`
	Commit   string `json:"commit"` // empty where the program was built without it
	Go       string `json:"go"`
	Platform string `json:"platform"`
	Contract string `json:"contract"` // title and version of the built-in contract
}

// version prints what a bug report needs.
func version(_ context.Context, c *cli, args []string) error {
	flags, asJSON := flagsOfVersion()
	if err := c.parse(flags, args); err != nil {
		return err
	}
	contract, err := schemas.Load()
	if err != nil {
		return err
	}
	v := versions{exchange.Version, commit(), runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH,
		contract.Version()}
	if *asJSON {
		return writeJSON(c.stdout, v)
	}
	_, err = fmt.Fprintf(c.stdout, "conformance %s, commit %s, %s on %s\ncontract: %s\n", v.Suite,
		cmp.Or(v.Commit, "not recorded"), v.Go, v.Platform, v.Contract)
	return err
}

func flagsOfVersion() (flags *flag.FlagSet, asJSON *bool) {
	flags = flag.NewFlagSet("version", flag.ContinueOnError)
	return flags, flags.Bool("json", false, "print them as JSON")
}

// commit is the revision that the program was built from, with a mark where files were changed since.
func commit() string {
	info, _ := debug.ReadBuildInfo()
	if info == nil {
		return ""
	}
	revision, changed := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = " with changes"
		}
	}
	if revision == "" {
		return ""
	}
	return revision + changed
}
