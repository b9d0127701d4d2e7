package waiver

import (
	"fmt"

	"github.com/goccy/go-yaml"

	"acronis-conformance/fixtures"
)

// Known returns the deviations that the live service is publicly known for. They are compiled in, so an error is a
// fault of the suite.
func Known() (*List, error) {
	return parseKnown("fixtures/known_deviations.yml", fixtures.KnownDeviations())
}

func parseKnown(file string, data []byte) (*List, error) {
	var document struct {
		Deviations []written `yaml:"known_deviations"`
	}
	if err := yaml.UnmarshalWithOptions(data, &document, yaml.Strict()); err != nil {
		return nil, syntax(file, err)
	}
	l, err := collect(file, document.Deviations, written.deviation)
	if err != nil {
		return nil, fmt.Errorf("known deviations: %w", err)
	}
	return l, nil
}
