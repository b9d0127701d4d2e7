package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"acronis-conformance/suites/internal/config"
)

// keptFile holds the variables of a run with -keep, beside ginkgo.yml: outside the reports, which others read.
const keptFile = ".acronis/kept.env"

func keptPath(cfg *config.File) string {
	return filepath.Join(filepath.Dir(cfg.TokenFile()), "kept.env")
}

// prepareKeep checks that objects can be left. One process makes all of them, so that each variable has one value.
func (o *options) prepareKeep(cfg *config.File) error {
	switch {
	case len(o.ids) == 0 && o.labels == "" && o.focus == "":
		return errors.New("-keep is for a part of the specs: select some by id, -focus or -filter")
	case cfg.Target.Embedded:
		return fmt.Errorf("-keep needs a target that outlives the run, and %s ends with it: serve the mock with make "+
			"mock, "+
			"and name the target staging", cfg.Name)
	case !cfg.Target.MayWrite():
		return fmt.Errorf("-keep needs a target that may be written to: nothing is created on %s", cfg.Name)
	}
	o.procs = 1
	return nil
}
