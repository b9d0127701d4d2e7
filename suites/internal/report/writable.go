package report

import (
	"errors"
	"fmt"
	"os"
)

// Writable makes the directory for the reports and tries to write there: a run whose report is lost at the end was for
// nothing.
func Writable(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("the reports cannot be written: %w: name another directory with -reports", err)
	}
	probe, err := os.CreateTemp(dir, ".writable-")
	if err != nil {
		return fmt.Errorf("the reports cannot be written: %w: name another directory with -reports", err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}
