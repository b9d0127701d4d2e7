package spec

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/waiver"
)

// Inputs are what the specs of a run are made from. The suite and the command that starts it load the same, so that
// the command can say in one sentence what is wrong, before it starts anything.
type Inputs struct {
	Contract  *schemas.Contract
	Catalogue *fixtures.Catalogue
	Waivers   *waiver.List
	Known     *waiver.List // deviations that are only reported on the target; nil where none are
}

// LoadInputs loads what the configuration names, and the waivers beside it. Specs are the ids of the built-in
// contract's specs. An error names the file at fault and what to do.
func LoadInputs(cfg *config.File, specs []string) (*Inputs, error) {
	promised, err := contractOf(cfg)
	if err != nil {
		return nil, err
	}
	catalogue, err := fixtures.LoadCatalogue(promised)
	if err != nil {
		return nil, err
	}
	waivers, err := waiversOf(cfg, specs)
	if err != nil {
		return nil, err
	}
	loaded := &Inputs{Contract: promised, Catalogue: catalogue, Waivers: waivers}
	if cfg.Target.Known == config.ReportKnown {
		loaded.Known, err = waiver.Known()
	}
	return loaded, err
}

// CheckInputs returns the error that LoadInputs would return, in less time: the built-in contract always loads.
func CheckInputs(cfg *config.File, specs []string) error {
	if cfg.Contract != "" {
		_, err := LoadInputs(cfg, specs)
		return err
	}
	_, err := waiversOf(cfg, specs)
	return err
}

func contractOf(cfg *config.File) (*schemas.Contract, error) {
	if cfg.Contract == "" {
		return schemas.Load()
	}
	document, err := os.ReadFile(cfg.Contract)
	if err != nil {
		return nil, fmt.Errorf("%s: contract: %w", cfg.Path, err)
	}
	parsed, err := schemas.Parse(document)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: correct the document, or take contract out of %s", cfg.Contract, err,
			filepath.Base(cfg.Path))
	}
	return parsed, nil
}

// WaiverFile is where the waivers of a configuration stand: beside its file.
func WaiverFile(cfg string) string {
	return filepath.Join(filepath.Dir(cfg), "fixtures", "waivers.yml")
}

func waiversOf(cfg *config.File, specs []string) (*waiver.List, error) {
	path := WaiverFile(cfg.Path)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return &waiver.List{}, nil // away from the checkout there need not be any
	}
	waivers, err := waiver.Load(path, time.Now())
	if err != nil {
		return nil, err
	}
	if err := waivers.CheckTargets(cfg.Targets); err != nil {
		return nil, err
	}
	if cfg.Contract != "" { // the specs of another document are known once they are made
		specs = nil
	}
	wrong, _ := waivers.Check(specs, cfg.Name, time.Now())
	return waivers, waiver.Join(wrong)
}
